"""Characters and tokens: where a span stands among the tokens, and flat spans as IOB2 tags and back."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from vostochny.model import Span


def covering_tokens(span: Span, tokens: Sequence[Span]) -> tuple[int, int] | None:
    """The first and one past the last token that share a character with ``span``; None where no token does.

    ``tokens`` are in text order and do not overlap.
    """
    first = bisect_right(tokens, span.start, key=lambda t: t.end)
    last = bisect_left(tokens, span.end, key=lambda t: t.start)
    return (first, last) if first < last else None


def spans_to_iob2(spans: Iterable[tuple[Span, str]], tokens: Sequence[Span]) -> list[str]:
    """One tag a token. A span is widened to the tokens it touches.

    Tags cannot nest: of spans that share a token the one with more tokens is kept, of equally long ones the one that
    begins first, then the one whose label sorts first.
    """
    placed = []
    for span, label in spans:
        reach = covering_tokens(span, tokens)
        if reach:
            placed.append((reach[0] - reach[1], reach[0], label, reach[1]))
    tags = ["O"] * len(tokens)
    for _, first, label, last in sorted(placed):
        if all(tag == "O" for tag in tags[first:last]):
            tags[first:last] = [f"B-{label}"] + [f"I-{label}"] * (last - first - 1)
    return tags


def iob2_to_spans(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """Strict IOB2 (Tjong Kim Sang & Veenstra 1999): a chunk begins with B- and goes on with I- of the same label.

    An I- that continues nothing begins nothing. Returns (first token, one past the last token, label) in order.
    """
    out: list[tuple[int, int, str]] = []
    first, label = -1, ""
    for i, tag in enumerate([*tags, "O"]):
        prefix, _, name = tag.partition("-")
        if prefix == "I" and first >= 0 and name == label:
            continue
        if first >= 0:
            out.append((first, i, label))
            first = -1
        if prefix == "B":
            first, label = i, name
    return out
