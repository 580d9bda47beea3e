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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vostochny.metrics.matching import Bools, Floats, Ints, encode, match_codes, number

GOLD_CREDIT, GOLD, PREDICTED_CREDIT, PREDICTED = range(4)
MAX_SPARSENESS = 4  # codes per item above which codes are renumbered before they are counted
_GRID_BITS = 26  # the first step of ExactSums is 2⁻²⁶, the second its square


@dataclass(frozen=True, eq=False)
class Counts:
    """The counts of one metric: the cells of a table of units and strata that are not empty.

    ``documents`` gives the document of each unit, shape (units,), an index that never falls, so that resampling can
    stay within documents or leave one out. ``strata`` are the values of the ``facets`` in each stratum, for instance of
    ``("type", "level", "zone")``. ``unit`` and ``stratum`` place each cell, in this order; ``cells`` has the shape
    (cells, 4), its last axis as in the module's docstring. Build with :func:`tally` or :meth:`of_table`.
    """

    metric: str
    facets: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    documents: Ints
    unit: Ints
    stratum: Ints
    cells: Floats

    @classmethod
    def of_table(
        cls,
        metric: str,
        facets: tuple[str, ...],
        strata: tuple[tuple[str, ...], ...],
        table: Floats,
        documents: Ints,
    ) -> Counts:
        """Return the counts of a whole table, shape (units, strata, 4)."""
        unit, stratum = np.nonzero(table.any(axis=2))
        return cls(metric, facets, strata, documents, unit, stratum, table[unit, stratum])

    def total(self) -> Floats:
        """Return the four numbers summed over all units and strata, shape (4,)."""
        out: Floats = sum_exactly(np.zeros_like(self.unit), self.cells, 1)[0]
        return out

    def by_unit(self) -> Floats:
        """Return the four numbers per unit, summed over strata, shape (units, 4)."""
        return add_cells(self.unit, self.cells, len(self.documents))

    def by_document(self) -> Counts:
        """Return the counts with each document as one unit; documents without units are left out.

        Their sum is exact where credits are multiples of a power of two, as all are of which a document has several.
        """
        document = number_runs(self.documents)
        count = int(document[-1]) + 1 if len(document) else 0
        if count == len(document):
            return self
        filled, cells = merge_cells(document[self.unit] * max(1, len(self.strata)) + self.stratum, self.cells)
        unit, stratum = np.divmod(filled, max(1, len(self.strata)))
        return Counts(self.metric, self.facets, self.strata, np.arange(count), unit, stratum, cells)

    def find_parts(self, facet: str) -> tuple[list[str], Ints]:
        """Return the values of one facet, sorted, and the index of the value of each stratum."""
        at = self.facets.index(facet)
        values = sorted({stratum[at] for stratum in self.strata})
        number = {value: i for i, value in enumerate(values)}
        return values, np.array([number[stratum[at]] for stratum in self.strata], dtype=np.int64)

    def by(self, facet: str) -> dict[str, Counts]:
        """Split these counts by the values of one facet, in the order of their names."""
        values, part = self.find_parts(facet)
        place = np.zeros(len(part), dtype=np.int64)  # of each stratum among those of its part
        strata: list[list[tuple[str, ...]]] = [[] for _ in values]
        for i, (stratum, to) in enumerate(zip(self.strata, part.tolist(), strict=True)):
            place[i] = len(strata[to])
            strata[to].append(stratum)
        order = np.argsort(part[self.stratum], kind="stable")
        ends = np.cumsum(np.bincount(part[self.stratum], minlength=len(values)))
        unit, stratum_, cells = self.unit[order], place[self.stratum][order], self.cells[order]
        out = {}
        for i, value in enumerate(values):
            here = slice(int(ends[i - 1]) if i else 0, int(ends[i]))
            out[value] = Counts(
                self.metric, self.facets, tuple(strata[i]), self.documents, unit[here], stratum_[here], cells[here]
            )
        return out

    def __add__(self, other: Counts) -> Counts:
        """Return the counts of two sets of documents together, as :func:`concatenate` does."""
        return concatenate([self, other])

    def reorder(self, rank: Ints) -> Counts:
        """Return the same counts with document d as the ``rank[d]``-th, and strata sorted."""
        units = np.argsort(rank[self.documents], kind="stable")
        strata = sorted(range(len(self.strata)), key=self.strata.__getitem__)
        new_unit, new_stratum = _invert(units)[self.unit], _invert(np.array(strata, dtype=np.int64))[self.stratum]
        order = np.lexsort((new_stratum, new_unit))
        names = tuple(self.strata[i] for i in strata)
        return Counts(
            self.metric, self.facets, names, rank[self.documents][units], new_unit[order], new_stratum[order],
            self.cells[order],
        )  # fmt: skip


