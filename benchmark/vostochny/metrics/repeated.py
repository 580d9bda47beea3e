"""Count items that are given more than once: each copy counts as an item of its own, which a reader should know."""

from __future__ import annotations

import numpy as np

from vostochny.metrics.item_tables import Tables
from vostochny.metrics.matching import Ints, encode, run_starts
from vostochny.model import LAYERS


def count_copies(tables: Tables) -> dict[str, tuple[int, int]]:
    """Return by layer how many gold and predicted items repeat another one of their side.

    Of two entities or events with equal span and type one repeats the other, and of two quotes with equal content.
    Words that the text does not have (empty spans) repeat nothing.
    """
    return {layer: (_count(_encode(tables, 0, layer)), _count(_encode(tables, 1, layer))) for layer in LAYERS}


def _encode(tables: Tables, side: int, layer: str) -> Ints:
    """Return the code of what identifies each item that has a place in the text."""
    rows = tables.sides[side]
    if layer == "quotes":
        return tables.contents[side][rows.quotes.start < rows.quotes.end]
    items = rows.entities if layer == "entities" else rows.events
    return encode((*items.span, items.type))[0][items.start < items.end]


def _count(code: Ints) -> int:
    """Return how many values repeat another one."""
    return len(code) - int(run_starts(np.sort(code, kind="stable")).sum())
