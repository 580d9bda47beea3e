"""Turn annotated documents into the rows of the published dataset, one function per config."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scripts.store import DISCREPANCY_FIELDS
from vostochny.formats.rows import to_layers
from vostochny.metrics.pairs import pair_documents
from vostochny.model import Document, Reference, Span
from vostochny.ontology import Ontology
from vostochny.text.alignment import spans_to_iob2

Row = dict[str, Any]


def _span_with_words(span: Span, text: str) -> Row:
    return {"start": span.start, "end": span.end, "text": span.of(text)}


def _bounds(span: Span) -> Row:
    return {"start": span.start, "end": span.end}


# The fields of an article in annotations/documents.yaml, in the order of the published columns.
MANIFEST_FIELDS = ("sha256", "language", "translated", "review", "publisher", "date", "url")


def make_document_row(d: Document, about: Mapping[str, Any], canary: str) -> Row:
    """Return a whole document as one row, which is a valid prediction too; ``about`` is its entry in the manifest."""
    title = next((z.span.of(d.text).strip() for z in d.zones if z.name == "title"), None)
    return {
        "doc_id": d.doc_id,
        "title": title,
        "text": d.text,
        **{field: about[field] for field in MANIFEST_FIELDS},
        "canary": canary,
        "zones": [{**_bounds(z.span), "zone": z.name} for z in d.zones],
        "paragraphs": [_bounds(s) for s in d.paragraphs],
        "sentences": [_bounds(s) for s in d.sentences],
        "tokens": [_bounds(s) for s in d.tokens],
        **to_layers(d),
    }


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


def make_entity_rows(documents: Iterable[Document], names: Mapping[str, str], canary: str) -> list[Row]:
    """Return one row per mention or value; ``names`` are the names of clusters by their ids."""
    return [
        context.make_row(e.id, e.span)
        | _span_with_words(e.span, d.text)
        | {"type": e.type, "level": e.level, "demonym": e.demonym, "cluster": e.cluster,
           "cluster_name": names.get(e.cluster or "")}
        for d in documents
        for context in [_Context(d, canary)]
        for e in d.entities
    ]  # fmt: skip


def make_event_rows(documents: Iterable[Document], names: Mapping[str, str], canary: str) -> list[Row]:
    """Return one row per event, with the words, offsets and cluster of the filler of each argument."""
    rows = []
    for d in documents:
        context = _Context(d, canary)
        clusters = {e.id: e.cluster for e in d.entities} | {e.id: e.cluster for e in d.events}
        for e in d.events:
            arguments = []
            for a in e.arguments:
                cluster = clusters[a.filler.id or ""]
                arguments.append(
                    {"role": a.role, "filler": a.filler.id, **_span_with_words(a.filler.span, d.text),
                     "cluster": cluster, "cluster_name": names.get(cluster or "")}
                )  # fmt: skip
            rows.append(
                context.make_row(e.id, e.trigger)
                | _span_with_words(e.trigger, d.text)
                | {"type": e.type, "realis": e.realis, "polarity": e.polarity, "outcome": e.outcome,
                   "arguments": arguments, "cluster": e.cluster, "cluster_name": names.get(e.cluster or "")}
            )  # fmt: skip
    return rows


def make_quote_rows(documents: Iterable[Document], names: Mapping[str, str], canary: str) -> list[Row]:
    """Return one row per quote, with the words, offsets and cluster of its source and addressee."""
    rows = []
    for d in documents:
        context = _Context(d, canary)
        clusters = {e.id: e.cluster for e in d.entities}

        # The defaults bind the variables of the loop.
        def mention(
            reference: Reference | None, d: Document = d, clusters: Mapping[str, str | None] = clusters
        ) -> Row | None:
            if reference is None:
                return None
            cluster = clusters[reference.id or ""]
            return {
                "id": reference.id, **_span_with_words(reference.span, d.text), "cluster": cluster,
                "cluster_name": names.get(cluster or ""),
            }  # fmt: skip

        for q in d.quotes:
            rows.append(
                context.make_row(q.id, q.content[0])
                | {"content": [_span_with_words(s, d.text) for s in q.content],
                   "cue": _span_with_words(q.cue, d.text) if q.cue else None,
                   "source": mention(q.source), "addressee": mention(q.addressee), "directness": q.directness,
                   "attitude": q.attitude, "parent": q.parent, "cluster": q.cluster, "link": q.link}
            )  # fmt: skip
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


# The fields of a cluster in its registry, in the order of the published columns; those of LIST_FIELDS hold lists.
REGISTRY_FIELDS = ("members", "part_of", "wikipedia", "date", "place", "participants", "sub_events", "source")
LIST_FIELDS = ("members", "participants", "sub_events")


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
                {"cluster": cluster, "kind": kind, "name": None, "type": type_}
                | {field: [] if field in LIST_FIELDS else None for field in REGISTRY_FIELDS}
                | registry.get(cluster, {})
                | {"mentions": [], "canary": canary},
            )  # fmt: skip
            row["mentions"].append({"doc_id": d.doc_id, "id": id_, **_span_with_words(span, d.text)})
    order = {"entity": 0, "event": 1, "utterance": 2}
    return [rows[key] for key in sorted(rows, key=lambda k: (order[k[0]], k[1]))]


def make_discrepancy_rows(discrepancies: Iterable[Mapping[str, Any]], canary: str) -> list[Row]:
    """Return one row per discrepancy: what differs, how, and the words of each article."""
    return [{field: row[field] for field in DISCREPANCY_FIELDS} | {"canary": canary} for row in discrepancies]
