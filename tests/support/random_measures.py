"""Random items of made-up systems and the measures they give, for tests of scores and of their intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vostochny.metrics.counts import GOLD_CREDIT, PREDICTED_CREDIT, Counts
from vostochny.metrics.matching import Ints
from vostochny.stats.moments import Key, Moments
from vostochny.stats.scores import Measure

# The document of each of forty units (paragraphs): five documents of unequal length.
DOCUMENTS = np.repeat(np.arange(5), (9, 4, 12, 7, 8))
TYPES = ("PER", "ORG", "GPE")


@dataclass(frozen=True, slots=True)
class Item:
    """One gold or predicted item with its credit; ``stratum`` has one value for each facet of its metric."""

    unit: int
    stratum: tuple[str, ...]
    credit: float
    weight: float = 1.0


def tally(
    metric: str, facets: tuple[str, ...], documents: Ints, gold: Iterable[Item], predicted: Iterable[Item]
) -> Counts:
    """Add up lists of items to counts.

    Args:
        metric: the name of the metric.
        facets: the names of the parts of a stratum.
        documents: the document of every unit, units without items included.
        gold: the gold items.
        predicted: the predicted items.
    """
    sides = list(gold), list(predicted)
    names: dict[tuple[str, ...], int] = {}
    for side in sides:
        for item in side:
            names.setdefault(item.stratum, len(names))
    values = np.zeros((len(documents), len(names), 4))
    for side, at in zip(sides, (GOLD_CREDIT, PREDICTED_CREDIT), strict=True):
        for item in side:
            cell = values[item.unit, names[item.stratum]]
            cell[at] += item.credit
            cell[at + 1] += item.weight
    return Counts.of_table(metric, facets, tuple(names), values, documents)


def draw_items(seed: int, documents: np.ndarray = DOCUMENTS, skill: float = 0.7) -> tuple[list[Item], list[Item]]:
    """Return gold and predicted items of a system that finds ``skill`` of the gold and invents as much as it misses.

    About three gold items per unit, of random types.

    Args:
        seed: of the random numbers; the same seed gives the same items.
        documents: the document of each unit.
        skill: the chance that a gold item is found.
    """
    rng = np.random.default_rng(seed)
    gold, predicted = [], []
    for unit in range(len(documents)):
        for _ in range(rng.poisson(3)):
            stratum = (str(rng.choice(TYPES)),)
            hit = float(rng.random() < skill)
            gold.append(Item(unit, stratum, hit))
            predicted += [Item(unit, stratum, 1.0)] if hit else []
            predicted += [Item(unit, stratum, 0.0)] if rng.random() < 1 - skill else []
    return gold, predicted


def draw_counts(seed: int, documents: np.ndarray = DOCUMENTS, skill: float = 0.7, metric: str = "x") -> Counts:
    """Return the counts of such items by type; ``metric`` is their name."""
    return tally(metric, ("type",), documents, *draw_items(seed, documents, skill))


def make_measure(values: list[list[float]], documents: np.ndarray | None = None) -> Measure:
    """Return a measure of one count per unit, given as numerator and denominator of recall and of precision.

    Without ``documents`` all units are of one document.
    """
    rows = np.array(values, dtype=float)[:, None]
    where = np.zeros(len(rows), dtype=int) if documents is None else documents
    return Measure("m", (Counts.of_table("m", ("type",), (("x",),), rows, where),))


def assert_equal(one: Moments, other: Moments, keys: Sequence[Key]) -> None:
    """Assert that all that can be asked of two moments about these parts is the same, to the last bit."""
    assert (one.documents, one.units, one.singles) == (other.documents, other.units, other.singles)
    assert one.drawable == other.drawable
    assert (one.within(keys) == other.within(keys)).all()
    assert (one.between(keys) == other.between(keys)).all()
