"""Which gold entity meets which predicted one: the best there is, by brute force over every one-to-one map."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.effort import examples
from tests.support.twenty_words import make_document, random_entity
from tests.support.two_articles import ONTOLOGY
from vostochny.metrics.assignment import best_pairs
from vostochny.metrics.columns import build_entity_table, pair_rows
from vostochny.metrics.pairs import pair_documents
from vostochny.model import Entity


@examples(400)
@given(st.lists(random_entity(), max_size=5), st.lists(random_entity(), max_size=5))
def test_pairs_have_the_greatest_total_weight(gold, predicted):
    """Exact pairs first; the rest by brute force over every one-to-one map."""
    pair = pair_documents(
        [make_document("x", gold)], {"x": make_document("x", predicted)}, frozenset(ONTOLOGY.values), frozenset()
    )
    table = build_entity_table(pair)
    left, right = pair_rows(table.gold, table.predicted)
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


@examples(200)
@given(st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 5)), st.floats(0.1, 1), max_size=12))
def test_assignment_against_brute_force(weights):
    found = best_pairs(weights)
    assert len(set(found.values())) == len(found)
    best = max(sum(weights.get((i, j), 0.0) for i, j in enumerate(p)) for p in permutations(range(6)))
    assert sum(weights[pair] for pair in found.items()) == pytest.approx(best)
