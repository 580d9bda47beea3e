"""Score files too large for memory: split them into parts, count each part in one process or many, add up the totals.

First step of a score of many files, and the loop around all others. Memory, as measured in docs/scale.md:

- a process takes some 150 MB for files in the same order;
- up to three times joining.MAX_WAITING_BYTES more where the orders differ, or three times a bucket (:mod:`buckets`);
- and some 130 bytes for each doc_id of the files it counts;
- a total takes 8 bytes per document (its key), and otherwise a size that does not grow with them.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vostochny.errors import InputError, Problem, Problems
from vostochny.formats import jsonl, shards
from vostochny.formats.input import Input, name_gold_lines
from vostochny.formats.label_types import extend_ontology
from vostochny.metrics.pairs import Pair
from vostochny.ontology import Ontology
from vostochny.scoring.executors import Dask, Engine, Processes, Serial, count_cores
from vostochny.scoring.options import DEFAULT_EXECUTION, DEFAULT_OPTIONS, Execution, Options
from vostochny.scoring.result import Result
from vostochny.system import progress, temporary

if TYPE_CHECKING:
    from vostochny.scoring.chunks import Source
    from vostochny.scoring.parts import Part
    from vostochny.scoring.totals import Total

# Bytes of all files from which on several processes are started by default: below, starting them takes as long as it
# saves. Entities alone are scored so fast that only larger files gain.
MIN_BYTES_FOR_PROCESSES = 8 << 20
MIN_BYTES_FOR_PROCESSES_OF_ENTITIES = 128 << 20


def score_files(
    gold: Input | str | Sequence[str],
    predicted: Input | str | Sequence[str],
    ontology: Ontology,
    options: Options = DEFAULT_OPTIONS,
    execution: Execution = DEFAULT_EXECUTION,
) -> Result:
    """Score JSON Lines files of predictions against those of a gold, any number of files of each.

    Documents are joined by doc_id, however they are spread over the files. Types of the ontology and of the gold are
    known.

    Args:
        gold: The gold, or its addresses as :mod:`formats.shards` reads them: files, folders, patterns, URLs, "-".
        predicted: The predictions, or their addresses.
        ontology: The ontology.
        options: What to compute.
        execution: Which processes compute it.

    Raises InputError with the problems of all files.
    """
    (result,) = score_systems(_as_input(gold), [_as_input(predicted)], ontology, options, execution)
    return result


def score_systems(
    gold: Input, systems: Sequence[Input], ontology: Ontology, options: Options, execution: Execution
) -> list[Result]:
    """Return the result of each system's files, all read in one pass; see :func:`score_files`."""
    # Imported here: a score of the five articles does without them.
    from vostochny.scoring.parts import Part, PartSettings, collect_names, count_part

    with contextlib.ExitStack() as stack:
        sides = [_list_sources(side, execution) for side in (gold, *systems)]
        size = sum(source.estimate_size() for side in sides for source in side)
        one_part = [Part(tuple(sides[0]), tuple(map(tuple, sides[1:])))]
        # Equally many files on all sides probably correspond. If they do not, needs_buckets will show it below.
        same_split = len(set(map(len, sides))) == 1
        parts = (
            [Part((g,), tuple((p,) for p in others)) for g, *others in zip(*sides, strict=True)]
            if same_split
            else one_part
        )
        engine = stack.enter_context(_choose_engine(execution, len(parts), size, options))
        if engine.workers == 1 and execution.on_error == "fail":
            parts = one_part  # a single process gains nothing by parts, and joins files of any split
        settings = PartSettings(ontology, options)
        if not same_split and engine.workers > 1 and not (execution.scheduler and not execution.scratch):
            # The only part would occupy one worker; buckets can be shared out.
            parts = _split_into_buckets(engine, sides, stack.enter_context(_scratch_folder(execution)), size)
            settings = replace(settings, in_buckets=True)
        while True:  # at most three times: once the types are collected and once the parts are buckets, it ends
            total = _count_parts(engine, functools.partial(count_part, settings=settings), parts, size)
            if total.left_out and execution.on_error == "fail":
                raise InputError(_join(total.left_out, total.all_problems()))
            if total.gold_types_needed:
                names = engine.map(collect_names, [source for part in parts for source in part.gold])
                settings = replace(settings, own_types=extend_ontology(ontology, names))
            elif total.needs_buckets and not settings.in_buckets:
                if total.left_out:
                    raise InputError([*total.left_out, *(_cannot_be_left_out(p) for p in total.left_out)])
                parts = _split_into_buckets(engine, sides, stack.enter_context(_scratch_folder(execution)), size)
                settings = replace(settings, in_buckets=True)
            else:
                break
        _raise_problems(total, gold.name)
        results = total.results(options, name_gold_lines(jsonl.format_hash(total.content_hash)))
        return [replace(result, _own_types=settings.own_types) for result in results]


def _count_parts(engine: Engine, count: Callable[[Part], Total], parts: Sequence[Part], size: int) -> Total:
    """Return the total of all parts; of several processes, show how many bytes of so many are done."""
    if engine.workers == 1:
        return engine.sum(count, parts)  # each part shows by itself how far it is
    with progress.step("scoring", size=size) as advance:
        return engine.sum(count, parts, lambda done: [advance(0, part.estimate_size()) for part in done])


