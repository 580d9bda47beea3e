"""Scores of files too large for memory: in parts, in any order, by any number of processes."""

from __future__ import annotations

import io
import json
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.generated_news import (
    LOCAL,
    ONTOLOGY,
    OPTIONS,
    Batches,
    WriteNews,
    generate_corpus,
    score_as_json,
    score_in_memory,
    write_files,
)
from vostochny import scoring
from vostochny.errors import InputError
from vostochny.metrics import catalogue
from vostochny.report import result_json as as_json
from vostochny.report import terminal
from vostochny.scoring import Execution, buckets, joining
from vostochny.scoring import parts as parts_
from vostochny.scoring import totals as totals_
from vostochny.scoring.chunks import Source
from vostochny.stats.measures import break_down


@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize("size", [1, 3000, 1 << 20])
def test_streaming_gives_the_scores_of_documents_in_memory(
    write_news: WriteNews, set_batch_size: Batches, size: int, text: bool
) -> None:
    set_batch_size(size)
    gold, predicted = write_news(60)
    if not text:
        rows = [json.loads(line) for line in Path(gold[0]).read_text().splitlines()]
        bare = [{key: row[key] for key in ("doc_id", "entities", "events", "quotes")} for row in rows]
        Path(gold[0]).write_text("".join(json.dumps(row) + "\n" for row in bare))
    streamed, whole = scoring.score_files(gold, predicted, ONTOLOGY, OPTIONS), score_in_memory(gold, predicted)
    assert list(streamed.measures) == list(whole.measures)
    assert any(".across" in name for name in whole.measures)
    for name, measure in whole.measures.items():
        assert streamed.measures[name].value == pytest.approx(measure.value, abs=1e-12), name
        assert streamed.measures[name].support == pytest.approx(measure.support), name
        if ".across" not in name:
            assert streamed.uncertainty(streamed.measures[name]) == whole.uncertainty(measure), name
    assert streamed.signature == whole.signature
    assert streamed.without_prediction == whole.without_prediction != ()
    assert streamed.documents == whole.documents


@pytest.mark.parametrize(
    "options",
    [
        replace(OPTIONS, view=ONTOLOGY.views["conll"], layers=("entities",)),
        replace(OPTIONS, zones=("title",)),
        replace(OPTIONS, metrics=("entities.names", "events.argument")),
    ],
)
def test_views_zones_and_metrics_apply_to_a_stream_too(write_news: WriteNews, options: scoring.Options) -> None:
    gold, predicted = write_news(40)
    streamed, whole = scoring.score_files(gold, predicted, ONTOLOGY, options), score_in_memory(gold, predicted, options)
    assert {n: m.value for n, m in streamed.measures.items()} == pytest.approx(
        {n: m.value for n, m in whole.measures.items()}, abs=1e-12
    )
    assert streamed.signature == whole.signature


@pytest.mark.parametrize("documents", [300, 1300])
def test_the_score_does_not_depend_on_how_documents_are_split_into_files(tmp_path: Path, documents: int) -> None:
    """However they are ordered, split and packed, the answer is the same to the byte; beyond 1000 documents too."""
    gold, predicted = generate_corpus(documents)
    expected = score_as_json(
        write_files(tmp_path / "one", "gold", gold), write_files(tmp_path / "one", "predicted", predicted)
    )
    assert json.loads(expected)["size"] == documents
    dice = random.Random(documents)
    for number, (pieces, others) in enumerate([(1, 1), (4, 4), (7, 3), (1, 5)]):
        folder = tmp_path / str(number)
        truth = write_files(folder, "gold", gold, pieces, packed=number % 2 == 1)
        assert score_as_json(truth, write_files(folder, "ordered", predicted, others)) == expected
        shuffled = dice.sample(predicted, len(predicted))
        assert score_as_json(truth, write_files(folder, "shuffled", shuffled, others, packed=True)) == expected
        mixed = write_files(folder, "mixed", dice.sample(gold, len(gold)), pieces)
        assert score_as_json(mixed, write_files(folder, "any", shuffled, others)) == expected


def test_processes_give_the_same_bytes(write_news: WriteNews, tmp_path: Path) -> None:
    gold, predicted = write_news(1100, files=5)
    expected = score_as_json(gold, predicted, Execution(workers=1))
    assert score_as_json(gold, predicted, Execution(workers=2)) == expected
    assert score_as_json(gold, predicted[::-1], Execution(workers=2)) == expected  # no file has its partner beside it
    assert score_as_json(gold, predicted[::-1], Execution(workers=2, scratch=str(tmp_path))) == expected
    assert not [p for p in tmp_path.iterdir() if p.name.startswith("vostochny-work-")]


