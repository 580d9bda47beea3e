"""Generated gold and predictions in any number of files, for tests of scoring in batches and in several processes."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from vostochny import scoring
from vostochny.formats.input import Input
from vostochny.ontology import load_ontology
from vostochny.report import result_json as as_json
from vostochny.scoring import Execution

ONTOLOGY = load_ontology()
OPTIONS = scoring.Options(resamples=200)
LOCAL = Execution()
WriteNews = Callable[..., tuple[list[str], list[str]]]
Batches = Callable[[int], None]
Row = dict[str, Any]
WORDS = [f"w{i:02}" for i in range(16)]
TEXT = " ".join(WORDS[:8]) + "\n" + " ".join(WORDS[8:])
TYPES = ("PER", "ORG", "GPE")


def _span(token: int, length: int = 1) -> Row:
    return {"start": 4 * token, "end": 4 * (token + length) - 1}


def _items(dice: random.Random, clusters: int) -> Row:
    entities = [
        {
            "id": f"e{t}",
            **_span(t),
            "type": dice.choice(TYPES),
            "level": "NAM",
            "cluster": f"c{dice.randrange(clusters)}",
        }
        for t in sorted(dice.sample(range(0, 8), 4))
    ]
    events = [
        {
            "id": "v", "trigger": _span(8), "type": dice.choice(("Contact.Meet", "Contact.Negotiate")),
            "realis": "actual", "polarity": "positive", "cluster": f"v{dice.randrange(clusters)}",
            "arguments": [{"role": "Participant", "filler": entities[0]["id"]}],
        }
    ]  # fmt: skip
    quotes = [
        {
            "content": [_span(10, dice.randint(1, 5))], "cue": _span(9), "source": dice.choice(entities)["id"],
            "directness": "direct", "cluster": f"u{dice.randrange(clusters)}",
        }
    ]  # fmt: skip
    return {"entities": entities, "events": events, "quotes": quotes}


def generate_corpus(
    documents: int, seed: int = 1, clusters: int = 9, missing: float = 0.05
) -> tuple[list[Row], list[Row]]:
    """Return gold rows with text and every layer, and predictions of which a few are missing and many are wrong.

    Args:
        documents: how many.
        seed: of the random numbers; the same seed gives the same rows.
        clusters: how many names of clusters each layer draws from.
        missing: the chance that a document has no prediction.
    """
    dice = random.Random(seed)
    gold, predicted = [], []
    for i in range(documents):
        tokens = [_span(t) for t in range(len(WORDS))]
        half = {"start": 0, "end": 31}, {"start": 32, "end": 63}
        zones = [{**half[0], "zone": dice.choice(("title", "body"))}, {**half[1], "zone": "body"}]
        layout = {"text": TEXT, "zones": zones, "paragraphs": list(half), "sentences": list(half), "tokens": tokens}
        truth = _items(dice, clusters)
        gold.append({"doc_id": f"d{i:05}", **layout, **truth})
        if dice.random() >= missing:
            guess = truth if dice.random() < 0.5 else _items(dice, clusters)
            predicted.append({"doc_id": f"d{i:05}", **guess})
    return gold, predicted


def write_files(folder: Path, name: str, rows: Sequence[Row], files: int = 1, packed: bool = False) -> list[str]:
    """Write rows into JSON Lines files and return their paths.

    Args:
        folder: is created where it is missing.
        name: the files are called NAME-000.jsonl, NAME-001.jsonl and so on.
        rows: are distributed in their order.
        files: how many.
        packed: whether the files are compressed with gzip.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for i in range(files):
        mine = rows[len(rows) * i // files : len(rows) * (i + 1) // files]
        content = "".join(json.dumps(row) + "\n" for row in mine).encode()
        path = folder / f"{name}-{i:03}.jsonl{'.gz' if packed else ''}"
        path.write_bytes(gzip.compress(content) if packed else content)
        paths.append(str(path))
    return paths


def score_as_json(gold: Any, predicted: Any, run: Execution = LOCAL, options: scoring.Options = OPTIONS) -> str:
    """Return the score of files as JSON, in which any difference shows."""
    return as_json.render(scoring.score_files(gold, predicted, ONTOLOGY, options, run))


def score_in_memory(gold: list[str], predicted: list[str], options: scoring.Options = OPTIONS) -> scoring.Result:
    """Return the score of the same files, read whole into memory."""
    truth = Input(gold).read_gold()
    guesses, _ = Input(predicted).read_predictions(truth, view=options.view)
    return scoring.score(truth.documents, guesses, truth.ontology, options, truth.hash)
