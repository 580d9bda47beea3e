"""A signal ends every command with one line, and leaves no process and no temporary file behind.

The signals are sent at moments spread over the run. A command that ends before its signal is right as well, so no test
depends on the speed of the machine.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from scripts.files import ROOT
from tests.support.effort import AT_LENGTH
from vostochny.scoring import systems

PREDICTIONS = str(ROOT / "benchmark" / "baselines" / "lookup" / "predictions.jsonl")
MOMENTS = [0.2 + 0.1 * k for k in range(20)] if AT_LENGTH else [0.25, 0.6]
PAUSES = [None, 0.001, 0.1] if AT_LENGTH else [None, 0.001]  # before the second signal
COMMANDS = {
    "score": ("vostochny", "score", PREDICTIONS),
    "compare": ("vostochny", "compare", PREDICTIONS, PREDICTIONS),
    "show": ("vostochny", "show", "003"),
    "convert": ("vostochny", "convert", PREDICTIONS, "converted.conll"),
    "validate": ("vostochny", "validate", PREDICTIONS),
    "schema": ("vostochny", "schema"),
    "scripts validate": ("scripts", "validate"),
    "scripts build": ("scripts", "build", "--check"),
    "scripts diff": ("scripts", "diff", "HEAD"),
    "scripts notation": ("scripts", "notation", "--help"),
}


class Run:
    """A command that is running in a session of its own, with a folder of its own for temporary files."""

    def __init__(self, folder: Path, *arguments: str):
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.errors = folder / "errors"
        path = f"{ROOT / 'benchmark'}{os.pathsep}{ROOT}"
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=errors, env={**os.environ, "TMPDIR": str(self.temporary), "PYTHONPATH": path},
                start_new_session=True,
            )  # fmt: skip

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        while self.process.poll() is None and not is_so():
            time.sleep(0.01)

    def send(self, number: int) -> None:
        """Send a signal to the process group, as a terminal does; nothing if the command has ended."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def check_end(self, number: int, may_finish: bool = True) -> None:
        """Wait for the end; check exit code, messages and what is left."""
        code = self.process.wait()
        lines = self.errors.read_text(encoding="utf-8").splitlines()
        if may_finish and code in (0, 1):
            return  # it ended before the signal
        assert code == 128 + number, lines
        assert [x for x in lines if ": interrupted" in x] == lines[-1:]
        assert not any("Traceback" in x or "Error" in x or "Exception" in x for x in lines)
        assert not os.listdir(self.temporary)
        deadline = time.monotonic() + 60  # only to end a test that fails
        while (rest := list_processes(self.temporary)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not rest


def list_processes(temporary: Path) -> list[str]:
    """Return the command lines of the processes that have inherited the environment of a run."""
    return list(find_processes(temporary).values())


def find_processes(temporary: Path) -> dict[int, str]:
    """Return the command lines of those processes by their number."""
    mark = f"TMPDIR={temporary}\0".encode()
    out = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes():
                out[int(folder.name)] = (folder / "cmdline").read_text()
        except OSError:
            continue
    return out


@pytest.mark.parametrize("name", COMMANDS)
def test_a_signal_ends_every_command_with_one_line(name: str, tmp_path: Path) -> None:
    for k, moment in enumerate(MOMENTS):
        for pause in PAUSES:
            number = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[k % 3]
            folder = tmp_path / f"{moment}-{pause}"
            folder.mkdir()
            run = Run(folder, *COMMANDS[name])
            time.sleep(moment)
            # Before that nothing of ours is loaded, and Python itself answers.
            run.wait_until(lambda pid=run.process.pid: handles_signals(pid))
            run.send(number)
            if pause is not None:
                time.sleep(pause)
                run.send(number)
            run.check_end(number)


def handles_signals(pid: int) -> bool:
    """Return whether a process has a handler of SIGTERM, which Python has not by itself."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)


@pytest.fixture(scope="module")
def large_input(tmp_path_factory: pytest.TempPathFactory) -> Sequence[str]:
    """Return the arguments that score an input which is large enough for several processes."""
    from tests.support.generated_news import generate_corpus, write_files

    folder = tmp_path_factory.mktemp("large")
    gold, predicted = generate_corpus(1500)
    for file in map(Path, write_files(folder, "gold", gold, 4)):
        file.write_text(
            "".join(f"{x}{' ' * 7000}\n" for x in file.read_text().splitlines())
        )  # more bytes, same content
    write_files(folder, "predicted", predicted, 4)
    return ["score", str(folder / "predicted-*"), "--gold", str(folder / "gold-*")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("engine", ["local", "dask"])
def test_workers_end_with_the_command(number: int, engine: str, large_input: Sequence[str], tmp_path: Path) -> None:
    run = Run(tmp_path, "vostochny", *large_input, "--workers", "2", "--engine", engine)
    run.wait_until(lambda: len(list_processes(run.temporary)) >= 4)  # the command, the resource tracker, two workers
    assert run.process.poll() is None, run.errors.read_text()
    run.send(number) if number != signal.SIGKILL else run.process.kill()
    if number != signal.SIGKILL:
        run.check_end(number, may_finish=False)
    else:
        run.process.wait()
        deadline = time.monotonic() + 60
        while list_processes(run.temporary) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not list_processes(run.temporary)


@pytest.mark.parametrize(
    ("command", "program"),
    [(("test-all", "--suite", "server and browser"), "-m\0pytest"), (("speed", "--quick"), "-m\0vostochny")],
    ids=["test-all", "speed"],
)
def test_programs_that_a_script_runs_end_with_it(command: tuple[str, ...], program: str, tmp_path: Path) -> None:
    for to_group in (False, True):
        folder = tmp_path / str(to_group)
        folder.mkdir()
        run = Run(folder, "scripts", *command)

        def runs_program(temporary: Path = run.temporary) -> bool:
            return any(program in line and handles_signals(pid) for pid, line in find_processes(temporary).items())

        run.wait_until(runs_program)
        assert run.process.poll() is None, run.errors.read_text()
        for _ in range(2):  # the second one ends the command at once, in the middle of its wait for the program
            run.send(signal.SIGTERM) if to_group else run.process.terminate()
            time.sleep(0.001)
        run.check_end(signal.SIGTERM, may_finish=False)
        assert run.errors.read_text(encoding="utf-8") == "scripts: interrupted\n"


# Sends the signal directly after a program is started, or a file or folder is created.
SIGNAL_AT_CREATION = """
import os, runpy, signal, subprocess, sys
def then_signal(call):
    def called(*arguments, **options):
        done = call(*arguments, **options)
        if not sent and (call is popen or "vostochny-" in str(arguments[0])):
            sent.append(call)
            os.kill(os.getpid(), signal.SIGTERM)
        return done
    return called
sent, popen = [], subprocess.Popen.__init__
os.open, os.mkdir, subprocess.Popen.__init__ = map(then_signal, (os.open, os.mkdir, popen))
sys.argv[1:] = sys.argv[2:]
runpy.run_module("vostochny", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("convert", PREDICTIONS, "x.jsonl"), ("convert", PREDICTIONS, "x", "--format-out", "brat"),
        ("score", PREDICTIONS, "--gold", "-"), ("run", "command", "sleep 600; true", "-o", "-"),
    ],
)  # fmt: skip
def test_a_signal_at_the_creation_leaves_nothing(
    arguments: Sequence[str], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT / "benchmark")}
    gold = tmp_path_factory.mktemp("gold") / "gold.jsonl"
    content = (ROOT / "benchmark" / "vostochny" / "data" / "gold.jsonl").read_bytes()
    gold.write_bytes(content * (1 + systems.MAX_GOLD_BYTES_IN_MEMORY // len(content)))  # a smaller one is held
    with gold.open("rb") as stdin:
        done = subprocess.run(
            [sys.executable, "-c", SIGNAL_AT_CREATION, "", *arguments], cwd=tmp_path, env=environment,
            stdin=stdin, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (143, "vostochny: interrupted\n")
    assert [x.name for x in tmp_path.iterdir()] == ["temporary"]
    assert not os.listdir(temporary)
    assert not list_processes(temporary)


def test_an_ignored_signal_stays_ignored(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); os.execv(sys.executable, sys.argv[1:])"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code, sys.executable, "-m", "vostochny", "score", PREDICTIONS], stdout=subprocess.DEVNULL
    )
    while run.poll() is None:
        os.kill(run.pid, signal.SIGHUP) if handles_signals(run.pid) else None
        time.sleep(0.05)
    assert run.returncode == 0
