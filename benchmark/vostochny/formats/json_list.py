"""Predictions as one JSON file: a list of prediction objects, a single one, or an object of them by doc_id."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from vostochny.formats.containers import read_outputs
from vostochny.formats.files import write_text
from vostochny.formats.reader import Reading, Record
from vostochny.formats.rows import to_record, to_row
from vostochny.model import LAYERS, Document


def is_output(value: Any) -> bool:
    """Return whether a value is one document's prediction, or a language model's answer."""
    return isinstance(value, str) or (
        isinstance(value, dict) and ("doc_id" in value or any(layer in value for layer in LAYERS))
    )


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield the prediction objects of a file; anything else in it is a problem."""
    for number, output in enumerate(read_outputs(path, reading, is_output)):
        if isinstance(output.value, dict):
            doc_id = {} if output.doc_id is None or "doc_id" in output.value else {"doc_id": output.doc_id}
            yield Record(path, output.line, {**output.value, **doc_id}, ordered=True)
        elif answer := reading.make_answer(path, output.line, f"[{number}]", output.value):
            yield answer if output.doc_id is None else replace(answer, row={**answer.row, "doc_id": output.doc_id})


def write(path: str, documents: Iterable[Document], lost: Counter[str], with_text: bool = False) -> None:
    """Write a list of prediction objects. Nothing is lost."""
    rows = [to_row(to_record(d, with_text)) for d in documents]
    write_text(path, json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
