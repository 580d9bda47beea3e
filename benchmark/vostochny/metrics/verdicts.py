"""What became of each item, in words: the rows behind the scores, for reading mistakes one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vostochny.metrics.columns import table_of
from vostochny.metrics.counts import match_keys
from vostochny.metrics.quotes import pair_quotes, same_speaker
from vostochny.metrics.units import Pair
from vostochny.model import Entity, Event, Quote, Span

# hit        right in every point looked at
# missed     in the gold alone
# spurious   in the prediction alone
# boundary   the right type on an overlapping span
# type       the right span, another type
# role       the right filler of the right event, another role
# speaker    overlapping content, another speaker
VERDICTS = ("hit", "missed", "spurious", "boundary", "type", "boundary+type", "role", "speaker")


def verdicts(pairs: list[Pair]) -> Iterator[dict[str, Any]]:
    """One row an item or pair of items, in text order: doc_id, layer, verdict, zone, gold, predicted.

    ``gold`` and ``predicted`` are {start, end, text, …}; null on the side that has nothing. Pairs are the one-to-one
    pairs of the metrics (SemEval's for entities; triggers and arguments by exact span; quotes by content overlap).
    """
    for pair in pairs:
        rows = [*_entities(pair), *_events(pair), *_quotes(pair)]
        order = {"entities": 0, "events": 1, "arguments": 2, "quotes": 3}
        rows.sort(key=lambda r: (order[r["layer"]], (r["gold"] or r["predicted"])["start"], r["verdict"]))
        yield from rows


def _row(pair: Pair, layer: str, verdict: str, gold: dict[str, Any] | None, predicted: dict[str, Any] | None) -> dict:
    place = gold or predicted or {}
    zone = pair.zone(Span(place["start"], place["end"]))
    return {
        "doc_id": pair.gold.doc_id, "layer": layer, "verdict": verdict, "zone": zone, "gold": gold,
        "predicted": predicted,
    }  # fmt: skip


def _at(pair: Pair, span: Span, **more: Any) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "text": span.of(pair.gold.text), **more}


def _entities(pair: Pair) -> Iterator[dict[str, Any]]:
    def shown(e: Entity | None) -> dict[str, Any] | None:
        return _at(pair, e.span, type=e.type, level=e.level) if e else None

    # A table of one pair has its rows in the order of the documents' entities.
    left, right = (rows.tolist() for rows in table_of([pair]).pairs)
    gold, predicted = pair.gold.entities, pair.predicted.entities
    paired: list[tuple[Entity | None, Entity | None]] = [
        (gold[i], predicted[j]) for i, j in zip(left, right, strict=True)
    ]
    paired += [(e, None) for i, e in enumerate(gold) if i not in set(left)]
    paired += [(None, e) for j, e in enumerate(predicted) if j not in set(right)]
    for g, p in paired:
        if g is None or p is None:
            verdict = "missed" if g else "spurious"
        elif g.span == p.span:
            verdict = "hit" if g.type == p.type else "type"
        else:
            verdict = "boundary" if g.type == p.type else "boundary+type"
        yield _row(pair, "entities", verdict, shown(g), shown(p))


def _events(pair: Pair) -> Iterator[dict[str, Any]]:
    """Triggers by span, and then the arguments of events of one type by filler."""

    def shown(e: Event) -> dict[str, Any]:
        return _at(pair, e.trigger, type=e.type)

    left, right = _matched(pair.gold.events, pair.predicted.events, lambda e: (e.trigger, e.type))
    yield from (_row(pair, "events", "hit", shown(g), shown(p)) for g, p in zip(*left, strict=True))
    left, right = _matched(*right, lambda e: e.trigger)
    yield from (_row(pair, "events", "type", shown(g), shown(p)) for g, p in zip(*left, strict=True))
    yield from (_row(pair, "events", "missed", shown(g), None) for g in right[0])
    yield from (_row(pair, "events", "spurious", None, shown(p)) for p in right[1])

    def argument(item: tuple) -> dict[str, Any]:
        event, a = item
        return _at(pair, a.filler.span, role=a.role, event=event.type, trigger=event.trigger.of(pair.gold.text))

    sides = [[(e, a) for e in side.events for a in e.arguments] for side in (pair.gold, pair.predicted)]
    left, right = _matched(*sides, lambda x: (x[0].type, x[1].filler.span, x[1].role))
    yield from (_row(pair, "arguments", "hit", argument(g), argument(p)) for g, p in zip(*left, strict=True))
    left, right = _matched(*right, lambda x: (x[0].type, x[1].filler.span))
    yield from (_row(pair, "arguments", "role", argument(g), argument(p)) for g, p in zip(*left, strict=True))
    yield from (_row(pair, "arguments", "missed", argument(g), None) for g in right[0])
    yield from (_row(pair, "arguments", "spurious", None, argument(p)) for p in right[1])


def _matched(gold: Any, predicted: Any, key: Any) -> tuple[tuple[list, list], tuple[list, list]]:
    """The matched items of both sides, aligned, and the rest of both sides."""
    hits = match_keys([key(x) for x in gold], [key(x) for x in predicted])
    matched = [
        sorted((x for x, hit in zip(side, flags, strict=True) if hit), key=lambda x: str(key(x)))
        for side, flags in zip((gold, predicted), hits, strict=True)
    ]
    rest = [
        [x for x, hit in zip(side, flags, strict=True) if not hit]
        for side, flags in zip((gold, predicted), hits, strict=True)
    ]
    return (matched[0], matched[1]), (rest[0], rest[1])


def _quotes(pair: Pair) -> Iterator[dict[str, Any]]:
    def shown(q: Quote) -> dict[str, Any]:
        source = _at(pair, q.source.span) if q.source else None
        return _at(pair, Span(q.content[0].start, q.content[-1].end), source=source, directness=q.directness)

    partner = pair_quotes(pair)
    for g, quote in enumerate(pair.gold.quotes):
        if g not in partner:
            yield _row(pair, "quotes", "missed", shown(quote), None)
            continue
        other = pair.predicted.quotes[partner[g]]
        if not same_speaker(pair, quote, other):
            verdict = "speaker"
        else:
            verdict = "hit" if quote.content == other.content else "boundary"
        yield _row(pair, "quotes", verdict, shown(quote), shown(other))
    taken = set(partner.values())
    for p, quote in enumerate(pair.predicted.quotes):
        if p not in taken:
            yield _row(pair, "quotes", "spurious", None, shown(quote))
