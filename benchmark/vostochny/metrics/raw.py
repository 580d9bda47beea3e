"""The items of one side as they are read: columns of integers with names of their own, before two sides are compared.

Documents are turned into them here (:func:`read_documents`), the lines of large files in
:mod:`vostochny.scoring.lines`; :func:`vostochny.metrics.columns.join_sides` makes the tables of both sides of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from vostochny.metrics.item_tables import LEVELS, NONE
from vostochny.metrics.matching import Bools, Ints
from vostochny.model import Document, Reference, Span

# The columns of each table by what their values are: the number of a document, an offset, the row of another table
# (-1 for none), a level (index into LEVELS; -1: none is stated), a flag, or a code into a list of names (-1: none).
TABLES: Mapping[str, tuple[str, ...]] = {
    "entities": ("document", "start", "end", "types", "level", "clusters", "demonym"),
    "events": ("document", "start", "end", "event_types", "realis", "polarities", "clusters"),
    # Start and end of the filler, and the entity that it names by its id.
    "arguments": ("document", "start", "end", "entities", "events", "roles"),
    # Start of the first content span and end of the last; start and end of the cue; of source and addressee start, end,
    # and the entity named by id. Start and end are -1 where there is none.
    "quotes": (
        "document", "start", "end", "directness", "cue start", "cue end", "source start", "source end", "entities",
        "addressee start", "addressee end", "entities", "clusters",
    ),
    "contents": ("quotes", "start", "end"),  # by quote and in text order
}  # fmt: skip
NAMES = ("types", "event_types", "roles", "realis", "polarities", "directness", "clusters")


class NameCodes(dict[object, int]):
    """Numbers names in the order in which they are first asked for; None, and others in ``absent``, are -1."""

    def __init__(self, absent: Sequence[object] = (None,)) -> None:
        super().__init__(dict.fromkeys(absent, NONE))
        self._absent = len(self)

    def __missing__(self, name: object) -> int:
        return self.setdefault(name, len(self) - self._absent)

    def list(self) -> tuple[str, ...]:
        """Return the names in the order of their numbers."""
        return tuple(name for name in self if isinstance(name, str))


Table = tuple[Ints, ...]  # columns of one length


@dataclass(frozen=True, eq=False)
class RawSide:
    """The items of some documents of one side.

    Attributes:
        documents: Number of documents.
        tables: The columns of each table (TABLES).
        names: What the codes of names stand for (NAMES), in no order.
    """

    documents: int
    tables: Mapping[str, Table]
    names: Mapping[str, Sequence[str]]

    def column(self, table: str, kind: str) -> Ints:
        """Return the first column of this kind."""
        return self.tables[table][TABLES[table].index(kind)]

    def keep(self, masks: Mapping[str, Bools]) -> RawSide:
        """Return the rows for which the masks of their tables are true; a table without a mask keeps all.

        With an event go its arguments, with a quote its contents. A reference by id to an entity that is removed is
        one by its span.
        """
        masks = {name: masks.get(name, np.ones(len(table[0]), dtype=bool)) for name, table in self.tables.items()}
        for name, owner in (("arguments", "events"), ("contents", "quotes")):
            masks[name] = masks[name] & masks[owner][self.column(name, owner)]
        if all(mask.all() for mask in masks.values()):
            return self
        new = {name: np.append(np.where(mask, np.cumsum(mask) - 1, -1), -1) for name, mask in masks.items()}
        tables = {
            name: tuple(
                new[kind][column[masks[name]]] if kind in TABLES else column[masks[name]]
                for kind, column in zip(TABLES[name], table, strict=True)
            )
            for name, table in self.tables.items()
        }
        return replace(self, tables=tables)

    def select(self, number: Ints, documents: int) -> RawSide:
        """Return the documents whose new number is not -1, as part of so many ``documents``."""
        masks = {name: number[self.column(name, "document")] >= 0 for name in TABLES if "document" in TABLES[name]}
        tables = {
            name: (number[table[0]], *table[1:]) if "document" in TABLES[name] else table
            for name, table in self.keep(masks).tables.items()
        }
        return RawSide(documents, tables, self.names)

    def recode(self, codes: Mapping[str, Ints], names: Mapping[str, Sequence[str]]) -> RawSide:
        """Return the side with new names; ``codes`` give the new code of each old one, at their end that of none."""
        tables = {
            name: tuple(
                codes[kind][column] if kind in codes else column
                for kind, column in zip(TABLES[name], table, strict=True)
            )
            for name, table in self.tables.items()
        }
        return RawSide(self.documents, tables, names)

    def relabel(
        self,
        entity_label: Callable[[str, str | None, bool], str | None],
        event_label: Callable[[str], str | None],
        is_value: Callable[[str], bool],
    ) -> RawSide:
        """Return the side with other types; items whose label is None are removed, and so are clusters of values."""
        names = {"types": NameCodes(), "event_types": NameCodes()}
        entities, events = list(self.tables["entities"]), list(self.tables["events"])
        values = np.array([is_value(name) for name in self.names["types"]], dtype=bool)
        entities[5] = np.where(values[entities[3]], NONE, entities[5])
        combinations = np.stack([entities[3], entities[4], entities[6]])
        different, inverse = np.unique(combinations, axis=1, return_inverse=True)
        labels = [
            names["types"][entity_label(self.names["types"][type_], LEVELS[level] if level > 0 else None, bool(flag))]
            for type_, level, flag in different.T.tolist()
        ]
        entities[3] = np.array(labels, dtype=np.int64)[inverse.reshape(-1)]
        labels = [names["event_types"][event_label(name)] for name in self.names["event_types"]]
        events[3] = np.array(labels, dtype=np.int64)[events[3]]
        lists = {**self.names, **{key: codes.list() for key, codes in names.items()}}
        tables = {**self.tables, "entities": tuple(entities), "events": tuple(events)}
        return RawSide(self.documents, tables, lists).keep({"entities": entities[3] >= 0, "events": events[3] >= 0})


def merge_names(sides: Iterable[RawSide]) -> list[RawSide]:
    """Return the sides with common names, sorted, so that no number depends on the order of the input."""
    sides = list(sides)
    lists = {key: tuple(sorted({name for side in sides for name in side.names[key]})) for key in NAMES}
    numbers = {key: {name: i for i, name in enumerate(names)} for key, names in lists.items()}
    return [
        side.recode(
            {key: np.array([*(numbers[key][name] for name in side.names[key]), NONE], dtype=np.int64) for key in NAMES},
            lists,
        )
        for side in sides
    ]


def concatenate(sides: Sequence[RawSide]) -> RawSide:
    """Return the items of several sets of documents together; numbers of documents stay as they are."""
    if len(sides) == 1:
        return sides[0]
    sides = merge_names(sides)
    tables = {
        name: join_tables(name, [side.tables[name] for side in sides], lambda kind: [s.tables[kind] for s in sides])
        for name in TABLES
    }
    return RawSide(max(side.documents for side in sides), tables, sides[0].names)


def join_tables(name: str, parts: Sequence[Table], find_parts: Callable[[str], Sequence[Table]]) -> Table:
    """Return parts of a table as one; the rows of other tables, whose parts ``find_parts`` returns, are moved along."""
    columns = []
    for i, kind in enumerate(TABLES[name]):
        column = np.concatenate([part[i] for part in parts])
        if kind in TABLES:
            lengths = [len(part[0]) for part in find_parts(kind)]
            before = np.repeat(np.cumsum([0, *lengths[:-1]]), [len(part[0]) for part in parts])
            column = np.where(column >= 0, column + before, column)
        columns.append(column)
    return tuple(columns)


def read_documents(documents: Iterable[Document | None]) -> RawSide:
    """Return the items of documents, in their order; None stands for a document without items."""
    names = {key: NameCodes() for key in NAMES}
    rows: dict[str, list[Sequence[int]]] = {name: [] for name in TABLES}
    number = -1
    for number, document in enumerate(documents):
        if document is not None:
            _add_document(number, document, names, rows)
    tables = {name: _make_table(len(kinds), rows[name]) for name, kinds in TABLES.items()}
    return RawSide(number + 1, tables, {key: codes.list() for key, codes in names.items()})


def _make_table(width: int, rows: Collection[Sequence[int]]) -> Table:
    """Return rows of so many values as columns."""
    flat = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * width)
    return tuple(np.ascontiguousarray(flat.reshape(-1, width).T))


def _add_document(
    number: int, document: Document, names: Mapping[str, NameCodes], rows: Mapping[str, list[Sequence[int]]]
) -> None:
    row_of = {e.id: row for row, e in enumerate(document.entities, len(rows["entities"]))}
    clusters = names["clusters"]

    def point(reference: Reference | None) -> tuple[int, int, int]:
        if reference is None:
            return -1, -1, -1
        row = row_of.get(reference.id, -1) if reference.id else -1  # items of a prediction may have no ids
        return reference.span.start, reference.span.end, row

    for e in document.entities:
        level = LEVELS.index(e.level) if e.level else NONE
        rows["entities"].append(
            (number, e.span.start, e.span.end, names["types"][e.type], level, clusters[e.cluster], e.demonym)
        )
    for event in document.events:
        row = len(rows["events"])
        rows["events"].append((
            number, event.trigger.start, event.trigger.end, names["event_types"][event.type],
            names["realis"][event.realis], names["polarities"][event.polarity], clusters[event.cluster],
        ))  # fmt: skip
        for a in event.arguments:
            rows["arguments"].append((number, *point(a.filler), row, names["roles"][a.role]))
    for q in document.quotes:
        row = len(rows["quotes"])
        cue = q.cue or Span(-1, -1)
        rows["quotes"].append((
            number, q.content[0].start, q.content[-1].end, names["directness"][q.directness], cue.start, cue.end,
            *point(q.source), *point(q.addressee), clusters[q.cluster],
        ))  # fmt: skip
        rows["contents"].extend((row, s.start, s.end) for s in q.content)
