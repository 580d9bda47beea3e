"""langextract's JSON Lines: an annotated document per line, as ``save_annotated_documents`` writes them.

An extraction that it could not align has no ``char_interval`` and is placed by its words. Where it aligned part of the
words or similar ones (``alignment_status``), its interval is taken; in any other case the words must stand there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vostochny.formats.containers import ID_KEYS, Output, make_row, read_outputs
from vostochny.formats.reader import Reading, Record

_INEXACT = ("match_greater", "match_lesser", "match_fuzzy")
_KEYS = ("text", "extractions", *ID_KEYS)
_ITEM_KEYS = (
    "extraction_class", "extraction_text", "char_interval", "token_interval", "alignment_status", "extraction_index",
    "group_index", "description", "attributes",
)  # fmt: skip


def is_output(value: Any) -> bool:
    """Return whether a value is one document."""
    return isinstance(value, dict) and isinstance(value.get("extractions"), list)


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield one record per document."""
    for number, output in enumerate(read_outputs(path, reading, is_output)):
        if not is_output(output.value):
            message = "is not a document of langextract; expected an object with text and extractions"
            reading.add_problem(path, output.line, f"[{number}]", message)
            continue
        reading.note_unused(output.value, _KEYS)
        items = [_make_entity(x, reading) for x in output.value["extractions"]]
        # Its own ids are random, unless the user gave others: the text says more.
        doc_id = None if reading.has_text(output.value.get("text")) else output.doc_id
        yield Record(path, output.line, make_row(Output(None, doc_id, output.value), entities=items), ordered=True)


def _make_entity(item: Any, reading: Reading) -> Any:
    """Return an extraction as an entity of a row; what is not an object stays as it is, for the RowReader to report."""
    if not isinstance(item, dict):
        return item
    rest = {key: value for key, value in item.items() if key not in _ITEM_KEYS}
    out = {"type": item.get("extraction_class"), "text": item.get("extraction_text"), **rest}
    if item.get("attributes"):
        reading.left_out["attributes of langextract's extractions"] += 1
    interval = item.get("char_interval")
    interval = interval if isinstance(interval, dict) else {}
    start, end = interval.get("start_pos"), interval.get("end_pos")
    out |= {key: value for key, value in interval.items() if key not in ("start_pos", "end_pos")}
    if start is None or end is None:
        reading.counted["langextract has no place for {} extractions: they are placed by their words"] += 1
        return out
    if item.get("alignment_status") in _INEXACT:
        reading.counted["langextract aligned {} extractions with other words than theirs: its places are taken"] += 1
        del out["text"]
    return {**out, "start": start, "end": end}
