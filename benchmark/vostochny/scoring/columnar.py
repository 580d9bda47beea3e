"""Entities as columns straight out of parsed lines, without an object an entity: what makes large files fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vostochny.formats.prediction import MAX_OFFSET
from vostochny.metrics.columns import LEVELS, NAM, UNSTATED, VALUE, EntityColumns, EntityTable, resolve_levels
from vostochny.metrics.counts import Ints
from vostochny.ontology import Ontology
from vostochny.scoring.chunks import Chunk, Place
from vostochny.text.layout import paragraphs_of


class Irregular(Exception):
    """The rows are not what the columns take for granted; the checked reader will say what is wrong, if anything."""


def table(gold: Sequence[Place], predicted: Mapping[str, Place], ontology: Ontology, unknown: str) -> EntityTable:
    """The entities of gold lines and of the predictions for them (by doc_id), items in unscored zones left out.

    ``unknown`` says what a predicted type is that neither the ontology nor the gold has. Raises Irregular where any
    line is to be read by the checked reader.
    """
    number = {str(chunk.ids[at]): i for i, (chunk, at) in enumerate(gold)}
    places = [(chunk, at, i) for i, (chunk, at) in enumerate(gold)]
    truth = _gather(places)
    guess = _gather([(chunk, at, number[i]) for i, (chunk, at) in predicted.items()])
    layout = _Layout(gold, ontology)
    types: dict[str, int] = {}
    if unknown == "error":
        types = {name: i for i, name in enumerate(ontology.entity_types)}
    sides = []
    for side, is_gold in ((truth, True), (guess, False)):
        limit = layout.lengths[side.document]
        over = side.end > np.where(limit > 0, limit, MAX_OFFSET)
        if ((side.start < 0) | (side.end <= side.start) | over).any():
            raise Irregular
        for name in side.types:
            if not name.isprintable() or not name:
                raise Irregular
            if name not in types:
                if not is_gold and unknown != "wrong":
                    raise Irregular  # an error to be told, or items to be left out
                types[name] = len(types)
        if not is_gold and limit.any() and (side.has_words or _repeat_text(predicted)):
            raise Irregular  # words are compared with the text by the checked reader
        type_ = np.array([types[name] for name in side.types], dtype=np.int64)[side.type]
        values = np.array([name in ontology.values for name in side.types], dtype=bool)[side.type]
        silent = np.where(values, VALUE, NAM if is_gold else UNSTATED)
        level = np.where(side.level == UNSTATED, silent, side.level)
        unit, zone, scored = layout.of(side.document, side.start)
        mentions = EntityColumns(side.document, unit, side.start, side.end, type_, level, zone)
        sides.append(mentions if scored.all() else mentions.where(scored))
    return resolve_levels(EntityTable(sides[0], sides[1], layout.documents, tuple(types), layout.zones))


def _repeat_text(predicted: Mapping[str, Place]) -> bool:
    """Whether a prediction carries the article's text."""
    tables = (chunk.arrow for chunk in dict.fromkeys(chunk for chunk, _ in predicted.values()))
    return any(t is not None and t["text"].null_count < len(t) for t in tables)


@dataclass(frozen=True)
class _Columns:
    """Entities of one side; ``type`` indexes ``types``, ``level`` the tuple LEVELS (or UNSTATED)."""

    document: Ints
    start: Ints
    end: Ints
    type: Ints
    types: list[str]
    level: Ints
    has_words: bool


