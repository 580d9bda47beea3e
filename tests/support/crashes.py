"""Kill a command at any step by which it changes files.

:func:`try_crashes` runs a command again and again in a process of its own, which kills itself (SIGKILL) at its n-th
step: before it, after it, or when half of a write is written. Steps are opening a file to write, writing, flushing to
the disk, renaming, exchanging, linking, removing, creating a folder, and changing length or permissions; and in a fork
of :mod:`tests.support.forks` also each request to a server: before it is sent, when it is sent, after the answer.
"""

from __future__ import annotations

import builtins
import io
import os
import re
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.effort import AT_LENGTH, spread

ROOT = Path(__file__).parents[2]
MOMENTS = ("before", "during", "after")
# Calls of the module os that change files; file objects are looked after in _CountingFile.
CALLS = (
    "replace", "rename", "link", "symlink", "unlink", "remove", "rmdir", "mkdir", "fsync", "ftruncate", "truncate",
    "fchmod", "chmod", "fchown", "write", "pwrite",
)  # fmt: skip
REQUEST = "request:"  # how the names of steps that are requests begin
_SAMPLE = 6  # how many kills of a command make test tries; make test-all tries all


@dataclass(frozen=True)
class Crash:
    """One run that was killed: at which step and at which moment of it."""

    number: int
    moment: str