def _raise_problems(total: Total, gold: str) -> None:
    """Raise InputError where a total has problems or no documents; ``gold`` is its name for messages."""
    problems = total.all_problems()
    if not total.size:
        no_document = Problem(gold, None, None, "has no document")
        problems = _join(total.left_out, problems) or Problems([no_document])
    if problems:
        raise InputError(problems)


def _join(*lists: Sequence[Problem]) -> Problems[Problem]:
    """Return all problems of several lists."""
    out: Problems[Problem] = Problems()
    for problems in lists:
        out += problems
    return out


def _as_input(side: Input | str | Sequence[str]) -> Input:
    return side if isinstance(side, Input) else Input(side, "jsonl")


def _list_sources(side: Input, execution: Execution) -> list[Source]:
    """Return the files of a side, by paths that every worker can open. Raises InputError where there are none."""
    from vostochny.scoring.chunks import Source

    if execution.scheduler and "-" in side.paths:
        message = "standard input is not there for the workers of a cluster; give a file that they can read"
        raise InputError([Problem("-", None, None, message)])
    # A pipe that has a name can be read by the worker that counts its part.
    paths = side.paths if execution.scheduler else side.rereadable_paths
    if execution.engine == "dask":  # a worker may run in another folder
        paths = tuple(path if shards.is_remote(path) else os.path.abspath(path) for path in paths)
    return Source.from_paths(paths, side.paths)


def read_first_pairs(result: Result, gold: Input, predicted: Input, ontology: Ontology, most: int) -> list[Pair]:
    """Return the first documents of a gold with their predictions, as :func:`score_files` compared them.

    For reading mistakes: the result of score_files keeps no documents.

    Args:
        result: The result of score_files for these inputs.
        gold: The gold.
        predicted: The predictions.
        ontology: The ontology.
        most: Number of documents at most; fewer where gold and predictions are in too different orders.
    """
    from vostochny.scoring.batches import GoldTypesNeeded
    from vostochny.scoring.joining import Join, OrdersDiffer
    from vostochny.scoring.parts import collect_names

    gold_sources, predicted_sources = (_list_sources(side, DEFAULT_EXECUTION) for side in (gold, predicted))
    own_types = result._own_types
    while True:  # at most twice
        out: list[Pair] = []
        try:
            join = Join(gold_sources, [predicted_sources], ontology, result.options, own_types, chunk_bytes=1 << 18)
            for (batch,) in join:
                out += batch.pairs
                if len(out) >= most:
                    break
        except GoldTypesNeeded:  # the metrics of the score did without them
            own_types = extend_ontology(ontology, map(collect_names, gold_sources))
            continue
        except OrdersDiffer:
            pass
        return out[:most]


def _choose_engine(execution: Execution, parts: int, size: int, options: Options) -> Engine:
    """Return the engine for so many parts, of so many bytes in all."""
    if execution.engine == "dask":
        return Dask(execution.scheduler, execution.workers)
    names_alone = options.read_layers == ("entities",) and not (options.offsets or options.gold_offsets)
    min_bytes = MIN_BYTES_FOR_PROCESSES_OF_ENTITIES if names_alone else MIN_BYTES_FOR_PROCESSES
    workers = execution.workers or (count_cores() if size >= min_bytes else 1)
    return Processes(min(workers, parts)) if min(workers, parts) > 1 else Serial()


def _split_into_buckets(engine: Engine, sides: Sequence[Sequence[Source]], folder: str, size: int) -> list[Part]:
    """Rewrite the files of all sides into buckets in a folder; return the parts. Raises InputError with problems."""
    from vostochny.scoring import buckets

    count = buckets.choose_bucket_count(size)
    tasks = [
        buckets.BucketTask(source, side, i, count, folder)
        for side, sources in enumerate(sides)
        for i, source in enumerate(sources)
    ]
    split_files = engine.map(buckets.split_file, tasks)
    problems = _join(*(split.problems for split in split_files))
    if problems:
        raise InputError(problems)
    return buckets.collect_parts(split_files, len(sides) - 1)


def _cannot_be_left_out(problem: Problem) -> Problem:
    """Return a second problem for an unreadable file: why --on-error skip cannot leave it out."""
    message = "cannot be left out: gold and predictions are split differently, so its documents are not known"
    return replace(problem, message=message)


@contextlib.contextmanager
def _scratch_folder(execution: Execution) -> Iterator[str]:
    """Provide a folder for buckets that all workers can write, and remove it afterwards."""
    if execution.scheduler and not execution.scratch:
        message = "gold and predictions are split differently; name a folder that all workers can write"
        raise InputError([Problem("--scratch", None, None, message)])
    if execution.scratch and shards.is_remote(execution.scratch):
        files, inside = shards.open_filesystem(execution.scratch)
        import uuid

        own_folder = f"{inside.rstrip('/')}/vostochny-{uuid.uuid4().hex}"
        try:
            shards.call_filesystem(execution.scratch, lambda: files.makedirs(own_folder))
        except OSError as e:
            message = f"cannot be written: {e.strerror or e}"
            raise InputError([Problem(execution.scratch, None, None, message)]) from None
        try:
            yield files.unstrip_protocol(own_folder)
        finally:
            with contextlib.suppress(OSError):
                shards.call_filesystem(execution.scratch, lambda: files.rm(own_folder, recursive=True))
        return
    with temporary.use_folder(execution.scratch) as folder:
        yield str(folder)
