"""Render a result as one JSON object."""

from __future__ import annotations

import json
from dataclasses import asdict

from vostochny.metrics.catalogue import ACCURACIES
from vostochny.report import explain_intervals, track_scores
from vostochny.scoring import Result
from vostochny.stats import scores
from vostochny.stats.scores import Measure


def as_dict(result: Result) -> dict[str, object]:
    """Return every measure with its intervals, per-document values and micro scores by each facet; undefined is null.

    ``documents`` and ``without_prediction`` list as many names as scoring.Result keeps; ``size`` and ``unpredicted``
    are the numbers of all of them.
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
            "missed": result.placement.unplaced_count,
            "unplaced": [words for _, words in result.placement.unplaced],
        },
        "coverage": {doc_id: asdict(c) for doc_id, c in result.coverage.items()},
        "explanation": explain_intervals(result),
        "metrics": {name: _measure_as_dict(result, measure) for name, measure in track_scores(result.measures)},
    }


def _measure_as_dict(result: Result, measure: Measure) -> dict[str, object]:
    out: dict[str, object] = {"value": measure.value, "support": measure.support}
    if measure.score:
        counts = measure.counts[0]
        out |= asdict(measure.score)
        if measure.name in ACCURACIES:  # precision, recall and F1 are the same number, kept as recall
            del out["precision"], out["predicted"], out["f1"]
        if counts.facets:
            out["by"] = {
                facet: {value: asdict(measure.describe(scores.score(part))) for value, part in counts.by(facet).items()}
                for facet in counts.facets
            }
    uncertainty = result.uncertainty(measure)
    if uncertainty:
        out["by_document"] = (
            dict(zip(result.documents, uncertainty.documents, strict=False))
            if len(uncertainty.documents) == len(result.documents)
            else {}
        )
        out["leave_one_out"] = uncertainty.leave_one_out
        out["these_articles"] = uncertainty.these_articles
        out["new_articles"] = uncertainty.new_articles
        out["notes"] = list(uncertainty.notes)
    return out


def render(result: Result) -> str:
    """Return the object as text, indented by two spaces, ending in a newline."""
    return json.dumps(as_dict(result), ensure_ascii=False, indent=2) + "\n"
