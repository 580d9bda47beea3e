"""Gold and predictions side by side, a batch at a time, so that memory does not grow with the number of documents.

Part of the room ``scoring``. Both files are read some lines at a time and joined by doc_id. Where they are in the same
order a batch is all that is held; what comes before its gold document waits. Entities go into columns without becoming
objects (:attr:`Batch.table`, parsed by Arrow); whatever is irregular there, and everything else, goes through the
checked reader (:attr:`Batch.pairs`), which knows what to say of a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from vostochny.formats import Fault, FormatError
from vostochny.formats.discovery import discovered
from vostochny.formats.jsonl import blocks, parse, raw_lines
from vostochny.formats.prediction import FARTHEST, LAYERS, Row, nearest
from vostochny.layout import paragraphs_of
from vostochny.metrics.columns import LEVELS, NAM, UNSAID, VALUE, Mentions, Table, settle_levels, table_of
from vostochny.metrics.counts import Ints
from vostochny.metrics.units import Pair, pair_up
from vostochny.model import Document, Placement
from vostochny.ontology import Ontology

BATCH = 1 << 22  # bytes read at once: a few hundred to a few thousand documents

_START = pa.field("start", pa.int64())
_ENTITY = pa.struct(
    [
        _START,
        pa.field("end", pa.int64()),
        pa.field("type", pa.string()),
        pa.field("level", pa.string()),
        pa.field("text", pa.string()),
        pa.field("paragraph", pa.int64()),
    ]
)
_ROW = pa.schema(
    [
        pa.field("doc_id", pa.string()),
        pa.field("text", pa.string()),
        pa.field("entities", pa.list_(_ENTITY)),
        pa.field("paragraphs", pa.list_(pa.struct([_START]))),
        pa.field("zones", pa.list_(pa.struct([_START, pa.field("zone", pa.string())]))),
    ]
)


class _Irregular(Exception):
    """The rows are not what the columns take for granted; the checked reader will say what is wrong, if anything."""


@dataclass(eq=False)
class _Chunk:
    """Some lines of one file, as read. ``ids`` has the doc_id of each line that is not blank, None for a faulty one."""

    path: str
    first: int  # number of its first line
    data: bytes
    ids: list[str | None] = field(default_factory=list)
    arrow: pa.Table | None = None

    def __post_init__(self) -> None:
        options = arrow_json.ParseOptions(explicit_schema=_ROW, unexpected_field_behavior="ignore")
        # Blocks are what threads share out, and no line may be longer than one.
        ends = self.data.count(b"\n")
        longest = len(self.data) if ends < 100 else 1 << 19
        for block in (longest + 1, len(self.data) + 1):
            try:
                reading = arrow_json.ReadOptions(block_size=block)
                table = arrow_json.read_json(pa.BufferReader(self.data), reading, options)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowCapacityError):
                continue
            ids = table["doc_id"].to_pylist()
            if all(ids) and len(ids) == ends + (not self.data.endswith(b"\n")):
                self.arrow, self.ids = table.combine_chunks(), ids
            return

    @cached_property
    def lines(self) -> list[tuple[int, bytes]]:
        """Line number and bytes of each line that is not blank."""
        split = enumerate(self.data.split(b"\n"), self.first)
        return [(number, raw) for number, raw in split if raw and not raw.isspace()]

    def number(self, at: int) -> int:
        """The line number of an entry of ``ids``."""
        return self.first + at if self.arrow is not None else self.lines[at][0]

    def check(self) -> list[Fault]:
        """Read the ids by the checked parser where Arrow would not; the faults of lines that have none."""
        faults: list[Fault] = []
        for number, raw in self.lines if self.arrow is None else ():
            row, found = parse(self.path, number, raw)
            doc_id = row.get("doc_id") if row else None
            if row is not None and not (isinstance(doc_id, str) and doc_id):
                found = [Fault(self.path, number, "doc_id", "is missing; expected the document's id")]
            faults += found
            self.ids.append(None if found else doc_id)
        return faults

    def row(self, at: int) -> tuple[int, dict[str, Any]]:
        """Line number and content of a line that is no faulty one."""
        number, raw = self.lines[at]
        row, _ = parse(self.path, number, raw)
        return number, row or {}


Place = tuple[_Chunk, int]


@dataclass(eq=False)
class Batch:
    """Some gold documents and the predictions for them. ``predicted`` says where each doc_id's line is.

    ``own_types`` gives the scheme with the types of the whole gold; it costs a pass over it, so it is asked for only
    where the scheme itself does not do. ``offsets`` says what the predictions' offsets count.
    """

    gold: list[Place]
    predicted: dict[str, Place]
    ontology: Ontology
    unknown: str
    own_types: Callable[[], Ontology]
    offsets: str | None = None

    @property
    def ids(self) -> list[str]:
        """The documents of the batch, in the order of the gold."""
        return [str(chunk.ids[at]) for chunk, at in self.gold]

    @cached_property
    def _rows(self) -> tuple[list[tuple[int, dict[str, Any]]], dict[str, tuple[int, dict[str, Any]]]]:
        gold = [chunk.row(at) for chunk, at in self.gold]
        return gold, {doc_id: chunk.row(at) for doc_id, (chunk, at) in self.predicted.items()}

    @property
    def layers(self) -> frozenset[str]:
        """The layers that any prediction of the batch carries."""
        return frozenset(x for _, row in self._rows[1].values() for x in LAYERS if row.get(x) is not None)

    @property
    def has_text(self) -> bool:
        """Whether any gold document has its text."""
        return any(row.get("text") for _, row in self._rows[0])

    @property
    def has_tokens(self) -> bool:
        """Whether any gold document has stored tokens."""
        return any(row.get("tokens") for _, row in self._rows[0])

    @cached_property
    def pairs(self) -> list[Pair]:
        """The batch as paired documents. Raises FormatError with every fault of its rows."""
        faults: list[Fault] = []
        gold: list[Document] = []
        predicted: dict[str, Document] = {}
        rows, others = self._rows

        def read(
            path: str, line: int, row: dict[str, Any], text: str | None, unknown: str, layout: Document | None = None
        ) -> Document:
            # What the scheme alone refuses, or would leave out, may still be a type of this gold.
            schemes = [lambda: self.ontology] if unknown != "ignore" else []
            for scheme in (*schemes, self.own_types):
                offsets = self.offsets if layout else None
                reader = Row(path, line, row, text, scheme(), unknown, layout=layout, offsets=offsets)
                document = reader.read(row["doc_id"], with_text=layout is None)
                if not reader.faults:
                    return document
            faults.extend(reader.faults)
            return document

        for (chunk, _), (line, row) in zip(self.gold, rows, strict=True):
            text = row.get("text")
            known = text if isinstance(text, str) and text else None
            document = read(chunk.path, line, row, known, "wrong")
            if known and not document.paragraphs:
                document = replace(document, paragraphs=tuple(paragraphs_of(known)))
            gold.append(document)
        for document in gold:
            if document.doc_id in others:
                line, row = others[document.doc_id]
                path = self.predicted[document.doc_id][0].path
                predicted[document.doc_id] = read(path, line, row, document.text or None, self.unknown, document)
        if faults:
            raise FormatError(faults)
        return pair_up(gold, predicted, frozenset(self.ontology.values), self.ontology.unscored)

    @property
    def placement(self) -> Placement:
        """What became of the words without offsets, if any row was read in full."""
        pairs = self.__dict__.get("pairs", ())
        return sum((pair.predicted.placement for pair in pairs), Placement())

    @cached_property
    def table(self) -> Table:
        """The entities of the batch as columns. Raises FormatError with every fault of its rows."""
        try:
            return self._columns()
        except _Irregular:
            return table_of(self.pairs)

    def _columns(self) -> Table:
        if self.offsets:
            raise _Irregular
        number = {doc_id: i for i, doc_id in enumerate(self.ids)}
        places = [(chunk, at, i) for i, (chunk, at) in enumerate(self.gold)]
        gold = _gather(places)
        predicted = _gather([(chunk, at, number[i]) for i, (chunk, at) in self.predicted.items()])
        layout = _Layout(self.gold, self.ontology)
        types: dict[str, int] = {}
        if self.unknown == "error":
            types = {name: i for i, name in enumerate(self.ontology.entity_types)}
        sides = []
        for side, is_gold in ((gold, True), (predicted, False)):
            limit = layout.lengths[side.document]
            over = side.end > np.where(limit > 0, limit, FARTHEST)
            if ((side.start < 0) | (side.end <= side.start) | over).any():
                raise _Irregular
            for name in side.types:
                if not name.isprintable() or not name:
                    raise _Irregular
                if name not in types:
                    if not is_gold and self.unknown != "wrong":
                        raise _Irregular  # an error to be told, or items to be left out
                    types[name] = len(types)
            if not is_gold and limit.any() and (side.has_words or self._repeats_text()):
                raise _Irregular  # words are compared with the text by the checked reader
            type_ = np.array([types[name] for name in side.types], dtype=np.int64)[side.type]
            values = np.array([name in self.ontology.values for name in side.types], dtype=bool)[side.type]
            silent = np.where(values, VALUE, NAM if is_gold else UNSAID)
            level = np.where(side.level == UNSAID, silent, side.level)
            unit, zone, scored = layout.of(side.document, side.start)
            mentions = Mentions(side.document, unit, side.start, side.end, type_, level, zone)
            sides.append(mentions if scored.all() else mentions.where(scored))
        return settle_levels(Table(sides[0], sides[1], layout.documents, tuple(types), layout.zones))

    def _repeats_text(self) -> bool:
        """Whether a prediction carries the article's text."""
        tables = (chunk.arrow for chunk, _ in {id(c): (c, at) for c, at in self.predicted.values()}.values())
        return any(t is not None and t["text"].null_count < len(t) for t in tables)


