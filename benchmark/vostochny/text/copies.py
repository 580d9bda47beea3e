"""Explain how a user's copy of an article differs from the article, from hashes of its sentences alone.

The package has no article text to compare with. So the usual effects of copying (line ends, a byte order mark, straight
quotes, a stripped end) are undone on trial: where that gives the article's hash, the difference is known exactly. Else
the hashes show the first sentence that differs, and the message quotes what the copy has there.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, product
from typing import Any

MAX_SHOWN_CHARACTERS = 40  # of the user's text, quoted in a message
MAX_AMBIGUOUS_MARKS = 12  # straight quotation marks of a sentence that are tried both ways: 2¹² hashes


@dataclass(frozen=True)
class Difference:
    """The place where a copy first differs (line and column from 1, where known), and a message about it."""

    line: int | None
    column: str | None
    message: str


def explain_difference(data: bytes, known: Mapping[str, Any], sentences: Sequence[Mapping[str, int]]) -> Difference:
    """Explain how a copy whose hash is wrong differs from the article.

    Args:
        data: the copy's bytes.
        known: the entry of the article in about.json: its ``sha256``, its length in ``characters``, and ``sentences``,
            the hash of each sentence (:func:`hash_sentence`).
        sentences: the offsets of the article's sentences, as ``start`` and ``end``.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return Difference(1, "column 1", "is UTF-16; save it as UTF-8 without a byte order mark")
        line = data.count(b"\n", 0, e.start) + 1
        column = len(data[data.rfind(b"\n", 0, e.start) + 1 : e.start].decode("utf-8", "replace")) + 1
        return Difference(line, f"column {column}", f"byte 0x{data[e.start]:02x} is not UTF-8; save it as UTF-8")
    for change, why in _repairs(text, known, sentences):
        original = change(text)
        if hashlib.sha256(original.encode()).hexdigest() == known["sha256"]:
            return _first_changed_character(text, original, why)
    # Not explained. Line ends and quotation marks are undone, so that the first sentence that differs in words shows.
    return _first_changed_sentence(_restore_curly_quotes(_undo_file_marks(text), known, sentences), known, sentences)


