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
from operator import attrgetter, getitem
from typing import Any

import numpy as np
from msgspec import UNSET

from vostochny.formats.label_types import is_name
from vostochny.metrics.item_tables import LEVELS, NONE
from vostochny.metrics.matching import Bools, Ints
from vostochny.metrics.places import Layout
from vostochny.metrics.raw import NAMES, TABLES, NameCodes, RawSide, Table, join_tables
from vostochny.model import LAYERS
from vostochny.schema.records import BoundsRecord, DocumentRecord, SpanRecord, list_attributes
from vostochny.text.layout import paragraphs_of

_LEVELS: dict[object, int] = {UNSET: NONE, None: NONE, **{name: LEVELS.index(name) for name in LEVELS[1:]}}
_FLAGS: dict[object, int] = {UNSET: 0, None: 0, False: 0, True: 1}
_ABSENT = (UNSET, None)
CALLS_AT_ONCE = 8  # the records of so many calls become columns at once
# Attributes that are columns of RawSide, by layer; of the others only the values are kept.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "entities": ("level", "demonym", "cluster"),
    "events": ("realis", "polarity", "cluster"),
    "quotes": ("directness", "cluster"),
}
_REFERENCES = ("cue", "source", "addressee")  # of a quote
_ID_TYPES = frozenset((str, *map(type, _ABSENT)))  # of references that are no spans
# What reading a record raises that the columns cannot express.
_IRREGULAR = (TypeError, KeyError, AttributeError, ValueError, OverflowError)


@dataclass(frozen=True)
class SpanWords:
    """The spans of a document that carry their words: where they start and end, and the words."""

    starts: Sequence[int]
    ends: Sequence[int]
    words: Sequence[str]

    def fit(self, text: str) -> bool:
        """Return whether a text has the words where the spans are; any do where the text is not known."""
        spans = zip(self.starts, self.ends, self.words, strict=True)
        return not text or not [words for start, end, words in spans if text[start:end] != words]


