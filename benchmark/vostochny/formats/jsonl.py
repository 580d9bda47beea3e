"""JSON Lines: one document a line, gold rows of ``corpus/documents`` and predictions alike.

A prediction needs ``doc_id`` and any of the layers ``entities``, ``events``, ``quotes``; a gold row is a valid
prediction. References (an argument's filler, a quote's source and addressee) are an id of the same row or a span in
place. Keys that a gold row has and a score does not need (title, sha256 …) are passed over.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import orjson
import xxhash

from vostochny.errors import EmptyFileError, InputError, Problem, UnreadableFileError
from vostochny.formats.files import MAX_LINE_BYTES, explain_os_error, open_file, write_text
from vostochny.formats.prediction import describe_kind, to_layers
from vostochny.formats.reader import Reading, Record
from vostochny.model import Document
from vostochny.ontology import Ontology, View


def read_blocks(path: str, size: int, may_be_empty: bool = False) -> Iterator[bytes]:
    """A file (``-``: standard input) in pieces of whole lines, each of about ``size`` bytes or one longer line.

    A gzip file is unpacked. Raises UnreadableFileError where the file cannot be read, InputError where it has a line
    longer than MAX_LINE, EmptyFileError where, unless it ``may_be_empty``, it holds nothing but white space.
    """
    found = may_be_empty
    line = 1
    try:
        with open_file(path) as file:
            data = file.read(size).removeprefix(b"\xef\xbb\xbf")
            while data:
                rest = file.readline(MAX_LINE_BYTES + 1)
                if len(rest) > MAX_LINE_BYTES:
                    raise _too_long_error(path, line + data.count(b"\n"))
                data += rest
                found = found or not data.isspace()
                yield data
                line += data.count(b"\n")
                data = file.read(size)
    except OSError as e:
        raise _unreadable_error(path, e) from None
    if not found:
        raise _empty_error(path)


def read_lines(path: str) -> Iterator[tuple[int, bytes]]:
    """The lines of a file (``-``: standard input) that hold more than white space, numbered from 1, one at a time.

    A gzip file is unpacked. Raises InputError where the file cannot be read, has a line longer than MAX_LINE, or holds
    nothing.
    """
    found = False
    try:
        with open_file(path) as file:
            for number, raw in enumerate(iter(partial(file.readline, MAX_LINE_BYTES + 1), b""), 1):
                if len(raw) > MAX_LINE_BYTES:
                    raise _too_long_error(path, number)
                if number == 1:
                    raw = raw.removeprefix(b"\xef\xbb\xbf")
                if not raw.isspace() and raw:
                    found = True
                    yield number, raw
    except OSError as e:
        raise _unreadable_error(path, e) from None
    if not found:
        raise _empty_error(path)


def _unreadable_error(path: str, error: OSError) -> UnreadableFileError:
    return UnreadableFileError(
        [Problem(path, None, None, f"{explain_os_error(error)}; expected a JSON Lines file, one document a line")]
    )


def _empty_error(path: str) -> EmptyFileError:
    return EmptyFileError([Problem(path, None, None, "is empty; expected one JSON object a line, each with a doc_id")])


def _too_long_error(path: str, line: int) -> InputError:
    message = f"is longer than {MAX_LINE_BYTES >> 20} MB; write one document a line"
    return InputError([Problem(path, line, None, message)])


def parse_row(path: str, number: int, raw: bytes) -> tuple[dict[str, Any] | None, list[Problem]]:
    """One line as an object, or the problem that says why it is none."""
    row, problems = parse_json(path, number, raw)
    if problems:
        return None, problems
    if not isinstance(row, dict):
        return None, [
            Problem(path, number, None, f"is {describe_kind(row)}; expected an object with doc_id and layers")
        ]
    return row, []


def parse_json(path: str, number: int | None, raw: bytes) -> tuple[Any, list[Problem]]:
    """JSON of any kind, of a line or (without ``number``) of a file, or the problem that says why it is none.

    Parsed fast; what the fast parser refuses is read again by the standard one, which takes a little more (NaN) and
    says where it stumbles.
    """
    try:
        return orjson.loads(raw), []
    except orjson.JSONDecodeError:
        pass
    try:
        value = json.loads(raw.decode("utf-8"))
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as e:
        message = f"has half a character, {e.object[e.start]!r} (a lone surrogate); write whole characters"
        return None, [Problem(path, number, None, message)]
    except UnicodeDecodeError as e:
        message = f"byte 0x{raw[e.start]:02x} at position {e.start} is not UTF-8; save the file as UTF-8"
        return None, [Problem(path, number, None, message)]
    except json.JSONDecodeError as e:
        message = f"is not JSON ({e.msg}); " + ("write one object a line" if number else "expected one JSON value")
        return None, [Problem(path, number or e.lineno, f"column {e.colno}", message)]
    except (RecursionError, ValueError):  # ValueError: a number of more digits than Python reads
        message = "is nested too deeply or has an endless number; a prediction is an object of lists of objects"
        return None, [Problem(path, number, None, message)]
    return value, []


def read(path: str, reading: Reading) -> Iterator[Record]:
    """The rows of a file; lines that hold none are problems of the reading."""
    for number, line in read_lines(path):
        row, problems = parse_row(path, number, line)
        reading.problems += problems
        if row is not None:
            yield Record(path, number, row)


def read_gold(path: str, ontology: Ontology) -> list[Document]:
    """The documents of a gold file, with text, zones and segmentation. Types are those of the ontology."""
    reading = Reading(ontology)
    return reading.read_gold(read(path, reading))


def sum_line_hashes(lines: bytes) -> int:
    """The sum of the lines' 128-bit hashes: the same however lines are ordered, split into files or packed."""
    return sum(xxhash.xxh3_128_intdigest(line) for line in map(bytes.strip, lines.split(b"\n")) if line)


