"""Metrics of entities: mentions and value expressions as typed spans."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from vostochny.metrics.assignment import best_edges
from vostochny.metrics.columns import resolve_levels
from vostochny.metrics.counts import Counts, ItemColumns, tally, tally_matches
from vostochny.metrics.item_tables import LEVELS, NAM, VALUE, Entities, Tables
from vostochny.metrics.matching import (
    Bools,
    Floats,
    Ints,
    encode,
    find_overlaps,
    list_ranges,
    pair_codes,
    run_starts,
)
from vostochny.metrics.places import Places
from vostochny.model import Span
from vostochny.text.alignment import normalise

# Added to the weight of a pair with one span, so that as many of these as possible are pairs: more than two pairs
# without one bring.
_SAME_SPAN_BONUS = 4.0


def exact(
    tables: Tables,
    metric: str,
    names_only: bool = False,
    labelled: bool = True,
    entities: Sequence[Entities] | None = None,
) -> Counts:
    """Compute exact match: an entity is right where a gold one has its span and type (CoNLL-2003; MUC's strict).

    F1 = 2·right / (gold + predicted). Items are multisets: the second copy of a prediction is spurious. Facets: type,
    level, zone; in a score by type each side's items are sorted by their own type.

    Args:
        tables: the items.
        metric: the name of the metric.
        names_only: whether nominals and pronouns are left out on both sides, so that names and values are scored.
        labelled: whether the type must agree too.
        entities: other entities of gold and predictions to compare in place of those of ``tables`` (:func:`trim`).
    """
    sides = entities or [side.entities for side in tables.sides]
    if names_only:
        sides = [side.where(_is_name(side)) for side in sides]
    keys = [(*side.span, side.type) if labelled else side.span for side in sides]
    columns = [(side.unit, (side.type, side.level, side.zone)) for side in sides]
    return tally_matches(metric, _name_facets(tables), tables.places.documents, keys, columns)


def _is_name(entities: Entities) -> Bools:
    out: Bools = (entities.level == NAM) | (entities.level == VALUE)
    return out


def _name_facets(tables: Tables) -> dict[str, Sequence[str]]:
    return {"type": tables.types, "level": LEVELS, "zone": tables.places.zones}


# Parts of a mention by other conventions: a leading article, a trailing possessive, quotation marks around it.
_QUOTES = "“”‘’\"'«»"
_LEADING = re.compile(rf"(?:[\s{_QUOTES}]|(?:the|an?)\s+)*", re.I)


def trim_span(span: Span, text: str) -> Span:
    """Return the span without leading articles, trailing possessive, quotation marks and white space at its edges.

    A quotation mark before a possessive is at the edge once that is cut off. A span of which nothing would be left is
    returned as it is, and so is one whose text is not known.
    """
    words = span.of(text)
    prefix = _LEADING.match(words)
    start, end = prefix.end() if prefix else 0, len(words)
    end = _find_end(words, start, end)
    if words[start:end].lower().endswith(("’s", "'s")):
        end = _find_end(words, start, end - 2)
    return Span(span.start + start, span.start + end) if start < end else span


def _find_end(words: str, start: int, end: int) -> int:
    """Return the end of words without quotation marks and white space there."""
    while end > start and (words[end - 1].isspace() or words[end - 1] in _QUOTES):
        end -= 1
    return end


def trim(tables: Tables) -> tuple[Entities, Entities]:
    """Return the entities of both sides with their spans trimmed (:func:`trim_span`), levels resolved anew."""
    words, codes = tables.entity_words
    spans = [trim_span(Span(0, len(surface)), surface) for surface in words]
    # How much is cut off at each end.
    first = np.array([span.start for span in spans], dtype=np.int64)
    last = np.array([len(surface) - span.end for surface, span in zip(words, spans, strict=True)], dtype=np.int64)
    gold, predicted = (
        replace(side.entities, start=side.entities.start + first[code], end=side.entities.end - last[code])
        for side, code in zip(tables.sides, codes, strict=True)
    )
    return gold, resolve_levels(gold, replace(predicted, level=tables.stated_levels))


def iob2(tables: Tables, metric: str) -> Counts:
    """Compute strict IOB2 over the stored sentences and tokens, equal to seqeval's ``mode="strict", scheme=IOB2``.

    Both sides are turned into chunks by one rule (:func:`find_chunks`). Predicted words that the text does not have are
    a spurious chunk each, of tokens behind the last. Facets: type, zone.
    """
    chunks = find_chunks(tables)
    columns: list[tuple[Ints, tuple[Ints, ...]]] = []
    for first, _, label in chunks:
        unit, zone = tables.places.locate_tokens(first)
        columns.append((unit, (label, zone)))
    unplaced = tables.predicted.entities.where(find_unplaced(tables))
    behind = len(tables.places.tokens[0]) + np.arange(len(unplaced))
    chunks[1] = _join(chunks[1], (behind, behind + 1, unplaced.type))
    unit, values = columns[1]
    columns[1] = np.concatenate([unit, unplaced.unit]), _join(values, (unplaced.type, unplaced.zone))
    facets = {"type": tables.types, "zone": tables.places.zones}
    return tally_matches(metric, facets, tables.places.documents, chunks, columns)


def _join(columns: tuple[Ints, ...], more: tuple[Ints, ...]) -> tuple[Ints, ...]:
    return tuple(np.concatenate(both) for both in zip(columns, more, strict=True))


def find_unplaced(tables: Tables) -> Ints:
    """Return the rows of the predicted names and values that are words which the text does not have."""
    entities = tables.predicted.entities
    return np.flatnonzero(_is_tagged(entities, tables) & (entities.end <= entities.start))


def _is_tagged(entities: Entities, tables: Tables) -> Bools:
    out: Bools = _is_name(entities) | np.isin(entities.type, tables.values)
    return out


def find_chunks(tables: Tables) -> list[tuple[Ints, ...]]:
    """Return the chunks of IOB2 tags of each side: first token, one past the last, and type.

    Tokens are numbered through all documents. Names and values are tagged, tokens in unscored zones are not. A span is
    widened to the tokens that it touches and cut at sentence ends; of chunks that share a token the longest stays, of
    equally long ones the first, then the one whose type sorts first.
    """
    places = tables.places
    numbers = np.flatnonzero(places.scored_tokens)
    starts, ends = (column[numbers] for column in places.tokens)
    sentence = places.sentence_of_token[numbers]
    out: list[tuple[Ints, ...]] = []
    for side in tables.sides:
        tagged = side.entities.where(_is_tagged(side.entities, tables))
        first = np.searchsorted(ends, Places.key(tagged.document, tagged.start), "right")
        last = np.searchsorted(starts, Places.key(tagged.document, tagged.end), "left")
        last[tagged.end <= tagged.start] = 0  # words that the text does not have
        row, token = list_ranges(first, last)
        # A new chunk begins with each span, and with each sentence in a span.
        begins = run_starts(row)
        begins[1:] |= sentence[token[1:]] != sentence[token[:-1]]
        at = np.flatnonzero(begins)
        chunks = token[at], token[at] + np.diff(at, append=len(token)), tagged.type[row[at]]
        first, last, label = _drop_nested(*chunks)
        out.append((numbers[first], numbers[last - 1] + 1, label))
    return out


def _drop_nested(first: Ints, last: Ints, label: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the chunks that stay where several share a token, in text order."""
    order = np.lexsort((label, last, first))
    first, last, label = first[order], last[order], label[order]
    begins = run_starts(first)
    begins[1:] = first[1:] >= np.maximum.accumulate(last)[:-1]  # shares no token with any chunk before it
    group = np.cumsum(begins) - 1
    keep = np.bincount(group, minlength=1)[group] == 1
    tangled = np.flatnonzero(~keep)
    tangled = tangled[np.lexsort((label[tangled], first[tangled], first[tangled] - last[tangled]))]
    taken: set[int] = set()
    for row, begin, end in zip(*(x.tolist() for x in (tangled, first[tangled], last[tangled])), strict=True):
        tokens = range(begin, end)
        if taken.isdisjoint(tokens):
            taken.update(tokens)
            keep[row] = True
    return first[keep], last[keep], label[keep]


def text_set(tables: Tables, metric: str) -> Counts:
    """Compute the document-level set F1 of (text, type) over names and values: a score without offsets.

    Each different (text, type) of a document is one item, however often it is mentioned; quotation marks, dashes and
    white space are normalised. So it does not measure how mentions are found, and is not comparable with a metric that
    does; it shows how much of an error is in the offsets. Words that the text does not have are taken as they were
    given. An item belongs to the unit and zone of its first mention. Facets: type, zone.
    """
    forms: dict[str, int] = {}  # normalised words → their code
    words, codes = tables.entity_words
    form = np.array([forms.setdefault(normalise(surface), len(forms)) for surface in words], dtype=np.int64)
    sides = []
    for side, code in zip(tables.sides, codes, strict=True):
        entities, code = side.entities, form[code]
        if side is tables.predicted and tables.unplaced:
            lists = {place: iter(given) for place, given in tables.unplaced.items()}
            for row in np.flatnonzero(entities.start == entities.end).tolist():
                place = int(entities.document[row]), int(entities.start[row])
                code[row] = forms.setdefault(normalise(next(lists.get(place, iter(())), "")), len(forms))
        keep = _is_name(entities)
        entities, code = entities.where(keep), code[keep]
        order = np.lexsort((entities.type, entities.end, entities.start))  # np.unique takes the first of equals
        sides.append((entities.where(order), code[order]))
    keys = encode(*((entities.document, code, entities.type) for entities, code in sides))
    items = [np.unique(key, return_index=True) for key in keys]
    firsts = [entities.where(rows) for (entities, _), (_, rows) in zip(sides, items, strict=True)]
    columns = [(first.unit, (first.type, first.zone)) for first in firsts]
    facets = {"type": tables.types, "zone": tables.places.zones}
    return tally_matches(metric, facets, tables.places.documents, [(key,) for key, _ in items], columns)


def pair_entities(gold: Entities, predicted: Entities) -> tuple[Ints, Ints]:
    """Return the one-to-one pairs of gold and predicted rows, as two arrays of row indices.

    First those with equal span and type; of the rest as many with equal span as there can be; and of such maps the one
    of overlapping entities with the greatest total weight: the Dice coefficient of the two spans, plus 1 where the
    types agree. Of equally good maps the one that the content of the rows decides.
    """
    both = gold, predicted
    codes = encode(*((*side.span, side.type) for side in both))
    pairs = [pair_codes(codes, [(side.level, side.cluster) for side in both])]
    rest = []
    for side, taken in zip(both, pairs[0], strict=True):
        free = np.ones(len(side), dtype=bool)
        free[taken] = False
        rows = np.flatnonzero(free)
        left = side.where(rows)
        rest.append(rows[np.lexsort((left.cluster, left.level, left.type, left.end, left.start, left.document))])
    g, p = gold.where(rest[0]), predicted.where(rest[1])
    left_row, right_row = find_overlaps(
        *((Places.key(s.document, s.start), Places.key(s.document, s.end)) for s in (g, p))
    )
    g, p = g.where(left_row), p.where(right_row)
    shared = np.minimum(g.end, p.end) - np.maximum(g.start, p.start)
    same_span = (g.start == p.start) & (g.end == p.end)
    weight = 2 * shared / (g.end - g.start + p.end - p.start) + (g.type == p.type) + _SAME_SPAN_BONUS * same_span
    chosen = best_edges(left_row, right_row, weight)
    pairs.append((rest[0][left_row[chosen]], rest[1][right_row[chosen]]))
    return np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])


