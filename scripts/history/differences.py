"""Print what changed in the annotation between two states, by layer, in words.

    python -m scripts diff v1.0.0                      from a revision to the working tree
    python -m scripts diff v1.0.0 v1.1.0               between two revisions
    python -m scripts diff before/ annotations/gold    between two folders

A state is a git revision, an annotations folder or a folder of tasks (<doc_id>.json). Items are recognised by their
region's id and their place, so that a region that was deleted and drawn again is changed, not removed and added.

Exit code: 0, also where something changed; 1 where something changed and --exit-code is set; 2 where a state cannot be
read.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.history import cluster_changes
from scripts.history.changes import CHANGED_LAYERS, Change, Changes
from scripts.history.item_changes import Comparison
from scripts.history.revisions import Side, read_side
from vostochny.model import LAYERS, Document
from vostochny.system import console
from vostochny.system.arguments import ArgumentParser


def diff(a: Side | Path | str | None, b: Side | Path | str | None = None) -> Changes:
    """Return what changed from state ``a`` to state ``b``; None is the working tree.

    Raises InputError with every problem of what cannot be read.
    """
    before, after = (s if isinstance(s, Side) else read_side(s) for s in (a, b))
    order = {layer: n for n, layer in enumerate(CHANGED_LAYERS)}
    changes = sorted(_compare(before, after), key=lambda c: order[c.layer])
    return Changes(before.name, after.name, tuple(changes))


def _compare(a: Side, b: Side) -> Iterator[Change]:
    """Yield every change; a part that one of the sides lacks (None) is not compared."""
    if a.ontology is not None and b.ontology is not None:
        yield from cluster_changes.compare_ontologies(a.ontology, b.ontology)
    if a.articles is not None and b.articles is not None:
        yield from _articles(a.articles, b.articles)
    comparisons = []
    for doc_id in [*b.documents, *(x for x in a.documents if x not in b.documents)]:
        old, new = a.documents.get(doc_id), b.documents.get(doc_id)
        if old is None or new is None:
            kind = "added" if old is None else "removed"
            yield Change("articles", kind, f"article {kind}: {_count_items(new or old)}", doc_id)
        elif old.text != new.text:
            lengths = f"{len(old.text)} → {len(new.text)} characters"
            yield Change("articles", "text", f"the text changed ({lengths}); its labels are not compared", doc_id)
        else:
            comparisons.append(Comparison(old, new))
            yield from comparisons[-1].changes()
    groups = {}
    for layer in LAYERS:
        used = [
            {item.cluster for d in side.documents.values() for item in getattr(d, layer) if item.cluster}
            for side in (a, b)
        ]
        group = cluster_changes.compare_clusters(layer, comparisons, used[0], used[1])
        groups[cluster_changes.KINDS[layer]] = group
        yield from group.changes
    if a.registry is not None and b.registry is not None:
        yield from cluster_changes.compare_registries(a.registry, b.registry, groups)
    if a.discrepancies is not None and b.discrepancies is not None:
        yield from cluster_changes.compare_discrepancies(a.discrepancies, b.discrepancies)


def _articles(a: Mapping[str, dict[str, Any]], b: Mapping[str, dict[str, Any]]) -> Iterator[Change]:
    """Yield the changed fields of articles that are in both manifests, but for the hash of the text."""
    for doc_id in (x for x in b if x in a):
        for name in [*a[doc_id], *(n for n in b[doc_id] if n not in a[doc_id])]:
            old, new = a[doc_id].get(name), b[doc_id].get(name)
            if old != new and name != "sha256":
                before, after = ("unknown" if x is None else str(x) for x in (old, new))
                description = f"{name} {before} → {after}"
                yield Change("articles", "manifest", description, doc_id, before=before, after=after)


def _count_items(d: Document | None) -> str:
    assert d is not None  # one of the two states has the article
    return ", ".join(f"{len(getattr(d, layer))} {layer}" for layer in LAYERS)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("a", metavar="A", help="the earlier state: a revision or a folder")
    parser.add_argument("b", metavar="B", nargs="?", help="the later one (default: the working tree)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="print Markdown")
    form.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--exit-code", action="store_true", help="exit 1 where something changed")
    args = parser.parse_args(arguments)
    changes = diff(args.a, args.b)
    console.write_data(
        changes.as_json() if args.json else changes.as_markdown() if args.markdown else changes.as_text()
    )
    return 1 if args.exit_code and changes else 0
