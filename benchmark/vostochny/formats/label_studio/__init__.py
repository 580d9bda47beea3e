"""Read and write documents as Label Studio tasks: one task per article, the whole ontology in one annotation.

- A span is a region of one of the ``<Labels>`` controls ``zone``, ``entity``, ``event`` and ``quote`` (labels Content
  and Cue). Region ids are the ids of the items; a quote has the id of its first Content.
- An attribute is a per-region result with the id of its region.
- A reference is a relation: from an event to its fillers (the labels are roles); from a quote's first Content to its
  ``cue``, ``source`` and ``addressee``, and to its ``parent`` (the first Content of the quote around it); from each
  Content to the part that ``continues`` it.
- What no zone region covers is the zone ``body``.

Offsets are code points. The words of a region in an export are never trusted, because an edit in the browser garbles
white space.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from vostochny.formats.label_studio.regions import (
    ATTRIBUTES,
    CONTENT,
    CUE,
    Entry,
    Task,
    canonicalize,
    dumps,
    to_region_id,
    trim_span,
)
from vostochny.formats.label_studio.results import TaskReader
from vostochny.model import DEFAULT_ZONE, Document, Quote, Reference, Span
from vostochny.ontology import Ontology

__all__ = ["canonicalize", "dumps", "read", "write"]


def read(
    task: Mapping[str, Any],
    ontology: Ontology,
    name: str = "label studio",
    annotator: str | int | None = None,
    option: str = "",
) -> Document:
    """Return the document of one exported task, its items in text order, whatever the order of ``result``.

    What cannot be read is a problem. Whether the document follows the ontology (for example, whether an event type has
    this role) is checked by the validator, not here.

    Args:
        task: The task, as exported.
        ontology: The ontology whose labels are known.
        name: The file, for problems.
        annotator: The email or user id that chooses among several annotations; None if there is only one.
        option: The option that says what offsets count, which a problem names where the words of a region are not at
            its offsets; "" does not compare them, as the validator does (rule SP2).

    Raises:
        InputError: With every problem.
    """
    return TaskReader(task, ontology, name, option).read(annotator)


def write(document: Document) -> Task:
    """Return a document as a task, in canonical form. Zones are written without the white space at their ends.

    Raises ValueError for what regions cannot express: an id or an argument that appears twice, a quote without content,
    a reference to no item.
    """
    return _TaskWriter(document).build_task()


class _TaskWriter:
    """Builds the task of one document."""

    def __init__(self, document: Document):
        self.document = document
        self.result: list[Entry] = []
        self.relations: dict[tuple[str, str], list[str]] = defaultdict(list)  # (from, to) → labels
        self.spans: dict[str, Span] = {}  # by the id of a region
        self.region_of: dict[str, str] = {}  # id of an item → the id of its (first) region
        self.entity_at: dict[Span, str] = {}
        self.cue_at: dict[Span, str] = {}
        self.quote_ids = {q.id for q in document.quotes}

    def make_error(self, message: str) -> ValueError:
        return ValueError(f"{self.document.doc_id}: {message}")

    def register_ids(self) -> None:
        """Check that every item has an id of its own, and remember where each item is."""
        d = self.document
        for quote in d.quotes:
            if not quote.content:
                raise self.make_error(f"the quote {quote.id!r} has no content to mark")
        spans = [(e.id, e.span) for e in d.entities] + [(v.id, v.trigger) for v in d.events]
        spans += [(q.id, q.content[0]) for q in d.quotes]
        # Ids that the page can show are given first, because they stay as they are.
        for id_, span in sorted(spans, key=lambda item: item[0] != to_region_id(item[0])):
            if id_ in self.region_of:
                raise self.make_error(f"the id {id_!r} appears twice; every region needs its own id")
            self.region_of[id_] = self.make_id(to_region_id(id_), span)
        for entity in d.entities:
            self.entity_at.setdefault(entity.span, self.region_of[entity.id])

    def add_region(self, id_: str, layer: str, label: str, span: Span, item: Any = None) -> None:
        """Add a region, with the attributes that ``item`` has."""
        place = {"start": span.start, "end": span.end}
        self.result.append({"id": id_, "from_name": layer, "type": "labels", "value": {**place, "labels": [label]}})
        for name, control in ATTRIBUTES.items():
            value = getattr(item, control.name) if item is not None and control.layer == layer else None
            if value is not None and value is not False:
                values = [name if value is True else value]  # a flag is a choice with the control's own name
                kind = control.kind
                content = {**place, "text" if kind == "textarea" else kind: values}
                self.result.append({"id": id_, "from_name": name, "type": kind, "value": content})

    def make_id(self, id_: str, span: Span) -> str:
        """Return ``id_`` if no region has it, else ``id_`` with underscores added."""
        while id_ in self.spans:
            id_ += "_"
        self.spans[id_] = span
        return id_

    def find_target(self, owner: str, what: str, reference: Reference) -> str:
        """Return the id of the region that a reference means: by its id, else the entity on exactly its span."""
        id_ = self.entity_at.get(reference.span) if reference.id is None else self.region_of.get(reference.id)
        if id_ is None or self.spans.get(id_) != reference.span:
            words = reference.span.of(self.document.text)
            raise self.make_error(f"{what} of {owner!r} points at {words!r}, where no such item is annotated")
        return id_

    def add_quote(self, quote: Quote) -> None:
        """Add the regions of a quote, one per part and one for the cue, and its relations.

        Quotes with one cue share its region.
        """
        first = last = self.region_of[quote.id]
        self.add_region(first, "quote", CONTENT, quote.content[0], quote)
        for n, span in enumerate(quote.content[1:], 2):
            part = self.make_id(f"{first}_{n}", span)
            self.add_region(part, "quote", CONTENT, span)
            self.relations[last, part].append("continues")
            last = part
        if quote.cue is not None:
            if quote.cue not in self.cue_at:
                self.cue_at[quote.cue] = self.make_id(f"{first}_cue", quote.cue)
                self.add_region(self.cue_at[quote.cue], "quote", CUE, quote.cue)
            self.relations[first, self.cue_at[quote.cue]].append("cue")
        for what, reference in (("source", quote.source), ("addressee", quote.addressee)):
            if reference is not None:
                self.relations[first, self.find_target(quote.id, what, reference)].append(what)
        if quote.parent is not None:
            if quote.parent not in self.quote_ids:
                raise self.make_error(
                    f"the parent of {quote.id!r} is {quote.parent!r}, which is not a quote of the document"
                )
            self.relations[first, self.region_of[quote.parent]].append("parent")

    def build_task(self) -> Task:
        """Return the task."""
        d = self.document
        self.register_ids()
        zones = [(z.name, span) for z in d.zones if z.name != DEFAULT_ZONE for span in trim_span(z.span, d.text)]
        for n, (name, span) in enumerate(zones, 1):
            self.add_region(self.make_id(f"z{n}", span), "zone", name, span)
        for entity in d.entities:
            self.add_region(self.region_of[entity.id], "entity", entity.type, entity.span, entity)
        for event in d.events:
            region = self.region_of[event.id]
            self.add_region(region, "event", event.type, event.trigger, event)
            for a in event.arguments:
                roles = self.relations[region, self.find_target(event.id, a.role, a.filler)]
                if a.role in roles:
                    raise self.make_error(f"{event.id!r} has the same filler twice as {a.role}")
                roles.append(a.role)
        for quote in d.quotes:
            self.add_quote(quote)
        for (source, target), names in self.relations.items():
            self.result.append({"type": "relation", "from_id": source, "to_id": target, "labels": names})
        return canonicalize({"data": {"doc_id": d.doc_id, "text": d.text}, "annotations": [{"result": self.result}]})
