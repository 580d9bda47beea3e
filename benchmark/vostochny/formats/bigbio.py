"""BigBio's knowledge bases (schema ``bigbio_kb``): passages, entities and events with lists of words and offsets.

The rows are those of a Dataset of ``datasets``, or JSON. The text is made of the passages at their offsets; what is
between them is white space. An entity with several offsets is discontinuous and becomes an entity per part, as in
brat; arguments refer to the first. Coreferences are clusters; relations and normalisations are counted as left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vostochny.formats.containers import read_outputs
from vostochny.formats.keys import unfold
from vostochny.formats.limits import Budget
from vostochny.formats.prediction import MAX_SHOWN_WORDS
from vostochny.formats.reader import SPLIT_ENTITIES, STRETCHED, Reading, Record
from vostochny.formats.word_spans import are_same_words, join_parts
from vostochny.model import Span
from vostochny.schema.records import MAX_OFFSET

KEYS = frozenset(("id", "document_id", "passages", "entities", "events", "coreferences", "relations"))


def is_output(value: Any) -> bool:
    """Return whether a value is one document."""
    if not isinstance(value, dict) or "entities" not in value:
        return False
    passages = unfold(value.get("passages"))
    return bool(isinstance(passages, list) and passages and isinstance(passages[0], dict) and "offsets" in passages[0])


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield one record per document."""
    for number, output in enumerate(read_outputs(path, reading, is_output)):
        if is_output(output.value):
            yield make_record(path, output.line, output.value, reading)
        else:
            message = "is not a document of BigBio; expected an object with passages and entities"
            reading.add_problem(path, output.line, f"[{number}]", message)


def make_record(path: str, line: int | None, value: dict[str, Any], reading: Reading) -> Record:
    """Return the record of a document. Its id is ``document_id``, unless a gold document has its text."""
    document = _Document(path, line, value, reading)
    for what in ("relations", "normalized"):
        holders = [value] if what == "relations" else document.list_objects("entities")
        count = sum(len(items) for x in holders if isinstance(items := unfold(x.get(what)), list))
        if count:
            reading.left_out[f"{what.replace('normalized', 'normalisations')} of BigBio"] += count
    row: dict[str, Any] = {"text": document.text, "entities": document.read_entities()}
    events = document.read_events()
    if events:
        row["events"] = events
    reading.note_unused(value, KEYS)
    doc_id = value.get("document_id") or value.get("id")
    if not value.get("document_id"):
        reading.counted["{} documents have no document_id: they are called by their id"] += 1
    if doc_id is not None and not reading.has_text(document.text):
        row["doc_id"] = str(doc_id)
        known = reading.find_text(row["doc_id"])
        if known is not None and _blank(known) == _blank(document.text):
            row["text"] = known
    return Record(path, line, row, ordered=True)


def _blank(text: str) -> str:
    return "".join(" " if c.isspace() else c for c in text)


