"""Moments of rows: against plain loops over documents and units, and the same in whatever order they are added."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.effort import examples
from tests.support.random_measures import assert_equal
from vostochny.metrics.matching import Floats
from vostochny.stats import moments as moments_
from vostochny.stats.moments import STEP, Key, Moments, Rows

SET: list[Key] = [("a",), ("b",), ("c",)]  # parts of one set, whose products with each other are kept
ALONE: list[Key] = [("d",), ("e",)]  # parts of no set
KEYS = [*SET, *ALONE]
# A document is a list of units, each a row of every part, shape (parts, 4).
Documents = list[list[Floats]]
sizes_and_seed = st.tuples(st.lists(st.integers(1, 5), min_size=1, max_size=12), st.integers(0, 2**32 - 1))


def draw_documents(sizes: Sequence[int], seed: int, largest: float = 5) -> Documents:
    """Return documents of so many units: rows of whole numbers, of thirds and of zeros."""
    dice = np.random.default_rng(seed)

    def draw_unit() -> Floats:
        row = dice.integers(0, largest, (len(KEYS), 4)) / dice.choice([1, 1, 2, 3])
        return row * (dice.random((len(KEYS), 1)) < 0.7)

    return [[draw_unit() for _ in range(size)] for size in sizes]


def add(moments: Moments, documents: Documents, order: Sequence[int] = range(len(KEYS))) -> None:
    """Add documents; ``order`` is that in which their parts are listed. Some cells are given as two halves."""
    units = [unit for document in documents for unit in document]
    numbers = np.repeat(np.arange(len(documents)), [len(d) for d in documents])

    def list_rows(parts: list[int], set_name: Key) -> Rows:
        places = [(unit, i) for unit in range(len(units)) for i, part in enumerate(parts) if units[unit][part].any()]
        cells = [units[unit][parts[i]] for unit, i in places]
        twice = [j for j, (unit, i) in enumerate(places) if (unit + i) % 3 == 0 for _ in (0, 1)]
        once = [j for j, (unit, i) in enumerate(places) if (unit + i) % 3]
        chosen = [*once, *twice]
        values = np.array([cells[j] / (1 if n < len(once) else 2) for n, j in enumerate(chosen)]).reshape(-1, 4)
        columns = np.array([places[j] for j in chosen], dtype=np.int64).reshape(-1, 2).T
        return Rows([KEYS[part] for part in parts], *columns, values, set_name)

    inside = [part for part in order if KEYS[part] in SET]
    rows = [list_rows(inside, ("set",)), *(list_rows([part], ()) for part in order if KEYS[part] in ALONE)]
    moments.add(numbers, rows)


def add_all(documents: Documents) -> Moments:
    moments = Moments()
    add(moments, documents)
    return moments


def may_differ(left: int, right: int) -> bool:
    """Whether the products of two parts are kept."""
    return left == right or (KEYS[left] in SET and KEYS[right] in SET)


def outer(left: Floats, right: Floats | None = None) -> Floats:
    """The products of all numbers of a row, but for those of parts that are in no set together."""
    out = np.outer(left, left if right is None else right).reshape(len(KEYS), 4, len(KEYS), 4)
    for i in range(len(KEYS)):
        for j in range(len(KEYS)):
            out[i, :, j] *= may_differ(i, j)
    return out.reshape(4 * len(KEYS), 4 * len(KEYS))


def sum_within(documents: Documents) -> Floats:
    """The covariance of totals over resamples of units, by its definition."""
    out = np.zeros((4 * len(KEYS), 4 * len(KEYS)))
    single = [document[0] for document in documents if len(document) == 1]
    for units in [*(document for document in documents if len(document) > 1), single]:
        n = len(units)
        if n > 1:
            mean = sum(units) / n
            for unit in units:
                out += n / (n - 1) * outer(unit - mean)
    return out


def sum_between(documents: Documents) -> Floats:
    return sum((outer(sum(document)) for document in documents), np.zeros((4 * len(KEYS), 4 * len(KEYS))))


@examples(60)
@given(sizes_and_seed)
def test_moments_equal_plain_loops_over_documents_and_units(drawn):
    documents = draw_documents(*drawn)
    moments = add_all(documents)
    units = sum(map(len, documents))
    assert (moments.documents, moments.units) == (len(documents), units)
    assert moments.singles == sum(len(d) == 1 for d in documents)
    assert moments.drawable == units - (moments.singles == 1)
    # What a document adds is rounded once, by half a step at most; documents of one unit add to two sums, which are
    # multiplied by no more than 2.
    rounding = 2 * len(documents) * STEP
    assert moments.between(KEYS) == pytest.approx(sum_between(documents), abs=rounding)
    assert moments.within(KEYS) == pytest.approx(sum_within(documents), abs=rounding)
    reverse = KEYS[::-1]
    backwards = np.arange(4 * len(KEYS)).reshape(-1, 4)[::-1].reshape(-1)
    assert (moments.within(reverse) == moments.within(KEYS)[np.ix_(backwards, backwards)]).all()
    assert (moments.between(KEYS) == moments.between(KEYS).T).all()


@examples(60)
@given(sizes_and_seed, st.data())
def test_sums_are_equal_in_any_order_and_any_split(drawn, data):
    """Documents in another order, in batches, each batch with its parts in another order, added up in any nesting."""
    largest = data.draw(st.sampled_from([5, 1000, 10**7]))
    documents = draw_documents(*drawn, largest)
    expected = add_all(documents)
    shuffled = data.draw(st.permutations(documents))
    totals = []
    while shuffled:
        size = data.draw(st.integers(1, len(shuffled)))
        if not totals or data.draw(st.booleans()):
            totals.append(Moments())
        add(totals[-1], shuffled[:size], data.draw(st.permutations(range(len(KEYS)))))
        shuffled = shuffled[size:]
    while len(totals) > 1:
        one = totals.pop(data.draw(st.integers(0, len(totals) - 1)))
        totals[data.draw(st.integers(0, len(totals) - 1))].update(pickle.loads(pickle.dumps(one)))
    assert_equal(totals[0], expected, KEYS)


def test_a_part_that_only_one_side_has_met():
    documents = draw_documents([3, 1, 2, 1, 1], 1)
    for document in documents[:2]:
        for unit in document:
            unit[[0, 3]] = 0
    early, late = Moments(), Moments()
    add(early, documents[:2], [4, 2, 1])  # does not even know the names of the others
    add(late, documents[2:])
    for one, other in ((early, late), (late, early)):
        both = pickle.loads(pickle.dumps(one))
        both.update(other)
        assert_equal(both, add_all(documents), KEYS)
    assert (early.between([("a",)]) == 0).all() and (early.within([("unheard of",)]) == 0).all()


def test_nothing_is_added_by_nothing():
    moments = add_all(draw_documents([2, 1, 1], 2))
    moments.update(Moments())
    assert_equal(moments, add_all(draw_documents([2, 1, 1], 2)), KEYS)
    empty = Moments()
    empty.add(np.zeros(0, dtype=np.int64), [])
    assert (empty.documents, empty.units, empty.drawable) == (0, 0, 0) and (empty.within(KEYS) == 0).all()
    empty.update(moments)
    assert_equal(empty, moments, KEYS)
    units_alone = Moments()
    units_alone.add(np.array([0, 0, 1]), [])  # no metric counted anything in these documents
    assert (units_alone.documents, units_alone.units, units_alone.singles) == (2, 3, 1)


def test_one_document_of_one_unit_does_not_vary():
    moments = add_all(draw_documents([1], 3))
    assert (moments.within(KEYS) == 0).all() and moments.drawable == 0
    assert moments.between(KEYS).any()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 14, 15])
def test_units_that_are_all_alike_do_not_vary(size):
    """Nor by a rounding: 7/6 is not a multiple of 2⁻¹⁶, and what varies has an interval."""
    row = np.array([[1, 2, 3, 4.5]] * 4 + [[0, 0, 0, 0]])
    moments = add_all([[row] * size] * 50)
    assert (moments.within(KEYS) == 0).all() and moments.drawable == 50 * size
    assert (add_all([[row] * size, [2 * row] * size] * 25).within(SET) == 0).all() == (size > 1)


@pytest.mark.parametrize("limit", [2, 3])
def test_a_set_of_too_many_parts_has_no_products_between_them(monkeypatch, limit):
    """Whichever of its parts was met first: the others may come with a later batch, or from another computer."""
    monkeypatch.setattr(moments_, "_MAX_SET", limit)
    documents = draw_documents([3, 2, 1, 1], 4, 9)
    for document in documents[:2]:
        for unit in document:
            unit[2] = 0
    early = Moments()
    add(early, documents[:2], [0, 1, 3, 4])
    late = add_all(documents[2:])
    there, back = Moments(), Moments()
    for both, totals in ((there, (early, late)), (back, (late, early))):
        for one in totals:
            both.update(one)
    assert_equal(there, back, KEYS)
    assert_equal(there, add_all(documents), KEYS)
    cross = there.between(SET)[:4, 4:8]
    assert (cross == 0).all() == (limit < 3)
    assert there.between(SET)[:4, :4].any()


def test_a_very_long_document_is_exact_too():
    """BLANC counts pairs of mentions, 4 · 10⁸ of 28 000 mentions: their square is more than 63 bits have steps for."""
    dice = np.random.default_rng(5)
    numbers = [10**5, 404_550, 3_999_999, 391_986_000, 1_249_975_000]
    documents = [[np.full((len(KEYS), 4), float(dice.choice(numbers)) - i)] for i in range(40)]
    moments = add_all(documents)
    squares = sum(int(document[0][0, 0]) ** 2 for document in documents)
    assert moments.between([("a",)])[0, 0] == pytest.approx(squares, rel=1e-14)
    again = Moments()
    for i in reversed(range(0, 40, 3)):
        add(again, documents[i : i + 3])
    assert_equal(again, moments, KEYS)
