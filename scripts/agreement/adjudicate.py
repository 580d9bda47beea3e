"""List the disagreements of two annotators, or check that each one is decided and that the gold follows the decision.

    python -m scripts adjudicate list A B > open.jsonl    list what the folders of tasks A and B have differently
    python -m scripts adjudicate check                    check annotations/adjudication.jsonl against the annotators
                                                          a and b and against the gold

A row names the article, the layer, the spans, A's annotation and B's; null where one has none. To decide it, add
``decision`` ("a", "b", or what holds instead), ``rule`` (a number of the guidelines) and, where the rule does not
explain the decision, ``reason``. Rows with null for both may be added for what both annotated or neither did.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scripts.agreement.two_passes import read_pass, read_passes
from scripts.files import ANNOTATIONS
from scripts.store import GOLD, PASSES, REGISTRIES, Store
from vostochny.formats.rows import describe_attributes
from vostochny.metrics.assignment import best_edges
from vostochny.model import Document, Reference, Span
from vostochny.schema.records import list_attributes
from vostochny.system import console
from vostochny.system.arguments import ArgumentParser

Key = tuple[str, tuple[Span, ...], str]  # layer, spans, and which fact about them
Facts = dict[Key, str]  # → the annotation, in words


def collect_facts(d: Document) -> Facts:
    """Return everything that is annotated in an article, except clusters; equal where two annotators agree."""
    out: Facts = {}
    for zone in d.zones:
        out["zones", (zone.span,), ""] = zone.name
    for e in d.entities:
        out["entities", (e.span,), ""] = " ".join([e.type, *describe_attributes("entities", e)])
    places = {e.id: e.trigger for e in d.events}
    for v in d.events:
        out["events", (v.trigger,), ""] = " ".join([v.type, *describe_attributes("events", v)])
        roles: dict[Span, list[str]] = {}
        for a in v.arguments:
            roles.setdefault(a.filler.span, []).append(a.role)
        for span, names in roles.items():
            out["arguments", (v.trigger, span), ""] = "+".join(sorted(names))
    anchors = {q.id: q.cue or q.content[0] for q in d.quotes}
    quotes_of = Counter(anchors.values())
    for q in d.quotes:
        # A quote is identified by its cue: a different content is then one row, not two different quotes.
        at = (anchors[q.id], q.content[0]) if quotes_of[anchors[q.id]] > 1 else (anchors[q.id],)

        def name(reference: Reference | None) -> str:
            if reference is None:
                return "none"
            span = places.get(reference.id or "", reference.span)
            return f"{span.of(d.text)} ({span.start})"

        out["quotes", at, "content"] = " // ".join(f"{s.of(d.text)} ({s.start}–{s.end})" for s in q.content)
        out["quotes", at, "source"] = name(q.source)
        out["quotes", at, "addressee"] = name(q.addressee)
        for field in list_attributes("quotes", values_only=True):
            out["quotes", at, field.name] = getattr(q, field.name) or "none"
        out["quotes", at, "parent"] = anchors[q.parent].of(d.text) if q.parent else "none"
    return out


def find_disagreements(a: Mapping[str, Document], b: Mapping[str, Document]) -> Iterator[dict[str, Any]]:
    """Yield a row for every fact in which A and B differ, article by article, and then for different clusters.

    An event or a quote that only one of them has is one row: its arguments and attributes have none of their own.
    """
    for doc_id in a:
        if doc_id not in b:
            continue
        text = a[doc_id].text
        of_a, of_b = collect_facts(a[doc_id]), collect_facts(b[doc_id])
        for key in sorted(of_a.keys() | of_b.keys(), key=lambda k: (k[0], k[1][0], k[1][-1], k[2])):
            layer, spans, fact = key
            if of_a.get(key) == of_b.get(key):
                continue
            # The fact that stands for the whole event or quote.
            anchor = ("events" if layer == "arguments" else layer, spans[:1], "content" if layer == "quotes" else "")
            only_one_has_it = (anchor in of_a) != (anchor in of_b)
            if only_one_has_it and (layer == "arguments" or (layer == "quotes" and fact != "content")):
                continue
            yield _row(doc_id, layer, spans, text, fact, of_a.get(key), of_b.get(key))
    yield from _find_cluster_disagreements(a, b)


def _row(
    doc_id: str, layer: str, spans: tuple[Span, ...], text: str, fact: str, a: str | None, b: str | None
) -> dict[str, Any]:
    places = [{"start": s.start, "end": s.end, "text": s.of(text)} for s in spans]
    return {"doc_id": doc_id, "layer": layer, "spans": places, "fact": fact, "a": a, "b": b}


def _clusters_by_item(documents: Mapping[str, Document], kind: str) -> dict[tuple[str, tuple[Span, ...]], str]:
    """Return the cluster of every item of a kind (entity, event, utterance) by doc_id and spans."""
    clusters: dict[tuple[str, tuple[Span, ...]], str] = {}
    for doc_id, d in documents.items():
        if kind == "entity":
            clusters |= {(doc_id, (e.span,)): e.cluster for e in d.entities if e.cluster}
        elif kind == "event":
            clusters |= {(doc_id, (v.trigger,)): v.cluster for v in d.events if v.cluster}
        else:
            clusters |= {(doc_id, q.content): q.cluster for q in d.quotes if q.cluster}
    return clusters


def _find_cluster_disagreements(a: Mapping[str, Document], b: Mapping[str, Document]) -> Iterator[dict[str, Any]]:
    """Yield the items whose clusters in A and B do not correspond, one row per pair of clusters and article.

    Names of clusters are free, so A's clusters are first mapped to B's, one to one, such that most items correspond.
    """
    for kind in REGISTRIES:
        of_a, of_b = _clusters_by_item(a, kind), _clusters_by_item(b, kind)
        shared = Counter((of_a[k], of_b[k]) for k in of_a.keys() & of_b.keys())
        names = [sorted({pair[i] for pair in shared}) for i in (0, 1)]
        number = [{name: i for i, name in enumerate(side)} for side in names]
        cells = [(number[0][x], number[1][y], n) for (x, y), n in shared.items()]
        left, right, weight = np.array(cells, dtype=np.int64).reshape(-1, 3).T
        chosen = best_edges(left, right, weight.astype(np.float64))
        counterparts = {names[0][i]: names[1][j] for i, j, best in zip(left, right, chosen, strict=True) if best}
        differing: dict[tuple[str, str, str], list[tuple[Span, ...]]] = {}
        for doc_id, spans in sorted(of_a.keys() & of_b.keys()):
            x, y = of_a[doc_id, spans], of_b[doc_id, spans]
            if counterparts.get(x) != y:
                differing.setdefault((doc_id, x, y), []).append(spans)
        for (doc_id, x, y), items in differing.items():
            flat = tuple(s for spans in items for s in spans)
            yield _row(doc_id, "clusters", flat, a[doc_id].text, kind, x, y)


def row_key(row: Mapping[str, Any]) -> tuple[str, str, tuple[tuple[int, int], ...], str]:
    """Return what identifies a row: article, layer, spans and fact."""
    return row["doc_id"], row["layer"], tuple((s["start"], s["end"]) for s in row["spans"]), row.get("fact", "")


def check(
    rows: list[dict[str, Any]], a: Mapping[str, Document], b: Mapping[str, Document], gold: Mapping[str, Document]
) -> list[str]:
    """Return as messages what is undecided, decided without need, or decided otherwise than the gold has it.

    Args:
        rows: the rows of adjudication.jsonl
        a: the documents of one annotator by doc_id
        b: those of the other
        gold: those of the gold
    """
    problems = []
    decisions = {row_key(row): row for row in rows}
    disagreements = {row_key(row): row for row in find_disagreements(a, b)}
    for key, row in disagreements.items():
        if key not in decisions:
            problems.append(f"undecided: {json.dumps(row, ensure_ascii=False)}")
    facts = {doc_id: collect_facts(d) for doc_id, d in gold.items()}
    for key, row in decisions.items():
        if (row["a"] is not None or row["b"] is not None) and key not in disagreements:
            problems.append(f"A and B do not differ here: {json.dumps(row, ensure_ascii=False)}")
        # A decision in words, and one on identity, cannot be compared with the gold by machine.
        if row["layer"] in ("clusters", "discrepancies") or row["decision"] not in ("a", "b"):
            continue
        spans = tuple(Span(s["start"], s["end"]) for s in row["spans"])
        has = facts.get(row["doc_id"], {}).get((row["layer"], spans, row.get("fact", "")))
        if has != row[row["decision"]]:
            problems.append(
                f"decided {row['decision']}, but the gold has {has!r}: {json.dumps(row, ensure_ascii=False)}"
            )
    return problems


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        epilog="Exit code: 0 done, 1 with check if a disagreement is undecided or the gold does not follow a decision, "
        "2 unreadable input.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="print the disagreements of two folders of tasks as JSON Lines")
    listing.add_argument("a", type=Path, metavar="A", help="a folder of <doc_id>.json tasks")
    listing.add_argument("b", type=Path, metavar="B", help="another folder of tasks on the same articles")
    commands.add_parser(
        "check", help="check that annotations/adjudication.jsonl decides every disagreement, and the gold follows it"
    )
    args = parser.parse_args(arguments)
    if args.command == "list":
        for row in find_disagreements(*read_passes(args.a, args.b)):
            console.write_data(json.dumps(row, ensure_ascii=False) + "\n")
        return 0
    a, b, gold = (read_pass(ANNOTATIONS / folder) for folder in (f"{PASSES}/a", f"{PASSES}/b", GOLD))
    rows = list(Store().read_adjudication().values())
    problems = check(rows, a, b, gold)
    console.print_text(
        "\n".join(problems)
        or f"adjudication: {len(rows)} rows, all disagreements are decided, the gold follows the decisions"
    )
    return 1 if problems else 0
