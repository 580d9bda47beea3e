"""Comparisons of two systems: each test against a slow, plain version of itself, and against what it promises."""

from __future__ import annotations

import itertools
import json
import math
import pickle
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tests.support.effort import examples
from tests.support.random_measures import DOCUMENTS, Item, draw_items, make_measure, tally
from vostochny import scoring
from vostochny.formats.input import Input
from vostochny.metrics.counts import Counts, concatenate
from vostochny.ontology import load_ontology
from vostochny.report import comparison
from vostochny.scoring import Execution, streaming
from vostochny.stats import paired, samples, sums
from vostochny.stats.measures import plain_measures
from vostochny.stats.paired import (
    PairedSample,
    PairedSums,
    Swaps,
    adjust_comparisons,
    adjust_p_values,
    compare,
    randomisation_p,
)
from vostochny.stats.resampling import Resampling
from vostochny.stats.scores import Measure, from_total, macro, score


def pair(seed: int, gap: float = 0.0, documents: np.ndarray = DOCUMENTS) -> tuple[Measure, Measure]:
    """Two systems on the same gold, as rows; each finds an item by itself."""
    rng = np.random.default_rng(seed)
    gold = rng.poisson(3, len(documents))
    out = []
    for skill in (0.7 + gap / 2, 0.7 - gap / 2):
        hits, spurious = rng.binomial(gold, skill), rng.poisson(3 * (1 - skill), len(documents))
        out.append(make_measure(np.stack([hits, gold, hits, hits + spurious], axis=1).tolist(), documents))
    return out[0], out[1]


def swapped_everywhere(a: Measure, b: Measure) -> float:
    """Two-sided p over all swaps, by writing each one out."""
    observed = abs(a.value - b.value)
    x, y = a.sample.rows[:, 0], b.sample.rows[:, 0]
    found = 0
    for swaps in itertools.product((False, True), repeat=len(x)):
        mine = sum(q if s else p for p, q, s in zip(x, y, swaps, strict=True))
        theirs = sum(p if s else q for p, q, s in zip(x, y, swaps, strict=True))
        found += abs(from_total(mine).f1 - from_total(theirs).f1) >= observed - 1e-12
    return found / 2 ** len(x)


@pytest.mark.parametrize("seed", range(4))
def test_randomisation_of_few_units_tries_every_swap(seed):
    a, b = pair(seed, 0.2, DOCUMENTS[:10])
    expected = swapped_everywhere(a, b)
    assert randomisation_p(PairedSample.of_measures(a, b), 1024, seed=1) == pytest.approx(expected)
    # With one shuffle fewer than there are swaps it has to draw; four standard errors of 1000 draws are .063.
    assert randomisation_p(PairedSample.of_measures(a, b), 1000, seed=1) == pytest.approx(expected, abs=0.063)


def test_randomisation_p_is_uniform_where_the_systems_are_exchangeable():
    """300 pairs without a difference; Kolmogorov-Smirnov at .001, and .05 ± three standard errors below .05."""
    ps = np.array([randomisation_p(PairedSample.of_measures(*pair(seed)), 499, seed=2) for seed in range(300)])
    assert stats.kstest(ps, "uniform").pvalue > 0.001
    assert abs((ps <= 0.05).mean() - 0.05) < 3 * math.sqrt(0.05 * 0.95 / 300)
    assert ps.min() >= 1 / 500


def test_randomisation_of_equal_and_of_very_different_systems():
    good, bad = make_measure([[3, 3, 3, 3]] * 40, DOCUMENTS), make_measure([[0, 3, 0, 3]] * 40, DOCUMENTS)
    assert randomisation_p(PairedSample.of_measures(good, bad), 999, seed=1) == 1 / 1000
    assert randomisation_p(PairedSample.of_measures(good, good), 999, seed=1) == 1


def test_the_size_of_blocks_changes_no_result(monkeypatch):
    a, b = pair(1, 0.1)
    whole = randomisation_p(PairedSample.of_measures(a, b), 1000, seed=3)
    monkeypatch.setattr(paired, "_BLOCK_SIZE", 777)
    assert randomisation_p(PairedSample.of_measures(a, b), 1000, seed=3) == whole


