"""Render the outcome of every item (hit, missed, spurious …) as JSON Lines."""

from __future__ import annotations

import json

import msgspec

from vostochny.errors import InputError, Problem
from vostochny.metrics.outcomes import outcome_rows
from vostochny.scoring import Result

# Layer of an outcome → layer of the result: arguments are scored with the events that they belong to.
_SCORED_LAYERS = {"entities": "entities", "events": "events", "arguments": "events", "quotes": "quotes"}


def render(result: Result) -> str:
    """Return one line per item or pair of items (metrics.outcomes), of the layers that were scored.

    Raises InputError where the documents were too many to keep in memory, so that there are no items to write.
    """
    if result.size and not result.pairs:
        message = "the gold is too large to keep in memory, so its items were not kept; give --gold a part of it"
        raise InputError([Problem("--items", None, None, message)])
    rows = (row for row in outcome_rows(result.pairs) if _SCORED_LAYERS[row.layer] in result.layers)
    return "".join(json.dumps(msgspec.to_builtins(row), ensure_ascii=False) + "\n" for row in rows)
