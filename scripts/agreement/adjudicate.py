"""The disagreements of two passes as one list, each to be decided with its reason.

    python -m scripts adjudicate list A B > open.jsonl     what A and B (folders of tasks) say differently
    python -m scripts adjudicate check                     every disagreement of annotators a and b is decided in
                                                           annotations/adjudication.jsonl, and the gold follows it

A row names the article, the layer, the spans, what A said and what B said; null where one said nothing. Deciding is
adding ``decision`` ("a", "b", or what holds instead), ``rule`` (of the guidelines) and, where the rule does not speak
for itself, ``reason``. Rows without A's and B's words may be added for what both found or neither did.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.agreement.two_passes import read_pass
from scripts.files import ANNOTATIONS, GOLD, display_path, read_json_lines
from vostochny.errors import InputError, Problem
from vostochny.metrics.assignment import best_pairs
from vostochny.model import Document, Reference, Span

TARGET = ANNOTATIONS / "adjudication.jsonl"
Key = tuple[str, tuple[Span, ...], str]  # layer, spans, and which fact about them
Facts = dict[Key, str]


def facts(d: Document) -> Facts:
    """Everything a pass says of an article but identity, as layer, spans and fact → words; equal where passes agree."""
    out: Facts = {}
    for zone in d.zones:
        out["zones", (zone.span,), ""] = zone.name
    for e in d.entities:
        out["entities", (e.span,), ""] = " ".join(x for x in (e.type, e.level, "demonym" if e.demonym else None) if x)
    places = {e.id: e.trigger for e in d.events}
    for v in d.events:
        said = (v.type, v.realis, "negative" if v.polarity == "negative" else None, v.outcome)
        out["events", (v.trigger,), ""] = " ".join(x for x in said if x)
        roles: dict[Span, list[str]] = {}
        for a in v.arguments:
            roles.setdefault(a.filler.span, []).append(a.role)
        for span, names in roles.items():
            out["arguments", (v.trigger, span), ""] = "+".join(sorted(names))
    anchors = {q.id: q.cue or q.content[0] for q in d.quotes}
    for q in d.quotes:
        # A quote is known by its cue, so that one difference in content is one row and not two quotes.
        at = (anchors[q.id],)

        def words(reference: Reference | None) -> str:
            if reference is None:
                return "none"
            span = places.get(reference.id or "", reference.span)
            return f"{span.of(d.text)} ({span.start})"

        out["quotes", at, "content"] = " // ".join(f"{s.of(d.text)} ({s.start}–{s.end})" for s in q.content)
        out["quotes", at, "source"] = words(q.source)
        out["quotes", at, "addressee"] = words(q.addressee)
        out["quotes", at, "directness"] = q.directness or "none"
        out["quotes", at, "attitude"] = q.attitude or "none"
        out["quotes", at, "parent"] = anchors[q.parent].of(d.text) if q.parent else "none"
        out["quotes", at, "link"] = q.link or "none"
    return out


def disagreements(a: Mapping[str, Document], b: Mapping[str, Document]) -> Iterator[dict[str, Any]]:
    """Every fact that A and B state differently, article by article, and then the clusters they draw differently.

    Arguments of an event that only one of them has, and facts of such a quote, are part of that difference.
    """
    for doc_id in a:
        if doc_id not in b:
            continue
        text = a[doc_id].text
        mine, theirs = facts(a[doc_id]), facts(b[doc_id])
        for key in sorted(mine.keys() | theirs.keys(), key=lambda k: (k[0], k[1][0], k[1][-1], k[2])):
            layer, spans, fact = key
            if mine.get(key) == theirs.get(key):
                continue
            anchor = ("events" if layer == "arguments" else layer, spans[:1], "content" if layer == "quotes" else "")
            lone = (anchor in mine) != (anchor in theirs)
            if lone and (layer == "arguments" or (layer == "quotes" and fact != "content")):
                continue
            yield _row(doc_id, layer, spans, text, fact, mine.get(key), theirs.get(key))
    yield from _cluster_rows(a, b)


def _row(
    doc_id: str, layer: str, spans: tuple[Span, ...], text: str, fact: str, a: str | None, b: str | None
) -> dict[str, Any]:
    shown = [{"start": s.start, "end": s.end, "text": s.of(text)} for s in spans]
    return {"doc_id": doc_id, "layer": layer, "spans": shown, "fact": fact, "a": a, "b": b}


def _members(passes: Mapping[str, Document], kind: str) -> dict[tuple[str, tuple[Span, ...]], str]:
    out = {}
    for doc_id, d in passes.items():
        if kind == "entity":
            out |= {(doc_id, (e.span,)): e.cluster for e in d.entities if e.cluster}
        elif kind == "event":
            out |= {(doc_id, (v.trigger,)): v.cluster for v in d.events if v.cluster}
        else:
            out |= {(doc_id, q.content): q.cluster for q in d.quotes if q.cluster}
    return out


def _cluster_rows(a: Mapping[str, Document], b: Mapping[str, Document]) -> Iterator[dict[str, Any]]:
    """Items that stand in clusters which do not correspond, under the best one-to-one map of A's clusters to B's.

    A row a pair of clusters and article; the names themselves may differ freely.
    """
    for kind in ("entity", "event", "utterance"):
        mine, theirs = _members(a, kind), _members(b, kind)
        shared = Counter((mine[k], theirs[k]) for k in mine.keys() & theirs.keys())
        names = [sorted({pair[i] for pair in shared}) for i in (0, 1)]
        number = [{name: i for i, name in enumerate(side)} for side in names]
        best = best_pairs({(number[0][x], number[1][y]): float(n) for (x, y), n in shared.items()})
        like = {names[0][i]: names[1][j] for i, j in best.items()}
        cells: dict[tuple[str, str, str], list[tuple[Span, ...]]] = {}
        for doc_id, spans in sorted(mine.keys() & theirs.keys()):
            x, y = mine[doc_id, spans], theirs[doc_id, spans]
            if like.get(x) != y:
                cells.setdefault((doc_id, x, y), []).append(spans)
        for (doc_id, x, y), items in cells.items():
            flat = tuple(s for spans in items for s in spans)
            yield _row(doc_id, "clusters", flat, a[doc_id].text, kind, x, y)


def key_of(row: Mapping[str, Any]) -> tuple:
    """What tells a row from others: article, layer, spans and fact."""
    return row["doc_id"], row["layer"], tuple((s["start"], s["end"]) for s in row["spans"]), row.get("fact", "")


def read_decisions(path: Path = TARGET) -> list[dict[str, Any]]:
    """The rows of the record. Raises InputError with every row that does not say what was decided about what."""
    rows = read_json_lines(path, ("doc_id", "layer", "spans", "a", "b", "decision"))
    problems = []
    for row in rows:
        spans = row["spans"] if isinstance(row["spans"], list) else [None]
        if not all(isinstance(s, dict) and {"start", "end"} <= s.keys() for s in spans):
            problems.append(Problem(display_path(path), None, "spans", f"are no list of start and end: {row['spans']}"))
        if not isinstance(row["decision"], str):
            problems.append(Problem(display_path(path), None, "decision", f"is no word: {row['decision']!r}"))
    if problems:
        raise InputError(problems)
    return rows


def check(rows: list[dict[str, Any]], a: dict, b: dict, gold: dict) -> list[str]:
    """What is undecided, decided without need, or decided otherwise than the gold has it."""
    problems = []
    decided = {key_of(row): row for row in rows}
    open_rows = {key_of(row): row for row in disagreements(a, b)}
    for key, row in open_rows.items():
        if key not in decided:
            problems.append(f"undecided: {json.dumps(row, ensure_ascii=False)}")
    said = {doc_id: facts(d) for doc_id, d in gold.items()}
    for key, row in decided.items():
        if (row["a"] is not None or row["b"] is not None) and key not in open_rows:
            problems.append(f"A and B do not differ here: {json.dumps(row, ensure_ascii=False)}")
        if row["layer"] in ("clusters", "discrepancies") or row["decision"] not in ("a", "b"):
            continue
        spans = tuple(Span(s["start"], s["end"]) for s in row["spans"])
        has = said.get(row["doc_id"], {}).get((row["layer"], spans, row.get("fact", "")))
        if has != row[row["decision"]]:
            problems.append(
                f"decided {row['decision']}, but the gold has {has!r}: {json.dumps(row, ensure_ascii=False)}"
            )
    return problems


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="print the disagreements of two folders of tasks as JSON Lines")
    listing.add_argument("a", type=Path, metavar="A", help="a folder of <doc_id>.json tasks")
    listing.add_argument("b", type=Path, metavar="B", help="another over the same articles")
    commands.add_parser("check", help="prove that adjudication.jsonl decides them all and that the gold follows it")
    args = parser.parse_args(arguments)
    if args.command == "list":
        a, b = read_pass(args.a), read_pass(args.b)
        if not a.keys() & b.keys():
            raise InputError([Problem(str(args.b), None, None, f"has no article in common with {args.a}")])
        for row in disagreements(a, b):
            print(json.dumps(row, ensure_ascii=False))
        return 0
    folders = [ANNOTATIONS / "annotators" / name for name in "ab"]
    passes = [read_pass(folder) for folder in (*folders, GOLD)]
    rows = read_decisions()
    problems = check(rows, *passes)
    print("\n".join(problems) or f"adjudication: {len(rows)} rows, complete, and the gold follows them")
    return 1 if problems else 0
