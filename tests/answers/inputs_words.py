"""Inputs whose spans are not character offsets: words, hints, paragraphs, other units."""

from __future__ import annotations

import random
from typing import Any

from .inputs import READ, SCORE, Input, kind, pair, variant
from .news import Row, articles, bare, paragraph_of


def words_of(span: Row, **hints: Any) -> Row:
    """Return a span that has only its words."""
    return {"text": span["text"], **hints}


def as_words(row: Row) -> Row:
    """Return a prediction whose spans are words, as a language model gives them."""
    entities = {e["id"]: e for e in row["entities"]}
    keep = ("type", "level", "cluster")
    return {
        "doc_id": row["doc_id"],
        "entities": [{**words_of(e), **{key: e[key] for key in keep}} for e in row["entities"]],
        "events": [
            {
                "trigger": words_of(v["trigger"]), "type": v["type"], "realis": v["realis"],
                "arguments": [{"role": a["role"], **words_of(entities[a["filler"]])} for a in v["arguments"]],
            }
            for v in row["events"]
        ],
        "quotes": [
            {
                "content": [words_of(s) for s in q["content"]], "cue": q["cue"] and words_of(q["cue"]),
                "source": words_of(entities[q["source"]]) if q["source"] else None, "directness": q["directness"],
            }
            for q in row["quotes"]
        ],
    }  # fmt: skip


@kind(4)
def words(dice: random.Random, number: int) -> Input:
    """Spans as words: all in the article (1), some not in it (2), other quotation marks and blanks (3), both (4)."""
    gold = articles(dice)
    predicted = [as_words(bare(row)) for row in gold]
    for row in predicted:
        if number in (2, 4):
            row["entities"].insert(1, {"text": "Xi Jinping", "type": "PER"})
            row["quotes"].append({"content": [{"text": "nobody said this"}]})
        if number in (3, 4):
            for item in row["quotes"]:
                item["content"][0]["text"] = item["content"][0]["text"].replace(" ", "  ").replace("’", "'")
        if number == 4:
            dice.shuffle(row["entities"])
    only = variant(number, "", "", " --layer quotes", " --layer entities")
    return Input({"gold.jsonl": gold, "p.jsonl": predicted}, (SCORE + only,))


@kind(3)
def hinted(dice: random.Random, number: int) -> Input:
    """Words with a hint to their place: the occurrence (1), the paragraph (2), the words around them (3)."""
    gold = articles(dice)
    predicted = []
    for row in gold:
        text, entities = row["text"], []
        for e in row["entities"]:
            hint: Row = {"occurrence": text.count(e["text"], 0, e["start"]) + 1}
            if number == 2:
                hint = {"paragraph": paragraph_of(row, e["start"])}
            if number == 3:
                hint = {"context": text[max(0, e["start"] - 12) : e["end"] + 12].strip()}
            entities.append({**words_of(e, **hint), "type": e["type"], "level": e["level"]})
        predicted.append({"doc_id": row["doc_id"], "entities": entities})
    return Input({"gold.jsonl": gold, "p.jsonl": predicted}, (READ,))


@kind(2)
def paragraph_offsets(dice: random.Random, number: int) -> Input:
    gold, predicted = pair(dice, 0.0)
    rows = []
    for row, whole in zip(predicted, gold, strict=True):
        entities = []
        for e in row["entities"]:
            at = paragraph_of(whole, e["start"])
            first = whole["paragraphs"][at]["start"]
            far = 1000 if number == 2 and e is row["entities"][2] else 0  # beyond its paragraph
            entities.append({
                "start": e["start"] - first + far, "end": e["end"] - first + far, "paragraph": at, "type": e["type"]
            })  # fmt: skip
        rows.append({"doc_id": row["doc_id"], "entities": entities})
    return Input({"gold.jsonl": gold, "p.jsonl": rows}, (READ,))


@kind(4)
def units(dice: random.Random, number: int) -> Input:
    """Offsets in UTF-16 code units or bytes: refused, read with --offsets, or placed by their words."""
    gold = articles(dice, paragraphs=6)
    unit = variant(number, "utf-16-le", "utf-8", "utf-16-le", "utf-8")
    predicted = []
    for row in gold:

        def counted(offset: int, text: str = row["text"]) -> int:
            return len(text[:offset].encode(unit)) // (2 if unit == "utf-16-le" else 1)

        entities = [
            {"start": counted(e["start"]), "end": counted(e["end"]), "text": e["text"], "type": e["type"]}
            for e in row["entities"]
        ]
        predicted.append({"doc_id": row["doc_id"], "entities": entities})
    option = variant(number, "--offsets utf16", "--offsets bytes", "--offsets ignore", "")
    return Input({"gold.jsonl": gold, "p.jsonl": predicted}, (f"{READ} {option}".strip(),))
