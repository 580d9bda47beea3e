"""Compare two systems on the same articles: by how much they differ, and whether that could be chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vostochny.metrics.matching import Bools, Floats
from vostochny.stats.intervals import (
    MAX_PARTS,
    MIN_ITEMS,
    MIN_UNITS,
    TOO_MANY_PARTS,
    Interval,
    Resampling,
    explain_missing_intervals,
    jackknife_interval,
    leave_one_out_totals,
    percentile_interval,
)
from vostochny.stats.scores import Measure, none_if_nan

# z at .975 and z at .80: a difference of this many standard errors is found four times in five at the 5 % level.
_DETECTABLE = 1.959963984540054 + 0.8416212335729143
_BLOCK_SIZE = 1 << 18  # products summed at once: bounds memory, and keeps BLAS from using threads that wait
_SAME = 1e-12  # differences closer than this are taken for one number, summed in another order


@dataclass(frozen=True, slots=True)
class Comparison:
    """A measure of system A minus that of system B; None where undefined or not given, and ``notes`` state why.

    - ``documents``: the difference in each document; ``better``, ``equal`` and ``worse`` count their signs.
    - ``smallest_document_p``: the least p that a sign test over these documents can give, 2 / 2ⁿ: .0625 for five.
    - ``p``: approximate randomisation over paragraphs, two-sided. It tests whether, *on these articles*, it matters
      which of the two wrote which paragraph's output, and implies nothing about other articles: of simulated pairs that
      are equal over all articles, but each better on some, .24 have p ≤ .05 (benchmark/coverage.json).
    - ``p_holm``: p corrected for the number of comparisons, by :func:`adjust_p_values`.
    - ``these_articles``, ``new_articles``: 95 % intervals of the difference, defined as in vostochny.stats.intervals.
    - ``detectable``: the smallest true difference that a pair like this could have shown, see :func:`compare`.
    """

    difference: float | None
    support: float
    documents: tuple[float | None, ...]
    better: int
    equal: int
    worse: int
    smallest_document_p: float
    p: float | None
    p_holm: float | None
    these_articles: Interval | None
    new_articles: Interval | None
    detectable: float | None
    notes: tuple[str, ...]


def compare(a: Measure, b: Measure, resampling: Resampling) -> Comparison:
    """Compare two systems' rows of one measure over the same units.

    Both are scored on the same draws, so that paragraphs that are hard for both cancel out (Koehn 2004;
    Berg-Kirkpatrick et al. 2012). ``detectable`` is 2.80 standard errors of the difference, estimated from those draws:
    a two-sided test at 5 % rejects beyond z.975 = 1.96 standard errors, and an estimate is beyond that with 80 % power
    where the true difference is z.80 = .84 further (Cohen 1988; Card et al. 2020). In simulation p ≤ .05 detected such
    a difference in .78 of samples. A smaller difference may be real, but these articles cannot show it reliably.

    Below thirty gold items there is no interval, p or ``detectable``. Raises ValueError where the systems were scored
    over different units.
    """
    if not np.array_equal(a.documents, b.documents):
        raise ValueError(f"{a.name}: the systems were scored over different units")
    is_wide = max(len(a.parts), len(b.parts)) > MAX_PARTS
    each = np.empty(0) if is_wide else a.combine(a.by_document) - b.combine(b.by_document)
    signs = np.sign(np.where(np.abs(each) < _SAME, 0, each))
    value, other = a.value, b.value
    difference = None if value is None or other is None else value - other
    support = min(a.support, b.support)
    p = these = new = detectable = drawn = None
    notes: list[str] = []
    if difference is None:
        notes.append("undefined for one of the systems, or both")
    elif is_wide:
        notes.append(TOO_MANY_PARTS)
    elif support < MIN_ITEMS:
        notes.append(f"fewer than {MIN_ITEMS} gold items: no test and no interval")
    else:
        p = randomisation_p(a, b, resampling.resamples, resampling.seed)
        if resampling.drawable(a.documents) >= MIN_UNITS:
            drawn = paired_differences(a, b, resampling)
            these = percentile_interval(drawn)
            detectable = _DETECTABLE * float(np.nanstd(drawn, ddof=1)) if these else None
        left_out = a.combine(leave_one_out_totals(a.by_document)) - b.combine(leave_one_out_totals(b.by_document))
        new = jackknife_interval(difference, left_out)
        notes += explain_missing_intervals(these, new, drawn, left_out)
    return Comparison(
        difference=difference,
        support=support,
        documents=tuple(none_if_nan(x) for x in each),
        better=int((signs == 1).sum()),
        equal=int((signs == 0).sum()),
        worse=int((signs == -1).sum()),
        smallest_document_p=min(1.0, 2 / 2 ** min(len(each), 1000)),  # 2ⁿ of very many would be a huge integer
        p=p,
        p_holm=p,
        these_articles=these,
        new_articles=new,
        detectable=detectable,
        notes=tuple(notes),
    )


def paired_rows(a: Measure, b: Measure) -> tuple[Floats, Floats]:
    """Return the rows of both over the same parts; a type that only one of them predicted is zeros for the other."""
    parts = list(dict.fromkeys([*a.parts, *b.parts]))
    return a.rows_of(parts), b.rows_of(parts)


def paired_differences(a: Measure, b: Measure, resampling: Resampling) -> Floats:
    """Return A minus B in each resample, both scored on the same draws: shape (resamples,)."""
    rows = np.stack(paired_rows(a, b), axis=1)
    totals = resampling.totals(rows, a.documents)
    return a.combine(totals[:, 0]) - b.combine(totals[:, 1])


def randomisation_p(a: Measure, b: Measure, shuffles: int, seed: int) -> float | None:
    """Return the two-sided p of approximate randomisation (Noreen 1989): swap A and B in each unit with probability ½.

    p = (1 + number of shuffles that differ at least as much as observed) / (1 + shuffles). Units in which both have
    the same rows do not matter; where the others allow no more than ``shuffles`` different swaps, all are tried and p
    is exact. A shuffle with an undefined difference is taken for one that differs as much, which is conservative. p is
    1 where no unit differs, None where the difference is undefined. Signs are drawn and used block by block, so memory
    does not grow with the units.

    Args:
        a: one system's measure.
        b: the other system's, over the same units.
        shuffles: the number of random shuffles.
        seed: the seed of the shuffles.
    """
    a_rows, b_rows = paired_rows(a, b)
    differ = (a_rows != b_rows).any(axis=(1, 2))
    # A unit's rows are mean ± half; a swap changes the sign of its half. So the totals of a shuffle are the sum of all
    # means ± the signed sum of halves: one product of a matrix of signs with the halves.
    middle = ((a_rows + b_rows) / 2).sum(axis=0)
    halves = ((a_rows - b_rows) / 2)[differ].reshape(-1, middle.size)
    observed = a.value, b.value
    if observed[0] is None or observed[1] is None:
        return None
    if not len(halves):
        return 1.0
    threshold = abs(observed[0] - observed[1]) - _SAME

    def count_extreme(swaps: Bools) -> int:
        """Return in how many shuffles, rows of (shuffles, units), the difference is at least the observed one."""
        signed = ((1.0 - 2.0 * swaps) @ halves).reshape(len(swaps), *middle.shape)
        difference = np.abs(a.combine(middle + signed) - b.combine(middle - signed))
        return int((~(difference < threshold)).sum())  # so that NaN is among them

    units = len(halves)
    step = max(1, _BLOCK_SIZE // halves.size)
    if units < 63 and 2**units <= shuffles:
        numbers = np.arange(2**units)  # the bits of each number are one choice of swaps
        extreme = sum(
            count_extreme((numbers[i : i + step, None] >> np.arange(units) & 1).astype(bool))
            for i in range(0, len(numbers), step)
        )
        return extreme / len(numbers)
    bits = np.random.PCG64([seed, 1])  # another stream than the bootstrap's
    words = -(-units // 64)  # 64-bit words per shuffle, one bit per unit, rounded up
    extreme = 0
    for at in range(0, shuffles, step):
        here = min(step, shuffles - at)
        raw = bits.random_raw(here * words).astype("<u8", copy=False).view(np.uint8).reshape(here, -1)
        extreme += count_extreme(np.unpackbits(raw, axis=1)[:, :units].astype(bool))
    return (1 + extreme) / (1 + shuffles)


def adjust_comparisons(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Return the comparisons with ``p_holm`` set for all of them together; those without p are left out of it."""
    corrected = iter(adjust_p_values([c.p for c in comparisons if c.p is not None]))
    return [c if c.p is None else replace(c, p_holm=next(corrected)) for c in comparisons]


def adjust_p_values(ps: Sequence[float]) -> list[float]:
    """Return Holm's (1979) step-down adjusted p-values, in the order of ``ps``.

    The i-th least of m is multiplied by m - i + 1; none falls below the one before it or rises above 1. Keeps the
    chance of any false positive among all tests below the level, however the tests depend on each other.
    """
    out = [0.0] * len(ps)
    before = 0.0
    for rank, i in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        before = max(before, min(1.0, (len(ps) - rank) * ps[i]))
        out[i] = before
    return out
