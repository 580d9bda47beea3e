"""JSON Lines, our own format: one document per line, for gold (rows of ``corpus/documents``) and predictions.

A prediction has ``doc_id`` and any of the layers ``entities``, ``events``, ``quotes``; a gold row is a valid one. A
reference (an argument's filler, a quote's source or addressee) is the id of an item of the same row, or a span written
in its place. Keys of gold rows that scoring does not need (title, sha256 …) are ignored.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import msgspec
import xxhash

from vostochny.corpus import shorten_hash
from vostochny.errors import EmptyFileError, InputError, Problem, Problems, UnreadableFileError, explain_decode_error
from vostochny.formats import limits
from vostochny.formats.decoder import JSON_ERRORS, is_whole
from vostochny.formats.files import explain_os_error, open_file, write_text
from vostochny.formats.limits import MAX_LINE_BYTES
from vostochny.formats.prediction import describe_kind
from vostochny.formats.reader import Reading, Record
from vostochny.formats.rows import to_record, to_row
from vostochny.formats.unrecognised import EXAMPLE_LINE
from vostochny.model import Document

_EXAMPLE = f"a line looks like this: {EXAMPLE_LINE}"


def read_blocks(path: str, size: int, may_be_empty: bool = False) -> Iterator[bytes]:
    """Yield a file (``-``: standard input) in blocks of whole lines, each about ``size`` bytes, or one longer line.

    A gzip file is unpacked. Raises UnreadableFileError if the file cannot be read, InputError if a line is longer than
    MAX_LINE_BYTES, EmptyFileError if there is only white space, unless it ``may_be_empty``.
    """
    has_content = may_be_empty
    line = 1
    try:
        with open_file(path) as file:
            data = file.read(size).removeprefix(b"\xef\xbb\xbf")
            while data:
                rest = file.readline(MAX_LINE_BYTES + 1)
                if len(rest) > MAX_LINE_BYTES:
                    raise _too_long_error(path, line + data.count(b"\n"))
                data += rest
                has_content = has_content or not data.isspace()
                yield data
                line += data.count(b"\n")
                data = file.read(size)
    except OSError as e:
        raise _unreadable_error(path, e) from None
    if not has_content:
        raise _empty_error(path)


def read_lines(path: str) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file (``-``: standard input) with their numbers, from 1; blank lines are skipped.

    A gzip file is unpacked. Raises InputError if the file cannot be read, has a line longer than MAX_LINE_BYTES, or has
    no line that is not blank.
    """
    has_content = False
    try:
        with open_file(path) as file:
            for number, raw in enumerate(iter(partial(file.readline, MAX_LINE_BYTES + 1), b""), 1):
                if len(raw) > MAX_LINE_BYTES:
                    raise _too_long_error(path, number)
                if number == 1:
                    raw = raw.removeprefix(b"\xef\xbb\xbf")
                if not raw.isspace() and raw:
                    has_content = True
                    yield number, raw
    except OSError as e:
        raise _unreadable_error(path, e) from None
    if not has_content:
        raise _empty_error(path)


def _unreadable_error(path: str, error: OSError) -> UnreadableFileError:
    return UnreadableFileError(
        [Problem(path, None, None, f"{explain_os_error(error)}; expected a JSON Lines file, one document per line")]
    )


def _empty_error(path: str) -> EmptyFileError:
    message = "is empty; expected one JSON object per line, each with a doc_id"
    return EmptyFileError([Problem(path, None, None, message)])


def _too_long_error(path: str, line: int) -> InputError:
    size = f"is longer than {MAX_LINE_BYTES >> 20} MB"
    message = f"{size}; write one document per line, or {limits.describe_way_out()}"
    return InputError([Problem(path, line, None, message)])


def parse_row(path: str, number: int, raw: bytes) -> tuple[dict[str, Any] | None, list[Problem]]:
    """Return one line as an object, or None and the problem that says why it is not one."""
    row, problems = parse_json(path, number, raw, _EXAMPLE)
    if problems:
        return None, problems
    if not isinstance(row, dict):
        return None, [
            Problem(path, number, None, f"is {describe_kind(row)}; expected an object with doc_id and layers")
        ]
    return row, []


