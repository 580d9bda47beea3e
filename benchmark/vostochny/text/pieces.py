"""Join the pieces of a token classification model's output to entities.

A tokenizer marks where words begin or go on: WordPiece (``##``) and fastBPE (``@@``) mark pieces inside a word,
SentencePiece (``▁``) and byte-level BPE (``Ġ``) the white space before one, and older BPE (``</w>``) the end of one. An
entity begins with a piece tagged B- or S-, or one that does not follow a piece of the same type; a piece inside a word
goes on with the entity of the piece before it, whether it is tagged B- or I-.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vostochny.model import Span
from vostochny.text.tags import is_outside, split_prefix

_OWN_KEYS = ("entity", "entity_group", "word", "index", "score", "start", "end")
_UNKNOWN_PIECES = ("[UNK]", "<unk>")  # what tokenizers write for words that they cannot write
_START_MARKS = ("▁", "Ġ")
_INSIDE_MARK, _GOES_ON_MARK, _END_MARK = "##", "@@", "</w>"
_FIRST_BYTE, _LAST_BYTE = "\x80", "\u0143"  # the letters in which byte-level BPE writes bytes that are not ASCII
_MAX_GAP_CHARACTERS = 1  # between pieces of one entity that have no index: a blank


class PieceJoiner:
    """Joins the pieces of documents, all of which one model made.

    Args:
        outputs: The items of every document, by which it is known what the tokenizer marks.
        labels: Labels that begin like a tag but are none (``E-MAIL``).

    Attributes:
        trimmed: How many spans had white space at their ends.
        padded: How many spans end in white space, which they keep.
        repeated: How many pieces were given before, and left out.
    """

    def __init__(self, outputs: Iterable[Sequence[Any]], labels: Iterable[str] = ()):
        words = [
            w for items in outputs for x in items if isinstance(x, Mapping) and isinstance(w := x.get("word"), str)
        ]
        self._marks_starts = any(word.startswith(_START_MARKS) for word in words)
        self._marks_ends = any(word.endswith(_END_MARK) for word in words)
        self._labels = frozenset(labels)
        self.trimmed = self.padded = self.repeated = 0

    def join(self, items: Iterable[Any], text: str | None = None) -> list[Any]:
        """Return the entities of a document: ``{"type", "start", "end"}``, or ``"text"`` where no piece has offsets.

        White space at the ends is cut off where the text is known: some tokenizers take the blank before a word as part
        of it. An item that is not an object stays as it is.
        """
        out: list[Any] = []
        last: Mapping[str, Any] | None = None  # the piece before, if it is of an entity
        last_label = ""
        is_closed = False  # whether that piece ends its entity
        seen: set[str] = set()
        for item in items:
            tag = item.get("entity_group", item.get("entity")) if isinstance(item, Mapping) else None
            if not isinstance(item, Mapping) or not isinstance(tag, str):
                out.append(_make_entity(item, tag) if isinstance(item, Mapping) else item)
                last = None
                continue
            if is_outside(tag):
                last = None
                continue
            piece = repr([item.get(key) for key in ("entity", "index", "word", "start", "end")])
            if piece in seen and "index" in item:
                self.repeated += 1
                continue
            seen.add(piece)
            prefix, label = ("", tag) if tag in self._labels else split_prefix(tag)
            if last is not None and last_label == label and self._goes_on(last, item, prefix, is_closed):
                self._extend(out[-1], last, item)
            else:
                out.append(_make_entity(item, label))
            last, last_label, is_closed = item, label, prefix in ("S", "E")
        return [self._trim(x, text) for x in out] if text else out

    def _goes_on(self, last: Mapping[str, Any], item: Mapping[str, Any], prefix: str, is_closed: bool) -> bool:
        """Return whether a piece goes on with the entity of the piece before it, which that piece may have closed."""
        # An aggregated item is an entity, unless its model's tags are of a scheme that the pipeline does not know.
        is_whole = "entity_group" in item
        # No word begins with the mark of a piece inside one, so a pipeline has parted there what is one word.
        is_inside = self._is_inside(last, item) if not is_whole else _begins_inside(item)
        if not is_inside and (is_closed or prefix in ("B", "S") or (is_whole and not prefix)):
            return False
        if isinstance(last.get("index"), int) and isinstance(item.get("index"), int):
            return bool(item["index"] == last["index"] + 1)
        end, start = last.get("end"), item.get("start")
        if isinstance(end, int) and isinstance(start, int):
            return 0 <= start - end <= _MAX_GAP_CHARACTERS
        return is_inside or bool(prefix)

    def _is_inside(self, last: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
        """Return whether a piece is inside the word of the piece before it."""
        before, word = last.get("word"), item.get("word")
        if not isinstance(word, str) or not isinstance(before, str):
            return False
        if self._marks_starts:
            return not word.startswith(_START_MARKS)
        if self._marks_ends:
            return not before.endswith(_END_MARK)
        return word.startswith(_INSIDE_MARK) or before.endswith(_GOES_ON_MARK)

    def _extend(self, entity: dict[str, Any], last: Mapping[str, Any], item: Mapping[str, Any]) -> None:
        """Add a piece to an entity."""
        if entity.get("start") is not None:
            entity["end"] = item.get("end")
        word = item.get("word")
        if word is not None and not isinstance(word, str):
            entity["text"] = word  # for the reader to refuse
        elif word is not None and isinstance(entity.get("text"), str):
            if entity.get("start") is not None and "entity_group" not in item and not _is_readable(word):
                del entity["text"]
                return
            is_joined = self._is_inside(last, item) if "entity" in item else last.get("end") == item.get("start", "")
            entity["text"] += ("" if is_joined else " ") + _remove_marks(word)

    def _trim(self, entity: Any, text: str) -> Any:
        """Return an entity with trimmed offsets, if it has whole ones in the text, of the words that it states."""
        start, end = (entity.get("start"), entity.get("end")) if isinstance(entity, dict) else (None, None)
        if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
            return entity
        # The blank before a word is the tokenizer's; white space after one is the system's mistake, and counts as such.
        span = Span(trim(start, end, text).start, end)
        # Other words may mean that the offsets count in another unit.
        written = entity.get("text", text[start:end])
        if not isinstance(written, str):
            return entity  # which is reported later
        is_right = is_written_as(text[start:end], written)
        self.padded += is_right and text[end - 1].isspace()
        if not is_right or not text[start:end].strip() or span == Span(start, end):
            return entity
        self.trimmed += 1
        return {**entity, "start": span.start, "end": span.end}


def is_piece(word: str) -> bool:
    """Return whether a word has the mark of a tokenizer (see above)."""
    is_marked = word.startswith((_INSIDE_MARK, *_START_MARKS)) or word.endswith((_GOES_ON_MARK, _END_MARK))
    return is_marked and bool(_remove_marks(word))


def is_written_as(words: str, written: str) -> bool:
    """Return whether words of a text are those that a model's tokenizer has written, as far as that shows."""
    return any(piece in written for piece in _UNKNOWN_PIECES) or _fold(words) == _fold(written)


