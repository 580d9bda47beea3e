"""How a span of a row states its place: by offsets, in whichever unit, or by its words.

A span is ``{"start", "end"}``, in code points of the document, or of one paragraph (``"paragraph": 3``, from 0, in the
order of the gold); or it is ``{"text"}`` alone, with ``occurrence`` (from 1), ``paragraph`` or ``context`` as hints.
All but the first are given offsets by :mod:`vostochny.formats.placer`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any

from vostochny.model import Document, Span
from vostochny.text.pieces import is_written_as

OFFSET_UNITS = ("utf16", "bytes")
# Values of --offsets. characters: code points, as if it were not given; inclusive: code points too, but an end is the
# last character of its span, not the one after it; ignore: place words even where there are offsets.
OFFSET_CHOICES = ("characters", *OFFSET_UNITS, "inclusive", "ignore")


class ModelWords(str):
    """Words as a model's tokenizer writes them: in lower case, without accents, with other white space."""

    __slots__ = ()


def is_beside(words: str, stated: str) -> bool:
    """Return whether words of a text begin or end in white space that the stated words do not have there."""
    return any(words[at : at + 1 or None].isspace() and not stated[at : at + 1 or None].isspace() for at in (0, -1))


def are_same_words(words: str, stated: str) -> bool:
    """Return whether words of the article are those that a span states; one white space is as good as another."""
    if words == stated:
        return True
    if not isinstance(stated, ModelWords):
        return re.sub(r"\s+", " ", words) == re.sub(r"\s+", " ", stated)
    return is_written_as(words, stated)


def join_parts(parts: Sequence[Span], text: str) -> list[Span]:
    """Return the parts of a discontinuous span in order; those that only white space separates, or nothing, as one."""
    out: list[Span] = []
    for part in sorted(parts):
        if out and not text[out[-1].end : part.start].strip():
            out[-1] = Span(out[-1].start, max(out[-1].end, part.end))
        else:
            out.append(part)
    return out


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


def to_code_points(text: str, start: int, end: int, unit: str) -> tuple[int, int] | None:
    """Return offsets that count in ``unit`` (OFFSET_UNITS or ``"inclusive"``) as code points; None if none fit."""
    if unit == "inclusive":
        return (start, end + 1) if 0 <= start <= end < len(text) else None
    table = compute_unit_offsets(text, unit)
    if table is None:
        return (start, end) if 0 <= start <= end <= len(text) else None
    # Both offsets must be in the table: others are inside a character.
    places = [bisect_left(table, x) for x in (start, end)]
    fit = all(x in table[at : at + 1] for x, at in zip((start, end), places, strict=True))
    return (places[0], places[1]) if fit else None


def convert_offsets(text: str, start: int, end: int, offsets: str | None) -> tuple[int, int] | None:
    """Return offsets of any of OFFSET_CHOICES as code points; None if none fit. They stay where they are ignored."""
    return (start, end) if offsets in (None, "characters", "ignore") else to_code_points(text, start, end, str(offsets))


def find_fitting_unit(text: str, start: int, end: int, surface: str) -> str | None:
    """Return the unit in which these offsets would have ``surface`` between them, or None."""
    for unit in (*OFFSET_UNITS, "inclusive"):
        bounds = to_code_points(text, start, end, unit)
        if bounds and bounds[0] < bounds[1] and are_same_words(text[bounds[0] : bounds[1]], surface):
            return unit
    return None


def describe_unit(unit: str) -> str:
    """Return how offsets count in a unit, in words."""
    return {"utf16": "counted in UTF-16 code units", "bytes": "counted in bytes"}.get(unit, "with inclusive ends")


