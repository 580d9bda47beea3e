"""Output of a transformers token-classification pipeline, aggregated or word piece by word piece.

Aggregated items are ``{"entity_group", "score", "word", "start", "end"}``. With ``aggregation_strategy="none"`` there
is one item per word piece, ``{"entity": "B-PER", "score", "index", "word", "start", "end"}``; the pieces are joined
here:

- A piece begins an entity if it is tagged B-, or does not follow a piece of the same type (by its index, or without one
  by its offsets).
- A piece inside a word (written ``##…``) continues the piece before it, whether it is tagged B- or I-.
- Items tagged O, which a pipeline returns with ``ignore_labels=[]``, are left out.

Where a slow tokenizer gives no offsets, the words are placed in the text. Containers: one list per document; a list of
those in the order of the gold; an object of those by doc_id; or JSON Lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vostochny.formats.containers import find_items, make_row, read_outputs
from vostochny.formats.reader import Reading, Record
from vostochny.formats.word_spans import ModelWords

_OWN_KEYS = ("entity", "entity_group", "word", "index", "score", "start", "end")  # others are checked as those of rows
_WORD_MARKS = ("▁", "Ġ")  # how SentencePiece and byte-level BPE write the white space before a piece

# Keys under which an object may hold the list of items.
ITEM_KEYS = ("entities", "predictions", "prediction", "output", "outputs", "ner", "tokens")


def is_output(value: Any) -> bool:
    """Return whether a value is one document's output: a list of items, or an object that holds one."""
    if isinstance(value, dict):
        return any(key in value for key in ITEM_KEYS)
    return isinstance(value, list) and all(isinstance(x, dict) and not is_output(x) for x in value)


def is_item(value: Any) -> bool:
    """Return whether a value is one item of such an output."""
    return isinstance(value, dict) and ("entity_group" in value or ("entity" in value and "word" in value))


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield one record per document."""
    for output in read_outputs(path, reading, is_output):
        items = find_items(output.value, ITEM_KEYS)
        if isinstance(items, list):
            items = _join_pieces(items)
        yield Record(path, output.line, make_row(output, entities=items), ordered=True)


def _join_pieces(items: list[Any]) -> list[Any]:
    """Return the entities of a document's items, word pieces joined."""
    out: list[Any] = []
    last: dict[str, Any] | None = None  # the piece before, if it is of an entity
    words = (x.get("word") for x in items if isinstance(x, dict))
    spaced = any(isinstance(word, str) and word.startswith(_WORD_MARKS) for word in words)
    for item in items:
        if not isinstance(item, dict):
            out.append(item)  # the RowReader reports what is wrong with it
            last = None
            continue
        tag = item.get("entity_group", item.get("entity"))
        if tag == "O":
            last = None
            continue
        if "entity_group" in item or not isinstance(tag, str):
            out.append(_make_entity(item, tag))
            last = None
            continue
        # Only the first hyphen is the tag scheme's: a label may have its own, as in B-person-actor.
        prefix, label = (tag[0], tag[2:]) if tag[:2] in ("B-", "I-") else ("", tag)
        if last is not None and out[-1]["type"] == label and _continues_entity(last, item, prefix):
            _extend_entity(out[-1], item, spaced)
        else:
            out.append(_make_entity(item, label))
        last = item
    return out


def _continues_entity(last: dict[str, Any], item: dict[str, Any], prefix: str) -> bool:
    """Return whether a piece continues the entity of the piece before it; ``prefix`` is "B", "I" or "" (no prefix)."""
    inside = isinstance(item.get("word"), str) and item["word"].startswith("##")
    if prefix == "B" and not inside:
        return False
    if isinstance(last.get("index"), int) and isinstance(item.get("index"), int):
        return bool(item["index"] == last["index"] + 1)
    ends = last.get("end"), item.get("start")
    return isinstance(ends[0], int) and isinstance(ends[1], int) and 0 <= ends[1] - ends[0] <= 1


def _make_entity(item: dict[str, Any], label: Any) -> dict[str, Any]:
    out = {key: value for key, value in item.items() if key not in _OWN_KEYS and value is not None}
    # One that has a type too keeps both, so that the two are compared.
    out["entity_group" if "type" in out else "type"] = label
    if isinstance(word := item.get("word"), str):
        if item.get("start") is None and item.get("end") is None:
            return {**out, "text": _remove_marks(word)}
        if "entity_group" in item:  # of a single piece, "word" may be bytes in disguise
            out["text"] = ModelWords(word)
    return {**out, "start": item.get("start"), "end": item.get("end")}


def _extend_entity(entity: dict[str, Any], item: dict[str, Any], spaced: bool) -> None:
    """Add a piece to an entity. ``spaced``: the tokenizer marks the pieces that begin a word, not those inside one."""
    if entity.get("start") is not None:
        entity["end"] = item.get("end")
    elif isinstance(item.get("word"), str):
        word = item["word"]
        inside = not word.startswith(_WORD_MARKS) if spaced else word.startswith("##")
        entity["text"] += ("" if inside else " ") + _remove_marks(word)


def _remove_marks(piece: str) -> str:
    return piece.removeprefix("##").lstrip("".join(_WORD_MARKS))
