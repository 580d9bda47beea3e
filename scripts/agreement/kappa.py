"""Agreement of two annotators: labels on what both marked, beyond chance.

Spans, arguments and clusters are compared by the scores of this package with one annotator as gold: F1 is then mutual
F1 (Hripcsak & Rothschild 2005), precision and recall are the two directions, agr(B→A) and agr(A→B) of Wiebe et al.
(2005). What is left is Cohen's κ for the labels of items that both found.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

import numpy as np

from vostochny.metrics.counts import Floats, Ints
from vostochny.metrics.pairs import Pair
from vostochny.model import Document, Entity, Event, Span

Labelled = Iterable[tuple[Hashable, Span, str | None]]  # what makes it the same item, where it stands, its label


@dataclass(frozen=True)
class Confusion:
    """How often A said one label and B another: ``values[unit, a, b]``, rows that add up like Counts.

    ``documents`` gives the document of each unit.
    """

    labels: tuple[str, ...]
    values: Floats
    documents: Ints

    def kappa(self) -> float | None:
        """κ over all units; see :func:`kappa`."""
        return kappa(self.values.sum(axis=0))


def kappa(table: Floats) -> float | None:
    """Cohen's κ (1960) of a table of label pairs, shape (labels, labels): (observed - chance) / (1 - chance).

    None where nothing was compared, or where both used one and the same label throughout, so that chance agreement is
    whole and κ is undefined.
    """
    total = float(table.sum())
    if not total:
        return None
    observed = float(np.trace(table)) / total
    chance = float(table.sum(axis=0) @ table.sum(axis=1)) / total**2
    return None if chance == 1 else (observed - chance) / (1 - chance)


def confusion(pairs: list[Pair], items: Callable[[Document], Labelled]) -> Confusion:
    """Label pairs of the items that both annotators have, item by equal key; of equal keys the n-th meets the n-th."""
    found: list[tuple[int, str, str]] = []
    for pair in pairs:
        waiting: dict[Hashable, list[str]] = {}
        for key, _, label in items(pair.predicted):
            waiting.setdefault(key, []).append(label or "–")
        for key, span, label in items(pair.gold):
            if waiting.get(key):
                found.append((pair.place(span)[0], label or "–", waiting[key].pop(0)))
    return _table(pairs, found)


def quote_confusion(pairs: list[Pair], label: Callable[[Pair, Document, int], str | None]) -> Confusion:
    """Label pairs of quotes paired by content (units.pair_quotes); ``label(pair, side, index)`` reads one."""
    found = [
        (
            pair.place(pair.gold.quotes[a].content[0])[0],
            label(pair, pair.gold, a) or "–",
            label(pair, pair.predicted, b) or "–",
        )
        for pair in pairs
        for a, b in pair.quote_pairs.items()
    ]
    return _table(pairs, found)


def _table(pairs: list[Pair], found: list[tuple[int, str, str]]) -> Confusion:
    labels = tuple(sorted({label for _, a, b in found for label in (a, b)}))
    place = {label: i for i, label in enumerate(labels)}
    documents = Pair.units(pairs)
    values = np.zeros((len(documents), len(labels), len(labels)))
    for unit, a, b in found:
        values[unit, place[a], place[b]] += 1
    return Confusion(labels, values, documents)


def mentions(attribute: Callable[[Entity], str | None]) -> Callable[[Document], Labelled]:
    """Entities by span, labelled by ``attribute(entity)``."""
    return lambda d: [(e.span, e.span, attribute(e)) for e in d.entities]


def triggers(attribute: Callable[[Event], str | None]) -> Callable[[Document], Labelled]:
    """Events by trigger, labelled by ``attribute(event)``."""
    return lambda d: [(e.trigger, e.trigger, attribute(e)) for e in d.events]


def arguments(document: Document) -> Labelled:
    """Arguments by trigger and filler, labelled by role."""
    return [((e.trigger, a.filler.span), a.filler.span, a.role) for e in document.events for a in e.arguments]
