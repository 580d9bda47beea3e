"""Entities as spans: against plain references, against the field's scorers, and against the problems those have."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nervaluate.evaluator import Evaluator

import vostochny
from tests.support.effort import examples
from tests.support.twenty_words import (
    TOKENS,
    compute_counts,
    compute_scores,
    draw_disjoint_entities,
    make_document,
    random_entity,
)
from tests.support.two_articles import ONTOLOGY, make_gold
from vostochny.formats.reader import Reading, Record
from vostochny.metrics import entities
from vostochny.metrics.entities import trim_span
from vostochny.model import Document, Entity, Span, Zone
from vostochny.stats import scores
from vostochny.text.alignment import iob2_to_spans

entity_lists = st.lists(random_entity(), max_size=8)
corpora = st.lists(st.tuples(entity_lists, entity_lists), min_size=1, max_size=3)


def documents_of(corpus) -> tuple[list[Document], list[Document]]:
    gold = [
        make_document(f"d{i}", (replace(e, level=e.level or "NAM") if e.type != "DATE" else e for e in g))
        for i, (g, _) in enumerate(corpus)
    ]
    return gold, [make_document(f"d{i}", p) for i, (_, p) in enumerate(corpus)]


# -- a plain reference -------------------------------------------------------------------------------------------------


def plain_exact(gold: list[Document], predicted: list[Document], names_only: bool) -> tuple[int, int, int]:
    """Right, gold and predicted, by multisets and the rule for silent levels, as the docstrings state them."""
    right = golds = claims = 0
    for g, p in zip(gold, predicted, strict=True):
        level_at: dict[Span, str] = {}
        for level in ("PRO", "NOM", "NAM", None):
            level_at |= {e.span: level or "" for e in g.entities if e.level == level}
        mine, theirs = Counter(), Counter()
        for e in g.entities:
            if not names_only or e.level in ("NAM", None):
                mine[e.span, e.type] += 1
        for e in p.entities:
            level = e.level or ("" if e.type == "DATE" else level_at.get(e.span, "NAM"))
            if not names_only or level in ("", "NAM"):
                theirs[e.span, e.type] += 1
        right += sum((mine & theirs).values())
        golds += sum(mine.values())
        claims += sum(theirs.values())
    return right, golds, claims


@examples(1500)
@given(corpora)
def test_fast_entities_equal_the_plain_reference(corpus):
    gold, predicted = documents_of(corpus)
    s = compute_scores(gold, predicted, layers=("entities",), metrics=("entities.names", "entities.all"))
    for name, names_only in (("entities.names", True), ("entities.all", False)):
        assert (s[name].right, s[name].gold, s[name].predicted) == plain_exact(gold, predicted, names_only)


@examples(300)
@given(corpora, st.randoms(use_true_random=False))
def test_the_order_of_the_input_never_matters(corpus, dice):
    """nervaluate's problem: there the same spans in another order score 0."""
    gold, predicted = documents_of(corpus)
    before = compute_scores(gold, predicted)
    shuffled = [replace(d, entities=tuple(dice.sample(d.entities, len(d.entities)))) for d in predicted]
    dice.shuffle(shuffled)
    assert compute_scores(gold, shuffled) == before


@examples(300)
@given(corpora, random_entity())
def test_adding_a_wrong_item_never_raises_precision(corpus, extra):
    gold, predicted = documents_of(corpus)
    wrong = replace(extra, type="WEA", level="NAM")  # a type that the gold does not have here
    more = [replace(predicted[0], entities=(*predicted[0].entities, wrong)), *predicted[1:]]
    before, after = compute_scores(gold, predicted), compute_scores(gold, more)
    for name in ("entities.names", "entities.all", "entities.semeval_strict"):
        assert (after[name].precision or 0) <= (before[name].precision or 0)
        assert after[name].recall == before[name].recall


