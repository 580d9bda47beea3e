"""What some documents add up to: a sum whose terms may be counted anywhere, in any order and any parts.

A :class:`Total` is made of a part of the documents, pickled to wherever the others' are, and added to them. What comes
out depends on the set of documents alone, to the last bit: not on how they were spread over files, in which order they
stood, or who counted which.
"""

from __future__ import annotations

import contextlib
import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import xxhash

from vostochny.errors import InputError, Problem, UnreadableFileError
from vostochny.formats import jsonl
from vostochny.formats.label_types import LabelNames
from vostochny.formats.prediction import suggest_name
from vostochny.metrics import catalogue
from vostochny.metrics.coreference import METRICS as COREFERENCE
from vostochny.metrics.coreference import Overlaps
from vostochny.metrics.counts import BlockCounts, Counts, Ints, concatenate
from vostochny.model import Placement
from vostochny.ontology import Ontology
from vostochny.scoring.batches import Batch, TypesNeeded
from vostochny.scoring.chunks import Chunk, Source, chunks
from vostochny.scoring.joining import WAITING, Join, Misordered
from vostochny.scoring.options import Options
from vostochny.scoring.result import LISTED, Result
from vostochny.stats.measures import coreference_measures, plain_measures

BLOCKS = 1000  # of more documents than this the rows are those of so many blocks
HINTS = 10  # unknown documents that are told with the name they are like
MOST_OVERLAPS = 2_000_000  # sums of one kind that identity across documents may need: about half a gigabyte


@dataclass(frozen=True)
class Part:
    """Files of gold and of predictions that are counted together: no document of the one is in another part's other."""

    gold: tuple[Source, ...]
    predicted: tuple[Source, ...]


@dataclass(frozen=True)
class Job:
    """What is done with every part.

    ``by_block``: rows are those of BLOCKS blocks, not of documents. ``own_types``: the ontology with the types of the
    whole gold, once they are known. ``dealt``: the parts are buckets, small enough for any order in them.
    """

    ontology: Ontology
    options: Options
    by_block: bool
    own_types: Ontology | None = None
    dealt: bool = False


