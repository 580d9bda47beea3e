"""Predictions as other tools write them."""

from __future__ import annotations

import json
import random
from typing import Any

from .inputs import NAMES, READ, Content, Input, kind, pair, variant
from .news import Row


def flat(row: Row) -> list[Row]:
    """The entities that share no character, in order."""
    out: list[Row] = []
    for item in sorted(row["entities"], key=lambda e: (e["start"], -e["end"])):
        if not out or item["start"] >= out[-1]["end"]:
            out.append(item)
    return out


def tags(row: Row, scheme: str) -> list[str]:
    """A tag a token, in IOB1, IOB2 or BIOES."""
    out = ["O"] * len(row["tokens"])
    starts = {s["start"] for s in row["sentences"]}
    before = None
    for item in flat(row):
        inside = [i for i, t in enumerate(row["tokens"]) if item["start"] <= t["start"] and t["end"] <= item["end"]]
        for i in inside:
            first, last = i == inside[0], i == inside[-1]
            mark = "B" if first else "I"
            if scheme == "BIOES":
                mark = "S" if first and last else "B" if first else "E" if last else "I"
            touches = before == (i - 1, item["type"]) and row["tokens"][i]["start"] not in starts
            if scheme == "IOB1" and not (first and touches):
                mark = "I"
            out[i] = f"{mark}-{item['type']}"
        if inside:
            before = (inside[-1], item["type"])
    return out


def token_words(row: Row) -> list[str]:
    return [row["text"][t["start"] : t["end"]] for t in row["tokens"]]


def conll(row: Row, scheme: str, columns: int = 2) -> str:
    """An article as columns, a blank line after each sentence."""
    out = [f"# doc_id = {row['doc_id']}"]
    ends = {s["end"] for s in row["sentences"]}
    for token, word, tag in zip(row["tokens"], token_words(row), tags(row, scheme), strict=True):
        out.append("\t".join([word, *["X"] * (columns - 2), tag]))
        if token["end"] in ends:
            out.append("")
    return "\n".join(out) + "\n"


def merged(gold: list[Row], predicted: list[Row]) -> list[Row]:
    """Predicted entities beside the tokens of the gold."""
    return [{**row, "entities": guess["entities"]} for row, guess in zip(gold, predicted, strict=True)]


@kind(4)
def conll_files(dice: random.Random, number: int) -> Input:
    gold, predicted = pair(dice)
    scheme = variant(number, "IOB2", "BIOES", "IOB1", "IOB2")
    content = "".join(conll(row, scheme, 4 if number in (2, 4) else 2) for row in merged(gold, predicted))
    files: dict[str, Content] = {"gold.jsonl": gold, "p.conll": content}
    own = "".join(conll(row, scheme) for row in gold)
    if number == 4:  # the gold too
        files["gold.conll"] = own
        return Input(files, (f"score @/p.conll --gold @/gold.conll --json - --resamples 0 {NAMES}",))
    return Input(
        files,
        (f"{READ} --metric entities.iob2 --seqeval".replace("p.jsonl", "p.conll"),),
    )


@kind(3)
def brat_folders(dice: random.Random, number: int) -> Input:
    gold, predicted = pair(dice, 0.0 if number == 2 else 0.2)
    files: dict[str, Content] = {"gold.jsonl": gold}
    for row, whole in zip(predicted, gold, strict=True):
        body = []
        text = whole["text"].replace("\n", " ")  # as brat writes it
        for i, e in enumerate(row["entities"], 1):
            body.append(f"T{i}\t{e['type']} {e['start']} {e['end']}\t{text[e['start'] : e['end']]}")
        at = {e["id"]: f"T{i}" for i, e in enumerate(row["entities"], 1)}
        for i, v in enumerate(row["events"], 1):
            n = len(row["entities"]) + i
            span = v["trigger"]
            body.append(f"T{n}\t{v['type']} {span['start']} {span['end']}\t{text[span['start'] : span['end']]}")
            filled = "".join(f" {a['role']}{j}:{at[a['filler']]}" for j, a in enumerate(v["arguments"], 1))
            body.append(f"E{i}\t{v['type']}:T{n}{filled if number == 3 else ''}")
        files[f"p/{row['doc_id']}.ann"] = "\n".join(body) + "\n"
        if number > 1:
            files[f"p/{row['doc_id']}.txt"] = whole["text"]
    return Input(files, (f"score @/p --gold @/gold.jsonl --json - --resamples 0 {NAMES}",))


def labelled(row: Row, text: str, **more: Any) -> list[Row]:
    """Entities as spaCy, Prodigy and GLiNER name their keys."""
    return [
        {"start": e["start"], "end": e["end"], "label": e["type"], "text": text[e["start"] : e["end"]], **more}
        for e in row["entities"]
    ]


@kind(3)
def spacy_json(dice: random.Random, number: int) -> Input:
    """Documents of spaCy, of Prodigy, and training pairs."""
    gold, predicted = pair(dice)
    documents: list[Any] = []
    for row, whole in zip(predicted, gold, strict=True):
        text, spans = whole["text"], labelled(row, whole["text"])
        ents = [{key: s[key] for key in ("start", "end", "label")} for s in spans]
        pairs = [text, {"entities": [[s["start"], s["end"], s["label"]] for s in spans]}]
        task = {"text": text, "spans": ents, "answer": "accept"}
        documents.append(variant(number, {"text": text, "ents": ents, "tokens": []}, task, pairs))
    content = json.dumps(documents, ensure_ascii=False)
    return Input(
        {"gold.jsonl": gold, "p.json": content}, (f"score @/p.json --gold @/gold.jsonl --json - --resamples 0 {NAMES}",)
    )