def format_hash(content: int) -> str:
    """What a signature calls a gold of one's own by this content: 12 hexadecimal digits."""
    return f"{content % (1 << 128):032x}"[:12]


def read_predictions(
    path: str,
    gold: Iterable[Document],
    ontology: Ontology,
    unknown: str = "error",
    view: View | None = None,
    offsets: str | None = None,
) -> dict[str, Document]:
    """Predictions by doc_id, each checked against the text of the gold document of that id.

    Types are those of the ontology, and with a ``view`` also its labels.

    ``unknown`` says what an unknown type means: ``"error"`` (a problem that names the nearest known one), ``"ignore"``
    (the item is left out) or ``"wrong"`` (it is kept and will be a false positive). ``offsets`` says what offsets
    count, code points if None. Raises InputError with every problem of the file.
    """
    reading = Reading(ontology, {d.doc_id: d for d in gold})
    return reading.read_predictions(read(path, reading), unknown, view, offsets)


def write(path: str, documents: Iterable[Document], lost: Counter[str] | None = None, with_text: bool = False) -> None:
    """Write one document a line, its layers with offsets and words; ``.gz`` packs them. Nothing is lost.

    ``with_text`` makes it a gold file: text, zones, paragraphs, sentences and tokens too.
    """
    lines = (json.dumps(to_row(d, with_text), ensure_ascii=False) + "\n" for d in documents)
    write_text(path, "".join(lines))


def to_row(document: Document, with_text: bool = False) -> dict[str, Any]:
    """The row of a document: a prediction, or with ``with_text`` a gold row."""
    row: dict[str, Any] = {"doc_id": document.doc_id}
    if with_text:
        row["text"] = document.text
        row["zones"] = [{"start": z.span.start, "end": z.span.end, "zone": z.name} for z in document.zones]
        for key in ("paragraphs", "sentences", "tokens"):
            row[key] = [{"start": s.start, "end": s.end} for s in getattr(document, key)]
    return {**row, **to_layers(document)}
