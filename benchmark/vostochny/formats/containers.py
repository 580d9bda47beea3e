"""JSON in its containers: one value a line, or one file that is a list, or an object with a value a document.

Shared by the formats that are an extractor's own output, which have no fixed container.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from vostochny.formats.files import read_bytes
from vostochny.formats.jsonl import parse_json
from vostochny.formats.prediction import describe_kind
from vostochny.formats.reader import Reading

ID_KEYS = ("doc_id", "id", "document_id", "filename", "file_name", "name")


@dataclass(frozen=True)
class Output:
    """What one document's output is: its line (of JSON Lines), its id where it has one, and the value."""

    line: int | None
    doc_id: str | None
    value: Any


def read_outputs(path: str, reading: Reading, is_output: Callable[[Any], bool]) -> Iterator[Output]:
    """Each document's output in a file; ``is_output`` tells one from a container of several.

    An object around it may give its id (IDS). Lines or files that are no JSON are problems of the reading.
    """
    raw = read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    lines = [(n, x) for n, x in enumerate(raw.split(b"\n"), 1) if x and not x.isspace()]
    first, wrong = parse_json(path, lines[0][0], lines[0][1]) if lines else (None, [])
    if not lines:
        reading.add_problem(path, None, None, "is empty; expected JSON")
    elif len(lines) > 1 and not wrong:
        for number, line in lines:
            value, problems = parse_json(path, number, line)
            reading.problems += problems
            if not problems:
                yield Output(number, _find_id(value), value)
    else:
        value, problems = parse_json(path, None, raw) if len(lines) > 1 else (first, wrong)
        reading.problems += problems
        if not problems:
            yield from _split_container(path, reading, value, is_output)


def _split_container(path: str, reading: Reading, value: Any, is_output: Callable[[Any], bool]) -> Iterator[Output]:
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
            path, None, None, f"is {describe_kind(value)} of another shape; expected each document's output"
        )


def _find_id(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    holders: list[dict[str, Any]] = [x for x in (value, value.get("meta"), value.get("data")) if isinstance(x, dict)]
    for holder in holders:
        for key in ID_KEYS:
            given = holder.get(key)
            if isinstance(given, str | int) and not isinstance(given, bool) and given != "":
                return str(given)
    return None


def find_items(value: Any, keys: tuple[str, ...]) -> Any:
    """The list of items of an output: itself, or what stands under the first of ``keys`` that it has."""
    if isinstance(value, dict):
        return next((value[key] for key in keys if value.get(key) is not None), [])
    return value


def make_row(output: Output, **layers: Any) -> dict[str, Any]:
    """A prediction row: id and text where the output has them, and the layers."""
    row: dict[str, Any] = {} if output.doc_id is None else {"doc_id": output.doc_id}
    if isinstance(output.value, dict) and isinstance(output.value.get("text"), str):
        row["text"] = output.value["text"]
    return {**row, **layers}
