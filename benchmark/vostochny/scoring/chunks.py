"""Chunks: some megabytes of lines of a JSON Lines file, with the doc_id of each line.

Second step of a score of files. Arrow parses all lines of a chunk at once where they are regular; where it refuses one,
the whole chunk is read by the checked parser, which reports what is wrong with a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import json as arrow_json

from vostochny.errors import InputError, Problem
from vostochny.formats.files import open_file
from vostochny.formats.jsonl import parse_row, read_blocks

CHUNK_BYTES = 1 << 22  # bytes read at once: a few hundred to a few thousand documents

START_FIELD = pa.field("start", pa.int64())
ENTITY_STRUCT = pa.struct(
    [
        START_FIELD,
        pa.field("end", pa.int64()),
        pa.field("type", pa.string()),
        pa.field("level", pa.string()),
        pa.field("text", pa.string()),
        pa.field("paragraph", pa.int64()),
    ]
)
# Only what columnar.py needs; Arrow skips all other keys of a line.
ROW_SCHEMA = pa.schema(
    [
        pa.field("doc_id", pa.string()),
        pa.field("text", pa.string()),
        pa.field("entities", pa.list_(ENTITY_STRUCT)),
        pa.field("paragraphs", pa.list_(pa.struct([START_FIELD]))),
        pa.field("zones", pa.list_(pa.struct([START_FIELD, pa.field("zone", pa.string())]))),
    ]
)
ID_SCHEMA = pa.schema([pa.field("doc_id", pa.string())])


@dataclass(eq=False)
class Chunk:
    """Some lines of one file, parsed into columns where Arrow could read them all.

    Call :meth:`check` before ``ids`` is used: where Arrow refused the lines, it fills them in.

    Attributes:
        path: The file, as problems name it.
        first: Line number of the chunk's first line.
        data: The bytes of the lines.
        numbers: Line number of each line, where the lines come from scattered places of a file; None where they follow
            each other from ``first`` on.
        schema: The columns that Arrow reads.
        ids: The doc_id of each line that is not blank; None for a line with a problem.
        arrow: The parsed rows; None where Arrow refused a line.
    """

    path: str
    first: int
    data: bytes
    numbers: Sequence[int] | None = None
    schema: pa.Schema = ROW_SCHEMA
    ids: list[str | None] = field(default_factory=list)
    arrow: pa.Table | None = None

    def __post_init__(self) -> None:
        options = arrow_json.ParseOptions(explicit_schema=self.schema, unexpected_field_behavior="ignore")
        # Arrow's threads share out blocks, and no line may be longer than a block. So try half-megabyte blocks first
        # (few lines: one block), then a single block that any line fits into.
        line_ends = self.data.count(b"\n")
        block_bytes = len(self.data) if line_ends < 100 else 1 << 19
        for block in (block_bytes + 1, len(self.data) + 1):
            try:
                reading = arrow_json.ReadOptions(block_size=block)
                table = arrow_json.read_json(pa.BufferReader(self.data), reading, options)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowCapacityError):
                continue
            ids = table["doc_id"].to_pylist()
            # Fewer rows than lines: a blank line, or two values on one line. Line numbers would be wrong then.
            if all(ids) and len(ids) == line_ends + (not self.data.endswith(b"\n")):
                self.arrow, self.ids = table.combine_chunks(), ids
            return

    @cached_property
    def lines(self) -> list[tuple[int, bytes]]:
        """Line number and bytes of each line that is not blank."""
        split = enumerate(self.data.split(b"\n"))
        return [(self._line_number(i), raw) for i, raw in split if raw and not raw.isspace()]

    def _line_number(self, at: int) -> int:
        """Return the number of the at-th line of ``data``, blank ones included."""
        return self.first + at if self.numbers is None else int(self.numbers[at]) if at < len(self.numbers) else 0

    def number(self, at: int) -> int:
        """Return the line number of an entry of ``ids``."""
        return self._line_number(at) if self.arrow is not None else self.lines[at][0]

    def all_numbers(self) -> Sequence[int]:
        """Return the line number of every entry of ``ids``."""
        if self.arrow is None:
            return [number for number, _ in self.lines]
        return range(self.first, self.first + len(self.ids)) if self.numbers is None else self.numbers

    def check(self) -> list[Problem]:
        """Read the ids with the checked parser where Arrow refused; return the problems of lines without one."""
        problems: list[Problem] = []
        for number, raw in self.lines if self.arrow is None else ():
            row, line_problems = parse_row(self.path, number, raw)
            doc_id = row.get("doc_id") if row else None
            if row is not None and not (isinstance(doc_id, str) and doc_id):
                line_problems = [Problem(self.path, number, "doc_id", "is missing; expected the document's id")]
            problems += line_problems
            self.ids.append(None if line_problems else doc_id)
        return problems

    def row(self, at: int) -> tuple[int, dict[str, Any]]:
        """Return line number and parsed content of an entry of ``ids`` that is not None."""
        number, raw = self.lines[at]
        row, _ = parse_row(self.path, number, raw)
        return number, row or {}


# A line: its chunk, and its index into the chunk's ``ids``.
LinePosition = tuple[Chunk, int]


@dataclass(frozen=True)
class Source:
    """A JSON Lines file to read.

    Attributes:
        path: Where the lines are read from.
        name: What problems call the file. Differs from ``path`` where the lines were copied from another file
            (:mod:`vostochny.scoring.buckets`, standard input).
        numbers: Path of a NumPy file with the line numbers in that other file; empty where the lines were not moved.
        may_be_empty: Whether an empty file is no problem. Programs that write in parts leave parts with nothing in
            them, so of several files any may be empty.
    """

    path: str
    name: str
    numbers: str = ""
    may_be_empty: bool = False

    @classmethod
    def from_paths(cls, paths: Sequence[str], names: Sequence[str] = ()) -> list[Source]:
        """Return the sources of one side's files; ``names`` are those that the user knows them by, if they differ."""
        return [cls(path, str(name), "", len(paths) > 1) for path, name in zip(paths, names or paths, strict=True)]


def read_chunks(
    sources: Sequence[Source], problems: list[Problem], size: int = 0, schema: pa.Schema = ROW_SCHEMA
) -> Iterator[Chunk]:
    """Yield the chunks of files, one file after the other.

    Args:
        sources: The files.
        problems: A list to which the problems of lines are added.
        size: Bytes per chunk, about; 0 for CHUNK_BYTES.
        schema: The columns that Arrow reads.

    Raises UnreadableFileError where a file cannot be read, InputError where one is empty that may not be, or a line
    is too long.
    """
    for source in sources:
        yield from _read_source(source, problems, size or CHUNK_BYTES, schema)


def _read_source(source: Source, problems: list[Problem], size: int, schema: pa.Schema) -> Iterator[Chunk]:
    numbers = None
    if source.numbers:
        with open_file(source.numbers) as file:
            numbers = np.load(file).tolist()
    line = 1
    try:
        for data in read_blocks(source.path, size, source.may_be_empty):
            chunk_numbers = None if numbers is None else numbers[line - 1 :]
            chunk = Chunk(source.name, line, data, chunk_numbers, schema)
            problems += chunk.check()
            # Arrow read exactly one row per line, so the ids are the lines; else count the line ends.
            line += len(chunk.ids) if chunk.arrow is not None else data.count(b"\n")
            yield chunk
    except InputError as e:
        # Name the user's file, not the copy that was read.
        raise type(e)([replace(problem, file=source.name) for problem in e.problems]) from None
