"""Scores and their intervals: each against a slow, plain version of itself, and against what it promises."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scripts.bench import coverage
from tests.support.processes import run_python
from tests.support.random_measures import DOCUMENTS, Item, draw_counts, draw_items, make_measure, tally
from vostochny.metrics.counts import GOLD, GOLD_CREDIT, PREDICTED, PREDICTED_CREDIT, Counts
from vostochny.stats import intervals, resampling, samples
from vostochny.stats.intervals import (
    Interval,
    Uncertainty,
    find_gradient,
    jackknife_interval,
    leave_one_out_totals,
    limit_interval,
    percentile_interval,
    t_quantile,
)
from vostochny.stats.moments import MAX_PARTS
from vostochny.stats.paired import compare
from vostochny.stats.resampling import Resampling, find_root
from vostochny.stats.scores import (
    Combine,
    Measure,
    f1s,
    from_total,
    macro,
    mean,
    micro,
    precisions,
    recall_only,
    recalls,
    score,
)

# Scores


@given(st.lists(st.tuples(*[st.integers(0, 6)] * 4), min_size=1, max_size=20))
def test_scores_of_many_totals_equal_those_of_each(rows):
    totals = np.array(rows, dtype=float)
    for total, p, r, f in zip(totals, precisions(totals), recalls(totals), f1s(totals), strict=True):
        one = from_total(total)
        for got, expected in ((p, one.precision), (r, one.recall), (f, one.f1)):
            assert np.isnan(got) if expected is None else got == pytest.approx(expected)


def test_a_measure_combines_its_parts_by_the_stated_rules():
    found, missed, invented = [2, 2, 2, 2], [0, 2, 0, 0], [0, 0, 0, 3]
    nothing = [0, 0, 0, 0]
    parts = np.array([found, missed, invented, nothing], dtype=float)
    assert macro(parts) == 0.5  # the invented type has no gold and does not enter
    assert mean(parts) == pytest.approx(1 / 3)  # three are defined
    assert recall_only(parts) == 0.5
    assert np.isnan(macro(parts[2:])) and np.isnan(mean(parts[3:])) and np.isnan(macro(parts[:0]))


def test_measures_over_a_facet_and_over_several_counts():
    one, two = draw_counts(1, metric="one"), draw_counts(2, metric="two")
    by_type = [score(part).f1 for part in one.by("type").values()]
    assert Measure("m", (one,), macro, "type").value == pytest.approx(np.mean(by_type))
    by_type = Measure("m", (one,), macro, "type")
    assert by_type.find_support(by_type.sample.by_document) == pytest.approx(
        one.by_unit()[:, 1] @ (DOCUMENTS[:, None] == range(5))
    )
    both = Measure("m", (one, two), mean)
    assert both.value == pytest.approx((score(one).f1 + score(two).f1) / 2)
    assert both.support == min(score(one).gold, score(two).gold)
    assert Measure("m", (one,)).value == score(one).f1
    with pytest.raises(ValueError, match="different units"):
        Measure("m", (one, draw_counts(1, DOCUMENTS[:20], metric="two")))
    with pytest.raises(ValueError, match="several of different metrics"):
        Measure("m", (one, one))


def test_measures_of_two_sets_of_documents_add_up():
    one, two = draw_counts(1), draw_counts(2)
    a, b, both = (Measure("m", (c,)) for c in (one, two, one + two))
    assert (both.sample.rows.sum(axis=0) == a.sample.rows.sum(axis=0) + b.sample.rows.sum(axis=0)).all()
    assert (both.sample.by_document == np.concatenate([a.sample.by_document, b.sample.by_document])).all()


# Resampling


def test_a_resample_by_matrix_equals_a_resample_scored_again():
    """Each resample's items are written out, n / (n - 1) in weight, judged items tallied and scored again."""
    gold, predicted = draw_items(3)
    measure = Measure("m", (tally("x", ("type",), DOCUMENTS, gold, predicted),), macro, "type")
    resampling = Resampling(resamples=25)
    fast = measure.combine(resampling.totals(measure.sample.rows, DOCUMENTS))
    times = resampling._draw_units(DOCUMENTS)[0]
    sizes = np.bincount(DOCUMENTS)

    def drawn(side: list[Item], row: np.ndarray) -> list[Item]:
        out = []
        for item in side:
            n = sizes[DOCUMENTS[item.unit]]
            again = Item(item.unit, item.stratum, item.credit * n / (n - 1), n / (n - 1))
            out += [again] * int(row[item.unit])
        return out

    for got, row in zip(fast, times, strict=True):
        anew = tally("x", ("type",), DOCUMENTS, drawn(gold, row), drawn(predicted, row))
        f1 = [score(part).f1 for part in anew.by("type").values() if score(part).gold]
        assert got == pytest.approx(np.mean(f1), abs=1e-6)


