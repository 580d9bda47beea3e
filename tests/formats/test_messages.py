"""One problem a kind, with a count and examples; each says what is wrong and what would be right."""

import json
from pathlib import Path
from typing import Any

import pytest

import vostochny
from vostochny import cli
from vostochny.errors import MAX_EXAMPLES, MAX_PROBLEMS, InputError, Problem, suggest_name

TEXT = "Kim met Putin. Kim left Moscow. Kim slept."


def refuse(tmp_path: Path, predictions: bytes | list[Any], gold: bytes | None = None) -> InputError:
    (tmp_path / "g.jsonl").write_bytes(gold or json.dumps({"doc_id": "d1", "text": TEXT, "entities": []}).encode())
    raw = predictions if isinstance(predictions, bytes) else "\n".join(map(json.dumps, predictions)).encode()
    (tmp_path / "p.jsonl").write_bytes(raw)
    with pytest.raises(InputError) as caught:
        vostochny.score(tmp_path / "p.jsonl", gold=tmp_path / "g.jsonl", resamples=0)
    return caught.value


def entities(*types: str, **more: Any) -> list[Any]:
    return [{"doc_id": "d1", "entities": [{"start": i, "end": i + 3, "type": t, **more} for i, t in enumerate(types)]}]


def test_many_problems_of_one_kind_are_a_few_lines(tmp_path: Path, capsys) -> None:
    error = refuse(tmp_path, entities(*["PERSON"] * 20, *["NORP"] * 5, *["Person"] * 10))
    lines = str(error).split("\n")
    assert len(error.problems) == 35 and len(lines) == MAX_EXAMPLES + 1
    assert "entities[0].type" in lines[0] and "'PERSON'" in lines[0] and "--view ontonotes" in lines[0]
    assert "entities[20].type" in lines[1] and "'NORP'" in lines[1] and "--view ontonotes" in lines[1]
    assert "'Person'; did you mean 'PER'?" in lines[2]
    assert lines[3] == "… and 32 more of this kind; in all 'PERSON' (20), 'Person' (10), 'NORP' (5)"
    paths = str(tmp_path / "p.jsonl"), "--gold", str(tmp_path / "g.jsonl")
    assert cli.main(["score", *paths]) == 2
    printed = capsys.readouterr().err.splitlines()
    assert printed == [*lines, "vostochny: 35 problems; nothing was scored"]
    assert cli.main(["score", *paths, "--view", "ontonotes"]) == 2
    assert "'Person'; did you mean 'PERSON'?" in capsys.readouterr().err


