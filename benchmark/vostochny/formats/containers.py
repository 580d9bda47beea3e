"""Find each document's output in a JSON file, whatever container it is in.

A container is JSON Lines with one output per line, a list of outputs, or an object of outputs by document. Shared by
the formats that are an extractor's own output, whose users choose the container.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from vostochny.formats.files import read_bytes
from vostochny.formats.jsonl import parse_json
from vostochny.formats.limits import Budget, estimate_json
from vostochny.formats.prediction import describe_kind
from vostochny.formats.reader import Reading

ID_KEYS = ("doc_id", "id", "document_id", "filename", "file_name", "name")


@dataclass(frozen=True)
class Output:
    """The output for one document: its line (None if not JSON Lines), its doc_id (None if unknown), and the value."""

    line: int | None
    doc_id: str | None
    value: Any


def read_outputs(path: str, reading: Reading, is_output: Callable[[Any], bool]) -> Iterator[Output]:
    """Yield each document's output in a file; what is not JSON is a problem.

    An output that is an object may state its document under one of ID_KEYS.

    Args:
        path: The file.
        reading: Receives problems.
        is_output: Returns whether a value is one document's output and not a container of several.
    """
    raw = read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    budget = Budget(path)
    budget.take(len(raw))
    beginning = list(islice(_list_lines(raw), 2))
    first, first_problems = parse_json(path, *beginning[0]) if beginning else (None, [])
    if not beginning:
        reading.add_problem(path, None, None, "is empty; expected JSON")
    # Several lines, the first of which is a value of its own, are JSON Lines; anything else is one value.
    elif len(beginning) > 1 and (not first_problems or _is_json(beginning[0][1])):
        for number, line in _list_lines(raw):
            value, problems = parse_json(path, number, line)
            reading.problems += problems
            if not problems:
                budget.take(estimate_json(line))
                yield Output(number, _find_id(value), value)
    else:
        value, problems = parse_json(path, None, raw) if len(beginning) > 1 else (first, first_problems)
        reading.problems += problems
        if not problems:
            yield from _split_container(path, reading, value, is_output)


def _list_lines(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, with their numbers."""
    for number, line in enumerate(io.BytesIO(raw), 1):
        if not line.isspace():
            yield number, line.removesuffix(b"\n")


def _is_json(line: bytes) -> bool:
    """Return whether a line is a JSON value, also one with problems, such as a key that one object has twice."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _split_container(path: str, reading: Reading, value: Any, is_output: Callable[[Any], bool]) -> Iterator[Output]:
    """Yield the outputs of a whole file: one, a list of them, or an object of them by doc_id."""
    if value != [] and is_output(value):
        yield Output(None, _find_id(value), value)
    elif isinstance(value, list):
        for one in value:
            yield Output(None, _find_id(one), one)
    elif isinstance(value, dict) and all(is_output(v) for v in value.values()):
        for key, one in value.items():
            yield Output(None, key, one)
    else:
        reading.add_problem(
            path,
            None,
            None,
            f"is {describe_kind(value)} of unknown shape; expected a list of outputs, or an object of them by doc_id",
        )


def _find_id(value: Any) -> str | None:
    """Return the id of an output, from one of ID_KEYS in it or in its ``meta`` or ``data``; or None."""
    if not isinstance(value, dict):
        return None
    holders: list[dict[str, Any]] = [x for x in (value, value.get("meta"), value.get("data")) if isinstance(x, dict)]
    for holder in holders:
        for key in ID_KEYS:
            id_ = holder.get(key)
            if isinstance(id_, str | int) and not isinstance(id_, bool) and id_ != "":
                return str(id_)
    return None


def find_items(value: Any, keys: tuple[str, ...]) -> Any:
    """Return the items of an output: the output itself, or, of an object, what it has under the first of ``keys``."""
    if isinstance(value, dict):
        return next((value[key] for key in keys if value.get(key) is not None), [])
    return value


def make_row(output: Output, **layers: Any) -> dict[str, Any]:
    """Return a prediction row with an output's id and text, if it has them, and these layers."""
    row: dict[str, Any] = {} if output.doc_id is None else {"doc_id": output.doc_id}
    if isinstance(output.value, dict) and isinstance(output.value.get("text"), str):
        row["text"] = output.value["text"]
    return {**row, **layers}
