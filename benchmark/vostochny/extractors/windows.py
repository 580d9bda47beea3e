"""Split articles into chunks that fit a model's window, and merge the spans found in them.

Chunks overlap and break between sentences where they can, and no text is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vostochny.model import Document, Span

Size = Callable[[str], int]
"""Measures a text in the unit of a model's window, such as tokens."""
OVERLAP_DIVISOR = 6  # a chunk repeats at most this part, 1/6, of the window from the chunk before it


@dataclass(frozen=True, slots=True)
class TextChunk:
    """A stretch of an article that a model sees at once.

    The ``own`` stretches of an article's chunks follow each other without gap or overlap. The border between two lies
    in the middle of what both chunks have, so that every item is read with the text around it.

    Attributes:
        span: The stretch that the model sees.
        own: The stretch in which an item must begin to be taken from this chunk.
    """

    span: Span
    own: Span


def split_document(document: Document, size: Size, window: int) -> list[TextChunk]:
    """Return the chunks of a document, each of at most ``window`` by ``size``; an empty text has none.

    Raises ValueError where a single character is larger than the window.
    """
    text = document.text
    if not text:
        return []
    pieces = _split_text(text, document.sentences or document.paragraphs, size, window)
    ranges = _group_pieces(text, pieces, size, window)
    borders = [0]
    for (_, last), (first, _) in pairwise(ranges):
        borders.append(pieces[first + (last - first + 1) // 2].start)  # in the middle of the pieces that both have
    borders.append(len(text))
    return [
        TextChunk(Span(pieces[first].start, pieces[last - 1].end), Span(borders[i], borders[i + 1]))
        for i, (first, last) in enumerate(ranges)
    ]


def _group_pieces(text: str, pieces: Sequence[Span], size: Size, window: int) -> list[tuple[int, int]]:
    """Group pieces into overlapping chunks that fit the window; return the first and one past the last of each."""
    sizes = [size(p.of(text)) for p in pieces]
    ranges: list[tuple[int, int]] = []
    first = 0
    while True:
        last, total = first + 1, sizes[first]
        while last < len(pieces) and total + sizes[last] <= window:
            total += sizes[last]
            last += 1
        # A tokenizer may give more tokens for two pieces together than for each by itself, so measure the whole again.
        while last > first + 1 and size(text[pieces[first].start : pieces[last - 1].end]) > window:
            last -= 1
        ranges.append((first, last))
        if last == len(pieces):
            return ranges
        # The next chunk starts some whole pieces back. A new piece must fit behind the repeated ones, and it must start
        # after this chunk's first piece, or it would never get on.
        back, repeated = last, 0
        room = min(window // OVERLAP_DIVISOR, window - sizes[last])
        while back - 1 > first and repeated + sizes[back - 1] <= room:
            back -= 1
            repeated += sizes[back]
        while back < last and size(text[pieces[back].start : pieces[last].end]) > window:
            back += 1
        first = back


def _split_text(text: str, sentences: Sequence[Span], size: Size, window: int) -> list[Span]:
    """Split a text where sentences begin; a sentence larger than the window is split at white space, or anywhere.

    Raises ValueError where a single character is larger than the window.
    """
    cuts = sorted({0, *(s.start for s in sentences if 0 < s.start < len(text)), len(text)})
    out: list[Span] = []
    todo = [Span(a, b) for a, b in pairwise(cuts)][::-1]  # a stack, the next piece last
    while todo:
        piece = todo.pop()
        if size(piece.of(text)) <= window:
            out.append(piece)
            continue
        if piece.end - piece.start < 2:
            raise ValueError(f"a window of {window} is too small for the character at {piece.start}")
        # Halve it, at the white space nearest to the middle if there is any.
        middle = (piece.start + piece.end) // 2
        spaces = [m.end() for m in re.compile(r"\s+").finditer(text, piece.start, piece.end) if m.end() < piece.end]
        cut = min(spaces, key=lambda at: abs(at - middle), default=middle)
        todo += [Span(cut, piece.end), Span(piece.start, cut)]
    return out


def merge_spans(
    spans_by_chunk: Iterable[tuple[TextChunk, Iterable[tuple[Span, str]]]],
) -> list[tuple[Span, str]]:
    """Return the labelled spans of a document from those of its chunks, sorted, each once.

    The chunks come in order; offsets of their spans count from the chunk's start. A span is taken from the chunk in
    whose ``own`` stretch it begins. Where it runs over the border, nothing that begins inside it is taken from the next
    chunk, which may have seen a part of it only.
    """
    out: set[tuple[Span, str]] = set()
    reach = 0  # end of the spans taken from earlier chunks
    for chunk, spans in spans_by_chunk:
        end = reach
        for span, label in spans:
            moved = Span(span.start + chunk.span.start, span.end + chunk.span.start)
            if chunk.own.start <= moved.start < chunk.own.end and moved.start >= reach:
                out.add((moved, label))
                end = max(end, moved.end)
        reach = end
    return sorted(out)


class Chunker:
    """Splits documents, and counts those that were split, for a note at the end.

    Args:
        unit: The plural of what the window counts, such as "tokens".
    """

    def __init__(self, unit: str):
        self.unit, self.documents, self.chunks, self.window = unit, 0, 0, 0

    def split(self, document: Document, size: Size, window: int) -> list[TextChunk]:
        """Return the chunks of a document (:func:`split_document`)."""
        out = split_document(document, size, window)
        self.window = window
        if len(out) > 1:
            self.documents += 1
            self.chunks += len(out)
        return out

    @property
    def notes(self) -> list[str]:
        """A line on the articles longer than the window; none if there were none."""
        if not self.documents:
            return []
        articles = f"{self.documents} article{'s' if self.documents > 1 else ''}"
        return [f"{articles} did not fit the window of {self.window} {self.unit}: read in {self.chunks} chunks"]
