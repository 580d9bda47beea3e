"""The result as a table for a terminal."""

from __future__ import annotations

from vostochny import statistics
from vostochny.metrics.counts import Counts
from vostochny.report import BY_TYPE, LABELS
from vostochny.scoring import Result

_HEAD = f"{'':<36}{'P':>8}{'R':>8}{'F1':>8}{'right':>8}{'gold':>7}{'pred':>7}"


def render(result: Result, by_type: bool = True) -> str:
    """Micro totals of every metric by layer; with ``by_type`` the primary metric of each layer by type as well."""
    lines: list[str] = []
    for layer in result.layers:
        lines += ["", f"{layer:<36}{_HEAD[36:]}"]
        for name, counts in result.counts.items():
            if name.startswith(layer):
                lines.append(_row(LABELS[name], counts))
        if by_type:
            counts = result.counts[BY_TYPE[layer]]
            facet = counts.facets[0]
            parts = sorted(counts.by(facet).items(), key=lambda p: (-p[1].total()[1], p[0]))
            # By directness a prediction without a partner has no place, so only recall means something there.
            recall_only = facet == "directness"
            lines.append(f"  {LABELS[BY_TYPE[layer]]}, by {facet}")
            lines += [_row(f"  {value}", part, recall_only) for value, part in parts if value]
    if result.without_prediction:
        lines += ["", f"no prediction for {', '.join(result.without_prediction)}: counted as empty"]
    return "\n".join(lines[1:]) + "\n"


def _row(label: str, counts: Counts, recall_only: bool = False) -> str:
    s = statistics.score(counts)
    p, r, f = (_percent(x) for x in (s.precision, s.recall, s.f1))
    if recall_only:
        return f"  {label:<34}{'':>8}{r:>8}{'':>8}{s.right:>8.0f}{s.gold:>7.0f}{'':>7}"
    return f"  {label:<34}{p:>8}{r:>8}{f:>8}{s.right:>8.0f}{s.gold:>7.0f}{s.predicted:>7.0f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"
