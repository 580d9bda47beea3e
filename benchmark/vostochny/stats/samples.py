"""A sample: the rows of one number of a report over all units, in whichever form they were kept.

Of few units all rows are kept; of more, the rows of documents and the moments of units; of very many documents, totals
and moments alone. What was kept depends on the number of units and documents alone, never on the way that they came.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vostochny.metrics.counts import add_cells, number_runs, sum_exactly
from vostochny.metrics.matching import Floats, Ints
from vostochny.stats.moments import Key, Moments, Rows

MAX_KEPT_UNITS = 500  # of more units, the moments are used and not the rows
MAX_KEPT_DOCUMENTS = 1000  # of more documents, the moments are used and not the rows of documents


@dataclass(frozen=True, eq=False)
class Sample:
    """The rows of some parts over the same units.

    Attributes:
        parts: The parts, each by its key.
        documents: The document of each kept row, shape (rows,). A row is a unit; or a document, or all of them
            together, where ``moments`` is given.
        row: The row of each cell.
        part: The part of each cell.
        cells: The four numbers of each cell, shape (cells, 4).
        moments: The moments of all units; None where every unit is kept.
    """

    parts: tuple[Key, ...]
    documents: Ints
    row: Ints
    part: Ints
    cells: Floats
    moments: Moments | None = None

    @property
    def units(self) -> int:
        """The number of units."""
        return self.moments.units if self.moments else len(self.documents)

    @property
    def has_units(self) -> bool:
        """Whether the units are few enough to use their rows."""
        return self.units <= MAX_KEPT_UNITS

    @cached_property
    def document_count(self) -> int:
        """The number of documents that have units."""
        return self.moments.documents if self.moments else len(np.unique(self.documents))

    @property
    def has_documents(self) -> bool:
        """Whether the documents are few enough to use their rows."""
        return self.document_count <= MAX_KEPT_DOCUMENTS

    @cached_property
    def totals(self) -> Floats:
        """The four numbers of each part, shape (parts, 4)."""
        return sum_exactly(self.part, self.cells, len(self.parts))

    @cached_property
    def rows(self) -> Floats:
        """The four numbers of each kept row and part, shape (rows, parts, 4)."""
        return self._sum(np.arange(len(self.documents)))

    @cached_property
    def by_document(self) -> Floats:
        """The rows of documents, shape (documents, parts, 4); of more than are kept, of none."""
        return self.sum_documents() if self.has_documents else np.zeros((0, len(self.parts), 4))

    def sum_documents(self) -> Floats:
        """Return the rows of documents, however many, of a sample whose rows are all kept."""
        return self._sum(number_runs(self.documents))

    def _sum(self, group: Ints) -> Floats:
        """Return the sums over groups of rows, shape (groups, parts, 4)."""
        groups = int(group[-1]) + 1 if len(group) else 0
        place = group[self.row] * len(self.parts) + self.part
        return add_cells(place, self.cells, groups * len(self.parts)).reshape(groups, len(self.parts), 4)

    @cached_property
    def known_moments(self) -> Moments:
        """The moments of all units, made from the rows where there are none."""
        if self.moments:
            return self.moments
        moments = Moments()
        moments.add(number_runs(self.documents), [Rows(self.parts, self.row, self.part, self.cells, ("all",))])
        return moments

    @property
    def within(self) -> Floats:
        """The covariance of the totals over resamples of units, shape (4 · parts, 4 · parts)."""
        return self.known_moments.within(self.parts)

    @property
    def between(self) -> Floats:
        """The sum of the products of documents' totals, shape (4 · parts, 4 · parts)."""
        return self.known_moments.between(self.parts)

    @cached_property
    def drawable(self) -> int:
        """The number of units that another unit can be drawn in place of; the others are in every resample."""
        if self.moments:
            return self.moments.drawable
        single = int((np.bincount(number_runs(self.documents)) == 1).sum()) if len(self.documents) else 0
        return len(self.documents) - (single == 1)


def join_samples(a: Sample, b: Sample) -> Sample:
    """Return the samples of two systems over the same units as one: the parts of both, each system's in one order.

    A part that only one of them has is zeros for the other. Raises ValueError where they are over different units.
    """
    if not np.array_equal(a.documents, b.documents) or a.moments or b.moments:
        raise ValueError("the systems were scored over different units")
    parts = list(dict.fromkeys([*a.parts, *b.parts]))
    number = {key: i for i, key in enumerate(parts)}
    columns = []
    for i, sample in enumerate((a, b)):
        new = np.array([number[key] + i * len(parts) for key in sample.parts], dtype=np.int64)
        columns.append(new[sample.part])
    return Sample(
        tuple((side, *key) for side in SIDES for key in parts), a.documents, np.concatenate([a.row, b.row]),
        np.concatenate(columns), np.concatenate([a.cells, b.cells]),
    )  # fmt: skip


SIDES = ("first", "other")  # the systems of a joined sample
