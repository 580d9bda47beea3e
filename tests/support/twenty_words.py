"""An article of twenty words that mean nothing, for tests of metrics: annotations on it, random ones too, and scores.

Its words have two characters, some of them beyond the BMP, and stand in two paragraphs of one sentence each.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from vostochny import scoring
from vostochny.metrics.counts import Counts
from vostochny.model import Argument, Document, Entity, Event, Quote, Reference, Span
from vostochny.ontology import load_ontology
from vostochny.stats import scores

ONTOLOGY = load_ontology()
WORDS = "".join(f"{'ab🚀d'[i % 4]}{i % 10} " for i in range(20))
TOKENS = tuple(Span(i, i + 2) for i in range(0, 60, 3))
LABELS = ("PER", "ORG", "DATE")
NO_INTERVALS = scoring.Options(resamples=0)


def span_of_tokens(first: int, last: int) -> Span:
    """Return the span from one token to another, both included."""
    return Span(TOKENS[first].start, TOKENS[last].end)


def make_document(
    doc_id: str = "x",
    entities: Iterable[Entity] = (),
    events: Iterable[Event] = (),
    quotes: Iterable[Quote] = (),
    **more: Any,
) -> Document:
    """Return the article, annotated or predicted; ``more`` are further fields of Document."""
    halves = (Span(0, 29), Span(30, 60))
    return Document(
        doc_id, WORDS, paragraphs=halves, sentences=halves, tokens=TOKENS, entities=tuple(entities),
        events=tuple(events), quotes=tuple(quotes), **more,
    )  # fmt: skip


@st.composite
def random_span(draw: st.DrawFn, longest: int = 4) -> Span:
    """Draw a span of one to ``longest`` words."""
    first = draw(st.integers(0, 19))
    last = min(19, first + draw(st.integers(0, longest - 1)))
    return span_of_tokens(first, last)


@st.composite
def random_entity(draw: st.DrawFn) -> Entity:
    """Draw an entity; a prediction may lack the level."""
    type_ = draw(st.sampled_from(LABELS))
    level = None if type_ == "DATE" else draw(st.sampled_from(["NAM", "NOM", "PRO", None]))
    return Entity("", draw(random_span()), type_, level)


def make_event(type_: str, trigger: Span, *arguments: tuple[str, Span], **more: Any) -> Event:
    """Return an event; its arguments are pairs of role and span."""
    return Event("", trigger, type_, arguments=tuple(Argument(r, Reference(s)) for r, s in arguments), **more)


def compute_counts(gold: list[Document], predicted: list[Document], **options: Any) -> dict[str, Counts]:
    """Return the counts of each metric that has one, without intervals."""
    result = scoring.score(gold, {d.doc_id: d for d in predicted}, ONTOLOGY, replace(NO_INTERVALS, **options))
    return {name: m.counts[0] for name, m in result.measures.items() if len(m.counts) == 1}


def compute_scores(gold: list[Document], predicted: list[Document], **options: Any) -> dict[str, scores.Score]:
    """Return the scores of each metric that has one count."""
    return {name: scores.score(counts) for name, counts in compute_counts(gold, predicted, **options).items()}


def draw_disjoint_entities(dice: random.Random, labels: tuple[str, ...]) -> list[Entity]:
    """Return names of one to three words at random places of the article; none overlaps another."""
    out, at = [], 0
    while at < 20:
        length = dice.randint(1, 3)
        if dice.random() < 0.4 and at + length <= 20:
            out.append(Entity("", span_of_tokens(at, at + length - 1), dice.choice(labels), "NAM"))
            at += length
        at += 1
    return out
