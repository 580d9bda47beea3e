"""Two systems on the same articles: by how much they differ, and whether that could be chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vostochny.metrics.counts import Bools, Floats
from vostochny.stats.intervals import (
    MIN_ITEMS,
    MIN_UNITS,
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
_BLOCK = 1 << 18  # products summed at once: bounds memory, and keeps BLAS from waiting for threads
_SAME = 1e-12  # differences closer than this are the same number summed in another order


@dataclass(frozen=True, slots=True)
class Comparison:
    """A measure of system A minus that of system B; None for what is undefined or not given, and ``notes`` say why.

    - ``documents``: the difference in each document; ``better``, ``equal`` and ``worse`` count their signs.
    - ``smallest_document_p``: what a sign test over these documents could reach at best, 2 / 2ⁿ: .0625 for five.
    - ``p``: approximate randomisation over paragraphs, two-sided. It asks whether, *on these articles*, it matters
      which of the two wrote which paragraph's output, and says nothing of other articles: of simulated pairs that are
      equal over all articles, but each better on some, .24 have p ≤ .05 (benchmark/coverage.json).
    - ``p_holm``: p made good for the number of comparisons, by :func:`adjust_p_values`.
    - ``these_articles``, ``new_articles``: 95 % intervals of the difference, meant as in vostochny.stats.intervals.
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

    The same draws are scored for both, so that what is hard for both cancels (Koehn 2004; Berg-Kirkpatrick et al.
    2012). ``detectable`` is 2.80 standard errors of the difference, taken from those draws: a two-sided test at 5 %
    rejects beyond z.975 = 1.96 standard errors, and an estimate lies beyond that with 80 % power where the true
    difference is z.80 = .84 further (Cohen 1988; Card et al. 2020). In simulation p ≤ .05 found such a difference in
    .78 of samples. One found that is smaller may be real, but these articles were not the ones to show it.

    Below thirty gold items there is no interval, p or ``detectable``.
    """
    if not np.array_equal(a.documents, b.documents):
        raise ValueError(f"{a.name}: the systems were scored over different units")
    each = a.combine(a.by_document) - b.combine(b.by_document)
    signs = np.sign(np.where(np.abs(each) < _SAME, 0, each))
    value, other = a.value, b.value
    difference = None if value is None or other is None else value - other
    support = min(a.support, b.support)
    p = these = new = detectable = drawn = None
    notes: list[str] = []
    if difference is None:
        notes.append("undefined for one of the systems, or both")
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
        smallest_document_p=min(1.0, 2 / 2 ** min(len(each), 1000)),
        p=p,
        p_holm=p,
        these_articles=these,
        new_articles=new,
        detectable=detectable,
        notes=tuple(notes),
    )


def paired_rows(a: Measure, b: Measure) -> tuple[Floats, Floats]:
    """The rows of both over the same parts: a type that only one of them predicted is a part of zeros for the other."""
    parts = list(dict.fromkeys([*a.parts, *b.parts]))
    return a.rows_of(parts), b.rows_of(parts)


def paired_differences(a: Measure, b: Measure, resampling: Resampling) -> Floats:
    """A minus B in each resample, both scored on the same draws: shape (resamples,)."""
    rows = np.stack(paired_rows(a, b), axis=1)
    totals = resampling.totals(rows, a.documents)
    return a.combine(totals[:, 0]) - b.combine(totals[:, 1])


def randomisation_p(a: Measure, b: Measure, shuffles: int, seed: int) -> float | None:
    """Two-sided p of approximate randomisation (Noreen 1989): swap A and B in each unit with probability ½.

    p = (1 + how many shuffles differ as much as observed) / (1 + shuffles). Units where both have the same rows do not
    matter; where the others are so few that all their swaps number no more than ``shuffles``, all are tried and p is
    exact. A shuffle whose difference is undefined counts against a finding. 1 where no unit differs, None where the
    difference is undefined. Signs are made and used block by block, so memory does not grow with the units.
    """
    a_rows, b_rows = paired_rows(a, b)
    differ = (a_rows != b_rows).any(axis=(1, 2))
    middle = ((a_rows + b_rows) / 2).sum(axis=0)
    halves = ((a_rows - b_rows) / 2)[differ].reshape(-1, middle.size)
    observed = a.value, b.value
    if observed[0] is None or observed[1] is None:
        return None
    if not len(halves):
        return 1.0
    least = abs(observed[0] - observed[1]) - _SAME

    def as_far(swaps: Bools) -> int:
        """In how many shuffles, rows of (shuffles, units), the difference is at least the observed one."""
        apart = ((1.0 - 2.0 * swaps) @ halves).reshape(len(swaps), *middle.shape)
        far = np.abs(a.combine(middle + apart) - b.combine(middle - apart))
        return int((~(far < least)).sum())

    units = len(halves)
    step = max(1, _BLOCK // halves.size)
    if units < 63 and 2**units <= shuffles:
        numbers = np.arange(2**units)
        found = sum(
            as_far((numbers[i : i + step, None] >> np.arange(units) & 1).astype(bool))
            for i in range(0, len(numbers), step)
        )
        return found / len(numbers)
    bits = np.random.PCG64([seed, 1])
    words = -(-units // 64)
    found = 0
    for at in range(0, shuffles, step):
        here = min(step, shuffles - at)
        raw = bits.random_raw(here * words).astype("<u8", copy=False).view(np.uint8).reshape(here, -1)
        found += as_far(np.unpackbits(raw, axis=1)[:, :units].astype(bool))
    return (1 + found) / (1 + shuffles)


def adjust_comparisons(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The comparisons with ``p_holm`` set for all of them together; those without p are not counted."""
    corrected = iter(adjust_p_values([c.p for c in comparisons if c.p is not None]))
    return [c if c.p is None else replace(c, p_holm=next(corrected)) for c in comparisons]


def adjust_p_values(ps: Sequence[float]) -> list[float]:
    """Holm's (1979) step-down adjusted p, in the order given.

    The i-th least of m is multiplied by m - i + 1; none falls below the one before it or rises above 1. Holds the
    chance of a single false finding among all below the level, however the tests hang together.
    """
    out = [0.0] * len(ps)
    least = 0.0
    for rank, i in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        least = max(least, min(1.0, (len(ps) - rank) * ps[i]))
        out[i] = least
    return out