def test_swapping_the_systems_changes_only_the_sign():
    a, b = pair(2, 0.1)
    there, back = (compare(x, y, Resampling(resamples=500)) for x, y in ((a, b), (b, a)))
    assert there.difference == -back.difference == a.value - b.value
    assert there.p == back.p and there.detectable == pytest.approx(back.detectable)
    assert (there.better, there.equal, there.worse) == (back.worse, back.equal, back.better)
    assert there.better + there.equal + there.worse == 5
    assert there.these_articles == pytest.approx((-back.these_articles.high, -back.these_articles.low), abs=1e-6)
    assert there.new_articles == pytest.approx((-back.new_articles.high, -back.new_articles.low), abs=1e-6)
    assert there.smallest_document_p == 0.0625


def test_the_difference_is_resampled_in_pairs():
    a, b = pair(3)
    resampling = Resampling(resamples=300)
    each = [m.combine(resampling.totals(m.sample.rows, DOCUMENTS)) for m in (a, b)]
    both = PairedSample.of_measures(a, b)
    differences = resampling.draw(both.sample, both.combine)
    assert differences == pytest.approx(each[0] - each[1], abs=1e-6)
    got = compare(a, b, resampling)
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    assert got.detectable == pytest.approx(z * differences.std(ddof=1), abs=1e-6)
    same = compare(a, a, resampling)
    assert (same.p, same.equal, same.these_articles, same.detectable) == (1, 5, None, None)


def test_systems_that_predict_different_types_are_compared():
    gold, predicted = draw_items(4)
    others = [*predicted, Item(0, ("LOC",), 0.0)]
    less = [item for item in predicted if item.stratum != ("ORG",)]
    a, b = (Measure("m", (tally("x", ("type",), DOCUMENTS, gold, side),), macro, "type") for side in (others, less))
    assert a.sample.rows.shape != b.sample.rows.shape
    got = compare(a, b, Resampling(resamples=99))
    # Only ORG differs: its F1 a third of the macro average, and the invented type no part of it.
    org = score(tally("x", ("type",), DOCUMENTS, gold, others).by("type")["ORG"]).f1
    assert got.difference == pytest.approx(org / 3) and got.p == 0.01