def _fold(words: str) -> str:
    """Return words without white space, case, accents and other marks, and characters without width."""
    letters = unicodedata.normalize("NFKD", words).casefold()
    return "".join(
        c for c in letters if not c.isspace() and not unicodedata.combining(c) and unicodedata.category(c) != "Cf"
    )


def trim(start: int, end: int, text: str) -> Span:
    """Return a span without white space at its ends; empty where it has nothing else."""
    words = text[start:end]
    start += len(words) - len(words.lstrip())
    return Span(start, max(start, end - len(words) + len(words.rstrip())))


def _make_entity(item: Mapping[str, Any], label: Any) -> dict[str, Any]:
    """Return the entity that a piece begins, with the keys that no piece has, for the reader to judge."""
    out = {key: value for key, value in item.items() if key not in _OWN_KEYS and value is not None}
    # One that has a type too keeps both, so that the two are compared.
    out["entity_group" if "type" in out else "type"] = label
    word, has_offsets = item.get("word"), item.get("start") is not None or item.get("end") is not None
    if isinstance(word, str) and (not has_offsets or "entity_group" in item or _is_readable(word)):
        out["text"] = _remove_marks(word)
    elif word is not None and not isinstance(word, str):
        out["text"] = word  # for the reader to refuse
    return {**out, "start": item.get("start"), "end": item.get("end")} if has_offsets or "text" not in out else out


def _begins_inside(item: Mapping[str, Any]) -> bool:
    """Return whether an aggregated item begins inside a word."""
    return isinstance(item.get("word"), str) and item["word"].startswith(_INSIDE_MARK) and item["word"] != _INSIDE_MARK


def _is_readable(piece: str) -> bool:
    """Return whether a piece says its characters; byte-level BPE writes bytes as other letters, and ``<0xE2>``."""
    return not any(_FIRST_BYTE <= c <= _LAST_BYTE for c in _remove_marks(piece)) and "<0x" not in piece


def _remove_marks(piece: str) -> str:
    """Return the characters of a piece."""
    piece = piece.removeprefix(_INSIDE_MARK).removesuffix(_END_MARK).removesuffix(_GOES_ON_MARK)
    return piece.lstrip("".join(_START_MARKS))
