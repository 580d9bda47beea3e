"""Chunks: some megabytes of lines of a JSON Lines file, with the doc_id of each line.

Second step of a score of files. All lines are decoded into records (:mod:`vostochny.formats.decoder`), of which only
the columns of their items are kept (:mod:`vostochny.scoring.line_items`). A line that is not regular is read by the
checked parser, which reports what is wrong with it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import msgspec
import numpy as np

from vostochny.errors import InputError, Problem, Problems
from vostochny.formats.decoder import RowDecoder
from vostochny.formats.files import is_packed, open_file, stored_size
from vostochny.formats.jsonl import parse_row, read_blocks
from vostochny.formats.keys import KeyNames
from vostochny.formats.prediction import describe_unprintable
from vostochny.scoring.line_items import LineItems, LineItemsBuilder

CHUNK_BYTES = 1 << 22  # bytes read at once: a few hundred to a few thousand documents
ASSUMED_GZIP_RATIO = 6  # unpacked size over packed size; annotated text packs by 5 to 8
DECODED_BYTES = 1 << 16  # bytes decoded at once: few enough for the processor's cache, which halves the time


class SideReader:
    """How the files of one side are read: which items are wanted, and the names that keys have in all of its chunks.

    Args:
        is_gold: whether the side is the gold.
        layers: the layers whose items are wanted.
        unknown: what happens to unknown types; with "wrong", answers of language models are opened.
    """

    def __init__(self, is_gold: bool = False, layers: Sequence[str] = (), unknown: str = "error") -> None:
        self.is_gold, self.layers = is_gold, layers
        self.decoder = RowDecoder()
        self.names = KeyNames(opens_answers=not is_gold and unknown == "wrong")

    @property
    def renamed(self) -> dict[str, str]:
        """The other names of keys that were met, each with the key that it stands for."""
        return self.decoder.renamed | self.names.renamed


@dataclass(eq=False)
class Chunk:
    """Some lines of one file, decoded.

    Attributes:
        path: The file, as problems name it.
        first: Line number of the chunk's first line.
        data: The bytes of the lines.
        side: How lines of this side are read.
        moved: Line number of each line, where the lines come from scattered places of a file; None where they follow
            each other from ``first`` on.
        ids: The doc_id of each line that is not blank; None for a line with a problem.
        numbers: The line number of each entry of ``ids``.
        irregular: The indices of lines that only the checked reader can read.
        items: The items of all other lines, as far as they are regular.
        problems: The problems of lines without an id.
    """

    path: str
    first: int
    data: bytes
    side: SideReader
    moved: Sequence[int] | None = None

    def __post_init__(self) -> None:
        all_lines = self.data.split(b"\n")
        at_line = [i for i, raw in enumerate(all_lines) if raw and not raw.isspace()]
        lines = [all_lines[i] for i in at_line]
        numbers = self.moved or range(self.first, self.first + len(all_lines))
        self.numbers: Sequence[int] = [numbers[i] for i in at_line]
        self.ids: list[str | None] = []
        self.irregular: set[int] = set()
        self.problems: Problems[Problem] = Problems()
        builder = LineItemsBuilder(self.side.is_gold, self.side.layers)
        step = max(1, len(lines) * DECODED_BYTES // (len(self.data) + 1))
        for begin in range(0, len(lines), step):
            records = self.side.decoder.decode(lines[begin : begin + step])
            for at, record in enumerate(records, begin):
                if record is not None and record.doc_id and record.doc_id.isprintable():
                    self.ids.append(record.doc_id)
                else:
                    self.ids.append(self._check_id(self.numbers[at], lines[at]))
                    self.irregular.add(at)
            builder.add(records, self.side.decoder.is_plain)
        self.items: LineItems = builder.build()

    @cached_property
    def lines(self) -> list[bytes]:
        """The bytes of each entry of ``ids``."""
        return [raw for raw in self.data.split(b"\n") if raw and not raw.isspace()]

    def _check_id(self, number: int, line: bytes) -> str | None:
        """Read the doc_id of a line with the checked parser; None, with a problem, for a line without one."""
        row, problems = parse_row(self.path, number, line)
        if row is None:
            self.problems += problems
            return None
        doc_id = self.side.names.resolve(row).get("doc_id")
        if not (isinstance(doc_id, str) and doc_id):
            message = "is missing; expected the document's id"
            message += ", in every line or in none" if self.side.is_gold else ""
            self.problems.append(Problem(self.path, number, "doc_id", message))
            return None
        if not doc_id.isprintable():
            message = f"{describe_unprintable(doc_id)}; expected a printable id"
            self.problems.append(Problem(self.path, number, "doc_id", message))
            return None
        self.problems += (Problem(self.path, number, *problem) for problem in self.side.names.problems)
        return doc_id

    def row(self, at: int) -> tuple[int, dict[str, Any]]:
        """Return line number and parsed content of an entry of ``ids`` that is not None."""
        row: dict[str, Any] | None
        if at not in self.irregular:
            row = msgspec.json.decode(self.lines[at])
        else:
            row, _ = parse_row(self.path, self.numbers[at], self.lines[at])
        row = row or {}
        if at in self.irregular or self.side.decoder.renamed:
            row = self.side.names.resolve(row)
        return self.numbers[at], row


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

    def estimate_size(self) -> int:
        """Return about how many bytes the file has unpacked; 0 where that cannot be known."""
        return (stored_size(self.path) or 0) * (ASSUMED_GZIP_RATIO if is_packed(self.path) else 1)

    @classmethod
    def from_paths(cls, paths: Sequence[str], names: Sequence[str] = ()) -> list[Source]:
        """Return the sources of one side's files; ``names`` are those that the user knows them by, if they differ."""
        return [cls(path, str(name), "", len(paths) > 1) for path, name in zip(paths, names or paths, strict=True)]


def read_chunks(
    sources: Sequence[Source], problems: list[Problem], side: SideReader | None = None, size: int = 0
) -> Iterator[Chunk]:
    """Yield the chunks of files, one file after the other.

    Args:
        sources: The files.
        problems: A list to which the problems of lines are added.
        side: How the lines are read; without it no items are.
        size: Bytes per chunk, about; 0 for CHUNK_BYTES.

    Raises UnreadableFileError where a file cannot be read, InputError where one is empty that may not be, or a line
    is too long.
    """
    side = side or SideReader()
    for source in sources:
        yield from _read_source(source, problems, side, size or CHUNK_BYTES)


def _read_source(source: Source, problems: list[Problem], side: SideReader, size: int) -> Iterator[Chunk]:
    numbers = None
    if source.numbers:
        with open_file(source.numbers) as file:
            numbers = np.load(io.BytesIO(file.read())).tolist()  # which seeks, and a remote file cannot
    line = 1
    try:
        for data in read_blocks(source.path, size, source.may_be_empty):
            moved = None if numbers is None else numbers[line - 1 :]
            chunk = Chunk(source.name, line, data, side, moved)
            problems += chunk.problems
            line += data.count(b"\n")
            yield chunk
    except InputError as e:
        # Name the user's file, not the copy that was read.
        problems_here = Problems(replace(problem, file=source.name) for problem in e.problems)
        problems_here.more = e.more
        raise type(e)(problems_here) from None
