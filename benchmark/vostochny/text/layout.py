"""The layout of a text: find its paragraphs, complete its zones, and find words in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vostochny.model import DEFAULT_ZONE, Span, Zone


def paragraphs_of(text: str) -> list[Span]:
    """Return the spans of the lines of a text that have more than white space, without white space at their ends."""
    out = []
    for m in re.finditer(r"[^\n]+", text):
        stripped = m.group().strip()
        if stripped:
            start = m.start() + m.group().index(stripped)
            out.append(Span(start, start + len(stripped)))
    return out


def cover_with_zones(text: str, marked: Sequence[Zone], default: str = DEFAULT_ZONE) -> tuple[Zone, ...]:
    """Return zones over the whole text: the marked ones, and ``default`` between them.

    White space between zones becomes part of the zone before it. ``marked`` zones do not overlap.
    """
    marked = sorted((z for z in marked if z.name != default), key=lambda z: z.span)
    out: list[Zone] = []
    at = 0
    for zone in [*marked, Zone(Span(len(text), len(text)), default)]:
        gap = text[at : zone.span.start]
        blank = len(gap) - len(gap.lstrip()) if out else 0  # white space at the beginning of the gap
        if blank:
            out[-1] = Zone(Span(out[-1].span.start, at + blank), out[-1].name)
        if gap[blank:]:
            out.append(Zone(Span(at + blank, zone.span.start), default))
        if zone.span.end > zone.span.start:
            out.append(zone)
        at = zone.span.end
    # Neighbours of one name are not merged: two headings with only a line break between them are two zones.
    return tuple(out)


def find_occurrences(needle: str, text: str, start: int, end: int) -> list[int]:
    """Return where ``needle`` occurs in ``text[start:end]`` as whole words, overlapping occurrences included."""
    if not needle:
        return []
    # The needle is in a lookahead, which consumes nothing, so that the next match may begin inside this one.
    before = r"(?<!\w)" if needle[0].isalnum() else ""
    after = r"(?!\w)" if needle[-1].isalnum() else ""
    return [m.start() for m in re.compile(f"{before}(?={re.escape(needle)}{after})").finditer(text, start, end)]
