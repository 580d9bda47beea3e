"""Problems of an input, and the error that carries all of them.

Every reader, option check and command raises :class:`InputError`; the command line prints its problems, one per line,
and exits with 2.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

MAX_COMPARED_NAMES = 100  # known names that are all compared with a mistyped one, and all listed
MAX_MESSAGE_CHARACTERS = 4000  # a longer message is cut


def to_printable_line(message: str) -> str:
    """Return a message as one printable line: unprintable characters are escaped, a message that is too long is cut."""
    if len(message) > MAX_MESSAGE_CHARACTERS:
        message = f"{message[:MAX_MESSAGE_CHARACTERS]} …"
    if message.isprintable():
        return message
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in message)


def suggest_name(name: str, known: Iterable[str], likeness: float = 0.4) -> str:
    """Return what would be right in place of an unknown name: the nearest known name, or else the known names.

    ``likeness`` (0 to 1, as in difflib) is the least at which a known name counts as near.

    Of more than MAX_COMPARED_NAMES known names, only the neighbours in alphabetical order are compared, and only the
    first names are listed: to compare thousands of unknown documents with thousands of known ones would take hours and
    gigabytes.
    """
    import difflib  # takes a while, and most inputs have no mistyped name

    known = list(known)
    names = ", ".join(known[:MAX_COMPARED_NAMES])
    if len(known) > MAX_COMPARED_NAMES:
        names = f"{names} … ({len(known)} in all)"
        known.sort()
        at = bisect_left(known, name)
        known = known[max(0, at - MAX_COMPARED_NAMES // 10) : at + MAX_COMPARED_NAMES // 10]
    near = difflib.get_close_matches(name, known, 1, likeness)
    return f"did you mean {near[0]!r}?" if near else f"expected one of {names}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem in one place of an input; the message states what is wrong and what would be right.

    ``file`` may also name an option (``--workers``) or an argument of a Python call; ``line`` and ``field`` are None
    where there is none.
    """

    file: str
    line: int | None
    field: str | None
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return to_printable_line(f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}")


class InputError(ValueError):
    """Input that cannot be used; ``problems`` has all its problems, not only the first."""

    def __init__(self, problems: list[Problem]):
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems

    def __reduce__(self) -> tuple[type[InputError], tuple[list[Problem]]]:
        # Exceptions are pickled by their message alone, which would lose the problems on the way from a worker process.
        return type(self), (self.problems,)

    @property
    def faults(self) -> list[Problem]:
        """The former name of ``problems``, removed in 3.0."""
        return self.problems


def decode(file: str, raw: bytes) -> str:
    """Return UTF-8 bytes as text, line ends untouched. Raises InputError, with the line, where they are not UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError([Problem(file, line, None, explain_decode_error(error))]) from None


def explain_decode_error(error: UnicodeDecodeError) -> str:
    """Return which byte is not UTF-8, in words."""
    byte = error.object[error.start]
    return f"byte 0x{byte:02x} at position {error.start} is not UTF-8; save the file as UTF-8"


class EmptyFileError(InputError):
    """An empty file; a reader of several files may accept that one of them is empty."""


class UnreadableFileError(InputError):
    """A file that cannot be read, or not to its end, as opposed to one with wrong content."""
