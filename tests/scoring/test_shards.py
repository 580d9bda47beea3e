"""Scores of many files as a user names them: addresses, the command line, and the engines that compute them."""

from __future__ import annotations

import functools
import gzip
import json
import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.generated_news import ONTOLOGY, OPTIONS, WriteNews, score_as_json
from tests.support.processes import run_python, run_vostochny
from vostochny import cli, scoring
from vostochny.errors import InputError
from vostochny.formats import shards as addresses
from vostochny.formats.files import explain_os_error
from vostochny.formats.input import Input
from vostochny.report import result_json as as_json
from vostochny.scoring import Execution, executors
from vostochny.scoring import parts as parts_
from vostochny.scoring.chunks import Source

# -- addresses ---------------------------------------------------------------------------------------------------------


def test_a_folder_a_pattern_and_a_list_are_the_same_files(write_news: WriteNews, tmp_path: Path) -> None:
    gold, predicted = write_news(30, files=3)
    for path in gold:
        (tmp_path / "folder").mkdir(exist_ok=True)
        (tmp_path / "folder" / Path(path).name).write_bytes(Path(path).read_bytes())
    (tmp_path / "folder" / "notes.txt").write_text("not a shard")
    expected = score_as_json(gold, predicted)
    assert score_as_json(str(tmp_path / "folder"), str(tmp_path / "predicted-*.jsonl")) == expected
    assert score_as_json(f"file://{tmp_path}/gold-*.jsonl", [f"file://{p}" for p in predicted]) == expected
    odd = tmp_path / "gold[1].jsonl"
    odd.write_bytes(Path(gold[0]).read_bytes())
    assert addresses.find_files([str(odd)]) == (str(odd),)
    with pytest.raises(InputError, match="no file matches"):
        addresses.find_files([str(tmp_path / "nothing-*.jsonl")])
    (tmp_path / "bare").mkdir()
    with pytest.raises(InputError, match="has no file that ends in"):
        addresses.find_files([str(tmp_path / "bare")])


def test_files_elsewhere_are_read_through_fsspec(write_news: WriteNews) -> None:
    import fsspec

    gold, predicted = write_news(30, files=2)
    memory = fsspec.filesystem("memory")
    for path in (*gold, *predicted):
        memory.pipe(f"/team/{Path(path).name}", Path(path).read_bytes())
    expected = score_as_json(gold, predicted)
    assert score_as_json("memory://team/gold-*.jsonl", "memory://team/predicted-*") == expected
    assert (
        score_as_json(
            "memory://team/gold-*.jsonl", predicted[::-1], Execution(on_error="skip", scratch="memory://scratch")
        )
        == expected
    )
    with pytest.raises(InputError, match="no such file"):
        score_as_json("memory://team/none.jsonl", predicted)
    with pytest.raises(InputError, match="cannot be reached"):
        score_as_json("nowhere://team/gold.jsonl", predicted)
    assert Input("memory://team/gold-*.jsonl").read_gold().hash == Input(gold).read_gold().hash