@dataclass(frozen=True)
class LineItems:
    """The items of some lines; the document of an item is the index of its line.

    Attributes:
        raw: The items of the regular lines.
        regular: For each line, whether it is regular.
        reach: For each line, the greatest end of any span.
        words: By line, the spans that carry their words.
        emitted: For each line and layer, whether the line has that layer; shape (lines, layers).
        values: The values of attributes that are no columns, by the table of the ontology that lists them.
        layouts: By line, the parts of a gold document that has any.
        texts: By line, the text that a prediction carries.
    """

    raw: RawSide
    regular: Bools
    reach: Ints
    words: Mapping[int, SpanWords]
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
        self._reach: list[Ints] = [none]
        self._words: dict[int, SpanWords] = {}
        self._emitted: list[list[bool]] = []
        self._values: dict[str, set[Any]] = {}
        self._layouts: dict[int, Layout] = {}
        self._texts: dict[int, str] = {}
        self._waiting: list[DocumentRecord | None] = []
        self._is_plain, self._calls = False, 0

    def add(self, records: Sequence[DocumentRecord | None], is_plain: bool = False) -> None:
        """Add the items of records, one per line; a line is irregular without a record, or if its record is.

        ``is_plain`` says that their entities have nothing but start, end, type and words (``RowDecoder.is_plain``).
        """
        if is_plain != self._is_plain:
            self._add_waiting()
        self._is_plain, self._calls = is_plain, self._calls + 1
        self._waiting += self._take_layouts(records, len(self._regular) + len(self._waiting))
        # Plain items become columns while the processor has them at hand, others many at once, which spares more.
        if is_plain or self._calls % CALLS_AT_ONCE == 0:
            self._add_waiting()

    def build(self) -> LineItems:
        """Return all items so far."""
        self._add_waiting()
        tables = {name: join_tables(name, parts, self._parts.__getitem__) for name, parts in self._parts.items()}
        names = {key: codes.list() for key, codes in self._names.items()}
        return LineItems(
            RawSide(len(self._regular), tables, names), np.array(self._regular, dtype=bool),
            np.concatenate(self._reach), self._words, np.array(self._emitted, dtype=bool).reshape(-1, len(LAYERS)),
            {table: frozenset(values.difference(_ABSENT)) for table, values in self._values.items()},
            self._layouts, self._texts,
        )  # fmt: skip

    def _take_layouts(self, records: Sequence[DocumentRecord | None], first: int) -> Sequence[DocumentRecord | None]:
        """Keep the parts of gold records, and return the records without parts; None in place of one with wrong parts.

        ``first`` is the number of the first record.
        """
        try:
            if self._is_gold:
                self._layouts |= {first + i: layout for i, layout in read_layouts(records).items()}
        except _IRREGULAR:
            if len(records) == 1:
                return [None]
            return [x for i, record in enumerate(records, first) for x in self._take_layouts([record], i)]
        for record in records:
            if record is not None and record.tokens:
                record.paragraphs = record.sentences = record.tokens = UNSET  # freed as early as possible
        return records

    def _add_waiting(self) -> None:
        self._add(self._waiting)
        self._waiting = []

    def _add(self, records: Sequence[DocumentRecord | None]) -> None:
        try:
            known = [record for record in records if record is not None]
            if len(known) < len(records):
                raise TypeError
            self._add_regular(known)
        except _IRREGULAR:
            if len(records) > 1:
                middle = len(records) // 2
                self._add(records[:middle])
                self._add(records[middle:])
                return
            self._regular.append(False)
            self._reach.append(np.zeros(1, dtype=np.int64))
            self._emitted.append([False] * len(LAYERS))

    def _add_regular(self, records: Sequence[DocumentRecord]) -> None:
        """Add the items of regular records; raises one of _IRREGULAR where any is not, before anything is added."""
        first = len(self._regular)
        items = _Slice(records, self._layers, self._names, self._is_plain)
        tables, values, reach = items.make_tables(), items.list_values(), items.measure_reach(len(records))
        words = items.list_words(
            {i: self._layouts[first + i].text for i in range(len(records)) if first + i in self._layouts}
        )
        # Nothing is raised from here on.
        for name, parts in self._parts.items():
            table = tables.get(name, parts[0])  # the first part is empty
            parts.append((table[0] + first, *table[1:]) if TABLES[name][0] == "document" else table)
        self._words |= {number + first: spelt for number, spelt in words.items()}
        for key, found in values:
            self._values.setdefault(key, set()).update(found)
        self._regular += [True] * len(records)
        self._reach.append(reach)
        self._emitted += [[getattr(record, layer) not in _ABSENT for layer in LAYERS] for record in records]
        if not self._is_gold:
            self._texts |= {i: record.text for i, record in enumerate(records, first) if isinstance(record.text, str)}


def read_layouts(rows: Sequence[DocumentRecord | None]) -> dict[int, Layout]:
    """Return the parts of those gold records that have any, by their index.

    Raises ValueError or TypeError where one of them is not regular.
    """
    have = {i: r for i, r in enumerate(rows) if r and (r.text or r.paragraphs or r.zones or r.sentences or r.tokens)}
    if not have:
        return {}
    numbers, records = list(have), list(have.values())
    texts = [record.text or "" for record in records]
    limits = np.array([len(text) or np.iinfo(np.int64).max for text in texts])
    paragraphs, sentences, tokens, zones = (
        _read_bounds([getattr(record, key) or () for record in records], limits)
        for key in ("paragraphs", "sentences", "tokens", "zones")
    )
    zone_names = [[zone.zone for zone in record.zones or ()] for record in records]
    if not all(map(is_name, {name for names in zone_names for name in names})):
        raise ValueError
    out = {}
    for number, text, *parts, names in zip(
        numbers, texts, paragraphs, sentences, tokens, zones, zone_names, strict=True
    ):
        starts = parts[0][0] if parts[0].size else np.array([p.start for p in paragraphs_of(text)] or [0])
        out[number] = Layout(text, starts, parts[1][1], parts[2], *((parts[3][0], names) if names else ()))
    return out


