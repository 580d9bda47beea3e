"""What the metrics are given: a gold and a predicted document side by side, and where each item counts."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

import numpy as np

from vostochny.metrics.assignment import best_pairs
from vostochny.metrics.counts import Ints
from vostochny.model import Document, Entity, Reference, Span
from vostochny.text.alignment import covering_tokens

# What the same speaker adds to a pair of quotes: less than any step between two Dice coefficients.
_SAME_SPEAKER = 1e-9


@dataclass(frozen=True)
class Pair:
    """One document's gold and prediction, both without what stands in unscored zones.

    ``first_unit`` is the row of the document's first paragraph in the counts; ``value_types`` are the entity types that
    have no level. Build with :func:`pair_documents`.
    """

    gold: Document
    predicted: Document
    first_unit: int
    value_types: frozenset[str]
    unscored_zones: frozenset[str]

    @staticmethod
    def unit_documents(pairs: list[Pair]) -> Ints:
        """The document, as an index into ``pairs``, of every unit of a list of pairs."""
        return np.repeat(np.arange(len(pairs)), [pair.unit_count for pair in pairs])

    @property
    def unit_count(self) -> int:
        """One unit a paragraph; a document without paragraphs is one unit."""
        return max(1, len(self.gold.paragraphs))

    @cached_property
    def _starts(self) -> tuple[list[int], list[int]]:
        return [p.start for p in self.gold.paragraphs], [z.span.start for z in self.gold.zones]

    def locate(self, span: Span) -> tuple[int, str]:
        """The unit and the zone that a span counts in, both by its start."""
        paragraphs, _ = self._starts
        return self.first_unit + max(0, bisect_right(paragraphs, span.start) - 1), self.zone(span)

    def zone(self, span: Span) -> str:
        """The zone a span begins in; "body" in a document without zones."""
        _, zones = self._starts
        return self.gold.zones[max(0, bisect_right(zones, span.start) - 1)].name if zones else "body"

    @cached_property
    def _entity_at(self) -> dict[Span, Entity]:
        return {e.span: e for e in self.gold.entities}

    @cached_property
    def _entities_in_order(self) -> tuple[list[Entity], list[int], list[int]]:
        """The gold entities by their place, where each begins, and how far it and those before it reach."""
        ordered = sorted(self.gold.entities, key=lambda e: e.span)
        return ordered, [e.span.start for e in ordered], list(accumulate((e.span.end for e in ordered), max))

    @cached_property
    def _triggers(self) -> frozenset[Span]:
        return frozenset(e.trigger for e in self.gold.events)

    def is_trigger(self, span: Span) -> bool:
        """Whether a gold event's trigger stands exactly there."""
        return span in self._triggers

    def identity_of(self, reference: Reference | None) -> Hashable:
        """Who a reference means, by the gold: the cluster of the mention it names, not the words.

        That is the gold mention on the reference's span, else the one that overlaps it best (Dice over characters; of
        equals the shorter, then the earlier). Without a cluster it is the mention itself; where no gold mention is
        touched it is the span, which equals nothing in the gold. None where there is no reference.
        """
        if reference is None:
            return None
        entity = self._entity_at.get(reference.span)
        if entity is None:
            ordered, starts, reach = self._entities_in_order
            near = ordered[bisect_right(reach, reference.span.start) : bisect_left(starts, reference.span.end)]
            touching = [e for e in near if e.span.overlaps(reference.span)]
            if not touching:
                return "span", reference.span
            entity = min(touching, key=lambda e: (-_dice(e.span, reference.span), e.span.end - e.span.start, e.span))
        return ("cluster", entity.cluster) if entity.cluster else ("mention", entity.span)

    def head_of(self, span: Span) -> Span:
        """The last token of a span, its head in this ontology (a name's last word, a nominal's head noun).

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
        ends = [s.end for s in self.gold.sentences]
        row_of: dict[int, list[Span]] = {}
        for token in self.gold.tokens:
            if self.zone(token) not in self.unscored_zones:
                row_of.setdefault(bisect_right(ends, token.start), []).append(token)
        return list(row_of.values())

    @cached_property
    def quote_pairs(self) -> dict[int, int]:
        """The one-to-one pairs of gold and predicted quotes, by their numbers (:func:`pair_quotes`)."""
        return pair_quotes(self)


def _dice(a: Span, b: Span) -> float:
    return 2 * (min(a.end, b.end) - max(a.start, b.start)) / (a.end - a.start + b.end - b.start)


def pair_quotes(pair: Pair) -> dict[int, int]:
    """Gold index → predicted index: the one-to-one map of greatest total Dice over content characters.

    One to one, so many predictions cannot share one gold quote; by Dice, so that an exact copy meets its like before a
    nested quote does. Of equally good maps the one with more right speakers (Pair.identity_of). A character that stands in
    two spans of one content counts once.
    """
    sides = pair.gold.quotes, pair.predicted.quotes
    gold, predicted = ([_disjoint(q.content) for q in side] for side in sides)
    speakers = [[pair.identity_of(q.source) for q in side] for side in sides]
    lengths = [[sum(s.end - s.start for s in content) for content in side] for side in (gold, predicted)]
    weights: dict[tuple[int, int], float] = {}
    for g, p in _meeting([Span(c[0].start, c[-1].end) for c in gold], [Span(c[0].start, c[-1].end) for c in predicted]):
        shared = sum(max(0, min(s.end, t.end) - max(s.start, t.start)) for s in gold[g] for t in predicted[p])
        if shared:
            bonus = _SAME_SPEAKER if speakers[0][g] == speakers[1][p] else 0.0
            weights[g, p] = 2 * shared / (lengths[0][g] + lengths[1][p]) + bonus
    return best_pairs(weights)


def _disjoint(spans: Sequence[Span]) -> list[Span]:
    """The same characters in text order, spans that overlap made one."""
    out: list[Span] = []
    for span in sorted(spans):
        if out and span.start < out[-1].end:
            out[-1] = Span(out[-1].start, max(out[-1].end, span.end))
        else:
            out.append(span)
    return out


def _meeting(left: Sequence[Span], right: Sequence[Span]) -> list[tuple[int, int]]:
    """The pairs of numbers of spans that overlap, each once. Time: a sort, and one step a pair found."""
    orders = [sorted(range(len(side)), key=[s.start for s in side].__getitem__) for side in (left, right)]
    starts = [[side[i].start for i in order] for side, order in zip((left, right), orders, strict=True)]
    # Either the right one begins in the left one (at its start included), or the left one strictly inside the right.
    out = [
        (a, orders[1][at])
        for a, span in enumerate(left)
        for at in range(bisect_left(starts[1], span.start), bisect_left(starts[1], span.end))
    ]
    out += [
        (orders[0][at], b)
        for b, span in enumerate(right)
        for at in range(bisect_right(starts[0], span.start), bisect_left(starts[0], span.end))
    ]
    return out


def pair_documents(
    gold: Iterable[Document],
    predicted: dict[str, Document],
    value_types: frozenset[str],
    unscored_zones: frozenset[str],
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
        bare = Pair(document, other, at, value_types, unscored_zones)

        def scored(span: Span, pair: Pair = bare) -> bool:
            return span.start == span.end or pair.zone(span) not in pair.unscored_zones

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
