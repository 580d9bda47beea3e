"""Keep what is valid of items that have something unreadable, and count the rest as wrong.

For answers of language models, and for files with ``--unknown wrong``: one bad attribute must not void an answer. Each
place that the checked reader complains of is changed, and the row is read again:

- words in the place of a span (a trigger, a part of a content, a source, a filler) become a span with these words;
- an attribute that has no such value is left out, so the item does not state it;
- what an item cannot do without (its span, its type) becomes words that no text has, or a type that no gold has, so
  that the item is wrong.

Offsets, and words that disagree with them, are not repaired: where a span is, is never guessed.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

from vostochny.formats.prediction import RowReader
from vostochny.model import LAYERS, Document
from vostochny.schema.records import list_attributes

UNREADABLE = "unreadable"  # the type of an item that has none
_MAX_ROUNDS = 8  # a repaired place may have another problem below it
_PLACE = re.compile(r"(\w+)\[(\d+)\]((?:\.\w+|\[\d+\])*)$")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_SPANS = ("trigger", "cue", "source", "addressee", "filler")  # keys whose value is a span
_HINTS = ("occurrence", "paragraph", "context")
_MAX_SHOWN = 40  # characters of what cannot be read

Row = dict[str, Any]


def read_leniently(row: Row, make_reader: Callable[[Row], RowReader], doc_id: str) -> tuple[Document, RowReader, int]:
    """Return a prediction from a row once that is repaired, its reader, and the number of repaired items.

    ``make_reader`` is called for the row, and again for each repaired one. The reader that is returned was given the
    row that was repaired last, and has the problems that remain.
    """
    reader = make_reader(row)
    document = reader.read(doc_id, with_text=False)
    repaired: set[tuple[str, str]] = set()
    for _ in range(_MAX_ROUNDS):
        places = [m for p in reader.problems if (m := _PLACE.match(p.field or "")) and m[1] in LAYERS]
        if not places or len(places) < len(reader.problems):
            break
        changed = copy.deepcopy(row)
        # The last first, so that a place is repaired before the item that it is in.
        if not all([_repair(changed, m[1], int(m[2]), m[3]) for m in reversed(places)]):
            break
        repaired |= {(m[1], m[2]) for m in places}
        row = changed
        reader = make_reader(row)
        document = reader.read(doc_id, with_text=False)
    return document, reader, len(repaired)


def describe_repaired(items: int) -> str:
    """Return the note about items that were repaired."""
    return f"{items} items have something that cannot be read: what is valid of them is kept, the rest counts as wrong"


def _repair(row: Row, layer: str, index: int, rest: str) -> bool:
    """Repair one place of an item, in the row itself; return whether that is possible."""
    steps: list[str | int] = [index, *(key or int(number) for key, number in _STEP.findall(rest))]
    holder: Any = row[layer]
    for step in steps[:-1]:
        if _has_no(holder, step):
            return True  # a place above it was repaired
        holder = holder[step]
    key: Any = steps[-1]
    if type(holder) not in (dict, list) or (isinstance(holder, list) and _has_no(holder, key)):
        return True
    value = holder.get(key) if isinstance(holder, dict) else holder[key]
    if key == "arguments" or key in _HINTS or key in {a.name for a in list_attributes(layer)}:
        if key == "arguments":
            holder[key] = [_replace("arguments", value)]
        else:
            del holder[key]
    elif key == "type" or key == "role":
        holder[key] = UNREADABLE
    elif key in _SPANS:
        holder[key] = _make_words(value)
    elif key == "text":
        del holder[key]
    elif key == "content" and isinstance(value, list) and value:
        return True  # every part of it has a problem of its own
    elif key == "content":
        holder[key] = [_make_words(value)]
    elif isinstance(key, int):
        owner = steps[-2] if len(steps) > 1 else layer
        holder[key] = _make_words(value) if owner == "content" else _replace(str(owner), value)
    elif key in ("start", "end") and value is None and not any(holder.get(k) is not None for k in ("start", "end")):
        holder["text"] = f"[{UNREADABLE}]"
    else:
        return False
    return True


def _has_no(holder: Any, step: str | int) -> bool:
    """Return whether a value has nothing at a step of a place."""
    if isinstance(holder, dict):
        return step not in holder
    return not isinstance(holder, list) or not isinstance(step, int) or step >= len(holder)


def _make_words(value: Any) -> Row:
    """Return a span with these words; one that no text has for anything else."""
    return {"text": value if isinstance(value, str) and value.strip() else f"[{UNREADABLE}: {value!r:.{_MAX_SHOWN}}]"}


def _replace(kind: str, value: Any) -> Row:
    """Return an item that is wrong in the place of one that is no object."""
    words = {"text": f"[{UNREADABLE}: {value!r:.{_MAX_SHOWN}}]"}
    if kind == "arguments":
        return {"role": UNREADABLE, "filler": words}
    if kind == "quotes":
        return {"content": [words]}
    return {"type": UNREADABLE, **(words if kind == "entities" else {"trigger": words})}
