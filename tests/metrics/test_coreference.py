"""Coreference metrics: published values, a plain reference, scorch, and adversarial input."""

import random

import numpy as np
import pytest
import scorch.scores as scorch
from hypothesis import given
from hypothesis import strategies as st

from tests.support import reference_coreference as reference
from tests.support.effort import examples
from tests.support.twenty_words import NO_INTERVALS, TOKENS, make_document
from tests.support.two_articles import ONTOLOGY
from vostochny import scoring
from vostochny.metrics import coreference
from vostochny.metrics.assignment import best_edges, best_totals
from vostochny.metrics.catalogue import CLUSTER_COUNTS, CLUSTER_SCORES, count_clusters
from vostochny.metrics.columns import build_tables
from vostochny.metrics.coreference import ClusteredMentions, tabulate
from vostochny.metrics.pairs import pair_documents
from vostochny.model import Document, Entity, Event, Quote, Span
from vostochny.stats.scores import from_total, score


def columns(documents, shuffle=None):
    """Clusterings, one a document, as the columns of one side."""
    rows, cluster = [], 0
    for document, clusters in enumerate(documents):
        for members in clusters:
            rows += [(document, ord(m) if isinstance(m, str) else m, cluster) for m in members]
            cluster += 1
    if shuffle:
        shuffle.shuffle(rows)
    return ClusteredMentions(*np.array(rows, dtype=np.int64).reshape(-1, 3).T)


def table(gold, predicted, **options):
    return tabulate(columns(gold), columns(predicted), len(gold), **options)


def scores(gold, predicted, **options):
    """Recall, precision and F1 of every metric for one document."""
    totals = {name: from_total(m(table([gold], [predicted], **options))[0]) for name, m in CLUSTER_COUNTS.items()}
    return {name: (s.recall, s.precision, s.f1) for name, s in totals.items()}


def find_mentions(pairs, kind):
    """The clustered mentions of paired documents."""
    sides = [p.gold for p in pairs], [p.predicted for p in pairs]
    tables = build_tables(*sides, frozenset(ONTOLOGY.values), frozenset())
    return coreference.find_mentions(tables, kind)


def compute_within(pairs, prefix, kind):
    """The counts of clusters within documents."""
    return count_clusters(find_mentions(pairs, kind).tabulate(), prefix)


def compute_across(pairs, prefix, kind, **options):
    """The counts of clusters across documents."""
    return count_clusters(coreference.Overlaps.of_mentions(find_mentions(pairs, kind)).table(**options), prefix)


# --- published values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"), [c[1:] for c in reference.CASES], ids=[c[0] for c in reference.CASES]
)
def test_published_test_cases(gold, predicted, expected):
    found = scores(gold.split(), predicted.split())
    for metric, pair in expected.items():
        assert found[metric][:2] == pytest.approx(pair, abs=5e-6), metric


@pytest.mark.parametrize(("response", "muc", "b3", "ceaf"), reference.LUO)
def test_luo_2005_table_1(response, muc, b3, ceaf):
    found = scores(["12345", "67", "89ABC"], response.split())
    assert [found[m][2] for m in CLUSTER_SCORES["conll"].counts] == pytest.approx([muc, b3, ceaf], abs=5e-4)


# --- against the plain reference --------------------------------------------------------------------------------------


def expected(gold, predicted, **options):
    sides = [reference.prepare(g, p, **options) for g, p in zip(gold, predicted, strict=True)]
    return {name: np.array([m(*side) for side in sides], dtype=float) for name, m in reference.METRICS.items()}


def check(gold, predicted, **options):
    made = table(gold, predicted, **options)
    for name, rows in expected(gold, predicted, **options).items():
        np.testing.assert_allclose(CLUSTER_COUNTS[name](made), rows, rtol=0, atol=1e-9, err_msg=name)


mention = st.integers(0, 12)
clustering = st.lists(st.lists(mention, min_size=1, max_size=6), max_size=7)
corpus = st.lists(st.tuples(clustering, clustering), min_size=1, max_size=5)
switches = st.fixed_dictionaries({"singletons": st.booleans(), "common_only": st.booleans()})


