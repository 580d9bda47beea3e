"""Add up the counts of several metrics over any number of documents, and keep what their intervals need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from vostochny.metrics.counts import Counts, ExactSums, concatenate, merge_cells, number_runs
from vostochny.metrics.matching import Floats, Ints
from vostochny.stats.measures import list_rows
from vostochny.stats.moments import Moments, Rows
from vostochny.stats.samples import MAX_KEPT_DOCUMENTS, MAX_KEPT_UNITS


class Sums:
    """The counts of metrics over the same units, to which those of more documents are added in place.

    The counts of up to MAX_KEPT_UNITS units are kept as they are. Of more, exact sums by stratum and the moments of
    units are kept, and up to MAX_KEPT_DOCUMENTS also the counts of each document; their size does not grow any more.
    What is kept at the end depends on the set of documents alone.

    Attributes:
        units: Number of units.
        documents: Number of documents.

    Args:
        list_rows: Returns the rows that moments are needed of, of counts by metric.
    """

    def __init__(self, list_rows: Callable[[Mapping[str, Counts]], Iterable[Rows]] = list_rows) -> None:
        self._list_rows = list_rows
        self.units = self.documents = 0
        self._batches: list[Mapping[str, Counts]] | None = []  # as they came; None once they are too many
        # Of each batch the number of documents; of each cell, a document in a stratum, document, place and numbers.
        self._by_document: list[tuple[int, Ints, Ints, Floats]] | None = []
        self._facets: dict[str, tuple[str, tuple[str, ...]]] = {}  # metric and facets of the counts of each name
        self._strata: dict[tuple[str, tuple[str, ...]], int] = {}  # the place of each name and stratum in the totals
        self._totals = ExactSums()
        self._moments = Moments()

    def add(self, counts: Mapping[str, Counts]) -> None:
        """Add the counts of some documents, by metric; all of them are over the same units."""
        if not counts:
            return
        documents = next(iter(counts.values())).documents
        self.units += len(documents)
        self.documents += len(np.unique(documents))
        if self._batches is None:
            self._absorb(counts)
        else:
            self._batches.append(counts)
            self._let_go()

    def update(self, other: Sums) -> None:
        """Add the counts of other documents."""
        self.units += other.units
        self.documents += other.documents
        if self._batches is not None:
            self._batches += other._batches or []
            self._let_go()
        else:
            for batch in other._batches or ():
                self._absorb(batch)
        if other._batches is None:
            self._absorb_batches()
            self._moments.update(other._moments)
            self._facets |= other._facets
            places = self._number(other._strata)
            self._totals.update(other._totals, places)
            if self._by_document is not None and other._by_document is not None:
                self._by_document += [(n, document, places[at], cells) for n, document, at, cells in other._by_document]
            else:
                self._by_document = None
            self._let_go()

    @property
    def moments(self) -> Moments | None:
        """The moments of all units; None where the counts of all of them are kept."""
        return self._moments if self._batches is None else None

    def counts(self, name: str, rank: Ints) -> Counts:
        """Return the counts of a metric: of units, of documents, or of all together, as they were kept.

        ``rank`` is the place of each document, in the order in which they were added, among the sorted ones.
        """
        if self._batches is not None:
            return concatenate([batch[name] for batch in self._batches]).reorder(rank)
        metric, facets = self._facets[name]
        places = {stratum: at for (of, stratum), at in self._strata.items() if of == name}
        if self._by_document is not None:
            stratum_at = np.full(len(self._strata), -1)
            stratum_at[list(places.values())] = np.arange(len(places))
            before, parts = 0, []
            for count, document, at, cells in self._by_document:
                stratum = stratum_at[at]
                here = stratum >= 0
                parts.append((document[here] + before, stratum[here], cells[here]))
                before += count
            columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
            return Counts(metric, facets, tuple(places), np.arange(before), *columns).reorder(rank)
        table = self._totals.values(len(self._strata))[None, list(places.values())]
        documents = np.zeros(1, dtype=np.int64)
        return Counts.of_table(metric, facets, tuple(places), table, documents).reorder(documents)

    def _let_go(self) -> None:
        """Drop what is kept of single units and documents once they are too many."""
        if self._batches is not None and self.units > MAX_KEPT_UNITS:
            self._absorb_batches()
        if self._by_document is not None and self.documents > MAX_KEPT_DOCUMENTS:
            self._by_document = None

    def _absorb_batches(self) -> None:
        batches, self._batches = self._batches or (), None
        for batch in batches:
            self._absorb(batch)

    def _absorb(self, counts: Mapping[str, Counts]) -> None:
        """Add counts to the sums, and do not keep their units."""
        documents = next(iter(counts.values())).documents
        self._moments.add(documents, self._list_rows(counts))
        places = []
        for name, one in counts.items():
            self._facets[name] = one.metric, one.facets
            places.append(self._number([(name, stratum) for stratum in one.strata])[one.stratum])
        place, cells = np.concatenate(places), np.concatenate([one.cells for one in counts.values()])
        self._totals.add(place, cells)
        if self._by_document is not None:
            document = number_runs(documents)
            unit = np.concatenate([one.unit for one in counts.values()])
            count, width = int(document.max(initial=-1)) + 1, max(1, len(self._strata))
            filled, sums = merge_cells(document[unit] * width + place, cells)
            self._by_document.append((count, *np.divmod(filled, width), sums))
        self._let_go()

    def _number(self, keys: Iterable[tuple[str, tuple[str, ...]]]) -> Ints:
        """Return the places of names and strata in the totals; those met first get one."""
        return np.array([self._strata.setdefault(key, len(self._strata)) for key in keys], dtype=np.int64)
