"""A batch: gold documents joined with their predictions, as the tables that metrics are computed from.

Third step of a score of files, after :mod:`vostochny.scoring.joining`. The items of regular lines are columns already
(:mod:`vostochny.scoring.line_items`); here they are checked against the articles and the ontology. Lines that do not
pass, and irregular ones, go through the checked reader, which reports every problem with file, line and field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from vostochny.errors import InputError, Problem, Problems
from vostochny.formats.label_types import is_name
from vostochny.formats.lenient import read_leniently
from vostochny.formats.prediction import RowReader
from vostochny.metrics.columns import join_sides, list_unplaced
from vostochny.metrics.coreference import find_split
from vostochny.metrics.item_tables import Tables
from vostochny.metrics.matching import Bools, Ints, encode
from vostochny.metrics.pairs import Pair, pair_documents
from vostochny.metrics.places import Layout, Places
from vostochny.metrics.raw import RawSide, concatenate, read_documents
from vostochny.model import LAYERS, Document, Placement
from vostochny.ontology import Ontology
from vostochny.schema.records import list_attributes
from vostochny.scoring.chunks import Chunk, LinePosition
from vostochny.scoring.line_items import LineItems
from vostochny.scoring.options import Options, find_unscored_zones
from vostochny.text.layout import paragraphs_of

# The names of columns by the table of the ontology that lists them.
_TABLES = {"types": "entity_types", "event_types": "events", "roles": "roles"}
_ATTRIBUTE_TABLES = {"realis": "realis", "polarities": "polarity", "directness": "directness"}
# Tables that a gold may add to.
_OPEN_TABLES = {a.key.values for layer in ("events", "quotes") for a in list_attributes(layer, values_only=True)}


class GoldTypesNeeded(Exception):
    """A prediction has a type that the ontology lacks, and only the whole gold shows whether the gold has it.

    The types of the whole gold must then be collected, and the batch counted again with them.
    """


@dataclass(eq=False)
class BatchGold:
    """Some gold documents, which the predictions of one system or several are for.

    Attributes:
        lines: The lines of the documents.
        ontology: The ontology as it is published.
        options: What to compute.
        own_types: Returns the ontology with the types of the whole gold, or raises GoldTypesNeeded. Called only where
            the ontology itself does not suffice, because collecting those types takes a pass over the gold.
    """

    lines: list[LinePosition]
    ontology: Ontology
    options: Options
    own_types: Callable[[], Ontology]

    def __post_init__(self) -> None:
        self.problems: Problems[Problem] = Problems()
        self._documents: dict[int, Document] = {}
        self._known_chunks: dict[Chunk, bool] = {}
        self.repaired: dict[tuple[str, int], int] = {}  # by file and line of a prediction, see formats.lenient

    @cached_property
    def ids(self) -> list[str]:
        """The documents of the batch, in the order of the gold."""
        return [str(chunk.ids[at]) for chunk, at in self.lines]

    @cached_property
    def layouts(self) -> list[Layout]:
        """The parts of each document."""
        layouts = [chunk.items.layouts.get(at, Layout()) for chunk, at in self.lines]
        for i in np.flatnonzero(~self._is_right).tolist():
            layouts[i] = Layout.of_document(self.document(i))  # that of an irregular line comes from the checked reader
        return layouts

    @cached_property
    def items(self) -> RawSide:
        """The items of all documents."""
        return _exchange(
            self._gathered, self._is_right, {i: self.document(i) for i in np.flatnonzero(~self._is_right).tolist()}
        )

    @cached_property
    def _gathered(self) -> RawSide:
        """The items of regular lines."""
        return _gather([(chunk, at, i) for i, (chunk, at) in enumerate(self.lines)], len(self.lines))

    @cached_property
    def _is_right(self) -> Bools:
        """For each document, whether its items are right where the line's own columns could not tell."""
        right = np.zeros(len(self.lines), dtype=bool)
        if self.options.gold_offsets:
            return right
        for i, (chunk, at) in enumerate(self.lines):
            text = chunk.items.layouts.get(at, Layout()).text
            right[i] = self.has_known_values(chunk, True) and _fits(chunk.items, at, text)
        right[_find_shared_places(self._gathered)] = False
        return right

    def has_known_values(self, chunk: Chunk, is_gold: bool = False) -> bool:
        """Return whether the attributes of a chunk that are no columns have values of the ontology or of this gold."""
        if chunk not in self._known_chunks:
            self._known_chunks[chunk] = all(
                values.issubset({*self.ontology.list_names(table), *(() if is_gold else self._values.get(table, ()))})
                or (is_gold and table in _OPEN_TABLES and all(map(is_name, values)))
                for table, values in chunk.items.values.items()
            )
        return self._known_chunks[chunk]

    @cached_property
    def _values(self) -> dict[str, set[Any]]:
        """The values of attributes that are no columns, by table."""
        out: dict[str, set[Any]] = {}
        for chunk in {chunk for chunk, _ in self.lines if self.has_known_values(chunk, True)}:
            for table, values in chunk.items.values.items():
                out.setdefault(table, set()).update(values)
        return out

    def document(self, i: int) -> Document:
        """Return a document, read with the checked reader; its problems are added to ours."""
        if i not in self._documents:
            chunk, at = self.lines[i]
            text = chunk.row(at)[1].get("text")
            text = text if isinstance(text, str) and text else None
            document = self.read(chunk, at, text, "wrong", self.problems)  # a gold may have types of its own
            if text and not document.paragraphs:
                document = replace(document, paragraphs=tuple(paragraphs_of(text)))
            self._documents[i] = document
        return self._documents[i]

    def read(
        self, chunk: Chunk, at: int, text: str | None, unknown: str, problems: list[Problem],
        layout: Document | None = None,
    ) -> Document:  # fmt: skip
        """Read a line with the checked reader; it is a prediction where ``layout``, its gold document, is given."""
        line, row = chunk.row(at)
        offsets, view = (self.options.offsets, self.options.view) if layout else (self.options.gold_offsets, None)
        # A type that the ontology alone refuses, or would leave out, may still be a type of this gold. So the row is
        # read with the ontology first (usually enough) and again with the gold's types where that has problems.
        # "ignore" reports no problem for an unknown type: there the gold's types are needed at once.
        for ontology in (*([lambda: self.ontology] if unknown != "ignore" else []), self.own_types):

            def make_reader(row: dict[str, Any], ontology: Callable[[], Ontology] = ontology) -> RowReader:
                return RowReader(chunk.path, line, row, text, ontology(), unknown, view, layout, offsets)

            if layout and unknown == "wrong" and ontology is self.own_types:
                document, reader, repaired = read_leniently(row, make_reader, layout.doc_id)
                self.repaired[chunk.path, line] = 0 if reader.problems else repaired
            else:
                reader = make_reader(row)
                document = reader.read(layout.doc_id if layout else row["doc_id"], with_text=layout is None)
            if not reader.problems:
                return document
        problems += reader.problems
        return document


