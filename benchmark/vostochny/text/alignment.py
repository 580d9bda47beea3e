"""Characters, tokens and words: tokens ↔ characters, and spans for outputs that give text without offsets."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property

from vostochny.model import Span

# What counts as the same character where words are looked for: any quotation mark or apostrophe, any dash.
_SAME = str.maketrans({**dict.fromkeys('“”„‟«»‹›‘’‚‛′″`´"', "'"), **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")})
_RUNS = re.compile(r"\s+|\S+")
_WORD = re.compile(r"\w+")
# What stands for words left out of a quotation: dots, three or more, also in brackets; and the notation's two strokes.
_ELLIPSIS = re.compile(r"\s*(?:\[\s*(?:…|\.{3,})\s*\]|…|\.{3,}|//)\s*")
GRAM_CHARACTERS = 4  # characters of a stretch that is looked up before the text is searched for a string
MAX_GAP_CHARACTERS = 200  # characters that the words of an interrupted stretch may leave out where no ellipsis says so


def covering_tokens(span: Span, tokens: Sequence[Span]) -> tuple[int, int] | None:
    """The first and one past the last token that share a character with ``span``; None where no token does.

    ``tokens`` are in text order and do not overlap.
    """
    if span.start == span.end:
        return None
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


def normalise(text: str) -> str:
    """The text with quotation marks, dashes and white space evened out, trimmed: equal where only those differ."""
    return " ".join(text.translate(_SAME).split())


def describe_difference(ours: str, theirs: str) -> str:
    """Where two texts that should be one first differ, in words for a message. Both are known to differ."""
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    return (
        f"differs from the article at character {at}: {theirs[at : at + 20]!r} where the article has "
        f"{ours[at : at + 20]!r} ({len(theirs)} and {len(ours)} characters)"
    )


class NormalisedText:
    """A text with quotation marks, dashes and white space evened out, and the way back to its own offsets."""

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
        """The offsets in the original text of a stretch that neither begins nor ends with white space."""
        return Span(self._back[start], self._back[start + length - 1] + 1)


class Finder:
    """Where strings stand in one text, quotation marks, dashes and white space evened out.

    ``within`` are the stretches in which an occurrence may begin, in order; all of the text if None. Each string costs
    a step for each place of its rarest word, not a pass over the text.
    """

    def __init__(self, text: str, within: Sequence[Span] | None = None):
        self.text, self.within = text, within
        self._known: dict[str, list[Span]] = {}
        self.hint_cache: dict[
            tuple[str, Span | str | None], list[Span]
        ] = {}  # what placing has found where a hint says

    @cached_property
    def normalised(self) -> NormalisedText:
        """The text as it is searched."""
        return NormalisedText(self.text)

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for m in _WORD.finditer(self.normalised.text):
            places.setdefault(m.group(), []).append(m.start())
        return places

    @cached_property
    def _grams(self) -> set[str]:
        text = self.normalised.text
        return {text[i : i + GRAM_CHARACTERS] for i in range(len(text) - GRAM_CHARACTERS + 1)}

    def find(self, words: str) -> list[Span]:
        """Every occurrence of ``words`` as whole words, from left to right; without any, those inside words."""
        key = normalise(words)
        found = self._known.get(key)
        if found is None:
            starts = (self._whole(key) or self._inside(key)) if key else []
            spans = [self.normalised.span(at, len(key)) for at in starts]
            found = self._known[key] = [s for s in spans if self._scored(s)]
        return found

    def _scored(self, span: Span) -> bool:
        if self.within is None:
            return True
        at = bisect_right(self.within, span.start, key=lambda s: s.start) - 1
        return at >= 0 and span.start < self.within[at].end

    def _whole(self, key: str) -> list[int]:
        words = [(m.group(), m.start()) for m in _WORD.finditer(key)]
        if not words:
            return []
        places, offset = min(((self._places.get(word, []), at) for word, at in words), key=lambda p: len(p[0]))
        text, out = self.normalised.text, []
        for place in places:
            start = place - offset
            end = start + len(key)
            if start < 0 or not text.startswith(key, start):
                continue
            # \w+ found whole words, so only a longer word at an edge can still be in the way.
            before = start > 0 and _joins(text[start - 1], key[0])
            after = end < len(text) and _joins(key[-1], text[end])
            if not before and not after:
                out.append(start)
        return out

    def _inside(self, key: str) -> list[int]:
        """Occurrences that are no whole words: marks alone, and writing without spaces."""
        # A string that is nowhere nearly always has four characters that are nowhere; only the rest is searched for.
        if any(key[i : i + GRAM_CHARACTERS] not in self._grams for i in range(len(key) - GRAM_CHARACTERS + 1)):
            return []
        out, at = [], self.normalised.text.find(key)
        while at >= 0:
            out.append(at)
            at = self.normalised.text.find(key, at + len(key))
        return out

    def parts(self, words: str) -> tuple[Span, ...]:
        """An interrupted stretch: the parts of ``words`` one after the other, or () where they are not all there.

        Parts are what an ellipsis separates; without one, the longest beginning that is there and then the rest, at
        most MAX_GAP_CHARACTERS characters on (the reporting clause that the words leave out).
        """
        out: list[Span] = []
        for piece in filter(
            _WORD.search, _ELLIPSIS.split(normalise(words))
        ):  # a full stop beside an ellipsis is no part
            after = out[-1].end if out else 0
            found = tuple(self._from(piece, after)[:1]) or self._broken(piece, after)
            if not found:
                return ()
            out += found
        return tuple(out)

    def _broken(self, words: str, after: int) -> tuple[Span, ...]:
        tokens = words.split()
        low, high = 1, len(tokens) - 1  # the longest beginning, by bisection: what is there is there shortened too
        while low < high:
            middle = (low + high + 1) // 2
            if self._from(" ".join(tokens[:middle]), after):
                low = middle
            else:
                high = middle - 1
        # A beginning of one word is anywhere, and one that is cut a little short may be what was meant.
        for cut in range(low, max(1, low - 3), -1):
            rest = self.find(" ".join(tokens[cut:]))
            for head in self._from(" ".join(tokens[:cut]), after):
                at = bisect_left(rest, head.end, key=lambda s: s.start)
                if at < len(rest) and rest[at].start - head.end <= MAX_GAP_CHARACTERS:
                    return head, rest[at]
        return ()

    def _from(self, words: str, start: int) -> list[Span]:
        """The occurrences from ``start`` on."""
        found = self.find(words)
        return found[bisect_left(found, start, key=lambda s: s.start) :]


def _joins(left: str, right: str) -> bool:
    return (left.isalnum() or left == "_") and (right.isalnum() or right == "_")


def align_tokens(tokens: Sequence[str], text: str, start: int = 0) -> list[Span] | int:
    """Where tokens of any tokenisation stand in ``text`` from ``start`` on, or the number of the first that does not.

    Tokens follow each other with nothing but white space between them; a token's own white space, its quotation marks
    and dashes may be written otherwise, and brackets and quotes as the Penn Treebank escapes them. A token that is
    nothing but white space (spaCy has such) is an empty span behind the token before it.
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
    """The span of a token that stands at ``at``, or None where something else does."""
    if token and text.startswith(token, at):
        return Span(at, at + len(token))
    for word in (token, _ESCAPED.get(token, "")):
        wanted = "".join(word.translate(_SAME).split())
        end, got = at, ""
        while wanted and end < len(text) and len(got) < len(wanted):
            got += "" if text[end].isspace() else text[end].translate(_SAME)
            end += 1
        if wanted and got == wanted:
            return Span(at, end)
    return None
