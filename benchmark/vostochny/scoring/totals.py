"""Totals: the counts of documents added up, over any parts, in any order and on any worker.

Fourth and fifth step of a score of files. :func:`count_part` makes the :class:`Total` of a part; totals are pickled
between processes and added up; :meth:`Total.result` turns their sum into a result. The result depends on the set of
documents alone, to the last bit: not on how they are spread over files, on their order, or on which worker counted
which.
"""

from __future__ import annotations

import contextlib
import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import xxhash

from vostochny.errors import InputError, Names, Problem, Problems, UnreadableFileError, count_more, suggest_name
from vostochny.formats import jsonl, limits
from vostochny.formats.keys import describe_renamed
from vostochny.formats.label_types import LabelNames
from vostochny.metrics import catalogue
from vostochny.metrics.coreference import Overlaps
from vostochny.metrics.counts import BlockCounts, Counts, concatenate
from vostochny.metrics.matching import Ints
from vostochny.model import Placement
from vostochny.ontology import Ontology
from vostochny.scoring.batches import Batch, GoldTypesNeeded
from vostochny.scoring.chunks import Chunk, Source, read_chunks
from vostochny.scoring.joining import MAX_WAITING_BYTES, Join, OrdersDiffer
from vostochny.scoring.options import Options
from vostochny.scoring.result import MAX_LISTED, Result
from vostochny.stats.measures import coreference_measures, plain_measures
from vostochny.system import progress

MAX_BLOCKS = 1000  # of more documents than this, counts are kept per block of documents: so many blocks
MAX_HINTS = 10  # unknown documents that are reported with the nearest known name; finding it takes time
MAX_OVERLAPS = 2_000_000  # sums of one kind that identity across documents may need: about half a gigabyte


@dataclass(frozen=True)
class Part:
    """Files of gold and of predictions that are scored together, independently of all other parts.

    No document may have its gold in one part and its prediction in another.
    """

    gold: tuple[Source, ...]
    predicted: tuple[Source, ...]


@dataclass(frozen=True)
class PartSettings:
    """The settings with which every part of a score is counted.

    Attributes:
        ontology: The ontology as it is published.
        options: What to compute.
        by_block: Whether counts are kept per block of documents (MAX_BLOCKS of them) and not per document.
        own_types: The ontology with the types of the whole gold, once they are collected.
        in_buckets: Whether the parts are buckets, small enough that documents may be in any order.
    """

    ontology: Ontology
    options: Options
    by_block: bool
    own_types: Ontology | None = None
    in_buckets: bool = False