# Credit of a pair under each scheme of SemEval-2013 task 9.1, from (same span, same type).
SEMEVAL: dict[str, Callable[[Bools, Bools], Floats]] = {
    "strict": lambda span, type_: (span & type_).astype(np.float64),
    "exact": lambda span, type_: span.astype(np.float64),
    "partial": lambda span, type_: np.where(span, 1.0, 0.5),
    "type": lambda span, type_: type_.astype(np.float64),
}


def semeval(tables: Tables, metric: str, pairs: tuple[Ints, Ints], scheme: str) -> Counts:
    """Compute SemEval-2013 task 9.1 (Segura-Bedmar et al. 2013; MUC-5, Chinchor & Sundheim 1993) on all mentions.

    P = credit / predicted, R = credit / gold, where a pair (:func:`pair_entities`) earns: ``strict`` 1 for span and
    type, ``exact`` 1 for the span, ``partial`` 1 for the span and ½ for an overlap, ``type`` 1 for the type. In the
    task's terms a pair without credit is INC, an unpaired gold entity MIS, an unpaired predicted one SPU. Facets: type,
    level, zone.
    """
    sides = [side.entities for side in tables.sides]
    gold, predicted = (side.where(rows) for side, rows in zip(sides, pairs, strict=True))
    same_span = (gold.start == predicted.start) & (gold.end == predicted.end)
    credit = SEMEVAL[scheme](same_span, gold.type == predicted.type)
    earned = [np.zeros(len(side)) for side in sides]
    for side, rows in zip(earned, pairs, strict=True):
        side[rows] = credit
    items = [
        ItemColumns(side.unit, (side.type, side.level, side.zone), credit)
        for side, credit in zip(sides, earned, strict=True)
    ]
    return tally(metric, _name_facets(tables), tables.places.documents, *items)
