"""Build the entity columns of a batch from what Arrow parsed, without one Python object per entity.

This fast way makes scores of large files fast. It takes only regular rows, whose entities need nothing but offsets,
type and level; anything else raises :class:`IrregularRows`, and the batch is read by the checked reader instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vostochny.metrics.columns import LEVELS, NAM, UNSTATED, VALUE, EntityColumns, EntityTable, resolve_levels
from vostochny.metrics.counts import Ints
from vostochny.ontology import Ontology
from vostochny.schema.records import MAX_OFFSET
from vostochny.scoring.chunks import Chunk, LinePosition
from vostochny.text.layout import paragraphs_of


class IrregularRows(Exception):
    """Rows that columns cannot represent; the checked reader reports what is wrong with them, if anything."""


def read_table(
    gold: Sequence[LinePosition], predicted: Mapping[str, LinePosition], ontology: Ontology, unknown: str
) -> EntityTable:
    """Return the entities of gold lines and of their predictions as columns, without items in unscored zones.

    Args:
        gold: The lines of the gold documents.
        predicted: The line of each prediction, by doc_id.
        ontology: The ontology.
        unknown: How predicted types are treated that neither the ontology nor the gold has (Options.unknown).

    Raises IrregularRows where any line needs the checked reader.
    """
    number = {str(chunk.ids[at]): i for i, (chunk, at) in enumerate(gold)}
    places = [(chunk, at, i) for i, (chunk, at) in enumerate(gold)]
    truth = _gather(places)
    guess = _gather([(chunk, at, number[i]) for i, (chunk, at) in predicted.items()])
    layout = _Layout(gold, ontology)
    types: dict[str, int] = {}
    if unknown == "error":
        # With the ontology's types known beforehand, any other predicted type must be one of the gold's.
        types = {name: i for i, name in enumerate(ontology.entity_types)}
    sides = []
    for side, is_gold in ((truth, True), (guess, False)):
        limit = layout.lengths[side.document]  # 0 where the gold has no text
        over = side.end > np.where(limit > 0, limit, MAX_OFFSET)
        if ((side.start < 0) | (side.end <= side.start) | over).any():
            raise IrregularRows
        for name in side.types:
            if not name.isprintable() or not name:
                raise IrregularRows
            if name not in types:
                if not is_gold and unknown != "wrong":
                    raise IrregularRows  # a problem to report, or items to leave out
                types[name] = len(types)
        if not is_gold and limit.any() and (side.has_words or _repeat_text(predicted)):
            raise IrregularRows  # only the checked reader compares words with the text
        type_ = np.array([types[name] for name in side.types], dtype=np.int64)[side.type]
        values = np.array([name in ontology.values for name in side.types], dtype=bool)[side.type]
        # A gold entity without a level is a name; a predicted one leaves open what it is.
        default_level = np.where(values, VALUE, NAM if is_gold else UNSTATED)
        level = np.where(side.level == UNSTATED, default_level, side.level)
        unit, zone, scored = layout.locate(side.document, side.start)
        mentions = EntityColumns(side.document, unit, side.start, side.end, type_, level, zone)
        sides.append(mentions if scored.all() else mentions.where(scored))
    return resolve_levels(EntityTable(sides[0], sides[1], layout.documents, tuple(types), layout.zones))


def _repeat_text(predicted: Mapping[str, LinePosition]) -> bool:
    """Return whether any prediction carries its document's text."""
    tables = (chunk.arrow for chunk in dict.fromkeys(chunk for chunk, _ in predicted.values()))
    return any(t is not None and t["text"].null_count < len(t) for t in tables)


@dataclass(frozen=True)
class _Columns:
    """The entities of one side, one array element per entity, in the order of the documents.

    Attributes:
        document: Index of the document in the batch.
        start: First character of the span.
        end: One past the last character.
        type: Index into ``types``.
        types: Names of the types.
        level: Index into LEVELS, or UNSTATED.
        has_words: Whether any entity carries the words of its span.
    """

    document: Ints
    start: Ints
    end: Ints
    type: Ints
    types: list[str]
    level: Ints
    has_words: bool


def _gather(places: list[tuple[Chunk, int, int]]) -> _Columns:
    """Return the entities of lines, in the order of the documents.

    Each line is given as (chunk, index of the line in it, index of its document in the batch).
    """
    by_chunk: dict[Chunk, list[tuple[int, int]]] = {}
    for chunk, at, document in places:
        by_chunk.setdefault(chunk, []).append((at, document))
    parts = []
    for chunk, lines in by_chunk.items():
        if chunk.arrow is None:
            raise IrregularRows
        owner: Ints
        rows, owner = chunk.arrow["entities"], np.full(len(chunk.ids), -1)
        if 2 * len(lines) < len(owner):
            # Few lines of the chunk: copy them out instead of decoding all of it. Where gold and predictions are in
            # different orders, a batch has few lines of each of many chunks.
            rows, owner = rows.take(pa.array([at for at, _ in lines])), np.array([d for _, d in lines])
        else:
            owner[[at for at, _ in lines]] = [d for _, d in lines]
        parts.append(_entities(rows, owner))
    # Each chunk numbers its types by itself; give them common numbers.
    types: dict[str, int] = {}
    codes = [np.array([types.setdefault(t, len(types)) for t in p.types], dtype=np.int64)[p.type] for p in parts]

    def column(values: list[Ints]) -> Ints:
        return np.concatenate([np.zeros(0, dtype=np.int64), *values])

    documents = column([p.document for p in parts])
    out = [column([p.start for p in parts]), column([p.end for p in parts]), column(codes)]
    out.append(column([p.level for p in parts]))
    if (documents[1:] < documents[:-1]).any():
        order = np.argsort(documents, kind="stable")
        documents, out = documents[order], [x[order] for x in out]
    return _Columns(documents, out[0], out[1], out[2], list(types), out[3], any(p.has_words for p in parts))


