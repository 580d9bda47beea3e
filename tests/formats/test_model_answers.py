"""Answers of language models in files: refused with the way out, read with ``--unknown wrong`` as ``run`` does."""

from __future__ import annotations

import json

import pytest

import vostochny
from vostochny import cli
from vostochny.errors import InputError
from vostochny.formats.model_answers import list_predictions

GOLD = [
    {"doc_id": "a", "text": "Kim met Putin.", "entities": [{"start": 0, "end": 3, "type": "PER"}]},
    {"doc_id": "b", "text": "Kim left.", "entities": [{"start": 0, "end": 3, "type": "PER"}]},
]
KIM = {"entities": [{"text": "Kim", "type": "PER", "confidence_level": "high", "start": 99, "end": 102}]}
JSON = json.dumps(KIM)
STRINGS = {
    "plain": JSON,
    "fence": f"```json\n{JSON}\n```",
    "prose": f"Here {{it}} is: {JSON} Good luck!",
    "thoughts": f'<think>Maybe {{"entities": []}}?</think>\n{JSON}',
    "wrapper": json.dumps({"output": KIM}),
    "list of one": f"[{JSON}]",
}
VALUES = {**STRINGS, "object": KIM, "wrapped": {"result": [KIM]}, "choices": [{"message": {"content": JSON}}]}
HINT = "holds a language model's answer; --unknown wrong reads it"


def f1(predictions, gold, **options) -> float:
    result = vostochny.score(predictions, gold=gold, unknown="wrong", resamples=0, **options)
    return result.measures["entities.names"].value


@pytest.fixture(name="gold")
def write_gold(tmp_path):
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in GOLD))
    return path


@pytest.fixture(params=[False, True], ids=["held", "streamed"])
def _ways(request, monkeypatch):
    if request.param:
        monkeypatch.setattr("vostochny.scoring.systems.MAX_GOLD_BYTES_IN_MEMORY", 1)


@pytest.mark.usefixtures("_ways")
@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("key", ["response", "output", "gpt4"])
def test_a_row_with_an_answer_beside_its_id(kind, key, gold, tmp_path, capsys):
    rows = [{"doc_id": d, "model": "m", key: VALUES[kind], "seconds": 3} for d in "ab"]
    path = tmp_path / "p.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert f1(path, gold) == 1
    with pytest.raises(InputError, match=HINT) as error:
        vostochny.score(path, gold=gold)
    assert len(error.value.problems) == 2
    assert cli.main(["score", str(path), "--gold", str(gold)]) == 2
    assert f"p.jsonl:1: {key}: {HINT}" in capsys.readouterr().err
    assert cli.main(["score", str(path), "--gold", str(gold), "--unknown", "wrong"]) == 0
    printed = " ".join("".join(capsys.readouterr()).split())
    assert f"answers of language models: the object with a layer was taken from: {key}" in printed


@pytest.mark.parametrize("kind", STRINGS)
def test_answers_without_rows_are_in_the_order_of_the_gold(kind, gold, tmp_path, capsys):
    answers = [STRINGS[kind]] * 2
    contents = {
        "p.jsonl": "".join(json.dumps(x) + "\n" for x in answers),
        "p.json": json.dumps(answers, indent=1),
        "line.json": json.dumps(answers),
        "ids.json": json.dumps(dict(zip("ab", answers, strict=True)), indent=1),
        "lists.jsonl": "".join(json.dumps([KIM]) + "\n" for _ in answers),
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
        assert f1(tmp_path / name, gold) == 1, name
        capsys.readouterr()
        assert cli.main(["score", str(tmp_path / name), "--gold", str(gold)]) == 2
        assert HINT in capsys.readouterr().err, name


def test_bad_items_and_unreadable_answers_are_counted(gold, tmp_path, capsys):
    bad = {"entities": [{"text": "Kim", "type": "PER", "level": "NAME"}, {"text": "Putin"}, "Kim"]}
    rows = [{"doc_id": "a", "response": f"```{json.dumps(bad)}```"}, {"doc_id": "b", "response": "I cannot do that."}]
    path = tmp_path / "p.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cli.main(["score", str(path), "--gold", str(gold), "--unknown", "wrong", "--json", "-"]) == 0
    captured = capsys.readouterr()
    counts = json.loads(captured.out)["metrics"]["entities.names"]
    assert (counts["precision"], counts["recall"]) == pytest.approx((1 / 3, 1 / 2))
    assert "1 answers could not be read, and are empty predictions" in captured.err
    assert "3 items have something that cannot be read" in captured.err
    path.write_text(json.dumps({"doc_id": "a", "raw": JSON, "answer": json.dumps({"entities": []})}) + "\n")
    with pytest.raises(InputError, match="raw and answer: hold different answers; keep one of them"):
        f1(path, gold)


def test_a_prediction_is_never_taken_for_an_answer(gold, tmp_path):
    path = tmp_path / "p.jsonl"
    for row, message in (
        ({"doc_id": "a", "entities": [], "output": JSON}, "output: unknown key"),
        ({"doc_id": "a", "entites": KIM["entities"]}, "did you mean 'entities'"),
        ({"doc_id": "a", "note": "Kim is a person"}, "note: unknown key"),
    ):
        path.write_text(json.dumps(row) + "\n")
        with pytest.raises(InputError, match=message):
            f1(path, gold)
    with pytest.raises(InputError, match="is a string; expected an object with doc_id and layers") as error:
        path.write_text('"Kim"\n')
        vostochny.score(path, gold=gold)
    assert HINT not in str(error.value)
    path.write_text(json.dumps({"doc_id": "a", "text": GOLD[0]["text"], "response": JSON}) + "\n")
    with pytest.raises(InputError, match="response: unknown key"):  # of a gold
        vostochny.load(path)


def test_a_function_may_return_an_answer(gold, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.py").write_text(
        f"def f(d):\n    return {{'response': {JSON!r}}}\ndef g(d):\n    return {{'response': 'no'}}\n"
    )
    run = ["run", "m.py:f", "--gold", str(gold), "-o", "out.jsonl"]
    assert cli.main(run) == 1
    assert HINT in capsys.readouterr().err
    assert cli.main([*run, "--unknown", "wrong", "--restart"]) == 0
    assert f1("out.jsonl", gold) == 1
    assert cli.main(["run", "m.py:g", "--gold", str(gold), "-o", "other.jsonl", "--unknown", "wrong"]) == 1


def test_the_last_object_with_a_layer_is_the_answer():
    assert list_predictions('{"entities": []} or rather {"entities": [1]}')[-1] == {"entities": [1]}
    assert list_predictions('<think>{"entities": []}') == [{"entities": []}]
    assert list_predictions("no {braces}") == list_predictions({"a": {"b": 1}}) == []


@pytest.mark.usefixtures("_ways")
@pytest.mark.parametrize("content", [[[1, 2]], [[0, 1], [2, 3]], [["x"]], [[]], {"a": [1, 2]}, 7])
@pytest.mark.parametrize("link", ["partial", ["partial"], {"a": 1}])
def test_odd_contents_and_attributes_are_repaired_or_refused(content, link, gold, tmp_path):
    quote = {"content": content, "cue": {"start": 3, "end": " "}, "link": link}
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps({"doc_id": "a", "quotes": [quote, quote]}) + "\n")
    try:
        result = vostochny.score(path, gold=gold, unknown="wrong", resamples=0)
    except InputError as error:
        assert all(problem.field.startswith("quotes[") for problem in error.problems)
    else:
        assert result.notes
