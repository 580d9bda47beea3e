"""What ``compare`` compares, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.report_inputs import GOLD, ONTOLOGY, make_mistakes
from vostochny import scoring
from vostochny.errors import InputError
from vostochny.metrics import catalogue
from vostochny.model import Document
from vostochny.report import comparison

PERFECT = {d.doc_id: d for d in GOLD}


def compare(first: dict[str, Document], other: dict[str, Document], *metrics: str) -> comparison.ComparisonTable:
    options = scoring.Options(resamples=0, metrics=metrics)
    results = [scoring.score(GOLD, predicted, ONTOLOGY, options) for predicted in (first, other)]
    return comparison.compare_systems(["one", "other"], results)


def test_the_metrics_that_their_rows_say_are_compared():
    rows = compare(PERFECT, make_mistakes(GOLD)).rows
    assert [row.measure for row in rows] == [name for name, m in catalogue.METRICS.items() if m.compared]


def test_a_metric_asked_for_by_name_is_compared_and_stays_in_its_columns():
    table = compare(PERFECT, make_mistakes(GOLD), "entities.lenient", "quotes.cue")
    assert [row.measure for row in table.rows] == ["entities.lenient", "quotes.cue"]
    lines = comparison.render_text(table).splitlines()
    head = next(line for line in lines if "first" in line)
    for metric in ("entities.lenient", "quotes.cue"):
        line = next(line for line in lines if line.startswith(f"  {catalogue.METRICS[metric].label}"))
        assert line[: head.index("  first")].strip() == catalogue.METRICS[metric].label
        assert line[head.index("  first") :].split()[0] == "100.0"
    assert lines[0].endswith("in points of F1")
    accuracies = comparison.render_text(compare(PERFECT, make_mistakes(GOLD), "events.realis"))
    assert "in points of F1 or accuracy" in accuracies


def test_systems_without_a_metric_in_common_are_refused():
    entities = {i: replace(d, emitted=frozenset({"entities"})) for i, d in PERFECT.items()}
    quotes = {i: replace(d, emitted=frozenset({"quotes"})) for i, d in PERFECT.items()}
    with pytest.raises(InputError, match="other: has no metric in common with one"):
        compare(entities, quotes)
