"""Every layer, scored in every way: with errors, copies, crossings, views, zones, clusters."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

from .inputs import READ, SCORE, Content, Input, kind, pair, variant
from .news import TYPES, Row, articles, bare, inlined, moved


@kind(3)
def erring_all(dice: random.Random, number: int) -> Input:
    gold, predicted = pair(dice, variant(number, 0.1, 0.3, 0.8))
    options = variant(number, "", "--items out/items.jsonl", "--layer events --seed 7")
    step = f"score @/p.jsonl --gold @/gold.jsonl --json - --resamples 200 {options}"
    return Input({"gold.jsonl": gold, "p.jsonl": predicted}, (step.strip(),))


@kind(2)
def perfect(dice: random.Random, number: int) -> Input:
    gold = articles(dice)
    return Input({"gold.jsonl": gold, "p.jsonl": [bare(row) for row in gold]}, (SCORE,))


@kind(2)
def shown(dice: random.Random, number: int) -> Input:
    """The tables that people read."""
    gold, predicted = pair(dice)
    score = f"score @/p.jsonl --gold @/gold.jsonl --resamples 200 --by {variant(number, 'zone', 'level')}"
    return Input(
        {"gold.jsonl": gold, "p.jsonl": predicted},
        (score, "show news-1 --gold @/gold.jsonl --predictions @/p.jsonl", "show news-2 --gold @/gold.jsonl"),
    )


@kind(3)
def copies(dice: random.Random, number: int) -> Input:
    """Items that are given more than once: each is counted."""
    gold, predicted = pair(dice, 0.1)
    for row in predicted:
        for layer in ("entities", "events", "quotes"):
            again = [copy.deepcopy(item) for item in row[layer] if dice.random() < 0.4]
            row[layer] += [{key: value for key, value in item.items() if key != "id"} for item in again]
    if number > 2:  # in the gold too
        for row in gold:
            row["entities"] += [{k: v for k, v in e.items() if k != "id"} for e in row["entities"][:3]]
    options = variant(number, "--items out/items.jsonl", "--layer events --layer quotes", "--layer entities")
    return Input({"gold.jsonl": gold, "p.jsonl": predicted}, (f"{SCORE} {options}",))


@kind(4)
def crossing(dice: random.Random, number: int) -> Input:
    """Spans that overlap, cross and contain one another, on both sides."""
    gold, predicted = pair(dice, 0.1)
    for side in (predicted,) if number % 2 else (predicted, gold):
        for row, whole in zip(side, gold, strict=True):
            for item in list(row["entities"]):
                if dice.random() < 0.5:
                    other = {**item, "type": dice.choice(TYPES), "cluster": None}
                    del other["id"]
                    moved(other, whole["text"], dice)
                    row["entities"].append(other)
    return Input({"gold.jsonl": gold, "p.jsonl": predicted}, (SCORE + " --layer entities",))


@kind(3)
def missing_documents(dice: random.Random, number: int) -> Input:
    gold, predicted = pair(dice, count=4)
    return Input(
        {"gold.jsonl": gold, "p.jsonl": predicted[number:]},
        (SCORE if number == 1 else READ, "validate @/p.jsonl --gold @/gold.jsonl"),
    )


@kind(3)
def some_layers(dice: random.Random, number: int) -> Input:
    """Predictions that carry one layer, or carry one that is not asked for."""
    gold, predicted = pair(dice)
    layer = variant(number, "entities", "events", "quotes")
    rows = [{"doc_id": row["doc_id"], layer: row[layer]} for row in predicted]
    for row, whole in zip(rows, gold, strict=True):
        if layer != "entities":
            inlined(row, {e["id"]: e for e in whole["entities"]})
    return Input({"gold.jsonl": gold, "p.jsonl": rows}, (SCORE, f"{READ} --layer {layer}", f"{READ} --layer entities"))


@kind(4)
def views(dice: random.Random, number: int) -> Input:
    """Each view, and one of one's own."""
    gold, predicted = pair(dice)
    name = variant(number, "ace", "ontonotes", "conll", "@/view.json")
    types: dict[str, Row] = {
        "ontonotes": {"PER": "PERSON", "VEH": "PRODUCT", "WEA": "PRODUCT"},
        "conll": {"GPE": "LOC", "FAC": "LOC"},
    }
    own: dict[str, Any] = {"types": {"PER": "human", "GPE": "country", "ORG": "body"}, "levels": ["NAM", "NOM"]}
    for row in predicted:
        table: Row = types.get(name, own["types"] if number == 4 else {})
        for item in row["entities"]:
            item["type"] = table.get(item["type"], item["type"])
    files: dict[str, Content] = {"gold.jsonl": gold, "p.jsonl": predicted, "view.json": json.dumps(own)}
    refused = (f"{SCORE} --view {name}",) if number == 2 else ()
    only = "" if number == 1 else " --layer entities"
    return Input(files, (f"{SCORE} --view {name} --unknown wrong{only}", *refused))


