"""The result as one JSON object."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from vostochny import statistics
from vostochny.scoring import Result


def as_dict(result: Result) -> dict[str, Any]:
    """Micro totals and the parts by every facet of each metric; undefined scores are null."""
    metrics: dict[str, Any] = {}
    for name, counts in result.counts.items():
        parts = {
            facet: {value: asdict(statistics.score(part)) for value, part in counts.by(facet).items()}
            for facet in counts.facets
        }
        metrics[name] = asdict(statistics.score(counts)) | {"by": parts}
    return {
        "documents": list(result.documents),
        "without_prediction": list(result.without_prediction),
        "layers": list(result.layers),
        "metrics": metrics,
    }


def render(result: Result) -> str:
    """The same as text, two spaces a level, ending in a newline."""
    return json.dumps(as_dict(result), ensure_ascii=False, indent=2) + "\n"