def test_every_document_is_drawn_within_itself_one_fewer_than_it_has():
    times = Resampling(resamples=4000)._draw_units(DOCUMENTS)[0]
    sizes = np.bincount(DOCUMENTS)
    per_document = np.add.reduceat(times, np.flatnonzero(np.diff(DOCUMENTS, prepend=-1)), axis=1)
    assert (per_document == sizes - 1).all()
    assert times.mean(axis=0) == pytest.approx((1 - 1 / sizes)[DOCUMENTS], abs=0.06)


def test_documents_of_one_unit_are_drawn_from_among_each_other():
    documents = np.array([0, 1, 1, 1, 2, 3, 3, 4])
    times = Resampling(resamples=500)._draw_units(documents)[0]
    single = [0, 4, 7]
    assert (times[:, single].sum(axis=1) == 2).all() and (times[:, single] == 2).any()
    assert (times[:, 1:4].sum(axis=1) == 2).all() and (times[:, 5:7].sum(axis=1) == 1).all()
    alone = Resampling(resamples=50)
    assert (alone._draw_units(np.array([0, 0, 1]))[0][:, 2] == 1).all()
    drawable = [make_measure([[1, 1, 1, 1]] * len(d), np.array(d)).sample.drawable for d in ([0, 0, 1], [0], [0, 1])]
    assert drawable == [2, 0, 2]


def test_resampled_totals_have_the_unbiased_variance():
    rows = np.random.default_rng(4).poisson(3, (len(DOCUMENTS), 1)).astype(float)
    expected = sum(n * rows[d == DOCUMENTS].var(ddof=1) for d, n in enumerate(np.bincount(DOCUMENTS)))
    totals = Resampling().totals(rows, DOCUMENTS)
    assert totals.mean() == pytest.approx(rows.sum(), rel=0.01)
    assert totals.var() == pytest.approx(expected, rel=0.05)  # its own standard error is 1.4 %


def test_the_normal_limit_gives_the_interval_of_the_matrix(monkeypatch):
    documents = np.repeat(np.arange(300), 4)
    measures = [Measure("m", (draw_counts(5, documents),)) for _ in range(2)]
    assert not measures[0].sample.has_units
    limit = Uncertainty(measures[0], Resampling()).these_articles
    monkeypatch.setattr(samples, "MAX_KEPT_UNITS", 10_000)
    assert measures[1].sample.has_units
    matrix = Uncertainty(measures[1], Resampling()).these_articles
    assert limit == pytest.approx(matrix, abs=0.06 * (matrix.high - matrix.low)) and limit != matrix


def test_the_normal_limit_stays_within_the_range_of_scores():
    """A normal variable knows no bounds: totals below 0 and scores above 1 would come of it."""
    documents = np.repeat(np.arange(300), 4)
    rare = np.zeros((len(documents), 1))
    rare[0] = 1
    totals = Resampling(resamples=1000).draw_normal(rare.sum(axis=0), np.array([[4.0]]))
    assert totals.min() == 0 < totals.max()
    high = make_measure([[float(i > 0), 1, float(i > 0), 1] for i in range(len(documents))], documents)
    low = make_measure([[float(i == 0), 1, float(i == 0), 1] for i in range(len(documents))], documents)
    assert Uncertainty(high, Resampling(resamples=1000)).these_articles.high == 1
    assert Uncertainty(low, Resampling(resamples=1000)).these_articles.low == 0
    assert intervals.clip_interval(Interval(-0.1, 1.1)) == (0, 1) and intervals.clip_interval(None) is None


