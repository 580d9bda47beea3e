"""Count items that are given more than once: each copy counts as an item of its own, which a reader should know."""

from __future__ import annotations

import numpy as np

from vostochny.metrics.item_tables import Tables
from vostochny.metrics.matching import Ints, encode, run_starts

# What is counted → its layer, and with what one repeats another.
COPIES = {
    "entities": ("entities", "with the span and the type of another one"),
    "events": ("events", "with the span and the type of another one"),
    "arguments": ("events", "with the span and the role of another one of their event"),
    "quotes": ("quotes", "with the content of another one"),
    "parts of quotes": ("quotes", "with the span of another one of their quote"),
}


def count_copies(tables: Tables) -> dict[str, tuple[int, int]]:
    """Return by kind (COPIES) how many gold and predicted items repeat another one of their side.

    Of two entities or events with equal span and type one repeats the other, of two quotes with equal content, of two
    arguments of an event with equal role and span, and of two parts of a quote with equal span. Words that the text
    does not have (empty spans) repeat nothing.
    """
    return {kind: (_count(_encode(tables, 0, kind)), _count(_encode(tables, 1, kind))) for kind in COPIES}


def _encode(tables: Tables, side: int, kind: str) -> Ints:
    """Return the code of what identifies each item that has a place in the text."""
    rows = tables.sides[side]
    if kind == "quotes":
        return tables.contents[side][rows.quotes.start < rows.quotes.end]
    if kind == "parts of quotes":
        parts = rows.contents
        return encode((parts.quote, parts.start, parts.end))[0][parts.start < parts.end]
    if kind == "arguments":
        arguments = rows.arguments
        return encode((*arguments.span, arguments.event, arguments.role))[0][arguments.start < arguments.end]
    items = rows.entities if kind == "entities" else rows.events
    return encode((*items.span, items.type))[0][items.start < items.end]


def _count(code: Ints) -> int:
    """Return how many values repeat another one."""
    return len(code) - int(run_starts(np.sort(code, kind="stable")).sum())
