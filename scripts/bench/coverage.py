"""Simulate how often the intervals of vostochny.stats.intervals contain the true value.

    python -m scripts coverage            write benchmark/coverage.json (some minutes)
    python -m scripts coverage --check    write nothing; exit 1 if coverage.json is not current
    python -m scripts coverage --quick    simulate a few samples; print, write nothing

A sample is five articles as a system's rows: each paragraph has a Poisson number of gold items, and the system gets
an item right with a probability whose log odds are the sum of a level, a deviation of the article and one of the
paragraph, both normal; it invents items at the rate at which it misses them, so that precision, recall and F1 share
one true value. A document deviation of .3 spreads the articles' true F1 by about .05 at .75 and .03 at .9, one of .6
twice as far. Two true values are known of each sample, one for each interval:

- these articles: F1 over infinitely many paragraphs of these five articles, their deviations fixed;
- new articles: F1 over infinitely many articles of this kind.
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
    Resampling,
    Uncertainty,
    jackknife_interval,
    leave_one_out_totals,
)
from vostochny.stats.paired import compare
from vostochny.stats.scores import Measure, f1s
from vostochny.system import console
from vostochny.system.arguments import ArgumentParser

OUT = ROOT / "benchmark" / "coverage.json"
SEED = 7
Report = dict[str, Any]  # JSON
# Gauss-Hermite quadrature; 40 nodes.
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(40)


@dataclass(frozen=True)
class Scenario:
    """One setting of the simulation.

    Attributes:
        f1: the true F1
        document_sd: standard deviation between articles, in log odds
        paragraph_sd: standard deviation between paragraphs of an article, in log odds
        paragraphs: the number of paragraphs of each article
        items: the mean number of gold items per paragraph
        items_sd: standard deviation, between articles, of the logarithm of ``items``
    """

    f1: float
    document_sd: float
    paragraph_sd: float = 0.5
    paragraphs: tuple[int, ...] = (15,) * 5
    items: float = 5
    items_sd: float = 0.0


OUR_LENGTHS = (21, 8, 22, 16, 22)  # non-empty lines of the five articles
SCENARIOS = (
    *(Scenario(f1, sd) for f1 in (0.6, 0.75, 0.9) for sd in (0.0, 0.3, 0.6)),
    *(Scenario(f1, sd, 0.5, OUR_LENGTHS, 5, 0.3) for f1 in (0.75, 0.9) for sd in (0.3, 0.6)),
    Scenario(0.75, 0.3, 1.0, OUR_LENGTHS, 1, 0.3),
    Scenario(0.9, 0.3, 0.5, OUR_LENGTHS, 1, 0.3),
    Scenario(0.75, 0.3, 0.5, (4,) * 5, 5, 0.3),
    Scenario(0.75, 0.3, 0.5, (1,) * 30, 20, 0.3),
)
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
    documents = np.repeat(np.arange(len(s.paragraphs)), s.paragraphs)
    for _ in range(count):
        of_document = level + rng.normal(0, s.document_sd, len(s.paragraphs))
        rate = s.items * np.exp(rng.normal(0, s.items_sd, len(s.paragraphs)))
        x = of_document[documents] + rng.normal(0, s.paragraph_sd, len(documents))
        p = 1 / (1 + np.exp(-x))
        gold = rng.poisson(rate[documents])
        system = measure(rng.binomial(gold, p), gold, rng.poisson(rate[documents] * (1 - p)), documents)
        yield system, float(np.average(mean_probability(of_document, s.paragraph_sd), weights=rate * s.paragraphs))


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


def simulate_scores(s: Scenario, count: int, resampling: Resampling) -> Report:
    """Return the coverage of both intervals in one scenario, and that of the methods they were preferred to.

    ``drawing_n`` draws n of n paragraphs per article, ``document_bootstrap`` whole articles; ``jackknife_plain_scale``
    is the jackknife without a change of scale.
    """
    rng = np.random.default_rng(SEED)
    documents = np.repeat(np.arange(len(s.paragraphs)), s.paragraphs)
    n = len(s.paragraphs)
    # How often each article, and each paragraph within its article, is drawn in each resample.
    whole = rng.multinomial(n, np.full(n, 1 / n), size=resampling.resamples).astype(np.float64)
    plain = np.hstack([rng.multinomial(k, np.full(k, 1 / k), size=resampling.resamples) for k in s.paragraphs]).astype(
        np.float64
    )
    within = max(s.paragraphs) > 1
    names = ["these_articles", "drawing_n"] if within else []
    these = {name: Coverage() for name in names}
    new = {
        name: Coverage() for name in ("new_articles", "jackknife_plain_scale", "document_bootstrap", "these_articles")
    }
    for system, truth in draw_samples(s, count, rng):
        ours = Uncertainty(system, resampling)
        if within:
            these["these_articles"].add(ours.these_articles, truth)
            these["drawing_n"].add(percentile_interval(f1s(plain @ system.sample.rows[:, 0])), truth)
        by_document = system.sample.by_document[:, 0]
        value = float(f1s(by_document.sum(axis=0)))
        new["new_articles"].add(ours.new_articles, s.f1)
        new["jackknife_plain_scale"].add(jackknife_interval(value, f1s(leave_one_out_totals(by_document))), s.f1)
        new["document_bootstrap"].add(percentile_interval(f1s(whole @ by_document)), s.f1)
        new["these_articles"].add(ours.these_articles, s.f1)
    truths = {"of_these_articles": these, "of_new_articles": new}
    coverages = {t: {name: c.summarize() for name, c in by.items()} for t, by in truths.items() if by}
    return asdict(s) | {"units": len(documents)} | coverages


def simulate_differences(count: int, resampling: Resampling, document_sd: float, gap: float = 0.0) -> Report:
    """Return the coverage of the intervals of a difference between two systems on the same gold.

    Their true F1 are ``gap`` apart around .75. ``document_sd`` is the deviation between articles of each system by
    itself; with 0 the same articles are hard for both, and no article favours one of them beyond the gap.
    """
    rng = np.random.default_rng(SEED)
    documents = np.repeat(np.arange(5), 15)
    shared, own = 0.3, 0.5
    spread = float(np.hypot(np.hypot(shared, document_sd), own))
    levels = np.array([find_level(0.75 + half, spread) for half in (gap / 2, -gap / 2)])
    these, new = Coverage(), Coverage()
    significant, detectable = 0, 0.0
    for _ in range(count):
        level = levels[:, None] + rng.normal(0, shared, 5) + rng.normal(0, document_sd, (2, 5))
        hard = rng.normal(0, own, 75)
        gold = rng.poisson(5, 75)
        p = 1 / (1 + np.exp(-(level[:, documents] + hard)))
        a, b = (measure(rng.binomial(gold, q), gold, rng.poisson(5 * (1 - q)), documents) for q in p)
        comparison = compare(a, b, resampling)
        truth = mean_probability(level, own).mean(axis=1)
        these.add(comparison.these_articles, float(truth[0] - truth[1]))
        new.add(comparison.new_articles, gap)
        significant += (comparison.p or 0) <= 0.05
        detectable += comparison.detectable or 0
    return {
        "own_document_sd": document_sd,
        "true_difference": round(gap, 4),
        "these_articles": these.summarize()[0],
        "new_articles": new.summarize()[0],
        "p_at_most_.05": round(significant / count, 3),
        "mean_detectable": round(detectable / count, 4),
    }


def simulate(quick: bool) -> Report:
    """Return the content of coverage.json; ``quick`` takes two scenarios, few samples and few resamples."""
    count, resampling = (300, Resampling(1000)) if quick else (2000, Resampling())
    differences = [simulate_differences(count, resampling, 0.0)]
    # A difference as large as the detectable one should be significant four times in five.
    differences.append(simulate_differences(count, resampling, 0.0, differences[0]["mean_detectable"]))
    differences.append(simulate_differences(count, resampling, 0.3))
    scores = [simulate_scores(s, count, resampling) for s in (QUICK if quick else SCENARIOS)]
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
