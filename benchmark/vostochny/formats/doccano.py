"""doccano's JSON Lines: spans as ``label: [[start, end, type]]``, or as ``entities`` beside ``relations``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vostochny.formats.containers import ID_KEYS, Output, make_row, read_outputs
from vostochny.formats.reader import Reading, Record

_LABEL_KEYS = ("label", "labels")
_LEFT_OUT = ("relations", "Comments", "comments", "cats")
_ITEM_KEYS = {"start_offset": "start", "end_offset": "end", "label": "type"}
_KEYS = ("text", "entities", "meta", "data", *_LABEL_KEYS, *_LEFT_OUT, *ID_KEYS)


def is_output(value: Any) -> bool:
    """Return whether a value is one document, in either shape."""
    if not isinstance(value, dict) or not isinstance(_find_text(value), str) or "tokens" in value:
        return False
    if _is_numbered(value):
        return True
    for key in _LABEL_KEYS:
        if isinstance(value.get(key), list) and all(isinstance(x, list) and len(x) == 3 for x in value[key]):
            return True
    entities = value.get("entities")
    if not isinstance(entities, list):
        return False
    return "relations" in value or any(
        isinstance(x, dict) and {"id", "label", "start_offset"} <= x.keys() for x in entities
    )


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield one record per document. Its id is doccano's, unless a gold document has its text.

    The old export that has numbers in the place of labels is refused.
    """
    for number, output in enumerate(read_outputs(path, reading, is_output)):
        value = output.value
        if not is_output(value):
            message = "is not a document of doccano; expected text with label: [[start, end, type]], or with entities"
            reading.add_problem(path, output.line, f"[{number}]", message)
            continue
        if _is_numbered(value):
            message = "has numbers of labels, not their names; export as JSONL (Text-Labels)"
            reading.add_problem(path, output.line, "annotations", message)
            continue
        value = {**value, "text": _find_text(value)}
        value.pop("data", None)
        spans: list[Any] = next(
            (value[key] for key in (*_LABEL_KEYS, "entities") if isinstance(value.get(key), list)), []
        )
        for key in _LEFT_OUT:
            if isinstance(value.get(key), list) and value[key]:
                reading.left_out[f"{key.lower()} of doccano"] += len(value[key])
        reading.note_unused(value, _KEYS)
        doc_id = None if reading.has_text(value["text"]) else output.doc_id
        row = make_row(Output(None, doc_id, value), entities=[_make_entity(x) for x in spans])
        yield Record(path, output.line, row, ordered=True)


def _find_text(value: dict[str, Any]) -> Any:
    """Return the text of a document, which some versions call ``data``."""
    return value.get("text", value.get("data"))


def _is_numbered(value: dict[str, Any]) -> bool:
    """Return whether the spans of a document have numbers in the place of labels."""
    spans = value.get("annotations")
    return isinstance(spans, list) and any(
        isinstance(x, dict) and "start_offset" in x and type(x.get("label")) is int for x in spans
    )


def _make_entity(item: Any) -> Any:
    """Return a span as an entity of a row; what is of another shape stays, for the RowReader to report."""
    if isinstance(item, list) and len(item) == 3:
        return {"start": item[0], "end": item[1], "type": item[2]}
    if isinstance(item, dict) and "start_offset" in item:
        rest = {key: value for key, value in item.items() if key not in ("id", *_ITEM_KEYS)}
        return {**{own: item.get(key) for key, own in _ITEM_KEYS.items()}, **rest}
    return item
