"""Below a table of scores stands which form its intervals have, where there are many units or documents."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.support.report_inputs import GOLD, ONTOLOGY, make_mistakes
from vostochny import scoring
from vostochny.report import EXPLANATION, comparison, explain_intervals, page, result_json, terminal

RESULTS = [
    scoring.score(GOLD, predicted, ONTOLOGY, scoring.Options(resamples=50))
    for predicted in ({d.doc_id: d for d in GOLD}, make_mistakes(GOLD))
]
UNITS = "more than 500 paragraphs, so resamples are taken from the normal distribution that they converge to"
DOCUMENTS = "more than 1000 documents, so the effect of leaving one out is taken from the gradient of the score"


@pytest.mark.parametrize(("units", "documents", "said"), [
    (500, 100, []), (501, 100, [UNITS]), (501, 1000, [UNITS]), (1001, 1001, [UNITS, DOCUMENTS]),
])  # fmt: skip
def test_every_output_says_which_form_was_used(units: int, documents: int, said: list[str]) -> None:
    other = replace(RESULTS[1], units=units, size=documents)
    expected = explain_intervals(other)
    assert expected.startswith(EXPLANATION) and (expected == EXPLANATION) == (not said)
    table = comparison.compare_systems(["one", "other"], RESULTS)
    compared = comparison.render_text(replace(table, units=units, size=documents))
    assert table.units == RESULTS[0].units > 50
    outputs = [terminal.render(other), page.render(other, "system"), result_json.render(other), compared]
    for text in outputs:
        assert [x for x in (UNITS, DOCUMENTS) if x in text] == said
    assert json.loads(outputs[2])["explanation"] == expected and f"\n{expected}\n" in outputs[0]
    assert (f"/units={units}" in other.signature) == (UNITS in said)


def test_without_intervals_nothing_is_said_of_their_form() -> None:
    result = replace(RESULTS[1], units=10**6, size=10**6, options=replace(RESULTS[1].options, resamples=0))
    assert UNITS not in terminal.render(result) and UNITS not in page.render(result, "system")
