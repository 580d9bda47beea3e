"""Wrong input: every problem is reported by file, line and field; the exit code is 2; there is no traceback."""

from __future__ import annotations

import json
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.support.processes import run_vostochny

DOC = "003_614713fa8e662b7e"
ENTITY = {"start": 0, "end": 5, "type": "PER"}


def score(*arguments: str, **options: Any) -> CompletedProcess[str]:
    return run_vostochny("score", *arguments, **options)


def line(**layers) -> str:
    return json.dumps({"doc_id": "003", **layers})


CASES = {
    "broken JSON": ('{"doc_id": "003"', ":1: column", "ends in the middle of a value"),
    "not an object": ("[1, 2]", ":1:", "is a list; expected an object"),
    "no doc_id": ('{"entities": []}', ":1: doc_id:", "is missing"),
    "doc_id of another kind": ('{"doc_id": 3}', ":1: doc_id:", "is a number"),
    "unknown doc_id": ('{"doc_id": "003_614713fa8e662b7f"}', ":1: doc_id:", f"did you mean '{DOC}'?"),
    "ambiguous doc_id": ('{"doc_id": "00"}', ":1: doc_id:", "write more of the id"),
    "document twice": (line() + "\n\n" + line(), ":3: doc_id:", "is already on line 1"),
    "misspelt layer": (line(entites=[]), ":1: entites:", "did you mean 'entities'?"),
    "layer is no list": (line(entities={}), ":1: entities:", "is an object; expected a list"),
    "item is no object": (line(entities=[3]), ":1: entities[0]:", "is a number; expected an object"),
    "no start": (line(entities=[{"end": 5, "type": "PER"}]), ":1: entities[0].start:", "is missing"),
    "start is text": (line(entities=[ENTITY | {"start": "0"}]), ":1: entities[0].start:", "is a string"),
    "start is true": (line(entities=[ENTITY | {"start": True}]), ":1: entities[0].start:", "is true or false"),
    "start is 1.5": (line(entities=[ENTITY | {"start": 1.5}]), ":1: entities[0].start:", "expected a whole number"),
    "negative": (line(entities=[ENTITY | {"start": -1}]), ":1: entities[0].start:", "offsets start at 0"),
    "inverted": (line(entities=[ENTITY | {"end": 0}]), ":1: entities[0].end:", "0 is not after start 0"),
    "beyond the text": (line(entities=[ENTITY | {"end": 9999}]), ":1: entities[0].end:", "has 3864 characters"),
    "other words": (line(entities=[ENTITY | {"text": "Putin"}]), ":1: entities[0].text:", "the article has 'North'"),
    "unknown type": (line(entities=[ENTITY | {"type": "PERS"}]), ":1: entities[0].type:", "did you mean 'PER'?"),
    "type of another kind": (line(entities=[ENTITY | {"type": ["PER"]}]), ":1: entities[0].type:", "is a list"),
    "unknown level": (line(entities=[ENTITY | {"level": "NOMINAL"}]), ":1: entities[0].level:", "is not one of NAM"),
    "demonym is text": (line(entities=[ENTITY | {"demonym": "no"}]), ":1: entities[0].demonym:", "is a string"),
    "unknown event type": (
        line(events=[{"trigger": {"start": 0, "end": 5}, "type": "Contact.Met"}]),
        ":1: events[0].type:", "did you mean 'Contact.Meet'?",
    ),
    "no trigger": (line(events=[{"type": "Contact.Meet"}]), ":1: events[0].trigger:", "is missing"),
    "role of another type": (
        line(events=[{"trigger": {"start": 0, "end": 5}, "type": "Contact.Meet",
                      "arguments": [{"role": "Agent", "start": 0, "end": 5}]}]),
        ":1: events[0].arguments[0].role:", "unknown role of Contact.Meet 'Agent'",
    ),
    "filler that is not there": (
        line(events=[{"trigger": {"start": 0, "end": 5}, "type": "Contact.Meet",
                      "arguments": [{"role": "Topic", "filler": "e9"}]}]),
        ":1: events[0].arguments[0].filler:", "no entity or event has the id 'e9'",
    ),
    "id twice": (line(entities=[ENTITY | {"id": "a"}, ENTITY | {"id": "a"}]), ":1: entities[1].id:", "appears twice"),
    "quote without content": (line(quotes=[{"content": []}]), ":1: quotes[0].content:", "has no span"),
    "source of another kind": (
        line(quotes=[{"content": [{"start": 0, "end": 5}], "source": 3}]), ":1: quotes[0].source:", "is a number",
    ),
    "nested too deeply": ("[" * 100_000, ":1:", "nested too deeply"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_problem_names_file_line_and_field(case, tmp_path):
    content, place, message = CASES[case]
    path = tmp_path / "predictions.jsonl"
    path.write_text(content, encoding="utf-8")
    done = score(str(path))
    assert done.returncode == 2
    assert f"{path}{place}" in done.stderr and message in done.stderr, done.stderr
    assert "Traceback" not in done.stderr and done.stdout == ""
    assert len(done.stderr.splitlines()) == 2  # the problem, and the count of problems


def test_missing_empty_and_undecodable_files(tmp_path):
    empty, latin = tmp_path / "empty.jsonl", tmp_path / "latin.jsonl"
    empty.write_text("\n \n")
    (tmp_path / "folder").mkdir()
    latin.write_bytes(b'{"doc_id": "003"}\n{"doc_id": "\xe9"}\n')
    for path, message in (
        (tmp_path / "none.jsonl", "no such file"),
        (tmp_path / "folder", "has no file that ends in .jsonl"),
        (empty, "is empty"),
        (latin, "latin.jsonl:2: byte 0xe9"),
    ):
        done = score(str(path))
        assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["score", "validate", "convert"])
@pytest.mark.parametrize("format_", ["json", "label-studio", "huggingface"])
def test_a_file_without_a_document_is_refused(command, format_, tmp_path):
    path = tmp_path / "empty.json"
    path.write_text("[]")
    option = "--format-in" if command == "convert" else "--format"
    target = [str(tmp_path / "out.jsonl")] if command == "convert" else []
    done = run_vostochny(command, str(path), *target, option, format_)
    assert done.returncode == 2 and "has no document in the format" in done.stderr and "Traceback" not in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["empty.json"]


@pytest.mark.parametrize("name", ["", " ", "\u2003", "\n"])
def test_a_blank_type_is_refused_or_wrong_with_and_without_columns(name, tmp_path):
    path = tmp_path / "predictions.jsonl"
    path.write_text(line(entities=[ENTITY | {"type": name}]))
    for options in ([], ["--on-error", "skip"]):  # the second reads JSON Lines as large files are read
        refused = score(str(path), *options)
        assert "entities[0].type: " in refused.stderr and "is blank or has characters that do not" in refused.stderr
        assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
        counted = score(str(path), "--unknown", "wrong", *options)
        assert (counted.returncode, "1 items have something that cannot be read" in counted.stderr) == (0, True)


def test_an_empty_text_with_items_is_no_text(tmp_path):
    path = tmp_path / "gold.jsonl"
    path.write_text(line(text="", entities=[ENTITY]))
    done = run_vostochny("convert", str(path), str(tmp_path / "out"), "--gold", str(path))
    assert done.returncode == 2 and "the gold has no article text" in done.stderr
    assert not (tmp_path / "out").exists()


def test_all_problems_of_a_file_are_reported_at_once(tmp_path):
    path = tmp_path / "predictions.jsonl"
    bad = [ENTITY | {"end": 9999}, ENTITY | {"type": "X"}]
    path.write_text("\n".join([line(entities=bad), "{", '{"doc_id": "nope", "entities": [1]}']))
    done = score(str(path))
    assert done.returncode == 2
    assert "5 problems" in done.stderr
    assert [x.split(": ")[0].removeprefix(str(path)) for x in done.stderr.splitlines()[:-1]] == [
        ":1", ":1", ":2", ":3", ":3",
    ]  # fmt: skip


def test_unknown_types_can_be_ignored_or_scored_as_wrong(tmp_path):
    path = tmp_path / "predictions.jsonl"
    path.write_text(line(entities=[ENTITY | {"type": "PERSON"}]))
    for choice, predicted in (("ignore", 0), ("wrong", 1)):
        done = score(str(path), "--unknown", choice, "--json", "-")
        assert done.returncode == 0
        assert json.loads(done.stdout)["metrics"]["entities.all"]["predicted"] == predicted


def test_standard_input_and_json_file(tmp_path):
    out = tmp_path / "result.json"
    done = score("-", "--json", str(out), input=line(entities=[ENTITY]))
    assert done.returncode == 0 and "names and values, exact" in done.stdout
    result = json.loads(out.read_text())
    assert result["layers"] == ["entities"]
    assert len(result["without_prediction"]) == 4


def test_a_json_file_that_cannot_be_written_is_one_line(tmp_path):
    done = score("-", "--json", str(tmp_path / "no" / "such" / "folder.json"), input=line(entities=[]))
    assert done.returncode == 2 and "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1
