"""Some lines of a JSON Lines file at a time, with the document each is about.

Lines are parsed by Arrow where they are regular, all of a chunk in one go; whatever it refuses is read by the checked
parser, which knows what to say of a problem.
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

SIZE = 1 << 22  # bytes read at once: a few hundred to a few thousand documents

START = pa.field("start", pa.int64())
ENTITY = pa.struct(
    [
        START,
        pa.field("end", pa.int64()),
        pa.field("type", pa.string()),
        pa.field("level", pa.string()),
        pa.field("text", pa.string()),
        pa.field("paragraph", pa.int64()),
    ]
)
ROW = pa.schema(
    [
        pa.field("doc_id", pa.string()),
        pa.field("text", pa.string()),
        pa.field("entities", pa.list_(ENTITY)),
        pa.field("paragraphs", pa.list_(pa.struct([START]))),
        pa.field("zones", pa.list_(pa.struct([START, pa.field("zone", pa.string())]))),
    ]
)
IDS = pa.schema([pa.field("doc_id", pa.string())])


@dataclass(eq=False)
class Chunk:
    """Some lines of one file. ``ids`` has the doc_id of each line that is not blank, None for a faulty one.

    ``first`` is the number of its first line; ``numbers`` gives that of every line instead where the lines were
    gathered from all over a file. ``arrow`` has the rows of ``schema`` where Arrow could read them all.
    """

    path: str
    first: int
    data: bytes
    numbers: Sequence[int] | None = None
    schema: pa.Schema = ROW
    ids: list[str | None] = field(default_factory=list)
    arrow: pa.Table | None = None

    def __post_init__(self) -> None:
        options = arrow_json.ParseOptions(explicit_schema=self.schema, unexpected_field_behavior="ignore")
        # Blocks are what threads share out, and no line may be longer than one.
        ends = self.data.count(b"\n")
        longest = len(self.data) if ends < 100 else 1 << 19
        for block in (longest + 1, len(self.data) + 1):
            try:
                reading = arrow_json.ReadOptions(block_size=block)
                table = arrow_json.read_json(pa.BufferReader(self.data), reading, options)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowCapacityError):
                continue
            ids = table["doc_id"].to_pylist()
            if all(ids) and len(ids) == ends + (not self.data.endswith(b"\n")):
                self.arrow, self.ids = table.combine_chunks(), ids
            return

    @cached_property
    def lines(self) -> list[tuple[int, bytes]]:
        """Line number and bytes of each line that is not blank."""
        split = enumerate(self.data.split(b"\n"))
        return [(self._line(i), raw) for i, raw in split if raw and not raw.isspace()]

    def _line(self, at: int) -> int:
        return self.first + at if self.numbers is None else int(self.numbers[at]) if at < len(self.numbers) else 0

    def number(self, at: int) -> int:
        """The line number of an entry of ``ids``."""
        return self._line(at) if self.arrow is not None else self.lines[at][0]

    def number_all(self) -> Sequence[int]:
        """The line number of every entry of ``ids``."""
        if self.arrow is None:
            return [number for number, _ in self.lines]
        return range(self.first, self.first + len(self.ids)) if self.numbers is None else self.numbers

    def check(self) -> list[Problem]:
        """Read the ids by the checked parser where Arrow would not; the problems of lines that have none."""
        problems: list[Problem] = []
        for number, raw in self.lines if self.arrow is None else ():
            row, found = parse_row(self.path, number, raw)
            doc_id = row.get("doc_id") if row else None
            if row is not None and not (isinstance(doc_id, str) and doc_id):
                found = [Problem(self.path, number, "doc_id", "is missing; expected the document's id")]
            problems += found
            self.ids.append(None if found else doc_id)
        return problems

    def row(self, at: int) -> tuple[int, dict[str, Any]]:
        """Line number and content of a line that is no faulty one."""
        number, raw = self.lines[at]
        row, _ = parse_row(self.path, number, raw)
        return number, row or {}


Place = tuple[Chunk, int]


@dataclass(frozen=True)
class Source:
    """A file of JSON Lines: ``path`` is where its lines lie, ``name`` what problems call it.

    They differ where lines were gathered from another file (:mod:`vostochny.scoring.buckets`); ``numbers`` then is the
    path of their line numbers there. Of several files any may be empty: who writes in parts has parts with nothing in
    them.
    """

    path: str
    name: str
    numbers: str = ""
    may_be_empty: bool = False

    @classmethod
    def plain(cls, paths: Sequence[str]) -> list[Source]:
        """The files of a side, as the user gave them."""
        return [cls(path, path, may_be_empty=len(paths) > 1) for path in paths]


def chunks(
    sources: Sequence[Source], problems: list[Problem], size: int = 0, schema: pa.Schema = ROW
) -> Iterator[Chunk]:
    """Files one after the other, chunk by chunk of about ``size`` bytes (SIZE); problems of lines go to ``problems``.

    Raises UnreadableFileError where a file cannot be read, InputError where one is empty that may not be, or a line
    is too long.
    """
    for source in sources:
        yield from _chunks_of(source, problems, size or SIZE, schema)


def _chunks_of(source: Source, problems: list[Problem], size: int, schema: pa.Schema) -> Iterator[Chunk]:
    numbers = None
    if source.numbers:
        with open_file(source.numbers) as file:
            numbers = np.load(file).tolist()
    line = 1
    try:
        for data in read_blocks(source.path, size, source.may_be_empty):
            mine = None if numbers is None else numbers[line - 1 :]
            chunk = Chunk(source.name, line, data, mine, schema)
            problems += chunk.check()
            line += len(chunk.ids) if chunk.arrow is not None else data.count(b"\n")
            yield chunk
    except InputError as e:
        raise type(e)([replace(problem, file=source.name) for problem in e.problems]) from None
