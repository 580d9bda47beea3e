"""The agreement of two annotators, and the record that decides their disagreements."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from scripts.agreement import adjudicate, kappa, two_passes
from scripts.segmentation import segment
from scripts.store import Store
from vostochny.metrics.pairs import pair_documents
from vostochny.model import Argument, Document, Entity, Event, Quote, Reference, Span

TEXT = "Ann met Bob in Rome. She told him that it was fine.\nBob left Rome on Monday.\n"


def at(words: str, nth: int = 1) -> Span:
    start = -1
    for _ in range(nth):
        start = TEXT.index(words, start + 1)
    return Span(start, start + len(words))


def make_pass() -> Document:
    people = [
        Entity("e1", at("Ann"), "PER", "NAM", cluster="ann"), Entity("e2", at("Bob"), "PER", "NAM", cluster="bob"),
        Entity("e3", at("Rome"), "GPE", "NAM", cluster="rome"), Entity("e4", at("She"), "PER", "PRO", cluster="ann"),
        Entity("e5", at("him"), "PER", "PRO", cluster="bob"), Entity("e6", at("Bob", 2), "PER", "NAM", cluster="bob"),
        Entity("e7", at("Rome", 2), "GPE", "NAM", cluster="rome"), Entity("e8", at("Monday"), "DATE"),
    ]  # fmt: skip
    met = Event("v1", at("met"), "Contact.Meet", "actual", "positive", None,
                (Argument("Participant", Reference(at("Ann"), "e1")), Argument("Place", Reference(at("Rome"), "e3"))),
                "meeting")  # fmt: skip
    left = Event("v2", at("left"), "Movement.TransportPerson", "actual", "positive", None,
                 (Argument("Person", Reference(at("Bob", 2), "e6")),), "leaving")  # fmt: skip
    quote = Quote("q1", (at("that it was fine"),), at("told"), Reference(at("She"), "e4"), Reference(at("him"), "e5"),
                  "indirect", "assertion", None, "fine")  # fmt: skip
    return segment(Document("000_x", TEXT, entities=tuple(people), events=(met, left), quotes=(quote,)))


@pytest.mark.parametrize("seed", range(20))
def test_kappa_equals_scikit_learn(seed):
    dice = random.Random(seed)
    a = [dice.choice("xyz") for _ in range(60)]
    b = [x if dice.random() < 0.7 else dice.choice("xyz") for x in a]
    table = np.zeros((3, 3))
    for x, y in zip(a, b, strict=True):
        table["xyz".index(x), "xyz".index(y)] += 1
    assert kappa.compute_kappa(table) == pytest.approx(cohen_kappa_score(a, b))


def test_kappa_is_undefined_where_nothing_could_differ():
    assert kappa.compute_kappa(np.zeros((2, 2))) is None
    assert kappa.compute_kappa(np.array([[7.0]])) is None
    assert kappa.compute_kappa(np.array([[0.0, 5.0], [5.0, 0.0]])) == -1


def test_labels_are_compared_on_what_both_marked():
    mine = make_pass()
    other = replace(mine, entities=(replace(mine.entities[0], type="ORG"), *mine.entities[2:]))
    pair = pair_documents([mine], {mine.doc_id: other}, frozenset({"DATE"}), frozenset())
    table = kappa.compare_labels(pair, kappa.label_mentions(lambda e: e.type))
    assert table.values.sum() == 7
    assert table.values.sum(axis=0)[table.labels.index("PER"), table.labels.index("ORG")] == 1


def test_a_pass_agrees_with_itself_and_directions_are_not_swapped(monkeypatch):
    monkeypatch.setattr(Store, "read_examples", lambda self: {})
    mine = make_pass()
    same = two_passes.compare({"000_x": mine}, {"000_x": mine})
    assert all(f["f1"] in (1.0, None) for f in same["f1"].values())
    fewer = replace(mine, entities=mine.entities[:6])
    figure = two_passes.compare({"000_x": mine}, {"000_x": fewer})["f1"]["all mentions"]
    assert (figure["a_to_b"], figure["b_to_a"], figure["a"], figure["b"]) == (0.75, 1.0, 8, 6)


def test_scores_outside_the_examples_leave_out_what_was_shown():
    mine = make_pass()
    left = two_passes.drop_examples(mine, [at("met Bob"), at("that it was fine")])
    assert [e.id for e in left.entities] == ["e1", "e3", "e4", "e5", "e6", "e7", "e8"]
    assert [e.id for e in left.events] == ["v2"] and left.quotes == ()


def test_every_kind_of_difference_is_listed_once():
    mine = make_pass()
    v1 = mine.events[0]
    other = replace(
        mine,
        entities=(replace(mine.entities[0], type="ORG"), *mine.entities[1:6], replace(mine.entities[6], cluster="city"),
                  mine.entities[7]),
        events=(replace(v1, arguments=v1.arguments[:1]),),
        quotes=(replace(mine.quotes[0], directness="mixed", addressee=None),),
    )  # fmt: skip
    rows = list(adjudicate.find_disagreements({"000_x": mine}, {"000_x": other}))
    assert [(r["layer"], r["spans"][0]["text"], r["fact"], r["a"], r["b"]) for r in rows[:-1]] == [
        ("arguments", "met", "", "Place", None),
        ("entities", "Ann", "", "PER NAM", "ORG NAM"),
        ("events", "left", "", "Movement.TransportPerson actual", None),
        ("quotes", "told", "addressee", "him (30)", "none"),
        ("quotes", "told", "directness", "indirect", "mixed"),
    ]
    # One Rome against one: which of the two is the odd one is a tie, and one of them is named.
    assert (rows[-1]["layer"], rows[-1]["fact"], rows[-1]["spans"][0]["text"]) == ("clusters", "entity", "Rome")
    assert list(adjudicate.find_disagreements({"000_x": mine}, {"000_x": mine})) == []
    renamed = replace(
        mine, entities=tuple(replace(e, cluster=e.cluster and f"other_{e.cluster}") for e in mine.entities)
    )
    assert list(adjudicate.find_disagreements({"000_x": mine}, {"000_x": renamed})) == []


def test_the_record_must_be_complete_and_the_gold_must_follow_it():
    mine = make_pass()
    other = replace(mine, entities=(replace(mine.entities[0], type="ORG"), *mine.entities[1:]))
    passes = {"000_x": mine}, {"000_x": other}
    (row,) = adjudicate.find_disagreements(*passes)
    decided = row | {"decision": "a", "rule": "E1"}
    assert adjudicate.check([decided], *passes, {"000_x": mine}) == []
    assert "undecided" in adjudicate.check([], *passes, {"000_x": mine})[0]
    assert "decided a, but the gold has 'ORG NAM'" in adjudicate.check([decided], *passes, {"000_x": other})[0]
    assert "do not differ" in adjudicate.check([decided], passes[0], passes[0], {"000_x": mine})[0]


def test_published_agreement_is_current(capsys):
    assert two_passes.main(["--check"]) == 0, capsys.readouterr().out
    report = json.loads(two_passes.TARGET.read_text(encoding="utf-8"))
    assert len(report["articles"]) == 5 and set(two_passes.KAPPAS) == set(report["kappa"])


def test_adjudication_is_complete_and_followed(capsys):
    assert adjudicate.main(["check"]) == 0, capsys.readouterr().out
