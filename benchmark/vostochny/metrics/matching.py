"""Match rows of columns: by equal keys, by overlap, and one to one with the greatest total weight.

A row is known by integers: its document, its offsets, codes of names. Nothing here loops over rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Array = TypeVar("Array", Ints, Floats)


def encode(*sides: Sequence[Ints]) -> tuple[Ints, ...]:
    """Return one integer >= 0 per row of each side, equal where the rows are equal, on one side or on two.

    Every side has the same columns, the most significant first, with values >= -1. They are packed into 63 bits by
    their greatest values; where that is too narrow, what is packed so far is renumbered, which needs a sort.
    """
    codes: tuple[Ints, ...] = tuple(np.zeros(len(side[0]), dtype=np.int64) for side in sides)
    room = 1
    for columns in zip(*sides, strict=True):
        size = max(int(column.max(initial=-1)) for column in columns) + 2
        if room * size >= 2**63:  # Python integers, which cannot overflow
            codes = number(*codes)
            room = max(int(code.max(initial=-1)) for code in codes) + 1
        room *= size
        codes = tuple(code * size + (column + 1) for code, column in zip(codes, columns, strict=True))
    return codes


def number(*sides: Ints) -> tuple[Ints, ...]:
    """Return the codes of several sides renumbered from 0 without gaps, in their order."""
    inverse = np.unique(np.concatenate(sides), return_inverse=True)[1].reshape(-1)
    return tuple(np.split(inverse, np.cumsum([len(side) for side in sides])[:-1]))


def match_codes(codes: Sequence[Ints], ties: Sequence[Sequence[Ints]]) -> tuple[Bools, Bools]:
    """Match two multisets of integer codes: of equal codes, the n-th gold copy is paired with the n-th predicted copy.

    The copies of a code on one side are taken in the order of the side's ``ties``, columns with the most significant
    first, so that it does not depend on the order of the input which of them has a partner. Returns a flag for each
    gold and for each predicted item, in their order: whether it has a partner. O(n log n), and O(n) where both sides
    are sorted and without copies, as they are when read from a file: numpy's stable sort merges runs.
    """
    gold, predicted = codes
    both = np.concatenate([gold, predicted])
    order = np.argsort(both, kind="stable")
    ordered = both[order]
    from_gold = order < len(gold)
    first = np.flatnonzero(run_starts(ordered))
    run = np.cumsum(np.bincount(first, minlength=len(both))) - 1  # the run of equal codes that each item is in
    copies = np.diff(first, append=len(both))
    golds = np.add.reduceat(from_gold, first, dtype=np.int64) if len(first) else first
    matched = np.minimum(golds, copies - golds)[run]
    if (golds > 1).any() or (copies - golds > 1).any():
        columns = [np.concatenate(column) for column in zip(*ties, strict=True)]
        # Gold copies still come before predicted ones.
        order = np.lexsort((*reversed(columns), np.arange(len(both)) >= len(gold), both))
    # The index of an item among the copies of its side: a stable sort leaves gold copies before predicted ones.
    place = np.arange(len(both)) - first[run]
    place[~from_gold] -= golds[run][~from_gold]
    hit = np.empty(len(both), dtype=bool)
    hit[order] = place < matched
    return hit[: len(gold)], hit[len(gold) :]


def pair_codes(codes: Sequence[Ints], ties: Sequence[Sequence[Ints]]) -> tuple[Ints, Ints]:
    """Return the rows of the partners that :func:`match_codes` finds: two arrays of one length."""
    hits = match_codes(codes, ties)
    # Both sides have equally many hits of each code, so sorting both by code aligns partners.
    rows = []
    for hit, code, columns in zip(hits, codes, ties, strict=True):
        keys = [column[hit] for column in reversed(columns)]
        rows.append(np.flatnonzero(hit)[np.lexsort((*keys, code[hit]))])
    return rows[0], rows[1]


def look_up(codes: Ints, known: Ints) -> Ints:
    """Return for each code the index of its first occurrence in ``known``; -1 where it has none."""
    if not len(known):
        return np.full(len(codes), -1)
    order = np.argsort(known, kind="stable")
    ordered = known[order]
    at = np.minimum(np.searchsorted(ordered, codes), len(known) - 1)
    return np.where(ordered[at] == codes, order[at], -1)


def run_starts(ordered: Ints) -> Bools:
    """Return a flag for each value of a sorted column: whether a run of equal values begins there."""
    return np.concatenate([np.ones(min(1, len(ordered)), dtype=bool), ordered[1:] != ordered[:-1]])


def find_overlaps(gold: tuple[Ints, Ints], predicted: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Return all pairs of spans that share a character, each once, as two arrays of row indices.

    Each side is its starts and its ends, on one line for all documents (places.Places.key). An empty span (words that
    the text does not have) shares none, wherever it is. Time: a sort, and one step per pair.
    """
    starts, ends = (gold[0], predicted[0]), (gold[1], predicted[1])
    order = [np.argsort(s, kind="stable") for s in starts]
    ordered = [s[o] for s, o in zip(starts, order, strict=True)]
    # Of two spans that overlap, either the predicted one begins inside the gold one (its first character included), or
    # the gold one begins inside the predicted one (its first character excluded): so each pair is listed once.
    first = list_ranges(np.searchsorted(ordered[1], starts[0], "left"), np.searchsorted(ordered[1], ends[0], "left"))
    second = list_ranges(np.searchsorted(ordered[0], starts[1], "right"), np.searchsorted(ordered[0], ends[1], "left"))
    left = np.concatenate([first[0], order[0][second[1]]])
    right = np.concatenate([order[1][first[1]], second[0]])
    share = (ends[0] > starts[0])[left] & (ends[1] > starts[1])[right]
    return left[share], right[share]


def list_ranges(begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Return for each row i the integers begin[i] … end[i] - 1, as two arrays: i repeated, and the integers."""
    lengths = np.maximum(end - begin, 0)
    row = np.repeat(np.arange(len(begin)), lengths)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return row, begin[row] + offset


def merge_spans(owner: Ints, start: Ints, end: Ints) -> tuple[Ints, Ints, Ints]:
    """Return spans over the same characters, those of one owner that overlap merged into one, by owner and start."""
    order = np.lexsort((end, start, owner))
    owner, start, end = owner[order], start[order], end[order]
    if not len(owner):
        return owner, start, end
    # The greatest end so far, among spans of the same owner: ranks are small, so owners can be moved apart.
    values, rank = np.unique(end, return_inverse=True)
    shift = owner * len(values)
    reach = values[np.maximum.accumulate(shift + rank.reshape(-1)) - shift]
    begins = run_starts(owner)
    begins[1:] |= start[1:] >= reach[:-1]
    first = np.flatnonzero(begins)
    return owner[first], start[first], np.maximum.reduceat(end, first)
