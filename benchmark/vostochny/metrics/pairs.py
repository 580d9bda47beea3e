"""The input of the metrics: a gold and a predicted document side by side, and the unit that each item belongs to."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from vostochny.metrics.columns import build_tables
from vostochny.metrics.identity import Identities, References
from vostochny.metrics.item_tables import Tables
from vostochny.metrics.matching import Ints
from vostochny.model import DEFAULT_ZONE, Document, Reference, Span
from vostochny.text.alignment import covering_tokens


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
    def tables(self) -> Tables:
        """The items of this one document as columns; its rows are in the order of the documents' items."""
        return build_tables([self.gold], [self.predicted], self.value_types, self.unscored_zones)

    def find_cluster(self, reference: Reference) -> str | None:
        """Return the cluster of the gold mention that a predicted reference means (identity.Identities); or None."""
        span = [np.array([x], dtype=np.int64) for x in (0, reference.span.start, reference.span.end, -1)]
        identities = Identities(self.tables.gold.entities, self.tables.gold.events)
        kind, cluster, _, _ = identities.find(References(*span), by_id=False, with_triggers=False)
        return self.tables.clusters[cluster[0]] if kind[0] == 0 else None


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
