"""Tests of offsets of which one side counts otherwise: valid predictions, wrong by one character."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vostochny
from vostochny import cli, scoring
from vostochny.metrics.shifted import SHIFTS
from vostochny.model import Span
from vostochny.ontology import load_ontology

GOLD = vostochny.load()
OPTIONS = scoring.Options(resamples=0)
Shift = tuple[int, int]


def make_rows(move: Callable[[int], Shift], with_text: bool = False) -> list[dict[str, Any]]:
    """Return the gold's entities and triggers as rows, each moved; ``move`` gets the number of the document."""

    def span(number: int, of: Span) -> dict[str, int]:
        start, end = move(number)
        return {"start": of.start + start, "end": of.end + end}

    return [
        {
            "doc_id": d.doc_id,
            **({"text": d.text} if with_text else {}),
            "entities": [
                {**span(n, e.span), "type": e.type}
                for e in d.entities
                if e.span.start > 0 and len(e.span.of(d.text)) > 1
            ],
            "events": [{"trigger": span(n, e.trigger), "type": e.type} for e in d.events],
        }
        for n, d in enumerate(GOLD)
    ]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def list_notes(tmp_path: Path, rows: list[dict[str, Any]], gold: Path | None = None) -> list[str]:
    """Return the notes of a score, which are the same for documents in memory, one file and one file per document."""
    gold = gold or write(tmp_path / "gold.jsonl", make_rows(lambda _: (0, 0), with_text=True))
    whole = write(tmp_path / "whole.jsonl", rows)
    parts = [str(write(tmp_path / f"part{i}.jsonl", [row])) for i, row in enumerate(rows)]
    ontology = load_ontology()
    notes = [
        [n for n in scoring.score_files(str(gold), paths, ontology, OPTIONS).notes if "would have" in n]
        for paths in (str(whole), parts)
    ]
    assert notes[0] == notes[1]
    return notes[0]


@pytest.mark.parametrize("shift", SHIFTS)
def test_predictions_that_count_otherwise_are_recognised(tmp_path: Path, shift: Shift) -> None:
    notes = list_notes(tmp_path, make_rows(lambda _: (-shift[0], -shift[1])))
    assert [(n.split()[1] == n.split()[3], n.split()[4]) for n in notes] == [(True, "entities"), (True, "events")]
    assert all(f"if their {SHIFTS[shift][0]}: " in n for n in notes)


def test_a_gold_with_inclusive_ends_is_recognised_and_read_by_the_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold = write(tmp_path / "gold.jsonl", make_rows(lambda _: (0, -1), with_text=True))
    predictions = write(tmp_path / "p.jsonl", make_rows(lambda _: (0, 0)))
    arguments = ["score", str(predictions), "--gold", str(gold), "--resamples", "0", "--metric", "entities.all"]
    assert cli.main(arguments) == 2 and "none would: --gold-offsets inclusive" in capsys.readouterr().err
    assert cli.main([*arguments, "--gold-offsets", "characters"]) == 0
    assert "--gold-offsets a gold" in capsys.readouterr().out
    assert cli.main([*arguments, "--gold-offsets", "inclusive", "--fail-under", "entities.all=1"]) == 0
    assert "would have a gold span" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "move",
    [
        lambda _: (0, 0),
        lambda n: (0, 0) if n < 3 else (0, -1),  # most of the items are right
        lambda _: (-2, 0),
    ],
    ids=["right", "two of five documents", "two characters"],
)
def test_other_predictions_are_not(tmp_path: Path, move: Callable[[int], Shift]) -> None:
    assert list_notes(tmp_path, make_rows(move)) == []


def test_random_mistakes_are_not(tmp_path: Path) -> None:
    rng = random.Random(0)
    moves = (-1, 0, 1)
    rows = make_rows(lambda _: (rng.choice(moves), rng.choice(moves)))
    for row in rows:
        row["entities"] = [e for e in row["entities"] if e["start"] < e["end"]]
        row["events"] = [e for e in row["events"] if e["trigger"]["start"] < e["trigger"]["end"]]
    assert list_notes(tmp_path, rows) == []
