"""Keep a command alive whatever an extractor does: raise anything, return anything, take over the standard streams.

An extractor is a stranger's code in our process. Only a real interruption by the user passes through.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from itertools import islice
from types import TracebackType
from typing import TextIO

from vostochny.system import console, interruption

MAX_MESSAGE_CHARACTERS = 4000
MAX_NOTES = 100


def is_interruption(error: BaseException) -> bool:
    """Return whether an exception means that the user ends the command."""
    # Not isinstance, which believes an exception that lies about its class.
    return issubclass(type(error), KeyboardInterrupt) or interruption.was_interrupted()


def raise_interruption() -> None:
    """Raise KeyboardInterrupt if a signal has asked the process to end, and an extractor has swallowed that."""
    if interruption.was_interrupted():
        raise KeyboardInterrupt


def describe(error: BaseException) -> str:
    """Return the class and the message of an exception, also of one whose message cannot be had."""
    name: str = type.__dict__["__name__"].__get__(type(error))  # past a metaclass with a name of its own
    try:
        return f"{name}: {error}"[:MAX_MESSAGE_CHARACTERS]
    except BaseException as another:
        if is_interruption(another):
            raise
        return f"{name}, whose message cannot be printed"


def describe_traceback(error: BaseException) -> str:
    """Return the traceback of an exception; empty for one that cannot be printed."""
    try:
        return "".join(traceback.format_exception(error))
    except BaseException as another:
        if is_interruption(another):
            raise
        return ""


def read_notes(extractor: object) -> list[str]:
    """Return the lines that an extractor wants printed: its ``notes``, which should be a list of strings."""
    try:
        notes = getattr(extractor, "notes", None)
        if notes is None:
            return []
        if isinstance(notes, str) or not hasattr(notes, "__iter__"):
            notes = [notes]
        return [f"{note}" for note in islice(notes, MAX_NOTES)]
    except BaseException as error:
        if is_interruption(error):
            raise
        return [f"the extractor's notes cannot be read: {describe(error)}"]


class StreamGuard:
    """Keeps standard output for the predictions: whatever else is written there goes to standard error.

    This holds for ``print``, ``sys.__stdout__``, file descriptor 1, child processes and C libraries alike. Use it as a
    context manager around everything that the extractor executes.

    Attributes:
        output: A stream to the real standard output; None where that is closed.
    """

    output: TextIO | None

    def __enter__(self) -> StreamGuard:
        self._streams = (sys.stdout, sys.stderr)
        self._recursion_limit = sys.getrecursionlimit()
        self._copies: dict[int, int] = {}  # file descriptor → a private copy of what it is while the guard is on
        self.output = None if sys.stdout is None or sys.stdout.closed else sys.stdout
        if self.output is not None:
            self.output.flush()
        with contextlib.suppress(OSError, ValueError, AttributeError):  # streams without file descriptors stand in
            self._redirect()
        self.restore()
        return self

    def _redirect(self) -> None:
        real, error = sys.stdout.fileno(), sys.stderr.fileno()
        self._real, self._copy = real, os.dup(real)
        self._copies = {number: os.dup(error) for number in (real, error)}
        self._identity = os.fstat(error)
        encoding = sys.stdout.encoding
        self.output = open(self._copy, "w", encoding=encoding, newline="\n", closefd=False)  # noqa: SIM115

    def restore(self) -> None:
        """Undo what an extractor may have done to the streams and to Python: closed, replaced or changed them."""
        sys.setrecursionlimit(self._recursion_limit)
        for number, copy in self._copies.items():
            with contextlib.suppress(OSError):
                # Not if the extractor has closed the copy, and its number now names another file.
                if os.path.samestat(os.fstat(copy), self._identity):
                    os.dup2(copy, number)
        stderr = self._streams[1]
        if stderr is not None and stderr.closed and self._copies:
            stderr = _open_guarded(2)
            self._streams = (self._streams[0], stderr)
        sys.stderr = stderr
        # A stream of its own, so that an extractor that closes it does not close standard error.
        sys.stdout = _open_guarded(self._real) if self._copies else stderr

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.restore()
        sys.stdout, sys.stderr = self._streams
        # In a process of our own nothing but the predictions is for standard output, and what the extractor has
        # registered for the end of the process, or does in a thread, may still print.
        if self._copies and not interruption.owns_process():
            os.dup2(self._copy, self._real)
        for copy in (*self._copies.values(), *([self._copy] if self._copies else [])):
            with contextlib.suppress(OSError):
                os.close(copy)


def _open_guarded(handle: int) -> TextIO:
    """Return a stream to standard error, whose number is ``handle``, for what an extractor prints."""
    stream = open(handle, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    console.guard_stream(stream)
    return stream
