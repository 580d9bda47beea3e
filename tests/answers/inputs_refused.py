"""Broken input and options."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from .inputs import SCORE, Content, Made, kind
from .news import Row, article, bare


@dataclass
class Fault:
    """A way to spoil a prediction."""

    spoil: Callable[[Row], object]
    options: str = ""
    raw: bytes | None = field(default=None)


FAULTS = [
    Fault(lambda row: row["entities"][0].update(end=100_000)),
    Fault(lambda row: row["entities"][0].update(start=-1)),
    Fault(lambda row: row["entities"][1].update(start=9, end=9)),
    Fault(lambda row: row["entities"][1].update(start="9")),
    Fault(lambda row: row["entities"][0].update(level="NAME", type=None)),
    Fault(lambda row: row["entities"][0].update(text="something else")),
    Fault(lambda row: row.update(entites=row.pop("entities"))),
    Fault(lambda row: row.update(doc_id="nwes-1")),
    Fault(lambda row: row["events"][0]["arguments"].append({"role": "Giver", "filler": "e99"})),
    Fault(lambda row: row["events"][0].update(trigger="met", realis="asserted")),
    Fault(lambda row: row["quotes"].append({"content": []})),
    Fault(lambda row: row["quotes"].append({"content": "words", "source": 5})),
    Fault(lambda row: row.update(entities={"start": 1})),
    Fault(lambda row: row["entities"].append(dict(row["entities"][0]))),
    Fault(lambda row: None, "--metric entities.name"),
    Fault(lambda row: None, "--zone titel"),
    Fault(lambda row: None, "--view ontonote"),
    Fault(lambda row: None, "--resamples -1"),
    Fault(lambda row: None, "--fail-under entities=2"),
    Fault(lambda row: None, "--fail-under entities=0.999 --fail-under events=0.1"),
    Fault(lambda row: None, "--format xml"),
    Fault(lambda row: None, raw=b""),
    Fault(lambda row: None, raw=b"just words\nand more of them\n"),
    Fault(lambda row: None, raw=b'{"doc_id": "news-1", "entities": [}\n{"doc_id": "news-2"\n'),
    Fault(lambda row: None, raw=b'{"doc_id": "news-1", "entities": []}\n{"doc_id": "news-1", "entities": []}\n'),
    Fault(lambda row: None, raw=b'{"doc_id": "news-1", "entities": [{"text": "\xff", "type": "PER"}]}\n'),
    Fault(lambda row: None, raw=b'[1, 2]\n"x"\n'),
]


@kind(len(FAULTS))
def refused(dice: random.Random, number: int) -> Made:
    """Broken input and options: what is said, and that nothing is scored."""
    gold = [article(dice, f"news-{n}") for n in (1, 2)]
    predicted = [bare(row) for row in gold]
    # Every layer has something to spoil.
    for row in predicted:
        row["events"] = row["events"] or [{"id": "v1", "trigger": {"start": 0, "end": 2}, "type": "Contact.Meet"}]
        row["events"][0].setdefault("arguments", [])
    fault = FAULTS[number - 1]
    fault.spoil(predicted[0])
    content: Content = predicted if fault.raw is None else fault.raw
    return Made({"gold.jsonl": gold, "p.jsonl": content}, (f"{SCORE} {fault.options}".strip(),))
