"""What is wrong with an input: one problem, and the error that carries every problem found.

Every reader, option check and command raises :class:`InputError`; the command line prints its problems, a line each,
and exits with 2.
"""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_MESSAGE = 4000  # characters; a longer message is cut


def plain(message: str) -> str:
    """Return a message as one printable line: what a terminal cannot show is escaped, too long a message is cut."""
    if len(message) > LONGEST_MESSAGE:
        message = f"{message[:LONGEST_MESSAGE]} …"
    if message.isprintable():
        return message
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in message)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in one place: file, line, field, what is wrong and what would be right.

    ``file`` may also name an option (``--workers``) or an argument of a Python call.
    """

    file: str
    line: int | None
    field: str | None
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return plain(f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}")


class InputError(ValueError):
    """Input that cannot be used; ``problems`` holds every problem found, not only the first."""

    def __init__(self, problems: list[Problem]):
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems

    def __reduce__(self) -> tuple[type[InputError], tuple[list[Problem]]]:
        return type(self), (self.problems,)  # so that it crosses to another process whole

    @property
    def faults(self) -> list[Problem]:
        """The former name of ``problems``, removed in 3.0."""
        return self.problems


class EmptyFileError(InputError):
    """A file with nothing in it; one of several files may be empty."""


class UnreadableFileError(InputError):
    """A file that cannot be read at all or to its end, as opposed to one with wrong content."""
