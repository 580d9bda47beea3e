"""Words beside offsets are compared with the text, and the option that is offered where they differ works."""

import json
from pathlib import Path
from typing import Any

import pytest

import vostochny
from vostochny import cli, scoring
from vostochny.errors import InputError

TEXT = "😀 Kim met Putin in É.\r\nKim  Lee slept."
PUTIN = {"start": 10, "end": 15, "type": "PER", "text": "Putin"}
BOUNDS = {"utf16": (11, 16), "bytes": (13, 18), "inclusive": (10, 14), "ignore": (1, 3)}


def write(path: Path, items: list[dict[str, Any]]) -> str:
    path.write_text(json.dumps({"doc_id": "d1", "text": TEXT, "entities": items}) + "\n", encoding="utf-8")
    return str(path)


def write_brat(folder: Path, start: int, end: int) -> str:
    folder.mkdir()
    (folder / "d1.txt").write_bytes(TEXT.encode())
    (folder / "d1.ann").write_text(f"T1\tPER {start} {end}\tPutin\n")
    return str(folder)


def write_pipeline(path: Path, start: int, end: int) -> str:
    path.write_text(json.dumps([{"entity_group": "PER", "word": "Putin", "score": 1.0, "start": start, "end": end}]))
    return str(path)


def write_task(path: Path, start: int, end: int, control: str) -> str:
    value = {"start": start, "end": end, "text": "Putin", "labels": ["PER"]}
    region = {"id": "r1", "from_name": control, "to_name": "text", "type": "labels", "value": value}
    task = {"data": {"doc_id": "d1", "text": TEXT}, "annotations": [{"id": 1, "result": [region]}]}
    path.write_text(json.dumps([task]), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("unit", BOUNDS)
@pytest.mark.parametrize("kind", ["rows", "brat", "pipeline", "tasks", "tasks with our controls"])
@pytest.mark.parametrize("side", ["gold", "predictions"])
def test_the_offered_unit_is_read(unit: str, kind: str, side: str, tmp_path: Path, capsys, monkeypatch) -> None:
    right = write(tmp_path / "right.jsonl", [PUTIN])
    start, end = BOUNDS[unit]
    if kind == "rows":
        other = write(tmp_path / "other.jsonl", [{**PUTIN, "start": start, "end": end}])
    elif kind == "brat":
        other = write_brat(tmp_path / "other", start, end)
    elif kind.startswith("tasks"):
        if kind != "tasks" and unit == "ignore":
            return  # ours are read by their offsets alone
        other = write_task(tmp_path / "other.json", start, end, "ner" if kind == "tasks" else "entity")
    elif side == "predictions":
        other = write_pipeline(tmp_path / "other.json", start, end)
    else:
        return  # a pipeline's output has no text, so it is no gold
    gold, predictions = (other, right) if side == "gold" else (right, other)
    option = "--gold-offsets" if side == "gold" else "--offsets"
    for maximum in (scoring.systems.MAX_GOLD_BYTES_IN_MEMORY, 0):
        monkeypatch.setattr(scoring.systems, "MAX_GOLD_BYTES_IN_MEMORY", maximum)
        command = ["score", predictions, "--gold", gold, "--resamples", "0"]
        assert cli.main(command) == 2
        error = capsys.readouterr().err
        assert f"{option} {unit}" in error, error
        assert cli.main([*command, option, unit, "--fail-under", "entities=1"]) == 0, capsys.readouterr().err
        assert unit in capsys.readouterr().out


def test_convert_reads_a_source_of_any_unit(tmp_path: Path, capsys) -> None:
    for number, (unit, bounds) in enumerate(BOUNDS.items()):
        source = write_brat(tmp_path / f"b{number}", *bounds)
        assert cli.main(["convert", source, str(tmp_path / "out.jsonl"), "--force"]) == 2
        assert f"--offsets {unit}" in capsys.readouterr().err
        assert cli.main(["convert", source, str(tmp_path / "out.jsonl"), "--force", "--offsets", unit]) == 0
        assert vostochny.load(tmp_path / "out.jsonl")[0].entities[0].span.start == 10


def test_white_space_is_folded_and_a_blank_outside_is_not(tmp_path: Path) -> None:
    at = TEXT.index("Kim  Lee")
    item = {"start": at, "end": at + 8, "type": "PER", "text": "Kim Lee"}
    assert vostochny.load(write(tmp_path / "g.jsonl", [item]))[0].entities[0].span.start == at
    with pytest.raises(InputError, match="is not at"):
        vostochny.load(write(tmp_path / "g.jsonl", [{**PUTIN, "start": 9}]))


@pytest.mark.parametrize("word", ["Putin", "putin", "PUTIN", "pu tin", "Pútin", "[UNK]"])
def test_words_of_a_model_may_differ_in_what_tokenizers_change(word: str, tmp_path: Path) -> None:
    gold = write(tmp_path / "g.jsonl", [PUTIN])
    path = write_pipeline(tmp_path / "p.json", 10, 15)
    Path(path).write_text(Path(path).read_text().replace("Putin", word))
    assert vostochny.score(path, gold=gold, resamples=0).measures["entities.names"].value == 1.0
    Path(path).write_text(Path(path).read_text().replace(word, "Medvedev"))
    with pytest.raises(InputError, match="'Medvedev' is not at 10–15"):
        vostochny.score(path, gold=gold, resamples=0)


def test_the_unit_of_a_gold_needs_a_gold(tmp_path: Path, capsys) -> None:
    assert cli.main(["score", write(tmp_path / "p.jsonl", [PUTIN]), "--gold-offsets", "utf16"]) == 2
    assert "--gold-offsets: is for a gold of your own" in capsys.readouterr().err
