"""Comparisons of two systems: each test against a slow, plain version of itself, and against what it promises."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from scipy import stats

from tests.support.random_measures import DOCUMENTS, Item, draw_items, make_measure, tally
from vostochny import scoring
from vostochny.formats.input import Input
from vostochny.ontology import load_ontology
from vostochny.report import comparison
from vostochny.scoring import Execution, streaming
from vostochny.stats import paired
from vostochny.stats.intervals import Resampling
from vostochny.stats.paired import PairedSample, adjust_comparisons, adjust_p_values, compare, randomisation_p
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
    differences = both.combine(resampling.draw(both.sample))
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
    for given in (got.p, got.these_articles, got.new_articles, got.detectable):
        assert (given is not None) == (support >= 30)
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
