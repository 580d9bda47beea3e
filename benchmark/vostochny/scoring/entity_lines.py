"""The entities of lines as arrays, one array element per entity.

They are taken from the records a few lines at a time, before the records leave the processor's cache; then only the
arrays stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from operator import attrgetter

import numpy as np
from msgspec import UNSET

from vostochny.metrics.columns import LEVELS, UNSTATED
from vostochny.metrics.counts import Ints
from vostochny.schema.records import DocumentRecord, EntityRecord

LEVEL_CODES: dict[object, int] = {UNSET: UNSTATED, None: UNSTATED, **{n: LEVELS.index(n) for n in LEVELS[1:]}}
_ABSENT = {UNSET, None}


@dataclass(frozen=True)
class EntityLines:
    """The entities of some lines, in the order of the lines.

    Attributes:
        counts: Number of entities of each line; -1 for an irregular line, whose entities are not in the arrays.
        start: First character of each entity.
        end: One past the last character.
        type: Index into ``types``.
        types: Names of the types.
        level: Index into LEVELS, or UNSTATED.
        has_words: Whether any entity has the words of its span.
    """

    counts: Ints
    start: Ints
    end: Ints
    type: Ints
    types: list[str]
    level: Ints
    has_words: bool

    def take(self, lines: Sequence[int]) -> EntityLines:
        """Return the entities of some of the lines, in the given order."""
        counts = np.maximum(self.counts, 0)
        first = np.cumsum(counts) - counts
        at = np.array(lines, dtype=np.int64)
        lengths = counts[at]
        # Shift the numbers 0, 1, 2 … so that those of each line begin with the index of its first entity.
        shifts = np.repeat(first[at] - (np.cumsum(lengths) - lengths), lengths)
        return replace(self.reorder(np.arange(len(shifts)) + shifts), counts=self.counts[at])

    def reorder(self, order: Ints) -> EntityLines:
        """Return the entities with these indices; ``counts`` stays as it is."""
        return replace(
            self, start=self.start[order], end=self.end[order], type=self.type[order], level=self.level[order]
        )

    @classmethod
    def concatenate(cls, parts: Sequence[EntityLines]) -> EntityLines:
        """Return the entities of all parts, whose types get common numbers."""
        numbers: dict[str, int] = {}
        types = [[numbers.setdefault(name, len(numbers)) for name in part.types] for part in parts]
        codes = [np.array(new, dtype=np.int64)[part.type] for new, part in zip(types, parts, strict=True)]
        nothing = np.zeros(0, dtype=np.int64)

        def join(arrays: Iterable[Ints]) -> Ints:
            return np.concatenate([nothing, *arrays])

        return cls(
            join(p.counts for p in parts), join(p.start for p in parts), join(p.end for p in parts), join(codes),
            list(numbers), join(p.level for p in parts), any(p.has_words for p in parts),
        )  # fmt: skip


class EntityLinesBuilder:
    """Collects the entities of records."""

    def __init__(self) -> None:
        self._types = _Numbers()
        self._counts: list[int] = []
        self._arrays: list[tuple[Ints, ...]] = [(np.zeros(0, dtype=np.int64),) * 4]
        self._has_words = False

    def add(self, records: Sequence[DocumentRecord | None]) -> None:
        """Add the entities of records, one per line.

        A line is irregular without a record, or where an entity lacks an offset or a type, counts from a paragraph, or
        has an unknown level.
        """
        lists = [record.entities or () for record in records if record]
        if len(lists) < len(records):
            return self._add_one_by_one(records)
        entities = list(chain.from_iterable(lists))
        try:
            arrays = (
                _to_array(map(_START, entities), entities),
                _to_array(map(_END, entities), entities),
                _to_array(map(self._types.__getitem__, map(_TYPE, entities)), entities),
                _to_array(map(LEVEL_CODES.__getitem__, map(_LEVEL, entities)), entities),
            )
            if not _ABSENT.issuperset(map(_PARAGRAPH, entities)):
                raise TypeError
        except (TypeError, KeyError):
            return self._add_one_by_one(records)
        self._counts += map(len, lists)
        self._arrays.append(arrays)
        self._has_words = self._has_words or not _ABSENT.issuperset(map(_TEXT, entities))
        return None

    def _add_one_by_one(self, records: Sequence[DocumentRecord | None]) -> None:
        if len(records) == 1:
            self._counts.append(-1)
            return
        for record in records:
            self.add([record])

    def build(self) -> EntityLines:
        """Return all entities so far."""
        start, end, type_, level = map(np.concatenate, zip(*self._arrays, strict=True))
        return EntityLines(
            np.array(self._counts, dtype=np.int64), start, end, type_, list(self._types), level, self._has_words
        )


_START, _END, _TYPE, _LEVEL, _PARAGRAPH, _TEXT = map(attrgetter, ("start", "end", "type", "level", "paragraph", "text"))


class _Numbers(dict[str, int]):
    """Numbers names in the order in which they are first asked for."""

    def __missing__(self, name: str) -> int:
        if not isinstance(name, str):
            raise TypeError
        return self.setdefault(name, len(self))


def _to_array(values: Iterable[int], entities: Sequence[EntityRecord]) -> Ints:
    return np.fromiter(values, np.int64, len(entities))