@pytest.mark.parametrize("size", [20, 200, 201, 1200])
def test_scores_and_intervals_do_not_depend_on_the_way(write_news: WriteNews, size: int) -> None:
    """Of few units, of many, and of more documents than are kept: the same numbers to the last digit."""
    gold, predicted = write_news(size)
    options = replace(OPTIONS, resamples=200)
    streamed, whole = scoring.score_files(gold, predicted, ONTOLOGY, options), score_in_memory(gold, predicted, options)
    assert len(streamed.documents) == (size if size <= 1000 else 0) and streamed.size == size == len(whole.documents)
    assert (
        streamed.units == whole.units
        and streamed.signature.rpartition("ci:")[2] == whole.signature.rpartition("ci:")[2]
    )
    assert ("/units=" in streamed.signature) == (streamed.units > 500)
    for name, measure in whole.measures.items():
        other = streamed.measures[name]
        assert (other.value, other.score, other.support) == (measure.value, measure.score, measure.support), name
        assert streamed.uncertainty(other) == whole.uncertainty(measure), name
    for name in catalogue.HEADLINES.values():
        for facet in whole.measures[name].counts[0].facets if name in whole.measures else ():
            parts, others = (break_down(r.measures[name], facet) for r in (whole, streamed))
            assert list(parts) == list(others)
            for value, part in parts.items():
                assert streamed.uncertainty(others[value]) == whole.uncertainty(part), (name, facet, value)


def test_documents_without_a_prediction_do_not_make_the_others_wait(
    write_news: WriteNews, monkeypatch: pytest.MonkeyPatch, set_batch_size: Batches
) -> None:
    set_batch_size(4000)
    gold, predicted = write_news(300, missing=0.1)
    most = 0
    join = joining.Join(Source.from_paths(gold), [Source.from_paths(predicted)], ONTOLOGY, OPTIONS)
    for _ in join:
        most = max(most, join._gold.waiting_bytes + join._systems[0].waiting_bytes)
    assert 0 < most < 0.2 * sum(os.path.getsize(p) for p in (*gold, *predicted))


def test_files_in_too_different_orders_are_split_into_buckets(
    write_news: WriteNews, monkeypatch: pytest.MonkeyPatch, set_batch_size: Batches
) -> None:
    gold, predicted = write_news(400)
    expected = score_as_json(gold, predicted)
    Path(predicted[0]).write_text("".join(reversed(Path(predicted[0]).read_text().splitlines(keepends=True))))
    set_batch_size(4000)
    monkeypatch.setattr(parts_, "MAX_WAITING_BYTES", 10_000)
    tasks = []
    split_file = buckets.split_file
    monkeypatch.setattr(buckets, "split_file", lambda task: tasks.append(task) or split_file(task))
    monkeypatch.setattr(buckets, "BUCKET_BYTES", 100_000)
    assert score_as_json(gold, predicted) == expected
    assert len(tasks) == 2 and tasks[0].buckets > 3


def test_all_problems_of_a_stream_are_reported(tmp_path: Path) -> None:
    gold, predicted = tmp_path / "gold.jsonl", tmp_path / "predicted.jsonl"
    gold.write_text('{"doc_id": "a", "entities": []}\n{"doc_id": "b"}\n{"doc_id": "a"}\n')
    lines = [
        '{"doc_id": "b", "entities": [{"start": 5, "end": 2, "type": "PER"}]}', "{", '{"doc_id": "c"}',
        '{"doc_id": "b"}', '{"entities": []}',
    ]  # fmt: skip
    predicted.write_text("\n".join(lines))
    with pytest.raises(InputError) as caught:
        scoring.score_files(str(gold), str(predicted), ONTOLOGY, OPTIONS)
    messages = [str(f).replace(str(tmp_path), "") for f in caught.value.problems]
    places = ["1: entities[0].end", "2: column", "3: doc_id: unknown", "4: doc_id", "5: doc_id"]
    expected = ["gold.jsonl:3: doc_id", *(f"predicted.jsonl:{p}" for p in places)]
    assert [m.removeprefix("/")[: len(e)] for m, e in zip(sorted(messages), expected, strict=True)] == expected