def _read_bounds(lists: Sequence[Sequence[BoundsRecord]], limits: Ints) -> list[Ints]:
    """Return start and end of the spans of each list, shape (2, spans); no end is above the limit of its list.

    Raises ValueError or TypeError where one of them is wrong.
    """
    spans, number = _flatten(lists)
    bounds = _take_offsets(spans)
    if (bounds[1] > limits[number]).any():
        raise ValueError
    after = np.cumsum(list(map(len, lists))).tolist()
    return [bounds[:, begin:end] for begin, end in zip([0, *after], after, strict=False)]


def _take_offsets(spans: Sequence[Any]) -> Ints:
    """Return start and end of spans, shape (2, spans). Raises ValueError or TypeError where one of them is wrong."""
    bounds = np.empty((2, len(spans)), dtype=np.int64)
    # Comprehensions with a literal attribute take half the time of operator.attrgetter.
    bounds[0] = np.fromiter([span.start for span in spans], np.int64, len(spans))
    bounds[1] = np.fromiter([span.end for span in spans], np.int64, len(spans))
    if (bounds[0] >= bounds[1]).any():
        raise ValueError
    return bounds


def _look_up(codes: Mapping[Any, int], values: list[Any]) -> Ints:
    """Return the code of each value."""
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
    """The items of some records, before they are columns. Every span has a number, and items are known by these.

    Args:
        records: the records.
        layers: the layers that are wanted.
        names: what numbers the names, by kind.
        is_plain: whether entities have nothing but start, end, type and words.
    """

    def __init__(
        self, records: Sequence[DocumentRecord], layers: Sequence[str], names: Mapping[str, _Names], is_plain: bool
    ):
        self.names, self.is_plain = names, is_plain
        lists = {
            layer: [getattr(record, layer) or () if layer in layers else () for record in records] for layer in LAYERS
        }
        self.items: dict[str, list[Any]] = {}
        self.documents: dict[str, Ints] = {}
        for layer in LAYERS:
            self.items[layer], self.documents[layer] = _flatten(lists[layer])
        entities, events, quotes = self.items.values()
        self.spans = entities
        self._owners = self.documents["entities"]
        self._ids = [UNSET] * len(entities) if is_plain else [entity.id for entity in entities]
        self.has_more = bool(events or quotes)
        if self.has_more:
            self._find_spans(lists)
        self.start, self.end = _take_offsets(self.spans)
        if not _are_all(UNSET, [span.paragraph for span in (self.spans[len(entities) :] if is_plain else self.spans)]):
            raise ValueError
        extents = [] if is_plain else [entity.extents for entity in entities]
        self._extents, self._extended = _flatten([] if _are_all(UNSET, extents) else [x or () for x in extents])

    def _find_spans(self, lists: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        """Number the spans of events and quotes too, and find out which ones references mean."""
        entities, events, quotes = self.items.values()
        self.arguments, self.event_of = _flatten([event.arguments or () for event in events])
        contents, self.quote_of = _flatten([quote.content for quote in quotes])
        if len(np.unique(self.quote_of)) < len(quotes):
            raise ValueError  # a quote without content
        self.spans = [*entities, *(event.trigger for event in events), *contents]
        owners = [self.documents["entities"], self.documents["events"], self.documents["quotes"][self.quote_of]]
        self.first_content = len(entities) + len(events)
        self._ids += [event.id for event in events]
        targets = self._index_ids(lists)
        # An argument that names no filler is its filler's span.
        fillers = [a if a.filler is UNSET else a.filler for a in self.arguments]
        if None in fillers:
            raise ValueError
        self.fillers, self.cues, self.sources, self.addressees = (
            self._refer(values, documents, targets, owners)
            for values, documents in (
                (fillers, self.documents["events"][self.event_of]),
                *(([getattr(quote, key) for quote in quotes], self.documents["quotes"]) for key in _REFERENCES),
            )
        )
        self._owners = np.concatenate(owners)

    def _index_ids(self, lists: Mapping[str, Sequence[Sequence[Any]]]) -> list[dict[Any, int]]:
        """Return for each document the number of the entity, or of the event's trigger, with an id.

        No id has the number -1. Raises ValueError for an id that two items of a document have.
        """
        absent = dict.fromkeys(_ABSENT, -1)
        if _are_all(UNSET, self._ids):
            return [absent] * len(lists["entities"])
        out = []
        after = len(self.items["entities"])
        entity = event = 0
        for some, others in zip(lists["entities"], lists["events"], strict=True):
            last_entity, last_event = entity + len(some), event + len(others)
            ids = self._ids[entity:last_entity] + self._ids[after + event : after + last_event]
            numbers = dict(
                zip(ids, chain(range(entity, last_entity), range(after + event, after + last_event)), strict=True)
            )
            missing = 0
            for value in (*absent, ""):
                if value in numbers:
                    missing += ids.count(value)
                    del numbers[value]
            if len(numbers) + missing < len(ids):
                raise ValueError
            out.append(numbers | absent)
            entity, event = last_entity, last_event
        return out

    def _refer(
        self, values: list[Any], documents: Ints, targets: Sequence[Mapping[Any, int]], owners: list[Ints]
    ) -> tuple[Ints, Ints]:
        """Return the number of the span of each reference, -1 for none, and the row of the entity that an id names.

        Args:
            values: ids, spans in their place, or neither.
            documents: the document of each.
            targets: for each document what an id means.
            owners: the documents of all spans so far, to which those of the spans among the values are added.
        """
        is_span = np.zeros(len(values), dtype=bool)
        spans: list[Any] = []
        if not _ID_TYPES.issuperset(map(type, values)):
            is_span[:] = [isinstance(value, SpanRecord) for value in values]
            spans = [value for value in values if isinstance(value, SpanRecord)]
            values = [None if isinstance(value, SpanRecord) else value for value in values]
        ids = map(getitem, map(targets.__getitem__, documents.tolist()), values)
        numbers = np.fromiter(ids, np.int64, len(values))
        rows = np.where(numbers < len(self.items["entities"]), numbers, -1)
        numbers[is_span] = np.arange(len(self.spans), len(self.spans) + len(spans))
        self.spans += spans
        owners.append(documents[is_span])
        return numbers, rows

    def make_tables(self) -> dict[str, Table]:
        """Return the columns of every table that has rows."""
        entities, events, quotes = self.items.values()
        nothing = [UNSET] * len(entities) if self.is_plain else []
        tables: dict[str, Table] = {
            "entities": (
                self.documents["entities"], self.start[: len(entities)], self.end[: len(entities)],
                self._encode("types", [e.type for e in entities], required=True),
                _look_up(_LEVELS, nothing or [e.level for e in entities]),
                self._encode("clusters", nothing or [e.cluster for e in entities]),
                _look_up(_FLAGS, nothing or [e.demonym for e in entities]),
            ),
        }  # fmt: skip
        if not self.has_more:
            return tables
        contents = np.arange(self.first_content, self.first_content + len(self.quote_of))
        # The content of a quote in text order.
        contents = contents[np.lexsort((self.end[contents], self.start[contents], self.quote_of))]
        first, after = (np.searchsorted(self.quote_of, np.arange(len(quotes)), side) for side in ("left", "right"))
        triggers = slice(len(entities), self.first_content)
        return tables | {
            "events": (
                self.documents["events"], self.start[triggers], self.end[triggers],
                self._encode("event_types", [e.type for e in events], required=True),
                self._encode("realis", [e.realis for e in events]),
                self._encode("polarities", [e.polarity for e in events]),
                self._encode("clusters", [e.cluster for e in events]),
            ),
            "arguments": (
                self.documents["events"][self.event_of], *self._bounds(self.fillers[0]), self.fillers[1], self.event_of,
                self._encode("roles", [a.role for a in self.arguments], required=True),
            ),
            "quotes": (
                self.documents["quotes"], self.start[contents][first], self.end[contents][after - 1],
                self._encode("directness", [q.directness for q in quotes]), *self._bounds(self.cues[0]),
                *self._bounds(self.sources[0]), self.sources[1],
                *self._bounds(self.addressees[0]), self.addressees[1],
                self._encode("clusters", [q.cluster for q in quotes]),
            ),
            "contents": (self.quote_of, self.start[contents], self.end[contents]),
        }  # fmt: skip

    def _encode(self, key: str, values: list[Any], required: bool = False) -> Ints:
        """Return the codes of names; raises ValueError where one is ``required`` and there is none."""
        codes = _look_up(self.names[key], values)
        if required and codes.min(initial=0) < 0:
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
        if self.is_plain and not self.has_more:
            return []
        out: list[tuple[str, set[Any]]] = [("views", {extent.view for extent in self._extents})]
        texts = [*self._ids, *(quote.id for quote in self.items["quotes"])]
        for layer, items in self.items.items():
            for attribute in list_attributes(layer):
                if attribute.kind != "text" or attribute.name in _COLUMNS[layer]:
                    continue
                found = set(map(attrgetter(attribute.name), items))
                if attribute.key.values:
                    out.append((attribute.key.values, found))
                else:
                    texts += found
        if not (_are_all(UNSET, texts) or "".join([text for text in texts if text]).isprintable()):
            raise ValueError
        return out

    def list_words(self, texts: Mapping[int, str]) -> dict[int, SpanWords]:
        """Return the spans that carry their words, by document.

        Those of documents whose texts are given are compared with these here; raises ValueError where one differs.
        """
        words = [span.text for span in self.spans]
        if _are_all(UNSET, words):
            return {}
        order = np.argsort(self._owners, kind="stable")
        if not {str}.issuperset(map(type, words)):
            order = order[np.array([isinstance(spelt, str) for spelt in words])[order]]
        owners = self._owners[order]
        columns = self.start[order].tolist(), self.end[order].tolist(), [words[i] for i in order.tolist()]
        documents, first = np.unique(owners, return_index=True)
        out = {}
        for document, begin, end in zip(documents.tolist(), first.tolist(), [*first[1:].tolist(), None], strict=True):
            spans = SpanWords(*(column[begin:end] for column in columns))
            if document not in texts:
                out[document] = spans
            elif not spans.fit(texts[document]):
                raise ValueError
        return out

    def measure_reach(self, documents: int) -> Ints:
        """Return the greatest end of any span of each document."""
        reach = np.zeros(documents, dtype=np.int64)
        np.maximum.at(reach, self._owners, self.end)
        if self._extents:
            np.maximum.at(reach, self.documents["entities"][self._extended], _take_offsets(self._extents)[1])
        return reach


def _flatten(lists: Sequence[Sequence[Any]]) -> tuple[list[Any], Ints]:
    """Return the elements of lists, and the number of the list of each."""
    return list(chain.from_iterable(lists)), _repeat(lists)


def _repeat(lists: Sequence[Sequence[Any]]) -> Ints:
    """Return the number of the list that each element of lists is in."""
    return np.repeat(np.arange(len(lists)), np.fromiter(map(len, lists), np.int64, len(lists)))


def _are_all(value: object, values: list[Any]) -> bool:
    # The first test spares comparisons with texts, which take longer than counting what is the same object.
    return not values or (values[0] is value and values.count(value) == len(values))