@dataclass(eq=False)
class Batch:
    """Some gold documents and one system's predictions for them: ``predicted`` has the line of each, by doc_id."""

    gold: BatchGold
    predicted: dict[str, LinePosition]

    def __post_init__(self) -> None:
        self.ontology, self.options = self.gold.ontology, self.gold.options
        self._problems: Problems[Problem] = Problems()
        self.placement = Placement()  # what became of predicted words without offsets

    @cached_property
    def layers(self) -> frozenset[str]:
        """The layers that any prediction of the batch carries."""
        found = np.zeros(len(LAYERS), dtype=bool)
        for chunk, at in self.predicted.values():
            if chunk.items.regular[at]:
                found |= chunk.items.emitted[at]
            else:
                row = chunk.row(at)[1]
                found |= [row.get(layer) is not None for layer in LAYERS]
        return frozenset(layer for layer, there in zip(LAYERS, found, strict=True) if there)

    # -- tables ----------------------------------------------------------------------------------------------------

    def make_tables(self) -> Tables:
        """Return the items of the batch as columns.

        Raises InputError where rows have problems; with those of the predictions: the gold's are in ``gold.problems``.
        """
        gold, layouts, count = self.gold.items, self.gold.layouts, len(self.gold.lines)
        number = {doc_id: i for i, doc_id in enumerate(self.gold.ids)}
        lines = [(chunk, at, number[doc_id]) for doc_id, (chunk, at) in self.predicted.items()]
        predicted = _gather(lines, count)
        is_right = self._check_predictions(lines, layouts) & self._check_names(predicted, gold)
        if self.options.offsets:
            is_right[:] = False
        predictions = {i: self._read_prediction(i) for _, _, i in lines if not is_right[i]}
        if self._problems or self.gold.problems:
            raise InputError(self._problems)
        predicted = _exchange(predicted, is_right, predictions)
        placements = [predictions[i].placement if i in predictions else Placement() for i in range(count)]
        self.placement = sum(placements, Placement())
        view = self.options.view
        if view:
            values = self.ontology.values
            gold = gold.relabel(view.entity_label, view.event_label, lambda type_: type_ in values)
            predicted = predicted.relabel(
                view.predicted_label, view.predicted_event_label, lambda type_: view.is_value(type_, values)
            )
        places = Places(layouts, find_unscored_zones(self.ontology, self.options))
        return join_sides(gold, predicted, places, frozenset(self.ontology.values), list_unplaced(placements))

    def _check_predictions(self, lines: Iterable[tuple[Chunk, int, int]], layouts: Sequence[Layout]) -> Bools:
        """Return the same of the predictions; true for a document without any."""
        right = np.ones(len(layouts), dtype=bool)
        for chunk, at, i in lines:
            text = layouts[i].text
            carried = chunk.items.texts.get(at)
            same_text = carried is None or not text or carried == text
            right[i] = same_text and self.gold.has_known_values(chunk) and _fits(chunk.items, at, text)
        return right

    def _check_names(self, predicted: RawSide, gold: RawSide) -> Bools:
        """Return for each document whether the ontology or the gold of this batch has all names of the prediction."""
        right = np.ones(predicted.documents, dtype=bool)
        view = self.options.view
        known = {key: {*self.ontology.list_names(table), *gold.names[key]} for key, table in _TABLES.items()}
        known |= {key: {*self.ontology.list_names(table), *gold.names[key]} for key, table in _ATTRIBUTE_TABLES.items()}
        if view:
            known["types"] |= set(view.labels)
            known["event_types"] |= set((view.events or {}).values())
        tables = {"types": "entities", "event_types": "events", "realis": "events", "polarities": "events"}
        tables["directness"] = "quotes"
        for key, table in tables.items():
            if key in _TABLES and self.options.unknown == "wrong":
                continue
            strange = np.array([*(name not in known[key] for name in predicted.names[key]), False], dtype=bool)
            if strange.any():
                right[predicted.column(table, "document")[strange[predicted.column(table, key)]]] = False
        if self.options.unknown != "wrong":
            pairs = _list_roles(gold)
            for (event_type, role), documents in _list_roles(predicted).items():
                event = self.ontology.events.get(event_type)
                if (event is None or role not in event.roles) and (event_type, role) not in pairs:
                    right[documents] = False
        return right

    # -- documents -------------------------------------------------------------------------------------------------

    @cached_property
    def pairs(self) -> list[Pair]:
        """The batch as paired documents, in the labels of the view if there is one, for reading mistakes.

        Raises InputError with every problem of its rows.
        """
        gold = [self.gold.document(i) for i in range(len(self.gold.lines))]
        predicted = {d.doc_id: self._read_prediction(i) for i, d in enumerate(gold) if d.doc_id in self.predicted}
        if self._problems or self.gold.problems:
            raise InputError([*self.gold.problems, *self._problems])
        view, values = self.options.view, frozenset(self.ontology.values)
        if view:
            gold = [view.relabel_gold(d, values) for d in gold]
            predicted = {i: view.relabel_prediction(d, values) for i, d in predicted.items()}
        return pair_documents(gold, predicted, values, find_unscored_zones(self.ontology, self.options))

    def _read_prediction(self, i: int) -> Document:
        """Read the prediction for a gold document with the checked reader; its problems are added to ours."""
        gold = self.gold.document(i)
        chunk, at = self.predicted[gold.doc_id]
        return self.gold.read(chunk, at, gold.text or None, self.options.unknown, self._problems, gold)


