"""From one format to another, with what gets lost on the way counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from vostochny.errors import InputError, Problem
from vostochny.formats.reading import Reading
from vostochny.formats.registry import ENDINGS, detect, named
from vostochny.model import Argument, Document, Event, Quote, Reference, Span
from vostochny.ontology import Ontology

NO_TEXT = (
    "the gold is without text, and every format writes words; name a gold that has it with --gold, or for the corpus "
    "run `vostochny rehydrate FOLDER` on the articles that you hold"
)

LOST_PARENT = "parents that are no quote of the document"


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
    Raises InputError with every fault of the source, and where neither it nor the gold has the texts.
    """
    writer = named(format_out or _format_of(target), "--format-out")
    if not hasattr(writer, "write"):
        raise InputError([Problem("--format-out", None, None, f"{format_out} is read, not written")])
    module = named(format_in or detect(source), "--format-in")
    reading = Reading(ontology)
    records = list(module.read(source, reading))
    with_text = bool(records) and all(isinstance(r.row.get("text"), str) for r in records)
    if with_text and not any(n.startswith("the text was made") for n in reading.notes) and not offsets:
        documents = reading.gold_documents(records, own_types=True)
    else:
        about = {d.doc_id: d for d in gold()}
        if source == "-":  # can be read once
            reading.gold = about
        else:  # again, because some formats are read beside the text
            reading = Reading(ontology, about)
            records = module.read(source, reading)
        found = reading.predictions(records, "wrong", None, offsets)
        silent = next((i for i, p in found.items() if not p.text and (p.entities or p.events or p.quotes)), None)
        if silent is not None:
            raise InputError([Problem(source, None, "doc_id", f"{silent}: {NO_TEXT}")])
        # A prediction knows its text; sentences and tokens, which token formats are written by, are the gold's.
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
    raise InputError([Problem(target, None, None, message)])


def placed(document: Document, lost: Counter[str]) -> Document:
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


def with_targets(document: Document, lost: Counter[str]) -> Document:
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
