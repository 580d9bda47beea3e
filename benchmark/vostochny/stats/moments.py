"""Sums of products of rows: what the intervals of a score need of more units than are kept.

A *part* is one of the rows of a sample (:mod:`vostochny.stats.samples`): the four numbers of metrics.counts of one
metric, or of one value of a facet of it, in each unit. With x the row of a unit, and T the sum of the n rows of its
document, three sums are kept for every part, and for every two parts whose numbers are combined::

    within    Σ n/(n-1) Σ (x - T/n)(x - T/n)ᵀ    over the documents of several units
    single    Σ x xᵀ                             over the documents of one unit
    between   Σ T Tᵀ                             over all documents

The first two are the covariance of the bootstrap's totals, the last is that of the jackknife's
(:mod:`vostochny.stats.intervals`). What a document adds to each is rounded to a multiple of 2⁻¹⁶ (a very large number
to the precision of a float), so that the sums are whole numbers of such steps: exact, and the same in whatever order,
and over however many computers, documents are added. Their size does not depend on the number of documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from vostochny.metrics.counts import ExactSums, merge_cells
from vostochny.metrics.matching import Bools, Floats, Ints

STEP = 2.0**-16  # the least difference of two products
# The steps of a product are kept as two numbers, the higher one counting so many. A product of two counts of pairs can
# have more steps than a float or a 64-bit integer sums exactly: 28 000 mentions in one document are 4 · 10⁸ pairs.
_HIGH = 2.0**30
MAX_PARTS = 200  # of a mean over types above which it has no interval: all pairs of types would be 20 000
_MAX_SET = 2 * MAX_PARTS  # parts of one set, of two systems, above which no products between them are kept
_WITHIN, _SINGLE, _BETWEEN = range(3)
_SHIFT = 32  # a pair's number is that of its lower part, shifted by so many bits, plus that of its higher one

Key = tuple[str, ...]
"""What names a part: a metric, or a metric, a facet and one of its values; for two systems, the system before it."""
Pairs = tuple[Ints, Ints]
"""The indices of the first and of the second cell of each pair."""


class Rows(NamedTuple):
    """The rows of some parts over the same units, as cells: several cells of one unit and part are added up.

    ``part`` gives the index into ``keys`` of each cell, ``cells`` has the shape (cells, 4). ``set_name``, if not empty,
    names a set of parts of which all products are needed, each with each.
    """

    keys: Sequence[Key]
    unit: Ints
    part: Ints
    cells: Floats
    set_name: Key = ()


class Moments:
    """The sums of products of the rows of any number of documents, to which more are added in place.

    Attributes:
        documents: Number of documents.
        units: Number of units.
        singles: Number of documents of one unit.
    """

    def __init__(self) -> None:
        self.documents = self.units = self.singles = 0
        self._parts: dict[Key, int] = {}
        self._set_of: list[int] = []  # of each part; a part that is in no set is a set of its own
        self._sets: dict[Key, int] = {}
        # The sums of each part with itself, by kind, in steps and in multiples of _HIGH steps.
        self._own: Ints = np.zeros((0, 3, 2, 4, 4), dtype=np.int64)
        self._pairs: dict[int, int] = {}  # the row in _cross of each pair of parts
        self._cross: Ints = np.zeros((0, 3, 2, 4, 4), dtype=np.int64)
        self._single_totals = ExactSums()

    @property
    def drawable(self) -> int:
        """The number of units that another unit can be drawn in place of."""
        return self.units - (self.singles == 1)

    def add(self, documents: Ints, rows: Iterable[Rows]) -> None:
        """Add the rows of the units of some documents; ``documents`` gives the document of each unit, from 0 on."""
        sizes = np.bincount(documents)
        self.documents += int((sizes > 0).sum())
        self.units += len(documents)
        self.singles += int((sizes == 1).sum())
        columns = [(one.unit, self._number(one.keys, one.set_name)[one.part], one.cells) for one in rows]
        if not columns:
            return
        unit, part, cells = self._merge(*(np.concatenate(column) for column in zip(*columns, strict=True)))
        place = documents[unit] * len(self._parts) + part
        document, document_part, totals = self._merge(documents[unit], part, cells)
        places = document * len(self._parts) + document_part
        at = np.searchsorted(places, place)  # of each cell of a unit, that of its document
        size = sizes[document]
        for a in range(4):
            for b in range(a + 1):
                squares = np.bincount(at, weights=cells[:, a] * cells[:, b], minlength=len(places))
                for kind, i, steps in _list_steps(size, squares, totals[:, a] * totals[:, b]):
                    sums = np.bincount(document_part, weights=steps, minlength=len(self._parts)).astype(np.int64)
                    self._own[: len(sums), kind, i, a, b] += sums
                    if a != b:
                        self._own[: len(sums), kind, i, b, a] += sums
        self._add_pairs(
            self._pair(unit, part), cells, at, self._pair(document, document_part), totals, document_part, size
        )
        keep = size == 1
        self._single_totals.add(document_part[keep], totals[keep])

    def update(self, other: Moments) -> None:
        """Add the sums of other documents."""
        self.documents += other.documents
        self.units += other.units
        self.singles += other.singles
        set_names = {number: name for name, number in other._sets.items()}
        new = [int(self._number([key], set_names[of])[0]) for key, of in zip(other._parts, other._set_of, strict=True)]
        self._own[new] += other._own[: len(new)]
        self._single_totals.update(other._single_totals, np.array(new, dtype=np.int64))
        pairs = [(new[code >> _SHIFT], new[code & ((1 << _SHIFT) - 1)]) for code in other._pairs]
        rows = self._find_pairs([(min(pair) << _SHIFT) + max(pair) for pair in pairs])
        sums = other._cross[: len(pairs)]
        swapped = np.array([left > right for left, right in pairs], dtype=bool)
        self._cross[rows] += np.where(swapped[:, None, None, None, None], sums.swapaxes(-1, -2), sums)

    def within(self, keys: Sequence[Key]) -> Floats:
        """Return the covariance of the totals of these parts over resamples of units, shape (4 · parts, 4 · parts).

        Documents of one unit are drawn from among each other. Of parts of which no products were kept it is 0.
        """
        numbers = self._find(keys)
        out = self._matrix(numbers, _WITHIN)
        if self.singles > 1:
            sums = np.concatenate([self._single_totals.values(len(self._parts)), np.zeros((1, 4))])[numbers]
            products = sums[:, :, None, None] * sums * self._has_products(numbers)[:, None, :, None]
            centred = self._matrix(numbers, _SINGLE) - products / self.singles
            out += centred * (self.singles / (self.singles - 1))
        return out.reshape(4 * len(keys), 4 * len(keys))

    def between(self, keys: Sequence[Key]) -> Floats:
        """Return the sum of the products of documents' totals, shape (4 · parts, 4 · parts)."""
        return self._matrix(self._find(keys), _BETWEEN).reshape(4 * len(keys), 4 * len(keys))

    def _find(self, keys: Sequence[Key]) -> Ints:
        """Return the numbers of parts, -1 for those that were not met."""
        return np.array([self._parts.get(key, -1) for key in keys], dtype=np.int64)

    def _has_products(self, numbers: Ints) -> Bools:
        """Return for each two of these parts whether their products are kept, shape (parts, parts)."""
        # A set may have become too large only after products of its first parts were kept.
        may_pair = np.append(self._set_sizes <= _MAX_SET, False)
        set_of = np.append(self._set_of, len(may_pair) - 1).astype(np.int64)[numbers]
        out: Bools = (set_of[:, None] == set_of) & may_pair[set_of]
        np.fill_diagonal(out, numbers >= 0)
        return out

    def _matrix(self, numbers: Ints, which: int) -> Floats:
        """Return one kind of sum for all pairs of these parts, shape (parts, 4, parts, 4)."""
        out = np.zeros((len(numbers), 4, len(numbers), 4))
        for i, j in np.argwhere(np.tril(self._has_products(numbers))).tolist():
            left, right = int(numbers[i]), int(numbers[j])
            if i == j:
                out[i, :, i] = _join(self._own[left, which])
                continue
            row = self._pairs.get((min(left, right) << _SHIFT) + max(left, right))
            if row is not None:
                products = _join(self._cross[row, which])
                out[i, :, j] = products if left < right else products.T
                out[j, :, i] = out[i, :, j].T
        return out * STEP

    @property
    def _set_sizes(self) -> Ints:
        """The number of parts of each set."""
        return np.bincount(self._set_of, minlength=len(self._sets))

    def _number(self, keys: Sequence[Key], set_name: Key) -> Ints:
        """Return the numbers of parts; those met first get one, and are put into their set."""
        out = np.empty(len(keys), dtype=np.int64)
        for i, key in enumerate(keys):
            number = self._parts.get(key)
            if number is None:
                number = self._parts[key] = len(self._parts)
                self._set_of.append(self._sets.setdefault(set_name or key, len(self._sets)))
            out[i] = number
        self._own = _grow(self._own, len(self._parts))
        return out

    def _merge(self, group: Ints, part: Ints, cells: Floats) -> tuple[Ints, Ints, Floats]:
        """Return the cells with those of one group (a unit, a document) and part added up, sorted by both."""
        places, sums = merge_cells(group * len(self._parts) + part, cells)
        return *np.divmod(places, len(self._parts)), sums

    def _add_pairs(
        self, units: Pairs, cells: Floats, at: Ints, documents: Pairs, totals: Floats, part: Ints, size: Ints
    ) -> None:
        """Add the products of the cells of two parts of one set.

        Args:
            units: the pairs of cells of one unit.
            cells: the cells of units.
            at: of each of them, the index of the cell of its document and part.
            documents: the pairs of cells of one document.
            totals: the cells of documents.
            part: their parts.
            size: the number of units of their documents.
        """
        left, right = documents
        if not len(left):
            return
        codes, place = np.unique((part[left] << _SHIFT) + part[right], return_inverse=True)
        rows = self._find_pairs(codes.tolist())
        keys = left * len(part) + right
        order = np.argsort(keys)
        pair = order[np.searchsorted(keys, at[units[0]] * len(part) + at[units[1]], sorter=order)]
        for a in range(4):
            for b in range(4):
                squares = np.bincount(pair, weights=cells[units[0], a] * cells[units[1], b], minlength=len(left))
                for kind, i, steps in _list_steps(size[left], squares, totals[left, a] * totals[right, b]):
                    self._cross[rows, kind, i, a, b] += np.bincount(place.reshape(-1), weights=steps).astype(np.int64)

    def _pair(self, group: Ints, part: Ints) -> Pairs:
        """Return the pairs of cells of one group and set, as two columns of indices; the first has the lower part.

        The cells are sorted by group and part. A set that is too large has no pairs.
        """
        sizes = self._set_sizes
        set_of = np.array(self._set_of)[part]
        (chosen,) = np.nonzero((sizes[set_of] > 1) & (sizes[set_of] <= _MAX_SET))
        run = group[chosen] * len(sizes) + set_of[chosen]
        order = chosen[np.argsort(run, kind="stable")]
        lengths = np.unique(run, return_counts=True)[1]
        # Each cell is paired with those that follow it in its run.
        after = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(order)) - 1
        left = np.repeat(np.arange(len(order)), after)
        right = left + 1 + np.arange(len(left)) - np.repeat(np.cumsum(after) - after, after)
        return order[left], order[right]

    def _find_pairs(self, codes: Sequence[int]) -> list[int]:
        """Return the rows of pairs of parts in the sums; those met first get one."""
        rows = [self._pairs.setdefault(code, len(self._pairs)) for code in codes]
        self._cross = _grow(self._cross, len(self._pairs))
        return rows