@dataclass
class Total:
    """The sum of the counts of some documents.

    A *key* is the 64-bit hash of a doc_id (:func:`hash_doc_ids`); keys are kept of every document, names of few.

    Attributes:
        size: Number of gold documents.
        ids: Their names, in the order in which they were added; empty if counts are kept by block.
        rows: The counts of each metric, in the order of ``ids``; empty if counts are kept by block.
        blocks: The counts of each metric by block of documents, if they are kept so.
        block_sizes: Number of documents in each block, shape (MAX_BLOCKS,).
        metric_documents: Number of documents that each metric was computed over; a metric may need what not every
            document has.
        gold_keys: Keys of all gold documents.
        unmatched: File and line of predictions whose document no part has had so far: the first MAX_LISTED by doc_id.
        unmatched_keys: Keys of the documents of all unmatched predictions.
        content_hash: Sum of the hashes of the gold's lines, modulo 2¹²⁸.
        unpredicted: Number of gold documents without a prediction.
        without_prediction: LabelNames of the first MAX_LISTED of them.
        emitted: The layers that any prediction carries.
        resolved: By layer, whether any item states its cluster: in the gold, in the predictions.
        overlaps: By layer, the sums for identity across documents; None once they are more than MAX_OVERLAPS.
        placement: What became of predicted words without offsets.
        problems: The first MAX_LISTED problems, by file and line.
        problem_count: Number of all problems, those left out of ``problems`` included.
        renamed: By side (gold, predictions), the other names of keys that were met, each with its key.
        left_out: Problems of files that could not be read, whose part is in no number.
        gold_types_needed: A batch raised GoldTypesNeeded; nothing was added up.
        orders_differ: A part raised OrdersDiffer; nothing was added up.
    """

    size: int = 0
    ids: list[str] = field(default_factory=list)
    rows: dict[str, list[Counts]] = field(default_factory=dict)
    blocks: dict[str, BlockCounts] = field(default_factory=dict)
    block_sizes: Ints = field(default_factory=lambda: np.zeros(MAX_BLOCKS, dtype=np.int64))
    metric_documents: dict[str, int] = field(default_factory=dict)
    gold_keys: list[Ints] = field(default_factory=list)
    unmatched: dict[str, tuple[str, int]] = field(default_factory=dict)
    unmatched_keys: list[Ints] = field(default_factory=list)
    content_hash: int = 0
    unpredicted: int = 0
    without_prediction: list[str] = field(default_factory=list)
    emitted: frozenset[str] = frozenset()
    resolved: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    overlaps: dict[str, Overlaps | None] = field(default_factory=dict)
    placement: Placement = field(default_factory=Placement)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    renamed: tuple[dict[str, str], dict[str, str]] = field(default_factory=lambda: ({}, {}))
    left_out: list[Problem] = field(default_factory=list)
    gold_types_needed: bool = False
    orders_differ: bool = False

    # -- adding a batch --------------------------------------------------------------------------------------------

    def add_batch(self, batch: Batch, settings: PartSettings) -> None:
        """Add the counts of a batch. Raises InputError with its problems, or GoldTypesNeeded."""
        ids, keys = batch.ids, hash_doc_ids(batch.ids)
        absent = [i for i in ids if i not in batch.predicted]
        # Before anything can raise: predictions elsewhere for a document with a problem are not unmatched.
        self.gold_keys.append(keys)
        layers = settings.options.choose_layers(())
        items = catalogue.MetricInput(batch.make_tables())
        counts_by_name = catalogue.compute_counts(items, layers, settings.options.metrics)
        if not settings.options.metrics:
            for layer in layers:
                before, here = self.resolved.get(layer, (False, False)), catalogue.has_clusters(items.tables, layer)
                self.resolved[layer] = before[0] or here[0], before[1] or here[1]
                counts_by_name |= catalogue.compute_coreference_within(items, layer)
                self._add_overlaps(layer, Overlaps.of_mentions(items.mentions[layer]))
        block = (keys % np.uint64(MAX_BLOCKS)).astype(np.int64)
        for name, counts in counts_by_name.items():
            self.metric_documents[name] = self.metric_documents.get(name, 0) + len(ids)
            if settings.by_block:
                self._block_counts(counts.metric, counts.facets).add(counts, block[counts.documents])
            else:
                self.rows.setdefault(name, []).append(counts)
        if not settings.by_block:
            self.ids += ids
        if not (settings.options.layers or settings.options.metrics):
            self.emitted |= batch.layers
        self.size += len(ids)
        self.block_sizes += np.bincount(block, minlength=MAX_BLOCKS)
        self.unpredicted += len(absent)
        self.without_prediction = _first_names(self.without_prediction, absent)
        self._add_placement(batch.placement)

    def add_gold_chunk(self, chunk: Chunk) -> None:
        """Add the lines of a chunk of the gold to the content hash, a sum that does not depend on their order."""
        self.content_hash = (self.content_hash + jsonl.sum_line_hashes(chunk.data)) % (1 << 128)

    def add_problems(self, problems: Sequence[Problem]) -> None:
        """Add problems; all of them are counted, the first MAX_LISTED are kept."""
        self.problem_count += len(problems) + count_more(problems)
        self.problems = sorted([*self.problems, *problems], key=lambda p: (p.file, p.line or 0))[:MAX_LISTED]

    def _block_counts(self, metric: str, facets: tuple[str, ...]) -> BlockCounts:
        return self.blocks.setdefault(metric, BlockCounts(metric, facets, MAX_BLOCKS))

    def _add_overlaps(self, layer: str, more: Overlaps | None) -> None:
        """Add the sums for identity across documents; give up on them for good once they are too many."""
        overlaps = self.overlaps.setdefault(layer, Overlaps())
        if overlaps is not None and more is not None:
            overlaps.update(more)
        if overlaps is None or more is None or len(overlaps) > MAX_OVERLAPS:
            self.overlaps[layer] = None

    def _add_placement(self, more: Placement) -> None:
        both = self.placement + more
        unplaced = tuple(sorted(both.unplaced))
        unlisted = both.unlisted + len(unplaced[MAX_LISTED:])
        self.placement = replace(both, unplaced=unplaced[:MAX_LISTED], unlisted=unlisted)

    # -- adding another total --------------------------------------------------------------------------------------

    def update(self, other: Total) -> None:
        """Add the total of other documents."""
        self.size += other.size
        self.ids += other.ids
        for name, rows in other.rows.items():
            self.rows.setdefault(name, []).extend(rows)
        for name, counts in other.blocks.items():
            self._block_counts(name, counts.facets).update(counts)
        self.block_sizes = self.block_sizes + other.block_sizes
        for name, documents in other.metric_documents.items():
            self.metric_documents[name] = self.metric_documents.get(name, 0) + documents
        self.gold_keys += other.gold_keys
        self.unmatched_keys += other.unmatched_keys
        self.unmatched = dict(heapq.nsmallest(MAX_LISTED, {**self.unmatched, **other.unmatched}.items()))
        self.content_hash = (self.content_hash + other.content_hash) % (1 << 128)
        self.unpredicted += other.unpredicted
        self.without_prediction = _first_names(self.without_prediction, other.without_prediction)
        self.emitted |= other.emitted
        for layer, (gold, predicted) in other.resolved.items():
            before = self.resolved.get(layer, (False, False))
            self.resolved[layer] = before[0] or gold, before[1] or predicted
        for layer, overlaps in other.overlaps.items():
            self._add_overlaps(layer, overlaps)
        self._add_placement(other.placement)
        # add_problems counts only those that the other kept by name, so set the count afterwards.
        problem_count = self.problem_count + other.problem_count
        self.add_problems(other.problems)
        self.problem_count = problem_count
        for renamed, more in zip(self.renamed, other.renamed, strict=True):
            renamed.update(more)
        self.left_out = sorted([*self.left_out, *other.left_out], key=lambda p: p.file)
        self.gold_types_needed |= other.gold_types_needed
        self.orders_differ |= other.orders_differ

    @property
    def needs_buckets(self) -> bool:
        """Whether partners must be brought together in buckets before the sum can be used.

        So it is where a prediction's document may be in another part, or where one document is in two parts. Two
        predictions of one document in two parts need no check of their own: at least one of them is unmatched. Keys are
        compared, so once in a great while two documents with one key cause buckets that are needless, but not wrong.
        """
        gold, unmatched = (
            np.concatenate([np.zeros(0, dtype=np.uint64), *keys]) for keys in (self.gold_keys, self.unmatched_keys)
        )
        duplicates = len(np.unique(gold)) < len(gold)
        return self.orders_differ or duplicates or bool(np.isin(unmatched, gold).any())

    def unknown_documents(self) -> list[Problem]:
        """Return a problem for each prediction whose document no gold has, as far as they are kept by name."""
        problems = []
        # The mistyped name probably means one of the documents without a prediction.
        candidates = Names(self.without_prediction or self.ids)
        for i, (doc_id, (path, line)) in enumerate(self.unmatched.items()):
            hint = suggest_name(doc_id, candidates) if i < MAX_HINTS else "the gold has no document of that name"
            problems.append(Problem(path, line, "doc_id", f"unknown document {doc_id!r}; {hint}"))
        return problems

    def all_problems(self) -> Problems[Problem]:
        """Return the problems of the files that could be read: the first ones, and how many more there are."""
        problems = Problems([*self.problems, *self.unknown_documents()])
        problems.more = max(0, self.problem_count + sum(map(len, self.unmatched_keys)) - len(problems))
        return problems

    # -- the result ------------------------------------------------------------------------------------------------

    def result(self, settings: PartSettings) -> Result:
        """Return the score of all documents that were added."""
        # Which layers any prediction carries is known only now; the others were counted as empty and are dropped here.
        layers = settings.options.choose_layers(self.emitted)
        # rank[i] is the place of the i-th added document among the sorted names: rows must not depend on the order in
        # which documents were added.
        rank = np.argsort(np.argsort(np.array(self.ids, dtype=object), kind="stable"))
        filled_blocks = np.flatnonzero(self.block_sizes)

        def counts_of(name: str) -> Counts:
            if settings.by_block:
                return self.blocks[name].counts(filled_blocks)
            return concatenate(self.rows[name]).reorder(rank)

        # A metric that some documents could not be scored by would be a score of other documents than its neighbours.
        everywhere = {name for name, documents in self.metric_documents.items() if documents == self.size}
        measures = plain_measures(
            {n: counts_of(n) for n in catalogue.METRICS if n in everywhere and n.partition(".")[0] in layers}
        )
        sides = zip(("gold", "predictions"), self.renamed, strict=True)
        notes = [f"{side}: {note}" for side, renamed in sides for note in describe_renamed(renamed)]
        for layer in layers:
            if not all(self.resolved.get(layer, (False, False))):
                continue  # without clusters on both sides there is no coreference to score
            prefixes = [
                f"coreference.{catalogue.KINDS[layer]}.{name}" for name, s in catalogue.SETTINGS.items() if not s.across
            ]
            names = [f"{prefix}.{metric}" for prefix in prefixes for metric in catalogue.CLUSTER_COUNTS]
            measures |= coreference_measures({name: counts_of(name) for name in names})
            overlaps = self.overlaps.get(layer)
            if overlaps is None:
                notes.append(
                    f"identity of {catalogue.KINDS[layer]} across documents is not scored: it needs all clusters, and "
                    f"all pairs of clusters that share a mention, in one place, and they are more than {MAX_OVERLAPS:,}"
                )
            else:
                measures |= coreference_measures(catalogue.compute_coreference_across(overlaps, layer))
        return Result(
            measures, tuple(sorted(self.ids)), self.size, tuple(self.without_prediction), self.unpredicted, layers,
            settings.options, jsonl.format_hash(self.content_hash), placement=self.placement,
            left_out=tuple(self.left_out), notes=tuple(notes), _own_types=settings.own_types,
        )  # fmt: skip


