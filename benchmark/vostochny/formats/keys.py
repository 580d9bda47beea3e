"""Read the keys of items: under their own names, or under other common ones, such as ``start_char`` for ``start``.

Which names those are stands with each key in :mod:`vostochny.schema.records`. A key that is not known there is a
problem: what it says would be lost in silence. A reader of one side says which names it met.

Items may also be given as columns, an object with a list per key (``{"start": [0, 8], "end": [3, 13]}``): the library
``datasets`` makes that of a list of objects (:func:`unfold`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

from msgspec import Struct

from vostochny.errors import Problems, list_names, suggest_name
from vostochny.formats.model_answers import drop_keys, find_answers
from vostochny.schema.records import LENGTHS, UNUSED, DocumentRecord, list_aliases, list_fields

# What a key was read as, where it is not another key.
_COLUMNS, _ANSWER, _UNREADABLE = "columns of lists", "answers of language models", "unreadable answers"
_MEANT_END = "end - start"  # what a length says


class KeyNames:
    """Renames the keys of rows, and remembers which it renamed or left out.

    Attributes:
        renamed: The other names that were met, each with the key that it stands for; "" for a key that is not used,
            _COLUMNS and _ANSWER for one that was read as that.
        problems: Field and message of each key of the last row that is unknown, or that its item has twice.
        opens_answers: Whether a row without layers may hold a language model's answer (formats.model_answers).
        unfolded_items: How many items of the last row were given as columns.
        unreadable: How many answers had no prediction.
    """

    def __init__(self, opens_answers: bool = False) -> None:
        self.renamed: dict[str, str] = {}
        self.opens_answers = opens_answers
        self.unfolded_items = self.unreadable = 0
        self.problems: Problems[tuple[str, str]] = Problems()

    def resolve(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row with every key of its items under its own name. The row itself is not changed."""
        self.problems, self.unfolded_items = Problems(), 0
        if self.opens_answers and (answers := find_answers(row)):
            return self._open(row, answers)
        return row if _has_own_keys((row,), DocumentRecord) else self._resolve(row, DocumentRecord, "")

    def _resolve(self, item: dict[str, Any], record: type[Struct], where: str) -> dict[str, Any]:
        out = self._rename_row(item) if record is DocumentRecord else self._rename(item, record, where)
        for name, inner, is_list in _list_inner(record):
            at, value = f"{where}.{name}".lstrip("."), out.get(name)
            if is_list and isinstance(value, dict):
                value = self._unfold(at, value)
            if isinstance(value, dict):
                out[name] = self._resolve(value, inner, at)
            elif isinstance(value, list):
                items = enumerate(value)
                out[name] = [self._resolve(x, inner, f"{at}[{i}]") if isinstance(x, dict) else x for i, x in items]
        return out

    def _open(self, row: dict[str, Any], answers: Mapping[str, dict[str, Any] | None]) -> dict[str, Any]:
        """Return the prediction in the answers of a row, empty where there is none, with the row's own id."""
        first, *others = answers.values()
        if any(other != first for other in others):
            self.problems.append((" and ".join(answers), "hold different answers; keep one of them"))
        self.unreadable += first is None
        self.renamed |= dict.fromkeys(answers, _UNREADABLE if first is None else _ANSWER)
        outer = {key: value for key, value in self._rename_row(row).items() if key in ("doc_id", "text")}
        problems, self.problems = self.problems, Problems()
        out = drop_keys(self._resolve({**(first or {}), **outer}, DocumentRecord, ""))
        self.problems = problems  # those of the answer's own keys are dropped with the keys
        return {key: value for key, value in out.items() if key in _list_names(DocumentRecord)}

    def _unfold(self, where: str, columns: dict[str, Any]) -> Any:
        items = unfold(columns)
        if items is not columns:
            self.renamed[re.sub(r"\[\d+\]", "", where)] = _COLUMNS
            self.unfolded_items += len(items)
        elif columns and all(isinstance(x, list) for x in columns.values()):
            lengths = ", ".join(f"{key} {len(values)}" for key, values in columns.items())
            self.problems.append((where, f"has lists of different lengths ({lengths}); expected a value for each item"))
        return items

    def _rename_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a copy of a row with its own keys renamed; its unknown keys are looked at by the RowReader."""
        aliases = list_aliases(DocumentRecord)
        out = {key: value for key, value in row.items() if key not in aliases}
        for name in row.keys() & aliases.keys():
            self._set(out, "", name, aliases[name], row[name])
        return out

    def _rename(self, item: dict[str, Any], record: type[Struct], where: str) -> dict[str, Any]:
        """Return a copy of an object with its own keys renamed; a null under another name says nothing."""
        known, aliases = _list_names(record), list_aliases(record)
        out = {key: value for key, value in item.items() if key in known}
        lengths = []
        for name, value in item.items():
            if name in known:
                continue
            if name in aliases:
                self._set(out, where, name, aliases[name], value)
            elif name in LENGTHS and "end" in known:
                lengths.append((name, value))
            elif name in UNUSED:
                self.renamed[name] = ""
            else:
                hint = "" if self.problems.is_full else suggest_name(name, known, 0.6, aliases)
                self.problems.append((f"{where}.{name}", f"unknown key; {hint}"))
        for name, value in lengths:  # now that the start is known
            start = out.get("start")
            if type(start) is type(value) is int:
                self._set(out, where, name, "end", start + value, _MEANT_END)
            elif value is not None:
                message = f"is {value!r:.40}; expected a whole number, the characters from start on"
                self.problems.append((f"{where}.{name}", message))
        return out

    def _set(self, out: dict[str, Any], where: str, name: str, key: str, value: Any, meaning: str = "") -> None:
        """Set a key that an item has under another name; two names with different values are a problem."""
        if value is None:
            return
        if key == "doc_id" and type(value) is int:  # a row's id often is a number
            value = str(value)
        self.renamed[name] = meaning or key
        if out.get(key) is None:
            out[key] = value
        elif out[key] != value:
            message = f"is another name of {key!r}, which the item has too, with another value; write one of them"
            self.problems.append((f"{where}.{name}".lstrip("."), message))


def unfold(columns: Any) -> Any:
    """Return the items that an object with a list per key stands for, all lists of one length; anything else as it is.

    >>> unfold({"start": [0, 8], "end": [3, 13]})
    [{'start': 0, 'end': 3}, {'start': 8, 'end': 13}]
    """
    if not isinstance(columns, dict) or not columns or not all(isinstance(x, list) for x in columns.values()):
        return columns
    if len({len(values) for values in columns.values()}) > 1:
        return columns
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


@cache
def _list_inner(record: type[Struct]) -> tuple[tuple[str, type[Struct], bool], ...]:
    """Return the keys of a record with objects or lists of objects, with the record of those, and whether a list."""
    return tuple((f.name, f.record, f.kind == "list") for f in list_fields(record) if f.record)


@cache
def _list_names(record: type[Struct]) -> dict[str, None]:
    return dict.fromkeys(f.name for f in list_fields(record))


def _has_own_keys(items: Sequence[Any], record: type[Struct]) -> bool:
    """Return whether all these objects, and all objects in them, have keys under their own names alone."""
    items = [item for item in items if isinstance(item, dict)]
    if record is DocumentRecord:
        if any(not list_aliases(record).keys().isdisjoint(item) for item in items):
            return False
    elif not _list_names(record).keys() >= set(chain.from_iterable(items)):
        return False
    for name, inner, is_list in _list_inner(record):
        values = [value for item in items if (value := item.get(name))]
        if is_list and any(isinstance(value, dict) for value in values):
            return False
        nested = [x for value in values for x in (value if isinstance(value, list) else (value,))]
        if nested and not _has_own_keys(nested, inner):
            return False
    return True


def describe_renamed(renamed: Mapping[str, str]) -> list[str]:
    """Return the notes that say which keys were read under which name, or as what, and which are not used."""
    meanings = {
        _COLUMNS: "columns of lists read as lists of items",
        _ANSWER: "answers of language models: the object with a layer was taken from",
        _UNREADABLE: "answers of language models that could not be read are empty predictions",
    }
    names = [f"{alias} = {key}" for alias, key in sorted(renamed.items()) if key and key not in meanings]
    unused = [alias if alias.strip() else repr(alias) for alias, key in sorted(renamed.items()) if not key]
    others = {what: sorted(name for name, key in renamed.items() if key == what) for what in meanings}
    return [
        *([f"keys read as: {list_names(names)}"] if names else []),
        *([f"keys not used: {list_names(unused)}"] if unused else []),
        *(f"{meanings[what]}: {list_names(found)}" for what, found in others.items() if found),
    ]
