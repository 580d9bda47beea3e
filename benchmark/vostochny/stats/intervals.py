"""How sure a score is: two 95 % intervals, named for what they speak of.

*These articles*: what this system would score on more text like these very articles. The paragraphs of each are a
sample of what it might have held, so paragraphs are resampled within documents. *New articles of this kind*: what it
would score on other articles. The documents are the sample, five of them, so documents are left out one at a time.
Neither covers articles on other events.

Both work on summed rows. python -m scripts coverage measures how often they hold what they claim to, and the choices
below rest on its figures, benchmark/coverage.json. Of simulated samples of five articles the first interval held its
truth in .93 to .95 (.92 with four paragraphs each), the second in .93 to .96; the usual bootstrap over the five
documents in .81 to .85; and the first, mistaken for the second, in as few as .53.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from vostochny.metrics.counts import Floats, Ints
from vostochny.stats.scores import Measure, none_if_nan

RESAMPLES = 10_000
SEED = 20230913
MIN_ITEMS = 30  # below this much gold no interval is given
MIN_DOCUMENTS = 3  # for the jackknife
MIN_UNITS = 20  # that can be drawn, for the bootstrap
MATRIX_UNITS = 500  # above this resampled totals are drawn from their normal limit
_MOST_UNDEFINED = 0.05  # of the resamples
_BLOCK = 1 << 18  # draws made, or products summed, at once


class Interval(NamedTuple):
    """Both ends, inclusive."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """A measure's value and how sure it is; None for what is undefined or not given, and ``notes`` say why.

    ``documents`` and ``document_support`` hold the value and the gold of each document by itself, ``leave_one_out``
    the least and the greatest value with one document left out.
    """

    value: float | None
    support: float
    documents: tuple[float | None, ...]
    document_support: tuple[float, ...]
    leave_one_out: Interval | None
    these_articles: Interval | None
    new_articles: Interval | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the units of one set of documents are drawn.

    ``counts`` has a row a resample and a column a unit: how often it was drawn (None above MATRIX_UNITS). ``scale``
    multiplies a unit's row. ``stratum`` is what it is drawn within; ``free`` says how many units can be drawn at all.
    """

    counts: Floats | None
    scale: Floats
    stratum: Ints
    free: int


