"""Inputs and options that must be refused."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from .inputs import SCORE, Content, Input, kind
from .news import Row, article, bare


@dataclass
class Defect:
    """One way to spoil a prediction."""

    spoil: Callable[[Row], object]
    options: str = ""
    raw: bytes | None = field(default=None)


DEFECTS = [
    Defect(lambda row: row["entities"][0].update(end=100_000)),
    Defect(lambda row: row["entities"][0].update(start=-1)),
    Defect(lambda row: row["entities"][1].update(start=9, end=9)),
    Defect(lambda row: row["entities"][1].update(start="9")),
    Defect(lambda row: row["entities"][0].update(level="NAME", type=None)),
    Defect(lambda row: row["entities"][0].update(text="something else")),
    Defect(lambda row: row.update(entites=row.pop("entities"))),
    Defect(lambda row: row.update(doc_id="nwes-1")),
    Defect(lambda row: row["events"][0]["arguments"].append({"role": "Giver", "filler": "e99"})),
    Defect(lambda row: row["events"][0].update(trigger="met", realis="asserted")),
    Defect(lambda row: row["quotes"].append({"content": []})),
    Defect(lambda row: row["quotes"].append({"content": "words", "source": 5})),
    Defect(lambda row: row.update(entities={"start": 1})),
    Defect(lambda row: row["entities"].append(dict(row["entities"][0]))),
    Defect(lambda row: None, "--metric entities.name"),
    Defect(lambda row: None, "--zone titel"),
    Defect(lambda row: None, "--view ontonote"),
    Defect(lambda row: None, "--resamples -1"),
    Defect(lambda row: None, "--fail-under entities=2"),
    Defect(lambda row: None, "--fail-under entities=0.999 --fail-under events=0.1"),
    Defect(lambda row: None, "--format xml"),
    Defect(lambda row: None, raw=b""),
    Defect(lambda row: None, raw=b"just words\nand more of them\n"),
    Defect(lambda row: None, raw=b'{"doc_id": "news-1", "entities": [}\n{"doc_id": "news-2"\n'),
    Defect(lambda row: None, raw=b'{"doc_id": "news-1", "entities": []}\n{"doc_id": "news-1", "entities": []}\n'),
    Defect(lambda row: None, raw=b'{"doc_id": "news-1", "entities": [{"text": "\xff", "type": "PER"}]}\n'),
    Defect(lambda row: None, raw=b'[1, 2]\n"x"\n'),
]


@kind(len(DEFECTS))
def refused(dice: random.Random, number: int) -> Input:
    """Broken input and options: the messages, and that nothing is scored."""
    gold = [article(dice, f"news-{n}") for n in (1, 2)]
    predicted = [bare(row) for row in gold]
    # Every layer has something to spoil.
    for row in predicted:
        row["events"] = row["events"] or [{"id": "v1", "trigger": {"start": 0, "end": 2}, "type": "Contact.Meet"}]
        row["events"][0].setdefault("arguments", [])
    defect = DEFECTS[number - 1]
    defect.spoil(predicted[0])
    content: Content = predicted if defect.raw is None else defect.raw
    return Input({"gold.jsonl": gold, "p.jsonl": content}, (f"{SCORE} {defect.options}".strip(),))
