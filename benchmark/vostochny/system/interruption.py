"""Run a command so that an interruption ends it cleanly: one line on standard error, no traceback, nothing left behind.

The first SIGINT, SIGTERM or SIGHUP prints the line, silences standard error, and raises :class:`Interruption` in the
main thread, so that every ``finally`` is executed. A second one ends the process at once. In both cases the actions
registered by :func:`register_clean_up` are executed: they end child processes and remove temporary files.

Until :func:`run_program` has installed its handlers, Python answers a signal with a traceback. So this module imports
only what the interpreter has loaded at its start, or what is built into it.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import sys

TYPE_CHECKING = False
if not TYPE_CHECKING:
    import _signal as signal  # what the module signal is made of; that one also imports enum
else:
    import signal
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any

SIGNAL_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
_MAX_HELD_SIGNALS = 2  # a third one ends the process, whatever it is doing

_clean_ups: dict[int, Callable[[], object]] = {}
_received: list[int] = []  # the numbers of the signals that have come, in order
_announcement = ["interrupted"]
_running: list[str] = []  # the program that run_program runs
_announced: list[None] = []  # not empty once the line is written
_over: list[None] = []  # not empty once the command has ended
_holds: list[None] = []  # one for each `with hold_signals()` around the code that runs


class Interruption(KeyboardInterrupt):
    """A signal that asks the process to end; ``number`` is the signal's."""

    def __init__(self, number: int):
        super().__init__(number)
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

    The action may be executed in the middle of any other code, and again where a signal interrupts it. It must not
    raise what it can avoid; what it raises is ignored. Take it back only after the regular clean-up, which may be
    interrupted too.
    """
    key = id(action)
    _clean_ups[key] = action

    def take_back() -> None:
        _clean_ups.pop(key, None)

    return take_back


@contextlib.contextmanager
def hold_signals(shield_children: bool = True) -> Iterator[None]:
    """Let a signal wait until the ``with`` block ends, so that nothing is created in it without its clean-up.

    Processes started in the block never receive SIGINT: a terminal sends it to the whole process group, and only the
    command itself may answer it. ``shield_children`` False is for processes that are started in a session of their own.
    """
    mask = getattr(signal, "pthread_sigmask", None) if shield_children else None  # not on Windows
    # Another thread may still receive the signal for the process; then the handler leaves it for the end of the block.
    _holds.append(None)
    blocked = mask(signal.SIG_BLOCK, [signal.SIGINT]) if mask else None
    try:
        yield
    finally:
        _holds.pop()
        if mask:
            mask(signal.SIG_SETMASK, blocked)
    if _received and not _holds:
        raise Interruption(_received[0])


def run_program(main: Callable[[], int], program: str) -> int:
    """Run a command with the handlers of signals installed; return its exit code, 128 + number after a signal.

    Only the main function of a process calls this: a library must leave the signals of its caller alone.
    """
    _running.append(program)
    try:
        _install()
        return _run(main, program)
    except Interruption:  # it came while another error was handled
        return _finish()


def _run(main: Callable[[], int], program: str) -> int:
    """Run a command; return its exit code, or 128 + number after a signal."""
    try:
        from vostochny.system import console

        console.repair_streams()
        code = main()
        console.flush()
        return _finish() if was_interrupted() else code
    except BaseException as error:
        if was_interrupted():
            return _finish()
        from vostochny.errors import InputError

        if not isinstance(error, Exception):
            raise
        if not isinstance(error, (InputError, OSError)):
            import traceback

            # Not left to the interpreter, which does not print it through the guarded stream everywhere.
            traceback.print_exception(error)
            return 1
        console.discard_output()
        if isinstance(error, BrokenPipeError):
            return 0  # the reader has closed its end (`vostochny show 003 | head`); that is not an error
        console.print_error(error if isinstance(error, InputError) else f"{program}: {console.explain(error)}")
        return 2
    finally:
        _run_clean_ups()
        # While Python shuts down an exception could only be reported, not handled: from here a signal ends the process.
        _over.append(None)


def _install() -> None:
    """Install the handler of each signal, unless the parent process has asked us to ignore it (nohup, ``&``)."""
    import atexit

    for name in SIGNAL_NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _handle)
    # Runs after all others. What is left then takes milliseconds, and no handler is called any more.
    atexit.register(_ignore_signals)
    sys.unraisablehook = _report_ignored
    # Where threading takes its hook from; that module is slow to import, and --help needs none of it.
    _thread._excepthook = _report_ignored
    if "threading" in sys.modules:
        sys.modules["threading"].excepthook = _report_ignored  # type: ignore[attr-defined]


def _report_ignored(failure: Any) -> None:
    """Print the exception of a destructor or a thread, which nobody can handle, in a line."""
    error = failure.exc_value
    if isinstance(error, Interruption):
        _end_now()
    # How a thread may end; and where memory is short, the command ends with a line that says so.
    if issubclass(failure.exc_type, SystemExit | MemoryError):
        return
    from vostochny.system import console

    try:
        words = f"{failure.exc_type.__name__}: {error}"
    except Exception:
        words = failure.exc_type.__name__
    words = words.replace("\n", "\\n")
    console.print_error(f"{_running[0]}: an error in the background was ignored: {words}")


def _ignore_signals() -> None:
    for name in SIGNAL_NAMES:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def _handle(number: int, frame: FrameType | None) -> None:
    # Decided before the append: were it the length after it, a second signal between the two would leave neither first.
    is_first = not _received
    _received.append(number)
    if is_first:
        _announce()
        _announced.append(None)
    elif not _announced:
        return  # at once after the first one, whose handler goes on now
    if _holds and len(_received) <= _MAX_HELD_SIGNALS:
        return
    if len(_received) > 1 or _over:
        _end_now()
    raise Interruption(number)


def _announce() -> None:
    """Write the line of the interruption, and send nowhere what is written to standard error after it.

    Libraries and threads report errors when the command is broken off; they are none.
    """
    line = f"{_running[0]}: {_announcement[0]}\n"
    console = sys.modules.get("vostochny.system.console")
    shown = console.status_columns[0] if console else 0
    with contextlib.suppress(OSError):
        # A terminal shows ^C where the cursor stands: behind a status line, which is removed with it.
        begin = f"\r{' ' * (shown + 2)}\r" if shown else "\r\n" if os.isatty(2) else ""
        os.write(2, f"{begin}{line}".encode("utf-8", "backslashreplace"))
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)


def _finish() -> int:
    """Clean up after an interruption and return the exit code."""
    from vostochny.system import console

    _run_clean_ups()
    console.discard_output()
    return 128 + _received[0]


def _end_now() -> None:
    """End the process without returning to the code that was interrupted."""
    _ignore_signals()
    _run_clean_ups()
    os._exit(128 + _received[0])


def _run_clean_ups() -> None:
    for key in reversed(list(_clean_ups)):
        action = _clean_ups.get(key)
        if action is not None:
            # Nobody is left to handle an exception, and the next action must still be executed.
            with contextlib.suppress(Exception):
                action()
            _clean_ups.pop(key, None)
