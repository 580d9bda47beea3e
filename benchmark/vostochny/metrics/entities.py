"""Metrics of entities: mentions and value expressions as typed spans."""

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
    """Compute exact match: an entity is right where a gold one has its span and type (CoNLL-2003; MUC's strict).

    F1 = 2·right / (gold + predicted). Items are multisets: the second copy of a prediction is spurious. Facets: type,
    level, zone; in a score by type each side's items are sorted by their own type.

    Args:
        table: the entities.
        metric: the name of the metric.
        names_only: whether nominals and pronouns are left out on both sides, so that names and values are scored.
        labelled: whether the type must agree too.
    """
    gold, predicted = table.gold, table.predicted
    if names_only:
        gold, predicted = (side.where((side.level == NAM) | (side.level == VALUE)) for side in (gold, predicted))
    hits = match_rows(gold, predicted, "start", "end", *(["type"] if labelled else []))
    return _tally_columns(table, metric, gold, predicted, *hits)


def _tally_columns(
    table: EntityTable,
    metric: str,
    gold: EntityColumns,
    predicted: EntityColumns,
    credit_gold: Bools | Floats,
    credit_predicted: Bools | Floats,
) -> Counts:
    """Add up entities of two sides to counts, with a stratum only for the (type, level, zone) that occur.

    Args:
        table: the table that the entities come from, for its units and vocabularies.
        metric: the name of the metric.
        gold: the gold entities that take part.
        predicted: the predicted entities that take part.
        credit_gold: what each gold row earns, 0 to 1.
        credit_predicted: what each predicted row earns.
    """
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
    """Compute strict IOB2 over the stored sentences and tokens, equal to seqeval's ``mode="strict", scheme=IOB2``.

    Both sides are turned into tags by the same rule (alignment.spans_to_iob2): names and values, longest first where
    spans share a token, cut at sentence ends. Facets: type, zone.
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
    """Return gold and predicted IOB2 tags of a pair, one list per sentence, without tokens outside scored zones.

    Only names and values are tagged. A predicted entity without a level on the span of a gold nominal or pronoun is
    left out, as in :func:`exact`.
    """
    rank = {level: i for i, level in enumerate(LEVELS)}
    gold_level: dict[Span, str] = {}
    # The lowest level last, so that of several gold entities on one span it is the one that stays.
    for e in sorted(pair.gold.entities, key=lambda e: -rank[e.level or ""]):
        gold_level[e.span] = e.level or ""

    def is_tagged(e: Entity) -> bool:
        return e.type in pair.value_types or (e.level or gold_level.get(e.span, "NAM")) in ("", "NAM")

    sentences = pair.sentence_tokens
    starts, ends = [tokens[0].start for tokens in sentences], [tokens[-1].end for tokens in sentences]
    out = []
    for side in (pair.gold, pair.predicted):
        spans = [(e.span, e.type) for e in side.entities if is_tagged(e)]
        inside: list[list[tuple[Span, str]]] = [[] for _ in sentences]
        for span, label in spans:
            for row in range(bisect_right(ends, span.start), bisect_left(starts, span.end)):
                inside[row].append((span, label))
        out.append([spans_to_iob2(row_spans, tokens) for row_spans, tokens in zip(inside, sentences, strict=True)])
    return out[0], out[1]


def text_set(table: EntityTable, pairs: list[Pair], metric: str) -> Counts:
    """Compute the document-level set F1 of (text, type) over names and values: a score without offsets.

    Each different (text, type) of a document is one item, however often it is mentioned; quotation marks, dashes and
    white space are normalised. So it does not measure how mentions are found, and is not comparable with a metric that
    does; it shows how much of an error is in the offsets. Words that the text does not have are taken as they were
    given. An item belongs to the unit and zone of its first mention. Facets: type, zone.
    """
    sides: list[dict[tuple[int, str, str], tuple[int, str]]] = []
    for side, unplaced in ((table.gold, [{}] * len(pairs)), (table.predicted, [_unplaced_words(p) for p in pairs])):
        columns = (side.document, side.start, side.end, side.type, side.unit, side.zone, side.level)
        rows = []
        for number, start, end, type_, unit, zone, level in zip(*(c.tolist() for c in columns), strict=True):
            words = pairs[number].gold.text[start:end]
            if start == end:  # an empty span stands for words that were not found
                words = next(unplaced[number].get(start, iter(())), "")
            if level in (NAM, VALUE):
                rows.append((number, start, end, type_, unit, zone, normalise(words)))
        first_places: dict[tuple[int, str, str], tuple[int, str]] = {}
        for number, _, _, type_, unit, zone, words in sorted(rows):
            first_places.setdefault((number, words, table.types[type_]), (unit, table.zones[zone]))
        sides.append(first_places)
    items = [
        [Item(unit, (key[2], zone), float(key in other)) for key, (unit, zone) in side_items.items()]
        for side_items, other in (sides, sides[::-1])
    ]
    return tally(metric, ("type", "zone"), table.documents, *items)


def _unplaced_words(pair: Pair) -> dict[int, Iterator[str]]:
    """Return the predicted words that were not found, by the offset of their empty spans, in the order of the input.

    A short text has fewer offsets than there may be such words, so several can share one.
    """
    out: dict[int, list[str]] = defaultdict(list)
    for span, words in pair.predicted.placement.unplaced:
        out[span.start].append(words)
    return {at: iter(words) for at, words in out.items()}


# Credit of a pair under each scheme of SemEval-2013 task 9.1, from (same span, same type).
SEMEVAL: dict[str, Callable[[Bools, Bools], Floats]] = {
    "strict": lambda span, type_: (span & type_).astype(np.float64),
    "exact": lambda span, type_: span.astype(np.float64),
    "partial": lambda span, type_: np.where(span, 1.0, 0.5),
    "type": lambda span, type_: type_.astype(np.float64),
}


def semeval(table: EntityTable, metric: str, scheme: str) -> Counts:
    """Compute SemEval-2013 task 9.1 (Segura-Bedmar et al. 2013; MUC-5, Chinchor & Sundheim 1993) on all mentions.

    P = credit / predicted, R = credit / gold, where a pair (columns.pair_rows) earns: ``strict`` 1 for span and type,
    ``exact`` 1 for the span, ``partial`` 1 for the span and ½ for an overlap, ``type`` 1 for the type. In the task's
    terms a pair without credit is INC, an unpaired gold entity MIS, an unpaired predicted one SPU. Facets: type, level,
    zone.
    """
    left, right = table.pairs
    gold, predicted = table.gold, table.predicted
    same_span = (gold.start[left] == predicted.start[right]) & (gold.end[left] == predicted.end[right])
    credit = SEMEVAL[scheme](same_span, gold.type[left] == predicted.type[right])
    earned = [np.zeros(len(side.start)) for side in (gold, predicted)]
    earned[0][left] = credit
    earned[1][right] = credit
    return _tally_columns(table, metric, gold, predicted, *earned)
