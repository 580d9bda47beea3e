"""Annotations as the rules look at them: a Label Studio task as stored, and an article as read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from vostochny.formats.label_studio.regions import choose_annotation, read_relation
from vostochny.model import Document, Entity, Event, Quote, Span
from vostochny.ontology import Ontology
from vostochny.text.alignment import covering_tokens

_REGION_KEYS = ("id", "from_id", "to_id")  # of a result: the regions that it belongs to


class Task:
    """A Label Studio task as stored, before it is read as a document.

    Attributes:
        result: the stored results
        entries: (index in ``result``, result) of those that have an id, a control and offsets
        regions: the labelled spans by id
        relations: (index in ``result``, from, to, labels), so turned that all point from the first id to the second
    """

    def __init__(self, task: Mapping[str, Any], ontology: Ontology, file: str):
        self.source, self.ontology, self.file = task, ontology, file
        self.doc_id, self.text = task["data"]["doc_id"], task["data"]["text"]
        result = choose_annotation(task, None, file).get("result")
        self.result: list[Any] = result if isinstance(result, list) else []
        well_formed = [(i, e) for i, e in enumerate(self.result) if isinstance(e, dict)]
        self.entries = [
            (i, e) for i, e in well_formed if _has_strings(e, "id", "from_name", "type") and _has_offsets(e)
        ]
        self.regions = {e["id"]: e for _, e in self.entries if e["type"] == "labels"}
        self.relations: list[tuple[int, str, str, list[str]]] = []
        for i, e in well_formed:
            if _is_relation(e) and {e["from_id"], e["to_id"]} <= self.regions.keys():
                a, b, labels = read_relation(e)
                self.relations.append((i, a, b, labels))

    @staticmethod
    def span(entry: Mapping[str, Any]) -> Span:
        """Return the offsets stored with a region or an attribute; they may lie outside the text."""
        return Span(entry["value"]["start"], entry["value"]["end"])

    def label(self, id_: str) -> str | None:
        """Return the label of a region, None unless it has exactly one."""
        labels = self.regions[id_]["value"].get("labels")
        return labels[0] if isinstance(labels, list) and len(labels) == 1 and isinstance(labels[0], str) else None

    def in_range(self, span: Span) -> bool:
        """Return True where a span is not empty and lies in the text."""
        return 0 <= span.start < span.end <= len(self.text)

    def without(self, drop: set[str | int]) -> dict[str, Any]:
        """Return the task without the regions (ids) and results (indices) in ``drop``.

        What belongs to a dropped region goes with it, and several relations from one region to another become one
        with all their labels, as the reader wants it.
        """
        regions = [x for x in drop if isinstance(x, str)]
        remaining: list[Any] = []
        pairs: dict[tuple[str, str], dict[str, Any]] = {}
        for i, e in enumerate(self.result):
            if i in drop or (regions and isinstance(e, dict) and any(e.get(k) in regions for k in _REGION_KEYS)):
                continue
            if isinstance(e, dict) and _is_relation(e):
                pair = read_relation(e)[:2]
                if pair in pairs:
                    labels = pairs[pair]["labels"]
                    labels += [x for x in e["labels"] if x not in labels]
                    continue
                e = pairs[pair] = {**e, "labels": list(e["labels"])}
            remaining.append(e)
        annotation = choose_annotation(self.source, None, self.file)
        return {**self.source, "annotations": [{**annotation, "result": remaining}]}


def _has_strings(entry: Mapping[str, Any], *keys: str) -> bool:
    return all(isinstance(entry.get(key), str) for key in keys)


def _has_offsets(entry: Mapping[str, Any]) -> bool:
    value = entry.get("value")
    ends = [value.get("start"), value.get("end")] if isinstance(value, dict) else [None]
    return all(isinstance(x, int) and not isinstance(x, bool) for x in ends)


def _is_relation(entry: Mapping[str, Any]) -> bool:
    labels = entry.get("labels")
    strings = isinstance(labels, list) and all(isinstance(x, str) for x in labels)
    return entry.get("type") == "relation" and _has_strings(entry, "from_id", "to_id") and strings


@dataclass(frozen=True)
class Article:
    """An article, read and segmented, with the look-ups that rules need; ``file`` is how messages name it."""

    file: str
    document: Document
    ontology: Ontology

    @property
    def text(self) -> str:
        return self.document.text

    @cached_property
    def lower_text(self) -> str:
        """The text in lower case, with the same offsets."""
        # A few characters, such as İ, have a lower case of two characters; they stay as they are.
        return "".join(low if len(low := c.lower()) == 1 else c for c in self.text)

    @cached_property
    def names(self) -> list[Entity]:
        """The mentions that are names."""
        return [e for e in self.document.entities if e.level == "NAM"]

    @cached_property
    def items(self) -> dict[str, Entity | Event]:
        """What can fill a role, that is entities and events, by id."""
        items: list[Entity | Event] = [*self.document.entities, *self.document.events]
        return {item.id: item for item in items}

    @cached_property
    def spans(self) -> list[tuple[str, str, Span]]:
        """Every annotated span as (kind, id of its item, span); the kind is mention, trigger, content or cue."""
        d = self.document
        out = [("mention", e.id, e.span) for e in d.entities] + [("trigger", v.id, v.trigger) for v in d.events]
        out += [("content", q.id, s) for q in d.quotes for s in q.content]
        return out + [("cue", q.id, q.cue) for q in d.quotes if q.cue]

    @cached_property
    def token_edges(self) -> tuple[frozenset[int], frozenset[int]]:
        """The offsets at which tokens begin, and those at which they end."""
        tokens = self.document.tokens
        return frozenset(t.start for t in tokens), frozenset(t.end for t in tokens)

    @cached_property
    def unscored(self) -> list[Span]:
        """The spans of the zones outside scoring, which have no annotation."""
        return [z.span for z in self.document.zones if z.name in self.ontology.unscored_zones]

    def tokens(self, span: Span) -> list[str]:
        """Return the words of the tokens that a span covers or cuts."""
        reach = covering_tokens(span, self.document.tokens)
        return [t.of(self.text) for t in self.document.tokens[slice(*reach)]] if reach else []

    def sentence(self, offset: int) -> Span | None:
        """Return the sentence at an offset, None outside all."""
        return next((s for s in self.document.sentences if s.start <= offset < s.end), None)

    def paragraph(self, offset: int) -> Span | None:
        """Return the paragraph at an offset, None outside all."""
        return next((p for p in self.document.paragraphs if p.start <= offset < p.end), None)

    @cached_property
    def marks(self) -> list[Span]:
        """The passages in quotation marks, each from its opening to its closing mark, within a paragraph."""
        return [pair for p in self.document.paragraphs for pair in find_mark_pairs(self.text, p)]


def inside(inner: Span, outer: Span) -> bool:
    """Return True where one span lies within another or equals it."""
    return outer.start <= inner.start and inner.end <= outer.end


def is_nested(inner: Quote, outer: Quote) -> bool:
    """Return True where all content of one quote lies within the content of another, which has more."""
    if inner.id == outer.id or inner.content == outer.content:
        return False
    return all(any(inside(part, whole) for whole in outer.content) for part in inner.content)


def find_mark_pairs(text: str, paragraph: Span) -> list[Span]:
    """Return the passages of a paragraph in double or single curly marks, marks included, in text order."""
    pairs = []
    # ’ is an apostrophe too: it closes only where no letter follows and a ‘ is open.
    for opening, closing in (("“", "”"), ("‘", r"’(?!\w)")):
        at = paragraph.start
        while (start := text.find(opening, at, paragraph.end)) >= 0:
            end = re.compile(closing).search(text, start + 1, paragraph.end)
            if not end:
                break
            pairs.append(Span(start, end.end()))
            at = end.end()
    return sorted(pairs)
