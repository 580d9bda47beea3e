"""The catalogue: every metric has a label, a definition and a documented row; a signature names every option."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

from tests.support.project_copy import ROOT
from tests.support.twenty_words import NO_INTERVALS, TOKENS, compute_scores, make_document, make_event
from tests.support.two_articles import ONTOLOGY
from vostochny import report, scoring
from vostochny.metrics import catalogue
from vostochny.metrics.pairs import pair_documents
from vostochny.model import LAYERS, Document, Entity, Quote, Reference, Span
from vostochny.stats.measures import coreference_measures


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


def test_every_setting_of_coreference_has_a_label():
    assert set(report.SETTING_LABELS) == set(catalogue.SETTINGS)


def test_every_layer_has_one_headline():
    headlines = [name.partition(".")[0] for name, metric in catalogue.METRICS.items() if metric.headline]
    assert sorted(headlines) == sorted(LAYERS)


def tables_of(path: Path) -> dict[str, list[list[str]]]:
    """The rows of the tables of a Markdown file, without heads, by the heading above them."""
    out: dict[str, list[list[str]]] = {}
    heading = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line.startswith("| ") and not line.startswith(("| ---", "| metric |", "| score |")):
            out.setdefault(heading, []).append([cell.strip() for cell in line.strip("|").split(" | ")])
    return out


def test_the_documented_metrics_are_those_of_the_catalogue():
    """Name, label, definition and source of every metric, by layer, in the order of the report, and nothing else."""
    rows: dict[str, list[list[str]]] = {}
    for name, metric in catalogue.METRICS.items():
        macros = {key: row for key, row in catalogue.MACRO.items() if row.metric == name}
        for key, row in {name: metric, **macros}.items():
            documented = [f"`{key}`", row.label, row.definition, row.source or "this project"]
            rows.setdefault(name.partition(".")[0].capitalize(), []).append(documented)
    tables = tables_of(ROOT / "docs" / "metrics.md")
    scores = {row[0].strip("`") for row in tables.pop("Coreference")}
    assert tables == rows
    entity = Entity("", TOKENS[0], "PER", "NAM", cluster="one")
    pairs = pair_documents(
        [make_document("x", [entity])], {"x": make_document("x", [entity])}, frozenset(), frozenset()
    )
    measures = coreference_measures(catalogue.compute_coreference_within(pairs, "entities"))
    assert scores == {name.rpartition(".")[2] for name in measures}


def test_the_documented_settings_and_kinds_are_those_of_the_catalogue():
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    section = text.partition("## Coreference")[2].partition("| score |")[0]
    named = set(re.findall(r"`(\w+)`", section))
    assert named == {*catalogue.SETTINGS, *catalogue.KINDS.values()}


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
