"""Articles in pieces that fit a model's window: they overlap, break between sentences, and lose nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vostochny.model import Document, Span

Size = Callable[[str], int]
"""How much of a model's window a stretch of text takes."""
OVERLAP = 6  # a chunk repeats at most one part in so many of the one before it


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a model sees at once, and the part of it in which an item must begin to be taken from this chunk.

    The own parts of a document's chunks follow each other without gap or overlap; between two chunks the border lies in
    the middle of what both have seen, so that every item is read with what stands around it.
    """

    span: Span
    own: Span


def chunked(document: Document, size: Size, window: int) -> list[Chunk]:
    """The chunks of a document, each of at most ``window`` by ``size``; one if it fits. Empty text has none.

    Raises ValueError where a single character is larger than the window.
    """
    text = document.text
    if not text:
        return []
    pieces = _pieces(text, document.sentences or document.paragraphs, size, window)
    sizes = [size(p.of(text)) for p in pieces]
    out: list[tuple[int, int]] = []  # first piece, one past the last
    first = 0
    while True:
        last, total = first + 1, sizes[first]
        while last < len(pieces) and total + sizes[last] <= window:
            total += sizes[last]
            last += 1
        # A tokenizer need not give two pieces together what it gives them apart.
        while last > first + 1 and size(text[pieces[first].start : pieces[last - 1].end]) > window:
            last -= 1
        out.append((first, last))
        if last == len(pieces):
            break
        # Go back over whole pieces; something new must fit behind them, and the chunk before must keep its first.
        back, repeated = last, 0
        room = min(window // OVERLAP, window - sizes[last])
        while back - 1 > first and repeated + sizes[back - 1] <= room:
            back -= 1
            repeated += sizes[back]
        while back < last and size(text[pieces[back].start : pieces[last].end]) > window:
            back += 1
        first = back
    borders = [0]
    for (_, last), (first, _) in pairwise(out):
        borders.append(pieces[first + (last - first + 1) // 2].start)
    borders.append(len(text))
    return [
        Chunk(Span(pieces[first].start, pieces[last - 1].end), Span(borders[i], borders[i + 1]))
        for i, (first, last) in enumerate(out)
    ]


def _pieces(text: str, sentences: Sequence[Span], size: Size, window: int) -> list[Span]:
    """The text cut where sentences begin; what is larger than the window is cut at white space, then anywhere."""
    cuts = sorted({0, *(s.start for s in sentences if 0 < s.start < len(text)), len(text)})
    out: list[Span] = []
    todo = [Span(a, b) for a, b in pairwise(cuts)][::-1]
    while todo:
        piece = todo.pop()
        if size(piece.of(text)) <= window:
            out.append(piece)
            continue
        if piece.end - piece.start < 2:
            raise ValueError(f"a window of {window} is too small for the character at {piece.start}")
        middle = (piece.start + piece.end) // 2
        spaces = [m.end() for m in re.compile(r"\s+").finditer(text, piece.start, piece.end) if m.end() < piece.end]
        cut = min(spaces, key=lambda at: abs(at - middle), default=middle)
        todo += [Span(cut, piece.end), Span(piece.start, cut)]
    return out


def merged(found: Iterable[tuple[Chunk, Iterable[tuple[Span, str]]]]) -> list[tuple[Span, str]]:
    """Labelled spans of a document from those of its chunks, whose offsets count from the chunk; sorted, each once.

    A span is taken from the chunk that owns its beginning. One that runs over the border keeps the next chunk from
    giving a part of it again.
    """
    out: set[tuple[Span, str]] = set()
    reach = 0
    for chunk, items in found:
        end = reach
        for span, label in items:
            here = Span(span.start + chunk.span.start, span.end + chunk.span.start)
            if chunk.own.start <= here.start < chunk.own.end and here.start >= reach:
                out.add((here, label))
                end = max(end, here.end)
        reach = end
    return sorted(out)


class Chunking:
    """Counts articles and chunks, to be told at the end."""

    def __init__(self, unit: str):
        self.unit, self.documents, self.chunks, self.window = unit, 0, 0, 0

    def __call__(self, document: Document, size: Size, window: int) -> list[Chunk]:
        """The chunks of a document, counted."""
        out = chunked(document, size, window)
        self.window = window
        if len(out) > 1:
            self.documents += 1
            self.chunks += len(out)
        return out

    @property
    def notes(self) -> list[str]:
        """One line, where any article was longer than the window."""
        if not self.documents:
            return []
        longer = f"{self.documents} article{'s' if self.documents > 1 else ''}"
        return [f"{longer} did not fit the window of {self.window} {self.unit}: read in {self.chunks} chunks"]
