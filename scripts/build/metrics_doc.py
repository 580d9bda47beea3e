"""Compute the tables of docs/metrics.md from the catalogue; ``python -m scripts datasheet`` fills them in."""

from __future__ import annotations

from vostochny.metrics import catalogue
from vostochny.metrics.columns import build_tables
from vostochny.model import LAYERS
from vostochny.report.markdown_writer import format_table


def compute_values() -> dict[str, str]:
    """Return the generated values of docs/metrics.md by name."""
    values = {f"headline-{layer}": f"`{name}`" for layer, name in catalogue.HEADLINES.items()}
    nothing = catalogue.MetricInput(build_tables([], [], frozenset(), frozenset()))
    for layer in LAYERS:
        rows = []
        for name, row in catalogue.MEASURES.items():
            if name.startswith(f"{layer}."):
                # The counts of no documents have the metric's facets.
                facets = row.compute(nothing, name).facets if isinstance(row, catalogue.Metric) else ()
                rows.append((f"`{name}`", row.label, row.definition, ", ".join(facets), row.source or "this project"))
        values[f"metrics-{layer}"] = format_table(("metric", "label", "definition", "facets", "source"), rows, right=())
    settings = [(f"`{name}`", s.label, s.definition) for name, s in catalogue.SETTINGS.items()]
    scores = [(f"`{name}`", s.label, s.definition, s.source) for name, s in catalogue.CLUSTER_SCORES.items()]
    return values | {
        "cluster-settings": format_table(("setting", "label", "definition"), settings, right=()),
        "cluster-scores": format_table(("score", "label", "definition", "source"), scores, right=()),
    }
