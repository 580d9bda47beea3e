"""Scores of files that are too large to hold: in parts, in any order, by any number of processes."""

from __future__ import annotations

import functools
import gzip
import io
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from shards import corpus, write

from vostochny import cli, ontology, scoring
from vostochny.formats import FormatError, jsonl, registry
from vostochny.formats import shards as addresses
from vostochny.report import json as as_json
from vostochny.scoring import Run, buckets, engines, joining
from vostochny.scoring import totals as totals_
from vostochny.scoring.chunks import Source

SCHEME = ontology.load()
OPTIONS = scoring.Options(resamples=200)
LOCAL = Run()
Files = Callable[..., tuple[list[str], list[str]]]
Batches = Callable[[int], None]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Writes a corpus in files; a part of the arguments of shards.corpus and shards.write."""

    def make(documents: int, files: int = 1, name: str = "", **more: Any) -> tuple[list[str], list[str]]:
        gold, predicted = corpus(documents, **more)
        return write(tmp_path, f"{name}gold", gold, files), write(tmp_path, f"{name}predicted", predicted, files)

    return make


def rendered(gold: Any, predicted: Any, run: Run = LOCAL, options: scoring.Options = OPTIONS) -> str:
    return as_json.render(scoring.score_files(gold, predicted, SCHEME, options, run))


def held(gold: list[str], predicted: list[str], options: scoring.Options = OPTIONS) -> scoring.Result:
    documents, reading = registry.read_gold(gold, SCHEME)
    guesses, _ = registry.read_predictions(predicted, documents, reading.ontology, view=options.view)
    return scoring.score(documents, guesses, reading.ontology, options, registry.content_hash(gold))


@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize("size", [1, 3000, 1 << 20])
def test_a_stream_gives_what_documents_give(files: Files, batches_of: Batches, size: int, text: bool) -> None:
    batches_of(size)
    gold, predicted = files(60)
    if not text:
        rows = [json.loads(line) for line in Path(gold[0]).read_text().splitlines()]
        bare = [{key: row[key] for key in ("doc_id", "entities", "events", "quotes")} for row in rows]
        Path(gold[0]).write_text("".join(json.dumps(row) + "\n" for row in bare))
    streamed, whole = scoring.score_files(gold, predicted, SCHEME, OPTIONS), held(gold, predicted)
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
        replace(OPTIONS, view=SCHEME.views["conll"], layers=("entities",)),
        replace(OPTIONS, zones=("title",)),
        replace(OPTIONS, metrics=("entities.names", "events.argument")),
    ],
)
def test_views_zones_and_metrics_are_seen_in_a_stream_too(files: Files, options: scoring.Options) -> None:
    gold, predicted = files(40)
    streamed, whole = scoring.score_files(gold, predicted, SCHEME, options), held(gold, predicted, options)
    assert {n: m.value for n, m in streamed.measures.items()} == pytest.approx(
        {n: m.value for n, m in whole.measures.items()}, abs=1e-12
    )
    assert streamed.signature == whole.signature


@pytest.mark.parametrize("documents", [300, 1300])
def test_the_score_is_one_of_the_documents_not_of_their_files(tmp_path: Path, documents: int) -> None:
    """However they are ordered, split and packed, the answer is the same to the byte; beyond 1000 documents too."""
    gold, predicted = corpus(documents)
    one = rendered(write(tmp_path / "one", "gold", gold), write(tmp_path / "one", "predicted", predicted))
    assert json.loads(one)["size"] == documents
    dice = random.Random(documents)
    for number, (pieces, others) in enumerate([(1, 1), (4, 4), (7, 3), (1, 5)]):
        folder = tmp_path / str(number)
        truth = write(folder, "gold", gold, pieces, packed=number % 2 == 1)
        assert rendered(truth, write(folder, "ordered", predicted, others)) == one
        shuffled = dice.sample(predicted, len(predicted))
        assert rendered(truth, write(folder, "shuffled", shuffled, others, packed=True)) == one
        mixed = write(folder, "mixed", dice.sample(gold, len(gold)), pieces)
        assert rendered(mixed, write(folder, "any", shuffled, others)) == one


def test_processes_give_the_same_bytes(files: Files, tmp_path: Path) -> None:
    gold, predicted = files(1100, files=5)
    one = rendered(gold, predicted, Run(workers=1))
    assert rendered(gold, predicted, Run(workers=2)) == one
    assert rendered(gold, predicted[::-1], Run(workers=2)) == one  # no file has its partner beside it
    assert rendered(gold, predicted[::-1], Run(workers=2, scratch=str(tmp_path))) == one
    assert not [p for p in tmp_path.iterdir() if p.name.startswith("vostochny-")]


def test_beyond_a_thousand_documents_rows_are_those_of_blocks(files: Files) -> None:
    gold, predicted = files(1200)
    options = replace(OPTIONS, resamples=0)
    streamed, whole = scoring.score_files(gold, predicted, SCHEME, options), held(gold, predicted, options)
    assert streamed.documents == () and streamed.size == 1200 == len(whole.documents)
    for name, measure in whole.measures.items():
        # Ratios are summed on a grid of 2⁻²⁶ a document.
        assert streamed.measures[name].value == pytest.approx(measure.value, abs=1e-9), name
    rows = streamed.measures["entities.names"].rows
    assert 500 < len(rows) <= totals_.BLOCKS  # the blocks that have documents
    assert rows.sum() == whole.measures["entities.names"].rows.sum()


def test_intervals_over_blocks_are_about_those_over_documents(files: Files) -> None:
    gold, predicted = files(1500)
    options = replace(OPTIONS, resamples=2000, metrics=("entities.names", "quotes.speaker"))
    streamed, whole = scoring.score_files(gold, predicted, SCHEME, options), held(gold, predicted, options)
    for name in options.metrics:
        blocks, documents = (r.uncertainty(r.measures[name]) for r in (streamed, whole))
        assert blocks and documents and blocks.new_articles and documents.new_articles
        widths = [high - low for low, high in (blocks.new_articles, documents.new_articles)]
        assert widths[0] == pytest.approx(widths[1], rel=0.15), name


def test_documents_without_a_prediction_do_not_make_the_others_wait(
    files: Files, monkeypatch: pytest.MonkeyPatch, batches_of: Batches
) -> None:
    batches_of(4000)
    gold, predicted = files(300, missing=0.1)
    most = 0
    join = joining.Join(*map(Source.plain, (gold, predicted)), SCHEME, OPTIONS)
    for _ in join:
        most = max(most, join._gold.kept + join._predicted.kept)
    assert 0 < most < 0.2 * sum(os.path.getsize(p) for p in (*gold, *predicted))


def test_orders_that_differ_too_much_are_laid_together(
    files: Files, monkeypatch: pytest.MonkeyPatch, batches_of: Batches
) -> None:
    gold, predicted = files(400)
    one = rendered(gold, predicted)
    Path(predicted[0]).write_text("".join(reversed(Path(predicted[0]).read_text().splitlines(keepends=True))))
    batches_of(4000)
    monkeypatch.setattr(totals_, "WAITING", 10_000)
    dealt = []
    deal = buckets.deal
    monkeypatch.setattr(buckets, "deal", lambda task: dealt.append(task) or deal(task))
    monkeypatch.setattr(buckets, "SIZE", 100_000)
    assert rendered(gold, predicted) == one
    assert len(dealt) == 2 and dealt[0].buckets > 3


def test_faults_of_a_stream_are_all_told(tmp_path: Path) -> None:
    gold, predicted = tmp_path / "gold.jsonl", tmp_path / "predicted.jsonl"
    gold.write_text('{"doc_id": "a", "entities": []}\n{"doc_id": "b"}\n{"doc_id": "a"}\n')
    lines = [
        '{"doc_id": "b", "entities": [{"start": 5, "end": 2, "type": "PER"}]}', "{", '{"doc_id": "c"}',
        '{"doc_id": "b"}', '{"entities": []}',
    ]  # fmt: skip
    predicted.write_text("\n".join(lines))
    with pytest.raises(FormatError) as caught:
        scoring.score_files(str(gold), str(predicted), SCHEME, OPTIONS)
    told = [str(f).replace(str(tmp_path), "") for f in caught.value.faults]
    places = ["1: entities[0].end", "2: column", "3: doc_id: unknown", "4: doc_id", "5: doc_id"]
    expected = ["gold.jsonl:3: doc_id", *(f"predicted.jsonl:{p}" for p in places)]
    assert [t.removeprefix("/")[: len(e)] for t, e in zip(sorted(told), expected, strict=True)] == expected


def test_faults_name_the_users_file_and_line_wherever_the_line_went(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold, predicted = files(60, files=3, missing=0)
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
    for run in (Run(workers=1), Run(workers=2)):
        with pytest.raises(FormatError) as caught:
            rendered(gold, predicted, run)
        told = [str(f) for f in caught.value.faults]
        if run.workers == 2:
            # What stops a line from being dealt out is told first.
            assert [t for t in told if t.startswith(f"{gold[2]}:22: column")]
            continue
        for wanted in (
            f"{predicted[1]}:5: entities[0].end: ",
            f"{predicted[1]}:8: doc_id: unknown document 'd0000x'; did you mean",
            f"{predicted[2]}:21: doc_id: d00002 stands on line 3 of {predicted[0]} already",
            f"{gold[2]}:21: doc_id: d00023 stands on line 4 of {gold[1]} already",
            f"{gold[2]}:22: column",
        ):
            assert any(t.startswith(wanted) for t in told), (wanted, told)
    Path(gold[2]).write_text(Path(gold[2]).read_text().removesuffix("{\n"))
    with pytest.raises(FormatError) as caught:
        rendered(gold, predicted, Run(workers=2))
    told = [str(f) for f in caught.value.faults]
    for wanted in (
        f"{predicted[1]}:5: entities[0].end: ",
        f"{predicted[1]}:8: doc_id: unknown document 'd0000x'",
        f"{predicted[2]}:21: doc_id: d00002 stands on line 3 of {predicted[0]} already",
        f"{gold[2]}:21: doc_id: d00023 stands on line 4 of {gold[1]} already",
    ):
        assert any(t.startswith(wanted) for t in told), (wanted, told)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_cannot_be_read_is_named_and_never_silently_missing(files: Files, workers: int) -> None:
    gold, predicted = files(90, files=3, missing=0)
    rest = rendered([gold[0], gold[2]], [predicted[0], predicted[2]])
    Path(predicted[1]).write_bytes(b"\x1f\x8b\x08\x00broken")
    with pytest.raises(FormatError, match=r"predicted-001\.jsonl: is a broken gzip file"):
        rendered(gold, predicted, Run(workers=workers))
    result = scoring.score_files(gold, predicted, SCHEME, OPTIONS, Run(workers=workers, on_error="skip"))
    assert [f.file for f in result.left_out] == [predicted[1]]
    assert "|left_out:1|" in result.signature
    assert result.size == json.loads(rest)["size"]
    assert json.loads(as_json.render(result))["metrics"] == json.loads(rest)["metrics"]
    # Where the partner's documents are not known there is nothing that could be left out.
    with pytest.raises(FormatError, match="cannot be left out: gold and predictions are split differently"):
        scoring.score_files(gold, [predicted[2], *predicted[:2]], SCHEME, OPTIONS, Run(workers=2, on_error="skip"))
    for path in predicted:
        Path(path).unlink()
    with pytest.raises(FormatError, match="no such file"):
        scoring.score_files(gold, predicted, SCHEME, OPTIONS, Run(workers=2, on_error="skip"))


def test_an_empty_file_among_others_has_nothing_in_it(files: Files) -> None:
    gold, predicted = files(30, files=3)
    one = rendered(gold, predicted)
    for paths in (gold, predicted):
        empty = Path(paths[0]).with_name(Path(paths[0]).name.replace("000", "009"))
        empty.write_bytes(b"")
        paths.append(str(empty))
    assert rendered(gold, predicted) == rendered(gold, predicted, Run(workers=2)) == one
    assert held(gold, predicted).signature == json.loads(one)["signature"]


def test_nothing_at_all_is_told_too(files: Files, tmp_path: Path) -> None:
    gold, predicted = files(20, files=2, missing=0)
    for path in gold:
        Path(path).write_text("\n")
    with pytest.raises(FormatError, match=r"gold-000\.jsonl .*gold-001\.jsonl: has no document|unknown document"):
        rendered(gold, predicted)
    for path in predicted:
        Path(path).write_text("")
    with pytest.raises(FormatError, match="has no document"):
        rendered(gold, predicted)
    with pytest.raises(FormatError, match=r"^-: is empty"):
        empty = tmp_path / "empty"
        empty.write_text("")
        with open(empty) as stdin, pytest.MonkeyPatch.context() as patched:
            patched.setattr("sys.stdin", stdin)
            rendered("-", predicted[0])


def test_of_very_many_faults_the_first_are_told_and_how_many_more(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold, predicted = files(60, files=3, missing=0)
    for path in predicted:
        Path(path).write_text(Path(path).read_text().replace('"PER"', '"Nobody"'))
    with pytest.raises(FormatError) as caught:
        rendered(gold, predicted)
    everything = caught.value.faults
    monkeypatch.setattr(totals_, "LISTED", 10)
    for run in (LOCAL, Run(on_error="skip")):
        with pytest.raises(FormatError) as caught:
            rendered(gold, predicted, run)
        assert caught.value.faults[:10] == everything[:10]
        assert str(caught.value.faults[10]).endswith(f"and {len(everything) - 10} faults more")


@pytest.mark.parametrize("workers", [1, 2])
def test_types_of_the_whole_gold_are_known_in_every_part(files: Files, workers: int) -> None:
    gold, predicted = files(60, files=3, missing=0)
    for paths, first, last in ((gold, "OwnA", "OwnB"), (predicted, "OwnB", "OwnA")):
        Path(paths[0]).write_text(Path(paths[0]).read_text().replace('"PER"', f'"{first}"'))
        Path(paths[2]).write_text(Path(paths[2]).read_text().replace('"PER"', f'"{last}"'))
    result = scoring.score_files(gold, predicted, SCHEME, replace(OPTIONS, resamples=0), Run(workers=workers))
    by_type = result.measures["entities.names"].counts[0].by("type")
    assert by_type["OwnA"].total()[1] > 0 and by_type["OwnA"].total()[0] == 0
    Path(gold[1]).write_bytes(b"\x1f\x8b")
    skipping = scoring.score_files(gold, predicted, SCHEME, OPTIONS, Run(workers=workers, on_error="skip"))
    assert [f.file for f in skipping.left_out] == [gold[1]] and skipping.size == 40
    Path(gold[1]).write_bytes(Path(gold[0]).read_bytes().replace(b"d000", b"e000"))
    Path(predicted[1]).write_text("")
    Path(predicted[0]).write_text(Path(predicted[0]).read_text().replace("OwnB", "OwnC"))
    with pytest.raises(FormatError, match="unknown entity type 'OwnC'"):
        rendered(gold, predicted, Run(workers=workers))


def test_identity_across_documents_is_refused_where_it_is_too_much(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold, predicted = files(50, clusters=40)
    assert "coreference.entities.across.conll" in scoring.score_files(gold, predicted, SCHEME, OPTIONS).measures
    monkeypatch.setattr(totals_, "MOST_OVERLAPS", 100)
    result = scoring.score_files(gold, predicted, SCHEME, OPTIONS)
    assert "coreference.entities.across.conll" not in result.measures
    assert "coreference.entities.within.conll" in result.measures
    assert any(note.startswith("identity of entities across documents is not scored") for note in result.notes)


def test_standard_input_may_be_read_twice(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    gold, predicted = files(40)
    Path(gold[0]).write_text(Path(gold[0]).read_text().replace('"PER"', '"Own"'))
    Path(predicted[0]).write_text(Path(predicted[0]).read_text().replace('"PER"', '"Own"'))
    one = rendered(gold, predicted)

    def stdin(path: str) -> None:
        raw = io.BufferedReader(io.BytesIO(Path(path).read_bytes()))  # type: ignore[arg-type]
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(raw))

    stdin(gold[0])
    assert rendered("-", predicted) == one
    stdin(predicted[0])
    assert rendered(gold, "-") == one


# -- addresses ---------------------------------------------------------------------------------------------------------


def test_a_folder_a_pattern_and_a_list_are_the_same_files(files: Files, tmp_path: Path) -> None:
    gold, predicted = files(30, files=3)
    for path in gold:
        (tmp_path / "folder").mkdir(exist_ok=True)
        (tmp_path / "folder" / Path(path).name).write_bytes(Path(path).read_bytes())
    (tmp_path / "folder" / "notes.txt").write_text("not a shard")
    one = rendered(gold, predicted)
    assert rendered(str(tmp_path / "folder"), str(tmp_path / "predicted-*.jsonl")) == one
    assert rendered(f"file://{tmp_path}/gold-*.jsonl", [f"file://{p}" for p in predicted]) == one
    odd = tmp_path / "gold[1].jsonl"
    odd.write_bytes(Path(gold[0]).read_bytes())
    assert addresses.found([str(odd)]) == (str(odd),)
    with pytest.raises(FormatError, match="no file fits"):
        addresses.found([str(tmp_path / "nothing-*.jsonl")])
    (tmp_path / "bare").mkdir()
    with pytest.raises(FormatError, match="has no file that ends in"):
        addresses.found([str(tmp_path / "bare")])


def test_files_elsewhere_are_read_through_fsspec(files: Files) -> None:
    import fsspec

    gold, predicted = files(30, files=2)
    memory = fsspec.filesystem("memory")
    for path in (*gold, *predicted):
        memory.pipe(f"/team/{Path(path).name}", Path(path).read_bytes())
    one = rendered(gold, predicted)
    assert rendered("memory://team/gold-*.jsonl", "memory://team/predicted-*") == one
    assert rendered("memory://team/gold-*.jsonl", predicted[::-1], Run(scratch="memory://scratch")) == one
    with pytest.raises(FormatError, match="no such file"):
        rendered("memory://team/none.jsonl", predicted)
    with pytest.raises(FormatError, match="cannot be reached"):
        rendered("nowhere://team/gold.jsonl", predicted)
    assert registry.content_hash("memory://team/gold-*.jsonl") == registry.content_hash(gold)


def test_a_packed_file_may_come_over_a_wire_or_a_pipe(
    files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """How much of it was read cannot be asked of such a file."""
    import fsspec

    monkeypatch.setattr("vostochny.formats.files._FREE", 1000)
    gold, predicted = files(50)
    one = rendered(gold, predicted)
    packed = gzip.compress(Path(predicted[0]).read_bytes())
    fsspec.filesystem("memory").pipe("/packed/predicted.jsonl.gz", packed)
    assert rendered(gold, "memory://packed/predicted.jsonl.gz") == one
    done = subprocess.run(
        [sys.executable, "-m", "vostochny", "score", "-", "--gold", gold[0], "--json", "-", "--resamples", "200"],
        input=packed, capture_output=True,
    )  # fmt: skip
    assert done.stderr == b"" and json.loads(done.stdout)["signature"] == json.loads(one)["signature"]
    monkeypatch.setattr("vostochny.formats.files.RATIO", 2)
    with pytest.raises(FormatError, match="unpacks to more than 2 times its size"):
        rendered(gold, "memory://packed/predicted.jsonl.gz")


def test_what_is_read_whole_takes_patterns_too(files: Files, tmp_path: Path) -> None:
    gold, predicted = files(30, files=3)
    documents, _ = registry.read_gold(str(tmp_path / "gold-*.jsonl"), SCHEME)
    assert [d.doc_id for d in documents] == [d.doc_id for path in gold for d in jsonl.read_gold(path, SCHEME)]
    assert len(registry.read_predictions(str(tmp_path / "predicted-*"), documents, SCHEME)[0]) == sum(
        len(Path(p).read_text().splitlines()) for p in predicted
    )


# -- the command line --------------------------------------------------------------------------------------------------


def test_the_command_takes_shards_small_and_large_alike(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, predicted = files(80, files=4, missing=0)

    def score(*more: str) -> str:
        assert cli.main(["score", *more, "--resamples", "200"]) == 0
        return capsys.readouterr().out

    for limit in (scoring.streamed.HELD, 1000):
        monkeypatch.setattr("vostochny.scoring.streamed.HELD", limit)
        pattern = score(str(tmp_path / "predicted-*.jsonl"), "--gold", str(tmp_path / "gold-*.jsonl"))
        assert "identity of entities" in pattern and "|docs:80|" in pattern
        assert score(*predicted, "--gold", str(tmp_path / "gold-*.jsonl")) == pattern
        assert score(*predicted, "--gold", str(tmp_path / "gold-*.jsonl"), "--workers", "2") == pattern
    Path(predicted[1]).write_bytes(b"\x1f\x8b")
    arguments = [*predicted, "--gold", str(tmp_path / "gold-*.jsonl"), "--workers", "2"]
    assert cli.main(["score", *arguments]) == 2
    assert f"{predicted[1]}: is a broken gzip file" in capsys.readouterr().err
    told = score(*arguments, "--on-error", "skip")
    assert f"left out: {predicted[1]}: is a broken gzip file" in told and "|left_out:1|" in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--workers", "0"], "--workers: 0 is too small"),
        (["--scheduler", "tcp://127.0.0.1:1"], "--scheduler: is for --engine dask"),
        (["--engine", "dask", "--scheduler", "tcp://127.0.0.1:1", "--workers", "2"], "--workers: is up to the cluster"),
    ],
)
def test_options_that_do_not_fit_are_told(
    files: Files, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    gold, predicted = files(5)
    assert cli.main(["score", *predicted, "--gold", gold[0], *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_small_gold_is_scored_here_and_that_is_said(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    gold, predicted = files(5)
    assert cli.main(["score", *predicted, "--gold", gold[0], "--engine", "dask"]) == 0
    assert "small enough to be held whole" in capsys.readouterr().err


# -- engines -----------------------------------------------------------------------------------------------------------


class Numbers(list[int]):
    def update(self, other: list[int]) -> None:
        self.extend(other)


def _one(number: int) -> Numbers:
    return Numbers([number])


def _dies(number: int) -> int:
    os._exit(9)


@pytest.mark.parametrize("engine", [engines.Serial(), engines.Processes(2)])
def test_an_engine_maps_and_adds_up_every_task_once(engine: engines.Engine) -> None:
    with engine as run:
        for tasks in ([3], list(range(50))):
            assert run.map(_one, tasks) == [[t] for t in tasks]
            assert sorted(run.sum(_one, tasks)) == tasks


def test_a_process_that_is_killed_is_told_without_a_traceback() -> None:
    with engines.Processes(2) as run, pytest.raises(FormatError, match="a process ended before its time"):
        run.map(_dies, [1, 2])


def test_a_script_that_says_nothing_of_processes_starts_none(files: Files) -> None:
    """Each would import the script anew, and one read from standard input is not there to be imported."""
    gold, _ = files(40, files=2, missing=0)
    folder = Path(gold[0]).parent
    script = f"""
import vostochny
from vostochny.scoring import streamed
streamed.HELD = streamed.PAYS = 0
print(vostochny.score({f"{folder}/predicted-*"!r}, gold={f"{folder}/gold-*"!r}, resamples=0).size)
"""
    done = subprocess.run([sys.executable, "-"], input=script, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("40\n", "")


def test_totals_cross_to_another_process_whole(files: Files) -> None:
    import pickle

    gold, predicted = files(50)
    job = totals_.Job(SCHEME, OPTIONS, by_block=True)
    part = totals_.Part(*(tuple(Source.plain(side)) for side in (gold, predicted)))
    total = functools.partial(totals_.total, job=job)(part)
    there = pickle.loads(pickle.dumps(total))
    assert as_json.render(there.result(job)) == as_json.render(total.result(job))
    faults = FormatError([])
    assert type(pickle.loads(pickle.dumps(faults))) is FormatError
