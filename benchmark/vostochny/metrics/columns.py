"""Entities of many documents as columns of integers, so that a million of them are matched without a Python loop.

Gold and predictions share one vocabulary of types, levels and zones; see :class:`EntityTable`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from vostochny.metrics.assignment import best_pairs
from vostochny.metrics.counts import Bools, Ints, match_codes
from vostochny.metrics.pairs import Pair
from vostochny.model import Span

# Codes of the column ``level``. VALUE is the absent level of a value; UNSTATED is a level that a system did not state,
# which :func:`resolve_levels` replaces before anything is matched.
LEVELS = ("", "NAM", "NOM", "PRO")
VALUE, NAM, NOM, PRO = range(4)
UNSTATED = -1


@dataclass(frozen=True)
class EntityColumns:
    """Entities of one side, one row each, all columns of one length.

    ``document`` and ``unit`` index the batch's documents and units, ``start`` and ``end`` are code points, ``type`` and
    ``zone`` index the vocabularies of the :class:`EntityTable`, ``level`` the tuple LEVELS (or UNSTATED).
    """

    document: Ints
    unit: Ints
    start: Ints
    end: Ints
    type: Ints
    level: Ints
    zone: Ints

    def where(self, keep: Bools | Ints) -> EntityColumns:
        """Return the rows for which ``keep`` is true, or the rows with these indices."""
        return EntityColumns(*(getattr(self, name)[keep] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class EntityTable:
    """Gold and predicted entities side by side.

    ``documents`` gives the document of each unit, shape (units,); ``types`` and ``zones`` are the vocabularies.
    """

    gold: EntityColumns
    predicted: EntityColumns
    documents: Ints
    types: tuple[str, ...]
    zones: tuple[str, ...]

    @cached_property
    def pairs(self) -> tuple[Ints, Ints]:
        """The one-to-one pairs of gold and predicted rows (:func:`pair_rows`)."""
        return pair_rows(self.gold, self.predicted)


def build_entity_table(pairs: list[Pair], trim: bool = False) -> EntityTable:
    """Return the entities of paired documents as columns, with levels resolved (:func:`resolve_levels`).

    The rows of a side are in the order of its documents' entities. With ``trim`` every span is first cut by
    :func:`trim_span`.
    """
    types: dict[str, int] = {}
    zones: dict[str, int] = {}

    def columns(side: str) -> EntityColumns:
        rows: list[tuple[int, ...]] = []
        for number, pair in enumerate(pairs):
            for e in getattr(pair, side).entities:
                unit, zone = pair.locate(e.span)
                span = trim_span(e.span, pair.gold.text) if trim else e.span
                level = LEVELS.index(e.level) if e.level else VALUE if e.type in pair.value_types else UNSTATED
                type_ = types.setdefault(e.type, len(types))
                rows.append((number, unit, span.start, span.end, type_, level, zones.setdefault(zone, len(zones))))
        return EntityColumns(*np.array(rows, dtype=np.int64).reshape(-1, 7).T)

    gold, predicted = columns("gold"), columns("predicted")
    # In a gold without levels every mention is taken for a name.
    gold = replace(gold, level=np.where(gold.level == UNSTATED, NAM, gold.level))
    return resolve_levels(EntityTable(gold, predicted, Pair.unit_documents(pairs), tuple(types), tuple(zones)))


# Parts of a mention by other conventions: a leading article, a trailing possessive, quotation marks around it.
_QUOTES = "“”‘’\"'«»"
_LEADING = re.compile(rf"(?:[\s{_QUOTES}]|(?:the|an?)\s+)*", re.I)


def trim_span(span: Span, text: str) -> Span:
    """Return the span without leading articles, trailing possessive, quotation marks and white space at its edges.

    A span of which nothing would be left is returned as it is, and so is one whose text is not known.
    """
    words = span.of(text)
    prefix = _LEADING.match(words)
    start, end = prefix.end() if prefix else 0, len(words)
    while end > start and (words[end - 1].isspace() or words[end - 1] in _QUOTES):
        end -= 1
    if words[start:end].lower().endswith(("’s", "'s")):
        end -= 2
    return Span(span.start + start, span.start + end) if start < end else span


def encode_rows(sides: Iterable[EntityColumns], *names: str) -> tuple[Ints, ...]:
    """Encode the chosen columns as one integer per row, equal across sides where the rows are equal.

    The columns are packed into 63 bits by their greatest values, so that comparing rows is comparing integers; where
    that is too narrow, distinct rows are numbered instead, which needs a sort.

    Args:
        sides: gold and predicted entities; all share one encoding.
        names: the columns to encode, the most significant first.
    """
    sides = tuple(sides)
    chosen = [[getattr(side, name) for name in names] for side in sides]
    sizes = [max((int(side[i].max(initial=0)) for side in chosen), default=0) + 1 for i in range(len(names))]
    if np.prod(np.array(sizes, dtype=object)) < 2**63:  # Python integers, which cannot overflow
        packed = []
        for side in chosen:
            code = np.zeros(len(side[0]), dtype=np.int64)
            for column, size in zip(side, sizes, strict=True):
                code = code * size + column
            packed.append(code)
        return tuple(packed)
    rows = np.concatenate([np.stack(side, axis=1) for side in chosen])
    inverse = np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1)
    return tuple(np.split(inverse, np.cumsum([len(side[0]) for side in chosen])[:-1]))


def resolve_levels(table: EntityTable) -> EntityTable:
    """Give each predicted entity without a stated level the level of the gold nominal or pronoun on the same span.

    Where there is none, or there is a gold name as well, it is taken for a name. So a prediction without level that
    hits a nominal is neither right nor wrong among names.
    """
    predicted, gold = table.predicted, table.gold
    unstated = predicted.level == UNSTATED
    level = np.where(unstated, NAM, predicted.level)
    if unstated.any() and (gold.level > NAM).any():
        mine, theirs = encode_rows((predicted, gold), "document", "start", "end")
        # Of gold entities on one span the lowest level comes first (value, name, nominal, pronoun), and searchsorted
        # finds the first: a name goes before a nominal.
        order = np.lexsort((gold.level, theirs))
        ordered = theirs[order]
        at = np.searchsorted(ordered, mine)
        has_gold = at < len(ordered)
        has_gold[has_gold] = ordered[at[has_gold]] == mine[has_gold]
        has_gold &= unstated
        level[has_gold] = np.maximum(gold.level[order[at[has_gold]]], NAM)  # a value has no level to give
    return replace(table, predicted=replace(predicted, level=level))


def match_rows(gold: EntityColumns, predicted: EntityColumns, *names: str) -> tuple[Bools, Bools]:
    """Return a flag per gold and per predicted row: whether it has a one-to-one partner with equal ``names``.

    ``names`` are columns; the document must always be equal.
    """
    return match_codes(*encode_rows((gold, predicted), "document", *names))


def pair_rows(gold: EntityColumns, predicted: EntityColumns) -> tuple[Ints, Ints]:
    """Pair gold and predicted rows one to one: return two aligned arrays of row indices.

    Independent of the order of either side. First rows of equal span and type are paired, then rows of equal span; the
    others are paired where spans of one document overlap, by the assignment of greatest total weight: the Dice
    coefficient of the two spans, plus 1 where the types agree.
    """
    pairs: list[tuple[Ints, Ints]] = []
    # Sorted by content, so that ties do not depend on the order of the input.
    rest = [np.lexsort((side.type, side.end, side.start, side.document)) for side in (gold, predicted)]
    for names in (("document", "start", "end", "type"), ("document", "start", "end")):
        keys = encode_rows([side.where(rows) for side, rows in zip((gold, predicted), rest, strict=True)], *names)
        hits = match_codes(*keys)
        # Both sides have equally many hits of each key, so sorting both by key aligns partners.
        aligned = [
            rows[hit][np.argsort(key[hit], kind="stable")] for rows, hit, key in zip(rest, hits, keys, strict=True)
        ]
        pairs.append((aligned[0], aligned[1]))
        rest = [rows[~hit] for rows, hit in zip(rest, hits, strict=True)]
    left, right = _find_overlaps(gold.where(rest[0]), predicted.where(rest[1]))
    g, p = gold.where(rest[0][left]), predicted.where(rest[1][right])
    shared = np.minimum(g.end, p.end) - np.maximum(g.start, p.start)
    weight = 2 * shared / (g.end - g.start + p.end - p.start) + (g.type == p.type)
    # Two rows that overlap each other and no other row are a pair; only the tangled rest needs the slow solver.
    alone = (np.bincount(left, minlength=1)[left] == 1) & (np.bincount(right, minlength=1)[right] == 1)
    pairs.append((rest[0][left[alone]], rest[1][right[alone]]))
    tangled = ~alone
    edges = zip(left[tangled].tolist(), right[tangled].tolist(), weight[tangled].tolist(), strict=True)
    best = best_pairs({(a, b): w for a, b, w in edges})
    pairs.append(
        (rest[0][np.array(list(best), dtype=np.int64)], rest[1][np.array(list(best.values()), dtype=np.int64)])
    )
    return np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])


def _find_overlaps(gold: EntityColumns, predicted: EntityColumns) -> tuple[Ints, Ints]:
    """Return all pairs of rows of one document that share a character, as two arrays of row indices.

    An empty span (words that the text does not have) shares none, wherever it is. Time: a sort, and one step per pair.
    """
    # All documents laid end to end on one line, each ``width`` long, so that one sort serves all of them.
    width = max(int(side.end.max(initial=0)) for side in (gold, predicted)) + 1
    starts = [side.document * width + side.start for side in (gold, predicted)]
    ends = [side.document * width + side.end for side in (gold, predicted)]
    order = [np.argsort(s, kind="stable") for s in starts]
    ordered = [s[o] for s, o in zip(starts, order, strict=True)]
    # Of two spans that overlap, either the predicted one begins inside the gold one (its first character included), or
    # the gold one begins inside the predicted one (its first character excluded): so each pair is listed once.
    first = _ranges(np.searchsorted(ordered[1], starts[0], "left"), np.searchsorted(ordered[1], ends[0], "left"))
    second = _ranges(np.searchsorted(ordered[0], starts[1], "right"), np.searchsorted(ordered[0], ends[1], "left"))
    left = np.concatenate([first[0], order[0][second[1]]])
    right = np.concatenate([order[1][first[1]], second[0]])
    share = (gold.end > gold.start)[left] & (predicted.end > predicted.start)[right]
    return left[share], right[share]


def _ranges(begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Return for each row i the integers begin[i] … end[i] - 1, as two arrays: i repeated, and the integers."""
    lengths = np.maximum(end - begin, 0)
    row = np.repeat(np.arange(len(begin)), lengths)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return row, begin[row] + offset
