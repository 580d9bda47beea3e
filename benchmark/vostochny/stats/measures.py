"""Build the measures of a result: each number that is reported, from the counts of one metric or of several."""

from __future__ import annotations

from collections.abc import Mapping

from vostochny.metrics.catalogue import ACCURACIES, CLUSTER_SCORES, MACRO
from vostochny.metrics.counts import GOLD, Counts
from vostochny.stats.scores import Combine, Measure, macro, mean, micro, recall_only

# Facets that a prediction without a partner in the gold has no value of: by value, precision and F1 are undefined.
RECALL_FACETS = frozenset({"directness"})


def plain_measures(counts: Mapping[str, Counts]) -> dict[str, Measure]:
    """Return the measures of plain metrics by name: each metric's own, and its macro score right after it."""
    out: dict[str, Measure] = {}
    for name, one in counts.items():
        out[name] = Measure(name, (one,), recall_only) if name in ACCURACIES else Measure(name, (one,))
        out |= {key: Measure(key, (one,), macro, row.facet) for key, row in MACRO.items() if row.metric == name}
    return out


def coreference_measures(counts: Mapping[str, Counts]) -> dict[str, Measure]:
    """Return the scores of clusters by name, of every kind and setting in ``counts``.

    Names are ``coreference.<kind>.<setting>.<name>``, in ``counts`` and in what is returned.
    """
    out: dict[str, Measure] = {}
    for prefix in dict.fromkeys(name.rpartition(".")[0] for name in counts):
        for score, row in CLUSTER_SCORES.items():
            parts = tuple(counts[f"{prefix}.{name}"] for name in row.counts)
            out[f"{prefix}.{score}"] = Measure(f"{prefix}.{score}", parts, mean if len(parts) > 1 else micro)
    return out


def break_down(counts: Counts, facet: str) -> dict[str, Measure]:
    """Return the measure of each value of a facet, those with the most gold first; items without a value are left out.

    It is F1, or recall for RECALL_FACETS.
    """
    combine: Combine = recall_only if facet in RECALL_FACETS else micro
    parts = sorted(counts.by(facet).items(), key=lambda part: (-part[1].total()[GOLD], part[0]))
    return {value: Measure(value, (part,), combine) for value, part in parts if value}
