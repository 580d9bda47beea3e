"""Build the measures of a result: each number that is reported, from the counts of one metric or of several."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from vostochny.metrics.catalogue import (
    ACCURACIES,
    CLUSTER_COUNTS,
    CLUSTER_SCORES,
    HEADLINES,
    MACRO,
    METRICS,
    MacroScore,
)
from vostochny.metrics.counts import Counts
from vostochny.stats.moments import Key, Moments, Rows
from vostochny.stats.scores import Combine, Measure, macro, mean, micro, recall_only, unstated

# Facets that a prediction without a partner in the gold has no value of: by value, precision and F1 are undefined.
RECALL_FACETS = frozenset({"directness"})


def plain_measures(
    counts: Mapping[str, Counts], moments: Moments | None = None, stated: Collection[str] = tuple(ACCURACIES)
) -> dict[str, Measure]:
    """Return the measures of plain metrics by name: each metric's own, and its macro score right after it.

    An accuracy is undefined unless it is among those whose attribute is ``stated``.
    """
    out: dict[str, Measure] = {}
    for name, one in counts.items():
        combine = unstated if name in ACCURACIES and name not in stated else choose_combine(name)
        out[name] = Measure(name, (one,), combine, moments=moments)
        out |= {key: Measure(key, (one,), macro, row.facet, moments) for key, row in _find_macro(name).items()}
    return out


def choose_combine(name: str) -> Combine:
    """Return the function that a plain metric's number is of its totals."""
    return recall_only if name in ACCURACIES else micro


def coreference_measures(counts: Mapping[str, Counts], moments: Moments | None = None) -> dict[str, Measure]:
    """Return the scores of clusters by name, of every kind and setting in ``counts``.

    Names are ``coreference.<kind>.<setting>.<name>``, in ``counts`` and in what is returned.
    """
    out: dict[str, Measure] = {}
    for prefix in dict.fromkeys(name.rpartition(".")[0] for name in counts):
        for score, row in CLUSTER_SCORES.items():
            parts = tuple(counts[f"{prefix}.{name}"] for name in row.counts)
            name, combine = f"{prefix}.{score}", mean if len(parts) > 1 else micro
            out[name] = Measure(name, parts, combine, moments=moments)
    return out


def break_down(measure: Measure, facet: str) -> dict[str, Measure]:
    """Return the measure of each value of a facet, those with the most gold first; items without a value are left out.

    It is F1, or recall for RECALL_FACETS. The measure has one count.
    """
    combine: Combine = recall_only if facet in RECALL_FACETS else micro
    parts = [
        Measure(value, (part,), combine, moments=measure.moments, selected=(facet, value))
        for value, part in measure.counts[0].by(facet).items()
        if value
    ]
    return {part.name: part for part in sorted(parts, key=lambda part: (-part.support, part.name))}


def list_rows(counts: Mapping[str, Counts]) -> Iterator[Rows]:
    """Yield the rows that moments are needed of: those of all measures of these counts, and of what they break into.

    The headline metrics are broken down by each of their facets.
    """
    for name, one in counts.items():
        yield Rows([(one.metric,)], one.unit, np.zeros_like(one.unit), one.cells, _find_set(name))
        facets = set(one.facets) if name in HEADLINES.values() else set()
        macros = {row.facet for row in _find_macro(name).values()}
        for facet in sorted(facets | macros):
            values, part = one.find_parts(facet)
            keys: list[Key] = [(one.metric, facet, value) for value in values]
            yield Rows(keys, one.unit, part[one.stratum], one.cells, (name, facet) if facet in macros else ())


def list_no_rows(counts: Mapping[str, Counts]) -> tuple[Rows, ...]:
    """Return no rows: those that moments are needed of where no intervals are asked for."""
    return ()


def _find_macro(name: str) -> dict[str, MacroScore]:
    """Return the macro scores of a metric, by name."""
    return {key: row for key, row in MACRO.items() if row.metric == name}


def _find_set(name: str) -> Key:
    """Return the name of the set of counts that are combined with these, where any are."""
    prefix, _, count = name.rpartition(".")
    if name in METRICS or count not in CLUSTER_COUNTS:
        return ()
    return next(
        ((prefix, score) for score, row in CLUSTER_SCORES.items() if count in row.counts and len(row.counts) > 1), ()
    )
