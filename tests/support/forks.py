"""Run commands of a copy of the project in forks of one process that has imported everything.

Importing takes most of a short command's time, and kills and signals are tried by the hundred. A fork is a process of
its own like any other.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support import crashes

# What the commands that speak with Label Studio import when they are called.
_IMPORTS = (
    "scripts.annotating.commands.push", "scripts.annotating.commands.update", "scripts.annotating.commands.status",
    "scripts.annotating.prediction_tasks", "scripts.build.artefacts", "scripts.history.differences",
    "scripts.rules.validate", "scripts.rules.folder", "vostochny.system.console",
)  # fmt: skip


class Forks:
    """A process that forks for each command; a context manager.

    Args:
        root: the copy of the project, in which it runs.
        env: variables of the environment in addition to this process's.
    """

    def __init__(self, root: Path, env: Mapping[str, str]):
        places = [root / "benchmark", crashes.ROOT]
        env = {**os.environ, **env, "PYTHONPATH": os.pathsep.join(map(str, places))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forks"],
            cwd=root, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._files = [tempfile.NamedTemporaryFile("r", encoding="utf-8") for _ in range(3)]  # noqa: SIM115

    def __enter__(self) -> Forks:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            assert self._process.stdin
            self._process.stdin.close()
        for file in self._files:
            file.close()

    def start(
        self,
        module: str,
        arguments: Sequence[str],
        crash: crashes.Crash | None = None,
        env: Mapping[str, str] | None = None,
    ) -> int:
        """Start ``python -m MODULE ARGUMENTS`` and return its process id; :meth:`wait` must follow."""
        for file in self._files:
            os.truncate(file.name, 0)
            file.seek(0)
        plan = [crash.number if crash else 0, crash.moment if crash else ""]
        self._write([plan, [module, *arguments], [file.name for file in self._files], dict(env or {})])
        return self._read()

    def wait(self) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        """Return how the command ended, and its steps by name."""
        code = self._read()
        output, errors, steps = (file.read() for file in self._files)
        return subprocess.CompletedProcess([], code, output, errors), steps.split()

    def run_counted(
        self,
        module: str,
        arguments: Sequence[str],
        crash: crashes.Crash | None = None,
        env: Mapping[str, str] | None = None,
    ) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        """Run a command as :func:`crashes.run_counted` does."""
        self.start(module, arguments, crash, env)
        return self.wait()

    def _write(self, value: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(value) + "\n")
        self._process.stdin.flush()

    def _read(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())


def _serve() -> None:
    for name in _IMPORTS:
        __import__(name)
    from scripts.annotating.server import connect

    # The SDK imports each of its parts when it is first used.
    client = connect("http://127.0.0.1:1", "0" * 40)
    for part in ("projects", "users", "tasks", "annotations", "predictions", "views", "versions"):
        getattr(client, part)
    assert client.projects.exports
    for line in sys.stdin:
        plan, arguments, files, env = json.loads(line)
        pid = os.fork()
        if not pid:
            _become(plan, arguments, files, env)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(plan: Sequence[Any], arguments: Sequence[str], files: Sequence[str], env: Mapping[str, str]) -> None:
    """Become the command; never return."""
    os.environ.update(env)
    # A run of tests in the background may ignore these, and a command leaves them ignored then.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    for number, name in enumerate((os.devnull, *files[:2])):
        handle = os.open(name, os.O_RDWR | os.O_APPEND)
        os.dup2(handle, number)
        os.close(handle)
    report = os.open(files[2], os.O_WRONLY | os.O_APPEND)
    crashes.Counter(f"{plan[0]}:{plan[1]}:0:{report}").install()
    sys.argv = list(arguments)
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    _serve()