def parse_json(path: str, number: int | None, raw: bytes, example: str = "") -> tuple[Any, list[Problem]]:
    """Return any JSON value, of line ``number`` or (None) of a whole file, or None and the problem with it.

    A problem of a value that was cut off ends with the ``example`` of what is expected.

    What the fast parser refuses, or may have dropped (a key that one object has twice), is parsed again by the standard
    library, which reports the position of an error, and accepts a little more (NaN).
    """
    if limits.is_too_much_json(raw):
        return None, [Problem(path, number, None, limits.describe_memory_limit())]
    try:
        value = msgspec.json.decode(raw)
        if is_whole(raw, msgspec.json.encode(value)):
            return value, []
    except JSON_ERRORS:
        pass
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_make_object)
        # The standard parser accepts "\\ud800"; such a string could not be written or printed later.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
        message = "the key {!r} appears twice in one object; write it once"
        places = _list_repeated_keys(value, "")
        repeated = Problems(Problem(path, number, where, message.format(key)) for where, key in places)
    except UnicodeEncodeError as e:
        message = f"contains half a character, {e.object[e.start]!r} (a lone surrogate); write whole characters"
        return None, [Problem(path, number, None, message)]
    except UnicodeDecodeError as e:
        return None, [Problem(path, number, None, explain_decode_error(e))]
    except json.JSONDecodeError as e:
        message = f"is not JSON ({e.msg}); " + ("write one object per line" if number else "expected one JSON value")
        if e.msg.startswith("Unterminated") or e.pos >= len(e.doc.rstrip()) > 0:
            message = "is not JSON (it ends in the middle of a value); it was cut off"
            message += (", or is not one value per line" if number else "") + (f"; {example}" if example else "")
        return None, [Problem(path, number or e.lineno, f"column {e.colno}", message)]
    except (RecursionError, ValueError):  # ValueError: a number of more digits than Python reads
        message = "is nested too deeply or has a number of too many digits; expected an object of lists of objects"
        return None, [Problem(path, number, None, message)]
    return (None, repeated) if repeated else (value, [])


class _RepeatedKeys(dict[str, Any]):
    """An object of JSON that has a key twice.

    Attributes:
        repeated: The keys that it has more than once.
    """

    repeated: tuple[str, ...] = ()


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    out = _RepeatedKeys(plain)
    out.repeated = tuple(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
    return out


def _list_repeated_keys(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Yield each key that an object in a value has twice, after its place, such as ``entities[3].start``.

    What stands under such a key is not searched: the object has to be rewritten anyway.
    """
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from _list_repeated_keys(item, f"{where}[{i}]")
    elif isinstance(value, dict):
        repeated = value.repeated if isinstance(value, _RepeatedKeys) else ()
        for key, item in value.items():
            at = f"{where}.{key}".lstrip(".")
            if key in repeated:
                yield at, key
            else:
                yield from _list_repeated_keys(item, at)


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield the rows of a file; a line that is not a JSON object is recorded as a problem."""
    for number, line in read_lines(path):
        reading.line_hashes += sum_line_hashes(line)
        reading.done_bytes += len(line)
        value, problems = parse_json(path, number, line, _EXAMPLE)
        reading.problems += problems
        if isinstance(value, dict):
            yield Record(path, number, value)
        elif not problems:
            answer = reading.make_answer(path, number, None, value)
            if answer:
                yield answer


def sum_line_hashes(lines: bytes) -> int:
    """Return the sum of the lines' 128-bit hashes, which does not depend on their order, nor on how files are split."""
    return sum(xxhash.xxh3_128_intdigest(line) for line in map(bytes.strip, lines.split(b"\n")) if line)


def format_hash(line_hashes: int) -> str:
    """Return the digits by which a signature names a user's gold with this sum of line hashes."""
    return shorten_hash(f"{line_hashes % (1 << 128):032x}")


def write(path: str, documents: Iterable[Document], lost: Counter[str] | None = None, with_text: bool = False) -> None:
    """Write one document per line, its layers with offsets and words.

    Args:
        path: The file; ``-`` is standard output, a name that ends in .gz is packed.
        documents: The documents.
        lost: Counts what the format cannot express: nothing, in this format.
        with_text: Whether to write a gold file, with text, zones, paragraphs, sentences and tokens.
    """
    lines = (json.dumps(to_row(to_record(d, with_text)), ensure_ascii=False) + "\n" for d in documents)
    write_text(path, "".join(lines))
