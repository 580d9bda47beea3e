"""Tests of the tables for a terminal."""

from __future__ import annotations

import json
from pathlib import Path

from vostochny import scoring
from vostochny.ontology import load_ontology
from vostochny.report import terminal


def test_large_counts_do_not_touch(tmp_path: Path) -> None:
    """132541 right of 164000 once stood as 132541164000147509."""
    number = 120_000
    items = [{"start": 2 * i, "end": 2 * i + 1, "type": "CARDINAL"} for i in range(number)]
    gold, predictions = tmp_path / "gold.jsonl", tmp_path / "predictions.jsonl"
    gold.write_text(json.dumps({"doc_id": "d", "text": "1 " * number, "entities": items}))
    predictions.write_text(json.dumps({"doc_id": "d", "entities": items}))
    options = scoring.Options(metrics=("entities.all",), resamples=0)
    printed = terminal.render(scoring.score_files(str(gold), str(predictions), load_ontology(), options))
    row = next(line for line in printed.splitlines() if line.startswith("  all mentions, exact"))
    assert row.split()[-3:] == [str(number)] * 3
