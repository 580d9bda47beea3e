"""Turn documents into records, the shape in which they are written (:mod:`vostochny.schema.records`)."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct

from vostochny.model import Document, Entity, Event, Quote, Reference, Span
from vostochny.schema.records import (
    LAYER_FIELDS,
    SEGMENTATION,
    ArgumentRecord,
    BoundsRecord,
    DocumentRecord,
    EntityRecord,
    EventRecord,
    ExtentRecord,
    QuoteRecord,
    SpanRecord,
    ZoneRecord,
    list_attributes,
    list_fields,
)  # fmt: skip


def to_record(document: Document, with_text: bool = False, references_as_spans: bool = False) -> DocumentRecord:
    """Return a document as a prediction, each span with its words, or ``with_text`` as gold: text and segmentation too.

    A reference is written as the id of its item where it has one, unless ``references_as_spans``: a column of a table
    has one type.
    """

    def span(at: Span) -> SpanRecord:
        return SpanRecord(at.start, at.end, at.of(document.text))

    def reference(to: Reference | None) -> str | SpanRecord | None:
        if to is None:
            return None
        return span(to.span) if references_as_spans or not to.id else to.id

    record = DocumentRecord(document.doc_id)
    if with_text:
        record.text = document.text
        record.zones = [ZoneRecord(z.span.start, z.span.end, z.name) for z in document.zones]
        for key in SEGMENTATION:
            setattr(record, key, [BoundsRecord(s.start, s.end) for s in getattr(document, key)])
    record.entities = [
        EntityRecord(
            e.span.start, e.span.end, e.span.of(document.text), id=e.id, type=e.type, **_attributes("entities", e),
            extents=[ExtentRecord(x.view, x.span.start, x.span.end) for x in e.extents] or UNSET,
        )
        for e in document.entities
    ]  # fmt: skip
    record.events = [
        EventRecord(
            v.id, span(v.trigger), v.type, **_attributes("events", v),
            arguments=[ArgumentRecord(role=a.role, filler=reference(a.filler)) for a in v.arguments],
        )
        for v in document.events
    ]  # fmt: skip
    record.quotes = [
        QuoteRecord(
            q.id, [span(s) for s in q.content], span(q.cue) if q.cue else None, reference(q.source),
            reference(q.addressee), **_attributes("quotes", q),
        )
        for q in document.quotes
    ]  # fmt: skip
    return record


def _attributes(layer: str, item: Entity | Event | Quote) -> dict[str, Any]:
    """Return the attributes of an item as its record has them: a sparse one only where it has a value."""
    values = {f.name: getattr(item, f.name) for f in list_attributes(layer)}
    return {f.name: UNSET if f.key.sparse and not values[f.name] else values[f.name] for f in list_attributes(layer)}


def to_row(record: Struct) -> dict[str, Any]:
    """Return a record as the object that is written: its keys in the published order, without those that are unset."""
    values = ((f.name, getattr(record, f.name)) for f in list_fields(type(record)))
    return {name: _to_json(value) for name, value in values if value is not UNSET}


def _to_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_to_json(v) for v in value]
    return to_row(value) if isinstance(value, Struct) else value


def to_layers(document: Document) -> dict[str, Any]:
    """Return the layers of a document as they stand in a row, each span with its words."""
    row = to_row(to_record(document))
    return {layer: row[layer] for layer in LAYER_FIELDS}


def has_attributes(layer: str, item: Entity | Event | Quote, *kept: str) -> bool:
    """Return whether an item has an attribute that is not among those ``kept``: what a format without them loses."""
    return any(getattr(item, f.name) for f in list_attributes(layer) if f.name not in kept)


def describe_attributes(layer: str, item: Entity | Event | Quote) -> list[str]:
    """Return an item's attributes in words: values, and the names of flags that are set; not what is usual (positive).

    The cluster and the parent are left out: they relate the item to others.
    """
    values = [(f, getattr(item, f.name)) for f in list_attributes(layer) if f.key.values or f.kind == "flag"]
    return [f.name if f.kind == "flag" else value for f, value in values if value and value != "positive"]
