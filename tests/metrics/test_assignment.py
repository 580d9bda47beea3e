"""Which gold entity meets which predicted one: the best there is, by brute force over every one-to-one map."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.effort import examples
from tests.support.twenty_words import make_document, random_entity
from tests.support.two_articles import ONTOLOGY
from vostochny.metrics import assignment
from vostochny.metrics.assignment import best_edges
from vostochny.metrics.entities import pair_entities
from vostochny.metrics.pairs import pair_documents
from vostochny.model import Entity


@examples(400)
@given(st.lists(random_entity(), max_size=5), st.lists(random_entity(), max_size=5))
def test_pairs_have_the_greatest_total_weight(gold, predicted):
    """Exact pairs first; the rest by brute force over every one-to-one map."""
    pair = pair_documents(
        [make_document("x", gold)], {"x": make_document("x", predicted)}, frozenset(ONTOLOGY.values), frozenset()
    )
    sides = pair[0].tables.gold.entities, pair[0].tables.predicted.entities
    left, right = pair_entities(*sides)
    chosen = [(gold[i], predicted[j]) for i, j in zip(left.tolist(), right.tolist(), strict=True)]
    exact = Counter((e.span, e.type) for e in gold) & Counter((e.span, e.type) for e in predicted)
    assert sum(a.span == b.span and a.type == b.type for a, b in chosen) == sum(exact.values())
    same = Counter(e.span for e in gold) & Counter(e.span for e in predicted)
    assert sum(a.span == b.span for a, b in chosen) == sum(same.values())
    assert all(a.span.overlaps(b.span) for a, b in chosen)

    def weight(a: Entity, b: Entity) -> float:
        shared = min(a.span.end, b.span.end) - max(a.span.start, b.span.start)
        dice = 2 * shared / (a.span.end - a.span.start + b.span.end - b.span.start)
        return dice + (a.type == b.type) if shared > 0 else 0.0

    rest = [(a, b) for a, b in chosen if a.span != b.span]
    exact_left = {i for i, j in zip(left.tolist(), right.tolist(), strict=True) if gold[i].span == predicted[j].span}
    exact_right = {j for i, j in zip(left.tolist(), right.tolist(), strict=True) if gold[i].span == predicted[j].span}
    a_side = [e for i, e in enumerate(gold) if i not in exact_left]
    b_side = [e for j, e in enumerate(predicted) if j not in exact_right]
    if len(a_side) > len(b_side):
        a_side, b_side = b_side, a_side
    best = max(
        (sum(weight(a, b) for a, b in zip(a_side, p, strict=True)) for p in permutations(b_side, len(a_side))),
        default=0,
    )
    assert sum(weight(a, b) for a, b in rest) == pytest.approx(best)


@pytest.mark.parametrize("most", [0, 2000], ids=["large", "small"])
@examples(200)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 5), st.integers(0, 5)), st.sampled_from((0.1, 0.2, 0.3, 0.5, 1)), max_size=12
    ),
    st.randoms(use_true_random=False),
)
def test_assignment_against_brute_force(most, weights, dice):
    """Both solvers find a best map, and the same one for any order of the edges."""
    best = max(sum(weights.get((i, j), 0.0) for i, j in enumerate(p)) for p in permutations(range(6)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assignment, "MAX_EDGES_IN_PYTHON", most)
        found = choose(weights, list(weights))
        shuffled = dice.sample(list(weights), len(weights))
        assert choose(weights, shuffled) == found
        left, right, weight = columns(weights, shuffled)
        total = assignment.best_totals(left, right, weight, np.zeros_like(left), 1)
    assert len({i for i, _ in found}) == len({j for _, j in found}) == len(found)
    assert sum(weights[pair] for pair in found) == pytest.approx(best)
    assert total == pytest.approx([best])


def columns(weights, order):
    left, right = np.array(order, dtype=np.int64).reshape(-1, 2).T
    return left, right, np.array([weights[edge] for edge in order], dtype=float)


def choose(weights, order):
    """The edges of the best map."""
    return {edge for edge, chosen in zip(order, best_edges(*columns(weights, order)), strict=True) if chosen}
