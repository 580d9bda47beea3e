"""Scores by a real Dask cluster on loopback: a scheduler and two workers, each in its own process."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.generated_news import ONTOLOGY, OPTIONS, generate_corpus, write_files
from tests.support.processes import run_vostochny
from vostochny import cli, scoring
from vostochny.errors import InputError
from vostochny.report import result_json as as_json
from vostochny.scoring import Execution, executors

QUIET = {"DASK_LOGGING__DISTRIBUTED": "error", "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "60s"}


def wait_until(condition: Callable[[], Any]) -> Any:
    """Return the first true value of a condition; waits for two minutes, however busy the machine is."""
    for _ in range(1200):
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    pytest.fail("the condition was not met within two minutes")


@pytest.fixture
def started() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """A function that starts a part of a cluster; all of them are killed afterwards."""
    running: list[subprocess.Popen[bytes]] = []

    def start(part: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{part}", "--host", "127.0.0.1", "--no-dashboard"]
        running.append(subprocess.Popen([*command, *arguments], env={**os.environ, **QUIET}, stderr=subprocess.DEVNULL))
        return running[-1]

    yield start
    for process in running[::-1]:
        process.kill()
        process.wait()


@pytest.fixture
def cluster(started: Callable[..., Any], tmp_path: Path) -> tuple[str, list[subprocess.Popen[bytes]]]:
    """The scheduler's address and the two workers."""
    file = tmp_path / "scheduler.json"
    started("scheduler", "--port", "0", "--scheduler-file", str(file))
    address = wait_until(lambda: file.exists() and json.loads(file.read_text() or "{}").get("address"))
    workers = [started("worker", address, "--nthreads", "1", "--no-nanny") for _ in range(2)]
    return address, workers


