"""Child processes that end with the command, together with everything that they have started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any

from vostochny.system import interruption


def run(
    command: Sequence[str],
    input: str | bytes | None = None,
    capture_output: bool = False,
    check: bool = False,
    patience: float = 10,
    **options: Any,
) -> subprocess.CompletedProcess[Any]:
    """Run a program in a session of its own and return how it ended; a signal to this process ends its whole group.

    So the program has no terminal, and a Ctrl-C is answered by this process alone. Raises OSError where it cannot be
    started.

    Args:
        command: the program and its arguments.
        input: what it reads on standard input; None: it inherits this process's.
        capture_output: return what it prints instead of printing it.
        check: raise CalledProcessError where its exit code is not 0.
        patience: seconds that it has to clean up after a signal.
        options: those of ``subprocess.Popen``.
    """
    if input is not None:
        options["stdin"] = subprocess.PIPE
    if capture_output:
        options |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # In a session of its own it never gets the terminal's SIGINT, and may need that signal itself (a run of tests).
    with interruption.hold_signals(shield_children=False):
        process = subprocess.Popen(command, start_new_session=True, **options)
        take_back = interruption.register_clean_up(lambda: end_group(process.pid, patience=patience))
    try:
        output, errors = process.communicate(input)
    except BaseException:
        end_group(process.pid, patience=patience)
        process.wait()
        raise
    finally:
        take_back()
    if check and process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output, errors)
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def end_group(pid: int, has_ended: Callable[[], bool] | None = None, patience: float = 10) -> None:
    """Ask the process group of ``pid`` to end, and kill it after ``patience`` seconds.

    ``has_ended`` tells whether it has ended; None is for a child of this process.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if has_ended() if has_ended else _has_child_ended(pid):
                return
            time.sleep(0.05)


def _has_child_ended(pid: int) -> bool:
    # Not Popen.poll: in a signal handler that interrupts Popen.wait, it always says that the process runs.
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # it has ended and was waited for
        return True