# -- against the field's scorer ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_semeval_equals_nervaluate_where_it_is_right(seed):
    """Where every predicted span touches at most one gold span and the reverse, order cannot mislead nervaluate."""
    dice = random.Random(seed)
    gold, predicted = [], []
    for i in range(10):
        truth = draw_disjoint_entities(dice, ("PER", "ORG"))
        guess = []
        for e in truth:
            roll = dice.random()
            if roll < 0.2:
                continue
            span = Span(e.span.start, e.span.end - 1) if roll < 0.4 else e.span  # shorter: touches its own gold alone
            guess.append(replace(e, span=span, type=dice.choice(("PER", "ORG")) if roll > 0.7 else e.type))
        gold.append(make_document(f"d{i}", truth or [Entity("", TOKENS[0], "PER", "NAM")]))
        predicted.append(make_document(f"d{i}", guess))
    ours = compute_scores(gold, predicted)
    as_spans = [
        [[{"label": e.type, "start": e.span.start, "end": e.span.end - 1} for e in d.entities] for d in side]
        for side in (gold, predicted)
    ]
    theirs = Evaluator(as_spans[0], as_spans[1], tags=["PER", "ORG"], loader="dict").evaluate()["overall"]
    for ours_name, name in (("strict", "strict"), ("exact", "exact"), ("partial", "partial"), ("type", "ent_type")):
        s = ours[f"entities.semeval_{ours_name}"]
        assert (s.precision, s.recall) == pytest.approx((theirs[name].precision, theirs[name].recall)), name


# -- problems of today's tools, each with what is right ------------------------------------------------------------


def test_a_chunk_that_begins_with_i_is_not_a_chunk():
    """seqeval is lenient by default: there [I-X I-X] equals [B-X I-X]."""
    assert iob2_to_spans(["B-X", "I-X"]) == [(0, 2, "X")]
    assert iob2_to_spans(["I-X", "I-X"]) == []
    assert iob2_to_spans(["B-X", "I-Y", "B-X", "B-X", "O", "I-X"]) == [(0, 1, "X"), (2, 3, "X"), (3, 4, "X")]


def test_no_entities_at_all_is_undefined_and_raises_nothing():
    """seqeval: max() arg is an empty sequence."""
    s = compute_scores([make_document()], [make_document()])
    assert s["entities.iob2"].f1 is None and s["entities.names"].f1 is None


def test_an_empty_first_document_is_fine():
    """nervaluate: IndexError."""
    e = Entity("", TOKENS[0], "PER", "NAM")
    s = compute_scores([make_document("a"), make_document("b", [e])], [make_document("a"), make_document("b", [e])])
    assert all(s[f"entities.semeval_{x}"].f1 == 1 for x in entities.SEMEVAL)


def test_the_same_words_elsewhere_are_not_right():
    """String F1 passed off as offset F1: the text repeats, the place counts."""
    gold = Document("x", "Kim met Kim.", entities=(Entity("", Span(0, 3), "PER", "NAM"),))
    predicted = Document("x", "Kim met Kim.", entities=(Entity("", Span(8, 11), "PER", "NAM"),))
    assert compute_scores([gold], [predicted])["entities.names"].f1 == 0


# -- single definitions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("the Kremlin", "Kremlin"), ("Russia’s", "Russia"), ("“Angara”", "Angara"), ("an Angara", "Angara"),
        ("The White House’s", "White House"), ("Theresa", "Theresa"), ("the", "the"), ("Putin", "Putin"),
        ("states’", "states"), ("“a 😀’s”", "😀"), ("’s", "s"), ("“”", "“”"),
        ("“Kim”’s", "Kim"), ('the "Kim"\'s', "Kim"), ("«Kim» 's”", "Kim"), ("James’s’", "James"),
        pytest.param(f"x{' ' * 100_000}y", f"x{' ' * 100_000}y", id="a-long-run-of-spaces"),
    ],
)  # fmt: skip
def test_lenient_boundaries(text, core):
    assert trim_span(Span(0, len(text)), text).of(text) == core


def test_lenient_score_forgives_boundaries_and_nothing_else():
    text = "the Kremlin’s men"
    gold = Document("x", text, entities=(Entity("", Span(4, 11), "ORG", "NAM"),))
    for span, type_, right in ((Span(0, 13), "ORG", 1), (Span(0, 17), "ORG", 0), (Span(0, 13), "PER", 0)):
        s = compute_scores([gold], [Document("x", text, entities=(Entity("", span, type_, "NAM"),))])
        assert s["entities.lenient"].right == right and s["entities.names"].right == 0


