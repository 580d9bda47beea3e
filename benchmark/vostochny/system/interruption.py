"""Run a command so that an interruption ends it cleanly: one line on standard error, no traceback, nothing left behind.

The first SIGINT, SIGTERM or SIGHUP raises :class:`Interruption` in the main thread, so that every ``finally`` is
executed. A second one ends the process at once. In both cases the actions registered by :func:`register_clean_up` are
executed: they end child processes and remove temporary files.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

SIGNAL_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")

_clean_ups: dict[int, Callable[[], object]] = {}
_received: list[int] = []  # the numbers of the signals that have come, in order
_announcement = ["interrupted"]
_running: list[str] = []  # the program that run_program runs


class Interruption(KeyboardInterrupt):
    """A signal that asks the process to end; ``number`` is the signal's."""

    def __init__(self, number: int):
        super().__init__(signal.Signals(number).name)
        self.number = number


def was_interrupted() -> bool:
    """Return whether a signal has asked this process to end.

    A library may turn the exception into one of its own, so an unexpected exception is judged by this.
    """
    return bool(_received)


def owns_process() -> bool:
    """Return whether this process is a command of ours, as opposed to a program that calls the command's function."""
    return bool(_running)


def set_advice(advice: str) -> None:
    """Set what the line of an interruption says after "interrupted", such as how to continue; empty for nothing."""
    _announcement[0] = f"interrupted; {advice}" if advice else "interrupted"


def register_clean_up(action: Callable[[], object]) -> Callable[[], None]:
    """Register an action to be executed if the process is interrupted; return the function that takes it back.

    The action may be executed in the middle of any other code and must not raise what it can avoid; what it raises is
    ignored. It is executed once.
    """
    key = id(action)
    _clean_ups[key] = action

    def take_back() -> None:
        _clean_ups.pop(key, None)

    return take_back


def run_program(main: Callable[[], int], program: str) -> int:
    """Run a command with the handlers of signals installed; return its exit code, 128 + number after a signal.

    Only the main function of a process calls this: a library must leave the signals of its caller alone.
    """
    from vostochny.system import console

    console.repair_streams()
    _running.append(program)
    _install()
    try:
        code = main()
        console.flush()
        return code
    except BrokenPipeError:
        # The reader has closed its end (`vostochny show 003 | head`); that is not an error.
        console.discard_output()
        return 0
    except OSError as error:
        if was_interrupted():
            return _finish(program)
        console.discard_output()
        console.print_error(f"{program}: {console.explain(error)}")
        return 2
    except BaseException:
        if not was_interrupted():
            raise
        return _finish(program)
    finally:
        _run_clean_ups()
        # While Python shuts down an exception could only be reported, not handled: from here a signal ends the process.
        _received.append(_received[0] if _received else signal.SIGINT)


def _install() -> None:
    """Install the handler of each signal, unless the parent process has asked us to ignore it (nohup, ``&``)."""
    for name in SIGNAL_NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _handle)
    default_hook = sys.unraisablehook

    def report(unraisable: Any) -> None:
        if isinstance(unraisable.exc_value, Interruption):
            # It came while Python ran a destructor, which swallows exceptions.
            _end_now(unraisable.exc_value.number)
        default_hook(unraisable)

    sys.unraisablehook = report


def _handle(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    if len(_received) > 1:
        _end_now(number)
    raise Interruption(number)


def _finish(program: str) -> int:
    """Print the line of an interruption and return the exit code."""
    from vostochny.system import console

    _run_clean_ups()
    console.discard_output()
    console.print_error(f"{program}: {_announcement[0]}")
    _announcement[0] = ""
    return 128 + _received[0]


def _end_now(number: int) -> None:
    """End the process without returning to the code that was interrupted."""
    _run_clean_ups()
    if _announcement[0]:
        os.write(2, f"\nvostochny: {_announcement[0]}\n".encode("ascii", "backslashreplace"))
    os._exit(128 + number)


def _run_clean_ups() -> None:
    while _clean_ups:
        _, action = _clean_ups.popitem()
        try:
            action()
        except Exception:  # nobody is left to handle it, and the next action must still be executed
            continue