@examples(500)
@given(corpus, switches)
def test_fast_equals_slow(documents, options):
    """Also with mentions listed twice, in one cluster or in several."""
    check([g for g, _ in documents], [p for _, p in documents], **options)


@pytest.mark.parametrize("options", [{"singletons": s, "common_only": c} for s in (1, 0) for c in (1, 0)], ids=str)
def test_thousands_of_documents_at_once(options):
    """Clusterings of many shapes, from nearly equal to unrelated, so that CEAF meets tangles."""
    chance = random.Random(7)
    gold, predicted = [], []
    for _ in range(2500):
        size, least, noise = chance.randint(1, 30), chance.randint(1, 8), chance.random()
        labels = [chance.randrange(least) for _ in range(size)]
        other = [chance.randrange(least) if chance.random() < noise else x for x in labels]
        for side, named in ((gold, labels), (predicted, other)):
            listed = [m for m in range(size) if chance.random() < 0.9]
            side.append([[m for m in listed if named[m] == x] for x in range(least)])
    check(gold, predicted, **options)


@examples(100)
@given(corpus, switches, st.randoms(use_true_random=False))
def test_order_is_irrelevant(documents, options, shuffle):
    gold, predicted = zip(*documents, strict=True)
    sides = [columns(side, shuffle) for side in (gold, predicted)]
    mixed = tabulate(*sides, len(documents), **options)
    for metric in CLUSTER_COUNTS.values():
        assert np.array_equal(metric(table(gold, predicted, **options)), metric(mixed))


@examples(100)
@given(st.lists(clustering, min_size=1, max_size=5), switches)
def test_gold_against_itself_is_one(documents, options):
    for name, metric in CLUSTER_COUNTS.items():
        found = from_total(metric(table(documents, documents, **options)).sum(axis=0))
        assert (found.recall, found.precision, found.f1) in ((1.0, 1.0, 1.0), (None, None, None)), name


@examples(100)
@given(corpus, switches)
def test_swapping_the_sides_swaps_recall_and_precision(documents, options):
    gold, predicted = zip(*documents, strict=True)
    there, back = table(gold, predicted, **options), table(predicted, gold, **options)
    for metric in CLUSTER_COUNTS.values():
        np.testing.assert_allclose(metric(there), metric(back)[:, [2, 3, 0, 1]], atol=1e-12)


# --- against scorch ---------------------------------------------------------------------------------------------------


def test_equals_scorch():
    """Where we say undefined, scorch says 0; and its BLANC leaves out a half that gold has no pair for."""
    chance = random.Random(3)
    for _ in range(400):
        size, names = chance.randint(2, 25), chance.randint(1, 8)
        sides = []
        for _ in range(2):
            clusters = [set() for _ in range(names)]
            for m in range(size):
                if chance.random() < 0.9:
                    chance.choice(clusters).add(m)
            sides.append([c for c in clusters if c])
        gold, predicted = sides
        if min(sum(map(len, side)) for side in sides) < 2:
            continue
        found = scores(gold, predicted)
        for name, theirs in (("muc", scorch.muc), ("b3", scorch.b_cubed), ("ceaf", scorch.ceaf_e)):
            assert [x or 0.0 for x in found[name]] == pytest.approx(theirs(gold, predicted), abs=1e-9), name
        halves = [found[name][2] for name in CLUSTER_SCORES["blanc"].counts if found[name][0] is not None]
        assert sum(halves) / len(halves) == pytest.approx(scorch.blanc(gold, predicted, fast=False)[2], abs=1e-9)


# --- adversarial input ------------------------------------------------------------------------------------------------


def test_no_mentions_on_either_side():
    for documents in (0, 1, 3):
        made = table([[]] * documents, [[]] * documents)
        for metric in CLUSTER_COUNTS.values():
            assert metric(made).shape == (documents, 4)
            assert not metric(made).any()


def test_no_gold_and_no_prediction():
    clusters = ["ab", "c", "def"]
    for name in ("muc", "b3", "ceaf", "lea", "mentions"):
        assert scores([], clusters)[name] == (None, 0.0, 0.0)
        assert scores(clusters, [])[name] == (0.0, None, 0.0)