def find_nearest_article(data: bytes, articles: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the id of the article that a file has most sentences of, a third at least; None where there is none."""
    text = _undo_file_marks(data.decode("utf-8", "replace"))
    hashes = {hash_sentence(s) for s in _pieces(text)}
    shares = {i: sum(h in hashes for h in a["sentences"]) / max(1, len(a["sentences"])) for i, a in articles.items()}
    best = max(shares, key=lambda i: shares[i], default=None)
    return best if best is not None and shares[best] > 1 / 3 else None


def _pieces(text: str) -> Iterator[str]:
    """Yield what may be sentences: lines, and lines split after full stops."""
    for line in text.split("\n"):
        yield line.strip()
        yield from (s.strip() for s in re.split(r"(?<=[.!?…”’])\s+", line))


def _undo_file_marks(text: str) -> str:
    return _unix_line_ends(text.removeprefix("\ufeff"))


# -- what copying does -----------------------------------------------------------------------------------------------

Change = Callable[[str], str]


def _repairs(
    text: str, known: Mapping[str, Any], sentences: Sequence[Mapping[str, int]]
) -> Iterator[tuple[Change, str]]:
    """Yield changes that may turn the copy into the article, single ones before combinations, each with a remedy."""
    length = known["characters"]

    def cut_end(changed: str) -> str:
        """Return the text cut to the article's length, if only white space is cut off."""
        if len(changed) > length and not changed[length:].strip():
            return changed[:length]
        return changed

    single: list[tuple[Change, str]] = [
        (lambda t: t.removeprefix("\ufeff"), "begins with a byte order mark; save it as UTF-8 without one"),
        (_unix_line_ends, "has CRLF or CR line ends; save it with LF (git: core.autocrlf=false)"),
        (lambda t: unicodedata.normalize("NFC", t), "is in another Unicode normal form; write NFC"),
        (lambda t: t.replace("\xa0", " "), "has no-break spaces where the article has spaces"),
        (lambda t: t.replace("...", "…"), "has three full stops where the article has an ellipsis (…)"),
        (lambda t: t.replace(" - ", " – "), "has hyphens where the article has dashes (–)"),
        (lambda t: _restore_curly_quotes(t, known, sentences), "has straight quotation marks; the article has “ ” ‘ ’"),
        (cut_end, "has white space at its end that the article has not; cut it off"),
        *((partial(_pad_end, e, length), "lost white space at its end; do not strip it") for e in " \n"),
    ]
    # Whether the end is too long or too short shows only once the rest is undone, so the ends are always tried last.
    usual = [(change, why) for change, why in single[:-3] if change(text) != text]
    chosen = (some for size in range(len(usual) + 1) for some in combinations(usual, size))
    for some, last in product(chosen, [None, *single[-3:]]):
        steps = [*some, *([last] if last else [])]
        if steps:
            yield partial(_apply_in_turn, [change for change, _ in steps]), "; it ".join(why for _, why in steps)


def _apply_in_turn(changes: Sequence[Change], text: str) -> str:
    for change in changes:
        text = change(text)
    return text


def _unix_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _pad_end(end: str, length: int, text: str) -> str:
    return text + end * (length - len(text))


def _restore_curly_quotes(text: str, known: Mapping[str, Any], sentences: Sequence[Mapping[str, int]]) -> str:
    """Return the text with typographic quotation marks: by the usual rule, or by trial where a hash disagrees."""
    if '"' not in text and "'" not in text:
        return text
    letters = list(_USUAL_SINGLE.sub(r"\1‘", _USUAL_DOUBLE.sub(r"\1“", text)).replace('"', "”").replace("'", "’"))
    for span, known_hash in zip(sentences, known["sentences"], strict=True):
        start, end = span["start"], min(span["end"], len(text))
        places = [i for i in range(start, end) if text[i] in "\"'"]
        if not places or len(places) > MAX_AMBIGUOUS_MARKS or hash_sentence("".join(letters[start:end])) == known_hash:
            continue
        for marks in product(*("“”" if text[i] == '"' else "’‘" for i in places)):
            attempt = letters[start:end]
            for i, mark in zip(places, marks, strict=True):
                attempt[i - start] = mark
            if hash_sentence("".join(attempt)) == known_hash:
                letters[start:end] = attempt
                break
    return "".join(letters)


# A quotation mark opens at the beginning, after white space, and after what opens or joins.
_USUAL_DOUBLE = re.compile(r"(^|[\s(\[—–‘'])\"")
_USUAL_SINGLE = re.compile(r"(^|[\s(\[—–“\"])'")


# -- where ---------------------------------------------------------------------------------------------------------


def line_and_column(text: str, at: int) -> tuple[int, int]:
    """Return the line and the column, both from 1, of an offset."""
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


def _first_changed_character(text: str, original: str, why: str) -> Difference:
    """Return the first difference between a copy and the article that it was turned back into."""
    at = next(
        (i for i, (a, b) in enumerate(zip(text, original, strict=False)) if a != b), min(len(text), len(original))
    )
    line, column = line_and_column(text, at)

    def quote(content: str) -> str:
        return repr(content[at]) if at < len(content) else "nothing more"

    return Difference(line, f"column {column}", f"{why}. First: {quote(text)} where the article has {quote(original)}")


def _first_changed_sentence(text: str, known: Mapping[str, Any], sentences: Sequence[Mapping[str, int]]) -> Difference:
    """Return the first sentence that is not the article's, where no usual change explains the copy.

    Offsets of the article hold in the copy up to the first difference, so sentences are compared one after the other.
    """
    line_starts = [*(_line_starts(text)), len(text)]
    length = f"the copy has {len(text)} characters, the article {known['characters']}"
    before = 0
    for span, known_hash in zip(sentences, known["sentences"], strict=True):
        start, end = span["start"], span["end"]
        gap, words = text[before:start], text[start:end]
        if gap.strip() or hash_sentence(words) != known_hash:
            at = before + len(gap) - len(gap.lstrip()) if gap.strip() else min(start, len(text))
            line, column = line_and_column(text, at)
            if at >= len(text):
                return Difference(line, f"column {column}", f"ends where the article goes on; {length}")
            # The right words a few characters off: white space was added or removed before them.
            moved = next((m for m in range(-3, 4) if hash_sentence(text[max(0, start + m) : end + m]) == known_hash), 0)
            if moved:
                many = f"{abs(moved)} character{'s' if abs(moved) > 1 else ''} {'more' if moved > 0 else 'fewer'}"
                message = (
                    f"has {many} of white space than the article before {_shorten(text[start + moved :])}; {length}"
                )
                line, column = line_and_column(text, before)
                return Difference(line, f"column {column}", message)
            if end > len(text):
                message = f"ends within the sentence that begins here, which has {end - start} characters; {length}"
                return Difference(line, f"column {column}", message)
            stop = line_starts[min(bisect_right(line_starts, at), len(line_starts) - 1)]
            message = (
                f"differs in the sentence that begins here and in the article has {end - start} characters; the copy "
                f"has {_shorten(text[at:stop])}; {length}"
            )
            return Difference(line, f"column {column}", message)
        before = end
    line, column = line_and_column(text, before)
    return Difference(line, f"column {column}", f"differs in white space, or behind its last sentence; {length}")


def hash_sentence(words: str) -> str:
    """Return the hash of a sentence: 16 hexadecimal digits."""
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _line_starts(text: str) -> list[int]:
    """Return where lines begin, the first one left out."""
    return [m.end() for m in re.finditer(r"\n+", text)]


def _shorten(words: str) -> str:
    words = words.strip()
    return repr(words if len(words) <= MAX_SHOWN_CHARACTERS else words[:MAX_SHOWN_CHARACTERS] + "…")
