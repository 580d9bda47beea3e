"""Compute scores from counts: of one total or of thousands at once, of one metric or of several together.

Everything here takes totals, arrays whose last axis is the four numbers of metrics.counts, so that a resample or a
left-out document is scored from summed rows and no metric is computed again. The uncertainty of a score is computed in
:mod:`vostochny.stats.intervals`, the difference between two systems in :mod:`vostochny.stats.paired`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from vostochny.metrics.counts import GOLD, GOLD_CREDIT, PREDICTED, PREDICTED_CREDIT, Counts
from vostochny.metrics.matching import Bools, Floats
from vostochny.stats.moments import Key, Moments
from vostochny.stats.samples import Sample


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


def unstated(totals: Floats) -> Floats:
    """Return NaN: the accuracy of an attribute that a system never states is undefined, not 0."""
    return np.full(np.shape(totals)[:-2], np.nan)


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


@dataclass(frozen=True, eq=False)
class Measure:
    """One number of a report: one or several counts over the same units, and the function that combines them.

    Each of ``counts`` is one part for ``combine``, named after its metric; with ``facet`` there is one count, and each
    value of that facet is a part. ``moments`` are those of all units, where the counts do not have them all any more;
    ``selected`` names facet and value by which
    the counts were selected, if they were. Examples::

        Measure("entities.names", (counts,))                                   micro F1
        Measure("entities.names_macro", (counts,), macro, facet="type")        macro F1 over types
        Measure("conll", (muc, b3, ceaf), mean)                                CoNLL F1
        Measure("direct", (counts.by("directness")["direct"],), recall_only, selected=("directness", "direct"))
    """

    name: str
    counts: tuple[Counts, ...]
    combine: Combine = micro
    facet: str = ""
    moments: Moments | None = None
    selected: Key = ()

    def __post_init__(self) -> None:
        names = {counts.metric for counts in self.counts}
        if not names or len(names) < len(self.counts) or (self.facet and len(names) > 1):
            raise ValueError(f"{self.name}: takes one count, or several of different metrics and no facet")
        if any(not np.array_equal(c.documents, self.counts[0].documents) for c in self.counts[1:]):
            raise ValueError(f"{self.name}: its counts are over different units")

    @cached_property
    def sample(self) -> Sample:
        """The rows of the parts over all units."""
        if not self.facet:
            keys: list[Key] = [(counts.metric, *self.selected) for counts in self.counts]
            parts = [np.full_like(counts.unit, i) for i, counts in enumerate(self.counts)]
        else:
            (counts,) = self.counts
            values, part = counts.find_parts(self.facet)
            keys, parts = [(counts.metric, self.facet, value) for value in values], [part[counts.stratum]]
        row, cells = ([getattr(counts, name) for counts in self.counts] for name in ("unit", "cells"))
        return Sample(
            tuple(keys), self.counts[0].documents, np.concatenate(row), np.concatenate(parts), np.concatenate(cells),
            self.moments,
        )  # fmt: skip

    @property
    def totals(self) -> Floats:
        """The four numbers of each part, shape (parts, 4)."""
        return self.sample.totals

    @cached_property
    def value(self) -> float | None:
        """The number itself; None where undefined."""
        return none_if_nan(self.combine(self.totals))

    @property
    def score(self) -> Score | None:
        """Precision, recall and counts; None for a mean of several scores, which has none of its own."""
        if self.facet or len(self.counts) > 1:
            return None
        return self.describe(from_total(self.totals[0]))

    def describe(self, one: Score) -> Score:
        """Return a score of this measure, or of a part of it, as it is to be reported."""
        return replace(one, precision=None, recall=None, f1=None) if self.combine is unstated else one

    @property
    def support(self) -> float:
        """The gold weight behind the number: of several counts the smallest, since the weakest limits the whole."""
        return float(self.find_support(self.totals))

    def find_support(self, totals: Floats) -> Floats:
        """Return the gold weight behind the numbers of totals, shape (..., parts, 4) → (...)."""
        gold = totals[..., GOLD]
        out: Floats = gold.sum(axis=-1) if self.facet else gold.min(axis=-1)
        return out


def none_if_nan(value: float | Floats) -> float | None:
    """Return a number, or None for NaN."""
    number = float(value)
    return None if np.isnan(number) else number