def number_runs(column: Ints) -> Ints:
    """Return the number of the run of equal values that each value of a column is in, from 0 on."""
    out: Ints = np.cumsum(np.diff(column, prepend=-1) != 0) - 1
    return out


def merge_cells(place: Ints, cells: Floats) -> tuple[Ints, Floats]:
    """Return the places that have cells, in order, and the sum of the cells at each, shape (places, 4)."""
    if len(place) > 0 and int(place.max()) <= MAX_SPARSENESS * len(place):
        filled = np.flatnonzero(np.bincount(place))
        return filled, add_cells(place, cells, int(filled[-1]) + 1)[filled]
    filled, inverse = np.unique(place, return_inverse=True)
    return filled, add_cells(inverse.reshape(-1), cells, len(filled))


def add_cells(place: Ints, cells: Floats, places: int) -> Floats:
    """Return the sums of the cells at each of so many places, shape (places, 4)."""
    sums = [np.bincount(place, weights=column, minlength=places) for column in cells.T]
    return np.stack(sums, axis=1)


def sum_exactly(place: Ints, cells: Floats, places: int) -> Floats:
    """Return the sums of the cells at each of so many places, shape (places, 4): exact, whatever their order."""
    sums = ExactSums()
    sums.add(place, cells)
    return sums.values(places)


def _invert(order: Ints) -> Ints:
    """Return the place of each index in an order."""
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return place


class ExactSums:
    """Sums of cells at any number of places, to which more are added in place: exact, whatever the order.

    A number is kept as three whole ones: the nearest to it, how many steps of 2⁻²⁶ are left, and how many of 2⁻⁵². So
    sums are exact but for what a cell has beyond its 52nd binary place, up to 9 · 10¹⁵ in all; pairs of mentions, which
    BLANC counts, are 10¹⁴ in 10⁹ articles.
    """

    def __init__(self) -> None:
        self._steps: Ints = np.zeros((0, 3, 4), dtype=np.int64)

    def add(self, place: Ints, cells: Floats) -> None:
        """Add cells, each at its place."""
        places = int(place.max(initial=-1)) + 1
        self._grow(places)
        rest = cells
        for i in range(3):
            if not rest.any():
                break
            whole = np.rint(rest)
            self._steps[:places, i] += add_cells(place, whole, places).astype(np.int64)
            rest = (rest - whole) * 2.0**_GRID_BITS

    def update(self, other: ExactSums, places: Ints) -> None:
        """Add other sums; ``places`` says where each of them goes, and may be longer."""
        places = places[: len(other._steps)]
        self._grow(int(places.max(initial=-1)) + 1)
        self._steps[places] += other._steps

    def values(self, places: int) -> Floats:
        """Return the sums at so many places, shape (places, 4)."""
        self._grow(places)
        whole, first, second = (self._steps[:places, i] for i in range(3))
        # Carried over, so that the one addition of floats is of numbers that both are exact, and rounds once.
        first = first + (second >> _GRID_BITS)
        whole = whole + (first >> _GRID_BITS)
        mask = (1 << _GRID_BITS) - 1
        out: Floats = whole + ((first & mask) << _GRID_BITS | second & mask) * 2.0 ** (-2 * _GRID_BITS)
        return out

    def _grow(self, places: int) -> None:
        if places > len(self._steps):
            self._steps = np.concatenate([self._steps, np.zeros((places - len(self._steps), 3, 4), dtype=np.int64)])


