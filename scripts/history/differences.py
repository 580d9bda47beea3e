"""What changed in the annotation between two states, by layer, in words.

    python -m scripts diff v1.0.0              since a revision, in the working tree
    python -m scripts diff v1.0.0 v1.1.0       between two revisions
    python -m scripts diff before/ annotations/gold

A state is a git revision, an annotations folder or a folder of tasks (<doc_id>.json). Items are found again by their
region's id and by where they stand, so that a region that was drawn anew is changed, not removed and added.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.history import cluster_changes
from scripts.history.changes import LAYERS, Change, Changes
from scripts.history.item_changes import Compared
from scripts.history.revisions import Side, read_side
from vostochny.model import Document

LABELS = ("entities", "events", "quotes")


def diff(a: Side | Path | str | None, b: Side | Path | str | None = None) -> Changes:
    """What changed from one state to another; None is the working tree.

    Raises InputError with all that is unreadable.
    """
    before, after = (s if isinstance(s, Side) else read_side(s) for s in (a, b))
    found = list(_changes(before, after))
    order = {layer: n for n, layer in enumerate(LAYERS)}
    return Changes(before.name, after.name, tuple(sorted(found, key=lambda c: order[c.layer])))


def _changes(a: Side, b: Side) -> Iterator[Change]:
    if a.ontology is not None and b.ontology is not None:
        yield from cluster_changes.ontology(a.ontology, b.ontology)
    if a.articles is not None and b.articles is not None:
        yield from _articles(a.articles, b.articles)
    compared = []
    for doc_id in [*b.documents, *(x for x in a.documents if x not in b.documents)]:
        old, new = a.documents.get(doc_id), b.documents.get(doc_id)
        if old is None or new is None:
            kind = "added" if old is None else "removed"
            yield Change("articles", kind, f"article {kind}: {_contents(new or old)}", doc_id)
        elif old.text != new.text:
            says = f"the text changed ({len(old.text)} → {len(new.text)} characters); its labels are not compared"
            yield Change("articles", "text", says, doc_id)
        else:
            compared.append(Compared(old, new))
            yield from compared[-1].changes()
    groups = {}
    for layer in LABELS:
        used = [
            {item.cluster for d in side.documents.values() for item in getattr(d, layer) if item.cluster}
            for side in (a, b)
        ]
        groups[cluster_changes.KINDS[layer]] = group = cluster_changes.regrouped(layer, compared, used[0], used[1])
        yield from group.changes
    if a.registry is not None and b.registry is not None:
        yield from cluster_changes.registry(a.registry, b.registry, groups)
    if a.discrepancies is not None and b.discrepancies is not None:
        yield from cluster_changes.discrepancies(a.discrepancies, b.discrepancies)


def _articles(a: dict, b: dict) -> Iterator[Change]:
    """What the manifest says of articles that are in both."""
    for doc_id in (x for x in b if x in a):
        for name in [*a[doc_id], *(n for n in b[doc_id] if n not in a[doc_id])]:
            old, new = a[doc_id].get(name), b[doc_id].get(name)
            if old != new and name != "sha256":
                told = ["unknown" if x is None else str(x) for x in (old, new)]
                yield Change("articles", "manifest", f"{name} {told[0]} → {told[1]}", doc_id, None, None, None, *told)


def _contents(d: Document | None) -> str:
    assert d is not None
    return ", ".join(f"{len(getattr(d, layer))} {layer}" for layer in LABELS)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog="Exit code: 0, also where something changed; 2 where unreadable."
    )
    parser.add_argument("a", metavar="A", help="the earlier state: a revision or a folder")
    parser.add_argument("b", metavar="B", nargs="?", help="the later one (default: the working tree)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="as Markdown")
    form.add_argument("--json", action="store_true", help="as one JSON object")
    parser.add_argument("--exit-code", action="store_true", help="exit 1 where something changed")
    args = parser.parse_args(arguments)
    found = diff(args.a, args.b)
    print(found.as_json() if args.json else found.as_markdown() if args.markdown else found.as_text(), end="")
    return 1 if args.exit_code and found else 0
