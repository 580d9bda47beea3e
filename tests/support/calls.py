"""Run many commands of the scripts in one process, in a copy of the project, each on files that are wrong.

``python -m tests.support.calls`` reads a pickled list of cases from standard input and writes what happened.
"""

from __future__ import annotations

import contextlib
import pickle
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import call_main, run_python

SECONDS = 60  # that a command may wait for something


@dataclass(frozen=True)
class Case:
    """Files that are replaced (None: removed), and command lines that are run with them."""

    name: str
    files: dict[str, bytes | None]
    commands: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What a command line did: its exit code (None: it raised) and everything it printed."""

    case: str
    command: str
    code: int | None
    printed: str
    errors: str
    seconds: float

    @property
    def is_clean(self) -> bool:
        """Whether it ended with an exit code that it may have and said why, if it was not content."""
        explained = self.code != 2 or bool((self.printed + self.errors).strip())
        lines = self.errors.splitlines()
        return (
            self.code in (0, 1, 2) and explained and "Traceback" not in self.errors and all(map(str.isprintable, lines))
        )


def run_cases(root: Path, cases: Sequence[Case]) -> list[Outcome]:
    """Run cases in a copy of the project, in a process of its own."""
    from scripts.files import ROOT

    path = f"{root}:{root / 'benchmark'}:{ROOT}"
    done = run_python(
        "-m", "tests.support.calls", cwd=root, env={**_environment(), "PYTHONPATH": path},
        input=pickle.dumps(list(cases)), text=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    outcomes: list[Outcome] = pickle.loads(done.stdout)
    return outcomes


def _environment() -> dict[str, str]:
    import os

    return dict(os.environ)


def _run(case: Case) -> list[Outcome]:
    before = {path: Path(path).read_bytes() if Path(path).is_file() else None for path in case.files}
    outcomes = []
    for command in case.commands:
        for path, content in case.files.items():
            _write(Path(path), content)
        signal.alarm(SECONDS)
        began = time.process_time()
        try:
            from scripts.__main__ import main

            code, printed, errors = call_main(main, command.split(" "))
            outcomes.append(Outcome(case.name, command, code, printed, errors, time.process_time() - began))
        except BaseException as error:
            said = "".join(traceback.format_exception(error))
            outcomes.append(Outcome(case.name, command, None, "", said, time.process_time() - began))
        finally:
            signal.alarm(0)
    for path, content in before.items():
        _write(Path(path), content)
    return outcomes


def _write(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)


def _give_up(number: int, frame: object) -> None:
    raise TimeoutError("waits")


def main() -> None:
    cases = pickle.load(sys.stdin.buffer)
    signal.signal(signal.SIGALRM, _give_up)
    output = sys.stdout.buffer
    with contextlib.redirect_stdout(sys.stderr):
        outcomes = [outcome for case in cases for outcome in _run(case)]
    output.write(pickle.dumps(outcomes))


if __name__ == "__main__":
    # By its name, so that what is pickled is of the module that the test imports.
    from tests.support import calls

    calls.main()
