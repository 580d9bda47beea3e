"""The result as one JSON object."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from vostochny.metrics.catalogue import ACCURACIES
from vostochny.report import EXPLANATION
from vostochny.scoring import Result
from vostochny.stats import scores
from vostochny.stats.scores import Measure


def as_dict(result: Result) -> dict[str, Any]:
    """Every measure with its intervals, per-document values and micro scores by each facet; undefined is null.

    ``documents`` and ``without_prediction`` are names, as many as scoring.Result keeps; ``size`` and ``unpredicted``
    are how many there are.
    """
    return {
        "signature": result.signature,
        "size": result.size,
        "documents": list(result.documents),
        "unpredicted": result.unpredicted,
        "without_prediction": list(result.without_prediction),
        "left_out": [str(problem) for problem in result.left_out],
        "notes": list(result.notes),
        "layers": list(result.layers),
        "placement": {
            "exact": result.placement.exact,
            "normalised": result.placement.normalised,
            "missed": result.placement.missed,
            "unplaced": [words for _, words in result.placement.unplaced],
        },
        "coverage": {doc_id: asdict(c) for doc_id, c in result.coverage.items()},
        "explanation": EXPLANATION,
        "metrics": {name: _measure(result, measure) for name, measure in result.measures.items()},
    }


def _measure(result: Result, measure: Measure) -> dict[str, Any]:
    out: dict[str, Any] = {"value": measure.value, "support": measure.support}
    if len(measure.counts) == 1 and not measure.facet:
        counts = measure.counts[0]
        out |= asdict(scores.score(counts))
        if measure.name in ACCURACIES:
            del out["precision"], out["predicted"], out["f1"]
        if counts.facets:
            out["by"] = {
                facet: {value: asdict(scores.score(part)) for value, part in counts.by(facet).items()}
                for facet in counts.facets
            }
    found = result.uncertainty(measure)
    if found:
        out["by_document"] = (
            dict(zip(result.documents, found.documents, strict=False)) if _per_document(result, measure) else {}
        )
        out["leave_one_out"] = found.leave_one_out
        out["these_articles"] = found.these_articles
        out["new_articles"] = found.new_articles
        out["notes"] = list(found.notes)
    return out


def _per_document(result: Result, measure: Measure) -> bool:
    return len(measure.by_document) == len(result.documents) > 0


def render(result: Result) -> str:
    """The same as text, two spaces a level, ending in a newline."""
    return json.dumps(as_dict(result), ensure_ascii=False, indent=2) + "\n"