def run_counted(
    module: str, arguments: Sequence[str], crash: Crash | None = None, two_renames: bool = False, **options: Any
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run ``python -m MODULE ARGUMENTS``; return how it ended, and its steps by name.

    Args:
        module: ``vostochny`` or ``scripts``.
        arguments: its arguments.
        crash: where it is to kill itself; None lets it end.
        two_renames: whether the system is to have no call that exchanges folders.
        options: those of ``subprocess.run``; both streams are captured.
    """
    read, write = os.pipe()
    options = _make_options(options) | {"capture_output": True, "pass_fds": [write]}
    done = subprocess.run(_make_command(module, arguments, crash, two_renames, write), **options)
    os.close(write)
    with os.fdopen(read) as file:
        return done, file.read().split()


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code and its standard error."""

    code: int
    errors: str


def run_beside(first: Sequence[str], second: Sequence[str], number: int, **options: Any) -> tuple[Ended, Ended]:
    """Start a command that stops itself (SIGSTOP) before its n-th step, run another one meanwhile, let the first go on.

    The first goes on when the second has ended or waits for a lock. Both are a module with its arguments, as in
    :func:`run_counted`; ``options`` are those of ``subprocess.Popen``.
    """
    options = _make_options(options) | {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    command = _make_command(first[0], first[1:], Crash(number, "stopped"), False, -1)
    with subprocess.Popen(command, **options) as one:
        try:
            _, status = os.waitpid(one.pid, os.WUNTRACED)
            assert os.WIFSTOPPED(status), (first, number, status)
            with subprocess.Popen([sys.executable, "-m", *second], **options) as two:
                while two.poll() is None and not _waits_for_lock(two.pid):
                    time.sleep(0.02)
                one.send_signal(signal.SIGCONT)
                errors = [process.communicate()[1] for process in (one, two)]
        except BaseException:
            one.kill()
            raise
    return Ended(one.returncode, errors[0]), Ended(two.returncode, errors[1])


def _waits_for_lock(pid: int) -> bool:
    """Return whether a process waits until another one unlocks a file."""
    lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    return any(words[1] == "->" and words[5] == str(pid) for words in map(str.split, lines))


def _make_command(
    module: str, arguments: Sequence[str], crash: Crash | None, two_renames: bool, report: int
) -> list[str]:
    plan = f"{crash.number if crash else 0}:{crash.moment if crash else ''}:{int(two_renames)}:{report}"
    return [sys.executable, "-m", "tests.support.crashes", plan, module, *arguments]


def _make_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return options of a process in which the package of the folder that it runs in comes first."""
    options = {"text": True, "cwd": ROOT, "env": os.environ} | options
    places = [Path(options["cwd"]) / "benchmark", ROOT, ROOT / "benchmark", options["env"].get("PYTHONPATH", "")]
    return options | {"env": {**options["env"], "PYTHONPATH": os.pathsep.join(map(str, places))}}


def try_crashes(
    module: str,
    arguments: Sequence[str],
    prepare: Callable[[], object],
    two_renames: bool = False,
    sample: int = _SAMPLE,
    **options: Any,
) -> Iterator[Crash]:
    """Kill a command at each step (in make test, at some); yield each crash, for the test to look at the files.

    Args:
        module: ``vostochny`` or ``scripts``.
        arguments: its arguments.
        prepare: called before each run; puts all files into the state before the command.
        two_renames: as in run_counted.
        sample: how many steps make test tries; spread over all.
        options: those of ``subprocess.run``.
    """
    prepare()
    done, steps = run_counted(module, arguments, None, two_renames, **options)
    assert done.returncode in (0, 1), done.stderr
    assert steps, "the command changes no file"
    for crash in choose_crashes(steps, sample):
        prepare()
        done, _ = run_counted(module, arguments, crash, two_renames, **options)
        assert done.returncode == -signal.SIGKILL, (crash, done.returncode, done.stderr)
        yield crash


def choose_crashes(steps: Sequence[str], sample: int = _SAMPLE, longest: int = 10_000) -> list[Crash]:
    """Return where a command of these steps is to be killed: ``sample`` places of all, in make test-all ``longest``."""
    return spread(list_crashes(steps), longest if AT_LENGTH else sample)


def list_crashes(steps: Sequence[str]) -> list[Crash]:
    """Return everywhere where a command of these steps can be killed."""
    return [
        Crash(number, moment)
        for number, step in enumerate(steps, 1)
        for moment in MOMENTS
        if moment != "during" or step in ("write", "pwrite") or step.startswith(REQUEST)
    ]


class Counter:
    """Counts steps in the process that is to crash, and kills it."""

    def __init__(self, plan: str):
        number, self.moment, two_renames, report = plan.split(":")
        self.number, self.two_renames, self.report = int(number), two_renames == "1", int(report)
        self.count, self.write, self.pid = 0, os.write, os.getpid()
        self.open = io.open

    def take(self, name: str, act: Callable[[], Any], half: Callable[[], object] = lambda: None) -> Any:
        """Execute a step, or kill the process at it."""
        if os.getpid() != self.pid:  # a worker process
            return act()
        self.count += 1
        if self.report >= 0:
            self.write(self.report, f"{name}\n".encode())
        if self.count != self.number:
            return act()
        if self.moment == "stopped":
            os.kill(os.getpid(), signal.SIGSTOP)
            return act()
        if self.moment == "during":
            half()
        try:
            if self.moment == "after":
                act()
        finally:  # also after a step that failed, whose error the command may expect
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Put the counting functions in place of the system's."""
        for name in CALLS:
            setattr(os, name, self._wrap(name, getattr(os, name)))
        builtins.open = io.open = self._open
        from vostochny.system import folders

        exchange = folders.exchange
        if self.two_renames:
            folders.exchange = lambda a, b: False
        else:
            folders.exchange = self._wrap("exchange", exchange)
        if "httpx" in sys.modules:
            self._count_requests(sys.modules["httpx"].Client)

    def _count_requests(self, client: Any) -> None:
        """Count the requests of httpx's clients; one that was sent is one whose answer nobody receives."""
        send = client.send

        def counted(self_: Any, request: Any, **named: Any) -> Any:
            def kill(event: str, _: object) -> None:
                if event == "http11.send_request_body.complete":
                    os.kill(os.getpid(), signal.SIGKILL)

            def send_only() -> None:
                request.extensions["trace"] = kill
                send(self_, request, **named)

            name = REQUEST + request.method + re.sub(r"\d+", "N", request.url.path)
            return self.take(name, lambda: send(self_, request, **named), send_only)

        client.send = counted

    def _wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            if name == "write" and arguments[0] in (1, 2, self.report):
                return function(*arguments, **named)

            def half() -> None:
                handle, data, *position = arguments
                function(handle, data[: len(data) // 2], *position)

            writes = name in ("write", "pwrite")
            return self.take(name, lambda: function(*arguments, **named), half if writes else int)

        return wrapped

    def _open(self, file: Any, mode: str = "r", buffering: int = -1, *more: Any, **named: Any) -> Any:
        if not set(mode) & set("wax+") or named.get("opener") or file in (1, 2) or not named.get("closefd", True):
            return self.open(file, mode, buffering, *more, **named)
        counter = self

        class CountingFile(io.FileIO):
            def write(self, data: Any) -> int:
                data = bytes(data)
                return int(
                    counter.take(
                        "write",
                        lambda: io.FileIO.write(self, data),
                        lambda: io.FileIO.write(self, data[: len(data) // 2]),
                    )
                )

        plain = mode.replace("b", "").replace("t", "")
        raw = counter.take("open", lambda: CountingFile(file, plain))
        if buffering == 0:
            return raw
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        if "b" in mode:
            return buffered
        encoding, errors, newline = [*more, *[None] * 3][:3]
        return io.TextIOWrapper(
            buffered, named.get("encoding", encoding), named.get("errors", errors), named.get("newline", newline)
        )


if __name__ == "__main__":
    Counter(sys.argv[1]).install()
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