def _list_steps(size: Ints, squares: Floats | Ints, products: Floats) -> Iterator[tuple[int, int, Floats]]:
    """Yield what documents add to each kind of sum, in steps (0) and, where there are any, in multiples of _HIGH (1).

    Args:
        size: the number of units of each document.
        squares: the sum of the products of the rows of its units.
        products: the product of the sums of these rows.
    """
    # Rounded by document: rows that are all alike then do not vary at all.
    within = (size * squares - products) / np.maximum(size - 1, 1)
    kinds = [(_WITHIN, within), (_BETWEEN, products)]
    is_single = size == 1
    if is_single.any():
        kinds[0] = _WITHIN, np.where(is_single, 0, within)
        kinds.append((_SINGLE, np.where(is_single, products, 0)))
    for kind, sums in kinds:
        steps = np.rint(sums / STEP)
        greatest = max(steps.max(initial=0), -steps.min(initial=0))
        if greatest >= _HIGH:
            high = np.trunc(steps / _HIGH)
            steps -= high * _HIGH
            yield kind, 1, high
        if greatest and steps.any():
            yield kind, 0, steps


def _join(sums: Ints) -> Floats:
    """Return sums that were kept as two numbers, shape (2, ...), as one: in steps."""
    out: Floats = sums[0] + sums[1] * _HIGH
    return out


def _grow(sums: Ints, rows: int) -> Ints:
    """Return sums with at least so many rows."""
    if rows <= len(sums):
        return sums
    larger = np.zeros((max(rows, 2 * len(sums)), *sums.shape[1:]), dtype=np.int64)
    larger[: len(sums)] = sums
    return larger
