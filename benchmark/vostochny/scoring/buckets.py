"""Rewrite gold and predictions that are split differently into buckets, each with all sides of the same documents.

This runs before scoring where gold and predictions are split into files differently. Documents are hash-partitioned by
doc_id, so each file can be rewritten by itself, on any worker, and each bucket is then a part like any other. This
reads and writes everything once more, in a scratch folder that takes as much space as all files unpacked. A bucket
bounds what one process keeps in memory (BUCKET_BYTES).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from vostochny.errors import InputError, Problem, Problems
from vostochny.formats import files, shards
from vostochny.scoring.chunks import Source, read_chunks
from vostochny.scoring.parts import Part, hash_doc_ids

BUCKET_BYTES = 64 << 20  # bytes that a bucket should have; parsed they take about three times that
MAX_BUCKETS = 512  # each is a file that stays open while a shard is rewritten


@dataclass(frozen=True)
class BucketTask:
    """One file to be split into buckets.

    Attributes:
        source: The file.
        side: 0 for the gold, else the number of the system.
        number: The file's index among the files of its side.
        buckets: Number of buckets.
        folder: The scratch folder for the buckets.
    """

    source: Source
    side: int
    number: int
    buckets: int
    folder: str


@dataclass(frozen=True)
class SplitFile:
    """A file that was split into buckets.

    Attributes:
        task: The file.
        filled: The buckets that have lines of the file.
        problems: The problems of the file and its lines.
    """

    task: BucketTask
    filled: tuple[int, ...]
    problems: Problems[Problem]


def choose_bucket_count(size: int) -> int:
    """Return the number of buckets for files of ``size`` bytes after unpacking."""
    return max(1, min(MAX_BUCKETS, -(-size // BUCKET_BYTES)))


def split_file(task: BucketTask) -> SplitFile:
    """Write each line of a file to its bucket, and the lines' numbers beside it, so that problems can name them."""
    problems: Problems[Problem] = Problems()
    line_numbers: dict[int, list[int]] = {}
    opened: dict[int, IO[bytes]] = {}
    with ExitStack() as stack:
        try:
            for chunk in read_chunks([task.source], problems):
                lines = [(at, doc_id) for at, doc_id in enumerate(chunk.ids) if doc_id is not None]
                keys = hash_doc_ids(doc_id for _, doc_id in lines)
                bucket_numbers = keys % np.uint64(task.buckets)
                for (at, _), bucket in zip(lines, bucket_numbers.tolist(), strict=True):
                    if bucket not in opened:
                        opened[bucket] = stack.enter_context(_open_atomically(_path(task, bucket)))
                    opened[bucket].write(chunk.lines[at] + b"\n")
                    line_numbers.setdefault(bucket, []).append(chunk.numbers[at])
        except InputError as e:
            problems += e.problems
    for bucket, numbers in line_numbers.items():
        with _open_atomically(_path(task, bucket, "npy")) as file:
            np.save(file, np.array(numbers, dtype=np.int64))
    return SplitFile(task, tuple(sorted(line_numbers)), problems)


def collect_parts(split_files: Sequence[SplitFile], systems: int) -> list[Part]:
    """Return the buckets that have lines, each as a part with so many systems."""
    buckets: dict[int, list[list[Source]]] = {}
    for split in sorted(split_files, key=lambda s: (s.task.side, s.task.number)):
        for bucket in split.filled:
            lines, numbers = _path(split.task, bucket), _path(split.task, bucket, "npy")
            source = Source(lines, split.task.source.name, numbers, may_be_empty=True)
            buckets.setdefault(bucket, [[] for _ in range(1 + systems)])[split.task.side].append(source)
    return [Part(tuple(gold), tuple(map(tuple, others))) for _, (gold, *others) in sorted(buckets.items())]


def _path(task: BucketTask, bucket: int, ending: str = "jsonl") -> str:
    return f"{task.folder}/{task.side:02}-{task.number:06}-{bucket:04}.{ending}"


@contextmanager
def _open_atomically(path: str) -> Iterator[Any]:
    """Open a file for writing that appears under its name only once it is complete.

    A shard may be split twice, where the first worker died; neither must see the other's unfinished file. Raises
    InputError where it cannot be written.
    """
    try:
        if shards.is_remote(path):
            with files.create_remote_file(path) as remote:
                yield remote
            return
        unfinished = f"{path}.{os.getpid()}"
        with open(unfinished, "wb") as file:
            yield file
        os.replace(unfinished, path)
    except OSError as e:
        raise InputError([Problem(path, None, None, f"cannot be written: {e.strerror or e}")]) from None