def test_dropping_singletons_and_taking_common_mentions():
    assert scores(["ab", "c"], ["ab", "x"], singletons=False)["b3"] == (1.0, 1.0, 1.0)
    assert scores(["ab", "c"], ["ab", "x"])["mentions"][:2] == pytest.approx((2 / 3, 2 / 3))
    assert scores(["abx", "c"], ["aby", "c"], common_only=True)["ceaf"] == (1.0, 1.0, 1.0)
    # A cluster that common_only cut down to a singleton is one, and dropped.
    assert scores(["ax", "bc"], ["ay", "bc"], singletons=False, common_only=True)["mentions"] == (1.0, 1.0, 1.0)


def test_one_cluster_of_ten_thousand_against_singletons():
    size = 10_000
    made = table([[range(size)]], [[[m] for m in range(size)]])
    assert coreference.muc(made)[0].tolist() == [0, size - 1, 0, 0]
    assert coreference.b3(made)[0] == pytest.approx([1, size, size, size])
    assert coreference.ceaf(made)[0] == pytest.approx([2 / (size + 1), 1, 2 / (size + 1), size])
    assert coreference.lea(made)[0].tolist() == [0, size, 0, size]
    itself = table([[range(size)]], [[range(size)]])
    assert all(from_total(m(itself)[0]).f1 == 1 for name, m in CLUSTER_COUNTS.items() if name != "blanc_nonlinks")


def test_one_document_of_28_000_mentions():
    """Two unrelated clusterings tangle nearly all clusters into one component; the map is as good from either side."""
    chance = np.random.default_rng(5)
    mentions = np.arange(28_000)
    sides = [ClusteredMentions(mentions * 0, mentions, chance.integers(0, 8000, len(mentions))) for _ in range(2)]
    made = tabulate(*sides, 1)
    assert coreference.mention_detection(made)[0].tolist() == [28_000] * 4
    swapped = coreference.ceaf(tabulate(*sides[::-1], 1))[0]
    assert coreference.ceaf(made)[0] == pytest.approx(swapped[[2, 3, 0, 1]])


@pytest.mark.parametrize(("far", "last"), [(2**60, 1), (2**60, 1000), (2**60, 7), (2**59, 1)])
def test_codes_too_wide_to_pack(far, last):
    gold = ClusteredMentions(np.array([0, 0, last, last]), np.array([far, far + 1, far, 5]), np.array([0, 0, 1, 2]))
    predicted = ClusteredMentions(np.array([last, 0, 0]), np.array([far, far, far + 1]), np.array([2, 1, 1]))
    made = coreference.mention_detection(tabulate(gold, predicted, last + 1))
    assert made[[0, last]].tolist() == [[2, 2, 2, 2], [1, 2, 1, 1]]


def test_a_cluster_in_two_documents_is_refused():
    side = ClusteredMentions(np.array([0, 1]), np.array([0, 1]), np.array([0, 0]))
    with pytest.raises(ValueError, match="one document"):
        tabulate(side, side, 2)


@examples(500)
@given(st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 6)), st.integers(1, 4)))
def test_assignment_is_best(weights):
    """Small whole weights, so that ties abound; against every map tried."""

    def best(lefts, used):
        if not lefts:
            return 0
        here = [w + best(lefts[1:], used | {b}) for (a, b), w in weights.items() if a == lefts[0] and b not in used]
        return max([best(lefts[1:], used), *here])

    most = best(sorted({a for a, _ in weights}), frozenset())
    edges = np.array([(*pair, w) for pair, w in weights.items()], dtype=np.int64).reshape(-1, 3)
    chosen = edges[best_edges(edges[:, 0], edges[:, 1], edges[:, 2] * 1.0)]
    assert all(len(set(side.tolist())) == len(chosen) for side in (chosen[:, 0], chosen[:, 1]))
    assert chosen[:, 2].sum() == most
    assert best_totals(edges[:, 0], edges[:, 1], edges[:, 2] * 1.0, edges[:, 0] * 0, 1)[0] == pytest.approx(most)


