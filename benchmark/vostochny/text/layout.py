"""How a text is laid out: its paragraphs, its zones, and where words stand in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vostochny.model import Span, Zone


def paragraphs_of(text: str) -> list[Span]:
    """The lines of a text that hold more than white space, trimmed of it."""
    out = []
    for m in re.finditer(r"[^\n]+", text):
        stripped = m.group().strip()
        if stripped:
            start = m.start() + m.group().index(stripped)
            out.append(Span(start, start + len(stripped)))
    return out


def cover_with_zones(text: str, marked: Sequence[Zone], default: str = "body") -> tuple[Zone, ...]:
    """Zones over the whole text: the marked ones, ``default`` between them; white space goes to the zone before it."""
    marked = sorted((z for z in marked if z.name != default), key=lambda z: z.span)
    out: list[Zone] = []
    at = 0
    for zone in [*marked, Zone(Span(len(text), len(text)), default)]:
        gap = text[at : zone.span.start]
        blank = len(gap) - len(gap.lstrip()) if out else 0
        if blank:
            out[-1] = Zone(Span(out[-1].span.start, at + blank), out[-1].name)
        if gap[blank:]:
            out.append(Zone(Span(at + blank, zone.span.start), default))
        if zone.span.end > zone.span.start:
            out.append(zone)
        at = zone.span.end
    # Neighbours of one name (two headings with only a line break between them) are two zones of the page.
    return tuple(out)


def find_occurrences(needle: str, text: str, start: int, end: int) -> list[int]:
    """Where ``needle`` stands in ``text[start:end]`` as whole words, places that overlap included."""
    if not needle:
        return []
    before = r"(?<!\w)" if needle[0].isalnum() else ""
    after = r"(?!\w)" if needle[-1].isalnum() else ""
    return [m.start() for m in re.compile(f"{before}(?={re.escape(needle)}{after})").finditer(text, start, end)]
