"""The adapters of model libraries: spaCy with a small real pipeline, the others by recorded output.

Real small models of transformers and GLiNER are in test_models.py (``make test-models``).
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import spacy as library
from spacy.training import Example
from spacy.util import fix_random_seed

import vostochny
from vostochny import cli, extractors
from vostochny.extractors import Settings, gliner_, spacy_, transformers_
from vostochny.extractors.labels import LabelMapper
from vostochny.model import Document, Span
from vostochny.ontology import load_ontology

ONTOLOGY = load_ontology()
GOLD = vostochny.load()


def tiny_pipeline():
    """Return a real spaCy pipeline, trained briefly on one sentence, and the sentence."""
    fix_random_seed(1)
    nlp = library.blank("en")
    nlp.add_pipe("ner")
    text = "Kim met Putin in Russia on a Tuesday ."
    spans = [(0, 3, "PERSON"), (8, 13, "PERSON"), (17, 23, "GPE"), (27, 36, "WEEKDAY")]
    examples = [Example.from_dict(nlp.make_doc(text), {"entities": spans})]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(25):
        nlp.update(examples, sgd=optimizer)
    return nlp, text


def test_spacy_predicts_in_the_labels_of_a_view_and_reports_what_it_left_out(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    nlp, text = tiny_pipeline()
    nlp.to_disk("model")
    document = Document("x", text)
    extractor = extractors.load("spacy:model", Settings(view=ONTOLOGY.views["ontonotes"]))
    assert [(e.span.of(text), e.type) for e in extractor(document).entities] == [
        ("Kim", "PERSON"), ("Putin", "PERSON"), ("Russia", "GPE"),
    ]  # fmt: skip
    assert extractors.notes_of(extractor) == [
        "labels without a counterpart in view ontonotes, their items left out: WEEKDAY (1)"
    ]
    plain = extractors.load("spacy:model", Settings())
    assert [e.type for e in plain(document).entities] == ["GPE"]
    assert "PERSON (2), WEEKDAY (1); --view ontonotes has 1 of them" in extractors.notes_of(plain)[0]
    conll = extractors.load("spacy:model", Settings(view=ONTOLOGY.views["conll"]))
    assert [e.type for e in conll(document).entities] == ["LOC"]  # the ontology's GPE in the view's name

    assert cli.main(["run", "spacy", "model", "-o", "p.jsonl", "--view", "ontonotes"]) == 0
    assert "score them: vostochny score p.jsonl --view ontonotes" in capsys.readouterr().err
    assert cli.main(["score", "p.jsonl", "--view", "ontonotes", "--resamples", "0"]) == 0
    result = vostochny.evaluate("spacy:model", view="ontonotes", resamples=0)
    assert result.measures["entities.names"].value == vostochny.score(
        "p.jsonl", view="ontonotes", resamples=0
    ).measures["entities.names"].value  # fmt: skip


def test_spacy_reads_an_article_longer_than_its_limit_in_chunks():
    nlp, text = tiny_pipeline()
    article = Document("x", " ".join([text] * 40), sentences=tuple(Span(39 * i, 39 * i + 38) for i in range(40)))
    extractor = spacy_.SpacyExtractor(nlp, Settings(view=ONTOLOGY.views["ontonotes"]))
    whole = extractor(article)
    nlp.max_length = 200
    again = extractor(article)
    assert {(e.span, e.type) for e in again.entities} == {(e.span, e.type) for e in whole.entities}
    assert len(again.entities) == len(whole.entities) == 120
    assert "did not fit the window of 200 characters: read in" in extractor.notes[-1]


def test_the_output_of_transformers():
    """Recorded from ``pipeline("token-classification", aggregation_strategy="first")`` of transformers 5.16."""
    text = "Kim Jong Un met Putin"
    output = [
        {"entity_group": "PERSON", "score": np.float32(0.21), "word": "Kim", "start": 0, "end": 3},
        {"entity_group": "PER", "score": np.float32(0.22), "word": "Un", "start": 8, "end": 11},
        {"entity_group": "PER", "score": np.float32(0.22), "word": " ", "start": 3, "end": 4},
    ]
    assert transformers_.spans_of(output, text) == [(Span(0, 3), "PERSON"), (Span(9, 11), "PER")]


def test_the_output_of_gliner():
    """The form that ``predict_entities`` of gliner 0.2 returns."""
    output = [{"start": 0, "end": 11, "text": "Kim Jong Un", "label": "person", "score": 0.98}]
    assert gliner_.spans_of(output, {"person": "PER"}) == [(Span(0, 11), "PER")]


def test_gliner_is_asked_for_words_and_answers_in_labels():
    class Model:
        """The part of a GLiNER model that the adapter uses; a real one is in test_models.py."""

        class config:
            max_len = 12

        def predict_entities(self, text, labels, threshold):
            assert "person" in labels and "PERSON" not in labels and gliner_.GlinerExtractor.size(text) <= 12
            at = text.find("Putin")
            return [{"start": at, "end": at + 5, "text": "Putin", "label": "person", "score": 0.9}] if at >= 0 else []

    text = "One two three four five six. Then Putin came here. " * 3
    extractor = gliner_.GlinerExtractor(Model(), Settings(view=ONTOLOGY.views["ontonotes"]))
    prediction = extractor(Document("x", text))
    assert [(e.span.of(text), e.type) for e in prediction.entities] == [("Putin", "PERSON")] * 3
    assert "PERSON as “person”" in extractor.notes[0] and "read in" in extractor.notes[-1]


def test_the_window_of_a_model():
    class Tokenizer:
        model_max_length = int(1e30)

        def num_special_tokens_to_add(self):
            return 2

    class Config:
        model_type = "roberta"
        max_position_embeddings = 514
        pad_token_id = 1

    assert transformers_.window_of(Tokenizer(), Config()) == 510
    Config.model_type, Config.max_position_embeddings = "bert", 128
    assert transformers_.window_of(Tokenizer(), Config()) == 126


def test_labels_are_mapped_whatever_their_case():
    labels = LabelMapper(ONTOLOGY, ONTOLOGY.views["conll"])
    assert [labels(x) for x in ("per", "Misc", "GPE", "person")] == ["PER", "MISC", "LOC", None]


def test_the_spacy_baseline_is_the_same_each_time(monkeypatch):
    path = Path(__file__).parents[2] / "benchmark" / "baselines" / "spacy" / "train.py"
    spec = importlib.util.spec_from_file_location("spacy_baseline", path)
    baseline = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(baseline)
    monkeypatch.setattr(baseline, "EPOCHS", 2)
    shortest = min(GOLD, key=lambda d: len(d.text))
    # Compare the weights, not predictions: after two epochs there are none.
    first, again = (baseline.train([shortest]).get_pipe("ner").to_bytes() for _ in range(2))
    assert first == again
    rules = library.blank("en")
    rules.add_pipe("entity_ruler").add_patterns([{"label": "PER", "pattern": "Kim Jong Un"}])
    predicted = baseline.extract(extractors.strip_annotations(shortest), rules)
    assert predicted.emitted == {"entities"} and len(predicted.entities) == shortest.text.count("Kim Jong Un") > 1
    assert {(e.span.of(shortest.text), e.type) for e in predicted.entities} == {("Kim Jong Un", "PER")}
