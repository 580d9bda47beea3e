"""Build the entity columns of a batch from the arrays of its lines, without one Python object per entity.

This fast way makes scores of large files fast. It takes only regular rows, whose entities need nothing but offsets,
type and level; anything else raises :class:`IrregularRows`, and the batch is read by the checked reader instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vostochny.formats.label_types import is_name
from vostochny.metrics.columns import NAM, UNSTATED, VALUE, EntityColumns, EntityTable, resolve_levels
from vostochny.metrics.counts import Ints
from vostochny.model import DEFAULT_ZONE
from vostochny.ontology import Ontology
from vostochny.schema.records import MAX_OFFSET, ZoneRecord
from vostochny.scoring.chunks import Chunk, LinePosition
from vostochny.scoring.entity_lines import EntityLines
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
    truth, truth_documents = _gather(places)
    guess, guess_documents = _gather([(chunk, at, number[i]) for i, (chunk, at) in predicted.items()])
    layout = _Layout(gold, ontology)
    types: dict[str, int] = {}
    if unknown == "error":
        # With the ontology's types known beforehand, any other predicted type must be one of the gold's.
        types = {name: i for i, name in enumerate(ontology.entity_types)}
    sides = []
    for side, document, is_gold in ((truth, truth_documents, True), (guess, guess_documents, False)):
        limit = layout.lengths[document]  # 0 where the gold has no text
        over = side.end > np.where(limit > 0, limit, MAX_OFFSET)
        if ((side.start < 0) | (side.end <= side.start) | over).any():
            raise IrregularRows
        for name in side.types:
            if not is_name(name):
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
        unit, zone, scored = layout.locate(document, side.start)
        mentions = EntityColumns(document, unit, side.start, side.end, type_, level, zone)
        sides.append(mentions if scored.all() else mentions.where(scored))
    return resolve_levels(EntityTable(sides[0], sides[1], layout.documents, tuple(types), layout.zones))


def _repeat_text(predicted: Mapping[str, LinePosition]) -> bool:
    """Return whether any prediction carries its document's text."""
    return any(at in chunk.layouts and chunk.layouts[at].text for chunk, at in predicted.values())


def _gather(places: list[tuple[Chunk, int, int]]) -> tuple[EntityLines, Ints]:
    """Return the entities of lines, in the order of the documents, and the index of the document of each entity.

    Each line is given as (chunk, index of the line in it, index of its document in the batch).

    Raises IrregularRows where a line is irregular.
    """
    by_chunk: dict[Chunk, list[tuple[int, int]]] = {}
    for chunk, at, document in places:
        by_chunk.setdefault(chunk, []).append((at, document))
    parts = [chunk.entities.take([at for at, _ in lines]) for chunk, lines in by_chunk.items()]
    if any((part.counts < 0).any() for part in parts):
        raise IrregularRows
    owners = [document for lines in by_chunk.values() for _, document in lines]
    entities = EntityLines.concatenate(parts)
    documents = np.repeat(np.array(owners, dtype=np.int64), entities.counts)
    if (documents[1:] < documents[:-1]).any():
        order = np.argsort(documents, kind="stable")
        documents, entities = documents[order], entities.reorder(order)
    return entities, documents


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
        spans: list[list[Any]] = [[0]] * len(gold)
        parts: list[Sequence[ZoneRecord]] = [[ZoneRecord(0, zone=DEFAULT_ZONE)]] * len(gold)
        for i, (chunk, at) in enumerate(gold):
            if at not in chunk.layouts:
                continue
            text, paragraphs, zones = chunk.layouts[at]
            self.lengths[i] = len(text or "")
            spans[i] = [p.start for p in paragraphs or paragraphs_of(text or "")] or [0]
            parts[i] = zones or parts[i]
        self._one_unit_each = all(s == [0] for s in spans) and all(len(p) == 1 for p in parts)
        self.documents = np.repeat(np.arange(len(gold)), [len(x) for x in spans])
        self._first = np.searchsorted(self.documents, np.arange(len(gold)))
        # No start is as great, so that no document reaches into the next one's range.
        self._width = MAX_OFFSET
        starts = [s for x in spans for s in x]
        zone_starts = [p.start for x in parts for p in x]
        if not all(isinstance(s, int) for s in (*starts, *zone_starts)):
            raise IrregularRows
        self._units = self.documents * self._width + np.array(starts, dtype=np.int64)
        zone_documents = np.repeat(np.arange(len(gold)), [len(x) for x in parts])
        self._zone_starts = zone_documents * self._width + np.array(zone_starts, dtype=np.int64)
        names = [p.zone for x in parts for p in x if isinstance(p.zone, str)]
        if len(names) < len(zone_starts):
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
