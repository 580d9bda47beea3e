"""The JSON Schema of a prediction: gold rows and every stored prediction satisfy it, and mistakes do not."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from tests.support.two_articles import language_model_answer, make_gold
from vostochny import cli, corpus
from vostochny.formats.rows import to_record, to_row
from vostochny.model import LAYERS
from vostochny.ontology import load_ontology
from vostochny.schema import json_schema

ONTOLOGY = load_ontology()
FULL = jsonschema.Draft202012Validator(json_schema.build_schema(ONTOLOGY))
STORED = [corpus.documents_path(), *sorted(Path("benchmark").glob("*/*/predictions*.jsonl"))]


@pytest.mark.parametrize("path", STORED, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_gold_and_stored_predictions_satisfy_it(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines
    for line in lines:
        problem = jsonschema.exceptions.best_match(FULL.iter_errors(json.loads(line)))
        assert problem is None, f"{path}: {problem.json_path}: {problem.message[:200]}"


def test_written_rows_and_rows_of_words_satisfy_it():
    for d in make_gold():
        FULL.validate(to_row(to_record(d)))
        FULL.validate(to_row(to_record(d, with_text=True)))
        FULL.validate(language_model_answer(d))


@pytest.mark.parametrize(
    "wrong",
    [
        {}, {"doc_id": 3}, {"doc_id": "x", "entites": []}, {"doc_id": "x", "entities": {}},
        {"doc_id": "x", "entities": [{"start": 0, "type": "PER"}]},
        {"doc_id": "x", "entities": [{"start": -1, "end": 3, "type": "PER"}]},
        {"doc_id": "x", "entities": [{"text": "Kim", "type": "PERSON"}]},
        {"doc_id": "x", "events": [{"type": "Contact.Meet"}]}, {"doc_id": "x", "quotes": [{"content": []}]},
        {"doc_id": "x", "entities": [{"text": "Kim", "type": "PER", "occurrence": 0}]},
    ],
)  # fmt: skip
def test_mistakes_do_not_satisfy_it(wrong):
    assert not FULL.is_valid(wrong)


def test_the_narrow_form_is_closed_and_its_answers_are_predictions():
    narrow = json_schema.build_schema(ONTOLOGY, words=True)
    jsonschema.Draft202012Validator.check_schema(narrow)

    def closed(node):
        if isinstance(node, dict):
            if node.get("type") == "object":
                assert node["additionalProperties"] is False and node["required"] == list(node["properties"])
            for value in node.values():
                closed(value)
        elif isinstance(node, list):
            for value in node:
                closed(value)

    closed(narrow)
    answer = {
        "doc_id": "one",
        "entities": [{"text": "Kim", "occurrence": None, "type": "PER", "level": None, "cluster": "kim"}],
        "events": [{"trigger": {"text": "met", "occurrence": 2}, "type": "Contact.Meet", "realis": "actual",
                    "polarity": None,
                    "arguments": [{"role": "Participant", "filler": {"text": "Kim", "occurrence": None}}]}],
        "quotes": [{"content": [{"text": "We will win", "occurrence": None}], "cue": None,
                    "source": {"text": "Putin", "occurrence": 1}, "addressee": None, "directness": "direct",
                    "attitude": None}],
    }  # fmt: skip
    jsonschema.Draft202012Validator(narrow).validate(answer)
    FULL.validate(answer)
    # What the inspect task asks for is the same, without the doc_id, which it knows.
    asked = json_schema.build_answer_schema(ONTOLOGY, LAYERS)
    assert asked["properties"] == {k: v for k, v in narrow["properties"].items() if k != "doc_id"}


def test_the_command_prints_the_schema(capsys):
    assert cli.main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema.build_schema(ONTOLOGY)
    assert cli.main(["schema", "--words"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema.build_schema(ONTOLOGY, words=True)
