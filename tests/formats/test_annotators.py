"""Answers of annotators: which of them are read, from Label Studio in all its shapes and from Prodigy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vostochny import cli
from vostochny.errors import InputError
from vostochny.formats.input import Input

TEXT = "Kim met Putin. Kim left Moscow. Kim slept."
GOLD = {"doc_id": "d1", "text": TEXT, "entities": [{"start": 32, "end": 35, "type": "PER"}]}


def write(folder: Path, name: str, value: Any) -> Path:
    path = folder / name
    lines = "".join(json.dumps(row) + "\n" for row in value) if name.endswith(".jsonl") else json.dumps(value)
    path.write_text(lines, encoding="utf-8")
    return path


def region(start: Any = 32, end: Any = 35, words: str | None = "Kim", **more: Any) -> dict[str, Any]:
    value = {"start": start, "end": end, "labels": ["PER"], **more} | ({} if words is None else {"text": words})
    return {"id": "r", "from_name": "ner", "to_name": "t", "type": "labels", "value": value}


def annotation(by: Any, start: int = 32, **more: Any) -> dict[str, Any]:
    return {"id": 5, "completed_by": by, "result": [region(start, start + 3)], **more}


def task(*annotations: Any, id: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": id, "data": {"text": TEXT, "doc_id": "d1"}, "annotations": list(annotations), **more}


def read(path: Path, annotator: str | None = None) -> tuple[list[tuple[int, int, str]], list[str]]:
    """Return the spans of the only document, and the notes."""
    gold = Input(path, annotator=annotator).read_gold()
    (document,) = gold.documents
    return [(e.span.start, e.span.end, e.type) for e in document.entities], list(gold.notes)


# -- Label Studio ------------------------------------------------------------------------------------------------------

ALICE, BOB = {"id": 1, "email": "alice@x.org"}, {"id": 2, "email": "bob@x.org"}


def test_of_several_annotations_one_is_chosen(tmp_path, capsys):
    path = write(tmp_path, "p.json", [task(annotation(ALICE, 0), annotation(BOB))])
    with pytest.raises(
        InputError, match=r"2 annotations .by alice@x.org, bob@x.org.; choose one with --annotator NAME"
    ):
        read(path)
    assert read(path, "alice@x.org")[0] == [(0, 3, "PER")]
    assert read(path, "2")[0] == [(32, 35, "PER")]
    gold = write(tmp_path, "gold.jsonl", [GOLD])
    for command in (
        ["score", str(path), "--gold", str(gold), "--annotator", "bob@x.org", "--resamples", "0", "--json", "-"],
        ["score", str(gold), "--gold", str(path), "--gold-annotator", "2", "--resamples", "0", "--json", "-"],
        ["score", str(path), "--gold", str(path), "--annotator", "2", "--resamples", "0", "--json", "-"],
    ):
        capsys.readouterr()
        assert cli.main(command) == 0
        assert json.loads(capsys.readouterr().out)["metrics"]["entities.names"]["f1"] == 1.0
    both = ["--gold", str(path), "--annotator", "1", "--gold-annotator", "2"]
    assert cli.main(["score", str(path), *both, "--resamples", "0", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"]["entities.names"]["f1"] == 0.0
    assert cli.main(["validate", str(path), "--gold", str(gold), "--annotator", "1"]) == 0
    assert cli.main(["compare", str(gold), str(path), "--gold", str(gold), "--annotator", "1"]) == 0
    assert cli.main(["show", "d1", "--gold", str(path), "--annotator", "1"]) == 0
    assert cli.main(["convert", str(path), str(tmp_path / "out.jsonl"), "--annotator", "1"]) == 0
    assert json.loads((tmp_path / "out.jsonl").read_text())["entities"][0]["start"] == 0


def test_a_task_without_an_annotation_by_the_annotator_is_left_out_with_a_count(tmp_path):
    other = {**task(annotation(BOB), id=2), "data": {"text": "Kim. " * 8, "doc_id": "d2"}}
    path = write(tmp_path, "p.json", [task(annotation(ALICE), annotation(BOB)), other])
    spans, notes = read(path, "1")
    assert spans == [(32, 35, "PER")]
    assert "left out: 1 tasks without an annotation by 1 (by bob@x.org)" in notes
    skipped = write(tmp_path, "q.json", [task(annotation(ALICE, was_cancelled=True), annotation(BOB))])
    assert read(skipped)[0] == [(32, 35, "PER")]


def test_predictions(tmp_path):
    both = [{"model_version": name, "result": [region(at, at + 3)]} for name, at in (("m1", 0), ("m2", 32))]
    assert read(write(tmp_path, "one.json", [task(predictions=both[1:])]))[0] == [(32, 35, "PER")]
    path = write(tmp_path, "two.json", [task(predictions=both)])
    with pytest.raises(InputError, match=r"has 2 and no annotation .by m1, m2.; choose one with --annotator NAME"):
        read(path)
    assert read(path, "m1")[0] == [(0, 3, "PER")]
    beside = write(tmp_path, "beside.json", [task(annotation(ALICE), predictions=both)])
    assert read(beside)[0] == [(32, 35, "PER")] and read(beside, "m1")[0] == [(0, 3, "PER")]
    with pytest.raises(InputError, match="predictions: are only ids; export a snapshot with predictions in full"):
        read(write(tmp_path, "ids.json", [task(predictions=[7])]))
    with pytest.raises(InputError, match="annotations: is not a list of objects"):
        read(write(tmp_path, "by_id.json", [task(7)]))


def minimal(by: int | None = 1, start: int = 32, **more: Any) -> dict[str, Any]:
    spans = [{"start": start, "end": start + 3, "text": "Kim", "labels": ["PER"]}]
    return {"id": 1, "text": TEXT, "doc_id": "d1", "ner": spans, "annotator": by, "annotation_id": 3, **more}


def test_json_min_is_read_as_far_as_it_goes(tmp_path):
    assert read(write(tmp_path, "p.json", [minimal()]))[0] == [(32, 35, "PER")]
    path = write(tmp_path, "two.json", [minimal(1, 0), minimal(2)])
    with pytest.raises(InputError, match=r"2 annotations .by 1, 2.; choose one with --annotator NAME"):
        read(path)
    assert read(path, "2")[0] == [(32, 35, "PER")]
    empty = {k: v for k, v in minimal().items() if k != "ner"}
    assert read(write(tmp_path, "empty.json", [empty]))[0] == []
    bare = {"id": 1, "text": TEXT, "ner": minimal()["ner"]}
    assert read(write(tmp_path, "bare.json", [bare]))[0] == [(32, 35, "PER")]
    ours = {**empty, "entity": minimal()["ner"]}
    with pytest.raises(InputError, match="JSON_MIN, which has no relations and attributes; export the project as JSON"):
        read(write(tmp_path, "ours.json", [ours]))


@pytest.mark.parametrize("ending", ["", ".json"])
def test_a_target_storage_has_a_file_per_annotation(ending, tmp_path):
    folder = tmp_path / "storage"
    folder.mkdir()
    for number, (by, start) in enumerate(((ALICE, 0), (BOB, 32)), 7):
        stored = {**annotation(by, start), "id": number, "task": {"id": 1, "data": task()["data"]}}
        write(folder, f"{number}{ending}", stored)
    assert read(folder / f"8{ending}")[0] == [(32, 35, "PER")]
    with pytest.raises(InputError, match=r"2 annotations .by alice@x.org, bob@x.org."):
        read(folder)
    assert read(folder, "1")[0] == [(0, 3, "PER")]


PAGE = "<html><style>b {}</style><p>Kim met Putin.</p><br/><p>Kim <b>left</b> Moscow &amp; slept.</p></html>"


def page_task(value: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": 1, "data": {"html": PAGE, "id": "d1"}, "annotations": [{"result": [value]}]}]


def test_offsets_into_a_page_count_what_it_shows(tmp_path):
    shown = "Kim met Putin.\nKim left Moscow & slept."
    at = shown.index("Moscow")
    place = {"startOffset": 1, "endOffset": 7, "globalOffsets": {"start": at, "end": at + 8}}
    page = "/p[2]/text()[2]"
    path = write(tmp_path, "p.json", page_task(region(page, page, "Moscow &", **place)))
    (document,) = Input(path).read_gold().documents
    assert document.text == shown and [e.span.of(document.text) for e in document.entities] == ["Moscow &"]
    for wrong, message in (
        (region(page, page, "oscow &", **place), "has the words 'oscow &', and the text has 'Moscow &'"),
        (region(page, page, None, **place), "has no words, by which its place in the text could be checked"),
        (region(page, page, "Moscow", startOffset=1, endOffset=7), "has places in a page, without globalOffsets"),
    ):
        with pytest.raises(InputError, match=message):
            read(write(tmp_path, "q.json", page_task(wrong)))


def test_global_offsets_into_plain_text(tmp_path):
    value = region(0, 3, globalOffsets={"start": 32, "end": 35})
    assert read(write(tmp_path, "p.json", [task({"result": [value]})]))[0] == [(32, 35, "PER")]


def test_offsets_into_utterances(tmp_path):
    data = {"id": "d1", "title": "x" * 99, "dialogue": [{"author": "A", "text": "Hi!"}, {"author": "B", "text": TEXT}]}
    value = region("1", "1", startOffset=32, endOffset=35)
    whole = {"id": 1, "data": data, "annotations": [{"result": [value]}]}
    (document,) = Input(write(tmp_path, "p.json", [whole])).read_gold().documents
    assert document.text == f"Hi!\n{TEXT}" and document.entities[0].span.start == 36
    value["value"]["startOffset"] = 33
    with pytest.raises(InputError, match="has the words 'Kim', and the text has"):
        read(write(tmp_path, "q.json", [whole]))
    value["value"]["start"] = "7"
    with pytest.raises(InputError, match="has no place in an utterance: start '7'"):
        read(write(tmp_path, "q.json", [whole]))


# -- Prodigy -----------------------------------------------------------------------------------------------------------


def answered(answer: str | None = "accept", start: int = 32, span_answer: str | None = None, **more: Any) -> Any:
    """Return a task as db-out writes it."""
    span = {"start": start, "end": start + 3, "token_start": 9, "token_end": 9, "label": "PER"}
    if span_answer:
        span["answer"] = span_answer
    row = {"text": TEXT, "_input_hash": 1, "_task_hash": 2, "spans": [span], "_view_id": "ner_manual", **more}
    return row if answer is None else {**row, "answer": answer}


OTHER = {"text": "Putin left.", "spans": [{"start": 0, "end": 5, "label": "PER"}], "answer": "accept"}


@pytest.mark.parametrize("answer", ["reject", "ignore"])
def test_a_task_that_was_not_accepted_is_left_out_with_a_count(answer, tmp_path):
    for rows in ([answered(answer), OTHER], [{"text": TEXT, "answer": answer}, OTHER]):
        spans, notes = read(write(tmp_path, "p.jsonl", rows))
        assert spans == [(0, 5, "PER")] and f"left out: 1 Prodigy tasks answered {answer}" in notes
    with pytest.raises(InputError, match=rf"has no document .* \(left out: 1 Prodigy tasks answered {answer}\)"):
        read(write(tmp_path, "q.jsonl", [answered(answer)]))


@pytest.mark.parametrize("answer", ["reject", "ignore"])
def test_a_span_that_was_not_accepted_is_left_out_with_a_count(answer, tmp_path):
    rows = [answered(span_answer=answer)]
    rows[0]["spans"].append({"start": 0, "end": 3, "label": "PER", "answer": "accept"})
    for name, value in (("p.jsonl", rows), ("p.json", rows)):
        spans, notes = read(write(tmp_path, name, value))
        assert spans == [(0, 3, "PER")] and f"left out: 1 Prodigy spans answered {answer}" in notes


def test_an_unknown_answer_is_refused_and_none_is_no_answer(tmp_path):
    assert read(write(tmp_path, "p.jsonl", [answered(None)]))[0] == [(32, 35, "PER")]
    for row, where in ((answered("skip"), "answer"), (answered(span_answer="skip"), r"spans\[0\].answer")):
        with pytest.raises(InputError, match=f"{where}: is 'skip'; expected accept, reject, ignore"):
            read(write(tmp_path, "p.jsonl", [row]))


def test_of_several_sessions_one_is_chosen(tmp_path):
    rows = [answered(start=at, _annotator_id=f"news-{name}") for name, at in (("alice", 0), ("bob", 32))]
    path = write(tmp_path, "p.jsonl", rows)
    with pytest.raises(InputError, match=r"2 annotators answered the same text: news-alice, news-bob; choose one with"):
        read(path)
    assert read(path, "bob")[0] == read(path, "news-bob")[0] == [(32, 35, "PER")]
    assert "left out: 1 Prodigy tasks that alice did not answer" in read(path, "alice")[1]
    # The other session rejected it: there is nothing to choose.
    rows[0]["answer"] = "reject"
    assert read(write(tmp_path, "q.jsonl", rows))[0] == [(32, 35, "PER")]


def test_binary_answers_about_one_text_are_refused(tmp_path):
    path = write(tmp_path, "p.jsonl", [answered(start=0), answered(start=32)])
    with pytest.raises(InputError, match="2 accepted answers, each to a question of its own; merge them with prodigy"):
        read(path)