def count_part(part: Part, settings: PartSettings) -> Total:
    """Return the total of a part's documents; their problems are in the total.

    A part with a file that cannot be read is left out whole: one side of it cannot be scored without the other.
    """
    size = sum(source.estimate_size() for source in part.gold) if progress.is_shown() else 0
    with progress.step("scoring", size=size) as advance:
        try:
            return _count_part(part, settings, advance)
        except MemoryError:
            pass  # and let go of what fills the memory
    raise limits.make_memory_error(" ".join(source.name for source in (*part.gold[:1], *part.predicted[:1])))


def _count_part(part: Part, settings: PartSettings, advance: Callable[[int, int], object]) -> Total:
    """Return the total of a part; ``advance`` is called with documents that were counted and bytes that were read."""
    total = Total()

    def add_chunk(chunk: Chunk) -> None:
        total.add_gold_chunk(chunk)
        advance(0, len(chunk.data))

    max_waiting_bytes = None if settings.in_buckets else MAX_WAITING_BYTES
    join = Join(
        part.gold, part.predicted, settings.ontology, settings.options, settings.own_types, add_chunk,
        max_waiting_bytes,
    )  # fmt: skip
    try:
        for batch in join:
            try:
                total.add_batch(batch, settings)
            except InputError as e:
                total.add_problems(e.problems)  # and go on, to report the problems of the other batches too
            advance(len(batch.gold), 0)
    except GoldTypesNeeded:
        return Total(gold_types_needed=True)
    except OrdersDiffer:
        return Total(orders_differ=True)
    except UnreadableFileError as e:
        return Total(left_out=e.problems)
    except InputError as e:
        total.add_problems(e.problems)
    total.add_problems(join.problems)
    total.renamed = join.sides[0].renamed, join.sides[1].renamed
    total.unmatched = dict(heapq.nsmallest(MAX_LISTED, join.unmatched.items()))
    total.unmatched_keys = [hash_doc_ids(join.unmatched)]
    return total


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


def _first_names(names: list[str], more: list[str]) -> list[str]:
    """Return the first MAX_LISTED names of both lists, sorted."""
    return sorted([*names, *more])[:MAX_LISTED] if more else names
