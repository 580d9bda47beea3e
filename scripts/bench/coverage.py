"""Simulate how often the intervals of vostochny.stats.intervals contain the true value.

    python -m scripts coverage            write benchmark/coverage.json (some minutes)
    python -m scripts coverage --check    write nothing; exit 1 if coverage.json is not current
    python -m scripts coverage --quick    simulate a few samples; print, write nothing

A sample is five articles, or more, as a system's rows: each paragraph has a Poisson number of gold items, and the
system gets an item right with a probability whose log odds are the sum of a level, a deviation of the article and one
of the paragraph, both normal; it invents items at the rate at which it misses them, so that precision, recall and F1
share one true value. A document deviation of .3 spreads the articles' true F1 by about .05 at .75 and .03 at .9, one of
.6 twice as far. Two true values are known of each sample, one for each interval:

- these articles: F1 over infinitely many paragraphs of these articles, their deviations fixed;
- new articles: F1 over infinitely many articles of this kind.

Of many units, and of many documents, intervals have another form (vostochny.stats.samples). So there are scenarios of
more than five articles in pairs, one at the limit and one just beyond it. ``form`` names what was used: "units" drawn
and "documents" left out one by one, or the "moments" of all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scripts import exchange
from scripts.files import ANNOTATIONS, ROOT, update_files
from scripts.store import GOLD
from vostochny.metrics.counts import Counts
from vostochny.metrics.matching import Floats, Ints
from vostochny.stats.intervals import (
    Interval,
    Uncertainty,
    jackknife_interval,
    leave_one_out_totals,
)
from vostochny.stats.paired import compare
from vostochny.stats.resampling import Resampling
from vostochny.stats.samples import MAX_KEPT_DOCUMENTS, MAX_KEPT_UNITS
from vostochny.stats.scores import Measure, f1s
from vostochny.system import console
from vostochny.system.arguments import ArgumentParser

OUT = ROOT / "benchmark" / "coverage.json"
SEED = 7
Report = dict[str, Any]  # JSON
# Gauss-Hermite quadrature; 40 nodes.
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(40)


SAMPLES = 2000  # of each scenario
SAMPLES_LARGE = 1000  # of those of many articles, which take longer; .95 then has a standard error of .007
Lengths = tuple[int, ...]
FIVE: Lengths = (15,) * 5


@dataclass(frozen=True)
class Scenario:
    """One setting of the simulation.

    Attributes:
        f1: the true F1
        document_sd: standard deviation between articles, in log odds
        paragraph_sd: standard deviation between paragraphs of an article, in log odds
        paragraphs: the number of paragraphs of each article, before they are repeated
        items: the mean number of gold items per paragraph
        items_sd: standard deviation, between articles, of the logarithm of ``items``
        repeats: how often the list of articles is repeated
    """

    f1: float
    document_sd: float
    paragraph_sd: float = 0.5
    paragraphs: Lengths = FIVE
    items: float = 5
    items_sd: float = 0.0
    repeats: int = 1

    @property
    def lengths(self) -> Lengths:
        """The number of paragraphs of each article."""
        return self.paragraphs * self.repeats

    @property
    def is_large(self) -> bool:
        """Whether it is there to see what becomes of the intervals where there are many articles."""
        return self.repeats > 1


OUR_LENGTHS = (21, 8, 22, 16, 22)  # non-empty lines of the five articles
SCENARIOS = (
    *(Scenario(f1, sd) for f1 in (0.6, 0.75, 0.9) for sd in (0.0, 0.3, 0.6)),
    *(Scenario(f1, sd, 0.5, OUR_LENGTHS, 5, 0.3) for f1 in (0.75, 0.9) for sd in (0.3, 0.6)),
    Scenario(0.75, 0.3, 1.0, OUR_LENGTHS, 1, 0.3),
    Scenario(0.9, 0.3, 0.5, OUR_LENGTHS, 1, 0.3),
    Scenario(0.75, 0.3, 0.5, (4,) * 5, 5, 0.3),
    Scenario(0.75, 0.3, 0.5, (1,) * 30, 20, 0.3),
    *(
        Scenario(f1, 0.3, 0.5, (paragraphs,), items, 0.3, repeats)
        for f1, items in ((0.75, 5), (0.9, 1))
        # At the limit of units and beyond it, with few documents and with many; at that of documents and beyond it.
        for paragraphs, repeats in ((15, 33), (15, 34), (1, 500), (1, 501), (2, 1000), (2, 1001))
    ),
)
LARGE_PAIRS = ((15,) * 33, (15,) * 34, (2,) * 1000, (2,) * 1001)  # the same for differences
QUICK = (Scenario(0.75, 0.3), Scenario(0.9, 0.3, 0.5, OUR_LENGTHS, 5, 0.3))


def mean_probability(level: Floats, sd: float) -> Floats:
    """Return the mean of 1 / (1 + e⁻ˣ) over x, normal with mean ``level`` and deviation ``sd``, by quadrature."""
    x = level[..., None] + sd * _NODES
    mean: Floats = (1 / (1 + np.exp(-x))) @ (_WEIGHTS / _WEIGHTS.sum())
    return mean


def find_level(f1: float, sd: float) -> float:
    """Return the level at which :func:`mean_probability` is ``f1``, by bisection."""
    low, high = -10.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if mean_probability(np.array(middle), sd) < f1 else (low, middle)
    return high


def measure(right: Ints, gold: Ints, spurious: Ints, documents: Ints) -> Measure:
    """Return one system's rows as a measure.

    Args:
        right: the number of right items of each paragraph
        gold: the number of gold items of each paragraph
        spurious: the number of invented items of each paragraph
        documents: the index of each paragraph's article
    """
    values = np.stack([right, gold, right, right + spurious], axis=-1).astype(np.float64)[:, None]
    return Measure("simulated", (Counts.of_table("simulated", ("type",), (("x",),), values, documents),))


def draw_samples(s: Scenario, count: int, rng: np.random.Generator) -> Iterator[tuple[Measure, float]]:
    """Yield simulated measures, each with the true F1 of its articles."""
    level = find_level(s.f1, float(np.hypot(s.document_sd, s.paragraph_sd)))
    documents = np.repeat(np.arange(len(s.lengths)), s.lengths)
    for _ in range(count):
        of_document = level + rng.normal(0, s.document_sd, len(s.lengths))
        rate = s.items * np.exp(rng.normal(0, s.items_sd, len(s.lengths)))
        x = of_document[documents] + rng.normal(0, s.paragraph_sd, len(documents))
        p = 1 / (1 + np.exp(-x))
        gold = rng.poisson(rate[documents])
        system = measure(rng.binomial(gold, p), gold, rng.poisson(rate[documents] * (1 - p)), documents)
        yield system, float(np.average(mean_probability(of_document, s.paragraph_sd), weights=rate * s.lengths))


class Coverage:
    """Counts how often intervals contain the true value, and adds up their widths."""

    def __init__(self) -> None:
        self.intervals = self.hits = 0
        self.width = 0.0

    def add(self, interval: Interval | None, truth: float) -> None:
        """Add one interval; None, where there is no interval, is not counted."""
        if interval:
            self.intervals += 1
            self.hits += interval.low <= truth <= interval.high
            self.width += interval.high - interval.low

    def summarize(self) -> tuple[float, float]:
        """Return the share of intervals that contain the true value, and their mean width."""
        intervals = max(self.intervals, 1)
        return round(self.hits / intervals, 3), round(self.width / intervals, 3)


def percentile_interval(scores: Floats) -> Interval:
    """Return the usual 95 % percentile interval of bootstrapped scores."""
    return Interval(*(float(x) for x in np.nanquantile(scores, (0.025, 0.975))))


def find_form(lengths: Lengths) -> dict[str, str]:
    """Return the form that each interval has for articles of so many paragraphs."""
    return {
        "these_articles": "units" if sum(lengths) <= MAX_KEPT_UNITS else "moments",
        "new_articles": "documents" if len(lengths) <= MAX_KEPT_DOCUMENTS else "moments",
    }


class Alternatives:
    """The methods that ours were preferred to.

    ``drawing_n`` draws n of n paragraphs per article, ``document_bootstrap`` whole articles; ``jackknife_plain_scale``
    is the jackknife without a change of scale.
    """

    def __init__(self, lengths: Lengths, rng: np.random.Generator, resamples: int) -> None:
        n = len(lengths)
        # How often each article, and each paragraph within its article, is drawn in each resample.
        self._whole = rng.multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float64)
        within = [rng.multinomial(k, np.full(k, 1 / k), size=resamples) for k in lengths]
        self._plain = np.hstack(within).astype(np.float64)

    def estimate(self, system: Measure) -> dict[str, Interval | None]:
        """Return the interval of each method by name."""
        by_document = system.sample.by_document[:, 0]
        value = float(f1s(by_document.sum(axis=0)))
        return {
            "drawing_n": percentile_interval(f1s(self._plain @ system.sample.rows[:, 0])),
            "jackknife_plain_scale": jackknife_interval(value, f1s(leave_one_out_totals(by_document))),
            "document_bootstrap": percentile_interval(f1s(self._whole @ by_document)),
        }


def simulate_scores(s: Scenario, count: int, resampling: Resampling) -> Report:
    """Return the coverage of both intervals in one scenario, and where it is not large that of :class:`Alternatives`.

    Of scenarios with one paragraph per article the first interval has no truth of its own.
    """
    rng = np.random.default_rng(SEED)
    alternatives = None if s.is_large else Alternatives(s.lengths, rng, resampling.resamples)
    names = {
        "of_these_articles": ["these_articles", "drawing_n"] if max(s.lengths) > 1 else [],
        "of_new_articles": ["new_articles", "jackknife_plain_scale", "document_bootstrap", "these_articles"],
    }
    coverages: dict[str, dict[str, Coverage]] = {truth: {} for truth in names}
    for system, truth_here in draw_samples(s, count, rng):
        ours = Uncertainty(system, resampling)
        intervals = {"these_articles": ours.these_articles, "new_articles": ours.new_articles}
        if alternatives:
            intervals |= alternatives.estimate(system)
        for (truth, methods), value in zip(names.items(), (truth_here, s.f1), strict=True):
            for name in methods:
                if name in intervals:
                    coverages[truth].setdefault(name, Coverage()).add(intervals[name], value)
    shape = {"documents": len(s.lengths), "units": sum(s.lengths), "form": find_form(s.lengths), "samples": count}
    return asdict(s) | shape | {t: {n: c.summarize() for n, c in by.items()} for t, by in coverages.items() if by}


def simulate_differences(
    count: int, resampling: Resampling, document_sd: float, gap: float = 0.0, lengths: Lengths = FIVE
) -> Report:
    """Return the coverage of the intervals of a difference between two systems on the same gold.

    Args:
        count: the number of samples
        resampling: the draws
        document_sd: the deviation between articles of each system by itself; with 0 the same articles are hard for
            both, and no article favours one of them beyond the gap
        gap: how far their true F1 are apart, around .75
        lengths: the number of paragraphs of each article, the same for all
    """
    rng = np.random.default_rng(SEED)
    documents = np.repeat(np.arange(len(lengths)), lengths)
    shared, own = 0.3, 0.5
    spread = float(np.hypot(np.hypot(shared, document_sd), own))
    levels = np.array([find_level(0.75 + half, spread) for half in (gap / 2, -gap / 2)])
    these, new = Coverage(), Coverage()
    significant, detectable = 0, 0.0
    for _ in range(count):
        size = len(lengths)
        level = levels[:, None] + rng.normal(0, shared, size) + rng.normal(0, document_sd, (2, size))
        hard = rng.normal(0, own, len(documents))
        gold = rng.poisson(5, len(documents))
        p = 1 / (1 + np.exp(-(level[:, documents] + hard)))
        a, b = (measure(rng.binomial(gold, q), gold, rng.poisson(5 * (1 - q)), documents) for q in p)
        comparison = compare(a, b, resampling)
        truth = mean_probability(level, own).mean(axis=1)
        these.add(comparison.these_articles, float(truth[0] - truth[1]))
        new.add(comparison.new_articles, gap)
        significant += (comparison.p or 0) <= 0.05
        detectable += comparison.detectable or 0
    return {
        "documents": len(lengths),
        "units": len(documents),
        "form": find_form(lengths),
        "samples": count,
        "own_document_sd": document_sd,
        "true_difference": round(gap, 4),
        "these_articles": these.summarize()[0],
        "new_articles": new.summarize()[0],
        "p_at_most_.05": round(significant / count, 3),
        "mean_detectable": round(detectable / count, 4),
    }


def simulate(quick: bool) -> Report:
    """Return the content of coverage.json; ``quick`` takes few scenarios, few samples and few resamples."""
    count, resampling = (300, Resampling(1000)) if quick else (SAMPLES, Resampling())
    scores = [
        simulate_scores(s, SAMPLES_LARGE if s.is_large else count, resampling) for s in (QUICK if quick else SCENARIOS)
    ]
    differences: list[Report] = []
    for lengths in (FIVE,) if quick else (FIVE, *LARGE_PAIRS):
        here = count if lengths is FIVE else SAMPLES_LARGE
        equal = simulate_differences(here, resampling, 0.0, lengths=lengths)
        # A difference as large as the detectable one should be significant four times in five.
        apart = simulate_differences(here, resampling, 0.0, equal["mean_detectable"], lengths)
        differences += [equal, apart, simulate_differences(here, resampling, 0.3, lengths=lengths)]
    return {"samples": count, "resamples": resampling.resamples, "scores": scores, "differences": differences}


def render(report: Report) -> str:
    """Return the report as JSON with one line per scenario."""
    about = "How often 95 % intervals hold the truth, by python -m scripts coverage. Of scores: [share, mean width]"
    lines = [f' "about": {json.dumps(about)}']
    for key, value in report.items():
        if isinstance(value, list):
            lines.append(f' "{key}": [\n  ' + ",\n  ".join(json.dumps(x) for x in value) + "\n ]")
        else:
            lines.append(f' "{key}": {value}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def build_files() -> dict[Path, str]:
    """Return the content of coverage.json by its path; this takes some minutes."""
    return {OUT: render(simulate(quick=False))}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        epilog="Writes benchmark/coverage.json, which takes some minutes. Exit code: 0 done, 1 with --check if it is "
        "not current.",
    )
    parser.add_argument("--quick", action="store_true", help="simulate a few samples; print, write nothing")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if coverage.json is not current")
    args = parser.parse_args(arguments)
    if args.quick:
        console.print_text(render(simulate(quick=True)))
        return 0
    files = build_files()
    with nullcontext() if args.check else exchange.lock(ANNOTATIONS / GOLD):
        return update_files("coverage", files, args.check)
