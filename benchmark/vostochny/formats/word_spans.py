"""How a span of a row states its place: by offsets, in whichever unit, or by its words.

A span is ``{"start", "end"}``, in code points of the document, or of one paragraph (``"paragraph": 3``, from 0, in the
order of the gold); or it is ``{"text"}`` alone, with ``occurrence`` (from 1), ``paragraph`` or ``context`` as hints.
All but the first are given offsets by :mod:`vostochny.formats.placer`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from typing import Any

OFFSET_UNITS = ("utf16", "bytes")
OFFSET_CHOICES = (*OFFSET_UNITS, "ignore")  # values of --offsets; ignore: place words even where there are offsets


class PlacedSpan(dict[str, Any]):
    """A span object with offsets from the Placer: it needs no check, and is empty if its words were not found."""


def needs_placing(row: dict[str, Any], offsets: str | None) -> bool:
    """Return whether any span of a row is not simply code point offsets into the document."""
    return bool(offsets) or any(
        "start" not in span or "paragraph" in span
        for spans in _walk_spans(row)
        for span in spans
        if isinstance(span, dict)
    )


def _walk_spans(row: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield every span object of a row, in lists; whatever is not an object or a list is skipped."""

    def objects(value: Any) -> list[dict[str, Any]]:
        return [x for x in value if isinstance(x, dict)] if isinstance(value, list) else []

    yield objects(row.get("entities"))
    for event in objects(row.get("events")):
        yield [event.get("trigger")]
        yield [a.get("filler", a) for a in objects(event.get("arguments"))]
    for quote in objects(row.get("quotes")):
        yield objects(quote.get("content"))
        yield [quote.get(key) for key in ("cue", "source", "addressee")]


@lru_cache(maxsize=len(OFFSET_UNITS))  # asked for every span of a text that does not fit
def compute_unit_offsets(text: str, unit: str) -> list[int] | None:
    """Return the offset of every character, and of the text's end, in ``unit``: ``"utf16"`` or ``"bytes"`` (of UTF-8).

    None if each equals the code point offset.
    """
    if text.isascii() or (unit == "utf16" and max(text) < "\U00010000"):
        return None
    if unit == "utf16":
        return [0, *accumulate(2 if c > "\uffff" else 1 for c in text)]
    return [0, *accumulate(1 if c < "\x80" else 2 if c < "\u0800" else 3 if c <= "\uffff" else 4 for c in text)]


def find_fitting_unit(text: str, start: int, end: int, surface: str) -> str | None:
    """Return the unit in which these offsets would have ``surface`` between them, or None."""
    for unit in OFFSET_UNITS:
        table = compute_unit_offsets(text, unit)
        # Both offsets must be in the table: others are inside a character.
        on_characters = table and all(x in table[(at := bisect_left(table, x)) : at + 1] for x in (start, end))
        if table and on_characters and text[bisect_left(table, start) : bisect_left(table, end)] == surface:
            return unit
    return None