def test_a_worker_killed_in_the_middle_changes_nothing(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    """One shard is a pipe, so the worker that reads it waits: it is killed, and the counts that it had are lost."""
    from distributed import Client

    address, workers = cluster
    gold, predicted = generate_corpus(1200, missing=0)
    truth, guess = write_files(tmp_path, "gold", gold, 8), write_files(tmp_path, "predicted", predicted, 8)
    expected = as_json.render(scoring.score_files(truth, guess, ONTOLOGY, OPTIONS))
    pipe = Path(guess[5])
    pipe.rename(tmp_path / "aside")
    os.mkfifo(pipe)
    outcome: list[str] = []

    def score() -> None:
        run = Execution(engine="dask", scheduler=address)
        outcome.append(as_json.render(scoring.score_files(truth, guess, ONTOLOGY, OPTIONS, run)))

    def reader() -> subprocess.Popen[bytes] | None:
        """Return the worker that has the pipe open."""
        for worker in workers:
            for link in Path(f"/proc/{worker.pid}/fd").iterdir():
                if link.is_symlink() and os.path.realpath(link) == str(pipe.resolve()):
                    return worker
        return None

    def others_done() -> bool:
        waiting = [task for tasks in client.processing().values() for task in tasks if "_GroupSum" in str(task)]
        return len(waiting) == 1

    with Client(address) as client:
        wait_until(lambda: len(client.scheduler_info()["workers"]) == 2)
        thread = threading.Thread(target=score)
        thread.start()
        # A pipe can be opened for writing without waiting once a process reads it.
        end = wait_until(lambda: _opened(pipe))
        victim = wait_until(reader)
        wait_until(others_done)
        (tmp_path / "aside").rename(pipe)  # the worker that tries again finds the file
        victim.kill()
        victim.wait()
        os.close(end)
        thread.join(120)
        assert len(client.scheduler_info()["workers"]) == 1
    assert outcome == [expected]


def _opened(pipe: Path) -> int | None:
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def test_the_cluster_gives_the_same_bytes_and_names_files_it_cannot_read(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, _ = cluster
    gold, predicted = generate_corpus(200, missing=0)
    truth, guess = write_files(tmp_path, "gold", gold, 5, packed=True), write_files(tmp_path, "predicted", predicted, 5)
    expected = as_json.render(scoring.score_files(truth, guess, ONTOLOGY, OPTIONS))
    run = Execution(engine="dask", scheduler=address)
    assert as_json.render(scoring.score_files(truth, guess, ONTOLOGY, OPTIONS, run)) == expected
    with pytest.raises(InputError, match="--scratch: gold and predictions are split differently"):
        scoring.score_files(truth, guess[::-1], ONTOLOGY, OPTIONS, run)
    apart = Execution(engine="dask", scheduler=address, scratch=str(tmp_path))
    assert as_json.render(scoring.score_files(truth, guess[::-1], ONTOLOGY, OPTIONS, apart)) == expected
    more = write_files(tmp_path, "more", gold, 3)
    for unequal in (run, apart):
        assert as_json.render(scoring.score_files(more, guess, ONTOLOGY, OPTIONS, unequal)) == expected
    monkeypatch.chdir(tmp_path)
    names = [[Path(path).name for path in side] for side in (truth, guess)]
    assert as_json.render(scoring.score_files(*names, ONTOLOGY, OPTIONS, run)) == expected
    with pytest.raises(InputError, match="standard input is not there for the workers"):
        scoring.score_files("-", guess, ONTOLOGY, OPTIONS, run)
    own = Path(guess[0]).read_text().replace('"PER"', '"Own"')
    Path(guess[0]).write_text(own)
    with pytest.raises(InputError, match=rf"{guess[0]}:\d+: entities\[\d\].type: unknown entity type 'Own'"):
        scoring.score_files(truth, guess, ONTOLOGY, OPTIONS, run)
    Path(guess[3]).unlink()
    with pytest.raises(InputError, match=f"{guess[3]}: no such file"):
        scoring.score_files(truth, guess, ONTOLOGY, OPTIONS, run)
    Path(guess[0]).write_text(own.replace('"Own"', '"PER"'))
    result = scoring.score_files(truth, guess, ONTOLOGY, OPTIONS, Execution("dask", None, address, "skip"))
    assert [f.file for f in result.left_out] == [guess[3]] and result.size == 160


def test_the_command_starts_a_cluster_of_its_own(tmp_path: Path) -> None:
    gold, predicted = generate_corpus(8000)
    write_files(tmp_path, "gold", gold, 2)
    write_files(tmp_path, "predicted", predicted, 2)
    command = ["score", "predicted-*", "--gold", "gold-*", "--metric", "entities.names"]
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # where another program has Dask's usual port already, that will do
            stack.enter_context(socket.create_server(("127.0.0.1", 8787)))
        done = [
            run_vostochny(*command, *more, cwd=tmp_path)
            for more in (["--workers", "1"], ["--engine", "dask", "--workers", "2"])
        ]
    assert [d.returncode for d in done] == [0, 0] and done[0].stderr == done[1].stderr == ""
    assert done[0].stdout == done[1].stdout and "|docs:8000|" in done[0].stdout


def test_an_unreachable_scheduler_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(executors, "CONNECT_TIMEOUT_SECONDS", 1)
    monkeypatch.setattr("vostochny.scoring.systems.MAX_GOLD_BYTES_IN_MEMORY", 100)
    gold, predicted = generate_corpus(5)
    (truth,), (guess,) = write_files(tmp_path, "gold", gold), write_files(tmp_path, "predicted", predicted)
    for address in ("tcp://127.0.0.1:9", "nonsense://x", "127.0.0.1"):
        assert cli.main(["score", guess, "--gold", truth, "--engine", "dask", "--scheduler", address]) == 2
        message = capsys.readouterr().err
        assert message.startswith(f"--scheduler {address}: cannot be reached") and message.count("\n") == 2


def test_a_missing_library_is_reported_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"install vostochny\[dask\]"), executors.Dask():
        pass
