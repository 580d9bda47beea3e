"""Compute scores from counts: of one total or of thousands at once, of one metric or of several together.

Everything here takes totals, arrays whose last axis is the four numbers of metrics.counts, so that a resample or a
left-out document is scored from summed rows and no metric is computed again. The uncertainty of a score is computed in
:mod:`vostochny.stats.intervals`, the difference between two systems in :mod:`vostochny.stats.paired`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vostochny.metrics.counts import GOLD, GOLD_CREDIT, PREDICTED, PREDICTED_CREDIT, Counts, add_cells
from vostochny.metrics.matching import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1, with the counts that they are computed from.

    Each is None where it is undefined: recall without gold, precision without predictions, F1 without either. With
    gold and no prediction (or the reverse) F1 is 0. ``right`` is the credit on the gold side.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    right: float
    gold: float
    predicted: float


def score(counts: Counts) -> Score:
    """Return the score of summed counts, micro-averaged over units and strata."""
    return from_total(counts.total())


def from_total(total: Floats) -> Score:
    """Return the score of four summed numbers (metrics.counts), shape (4,)."""
    right, gold, right_predicted, predicted = (
        float(total[i]) for i in (GOLD_CREDIT, GOLD, PREDICTED_CREDIT, PREDICTED)
    )
    recall = right / gold if gold else None
    precision = right_predicted / predicted if predicted else None
    if recall is None and precision is None:
        f1 = None
    elif not recall or not precision:
        f1 = 0.0
    else:
        f1 = 2 * precision * recall / (precision + recall)
    return Score(precision, recall, f1, right, gold, predicted)


def recalls(totals: Floats) -> Floats:
    """Return the recall of each total, shape (..., 4) → (...); NaN without gold."""
    return _ratio(totals[..., GOLD_CREDIT], totals[..., GOLD])


def precisions(totals: Floats) -> Floats:
    """Return the precision of each total, shape (..., 4) → (...); NaN without predictions."""
    return _ratio(totals[..., PREDICTED_CREDIT], totals[..., PREDICTED])


def f1s(totals: Floats) -> Floats:
    """Return the F1 of each total, shape (..., 4) → (...): as :func:`from_total`, with NaN in the place of None."""
    recall, precision = recalls(totals), precisions(totals)
    denominator = precision + recall
    # Where one of the two is undefined or both are 0, the denominator is NaN or 0 and F1 is 0.
    f1 = np.divide(2 * precision * recall, denominator, out=np.zeros(np.shape(denominator)), where=denominator > 0)
    out: Floats = np.where(np.isnan(recall) & np.isnan(precision), np.nan, f1)
    return out


def _ratio(part: Floats, whole: Floats) -> Floats:
    out: Floats = np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)
    return out


Combine = Callable[[Floats], Floats]
"""A function from the totals of a measure's parts to one number: shape (..., parts, 4) → (...), NaN where undefined."""


def micro(totals: Floats) -> Floats:
    """Return the F1 of the parts' sum."""
    return f1s(totals.sum(axis=-2))


def recall_only(totals: Floats) -> Floats:
    """Return the recall of the parts' sum: for accuracies, and for facets in which predictions have no value."""
    return recalls(totals.sum(axis=-2))


def macro(totals: Floats) -> Floats:
    """Return the mean F1 of the parts that have gold in these totals; NaN where none has.

    The rule applies to every total alike: a resample, a document, the whole. So a type without gold never enters the
    mean, though it was predicted: its false positives lower the micro F1 only.
    """
    return _mean(f1s(totals), totals[..., GOLD] > 0)


def mean(totals: Floats) -> Floats:
    """Return the mean F1 of the parts where it is defined, such as CoNLL F1 of MUC, B³, CEAF (Pradhan et al. 2014).

    A part that is undefined, such as MUC where neither side has a link, is left out rather than counted as 0.
    """
    f1 = f1s(totals)
    return _mean(f1, ~np.isnan(f1))


def _mean(values: Floats, enters: Bools) -> Floats:
    """Return the mean over the last axis of the values that enter; NaN where none does."""
    return _ratio(np.where(enters, values, 0.0).sum(axis=-1), enters.sum(axis=-1).astype(np.float64))