def concatenate(parts: Sequence[Counts]) -> Counts:
    """Return the counts of several sets of documents together: all units in turn, strata of one name merged.

    Raises ValueError where they are counts of different metrics.
    """
    first = parts[0]
    for other in parts:
        if (first.metric, first.facets) != (other.metric, other.facets):
            raise ValueError(f"cannot add {other.metric}{other.facets} to {first.metric}{first.facets}")
    number: dict[tuple[str, ...], int] = {}
    documents, units, strata, cells = [], [], [], []
    unit_count = document_count = 0
    for part in parts:
        new = np.array([number.setdefault(stratum, len(number)) for stratum in part.strata], dtype=np.int64)
        documents.append(part.documents + document_count)
        units.append(part.unit + unit_count)
        strata.append(new[part.stratum])
        cells.append(part.cells)
        unit_count += len(part.documents)
        document_count += int(part.documents[-1]) + 1 if len(part.documents) else 0
    return Counts(
        first.metric, first.facets, tuple(number), np.concatenate(documents), np.concatenate(units),
        np.concatenate(strata), np.concatenate(cells),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class ItemColumns:
    """The items of one side of a metric as columns of one length.

    ``facets`` has one column per facet of the metric, of which there is at least one: indices into the names of its
    values, -1 for the empty value. ``weight`` is None where each item weighs 1.
    """

    unit: Ints
    facets: Sequence[Ints]
    credit: Floats | Bools
    weight: Floats | Ints | None = None


def tally_matches(
    metric: str,
    facets: Mapping[str, Sequence[str]],
    documents: Ints,
    keys: Sequence[Sequence[Ints]],
    columns: Sequence[tuple[Ints, Sequence[Ints]]],
) -> Counts:
    """Count items that are right where the other side has one with the same key, matched one to one as multisets.

    Args:
        metric: the name of the metric.
        facets: the names of the values of each facet, by the facet's name.
        documents: the document of every unit.
        keys: the columns of the keys of each side.
        columns: the unit and the facets of the items of each side.
    """
    hits = match_codes(encode(*keys), [(unit, *values) for unit, values in columns])
    items = [ItemColumns(*column, hit) for column, hit in zip(columns, hits, strict=True)]
    return tally(metric, facets, documents, *items)


def tally(
    metric: str, facets: Mapping[str, Sequence[str]], documents: Ints, gold: ItemColumns, predicted: ItemColumns
) -> Counts:
    """Add up items to counts, with a stratum only for the values that occur together.

    Args:
        metric: the name of the metric.
        facets: the names of the values of each facet, by the facet's name.
        documents: the document of every unit, units without items included.
        gold: the gold items.
        predicted: the predicted items.
    """
    codes = encode(gold.facets, predicted.facets)
    both = np.concatenate(codes)
    if int(both.max(initial=0)) > MAX_SPARSENESS * len(both):
        (both,) = number(both)
    seen = np.bincount(both) > 0
    stratum = (np.cumsum(seen) - 1)[both]
    example = np.empty(int(seen.sum()), dtype=np.int64)  # an item of each stratum
    example[stratum] = np.arange(len(both))
    values = [
        [names[code] if code >= 0 else "" for code in np.concatenate(columns)[example].tolist()]
        for names, *columns in zip(facets.values(), gold.facets, predicted.facets, strict=True)
    ]
    strata = tuple(zip(*values, strict=True))
    place = np.concatenate([gold.unit, predicted.unit]) * len(strata) + stratum
    (cell,) = (place,) if len(documents) * len(strata) <= MAX_SPARSENESS * len(place) else number(place)
    sums: Floats = np.zeros((int(cell.max(initial=-1)) + 1, 4))
    for side, items, here in zip((0, 2), (gold, predicted), np.split(cell, [len(gold.unit)]), strict=True):
        sums[:, side] = np.bincount(here, weights=items.credit, minlength=len(sums))
        sums[:, side + 1] = np.bincount(here, weights=items.weight, minlength=len(sums))
    if cell is place:
        filled = np.flatnonzero(np.bincount(cell, minlength=len(sums)))
        unit, stratum = np.divmod(filled, max(1, len(strata)))
        sums = sums[filled]
    else:
        unit, stratum = np.empty((2, len(sums)), dtype=np.int64)
        unit[cell], stratum[cell] = np.divmod(place, len(strata))
    return Counts(metric, tuple(facets), strata, documents, unit, stratum, sums)
