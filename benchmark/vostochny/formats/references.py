"""Prepare documents for writing: every item gets an id, and every reference leads to an item.

What has to be left out for that is counted in ``lost``, by what it is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from vostochny.model import Argument, Document, Event, Quote, Reference, Span

LOST_PARENT = "parents that are not a quote of the document"


def drop_unplaced(document: Document, lost: Counter[str]) -> Document:
    """Return the document without words that were not found in the text, and with an id for every item."""

    def is_placed(span: Span | None) -> bool:
        return span is not None and span.start < span.end

    lost["words that are not in the article"] += len(document.placement.unplaced)
    # References use the ids of entities and events, which are unique; a new id must not be one of them.
    used = {e.id for e in document.entities if e.id} | {v.id for v in document.events if v.id}

    latest: dict[str, str] = {}  # id → the last one that was made of it, from which the next one is made

    def new_id(id_: str) -> str:
        new = latest.get(id_, id_)
        while new in used:
            new += "_"
        used.add(new)
        latest[id_] = new
        return new

    def placed_only(reference: Reference | None) -> Reference | None:
        return reference if reference is not None and is_placed(reference.span) else None

    entities = [replace(e, id=e.id or new_id(f"e{n}")) for n, e in enumerate(document.entities, 1) if is_placed(e.span)]
    events: list[Event] = []
    for n, v in enumerate(document.events, 1):
        if is_placed(v.trigger):
            arguments = tuple(a for a in v.arguments if is_placed(a.filler.span))
            events.append(replace(v, id=v.id or new_id(f"v{n}"), arguments=arguments))
    quotes: list[Quote] = []
    new_ids: dict[str | None, str] = {}  # a quote's id → its new one: it may have had an entity's id
    for n, q in enumerate(document.quotes, 1):
        if all(map(is_placed, q.content)):
            id_ = new_id(q.id or f"q{n}")
            if q.id:
                new_ids.setdefault(q.id, id_)
            cue = q.cue if is_placed(q.cue) else None
            source, addressee = placed_only(q.source), placed_only(q.addressee)
            quotes.append(replace(q, id=id_, cue=cue, source=source, addressee=addressee))
    lost[LOST_PARENT] += sum(q.parent is not None and q.parent not in new_ids for q in quotes)
    quotes = [replace(q, parent=new_ids.get(q.parent)) for q in quotes]
    return replace(document, entities=tuple(entities), events=tuple(events), quotes=tuple(quotes))


def resolve_references(document: Document, lost: Counter[str]) -> Document:
    """Return the document with every reference at an item; a reference to no item is left out and counted.

    So is what a relation between two items cannot express: the second of two equal arguments, an event's argument that
    is the event itself, a parent that is not a quote. For formats in which references are relations (Label Studio).
    """
    at = {e.span: e.id for e in reversed(document.entities)}
    items = {e.id: e.span for e in document.entities} | {v.id: v.trigger for v in document.events}
    mentions = {e.id for e in document.entities}

    def target(reference: Reference | None, mention: bool = False) -> Reference | None:
        if reference is None:
            return None
        id_ = reference.id if items.get(reference.id or "") == reference.span else at.get(reference.span)
        if id_ is None or (mention and id_ not in mentions):
            lost["references to no item of the document"] += 1
            return None
        return Reference(reference.span, id_)

    events = []
    for v in document.events:
        fillers: dict[tuple[str, str | None], Reference] = {}  # (role, id of the filler) → filler
        for a in v.arguments:
            filler = target(a.filler)
            if filler and filler.id == v.id:
                lost["arguments that are the event itself"] += 1
            elif filler:
                lost["arguments given twice"] += (a.role, filler.id) in fillers
                fillers[a.role, filler.id] = filler
        arguments = tuple(Argument(role, filler) for (role, _), filler in fillers.items())
        events.append(replace(v, arguments=arguments))
    ids = {q.id for q in document.quotes}
    lost[LOST_PARENT] += sum(q.parent is not None and q.parent not in ids for q in document.quotes)
    quotes = tuple(
        replace(
            q, source=target(q.source, True), addressee=target(q.addressee, True),
            parent=q.parent if q.parent in ids else None,
        )
        for q in document.quotes
    )  # fmt: skip
    return replace(document, events=tuple(events), quotes=quotes)
