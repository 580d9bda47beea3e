"""Totals: the counts of documents added up, over any parts, in any order and on any worker.

Last step but one of a score. Totals of parts are pickled between processes and added up; :meth:`Total.results` turns
their sum into results. These depend on the set of documents alone, to the last bit: not on how they are spread over
files, on their order, or on which worker counted which.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from vostochny.errors import Names, Problem, Problems, count_more, suggest_name
from vostochny.formats.keys import describe_renamed
from vostochny.formats.lenient import describe_repaired
from vostochny.metrics import catalogue
from vostochny.metrics.coreference import Mentions, Overlaps
from vostochny.metrics.counts import Counts
from vostochny.metrics.matching import Floats, Ints
from vostochny.metrics.repeated import COPIES, count_copies
from vostochny.metrics.shifted import Shifted, count_shifted, describe_shifted
from vostochny.model import LAYERS, Placement
from vostochny.scoring.options import Options, list_compared
from vostochny.scoring.result import MAX_LISTED, Result
from vostochny.stats.measures import coreference_measures, list_no_rows, list_rows, plain_measures
from vostochny.stats.samples import MAX_KEPT_DOCUMENTS
from vostochny.stats.scores import unstated
from vostochny.stats.sums import Sums

if TYPE_CHECKING:
    from vostochny.stats.paired import PairedSums

MAX_HINTS = 10  # unknown documents that are reported with the nearest known name; finding it takes time
MAX_LEFT_OUT = (
    200  # documents that are left out in turn of scores across documents; each takes a pass over all clusters
)
MAX_OVERLAPS = 2_000_000  # sums of one kind that identity across documents may need: about half a gigabyte


@dataclass(eq=False)
class SystemTotal:
    """The sum of the counts of one system's predictions for some documents.

    Attributes:
        plain: The counts of plain metrics.
        within: The counts of clusters within documents.
        metric_documents: Number of documents that each plain metric was computed over; a metric may need what not every
            document has.
        unmatched: File and line of predictions whose document no part has had so far: the first MAX_LISTED by doc_id.
        unmatched_keys: Keys of the documents of all unmatched predictions.
        unpredicted: Number of gold documents without a prediction.
        without_prediction: Names of the first MAX_LISTED of them.
        emitted: The layers that any prediction carries.
        resolved: By layer, whether any item states its cluster: in the gold, in the predictions.
        overlaps: By layer, the sums for identity across documents; None once they are more than MAX_OVERLAPS.
        mentions: By layer, the clustered mentions; None once there are more than MAX_LEFT_OUT documents.
        placement: What became of predicted words without offsets.
        renamed: The other names of keys that were met, each with its key.
        stated: The accuracies whose attribute any prediction states.
        copies: By kind and side, how many items repeat another one.
        split: By layer, how many predicted mentions are in several clusters.
        shifted: By layer and shift, how many predictions would have a gold span if they were shifted.
        repaired: Number of items that were repaired (formats.lenient).
    """

    plain: Sums = field(default_factory=Sums)
    within: Sums = field(default_factory=Sums)
    metric_documents: dict[str, int] = field(default_factory=dict)
    unmatched: dict[str, tuple[str, int]] = field(default_factory=dict)
    unmatched_keys: list[Ints] = field(default_factory=list)
    unpredicted: int = 0
    without_prediction: list[str] = field(default_factory=list)
    emitted: frozenset[str] = frozenset()
    resolved: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    overlaps: dict[str, Overlaps | None] = field(default_factory=dict)
    mentions: dict[str, list[Mentions] | None] = field(default_factory=dict)
    placement: Placement = field(default_factory=Placement)
    renamed: dict[str, str] = field(default_factory=dict)
    stated: set[str] = field(default_factory=set)
    copies: Counter[tuple[str, str]] = field(default_factory=Counter)
    split: Counter[str] = field(default_factory=Counter)
    shifted: Shifted = field(default_factory=Counter)
    repaired: int = 0

    def add(
        self, items: catalogue.MetricInput, layers: tuple[str, ...], only: Collection[str], absent: list[str]
    ) -> dict[str, Counts]:
        """Add the counts of some documents; return those of plain metrics.

        Args:
            items: The items of gold and predictions.
            layers: The layers to compute.
            only: The only metrics to compute, if any are named.
            absent: The documents without a prediction.
        """
        counts = catalogue.compute_counts(items, layers, only)
        within: dict[str, Counts] = {}
        for layer in layers if not only else ():
            before, here = self.resolved.get(layer, (False, False)), catalogue.has_clusters(items.tables, layer)
            self.resolved[layer] = before[0] or here[0], before[1] or here[1]
            within |= catalogue.compute_coreference_within(items, layer)
            mentions = items.mentions[layer]
            self._add_overlaps(layer, Overlaps.of_mentions(mentions), [mentions])
            self.split[layer] += mentions.split_count
        self.stated |= catalogue.list_stated(items.tables)
        for kind, numbers in count_copies(items.tables).items():
            self.copies.update(dict(zip([(kind, "gold"), (kind, "predictions")], numbers, strict=True)))
        self.shifted.update(count_shifted(items.tables))
        self.plain.add(counts)
        self.within.add(within)
        documents = len(items.tables.places.texts)
        for name in counts:
            self.metric_documents[name] = self.metric_documents.get(name, 0) + documents
        self.unpredicted += len(absent)
        self.without_prediction = _first_names(self.without_prediction, absent)
        return counts

    def _add_overlaps(self, layer: str, more: Overlaps | None, mentions: list[Mentions] | None) -> None:
        """Add the sums for identity across documents; give up on them for good once they are too many."""
        kept = self.mentions.get(layer, [])
        both = None if kept is None or mentions is None else [*kept, *mentions]
        self.mentions[layer] = both if both and sum(m.documents for m in both) <= MAX_LEFT_OUT else None
        overlaps = self.overlaps.setdefault(layer, Overlaps())
        if overlaps is not None and more is not None:
            overlaps.update(more)
        if overlaps is None or more is None or len(overlaps) > MAX_OVERLAPS:
            self.overlaps[layer] = None

    def add_placement(self, more: Placement) -> None:
        """Add what became of the words of more documents."""
        both = self.placement + more
        unplaced = tuple(sorted(both.unplaced))
        unlisted = both.unlisted + len(unplaced[MAX_LISTED:])
        self.placement = replace(both, unplaced=unplaced[:MAX_LISTED], unlisted=unlisted)

    def update(self, other: SystemTotal) -> None:
        """Add the total of other documents."""
        self.plain.update(other.plain)
        self.within.update(other.within)
        for name, documents in other.metric_documents.items():
            self.metric_documents[name] = self.metric_documents.get(name, 0) + documents
        self.unmatched_keys += other.unmatched_keys
        self.unmatched = dict(heapq.nsmallest(MAX_LISTED, {**self.unmatched, **other.unmatched}.items()))
        self.unpredicted += other.unpredicted
        self.without_prediction = _first_names(self.without_prediction, other.without_prediction)
        self.emitted |= other.emitted
        for layer, (gold, predicted) in other.resolved.items():
            before = self.resolved.get(layer, (False, False))
            self.resolved[layer] = before[0] or gold, before[1] or predicted
        for layer, overlaps in other.overlaps.items():
            self._add_overlaps(layer, overlaps, other.mentions[layer])
        self.add_placement(other.placement)
        self.renamed.update(other.renamed)
        self.stated |= other.stated
        self.copies.update(other.copies)
        self.split.update(other.split)
        self.shifted.update(other.shifted)
        self.repaired += other.repaired

    def describe_copies(self, layers: Collection[str]) -> Iterator[str]:
        """Yield what a reader of the scores should know of items that are given more than once."""
        for (kind, side), number in sorted(self.copies.items()):
            layer, same = COPIES[kind]
            if layer in layers and number:
                yield f"{side}: {number} of the {kind} given again {same}; each counts as one more"
        for layer, number in sorted(self.split.items()):
            if layer in layers and number:
                kind = catalogue.KINDS[layer]
                where = "is a mention of its largest cluster, and a spurious one of the others"
                yield f"predictions: {number} of the {kind} in more than one cluster; each {where}"


@dataclass(eq=False)
class Total:
    """The sum of the counts of some documents, of one system or of several.

    A *key* is the 64-bit hash of a doc_id (:func:`hash_doc_ids`); keys are kept of every document, names of few.

    Attributes:
        systems: The total of each system.
        paired: Of each system but the first, what comparing it with the first needs.
        size: Number of gold documents.
        units: Number of their units (paragraphs).
        ids: Their names, in the order in which they were added; empty of more than MAX_KEPT_DOCUMENTS.
        gold_keys: Keys of all gold documents.
        content_hash: Sum of the hashes of the gold's lines, modulo 2¹²⁸.
        renamed: The other names of keys that were met in the gold, each with its key.
        problems: The first MAX_LISTED problems, by file and line.
        problem_count: Number of all problems, those left out of ``problems`` included.
        left_out: Problems of files that could not be read, whose part is in no number.
        gold_types_needed: A batch raised GoldTypesNeeded; nothing was added up.
        orders_differ: A part raised OrdersDiffer; nothing was added up.
    """

    systems: list[SystemTotal]
    paired: list[PairedSums]
    size: int = 0
    units: int = 0
    ids: list[str] = field(default_factory=list)
    gold_keys: list[Ints] = field(default_factory=list)
    content_hash: int = 0
    renamed: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    left_out: list[Problem] = field(default_factory=list)
    gold_types_needed: bool = False
    orders_differ: bool = False

    @classmethod
    def of_systems(cls, count: int, options: Options) -> Total:
        """Return the total of no documents."""
        paired: list[PairedSums] = []
        if count > 1:
            from vostochny.stats.paired import PairedSums  # here, because a score of one system does without it

            paired = [PairedSums(list_compared(options)) for _ in range(count - 1)]
        chosen = list_rows if options.resamples else list_no_rows
        return cls([SystemTotal(Sums(chosen), Sums(chosen)) for _ in range(count)], paired)

    def add(self, ids: Sequence[str], units: int, counts: Sequence[Mapping[str, Counts]]) -> None:
        """Add some documents, with so many units, and what each system's total returned for them."""
        for paired, other in zip(self.paired, counts[1:], strict=True):
            paired.add(other, counts[0], ids)
        self.size += len(ids)
        self.units += units
        self.ids = [*self.ids, *ids] if self.size <= MAX_KEPT_DOCUMENTS else []

    def add_problems(self, problems: Sequence[Problem]) -> None:
        """Add problems; all of them are counted, the first MAX_LISTED are kept."""
        self.problem_count += len(problems) + count_more(problems)
        self.problems = sorted([*self.problems, *problems], key=lambda p: (p.file, p.line or 0))[:MAX_LISTED]

    def update(self, other: Total) -> None:
        """Add the total of other documents."""
        for system, more in zip(self.systems, other.systems, strict=True):
            system.update(more)
        for paired, more_pairs in zip(self.paired, other.paired, strict=True):
            paired.update(more_pairs)
        self.size += other.size
        self.units += other.units
        self.ids = [*self.ids, *other.ids] if self.size <= MAX_KEPT_DOCUMENTS else []
        self.gold_keys += other.gold_keys
        self.content_hash = (self.content_hash + other.content_hash) % (1 << 128)
        self.renamed.update(other.renamed)
        # add_problems counts only those that the other kept by name, so set the count afterwards.
        problem_count = self.problem_count + other.problem_count
        self.add_problems(other.problems)
        self.problem_count = problem_count
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
        none = np.zeros(0, dtype=np.uint64)
        gold = np.concatenate([none, *self.gold_keys])
        unmatched = np.concatenate([none, *(keys for system in self.systems for keys in system.unmatched_keys)])
        duplicates = len(np.unique(gold)) < len(gold)
        return self.orders_differ or duplicates or bool(np.isin(unmatched, gold).any())

    def all_problems(self) -> Problems[Problem]:
        """Return the problems of the files that could be read: the first ones, and how many more there are."""
        problems = Problems(self.problems)
        count = self.problem_count
        for system in self.systems:
            problems += self._unknown_documents(system)
            count += sum(map(len, system.unmatched_keys))
        problems.more = max(0, count - len(problems))
        return problems

    def _unknown_documents(self, system: SystemTotal) -> list[Problem]:
        """Return a problem for each prediction whose document no gold has, as far as they are kept by name."""
        problems = []
        # The mistyped name probably means one of the documents without a prediction.
        candidates = Names(system.without_prediction or self.ids)
        for i, (doc_id, (path, line)) in enumerate(system.unmatched.items()):
            hint = suggest_name(doc_id, candidates) if i < MAX_HINTS else "the gold has no document of that name"
            problems.append(Problem(path, line, "doc_id", f"unknown document {doc_id!r}; {hint}"))
        return problems

    def results(self, options: Options, gold_hash: str) -> list[Result]:
        """Return the score of each system over all documents that were added."""
        # rank[i] is the place of the i-th added document among the sorted names: rows must not depend on the order in
        # which documents were added.
        rank = np.argsort(np.argsort(np.array(self.ids, dtype=object), kind="stable"))
        results = [self._result(system, options, gold_hash, rank) for system in self.systems]
        for result, paired in zip(results[1:], self.paired, strict=True):
            names = [n for n in list_compared(options) if n in results[0].measures and n in result.measures]
            pairs = paired.samples(names, rank)
            undefined = [n for n in names if unstated in (results[0].measures[n].combine, result.measures[n].combine)]
            pairs |= {n: replace(pairs[n], combine_one=unstated, signs=(0, 0, 0)) for n in undefined}
            result.paired_with_first.update(pairs)
        return results

    def _result(self, system: SystemTotal, options: Options, gold_hash: str, rank: Ints) -> Result:
        # Which layers any prediction carries is known only now; the others were counted as empty and are dropped here.
        layers = options.choose_layers(system.emitted)
        # A metric that some documents could not be scored by would be a score of other documents than its neighbours.
        everywhere = {name for name, documents in system.metric_documents.items() if documents == self.size}
        names = [n for n in catalogue.METRICS if n in everywhere and n.partition(".")[0] in layers]
        measures = plain_measures(
            {name: system.plain.counts(name, rank) for name in names}, system.plain.moments, system.stated
        )
        sides = ("gold", self.renamed), ("predictions", system.renamed)
        notes = [f"{side}: {note}" for side, renamed in sides for note in describe_renamed(renamed)]
        if not system.emitted and self.size > system.unpredicted:
            notes.append(f"predictions: no document has {', '.join(LAYERS[:-1])} or {LAYERS[-1]}; all count as empty")
        notes += [*system.describe_copies(layers), *describe_shifted(system.shifted, layers)]
        notes += [f"predictions: {describe_repaired(system.repaired)}"] if system.repaired else []
        across: dict[str, Floats] = {}
        for layer in layers:
            if not all(system.resolved.get(layer, (False, False))):
                continue  # without clusters on both sides there is no coreference to score
            prefixes = [
                f"coreference.{catalogue.KINDS[layer]}.{name}" for name, s in catalogue.SETTINGS.items() if not s.across
            ]
            names = [f"{prefix}.{metric}" for prefix in prefixes for metric in catalogue.CLUSTER_COUNTS]
            counts = {name: system.within.counts(name, rank) for name in names}
            measures |= coreference_measures(counts, system.within.moments)
            overlaps = system.overlaps.get(layer)
            if overlaps is None:
                notes.append(
                    f"identity of {catalogue.KINDS[layer]} across documents is not scored: it needs all clusters, and "
                    f"all pairs of clusters that share a mention, in one place, and they are more than {MAX_OVERLAPS:,}"
                )
            else:
                measures |= coreference_measures(catalogue.compute_coreference_across(overlaps, layer))
                mentions = system.mentions[layer]
                if options.resamples and mentions:
                    each = [Overlaps.of_mentions(one) for batch in mentions for one in batch.split()]
                    across |= _leave_out(overlaps, [each[i] for i in np.argsort(rank)], layer)
        return Result(
            measures, tuple(sorted(self.ids)), self.size, tuple(system.without_prediction), system.unpredicted, layers,
            options, gold_hash, self.units, placement=system.placement, left_out=tuple(self.left_out),
            notes=tuple(notes), _across=across,
        )  # fmt: skip


def _leave_out(overlaps: Overlaps, each: Sequence[Overlaps], layer: str) -> dict[str, Floats]:
    """Return the values of a layer's cross-document measures without each document in turn, shape (documents,)."""
    out: dict[str, list[float]] = {}
    for one in each:
        # Overlaps add up over documents, so leaving one out is a subtraction.
        counts = catalogue.compute_coreference_across(overlaps.without(one), layer)
        for name, measure in coreference_measures(counts).items():
            out.setdefault(name, []).append(np.nan if measure.value is None else measure.value)
    return {name: np.array(values) for name, values in out.items()}


def _first_names(names: list[str], more: list[str]) -> list[str]:
    """Return the first MAX_LISTED names of both lists, sorted."""
    return sorted([*names, *more])[:MAX_LISTED] if more else names