def test_views_leave_out_what_they_lack_on_both_sides():
    gold = [make_document("x", [
        Entity("a", TOKENS[0], "GPE", "NAM", demonym=True), Entity("b", TOKENS[2], "GPE", "NAM"),
        Entity("c", TOKENS[4], "DATE"), Entity("d", TOKENS[6], "PER", "NOM"),
    ])]  # fmt: skip
    native = compute_scores(gold, gold, view=ONTOLOGY.views["conll"])["entities.all"]
    assert (native.f1, native.gold, native.predicted) == (1, 2, 2)
    theirs = [
        make_document("x", [Entity("", TOKENS[0], "MISC"), Entity("", TOKENS[2], "LOC"), Entity("", TOKENS[4], "DATE")])
    ]
    s = compute_scores(gold, theirs, view=ONTOLOGY.views["conll"])["entities.all"]
    assert (s.f1, s.predicted) == (1, 2)
    s = compute_scores(gold, gold, view=ONTOLOGY.views["ontonotes"])
    assert s["entities.all"].gold == 3


def test_values_are_scored_with_names():
    """A value has no level: it is no nominal because one stands on its span."""
    gold = [make_document(entities=[Entity("", TOKENS[0], "PER", "NOM"), Entity("", TOKENS[2], "DATE")])]
    predicted = [make_document(entities=[Entity("", TOKENS[0], "DATE"), Entity("", TOKENS[2], "DATE")])]
    for name in ("entities.names", "entities.iob2", "entities.text_set"):
        s = compute_scores(gold, predicted)[name]
        assert (s.right, s.gold, s.predicted) == (1, 1, 2), name


@pytest.mark.parametrize("turned", [False, True])
def test_tags_leave_out_the_same_items_as_the_names_score(turned):
    """The tags' own rule for silent levels, which comparing tags with tags cannot see."""
    nominal, name = Entity("", TOKENS[0], "PER", "NOM"), Entity("", TOKENS[0], "ORG", "NAM")
    silent = [make_document(entities=[Entity("", TOKENS[0], "PER")])]
    assert compute_scores([make_document(entities=[nominal])], silent)["entities.iob2"].predicted == 0
    both = [make_document(entities=[name, nominal] if turned else [nominal, name])]
    for metric in ("entities.iob2", "entities.names"):
        assert compute_scores(both, silent)[metric].predicted == 1, metric


def test_a_chunk_belongs_to_the_zone_in_which_it_begins():
    """A dateline ends within its sentence."""
    zones = (Zone(Span(0, 9), "dateline"), Zone(Span(9, 60), "body"))
    gold = [
        make_document(entities=[Entity("", TOKENS[0], "GPE", "NAM"), Entity("", TOKENS[5], "PER", "NAM")], zones=zones)
    ]
    counts = compute_counts(gold, gold)["entities.iob2"].by("zone")
    assert {zone: part.total().tolist() for zone, part in counts.items()} == {"dateline": [1] * 4, "body": [1] * 4}


def test_differently_written_words_are_one_item_at_their_first_mention():
    text = "“Angara” and 'Angara'."
    first, second = (Entity("", Span(at, at + 8), "VEH", "NAM") for at in (0, 13))
    zones = (Zone(Span(0, 9), "title"), Zone(Span(9, len(text)), "body"))
    gold = [Document("x", text, zones, entities=(second, first))]
    assert compute_counts(gold, gold)["entities.text_set"].by("zone").keys() == {"title"}
    s = compute_scores(gold, [Document("x", text, entities=(second,))])
    assert (s["entities.text_set"].f1, s["entities.names"].recall) == (1, 0.5)


def test_words_that_are_not_found_are_distinguished_by_their_text():
    documents = make_gold()
    row = {"doc_id": "one", "entities": [{"text": words, "type": "PER"} for words in ("Xi", "Li", "Xi")]}
    predicted = Reading(ONTOLOGY, {d.doc_id: d for d in documents}).read_predictions([Record("x", 1, row)])
    assert compute_scores(documents[:1], [predicted["one"]])["entities.text_set"].predicted == 2


def test_each_of_several_words_that_a_short_text_lacks_is_an_item():
    text = Document("x", "ab", entities=(Entity("", Span(0, 2), "PER", "NAM"),))
    given = {"entities": [{"text": f"no{i}", "type": "PER"} for i in range(5)]}
    result = vostochny.score({"x": given}, gold=[text], resamples=0)
    assert scores.score(result.measures["entities.text_set"].counts[0]).predicted == 5
