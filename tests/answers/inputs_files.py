"""Inputs about files: a user's own gold, compressed and many files, comparisons and conversions."""

from __future__ import annotations

import gzip
import random

from .inputs import NAMES, READ, SCORE, Content, Input, kind, lines, pair, variant
from .news import articles, with_mistakes


@kind(3)
def own_gold(dice: random.Random, number: int) -> Input:
    """A gold with its own types (1), with text and entities only (2), and with articles in two files (3)."""
    gold, predicted = pair(dice)
    if number == 1:
        for row in (*gold, *predicted):
            for item in row["entities"]:
                item["type"] = {"PER": "Persona", "GPE": "Lugar"}.get(item["type"], item["type"])
            for item in row["events"]:
                item["type"] = {"Contact.Meet": "Reunión"}.get(item["type"], item["type"])
    if number == 2:
        gold = [{key: row[key] for key in ("doc_id", "text", "entities")} for row in gold]
        predicted = [{key: row[key] for key in ("doc_id", "entities")} for row in predicted]
    if number < 3:
        return Input({"gold.jsonl": gold, "p.jsonl": predicted}, (SCORE,))
    files: dict[str, Content] = {
        "gold/a.jsonl": gold[:1], "gold/b.jsonl": gold[1:], "p/1.jsonl": predicted[1:], "p/2.jsonl": predicted[:1]
    }  # fmt: skip
    return Input(
        files,
        (
            "score @/p --gold @/gold --json - --resamples 200",
            f"score @/p/*.jsonl --gold @/gold --json - --resamples 200 {NAMES}",
        ),
    )


@kind(3)
def packed(dice: random.Random, number: int) -> Input:
    """gzip, a byte order mark with CRLF, and standard input."""
    gold, predicted = pair(dice, count=2)
    content = lines(predicted).encode()
    if number == 3:
        return Input({"gold.jsonl": gold}, (READ.replace("@/p.jsonl", "-"),), content)
    name = variant(number, "p.jsonl.gz", "p.jsonl")
    data = variant(number, gzip.compress(content, mtime=0), b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n"))
    return Input({"gold.jsonl": gold, name: data}, (READ.replace("p.jsonl", name),))


@kind(4)
def streamed(dice: random.Random, number: int) -> Input:
    """Many files of which one cannot be read: it is left out and reported; a file that is not JSON is refused."""
    gold, predicted = pair(dice, count=6, paragraphs=2)
    files: dict[str, Content] = {f"gold/{i}.jsonl": [row] for i, row in enumerate(gold)}
    files |= {f"p/{i}.jsonl": [row] for i, row in enumerate(predicted)}
    if number > 1:
        files[f"p/{number}.jsonl"] = b"\x1f\x8b" if number < 4 else '{"doc_id": "news-2", "entities": [{"start": 5'
    options = variant(number, "", "--layer quotes", "--layer entities --view ontonotes --unknown wrong", "")
    return Input(
        files,
        (f"score @/p --gold @/gold --on-error skip --workers 1 --json - --resamples 200 {options}".strip(),),
    )


@kind(3)
def compared(dice: random.Random, number: int) -> Input:
    """Compare two or three systems."""
    gold = articles(dice, count=4)
    systems = [[with_mistakes(row, dice, rate) for row in gold] for rate in (0.1, 0.3, 0.6)][: 2 + (number == 3)]
    files: dict[str, Content] = {f"{name}.jsonl": rows for name, rows in zip("abc", systems, strict=False)}
    names = " ".join(f"@/{name}" for name in files)
    options = variant(number, "", "--layer entities", "--view ace --unknown ignore")
    step = f"compare {names} --gold @/gold.jsonl --resamples 200 {options}".strip()
    return Input(files | {"gold.jsonl": gold}, (f"{step} --json -", step))


@kind(4)
def converted(dice: random.Random, number: int) -> Input:
    """Predictions and annotated documents of every layer, from one format to another."""
    gold, predicted = pair(dice, count=2, paragraphs=1)
    first = gold if number % 2 else predicted
    about = "" if number % 2 else " --gold @/gold.jsonl"
    targets = variant(number, ("p.json", "p.conll"), ("p.json", "p.conll"), ("brat", "tasks"), ("brat", "tasks"))
    steps = []
    for target in targets:
        name = "tasks.json --format-out label-studio" if target == "tasks" else target
        steps.append(f"convert @/p.jsonl out/{name}{about}")
    return Input({"gold.jsonl": gold, "p.jsonl": first}, tuple(steps))
