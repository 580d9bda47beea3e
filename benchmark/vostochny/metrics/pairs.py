"""The input of the metrics: a gold and a predicted document side by side, and the unit that each item belongs to."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

import numpy as np

from vostochny.metrics.assignment import best_pairs
from vostochny.metrics.counts import Ints
from vostochny.model import DEFAULT_ZONE, Document, Entity, Reference, Span
from vostochny.text.alignment import covering_tokens

# Added to the weight of a pair of quotes with the same speaker. Smaller than any step between two Dice coefficients of
# real texts, so it decides between equally good maps only.
_SAME_SPEAKER_BONUS = 1e-9


@dataclass(frozen=True)
class Pair:
    """One document's gold and prediction, both without the items in unscored zones. Build with :func:`pair_documents`.

    ``first_unit`` is the row of the document's first paragraph in the counts; ``value_types`` are the entity types that
    have no level (dates, numbers); ``unscored_zones`` are names of zones.
    """

    gold: Document
    predicted: Document
    first_unit: int
    value_types: frozenset[str]
    unscored_zones: frozenset[str]

    @staticmethod
    def unit_documents(pairs: list[Pair]) -> Ints:
        """Return the document of every unit of a list of pairs, as an index into ``pairs``: shape (units,)."""
        return np.repeat(np.arange(len(pairs)), [pair.unit_count for pair in pairs])

    @property
    def unit_count(self) -> int:
        """The number of units: one per paragraph; a document without paragraphs is one unit."""
        return max(1, len(self.gold.paragraphs))

    @cached_property
    def _starts(self) -> tuple[list[int], list[int]]:
        return [p.start for p in self.gold.paragraphs], [z.span.start for z in self.gold.zones]

    def locate(self, span: Span) -> tuple[int, str]:
        """Return the unit and the zone that a span belongs to, both by its start."""
        paragraphs, _ = self._starts
        return self.first_unit + max(0, bisect_right(paragraphs, span.start) - 1), self.zone(span)

    def zone(self, span: Span) -> str:
        """Return the name of the zone that a span begins in; DEFAULT_ZONE in a document without zones."""
        _, zones = self._starts
        return self.gold.zones[max(0, bisect_right(zones, span.start) - 1)].name if zones else DEFAULT_ZONE

    @cached_property
    def _entity_at(self) -> dict[Span, Entity]:
        return {e.span: e for e in self.gold.entities}

    @cached_property
    def _entities_in_order(self) -> tuple[list[Entity], list[int], list[int]]:
        """The gold entities in text order, the start of each, and the greatest end of it and those before it.

        Both lists of numbers never fall, so :meth:`identity_of` finds by bisection the few entities that can overlap
        a span, though entities nest.
        """
        ordered = sorted(self.gold.entities, key=lambda e: e.span)
        return ordered, [e.span.start for e in ordered], list(accumulate((e.span.end for e in ordered), max))

    @cached_property
    def _triggers(self) -> frozenset[Span]:
        return frozenset(e.trigger for e in self.gold.events)

    def is_trigger(self, span: Span) -> bool:
        """Return whether a gold event's trigger has exactly this span."""
        return span in self._triggers

    def identity_of(self, reference: Reference | None) -> Hashable:
        """Return who a reference means according to the gold: the cluster of the mention that it points at.

        The mention is the gold mention on the reference's span, else the one that overlaps it best (Dice over
        characters; of equals the shorter, then the earlier). A mention without a cluster stands for itself. Where the
        reference touches no gold mention the result is its span, which equals nothing in the gold. None where there is
        no reference.
        """
        if reference is None:
            return None
        entity = self._entity_at.get(reference.span)
        if entity is None:
            ordered, starts, reach = self._entities_in_order
            near = ordered[bisect_right(reach, reference.span.start) : bisect_left(starts, reference.span.end)]
            overlapping = [e for e in near if e.span.overlaps(reference.span)]
            if not overlapping:
                return "span", reference.span
            entity = min(overlapping, key=lambda e: (-_dice(e.span, reference.span), e.span.end - e.span.start, e.span))
        return ("cluster", entity.cluster) if entity.cluster else ("mention", entity.span)

    def head_of(self, span: Span) -> Span:
        """Return the head of a span: its last token, which here is a name's last word or a nominal's head noun.

        In a document without tokens it is the span's last word by white space.
        """
        reach = covering_tokens(span, self.gold.tokens)
        if reach:
            return self.gold.tokens[reach[1] - 1]
        words = span.of(self.gold.text).rstrip()
        return Span(span.start + len(words) - len(words.split()[-1]), span.start + len(words)) if words else span

    @cached_property
    def sentence_tokens(self) -> list[list[Span]]:
        """The tokens of each sentence, without those in unscored zones and without sentences that have none left."""
        ends = [s.end for s in self.gold.sentences]
        row_of: dict[int, list[Span]] = {}
        for token in self.gold.tokens:
            if self.zone(token) not in self.unscored_zones:
                row_of.setdefault(bisect_right(ends, token.start), []).append(token)
        return list(row_of.values())

    @cached_property
    def quote_pairs(self) -> dict[int, int]:
        """The one-to-one pairs of quotes, gold index → predicted index (:func:`pair_quotes`)."""
        return pair_quotes(self)


