"""Entities: mentions and value expressions as typed spans."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np

from vostochny.metrics.columns import LEVELS, NAM, VALUE, EntityColumns, EntityTable, match_rows
from vostochny.metrics.counts import Bools, Counts, Floats, Item, match_keys, sum_items, tally
from vostochny.metrics.pairs import Pair
from vostochny.model import Entity, Span
from vostochny.text.alignment import iob2_to_spans, normalise, spans_to_iob2

FACETS = ("type", "level", "zone")


def exact(table: EntityTable, metric: str, names_only: bool = False, labelled: bool = True) -> Counts:
    """Exact match: an entity is right where a gold one has its span and its type (CoNLL-2003; MUC's strict).

    F1 = 2·right / (gold + predicted). ``names_only`` keeps names and values and leaves nominals and pronouns out on
    both sides; without ``labelled`` the type need not agree. Items are multisets: the second copy of a prediction is
    spurious. Facets: type, level, zone; a part by type counts each side's items by their own type.
    """
    gold, predicted = table.gold, table.predicted
    if names_only:
        gold, predicted = (side.where((side.level == NAM) | (side.level == VALUE)) for side in (gold, predicted))
    hits = match_rows(gold, predicted, "start", "end", *(["type"] if labelled else []))
    return _count(table, metric, gold, predicted, *hits)


def _count(
    table: EntityTable,
    metric: str,
    gold: EntityColumns,
    predicted: EntityColumns,
    credit_gold: Bools | Floats,
    credit_predicted: Bools | Floats,
) -> Counts:
    """Rows of counts from the credit of each row, with a column only for strata that occur."""
    shape = len(table.types), len(LEVELS), len(table.zones)
    strata = [(s.type * shape[1] + s.level) * shape[2] + s.zone for s in (gold, predicted)]
    seen = np.bincount(np.concatenate(strata), minlength=1) > 0
    present = np.flatnonzero(seen)
    columns = [(np.cumsum(seen) - 1)[s] for s in strata]
    units = len(table.documents)
    sides = [
        sum_items(units, len(present), side.unit, column, credit.astype(np.float64))
        for side, column, credit in zip((gold, predicted), columns, (credit_gold, credit_predicted), strict=True)
    ]
    names = [
        (table.types[t], LEVELS[level], table.zones[z])
        for t, level, z in zip(*np.unravel_index(present, shape), strict=True)
    ]
    return Counts(metric, FACETS, tuple(names), np.concatenate(sides, axis=2), table.documents)


def iob2(pairs: list[Pair], metric: str) -> Counts:
    """Strict IOB2 over the stored sentences and tokens, as seqeval's ``mode="strict", scheme=IOB2`` counts it.

    Both sides are turned to tags by the same rule (align.spans_to_iob2): names and values, longest first where spans
    share a token, cut at sentence ends. Facets: type, zone.
    """
    gold_items: list[Item] = []
    predicted_items: list[Item] = []
    for pair in pairs:
        sides = [
            [(row, *chunk) for row, sentence in enumerate(tags) for chunk in iob2_to_spans(sentence)]
            for tags in tag_rows(pair)
        ]
        hits = match_keys(*sides)
        for side, flags, items in zip(sides, hits, (gold_items, predicted_items), strict=True):
            for (row, first, _, label), hit in zip(side, flags, strict=True):
                unit, zone = pair.locate(pair.sentence_tokens[row][first])
                items.append(Item(unit, (label, zone), float(hit)))
    return tally(metric, ("type", "zone"), Pair.unit_documents(pairs), gold_items, predicted_items)


def tag_rows(pair: Pair) -> tuple[list[list[str]], list[list[str]]]:
    """Gold and predicted IOB2 tags of a pair, a list a sentence; tokens outside scored zones are left out.

    Only names and values are tagged; a predicted entity without a level stands where a gold nominal or pronoun does is
    left out, as in :func:`exact`.
    """
    rank = {level: i for i, level in enumerate(LEVELS)}
    standing: dict[Span, str] = {}
    for e in sorted(pair.gold.entities, key=lambda e: -rank[e.level or ""]):
        standing[e.span] = e.level or ""

    def flat(e: Entity) -> bool:
        return e.type in pair.value_types or (e.level or standing.get(e.span, "NAM")) in ("", "NAM")

    sentences = pair.sentence_tokens
    starts, ends = [tokens[0].start for tokens in sentences], [tokens[-1].end for tokens in sentences]
    out = []
    for side in (pair.gold, pair.predicted):
        spans = [(e.span, e.type) for e in side.entities if flat(e)]
        inside: list[list[tuple[Span, str]]] = [[] for _ in sentences]
        for span, label in spans:
            for row in range(bisect_right(ends, span.start), bisect_left(starts, span.end)):
                inside[row].append((span, label))
        out.append([spans_to_iob2(found, tokens) for found, tokens in zip(inside, sentences, strict=True)])
    return out[0], out[1]


def text_set(table: EntityTable, pairs: list[Pair], metric: str) -> Counts:
    """Document-level set F1 of (text, type) over names and values: what remains when offsets do not count.

    Each different (text, type) of a document is one item, however often it is mentioned; quotation marks, dashes and
    white space are evened out. So it is no measure of finding mentions, and not comparable with one that is; it tells
    how much of an error is in the placing of words. Words that were not found count as they were given. An item
    stands where it is mentioned first. Facets: type, zone.
    """
    sides: list[dict[tuple[int, str, str], tuple[int, str]]] = []
    for side, nowhere in ((table.gold, [{}] * len(pairs)), (table.predicted, [_unplaced(p) for p in pairs])):
        columns = (side.document, side.start, side.end, side.type, side.unit, side.zone, side.level)
        rows = []
        for number, start, end, type_, unit, zone, level in zip(*(c.tolist() for c in columns), strict=True):
            words = pairs[number].gold.text[start:end]
            if start == end:
                words = next(nowhere[number].get(start, iter(())), "")
            if level in (NAM, VALUE):
                rows.append((number, start, end, type_, unit, zone, normalise(words)))
        seen: dict[tuple[int, str, str], tuple[int, str]] = {}
        for number, _, _, type_, unit, zone, words in sorted(rows):
            seen.setdefault((number, words, table.types[type_]), (unit, table.zones[zone]))
        sides.append(seen)
    items = [
        [Item(unit, (key[2], zone), float(key in other)) for key, (unit, zone) in seen.items()]
        for seen, other in (sides, sides[::-1])
    ]
    return tally(metric, ("type", "zone"), table.documents, *items)


def _unplaced(pair: Pair) -> dict[int, Iterator[str]]:
    """The predicted words that were not found, by where their empty spans stand, in the order they were given.

    A short text has fewer places than there may be such words, so several can stand in one.
    """
    out: dict[int, list[str]] = defaultdict(list)
    for span, words in pair.predicted.placement.unplaced:
        out[span.start].append(words)
    return {at: iter(words) for at, words in out.items()}


# What a pair earns under each scheme of SemEval-2013 task 9.1: (same span, same type) → credit.
SEMEVAL: dict[str, Callable[[Bools, Bools], Floats]] = {
    "strict": lambda span, type_: (span & type_).astype(np.float64),
    "exact": lambda span, type_: span.astype(np.float64),
    "partial": lambda span, type_: np.where(span, 1.0, 0.5),
    "type": lambda span, type_: type_.astype(np.float64),
}


def semeval(table: EntityTable, metric: str, scheme: str) -> Counts:
    """SemEval-2013 task 9.1 (Segura-Bedmar et al. 2013), after MUC-5 (Chinchor & Sundheim 1993), on all mentions.

    P = credit / predicted, R = credit / gold, where a pair (:func:`pair_rows`) earns: ``strict`` 1 for span and type,
    ``exact`` 1 for the span, ``partial`` 1 for the span and ½ for an overlap, ``type`` 1 for the type. So a pair that
    does not earn is INC, an unpaired gold entity MIS, an unpaired predicted one SPU. Facets: type, level, zone.
    """
    left, right = table.pairs
    gold, predicted = table.gold, table.predicted
    same_span = (gold.start[left] == predicted.start[right]) & (gold.end[left] == predicted.end[right])
    credit = SEMEVAL[scheme](same_span, gold.type[left] == predicted.type[right])
    earned = [np.zeros(len(side.start)) for side in (gold, predicted)]
    earned[0][left] = credit
    earned[1][right] = credit
    return _count(table, metric, gold, predicted, *earned)
