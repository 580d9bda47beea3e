"""The measures as a whole: each has its words, and its signature says what it was made with."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

from tests.support.samples import NO_INTERVALS, ONTOLOGY, TOKENS, event, of_words, scored
from vostochny import report, scoring
from vostochny.metrics import catalogue
from vostochny.model import Document, Entity, Quote, Reference, Span


def test_every_option_that_changes_a_number_changes_the_signature():
    """sacrebleu: options missing from the signature."""
    gold = [of_words("x", [Entity("", TOKENS[0], "PER", "NAM")])]
    changes = [
        {}, {"layers": ("entities",)}, {"zones": ("body",)}, {"resamples": 500}, {"seed": 1}, {"resamples": 0},
        {"unknown": "wrong"}, {"view": ONTOLOGY.views["conll"]}, {"view": ONTOLOGY.views["ontonotes"]},
        {"view": replace(ONTOLOGY.views["conll"], builtin=False)},
        {"view": replace(ONTOLOGY.views["conll"], builtin=False, levels=frozenset({"NOM"}))},
    ]  # fmt: skip
    signatures = {scoring.score(gold, {}, ONTOLOGY, replace(scoring.Options(), **c)).signature for c in changes}
    signatures.add(scoring.score(gold, {}, ONTOLOGY, gold_hash="other").signature)
    assert len(signatures) == len(changes) + 1


def test_metrics_all_have_a_label_and_a_place():
    assert set(report.LABELS) == set(catalogue.METRICS) | set(catalogue.MACRO)
    assert set(report.SETTING_LABELS) == set(catalogue.SETTINGS)


def test_sixty_labels_one_giant_document_and_ten_thousand_in_a_cluster():
    dice = random.Random(0)
    labels = [f"L{i}" for i in range(60)]
    text = "x" * 200_000
    items = [
        Entity("", Span(10 * i, 10 * i + dice.randint(1, 14)), dice.choice(labels), "NAM", cluster="one")
        for i in range(10_000)
    ]
    gold = Document("x", text, entities=tuple(items))
    guess = Document("x", text, entities=tuple(replace(e, type=dice.choice(labels)) for e in items))
    result = scoring.score([gold], {"x": guess}, ONTOLOGY, NO_INTERVALS)
    assert len(result.measures["entities.all"].counts[0].by("type")) == 60
    assert result.measures["coreference.entities.within.conll"].value == 1
    assert result.measures["entities.unlabelled"].value == 1


def test_a_long_document_takes_no_more_time_a_word(monkeypatch):
    """Sentences × entities, quotes × entities and arguments × entities: each was a step here once."""
    met = Counter[str]()
    overlaps = Span.overlaps
    monkeypatch.setattr(Span, "overlaps", lambda a, b: met.update(["overlap"]) or overlaps(a, b))
    size = 4000
    tokens = tuple(Span(3 * i, 3 * i + 2) for i in range(size))

    def article(longer: int) -> Document:
        spans, between = [Span(t.start, t.end + longer) for t in tokens[::2]], tokens[1::2]
        return Document(
            "x", "ab " * size, tokens=tokens, sentences=tuple(Span(30 * i, 30 * i + 30) for i in range(size // 10)),
            entities=tuple(Entity("", s, "PER", "NAM") for s in spans),
            events=tuple(event("Contact.Meet", t, ("Participant", s)) for t, s in zip(between, spans, strict=True)),
            quotes=tuple(Quote("", (t,), source=Reference(s)) for t, s in zip(between, spans, strict=True)),
        )  # fmt: skip

    s = scored([article(0)], [article(1)])
    assert [s[n].f1 for n in ("entities.iob2", "events.argument_cluster", "quotes.speaker")] == [1, 1, 1]
    assert met["overlap"] < 40 * size
