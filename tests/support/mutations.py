"""Inputs as they go wrong: bytes are damaged, values swapped, documents changed so that they can still be read."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import fields, is_dataclass, replace
from typing import Any

from vostochny.model import LAYERS, Document, Entity, Event, Quote, Reference, Span

# What breaks readers: nesting, lone surrogates, NUL, numbers without end, other types, markup, other line ends.
TOKENS = [
    b"[" * 3000, b'{"a":' * 500, b'"\\ud800"', b"\x00", b"9" * 5000, b"-1", b"1e999", b"null", b"true", b"[]", b"{}",
    b'""',
    b"NaN", b"\xff\xfe", b"\r\n", b"\xc3", b"<script>alert(1)</script>", b"\x1b[2J", b",", b":", b'"', b"\t",
    b"T1\tX 0 99999\t",
    b"E1\t:", b"B-", b"-DOCSTART-\n", b"# doc_id = two\n", b'"start"', b'"end"', b'"text"', b'"doc_id"', b"4294967296",
    b'{"start": 1, "end": 2}', b'{"text": "Kim", "occurrence": 2}', b'"paragraph": 1', b'"filler": "e1"',
    b"18446744073709551616",
]  # fmt: skip
# Values of every kind, in place of any value of JSON.
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 1.5, 10**9, 10**14, 2**63, 2**64, -(2**63), 10**400, 1e308, float("nan"),
    float("inf"), "", " ", "x", "5", "\0", "\x1b]0;x\x07", "\ud83d", "é", "../../x", "</script>", "a" * 300, "PER",
    "NAM", "e1", "one", [], {}, [[]], [None], [1, 2], ["x"], {"": 0}, {"start": 0, "end": 1}, [{"start": 0}],
    "2023-09-13", "=1+1",
]  # fmt: skip
# What an editor, another program or a hostile author may put into a text between two of its characters.
INSERTIONS = [
    " ", "  ", "\n", "\n\n", "\t", "🚀", "e\u0301", "\u200b", "\u200d", "\u2028", "\u0085", "\u00a0", "שלום", "”", "-",
    "'", "</script>", "&amp;", "B-PER", "-DOCSTART-", "# doc_id = two", "S ", "[PER|NAM x]", "文字", "\\", "/", ".",
]  # fmt: skip
NAMES = ["x", "", "PER", "person", "Contact.Meet", "X.Y", "a b", "é", "B-X", "O", "a|b", "../../x", "'", "-", "z" * 200]
DOC_IDS = ["one", "two", "three", "", "../../x", "a b", "é", "/tmp/x", "x" * 300, "con", ".", "a\tb", "0", " one ", "-"]


def damage(raw: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Return the bytes with one to six things done to them; ``others`` are files to take pieces of."""
    out = bytearray(raw)
    for _ in range(dice.choice([1, 1, 1, 2, 3, 6])):
        at, to = sorted((dice.randint(0, len(out)), dice.randint(0, len(out))))
        to = min(to, at + dice.choice([1, 3, 20, 400]))
        kind = dice.randrange(8)
        if kind == 0:
            del out[at:to]
        elif kind == 1:
            out[at:at] = out[at:to]
        elif kind == 2:
            out[at:to] = bytes(dice.randrange(256) for _ in range(to - at))
        elif kind in (3, 4):
            out[at : at if kind == 3 else to] = dice.choice(TOKENS)
        elif kind == 5:
            other = dice.choice(others)
            start = dice.randint(0, len(other))
            out[at:at] = other[start : start + dice.choice([5, 60, 500])]
        elif kind == 6 and at < len(out):
            out[at] ^= 1 << dice.randrange(8)
        else:
            del out[at:]
    return bytes(out)


