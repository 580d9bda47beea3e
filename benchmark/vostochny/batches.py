"""Gold and predictions side by side, a batch at a time, so that memory does not grow with the number of documents.

Part of the room ``scoring``. Both files are read line by line and joined by doc_id. Where they are in the same order a
batch is all that is held; predictions that come before their gold document wait, as parsed rows. Entities go from the
parsed rows straight into columns (:attr:`Batch.table`); whatever is irregular there, and everything else, goes through
the checked reader (:attr:`Batch.pairs`), which knows what to say of a fault.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np

from vostochny.formats import Fault, FormatError
from vostochny.formats.jsonl import nearest, parse, raw_lines
from vostochny.formats.prediction import LAYERS, Row
from vostochny.metrics.columns import LEVELS, NAM, UNSAID, VALUE, Mentions, Table, settle_levels, table_of
from vostochny.metrics.counts import Ints
from vostochny.metrics.units import Pair, pair_up
from vostochny.ontology import Ontology

BATCH = 250  # documents; few, so that a batch stays in the processor's cache
KEYS = (b"cluster", b"level", b"text")


class _Irregular(Exception):
    """The rows are not what the fast reader takes for granted; the checked one will say what is wrong, if anything."""


@dataclass
class Batch:
    """Some gold rows with the predictions for them, each with its line number.

    ``keys`` are those of KEYS that any line read so far has: what none has need not be looked for in every item.
    """

    gold_path: str
    predicted_path: str
    gold: list[tuple[int, dict[str, Any]]]
    predicted: dict[str, tuple[int, dict[str, Any]]]
    ontology: Ontology
    unknown: str
    keys: frozenset[bytes]

    @property
    def has_clusters(self) -> bool:
        """Whether any prediction read so far says a cluster."""
        return b"cluster" in self.keys

    @property
    def layers(self) -> frozenset[str]:
        """The layers that any prediction of the batch carries."""
        return frozenset(x for _, row in self.predicted.values() for x in LAYERS if row.get(x) is not None)

    @property
    def has_text(self) -> bool:
        """Whether any gold row has its text."""
        return any(row.get("text") for _, row in self.gold)

    @property
    def has_tokens(self) -> bool:
        """Whether any gold row has stored tokens."""
        return any(row.get("tokens") for _, row in self.gold)

    @cached_property
    def pairs(self) -> list[Pair]:
        """The batch as paired documents. Raises FormatError with every fault of its rows."""
        faults: list[Fault] = []
        gold, predicted = [], {}
        known = self.ontology
        for line, row in self.gold:
            reader = Row(self.gold_path, line, row, _text(row), known, "wrong")
            document = reader.read(row["doc_id"], with_text=True)
            faults += reader.faults
            gold.append(document)
            if document.doc_id in self.predicted:
                number, other = self.predicted[document.doc_id]
                reader = Row(self.predicted_path, number, other, document.text or None, known, self.unknown)
                predicted[document.doc_id] = reader.read(document.doc_id, with_text=False)
                faults += reader.faults
        if faults:
            raise FormatError(faults)
        return pair_up(gold, predicted, frozenset(known.values), known.unscored)

    @cached_property
    def table(self) -> Table:
        """The entities of the batch as columns. Raises FormatError with every fault of its rows."""
        try:
            return self._columns()
        except (_Irregular, KeyError, TypeError, ValueError, OverflowError):
            return table_of(self.pairs)

    def _columns(self) -> Table:
        rows = [row for _, row in self.gold]
        empty: dict[str, Any] = {}
        others = [self.predicted.get(row["doc_id"], (0, empty))[1] for row in rows]
        types: dict[str, int] = {}
        if self.unknown == "error":
            types = {name: i for i, name in enumerate(self.ontology.entity_types)}
        value_types = frozenset(self.ontology.values)
        places = _Places(rows, self.ontology)
        lengths = np.array([len(row.get("text") or "") for row in rows], dtype=np.int64)
        sides = []
        for number, side in enumerate((rows, others)):
            items = [row.get("entities") or () for row in side]
            document = np.repeat(np.arange(len(items)), np.fromiter(map(len, items), np.int64, len(items)))
            flat = list(chain.from_iterable(items))
            start, end = (_whole(flat, key) for key in ("start", "end"))
            limit = lengths[document]
            if ((start < 0) | (end <= start) | ((limit > 0) & (end > limit))).any():
                raise _Irregular
            names = list(map(itemgetter("type"), flat))
            for name in set(names) - types.keys():
                if number == 1 and self.unknown != "wrong":
                    raise _Irregular  # an error to be told, or an item to be left out
                if not isinstance(name, str):
                    raise _Irregular
                types[name] = len(types)
            type_ = np.fromiter(map(types.__getitem__, names), np.int64, len(names))
            if number == 1 and b"text" in self.keys and limit.any():
                self._check_words(flat, document, start, end, rows)
            level = np.full(len(flat), UNSAID)
            if b"level" in self.keys:
                codes = {None: UNSAID} | {name: i for i, name in enumerate(LEVELS)}
                level = np.fromiter((codes[item.get("level")] for item in flat), np.int64, len(flat))
            is_value = np.array([name in value_types for name in types], dtype=bool)[type_] if len(type_) else level > 9
            level = np.where(level == UNSAID, np.where(is_value, VALUE, NAM if number == 0 else UNSAID), level)
            unit, zone, scored = places.of(document, start)
            side_columns = Mentions(document, unit, start, end, type_, level, zone)
            sides.append(side_columns if scored.all() else side_columns.where(scored))
        return settle_levels(Table(sides[0], sides[1], places.documents, tuple(types), places.zones))

    @staticmethod
    def _check_words(flat: list[dict], document: Ints, start: Ints, end: Ints, rows: list[dict]) -> None:
        """Where an item carries its words, they must stand at its offsets."""
        for item, d, s, e in zip(flat, document.tolist(), start.tolist(), end.tolist(), strict=True):
            words = item.get("text")
            if words is not None and rows[d].get("text") and rows[d]["text"][s:e] != words:
                raise _Irregular


class _Places:
    """Unit and zone of every offset of a batch: all paragraphs, and all zones, in one ascending column each."""

    def __init__(self, rows: list[dict[str, Any]], ontology: Ontology):
        paragraphs = [row.get("paragraphs") or [{"start": 0}] for row in rows]
        zones = [row.get("zones") or [{"start": 0, "zone": "body"}] for row in rows]
        self.documents = np.repeat(np.arange(len(rows)), [len(p) for p in paragraphs])
        self.first_unit = np.searchsorted(self.documents, np.arange(len(rows)))
        zone_documents = np.repeat(np.arange(len(rows)), [len(z) for z in zones])
        starts = [_whole(list(chain.from_iterable(x)), "start") for x in (paragraphs, zones)]
        # Offsets of all documents on one line: wide enough that none reaches into the next document.
        self.width = 1 << 40
        self.units = self.documents * self.width + starts[0]
        self.zone_starts = zone_documents * self.width + starts[1]
        names = [z["zone"] for z in chain.from_iterable(zones)]
        self.zones = tuple(dict.fromkeys(names))
        code = {name: i for i, name in enumerate(self.zones)}
        self.zone_codes = np.array([code[name] for name in names], dtype=np.int64)
        self.zone_scored = np.array([name not in ontology.unscored for name in self.zones], dtype=bool)

    def of(self, document: Ints, start: Ints) -> tuple[Ints, Ints, Any]:
        """Unit, zone and whether the zone is scored, for items at these starts."""
        at = document * self.width + start
        unit = np.maximum(np.searchsorted(self.units, at, "right") - 1, self.first_unit[document])
        zone = self.zone_codes[np.maximum(np.searchsorted(self.zone_starts, at, "right") - 1, 0)]
        return unit, zone, self.zone_scored[zone]


def _whole(items: list[dict[str, Any]], key: str) -> Ints:
    """A column of whole numbers; anything else is irregular."""
    if not items:
        return np.zeros(0, dtype=np.int64)
    column = np.array(list(map(itemgetter(key), items)))
    if column.dtype != np.int64 or column.ndim != 1:
        raise _Irregular
    return column


def _text(row: dict[str, Any]) -> str | None:
    text = row.get("text")
    return text if isinstance(text, str) and text else None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Parsing makes a great many containers and no cycles; the collector would walk them again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def batches(
    gold: str,
    predicted: str,
    ontology: Ontology,
    unknown: str,
    saw_gold: Callable[[bytes], object] = lambda raw: None,
    size: int = BATCH,
) -> Iterator[Batch]:
    """Join two JSON Lines files by doc_id, batch by batch in the order of the gold.

    ``saw_gold`` is given every line of the gold, to take its hash.

    Raises FormatError after the last batch with the faults that concern the files as a whole: lines that are no JSON
    objects, documents given twice, predictions for documents that the gold does not have.
    """
    faults: list[Fault] = []
    waiting: dict[str, tuple[int, dict[str, Any]]] = {}
    seen_gold: set[str] = set()
    seen_predicted: dict[str, int] = {}
    keys: set[bytes] = set()

    def rows(path: str, lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes, dict[str, Any]]]:
        for number, raw in lines:
            if len(keys) < len(KEYS):
                keys.update(key for key in KEYS if key in raw)
            row, found = parse(path, number, raw)
            faults.extend(found)
            if row is None:
                continue
            if not isinstance(row.get("doc_id"), str) or not row["doc_id"]:
                faults.append(Fault(path, number, "doc_id", "is missing; expected the document's id"))
            else:
                yield number, raw, row

    incoming = rows(predicted, raw_lines(predicted))

    def fetch(wanted: set[str]) -> None:
        missing = wanted - waiting.keys()
        for number, _, row in incoming if missing else ():
            doc_id = row["doc_id"]
            if doc_id in seen_predicted:
                message = f"{doc_id} stands on line {seen_predicted[doc_id]} already; give each document one line"
                faults.append(Fault(predicted, number, "doc_id", message))
                continue
            seen_predicted[doc_id] = number
            waiting[doc_id] = (number, row)
            missing.discard(doc_id)
            if not missing:
                return

    lines = rows(gold, raw_lines(gold))
    done = False
    while not done:
        with _uncollected():
            batch: list[tuple[int, dict[str, Any]]] = []
            for number, raw, row in lines:
                saw_gold(raw)
                if row["doc_id"] in seen_gold:
                    faults.append(Fault(gold, number, "doc_id", f"{row['doc_id']} is given twice"))
                    continue
                seen_gold.add(row["doc_id"])
                batch.append((number, row))
                if len(batch) == size:
                    break
            done = len(batch) < size
            ids = {row["doc_id"] for _, row in batch}
            fetch(ids)
            found = {i: waiting.pop(i) for i in ids if i in waiting}
        if batch:
            yield Batch(gold, predicted, batch, found, ontology, unknown, frozenset(keys))
    fetch({""})  # what is left of the predictions
    for doc_id, (number, _) in waiting.items():
        faults.append(Fault(predicted, number, "doc_id", f"unknown document {doc_id!r}; {nearest(doc_id, seen_gold)}"))
    if faults:
        raise FormatError(faults)
