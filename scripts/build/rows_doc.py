"""Compute the tables of docs/rows.md from the records; ``python -m scripts datasheet`` fills them in."""

from __future__ import annotations

from vostochny.ontology import Ontology
from vostochny.report.markdown_writer import format_table
from vostochny.schema import records

MAX_LISTED_VALUES = 8  # of a key that has more, the document names the table of the ontology
# Mark → the record whose keys it shows, and the record whose keys are left out because they are shown elsewhere.
TABLES = {
    "row-keys": (records.DocumentRecord, None),
    "span-keys": (records.SpanRecord, None),
    "entity-keys": (records.EntityRecord, records.SpanRecord),
    "event-keys": (records.EventRecord, None),
    "argument-keys": (records.ArgumentRecord, records.SpanRecord),
    "quote-keys": (records.QuoteRecord, None),
    "extent-keys": (records.ExtentRecord, records.BoundsRecord),
}
_KINDS = {"text": "string", "integer": "whole number", "flag": "true or false", "reference": "id, or span"}
_RECORDS = {
    records.SpanRecord: "span", records.EntityRecord: "entity", records.EventRecord: "event",
    records.ArgumentRecord: "argument", records.QuoteRecord: "quote", records.ZoneRecord: "zone",
    records.BoundsRecord: "start and end", records.ExtentRecord: "extent",
}  # fmt: skip


def compute_values(ontology: Ontology) -> dict[str, str]:
    """Return the generated values of docs/rows.md by name."""
    values = {}
    for name, (record, shown) in TABLES.items():
        known = shown.__struct_fields__ if shown else ()
        rows = [
            (f"`{f.name}`" + (" *" if f.key.required else ""), _describe_kind(f, ontology), f.key.meaning)
            for f in records.list_fields(record)
            if f.name not in known
        ]
        values[name] = format_table(("key", "value", "meaning"), rows, right=())
    return values


def _describe_kind(field: records.Field, ontology: Ontology) -> str:
    if field.key.values:
        names = list(ontology.list_names(field.key.values))
        listed = len(names) <= MAX_LISTED_VALUES
        return ", ".join(f"`{n}`" for n in names) if listed else f"one of {len(names)} names"
    if field.record:
        name = _RECORDS[field.record]
        return {"list": f"list of {name} objects", "record": name}.get(field.kind, _KINDS["reference"])
    return _KINDS[field.kind]