def test_holm_by_hand():
    """Holm (1979): .01·4, .02·3, .03·2 → .06 held by the one before, .04 raised to it."""
    assert adjust_p_values([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert adjust_p_values([0.5, 0.9]) == [1.0, 1.0] and adjust_p_values([0.2]) == [0.2] and adjust_p_values([]) == []
    a, b = pair(5, 0.2)
    tested, silent = compare(a, b, Resampling(99)), compare(*(make_measure([[1, 1, 1, 1]]),) * 2, Resampling(99))
    together = adjust_comparisons([tested, silent, tested])
    assert [c.p_holm for c in together] == [2 * tested.p, None, 2 * tested.p]


@pytest.mark.parametrize("support", [29, 30])
def test_no_test_and_no_interval_below_thirty_items(support):
    documents = np.arange(support) * 5 // support
    a = make_measure([[i % 2, 1, i % 2, 1] for i in range(support)], documents)
    b = make_measure([[i * i % 7 < 3, 1, i * i % 7 < 3, 1] for i in range(support)], documents)
    got = compare(a, b, Resampling(resamples=200))
    for number in (got.p, got.these_articles, got.new_articles, got.detectable):
        assert (number is not None) == (support >= 30)
    assert got.difference == a.value - b.value and len(got.documents) == 5
    assert bool(got.notes) == (support < 30)


def test_an_undefined_difference_is_none_everywhere():
    empty = make_measure([[0, 0, 0, 0]] * 40, DOCUMENTS)
    got = compare(empty, empty, Resampling(resamples=10))
    assert (got.difference, got.p, got.these_articles, got.new_articles, got.detectable) == (None,) * 5
    assert got.documents == (None,) * 5 and got.better == got.equal == got.worse == 0
    assert randomisation_p(PairedSample.of_measures(empty, empty), 10, seed=1) is None


def test_systems_over_different_units_are_not_compared():
    with pytest.raises(ValueError, match="different units"):
        compare(pair(1)[0], pair(1, documents=DOCUMENTS[:20])[1], Resampling(resamples=10))


# Of many units, and added up


def plain_p(a: Measure, b: Measure, shuffles: int, seed: int) -> float:
    """Two-sided p over random swaps, each written out."""
    dice = np.random.default_rng(seed)
    x, y = a.sample.rows, b.sample.rows
    observed, extreme = abs(a.value - b.value), 0
    for _ in range(shuffles):
        swap = (dice.random(len(x)) < 0.5)[:, None, None]
        mine, theirs = (a.combine(np.where(swap, *sides).sum(axis=0)) for sides in ((y, x), (x, y)))
        extreme += abs(mine - theirs) >= observed - 1e-12
    return (1 + extreme) / (1 + shuffles)


@pytest.mark.parametrize(("seed", "gap"), [(1, 0.0), (2, 0.0), (3, 0.01), (4, 0.02), (5, 0.03)])
def test_randomisation_of_many_units_gives_the_p_of_drawn_signs(seed, gap):
    """The limit of 5000 shuffles against 2000 drawn ones: within four standard errors of both, and .005."""
    a, b = pair(seed, gap, np.repeat(np.arange(90), 12))
    sample = PairedSample.of_measures(a, b)
    assert sample.swaps.halves() is None  # they differ in more units than are kept
    expected, got = plain_p(a, b, 2000, seed), randomisation_p(sample, 5000, seed=1)
    error = math.sqrt(max(expected * (1 - expected), 0.001) * (1 / 5000 + 1 / 2000))
    assert got == pytest.approx(expected, abs=4 * error + 0.005)


@pytest.mark.parametrize("differing", [500, 501])
def test_the_number_of_units_that_differ_decides_how_shuffles_are_drawn(differing):
    """Units in which both are alike count for nothing, however many they are."""
    documents = np.arange(700) // 7
    rows = np.full((700, 4), [1, 2, 1, 2])
    others = rows.copy()
    others[np.random.default_rng(1).permutation(700)[:differing], ::2] = 2
    halves = PairedSample.of_measures(*(make_measure(x.tolist(), documents) for x in (rows, others))).swaps.halves()
    assert (len(halves) == 500) if differing == 500 else halves is None


def draw_two_systems(sizes: Sequence[int], seed: int) -> list[tuple[dict[str, Counts], dict[str, Counts]]]:
    """Return for each document of so many units the counts of two systems, which often agree."""
    out = []
    for i, size in enumerate(sizes):
        documents = np.zeros(size, dtype=np.int64)
        gold, predicted = draw_items(seed + i, documents, 0.6)
        less = [item for j, item in enumerate(predicted) if (j + i) % 3 or i % 2]
        sides = [(gold, predicted), ([Item(g.unit, g.stratum, g.credit * (i % 2)) for g in gold], less)]
        metrics = [{"entities.names": tally("entities.names", ("type",), documents, *side)} for side in sides]
        out.append((metrics[0], metrics[1]))
    return out


def join(documents: Sequence[dict[str, Counts]]) -> dict[str, Counts]:
    ranks = np.arange(len(documents))
    return {name: concatenate([one[name] for one in documents]).reorder(ranks) for name in documents[0]}


@examples(25)
@given(st.lists(st.integers(1, 3), min_size=2, max_size=14), st.integers(0, 10**6), st.data())
def test_a_comparison_added_up_is_the_one_of_all_rows(sizes, seed, data):
    """Below and beyond each limit, whatever the batches, the order and the nesting: the same to the last digit."""
    documents = draw_two_systems(sizes, seed)
    ids = [f"d{i:02}" for i in range(len(sizes))]
    limits = {
        "MAX_KEPT_UNITS": data.draw(st.sampled_from([1, 5, sum(sizes) - 1, sum(sizes), 1000])),
        "MAX_KEPT_DOCUMENTS": data.draw(st.sampled_from([1, len(sizes) - 1, len(sizes), 1000])),
    }
    rest = list(data.draw(st.permutations(range(len(sizes)))))
    with pytest.MonkeyPatch.context() as patched:
        for name, limit in limits.items():
            for module in (samples, sums, paired):
                patched.setattr(module, name, limit, raising=False)
        for name, least in (("MIN_ITEMS", 1), ("MIN_UNITS", 2)):
            patched.setattr(paired, name, least)
        totals: list[tuple[PairedSums, list[int]]] = []
        while rest:
            here = rest[: data.draw(st.integers(1, len(rest)))]
            rest = rest[len(here) :]
            if not totals or data.draw(st.booleans()):
                totals.append((PairedSums(["entities.names", "entities.all"]), []))
            totals[-1][0].add(*(join([documents[i][side] for i in here]) for side in (0, 1)), [ids[i] for i in here])
            totals[-1][1].extend(here)
        while len(totals) > 1:
            one, order = totals.pop(data.draw(st.integers(0, len(totals) - 1)))
            to = totals[data.draw(st.integers(0, len(totals) - 1))]
            to[0].update(pickle.loads(pickle.dumps(one)))
            to[1].extend(order)
        added, order = totals[0]
        rank = (
            np.argsort(np.argsort(order)) if len(sizes) <= limits["MAX_KEPT_DOCUMENTS"] else np.zeros(0, dtype=np.int64)
        )
        if sum(sizes) <= limits["MAX_KEPT_UNITS"]:
            rank = np.argsort(np.argsort(order))
        kept = added.samples(["entities.names"], rank)["entities.names"]
        measures = [plain_measures(join([one[side] for one in documents]))["entities.names"] for side in (0, 1)]
        whole = PairedSample.of_measures(*measures)
        assert (kept.sample.totals == whole.sample.totals).all()
        differ = int((measures[0].sample.rows.sum(axis=1) != measures[1].sample.rows.sum(axis=1)).any(axis=1).sum())
        assert (kept.swaps.halves() is None) == (differ > limits["MAX_KEPT_UNITS"]) == (whole.swaps.halves() is None)
        resampling = Resampling(resamples=60)
        assert compare(*measures, resampling, kept) == compare(*measures, resampling, whole)


def test_a_metric_that_one_system_lacks_is_not_paired():
    """Nor does it keep the other metrics from being compared."""
    (first, other), *more = draw_two_systems([2, 1, 3], 5)
    names = ["entities.all", "entities.names"]
    added = PairedSums(names)
    added.add(first | {"entities.all": first["entities.names"]}, other, ["a"])
    for (one, another), doc_id in zip(more, "bc", strict=True):
        added.add(one, another, [doc_id])
    sample = added.samples(["entities.names"], np.arange(3))["entities.names"].sample
    assert sample.document_count == 3 and sample.units == 6


def test_swaps_are_sorted_by_document_and_unit():
    documents = draw_two_systems([3, 2, 2, 1], 8)
    pairs = [PairedSample.of_measures(*(plain_measures(side)["entities.names"] for side in one)) for one in documents]
    halves = []
    for order in itertools.permutations(range(4)):
        swaps = Swaps()
        for i in order:
            swaps.add(pairs[i].sample, [(i, unit) for unit in range(pairs[i].sample.units)])
        halves.append(swaps.halves())
    assert all(np.array_equal(one, halves[0]) for one in halves) and len(halves[0]) > 2


@pytest.mark.parametrize("size", [300, 1100])
def test_many_articles_are_compared_alike_in_memory_and_as_files(tmp_path, size):
    """With intervals, p and signs to the last digit: what decides is the number of articles, not the way they came."""
    entity = {"start": 0, "end": 3, "type": "PER", "level": "NAM"}
    rows = [{"doc_id": f"d{i}", "text": "Bob met Eve.\n\nAnd left.", "entities": [entity]} for i in range(size)]
    files = {"gold": 1, "one": 2, "other": 3}
    for name, nth in files.items():
        kept = [r | {"entities": [] if nth > 1 and i % nth == 0 else r["entities"]} for i, r in enumerate(rows)]
        (tmp_path / name).write_text("".join(json.dumps(r) + "\n" for r in kept), encoding="utf-8")
    gold, *systems = (Input(str(tmp_path / name), "jsonl") for name in files)
    chosen = scoring.Options(resamples=200, metrics=("entities.names",))
    streamed = streaming.score_systems(gold, systems, load_ontology(), chosen, Execution())
    held = scoring.score_systems(gold, systems, lambda ontology: chosen)
    tables = [comparison.compare_systems(["one", "other"], results) for results in (streamed, held)]
    assert tables[0].rows == tables[1].rows and tables[0].signatures == tables[1].signatures
    c = tables[0].rows[0].comparison
    assert (c.better, c.worse) == (len([i for i in range(size) if i % 2 == 0 and i % 3]), len(range(3, size, 6)))
    assert c.new_articles and c.these_articles and c.p and len(c.documents) == (size if size <= 1000 else 0)
    text = comparison.render_text(tables[0])
    assert "better" in text and "blocks" not in text
    stored = json.loads(comparison.render_json(tables[0]))
    assert stored["size"] == size and len(stored["documents"]) == len(stored["rows"][0]["comparison"]["documents"])
