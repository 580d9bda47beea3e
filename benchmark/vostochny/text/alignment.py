"""Align characters, tokens and words: tokens with character offsets, and words without offsets with the text."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property

from vostochny.model import Span

# Characters that are equal where words are searched for: all quotation marks and apostrophes, all dashes.
_SAME = str.maketrans({**dict.fromkeys('“”„‟«»‹›‘’‚‛′″`´"', "'"), **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")})
_RUNS = re.compile(r"\s+|\S+")
_WORD = re.compile(r"\w+")
# Marks of words left out of a quotation: three dots or more, also in brackets, and the notation's two slashes.
_ELLIPSIS = re.compile(r"\s*(?:\[\s*(?:…|\.{3,})\s*\]|…|\.{3,}|//)\s*")
GRAM_CHARACTERS = 4  # length of the pieces that are looked up before the text is searched for a string
MAX_GAP_CHARACTERS = 200  # what an interrupted stretch may leave out without an ellipsis


def covering_tokens(span: Span, tokens: Sequence[Span]) -> tuple[int, int] | None:
    """Return the first token that shares a character with ``span`` and one past the last; None where no token does.

    ``tokens`` are in text order and do not overlap.
    """
    if span.start == span.end:
        return None
    first = bisect_right(tokens, span.start, key=lambda t: t.end)
    last = bisect_left(tokens, span.end, key=lambda t: t.start)
    return (first, last) if first < last else None


def spans_to_iob2(spans: Iterable[tuple[Span, str]], tokens: Sequence[Span]) -> list[str]:
    """Return one IOB2 tag per token. A span is widened to the tokens that it touches.

    Tags cannot nest: of spans that share a token the one with more tokens wins, of equally long ones the one that
    begins first, then the one whose label sorts first.
    """
    candidates = []
    for span, label in spans:
        tokens_of_span = covering_tokens(span, tokens)
        if tokens_of_span:
            first, last = tokens_of_span
            candidates.append((first - last, first, label, last))  # sorts by number of tokens, the most first
    tags = ["O"] * len(tokens)
    for _, first, label, last in sorted(candidates):
        if all(tag == "O" for tag in tags[first:last]):
            tags[first:last] = [f"B-{label}"] + [f"I-{label}"] * (last - first - 1)
    return tags


def iob2_to_spans(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """Read strict IOB2 (Tjong Kim Sang & Veenstra 1999): a chunk begins with B- and continues with I- of its label.

    An I- that continues no chunk begins none. Returns (first token, one past the last token, label) in order.
    """
    out: list[tuple[int, int, str]] = []
    first, label = -1, ""
    for i, tag in enumerate([*tags, "O"]):  # the O ends a chunk that reaches the last token
        prefix, _, name = tag.partition("-")
        if prefix == "I" and first >= 0 and name == label:
            continue
        if first >= 0:
            out.append((first, i, label))
            first = -1
        if prefix == "B":
            first, label = i, name
    return out


def normalise(text: str) -> str:
    """Return the text trimmed, with one kind of quotation mark, dash and white space: equal where only those differ."""
    return " ".join(text.translate(_SAME).split())


def describe_difference(ours: str, theirs: str) -> str:
    """Describe, for a message, where a text first differs from the article's. Both must differ.

    ``ours`` is the article's text, ``theirs`` the other one.
    """
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    return (
        f"differs from the article at character {at}: {theirs[at : at + 20]!r} where the article has "
        f"{ours[at : at + 20]!r} ({len(theirs)} and {len(ours)} characters)"
    )


class NormalisedText:
    """A text with quotation marks, dashes and white space normalised, and the map back to its original offsets."""

    def __init__(self, text: str):
        pieces: list[str] = []
        self._back: list[int] = []
        for m in _RUNS.finditer(text.translate(_SAME)):
            if m.group()[0].isspace():
                pieces.append(" ")
                self._back.append(m.start())
            else:
                pieces.append(m.group())
                self._back.extend(range(m.start(), m.end()))
        self.text = "".join(pieces)

    def span(self, start: int, length: int) -> Span:
        """Return the original offsets of a stretch that neither begins nor ends with white space."""
        return Span(self._back[start], self._back[start + length - 1] + 1)


class Finder:
    """A search for strings in one text, with quotation marks, dashes and white space normalised.

    ``within`` are the stretches in which an occurrence may begin, in order; the whole text if None. Time per string:
    one step per occurrence of its rarest word, not a pass over the text.
    """

    def __init__(self, text: str, within: Sequence[Span] | None = None):
        self.text, self.within = text, within
        self._known: dict[str, list[Span]] = {}
        # Words and hint → the spans that the hint leaves; filled by text.placement.
        self.hint_cache: dict[tuple[str, Span | str | None], list[Span]] = {}

    @cached_property
    def normalised(self) -> NormalisedText:
        """The normalised text, in which strings are searched for."""
        return NormalisedText(self.text)

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """The places of every word of the normalised text."""
        places: dict[str, list[int]] = {}
        for m in _WORD.finditer(self.normalised.text):
            places.setdefault(m.group(), []).append(m.start())
        return places

    @cached_property
    def _grams(self) -> set[str]:
        """All pieces of GRAM_CHARACTERS characters of the normalised text."""
        text = self.normalised.text
        return {text[i : i + GRAM_CHARACTERS] for i in range(len(text) - GRAM_CHARACTERS + 1)}

    def find(self, words: str) -> list[Span]:
        """Return every occurrence of ``words`` as whole words, from left to right; without any, those inside words."""
        key = normalise(words)
        occurrences = self._known.get(key)
        if occurrences is None:
            starts = (self._find_whole_words(key) or self._find_inside_words(key)) if key else []
            spans = [self.normalised.span(at, len(key)) for at in starts]
            occurrences = self._known[key] = [s for s in spans if self._begins_within(s)]
        return occurrences

    def _begins_within(self, span: Span) -> bool:
        """Return whether a span begins in one of the stretches of ``within``."""
        if self.within is None:
            return True
        at = bisect_right(self.within, span.start, key=lambda s: s.start) - 1
        return at >= 0 and span.start < self.within[at].end

    def _find_whole_words(self, key: str) -> list[int]:
        """Return where a normalised string occurs as whole words."""
        words = [(m.group(), m.start()) for m in _WORD.finditer(key)]
        if not words:
            return []
        # Every occurrence contains the string's rarest word, so only that word's places are tried.
        places, offset = min(((self._places.get(word, []), at) for word, at in words), key=lambda p: len(p[0]))
        text, out = self.normalised.text, []
        for place in places:
            start = place - offset
            end = start + len(key)
            if start < 0 or not text.startswith(key, start):
                continue
            # Inside the string words match as wholes; at its edges a longer word of the text may continue.
            before = start > 0 and _joins(text[start - 1], key[0])
            after = end < len(text) and _joins(key[-1], text[end])
            if not before and not after:
                out.append(start)
        return out

    def _find_inside_words(self, key: str) -> list[int]:
        """Return where a normalised string occurs inside words: marks alone, and scripts without spaces."""
        # A string that the text lacks nearly always has four characters in a row that the text lacks, which a look at
        # the set shows without a search.
        if any(key[i : i + GRAM_CHARACTERS] not in self._grams for i in range(len(key) - GRAM_CHARACTERS + 1)):
            return []
        out, at = [], self.normalised.text.find(key)
        while at >= 0:
            out.append(at)
            at = self.normalised.text.find(key, at + len(key))
        return out

    def parts(self, words: str) -> tuple[Span, ...]:
        """Find an interrupted stretch: return the parts of ``words`` in text order, or () where one is missing.

        Parts are separated by an ellipsis; without one, they are the longest beginning that occurs and then the rest,
        at most MAX_GAP_CHARACTERS later (after the reporting clause that the words leave out).
        """
        out: list[Span] = []
        pieces = _ELLIPSIS.split(normalise(words))
        for piece in filter(_WORD.search, pieces):  # without words it is no part: a full stop beside an ellipsis
            after = out[-1].end if out else 0
            spans = tuple(self._find_from(piece, after)[:1]) or self._find_halves(piece, after)
            if not spans:
                return ()
            out += spans
        return tuple(out)

    def _find_halves(self, words: str, after: int) -> tuple[Span, ...]:
        """Find words in two parts with a short gap: the longest beginning that occurs, and the rest."""
        tokens = words.split()
        low, high = 1, len(tokens) - 1  # bisection works because every shorter beginning of one that occurs occurs too
        while low < high:
            middle = (low + high + 1) // 2
            if self._find_from(" ".join(tokens[:middle]), after):
                low = middle
            else:
                high = middle - 1
        # One word is too little for a beginning. One a little shorter than the longest may be the right one, because
        # the first word of the rest may also be the first word in the gap.
        for cut in range(low, max(1, low - 3), -1):
            rest = self.find(" ".join(tokens[cut:]))
            for head in self._find_from(" ".join(tokens[:cut]), after):
                at = bisect_left(rest, head.end, key=lambda s: s.start)
                if at < len(rest) and rest[at].start - head.end <= MAX_GAP_CHARACTERS:
                    return head, rest[at]
        return ()

    def _find_from(self, words: str, start: int) -> list[Span]:
        """Return the occurrences from ``start`` on."""
        occurrences = self.find(words)
        return occurrences[bisect_left(occurrences, start, key=lambda s: s.start) :]


def _joins(left: str, right: str) -> bool:
    """Return whether two characters next to each other are inside one word."""
    return (left.isalnum() or left == "_") and (right.isalnum() or right == "_")


def align_tokens(tokens: Sequence[str], text: str, start: int = 0) -> list[Span] | int:
    """Return the spans of tokens of any tokenisation in ``text`` from ``start`` on.

    Tokens follow each other with nothing but white space between them. A token's own white space, quotation marks and
    dashes may be written otherwise, and brackets and quotation marks as the Penn Treebank escapes them. A token of
    white space alone (spaCy has such) is an empty span after the token before it.

    Where a token does not fit the text, its index is returned instead.
    """
    out: list[Span] = []
    at = start
    for number, token in enumerate(tokens):
        if token.isspace():
            out.append(Span(at, at))
            continue
        while at < len(text) and text[at].isspace():
            at += 1
        span = match_token(token, text, at)
        if span is None:
            return number
        out.append(span)
        at = span.end
    return out


_ESCAPED = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}", "``": '"', "''": '"'}


def match_token(token: str, text: str, at: int) -> Span | None:
    """Return the span of a token that begins at ``at``; None where the text has something else there."""
    if token and text.startswith(token, at):
        return Span(at, at + len(token))
    for word in (token, _ESCAPED.get(token, "")):
        target = "".join(word.translate(_SAME).split())
        end, characters = at, ""
        while target and end < len(text) and len(characters) < len(target):
            characters += "" if text[end].isspace() else text[end].translate(_SAME)
            end += 1
        if target and characters == target:
            return Span(at, end)
    return None
