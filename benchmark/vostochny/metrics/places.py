"""The places of a batch's gold documents: units, zones, tokens and words, for looking up many offsets at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np

from vostochny.metrics.matching import Bools, Ints
from vostochny.model import DEFAULT_ZONE, Document

WIDTH = 1 << 40  # more than any offset: documents are laid end to end on one line, each so long


_AT_START = np.zeros(1, dtype=np.int64)


class Layout(NamedTuple):
    """The parts of one gold document.

    ``text`` is "" where it is not known; ``paragraphs`` are where its paragraphs begin, one at least; ``sentences``
    where its sentences end; ``tokens`` where its tokens begin and where they end, shape (2, tokens); ``zones`` where
    its zones begin, one at least, and ``zone_names`` their names.
    """

    text: str = ""
    paragraphs: Ints = _AT_START
    sentences: Ints = _AT_START[:0]
    tokens: Ints = np.zeros((2, 0), dtype=np.int64)
    zones: Ints = _AT_START
    zone_names: Sequence[str] = (DEFAULT_ZONE,)

    @classmethod
    def of_document(cls, d: Document) -> Layout:
        """Return the parts of a document."""
        bounds = ((t.start, t.end) for t in d.tokens)
        tokens = np.fromiter(chain.from_iterable(bounds), np.int64, 2 * len(d.tokens)).reshape(-1, 2).T
        lists = [p.start for p in d.paragraphs] or [0], [s.end for s in d.sentences], [z.span.start for z in d.zones]
        paragraphs, sentences, zones = (np.array(x, dtype=np.int64) for x in lists)
        return cls(d.text, paragraphs, sentences, tokens, *((zones, [z.name for z in d.zones]) if d.zones else ()))


class Places:
    """Paragraphs, zones, tokens and texts of gold documents, each as one ascending array for all documents.

    An offset of document d is moved to d · WIDTH + offset, so that one binary search finds the place of any item.

    Args:
        layouts: the parts of each document.
        unscored_zones: names of the zones that are not scored.

    Attributes:
        texts: The text of each document.
        documents: The document of each unit. A unit is a paragraph; a document without paragraphs is one unit.
        zones: The names of the zones, sorted.
        scored: For each of these, whether it is scored.
    """

    def __init__(self, layouts: Sequence[Layout], unscored_zones: Collection[str]):
        self._layouts = layouts
        texts = self.texts = [layout.text for layout in layouts]
        numbers = np.arange(len(texts))
        self.documents, starts = _flatten([layout.paragraphs for layout in layouts])
        self._units = self.key(self.documents, starts)
        self._first_unit = np.searchsorted(self.documents, numbers)
        names = [name for layout in layouts for name in layout.zone_names]
        self.zones = tuple(sorted(set(names)))
        codes = {name: i for i, name in enumerate(self.zones)}
        zone_documents, starts = _flatten([layout.zones for layout in layouts])
        self._zone_starts = self.key(zone_documents, starts)
        self._first_zone = np.searchsorted(zone_documents, numbers)
        self._zone_codes = np.fromiter(map(codes.__getitem__, names), np.int64, len(names))
        self.scored: Bools = np.array([name not in unscored_zones for name in self.zones], dtype=bool)
        # Documents without paragraphs and zones, of which there may be very many, need no search.
        self._is_plain = len(self.zones) <= 1 and len(self.documents) == len(texts)

    @classmethod
    def of_documents(cls, gold: Sequence[Document], unscored_zones: Collection[str]) -> Places:
        """Return the places of gold documents."""
        return cls([Layout.of_document(d) for d in gold], unscored_zones)

    @staticmethod
    def key(document: Ints, offset: Ints) -> Ints:
        """Return the place of offsets on the line of all documents."""
        return document * WIDTH + offset

    def locate(self, document: Ints, start: Ints) -> tuple[Ints, Ints]:
        """Return the unit and the zone that items belong to, both by their start."""
        if self._is_plain:
            return document, np.zeros_like(document)
        at = self.key(document, start)
        unit = np.maximum(np.searchsorted(self._units, at, "right") - 1, self._first_unit[document])
        zone = np.maximum(np.searchsorted(self._zone_starts, at, "right") - 1, self._first_zone[document])
        return unit, self._zone_codes[zone]

    @cached_property
    def has_tokens(self) -> Bools:
        """For each document, whether it has tokens."""
        return np.array([x.tokens.shape[1] > 0 for x in self._layouts], dtype=bool)

    @cached_property
    def tokens(self) -> tuple[Ints, Ints]:
        """The start and the end of every token, as keys; they ascend."""
        documents, starts = _flatten([x.tokens[0] for x in self._layouts])
        ends = _flatten([x.tokens[1] for x in self._layouts])[1]
        return self.key(documents, starts), self.key(documents, ends)

    @cached_property
    def sentence_of_token(self) -> Ints:
        """The sentence of every token, by numbers that differ between documents and ascend."""
        ends = self.key(*_flatten([x.sentences for x in self._layouts]))
        # Tokens behind the last sentence of a document are a sentence of their own: one number more per document.
        document = self.tokens[0] // WIDTH
        return np.searchsorted(ends, self.tokens[0], "right") + document

    def cover(self, document: Ints, start: Ints, end: Ints) -> tuple[Ints, Ints]:
        """Return the first token that shares a character with each span, and one past the last.

        Both are indices into :attr:`tokens`; where no token does, the second is not above the first.
        """
        first = np.searchsorted(self.tokens[1], self.key(document, start), "right")
        last = np.searchsorted(self.tokens[0], self.key(document, end), "left")
        return first, np.where(end > start, last, first)

    def find_heads(self, document: Ints, start: Ints, end: Ints) -> tuple[Ints, Ints]:
        """Return start and end of the head of each span: its last token, here a name's last word or the head noun.

        Where the document has no token there, it is the span's last word by white space, or the span itself.
        """
        first, last = self.cover(document, start, end)
        found = last > first
        head_start, head_end = start.copy(), end.copy()
        keys = [side[last[found] - 1] - document[found] * WIDTH for side in self.tokens]
        head_start[found], head_end[found] = keys
        for row in np.flatnonzero(~found).tolist():
            words = self.texts[document[row]][start[row] : end[row]].rstrip()
            if words:
                head_end[row] = start[row] + len(words)
                head_start[row] = head_end[row] - len(words.split()[-1])
        return head_start, head_end

    @cached_property
    def _characters(self) -> dict[int, Ints]:
        """For documents with a text but without tokens: the number of characters but white space before each offset."""
        return {
            i: np.concatenate([[0], np.cumsum([not c.isspace() for c in x.text])])
            for i, x in enumerate(self._layouts)
            if x.text and not x.tokens.shape[1]
        }

    def measure(self, document: Ints, start: Ints, end: Ints) -> tuple[Ints, Ints]:
        """Return spans on a line of tokens; in a document without tokens on one of its characters but white space.

        The length of a span there is the number of its tokens, and two spans share as many as they overlap there.
        """
        first, last = self.cover(document, start, end)
        out_start, out_end = first.copy(), np.maximum(last, first)
        for row in np.flatnonzero(~self.has_tokens[document]).tolist():
            bounds = start[row], end[row]
            if document[row] in self._characters:
                before = self._characters[document[row]]
                bounds = before[min(start[row], len(before) - 1)], before[min(end[row], len(before) - 1)]
            # Behind the numbers of all tokens, and each document in a range of its own.
            out_start[row], out_end[row] = (self.key(document[row] + 1, x) for x in bounds)
        return out_start, out_end

    @cached_property
    def scored_tokens(self) -> Bools:
        """For every token, whether it is in a scored zone."""
        return self.scored[self.locate_tokens(np.arange(len(self.tokens[0])))[1]]

    def locate_tokens(self, token: Ints) -> tuple[Ints, Ints]:
        """Return the unit and the zone that tokens belong to."""
        start = self.tokens[0][token]
        return self.locate(start // WIDTH, start % WIDTH)

    def read(self, document: Ints, start: Ints, end: Ints) -> list[str]:
        """Return the words of spans."""
        texts = self.texts
        return [texts[d][a:b] for d, a, b in zip(document.tolist(), start.tolist(), end.tolist(), strict=True)]


def _flatten(parts: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Return for each value of some arrays the number of its array, and the value."""
    return np.repeat(np.arange(len(parts)), [len(part) for part in parts]), np.concatenate([_AT_START[:0], *parts])
