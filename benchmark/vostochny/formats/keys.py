"""Read keys under other common names: ``start_char`` for ``start``.

Which names those are stands with each key in :mod:`vostochny.schema.records`. A reader of one side says which it met.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

from msgspec import Struct

from vostochny.errors import Problems
from vostochny.schema.records import DocumentRecord, list_aliases, list_fields


class KeyNames:
    """Renames the keys of rows and remembers which it renamed.

    Attributes:
        renamed: The other names that were met, each with the key that it stands for.
        problems: Field and message of each item of the last row that has a key under two names.
    """

    def __init__(self) -> None:
        self.renamed: dict[str, str] = {}
        self.problems: Problems[tuple[str, str]] = Problems()

    def resolve(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row with every key under its own name. The row itself is not changed."""
        self.problems = Problems()
        return self._resolve(row, DocumentRecord, "") if _has_alias((row,), DocumentRecord) else row

    def _resolve(self, item: dict[str, Any], record: type[Struct], where: str) -> dict[str, Any]:
        out = self._rename(item, list_aliases(record), where)
        for name, inner in _list_inner(record):
            at, value = f"{where}.{name}".lstrip("."), out.get(name)
            if isinstance(value, dict):
                out[name] = self._resolve(value, inner, at)
            elif isinstance(value, list):
                items = enumerate(value)
                out[name] = [self._resolve(x, inner, f"{at}[{i}]") if isinstance(x, dict) else x for i, x in items]
        return out

    def _rename(self, item: dict[str, Any], aliases: Mapping[str, str], where: str) -> dict[str, Any]:
        """Return a copy of an object with its own keys renamed; a null under another name says nothing."""
        out = {key: value for key, value in item.items() if key not in aliases}
        for alias, key in aliases.items():
            if item.get(alias) is None:
                continue
            self.renamed[alias] = key
            if key in out:
                message = f"is another name of {key!r}, which the item has too; write one of them"
                self.problems.append((f"{where}.{alias}", message))
            out.setdefault(key, item[alias])
        return out


@cache
def _list_inner(record: type[Struct]) -> tuple[tuple[str, type[Struct]], ...]:
    """Return the keys of a record whose values are objects or lists of objects, with the record of those."""
    return tuple((f.name, f.record) for f in list_fields(record) if f.record)


@cache
def _list_names(record: type[Struct]) -> frozenset[str]:
    return frozenset(list_aliases(record))


def _has_alias(items: Sequence[Any], record: type[Struct]) -> bool:
    """Return whether any of these objects, or an object in one of them, has a key under another name."""
    try:
        found = not _list_names(record).isdisjoint(chain.from_iterable(items))
    except TypeError:  # some are not objects
        items = [item for item in items if isinstance(item, dict)]
        found = not _list_names(record).isdisjoint(chain.from_iterable(items))
    if found:
        return True
    for name, inner in _list_inner(record):
        values = [value for item in items if isinstance(item, dict) and (value := item.get(name))]
        nested = [x for value in values for x in (value if isinstance(value, list) else (value,))]
        if nested and _has_alias(nested, inner):
            return True
    return False


def describe_renamed(renamed: Mapping[str, str]) -> list[str]:
    """Return the note that says which keys were read under which name; no note if all had their own."""
    return ["keys read as: " + ", ".join(f"{a} = {key}" for a, key in sorted(renamed.items()))] if renamed else []