@dataclass(frozen=True)
class _Columns:
    """Entities of one side; ``type`` indexes ``types``, ``level`` the tuple LEVELS (or UNSAID)."""

    document: Ints
    start: Ints
    end: Ints
    type: Ints
    types: list[str]
    level: Ints
    has_words: bool


def _gather(places: list[tuple[_Chunk, int, int]]) -> _Columns:
    """The entities of lines (chunk, line in it, document of the batch), in the order of the documents."""
    by_chunk: dict[_Chunk, list[tuple[int, int]]] = {}
    for chunk, at, document in places:
        by_chunk.setdefault(chunk, []).append((at, document))
    parts = []
    for chunk, wanted in by_chunk.items():
        if chunk.arrow is None:
            raise _Irregular
        owner = np.full(len(chunk.ids), -1)
        owner[[at for at, _ in wanted]] = [d for _, d in wanted]
        parts.append(_entities(chunk.arrow, owner))
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


def _entities(table: pa.Table, document: Ints) -> _Columns:
    """The entities of those lines of a table whose entry in ``document`` is not negative."""
    lists = table["entities"].combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy().astype(np.int64)
    flat = lists.flatten()
    start, end, types = (flat.field(name) for name in ("start", "end", "type"))
    in_document = flat.field("paragraph").null_count == len(flat)
    if flat.null_count or start.null_count or end.null_count or types.null_count or not in_document:
        raise _Irregular
    encoded = types.dictionary_encode()
    level = np.full(len(flat), UNSAID)
    levels = flat.field("level")
    if levels.null_count < len(levels):
        said = levels.dictionary_encode()
        names = said.dictionary.to_pylist()
        if not set(names) <= set(LEVELS[1:]):
            raise _Irregular
        codes = np.array([*(LEVELS.index(n) for n in names), UNSAID], dtype=np.int64)
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

    def __init__(self, gold: list[Place], ontology: Ontology):
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
            raise _Irregular
        self._units = self.documents * self._width + np.array(starts, dtype=np.int64)
        zone_documents = np.repeat(np.arange(len(gold)), [len(x) for x in parts])
        self._zone_starts = zone_documents * self._width + np.array(zone_starts, dtype=np.int64)
        names = [str(p["zone"]) for x in parts for p in x]
        self.zones = tuple(dict.fromkeys(names))
        code = {name: i for i, name in enumerate(self.zones)}
        self._codes = np.array([code[name] for name in names], dtype=np.int64)
        self._scored = np.array([name not in ontology.unscored for name in self.zones], dtype=bool)

    def of(self, document: Ints, start: Ints) -> tuple[Ints, Ints, Any]:
        """Unit, zone and whether the zone is scored, for items at these starts."""
        if self.plain and self._scored.all() and len(self.zones) == 1:
            return document, np.zeros_like(document), self._scored
        at = document * self._width + start
        unit = np.maximum(np.searchsorted(self._units, at, "right") - 1, self._first[document])
        zone = self._codes[np.maximum(np.searchsorted(self._zone_starts, at, "right") - 1, 0)]
        return unit, zone, self._scored[zone]