class _Document:
    """Reads one document."""

    def __init__(self, path: str, line: int | None, value: dict[str, Any], reading: Reading):
        self.path, self.line, self.value, self.reading = path, line, value, reading
        self.text = self.join_passages()

    def add_problem(self, where: str, message: str) -> None:
        self.reading.add_problem(self.path, self.line, where, message)

    def list_objects(self, key: str) -> list[dict[str, Any]]:
        """Return the objects of a list; anything else in it is a problem."""
        items = unfold(self.value.get(key)) or []
        if not isinstance(items, list) or not all(isinstance(x, dict) for x in items):
            self.add_problem(key, "expected a list of objects")
            return []
        return items

    def join_passages(self) -> str:
        """Return the text: each passage at its offsets, with blanks between them."""
        pieces: dict[int, str] = {}
        for i, passage in enumerate(self.list_objects("passages")):
            spans, words = self.read_place(f"passages[{i}]", passage)
            for span, piece in zip(spans, words, strict=False):
                if span.end - span.start != len(piece):
                    message = f"{span.start}–{span.end} are not the {len(piece)} characters of its text"
                    self.add_problem(f"passages[{i}].offsets", message)
                else:
                    pieces[span.start] = piece
        text, budget = "", Budget(self.path)
        for start, piece in sorted(pieces.items()):
            budget.take(max(0, start - len(text)) + len(piece))
            if start < len(text):
                self.add_problem("passages", f"overlap at character {start}")
            text = text.ljust(start) + piece
        return text

    def read_place(self, where: str, item: dict[str, Any]) -> tuple[list[Span], list[str]]:
        """Return the parts of an item, and their words: as many, or one for all; a problem where it has no place."""
        offsets, words = item.get("offsets"), item.get("text")
        words = [words] if isinstance(words, str) else words
        if not isinstance(offsets, list) or not offsets or not all(map(_is_pair, offsets)):
            self.add_problem(f"{where}.offsets", "expected a list of [start, end]")
        elif not isinstance(words, list) or not all(isinstance(x, str) for x in words):
            self.add_problem(f"{where}.text", "expected a list of words")
        elif len(words) not in (1, len(offsets)):
            self.add_problem(f"{where}.text", f"has {len(words)} for {len(offsets)} offsets")
        else:
            return [Span(start, end) for start, end in offsets], words
        return [], []

    def make_parts(self, where: str, item: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the parts of an item as spans of a row; those that only white space separates are one.

        Words that the text does not have there stay beside their offsets, for the RowReader to report.
        """
        spans, words = self.read_place(where, item)
        found = [span.of(self.text) for span in spans]
        if len(words) < len(spans):
            found = [" ".join(found)]
        if self.reading.offsets in (None, "characters") and all(map(are_same_words, found, words)):
            return [{"start": s.start, "end": s.end} for s in join_parts(spans, self.text)]
        if len(words) < len(spans):
            stated, here = (x[0][:MAX_SHOWN_WORDS] for x in (words, found))
            self.add_problem(f"{where}.text", f"{stated!r} is not at these offsets; the text has {here!r} there")
            return []
        return [{"start": s.start, "end": s.end, "text": word} for s, word in zip(spans, words, strict=True)]

    def read_entities(self) -> list[dict[str, Any]]:
        """Return the entities, those in several parts as one each."""
        clusters: dict[Any, str] = {}
        for i, cluster in enumerate(self.list_objects("coreferences")):
            ids = cluster.get("entity_ids") or []
            if not isinstance(ids, list) or not all(isinstance(id_, str | int) for id_ in ids):
                self.add_problem(f"coreferences[{i}].entity_ids", "expected a list of ids")
                continue
            for id_ in ids:
                clusters.setdefault(id_, str(cluster.get("id") or i))
        out = []
        for i, item in enumerate(self.list_objects("entities")):
            id_ = item.get("id")
            common = {"type": item.get("type"), "cluster": clusters.get(id_) if isinstance(id_, str | int) else None}
            parts = self.make_parts(f"entities[{i}]", item)
            if len(parts) > 1:
                self.reading.counted[SPLIT_ENTITIES] += 1
            out += [{**part, **common, "id": None if n else item.get("id")} for n, part in enumerate(parts)]
        return out

    def read_events(self) -> list[dict[str, Any]]:
        """Return the events; a trigger in several parts is the span around them."""
        out = []
        for i, item in enumerate(self.list_objects("events")):
            trigger = item.get("trigger")
            parts = self.make_parts(f"events[{i}].trigger", trigger) if isinstance(trigger, dict) else [{}]
            if len(parts) > 1:
                self.reading.counted[STRETCHED] += 1
                parts = [{"start": parts[0]["start"], "end": parts[-1]["end"]}]
            arguments = unfold(item.get("arguments")) or []
            out += [
                {
                    "id": item.get("id"),
                    "type": item.get("type"),
                    "trigger": part or None,
                    "arguments": [
                        {"role": a.get("role"), "filler": a.get("ref_id")} if isinstance(a, dict) else a
                        for a in arguments
                    ],
                }
                for part in parts
            ]
        return out


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(x) is int and 0 <= x <= MAX_OFFSET for x in value)