def _gather(lines: Iterable[tuple[Chunk, int, int]], documents: int) -> RawSide:
    """Return the items of lines, each given as chunk, index of the line in it, and number of its document."""
    by_chunk: dict[Chunk, Ints] = {}
    for chunk, at, document in lines:
        if chunk not in by_chunk:
            by_chunk[chunk] = np.full(len(chunk.ids), -1, dtype=np.int64)
        by_chunk[chunk][at] = document
    parts = [chunk.items.raw.select(number, documents) for chunk, number in by_chunk.items()]
    return concatenate(parts) if parts else read_documents([None] * documents)


def _exchange(side: RawSide, keep: Bools, documents: dict[int, Document]) -> RawSide:
    """Return the items of a side with those of some documents in the place of those that are not kept."""
    if not documents:
        return side
    kept = side.select(np.where(keep, np.arange(len(keep)), -1), len(keep))
    return concatenate([kept, read_documents([documents.get(i) for i in range(len(keep))])])


def _fits(items: LineItems, at: int, text: str) -> bool:
    """Return whether a line is regular, and all of its spans and words fit the article; any do where it has no text."""
    if not items.regular[at] or (text and items.reach[at] > len(text)):
        return False
    return at not in items.words or items.words[at].fit(text)


def _find_shared_places(side: RawSide) -> Ints:
    """Return the documents in which items of one layer and one place are in different clusters.

    Whether these are one mention, which a gold may not have, is up to the checked reader.
    """
    documents = []
    for layer in LAYERS:
        document, start, end = side.tables[layer][:3]
        cluster = side.column(layer, "clusters")
        rows = np.flatnonzero(cluster >= 0)
        shared = rows[find_split(encode((document[rows], start[rows], end[rows]))[0], cluster[rows])]
        documents.append(document[shared])
    return np.unique(np.concatenate(documents))


def _list_roles(side: RawSide) -> dict[tuple[str, str], Ints]:
    """Return the pairs of event type and role that arguments have, each with the documents that it is in."""
    table = side.tables["arguments"]
    types = side.column("events", "event_types")[side.column("arguments", "events")]
    roles = side.column("arguments", "roles")
    names = side.names["event_types"], side.names["roles"]
    pairs, inverse = np.unique(types * len(names[1]) + roles, return_inverse=True)
    out = {}
    for i, pair in enumerate(pairs.tolist()):
        event_type, role = divmod(pair, len(names[1]))
        out[names[0][event_type], names[1][role]] = table[0][inverse.reshape(-1) == i]
    return out