def batches(
    gold: str,
    predicted: str,
    ontology: Ontology,
    unknown: str,
    saw_gold: Callable[[bytes], object] | None = None,
    offsets: str | None = None,
    size: int = BATCH,
) -> Iterator[Batch]:
    """Join two JSON Lines files by doc_id, batch by batch in the order of the gold.

    ``saw_gold`` is given all of the gold, to take its hash. Raises FormatError after the last batch with the
    faults that concern the files as a whole: lines that are no JSON objects, documents given twice, predictions for
    documents that the gold does not have.
    """
    faults: list[Fault] = []

    @cache
    def own_types() -> Ontology:
        # Standard input cannot be read a second time.
        rows = (parse(gold, number, raw)[0] for number, raw in raw_lines(gold)) if gold != "-" else ()
        return discovered(ontology, (row for row in rows if row))

    waiting: dict[str, Place] = {}
    seen_gold: set[str] = set()
    seen_predicted: dict[str, int] = {}
    predictions = _chunks(predicted, size, faults)

    def fetch(wanted: set[str]) -> None:
        """Read predictions until all that are wanted have been seen, or the file ends."""
        while not wanted <= waiting.keys():
            chunk = next(predictions, None)
            if chunk is None:
                return
            for at, doc_id in enumerate(chunk.ids):
                if doc_id is None:
                    continue
                if doc_id in seen_predicted:
                    message = f"{doc_id} stands on line {seen_predicted[doc_id]} already; give each document one line"
                    faults.append(Fault(predicted, chunk.number(at), "doc_id", message))
                else:
                    seen_predicted[doc_id] = chunk.number(at)
                    waiting[doc_id] = (chunk, at)

    for chunk in _chunks(gold, size, faults):
        batch: list[Place] = []
        ids = set()
        if saw_gold:
            saw_gold(chunk.data)
        for at, doc_id in enumerate(chunk.ids):
            if doc_id is None:
                continue
            if doc_id in seen_gold:
                message = f"{doc_id} is given twice; give each document one line"
                faults.append(Fault(gold, chunk.number(at), "doc_id", message))
            else:
                seen_gold.add(doc_id)
                ids.add(doc_id)
                batch.append((chunk, at))
        fetch(ids)
        found = {i: waiting.pop(i) for i in ids if i in waiting}
        if batch:
            yield Batch(batch, found, ontology, unknown, own_types, offsets)
    fetch({""})  # what is left of the predictions
    for doc_id, (chunk, at) in waiting.items():
        hint = nearest(doc_id, seen_gold)
        faults.append(Fault(predicted, chunk.number(at), "doc_id", f"unknown document {doc_id!r}; {hint}"))
    if faults:
        raise FormatError(faults)


def _chunks(path: str, size: int, faults: list[Fault]) -> Iterator[_Chunk]:
    line = 1
    for data in blocks(path, size):
        chunk = _Chunk(path, line, data)
        faults += chunk.check()
        line += len(chunk.ids) if chunk.arrow is not None else data.count(b"\n")
        yield chunk
