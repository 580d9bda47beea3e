"""What spaCy's span groups and entities mean for us, in both directions; shared by DocBin and spaCy's JSON.

Groups that we write (entities, events, quotes) are those layers; of any other document all groups and ``ents`` together
are its entities.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from vostochny.errors import InputError, Problem
from vostochny.model import LAYERS, Document, Span

SPACY_MISSING = "needs spaCy, which is not installed: pip install 'vostochny[baselines]'"


def read_groups(ents: Any, groups: dict[str, Any]) -> dict[str, Any]:
    """The layers of a spaCy document: spans ``{"start", "end", "label"}`` of its entities and span groups."""
    if set(groups) & set(LAYERS):
        out: dict[str, Any] = {}
        if "entities" in groups:
            out["entities"] = _make_items(groups["entities"])
        if isinstance(groups.get("events"), list):
            out["events"] = [
                {"trigger": x, "type": x.get("type")} if isinstance(x, dict) else x
                for x in _make_items(groups["events"])
            ]
        if isinstance(groups.get("quotes"), list):
            out["quotes"] = [{"content": [x]} for x in _make_items(groups["quotes"])]
        return out
    lists = [x for x in (ents, *groups.values()) if x is not None]
    broken = next((x for x in lists if not isinstance(x, list)), None)
    if broken is not None:
        return {"entities": broken}  # the checks say what is wrong with it
    # One entity in two lists is one; given twice in one list it is given twice.
    out_items: list[Any] = []
    have: Counter[str] = Counter()
    for part in lists:
        mine: Counter[str] = Counter()
        for item in _make_items(part):
            key = repr((item.get("start"), item.get("end"), item["type"])) if isinstance(item, dict) else repr(item)
            mine[key] += 1
            if mine[key] > have[key]:
                have[key] = mine[key]
                out_items.append(item)
    return {"entities": out_items}


def _make_items(items: Any) -> Any:
    if not isinstance(items, list):
        return items
    out = []
    for x in items:
        if isinstance(x, dict):
            kept = {key: x[key] for key in ("start", "end") if key in x}
            x = {**kept, "type": x.get("label"), **({"cluster": x["kb_id"]} if x.get("kb_id") else {})}
        out.append(x)
    return out


def make_docs(documents: Iterable[Document], lost: Counter[str]) -> Iterator[Any]:
    """spaCy documents: all entities, triggers and contents in span groups, flat entities in ``ents`` too.

    Spans are widened to spaCy's tokens. Attributes, arguments and everything about a quote but its content are lost.
    Raises InputError where spaCy is not installed.
    """
    try:
        import spacy
    except ImportError:
        raise InputError([Problem("spacy", None, None, SPACY_MISSING)]) from None
    nlp = spacy.blank("xx")
    for d in documents:
        doc = nlp.make_doc(d.text)
        doc.user_data["doc_id"] = d.doc_id

        def span(at: Span, label: str, cluster: str | None = None, doc: Any = doc) -> Any:
            made = doc.char_span(at.start, at.end, label=label, kb_id=cluster or "", alignment_mode="expand")
            if made is not None and (made.start_char, made.end_char) != (at.start, at.end):
                lost["spans widened to spaCy's tokens"] += 1
            return made

        made = [span(e.span, e.type, e.cluster) for e in d.entities]
        doc.spans["entities"] = [s for s in made if s is not None]
        doc.spans["events"] = [s for v in d.events if (s := span(v.trigger, v.type, v.cluster)) is not None]
        doc.spans["quotes"] = [s for q in d.quotes for c in q.content if (s := span(c, "Content")) is not None]
        # spaCy's own rule for entities that overlap: the longer one, then the earlier.
        doc.ents = spacy.util.filter_spans(doc.spans["entities"])
        for what, count in (
            ("attributes of entities", sum(e.level is not None or e.demonym for e in d.entities)),
            ("arguments", sum(len(v.arguments) for v in d.events)),
            ("attributes of events", sum(bool(v.realis or v.polarity or v.outcome) for v in d.events)),
            ("cues", sum(q.cue is not None for q in d.quotes)),
            ("sources and addressees", sum(bool(r) for q in d.quotes for r in (q.source, q.addressee))),
            ("attributes of quotes", sum(bool(q.directness or q.attitude or q.cluster or q.parent) for q in d.quotes)),
            ("quotes in parts", sum(len(q.content) > 1 for q in d.quotes)),
        ):
            lost[what] += count
        yield doc