@dataclass
class Total:
    """The sum over some documents.

    ``blocks`` has the rows of each metric if they are by block, else ``rows``, its documents in the order of ``ids``;
    ``held`` is the number of documents in each block. ``gold_keys`` are the keys of all doc_ids of the gold, ``lone``
    the first LISTED predictions (by doc_id) whose document no part has had so far, with file and line, and
    ``lone_keys`` the keys of all of them. ``content`` is the sum of the gold lines' hashes, modulo 2¹²⁸.
    ``counted`` says of each metric how many documents it was counted over: some need what not every document has.
    ``left_out`` are files that could not be read, whose part is in no number. With ``types_needed`` or ``misordered``
    nothing was summed up (batches.TypesNeeded, joining.Misordered).
    """

    size: int = 0
    ids: list[str] = field(default_factory=list)
    rows: dict[str, list[Counts]] = field(default_factory=dict)
    blocks: dict[str, BlockCounts] = field(default_factory=dict)
    held: Ints = field(default_factory=lambda: np.zeros(BLOCKS, dtype=np.int64))
    counted: dict[str, int] = field(default_factory=dict)
    gold_keys: list[Ints] = field(default_factory=list)
    lone: dict[str, tuple[str, int]] = field(default_factory=dict)
    lone_keys: list[Ints] = field(default_factory=list)
    content: int = 0
    unpredicted: int = 0
    without: list[str] = field(default_factory=list)
    emitted: frozenset[str] = frozenset()
    resolved: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    overlaps: dict[str, Overlaps | None] = field(default_factory=dict)
    placement: Placement = field(default_factory=Placement)
    problems: list[Problem] = field(default_factory=list)
    fault_count: int = 0
    left_out: list[Problem] = field(default_factory=list)
    types_needed: bool = False
    misordered: bool = False

    # -- one batch more --------------------------------------------------------------------------------------------

    def count(self, batch: Batch, job: Job) -> None:
        """Add a batch of documents. Raises InputError with its problems, TypesNeeded as the batch does."""
        ids, keys = batch.ids, keys_of(batch.ids)
        absent = [i for i in ids if i not in batch.predicted]
        self.gold_keys.append(keys)
        found = catalogue.compute_counts(catalogue.MetricInput(batch), job.options.chosen(()), job.options.metrics)
        if not job.options.metrics:
            for layer in job.options.chosen(()):
                seen, here = self.resolved.get(layer, (False, False)), catalogue.has_clusters(batch.pairs, layer)
                self.resolved[layer] = seen[0] or here[0], seen[1] or here[1]
                found |= catalogue.compute_coreference_within(batch.pairs, layer)
                self._add_overlaps(layer, Overlaps.of_pairs(batch.pairs, catalogue.KINDS[layer]))
        block = (keys % np.uint64(BLOCKS)).astype(np.int64)
        for name, one in found.items():
            self.counted[name] = self.counted.get(name, 0) + len(ids)
            if job.by_block:
                self._block_counts(one.metric, one.facets).add(one, block[one.documents])
            else:
                self.rows.setdefault(name, []).append(one)
        if not job.by_block:
            self.ids += ids
        if not (job.options.layers or job.options.metrics):
            self.emitted |= batch.layers
        self.size += len(ids)
        self.held += np.bincount(block, minlength=BLOCKS)
        self.unpredicted += len(absent)
        self.without = _least(self.without, absent)
        self._add_placement(batch.placement)

    def saw(self, chunk: Chunk) -> None:
        """Add the content of a chunk of the gold to its hash."""
        self.content = (self.content + jsonl.sum_line_hashes(chunk.data)) % (1 << 128)

    def problem(self, problems: Sequence[Problem]) -> None:
        """Add problems; all of them are counted, and as many told as fit in LISTED."""
        self.fault_count += len(problems)
        self.problems = sorted([*self.problems, *problems], key=lambda f: (f.file, f.line or 0))[:LISTED]

    def _block_counts(self, metric: str, facets: tuple[str, ...]) -> BlockCounts:
        return self.blocks.setdefault(metric, BlockCounts(metric, facets, BLOCKS))

    def _add_overlaps(self, layer: str, more: Overlaps | None) -> None:
        """Add the sums for identity across documents, unless they have become too many."""
        mine = self.overlaps.setdefault(layer, Overlaps())
        if mine is not None and more is not None:
            mine.update(more)
        if mine is None or more is None or len(mine) > MOST_OVERLAPS:
            self.overlaps[layer] = None

    def _add_placement(self, more: Placement) -> None:
        both = self.placement + more
        told = tuple(sorted(both.unplaced))
        self.placement = replace(both, unplaced=told[:LISTED], unlisted=both.unlisted + len(told[LISTED:]))

    # -- the sum of two ------------------------------------------------------------------------------------------------

    def update(self, other: Total) -> None:
        """Add the total of other documents."""
        self.size += other.size
        self.ids += other.ids
        for name, rows in other.rows.items():
            self.rows.setdefault(name, []).extend(rows)
        for name, counts in other.blocks.items():
            self._block_counts(name, counts.facets).update(counts)
        self.held = self.held + other.held
        for name, documents in other.counted.items():
            self.counted[name] = self.counted.get(name, 0) + documents
        self.gold_keys += other.gold_keys
        self.lone_keys += other.lone_keys
        self.lone = dict(heapq.nsmallest(LISTED, {**self.lone, **other.lone}.items()))
        self.content = (self.content + other.content) % (1 << 128)
        self.unpredicted += other.unpredicted
        self.without = _least(self.without, other.without)
        self.emitted |= other.emitted
        for layer, (gold, predicted) in other.resolved.items():
            seen = self.resolved.get(layer, (False, False))
            self.resolved[layer] = seen[0] or gold, seen[1] or predicted
        for layer, overlaps in other.overlaps.items():
            self._add_overlaps(layer, overlaps)
        self._add_placement(other.placement)
        count = self.fault_count + other.fault_count
        self.problem(other.problems)
        self.fault_count = count
        self.left_out = sorted([*self.left_out, *other.left_out], key=lambda f: f.file)
        self.types_needed |= other.types_needed
        self.misordered |= other.misordered

    @property
    def unsettled(self) -> bool:
        """Whether documents of different parts have to be laid side by side before more can be said.

        So it is where a prediction's document may be in another part, or one document in two parts. Keys are compared,
        so that once in a great while two documents of one key bring this about; then it is needless, but not wrong.
        Predictions of one document in two parts need no look of their own: at least one of them is lone.
        """
        gold, lone = (
            np.concatenate([np.zeros(0, dtype=np.uint64), *keys]) for keys in (self.gold_keys, self.lone_keys)
        )
        twice = len(np.unique(gold)) < len(gold)
        return self.misordered or twice or bool(np.isin(lone, gold).any())

    def unknown_documents(self) -> list[Problem]:
        """A problem for each prediction whose document no gold has, those that are kept by name."""
        problems = []
        for i, (doc_id, (path, line)) in enumerate(self.lone.items()):
            # A mistyped name is most like one without a prediction; to look for it takes time, so a few times only.
            hint = (
                suggest_name(doc_id, self.without or self.ids) if i < HINTS else "the gold has no document of that name"
            )
            problems.append(Problem(path, line, "doc_id", f"unknown document {doc_id!r}; {hint}"))
        return problems

    def all_faults(self) -> list[Problem]:
        """What is wrong with the files that could be read, as much of it as is kept, and how much more there is."""
        problems = [*self.problems, *self.unknown_documents()]
        more = self.fault_count + sum(map(len, self.lone_keys)) - len(problems)
        return (
            [*problems, Problem(problems[-1].file, None, None, f"and {more} problems more")] if more > 0 else problems
        )

    # -- what it comes to ----------------------------------------------------------------------------------------------

    def result(self, job: Job) -> Result:
        """The score of all that was added."""
        # Which layers are predicted at all is known only now; the others were counted as empty and are left out.
        layers = job.options.chosen(self.emitted)
        rank = np.argsort(np.argsort(np.array(self.ids, dtype=object), kind="stable"))
        blocks = np.flatnonzero(self.held)

        def whole(name: str) -> Counts:
            return self.blocks[name].counts(blocks) if job.by_block else concatenate(self.rows[name]).reorder(rank)

        everywhere = [name for name, documents in self.counted.items() if documents == self.size]
        found = plain_measures(
            {n: whole(n) for n in catalogue.METRICS if n in everywhere and n.partition(".")[0] in layers}
        )
        notes: list[str] = []
        for layer in layers:
            if not all(self.resolved.get(layer, (False, False))):
                continue
            prefixes = [
                f"coreference.{catalogue.KINDS[layer]}.{name}" for name, s in catalogue.SETTINGS.items() if not s.across
            ]
            names = [f"{prefix}.{metric}" for prefix in prefixes for metric in COREFERENCE]
            found |= coreference_measures({name: whole(name) for name in names})
            overlaps = self.overlaps.get(layer)
            if overlaps is None:
                notes.append(
                    f"identity of {catalogue.KINDS[layer]} across documents is not scored: it needs all clusters, and "
                    f"all pairs of them that touch, in one place, and they are more than {MOST_OVERLAPS:,}"
                )
            else:
                found |= coreference_measures(catalogue.compute_coreference_across(overlaps, layer))
        return Result(
            found, tuple(sorted(self.ids)), self.size, tuple(self.without), self.unpredicted, layers, job.options,
            jsonl.format_hash(self.content), placement=self.placement, left_out=tuple(self.left_out),
            notes=tuple(notes),
        )  # fmt: skip