@kind(3)
def zones(dice: random.Random, number: int) -> Input:
    gold, predicted = pair(dice, count=4)
    options = variant(number, "--zone title", "--zone body --zone caption", "--zone boilerplate")
    return Input({"gold.jsonl": gold, "p.jsonl": predicted}, (f"{SCORE} {options}",))


@kind(3)
def metrics(dice: random.Random, number: int) -> Input:
    """One metric, or one layer, alone."""
    gold, predicted = pair(dice)
    options = variant(
        number, "--metric entities.names", "--metric events.argument --metric quotes.content_tokens", "--layer events"
    )
    return Input({"gold.jsonl": gold, "p.jsonl": predicted}, (f"{SCORE} {options}",))


@kind(3)
def unknown_types(dice: random.Random, number: int) -> Input:
    gold, predicted = pair(dice)
    for row in predicted:
        for item in row["entities"]:
            if dice.random() < 0.3:
                item["type"] = dice.choice(("PERS", "Country", "gpe"))
        for item in row["events"]:
            if dice.random() < 0.3:
                item["type"] = "Contact.Meat"
    option = variant(number, "ignore", "wrong", "error")
    only = "" if number == 1 else " --metric entities.all --metric events.trigger --metric events.argument"
    return Input({"gold.jsonl": gold, "p.jsonl": predicted}, (f"{SCORE} --unknown {option}{only}",))


@kind(3)
def nothing(dice: random.Random, number: int) -> Input:
    """No gold items, no predicted items, or neither."""
    gold, predicted = pair(dice, count=2)
    for side in variant(number, (gold,), (predicted,), (gold, predicted)):
        for row in side:
            row.update(entities=[], events=[], quotes=[])
    return Input({"gold.jsonl": gold, "p.jsonl": predicted}, (SCORE,))


@kind(4)
def clusters(dice: random.Random, number: int) -> Input:
    """Identity within and across documents: few large clusters, many small ones, one, none."""
    gold, predicted = pair(dice, 0.5, clusters=variant(number, 1, 2, 4, 5), paragraphs=5)
    for row in predicted:
        for item in row["entities"]:
            item["cluster"] = variant(
                number, item["cluster"], dice.choice("abc"), "one", f"{row['doc_id']}{item['id']}"
            )
    return Input({"gold.jsonl": gold, "p.jsonl": predicted}, (SCORE + " --layer entities",))


@kind(3)
def event_clusters(dice: random.Random, number: int) -> Input:
    gold, predicted = pair(dice, 0.1, clusters=number, paragraphs=5)
    for row in predicted:
        for item in row["events"]:
            item["cluster"] = dice.choice(("met0", "sold1", "x", None))
            if number == 3:
                item["realis"] = item["polarity"] = None
    return Input({"gold.jsonl": gold, "p.jsonl": predicted}, (SCORE + " --layer events",))


@kind(3)
def quote_parts(dice: random.Random, number: int) -> Input:
    """Contents in parts, quotes inside quotes, sources that are spans."""
    gold, predicted = pair(dice, 0.2, paragraphs=5)
    for row, whole in zip(predicted, gold, strict=True):
        entities = {e["id"]: e for e in row["entities"]}
        for item in row["quotes"]:
            first = item["content"][0]
            middle = whole["text"].find(" ", first["start"] + 1)
            if number == 1 and first["start"] < middle < first["end"] - 1:
                item["content"][:1] = [
                    {"start": first["start"], "end": middle}, {"start": middle + 1, "end": first["end"]}
                ]  # fmt: skip
            if number == 2 and len(row["quotes"]) > 1 and item is not row["quotes"][0]:
                item["parent"] = row["quotes"][0]["id"]
        if number == 3:
            inlined({"quotes": row["quotes"]}, entities)
    return Input({"gold.jsonl": gold, "p.jsonl": predicted}, (SCORE + " --items out/items.jsonl --layer quotes",))
