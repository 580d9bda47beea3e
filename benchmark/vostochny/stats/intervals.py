"""Two 95 % intervals of a score, named after the texts that they speak of.

*These articles*: the score of this system on more text like these very articles. The paragraphs of an article are a
sample of the text that it could have had, so paragraphs are resampled within documents. *New articles of this kind*:
its score on other articles. The documents are the sample, five of them, so documents are left out one at a time.
Neither covers articles on other events.

Each has two forms. Up to MAX_KEPT_UNITS units they are drawn one by one, and up to MAX_KEPT_DOCUMENTS documents they
are left out one by one (:mod:`vostochny.stats.samples`). Of more, the first takes the totals of resamples from the
normal distribution that they converge to, and the second takes the change of a score from its gradient: both need no
rows but sums of their products (:mod:`vostochny.stats.moments`). The numbers of units and documents alone decide.

``python -m scripts coverage`` measures how often they contain the true value, and the choices below rest on its
results, benchmark/coverage.json. Of simulated samples of five articles the first interval contained the true value in
.93 to .95 (.92 with four paragraphs each), the second in .93 to .96; the usual bootstrap over the five documents in .81
to .85; and the first, mistaken for the second, in as few as .53. At the limits of units and of documents, and just
beyond them, both contained it in .93 to .96.
"""

from __future__ import annotations

import math
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from vostochny.metrics.matching import Floats
from vostochny.stats.moments import MAX_PARTS
from vostochny.stats.resampling import Resampling
from vostochny.stats.samples import Sample
from vostochny.stats.scores import Combine, Measure, none_if_nan, unstated

MIN_ITEMS = 30  # gold items below which there is no interval
MIN_DOCUMENTS = 3  # documents that the jackknife needs
MIN_UNITS = 20  # drawable units that the bootstrap needs
_MAX_UNDEFINED_SHARE = 0.05  # of the resamples
_GRADIENT_STEP = 1e-5  # by which totals are changed to find the gradient of a score, as a share of them

TOO_MANY_PARTS = f"a mean over more than {MAX_PARTS}: no interval"


class Interval(NamedTuple):
    """An interval with both ends included."""

    low: float
    high: float


def percentile_interval(scores: Floats) -> Interval | None:
    """Return the middle 95 % of resampled scores (Efron & Tibshirani 1993, section 13.3), undefined ones left out.

    None where more than one in twenty is undefined, or where all are equal: a perfect score has nothing to resample,
    and a point would claim a certainty that is not there.
    """
    known = scores[~np.isnan(scores)]
    if len(known) < (1 - _MAX_UNDEFINED_SHARE) * len(scores) or not len(known):
        return None
    low, high = _rounded(*(float(x) for x in np.quantile(known, (0.025, 0.975))))
    return Interval(low, high) if high > low else None


def jackknife_interval(value: float, left_out: Floats, support: float | None = None) -> Interval | None:
    """Return the delete-one-document jackknife interval of a score or of a difference.

    Variance (n - 1)/n · Σ(θᵢ - mean θ)² (Tukey 1958; Efron & Tibshirani 1993, equation 11.5), t with n - 1 degrees of
    freedom, centred on the value itself. A score's interval is computed on its log odds,
    ln((s·θ + ½) / (s·(1 - θ) + ½)), with the half as in Haldane (1956) so that 0 and 1 stay finite, and transformed
    back into [0, 1]: in no simulated scenario did this cover less than the plain scale, and where scores are high and
    articles differ much it covers .02 more.

    Scores that are not sums over documents, such as those across documents, work too: they are recomputed for each
    document left out. None with fewer than three documents or thirty items, where a value is undefined, or where all
    are equal.

    Args:
        value: the score or difference over all documents.
        left_out: the same without each document in turn, shape (documents,).
        support: the gold items that a score rests on; None for a difference, whose interval is plain, cut to [-1, 1].
    """
    n = len(left_out)
    if n < MIN_DOCUMENTS or np.isnan(value) or np.isnan(left_out).any() or np.ptp(left_out) == 0:
        return None
    if support is None:
        low, high = _t_interval(value, left_out)
        return _rounded(max(-1.0, low), min(1.0, high))
    if support < MIN_ITEMS:
        return None

    odds = log_odds(left_out, support)
    low, high = _t_interval(float(log_odds(np.array(value), support)), odds)
    return _rounded(_from_log_odds(low, support), _from_log_odds(high, support))


def log_odds(score: Floats, support: float) -> Floats:
    """Return the log odds of scores that rest on so many gold items."""
    odds: Floats = np.log((support * score + 0.5) / (support * (1 - score) + 0.5))
    return odds


def _from_log_odds(x: float, support: float) -> float:
    """Return the score, from 0 to 1, of log odds: (1 + tanh x/2) / 2 is their inverse and cannot overflow."""
    return min(1.0, max(0.0, ((support + 1) * (1 + math.tanh(x / 2)) / 2 - 0.5) / support))