@kind(3)
def pipelines(dice: random.Random, number: int) -> Input:
    """Groups of a token classification pipeline, its pieces, and pieces without offsets."""
    gold, predicted = pair(dice)
    documents: Row = {}
    for row, whole in zip(predicted, gold, strict=True):
        text, items = whole["text"], []
        for n, e in enumerate(row["entities"]):
            span = {"start": e["start"], "end": e["end"]}
            word = text[e["start"] : e["end"]]
            if number == 1:
                items.append({"entity_group": e["type"], "score": 0.9, "word": word.lower(), **span})
                continue
            for i in range(0, len(word), 3):
                part = {"start": e["start"] + i, "end": min(e["end"], e["start"] + i + 3)}
                piece = text[part["start"] : part["end"]]
                items.append({
                    "entity": f"{'I' if i else 'B'}-{e['type']}", "score": 0.5, "index": 100 * n + i // 3,
                    "word": f"{'##' if i else ''}{piece}", **(part if number == 2 else {"start": None, "end": None}),
                })  # fmt: skip
        documents[row["doc_id"]] = items
    return Input(
        {"gold.jsonl": gold, "p.json": json.dumps(documents)},
        (f"score @/p.json --gold @/gold.jsonl --json - --resamples 0 {NAMES}",),
    )


@kind(3)
def gliner(dice: random.Random, number: int) -> Input:
    """GLiNER's spans, GLiNER 2's words by label, and labels of one's own through a view."""
    gold, predicted = pair(dice)
    theirs = {"PER": "person", "GPE": "country", "ORG": "organisation"}
    documents: Row = {}
    for row, whole in zip(predicted, gold, strict=True):
        spans = labelled(row, whole["text"], score=0.7)
        if number == 2:
            by: dict[str, list[str]] = {}
            for span in spans:
                by.setdefault(span["label"], []).append(span["text"])
            documents[row["doc_id"]] = {"entities": by}
        elif number == 3:
            documents[row["doc_id"]] = [
                {**s, "label": theirs[s["label"]]} for s in spans if s["label"] in theirs
            ]  # fmt: skip
        else:
            documents[row["doc_id"]] = spans
    files: dict[str, Content] = {
        "gold.jsonl": gold, "p.json": json.dumps(documents), "view.json": json.dumps({"types": theirs})
    }  # fmt: skip
    option = " --view @/view.json" if number == 3 else ""
    return Input(files, (f"score @/p.json --gold @/gold.jsonl --json - --resamples 0 {NAMES}{option}",))


@kind(3)
def tagged_rows(dice: random.Random, number: int) -> Input:
    """Rows of tokens and tags: names, with offsets, one row a sentence."""
    gold, predicted = pair(dice)
    rows = []
    for row in merged(gold, predicted):
        names, marks = token_words(row), tags(row, "IOB2")
        whole: Row = {"doc_id": row["doc_id"], "tokens": names, "ner_tags": marks}
        if number == 2:
            whole["token_offsets"] = row["tokens"]
        if number < 3:
            rows.append(whole)
            continue
        for s in row["sentences"]:
            part = [i for i, t in enumerate(row["tokens"]) if s["start"] <= t["start"] < s["end"]]
            rows.append({
                "doc_id": row["doc_id"], "tokens": [names[i] for i in part], "ner_tags": [marks[i] for i in part]
            })  # fmt: skip
    return Input(
        {"gold.jsonl": gold, "p.jsonl": rows}, (f"score @/p.jsonl --gold @/gold.jsonl --json - --resamples 0 {NAMES}",)
    )


@kind(3)
def foreign_tasks(dice: random.Random, number: int) -> Input:
    """A Label Studio export of another project, as predictions, as a gold, and with predictions in it."""
    gold, predicted = pair(dice)
    tasks = []
    for n, (row, whole) in enumerate(zip(predicted, gold, strict=True), 1):
        result = [
            {
                "id": f"r{i}", "from_name": "ner", "to_name": "article", "type": "labels",
                "value": {"start": s["start"], "end": s["end"], "text": s["text"], "labels": [s["label"]]},
            }
            for i, s in enumerate(labelled(row, whole["text"]))
        ]  # fmt: skip
        result.append({"type": "relation", "from_id": "r0", "to_id": "r1", "direction": "right", "labels": ["knows"]})
        given = [{"id": n, "completed_by": 1, "result": result}]
        tasks.append({
            "id": n, "data": {"article": whole["text"], "doc_id": whole["doc_id"]},
            "annotations": [] if number == 3 else given, "predictions": given if number == 3 else [],
        })  # fmt: skip
    files: dict[str, Content] = {"gold.jsonl": gold, "tasks.json": json.dumps(tasks, ensure_ascii=False)}
    if number == 2:
        files["p.jsonl"] = [{"doc_id": r["doc_id"], "entities": r["entities"]} for r in predicted]
        return Input(files, (f"score @/p.jsonl --gold @/tasks.json --json - --resamples 0 {NAMES}",))
    return Input(files, (f"score @/tasks.json --gold @/gold.jsonl --json - --resamples 0 {NAMES}",))
