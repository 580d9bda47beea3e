"""Score files in S3: real commands, moto's real server, and connections that break at every part of a transfer."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support import effort
from tests.support.broken_network import FAULTS, BrokenProxy, choose_places
from tests.support.generated_news import generate_corpus, write_files
from tests.support.processes import run_vostochny
from tests.support.s3 import S3Server, make_environment

pytestmark = pytest.mark.s3
Done = subprocess.CompletedProcess[str]
OPTIONS = ("--json", "-", "--resamples", "100")
COMMAND = ("score", "s3://team/predictions*", "--gold", "s3://team/gold/*", *OPTIONS)
# The user's own settings, by which s3fs gives up sooner than after minutes.
IMPATIENT = {"FSSPEC_S3": json.dumps({"config_kwargs": {"read_timeout": 1, "connect_timeout": 1}}),
             "AWS_MAX_ATTEMPTS": "1"}  # fmt: skip
NOISE = ("Traceback", "Unclosed", "never retrieved", "Task was destroyed", "Exception ignored")


@pytest.fixture(scope="module")
def s3(folder: Path) -> Iterator[S3Server]:
    with S3Server() as server:
        server.put(
            "team", {str(p.relative_to(folder / "team")): p.read_bytes() for p in folder.glob("team/**/*.jsonl*")}
        )
        yield server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with gold and predictions, in two files each, split alike, one of them packed."""
    folder = tmp_path_factory.mktemp("s3")
    (folder / "team" / "gold").mkdir(parents=True)
    for side, documents in zip(("gold/part", "predictions"), generate_corpus(60, missing=0), strict=True):
        plain, other = map(Path, write_files(folder / "team", side, documents, 2))
        other.with_name(f"{other.name}.gz").write_bytes(gzip.compress(other.read_bytes(), mtime=0))
        other.unlink()
        assert plain.is_file()
    return folder


@pytest.fixture(scope="module")
def expected(folder: Path) -> str:
    """Return what the command writes for the same files on the disk."""
    done = run_vostochny(*(a.replace("s3://", f"{folder}/") for a in COMMAND))
    assert (done.returncode, done.stderr) == (0, "")
    return str(done.stdout)


def run(port: int, folder: Path, *arguments: str, **settings: str) -> Done:
    done: Done = run_vostochny(*arguments, env=make_environment(port, folder, **settings))
    return done


def check_refused(done: Done) -> None:
    """Check that a command printed nothing but one problem and the line that follows from it."""
    assert (done.returncode, done.stdout) == (2, ""), done
    first, last = done.stderr.splitlines()
    assert first.startswith("s3://") and last == "vostochny: 1 problem; nothing was scored", done.stderr


def test_the_result_is_that_of_local_files(s3: S3Server, folder: Path, expected: str) -> None:
    done = run(s3.port, folder, *COMMAND)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", expected)
    done = run(s3.port, folder, *COMMAND, "--workers", "2", "--on-error", "skip")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["signature"] == json.loads(expected)["signature"]


@pytest.mark.parametrize("address", ["team/none.jsonl", "nowhere/x.jsonl", "nowhere/*.jsonl", "T_/x", "team/none*", ""])
def test_what_is_missing_is_named(s3: S3Server, folder: Path, address: str) -> None:
    local = str(folder / "team/predictions*")
    for sides in ((f"s3://{address}", "--gold", "s3://team/gold/*"), (local, "--gold", f"s3://{address}")):
        done = run(s3.port, folder, "score", *sides)
        check_refused(done)
        assert done.stderr.startswith(f"s3://{address}: ")


def test_without_access_there_is_one_line(s3: S3Server, folder: Path) -> None:
    one_file = ("score", "s3://team/predictions-001.jsonl.gz", "--gold", "s3://team/gold/part-001.jsonl.gz", *OPTIONS)
    for command in (COMMAND, one_file):
        check_refused(run(s3.port, folder, *command, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY=""))
        s3.check_keys(True)
        try:
            check_refused(run(s3.port, folder, *command))
        finally:
            s3.check_keys(False)
        s3.forbid("team", "s3:GetObject")
        try:
            check_refused(run(s3.port, folder, *command))
        finally:
            s3.forbid("team", "s3:DeleteBucket")  # which replaces the policy


def test_a_broken_connection_gives_the_result_or_one_line(s3: S3Server, folder: Path, expected: str) -> None:
    """Break it in each listing, each head and each body, in each of the ways of FAULTS."""
    with BrokenProxy(s3.port) as proxy:
        assert run(proxy.port, folder, *COMMAND).stdout == expected
    assert len(proxy.answers) >= 6  # two listings, four files
    places = choose_places(proxy, 3)[:: 1 if effort.AT_LENGTH else 9]
    attempts = [(fault, after, lasting) for fault in FAULTS for after in places for lasting in (False, True)]
    # Once broken for good, all places in an answer are alike.
    attempts = [(f, after, lasting) for f, after, lasting in attempts if not lasting or places.index(after) % 4 == 0]

    def attempt(fault: str, after: int, lasting: bool) -> tuple[Done, int]:
        with BrokenProxy(s3.port, fault, after, lasting) as proxy:
            return run(proxy.port, folder, *COMMAND, **IMPATIENT), proxy.broken

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda each: attempt(*each), attempts))
    recovered = 0
    for (fault, after, lasting), (done, broken) in zip(attempts, outcomes, strict=True):
        assert not any(noise in done.stderr for noise in NOISE), (fault, after, lasting, done.stderr)
        if done.returncode == 0:
            assert (done.stderr, done.stdout) == ("", expected), (fault, after, lasting)
            recovered += broken > 0
            assert not (broken and lasting and fault != "503"), (fault, after)
        else:
            check_refused(done)
            assert broken, done
    connections = sum(broken for _, broken in outcomes)
    print(f"{len(attempts)} commands, {connections} connections broken, {recovered} commands recovered")
    assert recovered and recovered < len(attempts)


def test_a_file_whose_connection_breaks_can_be_left_out(s3: S3Server, folder: Path) -> None:
    command = [*COMMAND, "--on-error", "skip"]
    with BrokenProxy(s3.port) as proxy:
        assert run(proxy.port, folder, *command).returncode == 0
    with BrokenProxy(s3.port, "cut", proxy.passed - 1, lasting=True) as broken:
        done = run(broken.port, folder, *command, **IMPATIENT)
    assert done.returncode == 0 and "|left_out:1|" in done.stdout, done
    assert "s3://team/" in done.stdout + done.stderr and ".jsonl.gz: " in done.stdout + done.stderr


def test_a_server_that_falls_silent_is_given_up(s3: S3Server, folder: Path) -> None:
    """With the settings that users have, s3fs would go on for two minutes at each step."""
    with BrokenProxy(s3.port, "stall", 0, lasting=True) as proxy:
        done = run(proxy.port, folder, *COMMAND)
    check_refused(done)
    assert "no answer within 60 seconds" in done.stderr
