"""Documents whose references hold, for formats that write them: every item has an id, every reference an item.

What a format cannot say because of it is left out and counted by what it is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from vostochny.model import Argument, Document, Event, Quote, Reference, Span

LOST_PARENT = "parents that are no quote of the document"


def drop_unplaced(document: Document, lost: Counter[str]) -> Document:
    """The document without what stands nowhere in the text (words that were not found), every item with an id."""

    def real(span: Span | None) -> bool:
        return span is not None and span.start < span.end

    lost["words that are not in the article"] += len(document.placement.unplaced)
    # References mean the ids of entities and events, which are unique; none is given a second time.
    used = {e.id for e in document.entities if e.id} | {v.id for v in document.events if v.id}

    def fresh(id_: str) -> str:
        while id_ in used:
            id_ += "_"
        used.add(id_)
        return id_

    def kept(reference: Reference | None) -> Reference | None:
        return reference if reference is not None and real(reference.span) else None

    entities = [replace(e, id=e.id or fresh(f"e{n}")) for n, e in enumerate(document.entities, 1) if real(e.span)]
    events: list[Event] = []
    for n, v in enumerate(document.events, 1):
        if real(v.trigger):
            arguments = tuple(a for a in v.arguments if real(a.filler.span))
            events.append(replace(v, id=v.id or fresh(f"v{n}"), arguments=arguments))
    quotes: list[Quote] = []
    names: dict[str | None, str] = {}  # a quote may have an entity's id, and gets another
    for n, q in enumerate(document.quotes, 1):
        if all(map(real, q.content)):
            id_ = fresh(q.id or f"q{n}")
            if q.id:
                names.setdefault(q.id, id_)
            cue = q.cue if real(q.cue) else None
            quotes.append(replace(q, id=id_, cue=cue, source=kept(q.source), addressee=kept(q.addressee)))
    lost[LOST_PARENT] += sum(q.parent is not None and q.parent not in names for q in quotes)
    quotes = [replace(q, parent=names.get(q.parent)) for q in quotes]
    return replace(document, entities=tuple(entities), events=tuple(events), quotes=tuple(quotes))


def resolve_references(document: Document, lost: Counter[str]) -> Document:
    """The document with every reference at an item of its own; one that finds none is left out and counted.

    So is what no relation between two items can say: the second of two equal arguments, an event's argument that is the
    event itself, a parent that is no quote.
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
        found: dict[tuple[str, str | None], Reference] = {}
        for a in v.arguments:
            filler = target(a.filler)
            if filler and filler.id == v.id:
                lost["arguments that are the event itself"] += 1
            elif filler:
                lost["arguments given twice"] += (a.role, filler.id) in found
                found[a.role, filler.id] = filler
        arguments = tuple(Argument(role, filler) for (role, _), filler in found.items())
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
