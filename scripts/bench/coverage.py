"""How often the intervals of vostochny.stats.intervals hold what they claim to, by simulation.

    python -m scripts coverage            write benchmark/coverage.json (some minutes)
    python -m scripts coverage --check    write nothing; exit 1 if the figures are not these
    python -m scripts coverage --quick    a few samples, printed, not written

A sample is five articles as a system's rows: each paragraph holds a Poisson number of gold items, and the system gets
an item right with a probability whose log odds are the sum of a level, a deviation of the article and one of the
paragraph, both normal; it invents items at the rate at which it misses them, so that precision, recall and F1 share
one true value. A document deviation of .3 spreads the articles' true F1 by about .05 at .75 and .03 at .9, one of .6
twice as far. Two truths are known of each sample, and each interval is held against its own:

- these articles: F1 over endless paragraphs of these five articles, their deviations fixed;
- new articles: F1 over endless articles of this kind.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from scripts.files import ROOT, write_or_check
from vostochny.metrics.counts import Counts, Floats, Ints
from vostochny.stats.intervals import (
    Interval,
    Resampling,
    estimate_uncertainty,
    jackknife_interval,
    leave_one_out_totals,
)
from vostochny.stats.paired import compare
from vostochny.stats.scores import Measure, f1s

OUT = ROOT / "benchmark" / "coverage.json"
SEED = 7
Figures = dict[str, Any]
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(40)


@dataclass(frozen=True)
class Scenario:
    """What is varied: true F1, the two deviations (log odds), paragraphs of each article, mean items a paragraph.

    ``items_sd`` is the deviation, between articles, of the logarithm of items a paragraph.
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


def expected(level: Floats, sd: float) -> Floats:
    """The mean of 1 / (1 + e⁻ˣ) over a normal x, by Gauss-Hermite quadrature."""
    x = level[..., None] + sd * _NODES
    out: Floats = (1 / (1 + np.exp(-x))) @ (_WEIGHTS / _WEIGHTS.sum())
    return out


def level_of(f1: float, sd: float) -> float:
    """The level at which :func:`expected` is ``f1``, by halving."""
    low, high = -10.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if expected(np.array(middle), sd) < f1 else (low, middle)
    return high


def measure(right: Ints, gold: Ints, spurious: Ints, documents: Ints) -> Measure:
    """One system's rows as a measure."""
    values = np.stack([right, gold, right, right + spurious], axis=-1).astype(np.float64)[:, None]
    return Measure("simulated", (Counts("simulated", ("type",), (("x",),), values, documents),))


def samples(s: Scenario, count: int, rng: np.random.Generator) -> Iterator[tuple[Measure, float]]:
    """Simulated measures, each with the truth for its articles."""
    level = level_of(s.f1, float(np.hypot(s.document_sd, s.paragraph_sd)))
    documents = np.repeat(np.arange(len(s.paragraphs)), s.paragraphs)
    for _ in range(count):
        of_document = level + rng.normal(0, s.document_sd, len(s.paragraphs))
        rate = s.items * np.exp(rng.normal(0, s.items_sd, len(s.paragraphs)))
        x = of_document[documents] + rng.normal(0, s.paragraph_sd, len(documents))
        p = 1 / (1 + np.exp(-x))
        gold = rng.poisson(rate[documents])
        system = measure(rng.binomial(gold, p), gold, rng.poisson(rate[documents] * (1 - p)), documents)
        yield system, float(np.average(expected(of_document, s.paragraph_sd), weights=rate * s.paragraphs))


class Held:
    """How often intervals held the truth."""

    def __init__(self) -> None:
        self.given = self.hit = 0
        self.width = 0.0

    def add(self, interval: Interval | None, truth: float) -> None:
        """Count one interval; one that is not given counts neither way."""
        if interval:
            self.given += 1
            self.hit += interval.low <= truth <= interval.high
            self.width += interval.high - interval.low

    def figures(self) -> tuple[float, float]:
        """Coverage and mean width of the intervals given."""
        given = max(self.given, 1)
        return round(self.hit / given, 3), round(self.width / given, 3)


def ends(scores: Floats) -> Interval:
    """The percentile interval, as it is usually taken."""
    return Interval(*(float(x) for x in np.nanquantile(scores, (0.025, 0.975))))


