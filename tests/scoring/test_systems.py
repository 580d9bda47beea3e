"""Several systems scored in one pass over their files: however each one's lines are ordered, split and delivered."""

from __future__ import annotations

import json
import os
import random
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.effort import AT_LENGTH
from tests.support.generated_news import LOCAL, ONTOLOGY, OPTIONS, Batches, Row, generate_corpus, write_files
from tests.support.processes import run_vostochny
from vostochny import scoring
from vostochny.errors import InputError
from vostochny.formats.input import Input
from vostochny.report import comparison
from vostochny.scoring import Execution, buckets, parts, streaming

NAMES = ["one", "other", "third"]
FEW = replace(OPTIONS, metrics=("entities.names", "quotes.speaker"))  # takes a tenth of the time of all metrics


def spoil(row: Row, dice: random.Random) -> Row:
    """Return a prediction for a gold row, with mistakes; what others refer to by its id stays."""
    entities = [e | {"type": "LOC"} if dice.random() < 0.3 else e for e in row["entities"]]
    events = row["events"] if dice.random() < 0.8 else []
    return {"doc_id": row["doc_id"], "entities": entities, "events": events, "quotes": row["quotes"]}


def draw_systems(documents: int, missing: float = 0.1) -> tuple[list[Row], list[list[Row]]]:
    """Return gold rows and three systems: each with mistakes of its own, and some documents missing."""
    gold, first = generate_corpus(documents, missing=missing)
    dice = random.Random(documents)
    others = [[spoil(row, dice) for row in gold if dice.random() >= missing] for _ in range(2)]
    return gold, [first, *others]


def write(
    folder: Path, gold: list[Row], systems: list[list[Row]], files: int = 1, dice: random.Random | None = None
) -> list[Input]:
    """Write all sides, each in an order of its own where there are dice, and return them as inputs."""
    out = []
    for name, rows in zip(("gold", *NAMES), (gold, *systems), strict=False):
        shuffled = dice.sample(rows, len(rows)) if dice else rows
        out.append(Input(write_files(folder, name, shuffled, files), "jsonl"))
    return out


def compare(sides: list[Input], run: Execution = LOCAL, options: scoring.Options = FEW) -> str:
    """Return the scores of streamed systems, and their comparison with the first, as JSON."""
    results = streaming.score_systems(sides[0], sides[1:], ONTOLOGY, options, run)
    return comparison.render_json(comparison.compare_systems(NAMES[: len(results)], results))


def compare_in_memory(sides: list[Input], options: scoring.Options = FEW) -> str:
    results = scoring.score_systems(sides[0], sides[1:], lambda ontology: options)
    return comparison.render_json(comparison.compare_systems(NAMES[: len(results)], results))


@pytest.mark.parametrize("size", [30, 260, *([1050] if AT_LENGTH else [])])
def test_three_systems_in_orders_of_their_own_are_compared_as_in_memory(
    tmp_path: Path, set_batch_size: Batches, size: int
) -> None:
    """Of few units, of many, and of many documents; documents that one system lacks, an order for each system."""
    options = OPTIONS if size < 100 or AT_LENGTH else FEW
    gold, systems = draw_systems(size)
    expected = compare_in_memory(write(tmp_path / "sorted", gold, systems), options)
    assert json.loads(expected)["size"] == size and len(json.loads(expected)["rows"]) >= 4
    set_batch_size(1000 * size)
    for files in (1, 3) if AT_LENGTH else (3,):
        sides = write(tmp_path / str(files), gold, systems, files, random.Random(size + files))
        assert compare(sides, options=options) == expected


