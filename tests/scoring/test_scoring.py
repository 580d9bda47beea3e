"""The main job, predictions to scores: gold scores 1, nothing scores 0, and strict IOB2 equals seqeval's."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.v1 import precision_recall_fscore_support
from seqeval.scheme import IOB2

from tests.support.effort import examples
from tests.support.reference_tags import tag_rows
from vostochny import corpus, scoring
from vostochny.formats.input import Gold, Input
from vostochny.metrics import catalogue
from vostochny.metrics.pairs import pair_documents
from vostochny.model import Argument, Document, Entity, Event, Quote, Reference, Span, Zone
from vostochny.ontology import load_ontology
from vostochny.stats.scores import Score, score

ONTOLOGY = load_ontology()
GOLD = Input().read_gold().documents


def scores(gold: list[Document], predicted: list[Document]) -> dict[str, Score]:
    result = scoring.score(gold, {d.doc_id: d for d in predicted}, ONTOLOGY)
    return {name: score(m.counts[0]) for name, m in result.measures.items() if len(m.counts) == 1}


def test_gold_scores_one_everywhere(tmp_path):
    path = tmp_path / "gold.jsonl"
    path.write_text(corpus.documents_path().read_text(encoding="utf-8"), encoding="utf-8")
    predicted = Input(path).read_predictions(Gold(GOLD, ONTOLOGY))[0]
    result = scoring.score(GOLD, predicted, ONTOLOGY)
    assert set(catalogue.METRICS) | set(catalogue.MACRO) <= set(result.measures)
    assert sum(name.endswith(".conll") for name in result.measures) >= 2 * len(catalogue.SETTINGS)
    for name, measure in result.measures.items():
        assert measure.value == pytest.approx(1, abs=1e-12), name
        # BLANC's non-links may have nothing to rest on: where singletons are dropped, one cluster is all there is.
        assert measure.support > 0 or name.endswith(".blanc"), name


def test_empty_predictions_score_zero_without_an_error():
    for predicted in ([], [Document(d.doc_id, d.text) for d in GOLD]):
        for name, s in scores(GOLD, predicted).items():
            if name in catalogue.ACCURACIES:  # of nothing matched
                assert s.gold == 0 and s.recall is None
            else:
                assert (s.f1, s.recall, s.right, s.predicted) == (0, 0, 0, 0)
                assert s.precision is None


def test_the_score_of_an_empty_gold_and_prediction_is_undefined_not_zero():
    empty = Document("x", "Some text.")
    assert all(s.f1 is None for s in scores([empty], [empty]).values())


def test_parts_add_to_the_whole():
    predicted = Input("benchmark/baselines/lookup/predictions.jsonl").read_predictions(Gold(GOLD, ONTOLOGY))[0]
    alone_of = [scoring.score([d], {d.doc_id: predicted[d.doc_id]}, ONTOLOGY).measures for d in GOLD]
    for name, measure in scoring.score(GOLD, predicted, ONTOLOGY).measures.items():
        counts = measure.counts[0]
        for facet in counts.facets:
            assert sum(part.total() for part in counts.by(facet).values()) == pytest.approx(counts.total())
        alone = [m[name].counts[0] for m in alone_of]
        joined = alone[0] + alone[1] + alone[2] + alone[3] + alone[4]
        assert joined.total() == pytest.approx(counts.total())
        assert (joined.documents == counts.documents).all()


TEXT = "aa bb cc dd ee ff"


def document(**layers) -> Document:
    tokens = tuple(Span(i, i + 2) for i in range(0, len(TEXT), 3))
    whole = (Span(0, len(TEXT)),)
    return Document("x", TEXT, paragraphs=whole, sentences=whole, tokens=tokens, **layers)


def entity(start: int, end: int, type_: str = "PER", level: str | None = "NAM") -> Entity:
    return Entity("", Span(start, end), type_, level)


def test_a_duplicate_prediction_is_spurious():
    s = scores([document(entities=(entity(0, 2),))], [document(entities=(entity(0, 2), entity(0, 2)))])
    assert (s["entities.names"].precision, s["entities.names"].recall) == (0.5, 1)


def test_two_events_of_one_type_are_two():
    """A bug of TextEE: where two events of one type share a filler, predicting one scored as predicting both."""
    fired = [
        Event("", Span(at, at + 2), "Military.WeaponTest", arguments=(Argument("Agent", Reference(Span(0, 2))),))
        for at in (3, 6)
    ]
    s = scores([document(events=tuple(fired))], [document(events=(fired[0],))])
    assert s["events.argument"].recall == 0.5
    assert s["events.trigger"].recall == 0.5


def test_argument_needs_the_event_type_and_for_arg_c_the_role():
    def event(type_, role):
        return Event("", Span(3, 5), type_, arguments=(Argument(role, Reference(Span(0, 2))),))

    gold = document(events=(event("Transaction.Transfer", "Giver"),))
    s = scores([gold], [document(events=(event("Transaction.Transfer", "Recipient"),))])
    assert (s["events.argument_id"].f1, s["events.argument"].f1) == (1, 0)
    s = scores([gold], [document(events=(event("Diplomacy.Agree", "Recipient"),))])
    assert (s["events.trigger_id"].f1, s["events.trigger"].f1, s["events.argument_id"].f1) == (1, 0, 0)


def test_many_predictions_do_not_share_one_gold_quote():
    """A bug of Citron: each gold quote must be matched once, however many predictions lie in it."""
    gold = document(quotes=(Quote("", (Span(0, 17),)),))
    predicted = document(quotes=tuple(Quote("", (Span(i, i + 2),)) for i in (0, 3, 6)))
    s = scores([gold], [predicted])["quotes.content"]
    assert (s.right, s.precision, s.recall) == (1, 1 / 3, 1)


def test_an_exact_copy_is_matched_before_a_nested_quote():
    outer, inner = Quote("", (Span(0, 17),), source=Reference(Span(0, 2))), Quote("", (Span(3, 17),))
    s = scores([document(quotes=(outer, inner))], [document(quotes=(inner, outer))])
    assert (s["quotes.content"].f1, s["quotes.source"].f1) == (1, 1)


def test_levelless_hit_on_a_nominal_is_neither_right_nor_wrong_among_names():
    gold = [document(entities=(entity(0, 2), entity(3, 5, level="NOM")))]
    s = scores(gold, [document(entities=(entity(0, 2, level=None), entity(3, 5, level=None)))])
    assert (s["entities.names"].precision, s["entities.names"].recall) == (1, 1)
    assert s["entities.all"].predicted == 2
    s = scores(gold, [document(entities=(entity(0, 2), entity(3, 5)))])  # a level of NAM is a claim, and wrong
    assert s["entities.names"].precision == 0.5


def test_unscored_zones_neither_reward_nor_punish():
    zones = (Zone(Span(0, 9), "body"), Zone(Span(9, 17), "boilerplate"))
    gold = replace(document(entities=(entity(0, 2),)), zones=zones)
    s = scores([gold], [document(entities=(entity(0, 2), entity(9, 11), entity(6, 11)))])["entities.names"]
    assert (s.right, s.gold, s.predicted) == (1, 1, 2)  # the one that straddles counts by its start


@examples(150)
@given(st.randoms(use_true_random=False), st.sampled_from(GOLD))
def test_strict_iob2_equals_seqeval(random, gold):
    """Perturbed gold: dropped, retyped, shifted, nested and off-token spans, scored by both."""
    predicted = []
    for e in gold.entities:
        dice = random.random()
        if dice < 0.2:
            continue
        type_ = random.choice(ONTOLOGY.entity_types) if dice < 0.4 else e.type
        start = max(0, e.span.start + random.randint(-4, 4)) if dice < 0.6 else e.span.start
        end = max(start + 1, e.span.end + random.randint(-4, 4)) if dice < 0.6 else e.span.end
        predicted.append(Entity("", Span(start, min(end, len(gold.text))), type_, None))
    other = Document(gold.doc_id, gold.text, entities=tuple(predicted))
    ours = scores([gold], [other])["entities.iob2"]
    pair = pair_documents([gold], {gold.doc_id: other}, frozenset(ONTOLOGY.values), ONTOLOGY.unscored_zones)[0]
    truth, guess = tag_rows(pair)
    p, r, f, _ = precision_recall_fscore_support(truth, guess, average="micro", scheme=IOB2)
    assert (ours.precision or 0, ours.recall, ours.f1) == pytest.approx((p, r, f))
    assert ours.gold == sum(len([t for t in row if t.startswith("B-")]) for row in truth)


def test_published_ner_tags_are_the_tags_that_are_scored():
    published = [json.loads(x) for x in Path("corpus/ner/test.jsonl").read_text(encoding="utf-8").splitlines()]
    pairs = pair_documents(GOLD, {}, frozenset(ONTOLOGY.values), ONTOLOGY.unscored_zones)
    assert [row["ner_tags"] for row in published] == [tags for pair in pairs for tags in tag_rows(pair)[0]]
