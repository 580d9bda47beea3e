"""The agreement of two readings for discrepancies."""

from __future__ import annotations

import json

import pytest

from scripts.agreement.readings import compare_readings, list_tokens, match_entries, read_readings
from scripts.discrepancy_lines import Row
from scripts.files import ANNOTATIONS
from scripts.store import AGREEMENT, Store
from vostochny.model import Span

TOKENS = {doc_id: [Span(i, i + 1) for i in range(10)] for doc_id in ("a", "b")}


def row(*spans: tuple[str, int, int], relation: str = "framing", salience: str = "minor") -> Row:
    places = [{"doc_id": doc_id, "start": start, "end": end} for doc_id, start, end in spans]
    return {"relation": relation, "salience": salience, "spans": places}


def test_entries_are_the_same_by_dice_averaged_over_articles() -> None:
    # Article a: 2·2/(2+4) = 2/3; article b: only one side has spans there, 0. The average is 1/3.
    one, other = row(("a", 0, 2)), row(("a", 0, 4), ("b", 0, 1))
    assert match_entries([one], [other], TOKENS, 0.33) == [(one, other)]
    assert match_entries([one], [other], TOKENS, 0.34) == []


def test_an_entry_is_the_same_as_one_other_at_most() -> None:
    wide, exact, far = row(("a", 0, 4)), row(("a", 0, 2)), row(("a", 8, 9))
    # The greatest sum pairs wide with wide and exact with exact, whatever the order.
    for a, b in (([wide, exact], [exact, wide, far]), ([exact, wide], [far, wide, exact])):
        assert sorted(match_entries(a, b, TOKENS, 0.3), key=str) == sorted([(wide, wide), (exact, exact)], key=str)


def test_a_reading_agrees_with_itself_and_labels_have_a_kappa() -> None:
    a = [row(("a", 0, 2), salience="major"), row(("b", 3, 5), relation="omission")]
    b = [row(("a", 0, 2)), row(("b", 3, 5), relation="omission")]
    assert compare_readings(a, a, TOKENS)["entries"]["0.5"] == {"f1": 1, "both": 2, "a": 2, "b": 2}
    report = compare_readings(a, b, TOKENS)
    assert report["kappa"]["relation"] == {"kappa": 1, "items": 2, "agreed": 2}
    assert report["kappa"]["salience"]["agreed"] == 1
    assert report["major_entries"]["0.3"] == {"f1": 0, "both": 0, "a": 1, "b": 0}
    assert compare_readings([], [], TOKENS)["entries"]["0.3"]["f1"] is None


def test_the_published_figures_are_those_of_the_published_readings() -> None:
    store = Store()
    readings = read_readings(store)
    report = json.loads((ANNOTATIONS / AGREEMENT).read_text(encoding="utf-8"))["discrepancies"]
    found = compare_readings(readings["a"], readings["b"], list_tokens(store.read_gold()))
    assert report["entries"]["0.3"]["f1"] == pytest.approx(found["entries"]["0.3"]["f1"], abs=1e-6)
    assert [len(rows) for rows in readings.values()] == [report["entries"]["0.3"][side] for side in ("a", "b")]
