"""Measures: what a facet is broken down to, and which measures have precision and recall."""

from __future__ import annotations

import numpy as np

from vostochny.metrics.counts import Counts
from vostochny.stats.measures import break_down
from vostochny.stats.scores import Measure, macro, mean


def make_counts(facet: str, name: str = "toy") -> Counts:
    """Counts of one unit with 1 of 1 gold items right in stratum a, 2 of 4 in b, and one predicted item of no value."""
    values = np.array([[[1, 1, 1, 2], [2, 4, 2, 4], [0, 0, 0, 1]]], dtype=float)
    return Counts.of_table(name, (facet,), (("a",), ("b",), ("",)), values, np.zeros(1, dtype=np.int64))


def test_a_facet_is_broken_down_by_gold_without_the_items_of_no_value():
    parts = break_down(Measure("m", (make_counts("type"),)), "type")
    assert {value: part.value for value, part in parts.items()} == {"b": 0.5, "a": 2 / 3}
    assert list(parts) == ["b", "a"]


def test_by_directness_a_part_is_a_recall():
    measure = Measure("m", (make_counts("directness"),))
    assert {value: part.value for value, part in break_down(measure, "directness").items()} == {
        "b": 0.5, "a": 1.0
    }  # fmt: skip


def test_a_mean_of_several_scores_has_no_precision_of_its_own():
    one, other = make_counts("type"), make_counts("type", "other")
    score = Measure("toy", (one,)).score
    assert score is not None and (score.recall, score.precision) == (3 / 5, 3 / 7)
    assert Measure("both", (one, other), mean).score is None and Measure("macro", (one,), macro, "type").score is None