def _entities(rows: pa.ChunkedArray, document: Ints) -> _Columns:
    """Return the entities of the lines whose entry in ``document`` is not negative.

    Args:
        rows: The ``entities`` column of some lines, a list of structs per line.
        document: Index of each line's document in the batch; -1 for a line that is not wanted.

    Raises IrregularRows where an entity lacks an offset or a type, counts from a paragraph or has an unknown level.
    """
    lists = rows.combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy().astype(np.int64)
    flat = lists.flatten()
    start, end, types = (flat.field(name) for name in ("start", "end", "type"))
    in_document = flat.field("paragraph").null_count == len(flat)
    if flat.null_count or start.null_count or end.null_count or types.null_count or not in_document:
        raise IrregularRows
    encoded = types.dictionary_encode()
    level = np.full(len(flat), UNSTATED)
    levels = flat.field("level")
    if levels.null_count < len(levels):
        encoded_levels = levels.dictionary_encode()
        names = encoded_levels.dictionary.to_pylist()
        if not set(names) <= set(LEVELS[1:]):
            raise IrregularRows
        # One entry more than there are names: it stands for entities without a level.
        codes = np.array([*(LEVELS.index(n) for n in names), UNSTATED], dtype=np.int64)
        level = codes[pc.fill_null(encoded_levels.indices, len(names)).to_numpy()]
    owner = np.repeat(document, lengths)
    columns = [owner, start.to_numpy(), end.to_numpy(), encoded.indices.to_numpy().astype(np.int64), level]
    if (owner < 0).any():
        columns = [column[owner >= 0] for column in columns]
    has_words = flat.field("text").null_count < len(flat)
    owner, starts, ends, codes, level = columns
    return _Columns(owner, starts, ends, codes, encoded.dictionary.to_pylist(), level, has_words)


class _Layout:
    """Lengths, units and zones of a batch's gold documents, for looking up many offsets at once.

    The paragraphs of all documents are one ascending array, and so are the zones: a document's offsets are shifted by
    its index times ``_width``, so that one binary search finds the unit or zone of any item.

    Attributes:
        lengths: Characters of each document's text; 0 where the gold has no text.
        documents: Index of the document that each unit belongs to.
        zones: Names of the zones.
    """

    def __init__(self, gold: Sequence[LinePosition], ontology: Ontology):
        self.lengths = np.zeros(len(gold), dtype=np.int64)
        spans: list[list[int]] = [[0]] * len(gold)
        parts: list[list[dict[str, Any]]] = [[{"start": 0, "zone": "body"}]] * len(gold)
        for chunk in dict.fromkeys(chunk for chunk, _ in gold):
            assert chunk.arrow is not None  # else _gather has raised IrregularRows
            here = [(i, at) for i, (other, at) in enumerate(gold) if other is chunk]
            # Skip a column that no line of the chunk has.
            text, paragraphs, zones = (chunk.arrow[name] for name in ("text", "paragraphs", "zones"))
            if text.null_count < len(text):
                length = pc.fill_null(pc.utf8_length(text), 0).to_numpy()
                self.lengths[[i for i, _ in here]] = length[[at for _, at in here]]
                for i, at in here:
                    spans[i] = [p.start for p in paragraphs_of(text[at].as_py() or "")] or [0]
            if paragraphs.null_count < len(paragraphs):
                for i, at in here:
                    spans[i] = [p["start"] for p in paragraphs[at].as_py() or ()] or spans[i]
            if zones.null_count < len(zones):
                for i, at in here:
                    parts[i] = zones[at].as_py() or parts[i]
        self._one_unit_each = all(s == [0] for s in spans) and all(len(p) == 1 for p in parts)
        self.documents = np.repeat(np.arange(len(gold)), [len(x) for x in spans])
        self._first = np.searchsorted(self.documents, np.arange(len(gold)))
        # Wider than any offset, so that no document reaches into the next one's range.
        self._width = 1 << 40
        starts = [s for x in spans for s in x]
        zone_starts = [p["start"] for x in parts for p in x]
        if None in starts or None in zone_starts:
            raise IrregularRows
        self._units = self.documents * self._width + np.array(starts, dtype=np.int64)
        zone_documents = np.repeat(np.arange(len(gold)), [len(x) for x in parts])
        self._zone_starts = zone_documents * self._width + np.array(zone_starts, dtype=np.int64)
        names = [p["zone"] for x in parts for p in x]
        if None in names:
            raise IrregularRows
        self.zones = tuple(dict.fromkeys(names))
        code = {name: i for i, name in enumerate(self.zones)}
        self._codes = np.array([code[name] for name in names], dtype=np.int64)
        self._scored = np.array([name not in ontology.unscored_zones for name in self.zones], dtype=bool)

    def locate(self, document: Ints, start: Ints) -> tuple[Ints, Ints, Any]:
        """Return unit, zone and whether the zone is scored of items, by their documents and starts."""
        if self._one_unit_each and self._scored.all() and len(self.zones) == 1:
            return document, np.zeros_like(document), self._scored
        at = document * self._width + start
        unit = np.maximum(np.searchsorted(self._units, at, "right") - 1, self._first[document])
        zone = self._codes[np.maximum(np.searchsorted(self._zone_starts, at, "right") - 1, 0)]
        return unit, zone, self._scored[zone]
