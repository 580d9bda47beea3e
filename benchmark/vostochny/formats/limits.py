"""What one input may take, whatever it is packed in, and how the limit is raised.

There is one number, of megabytes, from which all limits follow: a file that is read as a whole may have so many,
unpacked; a line of JSON Lines a quarter of it; what a file becomes in memory, at one time, four times as many. Formats
whose values can be told before they are made (JSON, tables, DocBin) are refused before; in others, they are counted on
the way. JSON Lines of any length are read line by line.
"""

from __future__ import annotations

import os

from vostochny.errors import InputError, Problem

VARIABLE = "VOSTOCHNY_MAX_MB"
DEFAULT_MB = 256
MAX_MB = 1 << 20
# About what Python takes, in bytes, for an object of JSON, a list, and any other value with its place in a list.
OBJECT_BYTES, LIST_BYTES, VALUE_BYTES = 200, 80, 40


def _read_limit() -> int:
    """Return the megabytes that the environment names; 0 where that is not a number of them."""
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return DEFAULT_MB
    return int(text) if text.isdecimal() and len(text) < 9 and 0 < int(text) <= MAX_MB else 0


_megabytes = _read_limit()
MAX_FILE_BYTES = (_megabytes or DEFAULT_MB) << 20  # for formats that are read as a whole
MAX_LINE_BYTES = MAX_FILE_BYTES // 4
MAX_MEMORY_BYTES = 4 * MAX_FILE_BYTES


def check_variable() -> None:
    """Raise InputError where the environment has something else than a number of megabytes."""
    if not _megabytes:
        message = f"{os.environ[VARIABLE]!r} is not a whole number of megabytes from 1 to {MAX_MB}"
        raise InputError([Problem(VARIABLE, None, None, message)])


def describe_way_out() -> str:
    """Return how every limit is raised, as the end of a message."""
    return f"{VARIABLE}={2 * (MAX_FILE_BYTES >> 20) or 1} in the environment doubles this limit"


def describe_memory_limit() -> str:
    """Return, as a message, that an input takes too much memory."""
    return f"takes more than {MAX_MEMORY_BYTES >> 20} MB of memory once it is unpacked; {describe_way_out()}"


def make_memory_error(path: str) -> InputError:
    """Return the error of an input for which this process has no memory left, although it is within the limits."""
    message = "takes more memory than this process may have; give the process more, or split the input"
    return InputError([Problem(path, None, None, message)])


class Budget:
    """Counts what one input, a file or a folder, takes in memory.

    Args:
        path: The input, for the message.
    """

    def __init__(self, path: str):
        self.path, self._left = path, MAX_MEMORY_BYTES

    def take(self, size: int) -> None:
        """Count so many more bytes. Raises InputError where they are too many."""
        self._left -= size
        if self._left < 0:
            raise InputError([Problem(self.path, None, None, describe_memory_limit())])


def estimate_json(raw: bytes) -> int:
    """Return about how many bytes of memory the values of JSON take; characters of strings may count as values."""
    return len(raw) + OBJECT_BYTES * raw.count(b"{") + LIST_BYTES * raw.count(b"[") + VALUE_BYTES * raw.count(b",")


def is_too_much_json(raw: bytes) -> bool:
    """Return whether the values of JSON take more memory than an input may."""
    # The first test tells for nearly all lines: no JSON takes more than an object for two characters.
    return OBJECT_BYTES * len(raw) > 2 * MAX_MEMORY_BYTES and estimate_json(raw) > MAX_MEMORY_BYTES
