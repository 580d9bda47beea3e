"""Build the measures of a result: each number that is reported, from the counts of one metric or of several."""

from __future__ import annotations

from collections.abc import Mapping

from vostochny.metrics.catalogue import ACCURACIES, MACRO
from vostochny.metrics.coreference import BLANC, CONLL
from vostochny.metrics.counts import Counts
from vostochny.stats.scores import Measure, macro, mean, recall_only


def plain_measures(counts: Mapping[str, Counts]) -> dict[str, Measure]:
    """Return the measures of plain metrics by name: each metric's own, and its macro score right after it."""
    out: dict[str, Measure] = {}
    for name, one in counts.items():
        out[name] = Measure(name, (one,), recall_only) if name in ACCURACIES else Measure(name, (one,))
        out |= {key: Measure(key, (one,), macro, row.facet) for key, row in MACRO.items() if row.metric == name}
    return out


def coreference_measures(counts: Mapping[str, Counts]) -> dict[str, Measure]:
    """Return CoNLL F1, its three parts, LEA, BLANC and mention detection of every setting in ``counts``.

    Names are ``coreference.<kind>.<setting>.<metric>``, in ``counts`` and in what is returned.
    """
    out: dict[str, Measure] = {}
    for prefix in dict.fromkeys(name.rpartition(".")[0] for name in counts):
        parts = {name: counts[f"{prefix}.{name}"] for name in ("muc", "b3", "ceaf", "lea", "mentions")}
        out[f"{prefix}.conll"] = Measure(f"{prefix}.conll", tuple(parts[n] for n in CONLL), mean)
        out |= {f"{prefix}.{name}": Measure(f"{prefix}.{name}", (one,)) for name, one in parts.items()}
        blanc = tuple(counts[f"{prefix}.{n}"] for n in BLANC)
        out[f"{prefix}.blanc"] = Measure(f"{prefix}.blanc", blanc, mean)
    return out
