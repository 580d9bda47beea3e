"""The catalogue: every number of a report has a row; a signature names every option."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from dataclasses import replace

import pytest

from scripts.build import metrics_doc
from tests.support.project_copy import ROOT
from tests.support.report_inputs import GOLD, make_mistakes
from tests.support.twenty_words import NO_INTERVALS, TOKENS, compute_scores, make_document, make_event
from tests.support.two_articles import ONTOLOGY
from vostochny import scoring
from vostochny.metrics import catalogue
from vostochny.model import LAYERS, Document, Entity, Quote, Reference, Span
from vostochny.report import comparison, payload, result_json, terminal
from vostochny.scoring.options import check_metrics


def test_every_option_that_changes_a_number_changes_the_signature():
    """sacrebleu: options missing from the signature."""
    gold = [make_document("x", [Entity("", TOKENS[0], "PER", "NAM")])]
    changes = [
        {}, {"layers": ("entities",)}, {"zones": ("body",)}, {"resamples": 500}, {"seed": 1}, {"resamples": 0},
        {"unknown": "wrong"}, {"view": ONTOLOGY.views["conll"]}, {"view": ONTOLOGY.views["ontonotes"]},
        {"view": replace(ONTOLOGY.views["conll"], builtin=False)},
        {"view": replace(ONTOLOGY.views["conll"], builtin=False, levels=frozenset({"NOM"}))},
    ]  # fmt: skip
    signatures = {scoring.score(gold, {}, ONTOLOGY, replace(scoring.Options(), **c)).signature for c in changes}
    signatures.add(scoring.score(gold, {}, ONTOLOGY, gold_hash="other").signature)
    assert len(signatures) == len(changes) + 1


def test_every_layer_has_one_headline():
    headlines = [catalogue.find_layer(name) for name, metric in catalogue.METRICS.items() if metric.headline]
    assert sorted(headlines) == sorted({*LAYERS, "arguments"})


def test_every_number_of_a_result_is_described_in_the_order_of_the_report():
    names = list(scoring.score(GOLD, {d.doc_id: d for d in GOLD}, ONTOLOGY, NO_INTERVALS).measures)
    assert names == list(catalogue.MEASURES)
    assert all(len(row.label) <= 36 for name, row in catalogue.MEASURES.items() if not name.startswith("coreference."))


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> catalogue.Metric:
    """A metric of which there is nothing but its row."""
    row = catalogue.Metric(compute=catalogue.METRICS["quotes.cue"].compute, label="a toy metric", definition="A toy.")
    monkeypatch.setitem(catalogue.METRICS, "quotes.toy", row)
    monkeypatch.setitem(catalogue.MEASURES, "quotes.toy", row)
    return row


def test_every_report_shows_a_metric_that_has_a_row(toy):
    options = scoring.Options(resamples=0, metrics=check_metrics(["quotes.toy"]))
    perfect, other = (
        scoring.score(GOLD, predicted, ONTOLOGY, options)
        for predicted in ({d.doc_id: d for d in GOLD}, make_mistakes(GOLD))
    )
    assert toy.label in terminal.render(other)
    assert "quotes.toy" in json.loads(result_json.render(other))["metrics"]
    assert [(m["label"], m["definition"]) for m in payload.build(other, "x", {})["measures"]] == [(toy.label, "A toy.")]
    table = comparison.compare_systems(["perfect", "other"], [perfect, other])
    assert [row.measure for row in table.rows] == ["quotes.toy"] and toy.label in comparison.render_text(table)


def test_a_metric_without_a_source_is_documented_as_the_projects_own(toy):
    """The tables of docs/metrics.md come from the rows; tests/documents checks that they are current."""
    row = f"\n| `quotes.toy` | {toy.label} | A toy. | zone | this project |"
    assert metrics_doc.compute_values()["metrics-quotes"].endswith(row)


def test_the_kinds_of_clusters_are_documented():
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    section = text.partition("- Kinds:")[2].partition("Settings:")[0]
    assert set(re.findall(r"`(\w+)`", section)) == set(catalogue.KINDS.values())


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


def test_a_long_document_takes_no_more_time_per_word(monkeypatch):
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
            events=tuple(
                make_event("Contact.Meet", t, ("Participant", s)) for t, s in zip(between, spans, strict=True)
            ),
            quotes=tuple(Quote("", (t,), source=Reference(s)) for t, s in zip(between, spans, strict=True)),
        )  # fmt: skip

    s = compute_scores([article(0)], [article(1)])
    assert [s[n].f1 for n in ("entities.iob2", "events.argument_cluster", "quotes.speaker")] == [1, 1, 1]
    assert met["overlap"] < 40 * size