def test_kinds_stay_in_their_order_and_whole_files_apart() -> None:
    files = [Problem(f"f{n}", None, None, "does not exist") for n in range(9)]
    places = [Problem("p", n, f"entities[{n}].end", f"{n} is not after start {n}") for n in range(9)]
    names = [Problem("p", n, f"entities[{n}].{k}", "unknown key; did you mean 'id'?") for n in range(4) for k in "xy"]
    lines = str(InputError([places[0], *files, *places[1:], *names])).split("\n")
    assert lines[:4] == [*map(str, places[:3]), "… and 6 more of this kind"]
    assert lines[4:13] == list(map(str, files))
    more = "… and 1 more of this kind; in all 'id' (4)"
    assert lines[13:] == [*map(str, names[0:5:2]), more, *map(str, names[1:6:2]), more]
    many = InputError(places * (MAX_PROBLEMS // 4))
    assert str(many).split("\n")[-2:] == [f"… and {MAX_PROBLEMS - 3} more of this kind", f"… and {many.more} more"]


@pytest.mark.parametrize(
    ("label", "hint"),
    [
        ("PERSON", "it is a type of ontonotes: add --view ontonotes"),
        ("MISC", "it is a type of conll: add --view conll"),
        ("per", "did you mean 'PER'?"),
        ("Organization", "did you mean 'ORG'?"),
        ("LOCATION", "did you mean 'LOC'?"),
        ("country", "did you mean 'GPE'?"),
        ("Percentage", "did you mean 'PERCENT'?"),
        ("DTAE", "did you mean 'DATE'?"),
    ],
)
def test_labels_of_views_capitals_and_synonyms_are_recognised(label: str, hint: str, tmp_path: Path) -> None:
    (problem,) = refuse(tmp_path, entities(label)).problems
    assert f"unknown entity type '{label}'; {hint}" in problem.message


def test_an_event_type_is_recognised_without_its_class(tmp_path: Path) -> None:
    event = {"trigger": {"start": 4, "end": 7}, "type": "meet"}
    (problem,) = refuse(tmp_path, [{"doc_id": "d1", "events": [event]}]).problems
    assert "did you mean 'Contact.Meet'?" in problem.message


@pytest.mark.parametrize("item", [{"text": "Kim"}, {"text": "Kim", "occurrence": 3}, {"text": "Kim", "context": "Kim"}])
def test_a_wrong_doc_id_breeds_no_other_problems(item: dict[str, Any], tmp_path: Path) -> None:
    (problem,) = refuse(tmp_path, [{"doc_id": "x1", "entities": [{**item, "type": "PER"}]}]).problems
    assert problem.field == "doc_id"


ROW = json.dumps(entities("PER")[0])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"```json\n{ROW}\n```\n".encode(), "is Markdown"),
        (b"# Results\n\nKim met Putin.\n", "is Markdown"),
        (b"| doc | type |\n| --- | --- |\n| d1 | PER |\n", "is Markdown"),
        (b"doc_id,start,end,type\nd1,0,3,PER\n", "is a table (CSV) that begins with doc_id, start, end, type"),
        (b"doc_id;start;end\nd1;0;3\n", "is a table (CSV) that begins with doc_id, start, end"),
        (ROW.encode("utf-16"), "is UTF-16; save it as UTF-8"),
        (ROW.encode("utf-16-le"), "is UTF-16; save it as UTF-8"),
        (ROW.encode("utf-16-be"), "is UTF-16; save it as UTF-8"),
        (ROW[:-8].encode(), "it ends in the middle of a value); it was cut off"),
        ((ROW + "\n" + ROW[:-20]).encode(), "it ends in the middle of a value); it was cut off"),
        (b"<think>Kim</think>\n{}", "is a language model's answer with its reasoning"),
        (b"<?xml version='1.0'?><a/>", "is XML or HTML"),
        (b"PK\x03\x04\0\0", "is a ZIP archive"),
    ],
)
@pytest.mark.parametrize("side", ["gold", "predictions"])
def test_a_refused_file_is_named_for_what_it_is(content: bytes, message: str, side: str, tmp_path: Path) -> None:
    error = refuse(tmp_path, content) if side == "predictions" else refuse(tmp_path, entities("PER"), content)
    assert message in str(error) and '{"doc_id": "003", "entities": [{"start"' in str(error)


def test_the_option_that_names_the_format_is_that_of_the_side(tmp_path: Path, capsys) -> None:
    (tmp_path / "x.csv").write_text("doc_id,start,end,type\nd1,0,3,PER\n")
    x, g = str(tmp_path / "x.csv"), str(tmp_path / "g.jsonl")
    Path(g).write_text(json.dumps({"doc_id": "d1", "text": TEXT, "entities": []}))
    for predictions, gold, option in ((x, g, "it with --format;"), (g, x, "it with --gold-format;")):
        assert cli.main(["score", predictions, "--gold", gold]) == 2
        assert option in capsys.readouterr().err


def test_capitals_and_synonyms_lead_to_known_names() -> None:
    assert suggest_name("START", ["start", "end"]) == "did you mean 'start'?"
    assert suggest_name("first", ["start", "end"], synonyms={"First": "start", "x": "gone"}) == "did you mean 'start'?"
    assert suggest_name("x", ["start", "end"], synonyms={"x": "gone"}) == "expected one of start, end"