# --- from documents ---------------------------------------------------------------------------------------------------


def entity(start, cluster, type="PER", end=None):
    return Entity(f"{start}-{cluster}", Span(start, end or start + 1), type, cluster=cluster)


def document(name, **layers):
    return Document(name, "x" * 100, **{layer: tuple(items) for layer, items in layers.items()})


def paired(gold, predicted):
    return pair_documents(gold, {d.doc_id: d for d in predicted}, frozenset({"DATE"}), frozenset())


def f1(counts):
    return {name.removeprefix("x."): score(c).f1 for name, c in counts.items()}


def test_entities_without_a_cluster_and_values_are_not_mentions():
    gold = document("d", entities=[entity(0, "a"), entity(2, "a"), entity(4, None), entity(6, None, "DATE")])
    system = document("d", entities=[entity(0, "1"), entity(2, "1"), entity(8, None), entity(6, "2", "DATE")])
    found = f1(compute_within(paired([gold], [system]), "x", "entities"))
    assert [found[m] for m in ("muc", "b3", "ceaf", "lea", "mentions")] == [1.0] * 5
    unresolved = document("d", entities=[entity(0, None), entity(2, None)])
    counts = compute_within(paired([gold], [unresolved]), "x", "entities")
    assert counts["x.b3"].total().tolist() == [0, 2, 0, 0]


def test_nested_and_crossing_spans_are_mentions_of_their_own():
    spans = [(0, 10, "a"), (0, 4, "b"), (2, 8, "a"), (6, 12, "b")]
    gold = document("d", entities=[entity(s, c, end=e) for s, e, c in spans])
    found = f1(compute_within(paired([gold], [gold]), "x", "entities"))
    assert set(found.values()) == {1.0}


def test_two_events_on_one_trigger_are_distinguished_by_type():
    def event(start, type, cluster):
        return Event(f"{start}{type}", Span(start, start + 1), type, cluster=cluster)

    gold = document("d", events=[event(0, "Meet", "m"), event(0, "Travel", "t"), event(5, "Meet", "m")])
    system = document("d", events=[event(0, "Travel", "t"), event(0, "Meet", "m"), event(5, "Visit", "m")])
    found = f1(compute_within(paired([gold], [system]), "x", "events"))
    assert [found[m] for m in ("muc", "b3", "ceaf", "lea", "mentions")] == [1.0] * 5  # at 5 the type does not matter
    one = document("d", events=[event(0, "Travel", "t"), event(5, "Meet", "m")])
    assert compute_within(paired([gold], [one]), "x", "events")["x.mentions"].total().tolist() == [
        2,
        3,
        2,
        2,
    ]
    # Whichever side has the two; what has no cluster makes no second.
    back = compute_within(paired([one], [gold]), "x", "events")["x.mentions"]
    assert back.total().tolist() == [2, 2, 2, 3]
    silent = document("d", events=[event(0, "Travel", "t"), event(0, "Meet", None), event(5, "Meet", "m")])
    other = document("d", events=[event(0, "Visit", "t"), event(5, "Meet", "m")])
    assert compute_within(paired([silent], [other]), "x", "events")["x.mentions"].total().tolist() == [2] * 4


def test_utterances_are_identified_by_all_their_content():
    def quote(cluster, *spans):
        return Quote(f"{spans}", tuple(Span(*s) for s in spans), cluster=cluster)

    gold = document("d", quotes=[quote("u", (0, 9), (20, 29)), quote("u", (40, 49))])
    half = document("d", quotes=[quote("u", (0, 9)), quote("u", (40, 49))])
    assert set(f1(compute_within(paired([gold], [gold]), "x", "utterances")).values()) == {1.0, None}
    assert f1(compute_within(paired([gold], [half]), "x", "utterances"))["mentions"] == 0.5