def limit_interval(sample: Sample, combine: Combine, support: float | None = None) -> Interval | None:
    """Return what :func:`jackknife_interval` converges to, from the moments of a sample.

    Leaving out a document of totals T changes a number by -g·T, with g its gradient at the totals of all. The sum of
    the squares of that over documents is gᵀ(Σ T Tᵀ)g.

    Args:
        sample: The rows.
        combine: The number, a function of the totals.
        support: As for :func:`jackknife_interval`.
    """
    n = sample.document_count
    value = float(combine(sample.totals))
    gradient = find_gradient(sample.totals, combine)
    if n < MIN_DOCUMENTS or np.isnan(value) or np.isnan(gradient).any():
        return None
    error = math.sqrt(max(0.0, (n - 1) / n * float(gradient @ sample.between @ gradient)))
    half = t_quantile(0.975, n - 1) * error
    if _rounded(0, half).high == 0:
        return None
    if support is None:
        return _rounded(max(-1.0, value - half), min(1.0, value + half))
    if support < MIN_ITEMS:
        return None
    # The derivative of the log odds at the value.
    half *= support / (support * value + 0.5) + support / (support * (1 - value) + 0.5)
    centre = float(log_odds(np.array(value), support))
    return _rounded(_from_log_odds(centre - half, support), _from_log_odds(centre + half, support))


def find_gradient(totals: Floats, combine: Combine) -> Floats:
    """Return the gradient of a number at totals of shape (parts, 4), shape (4 · parts,), by central differences.

    It is 0 where a total is 0: then it is 0 in every document, too.
    """
    flat = totals.reshape(-1)
    steps = np.diag(flat * _GRADIENT_STEP)
    above, below = (combine((flat + sign * steps).reshape(-1, *totals.shape)) for sign in (1, -1))
    return np.divide(above - below, 2 * _GRADIENT_STEP * flat, out=np.zeros(len(flat)), where=flat > 0)


def _rounded(low: float, high: float) -> Interval:
    """Round to six decimals: further digits would differ between machines and mean nothing."""
    return Interval(round(low, 6), round(high, 6))


def _t_interval(centre: float, left_out: Floats) -> tuple[float, float]:
    """Return centre ± t · the jackknife's standard error."""
    n = len(left_out)
    error = math.sqrt((n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum()))
    half = t_quantile(0.975, n - 1) * error
    return centre - half, centre + half


def leave_one_out_totals(by_document: Floats) -> Floats:
    """Return the total without each document, shape (documents, ...) → the same.

    The other documents are summed; subtracting the one from the whole would leave rounding errors where 0 is right.
    """
    before = np.cumsum(by_document, axis=0)
    after = np.cumsum(by_document[::-1], axis=0)[::-1]
    out = np.zeros_like(by_document)
    out[1:] += before[:-1]
    out[:-1] += after[1:]
    return out


class Uncertainty:
    """A measure's value and its intervals, each computed when it is first asked for.

    An attribute is None where it is undefined or not given, and ``notes`` state why. Two are equal if all their
    attributes are.

    Args:
        measure: The measure.
        resampling: The draws; None for no interval for these articles.
    """

    ATTRIBUTES = (
        "value", "support", "documents", "document_support", "leave_one_out", "these_articles", "new_articles", "notes",
    )  # fmt: skip

    def __init__(self, measure: Measure, resampling: Resampling | None) -> None:
        self._measure, self._resampling = measure, resampling

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Uncertainty) and self._list_values() == other._list_values()

    def __hash__(self) -> int:
        return hash((self.value, self.support))

    def __repr__(self) -> str:
        values = (f"{name}={value!r}" for name, value in zip(self.ATTRIBUTES, self._list_values(), strict=True))
        return f"Uncertainty({', '.join(values)})"

    def _list_values(self) -> list[object]:
        return [getattr(self, name) for name in self.ATTRIBUTES]

    @property
    def value(self) -> float | None:
        """The value of the measure."""
        return self._measure.value

    @property
    def support(self) -> float:
        """The gold weight behind the value."""
        return self._measure.support

    @cached_property
    def documents(self) -> tuple[float | None, ...]:
        """The value of each document by itself; empty of more than MAX_KEPT_DOCUMENTS, and of more than MAX_PARTS."""
        return () if self._is_wide else tuple(none_if_nan(x) for x in self._measure.combine(self._by_document))

    @cached_property
    def document_support(self) -> tuple[float, ...]:
        """The gold weight of each document by itself; empty where ``documents`` is."""
        return () if self._is_wide else tuple(float(x) for x in self._measure.find_support(self._by_document))

    @cached_property
    def leave_one_out(self) -> Interval | None:
        """The least and the greatest value with one document left out; None where ``documents`` is empty."""
        known = self._left_out[~np.isnan(self._left_out)]
        return Interval(float(known.min()), float(known.max())) if len(known) else None

    @property
    def these_articles(self) -> Interval | None:
        """The 95 % interval for text like these articles."""
        return self._these_and_note[0]

    @cached_property
    def new_articles(self) -> Interval | None:
        """The 95 % interval for new articles of this kind."""
        sample = self._measure.sample
        if self._note or self.value is None:
            return None
        if sample.has_documents:
            return jackknife_interval(self.value, self._left_out, self.support)
        return limit_interval(sample, self._measure.combine, self.support)

    @property
    def notes(self) -> tuple[str, ...]:
        """Why an interval is missing, a line for each reason."""
        if self._note:
            return (self._note,)
        new_note = explain_missing_new(self.new_articles, self._left_out, self._measure.sample.document_count)
        return tuple(note for note in (self._these_and_note[1], new_note) if note)

    @property
    def _is_wide(self) -> bool:
        return len(self._measure.sample.parts) > MAX_PARTS

    @property
    def _by_document(self) -> Floats:
        return self._measure.sample.by_document

    @cached_property
    def _left_out(self) -> Floats:
        """The value without each document in turn, shape (documents,); empty where there is one document alone."""
        if self._is_wide or self._measure.sample.document_count <= 1:
            return np.empty(0)
        return self._measure.combine(leave_one_out_totals(self._by_document))

    @cached_property
    def _note(self) -> str:
        """Why there is neither interval; "" where there may be."""
        if self._is_wide:
            return TOO_MANY_PARTS
        if self.value is None:
            is_unstated = self._measure.combine is unstated and self.support
            return f"undefined: {'the predictions never state it' if is_unstated else 'neither gold nor predictions'}"
        return f"fewer than {MIN_ITEMS} gold items: no interval" if self.support < MIN_ITEMS else ""

    @cached_property
    def _these_and_note(self) -> tuple[Interval | None, str]:
        """The interval for these articles, and why there is none."""
        if self._note:
            return None, ""
        drawn = None
        if self._resampling and self._measure.sample.drawable >= MIN_UNITS:
            drawn = self._resampling.draw(self._measure.sample, self._measure.combine)
        interval = None if drawn is None else clip_interval(percentile_interval(drawn))
        return interval, explain_missing_these(interval, drawn)


