"""Draw resamples: the totals that a sample would have had with other paragraphs of the same articles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from vostochny.metrics.counts import number_runs
from vostochny.metrics.matching import Floats, Ints
from vostochny.stats.samples import Sample
from vostochny.stats.scores import Combine

RESAMPLES = 10_000
SEED = 20230913
_BLOCK_SIZE = 1 << 18  # draws or products computed at once, which bounds memory
_PIECE_SIZE = 1 << 15  # of them worked on at once, which the cache of a processor holds


@dataclass(frozen=True)
class Resampling:
    """The bootstrap: one object for a whole run, so that every measure over the same units shares the draws.

    A resample draws, within each document of n units, n - 1 of them with replacement and weights each by n / (n - 1):
    the rescaled bootstrap of Rao & Wu (1988). Drawing n would understate the variance by 1/n of it, which costs .01 of
    coverage with fifteen paragraphs per document and .05 with four. A document of one unit cannot vary within itself;
    such documents are drawn from among each other (collapsed strata, Cochran 1977, section 5A.12), and a single one
    stays in every resample.

    :meth:`totals` builds a matrix of how often each unit was drawn once, (resamples, units), 5 MB of 500 units, and
    multiplies it with the rows. :meth:`draw_normal` draws totals from the normal distribution of the same mean and
    covariance, to which they converge as the units become many: time and memory do not grow with the units. An
    interval's ends are then within .04 of its width of the matrix's, with forty items as with five thousand; another
    seed moves them by .02.

    Draws depend on the seed and the documents alone, not on order or number of calls; those of the matrix come from
    the raw PCG64 stream, which numpy keeps stable across versions.
    """

    resamples: int = RESAMPLES
    seed: int = SEED
    _draws: dict[bytes, tuple[Ints, Floats]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def draw(self, sample: Sample, combine: Combine) -> Floats:
        """Return a number of a sample in each resample, drawn in the form that is for its size: shape (resamples,)."""
        if not sample.has_units:
            return combine(self.draw_normal(sample.totals, sample.within))
        return np.concatenate([combine(totals) for totals in self._draw_totals(sample.rows, sample.documents)])

    def totals(self, rows: Floats, documents: Ints) -> Floats:
        """Return the totals of rows of shape (units, ...) in each resample: shape (resamples, ...)."""
        return np.concatenate(list(self._draw_totals(rows, documents)))

    def _draw_totals(self, rows: Floats, documents: Ints) -> Iterator[Floats]:
        """Yield the totals of some resamples after others, as many as fit into the cache."""
        times, weight = self._draw_units(documents)
        flat = rows.reshape(len(rows), -1) * weight[:, None]
        size = max(1, _PIECE_SIZE // max(1, flat.shape[1]))
        for at in range(0, self.resamples, size):
            yield _multiply(times[at : at + size], flat).reshape(-1, *rows.shape[1:])

    def draw_normal(self, totals: Floats, covariance: Floats) -> Floats:
        """Return totals from a normal distribution, never below 0: shape (resamples, ...).

        Args:
            totals: its mean, shape (...).
            covariance: its covariance, a square of as many rows as there are totals.
        """
        noise = np.random.Generator(np.random.PCG64(self.seed)).standard_normal((self.resamples, totals.size))
        drawn: Floats = np.maximum(totals.reshape(-1) + noise @ find_root(covariance), 0)
        return drawn.reshape(self.resamples, *totals.shape)

    def _draw_units(self, documents: Ints) -> tuple[Ints, Floats]:
        """Return how often each unit is drawn in each resample, and the weight of each; made once per documents."""
        key = documents.tobytes()  # measures over the same units share the draws
        if key not in self._draws:
            stratum = _strata(documents)
            size = np.bincount(stratum)[stratum] if len(stratum) else stratum
            weight = np.where(size > 1, size / np.maximum(size - 1, 1), 1.0)
            self._draws[key] = _count_matrix(stratum, self.resamples, self.seed), weight
        return self._draws[key]


def find_root(covariance: Floats) -> Floats:
    """Return the symmetric root of a covariance.

    It is the only root that does not depend on the signs that a library gives its eigenvectors.
    """
    out = np.zeros_like(covariance)
    # What does not vary must not vary by a rounding error: a type without gold would enter a mean over types.
    varies = np.flatnonzero(np.diagonal(covariance) > 0)
    values, vectors = np.linalg.eigh(covariance[np.ix_(varies, varies)])
    out[np.ix_(varies, varies)] = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return out


def _multiply(times: Ints, flat: Floats) -> Floats:
    """Return the product of two matrices, the first of whole numbers."""
    out = np.empty((len(times), flat.shape[1]))
    # In blocks too small for BLAS to split among threads, which on a busy machine wait for each other.
    step = max(1, _BLOCK_SIZE // max(1, flat.size))
    for at in range(0, len(times), step):
        out[at : at + step] = times[at : at + step].astype(np.float64) @ flat
    return out


def _strata(documents: Ints) -> Ints:
    """Return the set that each unit is drawn within: its document, or, for documents of one unit, all of those."""
    if not len(documents):
        return documents
    number = number_runs(documents)
    single = np.bincount(number)[number] == 1
    collapsed = np.where(single, -1, number)
    out: Ints = np.unique(collapsed, return_inverse=True)[1].astype(np.int64)
    return out


def _count_matrix(stratum: Ints, resamples: int, seed: int) -> Ints:
    """Draw n - 1 units (at least one) within each stratum of n: return how often each is drawn in each resample."""
    units = len(stratum)
    sizes = np.bincount(stratum)
    draws = np.maximum(sizes - 1, 1)
    size = np.repeat(sizes, draws).astype(np.uint64)
    bits = np.random.PCG64(seed)
    # In the smallest type that can count all draws of a stratum: multiplying takes the time of reading the matrix.
    out = np.empty((resamples, units), dtype=np.min_scalar_type(int(draws.max(initial=0))))
    # Numbers are drawn in blocks of this size, on which the draws of a seed depend where it is odd.
    step = min(resamples, max(1, _BLOCK_SIZE // max(1, len(size))))
    # They are counted in pieces that fit into the cache. The cell of a stratum's first unit in each row of a piece,
    # with the units of a stratum side by side; adding the number drawn within the stratum gives the cell to count in.
    piece = min(step, max(1, _PIECE_SIZE // max(1, len(size))))
    first = np.repeat(np.cumsum(sizes) - sizes, draws) + units * np.arange(piece)[:, None]
    order = np.argsort(stratum, kind="stable")
    for block in range(0, resamples, step):
        end = min(block + step, resamples)
        raw = bits.random_raw(((end - block) * len(size) + 1) // 2).astype("<u8", copy=False).view("<u4")
        raw = raw[: (end - block) * len(size)].reshape(end - block, -1)
        for at in range(block, end, piece):
            here = min(piece, end - at)
            # The upper half of a 32-bit number times n is uniform below n, with a bias below n / 2³².
            chosen = raw[at - block : at - block + here] * size
            chosen >>= np.uint64(32)
            place = chosen.view(np.int64)
            place += first[:here]
            out[at : at + here] = np.bincount(place.ravel(), minlength=here * units).reshape(here, units)
    # Back from units sorted by stratum to their own order, unless they are the same.
    return out if (order[:-1] < order[1:]).all() else out[:, np.argsort(order)]
