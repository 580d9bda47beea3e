"""The Python interface: its documented examples run, and it gives the same scores as the commands."""

from __future__ import annotations

import doctest
import json

import pytest

import vostochny
from tests.support.processes import run_python
from vostochny import api, cli
from vostochny.errors import InputError
from vostochny.model import Document, Entity, Span

LOOKUP = "benchmark/baselines/lookup/predictions.jsonl"


def test_the_examples_run():
    done = doctest.testmod(api)
    assert done.attempted > 8 and done.failed == 0


def test_the_package_imports_without_numpy():
    code = "import sys, vostochny; print(sorted({'numpy', 'msgspec', 'vostochny.api'} & set(sys.modules)))"
    done = run_python("-c", code, check=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(AttributeError):
        vostochny.scores  # noqa: B018


def test_score_equals_the_command(capsys):
    assert cli.main(["score", LOOKUP, "--json", "-"]) == 0
    shown = json.loads(capsys.readouterr().out)
    result = vostochny.score(LOOKUP)
    assert result.signature == shown["signature"]
    for name, measure in result.measures.items():
        assert measure.value == pytest.approx(shown["metrics"][name]["value"]), name


def test_predictions_can_be_a_mapping_a_list_or_a_single_one():
    article = vostochny.load()[3]
    name = next(e for e in article.entities if e.level == "NAM")
    row = {"entities": [{"start": name.span.start, "end": name.span.end, "type": name.type}]}
    forms = [{article.doc_id: row}, {"003": row}, [{"doc_id": "003", **row}], {"doc_id": "003", **row}]
    for predictions in forms:
        counts = vostochny.score(predictions, resamples=0).measures["entities.names"].counts[0]
        right, _, _, predicted = counts.total()
        assert (right, predicted) == (1, 1)


def test_evaluate_runs_over_given_documents():
    some = vostochny.load()[:2]
    result = vostochny.evaluate(lambda d: {"entities": []}, gold=some, resamples=0)
    assert result.documents == tuple(d.doc_id for d in some) and result.layers == ("entities",)


def test_types_of_given_gold_documents_are_known():
    gold = [Document("a", "BRCA1 is a gene.", entities=(Entity("", Span(0, 5), "Gene"),))]
    for predictions in (gold, gold[0], {"a": {"entities": [{"start": 0, "end": 5, "type": "Gene"}]}}):
        assert vostochny.score(predictions, gold=gold, resamples=0).measures["entities.names"].value == 1


def test_evaluate_raises_what_the_extractor_raises():
    with pytest.raises(ZeroDivisionError):
        vostochny.evaluate(lambda d: 1 / 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": ["entity"]}, "'entity' is not one of entities"),
        ({"layers": "entities"}, "is a string; expected a list"),
        ({"view": "ace2"}, "is not one of the views"),
        ({"resamples": -1}, "too small"),
        ({"predictions": [{"doc_id": "009"}]}, "unknown document '009'; "),
        ({"predictions": [{"doc_id": "003"}, {"doc_id": "003"}]}, "appears twice"),
        ({"predictions": {"003": {"entities": [{"start": 1}]}}}, "predictions['003']: entities[0].end"),
        ({"predictions": [{"doc_id": "003"}, "003"]}, "predictions[1]: is str; expected a Document or an object"),
        ({"predictions": [{"entities": []}]}, "predictions[0]: doc_id: is missing"),
        ({"predictions": {3: {"entities": []}}}, "predictions[3]: doc_id: is 3; expected the id"),
        ({"predictions": [{"doc_id": "00"}]}, "write more of the id"),
        ({"predictions": {"003": {"entities": [object()]}}}, "predictions['003']: returned something that is not JSON"),
        ({"unknown": "skip"}, "'skip' is not one of error, ignore, wrong"),
        ({"gold": [Document("a", ""), Document("a", "")]}, "gold: doc_id: 'a' is given 2 times"),
    ],
)
def test_wrong_arguments_are_reported(options, message):
    with pytest.raises(InputError) as e:
        vostochny.score(**{"predictions": [], **options})
    assert message in str(e.value)
