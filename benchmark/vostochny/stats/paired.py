"""Compare two systems on the same articles: by how much they differ, and whether that could be chance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vostochny.metrics.counts import Counts, add_cells
from vostochny.metrics.matching import Floats, Ints
from vostochny.stats.intervals import (
    MIN_ITEMS,
    MIN_UNITS,
    TOO_MANY_PARTS,
    Interval,
    explain_missing_new,
    explain_missing_these,
    jackknife_interval,
    leave_one_out_totals,
    limit_interval,
    percentile_interval,
)
from vostochny.stats.measures import choose_combine
from vostochny.stats.moments import MAX_PARTS, Key, Moments, Rows
from vostochny.stats.resampling import Resampling, find_root
from vostochny.stats.samples import MAX_KEPT_UNITS, SIDES, Sample, join_samples
from vostochny.stats.scores import Combine, Measure, none_if_nan
from vostochny.stats.sums import Sums

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


def compare(a: Measure, b: Measure, resampling: Resampling | None, pair: PairedSample | None = None) -> Comparison:
    """Compare two systems' rows of one measure over the same units.

    Both are scored on the same draws, so that paragraphs that are hard for both cancel out (Koehn 2004;
    Berg-Kirkpatrick et al. 2012). ``detectable`` is 2.80 standard errors of the difference, estimated from those draws:
    a two-sided test at 5 % rejects beyond z.975 = 1.96 standard errors, and an estimate is beyond that with 80 % power
    where the true difference is z.80 = .84 further (Cohen 1988; Card et al. 2020). In simulation p ≤ .05 detected such
    a difference in .78 to .82 of samples, at and beyond the limits of units and documents too. A smaller difference may
    be real, but these articles cannot show it reliably.

    Below thirty gold items there is no interval, p or ``detectable``.

    Args:
        a: The first system's measure.
        b: The other system's.
        resampling: The draws; None for no test and no interval.
        pair: The rows of both together; needed where the measures do not have all units any more.

    Raises ValueError where the systems were scored over different units.
    """
    is_wide = max(len(a.sample.parts), len(b.sample.parts)) > MAX_PARTS
    pair = pair or PairedSample.of_measures(a, b)
    sample = pair.sample
    difference = None if a.value is None or b.value is None else a.value - b.value
    support = min(a.support, b.support)
    each = np.empty(0) if is_wide else pair.combine(sample.by_document)
    p = these = new = detectable = drawn = None
    notes: list[str] = []
    if difference is None:
        notes.append("undefined for one of the systems, or both")
    elif is_wide:
        notes.append(TOO_MANY_PARTS)
    elif resampling is None:
        notes.append("--resamples 0: no test and no interval")
    elif support < MIN_ITEMS:
        notes.append(f"fewer than {MIN_ITEMS} gold items: no test and no interval")
    else:
        p = randomisation_p(pair, resampling.resamples, resampling.seed)
        if sample.drawable >= MIN_UNITS:
            drawn = resampling.draw(sample, pair.combine)
            these = percentile_interval(drawn)
            # To six decimals, as intervals: further digits would differ between machines and mean nothing.
            detectable = round(_DETECTABLE * float(np.nanstd(drawn, ddof=1)), 6) if these else None
        left_out = pair.combine(leave_one_out_totals(sample.by_document))
        is_few = sample.has_documents
        new = jackknife_interval(difference, left_out) if is_few else limit_interval(sample, pair.combine)
        why = explain_missing_these(these, drawn), explain_missing_new(new, left_out, sample.document_count)
        notes += [note for note in why if note]
    better, equal, worse = (0, 0, 0) if is_wide else pair.signs or _count_signs(pair.combine(sample.sum_documents()))
    return Comparison(
        difference=difference,
        support=support,
        documents=tuple(none_if_nan(x) for x in each),
        better=better,
        equal=equal,
        worse=worse,
        smallest_document_p=min(1.0, 2 / 2 ** min(sample.document_count, 1000)),  # 2ⁿ of very many is a huge integer
        p=p,
        p_holm=p,
        these_articles=these,
        new_articles=new,
        detectable=detectable,
        notes=tuple(notes),
    )


def _count_signs(differences: Floats) -> tuple[int, int, int]:
    """Return how many differences are above, at and below 0; undefined ones are left out."""
    signs = np.sign(np.where(np.abs(differences) < _SAME, 0, differences))
    return int((signs == 1).sum()), int((signs == 0).sum()), int((signs == -1).sum())


@dataclass(frozen=True)
class PairedSample:
    """One measure of two systems over the same units.

    Attributes:
        sample: The rows of both, the first system's parts before the other's.
        combine_one: The number of one system, a function of its totals.
        swaps: In which units they differ, and by how much.
        signs: In how many documents the first system is better, equal and worse; None where the sample has them.
    """

    sample: Sample
    combine_one: Combine
    swaps: Swaps
    signs: tuple[int, int, int] | None = None

    @classmethod
    def of_measures(cls, a: Measure, b: Measure) -> PairedSample:
        """Return the pair of two measures. Raises ValueError where they are over different units.

        It does, too, where they do not have all units any more: then :class:`PairedSums` has what is needed.
        """
        try:
            sample = join_samples(a.sample, b.sample)
        except ValueError as e:
            raise ValueError(f"{a.name}: {e}") from None
        swaps = Swaps()
        swaps.add(sample, range(len(sample.documents)))
        return cls(sample, a.combine, swaps)

    def combine(self, totals: Floats) -> Floats:
        """Return the first system's number minus the other's, of totals of both: (..., parts of both, 4) → (...)."""
        first, other = np.split(totals, 2, axis=-2)
        out: Floats = self.combine_one(first) - self.combine_one(other)
        return out


class Swaps:
    """The halves of the differences between two systems' rows, in the units in which they differ.

    Of up to MAX_KEPT_UNITS such units the halves are kept, of more the sum of their products.
    """

    def __init__(self) -> None:
        self._kept: list[tuple[Any, Floats]] | None = []
        self._moments = Moments()

    def add(self, sample: Sample, order: Sequence[Any]) -> None:
        """Add the units of both systems' sample; ``order`` has for each a value by which they are sorted in the end."""
        parts = len(sample.parts) // 2
        side, part = np.divmod(sample.part, parts)
        places, place = np.unique(sample.row * parts + part, return_inverse=True)
        place = place.reshape(-1)
        first, other = (add_cells(place[side == i], sample.cells[side == i], len(places)) for i in (0, 1))
        halves = (first - other) / 2
        differ = halves.any(axis=1)
        row, part = np.divmod(places[differ], parts)
        units, unit = np.unique(row, return_inverse=True)
        table = add_cells(unit.reshape(-1) * parts + part, halves[differ], len(units) * parts)
        self._add([(order[i], rows) for i, rows in zip(units.tolist(), table.reshape(-1, parts, 4), strict=True)])

    def update(self, other: Swaps) -> None:
        """Add the units of other documents."""
        if other._kept is not None:
            self._add(other._kept)
        else:
            self._let_go()
            self._moments.update(other._moments)

    def halves(self) -> Floats | None:
        """Return the halves in order, shape (units, parts, 4); None where they are too many to be kept."""
        if self._kept is None:
            return None
        kept = sorted(self._kept, key=lambda unit: unit[0])
        return np.stack([half for _, half in kept]) if kept else np.zeros((0, 1, 4))

    def covariance(self, parts: int) -> Floats:
        """Return the sum of the halves' products, shape (4 · parts, 4 · parts), where the halves are not kept."""
        return self._moments.between([(str(i),) for i in range(parts)])

    def _add(self, units: list[tuple[Any, Floats]]) -> None:
        if self._kept is not None and len(self._kept) + len(units) <= MAX_KEPT_UNITS:
            self._kept += units
        else:
            self._let_go()
            self._add_products([half for _, half in units])

    def _let_go(self) -> None:
        """Turn to keeping products alone."""
        kept, self._kept = self._kept or [], None
        self._add_products([half for _, half in kept])

    def _add_products(self, halves: list[Floats]) -> None:
        if halves:
            units, parts = len(halves), len(halves[0])
            unit, part = np.divmod(np.arange(units * parts), parts)
            keys: list[Key] = [(str(i),) for i in range(parts)]
            self._moments.add(np.arange(units), [Rows(keys, unit, part, np.concatenate(halves), ("swaps",))])


