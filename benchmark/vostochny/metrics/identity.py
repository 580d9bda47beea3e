"""Who a reference means: a filler, a source or an addressee, by the clusters of the gold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vostochny.metrics.item_tables import Entities, Events
from vostochny.metrics.matching import Ints, encode, find_overlaps, look_up
from vostochny.metrics.places import Places


@dataclass(frozen=True, eq=False)
class References:
    """References of one kind: document, start and end (-1 for none), and the row of the entity that an id names."""

    document: Ints
    start: Ints
    end: Ints
    row: Ints


class Identities:
    """Who a reference means according to the gold: the cluster of the mention that it points at.

    The mention of a gold reference is the one that its id names; otherwise it is the gold mention on the reference's
    span (of several the one of the lowest level), else the one that overlaps it best (Dice over characters; of equals
    the shorter, then the earlier). A mention without a cluster stands for itself. A reference that touches no gold
    mention means its span, which equals nothing that has a mention. The trigger of a gold event, where it is asked for,
    stands for itself, because events are fillers too.
    """

    def __init__(self, entities: Entities, events: Events):
        self._mentions, self._triggers = entities, events

    @cached_property
    def _order(self) -> Ints:
        """The rows of the mentions by content: the first of equals must not depend on the order of the input."""
        e = self._mentions
        order: Ints = np.lexsort((e.cluster, e.type, e.level, e.end, e.start, e.document))
        return order

    @cached_property
    def _entities(self) -> Entities:
        return self._mentions.where(self._order)

    def find(self, references: References, by_id: bool, with_triggers: bool) -> tuple[Ints, ...]:
        """Return four columns that are equal for references that mean the same; of absent ones they mean nothing."""
        document, start, end, row = references.document, references.start, references.end, references.row
        if not len(document):
            return document, document, document, document
        entities = self._entities
        at, known, triggers = encode((document, start, end), entities.span, self._triggers.span)
        mention = look_up(at, known)
        # The rest overlaps at best.
        rest = np.flatnonzero((mention < 0) & (start >= 0))
        if len(rest):
            keys = Places.key(document[rest], start[rest]), Places.key(document[rest], end[rest])
            others = Places.key(entities.document, entities.start), Places.key(entities.document, entities.end)
            reference, other = find_overlaps(keys, others)
            shared = np.minimum(keys[1][reference], others[1][other]) - np.maximum(keys[0][reference], others[0][other])
            length = others[1][other] - others[0][other]
            dice = 2 * shared / (keys[1][reference] - keys[0][reference] + length)
            order = np.lexsort((other, length, -dice, reference))  # entities are in order, so ``other`` is the earlier
            reference, other = reference[order], other[order]
            first = np.flatnonzero(np.diff(reference, prepend=-1))
            mention[rest[reference[first]]] = other[first]
        if by_id:
            places = np.empty(len(self._order), dtype=np.int64)
            places[self._order] = np.arange(len(self._order))
            named = row >= 0
            mention[named] = places[row[named]]
        found = mention >= 0
        cluster, mention_start, mention_end = (np.full(len(start), -1) for _ in range(3))
        cluster[found] = entities.cluster[mention[found]]
        alone = found & (cluster < 0)
        mention_start[alone], mention_end[alone] = entities.start[mention[alone]], entities.end[mention[alone]]
        kind = np.where(cluster >= 0, 0, np.where(alone, 1, 2))
        bare = ~found
        if with_triggers:
            is_trigger = look_up(at, triggers) >= 0
            kind[is_trigger], cluster[is_trigger] = 3, -1
            bare |= is_trigger
        mention_start[bare], mention_end[bare] = start[bare], end[bare]
        return kind, cluster, mention_start, mention_end