def describe_fitting_unit(
    text: str, start: int, end: int, surface: Any, option: str, needs_offsets: bool = False
) -> str:
    """Return the option that would read offsets that do not fit, as the end of a message; "" if there is none.

    Where a format ``needs_offsets``, spans are not placed by their words.
    """
    if not text:
        return ""
    if not isinstance(surface, str):
        units = [unit for unit in OFFSET_UNITS if end > len(text) and to_code_points(text, start, end, unit)]
        return f"; {describe_unit(units[0])} it is in the text: {option} {units[0]}" if units else ""
    unit = find_fitting_unit(text, start, end, surface)
    if unit:
        return f"; {describe_unit(unit)} they fit: {option} {unit}"
    is_placed = not needs_offsets and surface.strip() and (surface in text or not isinstance(surface, ModelWords))
    return f"; {option} ignore places the span by its words" if is_placed else ""


# -- spans without words -----------------------------------------------------------------------------------------------

# Ways to count from 1, for which there is no option: what is added to start and end, and what is to be done.
_FROM_ONE = {
    "counted from 1": ((-1, -1), "subtract 1 from start and end"),
    "counted from 1, with inclusive ends": ((-1, 0), "subtract 1 from start"),
}
_LAST_WORD_CHARACTER = "\u0dff"  # the scripts after it write words without blanks, so nothing shows where one ends
_MIN_CUT = 2  # spans
_MAX_CUT_SHARE = 0.1  # of the spans that a reading mends


@dataclass
class _Count:
    """How many spans a way to count moves, and how many of these cut a word, or have white space at an end."""

    moved: int = 0
    cut: int = 0  # as they are
    cut_then: int = 0  # counted that way


def recognise_offsets(documents: Iterable[Document], option: str) -> tuple[str, bool]:
    """Return what offsets count, where they cut words and would not if they counted otherwise; "" where that is not so.

    Also returned is whether that is plain: a single one of several spans may be a mistake. ``option`` names the unit.
    """
    places = [
        (d.text, span)
        for d in documents
        if d.text
        for span in (*(e.span for e in d.entities), *(e.trigger for e in d.events))
    ]
    are_cut = [_cuts_words(text, span.start, span.end) for text, span in places]
    counts = {way: _Count() for way in (*OFFSET_UNITS, "inclusive", *_FROM_ONE)}
    for way, count in counts.items() if any(are_cut) else ():
        if way not in OFFSET_UNITS and sum(are_cut) <= len(places) / 2:
            continue  # these move all spans
        for (text, span), is_cut in zip(places, are_cut, strict=True):
            bounds = _count_otherwise(text, span, way)
            if bounds != (span.start, span.end):
                count.moved += 1
                count.cut += is_cut
                count.cut_then += bounds is None or _cuts_words(text, *bounds)
    likely = [
        way for way, c in counts.items() if c.cut > c.moved / 2 and c.cut_then <= _MAX_CUT_SHARE * c.cut and c.cut > 0
    ]
    if not likely:
        return "", False
    way = min(likely, key=lambda way: counts[way].cut_then)
    count = counts[way]
    told = describe_unit(way) if way not in _FROM_ONE else way
    edit = f"{option} {way}" if way not in _FROM_ONE else _FROM_ONE[way][1]
    message = (
        f"{count.cut} of {count.moved} spans begin or end inside a word, or at white space; {told} "
        f"{count.cut_then or 'none'} would: {edit}, or {option} characters if they are meant so"
    )
    return message, count.cut >= _MIN_CUT or len(places) == 1


def _count_otherwise(text: str, span: Span, way: str) -> tuple[int, int] | None:
    """Return the offsets of a span as code points, had they counted in this way; None where they do not fit."""
    if way not in _FROM_ONE:
        return to_code_points(text, span.start, span.end, way)
    start, end = _FROM_ONE[way][0]
    return (span.start + start, span.end + end) if span.start + start >= 0 else None


def _cuts_words(text: str, start: int, end: int) -> bool:
    """Return whether a span begins or ends inside a word, or with white space; an empty one does not."""
    if start >= end:
        return False
    return text[start].isspace() or text[end - 1].isspace() or any(_is_inside(text, at) for at in (start, end))


def _is_inside(text: str, at: int) -> bool:
    around = text[at - 1 : at + 1] if at else ""
    return len(around) == 2 and around.isalnum() and max(around) <= _LAST_WORD_CHARACTER