class PairedSums:
    """What comparing two systems needs of both together, added up over any number of documents.

    Args:
        names: The metrics that are compared.
    """

    def __init__(self, names: Sequence[str]):
        self._sums = Sums(_list_paired_rows)
        self._swaps = {name: Swaps() for name in names}
        self._signs = dict.fromkeys(names, (0, 0, 0))

    def add(self, a: Mapping[str, Counts], b: Mapping[str, Counts], ids: Sequence[str]) -> None:
        """Add the counts of two systems, by metric, of some documents with these names."""
        names = [name for name in self._swaps if name in a and name in b]
        self._sums.add(
            {f"{side} {name}": counts[name] for side, counts in zip(SIDES, (a, b), strict=True) for name in names}
        )
        for name in names:
            pair = PairedSample(_join_counts(a[name], b[name]), choose_combine(name), self._swaps[name])
            documents = pair.sample.documents
            pair.swaps.add(pair.sample, [(ids[document], i) for i, document in enumerate(documents.tolist())])
            self._add_signs(name, _count_signs(pair.combine(pair.sample.sum_documents())))

    def update(self, other: PairedSums) -> None:
        """Add what was kept of other documents."""
        self._sums.update(other._sums)
        for name, swaps in other._swaps.items():
            self._swaps[name].update(swaps)
            self._add_signs(name, other._signs[name])

    def samples(self, names: Iterable[str], rank: Ints) -> dict[str, PairedSample]:
        """Return the pair of each of these metrics; ``rank`` as for :meth:`Sums.counts`."""
        out = {}
        for name in names:
            a, b = (self._sums.counts(f"{side} {name}", rank) for side in SIDES)
            sample = _join_counts(a, b, self._sums.moments)
            out[name] = PairedSample(sample, choose_combine(name), self._swaps[name], self._signs[name])
        return out

    def _add_signs(self, name: str, more: tuple[int, int, int]) -> None:
        better, equal, worse = (x + y for x, y in zip(self._signs[name], more, strict=True))
        self._signs[name] = better, equal, worse


