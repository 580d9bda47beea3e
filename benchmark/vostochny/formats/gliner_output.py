"""GLiNER's output: one ``{"start", "end", "text", "label", "score"}`` per entity, or GLiNER 2's lists by label.

Labels are free words; a view file maps the ontology's types to them. The containers are those of a pipeline's output.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vostochny.formats.containers import ID_KEYS, find_items, make_row, read_outputs
from vostochny.formats.reader import Reading, Record

ITEM_KEYS = ("entities", "predictions", "prediction", "output", "outputs", "ner")
_UNUSED = ("score", "confidence")  # keys that every item has


def is_output(value: Any) -> bool:
    """Return whether a value is one document's output."""
    if isinstance(value, dict):
        return any(key in value for key in ITEM_KEYS)
    return isinstance(value, list) and all(is_item(x) for x in value)


def is_item(value: Any) -> bool:
    """Return whether a value is one entity."""
    return isinstance(value, dict) and "label" in value


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield one record per document."""
    for output in read_outputs(path, reading, is_output):
        items = find_items(output.value, ITEM_KEYS)
        if isinstance(output.value, dict):
            reading.note_unused(output.value, (*ITEM_KEYS, *ID_KEYS, "text", "meta", "data"))
        if isinstance(items, dict):  # GLiNER 2: label → words, or spans
            labelled = [(label, x) for label, xs in items.items() for x in (xs if isinstance(xs, list) else [xs])]
            items = [
                _make_entity({"text": x} if isinstance(x, str) else x, label) for label, x in labelled if x is not None
            ]
        elif isinstance(items, list):
            # One that has a type too stays as it is, so that the two are compared.
            items = [_make_entity(x, x.get("label")) if isinstance(x, dict) and "type" not in x else x for x in items]
        yield Record(path, output.line, make_row(output, entities=items), ordered=True)


def _make_entity(item: Any, label: Any) -> Any:
    """Return an item as an entity of a row; what is not an object stays as it is, for the RowReader to report."""
    if not isinstance(item, dict):
        return item
    rest = {key: value for key, value in item.items() if key not in ("label", *_UNUSED) and value is not None}
    return {"type": label, **rest}
