"""Output of a transformers token-classification pipeline, aggregated or word piece by word piece.

Aggregated items are ``{"entity_group", "score", "word", "start", "end"}``. With ``aggregation_strategy="none"`` they
are ``{"entity": "B-PER", "score", "index", "word", "start", "end"}``, one a piece; they are put together here: a piece
begins an entity with B-, or where it does not continue one of its type at the index (or, without one, the place) before
it. A piece inside a word (written ``##…``) goes on with the piece before it, B- or not. Items tagged O, which a
pipeline gives with ``ignore_labels=[]``, are left out. Words are looked for where a slow tokenizer gives no offsets.
Containers: a list a document, a list of those in the order of the gold, an object of those by doc_id, or JSON Lines of
either.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vostochny.formats.containers import find_items, make_row, read_outputs
from vostochny.formats.reader import Reading, Record

_WORD_MARKS = ("▁", "Ġ")  # how SentencePiece and byte-level BPE write the white space before a piece

ITEM_KEYS = ("entities", "predictions", "prediction", "output", "outputs", "ner", "tokens")


def is_output(value: Any) -> bool:
    """Whether a value is one document's output: a list of items, or an object that holds one."""
    if isinstance(value, dict):
        return any(key in value for key in ITEM_KEYS)
    return isinstance(value, list) and all(isinstance(x, dict) and not is_output(x) for x in value)


def is_item(value: Any) -> bool:
    """Whether a value is one item of such an output."""
    return isinstance(value, dict) and ("entity_group" in value or ("entity" in value and "word" in value))


def read(path: str, reading: Reading) -> Iterator[Record]:
    """A record a document."""
    for output in read_outputs(path, reading, is_output):
        items = find_items(output.value, ITEM_KEYS)
        if isinstance(items, list):
            items = _join_pieces(items)
        yield Record(path, output.line, make_row(output, entities=items), ordered=True)


def _join_pieces(items: list[Any]) -> list[Any]:
    out: list[Any] = []
    last: dict[str, Any] | None = None  # the piece before
    words = (x.get("word") for x in items if isinstance(x, dict))
    spaced = any(isinstance(word, str) and word.startswith(_WORD_MARKS) for word in words)
    for item in items:
        if not isinstance(item, dict):
            out.append(item)  # the checks say what is wrong with it
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
    inside = isinstance(item.get("word"), str) and item["word"].startswith("##")
    if prefix == "B" and not inside:
        return False
    if isinstance(last.get("index"), int) and isinstance(item.get("index"), int):
        return bool(item["index"] == last["index"] + 1)
    ends = last.get("end"), item.get("start")
    return isinstance(ends[0], int) and isinstance(ends[1], int) and 0 <= ends[1] - ends[0] <= 1


def _make_entity(item: dict[str, Any], label: Any) -> dict[str, Any]:
    out: dict[str, Any] = {"type": label}
    if item.get("start") is None and item.get("end") is None and isinstance(item.get("word"), str):
        return {**out, "text": _remove_marks(item["word"])}
    return {**out, "start": item.get("start"), "end": item.get("end")}


def _extend_entity(entity: dict[str, Any], item: dict[str, Any], spaced: bool) -> None:
    """Add a piece. ``spaced``: the tokenizer marks the pieces that begin a word, not those inside one."""
    if "text" not in entity:
        entity["end"] = item.get("end")
    elif isinstance(item.get("word"), str):
        word = item["word"]
        inside = not word.startswith(_WORD_MARKS) if spaced else word.startswith("##")
        entity["text"] += ("" if inside else " ") + _remove_marks(word)


def _remove_marks(piece: str) -> str:
    return piece.removeprefix("##").lstrip("".join(_WORD_MARKS))
