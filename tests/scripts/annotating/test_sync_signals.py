"""Signals to the commands that speak with Label Studio: one line, the signal's exit code, nothing left behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.annotating.server import PROGRAM, is_in_use
from tests.support.effort import AT_LENGTH
from tests.support.project_copy import ProjectCopy
from tests.support.sync_site import BOTH, Setting

pytestmark = pytest.mark.server
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
COMMANDS = ["status", f"pull --theirs {BOTH}", f"push --ours {BOTH}", f"update --theirs {BOTH}"]


def check_end(code: int, errors: str, number: int, where: Any) -> None:
    """Check how a command ended that was sent a signal, unless it had ended before that arrived."""
    assert "Traceback" not in errors, (where, errors)
    assert code in (0, 128 + number), (where, code, errors)
    lines = errors.splitlines()
    assert len(lines) == (code != 0), (where, errors)
    assert all("interrupted" in line for line in lines), (where, errors)


def test_an_interrupted_sync_loses_nothing(setting: Setting) -> None:
    site, forks = setting.site, setting.forks
    rng, ends = random.Random(13), []
    for turn in range(80 if AT_LENGTH else 2):
        command = COMMANDS[turn % 4 if AT_LENGTH else -1 - turn]
        if turn % 8 == 0:
            site.restore(commands="push")
            edits = site.list_edits()
        number, delay = rng.choice(SIGNALS), rng.random() * (3 if command.startswith("update") else 2)
        pid = forks.start("scripts", command.split())
        time.sleep(delay)
        for _ in range(rng.choice([1, 1, 2, 3])):
            if is_alive(pid):
                os.kill(pid, number)
            time.sleep(rng.choice([0, 0.02, 0.2]))
        done, _ = forks.wait()
        where = turn, command, number, delay
        check_end(done.returncode, done.stderr, number, where)
        assert not list((site.root / "tmp").iterdir()), where
        assert edits <= site.list_annotations(), where
        ends.append(done.returncode)
    for command in COMMANDS if AT_LENGTH else COMMANDS[-1:]:
        done = setting.run(command)
        assert done.returncode == 0, done
    assert len(set(ends)) > 1 or not AT_LENGTH, ends


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProjectCopy]:
    """Return a copy of the project with a server of its own, in whose place make test has a program that sleeps."""
    copy = ProjectCopy(tmp_path_factory.mktemp("start") / "tree")
    program = copy.root / ".label-studio/venv/bin/label-studio"
    program.parent.mkdir(parents=True)
    command = f'exec {PROGRAM} "$@"' if AT_LENGTH else "exec sleep 600"
    program.write_text(f"#!/bin/sh\n{command}\n", encoding="utf-8")
    program.chmod(0o755)
    (copy.root / "tmp").mkdir()
    yield copy
    for pid in list_processes(copy.root):
        os.kill(pid, signal.SIGKILL)


def list_processes(root: Path) -> list[int]:
    """Return the servers that have their data in a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            variables = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if any(v.startswith(f"LABEL_STUDIO_BASE_DATA_DIR={root}/".encode()) for v in variables):
            found.append(int(path.parent.name))
    return [pid for pid in found if is_alive(pid)]


def interrupt(copy: ProjectCopy, command: str, number: int, delay: float, times: int = 1) -> int:
    """Run a command, send it a signal after some seconds, and return its exit code."""
    env = {"TMPDIR": str(copy.root / "tmp"), "LABEL_STUDIO_URL": ""}
    process = copy.start("-m", "scripts", *command.split(), env=env)
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        for _ in range(times):
            process.send_signal(number)
            time.sleep(0.05)
    _, errors = process.communicate()
    check_end(process.returncode, errors, number, (command, number, delay, times))
    return process.returncode


@pytest.mark.parametrize("number", SIGNALS if AT_LENGTH else SIGNALS[1:2])
def test_an_interrupted_start_leaves_no_server(copy: ProjectCopy, number: int) -> None:
    data = copy.root / ".label-studio/data"
    copy.done("-m", "scripts", "stop")
    delays = [0.4, 0.8, 1.2, 1.6, 2, 3, 4, 6, 8, 11, 14, 18, 25, 40] if AT_LENGTH else [1.5]
    for turn, delay in enumerate(delays):
        code = interrupt(copy, "start", number, delay, 1 + turn % 2)
        assert bool(list_processes(copy.root)) == is_in_use(data) == (code == 0), (number, delay, code)
        if code == 0:
            interrupt(copy, "stop", number, turn / 10)
            copy.done("-m", "scripts", "stop")
            assert not list_processes(copy.root)
    assert not list((copy.root / "tmp").iterdir())


@pytest.mark.at_length
def test_a_start_after_a_killed_one_goes_on_with_its_server(copy: ProjectCopy) -> None:
    for delay in (0.8, 1.5, 3, 6, 12):
        process = copy.start("-m", "scripts", "start", env={"LABEL_STUDIO_URL": ""})
        time.sleep(delay)
        process.kill()
        process.communicate()
        before = list_processes(copy.root)
        said = copy.done("-m", "scripts", "start")
        assert said.splitlines()[-1].startswith("http://127.0.0.1:")
        assert not before or list_processes(copy.root) == before
        assert copy.done("-m", "scripts", "stop") == "stopped\n"
        assert not list_processes(copy.root)


@pytest.mark.at_length
@pytest.mark.parametrize("command", ["passes a=annotations/gold", "roundtrip annotations/gold out"])
def test_an_interrupted_temporary_server_goes(copy: ProjectCopy, command: str) -> None:
    for turn, delay in enumerate([0.5, 1, 2, 4, 8, 16, 30, 40]):
        interrupt(copy, command, SIGNALS[turn % 3], delay, 1 + turn % 2)
        assert not list_processes(copy.root), (command, delay)
        assert not list((copy.root / "tmp").iterdir()), (command, delay)
