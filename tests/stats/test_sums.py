"""Sums of counts: exact, and dependent on the documents alone, not on the batches or the order that they came in."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.effort import examples
from tests.support.random_measures import Item, assert_equal, tally
from vostochny.metrics.counts import Counts, ExactSums, concatenate, sum_exactly
from vostochny.metrics.matching import Ints
from vostochny.stats import samples, sums
from vostochny.stats.measures import list_rows
from vostochny.stats.moments import Key, Moments
from vostochny.stats.sums import Sums

# ExactSums

cells = st.one_of(
    st.integers(0, 2**46),
    st.floats(0, 2**20).map(lambda x: round(x * 2**32) / 2**32),
    st.integers(0, 2**52).map(lambda steps: steps * 2.0**-52),
    st.sampled_from([1 / 3, 2 / 3, 0.1, 0.7]).map(lambda x: round(x * 2**52) / 2**52),
)


def exact(numbers: Sequence[float]) -> float:
    """The float that is nearest to the true sum."""
    return float(sum(map(Fraction, numbers), Fraction(0)))


@examples(100)
@given(st.lists(st.tuples(st.integers(0, 3), cells), max_size=30), st.data())
def test_sums_equal_those_of_fractions_to_the_last_digit(drawn, data):
    """In any order, any split and any nesting; what has no more than 52 binary places is not rounded before."""
    expected = [exact([x for at, x in drawn if at == place]) for place in range(4)]
    shuffled = data.draw(st.permutations(drawn))
    cut = data.draw(st.integers(0, len(shuffled)))
    parts = []
    for part in (shuffled[:cut], shuffled[cut:]):
        one = ExactSums()
        for begin, end in ((0, len(part) // 2), (len(part) // 2, len(part))):
            here = part[begin:end]
            one.add(
                np.array([at for at, _ in here], dtype=np.int64), np.array([[x] * 4 for _, x in here]).reshape(-1, 4)
            )
        parts.append(pickle.loads(pickle.dumps(one)))
    # The other's places may be numbered otherwise.
    there = ExactSums()
    for one in parts:
        there.update(one, np.array([3, 2, 1, 0]))
    assert there.values(4)[::-1, 0].tolist() == expected
    place, column = np.array([at for at, _ in drawn], dtype=np.int64), np.array([[x] * 4 for _, x in drawn])
    assert sum_exactly(place, column.reshape(-1, 4), 4)[:, 3].tolist() == expected


@pytest.mark.parametrize("last", [4, 1 / 3, 2.0**-52])
def test_pairs_of_mentions_of_a_billion_articles_are_summed_exactly(last):
    """BLANC counts 45 000 pairs in an article of 300 mentions, and 4 · 10⁸ in a very long one: no sum may overflow."""
    numbers = [45_000.0 * 10**9, 391_986_000.0, 12_497_500.0, last]
    assert sum_exactly(np.zeros(4, dtype=np.int64), np.array(numbers)[:, None] * np.ones(4), 1)[0, 0] == exact(numbers)


def test_a_sum_of_many_thirds_is_that_of_one_third_rounded_once():
    third = round(2**52 / 3) / 2**52
    many = sum_exactly(np.zeros(10**5, dtype=np.int64), np.full((10**5, 4), 1 / 3), 1)
    assert (many == float(Fraction(third) * 10**5)).all()


# Sums

PLAIN = {"entities.names": ("type", "level"), "entities.all": ("type", "level")}
# Scores of clusters have one unit per document, and one stratum; their credits are ratios.
CLUSTERS = {f"coreference.entities.within.{name}": () for name in ("muc", "b3", "ceaf", "lea")}


def draw_documents(sizes: Sequence[int], seed: int) -> list[dict[str, Counts]]:
    """Return the counts of documents of so many units; where all are of one unit, those are of clusters."""
    dice = np.random.default_rng(seed)
    metrics, credits = (PLAIN, [0, 0.5, 1]) if max(sizes) > 1 else (CLUSTERS, [0, 1 / 3, 2 / 7, 1])
    out = []
    for size in sizes:
        types = dice.choice(["PER", "ORG", "GPE", "LOC"], dice.integers(1, 5), replace=False).tolist()

        def draw_side(facets: tuple[str, ...], size: int = size, types: list[str] = types) -> list[Item]:
            places = sorted((int(dice.integers(size)), str(dice.choice(types))) for _ in range(dice.poisson(2 * size)))
            return [Item(at, (name, "NAM")[: len(facets)], float(dice.choice(credits))) for at, name in places]

        one = {}
        for metric, facets in metrics.items():
            counts = tally(metric, facets, np.zeros(size, dtype=np.int64), draw_side(facets), draw_side(facets))
            one[metric] = counts.reorder(np.zeros(1, dtype=np.int64))
        out.append(one)
    return out


def join(documents: Sequence[Mapping[str, Counts]]) -> dict[str, Counts]:
    """Return the counts of documents as one batch, with its strata by name, as metrics return them."""
    ranks = np.arange(len(documents))
    return {name: concatenate([one[name] for one in documents]).reorder(ranks) for name in documents[0]}


def rank_of(order: Sequence[int]) -> Ints:
    """Return the place of each added document among the sorted ones; they are sorted by their number."""
    return np.argsort(np.argsort(np.array(order, dtype=np.int64)))


def nest(documents: list[dict[str, Counts]], order: Sequence[int], data: st.DataObject) -> tuple[Sums, list[int]]:
    """Add documents up in this order, in batches, in sums that are added to each other; return their order there."""
    totals: list[tuple[Sums, list[int]]] = []
    rest = list(order)
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        if not totals or data.draw(st.booleans()):
            totals.append((Sums(), []))
        totals[-1][0].add(join([documents[i] for i in rest[:size]]))
        totals[-1][1].extend(rest[:size])
        rest = rest[size:]
    while len(totals) > 1:
        one, its_order = totals.pop(data.draw(st.integers(0, len(totals) - 1)))
        to, order_there = totals[data.draw(st.integers(0, len(totals) - 1))]
        to.update(pickle.loads(pickle.dumps(one)))
        order_there += its_order
    return totals[0]


def same(one: Counts, other: Counts) -> bool:
    columns = (getattr(x, name) for name in ("documents", "unit", "stratum", "cells") for x in (one, other))
    pairs = zip(*[columns] * 2, strict=True)
    names = (one.metric, one.facets, one.strata) == (other.metric, other.facets, other.strata)
    return names and all(np.array_equal(x, y) for x, y in pairs)


def list_keys(documents: Sequence[Mapping[str, Counts]]) -> Iterator[list[Key]]:
    """Yield the keys of the parts of each set: of each metric, of its types, of its levels."""
    for rows in list_rows(join(documents)):
        yield list(rows.keys)


@examples(40)
@given(
    st.sampled_from([1, 4]).flatmap(lambda most: st.lists(st.integers(1, most), min_size=1, max_size=12)),
    st.integers(0, 2**32 - 1),
    st.data(),
)
def test_what_is_kept_depends_on_the_documents_alone(sizes, seed, data):
    """Below, at and beyond both limits, whatever the batches, their order and their nesting."""
    documents = draw_documents(sizes, seed)
    units, count = sum(sizes), len(sizes)
    few_units = data.draw(st.sampled_from([units - 1, units, 3, 1000]))
    few_documents = data.draw(st.sampled_from([count - 1, count, 2, 1000]))
    order = data.draw(st.permutations(range(count)))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sums, "MAX_KEPT_UNITS", few_units)
        patched.setattr(sums, "MAX_KEPT_DOCUMENTS", few_documents)
        total, added = nest(documents, order, data)
    whole = join(documents)
    moments = Moments()
    moments.add(next(iter(whole.values())).documents, list_rows(whole))
    assert (total.units, total.documents) == (units, count)
    assert (total.moments is None) == (units <= few_units)
    rank = rank_of(added) if count <= few_documents or units <= few_units else np.zeros(0, dtype=np.int64)
    for name, counts in whole.items():
        kept = total.counts(name, rank)
        assert (kept.total() == counts.total()).all()
        if units <= few_units:
            assert same(kept, counts)
        elif count <= few_documents:
            assert same(kept, counts.by_document())
        else:
            assert kept.documents.tolist() == [0] and kept.strata == counts.strata
            expected = sum_exactly(counts.stratum, counts.cells, len(counts.strata))
            assert (sum_exactly(kept.stratum, kept.cells, len(kept.strata)) == expected).all()
    if total.moments:
        for keys in list_keys(documents):
            assert_equal(total.moments, moments, keys)


def test_the_limits_are_those_of_samples():
    assert (sums.MAX_KEPT_UNITS, sums.MAX_KEPT_DOCUMENTS) == (samples.MAX_KEPT_UNITS, samples.MAX_KEPT_DOCUMENTS)
    assert (samples.MAX_KEPT_UNITS, samples.MAX_KEPT_DOCUMENTS) == (500, 1000)


def test_sums_of_nothing():
    """A metric asked for may be one that no batch has."""
    total = Sums()
    total.add({})
    total.update(Sums())
    assert (total.units, total.documents, total.moments) == (0, 0, None)


def test_what_is_kept_of_very_many_documents_does_not_grow():
    """Not the counts, nor the moments: their size is that of the types."""
    batches = [join(draw_documents([2] * 300, 1)), join(draw_documents([2] + [1] * 300, 2))]
    sizes = []
    for rounds in (2, 8):
        total = Sums()
        for _ in range(rounds):
            for batch in batches:
                total.add(batch)
        sizes.append(len(pickle.dumps(total)))
    assert sizes[1] <= sizes[0] + 100 and total.moments is not None
    assert total.moments.documents == total.documents == 8 * 601


def test_sums_of_a_metric_that_some_batches_lack():
    """What has no counts of it says nothing of it; the others' are added up all the same."""
    documents = draw_documents([2, 3, 1, 2], 3)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sums, "MAX_KEPT_UNITS", 4)
        total = Sums()
        for i, one in enumerate(documents):
            total.add({name: counts for name, counts in one.items() if i % 2 or name == "entities.names"})
    whole = join(documents)
    assert (total.counts("entities.names", np.arange(4)).total() == whole["entities.names"].total()).all()
    assert total.units == 8 and total.moments is not None and total.moments.units == 8
