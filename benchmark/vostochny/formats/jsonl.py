"""JSON Lines: one document a line, gold rows of ``corpus/documents`` and predictions alike.

A prediction needs ``doc_id`` and any of the layers ``entities``, ``events``, ``quotes``; a gold row is a valid
prediction. References (an argument's filler, a quote's source and addressee) are an id of the same row or a span in
place. Keys that a gold row has and a score does not need (title, sha256 …) are passed over.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from vostochny.formats import Fault, FormatError
from vostochny.formats.prediction import Row, kind_of, layers_of, nearest
from vostochny.model import Document
from vostochny.ontology import Ontology, View


def blocks(path: str, size: int) -> Iterator[bytes]:
    """A file (``-``: standard input) in pieces of whole lines, each of about ``size`` bytes or one longer line.

    Raises FormatError where the file cannot be read or holds nothing but white space.
    """
    found = False
    try:
        with sys.stdin.buffer if path == "-" else open(path, "rb") as file:
            data = file.read(size).removeprefix(b"\xef\xbb\xbf")
            while data:
                data += file.readline()
                found = found or not data.isspace()
                yield data
                data = file.read(size)
    except OSError as e:
        raise _unreadable(path, e) from None
    if not found:
        raise _nothing(path)


def raw_lines(path: str) -> Iterator[tuple[int, bytes]]:
    """The lines of a file (``-``: standard input) that hold more than white space, numbered from 1, one at a time.

    Raises FormatError where the file cannot be read or holds nothing.
    """
    found = False
    try:
        with sys.stdin.buffer if path == "-" else open(path, "rb") as file:
            for number, raw in enumerate(file, 1):
                if number == 1:
                    raw = raw.removeprefix(b"\xef\xbb\xbf")
                if not raw.isspace() and raw:
                    found = True
                    yield number, raw
    except OSError as e:
        raise _unreadable(path, e) from None
    if not found:
        raise _nothing(path)


def _unreadable(path: str, error: OSError) -> FormatError:
    reason = "no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error)).lower()
    return FormatError([Fault(path, None, None, f"{reason}; expected a JSON Lines file, one document a line")])


def _nothing(path: str) -> FormatError:
    return FormatError([Fault(path, None, None, "is empty; expected one JSON object a line, each with a doc_id")])


def parse(path: str, number: int, raw: bytes) -> tuple[dict[str, Any] | None, list[Fault]]:
    """One line as an object, or the fault that says why it is none.

    Parsed fast; what the fast parser refuses is read again by the standard one, which takes a little more (NaN, lone
    surrogates) and says where it stumbles.
    """
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError:
        try:
            row = json.loads(raw.decode("utf-8"))
        except UnicodeDecodeError as e:
            message = f"byte 0x{raw[e.start]:02x} at position {e.start} is not UTF-8; save the file as UTF-8"
            return None, [Fault(path, number, None, message)]
        except json.JSONDecodeError as e:
            return None, [Fault(path, number, f"column {e.colno}", f"is not JSON ({e.msg}); write one object a line")]
        except (RecursionError, ValueError):  # ValueError: a number of more digits than Python reads
            message = "is nested too deeply or has an endless number; a prediction is an object of lists of objects"
            return None, [Fault(path, number, None, message)]
    if not isinstance(row, dict):
        return None, [Fault(path, number, None, f"is {kind_of(row)}; expected an object with doc_id and layers")]
    return row, []


def read_gold(path: str, ontology: Ontology) -> list[Document]:
    """The documents of a gold file, with text, zones and segmentation."""
    out, faults = [], []
    for number, line in raw_lines(path):
        row, row_faults = parse(path, number, line)
        faults += row_faults
        if row is None:
            continue
        text = row.get("text")
        reader = Row(path, number, row, text if isinstance(text, str) and text else None, ontology, None)
        document = reader.read(str(row.get("doc_id")), with_text=True)
        faults += reader.faults
        out.append(document)
    if faults:
        raise FormatError(faults)
    return out


def file_hash(path: str) -> str:
    """The first 12 hexadecimal digits of a file's sha256: what a signature and the card call the gold."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


def read_predictions(
    path: str, gold: Iterable[Document], ontology: Ontology, unknown: str = "error", view: View | None = None
) -> dict[str, Document]:
    """Predictions by doc_id, each checked against the text of the gold document of that id.

    Types are those of the scheme, and with a ``view`` also its labels.

    ``unknown`` says what an unknown type means: ``"error"`` (a fault that names the nearest known one), ``"ignore"``
    (the item is left out) or ``"wrong"`` (it is kept and will be a false positive). Raises FormatError with every fault
    of the file.
    """
    by_id = {d.doc_id: d for d in gold}
    out: dict[str, Document] = {}
    first_line: dict[str, int] = {}
    faults: list[Fault] = []
    for number, line in raw_lines(path):
        row, row_faults = parse(path, number, line)
        faults += row_faults
        if row is None:
            continue
        doc_id, fault = _document_id(path, number, row, by_id)
        if fault:
            faults.append(fault)
        text = (by_id[doc_id].text if doc_id else None) or None
        reader = Row(path, number, row, text, ontology, unknown, view)
        document = reader.read(doc_id or "?", with_text=False)
        faults += reader.faults
        if doc_id in first_line:
            message = f"{doc_id} stands on line {first_line[doc_id]} already; give each document one line"
            faults.append(Fault(path, number, "doc_id", message))
        elif doc_id:
            first_line[doc_id] = number
            out[doc_id] = document
    if faults:
        raise FormatError(faults)
    return out


def _document_id(
    path: str, number: int, row: Mapping[str, Any], by_id: Mapping[str, Document]
) -> tuple[str | None, Fault | None]:
    """The full id for an id or a unique prefix of one."""
    given = row.get("doc_id")
    if not isinstance(given, str) or not given:
        shown = "is missing" if given is None else f"is {kind_of(given)}"
        return None, Fault(path, number, "doc_id", f"{shown}; expected one of {', '.join(by_id)}")
    if given in by_id:
        return given, None
    fitting = [d for d in by_id if d.startswith(given)]
    if len(fitting) == 1:
        return fitting[0], None
    if fitting:
        return None, Fault(path, number, "doc_id", f"{given!r} fits {', '.join(fitting)}; write more of the id")
    return None, Fault(path, number, "doc_id", f"unknown document {given!r}; {nearest(given, by_id)}")


def write(path: str, documents: Iterable[Document]) -> None:
    """Write predictions, one document a line, its layers with offsets and words."""
    lines = (json.dumps({"doc_id": d.doc_id, **layers_of(d)}, ensure_ascii=False) + "\n" for d in documents)
    Path(path).write_text("".join(lines), encoding="utf-8")
