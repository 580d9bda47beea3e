"""Map spaCy's entities and span groups to our layers and back; shared by DocBin and spaCy's JSON.

The groups that we write ourselves (entities, events, quotes) are the layers of those names; other groups beside them
are counted as left out. In a document without any of them, all groups and ``ents`` together are its entities.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from vostochny.errors import InputError, Problem
from vostochny.formats.reader import Reading
from vostochny.formats.rows import has_attributes
from vostochny.model import LAYERS, Document, Span

SPACY_MISSING = "needs spaCy, which is not installed: pip install 'vostochny[baselines]'"
# What else spaCy and Prodigy write in a span, and nothing here reads.
_UNUSED = frozenset((
    "id", "kb_id", "label", "token_start", "token_end", "answer", "score", "source", "pattern", "ws", "color",
    "tooltip", "input_hash", "_input_hash", "_task_hash", "_",
))  # fmt: skip


def read_groups(ents: Any, groups: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """Return the layers of a document from its entities and span groups, each span ``{"start", "end", "label"}``."""
    if set(groups) & set(LAYERS):
        out: dict[str, Any] = {}
        for name in groups.keys() - set(LAYERS):
            reading.left_out[f"spans in the group {name!r:.40} of spaCy"] += _measure(groups[name])
        if "entities" not in groups and ents:
            reading.left_out["entities of spaCy, beside span groups without entities"] += _measure(ents)
        if "entities" in groups:
            out["entities"] = _make_items(groups["entities"])
        if "events" in groups:
            out["events"] = _map_objects(groups["events"], lambda x: {"trigger": _take_rest(x), "type": x.get("type")})
        if "quotes" in groups:
            out["quotes"] = _map_objects(groups["quotes"], lambda x: {"content": [_take_rest(x)]})
        return out
    lists = [x for x in (ents, *groups.values()) if x is not None]
    broken = next((x for x in lists if not isinstance(x, list)), None)
    if broken is not None:
        return {"entities": broken}  # the RowReader reports what is wrong with it
    # An entity in several lists is one entity; an entity that stands twice in one list is two (the second is spurious).
    out_items: list[Any] = []
    in_output: Counter[str] = Counter()
    for part in lists:
        in_list: Counter[str] = Counter()
        for item in _make_items(part):
            key = repr((item.get("start"), item.get("end"), item["type"])) if isinstance(item, dict) else repr(item)
            in_list[key] += 1
            if in_list[key] > in_output[key]:
                in_output[key] = in_list[key]
                out_items.append(item)
    return {"entities": out_items}


def _measure(items: Any) -> int:
    """Return how many spans a group has; something else counts as one."""
    return len(items) if isinstance(items, list) else int(items is not None)


def _map_objects(items: Any, make: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Return what ``make`` makes of each of spaCy's spans; what is not a list of objects stays, for the RowReader."""
    made = _make_items(items)
    return [make(x) if isinstance(x, dict) else x for x in made] if isinstance(made, list) else made


def _take_rest(item: dict[str, Any]) -> dict[str, Any]:
    """Return a span without what is its item's."""
    return {k: v for k, v in item.items() if k not in ("type", "cluster")}


def _make_items(items: Any) -> Any:
    """Return spaCy's spans as items of a row, with their words and keys that are not known; other values stay."""
    if not isinstance(items, list):
        return items
    out = []
    for x in items:
        if isinstance(x, dict):
            rest = {k: v for k, v in x.items() if k not in _UNUSED and (k, v) != ("type", "span")}
            x = {**rest, "type": x.get("label"), **({"cluster": x["kb_id"]} if x.get("kb_id") else {})}
        out.append(x)
    return out


def make_docs(documents: Iterable[Document], lost: Counter[str]) -> Iterator[Any]:
    """Yield documents as spaCy's: entities, triggers and contents in span groups, flat entities in ``ents`` too.

    Spans are widened to spaCy's tokens. Attributes, arguments and all of a quote but its content are lost, and counted.
    Raises InputError if spaCy is not installed.
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
            widened = doc.char_span(at.start, at.end, label=label, kb_id=cluster or "", alignment_mode="expand")
            if not widened:  # None, or without a token: in some texts spaCy has none for white space
                lost["spans without words"] += 1
                return None
            if (widened.start_char, widened.end_char) != (at.start, at.end):
                lost["spans widened to spaCy's tokens"] += 1
            return widened

        doc.spans["entities"] = [s for e in d.entities if (s := span(e.span, e.type, e.cluster)) is not None]
        doc.spans["events"] = [s for v in d.events if (s := span(v.trigger, v.type, v.cluster)) is not None]
        doc.spans["quotes"] = [s for q in d.quotes for c in q.content if (s := span(c, "Content")) is not None]
        # ``ents`` must not overlap: by spaCy's own rule the longer span is kept, then the earlier.
        doc.ents = spacy.util.filter_spans(doc.spans["entities"])
        for what, count in (
            ("attributes of entities", sum(has_attributes("entities", e, "cluster") for e in d.entities)),
            ("arguments", sum(len(v.arguments) for v in d.events)),
            ("attributes of events", sum(has_attributes("events", v, "cluster") for v in d.events)),
            ("cues", sum(q.cue is not None for q in d.quotes)),
            ("sources and addressees", sum(bool(r) for q in d.quotes for r in (q.source, q.addressee))),
            ("attributes of quotes", sum(has_attributes("quotes", q) for q in d.quotes)),
            ("quotes in parts", sum(len(q.content) > 1 for q in d.quotes)),
        ):
            lost[what] += count
        yield doc
