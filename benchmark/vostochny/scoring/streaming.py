"""A score of files too large to hold: counted part by part, by one process or many, and added up.

Memory, measured in docs/scale.md: a process holds under half a gigabyte for files of one order, most of it the
parser's; up to three times joining.WAITING more where orders differ, or three times a bucket (:mod:`buckets`); and some
130 bytes for each doc_id of the files it counts. What is added up takes 32 bytes a block, stratum and metric, and 8 a
document (its key).
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vostochny.errors import InputError, Problem
from vostochny.formats import files, jsonl, registry, shards
from vostochny.formats.label_types import extend_ontology
from vostochny.metrics.catalogue import FROM_COLUMNS
from vostochny.metrics.pairs import Pair
from vostochny.ontology import Ontology
from vostochny.scoring.executors import Dask, Engine, Processes, Serial, cores
from vostochny.scoring.options import DEFAULT_RUN, DEFAULTS, Options, Run
from vostochny.scoring.result import Result

if TYPE_CHECKING:
    from vostochny.scoring.chunks import Source
    from vostochny.scoring.totals import Part

HELD = 8 << 20  # bytes of a gold, unpacked, up to which it is held whole: with it come mistakes and what only they tell
PAYS = HELD  # bytes of files from which on more processes than one are started by themselves
PAYS_FAST = 128 << 20  # the same where columns are enough: there starting them takes as long as it saves
UNPACKED = 6  # times the size of a packed file: text of this kind, annotated, packs by 5 to 8


def score_files(
    gold: str | Sequence[str],
    predicted: str | Sequence[str],
    ontology: Ontology,
    options: Options = DEFAULTS,
    run: Run = DEFAULT_RUN,
) -> Result:
    """Score JSON Lines against JSON Lines, any number of files of each (addresses as :mod:`formats.shards` has them).

    Documents are joined by doc_id however they are spread. Beyond BLOCKS documents the rows of counts are those of
    BLOCKS blocks of documents, each in the block that its doc_id names, so that what is kept does not grow; intervals
    then resample and leave out blocks. Types are those of the ontology and of the gold. Raises InputError with the
    problems of all files.
    """
    # Imported here: it brings Arrow, which a score of the five articles does without.
    from vostochny.scoring.totals import BLOCKS, Job, Part, names_of, total

    with contextlib.ExitStack() as stack:
        sides = [_sources(side, run, stack) for side in (gold, predicted)]
        size = sum(_size(source.path) for side in sides for source in side)
        together = [Part(tuple(sides[0]), tuple(sides[1]))]
        abreast = len(sides[0]) == len(sides[1])
        parts = [Part((g,), (p,)) for g, p in zip(*sides, strict=True)] if abreast else together
        engine = stack.enter_context(_engine(run, len(parts), size, options))
        if engine.workers == 1 and run.on_error == "fail":
            parts = together
        job = Job(ontology, options, _documents([s.path for s in sides[0]], BLOCKS) > BLOCKS)
        if not abreast and engine.workers > 1 and not (run.scheduler and not run.scratch):
            # One part would be one worker's work.
            parts = _dealt_out(engine, sides, stack.enter_context(_scratch(run)), size)
            job = replace(job, dealt=True)
        while True:
            whole = engine.sum(functools.partial(total, job=job), parts)
            if whole.left_out and run.on_error == "fail":
                raise InputError([*whole.left_out, *whole.all_faults()])
            if whole.types_needed:
                names = engine.map(names_of, [source for part in parts for source in part.gold])
                job = replace(job, own_types=extend_ontology(ontology, names))
            elif whole.unsettled and not job.dealt:
                if whole.left_out:
                    raise InputError([*whole.left_out, *(_not_alone(f) for f in whole.left_out)])
                folder = stack.enter_context(_scratch(run))
                parts = _dealt_out(engine, sides, folder, size)
                job = replace(job, dealt=True)
            else:
                break
        problems = whole.all_faults()
        if not whole.size:
            problems = [*whole.left_out, *problems] or [Problem(" ".join(_listed(gold)), None, None, "has no document")]
        if problems:
            raise InputError(problems)
        return whole.result(job)


def _sources(addresses: str | Sequence[str], run: Run, stack: contextlib.ExitStack) -> list[Source]:
    """The files of a side, as those who count can open them."""
    from vostochny.scoring.chunks import Source

    out = []
    for source in Source.plain(shards.find_files(_listed(addresses))):
        if source.path == "-" and run.scheduler:
            message = "standard input is not there for the workers of a cluster; give a file that they can read"
            raise InputError([Problem("-", None, None, message)])
        if source.path == "-":
            source = stack.enter_context(_stdin())
        elif run.engine == "dask" and not shards.is_remote(source.path):
            source = replace(source, path=os.path.abspath(source.path))  # a worker may run in another folder
        out.append(source)
    return out


def is_streamed(
    gold: str | Sequence[str],
    predicted: str | Sequence[str],
    gold_format: str | None = None,
    format: str | None = None,
    on_error: str = "fail",
) -> bool:
    """Whether these are JSON Lines for score_files.

    So they are where the gold has more than HELD bytes or is standard input, and where files that cannot be read are
    to be left out (``on_error``, see Run): who holds all documents has to read all files.
    """
    for name, addresses in ((gold_format, gold), (format, predicted)):
        if (name or registry.detect(registry.resolve_paths(addresses)[0])) != "jsonl":
            return False
    if on_error == "skip":
        return True
    left = HELD
    for path in shards.find_files(_listed(gold)):
        if path == "-":
            return True
        # What cannot be read is small: the reader of small files will say so.
        with contextlib.suppress(InputError):
            for data in jsonl.read_blocks(path, 1 << 20, may_be_empty=True):
                left -= len(data)
                if left < 0:
                    return True
    return False


def first_pairs(
    gold: str | Sequence[str], predicted: str | Sequence[str], ontology: Ontology, options: Options, most: int
) -> list[Pair]:
    """The first documents of a gold with the predictions for them, as :func:`score_files` compared them."""
    from vostochny.scoring.chunks import Source
    from vostochny.scoring.joining import Join, Misordered
    from vostochny.scoring.totals import names_of

    truth, guess = (Source.plain(shards.find_files(_listed(side))) for side in (gold, predicted))
    types = extend_ontology(ontology, (names_of(source) for source in truth[:1]))
    out: list[Pair] = []
    with contextlib.suppress(Misordered):  # then fewer are shown
        for batch in Join(truth, guess, ontology, options, types, size=1 << 18):
            out += batch.pairs
            if len(out) >= most:
                break
    return out[:most]


def _engine(run: Run, parts: int, size: int, options: Options) -> Engine:
    if run.engine == "dask":
        return Dask(run.scheduler, run.workers)
    in_columns = options.metrics and not (options.view or options.zones or options.offsets)
    fast = in_columns and set(options.metrics) <= FROM_COLUMNS
    workers = run.workers or (cores() if size >= (PAYS_FAST if fast else PAYS) else 1)
    return Processes(min(workers, parts)) if min(workers, parts) > 1 else Serial()


def _documents(paths: Sequence[str], most: int) -> int:
    """How many lines files hold, as far as it takes to see that they are more than ``most``; unreadable ones none."""
    count = 0
    for path in paths:
        with contextlib.suppress(InputError):
            for data in jsonl.read_blocks(path, 1 << 18, may_be_empty=True):
                count += sum(not line.isspace() for line in data.split(b"\n") if line)
                if count > most:
                    return count
    return count


def _dealt_out(engine: Engine, sides: Sequence[Sequence[Source]], folder: str, size: int) -> list[Part]:
    """The files of both sides as buckets in a folder. Raises InputError with what is wrong with them."""
    from vostochny.scoring import buckets

    number = buckets.count_for(size)
    named = zip(("gold", "predicted"), sides, strict=True)
    deals = [buckets.Deal(s, side, i, number, folder) for side, files in named for i, s in enumerate(files)]
    dealt = engine.map(buckets.deal, deals)
    problems = [problem for one in dealt for problem in one.problems]
    if problems:
        raise InputError(problems)
    return buckets.parts(dealt)


def _not_alone(problem: Problem) -> Problem:
    message = "cannot be left out: gold and predictions are split differently, so its documents are not known"
    return replace(problem, message=message)


def _listed(addresses: str | Sequence[str]) -> Sequence[str]:
    return [addresses] if isinstance(addresses, str) else addresses


def _size(path: str) -> int:
    """The bytes of a file, about what they are unpacked; 0 where they cannot be known."""
    try:
        if shards.is_remote(path):
            files, inside = shards.open_filesystem(path)
            size = int(files.size(inside) or 0)
        else:
            size = os.path.getsize(path)
    except Exception:  # each filesystem fails in its own ways, and who reads will say how
        return 0
    return size * UNPACKED if path.endswith(".gz") else size


@contextlib.contextmanager
def _scratch(run: Run) -> Iterator[str]:
    """A folder for buckets, emptied afterwards."""
    if run.scheduler and not run.scratch:
        message = "gold and predictions are split differently; name a folder that all workers can write"
        raise InputError([Problem("--scratch", None, None, message)])
    if run.scratch and shards.is_remote(run.scratch):
        files, inside = shards.open_filesystem(run.scratch)
        mine = f"{inside.rstrip('/')}/vostochny-{uuid.uuid4().hex}"
        files.makedirs(mine)
        try:
            yield files.unstrip_protocol(mine)
        finally:
            files.rm(mine, recursive=True)
        return
    with tempfile.TemporaryDirectory(prefix="vostochny-", dir=run.scratch) as folder:
        yield folder


@contextlib.contextmanager
def _stdin() -> Iterator[Source]:
    """Standard input as a file, since what comes once may have to be read twice."""
    from vostochny.scoring.chunks import Source

    with tempfile.TemporaryDirectory(prefix="vostochny-") as folder:
        copy = Path(folder) / "stdin"
        with open(copy, "wb") as out, files.open_file("-") as given:
            shutil.copyfileobj(given, out, 1 << 20)
        yield Source(str(copy), "-")
