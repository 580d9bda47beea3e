"""Metrics of quotes (attributed propositions).

After Pareti et al. (2013), Scheible et al. (2016) and Newell et al. (2018). Facets of most are directness and zone. A
prediction need not state directness, so a predicted quote takes that of the gold quote that it is right about, and a
spurious one has none: by directness only recall is reported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from vostochny.metrics.assignment import best_edges
from vostochny.metrics.counts import Counts, ItemColumns, tally, tally_matches
from vostochny.metrics.item_tables import NOBODY, NONE, Quotes, Tables
from vostochny.metrics.matching import (
    Bools,
    Floats,
    Ints,
    encode,
    find_overlaps,
    look_up,
    merge_spans,
    pair_codes,
    run_starts,
)
from vostochny.metrics.places import Places

# Added to the weight of a pair of quotes with the same speaker. Smaller than any step between two Dice coefficients of
# real texts, so it decides between equally good maps only.
_SAME_SPEAKER_BONUS = 1e-9

_TOKEN = re.compile(r"\w+|[^\w\s]")

Pairs = tuple[Ints, Ints]  # gold and predicted rows, one to one


def pair_quotes(tables: Tables) -> Pairs:
    """Return the one-to-one pairs of quotes of greatest total Dice over content characters.

    One to one, so that many predictions cannot share one gold quote; by Dice, so that an exact copy is paired before a
    nested quote is. Of equally good maps the one with more right speakers is taken, then the one that the content of
    the quotes decides. A character in two spans of one content is one character.
    """
    spans = []
    for side in tables.sides:
        document = side.quotes.document[side.contents.quote]
        spans.append((Places.key(document, side.contents.start), Places.key(document, side.contents.end)))
    g, p, shared, lengths = _find_shared(tables, spans)
    gold, predicted = (side.quotes for side in tables.sides)
    same = gold.speaker[g] == predicted.speaker[p]
    weight = 2 * shared / (lengths[0][g] + lengths[1][p]) + np.where(same, _SAME_SPEAKER_BONUS, 0.0)
    ranks = [_rank(side.quotes, code) for side, code in zip(tables.sides, tables.contents, strict=True)]
    chosen = best_edges(ranks[0][g], ranks[1][p], weight)
    return g[chosen], p[chosen]


def _rank(quotes: Quotes, content: Ints) -> Ints:
    """Return the place of each quote in an order by content."""
    columns = (
        quotes.addressee, quotes.speaker, quotes.cue_end, quotes.cue_start, quotes.directness, content, quotes.end,
        quotes.start, quotes.document,
    )  # fmt: skip
    order = np.lexsort(columns)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _find_shared(tables: Tables, spans: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, Ints, Ints, list[Ints]]:
    """Return the pairs of quotes whose spans overlap, by how much; and the length of all spans of each quote.

    ``spans`` are start and end of every content span of gold and of predictions, on one line for all documents.
    """
    sides = [merge_spans(side.contents.quote, *at) for side, at in zip(tables.sides, spans, strict=True)]
    lengths = [
        np.bincount(quote, weights=end - start, minlength=len(side.quotes)).astype(np.int64)
        for side, (quote, start, end) in zip(tables.sides, sides, strict=True)
    ]
    (gold, gold_start, gold_end), (predicted, start, end) = sides
    left, right = find_overlaps((gold_start, gold_end), (start, end))
    shared = np.minimum(gold_end[left], end[right]) - np.maximum(gold_start[left], start[right])
    g, p = gold[left], predicted[right]
    (key,) = encode((g, p))
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(run_starts(key[order]))
    total = np.add.reduceat(shared[order], first) if len(first) else shared
    return g[order][first], p[order][first], total, lengths


def _count(
    tables: Tables,
    metric: str,
    right: Pairs,
    credit: Floats | float = 1.0,
    weights: Sequence[Ints | None] = (None, None),
    keep: Sequence[Bools] | None = None,
) -> Counts:
    """Count quotes, of which those of the pairs ``right`` are right.

    Args:
        tables: the items.
        metric: the name of the metric.
        right: the pairs of which both quotes earn ``credit``; all others earn nothing.
        credit: what they earn.
        weights: what each gold and each predicted quote weighs; None where each weighs 1.
        keep: which gold and which predicted quotes are counted; None for all.
    """
    directness = tables.gold.quotes.directness
    strata = [directness, np.full(len(tables.predicted.quotes), NONE)]
    strata[1][right[1]] = directness[right[0]]
    items = []
    for i, side in enumerate(tables.sides):
        earned = np.zeros(len(side.quotes))
        earned[right[i]] = credit
        rows = slice(None) if keep is None else keep[i]
        weight = weights[i]
        facets = strata[i][rows], side.quotes.zone[rows]
        items.append(
            ItemColumns(side.quotes.unit[rows], facets, earned[rows], None if weight is None else weight[rows])
        )
    facet_names = {"directness": tables.directness, "zone": tables.places.zones}
    return tally(metric, facet_names, tables.places.documents, *items)


def content_exact(tables: Tables, metric: str) -> Counts:
    """Compute exact match: a quote is right where a gold quote has exactly its content spans, all of them."""
    ranks = [[_rank(side.quotes, code)] for side, code in zip(tables.sides, tables.contents, strict=True)]
    return _count(tables, metric, pair_codes(tables.contents, ranks))


def content_overlap(tables: Tables, metric: str, pairs: Pairs) -> Counts:
    """Compute overlap: a quote is right where it is paired (:func:`pair_quotes`) with a gold quote that it overlaps."""
    return _count(tables, metric, pairs)


def same_speaker(tables: Tables, metric: str, pairs: Pairs) -> Counts:
    """Compute overlap with the right speaker: both sources mean the same (metrics.identity), or neither is named."""
    gold, predicted = (side.quotes.speaker for side in tables.sides)
    return _count(tables, metric, _select(pairs, gold[pairs[0]] == predicted[pairs[1]]))


def same_source_span(tables: Tables, metric: str, pairs: Pairs) -> Counts:
    """Compute overlap with the source's span: both quotes name the same span as source, or neither names one."""
    gold, predicted = (side.quotes.where(rows) for side, rows in zip(tables.sides, pairs, strict=True))
    right = (gold.source_start == predicted.source_start) & (gold.source_end == predicted.source_end)
    return _count(tables, metric, _select(pairs, right))


