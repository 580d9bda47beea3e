"""Recognise offsets of which one side counts otherwise: from 1 on, or with the last character as the end.

Such predictions are valid, and nearly all of them wrong by one character, which a reader of the scores should know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

import numpy as np

from vostochny.metrics.item_tables import Items, Tables
from vostochny.metrics.matching import Bools, encode
from vostochny.model import LAYERS

# What is added to start and end of the predictions so that they count as the gold does → what that means.
_ENDS = "the ends of one side may be last characters; --offsets inclusive reads predictions so, --gold-offsets a gold"
_STARTS = "the offsets of one side may count from 1, or in another unit; --offsets utf16 or bytes reads predictions so"
SHIFTS = {
    (0, 1): ("ends were one larger", _ENDS),
    (0, -1): ("ends were one smaller", _ENDS),
    (-1, 0): ("starts were one smaller", _STARTS),
    (1, 0): ("starts were one larger", _STARTS),
    (-1, -1): ("offsets were one smaller", _STARTS),
    (1, 1): ("offsets were one larger", _STARTS),
}
MAX_EXACT_SHARE = 0.1  # of the predictions that have the span of a gold item, beyond which they are not shifted
MIN_SHIFTED_SHARE = 0.5  # of the predictions that have one when shifted, below which they are not

Shifted = Counter[tuple[str, object]]  # by layer and shift, the items that have a gold span then; None: all items


def count_shifted(tables: Tables) -> Shifted:
    """Return by layer how many predicted items there are, and how many would have a gold span after each shift.

    Shifts are tried in documents of which at most MAX_EXACT_SHARE of the items have a gold span as they are.
    """
    out: Shifted = Counter()
    for layer in LAYERS:
        gold, predicted = (getattr(side, layer) for side in tables.sides)
        out[layer, None] = len(predicted)
        if not len(gold) or not len(predicted):
            continue
        sizes = np.bincount(predicted.document)
        exact = np.bincount(predicted.document[_has_gold_span(gold, predicted)], minlength=len(sizes))
        suspect = (exact <= MAX_EXACT_SHARE * sizes) & (sizes > 0)
        if not suspect.any():
            continue
        gold = gold.where(suspect[np.minimum(gold.document, len(suspect) - 1)])
        predicted = predicted.where(suspect[predicted.document])
        for shift in SHIFTS:
            out[layer, shift] = int(_has_gold_span(gold, predicted, *shift).sum())
    return out


def _has_gold_span(gold: Items, predicted: Items, start: int = 0, end: int = 0) -> Bools:
    """Return for each prediction whether a gold item has its span once it is shifted."""
    shifted = predicted.document, np.maximum(predicted.start + start, -1), predicted.end + end
    codes = encode(gold.span, shifted)
    out: Bools = np.isin(codes[1], codes[0])
    return out


def describe_shifted(counts: Mapping[tuple[str, object], int], layers: Collection[str]) -> Iterator[str]:
    """Yield a note for each of the layers most of whose predictions would have a gold span if they were shifted."""
    for layer in layers:
        size = counts.get((layer, None), 0)
        shift = max(SHIFTS, key=lambda shift: counts.get((layer, shift), 0))
        number = counts.get((layer, shift), 0)
        if number and number > MIN_SHIFTED_SHARE * size:
            change, meaning = SHIFTS[shift]
            yield f"predictions: {number} of {size} {layer} would have a gold span if their {change}: {meaning}"