def explain_missing_these(interval: Interval | None, drawn: Floats | None) -> str:
    """Return why there is no interval for these articles; "" where there is one.

    ``drawn`` are the resampled values; None where there were too few units to draw from.
    """
    if drawn is None:
        return f"fewer than {MIN_UNITS} units to draw from: no interval for these articles"
    if interval is not None:
        return ""
    undefined = np.isnan(drawn).mean() > _MAX_UNDEFINED_SHARE
    why = "undefined in too many resamples" if undefined else "nothing varies between paragraphs"
    return f"{why}: no interval for these articles"


def explain_missing_new(interval: Interval | None, left_out: Floats, documents: int) -> str:
    """Return why there is no interval for new articles; "" where there is one.

    ``left_out`` are the values with each of the ``documents`` left out, as far as they were computed.
    """
    if documents < MIN_DOCUMENTS:
        return f"fewer than {MIN_DOCUMENTS} documents: no interval for new articles"
    if interval is not None:
        return ""
    undefined = np.isnan(left_out).any()
    why = "undefined without one of the documents" if undefined else "nothing varies between documents"
    return f"{why}: no interval for new articles"


def clip_interval(interval: Interval | None) -> Interval | None:
    """Cut an interval to [0, 1]; only one from the normal limit of a resampling can exceed it."""
    return interval and Interval(max(0.0, interval.low), min(1.0, interval.high))


@lru_cache
def t_quantile(probability: float, degrees: int) -> float:
    """Return the quantile of Student's t at a probability of at least ½, for whole degrees of freedom from 1 on.

    The distribution is a finite sum of powers of cos θ, tan θ = t / √ν (Abramowitz & Stegun 1964, equations 26.7.3 and
    26.7.4), and is inverted by bisection, to the precision of a float. Above 10 000 degrees of freedom the quantile is
    that of 10 000, .0003 above the normal's. Written out here so that scoring does not have to import scipy.

    Raises ValueError for other arguments.
    """
    if degrees < 1 or not 0.5 <= probability < 1:
        raise ValueError(f"no t quantile at {probability} with {degrees} degrees of freedom")
    degrees = min(degrees, 10_000)
    target = 2 * probability - 1  # the probability that -t to t has to have
    odd = degrees % 2
    k = np.arange(1, (degrees - odd) // 2)
    ratios = (2 * k - 1 + odd) / (2 * k + odd)

    def central_probability(angle: float) -> float:
        """Return the probability of -t to t, for t = √ν · tan(angle)."""
        if degrees == 1:
            return 2 * angle / math.pi
        total = 1 + float(np.cumprod(ratios * math.cos(angle) ** 2).sum())
        if not odd:
            return math.sin(angle) * total
        return 2 / math.pi * (angle + math.sin(angle) * math.cos(angle) * total)

    low, high = 0.0, math.pi / 2
    for _ in range(60):  # halves π/2 to below the last bit of a float
        middle = (low + high) / 2
        low, high = (middle, high) if central_probability(middle) < target else (low, middle)
    return math.sqrt(degrees) * math.tan(high)
