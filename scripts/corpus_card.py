"""The dataset card: what ``datasets`` reads (types of every config) and what a person reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import yaml

from vostochny.model import Document
from vostochny.ontology import Ontology

Field = dict[str, Any]


class _Plain(yaml.SafeDumper):
    """Writes repeated parts out in full: the loader of ``datasets`` takes shared YAML nodes apart while reading."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


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
_AROUND = [
    _field("id"), _field("doc_id"), _field("zone"), _field("paragraph"), _field("paragraph_start", "int32"),
    _field("canary"),
]  # fmt: skip


def _tags(name: str, labels: list[str]) -> Field:
    names = ["O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")]
    return {"name": name, "list": {"class_label": {"names": {str(i): n for i, n in enumerate(names)}}}}


def features(ontology: Ontology) -> dict[str, list[Field]]:
    """The typed fields of every config, in the card's notation."""
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
        "entities": [*_AROUND, *_WORDS, *_ENTITY, _field("cluster_name")],
        "events": [
            *_AROUND, *_WORDS, *_EVENT,
            _list("arguments", [_field("role"), _field("filler"), *_WORDS, _field("cluster"), _field("cluster_name")]),
            _field("cluster"), _field("cluster_name"),
        ],
        "quotes": [
            *_AROUND, _list("content", _WORDS), _struct("cue", _WORDS), _struct("source", _MENTION),
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


def statistics_table(documents: list[Document]) -> str:
    """Counts a layer and article, as Markdown."""
    head = [
        "article",
        "characters",
        "tokens",
        "names",
        "values",
        "nominals",
        "pronouns",
        "events",
        "arguments",
        "quotes",
    ]
    rows = []
    for d in documents:
        levels = Counter(e.level or "value" for e in d.entities)
        rows.append(
            [d.doc_id, len(d.text), len(d.tokens), levels["NAM"], levels["value"], levels["NOM"], levels["PRO"],
             len(d.events), sum(len(e.arguments) for e in d.events), len(d.quotes)]
        )  # fmt: skip
    rows.append(["**all**", *(sum(r[i] for r in rows) for i in range(1, len(head)))])
    lines = [" | ".join(map(str, row)) for row in [head, ["---"] + ["---:"] * (len(head) - 1), *rows]]
    return "\n".join(f"| {line} |" for line in lines)


def _number(n: int) -> str:
    """A number as a sentence begins with it."""
    words = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"]
    return words[n] if n < len(words) else str(n)


def card(
    documents: list[Document], ontology: Ontology, hashes: tuple[str, str], rows: Mapping[str, int], version: str
) -> str:
    """The card of the corpus. ``hashes`` are the gold's and that of all files, ``rows`` the rows of each config."""
    gold_hash, build_hash = hashes
    shapes = features(ontology)
    # The loader's cache key ignores the content of local files. The hash of all files in each description is part of
    # the config, and so of the key: a changed corpus can never load from an old cache.
    head = {
        "pretty_name": "Vostochny: one summit, five newsrooms",
        "license": "other",
        "license_name": "annotations-cc-by-4.0-texts-of-their-publishers",
        "language": ["en"],
        "size_categories": ["n<1K"],
        "task_categories": ["token-classification"],
        "task_ids": ["named-entity-recognition", "coreference-resolution"],
        "tags": ["event-extraction", "quotation-attribution", "cross-document-coreference", "news", "evaluation"],
        "configs": [
            {"config_name": name, "data_files": [{"split": "test", "path": f"{name}/test.jsonl"}],
             "default": name == "documents", "description": f"vostochny {version}, gold {gold_hash}, files {build_hash}"}
            for name in rows
        ],
        "dataset_info": [{"config_name": name, "features": shapes[name]} for name in rows],
    }  # fmt: skip
    configs = "\n".join(f"| `{name}` | {count} |" for name, count in rows.items())
    n = _number(len(documents))
    return f"""---
{yaml.dump(head, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=1000).rstrip()}
---

# Vostochny: one summit, five newsrooms

{n} English news articles about one event, the meeting of Kim Jong Un and Vladimir Putin at the Vostochny cosmodrome in
September 2023, annotated for entities, events and quotes. Generated from the repository's `seeds/` and
`annotations/` by `scripts/build_corpus.py`; gold `{gold_hash}`.

```python
from datasets import load_dataset

quotes = load_dataset("./corpus", "quotes", split="test")
```

| config | rows |
| --- | ---: |
{configs}

Offsets are Unicode code points into `text`, end exclusive.

{statistics_table(documents)}

The labels were made by a language model and no human has reviewed them. The texts belong to their publishers;
annotations are CC BY 4.0.
"""
