"""What the metrics are given: a gold and a predicted document side by side, and where each item counts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from vostochny.align import covering_tokens
from vostochny.metrics.counts import Ints
from vostochny.model import Document, Entity, Reference, Span


@dataclass(frozen=True)
class Pair:
    """One document's gold and prediction, both without what stands in unscored zones.

    ``first_unit`` is the row of the document's first paragraph in the counts; ``values`` are the entity types that
    have no level. Build with :func:`pair_up`.
    """

    gold: Document
    predicted: Document
    first_unit: int
    values: frozenset[str]
    unscored: frozenset[str]

    @staticmethod
    def units(pairs: list[Pair]) -> Ints:
        """The document, as an index into ``pairs``, of every unit of a list of pairs."""
        return np.repeat(np.arange(len(pairs)), [pair.unit_count for pair in pairs])

    @property
    def unit_count(self) -> int:
        """One unit a paragraph; a document without paragraphs is one unit."""
        return max(1, len(self.gold.paragraphs))

    @cached_property
    def _starts(self) -> tuple[list[int], list[int]]:
        return [p.start for p in self.gold.paragraphs], [z.span.start for z in self.gold.zones]

    def place(self, span: Span) -> tuple[int, str]:
        """The unit and the zone that a span counts in, both by its start."""
        paragraphs, zones = self._starts
        unit = max(0, bisect_right(paragraphs, span.start) - 1)
        return self.first_unit + unit, self.zone(span) if zones else "body"

    def zone(self, span: Span) -> str:
        """The zone a span begins in."""
        _, zones = self._starts
        return self.gold.zones[max(0, bisect_right(zones, span.start) - 1)].name if zones else "body"

    @cached_property
    def _entity_at(self) -> dict[Span, Entity]:
        return {e.span: e for e in self.gold.entities}

    @cached_property
    def _triggers(self) -> frozenset[Span]:
        return frozenset(e.trigger for e in self.gold.events)

    def is_trigger(self, span: Span) -> bool:
        """Whether a gold event's trigger stands exactly there."""
        return span in self._triggers

    def identity(self, reference: Reference | None) -> Hashable:
        """Who a reference means, by the gold: the cluster of the mention it names, not the words.

        That is the gold mention on the reference's span, else the one that overlaps it best (Dice over characters; of
        equals the shorter, then the earlier). Without a cluster it is the mention itself; where no gold mention is
        touched it is the span, which equals nothing in the gold. None where there is no reference.
        """
        if reference is None:
            return None
        entity = self._entity_at.get(reference.span)
        if entity is None:
            touching = [e for e in self.gold.entities if e.span.overlaps(reference.span)]
            if not touching:
                return "span", reference.span
            entity = min(touching, key=lambda e: (-_dice(e.span, reference.span), e.span.end - e.span.start, e.span))
        return ("cluster", entity.cluster) if entity.cluster else ("mention", entity.span)

    def head(self, span: Span) -> Span:
        """The last token of a span, its head in this scheme (a name's last word, a nominal's head noun).

        Without tokens it is the span's last word by white space.
        """
        reach = covering_tokens(span, self.gold.tokens)
        if reach:
            return self.gold.tokens[reach[1] - 1]
        words = span.of(self.gold.text).rstrip()
        return Span(span.start + len(words) - len(words.split()[-1]), span.start + len(words)) if words else span

    @cached_property
    def sentence_tokens(self) -> list[list[Span]]:
        """The tokens of each sentence, those in unscored zones left out, sentences without any left out."""
        out: list[list[Span]] = []
        ends = [s.end for s in self.gold.sentences]
        row_of: dict[int, list[Span]] = {}
        for token in self.gold.tokens:
            if self.zone(token) not in self.unscored:
                row_of.setdefault(bisect_right(ends, token.start), []).append(token)
        out.extend(row_of.values())
        return out


def _dice(a: Span, b: Span) -> float:
    return 2 * (min(a.end, b.end) - max(a.start, b.start)) / (a.end - a.start + b.end - b.start)


def pair_up(
    gold: Iterable[Document], predicted: dict[str, Document], values: frozenset[str], unscored: frozenset[str]
) -> list[Pair]:
    """Pairs in the order of ``gold``; a document without a prediction is paired with an empty one.

    Items that begin in an unscored zone are taken out on both sides, neither rewarded nor punished: entities by their
    span, events by their trigger, arguments by their filler, quotes by the first span of their content. What stands for
    words that were not found (an empty span) stands nowhere, so it is kept.
    """
    pairs: list[Pair] = []
    at = 0
    for document in gold:
        other = predicted.get(document.doc_id) or Document(document.doc_id, document.text, emitted=frozenset())
        bare = Pair(document, other, at, values, unscored)

        def scored(span: Span, pair: Pair = bare) -> bool:
            return span.start == span.end or pair.zone(span) not in pair.unscored

        kept = [
            replace(
                side,
                entities=tuple(e for e in side.entities if scored(e.span)),
                events=tuple(
                    replace(e, arguments=tuple(a for a in e.arguments if scored(a.filler.span)))
                    for e in side.events
                    if scored(e.trigger)
                ),
                quotes=tuple(q for q in side.quotes if scored(q.content[0])),
            )
            for side in (document, other)
        ]
        pairs.append(replace(bare, gold=kept[0], predicted=kept[1]))
        at += bare.unit_count
    return pairs