def content_tokens(tables: Tables, metric: str, pairs: Pairs) -> Counts:
    """Compute token F1 of content: the share of all gold quotes' tokens that their pairs share, and the reverse.

    The graded form of overlap (Pareti et al. 2013's partial measure, over tokens): a prediction that takes the whole
    paragraph pays for it in precision. A token in two quotes is one item in each. Predicted words that the text does
    not have are tokens too, by white space and punctuation. Facets: directness, zone.
    """
    spans = [
        tables.places.measure(side.quotes.document[side.contents.quote], side.contents.start, side.contents.end)
        for side in tables.sides
    ]
    g, p, shared, lengths = _find_shared(tables, spans)
    at = look_up(*encode(pairs, (g, p)))
    found = at >= 0
    credit = np.zeros(len(at))
    credit[found] = shared[at[found]]
    lengths[1] = lengths[1] + _measure_unplaced(tables)
    return _count(tables, metric, pairs, credit, lengths)


def _measure_unplaced(tables: Tables) -> Ints:
    """Return how long the words of each predicted quote are that the text does not have, as Places.measure counts."""
    out = np.zeros(len(tables.predicted.quotes), dtype=np.int64)
    contents = tables.predicted.contents
    documents = tables.predicted.quotes.document[contents.quote]
    for row in np.flatnonzero(contents.start == contents.end).tolist():
        # In a very short text an offset may stand for the words of several spans: the longest are taken.
        words = max(tables.unplaced.get((int(documents[row]), int(contents.start[row])), ("",)), key=len)
        tokens = _TOKEN.findall(words) if tables.places.has_tokens[documents[row]] else "".join(words.split())
        out[contents.quote[row]] += max(1, len(tokens))
    return out


def cues(tables: Tables, metric: str) -> Counts:
    """Compute exact match of cues: a cue is right where a gold cue has its span. Facet: zone.

    Quotes without a cue are left out. Two quotes that share a cue are two items on both sides.
    """
    sides = [side.quotes.where(side.quotes.cue_start >= 0) for side in tables.sides]
    keys = [(side.document, side.cue_start, side.cue_end) for side in sides]
    places = [tables.places.locate(side.document, side.cue_start) for side in sides]
    columns = [(unit, (zone,)) for unit, zone in places]
    return tally_matches(metric, {"zone": tables.places.zones}, tables.places.documents, keys, columns)


def addressees(tables: Tables, metric: str, pairs: Pairs) -> Counts:
    """Compute match of addressees, by identity (metrics.identity), over the quotes that name an addressee.

    Right where the quotes are paired by content and both name the same addressee.
    """
    gold, predicted = (side.quotes.addressee for side in tables.sides)
    named = gold != NOBODY, predicted != NOBODY
    right = _select(pairs, named[0][pairs[0]] & (gold[pairs[0]] == predicted[pairs[1]]))
    return _count(tables, metric, right, keep=named)


def directness(tables: Tables, metric: str, pairs: Pairs) -> Counts:
    """Compute the accuracy of directness on paired quotes for which the gold states it: recall = precision = accuracy.

    Facets: directness (the gold's), zone.
    """
    gold, predicted = (side.quotes.where(rows) for side, rows in zip(tables.sides, pairs, strict=True))
    stated = gold.directness != NONE
    right = (gold.directness == predicted.directness)[stated]
    items = ItemColumns(gold.unit[stated], (gold.directness[stated], gold.zone[stated]), right)
    facets = {"directness": tables.directness, "zone": tables.places.zones}
    return tally(metric, facets, tables.places.documents, items, items)


def _select(pairs: Pairs, keep: Bools) -> Pairs:
    return pairs[0][keep], pairs[1][keep]