def test_draws_depend_on_seed_and_documents_alone():
    rows = Measure("m", (draw_counts(6),)).sample.rows
    first, second = Resampling(resamples=100), Resampling(resamples=100)
    second.totals(rows[:20], DOCUMENTS[:20])
    assert (first.totals(rows, DOCUMENTS) == second.totals(rows, DOCUMENTS)).all()
    assert (first.totals(rows, DOCUMENTS) != Resampling(100, seed=1).totals(rows, DOCUMENTS)).any()


def test_the_draws_of_a_seed_never_change():
    """A published interval can be had again: these numbers must outlive versions of this code and of numpy."""
    times = Resampling(resamples=3, seed=1)._draw_units(np.repeat([0, 1], 4))[0]
    assert times.astype(int).tolist() == [
        [0, 1, 1, 1, 2, 0, 0, 1], [1, 0, 0, 2, 0, 2, 0, 1], [0, 2, 0, 1, 0, 1, 2, 0],
    ]  # fmt: skip


def test_the_size_of_blocks_changes_no_result(monkeypatch):
    whole = Resampling(1000)._draw_units(DOCUMENTS)[0]
    monkeypatch.setattr(resampling, "_BLOCK_SIZE", 700)
    assert (Resampling(1000)._draw_units(DOCUMENTS)[0] == whole).all()


def test_percentile_interval_equals_a_plain_bootstrap_loop():
    measure = Measure("m", (draw_counts(7),))
    resampling = Resampling(resamples=999)
    scale = (np.bincount(DOCUMENTS) / (np.bincount(DOCUMENTS) - 1))[DOCUMENTS]
    scores = []
    for row in resampling._draw_units(DOCUMENTS)[0]:
        total = sum(
            times * weight * unit for times, weight, unit in zip(row, scale, measure.sample.rows[:, 0], strict=True)
        )
        scores.append(from_total(total).f1)
    scores.sort()

    def at(share: float) -> float:
        place = share * (len(scores) - 1)
        low = math.floor(place)
        return scores[low] + (place - low) * (scores[low + 1] - scores[low])

    assert Uncertainty(measure, resampling).these_articles == pytest.approx((at(0.025), at(0.975)), abs=1e-6)


def test_what_is_known_of_a_measure_is_computed_when_it_is_asked_for():
    measure, resampling = Measure("m", (draw_counts(7),)), Resampling(resamples=100)
    got = Uncertainty(measure, resampling)
    assert got.new_articles and got.leave_one_out and len(got.documents) == 5
    assert not resampling._draws, "these need no draws"
    assert got.these_articles and resampling._draws
    again, other = (Uncertainty(measure, Resampling(resamples=100, seed=seed)) for seed in (resampling.seed, 1))
    assert got == again and hash(got) == hash(again) and got != other
    assert repr(got).startswith(f"Uncertainty(value={measure.value!r}, support=")


def test_percentile_without_spread_or_with_undefined_resamples():
    assert percentile_interval(np.ones(100)) is None
    assert percentile_interval(np.full(100, np.nan)) is None
    few, many = np.linspace(0, 1, 100), np.linspace(0, 1, 100)
    few[:5], many[:6] = np.nan, np.nan
    assert percentile_interval(few) is not None and percentile_interval(many) is None


# Jackknife


def test_jackknife_equals_a_loop_by_hand():
    measure = Measure("m", (draw_counts(8),))
    support = measure.support

    def odds(f1: float) -> float:
        return math.log((support * f1 + 0.5) / (support * (1 - f1) + 0.5))

    left_out = []
    for d in range(5):
        left_out.append(from_total(measure.sample.rows[d != DOCUMENTS].sum(axis=(0, 1))).f1)
    x = [odds(f1) for f1 in left_out]
    half = stats.t.ppf(0.975, 4) * math.sqrt(4 / 5 * sum((xi - sum(x) / 5) ** 2 for xi in x))
    ends = [1 / (1 + math.exp(-(odds(measure.value) + side * half))) for side in (-1, 1)]
    got = Uncertainty(measure, Resampling(resamples=10))
    assert got.new_articles == pytest.approx([((support + 1) * p - 0.5) / support for p in ends], abs=1e-6)
    assert got.leave_one_out == pytest.approx((min(left_out), max(left_out)))
    assert got.documents == tuple(from_total(t).f1 for t in measure.sample.by_document[:, 0])
    assert sum(got.document_support) == got.support == support
    assert got.new_articles.low < measure.value < got.new_articles.high