def cover(s: Scenario, count: int, resampling: Resampling) -> Figures:
    """Coverage of both intervals in one scenario, beside that of what they were chosen over."""
    rng = np.random.default_rng(SEED)
    documents = np.repeat(np.arange(len(s.paragraphs)), s.paragraphs)
    n = len(s.paragraphs)
    whole = rng.multinomial(n, np.full(n, 1 / n), size=resampling.resamples).astype(np.float64)
    plain = np.hstack([rng.multinomial(k, np.full(k, 1 / k), size=resampling.resamples) for k in s.paragraphs]).astype(
        np.float64
    )
    within = max(s.paragraphs) > 1
    names = ["these_articles", "drawing_n"] if within else []
    these = {name: Held() for name in names}
    new = {name: Held() for name in ("new_articles", "jackknife_plain_scale", "document_bootstrap", "these_articles")}
    for system, truth in samples(s, count, rng):
        got = estimate_uncertainty(system, resampling)
        if within:
            these["these_articles"].add(got.these_articles, truth)
            these["drawing_n"].add(ends(f1s(plain @ system.rows[:, 0])), truth)
        by_document = system.by_document[:, 0]
        value = float(f1s(by_document.sum(axis=0)))
        new["new_articles"].add(got.new_articles, s.f1)
        new["jackknife_plain_scale"].add(jackknife_interval(value, f1s(leave_one_out_totals(by_document))), s.f1)
        new["document_bootstrap"].add(ends(f1s(whole @ by_document)), s.f1)
        new["these_articles"].add(got.these_articles, s.f1)
    truths = {"of_these_articles": these, "of_new_articles": new}
    figures = {t: {name: held.figures() for name, held in by.items()} for t, by in truths.items() if by}
    return asdict(s) | {"units": len(documents)} | figures


def cover_difference(count: int, resampling: Resampling, document_sd: float, gap: float = 0.0) -> Figures:
    """Two systems on the same gold, their true F1 ``gap`` apart around .75, with deviations of their own.

    With ``document_sd`` 0 both find the same articles hard, and on any article neither is better but for the gap.
    """
    rng = np.random.default_rng(SEED)
    documents = np.repeat(np.arange(5), 15)
    shared, own = 0.3, 0.5
    spread = float(np.hypot(np.hypot(shared, document_sd), own))
    levels = np.array([level_of(0.75 + half, spread) for half in (gap / 2, -gap / 2)])
    these, new = Held(), Held()
    found, detectable = 0, 0.0
    for _ in range(count):
        level = levels[:, None] + rng.normal(0, shared, 5) + rng.normal(0, document_sd, (2, 5))
        hard = rng.normal(0, own, 75)
        gold = rng.poisson(5, 75)
        p = 1 / (1 + np.exp(-(level[:, documents] + hard)))
        a, b = (measure(rng.binomial(gold, q), gold, rng.poisson(5 * (1 - q)), documents) for q in p)
        got = compare(a, b, resampling)
        truth = expected(level, own).mean(axis=1)
        these.add(got.these_articles, float(truth[0] - truth[1]))
        new.add(got.new_articles, gap)
        found += (got.p or 0) <= 0.05
        detectable += got.detectable or 0
    return {
        "own_document_sd": document_sd,
        "true_difference": round(gap, 4),
        "these_articles": these.figures()[0],
        "new_articles": new.figures()[0],
        "p_at_most_.05": round(found / count, 3),
        "mean_detectable": round(detectable / count, 4),
    }


def simulate(quick: bool) -> Figures:
    """All figures; ``quick`` takes two scenarios, few samples and few resamples."""
    count, resampling = (300, Resampling(1000)) if quick else (2000, Resampling())
    differences = [cover_difference(count, resampling, 0.0)]
    # At the difference said to be detectable the test should find it four times in five.
    differences.append(cover_difference(count, resampling, 0.0, differences[0]["mean_detectable"]))
    differences.append(cover_difference(count, resampling, 0.3))
    scores = [cover(s, count, resampling) for s in (QUICK if quick else SCENARIOS)]
    return {"samples": count, "resamples": resampling.resamples, "scores": scores, "differences": differences}


def as_text(figures: Figures) -> str:
    """JSON with a line a scenario."""
    about = "How often 95 % intervals hold the truth, by python -m scripts coverage. Of scores: [share, mean width]"
    lines = [f' "about": {json.dumps(about)}']
    for key, value in figures.items():
        if isinstance(value, list):
            lines.append(f' "{key}": [\n  ' + ",\n  ".join(json.dumps(x) for x in value) + "\n ]")
        else:
            lines.append(f' "{key}": {value}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one form."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a few samples, printed, not written")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the figures are not these")
    args = parser.parse_args(arguments)
    text = as_text(simulate(args.quick))
    if args.quick:
        print(text, end="")
        return 0
    stale = write_or_check({OUT: text}, args.check)
    said = "not current" if args.check else "changed"
    print(f"{OUT.relative_to(ROOT)}: {said if stale else 'as it was'}")
    return 1 if args.check and stale else 0