@pytest.mark.parametrize("pattern", ["Gold.jsonl", "Gold-*.jsonl"])
def test_a_remote_server_that_does_not_answer_is_given_up(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "MAX_ANSWER_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/{pattern}"
        with pytest.raises(InputError, match=r"Gold.*: .*no answer within 0\.5 seconds") as caught:
            Input(address).read_gold()
    assert len(caught.value.problems) == 1


def test_a_server_that_does_not_answer_the_first_connection_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """fsspec connects to some servers as soon as it makes their filesystem."""
    monkeypatch.setattr(addresses, "MAX_ANSWER_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"ftp://127.0.0.1:{silent.getsockname()[1]}/gold.jsonl"
        with pytest.raises(InputError, match=r"gold.jsonl: cannot be reached: no answer within 0\.5 seconds"):
            Input(address).read_gold()


def test_a_scratch_folder_that_does_not_answer_is_given_up(
    write_news: WriteNews, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fsspec
    from fsspec.implementations.memory import MemoryFileSystem

    waiting = threading.Event()

    class SilentFileSystem(MemoryFileSystem):
        protocol = "silent"

        def open(self, path: str, mode: str = "rb", **more: Any) -> Any:
            return waiting.wait() if mode == "wb" else super().open(path, mode, **more)

    fsspec.register_implementation("silent", SilentFileSystem, clobber=True)
    monkeypatch.setattr(addresses, "MAX_ANSWER_SECONDS", 0.5)
    gold, predicted = write_news(10, files=2)
    with pytest.raises(InputError, match=r"silent://.*: cannot be written: no answer within 0\.5 seconds"):
        score_as_json(gold, predicted[::-1], Execution(on_error="skip", scratch="silent://scratch"))
    waiting.set()


def test_addresses_of_one_server_share_a_filesystem() -> None:
    """It keeps the connections to the server."""
    one, other = (addresses.open_filesystem(f"http://127.0.0.1:9/{name}")[0] for name in "ab")
    assert one is other


def test_an_address_in_an_error_keeps_its_capitals() -> None:
    assert explain_os_error(OSError('Could not reach "s3://Team/A.jsonl".')) == 'could not reach "s3://Team/A.jsonl"'
    assert explain_os_error(OSError("AWS has no such key")) == "AWS has no such key"


def test_a_packed_file_may_come_over_a_wire_or_a_pipe(
    write_news: WriteNews, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such a file cannot tell how much of it has been read."""
    import fsspec

    monkeypatch.setattr("vostochny.formats.files._UNCHECKED_UNPACK_BYTES", 1000)
    gold, predicted = write_news(50)
    expected = score_as_json(gold, predicted)
    packed = gzip.compress(Path(predicted[0]).read_bytes())
    fsspec.filesystem("memory").pipe("/packed/predicted.jsonl.gz", packed)
    assert score_as_json(gold, "memory://packed/predicted.jsonl.gz") == expected
    arguments = ["score", "-", "--gold", gold[0], "--json", "-", "--resamples", "200"]
    done = run_vostochny(*arguments, input=packed, text=False)
    assert done.stderr == b"" and json.loads(done.stdout)["signature"] == json.loads(expected)["signature"]
    monkeypatch.setattr("vostochny.formats.files.MAX_UNPACK_RATIO", 2)
    with pytest.raises(InputError, match="unpacks to more than 2 times its size"):
        score_as_json(gold, "memory://packed/predicted.jsonl.gz")


def test_readers_in_memory_take_patterns_too(write_news: WriteNews, tmp_path: Path) -> None:
    gold, predicted = write_news(30, files=3)
    truth = Input(tmp_path / "gold-*.jsonl").read_gold()
    assert [d.doc_id for d in truth.documents] == [d.doc_id for path in gold for d in Input(path).read_gold().documents]
    assert len(Input(tmp_path / "predicted-*").read_predictions(truth)[0]) == sum(
        len(Path(p).read_text().splitlines()) for p in predicted
    )


# -- the command line --------------------------------------------------------------------------------------------------


def test_the_command_takes_shards_small_and_large_alike(
    write_news: WriteNews, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, predicted = write_news(80, files=4, missing=0)

    def score(*more: str) -> str:
        assert cli.main(["score", *more, "--resamples", "200"]) == 0
        return capsys.readouterr().out

    for limit in (scoring.systems.MAX_GOLD_BYTES_IN_MEMORY, 1000):
        monkeypatch.setattr("vostochny.scoring.systems.MAX_GOLD_BYTES_IN_MEMORY", limit)
        pattern = score(str(tmp_path / "predicted-*.jsonl"), "--gold", str(tmp_path / "gold-*.jsonl"))
        assert "identity of entities" in pattern and "|docs:80|" in pattern
        assert score(*predicted, "--gold", str(tmp_path / "gold-*.jsonl")) == pattern
        assert score(*predicted, "--gold", str(tmp_path / "gold-*.jsonl"), "--workers", "2") == pattern
    arguments = [*predicted, "--gold", str(tmp_path / "gold-*.jsonl")]
    for broken, limit in ((1, 1000), (1, 1 << 23), (0, 1000), (0, 1 << 23)):  # too large for memory, and small
        monkeypatch.setattr("vostochny.scoring.systems.MAX_GOLD_BYTES_IN_MEMORY", limit)
        whole = Path(predicted[broken]).read_bytes()
        Path(predicted[broken]).write_bytes(b"\x1f\x8b")
        for workers in "12":
            assert cli.main(["score", *arguments, "--workers", workers]) == 2
            assert f"{predicted[broken]}: is a broken gzip file" in capsys.readouterr().err
            output = score(*arguments, "--workers", workers, "--on-error", "skip")
            assert f"left out: {predicted[broken]}: is a broken gzip file" in output
            assert "|docs:60|" in output and "|left_out:1|" in output
        Path(predicted[broken]).write_bytes(whole)


def test_a_file_that_one_system_lacks_is_left_out_for_all(
    write_news: WriteNews, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("vostochny.scoring.systems.MAX_GOLD_BYTES_IN_MEMORY", 1000)
    _, predicted = write_news(60, files=3, missing=0)
    other = tmp_path / "other"
    other.mkdir()
    for path in predicted:
        (other / Path(path).name).write_bytes(Path(path).read_bytes())
    systems = [str(tmp_path / "predicted-*"), str(other)]
    arguments = ["compare", *systems, "--gold", str(tmp_path / "gold-*"), "--on-error", "skip", "--resamples", "100"]
    assert cli.main(arguments) == 0
    assert "|docs:60|" in capsys.readouterr().out
    broken = other / Path(predicted[1]).name
    broken.write_bytes(b"\x1f\x8b")
    assert cli.main(arguments) == 0
    text = capsys.readouterr().out
    assert "|docs:40|" in text and "|left_out:1|" in text and f"left out: {broken}: is a broken gzip file" in text
    assert cli.main([*arguments, "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["left_out"][0].startswith(f"{broken}: is a broken gzip file")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--workers", "0"], "--workers: 0 is too small"),
        (["--scheduler", "tcp://127.0.0.1:1"], "--scheduler: is for --engine dask"),
        (["--engine", "dask", "--scheduler", "tcp://127.0.0.1:1", "--workers", "2"], "--workers: is up to the cluster"),
    ],
)
def test_options_that_do_not_fit_together_are_reported(
    write_news: WriteNews, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    gold, predicted = write_news(5)
    assert cli.main(["score", *predicted, "--gold", gold[0], *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_small_gold_is_scored_by_this_process_with_a_note(
    write_news: WriteNews, capsys: pytest.CaptureFixture[str]
) -> None:
    gold, predicted = write_news(5)
    assert cli.main(["score", *predicted, "--gold", gold[0], "--engine", "dask"]) == 0
    assert "fits into memory" in capsys.readouterr().err


# -- engines -----------------------------------------------------------------------------------------------------------


class Numbers(list[int]):
    def update(self, other: list[int]) -> None:
        self.extend(other)


def _one(number: int) -> Numbers:
    return Numbers([number])


def _dies(number: int) -> int:
    os._exit(9)


@pytest.mark.parametrize("engine", [executors.Serial(), executors.Processes(2)])
def test_an_engine_maps_and_adds_up_every_task_once(engine: executors.Engine) -> None:
    with engine as run:
        for tasks in ([3], list(range(50))):
            assert run.map(_one, tasks) == [[t] for t in tasks]
            assert sorted(run.sum(_one, tasks)) == tasks


def test_a_killed_process_is_reported_without_a_traceback() -> None:
    with executors.Processes(2) as run, pytest.raises(InputError, match="a process ended too early"):
        run.map(_dies, [1, 2])


def test_a_script_that_does_not_ask_for_processes_starts_none(write_news: WriteNews) -> None:
    """Each process would import the script again, and a script on standard input cannot be imported."""
    gold, _ = write_news(40, files=2, missing=0)
    folder = Path(gold[0]).parent
    script = f"""
import vostochny
from vostochny.scoring import streaming, systems
systems.MAX_GOLD_BYTES_IN_MEMORY = streaming.MIN_BYTES_FOR_PROCESSES = 0
print(vostochny.score({f"{folder}/predicted-*"!r}, gold={f"{folder}/gold-*"!r}, resamples=0).size)
"""
    done = run_python("-", input=script)
    assert (done.stdout, done.stderr) == ("40\n", "")


def test_a_total_survives_pickling(write_news: WriteNews) -> None:
    import pickle

    gold, predicted = write_news(50)
    settings = parts_.PartSettings(ONTOLOGY, OPTIONS)
    part = parts_.Part(tuple(Source.from_paths(gold)), (tuple(Source.from_paths(predicted)),))
    total = functools.partial(parts_.count_part, settings=settings)(part)
    there = pickle.loads(pickle.dumps(total))
    assert as_json.render(there.results(OPTIONS, "?")[0]) == as_json.render(total.results(OPTIONS, "?")[0])
    problems = InputError([])
    assert type(pickle.loads(pickle.dumps(problems))) is InputError
