"""From one format to another, with what gets lost on the way counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from vostochny.formats import Fault, FormatError
from vostochny.formats.reading import Reading
from vostochny.formats.registry import ENDINGS, detect, named
from vostochny.model import Document, Entity, Event, Quote, Reference, Span
from vostochny.ontology import Ontology


def convert(
    source: str,
    target: str,
    ontology: Ontology,
    gold: Callable[[], list[Document]],
    format_in: str | None = None,
    format_out: str | None = None,
    offsets: str | None = None,
) -> list[str]:
    """Write ``source`` as ``target``; returns what the user should know, losses by their number.

    A source that has its texts is taken as it stands, with any label set. Otherwise it is read as predictions about
    the documents that ``gold`` gives. The target's format is named, or its ending says it (a folder is brat's).
    """
    writer = named(format_out or _format_of(target), "--format-out")
    if not hasattr(writer, "write"):
        raise FormatError([Fault("--format-out", None, None, f"{format_out} is read, not written")])
    module = named(format_in or detect(source), "--format-in")
    reading = Reading(ontology)
    records = list(module.read(source, reading))
    with_text = bool(records) and all(isinstance(r.row.get("text"), str) for r in records)
    if with_text and not any(n.startswith("the text was made") for n in reading.notes) and not offsets:
        documents = reading.gold_documents(records, own_types=True)
    else:
        known = gold()
        reading = Reading(ontology, {d.doc_id: d for d in known})
        found = reading.predictions(module.read(source, reading), "wrong", None, offsets)
        # A prediction knows its text; sentences and tokens, which token formats are written by, are the gold's.
        about = {d.doc_id: d for d in known}
        documents = [
            replace(p, sentences=about[i].sentences, tokens=about[i].tokens, paragraphs=about[i].paragraphs)
            for i, p in found.items()
        ]
        with_text = False
    lost: Counter[str] = Counter()
    writer.write(target, [placed(d, lost) for d in documents], lost, with_text)
    return [*reading.notes, *(f"lost: {count} {what}" for what, count in lost.items() if count)]


def _format_of(target: str) -> str:
    path = Path(target.removesuffix(".gz"))
    if path.suffix in ENDINGS:
        return ENDINGS[path.suffix]
    if target == "-":
        return "jsonl"
    if path.suffix == "" or path.is_dir():
        return "brat"
    message = f"its ending does not say which format to write; give --format-out, or one of {', '.join(ENDINGS)}"
    raise FormatError([Fault(target, None, None, message)])


def placed(document: Document, lost: Counter[str]) -> Document:
    """The document without what stands nowhere in the text (words that were not found), every item with an id."""

    def real(span: Span | None) -> bool:
        return span is not None and span.start < span.end

    lost["words that are not in the article"] += len(document.placement.unplaced)
    used: set[str] = set()

    def fresh(given: str, letter: str, number: int) -> str:
        made = given or f"{letter}{number}"
        while made in used:
            made += "_"
        used.add(made)
        return made

    def kept(reference: Reference | None) -> Reference | None:
        return reference if reference is not None and real(reference.span) else None

    entities: list[Entity] = []
    events: list[Event] = []
    quotes: list[Quote] = []
    for n, e in enumerate(document.entities, 1):
        if real(e.span):
            entities.append(replace(e, id=fresh(e.id, "e", n)))
    for n, v in enumerate(document.events, 1):
        if real(v.trigger):
            arguments = tuple(a for a in v.arguments if real(a.filler.span))
            events.append(replace(v, id=fresh(v.id, "v", n), arguments=arguments))
    for n, q in enumerate(document.quotes, 1):
        if all(map(real, q.content)):
            cue = q.cue if real(q.cue) else None
            quotes.append(
                replace(q, id=fresh(q.id, "q", n), cue=cue, source=kept(q.source), addressee=kept(q.addressee))
            )
    return replace(document, entities=tuple(entities), events=tuple(events), quotes=tuple(quotes))


def with_targets(document: Document, lost: Counter[str]) -> Document:
    """The document with every reference at an item of its own; one that finds none is left out and counted.

    The second of two equal arguments goes as well, and a parent that is no quote: a relation cannot say either.
    """
    at = {e.span: e.id for e in reversed(document.entities)}
    items = {e.id: e.span for e in document.entities} | {v.id: v.trigger for v in document.events}
    mentions = {e.id for e in document.entities}

    def target(reference: Reference | None, allowed: object = None) -> Reference | None:
        if reference is None:
            return None
        id_ = reference.id if items.get(reference.id or "") == reference.span else at.get(reference.span)
        if id_ is None or (allowed is not None and id_ not in mentions):
            lost["references to no item of the document"] += 1
            return None
        return Reference(reference.span, id_)

    events = []
    for v in document.events:
        found: dict[tuple[str, str | None], Reference] = {}
        for a in v.arguments:
            filler = target(a.filler)
            if filler and filler.id != v.id:
                lost["arguments given twice"] += (a.role, filler.id) in found
                found[a.role, filler.id] = filler
        arguments = tuple(replace(v.arguments[0], role=role, filler=f) for (role, _), f in found.items())
        events.append(replace(v, arguments=arguments))
    ids = {q.id for q in document.quotes}
    quotes = tuple(
        replace(
            q, source=target(q.source, mentions), addressee=target(q.addressee, mentions),
            parent=q.parent if q.parent in ids else None,
        )
        for q in document.quotes
    )  # fmt: skip
    return replace(document, events=tuple(events), quotes=quotes)
