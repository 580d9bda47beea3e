"""Inputs of report tests: the gold, predictions with every kind of mistake, and names that attack their reader."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from scripts.files import ROOT
from vostochny import scoring
from vostochny.formats.input import Input
from vostochny.model import Argument, Document, Entity, Event, Quote, Reference, Span
from vostochny.ontology import load_ontology

ONTOLOGY = load_ontology()
GOLD = Input().read_gold().documents
LOOKUP = str(ROOT / "benchmark" / "baselines" / "lookup" / "predictions.jsonl")
HOSTILE = '</script><img src=x onerror="window.harmed=1"><!--<script>&amp;\'\u2028\x00\x1b[31m😀'


def read_data(page: str) -> dict:
    """Return the data in a page of a report."""
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert match
    return json.loads(match[1])


def make_mistakes(gold: list[Document]) -> dict[str, Document]:
    """Return the gold with every kind of mistake put into it, the same on each run."""
    out = {}
    for d in gold:
        entities = []
        for i, e in enumerate(d.entities):
            if i % 7 == 3:
                continue
            if i % 11 == 5:
                e = replace(e, type="ORG" if e.type != "ORG" else "GPE")
            elif i % 13 == 6 and e.span.end + 2 <= len(d.text):
                e = replace(e, span=Span(e.span.start, e.span.end + 2))
            if e.cluster and i % 17 == 8:
                e = replace(e, cluster=f"{e.cluster}_2")
            elif e.cluster and i % 19 == 9:
                e = replace(e, cluster="vladimir_putin")
            entities.append(e)
        entities += [Entity("", t, "LOC", "NAM") for i, t in enumerate(d.tokens) if i % 90 == 45]
        events = []
        for i, v in enumerate(d.events):
            if i % 6 == 2:
                continue
            if i % 8 == 3:
                v = replace(v, type="Contact.Meet" if v.type != "Contact.Meet" else "Conflict.Attack")
            filled = [replace(a, role="Place") if (i + j) % 5 == 1 else a for j, a in enumerate(v.arguments)]
            v = replace(v, arguments=tuple(a for j, a in enumerate(filled) if (i + j) % 4 != 3))
            events.append(replace(v, cluster=f"{v.cluster}_b") if v.cluster and i % 5 == 1 else v)
        quotes = []
        for i, q in enumerate(d.quotes):
            if i % 5 == 3:
                continue
            first = q.content[0]
            if i % 4 == 1 and first.end - first.start > 20:
                q = replace(q, content=(Span(first.start, first.end - 12), *q.content[1:]))
            quotes.append(replace(q, source=Reference(d.entities[0].span)) if i % 6 == 2 else q)
        out[d.doc_id] = replace(d, entities=tuple(entities), events=tuple(events), quotes=tuple(quotes))
    return out


def hostile_result() -> scoring.Result:
    """Return a result whose every name is an attack: on the page's markup, on its script, on a terminal."""
    text = f"{HOSTILE} met Bob.\n😀 said {HOSTILE}."
    tokens = tuple(Span(m.start(), m.end()) for m in re.finditer(r"\S+", text))
    name, bob = Span(0, len(HOSTILE)), Span(text.index("Bob"), text.index("Bob") + 3)
    said = Span(text.index("said"), text.index("said") + 4)
    made = Document(
        f"{HOSTILE}_1",
        text,
        tokens=tokens,
        entities=(Entity("e1", name, HOSTILE, "NAM", cluster=HOSTILE), Entity("e2", bob, "PER", cluster=HOSTILE)),
        events=(Event("v1", said, HOSTILE, HOSTILE, arguments=(Argument(HOSTILE, Reference(bob)),), cluster=HOSTILE),),
        quotes=(Quote("q1", (name,), said, Reference(bob), directness=HOSTILE, cluster=HOSTILE, link=HOSTILE),),
    )
    other = replace(made, entities=(replace(made.entities[0], cluster="\ud800"), Entity("", bob, HOSTILE)))
    return scoring.score([made], {made.doc_id: other}, ONTOLOGY, scoring.Options(resamples=100))
