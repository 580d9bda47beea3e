"""The fields of every config of the dataset: their types, as the card's YAML states them, and what each means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from vostochny.ontology import Ontology
from vostochny.schema import records
from vostochny.schema.records import list_columns

Field = dict[str, Any]


def _field(name: str, dtype: str = "string") -> Field:
    return {"name": name, "dtype": dtype}


def _struct(name: str, fields: list[Field]) -> Field:
    return {"name": name, "struct": fields}


def _list(name: str, of: list[Field] | str) -> Field:
    return {"name": name, "list": of}


def _columns(record: type[Struct], *dropped: str) -> list[Field]:
    """Return the columns of a record, without those of later versions and those ``dropped``."""
    return [_column(f) for f in list_columns(record) if not f.key.planned and f.name not in dropped]


def _column(field: records.Field) -> Field:
    if field.kind in ("text", "reference"):  # in these rows a reference is an id
        return _field(field.name)
    if field.kind == "texts":
        return _list(field.name, "string")
    if field.record is None:
        return _field(field.name, {"integer": "int32", "flag": "bool"}[field.kind])
    make = _list if field.kind == "list" else _struct
    return make(field.name, _columns(field.record))


_BOUNDS = _columns(records.BoundsRecord)
_WORDS = _columns(records.SpanRecord)
_FILLER = [*_WORDS, _field("cluster"), _field("cluster_name")]
_CONTEXT = [
    _field("id"), _field("doc_id"), _field("zone"), _field("paragraph"), _field("paragraph_start", "int32"),
    _field("canary"),
]  # fmt: skip


def _replace(columns: list[Field], *others: Field) -> list[Field]:
    """Return the columns with others in the place of those with the same names."""
    by_name = {f["name"]: f for f in others}
    return [by_name.get(f["name"], f) for f in columns]


def _tags(name: str, labels: list[str]) -> Field:
    """Return a list of IOB2 tags as class labels; O is class 0."""
    names = ["O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")]
    return {"name": name, "list": {"class_label": {"names": {str(i): n for i, n in enumerate(names)}}}}


def list_features(ontology: Ontology) -> dict[str, list[Field]]:
    """Return the typed fields of every config, in the notation of ``dataset_info``."""
    view_labels = {n: list(dict.fromkeys(v.types.values())) for n, v in ontology.views.items()}
    return {
        "documents": _columns(records.DocumentRecord),
        "ner": [
            _field("id"), _field("doc_id"), _list("tokens", "string"), _list("token_offsets", _BOUNDS),
            _tags("ner_tags", list(ontology.entity_types)), _field("canary"),
            _tags("ner_tags_ontonotes", view_labels["ontonotes"]), _tags("ner_tags_conll", view_labels["conll"]),
        ],
        "entities": [*_CONTEXT, *_columns(records.EntityRecord, "id"), _field("cluster_name")],
        "events": [
            *_CONTEXT, *_WORDS,
            *_replace(
                _columns(records.EventRecord, "id", "trigger"),
                _list("arguments", [*_columns(records.ArgumentRecord), *_FILLER]),
            ),
            _field("cluster_name"),
        ],
        "quotes": [
            *_CONTEXT,
            *_replace(
                _columns(records.QuoteRecord, "id"),
                _struct("source", [_field("id"), *_FILLER]), _struct("addressee", [_field("id"), *_FILLER]),
            ),
        ],
        "clusters": [
            *(_field(n) for n in ("cluster", "kind", "name", "type")), _list("members", "string"),
            _field("part_of"), _field("wikipedia"), _field("date"), _field("place"), _list("participants", "string"),
            _list("sub_events", "string"), _list("sources", "string"),
            _list("mentions", [_field("doc_id"), _field("id"), *_WORDS]), _field("canary"),
        ],
        "discrepancies": [*_columns(records.DiscrepancyRecord), _field("canary")],
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


def _describe(record: type[Struct]) -> dict[str, str]:
    return {f.name: f.key.meaning for f in list_columns(record)}


# The meaning of the fields that every item has.
_PLACE = {
    "doc_id": "the article",
    "zone": "part of the page: title, heading, dateline, body, caption; credit, boilerplate, duplicate are not scored",
    "paragraph": "words of the paragraph around the item",
    "paragraph_start": "where that paragraph begins in the article: `start - paragraph_start` counts from it",
    "canary": _describe(records.DocumentRecord)["canary"],
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
    "documents": _describe(records.DocumentRecord),
    "ner": {
        "id": "article and number of the sentence", "doc_id": "the article", "tokens": "the words of the sentence",
        "token_offsets": "where each token stands in the article",
        "ner_tags": "IOB2 tags of names and values in the corpus's types", "canary": _PLACE["canary"],
        "ner_tags_ontonotes": "the same in OntoNotes' types", "ner_tags_conll": "the same in CoNLL-2003's types",
    },
    "entities": {**_PLACE, **_describe(records.EntityRecord), **_NAMED},
    "events": {
        **_PLACE, **_describe(records.SpanRecord), **_describe(records.EventRecord),
        "arguments": "role, and the filler with its words, offsets and cluster", **_NAMED,
    },
    "quotes": {**_PLACE, **_describe(records.QuoteRecord)},
    "clusters": {
        "cluster": "id of the cluster", "kind": "entity, event or utterance", "name": "its name in the registry",
        "type": "entity or event type; null for utterances", "members": "clusters that make up a set",
        "part_of": "cluster of the whole", "wikipedia": "title of the English Wikipedia article, where there is one",
        "date": "of an event, as far as known", "place": "cluster of the place of an event",
        "participants": "clusters that take part in an event", "sub_events": "events that are parts of this one",
        "sources": "clusters of who says the utterance, several where they say it together",
        "mentions": "every mention, with its article and words",
        "canary": _PLACE["canary"],
    },
    "discrepancies": {**_describe(records.DiscrepancyRecord), "canary": _PLACE["canary"]},
}  # fmt: skip
