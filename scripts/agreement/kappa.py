"""Cohen's κ: how far two annotators agree, beyond chance, on the labels of the items that both marked.

Whether both mark the same spans, arguments and clusters is measured by the benchmark's own metrics; see ``two_passes``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

import numpy as np

from vostochny.metrics.matching import Floats, Ints
from vostochny.metrics.pairs import Pair
from vostochny.metrics.quotes import pair_quotes
from vostochny.model import Document, Entity, Event, Quote, Span

# Items of a document: what identifies the item in both annotations, its place, and its label.
LabelledItems = Iterable[tuple[Hashable, Span, str | None]]


@dataclass(frozen=True)
class Confusion:
    """How often one annotator (A) chose one label and the other (B) another, for the same items.

    ``values`` has the shape (units, labels of A, labels of B) and adds up over units, as Counts do; ``labels`` names
    the labels of both; ``documents`` gives the index of the document of each unit.
    """

    labels: tuple[str, ...]
    values: Floats
    documents: Ints

    def kappa(self) -> float | None:
        """Return κ over all units; see :func:`compute_kappa`."""
        return compute_kappa(self.values.sum(axis=0))


def compute_kappa(table: Floats) -> float | None:
    """Return Cohen's κ (1960) of a table of label pairs, shape (labels, labels): (observed - chance) / (1 - chance).

    None where the table is empty, or where both annotators used one and the same label throughout: agreement by chance
    is then 1, and κ is undefined.
    """
    total = float(table.sum())
    if not total:
        return None
    observed = float(np.trace(table)) / total
    chance = float(table.sum(axis=0) @ table.sum(axis=1)) / total**2
    return None if chance == 1 else (observed - chance) / (1 - chance)


def compare_labels(pairs: list[Pair], items: Callable[[Document], LabelledItems]) -> Confusion:
    """Return the labels of the items that both annotators have, A's being the gold side of the pairs.

    Items are the same where their keys are equal; where a key is repeated, the n-th item of A is the n-th of B. An item
    without a label has the label "–".
    """
    labels: list[tuple[int, str, str]] = []
    for pair in pairs:
        waiting: dict[Hashable, list[str]] = {}
        for key, _, label in items(pair.predicted):
            waiting.setdefault(key, []).append(label or "–")
        for key, span, label in items(pair.gold):
            if waiting.get(key):
                labels.append((pair.locate(span)[0], label or "–", waiting[key].pop(0)))
    return _count(pairs, labels)


def compare_quote_labels(pairs: list[Pair], label: Callable[[Quote], str | None]) -> Confusion:
    """Return the labels of the quotes that the benchmark pairs by the overlap of their content (quotes.pair_quotes)."""
    labels = [
        (
            pair.locate(pair.gold.quotes[a].content[0])[0],
            label(pair.gold.quotes[a]) or "–",
            label(pair.predicted.quotes[b]) or "–",
        )
        for pair in pairs
        for a, b in zip(*(rows.tolist() for rows in pair_quotes(pair.tables)), strict=True)
    ]
    return _count(pairs, labels)


def _count(pairs: list[Pair], items: list[tuple[int, str, str]]) -> Confusion:
    """Return the counts of items given as (unit, label of A, label of B)."""
    labels = tuple(sorted({label for _, a, b in items for label in (a, b)}))
    index = {label: i for i, label in enumerate(labels)}
    documents = Pair.unit_documents(pairs)
    values = np.zeros((len(documents), len(labels), len(labels)))
    for unit, a, b in items:
        values[unit, index[a], index[b]] += 1
    return Confusion(labels, values, documents)


def label_mentions(attribute: Callable[[Entity], str | None]) -> Callable[[Document], LabelledItems]:
    """Return a function that lists a document's entities by span, labelled by ``attribute(entity)``."""
    return lambda d: [(e.span, e.span, attribute(e)) for e in d.entities]


def label_triggers(attribute: Callable[[Event], str | None]) -> Callable[[Document], LabelledItems]:
    """Return a function that lists a document's events by trigger, labelled by ``attribute(event)``."""
    return lambda d: [(e.trigger, e.trigger, attribute(e)) for e in d.events]


def label_arguments(document: Document) -> LabelledItems:
    """Return a document's arguments by trigger and filler, labelled by role."""
    return [((e.trigger, a.filler.span), a.filler.span, a.role) for e in document.events for a in e.arguments]