def test_each_system_is_scored_as_it_is_alone(tmp_path: Path, set_batch_size: Batches) -> None:
    gold, systems = draw_systems(40)
    sides = write(tmp_path, gold, systems, dice=random.Random(2))
    set_batch_size(20_000)
    together = streaming.score_systems(sides[0], sides[1:], ONTOLOGY, OPTIONS, Execution())
    for side, result in zip(sides[1:], together, strict=True):
        alone = scoring.score_files(sides[0], side, ONTOLOGY, OPTIONS)
        assert result.signature == alone.signature and result.without_prediction == alone.without_prediction
        assert list(result.measures) == list(alone.measures)
        for name, measure in alone.measures.items():
            assert result.uncertainty(result.measures[name]) == alone.uncertainty(measure), name


def test_two_processes_give_the_same_comparison(tmp_path: Path) -> None:
    """Whether the files of the sides correspond or not."""
    gold, systems = draw_systems(300)
    expected = compare(write(tmp_path / "one", gold, systems))
    sides = write(tmp_path / "three", gold, systems, 3)  # documents are missing, so not all files correspond
    assert compare(sides, Execution(workers=2)) == expected
    corresponding = write(tmp_path / "whole", *draw_systems(300, missing=0), 4)
    assert compare(corresponding, Execution(workers=2)) == compare(corresponding)


def test_equal_systems_tie_in_every_document(tmp_path: Path) -> None:
    gold, (first, *_) = draw_systems(260)
    sides = write(tmp_path, gold, [first, first[::-1]])
    rows = json.loads(compare(sides))["rows"]
    for row in rows:
        c = row["comparison"]
        assert (c["difference"], c["better"], c["worse"]) in ((0, 0, 0), (None, 0, 0))
        assert c["p"] in (1, None) and c["these_articles"] is None and c["detectable"] is None
    assert any(row["comparison"]["equal"] > 200 and row["comparison"]["p"] == 1 for row in rows)


@pytest.mark.parametrize("size", [25, *([260] if AT_LENGTH else [])])
def test_systems_of_other_layers_are_compared_by_what_both_have(tmp_path: Path, size: int) -> None:
    gold, (first, other, third) = draw_systems(size)
    names = [{"doc_id": row["doc_id"], "entities": row["entities"]} for row in other]
    sides = write(tmp_path, gold, [first, names, third])
    got = compare(sides, options=OPTIONS)
    assert got == compare_in_memory(sides, OPTIONS)
    measures = {name: [row["measure"] for row in json.loads(got)["rows"] if row["other"] == name] for name in NAMES[1:]}
    assert {name.partition(".")[0] for name in measures["other"]} == {"entities"}
    assert {name.partition(".")[0] for name in measures["third"]} == {"entities", "events", "quotes"}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_document_that_no_gold_has_is_named_with_the_file_that_has_it(tmp_path: Path, workers: int) -> None:
    """In the second system, in both, and far from where the others are."""
    gold, systems = draw_systems(60)
    systems[1].insert(7, systems[1][3] | {"doc_id": "stranger"})
    systems[2] += [systems[2][0] | {"doc_id": name} for name in ("d00001x", "stranger")]
    sides = write(tmp_path, gold, systems, 2)
    with pytest.raises(InputError) as caught:
        compare(sides, Execution(workers=workers))
    found = sorted((Path(p.file).name, p.message.partition(";")[0]) for p in caught.value.problems)
    assert found == [
        ("other-000.jsonl", "unknown document 'stranger'"),
        ("third-001.jsonl", "unknown document 'd00001x'"),
        ("third-001.jsonl", "unknown document 'stranger'"),
    ]
    assert [p.line for p in caught.value.problems if p.file.endswith("other-000.jsonl")] == [8]


def test_a_document_twice_in_one_system_is_named_there(tmp_path: Path) -> None:
    gold, systems = draw_systems(30)
    systems[1].append(systems[1][0])
    with pytest.raises(InputError, match=r"other-000\.jsonl:\d+: doc_id: d\d+ is already on line 1") as caught:
        compare(write(tmp_path, gold, systems))
    assert len(caught.value.problems) == 1


