"""Problems of an input, and the error that carries all of them, of very many the first and their number.

Every reader, option check and command raises :class:`InputError`; the command line prints its problems, one per line,
and exits with 2.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TypeVar

MAX_COMPARED_NAMES = 100  # known names that are all compared with a mistyped one, and all listed
MAX_COMPARED_CHARACTERS = 200  # of a name; comparing takes the product of two lengths
MAX_MESSAGE_CHARACTERS = 4000  # a longer message is cut
MAX_PROBLEMS = 1000  # problems that are kept; more are only counted
MAX_EXAMPLES = 3  # problems of one kind that are printed
MAX_LISTED_NAMES = 20  # names in the line that counts the others
MAX_NAME_CHARACTERS = 60  # of such a name

T = TypeVar("T")


def to_printable_line(message: str) -> str:
    """Return a message as one printable line: unprintable characters are escaped, a message that is too long is cut."""
    if len(message) > MAX_MESSAGE_CHARACTERS:
        message = f"{message[:MAX_MESSAGE_CHARACTERS]} …"
    if message.isprintable():
        return message
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in message)


class Names(Collection[str]):
    """Known names in their order, of which one is looked up without passing over all of them."""

    def __init__(self, names: Iterable[str]):
        self._names = dict.fromkeys(names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._names)

    def list_longer(self, beginning: str, most: int) -> list[str]:
        """Return the names that begin so, in alphabetical order; at most so many of them."""
        at = bisect_left(self._sorted, beginning)
        return [name for name in self._sorted[at : at + most] if name.startswith(beginning)]

    def list_neighbours(self, name: str) -> list[str]:
        """Return the names around a name in alphabetical order."""
        at = bisect_left(self._sorted, name)
        return self._sorted[max(0, at - MAX_COMPARED_NAMES // 10) : at + MAX_COMPARED_NAMES // 10]


def list_names(names: Collection[str]) -> str:
    """Return names for a message; of more than MAX_COMPARED_NAMES the first, and how many there are."""
    if len(names) <= MAX_COMPARED_NAMES:
        return ", ".join(names)
    return f"{', '.join(islice(names, MAX_COMPARED_NAMES))} … ({len(names)} in all)"


def suggest_name(
    name: str, known: Iterable[str], likeness: float = 0.4, synonyms: Mapping[str, str] | None = None
) -> str:
    """Return what would be right in place of an unknown name: the nearest known name, or else the known names.

    Capitals do not matter. ``likeness`` (0 to 1, as in difflib) is the least at which a known name counts as near;
    ``synonyms`` are other names of known ones, each with its name, which count as well.

    Of more than MAX_COMPARED_NAMES known names, only the neighbours in alphabetical order are compared, and only the
    first names are listed: to compare thousands of unknown documents with thousands of known ones would take hours and
    gigabytes. Give :class:`Names` where many names are looked up: they are sorted once.
    """
    import difflib  # takes a while, and most inputs have no mistyped name

    names = known if isinstance(known, Names) else Names(known)
    name = name[:MAX_COMPARED_CHARACTERS]
    compared = names if len(names) <= MAX_COMPARED_NAMES else names.list_neighbours(name)
    folded = {x.casefold(): right for x, right in (synonyms or {}).items() if right in names}
    folded |= {x.casefold(): x for x in compared if len(x) <= MAX_COMPARED_CHARACTERS}
    near = [x for x in (name.casefold(),) if x in folded] or difflib.get_close_matches(
        name.casefold(), folded, 1, likeness
    )
    return f"did you mean {folded[near[0]]!r}?" if near else f"expected one of {list_names(names)}"


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

    def __post_init__(self) -> None:
        # One character more than is printed, so that the cut is seen. A key or a label of an input may have megabytes.
        if len(self.message) > MAX_MESSAGE_CHARACTERS:
            object.__setattr__(self, "message", self.message[: MAX_MESSAGE_CHARACTERS + 1])
        if self.field is not None and len(self.field) > MAX_MESSAGE_CHARACTERS:
            object.__setattr__(self, "field", self.field[: MAX_MESSAGE_CHARACTERS + 1])

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return to_printable_line(f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}")


class Problems(list[T]):
    """A list that grows to MAX_PROBLEMS and then only counts, so that no input can fill the memory with its problems.

    It is filled with ``append``, ``extend`` and ``+=``; another list of this kind adds what it has only counted.

    Attributes:
        more: The number of further problems, which are not in the list.
    """

    more = 0  # of the class, because unpickling adds the items before it sets attributes

    def __init__(self, problems: Iterable[T] = ()):
        super().__init__()
        self.extend(problems)

    @property
    def is_full(self) -> bool:
        """Whether further problems are only counted, so that their messages need no work."""
        return len(self) >= MAX_PROBLEMS

    def append(self, problem: T) -> None:
        """Add a problem, or count it."""
        if len(self) < MAX_PROBLEMS:
            super().append(problem)
        else:
            self.more += 1

    def extend(self, problems: Iterable[T]) -> None:
        """Add problems, as far as there is room, and count the others."""
        for problem in problems:
            self.append(problem)
        self.more += count_more(problems)

    def __iadd__(self, problems: Iterable[T]) -> Problems[T]:  # type: ignore[override,misc]
        self.extend(problems)
        return self


def count_more(problems: object) -> int:
    """Return how many problems are not in a list of them; 0 for a list that was not cut."""
    return problems.more if isinstance(problems, Problems) else 0


_CASES = re.compile(
    r"'((?:[^'\\]|\\.)*)'|\"(?:[^\"\\]|\\.)*\"|\d+|\[[^\]]*\]"
)  # what differs within one kind of problem


def _describe(problems: Iterable[Problem]) -> Iterator[str]:
    """Yield a line per problem; of many of one kind the first ones, how many more there are, and what they name.

    Problems are of one kind if they differ only in numbers and in what is quoted. A problem of a whole file, or of an
    option, stands by itself.
    """
    kinds: dict[object, list[Problem]] = {}
    for number, problem in enumerate(problems):
        what = _CASES.sub("", problem.message).partition("; ")[0]
        alone = problem.line is None and problem.field is None
        kinds.setdefault(number if alone else (_CASES.sub("", problem.field or ""), what), []).append(problem)
    for alike in kinds.values():
        # The first of each message, if there are several, since each may say something else to do.
        first = list({p.message: n for n, p in reversed(list(enumerate(alike)))}.values())[::-1]
        shown = dict.fromkeys([*first, *range(len(alike))])
        yield from (str(alike[n]) for n in sorted(islice(shown, MAX_EXAMPLES)))
        if len(alike) > MAX_EXAMPLES:
            names = Counter(match[0] for p in alike if (match := _CASES.search(p.message)) and match[1])
            listed = ", ".join(f"{name[:MAX_NAME_CHARACTERS]} ({n})" for name, n in names.most_common(MAX_LISTED_NAMES))
            listed += ", …" if len(names) > MAX_LISTED_NAMES else ""
            yield to_printable_line(
                f"… and {len(alike) - MAX_EXAMPLES} more of this kind" + (f"; in all {listed}" if listed else "")
            )


class InputError(ValueError):
    """Input that cannot be used. As text, of many problems of one kind only the first are shown, and their number.

    Attributes:
        problems: Its problems, not only the first; at most MAX_PROBLEMS of them.
    """

    def __init__(self, problems: Iterable[Problem]):
        self.problems = problems if isinstance(problems, Problems) else Problems(problems)
        super().__init__("\n".join([*_describe(self.problems), *([f"… and {self.more} more"] if self.more else [])]))

    @property
    def more(self) -> int:
        """The number of problems that are not in the list."""
        return count_more(self.problems)

    def __reduce__(self) -> tuple[type[InputError], tuple[Problems[Problem]]]:
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
