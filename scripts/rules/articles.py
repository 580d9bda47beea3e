"""Everything that people annotate, read for judging: tasks as stored, articles, registries and records."""

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

REGISTRIES = {"entity": "entities.yaml", "event": "events.yaml", "utterance": "utterances.yaml"}


class Task:
    """A task as stored: its well-formed results, regions by id and relations with their arrow to the right."""

    def __init__(self, task: Mapping[str, Any], ontology: Ontology, file: str):
        self.source, self.ontology, self.file = task, ontology, file
        self.doc_id, self.text = task["data"]["doc_id"], task["data"]["text"]
        result = choose_annotation(task, None, file).get("result")
        self.result: list[Any] = result if isinstance(result, list) else []
        well_formed = [(i, e) for i, e in enumerate(self.result) if isinstance(e, dict)]
        self.entries = [(i, e) for i, e in well_formed if _has(e, "id", "from_name", "type") and _placed(e)]
        self.regions = {e["id"]: e for _, e in self.entries if e["type"] == "labels"}
        self.relations: list[tuple[int, str, str, list[str]]] = []
        for i, e in well_formed:
            if _relates(e) and {e["from_id"], e["to_id"]} <= self.regions.keys():
                a, b, labels = read_relation(e)
                self.relations.append((i, a, b, labels))

    @staticmethod
    def span(entry: Mapping[str, Any]) -> Span:
        """Where a region or attribute says that it stands."""
        return Span(entry["value"]["start"], entry["value"]["end"])

    def label(self, id_: str) -> str | None:
        """The label of a region, if it has exactly one."""
        labels = self.regions[id_]["value"].get("labels")
        return labels[0] if isinstance(labels, list) and len(labels) == 1 and isinstance(labels[0], str) else None

    def in_range(self, span: Span) -> bool:
        """True where the span could stand in the text."""
        return 0 <= span.start < span.end <= len(self.text)

    def without(self, drop: set[str | int]) -> dict[str, Any]:
        """The task without some regions (with all that hangs on them) and results, one relation an ordered pair."""
        gone = [x for x in drop if isinstance(x, str)]
        kept: list[Any] = []
        pairs: dict[tuple[str, str], dict[str, Any]] = {}
        for i, e in enumerate(self.result):
            if i in drop or (isinstance(e, dict) and any(e.get(k) in gone for k in ("id", "from_id", "to_id"))):
                continue
            if isinstance(e, dict) and _relates(e):
                pair = read_relation(e)[:2]
                if pair in pairs:
                    labels = pairs[pair]["labels"]
                    labels += [x for x in e["labels"] if x not in labels]
                    continue
                e = pairs[pair] = {**e, "labels": list(e["labels"])}
            kept.append(e)
        annotation = choose_annotation(self.source, None, self.file)
        return {**self.source, "annotations": [{**annotation, "result": kept}]}


def _has(entry: Mapping[str, Any], *keys: str) -> bool:
    return all(isinstance(entry.get(key), str) for key in keys)


def _placed(entry: Mapping[str, Any]) -> bool:
    value = entry.get("value")
    ends = [value.get("start"), value.get("end")] if isinstance(value, dict) else [None]
    return all(isinstance(x, int) and not isinstance(x, bool) for x in ends)


def _relates(entry: Mapping[str, Any]) -> bool:
    labels = entry.get("labels")
    strings = isinstance(labels, list) and all(isinstance(x, str) for x in labels)
    return entry.get("type") == "relation" and _has(entry, "from_id", "to_id") and strings


@dataclass(frozen=True)
class Article:
    """A read and segmented article, with the look-ups that rules need."""

    file: str
    document: Document
    ontology: Ontology

    @property
    def text(self) -> str:
        return self.document.text

    @property
    def short(self) -> str:
        """How a person names the article: 003."""
        return self.document.doc_id.partition("_")[0]

    @cached_property
    def names(self) -> list[Entity]:
        """Mentions that are names."""
        return [e for e in self.document.entities if e.level == "NAM"]

    @cached_property
    def items(self) -> dict[str, Entity | Event]:
        """Whatever can fill a role, by id."""
        return {i.id: i for i in (*self.document.entities, *self.document.events)}

    @cached_property
    def spans(self) -> list[tuple[str, str, Span]]:
        """Every annotated span: its kind, the id of its item and its place."""
        d = self.document
        out = [("mention", e.id, e.span) for e in d.entities] + [("trigger", v.id, v.trigger) for v in d.events]
        out += [("content", q.id, s) for q in d.quotes for s in q.content]
        return out + [("cue", q.id, q.cue) for q in d.quotes if q.cue]

    @cached_property
    def edges(self) -> tuple[frozenset[int], frozenset[int]]:
        """Where tokens begin, and where they end."""
        tokens = self.document.tokens
        return frozenset(t.start for t in tokens), frozenset(t.end for t in tokens)

    @cached_property
    def unscored(self) -> list[Span]:
        """The zones that carry no annotation."""
        return [z.span for z in self.document.zones if z.name in self.ontology.unscored]

    def tokens(self, span: Span) -> list[str]:
        """The words of a span, token by token."""
        reach = covering_tokens(span, self.document.tokens)
        return [t.of(self.text) for t in self.document.tokens[slice(*reach)]] if reach else []

    def sentence(self, offset: int) -> Span | None:
        """The sentence around an offset."""
        return next((s for s in self.document.sentences if s.start <= offset < s.end), None)

    def paragraph(self, offset: int) -> Span | None:
        """The paragraph around an offset."""
        return next((p for p in self.document.paragraphs if p.start <= offset < p.end), None)

    @cached_property
    def marks(self) -> list[Span]:
        """Pairs of quotation marks with what stands between them, within a paragraph."""
        return [pair for p in self.document.paragraphs for pair in pairs_of_marks(self.text, p)]


def inside(inner: Span, outer: Span) -> bool:
    """True where one span lies within another."""
    return outer.start <= inner.start and inner.end <= outer.end


def held_by(inner: Quote, outer: Quote) -> bool:
    """True where all content of one quote lies within the content of another, which has more."""
    if inner.id == outer.id or inner.content == outer.content:
        return False
    return all(any(inside(part, whole) for whole in outer.content) for part in inner.content)


def pairs_of_marks(text: str, paragraph: Span) -> list[Span]:
    """The pairs of quotation marks of a paragraph. A ’ closes only where no letter follows and a ‘ is open."""
    out = []
    for opening, closing in (("“", "”"), ("‘", r"’(?!\w)")):
        at = paragraph.start
        while (start := text.find(opening, at, paragraph.end)) >= 0:
            end = re.compile(closing).search(text, start + 1, paragraph.end)
            if not end:
                break
            out.append(Span(start, end.end()))
            at = end.end()
    return sorted(out)