def test_problems_of_every_system_are_reported(tmp_path: Path, set_batch_size: Batches) -> None:
    gold, systems = draw_systems(40)
    for rows in systems[1:]:
        rows[5]["entities"][0] = rows[5]["entities"][0] | {"type": "Nobody"}
    set_batch_size(10_000)
    with pytest.raises(InputError) as caught:
        compare(write(tmp_path, gold, systems))
    found = [(Path(p.file).name, p.line) for p in caught.value.problems]
    assert found == [("other-000.jsonl", 6), ("third-000.jsonl", 6)]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_of_one_system_that_cannot_be_read_is_named(tmp_path: Path, workers: int) -> None:
    gold, systems = draw_systems(90, missing=0)
    sides = write(tmp_path, gold, systems, 3)
    rest = write(tmp_path / "rest", [*gold[:30], *gold[60:]], [[*rows[:30], *rows[60:]] for rows in systems], 2)
    broken = Path(sides[2].paths[1])
    broken.write_bytes(b"\x1f\x8b\x08\x00broken")
    with pytest.raises(InputError, match=r"other-001\.jsonl: is a broken gzip file") as caught:
        compare(sides, Execution(workers=workers))
    assert len(caught.value.problems) == 1
    got = json.loads(compare(sides, Execution(workers=workers, on_error="skip")))
    assert got["size"] == 60 and len(got["left_out"]) == 1 and got["left_out"][0].startswith(str(broken))
    assert got["rows"] == json.loads(compare(rest))["rows"]
    assert all("|left_out:1|" in signature for signature in got["signatures"])


def test_systems_in_too_different_orders_are_split_into_buckets(
    tmp_path: Path, set_batch_size: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold, systems = draw_systems(150)
    expected = compare(write(tmp_path / "one", gold, systems))
    sides = write(tmp_path / "other", gold, [systems[0], systems[1][::-1], systems[2]])
    set_batch_size(10_000)
    monkeypatch.setattr(parts, "MAX_WAITING_BYTES", 8000)
    monkeypatch.setattr(buckets, "BUCKET_BYTES", 60_000)
    tasks: list[buckets.BucketTask] = []
    split_file = buckets.split_file
    monkeypatch.setattr(buckets, "split_file", lambda task: tasks.append(task) or split_file(task))
    assert compare(sides) == expected
    assert [task.side for task in tasks] == [0, 1, 2, 3] and tasks[0].buckets > 3


def test_pipes_and_standard_input_are_compared(tmp_path: Path) -> None:
    """Each side may be one, though the gold and the systems are read side by side, and perhaps twice."""
    gold, systems = draw_systems(60)
    gold[0]["entities"][0]["type"] = "Own"
    systems[1][-1]["entities"][0]["type"] = "Own"  # which only the whole gold shows to be a type
    sides = write(tmp_path, gold, systems[:2])
    paths = [side.paths[0] for side in sides]
    arguments = ["--resamples", "100", "--on-error", "skip", "--json", "-"]
    plain = run_vostochny("compare", *paths[1:], "--gold", paths[0], *arguments)
    assert plain.returncode == 0, plain.stderr
    for stdin in (0, 2) if AT_LENGTH else (0,):
        names = ["-" if i == stdin else path for i, path in enumerate(paths)]
        with open(paths[stdin]) as file:
            done = run_vostochny("compare", *names[1:], "--gold", names[0], *arguments, stdin=file)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["rows"][0]["comparison"] == json.loads(plain.stdout)["rows"][0]["comparison"]
    for path in paths:
        os.mkfifo(f"{path}.pipe")
    writers = [subprocess.Popen(["sh", "-c", 'cat "$0" > "$0.pipe"', path]) for path in paths]
    try:
        done = run_vostochny("compare", *(f"{p}.pipe" for p in paths[1:]), "--gold", f"{paths[0]}.pipe", *arguments)
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    assert done.returncode == 0, done.stderr
    assert [row["comparison"] for row in json.loads(done.stdout)["rows"]] == [
        row["comparison"] for row in json.loads(plain.stdout)["rows"]
    ]