def test_clusters_of_one_name_are_one_across_documents():
    gold = [document(d, entities=[entity(0, "kim"), entity(2, "putin")]) for d in "abc"]
    apart = [document(d, entities=[entity(0, f"{d}1"), entity(2, f"{d}2")]) for d in "abc"]
    assert f1(compute_within(paired(gold, apart), "x", "entities"))["b3"] == 1.0
    counts = compute_across(paired(gold, apart), "x", "entities")
    assert counts["x.b3"].total() == pytest.approx([2, 6, 6, 6])
    assert counts["x.muc"].total().tolist() == [0, 4, 0, 0]
    without = compute_across(paired(gold, apart), "x", "entities", singletons=False)
    assert score(without["x.b3"]).f1 == 0.0
    assert set(f1(compute_across(paired(gold, gold), "x", "entities")).values()) == {1.0}


def test_counts_have_one_unit_per_document_and_add_up():
    gold = [document(d, entities=[entity(0, "a"), entity(2, "a")]) for d in "abc"]
    counts = compute_within(paired(gold, gold[:2]), "x", "entities")["x.muc"]
    assert counts.metric == "x.muc"
    assert counts.documents.tolist() == [0, 1, 2]
    assert counts.by_unit().tolist() == [[1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 0, 0]]
    assert (counts + counts).total().tolist() == [4, 6, 4, 4]


def test_a_mention_in_two_clusters_does_not_depend_on_the_order():
    twice = [entity(0, "b"), entity(0, "a"), entity(2, "b"), entity(4, "a")]
    gold = document("d", entities=[entity(0, "g"), entity(2, "g"), entity(4, "h")])
    totals = [
        compute_within(paired([gold], [document("d", entities=order)]), "x", "entities")["x.b3"].total().tolist()
        for order in (twice, twice[::-1])
    ]
    assert totals[0] == totals[1]
    assert totals[0][3] == 4  # the copy is a mention more


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=9),
        min_size=1,
        max_size=3,
    ),
    st.permutations("abcd"),
    st.booleans(),
)
@examples(60)
def test_names_of_clusters_decide_nothing(documents, names, as_quotes):
    """A predicted mention may be in several clusters; only exchanging their names must change no number."""

    def make(name, items):
        if as_quotes:
            return document(name, quotes=[Quote("", (TOKENS[i],), cluster=c) for i, c in items])
        return document(name, entities=[entity(i, c) for i, c in items])

    gold = [make(str(n), [(i, "xyz"[i % 3]) for i in range(5)]) for n in range(len(documents))]
    results = []
    for clusters in ("abcd", names):
        predicted = {str(n): make(str(n), [(i, clusters[c]) for i, c in d]) for n, d in enumerate(documents)}
        results.append(scoring.score(gold, predicted, ONTOLOGY, NO_INTERVALS))
    first, other = ({n: m.value for n, m in r.measures.items()} for r in results)
    assert first == pytest.approx(other, abs=1e-12)
    assert results[0].notes == results[1].notes


def test_a_mention_stays_in_its_largest_cluster_and_its_copies_are_spurious():
    gold = document("d", entities=[entity(i, "k") for i in (0, 2, 4)] + [entity(6, "p")])
    for large, small in ("ab", "ba"):
        predicted = document("d", entities=[*(entity(i, large) for i in (0, 2, 4)), entity(6, small), entity(0, small)])
        result = scoring.score([gold], {"d": predicted}, ONTOLOGY, NO_INTERVALS)
        within = {n: result.measures[f"coreference.entities.within.{n}"].score for n in ("muc", "mentions")}
        assert within["mentions"].recall == 1 and within["mentions"].precision == 4 / 5
        assert within["muc"].recall == 1 and within["muc"].precision == 2 / 3
        assert [n for n in result.notes if "1 of the entities in more than one cluster" in n]


def test_a_mention_listed_twice_is_one_mention():
    """coval: a file against itself gets LEA 66.7."""
    e = [Entity("", TOKENS[i], "PER", "NAM", cluster="a") for i in (0, 2, 2)]
    result = scoring.score([make_document("x", e)], {"x": make_document("x", e)}, ONTOLOGY, NO_INTERVALS)
    assert result.measures["coreference.entities.within.lea"].value == 1
    assert result.measures["coreference.entities.within.conll"].value == 1
