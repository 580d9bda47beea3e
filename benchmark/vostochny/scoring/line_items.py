"""The items of lines as columns, taken from decoded records without one Python object per item.

What the checked reader (:class:`vostochny.formats.prediction.RowReader`) would have to say something about is found
here by checks of whole columns: such a line is *irregular*, has no items here, and is read by that reader. Some checks
need the article or the ontology; what they look at is kept with the items (:class:`LineItems`), and
:mod:`vostochny.scoring.batches` makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
from msgspec import UNSET

from vostochny.formats.label_types import is_name
from vostochny.metrics.item_tables import LEVELS, NONE
from vostochny.metrics.matching import Bools, Ints
from vostochny.metrics.places import Layout
from vostochny.metrics.raw import NAMES, TABLES, NameCodes, RawSide, Table, join_tables
from vostochny.model import DEFAULT_ZONE, LAYERS
from vostochny.schema.records import BoundsRecord, DocumentRecord, SpanRecord, list_attributes
from vostochny.text.layout import paragraphs_of

_LEVELS: dict[object, int] = {UNSET: NONE, None: NONE, **{name: LEVELS.index(name) for name in LEVELS[1:]}}
_FLAGS: dict[object, int] = {UNSET: 0, None: 0, False: 0, True: 1}
_ABSENT = (UNSET, None)
# Attributes that are columns of RawSide, by layer; of the others only the values are kept.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "entities": ("level", "demonym", "cluster"),
    "events": ("realis", "polarity", "cluster"),
    "quotes": ("directness", "cluster"),
}
# Of a document's two keys and its id; of an entity's three keys and its type.
_QUOTES_OF_DOCUMENT, _QUOTES_OF_ENTITY = 6, 8
# What reading a record raises that the columns cannot express.
_IRREGULAR = (TypeError, KeyError, AttributeError, ValueError, OverflowError)


@dataclass(frozen=True)
class LineItems:
    """The items of some lines; the document of an item is the index of its line.

    Attributes:
        raw: The items of the regular lines.
        regular: For each line, whether it is regular.
        reach: For each line, the greatest end of any span.
        words: By line, the spans that carry their words: start, end, words.
        emitted: For each line and layer, whether the line has that layer; shape (lines, layers).
        values: The values of attributes that are no columns, by the table of the ontology that lists them.
        layouts: By line, the parts of a gold document that has any.
        texts: By line, the text that a prediction carries.
    """

    raw: RawSide
    regular: Bools
    reach: Ints
    words: Mapping[int, Sequence[tuple[int, int, str]]]
    emitted: Bools
    values: Mapping[str, frozenset[str]]
    layouts: Mapping[int, Layout]
    texts: Mapping[int, str]


class LineItemsBuilder:
    """Collects the items of records, some at a time.

    Args:
        is_gold: whether the lines are gold, whose segmentation counts.
        layers: the layers that are wanted; the others are neither kept nor checked.
    """

    def __init__(self, is_gold: bool, layers: Sequence[str] = LAYERS):
        self._is_gold, self._layers = is_gold, layers
        self._names = {key: _Names(is_name if key != "clusters" else str.isprintable) for key in NAMES}
        none = np.zeros(0, dtype=np.int64)
        self._parts: dict[str, list[Table]] = {name: [(none,) * len(kinds)] for name, kinds in TABLES.items()}
        self._regular: list[bool] = []
        self._reach: list[Ints] = [np.zeros(0, dtype=np.int64)]
        self._words: dict[int, list[tuple[int, int, str]]] = {}
        self._emitted: list[list[bool]] = []
        self._values: dict[str, set[Any]] = {}
        self._layouts: dict[int, Layout] = {}
        self._texts: dict[int, str] = {}

    def add(self, records: Sequence[DocumentRecord | None], quotes: int = -1) -> None:
        """Add the items of records, one per line; a line is irregular without a record, or if its record is.

        ``quotes`` is the number of quotation marks in the records as JSON, -1 where that is not known.
        """
        try:
            known = [record for record in records if record is not None]
            if len(known) < len(records):
                raise TypeError
            self._add_regular(known, quotes)
        except _IRREGULAR:
            if len(records) > 1:
                for record in records:
                    self.add([record])
                return
            self._regular.append(False)
            self._reach.append(np.zeros(1, dtype=np.int64))
            self._emitted.append([False] * len(LAYERS))

    def build(self) -> LineItems:
        """Return all items so far."""
        tables = {name: join_tables(name, parts, self._parts.__getitem__) for name, parts in self._parts.items()}
        names = {key: codes.list() for key, codes in self._names.items()}
        return LineItems(
            RawSide(len(self._regular), tables, names), np.array(self._regular, dtype=bool),
            np.concatenate(self._reach), self._words, np.array(self._emitted, dtype=bool).reshape(-1, len(LAYERS)),
            {table: frozenset(values.difference(_ABSENT)) for table, values in self._values.items()},
            self._layouts, self._texts,
        )  # fmt: skip

    def _add_regular(self, records: Sequence[DocumentRecord], quotes: int) -> None:
        """Add the items of regular records; raises one of _IRREGULAR where any is not, before anything is added."""
        first = len(self._regular)
        layouts = {}
        # Where all have these, and there is no other quotation mark, there is nothing but doc_id and entities, each
        # with nothing but start, end and type; most checks then need not look. (That entities have them, is checked.)
        entities = sum(len(record.entities or ()) for record in records)
        is_plain = quotes == _QUOTES_OF_DOCUMENT * len(records) + _QUOTES_OF_ENTITY * entities
        is_plain = is_plain and all(record.doc_id and record.entities is not UNSET for record in records)
        for number, record in enumerate(() if is_plain else records, first):
            if self._is_gold:
                if record.text or record.paragraphs or record.zones or record.sentences or record.tokens:
                    layouts[number] = read_layout(record)
            elif isinstance(record.text, str):
                layouts[number] = Layout(record.text)
        lists = {
            layer: [getattr(record, layer) or () if layer in self._layers else () for record in records]
            for layer in LAYERS
        }  # fmt: skip
        items = _Slice(lists, self._names, is_plain)
        tables, values, words, reach = (
            items.make_tables(), items.list_values(), items.list_words(), items.measure_reach(len(records)),
        )  # fmt: skip
        # Nothing is raised from here on.
        for name, parts in self._parts.items():
            table = tables.get(name, parts[0])  # the first part is empty
            parts.append((table[0] + first, *table[1:]) if TABLES[name][0] == "document" else table)
        for number, start, end, spelt in words:
            self._words.setdefault(number + first, []).append((start, end, spelt))
        for key, found in values:
            self._values.setdefault(key, set()).update(found)
        self._regular += [True] * len(records)
        self._reach.append(reach)
        self._emitted += [[getattr(record, layer) not in _ABSENT for layer in LAYERS] for record in records]
        if self._is_gold:
            self._layouts |= layouts
        else:
            self._texts |= {number: layout.text for number, layout in layouts.items()}


def read_layout(record: DocumentRecord) -> Layout:
    """Return the parts of a gold record. Raises ValueError or TypeError where one of them is not regular."""
    text = record.text or ""
    limit = len(text) or np.iinfo(np.int64).max
    paragraphs, sentences, tokens, zones = (
        _read_bounds(part or (), limit) for part in (record.paragraphs, record.sentences, record.tokens, record.zones)
    )
    starts = paragraphs[0].tolist() or ([p.start for p in paragraphs_of(text)] if text else [])
    names = [zone.zone for zone in record.zones or ()]
    if not all(map(is_name, names)):
        raise ValueError
    return Layout(
        text, starts or [0], list(zip(zones[0].tolist(), map(str, names), strict=True)) or [(0, DEFAULT_ZONE)],
        sentences[1].tolist(), tokens,
    )  # fmt: skip


def _read_bounds(spans: Sequence[BoundsRecord], limit: int) -> Ints:
    """Return start and end of spans, shape (2, spans). Raises ValueError or TypeError where one of them is wrong."""
    bounds = np.empty((2, len(spans)), dtype=np.int64)
    bounds[0], bounds[1] = (np.fromiter(map(get, spans), np.int64, len(spans)) for get in (_START, _END))
    if (bounds[0] >= bounds[1]).any() or bounds[1].max(initial=0) > limit:
        raise ValueError
    return bounds


_START, _END, _TEXT, _PARAGRAPH, _ID = map(attrgetter, ("start", "end", "text", "paragraph", "id"))


def _look_up(codes: Mapping[Any, int], attribute: str, items: Sequence[Any]) -> Ints:
    """Return the code of an attribute of each item."""
    values = list(map(attrgetter(attribute), items))
    if _are_all(UNSET, values):  # as in most predictions; much faster
        return np.full(len(values), codes[UNSET])
    return np.fromiter(map(codes.__getitem__, values), np.int64, len(values))


class _Names(NameCodes):
    """Numbers names; raises ValueError for what is none. A key without a value has the number -1."""

    def __init__(self, is_allowed: Callable[[str], bool]) -> None:
        super().__init__(_ABSENT)
        self._is_allowed = is_allowed

    def __missing__(self, name: object) -> int:
        if not (isinstance(name, str) and self._is_allowed(name)):
            raise ValueError
        return super().__missing__(name)


class _Slice:
    """The items of some records, before they are columns. Every span has a number, and items are known by these."""

    def __init__(self, lists: Mapping[str, Sequence[Sequence[Any]]], names: Mapping[str, _Names], is_plain: bool):
        self.names, self.is_plain = names, is_plain
        self.items: dict[str, list[Any]] = {layer: list(chain.from_iterable(lists[layer])) for layer in LAYERS}
        self.documents = {layer: _repeat(lists[layer]) for layer in LAYERS}
        self.spans: list[SpanRecord] = self.items["entities"]
        self._owners = self.documents["entities"]
        if not is_plain:
            self._find_spans(lists)
        self.start, self.end = (
            np.fromiter(map(get, self.spans), np.int64, len(self.spans)) for get in (_START, _END)
        )  # fmt: skip
        if (self.end <= self.start).any():
            raise ValueError

    def _find_spans(self, lists: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        """Number the spans of all items, and find out which ones references mean."""
        entities, events, quotes = self.items.values()
        self.arguments, self.event_of = _flatten([event.arguments or () for event in events])
        contents, self.quote_of = _flatten([quote.content for quote in quotes])
        if len(np.unique(self.quote_of)) < len(quotes):
            raise ValueError  # a quote without content
        self.spans = [*entities, *(event.trigger for event in events), *contents]
        owners = [self.documents["entities"], self.documents["events"], self.documents["quotes"][self.quote_of]]
        self._ids = {layer: list(map(_ID, items)) for layer, items in self.items.items()}
        self._targets = self._index_ids(lists)
        self.first_content = len(entities) + len(events)
        self._more_owners: list[int] = []  # of spans that stand in the place of references
        of_events, of_quotes = self.documents["events"][self.event_of].tolist(), self.documents["quotes"].tolist()
        # An argument that names no filler is its filler's span.
        fillers = [a if a.filler is UNSET else a.filler for a in self.arguments]
        self.fillers = self._refer(fillers, of_events)
        self.cues, self.sources, self.addressees = (
            self._refer([getattr(quote, key) for quote in quotes], of_quotes, key != "cue")
            for key in ("cue", "source", "addressee")
        )
        if None in fillers or not _are_all(UNSET, list(map(_PARAGRAPH, self.spans))):
            raise ValueError
        self._owners = np.concatenate([*owners, np.array(self._more_owners, dtype=np.int64)])
        lists_ = list(map(attrgetter("extents"), entities))
        self._extents, self._extended = _flatten([] if _are_all(UNSET, lists_) else [x or () for x in lists_])
        self._extent_ends = _read_bounds(self._extents, np.iinfo(np.int64).max)[1]

    def _index_ids(self, lists: Mapping[str, Sequence[Sequence[Any]]]) -> list[dict[Any, int]]:
        """Return for each document the number of the entity, or of the event's trigger, with an id.

        Raises ValueError for an id that two items of a document have.
        """
        entity_ids, event_ids = self._ids["entities"], self._ids["events"]
        if _are_all(UNSET, entity_ids) and _are_all(UNSET, event_ids):
            return [{}] * len(lists["entities"])
        out = []
        entity = event = 0
        for some, others in zip(lists["entities"], lists["events"], strict=True):
            last_entity, last_event = entity + len(some), event + len(others)
            ids = entity_ids[entity:last_entity] + event_ids[event:last_event]
            after = len(entity_ids)
            numbers = dict(
                zip(ids, chain(range(entity, last_entity), range(after + event, after + last_event)), strict=True)
            )  # fmt: skip
            absent = 0
            for value in (UNSET, None, ""):
                if value in numbers:
                    absent += ids.count(value)
                    del numbers[value]
            if len(numbers) + absent < len(ids):
                raise ValueError
            out.append(numbers)
            entity, event = last_entity, last_event
        return out

    def _refer(self, values: Sequence[Any], owners: Sequence[int], may_be_id: bool = True) -> tuple[Ints, Ints]:
        """Return the number of the span of each reference, -1 for none, and the row of the entity that an id names."""
        numbers, rows = [], []
        entities = len(self.items["entities"])
        for value, owner in zip(values, owners, strict=True):
            row = -1
            if isinstance(value, str):
                if not may_be_id:
                    raise TypeError
                number = self._targets[owner][value]
                row = number if number < entities else -1
            elif value is UNSET or value is None:
                number = -1
            else:
                number = len(self.spans)
                self.spans.append(value)
                self._more_owners.append(owner)
            numbers.append(number)
            rows.append(row)
        return np.array(numbers, dtype=np.int64), np.array(rows, dtype=np.int64)

    def make_tables(self) -> dict[str, Table]:
        """Return the columns of every table that has rows."""
        entities, events, quotes = self.items.values()
        if self.is_plain:
            none, nothing = np.full((2, len(entities)), NONE), np.zeros(len(entities), dtype=np.int64)
            types = self._encode("types", "type", entities, required=True)
            return {"entities": (self.documents["entities"], self.start, self.end, types, *none, nothing)}
        contents = np.arange(self.first_content, self.first_content + len(self.quote_of))
        # The content of a quote in text order.
        contents = contents[np.lexsort((self.end[contents], self.start[contents], self.quote_of))]
        first, after = (np.searchsorted(self.quote_of, np.arange(len(quotes)), side) for side in ("left", "right"))
        triggers = slice(len(entities), self.first_content)
        return {
            "entities": (
                self.documents["entities"], self.start[: len(entities)], self.end[: len(entities)],
                self._encode("types", "type", entities, required=True), _look_up(_LEVELS, "level", entities),
                self._encode("clusters", "cluster", entities),
                _look_up(_FLAGS, "demonym", entities),
            ),
            "events": (
                self.documents["events"], self.start[triggers], self.end[triggers],
                self._encode("event_types", "type", events, required=True),
                self._encode("realis", "realis", events),
                self._encode("polarities", "polarity", events),
                self._encode("clusters", "cluster", events),
            ),
            "arguments": (
                self.documents["events"][self.event_of], *self._bounds(self.fillers[0]), self.fillers[1], self.event_of,
                self._encode("roles", "role", self.arguments, required=True),
            ),
            "quotes": (
                self.documents["quotes"], self.start[contents][first], self.end[contents][after - 1],
                self._encode("directness", "directness", quotes), *self._bounds(self.cues[0]),
                *self._bounds(self.sources[0]), self.sources[1],
                *self._bounds(self.addressees[0]), self.addressees[1],
                self._encode("clusters", "cluster", quotes),
            ),
            "contents": (self.quote_of, self.start[contents], self.end[contents]),
        }  # fmt: skip

    def _encode(self, key: str, attribute: str, items: Sequence[Any], required: bool = False) -> Ints:
        """Return the codes of names; raises ValueError where one is ``required`` and there is none."""
        if not required:
            return _look_up(self.names[key], attribute, items)
        codes = np.fromiter(map(self.names[key].__getitem__, map(attrgetter(attribute), items)), np.int64, len(items))
        if codes.min(initial=0) < 0:
            raise ValueError
        return codes

    def _bounds(self, numbers: Ints) -> tuple[Ints, Ints]:
        there = numbers >= 0
        start, end = (
            np.where(there, column[numbers], -1) if len(column) else numbers for column in (self.start, self.end)
        )
        return start, end

    def list_values(self) -> list[tuple[str, set[Any]]]:
        """Return the values of attributes that are no columns, by table; raises ValueError for unprintable text."""
        out: list[tuple[str, set[Any]]] = []
        if self.is_plain:
            return out
        texts = [text for ids in self._ids.values() if not _are_all(UNSET, ids) for text in ids]
        for layer, items in self.items.items():
            for attribute in list_attributes(layer):
                if attribute.kind != "text" or attribute.name in _COLUMNS[layer]:
                    continue
                found = set(map(attrgetter(attribute.name), items))
                if attribute.key.values:
                    out.append((attribute.key.values, found))
                else:
                    texts += found
        out.append(("views", {extent.view for extent in self._extents}))
        if not "".join(text for text in texts if text).isprintable():
            raise ValueError
        return out

    def list_words(self) -> list[tuple[int, int, int, str]]:
        """Return the spans that carry their words: document, start, end, words."""
        words = [] if self.is_plain else list(map(_TEXT, self.spans))
        if _are_all(UNSET, words):
            return []
        rows = zip(self._owners.tolist(), self.start.tolist(), self.end.tolist(), words, strict=True)
        return [row for row in rows if isinstance(row[3], str)]

    def measure_reach(self, documents: int) -> Ints:
        """Return the greatest end of any span of each document."""
        reach = np.zeros(documents, dtype=np.int64)
        np.maximum.at(reach, self._owners, self.end)
        if not self.is_plain:
            np.maximum.at(reach, self.documents["entities"][self._extended], self._extent_ends)
        return reach


def _flatten(lists: Sequence[Sequence[Any]]) -> tuple[list[Any], Ints]:
    """Return the elements of lists, and the number of the list of each."""
    return list(chain.from_iterable(lists)), _repeat(lists)


def _repeat(lists: Sequence[Sequence[Any]]) -> Ints:
    """Return the number of the list that each element of lists is in."""
    return np.repeat(np.arange(len(lists)), np.fromiter(map(len, lists), np.int64, len(lists)))


def _are_all(value: object, values: list[Any]) -> bool:
    return values.count(value) == len(values)