def _gather(places: list[tuple[Chunk, int, int]]) -> _Columns:
    """The entities of lines (chunk, line in it, document of the batch), in the order of the documents."""
    by_chunk: dict[Chunk, list[tuple[int, int]]] = {}
    for chunk, at, document in places:
        by_chunk.setdefault(chunk, []).append((at, document))
    parts = []
    for chunk, wanted in by_chunk.items():
        if chunk.arrow is None:
            raise Irregular
        owner: Ints
        rows, owner = chunk.arrow["entities"], np.full(len(chunk.ids), -1)
        if 2 * len(wanted) < len(owner):
            # A few lines of a chunk cost no more than they are: files in another order are taken apart line by line.
            rows, owner = rows.take(pa.array([at for at, _ in wanted])), np.array([d for _, d in wanted])
        else:
            owner[[at for at, _ in wanted]] = [d for _, d in wanted]
        parts.append(_entities(rows, owner))
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
    """The entities of those lines whose entry in ``document`` is not negative."""
    lists = rows.combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy().astype(np.int64)
    flat = lists.flatten()
    start, end, types = (flat.field(name) for name in ("start", "end", "type"))
    in_document = flat.field("paragraph").null_count == len(flat)
    if flat.null_count or start.null_count or end.null_count or types.null_count or not in_document:
        raise Irregular
    encoded = types.dictionary_encode()
    level = np.full(len(flat), UNSTATED)
    levels = flat.field("level")
    if levels.null_count < len(levels):
        said = levels.dictionary_encode()
        names = said.dictionary.to_pylist()
        if not set(names) <= set(LEVELS[1:]):
            raise Irregular
        codes = np.array([*(LEVELS.index(n) for n in names), UNSTATED], dtype=np.int64)
        level = codes[pc.fill_null(said.indices, len(names)).to_numpy()]
    owner = np.repeat(document, lengths)
    columns = [owner, start.to_numpy(), end.to_numpy(), encoded.indices.to_numpy().astype(np.int64), level]
    if (owner < 0).any():
        columns = [column[owner >= 0] for column in columns]
    has_words = flat.field("text").null_count < len(flat)
    at, begins, ends, kinds, level = columns
    return _Columns(at, begins, ends, kinds, encoded.dictionary.to_pylist(), level, has_words)


class _Layout:
    """Length, units and zones of a batch's gold documents: all paragraphs, and all zones, in one ascending column."""

    def __init__(self, gold: Sequence[Place], ontology: Ontology):
        self.lengths = np.zeros(len(gold), dtype=np.int64)
        spans: list[list[int]] = [[0]] * len(gold)
        parts: list[list[dict[str, Any]]] = [[{"start": 0, "zone": "body"}]] * len(gold)
        for chunk in dict.fromkeys(chunk for chunk, _ in gold):
            assert chunk.arrow is not None  # _gather has seen to it
            here = [(i, at) for i, (other, at) in enumerate(gold) if other is chunk]
            # A column that no line of the chunk has costs nothing.
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
        self.plain = all(s == [0] for s in spans) and all(len(p) == 1 for p in parts)
        self.documents = np.repeat(np.arange(len(gold)), [len(x) for x in spans])
        self._first = np.searchsorted(self.documents, np.arange(len(gold)))
        # Offsets of all documents on one line: so wide that none reaches into the next document.
        self._width = 1 << 40
        starts = [s for x in spans for s in x]
        zone_starts = [p["start"] for x in parts for p in x]
        if None in starts or None in zone_starts:
            raise Irregular
        self._units = self.documents * self._width + np.array(starts, dtype=np.int64)
        zone_documents = np.repeat(np.arange(len(gold)), [len(x) for x in parts])
        self._zone_starts = zone_documents * self._width + np.array(zone_starts, dtype=np.int64)
        names = [p["zone"] for x in parts for p in x]
        if None in names:
            raise Irregular
        self.zones = tuple(dict.fromkeys(names))
        code = {name: i for i, name in enumerate(self.zones)}
        self._codes = np.array([code[name] for name in names], dtype=np.int64)
        self._scored = np.array([name not in ontology.unscored_zones for name in self.zones], dtype=bool)

    def of(self, document: Ints, start: Ints) -> tuple[Ints, Ints, Any]:
        """Unit, zone and whether the zone is scored, for items at these starts."""
        if self.plain and self._scored.all() and len(self.zones) == 1:
            return document, np.zeros_like(document), self._scored
        at = document * self._width + start
        unit = np.maximum(np.searchsorted(self._units, at, "right") - 1, self._first[document])
        zone = self._codes[np.maximum(np.searchsorted(self._zone_starts, at, "right") - 1, 0)]
        return unit, zone, self._scored[zone]