@dataclass(frozen=True)
class Measure:
    """One number of a report: one or several counts over the same units, and the function that combines them.

    Each of ``counts`` is one part for ``combine``, named after its metric; with ``facet`` there is one count, and each
    value of that facet is a part. Examples::

        Measure("entities.names", (counts,))                                   micro F1
        Measure("entities.names_macro", (counts,), macro, facet="type")        macro F1 over types
        Measure("conll", (muc, b3, ceaf), mean)                                CoNLL F1
        Measure("quotes.direct", (counts.by("directness")["direct"],), recall_only)
    """

    name: str
    counts: tuple[Counts, ...]
    combine: Combine = micro
    facet: str = ""

    def __post_init__(self) -> None:
        names = {counts.metric for counts in self.counts}
        if not names or len(names) < len(self.counts) or (self.facet and len(names) > 1):
            raise ValueError(f"{self.name}: takes one count, or several of different metrics and no facet")
        if any(not np.array_equal(c.documents, self.documents) for c in self.counts[1:]):
            raise ValueError(f"{self.name}: its counts are over different units")

    @property
    def documents(self) -> Ints:
        """The document of each unit."""
        return self.counts[0].documents

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The names of the parts: the values of the facet, or the metrics."""
        if not self.facet:
            return tuple(counts.metric for counts in self.counts)
        at = self.counts[0].facets.index(self.facet)
        return tuple(dict.fromkeys(stratum[at] for stratum in self.counts[0].strata))

    @cached_property
    def _cells(self) -> tuple[Ints, Ints, Floats]:
        """The unit and the part of each cell, and its four numbers."""
        if not self.facet:
            parts = [np.full_like(counts.unit, i) for i, counts in enumerate(self.counts)]
        else:
            (counts,) = self.counts
            at, number = counts.facets.index(self.facet), {name: i for i, name in enumerate(self.parts)}
            parts = [np.array([number[stratum[at]] for stratum in counts.strata], dtype=np.int64)[counts.stratum]]
        units, cells = [counts.unit for counts in self.counts], [counts.cells for counts in self.counts]
        return np.concatenate(units), np.concatenate(parts), np.concatenate(cells)

    @cached_property
    def rows(self) -> Floats:
        """The four numbers of each unit and part, shape (units, parts, 4)."""
        return self.rows_of(self.parts)

    def rows_of(self, parts: Sequence[str]) -> Floats:
        """Return the rows of these parts in this order, zeros for an absent part: to compare two systems."""
        return self._sum(np.arange(len(self.documents)), len(self.documents), parts)

    @cached_property
    def totals(self) -> Floats:
        """The four numbers of each part, shape (parts, 4)."""
        out: Floats = self._sum(np.zeros(len(self.documents), dtype=np.int64), 1, self.parts)[0]
        return out

    @cached_property
    def by_document(self) -> Floats:
        """The rows summed by document, shape (documents, parts, 4)."""
        document = np.cumsum(np.diff(self.documents, prepend=-1) != 0) - 1
        return self._sum(document, int(document[-1]) + 1 if len(document) else 0, self.parts)

    def _sum(self, group: Ints, groups: int, parts: Sequence[str]) -> Floats:
        """Return the sums over groups of units, shape (groups, parts, 4)."""
        unit, part, cells = self._cells
        places = {name: i for i, name in enumerate(parts)}
        column = np.array([places[name] for name in self.parts], dtype=np.int64)
        sums: Floats = add_cells(group[unit] * len(parts) + column[part], cells, groups * len(parts))
        out: Floats = sums.reshape(groups, len(parts), 4)
        return out

    @property
    def value(self) -> float | None:
        """The number itself; None where undefined."""
        return none_if_nan(self.combine(self.totals))

    @property
    def score(self) -> Score | None:
        """Precision, recall and counts; None for a mean of several scores, which has none of its own."""
        return None if self.facet or len(self.counts) > 1 else score(self.counts[0])

    @property
    def support(self) -> float:
        """The gold weight behind the number: of several counts the smallest, since the weakest limits the whole."""
        return float(self._support(self.totals))

    @property
    def document_support(self) -> Floats:
        """The same for each document by itself, shape (documents,)."""
        return self._support(self.by_document)

    def _support(self, totals: Floats) -> Floats:
        gold = totals[..., GOLD]
        out: Floats = gold.sum(axis=-1) if self.facet else gold.min(axis=-1)
        return out


def none_if_nan(value: float | Floats) -> float | None:
    """Return a number, or None for NaN."""
    number = float(value)
    return None if np.isnan(number) else number
