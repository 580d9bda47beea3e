"""What became of each item, in words: the rows behind the scores, for reading mistakes one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from vostochny.metrics.columns import build_entity_table
from vostochny.metrics.counts import match_keys
from vostochny.metrics.pairs import Pair
from vostochny.metrics.quotes import same_speaker
from vostochny.model import Argument, Document, Entity, Event, Quote, Span

# hit        right in every point looked at
# missed     in the gold alone
# spurious   in the prediction alone
# boundary   the right type on an overlapping span
# type       the right span, another type
# role       the right filler of the right event, another role
# speaker    overlapping content, another speaker
# split      a mention that its gold cluster's other mentions were not put together with
# merged     a mention put together with a cluster that is another one in the gold
VERDICTS = ("hit", "missed", "spurious", "boundary", "type", "boundary+type", "role", "speaker", "split", "merged")
LAYERS = ("entities", "events", "arguments", "quotes", "identity")

Filled = tuple[Event, Argument]
Item = Entity | Event | Quote | Filled
T = TypeVar("T")


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """One verdict and the items it is about; None on the side that has nothing.

    An argument is told with its event. ``other`` is, of a split mention, the predicted cluster that holds most of its
    gold cluster; of a merged one, the gold cluster that most of its predicted cluster belongs to.
    """

    pair: Pair
    layer: str
    verdict: str
    gold: Item | None
    predicted: Item | None
    other: str = ""


def outcome_rows(pairs: list[Pair]) -> Iterator[dict[str, Any]]:
    """One row an item or pair of items, in text order: doc_id, layer, verdict, zone, gold, predicted.

    ``gold`` and ``predicted`` are {start, end, text, …}; null on the side that has nothing. Identity is no verdict of
    an item by itself and stands in :func:`find_identity_errors`.
    """
    for pair in pairs:
        yield from (outcome_row(j) for j in find_outcomes(pair))


def find_outcomes(pair: Pair) -> list[Outcome]:
    """What became of every item of a document, by layer and in text order.

    Pairs are the one-to-one pairs of the metrics (SemEval's for entities; triggers and arguments by exact span; quotes
    by content overlap).
    """
    found = [*_entities(pair), *_events(pair), *_quotes(pair)]
    return sorted(found, key=lambda j: (LAYERS.index(j.layer), item_span(j.gold or j.predicted).start, j.verdict))


def item_span(item: Item | None) -> Span:
    """Where an item stands: a quote from its first to its last word, an argument at its filler."""
    if isinstance(item, Entity):
        return item.span
    if isinstance(item, Event):
        return item.trigger
    if isinstance(item, Quote):
        return Span(item.content[0].start, item.content[-1].end)
    assert item is not None  # an outcome has a side
    return item[1].filler.span


def outcome_row(outcome: Outcome) -> dict[str, Any]:
    """An outcome as data."""
    pair = outcome.pair
    row = {
        "doc_id": pair.gold.doc_id,
        "layer": outcome.layer,
        "verdict": outcome.verdict,
        "zone": pair.zone(item_span(outcome.gold or outcome.predicted)),
        "gold": _shown(pair, outcome.gold, outcome.layer),
        "predicted": _shown(pair, outcome.predicted, outcome.layer),
    }
    return row | ({"other": outcome.other} if outcome.other else {})


def _shown(pair: Pair, item: Item | None, layer: str) -> dict[str, Any] | None:
    def at(span: Span, **more: Any) -> dict[str, Any]:
        return {"start": span.start, "end": span.end, "text": span.of(pair.gold.text), **more}

    if item is None:
        return None
    span = item_span(item)
    if layer == "identity":
        return at(span, cluster=getattr(item, "cluster", None))
    if isinstance(item, Entity):
        return at(span, type=item.type, level=item.level)
    if isinstance(item, Event):
        return at(span, type=item.type)
    if isinstance(item, Quote):
        return at(span, source=at(item.source.span) if item.source else None, directness=item.directness)
    event, argument = item
    return at(span, role=argument.role, event=event.type, trigger=event.trigger.of(pair.gold.text))


def _entities(pair: Pair) -> Iterator[Outcome]:
    # A table of one pair has its rows in the order of the documents' entities.
    left, right = (rows.tolist() for rows in build_entity_table([pair]).pairs)
    gold, predicted = pair.gold.entities, pair.predicted.entities
    paired: list[tuple[Entity | None, Entity | None]] = [
        (gold[i], predicted[j]) for i, j in zip(left, right, strict=True)
    ]
    met = set(left), set(right)
    paired += [(e, None) for i, e in enumerate(gold) if i not in met[0]]
    paired += [(None, e) for j, e in enumerate(predicted) if j not in met[1]]
    for g, p in paired:
        if g is None or p is None:
            verdict = "missed" if g else "spurious"
        elif g.span == p.span:
            verdict = "hit" if g.type == p.type else "type"
        else:
            verdict = "boundary" if g.type == p.type else "boundary+type"
        yield Outcome(pair, "entities", verdict, g, p)


def _events(pair: Pair) -> Iterator[Outcome]:
    """Triggers by span, and then the arguments of events of one type by filler."""
    both, rest = _matched(pair.gold.events, pair.predicted.events, lambda e: (e.trigger, e.type))
    yield from (Outcome(pair, "events", "hit", g, p) for g, p in both)
    both, rest = _matched(*rest, lambda e: e.trigger)
    yield from (Outcome(pair, "events", "type", g, p) for g, p in both)
    yield from (Outcome(pair, "events", "missed", g, None) for g in rest[0])
    yield from (Outcome(pair, "events", "spurious", None, p) for p in rest[1])

    gold, predicted = ([(e, a) for e in side.events for a in e.arguments] for side in (pair.gold, pair.predicted))
    filled, left = _matched(gold, predicted, lambda x: (x[0].type, x[1].filler.span, x[1].role))
    yield from (Outcome(pair, "arguments", "hit", g, p) for g, p in filled)
    filled, left = _matched(*left, lambda x: (x[0].type, x[1].filler.span))
    yield from (Outcome(pair, "arguments", "role", g, p) for g, p in filled)
    yield from (Outcome(pair, "arguments", "missed", g, None) for g in left[0])
    yield from (Outcome(pair, "arguments", "spurious", None, p) for p in left[1])


def _matched(
    gold: Sequence[T], predicted: Sequence[T], key: Callable[[T], Hashable]
) -> tuple[list[tuple[T, T]], tuple[list[T], list[T]]]:
    """The matched items of both sides, and the rest of both sides."""
    hits = match_keys([key(x) for x in gold], [key(x) for x in predicted])
    sides = [list(zip(side, flags, strict=True)) for side, flags in zip((gold, predicted), hits, strict=True)]
    left, right = (sorted((x for x, hit in side if hit), key=lambda x: str(key(x))) for side in sides)
    rest = [x for x, hit in sides[0] if not hit], [x for x, hit in sides[1] if not hit]
    return list(zip(left, right, strict=True)), rest


def _quotes(pair: Pair) -> Iterator[Outcome]:
    partner = pair.quote_pairs
    for g, quote in enumerate(pair.gold.quotes):
        if g not in partner:
            yield Outcome(pair, "quotes", "missed", quote, None)
            continue
        other = pair.predicted.quotes[partner[g]]
        if not same_speaker(pair, quote, other):
            verdict = "speaker"
        else:
            verdict = "hit" if quote.content == other.content else "boundary"
        yield Outcome(pair, "quotes", verdict, quote, other)
    taken = set(partner.values())
    for p, quote in enumerate(pair.predicted.quotes):
        if p not in taken:
            yield Outcome(pair, "quotes", "spurious", None, quote)


def find_identity_errors(pairs: list[Pair], layer: str) -> Iterator[Outcome]:
    """Clusters of one layer that were split or merged, told at the mentions where they were.

    Over all documents, by the mentions that both sides have on the same span and give a cluster. Of a gold cluster
    found in several predicted ones, the mentions outside the one that holds most of it are split off; of a predicted
    cluster that mixes several gold ones, the mentions of all but the most frequent are merged in. Of equals the one
    named first in the alphabet is the home, so that the order of the input decides nothing. A mention can be both.
    """
    common = [(pair, g, p) for pair in pairs for g, p in _common(pair, layer)]
    within: dict[str, Counter[str]] = defaultdict(Counter)
    into: dict[str, Counter[str]] = defaultdict(Counter)
    for _, g, p in common:
        within[g.cluster][p.cluster] += 1
        into[p.cluster][g.cluster] += 1
    home, core = (
        {name: min(found, key=lambda x: (-found[x], x)) for name, found in table.items()} for table in (within, into)
    )
    for pair, g, p in common:
        if home[g.cluster] != p.cluster:
            yield Outcome(pair, "identity", "split", g, p, home[g.cluster])
        if core[p.cluster] != g.cluster:
            yield Outcome(pair, "identity", "merged", g, p, core[p.cluster])


def _common(pair: Pair, layer: str) -> list[tuple[Any, Any]]:
    """The mentions with a cluster that both sides have, by the whole of their span and an event also by its type."""

    def key(item: Any) -> Hashable:
        if isinstance(item, Quote):
            return item.content
        return (item.trigger, item.type) if isinstance(item, Event) else item.span

    def mentions(side: Document) -> list[Any]:
        items: tuple[Any, ...] = getattr(side, layer)
        return [x for x in items if x.cluster is not None and getattr(x, "type", None) not in pair.value_types]

    both, _ = _matched(mentions(pair.gold), mentions(pair.predicted), key)
    return sorted(both, key=lambda x: item_span(x[0]))
