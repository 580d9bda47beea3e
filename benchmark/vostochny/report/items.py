"""What became of every item, as JSON Lines."""

from __future__ import annotations

import json

from vostochny.errors import InputError, Problem
from vostochny.metrics.outcomes import verdicts
from vostochny.scoring import Result

_LAYER = {"entities": "entities", "events": "events", "arguments": "events", "quotes": "quotes"}


def render(result: Result) -> str:
    """One line an item or pair of items (metrics.outcomes), of the layers that were scored.

    Raises InputError where the documents were too many to hold, so that there is nothing to tell.
    """
    if result.size and not result.pairs:
        message = "the gold is too large to hold, so its items were not kept; give --gold a part of it"
        raise InputError([Problem("--items", None, None, message)])
    rows = (row for row in verdicts(result.pairs) if _LAYER[row["layer"]] in result.layers)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
