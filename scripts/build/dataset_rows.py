"""Turn annotated documents into the rows of the published dataset, one function per config."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scripts.store import DISCREPANCY_FIELDS, LIST_FIELDS, REGISTRIES, REGISTRY_FIELDS
from vostochny.formats.rows import to_layers, to_record, to_row
from vostochny.metrics.pairs import pair_documents
from vostochny.model import Document, Reference, Span
from vostochny.ontology import Ontology
from vostochny.text.alignment import spans_to_iob2

Row = dict[str, Any]


def _span_with_words(span: Span, text: str) -> Row:
    return {"start": span.start, "end": span.end, "text": span.of(text)}


def _bounds(span: Span) -> Row:
    return {"start": span.start, "end": span.end}


# The fields of an article in annotations/documents.yaml.
MANIFEST_FIELDS = ("sha256", "language", "translated", "review", "publisher", "date", "url")


def make_document_row(d: Document, about: Mapping[str, Any], canary: str) -> Row:
    """Return a whole document as one row, which is a valid prediction too; ``about`` is its entry in the manifest."""
    record = to_record(d, with_text=True)
    record.title = next((z.span.of(d.text).strip() for z in d.zones if z.name == "title"), None)
    record.canary = canary
    for field in MANIFEST_FIELDS:
        setattr(record, field, about[field])
    return to_row(record)


class _Context:
    """Adds the context to rows of items of one document: zone and paragraph."""

    def __init__(self, d: Document, canary: str):
        self.document, self.canary = d, canary
        self.pair = pair_documents([d], {}, frozenset(), frozenset())[0]

    def make_row(self, id_: str, span: Span) -> Row:
        """Return the columns that every item has: id, article and the paragraph around ``span``."""
        unit, zone = self.pair.locate(span)
        paragraph = self.document.paragraphs[unit]
        return {
            "id": id_, "doc_id": self.document.doc_id, "zone": zone,
            "paragraph": paragraph.of(self.document.text), "paragraph_start": paragraph.start, "canary": self.canary,
        }  # fmt: skip


class _Clusters:
    """The clusters of a document's items, by the items' ids, and the names of clusters."""

    def __init__(self, d: Document, names: Mapping[str, str]):
        self.by_id = {e.id: e.cluster for e in d.entities} | {v.id: v.cluster for v in d.events}
        self.names, self.text = names, d.text

    def describe(self, to: Reference) -> Row:
        """Return the words, the offsets and the cluster of what a reference means."""
        cluster = self.by_id[to.id or ""]
        names = {"cluster": cluster, "cluster_name": self.names.get(cluster or "")}
        return _span_with_words(to.span, self.text) | names


def make_entity_rows(documents: Iterable[Document], names: Mapping[str, str], canary: str) -> list[Row]:
    """Return one row per mention or value; ``names`` are the names of clusters by their ids."""
    return [
        context.make_row(e.id, e.span) | row | {"cluster_name": names.get(e.cluster or "")}
        for d in documents
        for context in [_Context(d, canary)]
        for e, row in zip(d.entities, to_layers(d)["entities"], strict=True)
    ]


def make_event_rows(documents: Iterable[Document], names: Mapping[str, str], canary: str) -> list[Row]:
    """Return one row per event, with the words, offsets and cluster of the filler of each argument."""
    rows = []
    for d in documents:
        context, clusters = _Context(d, canary), _Clusters(d, names)
        for e, row in zip(d.events, to_layers(d)["events"], strict=True):
            arguments = [a | clusters.describe(of.filler) for a, of in zip(row["arguments"], e.arguments, strict=True)]
            place = row.pop("trigger")
            made = context.make_row(e.id, e.trigger) | place | row | {"arguments": arguments}
            rows.append(made | {"cluster_name": names.get(e.cluster or "")})
    return rows


def make_quote_rows(documents: Iterable[Document], names: Mapping[str, str], canary: str) -> list[Row]:
    """Return one row per quote, with the words, offsets and cluster of its source and addressee."""
    rows = []
    for d in documents:
        context, clusters = _Context(d, canary), _Clusters(d, names)
        for q, row in zip(d.quotes, to_layers(d)["quotes"], strict=True):
            for key, to in (("source", q.source), ("addressee", q.addressee)):
                row[key] = {"id": to.id, **clusters.describe(to)} if to else None
            rows.append(context.make_row(q.id, q.content[0]) | row)
    return rows


def make_ner_rows(documents: Iterable[Document], ontology: Ontology, canary: str) -> list[Row]:
    """Return one row per scored sentence: tokens, and IOB2 tags of names and values in our types and two views."""
    rows = []
    for d in documents:
        pair = pair_documents([d], {}, frozenset(ontology.values), ontology.unscored_zones)[0]
        # Names and values do not overlap, as tags need it.
        flat = [e for e in pair.gold.entities if e.level in ("NAM", None)]
        for n, tokens in enumerate(pair.sentence_tokens):
            inside = [e for e in flat if e.span.start < tokens[-1].end and tokens[0].start < e.span.end]
            row: Row = {
                "id": f"{d.doc_id}-{n}", "doc_id": d.doc_id, "tokens": [t.of(d.text) for t in tokens],
                "token_offsets": [_bounds(t) for t in tokens],
                "ner_tags": spans_to_iob2([(e.span, e.type) for e in inside], tokens), "canary": canary,
            }  # fmt: skip
            for name in ("ontonotes", "conll"):
                view = ontology.views[name]
                mapped = [(e.span, view.entity_label(e.type, e.level, e.demonym)) for e in inside]
                row[f"ner_tags_{name}"] = spans_to_iob2([(s, label) for s, label in mapped if label], tokens)
            rows.append(row)
    return rows


# The fields of a cluster in any registry, in the order of the published columns.
CLUSTER_FIELDS = tuple(dict.fromkeys(f for fields in REGISTRY_FIELDS.values() for f in fields))


def make_cluster_rows(documents: list[Document], registry: Mapping[str, Row], canary: str) -> list[Row]:
    """Return one row per cluster with all its mentions; ``registry`` has the registered fields by cluster."""
    rows: dict[tuple[str, str], Row] = {}
    for d in documents:
        items = (
            [("entity", e.id, e.span, e.cluster, e.type) for e in d.entities]
            + [("event", e.id, e.trigger, e.cluster, e.type) for e in d.events]
            + [("utterance", q.id, q.content[0], q.cluster, None) for q in d.quotes]
        )
        for kind, id_, span, cluster, type_ in items:
            if cluster is None:
                continue
            row = rows.setdefault(
                (kind, cluster),
                {"cluster": cluster, "kind": kind}
                | {field: [] if field in LIST_FIELDS else None for field in CLUSTER_FIELDS}
                | {"type": type_}
                | registry.get(cluster, {})
                | {"mentions": [], "canary": canary},
            )  # fmt: skip
            row["mentions"].append({"doc_id": d.doc_id, "id": id_, **_span_with_words(span, d.text)})
    order = list(REGISTRIES)
    return [rows[key] for key in sorted(rows, key=lambda k: (order.index(k[0]), k[1]))]


def make_discrepancy_rows(discrepancies: Iterable[Mapping[str, Any]], canary: str) -> list[Row]:
    """Return one row per discrepancy: what differs, how, and the words of each article."""
    nothing = {"optional": False, "silent": []}
    return [{f: row.get(f, nothing.get(f)) for f in DISCREPANCY_FIELDS} | {"canary": canary} for row in discrepancies]