def test_jackknife_of_a_mean_is_the_t_interval():
    """On the plain scale the jackknife of a mean is the textbook interval of a mean."""
    x = np.array([0.1, 0.3, 0.2, 0.05, 0.4])
    left_out = (x.sum() - x) / 4
    expected = stats.t.interval(0.95, 4, x.mean(), stats.sem(x))
    assert jackknife_interval(float(x.mean()), left_out) == pytest.approx(expected, abs=1e-6)


def test_jackknife_stays_in_range_and_is_none_where_it_is_undefined():
    got = jackknife_interval(0.97, np.array([0.99, 1.0, 0.9, 0.98, 1.0]), 100)
    assert 0 <= got.low < 0.97 < got.high <= 1
    assert jackknife_interval(0.5, np.array([0.9, -0.9, 0.5])) == Interval(-1, 1)
    assert jackknife_interval(0.5, np.array([0.4, 0.6]), 100) is None
    assert jackknife_interval(0.5, np.array([0.4, 0.6, np.nan]), 100) is None
    assert jackknife_interval(1.0, np.ones(5), 100) is None
    assert jackknife_interval(math.nan, np.array([0.4, 0.5, 0.6])) is None
    assert jackknife_interval(0.5, np.array([0.4, 0.5, 0.6]), 29) is None


def test_totals_without_a_document_have_no_rounding_errors():
    by_document = np.array([[0.1], [0.2], [0.0], [0.7]])
    assert leave_one_out_totals(by_document)[:, 0] == pytest.approx([0.9, 0.8, 1.0, 0.3])
    assert leave_one_out_totals(np.array([[0.0], [0.1 + 0.2]]))[1, 0] == 0


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 8, 9, 24, 99, 100, 2499, 10_000])
def test_t_quantiles_equal_scipys(degrees):
    for probability in (0.5, 0.8, 0.95, 0.975, 0.999):
        assert t_quantile(probability, degrees) == pytest.approx(stats.t.ppf(probability, degrees), rel=1e-9, abs=1e-9)
    assert t_quantile(0.975, 10**6) == pytest.approx(stats.norm.ppf(0.975), abs=3e-4)


def test_t_quantiles_outside_their_range_are_refused():
    for probability, degrees in ((0.975, 0), (0.49, 5), (1.0, 5)):
        with pytest.raises(ValueError, match="no t quantile"):
            t_quantile(probability, degrees)


# The limits that both converge to


@pytest.mark.parametrize("combine", [micro, macro, mean, recall_only])
def test_the_gradient_of_a_number_is_its_derivative(combine: Combine):
    """By one number at a time, forwards; a difference of 1e-7 leaves an error of about that share."""
    dice = np.random.default_rng(1)
    gold, predicted = dice.uniform(50, 100, (2, 3))
    totals = np.stack([dice.uniform(10, gold), gold, dice.uniform(10, predicted), predicted], axis=1)
    value, step = combine(totals), 1e-7
    plain = []
    for i in range(totals.size):
        more = totals.copy()
        more.flat[i] *= 1 + step
        plain.append((combine(more) - value) / (step * totals.flat[i]))
    gradient = find_gradient(totals, combine)
    assert gradient == pytest.approx(plain, rel=1e-5, abs=1e-8)
    assert gradient @ totals.reshape(-1) == pytest.approx(0, abs=1e-9)  # twice as much of everything changes nothing


