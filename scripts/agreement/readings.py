"""Compare two readings of the articles for discrepancies: which entries are the same, and what both call them.

Entries are the same where their spans overlap: by Dice's coefficient of the tokens of an article, averaged over the
articles that either has spans in. The one-to-one map with the greatest sum counts (:func:`match_entries`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scripts.agreement.kappa import compute_kappa
from scripts.discrepancy_lines import Row, read_lines
from scripts.segmentation import segment
from scripts.store import Store
from vostochny.metrics.assignment import best_edges
from vostochny.model import Document, Span

THRESHOLDS = (0.3, 0.5)  # of the average Dice coefficient, from which entries are the same
Tokens = Mapping[str, Sequence[Span]]  # of each article


def read_readings(store: Store) -> dict[str, list[Row]]:
    """Return the entries of every annotator who has read for discrepancies, by the annotator's name."""
    articles = {document.doc_id: document for document in store.read_gold()}
    out = {}
    for name in store.list_passes():
        path = store.reading_path(name)
        if store.has(path):
            out[name] = read_lines(store.read_text(path), store.display_name(path), articles, store.ontology)
    return out


def list_tokens(documents: Sequence[Document]) -> dict[str, tuple[Span, ...]]:
    """Return the tokens of each article."""
    return {document.doc_id: segment(document).tokens for document in documents}


Cover = Mapping[str, set[int]]  # the tokens that the spans of an entry cover, by article


def compare_covers(a: Cover, b: Cover) -> float:
    """Return how far two entries have the same spans: Dice's coefficient, averaged over the articles; from 0 to 1."""
    scores = []
    for doc_id in {*a, *b}:
        left, right = a.get(doc_id, set()), b.get(doc_id, set())
        scores.append(2 * len(left & right) / (len(left) + len(right)))
    return math.fsum(scores) / len(scores) if scores else 0.0


def _cover(row: Row, tokens: Tokens) -> Cover:
    out: defaultdict[str, set[int]] = defaultdict(set)
    for span in row["spans"]:
        place = Span(span["start"], span["end"])
        out[span["doc_id"]].update(i for i, token in enumerate(tokens[span["doc_id"]]) if token.overlaps(place))
    return out


def match_entries(a: Sequence[Row], b: Sequence[Row], tokens: Tokens, threshold: float) -> list[tuple[Row, Row]]:
    """Return the pairs of entries that are the same, each entry in one pair at most."""
    covers = [[_cover(row, tokens) for row in rows] for rows in (a, b)]
    edges = [
        (i, j, score)
        for i, left in enumerate(covers[0])
        for j, right in enumerate(covers[1])
        if (score := compare_covers(left, right)) >= threshold
    ]
    if not edges:
        return []
    left, right, weight = (np.array(column) for column in zip(*edges, strict=True))
    lefts, rights = (np.unique(side, return_inverse=True)[1].reshape(-1) for side in (left, right))
    chosen = best_edges(lefts, rights, weight.astype(float))
    return [(a[i], b[j]) for i, j in zip(left[chosen].tolist(), right[chosen].tolist(), strict=True)]


def compare_readings(a: Sequence[Row], b: Sequence[Row], tokens: Tokens) -> dict[str, Any]:
    """Return the agreement of two readings as JSON: mutual F1 by threshold, and κ on what is the same at the lowest."""

    def f1(a: Sequence[Row], b: Sequence[Row], threshold: float) -> dict[str, Any]:
        both = len(match_entries(a, b, tokens, threshold))
        return {"f1": 2 * both / (len(a) + len(b)) if a or b else None, "both": both, "a": len(a), "b": len(b)}

    pairs = match_entries(a, b, tokens, THRESHOLDS[0])
    major_a, major_b = ([row for row in rows if row["salience"] == "major"] for rows in (a, b))
    return {
        "entries": {str(threshold): f1(a, b, threshold) for threshold in THRESHOLDS},
        "major_entries": {str(threshold): f1(major_a, major_b, threshold) for threshold in THRESHOLDS},
        "kappa": {name: _compare_values(pairs, name) for name in ("relation", "salience")},
    }


def _compare_values(pairs: Sequence[tuple[Row, Row]], name: str) -> dict[str, Any]:
    """Return κ of one field over pairs of entries."""
    values = sorted({row[name] for pair in pairs for row in pair})
    table = np.zeros((len(values), len(values)))
    for p, q in pairs:
        table[values.index(p[name]), values.index(q[name])] += 1
    return {"kappa": compute_kappa(table), "items": float(table.sum()), "agreed": float(np.trace(table))}