@dataclass(frozen=True)
class Resampling:
    """Resampled totals of rows: one object for a whole run, so that every measure over the same units shares the draws.

    A resample draws, within each document of n units, n - 1 of them with replacement and counts each n / (n - 1)
    times: the rescaled bootstrap of Rao & Wu (1988). Drawing n would understate the variance by 1/n of it, which costs
    .01 of coverage with fifteen paragraphs a document and .05 with four. A document that is one unit cannot vary within
    itself; such documents are drawn from among each other (collapsed strata, Cochran 1977, section 5A.12), and one
    alone is kept.

    Up to MATRIX_UNITS units a matrix of how often each unit was drawn is made once, (resamples, units), 40 MB at most,
    and totals are a product with it. Above that a total is a sum of so many draws that it is drawn from its normal
    limit instead, with the very mean and covariance that the matrix would give: time and memory no longer grow with
    resamples × units. An interval's ends then lie within .04 of its width of the matrix's, at forty items as at five
    thousand; another seed moves them by .02.

    Draws depend on the seed and the documents alone, not on order or number of calls; those of the matrix come from
    the raw PCG64 stream, which numpy keeps stable across versions.
    """

    resamples: int = RESAMPLES
    seed: int = SEED
    _plans: dict[bytes, _Plan] = field(default_factory=dict, init=False, repr=False, compare=False)

    def totals(self, rows: Floats, documents: Ints) -> Floats:
        """Totals of rows of shape (units, ...) in each resample: shape (resamples, ...)."""
        plan = self._plan(documents)
        flat = rows.reshape(len(rows), -1)
        if plan.counts is None:
            return self._normal(flat, plan).reshape(self.resamples, *rows.shape[1:])
        scaled = flat * plan.scale[:, None]
        out = np.empty((self.resamples, flat.shape[1]))
        # In blocks too small for BLAS to share them among threads, which on a busy machine wait for each other.
        step = max(1, _BLOCK // max(1, scaled.size))
        for at in range(0, self.resamples, step):
            out[at : at + step] = plan.counts[at : at + step] @ scaled
        return out.reshape(self.resamples, *rows.shape[1:])

    def drawable(self, documents: Ints) -> int:
        """How many units have another one to be drawn in their stead."""
        return self._plan(documents).free

    def _plan(self, documents: Ints) -> _Plan:
        key = documents.tobytes()
        if key not in self._plans:
            stratum = _strata(documents)
            size = np.bincount(stratum)[stratum] if len(stratum) else stratum
            scale = np.where(size > 1, size / np.maximum(size - 1, 1), 1.0)
            small = len(documents) <= MATRIX_UNITS
            counts = _count_matrix(stratum, self.resamples, self.seed) if small else None
            self._plans[key] = _Plan(counts, scale, stratum, int((size > 1).sum()))
        return self._plans[key]

    def _normal(self, rows: Floats, plan: _Plan) -> Floats:
        """Totals from the normal distribution that a great many draws within strata tend to, never below 0."""
        sizes = np.bincount(plan.stratum)
        sums = np.zeros((len(sizes), rows.shape[1]))
        np.add.at(sums, plan.stratum, rows)
        apart = (rows - (sums / sizes[:, None])[plan.stratum]) * np.sqrt(plan.scale)[:, None]
        # The symmetric root is the only one that does not hang on the signs a library gives its eigenvectors.
        values, vectors = np.linalg.eigh(apart.T @ apart)
        root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
        noise = np.random.Generator(np.random.PCG64(self.seed)).standard_normal((self.resamples, rows.shape[1]))
        out: Floats = np.maximum(rows.sum(axis=0) + noise @ root, 0)
        return out


def _strata(documents: Ints) -> Ints:
    """What each unit is drawn within: its document, or for documents of one unit the set of all such."""
    if not len(documents):
        return documents
    number = np.cumsum(np.diff(documents, prepend=documents[0]) != 0)
    single = np.bincount(number)[number] == 1
    joined = np.where(single, -1, number)
    out: Ints = np.unique(joined, return_inverse=True)[1].astype(np.int64)
    return out


def _count_matrix(stratum: Ints, resamples: int, seed: int) -> Floats:
    """How often each unit is drawn in each resample: n - 1 draws within each stratum of n, at least one."""
    units = len(stratum)
    sizes = np.bincount(stratum)
    draws = np.maximum(sizes - 1, 1)
    size = np.repeat(sizes, draws).astype(np.uint64)
    bits = np.random.PCG64(seed)
    out = np.empty((resamples, units), dtype=np.float64)
    step = min(resamples, max(1, _BLOCK // max(1, len(size))))
    # Where a drawn unit of a row of the block is counted, its strata laid one after the other.
    first = np.repeat(np.cumsum(sizes) - sizes, draws) + units * np.arange(step)[:, None]
    order = np.argsort(stratum, kind="stable")
    for at in range(0, resamples, step):
        here = min(step, resamples - at)
        raw = bits.random_raw((here * len(size) + 1) // 2).astype("<u8", copy=False).view("<u4")
        # A 32-bit number times n, its upper half, is one of n with a bias below n / 2³².
        chosen = raw[: here * len(size)].reshape(here, -1) * size
        chosen >>= np.uint64(32)
        place = chosen.view(np.int64)
        place += first[:here]
        out[at : at + here] = np.bincount(place.ravel(), minlength=here * units).reshape(here, units)
    return out if (order[:-1] < order[1:]).all() else out[:, np.argsort(order)]


def percentile_interval(scores: Floats) -> Interval | None:
    """The middle 95 % of resampled scores (Efron & Tibshirani 1993, section 13.3), undefined ones left out.

    None where more than one in twenty is undefined, or where all are equal: a perfect score has nothing to resample,
    and a point would claim a certainty that is not there.
    """
    known = scores[~np.isnan(scores)]
    if len(known) < (1 - _MOST_UNDEFINED) * len(scores) or not len(known):
        return None
    low, high = _rounded(*(float(x) for x in np.quantile(known, (0.025, 0.975))))
    return Interval(low, high) if high > low else None


def jackknife_interval(value: float, left_out: Floats, support: float | None = None) -> Interval | None:
    """Delete-one interval from the value and its values with each document left out, shape (documents,).

    Variance (n - 1)/n · Σ(θᵢ - mean θ)² (Tukey 1958; Efron & Tibshirani 1993, equation 11.5), t with n - 1 degrees of
    freedom, centred on the value itself. With ``support`` the value is a score, and the interval is made of its log
    odds, ln((s·θ + ½) / (s·(1 - θ) + ½)), the half as in Haldane (1956) so that 0 and 1 stay finite, and brought back
    into [0, 1]: in no simulated scenario did this cover less than the plain scale, and where scores are high and
    articles differ much it covers .02 more. Without ``support`` it is a difference, plain, cut to [-1, 1].

    Takes what is no sum too, such as scores across documents, computed anew for each left-out document. None with
    fewer than three documents or thirty items, where a value is undefined, or where all are equal.
    """
    n = len(left_out)
    if n < MIN_DOCUMENTS or np.isnan(value) or np.isnan(left_out).any() or np.ptp(left_out) == 0:
        return None
    if support is None:
        low, high = _t_interval(value, left_out)
        return _rounded(max(-1.0, low), min(1.0, high))
    if support < MIN_ITEMS:
        return None

    def log_odds(score: Floats) -> Floats:
        odds: Floats = np.log((support * score + 0.5) / (support * (1 - score) + 0.5))
        return odds

    def back(x: float) -> float:
        # (1 + tanh x/2) / 2 is the inverse of the log odds and cannot overflow.
        return min(1.0, max(0.0, ((support + 1) * (1 + math.tanh(x / 2)) / 2 - 0.5) / support))

    low, high = _t_interval(float(log_odds(np.array(value))), log_odds(left_out))
    return _rounded(back(low), back(high))


def _rounded(low: float, high: float) -> Interval:
    """To six decimals: what follows would differ between machines and means nothing."""
    return Interval(round(low, 6), round(high, 6))


def _t_interval(centre: float, left_out: Floats) -> tuple[float, float]:
    n = len(left_out)
    error = math.sqrt((n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum()))
    half = t_quantile(0.975, n - 1) * error
    return centre - half, centre + half


def leave_one_out_totals(by_document: Floats) -> Floats:
    """The total without each document, shape (documents, ...) → the same; summed, not subtracted, so 0 stays 0."""
    before = np.cumsum(by_document, axis=0)
    after = np.cumsum(by_document[::-1], axis=0)[::-1]
    out = np.zeros_like(by_document)
    out[1:] += before[:-1]
    out[:-1] += after[1:]
    return out


def estimate_uncertainty(measure: Measure, resampling: Resampling) -> Uncertainty:
    """Everything a report says about how sure a measure is. Below thirty gold items the values only, no interval."""
    value = measure.value
    by_document = measure.by_document
    each = measure.combine(by_document)
    left_out = measure.combine(leave_one_out_totals(by_document)) if len(each) > 1 else np.empty(0)
    known = left_out[~np.isnan(left_out)]
    notes: list[str] = []
    these = new = drawn = None
    if value is None:
        notes.append("undefined: neither gold nor predictions")
    elif measure.support < MIN_ITEMS:
        notes.append(f"fewer than {MIN_ITEMS} gold items: no interval")
    else:
        if resampling.drawable(measure.documents) >= MIN_UNITS:
            drawn = measure.combine(resampling.totals(measure.rows, measure.documents))
            these = clip_interval(percentile_interval(drawn))
        new = jackknife_interval(value, left_out, measure.support)
        notes += explain_missing_intervals(these, new, drawn, left_out)
    return Uncertainty(
        value=value,
        support=measure.support,
        documents=tuple(none_if_nan(x) for x in each),
        document_support=tuple(float(x) for x in measure.document_support),
        leave_one_out=Interval(float(known.min()), float(known.max())) if len(known) else None,
        these_articles=these,
        new_articles=new,
        notes=tuple(notes),
    )


def explain_missing_intervals(
    these: Interval | None, new: Interval | None, drawn: Floats | None, left_out: Floats
) -> list[str]:
    """Why an interval is not given, a line each.

    ``drawn`` are the resampled values, None where there were too few units to draw from; ``left_out`` the values with
    each document left out, fewer than MIN_DOCUMENTS where there are no more documents.
    """
    notes = []
    if drawn is None:
        notes.append(f"fewer than {MIN_UNITS} units to draw from: no interval for these articles")
    elif these is None:
        undefined = np.isnan(drawn).mean() > _MOST_UNDEFINED
        why = "undefined in too many resamples" if undefined else "nothing varies between paragraphs"
        notes.append(f"{why}: no interval for these articles")
    if len(left_out) < MIN_DOCUMENTS:
        notes.append(f"fewer than {MIN_DOCUMENTS} documents: no interval for new articles")
    elif new is None:
        undefined = np.isnan(left_out).any()
        why = "undefined without one of the documents" if undefined else "nothing varies between documents"
        notes.append(f"{why}: no interval for new articles")
    return notes


def clip_interval(interval: Interval | None) -> Interval | None:
    """The part of an interval within [0, 1]; only the normal limit of a resampling can leave it."""
    return interval and Interval(max(0.0, interval.low), min(1.0, interval.high))


@lru_cache
def t_quantile(probability: float, degrees: int) -> float:
    """Student's t at a probability of at least ½, for whole degrees of freedom from 1 on.

    The distribution is a finite sum of powers of cos θ, tan θ = t / √ν (Abramowitz & Stegun 1964, equations 26.7.3 and
    26.7.4), and is inverted by halving, to the precision of a float. Above 10 000 degrees those of 10 000 stand in,
    .0003 above the normal's.
    """
    if degrees < 1 or not 0.5 <= probability < 1:
        raise ValueError(f"no t quantile at {probability} with {degrees} degrees of freedom")
    degrees = min(degrees, 10_000)
    wanted = 2 * probability - 1
    odd = degrees % 2
    k = np.arange(1, (degrees - odd) // 2)
    ratios = (2 * k - 1 + odd) / (2 * k + odd)

    def between(angle: float) -> float:
        """How likely -t to t is."""
        if degrees == 1:
            return 2 * angle / math.pi
        total = 1 + float(np.cumprod(ratios * math.cos(angle) ** 2).sum())
        if not odd:
            return math.sin(angle) * total
        return 2 / math.pi * (angle + math.sin(angle) * math.cos(angle) * total)

    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if between(middle) < wanted else (low, middle)
    return math.sqrt(degrees) * math.tan(high)