def test_problems_name_the_users_file_and_line_wherever_the_line_was_copied(
    write_news: WriteNews, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold, predicted = write_news(60, files=3, missing=0)
    lines = Path(predicted[1]).read_text().splitlines()
    broken = json.loads(lines[4])
    broken["entities"][0]["end"] = 9999
    lines[4] = json.dumps(broken)
    lines[7] = json.dumps({"doc_id": "d0000x"})
    Path(predicted[1]).write_text("\n".join(lines) + "\n")
    Path(predicted[2]).write_text(
        Path(predicted[2]).read_text() + Path(predicted[0]).read_text().splitlines()[2] + "\n"
    )
    Path(gold[2]).write_text(Path(gold[2]).read_text() + Path(gold[1]).read_text().splitlines()[3] + "\n{\n")
    for run in (Execution(workers=1), Execution(workers=2)):
        with pytest.raises(InputError) as caught:
            score_as_json(gold, predicted, run)
        messages = [str(f) for f in caught.value.problems]
        if run.workers == 2:
            # Problems that keep a line out of its bucket are reported before any others.
            assert [m for m in messages if m.startswith(f"{gold[2]}:22: column")]
            continue
        for wanted in (
            f"{predicted[1]}:5: entities[0].end: ",
            f"{predicted[1]}:8: doc_id: unknown document 'd0000x'; did you mean",
            f"{predicted[2]}:21: doc_id: d00002 is already on line 3 of {predicted[0]}",
            f"{gold[2]}:21: doc_id: d00023 is already on line 4 of {gold[1]}",
            f"{gold[2]}:22: column",
        ):
            assert any(m.startswith(wanted) for m in messages), (wanted, messages)
    Path(gold[2]).write_text(Path(gold[2]).read_text().removesuffix("{\n"))
    with pytest.raises(InputError) as caught:
        score_as_json(gold, predicted, Execution(workers=2))
    messages = [str(f) for f in caught.value.problems]
    for wanted in (
        f"{predicted[1]}:5: entities[0].end: ",
        f"{predicted[1]}:8: doc_id: unknown document 'd0000x'",
        f"{predicted[2]}:21: doc_id: d00002 is already on line 3 of {predicted[0]}",
        f"{gold[2]}:21: doc_id: d00023 is already on line 4 of {gold[1]}",
    ):
        assert any(m.startswith(wanted) for m in messages), (wanted, messages)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_cannot_be_read_is_named_and_never_silently_missing(write_news: WriteNews, workers: int) -> None:
    gold, predicted = write_news(90, files=3, missing=0)
    rest = score_as_json([gold[0], gold[2]], [predicted[0], predicted[2]])
    Path(predicted[1]).write_bytes(b"\x1f\x8b\x08\x00broken")
    with pytest.raises(InputError, match=r"predicted-001\.jsonl: is a broken gzip file"):
        score_as_json(gold, predicted, Execution(workers=workers))
    result = scoring.score_files(gold, predicted, ONTOLOGY, OPTIONS, Execution(workers=workers, on_error="skip"))
    assert [f.file for f in result.left_out] == [predicted[1]]
    assert "|left_out:1|" in result.signature
    assert result.size == json.loads(rest)["size"]
    assert json.loads(as_json.render(result))["metrics"] == json.loads(rest)["metrics"]
    # Where the partner's documents are not known there is nothing that could be left out.
    with pytest.raises(InputError, match="cannot be left out: gold and predictions are split differently"):
        scoring.score_files(
            gold, [predicted[2], *predicted[:2]], ONTOLOGY, OPTIONS, Execution(workers=2, on_error="skip")
        )
    for path in predicted:
        Path(path).unlink()
    with pytest.raises(InputError, match="no such file"):
        scoring.score_files(gold, predicted, ONTOLOGY, OPTIONS, Execution(workers=2, on_error="skip"))


def test_an_empty_file_among_others_is_no_problem(write_news: WriteNews) -> None:
    gold, predicted = write_news(30, files=3)
    expected = score_as_json(gold, predicted)
    for paths in (gold, predicted):
        empty = Path(paths[0]).with_name(Path(paths[0]).name.replace("000", "009"))
        empty.write_bytes(b"")
        paths.append(str(empty))
    assert score_as_json(gold, predicted) == score_as_json(gold, predicted, Execution(workers=2)) == expected
    assert score_in_memory(gold, predicted).signature == json.loads(expected)["signature"]


def test_files_without_documents_are_reported(write_news: WriteNews, tmp_path: Path) -> None:
    gold, predicted = write_news(20, files=2, missing=0)
    for path in gold:
        Path(path).write_text("\n")
    with pytest.raises(InputError, match=r"predicted-000\.jsonl:1: doc_id: unknown document 'd00000'"):
        score_as_json(gold, predicted)
    for path in predicted:
        Path(path).write_text("")
    with pytest.raises(InputError, match="has no document"):
        score_as_json(gold, predicted)
    with pytest.raises(InputError, match=r"^-: is empty"):
        empty = tmp_path / "empty"
        empty.write_text("")
        with open(empty) as stdin, pytest.MonkeyPatch.context() as patched:
            patched.setattr("sys.stdin", stdin)
            score_as_json("-", predicted[0])


def test_of_many_problems_the_first_are_listed_and_the_others_counted(
    write_news: WriteNews, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold, predicted = write_news(60, files=3, missing=0)
    for path in predicted:
        Path(path).write_text(Path(path).read_text().replace('"PER"', '"Nobody"'))
    with pytest.raises(InputError) as caught:
        score_as_json(gold, predicted)
    everything = caught.value.problems
    monkeypatch.setattr(totals_, "MAX_LISTED", 10)
    for run in (LOCAL, Execution(on_error="skip")):
        with pytest.raises(InputError) as caught:
            score_as_json(gold, predicted, run)
        assert caught.value.problems[:10] == everything[:10]
        assert len(caught.value.problems) == 10 and caught.value.more == len(everything) - 10


@pytest.mark.parametrize("workers", [1, 2])
def test_types_of_the_whole_gold_are_known_in_every_part(write_news: WriteNews, workers: int) -> None:
    gold, predicted = write_news(60, files=3, missing=0)
    for paths, first, last in ((gold, "OwnA", "OwnB"), (predicted, "OwnB", "OwnA")):
        Path(paths[0]).write_text(Path(paths[0]).read_text().replace('"PER"', f'"{first}"'))
        Path(paths[2]).write_text(Path(paths[2]).read_text().replace('"PER"', f'"{last}"'))
    result = scoring.score_files(gold, predicted, ONTOLOGY, replace(OPTIONS, resamples=0), Execution(workers=workers))
    by_type = result.measures["entities.names"].counts[0].by("type")
    assert by_type["OwnA"].total()[1] > 0 and by_type["OwnA"].total()[0] == 0
    Path(gold[1]).write_bytes(b"\x1f\x8b")
    skipping = scoring.score_files(gold, predicted, ONTOLOGY, OPTIONS, Execution(workers=workers, on_error="skip"))
    assert [f.file for f in skipping.left_out] == [gold[1]] and skipping.size == 40
    Path(gold[1]).write_bytes(Path(gold[0]).read_bytes().replace(b"d000", b"e000"))
    Path(predicted[1]).write_text("")
    Path(predicted[0]).write_text(Path(predicted[0]).read_text().replace("OwnB", "OwnC"))
    with pytest.raises(InputError, match="unknown entity type 'OwnC'"):
        score_as_json(gold, predicted, Execution(workers=workers))


def test_identity_across_documents_is_not_scored_where_it_needs_too_much(
    write_news: WriteNews, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold, predicted = write_news(50, clusters=40)
    assert "coreference.entities.across.conll" in scoring.score_files(gold, predicted, ONTOLOGY, OPTIONS).measures
    monkeypatch.setattr(totals_, "MAX_OVERLAPS", 100)
    result = scoring.score_files(gold, predicted, ONTOLOGY, OPTIONS)
    assert "coreference.entities.across.conll" not in result.measures
    assert "coreference.entities.within.conll" in result.measures
    assert any(note.startswith("identity of entities across documents is not scored") for note in result.notes)
    table = terminal.render(result)
    assert 0 < table.count("\n  across documents") < table.count("\n* within documents")


def test_standard_input_may_be_read_twice(write_news: WriteNews, monkeypatch: pytest.MonkeyPatch) -> None:
    gold, predicted = write_news(40)
    Path(gold[0]).write_text(Path(gold[0]).read_text().replace('"PER"', '"Own"'))
    Path(predicted[0]).write_text(Path(predicted[0]).read_text().replace('"PER"', '"Own"'))
    expected = score_as_json(gold, predicted)

    def stdin(path: str) -> None:
        raw = io.BufferedReader(io.BytesIO(Path(path).read_bytes()))  # type: ignore[arg-type]
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(raw))

    stdin(gold[0])
    assert score_as_json("-", predicted) == expected
    stdin(predicted[0])
    assert score_as_json(gold, "-") == expected