def list_places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place in a JSON value that holds a value: the list or object, and the index or key in it."""
    places: list[tuple[Any, Any]] = []
    waiting = [value]
    for one in waiting:
        keys = list(one) if isinstance(one, dict) else range(len(one))
        places += [(one, key) for key in keys]
        waiting += [one[key] for key in keys if isinstance(one[key], dict | list)]
    return places


def swap_values(value: Any, dice: random.Random) -> Any:
    """Return a copy of a list or object of JSON with one to three values swapped, dropped, repeated or moved."""
    value = json.loads(json.dumps(value))
    for _ in range(dice.choice([1, 1, 2, 3])):
        places = list_places(value)
        if not places:
            break
        holder, key = places[int(len(places) * dice.random() ** 2)]  # rather what is not deep inside
        kind = dice.randrange(10)
        if kind < 6:
            holder[key] = deepcopy(dice.choice(VALUES))
        elif kind == 6:
            del holder[key]
        elif kind == 7 and isinstance(holder, list):
            holder.insert(dice.randint(0, len(holder)), holder[key])
        elif kind == 8:
            other, place = dice.choice(places)
            holder[key] = json.loads(json.dumps(other[place]))
        elif isinstance(holder, dict):
            holder[dice.choice([*NAMES, *holder])] = holder.pop(key)
        else:
            dice.shuffle(holder)
    return value


def repeat_key(text: str, dice: random.Random) -> str:
    """Return JSON in which one object may have a key twice."""
    at = [i for i, c in enumerate(text) if c == "{" and text[i + 1 : i + 2] == '"']
    if not at:
        return text
    i = dice.choice(at) + 1
    key = text[i : text.find(":", i)]
    return f"{text[:i]}{key}: {json.dumps(dice.choice(VALUES))}, {text[i:]}"


def swap_fields(text: str, dice: random.Random) -> str:
    """Return lines of tab or blank separated fields in which some fields or lines are swapped, repeated or replaced."""
    lines = text.split("\n")
    for _ in range(dice.choice([1, 1, 2, 3])):
        i, j = dice.randrange(len(lines)), dice.randrange(len(lines))
        separator = "\t" if "\t" in lines[i] else " "
        parts = lines[i].split(separator)
        k = dice.randrange(len(parts))
        kind = dice.randrange(6)
        if kind == 0:
            lines[i], lines[j] = lines[j], lines[i]
        elif kind == 1:
            lines.insert(j, lines[i])
        elif kind == 2:
            lines[i] = separator.join([*parts[:k], *parts[k + 1 :]])
        elif kind == 3:
            lines[i] = separator.join([*parts[:k], str(dice.choice([*VALUES, *NAMES])), *parts[k + 1 :]])
        elif kind == 4:
            lines[i] = separator.join([*parts[:k], *lines[j].split(separator)[:1], *parts[k:]])
        else:
            del lines[i]
            lines = lines or [""]
    return "\n".join(lines)


# -- changes after which documents can still be written and read -------------------------------------------------------


def move_spans(value: Any, move: Callable[[Span], Span]) -> Any:
    """Return a record of the model with every span in it moved."""
    if isinstance(value, Span):
        return move(value)
    if isinstance(value, tuple):
        return tuple(move_spans(one, move) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: move_spans(getattr(value, f.name), move) for f in fields(value)})
    return value


def insert_text(document: Document, dice: random.Random) -> Document:
    """Return the document with something inserted into its text, and all spans where their words are now."""
    at, words = dice.randint(0, len(document.text)), dice.choice(INSERTIONS)
    text = document.text[:at] + words + document.text[at:]

    def move(span: Span) -> Span:
        return Span(span.start + len(words) * (span.start >= at), span.end + len(words) * (span.end > at))

    return replace(move_spans(document, move), text=text)


def change_items(document: Document, dice: random.Random) -> Document:
    """Return the document with one layer emptied, or one of its items dropped, repeated, moved or labelled anew."""
    layer = dice.choice(LAYERS)
    items = list(getattr(document, layer))
    if not items or dice.random() < 0.1:
        return replace(document, **{layer: ()})
    i = dice.randrange(len(items))
    item = items[i]
    start = dice.randrange(len(document.text) or 1)
    span = Span(start, min(len(document.text), start + dice.choice([1, 2, 5, 30])))
    kind = dice.randrange(6)
    if kind == 0:
        del items[i]
    elif kind == 1:
        items.append(replace(item, id=f"{item.id}_{dice.randrange(9)}"))
    elif kind == 2 and span.start < span.end:
        where = {Entity: "span", Event: "trigger", Quote: "content"}[type(item)]
        items[i] = replace(item, **{where: (span,) if where == "content" else span})
    elif kind == 3:
        items[i] = replace(item, id=dice.choice(NAMES))
    elif kind == 4:
        items[i] = replace(item, cluster=dice.choice([None, *NAMES]))
    elif not isinstance(item, Quote):
        items[i] = replace(item, type=dice.choice(NAMES))
    return replace(document, **{layer: tuple(items)})


def mend_references(document: Document) -> Document:
    """Return the document with references by place, and not by an id, where no item has that id in that place."""
    places = {e.id: e.span for e in document.entities} | {v.id: v.trigger for v in document.events}

    def mend(reference: Reference | None) -> Reference | None:
        if reference is None or places.get(reference.id or "") == reference.span:
            return reference
        return Reference(reference.span)

    events = [
        replace(v, arguments=tuple(replace(a, filler=mend(a.filler)) for a in v.arguments)) for v in document.events
    ]
    quotes = [replace(q, source=mend(q.source), addressee=mend(q.addressee)) for q in document.quotes]
    return replace(document, events=tuple(events), quotes=tuple(quotes))


def vary(documents: Sequence[Document], dice: random.Random, keep_texts: bool) -> list[Document]:
    """Return the documents changed, permuted, repeated, dropped or renamed; readable but where a label is unknown.

    With ``keep_texts`` they are still about the same articles.
    """
    out = list(documents)
    for _ in range(dice.choice([1, 2, 3, 5])):
        if not out:
            break
        i, kind = dice.randrange(len(out)), dice.randrange(12)
        if kind == 0:
            dice.shuffle(out)
        elif kind == 1 and len(out) > 1:
            del out[i]
        elif kind == 2 and not keep_texts:
            out[i] = replace(out[i], doc_id=dice.choice(DOC_IDS))
        elif kind == 3 and not keep_texts:
            out.append(replace(out[i], doc_id=f"{out[i].doc_id}{dice.choice('0_ x')}"))
        elif kind == 4 and dice.random() < 0.2:
            out.append(out[i])
        elif kind in (5, 6) and not keep_texts:
            out[i] = insert_text(out[i], dice)
        elif kind == 7 and not keep_texts and dice.random() < 0.2:
            out[i] = Document(out[i].doc_id, dice.choice(["", " ", "\n", "x"]))
        else:
            out[i] = mend_references(change_items(out[i], dice))
    return out
