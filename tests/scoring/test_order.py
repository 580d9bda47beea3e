"""No score depends on the order of anything: of items, keys, lines, files or workers."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from tests.support.effort import AT_LENGTH
from tests.support.generated_news import ONTOLOGY, Row, generate_corpus, write_files
from vostochny import scoring
from vostochny.formats.input import Input
from vostochny.report import result_json


def add_copies(row: Row, dice: random.Random, is_gold: bool) -> Row:
    """Return a row in which many items stand twice, with other labels, so that there are ties to break.

    A gold mention may not be in two clusters, so its copies have none.
    """
    row = json.loads(json.dumps(row))
    values = {
        "entities": {"type": ["PER", "ORG", "GPE"], "level": ["NAM", "NOM", None], "cluster": ["c0", "c1", None]},
        "events": {"realis": ["actual", "other", None], "polarity": ["positive", "negative", None], "cluster": ["v0"]},
        "quotes": {"directness": ["direct", "indirect", None], "source": [None], "cluster": ["u0", "u1"]},
    }
    for layer, attributes in values.items():
        for item in list(row[layer]):
            while dice.random() < 0.5:
                name = dice.choice(list(attributes))
                copy = {k: v for k, v in item.items() if k != "id"} | {name: dice.choice(attributes[name])}
                row[layer].append(copy | ({"cluster": None} if is_gold else {}))
            if layer == "entities" and dice.random() < 0.3:
                moved = {"start": max(0, item["start"] - dice.choice([0, 1, 4])), "end": item["end"] + 1}
                row[layer].append({**moved, "type": dice.choice(attributes["type"])})
    return row


def shuffle_row(row: Row, dice: random.Random) -> Row:
    """Return a row with its keys, items, arguments and content spans in another order."""

    def mix(values: list[Row]) -> list[Row]:
        return dice.sample(values, len(values))

    row = row | {layer: mix(row[layer]) for layer in ("entities", "events", "quotes")}
    row["events"] = [event | {"arguments": mix(event["arguments"])} for event in row["events"]]
    row["quotes"] = [quote | {"content": mix(quote["content"])} for quote in row["quotes"]]
    return dict(dice.sample(list(row.items()), len(row)))


def score(folder: Path, gold: list[Row], predicted: list[Row], files: int, workers: int) -> tuple[str, str]:
    """Return the numbers of a streamed score and of one that holds all documents, as JSON."""
    folder.mkdir()
    paths = [write_files(folder, name, rows, files) for name, rows in (("gold", gold), ("predicted", predicted))]
    options = scoring.Options(resamples=100)
    streamed = scoring.score_files(*paths, ONTOLOGY, options, scoring.Execution(workers=workers))
    truth = Input(paths[0]).read_gold()
    predictions, _ = Input(paths[1]).read_predictions(truth)
    held = scoring.score(truth.documents, predictions, truth.ontology, options)
    out = []
    for result in (streamed, held):
        numbers = result_json.as_dict(result)
        # Other lines have another hash, and the streamed score has no documents to describe.
        out.append(json.dumps({key: numbers[key] for key in ("documents", "metrics")}))
    return out[0], out[1]


@pytest.mark.parametrize("seed", range(40 if AT_LENGTH else 3))
def test_scores_do_not_depend_on_any_order(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    gold, predicted = generate_corpus(dice.choice([3, 12, 40]), seed=seed)
    gold, predicted = ([add_copies(row, dice, rows is gold) for row in rows] for rows in (gold, predicted))
    expected = score(tmp_path / "first", gold, predicted, 1, 1)
    for turn in range(3):
        rows = [[shuffle_row(row, dice) for row in dice.sample(side, len(side))] for side in (gold, predicted)]
        found = score(tmp_path / f"{turn}", rows[0], rows[1], dice.choice([1, 2, 5]), 2 if turn == 2 else 1)
        assert found == expected
