"""How far a long piece of work is, in one line at the bottom of a terminal: documents, their rate, the time left.

Any part of the package counts what it has done, with :func:`track` or :func:`step`; it prints nothing by that. Only
inside of :func:`show`, which a command opens, and only where standard error is a terminal, is the line shown: a second
after the command began, and from the first moment where much is to be done. It is removed before anything else
is printed (:mod:`vostochny.system.console`) and when the work ends.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TypeVar

from vostochny.system import console

SECONDS_BEFORE_FIRST = 1.0  # work that ends sooner shows no line
SECONDS_BETWEEN = 0.1
# So much work takes longer than a second, so that its line is shown at once.
MANY_DOCUMENTS = 200
MANY_BYTES = 4 << 20

T = TypeVar("T")

_visible_from: list[float] = []  # for each call of show: when its first line is due
_steps: list[Step] = []  # those that are in progress, the innermost last


@contextmanager
def show(wanted: bool = True) -> Iterator[None]:
    """Show in the ``with`` block what the steps in it have done, if that is wanted and standard error is a terminal."""
    if not wanted or not console.is_terminal(sys.stderr):
        yield
        return
    _visible_from.append(time.monotonic() + SECONDS_BEFORE_FIRST)
    try:
        yield
    finally:
        _visible_from.pop()
        console.show_status("")


def is_shown() -> bool:
    """Return whether steps are shown just now."""
    return bool(_visible_from)


class Step:
    """A piece of work that is in progress; call it when documents are done.

    Args:
        what: What is done, such as ``scoring``.
        total: How many documents there are to be done; None where that is not known.
        size: The bytes of all of them, where those are a better measure of the time left; 0 for no measure.
        done: How many of them were done before.
        unit: What is counted.
        at_once: Whether the line is shown from the first moment also where little is to be done.
    """

    def __init__(
        self,
        what: str,
        total: int | None = None,
        size: int = 0,
        done: int = 0,
        unit: str = "documents",
        at_once: bool = False,
    ):
        self.what, self.total, self.size, self.unit = what, total, size, unit
        self.done, self.done_before, self.done_size, self.item = done, done, 0, ""
        self.start = time.monotonic()
        self._is_visible = bool(_visible_from)
        self.next = _visible_from[-1] if self._is_visible else float("inf")
        if self._is_visible and (at_once or (total or 0) >= MANY_DOCUMENTS or size >= MANY_BYTES):
            self.next = self.start

    def __call__(self, count: int = 1, size: int = 0, item: str = "") -> None:
        """Count what was done since the last call.

        Args:
            count: How many documents.
            size: How many of the bytes of all.
            item: The name of the document that is next, which is shown at once.
        """
        self.done += count
        self.done_size += size
        now = time.monotonic()
        is_next = self._is_visible and item != self.item  # what has names takes its time: each of them is shown
        self.item = item
        if now >= self.next or is_next:
            self.next = now + SECONDS_BETWEEN
            console.show_status(self.describe(now, console.count_columns(sys.stderr) - console.RESERVED_COLUMNS))

    def describe(self, now: float, columns: int) -> str:
        """Return the line for a moment, with as much as there is room for in so many columns."""
        seconds = now - self.start
        by_size = self.size > 0 and self.done_size > 0
        share = self.done_size / self.size if by_size else self.done / self.total if self.total else 0.0
        number = self.done - self.done_before
        count = (f"{self.done}/{self.total}" if self.total else f"{self.done}") if self.done or self.total else ""
        rate = _format_rate(number / seconds) if number and seconds > 0 else ""
        first = self.done_before / self.total if self.total and not by_size else 0.0
        left = _format_seconds(seconds * (1 - share) / (share - first)) if first < share <= 1 else ""
        name, what = self.item or self.unit, self.what
        short = what.partition(" ")[0]  # without the name of a file
        for begin, bar_width, words, extras in (
            (what, 24, name, (rate, left)), (what, 10, name, (rate, left)), (what, 10, name, (left,)),
            (what, 10, "", (rate, left)), (what, 10, "", (left,)), (short, 10, name, (left,)), (short, 10, "", (left,)),
            (short, 0, "", (left,)), (short, 0, "", ()),
        ):  # fmt: skip
            bar = _draw_bar(share, bar_width) if by_size or self.total else ""
            head = " ".join(filter(None, [begin, bar, count, count and words]))
            line = ", ".join(filter(None, [head, *extras]))
            if len(line) <= columns:
                return line
        return line


@contextmanager
def step(
    what: str,
    total: int | None = None,
    size: int = 0,
    done: int = 0,
    unit: str = "documents",
    at_once: bool = False,
) -> Iterator[Callable[..., None]]:
    """Begin a step, which ends with the ``with`` block; gives the function to call when documents are done.

    The arguments are those of :class:`Step`, and the function is a Step.
    """
    current = Step(what, total, size, done, unit, at_once)
    _steps.append(current)
    try:
        current(0)
        yield current
    finally:
        _steps.remove(current)
        if _visible_from:
            console.show_status("")
            for around in _steps[-1:]:
                around(0)


class track(Collection[T]):
    """Items to be passed over, each of which is counted when the next one is asked for.

    The other arguments are those of :class:`Step`. An iteration that is broken off ends its step a little later.
    """

    def __init__(self, items: Collection[T], what: str, unit: str = "documents", at_once: bool = False):
        self._items, self._what, self._unit, self._at_once = items, what, unit, at_once

    def __iter__(self) -> Iterator[T]:
        with step(self._what, len(self._items), unit=self._unit, at_once=self._at_once) as advance:
            for item in self._items:
                yield item
                advance()

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item: object) -> bool:
        return item in self._items


def _draw_bar(share: float, width: int) -> str:
    filled = int(width * min(share, 1.0))
    return "━" * filled + "─" * (width - filled)


def _format_rate(per_second: float) -> str:
    if per_second >= 10:
        return f"{per_second:.0f}/s"
    return f"{per_second:.1f}/s" if per_second >= 1 else f"{60 * per_second:.1f}/min"


def _format_seconds(seconds: float) -> str:
    """Return how long something takes, in the unit that fits."""
    for unit, length, most in (("s", 1, 100), ("min", 60, 100), ("h", 3600, 48)):
        if seconds < most * length:
            return f"{seconds / length:.0f} {unit} left"
    return f"{seconds / 86400:.0f} days left"
