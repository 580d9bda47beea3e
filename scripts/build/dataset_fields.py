"""The fields of every config of the dataset: their types, as the card's YAML states them, and what each means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vostochny.ontology import Ontology

Field = dict[str, Any]


def _field(name: str, dtype: str = "string") -> Field:
    return {"name": name, "dtype": dtype}


def _struct(name: str, fields: list[Field]) -> Field:
    return {"name": name, "struct": fields}


def _list(name: str, of: list[Field] | str) -> Field:
    return {"name": name, "list": of}


_BOUNDS = [_field("start", "int32"), _field("end", "int32")]
_WORDS = [*_BOUNDS, _field("text")]
_MENTION = [_field("id"), *_WORDS, _field("cluster"), _field("cluster_name")]
_ENTITY = [_field("type"), _field("level"), _field("demonym", "bool"), _field("cluster")]
_EVENT = [_field("type"), _field("realis"), _field("polarity"), _field("outcome")]
_QUOTE = [_field("directness"), _field("attitude"), _field("parent"), _field("cluster"), _field("link")]
_CONTEXT = [
    _field("id"), _field("doc_id"), _field("zone"), _field("paragraph"), _field("paragraph_start", "int32"),
    _field("canary"),
]  # fmt: skip


def _tags(name: str, labels: list[str]) -> Field:
    """Return a list of IOB2 tags as class labels; O is class 0."""
    names = ["O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")]
    return {"name": name, "list": {"class_label": {"names": {str(i): n for i, n in enumerate(names)}}}}


def list_features(ontology: Ontology) -> dict[str, list[Field]]:
    """Return the typed fields of every config, in the notation of ``dataset_info``."""
    view_labels = {n: list(dict.fromkeys(v.types.values())) for n, v in ontology.views.items()}
    return {
        "documents": [
            *(_field(n) for n in ("doc_id", "title", "text", "sha256", "language", "translated", "review")),
            *(_field(n) for n in ("publisher", "date", "url", "canary")),
            _list("zones", [*_BOUNDS, _field("zone")]),
            *(_list(n, _BOUNDS) for n in ("paragraphs", "sentences", "tokens")),
            _list("entities", [_field("id"), *_WORDS, *_ENTITY]),
            _list("events", [
                _field("id"), _struct("trigger", _WORDS), *_EVENT,
                _list("arguments", [_field("role"), _field("filler")]), _field("cluster"),
            ]),
            _list("quotes", [
                _field("id"), _list("content", _WORDS), _struct("cue", _WORDS), _field("source"), _field("addressee"),
                *_QUOTE,
            ]),
        ],
        "ner": [
            _field("id"), _field("doc_id"), _list("tokens", "string"), _list("token_offsets", _BOUNDS),
            _tags("ner_tags", list(ontology.entity_types)), _field("canary"),
            _tags("ner_tags_ontonotes", view_labels["ontonotes"]), _tags("ner_tags_conll", view_labels["conll"]),
        ],
        "entities": [*_CONTEXT, *_WORDS, *_ENTITY, _field("cluster_name")],
        "events": [
            *_CONTEXT, *_WORDS, *_EVENT,
            _list("arguments", [_field("role"), _field("filler"), *_WORDS, _field("cluster"), _field("cluster_name")]),
            _field("cluster"), _field("cluster_name"),
        ],
        "quotes": [
            *_CONTEXT, _list("content", _WORDS), _struct("cue", _WORDS), _struct("source", _MENTION),
            _struct("addressee", _MENTION), *_QUOTE,
        ],
        "clusters": [
            *(_field(n) for n in ("cluster", "kind", "name", "type")), _list("members", "string"),
            _field("part_of"), _field("wikipedia"), _field("date"), _field("place"), _list("participants", "string"),
            _list("sub_events", "string"), _field("source"),
            _list("mentions", [_field("doc_id"), _field("id"), *_WORDS]), _field("canary"),
        ],
        "discrepancies": [
            _field("id"), _field("relation"), _field("reason"), _list("spans", [_field("doc_id"), *_WORDS]),
            _field("canary"),
        ],
    }  # fmt: skip


def drop_text_fields(fields: list[Field]) -> list[Field]:
    """Return the fields of a config without those with words of articles, which vostochny.formats.standoff removes."""
    names = {f["name"] for f in fields}
    # In ``ner`` tokens are words, in ``documents`` offsets.
    dropped = {"text", "title", "paragraph"} | ({"tokens"} if "token_offsets" in names else set())
    remaining = []
    for field in fields:
        if field["name"] in dropped:
            continue
        inner = {k: drop_text_fields(v) for k, v in field.items() if k in ("list", "struct") and isinstance(v, list)}
        remaining.append({**field, **inner})
    return remaining


# The meaning of the fields that every item has, and of those of every span.
_PLACE = {
    "id": "id of the item, unique in its article",
    "doc_id": "the article",
    "zone": "part of the page: title, heading, dateline, body, caption; credit, boilerplate, duplicate are not scored",
    "paragraph": "words of the paragraph around the item",
    "paragraph_start": "where that paragraph begins in the article: `start - paragraph_start` counts from it",
    "canary": "constant string; a model that can complete it has seen this corpus",
}
_SPAN = {
    "start": "first character, a code point offset into the article's text",
    "end": "one past the last character",
    "text": "the words, `text[start:end]` of the article",
}
_EVENT_MEANING = {
    "type": "event type of `annotations/ontology.yaml`",
    "realis": "actual, generic or other (planned, asked for, feared, hypothetical)",
    "polarity": "positive, or negative where denied or ruled out",
    "outcome": "failure for an attempt that failed, else null",
    "cluster": "the event in the world, the same id in all articles",
}
_QUOTE_MEANING = {
    "content": "the reported words, one span or more",
    "cue": "the words that report",
    "source": "who says it; null where the text names none",
    "addressee": "to whom; null where the text names none",
    "directness": "direct, mixed, indirect, or unmarked (direct speech without its marks)",
    "attitude": "assertion, question, belief or intention",
    "parent": "id of the quote that this one stands in",
    "cluster": "the utterance, the same id wherever it is reported",
    "link": "how the wording relates to its cluster: same-wording, translation-variant, partial, paraphrase",
}
_ENTITY_MEANING = {
    "type": "entity or value type of `annotations/ontology.yaml`",
    "level": "NAM, NOM or PRO; null for values",
    "demonym": "true for names of peoples and adjectives of countries (Russian)",
    "cluster": "who or what it is, the same id in all articles; null for values",
}
_NAMED = {"cluster_name": "the cluster's name in the registry"}

# Config → what a row is.
ROWS: Mapping[str, str] = {
    "documents": "an article, all layers",
    "ner": "a sentence: flat tags of names and values",
    "entities": "a mention or value",
    "events": "an event",
    "quotes": "a quote",
    "clusters": "an entity, event or utterance of the world with all its mentions",
    "discrepancies": "a claim on which the articles disagree or differ",
}
# Config → field → what it means; of nested fields the outermost.
MEANING: Mapping[str, Mapping[str, str]] = {
    "documents": {
        "doc_id": "id of the article, the name of its file; any unique prefix (`003`) serves as an id in predictions",
        "title": "words of the title zone; null where the article has none",
        "text": "the article, byte for byte as received",
        "sha256": "of the article's bytes",
        "language": "ISO 639-1",
        "translated": "yes (visibly by a machine), likely, or unknown",
        "review": "unreviewed until a human has checked the labels",
        "publisher": "null: not known",
        "date": "null: not known",
        "url": "null: not known",
        "canary": _PLACE["canary"],
        "zones": "parts of the page, covering the text",
        "paragraphs": "the units of the statistics",
        "sentences": "from a pinned tokenizer at build time",
        "tokens": "from the same; every annotated span begins and ends with a token",
        "entities": "mentions and values",
        "events": "triggers with type, attributes, and arguments whose `filler` is an id of this row",
        "quotes": "contents and cues; `source`, `addressee` and `parent` are ids of this row",
    },
    "ner": {
        "id": "article and number of the sentence", "doc_id": "the article", "tokens": "the words of the sentence",
        "token_offsets": "where each token stands in the article",
        "ner_tags": "IOB2 tags of names and values in the corpus's types", "canary": _PLACE["canary"],
        "ner_tags_ontonotes": "the same in OntoNotes' types", "ner_tags_conll": "the same in CoNLL-2003's types",
    },
    "entities": {**_PLACE, **_SPAN, **_ENTITY_MEANING, **_NAMED},
    "events": {
        **_PLACE, **_SPAN, **_EVENT_MEANING,
        "arguments": "role, and the filler with its words, offsets and cluster", **_NAMED,
    },
    "quotes": {**_PLACE, **_QUOTE_MEANING},
    "clusters": {
        "cluster": "id of the cluster", "kind": "entity, event or utterance", "name": "its name in the registry",
        "type": "entity or event type; null for utterances", "members": "clusters that make up a set",
        "part_of": "cluster of the whole", "wikipedia": "title of the English Wikipedia article, where there is one",
        "date": "of an event, as far as known", "place": "cluster of the place of an event",
        "participants": "clusters that take part in an event", "sub_events": "events that are parts of this one",
        "source": "cluster of who says the utterance", "mentions": "every mention, with its article and words",
        "canary": _PLACE["canary"],
    },
    "discrepancies": {
        "id": "id of the discrepancy",
        "relation": "contradiction, variant, granularity, omission, framing or translation",
        "reason": "what differs, in a line", "spans": "where each article says it", "canary": _PLACE["canary"],
    },
}  # fmt: skip