def total(part: Part, job: Job) -> Total:
    """Count the documents of a part.

    Problems stand in the total. A part with a file that cannot be read is left out whole: without one side of it the
    other says nothing.
    """
    out = Total()
    waiting = None if job.dealt else WAITING
    join = Join(part.gold, part.predicted, job.ontology, job.options, job.own_types, out.saw, waiting)
    try:
        for batch in join:
            try:
                out.count(batch, job)
            except InputError as e:
                out.problem(e.problems)
    except TypesNeeded:
        return Total(types_needed=True)
    except Misordered:
        return Total(misordered=True)
    except UnreadableFileError as e:
        return Total(left_out=e.problems)
    except InputError as e:
        out.problem(e.problems)
    out.problem(join.problems)
    out.lone = dict(heapq.nsmallest(LISTED, join.lone.items()))
    out.lone_keys = [keys_of(join.lone)]
    return out


def names_of(source: Source) -> LabelNames:
    """The types, roles and values that the gold of a file has, as far as it can be read."""
    names = LabelNames()
    with contextlib.suppress(InputError):  # who counts will say what is wrong
        for chunk in chunks([source], []):
            names.add(row for _, row in (chunk.row(at) for at, doc_id in enumerate(chunk.ids) if doc_id is not None))
    return names


def keys_of(ids: Iterable[str]) -> Ints:
    """The 64-bit key of each doc_id, of which two documents of a billion share one with a chance of .03."""
    return np.array([xxhash.xxh3_64_intdigest(i.encode("utf-8", "surrogatepass")) for i in ids], dtype=np.uint64)


def _least(kept: list[str], more: list[str]) -> list[str]:
    """The first LISTED names of both, in their order."""
    return sorted([*kept, *more])[:LISTED] if more else kept
