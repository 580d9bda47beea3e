"""Parts: files of gold and predictions that are joined and counted by themselves, on any worker.

Fourth step of a score of files. :func:`count_part` makes the total of a part (:mod:`vostochny.scoring.totals`).
"""

from __future__ import annotations

import contextlib
import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xxhash

from vostochny.errors import InputError, UnreadableFileError
from vostochny.formats import jsonl, limits
from vostochny.formats.label_types import LabelNames
from vostochny.metrics.catalogue import MetricInput
from vostochny.metrics.matching import Ints
from vostochny.ontology import Ontology
from vostochny.scoring.batches import Batch, GoldTypesNeeded
from vostochny.scoring.chunks import Chunk, Source, read_chunks
from vostochny.scoring.joining import MAX_WAITING_BYTES, Join, OrdersDiffer
from vostochny.scoring.options import Options
from vostochny.scoring.result import MAX_LISTED
from vostochny.scoring.totals import Total
from vostochny.system import progress


@dataclass(frozen=True)
class Part:
    """Files of gold and of the predictions of each system that are scored together, independently of all other parts.

    No document may have its gold in one part and a prediction in another.
    """

    gold: tuple[Source, ...]
    systems: tuple[tuple[Source, ...], ...]

    def estimate_size(self) -> int:
        """Return about how many bytes all files have unpacked."""
        return sum(source.estimate_size() for sources in (self.gold, *self.systems) for source in sources)


@dataclass(frozen=True)
class PartSettings:
    """The settings with which every part of a score is counted.

    Attributes:
        ontology: The ontology as it is published.
        options: What to compute.
        own_types: The ontology with the types of the whole gold, once they are collected.
        in_buckets: Whether the parts are buckets, small enough that documents may be in any order.
    """

    ontology: Ontology
    options: Options
    own_types: Ontology | None = None
    in_buckets: bool = False


def count_part(part: Part, settings: PartSettings) -> Total:
    """Return the total of a part's documents; their problems are in the total.

    A part with a file that cannot be read is left out whole: one side of it cannot be scored without the others.
    """
    size = sum(source.estimate_size() for source in part.gold) if progress.is_shown() else 0
    with progress.step("scoring", size=size) as advance:
        try:
            return _count_part(part, settings, advance)
        except MemoryError:
            pass  # and let go of what fills the memory
    first = (*part.gold[:1], *(source for sources in part.systems for source in sources[:1]))
    raise limits.make_memory_error(" ".join(source.name for source in first))


def _count_part(part: Part, settings: PartSettings, advance: Callable[[int, int], object]) -> Total:
    """Return the total of a part; ``advance`` is called with documents that were counted and bytes that were read."""
    total, nothing = (Total.of_systems(len(part.systems), settings.options) for _ in range(2))

    def add_chunk(chunk: Chunk) -> None:
        # A sum of hashes, which does not depend on the order of the lines.
        total.content_hash = (total.content_hash + jsonl.sum_line_hashes(chunk.data)) % (1 << 128)
        advance(0, len(chunk.data))

    max_waiting_bytes = None if settings.in_buckets else MAX_WAITING_BYTES
    join = Join(
        part.gold, part.systems, settings.ontology, settings.options, settings.own_types, add_chunk, max_waiting_bytes
    )
    try:
        for batches in join:
            _add_batches(total, batches, settings.options)
            advance(len(batches[0].gold.lines), 0)
    except GoldTypesNeeded:
        return replace(nothing, gold_types_needed=True)
    except OrdersDiffer:
        return replace(nothing, orders_differ=True)
    except UnreadableFileError as e:
        return replace(nothing, left_out=e.problems)
    except InputError as e:
        total.add_problems(e.problems)
    total.add_problems(join.problems)
    total.renamed = join.sides[0].renamed
    for system, side, unmatched in zip(total.systems, join.sides[1:], join.unmatched, strict=True):
        system.renamed = side.renamed
        system.unmatched = dict(heapq.nsmallest(MAX_LISTED, unmatched.items()))
        system.unmatched_keys = [hash_doc_ids(unmatched)]
    return total


def _add_batches(total: Total, batches: Sequence[Batch], options: Options) -> None:
    """Add the counts, or the problems, of each system's batch, all of the same documents. Raises GoldTypesNeeded."""
    gold, counts = batches[0].gold, []
    # Before anything can raise: predictions elsewhere for a document with a problem are not unmatched.
    total.gold_keys.append(hash_doc_ids(gold.ids))
    for system, batch in zip(total.systems, batches, strict=True):
        try:
            tables = batch.make_tables()
        except InputError as e:
            total.add_problems(e.problems)  # and go on, to report the problems of the other batches too
            continue
        system.repaired += sum(gold.repaired.values())
        gold.repaired.clear()
        absent = [i for i in gold.ids if i not in batch.predicted]
        counts.append(system.add(MetricInput(tables), options.choose_layers(()), options.metrics, absent))
        system.add_placement(batch.placement)
        if not (options.layers or options.metrics):
            system.emitted |= batch.layers
    total.add_problems(gold.problems)
    if len(counts) == len(batches):
        total.add(gold.ids, sum(len(layout.paragraphs) for layout in gold.layouts), counts)


def collect_names(source: Source) -> LabelNames:
    """Return the types, roles and values that a gold file uses, as far as it can be read."""
    names = LabelNames()
    with contextlib.suppress(InputError):  # counting will report what is wrong
        for chunk in read_chunks([source], []):
            names.add(row for _, row in (chunk.row(at) for at, doc_id in enumerate(chunk.ids) if doc_id is not None))
    return names


def hash_doc_ids(ids: Iterable[str]) -> Ints:
    """Return the 64-bit key of each doc_id. Among 10⁹ documents, two share a key with a probability of .03."""
    return np.array([xxhash.xxh3_64_intdigest(i.encode("utf-8", "surrogatepass")) for i in ids], dtype=np.uint64)
