"""Gold and predictions that were split differently, split anew: each document's lines of both sides in one bucket.

A document goes to the bucket that the key of its doc_id names, so every file can be dealt out by itself, wherever it
is read, and each bucket is then a part like any other. It costs one more reading and writing of everything, in a
scratch folder that holds as much as all files unpacked. A bucket is what one process holds at most (see SIZE).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from vostochny.errors import InputError, Problem
from vostochny.formats import shards
from vostochny.scoring.chunks import IDS, Source, chunks
from vostochny.scoring.totals import Part, keys_of

SIZE = 64 << 20  # bytes that a bucket should have; parsed they take about three times that
MOST = 512  # buckets, since each is a file that stays open while a shard is dealt out


@dataclass(frozen=True)
class Deal:
    """One file to be dealt out: the ``number``-th of a side, ``gold`` or ``predicted``."""

    source: Source
    side: str
    number: int
    buckets: int
    folder: str


@dataclass(frozen=True)
class Dealt:
    """What became of a file: which buckets it has lines in, and what was wrong with it."""

    deal: Deal
    filled: tuple[int, ...]
    problems: tuple[Problem, ...]


def count_for(size: int) -> int:
    """How many buckets files of so many bytes, unpacked, are dealt into."""
    return max(1, min(MOST, -(-size // SIZE)))


def deal(task: Deal) -> Dealt:
    """Write each line of a file to its bucket, and beside it the lines' numbers, so that problems can name them."""
    problems: list[Problem] = []
    numbers: dict[int, list[int]] = {}
    files: dict[int, IO[bytes]] = {}
    with ExitStack() as stack:
        try:
            for chunk in chunks([task.source], problems, schema=IDS):
                known = [(at, doc_id) for at, doc_id in enumerate(chunk.ids) if doc_id is not None]
                bucket = (keys_of(doc_id for _, doc_id in known) >> np.uint64(32)) % np.uint64(task.buckets)
                for (at, _), number in zip(known, bucket.tolist(), strict=True):
                    if number not in files:
                        files[number] = stack.enter_context(_written(_path(task, number)))
                    line, raw = chunk.lines[at]
                    files[number].write(raw + b"\n")
                    numbers.setdefault(number, []).append(line)
        except InputError as e:
            problems += e.problems
    for number, lines in numbers.items():
        with _written(_path(task, number, "npy")) as file:
            np.save(file, np.array(lines, dtype=np.int64))
    return Dealt(task, tuple(sorted(numbers)), tuple(problems))


def parts(dealt: Sequence[Dealt]) -> list[Part]:
    """The buckets that were filled, as parts."""
    sides: dict[int, dict[str, list[Source]]] = {}
    for one in sorted(dealt, key=lambda d: (d.deal.side, d.deal.number)):
        for number in one.filled:
            lines, where = _path(one.deal, number), _path(one.deal, number, "npy")
            source = Source(lines, one.deal.source.name, where, may_be_empty=True)
            sides.setdefault(number, {"gold": [], "predicted": []})[one.deal.side].append(source)
    return [Part(tuple(s["gold"]), tuple(s["predicted"])) for _, s in sorted(sides.items())]


def _path(task: Deal, bucket: int, ending: str = "jsonl") -> str:
    return f"{task.folder}/{task.side}-{task.number:06}-{bucket:04}.{ending}"


@contextmanager
def _written(path: str) -> Iterator[Any]:
    """A file that is there whole or not at all: a shard may be dealt out twice, where the first who did so died."""
    if shards.is_remote(path):
        files, inside = shards.open_filesystem(path)
        with files.open(inside, "wb") as file:
            yield file
        return
    unfinished = f"{path}.{os.getpid()}"
    with open(unfinished, "wb") as file:
        yield file
    os.replace(unfinished, path)