def test_the_gradient_of_f1_is_the_one_on_paper():
    """F = 2PR / (P + R): ∂F/∂P = 2R² / (P + R)², ∂F/∂R = 2P² / (P + R)²; with one credit on both sides 2c / (g + p)."""
    right, gold, right_predicted, predicted = 30.0, 50.0, 24.0, 80.0
    r, p = right / gold, right_predicted / predicted
    by_r, by_p = 2 * p**2 / (p + r) ** 2, 2 * r**2 / (p + r) ** 2
    expected = [by_r / gold, -by_r * r / gold, by_p / predicted, -by_p * p / predicted]
    assert find_gradient(np.array([[right, gold, right_predicted, predicted]]), micro) == pytest.approx(expected)
    same = find_gradient(np.array([[30.0, 50.0, 30.0, 80.0]]), micro)
    assert (same[0] + same[2], same[1] + same[3]) == pytest.approx((2 / 130, -2 * 2 * 30 / 130**2))


def test_the_gradient_is_0_where_nothing_is():
    """A type that nobody predicts, a score of 0, a part that is undefined: no derivative, and none is needed."""
    missed, nothing = [0.0, 9, 0, 0], [0.0] * 4
    assert (find_gradient(np.array([missed]), micro) == 0).all()
    got = find_gradient(np.array([[5.0, 9, 5, 8], missed, nothing]), macro)
    assert got[:4] == pytest.approx(find_gradient(np.array([[5.0, 9, 5, 8]]), micro) / 2) and (got[4:] == 0).all()
    assert (find_gradient(np.array([nothing]), micro) == 0).all()


def many_documents(seed: int, count: int = 1200) -> np.ndarray:
    """The units of so many documents, of which some have one."""
    return np.repeat(np.arange(count), np.random.default_rng(seed).integers(1, 4, count))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["micro", "macro", "mean", "recall"])
def test_the_limit_is_the_jackknife_of_many_documents(kind: str, seed: int):
    """Leaving out one document of n changes a score by its gradient but for about 1/n of that: within 3/n here."""
    documents = many_documents(seed)
    counts = draw_counts(seed, documents)
    measure = {
        "micro": Measure("m", (counts,)),
        "macro": Measure("m", (counts,), macro, facet="type"),
        "mean": Measure("m", (counts, draw_counts(seed + 9, documents, 0.9, "other")), mean),
        "recall": Measure("m", (counts,), recall_only),
    }[kind]
    sample, value, support = measure.sample, measure.value, measure.support
    assert not sample.has_documents and not sample.has_units
    left_out = measure.combine(leave_one_out_totals(sample.sum_documents()))
    for of, limit in (
        (support, limit_interval(sample, measure.combine, support)),
        (None, limit_interval(sample, measure.combine)),
    ):
        jackknife = jackknife_interval(value, left_out, of)
        width = jackknife.high - jackknife.low
        assert limit == pytest.approx(jackknife, abs=3 / sample.document_count * width + 1e-6)
        assert limit.low < value < limit.high and 0.005 < width < 0.1
    # It is what is given, of more documents than are left out one by one.
    assert Uncertainty(measure, None).new_articles == limit_interval(sample, measure.combine, support)


def test_the_number_of_documents_decides_which_form_is_used(monkeypatch):
    documents = np.repeat(np.arange(60), 2)
    forms = []
    for most in (60, 59):
        monkeypatch.setattr(samples, "MAX_KEPT_DOCUMENTS", most)
        measure = Measure("m", (draw_counts(3, documents),))
        got = Uncertainty(measure, None)
        left_out = measure.combine(leave_one_out_totals(measure.sample.sum_documents()))
        forms.append(
            (
                jackknife_interval(measure.value, left_out, measure.support),
                limit_interval(measure.sample, micro, measure.support),
            ).index(got.new_articles)
        )
        assert len(got.documents) == (60 if most == 60 else 0) and (got.leave_one_out is None) == (most < 60)
    assert forms == [0, 1]


@pytest.mark.parametrize("units", [500, 501])
def test_the_number_of_units_decides_which_form_is_used(units: int):
    documents = np.arange(units) // 10
    measure, resampling = Measure("m", (draw_counts(2, documents),)), Resampling(resamples=200)
    matrix = measure.combine(resampling.totals(measure.sample.rows, documents))
    limit = measure.combine(resampling.draw_normal(measure.totals, measure.sample.within))
    assert measure.sample.has_units == (units == 500)
    got = Uncertainty(measure, resampling).these_articles
    assert got == percentile_interval(matrix if units == 500 else limit)
    assert percentile_interval(matrix) != percentile_interval(limit)