def _list_paired_rows(counts: Mapping[str, Counts]) -> Iterator[Rows]:
    """Yield the rows of two systems' counts, named after side and metric; both of a metric are one set."""
    for name, one in counts.items():
        side, metric = name.split(" ")
        yield Rows([(side, metric)], one.unit, np.zeros_like(one.unit), one.cells, (metric,))


def _join_counts(a: Counts, b: Counts, moments: Moments | None = None) -> Sample:
    """Return two systems' counts of one metric as a sample of two parts."""
    return Sample(
        tuple((side, a.metric) for side in SIDES), a.documents, np.concatenate([a.unit, b.unit]),
        np.repeat([0, 1], [len(a.unit), len(b.unit)]), np.concatenate([a.cells, b.cells]), moments,
    )  # fmt: skip


def randomisation_p(pair: PairedSample, shuffles: int, seed: int) -> float | None:
    """Return the two-sided p of approximate randomisation (Noreen 1989): swap A and B in each unit with probability ½.

    p = (1 + number of shuffles that differ at least as much as observed) / (1 + shuffles). Units in which both have
    the same rows do not matter; where the others allow no more than ``shuffles`` different swaps, all are tried and p
    is exact. Of more than MAX_KEPT_UNITS units that differ, the sums of shuffles are drawn from the normal distribution
    that they converge to. A shuffle with an undefined difference is taken for one that differs as much, which is
    conservative. p is 1 where no unit differs, None where the difference is undefined. Signs are drawn and used block
    by block, so memory does not grow with the units.

    Args:
        pair: the two systems' measure.
        shuffles: the number of random shuffles.
        seed: the seed of the shuffles.
    """
    totals = pair.sample.totals
    observed = float(pair.combine(totals))
    if np.isnan(observed):
        return None
    # A unit's rows are mean ± half; a swap changes the sign of its half. So the totals of a shuffle are the sum of all
    # means ± the signed sum of halves: one product of a matrix of signs with the halves.
    first, other = np.split(totals, 2)
    middle = (first + other) / 2
    threshold = abs(observed) - _SAME

    def count_extreme(signed: Floats) -> int:
        """Return in how many shuffles, given by their signed sums, the difference is at least the observed one."""
        signed = signed.reshape(-1, *middle.shape)
        difference = np.abs(pair.combine_one(middle + signed) - pair.combine_one(middle - signed))
        return int((~(difference < threshold)).sum())  # so that NaN is among them

    halves = pair.swaps.halves()
    bits = np.random.PCG64([seed, 1])  # another stream than the bootstrap's
    if halves is None:
        root = find_root(pair.swaps.covariance(len(middle)))
        noise = np.random.Generator(bits).standard_normal((shuffles, middle.size))
        return (1 + count_extreme(noise @ root)) / (1 + shuffles)
    if not len(halves):
        return 1.0
    units, flat = len(halves), halves.reshape(len(halves), -1)
    step = max(1, _BLOCK_SIZE // flat.size)
    if units < 63 and 2**units <= shuffles:
        numbers = np.arange(2**units)  # the bits of each number are one choice of swaps
        extreme = sum(
            count_extreme((1.0 - 2.0 * (numbers[i : i + step, None] >> np.arange(units) & 1)) @ flat)
            for i in range(0, len(numbers), step)
        )
        return extreme / len(numbers)
    words = -(-units // 64)  # 64-bit words per shuffle, one bit per unit, rounded up
    extreme = 0
    for at in range(0, shuffles, step):
        here = min(step, shuffles - at)
        raw = bits.random_raw(here * words).astype("<u8", copy=False).view(np.uint8).reshape(here, -1)
        extreme += count_extreme((1.0 - 2.0 * np.unpackbits(raw, axis=1)[:, :units].astype(bool)) @ flat)
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