def _dice(a: Span, b: Span) -> float:
    """Return the Dice coefficient of two spans that overlap: shared characters, twice, over the sum of both lengths."""
    return 2 * (min(a.end, b.end) - max(a.start, b.start)) / (a.end - a.start + b.end - b.start)


def pair_quotes(pair: Pair) -> dict[int, int]:
    """Return the one-to-one map, gold index → predicted index, of greatest total Dice over content characters.

    One to one, so that many predictions cannot share one gold quote; by Dice, so that an exact copy is paired before a
    nested quote is. Of equally good maps the one with more right speakers (:meth:`Pair.identity_of`) is taken. A
    character in two spans of one content is one character.
    """
    sides = pair.gold.quotes, pair.predicted.quotes
    gold, predicted = ([_merge_overlaps(q.content) for q in side] for side in sides)
    speakers = [[pair.identity_of(q.source) for q in side] for side in sides]
    lengths = [[sum(s.end - s.start for s in content) for content in side] for side in (gold, predicted)]
    weights: dict[tuple[int, int], float] = {}
    # Candidates overlap from first to last character; whether their parts do is seen below.
    reaches = ([Span(content[0].start, content[-1].end) for content in side] for side in (gold, predicted))
    for g, p in _find_overlaps(*reaches):
        shared = sum(max(0, min(s.end, t.end) - max(s.start, t.start)) for s in gold[g] for t in predicted[p])
        if shared:
            bonus = _SAME_SPEAKER_BONUS if speakers[0][g] == speakers[1][p] else 0.0
            weights[g, p] = 2 * shared / (lengths[0][g] + lengths[1][p]) + bonus
    return best_pairs(weights)


def _merge_overlaps(spans: Sequence[Span]) -> list[Span]:
    """Return spans over the same characters in text order, those that overlap merged into one."""
    out: list[Span] = []
    for span in sorted(spans):
        if out and span.start < out[-1].end:
            out[-1] = Span(out[-1].start, max(out[-1].end, span.end))
        else:
            out.append(span)
    return out


def _find_overlaps(left: Sequence[Span], right: Sequence[Span]) -> list[tuple[int, int]]:
    """Return the index pairs of spans that overlap, each once. Time: a sort, and one step per pair."""
    orders = [sorted(range(len(side)), key=[s.start for s in side].__getitem__) for side in (left, right)]
    starts = [[side[i].start for i in order] for side, order in zip((left, right), orders, strict=True)]
    # Of two spans that overlap, either the right one begins inside the left one (its first character included), or the
    # left one begins inside the right one (its first character excluded): so each pair is listed once.
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
    """Pair gold documents with their predictions, in the order of ``gold``.

    A document without a prediction is paired with an empty one. Items that begin in an unscored zone are removed on
    both sides, neither rewarded nor punished: entities by their span, events by their trigger, arguments by their
    filler, quotes by the first span of their content. An empty span (words that the text does not have) is in no zone,
    so it stays.

    Args:
        gold: the gold documents.
        predicted: predictions by doc_id, in which ids without a gold document are ignored.
        value_types: the entity types that have no level.
        unscored_zones: names of the zones that are not scored.
    """
    pairs: list[Pair] = []
    first_unit = 0
    for document in gold:
        other = predicted.get(document.doc_id) or Document(document.doc_id, document.text, emitted=frozenset())
        whole = Pair(document, other, first_unit, value_types, unscored_zones)

        def is_scored(span: Span, pair: Pair = whole) -> bool:
            return span.start == span.end or pair.zone(span) not in pair.unscored_zones

        scored = [
            replace(
                side,
                entities=tuple(e for e in side.entities if is_scored(e.span)),
                events=tuple(
                    replace(e, arguments=tuple(a for a in e.arguments if is_scored(a.filler.span)))
                    for e in side.events
                    if is_scored(e.trigger)
                ),
                quotes=tuple(q for q in side.quotes if is_scored(q.content[0])),
            )
            for side in (document, other)
        ]
        pairs.append(replace(whole, gold=scored[0], predicted=scored[1]))
        first_unit += whole.unit_count
    return pairs