@pytest.mark.parametrize("combine", [micro, recall_only])
def test_many_documents_that_do_not_differ_have_no_interval(combine: Combine):
    """Every document alike, all right, all wrong: a point would claim a certainty that is not there."""
    documents = np.repeat(np.arange(1100), 7)
    for row in ([3, 4, 3, 5], [4, 4, 4, 4], [0, 4, 0, 4]):
        measure = Measure("m", make_measure([row] * len(documents), documents).counts, combine)
        assert limit_interval(measure.sample, combine, measure.support) is None
        got = Uncertainty(measure, Resampling(resamples=100))
        assert (got.these_articles, got.new_articles) == (None, None)
        assert [note.partition(":")[0] for note in got.notes] == [
            "nothing varies between paragraphs", "nothing varies between documents",
        ]  # fmt: skip
    # Gold that differs while everything is right: the score still does not vary.
    varied = [[n, n, n, n] for n in np.random.default_rng(3).integers(0, 6, len(documents)).tolist()]
    got = Uncertainty(make_measure(varied, documents), Resampling(resamples=100))
    assert (got.value, got.these_articles, got.new_articles) == (1, None, None) and len(got.notes) == 2


def test_the_limit_is_none_where_the_jackknife_is():
    few = make_measure([[1, 3, 1, 3], [2, 3, 2, 4]] * 30, np.arange(60) // 30)
    assert limit_interval(few.sample, micro) is None  # two documents
    empty = make_measure([[0, 0, 0, 0]] * 40, DOCUMENTS)
    assert limit_interval(empty.sample, micro) is None
    small = make_measure([[i % 2, 1, i % 2, 1] for i in range(29)], np.arange(29) % 5)
    assert limit_interval(small.sample, micro, small.support) is None


@pytest.mark.parametrize("seed", range(5))
def test_a_type_without_gold_never_enters_a_mean_over_types(seed: int):
    """Its gold is 0 in every draw: a mean over types would count a type of 1e-17 gold items, with F1 0."""
    documents = many_documents(seed, 300)
    gold, predicted = draw_items(seed, documents)
    dice = np.random.default_rng(seed)
    invented = [Item(int(unit), ("LOC",), 0.0) for unit in dice.integers(0, len(documents), 700)]
    with_it, without = (
        Measure("m", (tally("x", ("type",), documents, gold, side),), macro, "type")
        for side in ([*predicted, *invented], predicted)
    )
    assert not with_it.sample.has_units and with_it.value == without.value
    resampling = Resampling(resamples=500)
    at = [key[2] for key in with_it.sample.parts].index("LOC")
    drawn = resampling.draw_normal(with_it.sample.totals, with_it.sample.within)
    assert (drawn[:, at, [GOLD, GOLD_CREDIT, PREDICTED_CREDIT]] == 0).all() and drawn[:, at, PREDICTED].std() > 0
    # The others' numbers are those of their own resamples: a mean over three types and not over four.
    three = np.delete(drawn, at, axis=1)
    assert (with_it.combine(drawn) == without.combine(three)).all()
    one, other = (Uncertainty(measure, resampling) for measure in (with_it, without))
    assert one.these_articles == pytest.approx(
        other.these_articles, abs=0.1 * (one.these_articles.high - one.these_articles.low)
    )
    assert one.new_articles == other.new_articles


@given(st.integers(0, 2**32 - 1))
def test_the_root_of_a_covariance_is_its_root(seed: int):
    dice = np.random.default_rng(seed)
    size = int(dice.integers(1, 7))
    factor = dice.normal(size=(int(dice.integers(1, 9)), size)) * dice.choice([0, 1e-6, 1, 1e6], size)
    covariance = factor.T @ factor
    root = find_root(covariance)
    assert root @ root == pytest.approx(covariance, rel=1e-6, abs=1e-6 * np.abs(covariance).max(initial=0))
    constant = np.diagonal(covariance) == 0
    assert (root[constant] == 0).all() and (root[:, constant] == 0).all()
    assert root == pytest.approx(root.T, abs=1e-9 * np.abs(root).max(initial=0))


# What is not said


def test_no_interval_below_thirty_items():
    for support, given_ in ((29, False), (30, True)):
        rows = [[i % 2, 1, i % 2, 1] for i in range(support)]
        rows[0][0] = rows[0][2] = 1
        documents = np.arange(support) * 5 // support
        got = Uncertainty(make_measure(rows, documents), Resampling(resamples=200))
        assert (got.these_articles is not None, got.new_articles is not None) == (given_, given_)
        assert got.value is not None and len(got.documents) == 5 and got.leave_one_out is not None
        assert any("fewer than 30" in note for note in got.notes) is not given_


def test_undefined_is_none_everywhere():
    empty = make_measure([[0, 0, 0, 0]] * 40, DOCUMENTS)
    got = Uncertainty(empty, Resampling(resamples=10))
    assert (got.value, got.leave_one_out, got.these_articles, got.new_articles) == (None, None, None, None)
    assert got.documents == (None,) * 5 and got.support == 0


def test_a_perfect_score_has_no_interval_and_a_note():
    got = Uncertainty(make_measure([[3, 3, 3, 3]] * 40, DOCUMENTS), Resampling(resamples=10))
    assert (got.value, got.these_articles, got.new_articles) == (1.0, None, None)
    assert [note.partition(":")[0] for note in got.notes] == [
        "nothing varies between paragraphs", "nothing varies between documents",
    ]  # fmt: skip


def test_a_score_that_one_document_alone_defines_has_a_note():
    """Not that nothing varies: without that document there is no score, and many resamples have none of its items."""
    rows = [[3, 40, 3, 40], *[[0, 0, 0, 0]] * 39]
    got = Uncertainty(make_measure(rows, DOCUMENTS), Resampling(resamples=100))
    assert [note.partition(":")[0] for note in got.notes] == [
        "undefined in too many resamples", "undefined without one of the documents",
    ]  # fmt: skip


def test_few_documents_and_whole_documents():
    rows = draw_counts(9).by_unit()[:, None, :]
    two = Uncertainty(make_measure(rows[:, 0].tolist(), np.arange(40) // 20), Resampling(resamples=100))
    assert two.these_articles and not two.new_articles and "fewer than 3 documents" in " ".join(two.notes)
    one = Uncertainty(make_measure(rows[:, 0].tolist()), Resampling(resamples=100))
    assert one.these_articles and not one.new_articles and one.leave_one_out is None
    whole = Uncertainty(make_measure([[10, 20, 10, 20], [9, 20, 9, 20]] * 3, np.arange(6)), Resampling(resamples=100))
    assert two.notes == ("fewer than 3 documents: no interval for new articles",) == one.notes
    assert whole.new_articles and not whole.these_articles and "fewer than 20 units" in " ".join(whole.notes)


@pytest.mark.parametrize("units", [19, 20])
def test_twenty_units_are_enough_and_so_are_three_documents(units):
    rows = [[1 + i % 2, 3, 1 + i % 2, 3] for i in range(units)]
    got = Uncertainty(make_measure(rows, np.arange(units) * 3 // units), Resampling(resamples=100))
    assert got.new_articles and (got.these_articles is not None) == (units == 20)
    few = "fewer than 20 units to draw from: no interval for these articles"
    assert got.notes == (() if units == 20 else (few,))
    # Three documents that agree are not too few.
    same = Uncertainty(make_measure([[3, 3, 3, 3]] * 30, np.arange(30) // 10), Resampling(resamples=100))
    assert [note.partition(":")[0] for note in same.notes] == [
        "nothing varies between paragraphs", "nothing varies between documents",
    ]  # fmt: skip


# The whole


def test_intervals_have_the_coverage_they_claim():
    """A quick simulation: 300 samples have a standard error of .013, so .95 ± four of them; a broken one falls out."""
    figures = coverage.simulate(quick=True)
    for s in figures["scores"]:
        these, new = s["of_these_articles"], s["of_new_articles"]
        assert 0.90 <= these["these_articles"][0] <= 0.99
        assert 0.90 <= new["new_articles"][0] <= 0.99
        assert new["document_bootstrap"][0] < new["new_articles"][0] - 0.05
        assert new["these_articles"][0] < 0.90  # it speaks of these articles, not of new ones
    exchangeable, apart, _ = figures["differences"]
    assert exchangeable["these_articles"] >= 0.90 and exchangeable["new_articles"] >= 0.90
    assert exchangeable["p_at_most_.05"] <= 0.09
    assert 0.65 <= apart["p_at_most_.05"] <= 0.90


def test_published_coverage_is_from_the_full_simulation():
    figures = json.loads(coverage.OUT.read_text(encoding="utf-8"))
    assert (figures["samples"], figures["resamples"]) == (2000, resampling.RESAMPLES)
    published = [(tuple(s["paragraphs"]), s["repeats"], s["f1"], s["document_sd"]) for s in figures["scores"]]
    assert published == [(s.paragraphs, s.repeats, s.f1, s.document_sd) for s in coverage.SCENARIOS]
    assert all(s["of_new_articles"]["new_articles"][0] >= 0.92 for s in figures["scores"])
    assert all(s["samples"] == (1000 if s["documents"] > 30 else 2000) for s in figures["scores"])


def test_published_coverage_shows_both_sides_of_each_limit():
    """At the limit of units and just beyond it, and at that of documents: of scores and of differences."""
    figures = json.loads(coverage.OUT.read_text(encoding="utf-8"))
    for name in ("scores", "differences"):
        sides = {
            (s["units"] > samples.MAX_KEPT_UNITS, s["documents"] > samples.MAX_KEPT_DOCUMENTS) for s in figures[name]
        }
        assert sides == {(False, False), (True, False), (True, True)}
        sizes = {(s["documents"], s["units"]) for s in figures[name]}
        for documents, units in ((33, 495), (34, 510), (1000, 2000), (1001, 2002)):
            assert (documents, units) in sizes
        for s in figures[name]:
            forms = s["form"]["these_articles"] == "moments", s["form"]["new_articles"] == "moments"
            assert forms == (s["units"] > samples.MAX_KEPT_UNITS, s["documents"] > samples.MAX_KEPT_DOCUMENTS)
    for s in figures["scores"]:
        assert 0.92 <= s.get("of_these_articles", s["of_new_articles"])["these_articles"][0] <= 0.97
    for s in figures["differences"]:
        assert min(s["these_articles"], s["new_articles"]) >= 0.93
        # A test at .05, but for systems that articles favour; and .80 power where they differ by what is detectable.
        if not s["own_document_sd"]:
            low, high = (0.75, 0.85) if s["true_difference"] else (0.03, 0.07)
            assert low <= s["p_at_most_.05"] <= high


def test_the_package_computes_without_scipy():
    command = "import sys, vostochny.stats.paired; sys.exit('scipy' in sys.modules)"
    assert run_python("-c", command, cwd=Path(__file__).parent).returncode == 0


def test_a_mean_over_very_many_types_has_no_interval():
    """An interval would take the totals of every type in every resample: gigabytes for thousands of types."""
    names = [f"t{i}" for i in range(MAX_PARTS + 1)]
    table = np.zeros((30, len(names), 4))
    table[:, :, GOLD] = table[:, :, GOLD_CREDIT] = table[:, :, PREDICTED_CREDIT] = 1
    table[:, :, PREDICTED] = 2
    counts = Counts.of_table("m", ("type",), tuple((name,) for name in names), table, np.arange(30) // 10)
    measures = [Measure("m", (counts,), macro, facet="type"), Measure("m", (counts,))]
    wide, plain = (Uncertainty(measure, Resampling(resamples=50)) for measure in measures)
    assert wide.value == plain.value == pytest.approx(2 / 3)
    assert (wide.these_articles, wide.new_articles, wide.documents) == (None, None, ())
    assert wide.notes == ("a mean over more than 200: no interval",)
    compared = compare(measures[0], measures[0], Resampling(resamples=50))
    assert (compared.difference, compared.p, compared.documents) == (0, None, ()) and compared.notes == wide.notes
