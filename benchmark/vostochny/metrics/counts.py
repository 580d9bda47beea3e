"""Counts: the result of a metric, as rows that add up. Scores, intervals and distributed runs are made from them.

A metric compares two lists of items, the gold ones and the predicted ones. An item belongs to one **unit** (a paragraph
of a document) and one **stratum** (its type, level and zone, say), has a weight (1 for spans) and earns credit between
0 and its weight. Recall is credit over weight on the gold side, precision the same on the predicted side. :func:`tally`
adds items up to four numbers per unit and stratum::

    credit of gold, weight of gold, credit of predicted, weight of predicted

A score is a function of summed rows, an interval is made from weighted sums of rows, a table by type is a selection of
strata, and a distributed run is a sum over workers. No metric is computed twice to get any of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

GOLD_CREDIT, GOLD, PREDICTED_CREDIT, PREDICTED = range(4)
GRID = 2.0**-26  # the step to which BlockCounts rounds credit and weight


@dataclass(frozen=True, slots=True)
class Item:
    """One gold or predicted item with its credit; ``stratum`` has one value for each facet of its metric."""

    unit: int
    stratum: tuple[str, ...]
    credit: float
    weight: float = 1.0


@dataclass(frozen=True)
class Counts:
    """The counts of one metric.

    ``values`` has the shape (units, strata, 4), its last axis as in the module's docstring. ``facets`` names the parts
    of a stratum, for instance ``("type", "level", "zone")``. ``documents`` gives the document of each unit, shape
    (units,), an index that never falls, so that resampling can stay within documents or leave one out.
    """

    metric: str
    facets: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    values: Floats
    documents: Ints

    def total(self) -> Floats:
        """Return the four numbers summed over all units and strata, shape (4,)."""
        out: Floats = self.values.sum(axis=(0, 1))
        return out

    def by_unit(self) -> Floats:
        """Return the four numbers per unit, summed over strata, shape (units, 4)."""
        out: Floats = self.values.sum(axis=1)
        return out

    def where(self, keep: Callable[[dict[str, str]], bool]) -> Counts:
        """Return the counts of the strata for which ``keep({facet: value})`` is true."""
        chosen = [i for i, s in enumerate(self.strata) if keep(dict(zip(self.facets, s, strict=True)))]
        strata = tuple(self.strata[i] for i in chosen)
        return Counts(self.metric, self.facets, strata, self.values[:, chosen], self.documents)

    def by(self, facet: str) -> dict[str, Counts]:
        """Split these counts by the values of one facet, in order of first appearance."""
        at = self.facets.index(facet)

        def part(value: str) -> Counts:
            return self.where(lambda stratum: stratum[facet] == value)

        return {value: part(value) for value in dict.fromkeys(s[at] for s in self.strata)}

    def __add__(self, other: Counts) -> Counts:
        """Return the counts of two sets of documents together, as :func:`concatenate` does."""
        return concatenate([self, other])

    def reorder(self, rank: Ints) -> Counts:
        """Return the same counts with document d as the ``rank[d]``-th, and strata sorted."""
        units = np.argsort(rank[self.documents], kind="stable")
        strata = sorted(range(len(self.strata)), key=lambda i: self.strata[i])
        values = self.values[units][:, strata]
        names = tuple(self.strata[i] for i in strata)
        return Counts(self.metric, self.facets, names, values, rank[self.documents][units])


class BlockCounts:
    """The counts of one metric summed over a fixed number of blocks of documents, to which counts are added in place.

    Its size does not grow with the number of documents. Every number is first rounded to a multiple of GRID, so that
    sums are exact (up to 2⁵³ steps per cell) and do not depend on the order in which documents, and parts of documents,
    are added. Whole numbers of items are multiples of GRID already; ratios lose less than 1e-8 per document.
    """

    def __init__(self, metric: str, facets: tuple[str, ...], blocks: int):
        self.metric, self.facets = metric, facets
        self.strata: dict[tuple[str, ...], int] = {}
        self.values: Floats = np.zeros((blocks, 0, 4))

    def add(self, part: Counts, block: Ints) -> None:
        """Add the counts of some documents; ``block`` gives the block of each of their units."""
        if not part.values.size:
            return
        # With units sorted by block, each block is one run, which reduceat sums in one call.
        order = np.argsort(block, kind="stable")
        first = np.flatnonzero(np.diff(block[order], prepend=-1))
        exact = np.round(part.values[order] / GRID) * GRID
        self._add_rows(part.strata, block[order][first], np.add.reduceat(exact, first, axis=0))

    def update(self, other: BlockCounts) -> None:
        """Add the counts of other documents over the same blocks."""
        rows = np.flatnonzero(other.values.any(axis=(1, 2)))
        self._add_rows(tuple(other.strata), rows, other.values[rows])

    def _add_rows(self, strata: tuple[tuple[str, ...], ...], rows: Ints, values: Floats) -> None:
        """Add values of shape (rows, strata, 4) to these rows, with a new column for each stratum seen first."""
        columns = [self.strata.setdefault(s, len(self.strata)) for s in strata]
        more = len(self.strata) - self.values.shape[1]
        if more:
            self.values = np.concatenate([self.values, np.zeros((len(self.values), more, 4))], axis=1)
        self.values[rows[:, None], columns] += values

    def counts(self, blocks: Ints) -> Counts:
        """Return the counts of these blocks, each as a document of one unit, with strata sorted."""
        documents = np.arange(len(blocks))
        return Counts(self.metric, self.facets, tuple(self.strata), self.values[blocks], documents).reorder(documents)


def concatenate(parts: Sequence[Counts]) -> Counts:
    """Return the counts of several sets of documents together: all units in turn, strata of one name merged.

    Raises ValueError where they are counts of different metrics.
    """
    first = parts[0]
    for other in parts:
        if (first.metric, first.facets) != (other.metric, other.facets):
            raise ValueError(f"cannot add {other.metric}{other.facets} to {first.metric}{first.facets}")
    strata = tuple(dict.fromkeys(s for part in parts for s in part.strata))
    column = {s: i for i, s in enumerate(strata)}
    values = np.zeros((sum(len(p.values) for p in parts), len(strata), 4))
    documents = np.zeros(len(values), dtype=np.int64)
    begin = before = 0
    for part in parts:
        end = begin + len(part.values)
        values[begin:end, [column[s] for s in part.strata]] = part.values
        documents[begin:end] = part.documents + before
        before += int(part.documents[-1]) + 1 if len(part.documents) else 0
        begin = end
    return Counts(first.metric, first.facets, strata, values, documents)


def sum_items(
    units: int, strata: int, unit: Ints, stratum: Ints, credit: Floats, weight: Floats | None = None
) -> Floats:
    """Add up columns of items to credit and weight per unit and stratum: shape (units, strata, 2).

    Args:
        units: the number of units.
        strata: the number of strata.
        unit: the unit of each item.
        stratum: the stratum of each item.
        credit: the credit of each item.
        weight: the weight of each item; None where each weighs 1.
    """
    cell = unit * strata + stratum
    size = units * strata
    out = np.empty((size, 2))
    out[:, 0] = np.bincount(cell, weights=credit, minlength=size)
    out[:, 1] = np.bincount(cell, weights=weight, minlength=size)
    return out.reshape(units, strata, 2)


def tally(
    metric: str, facets: tuple[str, ...], documents: Ints, gold: Iterable[Item], predicted: Iterable[Item]
) -> Counts:
    """Add up lists of items to counts.

    Args:
        metric: the name of the metric.
        facets: the names of the parts of a stratum.
        documents: the document of every unit, units without items included.
        gold: the gold items.
        predicted: the predicted items.
    """
    sides = list(gold), list(predicted)
    names: dict[tuple[str, ...], int] = {}
    for side in sides:
        for item in side:
            names.setdefault(item.stratum, len(names))
    values = np.zeros((len(documents), len(names), 4))
    for side, at in zip(sides, (GOLD_CREDIT, PREDICTED_CREDIT), strict=True):
        for item in side:
            cell = values[item.unit, names[item.stratum]]
            cell[at] += item.credit
            cell[at + 1] += item.weight
    return Counts(metric, facets, tuple(names), values, documents)


def match_codes(gold: Ints, predicted: Ints) -> tuple[Bools, Bools]:
    """Match two multisets of integer codes: of equal codes, the n-th gold copy is paired with the n-th predicted copy.

    Returns a flag for each gold and for each predicted item, in their order: whether it has a partner. O(n log n), and
    O(n) where both sides are sorted, as they are when read from a file: numpy's stable sort merges runs.
    """
    both = np.concatenate([gold, predicted])
    order = np.argsort(both, kind="stable")
    ordered = both[order]
    from_gold = order < len(gold)
    first = np.flatnonzero(np.concatenate([np.ones(min(1, len(both)), dtype=bool), ordered[1:] != ordered[:-1]]))
    run = np.cumsum(np.bincount(first, minlength=len(both))) - 1  # the run of equal codes that each item is in
    copies = np.diff(first, append=len(both))
    golds = np.add.reduceat(from_gold, first, dtype=np.int64) if len(first) else first
    matched = np.minimum(golds, copies - golds)[run]
    # The index of an item among the copies of its side: a stable sort leaves gold copies before predicted ones.
    place = np.arange(len(both)) - first[run]
    place[~from_gold] -= golds[run][~from_gold]
    hit = np.empty(len(both), dtype=bool)
    hit[order] = place < matched
    return hit[: len(gold)], hit[len(gold) :]


def match_keys(gold: Sequence[Hashable], predicted: Sequence[Hashable]) -> tuple[list[bool], list[bool]]:
    """Match two multisets of hashable keys one to one, as :func:`match_codes` does for integers.

    Mostly called for the few items of a group, for which the steps of numpy would take longer than the matching.
    """
    return _find_partners(gold, predicted), _find_partners(predicted, gold)


def _find_partners(side: Sequence[Hashable], other: Sequence[Hashable]) -> list[bool]:
    """Return whether each key has a partner: the n-th copy of a key has one if the other side has n copies."""
    free = Counter(other)
    flags = []
    for key in side:
        flags.append(free[key] > 0)
        free[key] -= 1
    return flags
