"""One module a format, each with ``read`` and, where it makes sense, ``write``."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 4000  # characters of a message


def plain(message: str) -> str:
    """A message in one line that any terminal can show: what does not print is escaped, too much of it is cut."""
    if len(message) > LONGEST:
        message = f"{message[:LONGEST]} …"
    if message.isprintable():
        return message
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in message)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in one place: file, line, field, what is wrong and what would be right."""

    file: str
    line: int | None
    field: str | None
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return plain(f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}")


class FormatError(ValueError):
    """Input that cannot be read; ``faults`` holds every fault found, not the first."""

    def __init__(self, faults: list[Fault]):
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults

    def __reduce__(self) -> tuple[type[FormatError], tuple[list[Fault]]]:
        return type(self), (self.faults,)  # so that it crosses to another process whole


class Empty(FormatError):
    """A file with nothing in it; among several it may be."""


class Unreadable(FormatError):
    """A file that cannot be read at all or to its end, as opposed to one that says something wrong."""
