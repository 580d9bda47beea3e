"""The outcome of each item (hit, missed, spurious …): the rows behind the scores, for reading mistakes one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from msgspec import UNSET, Struct, UnsetType

from vostochny.metrics.entities import pair_entities
from vostochny.metrics.pairs import Pair
from vostochny.metrics.quotes import pair_quotes
from vostochny.model import Argument, Document, Entity, Event, Quote, Span

# hit            right in every point compared
# missed         in the gold alone
# spurious       in the prediction alone
# boundary       the right type on an overlapping span
# type           the right span, another type
# boundary+type  an overlapping span, another type
# role           the right filler of an event of the right type, another role
# speaker        overlapping content, another speaker
# split          a mention that is in another predicted cluster than most of its gold cluster
# merged         a mention in a predicted cluster most of which is another cluster in the gold
VERDICTS = ("hit", "missed", "spurious", "boundary", "type", "boundary+type", "role", "speaker", "split", "merged")
# A layer with clusters adds identity, and arguments are looked at by themselves.
OUTCOME_LAYERS = ("entities", "events", "arguments", "quotes", "identity")

Filled = tuple[Event, Argument]
Item = Entity | Event | Quote | Filled
T = TypeVar("T")


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """A verdict and the gold and predicted item that it is about; None on the side without an item.

    An argument comes with its event. ``other`` is, for a split mention, the predicted cluster with most of its gold
    cluster; for a merged one, the gold cluster that most of its predicted cluster belongs to.
    """

    pair: Pair
    layer: str
    verdict: str
    gold: Item | None
    predicted: Item | None
    other: str = ""


class ItemRow(Struct):
    """An item as --items writes it: its place, its words, and the attributes that its layer's verdicts depend on."""

    start: int
    end: int
    text: str
    cluster: str | UnsetType | None = UNSET
    type: str | UnsetType = UNSET
    level: str | UnsetType | None = UNSET
    source: ItemRow | UnsetType | None = UNSET
    directness: str | UnsetType | None = UNSET
    role: str | UnsetType = UNSET
    event: str | UnsetType = UNSET  # of an argument: the type of its event
    trigger: str | UnsetType = UNSET


class OutcomeRow(Struct):
    """An outcome as --items writes it; None on the side without an item."""

    doc_id: str
    layer: str
    verdict: str
    zone: str
    gold: ItemRow | None
    predicted: ItemRow | None
    other: str | UnsetType = UNSET


def outcome_rows(pairs: list[Pair]) -> Iterator[OutcomeRow]:
    """Yield one row per item or pair of items, in text order.

    Identity is not a verdict on a single item; see :func:`find_identity_errors`.
    """
    for pair in pairs:
        yield from (outcome_row(outcome) for outcome in find_outcomes(pair))


def find_outcomes(pair: Pair) -> list[Outcome]:
    """Return the outcome of every item of a document, by layer and in text order.

    Pairs are the one-to-one pairs of the metrics (SemEval's for entities; triggers and arguments by exact span; quotes
    by content overlap).
    """
    outcomes = [*_entity_outcomes(pair), *_event_outcomes(pair), *_quote_outcomes(pair)]
    return sorted(
        outcomes, key=lambda o: (OUTCOME_LAYERS.index(o.layer), item_span(o.gold or o.predicted).start, o.verdict)
    )


def item_span(item: Item | None) -> Span:
    """Return the span of an item: of a quote from its first to its last word, of an argument its filler's."""
    if isinstance(item, Entity):
        return item.span
    if isinstance(item, Event):
        return item.trigger
    if isinstance(item, Quote):
        return Span(item.content[0].start, item.content[-1].end)
    assert item is not None  # an outcome has an item on one side at least
    return item[1].filler.span


def outcome_row(outcome: Outcome) -> OutcomeRow:
    """Return an outcome as it is written."""
    pair = outcome.pair
    return OutcomeRow(
        pair.gold.doc_id,
        outcome.layer,
        outcome.verdict,
        pair.zone(item_span(outcome.gold or outcome.predicted)),
        _item_row(pair, outcome.gold, outcome.layer),
        _item_row(pair, outcome.predicted, outcome.layer),
        outcome.other or UNSET,
    )


def _item_row(pair: Pair, item: Item | None, layer: str) -> ItemRow | None:
    def place(span: Span) -> ItemRow:
        return ItemRow(span.start, span.end, span.of(pair.gold.text))

    if item is None:
        return None
    row = place(item_span(item))
    if layer == "identity":
        row.cluster = getattr(item, "cluster", None)
    elif isinstance(item, Entity):
        row.type, row.level = item.type, item.level
    elif isinstance(item, Event):
        row.type = item.type
    elif isinstance(item, Quote):
        row.source = place(item.source.span) if item.source else None
        row.directness = item.directness
    else:
        event, argument = item
        row.role, row.event, row.trigger = argument.role, event.type, event.trigger.of(pair.gold.text)
    return row


def _entity_outcomes(pair: Pair) -> Iterator[Outcome]:
    """Yield the outcomes of entities, by the pairs of the SemEval metrics."""
    sides = pair.tables.gold.entities, pair.tables.predicted.entities
    left, right = (rows.tolist() for rows in pair_entities(*sides))
    gold, predicted = pair.gold.entities, pair.predicted.entities
    paired: list[tuple[Entity | None, Entity | None]] = [
        (gold[i], predicted[j]) for i, j in zip(left, right, strict=True)
    ]
    have_partner = set(left), set(right)
    paired += [(e, None) for i, e in enumerate(gold) if i not in have_partner[0]]
    paired += [(None, e) for j, e in enumerate(predicted) if j not in have_partner[1]]
    for g, p in paired:
        if g is None or p is None:
            verdict = "missed" if g else "spurious"
        elif g.span == p.span:
            verdict = "hit" if g.type == p.type else "type"
        else:
            verdict = "boundary" if g.type == p.type else "boundary+type"
        yield Outcome(pair, "entities", verdict, g, p)


def _event_outcomes(pair: Pair) -> Iterator[Outcome]:
    """Yield the outcomes of triggers, matched by span, then of arguments, matched by filler within an event type."""
    both, rest = _match_by(pair.gold.events, pair.predicted.events, lambda e: (e.trigger, e.type))
    yield from (Outcome(pair, "events", "hit", g, p) for g, p in both)
    both, rest = _match_by(*rest, lambda e: e.trigger)
    yield from (Outcome(pair, "events", "type", g, p) for g, p in both)
    yield from (Outcome(pair, "events", "missed", g, None) for g in rest[0])
    yield from (Outcome(pair, "events", "spurious", None, p) for p in rest[1])

    gold, predicted = ([(e, a) for e in side.events for a in e.arguments] for side in (pair.gold, pair.predicted))
    filled, left = _match_by(gold, predicted, lambda x: (x[0].type, x[1].filler.span, x[1].role))
    yield from (Outcome(pair, "arguments", "hit", g, p) for g, p in filled)
    filled, left = _match_by(*left, lambda x: (x[0].type, x[1].filler.span))
    yield from (Outcome(pair, "arguments", "role", g, p) for g, p in filled)
    yield from (Outcome(pair, "arguments", "missed", g, None) for g in left[0])
    yield from (Outcome(pair, "arguments", "spurious", None, p) for p in left[1])


def _match_by(
    gold: Sequence[T], predicted: Sequence[T], key: Callable[[T], Hashable]
) -> tuple[list[tuple[T, T]], tuple[list[T], list[T]]]:
    """Match items of equal keys one to one: return the pairs, and the items of both sides that are left."""
    waiting: dict[Hashable, list[T]] = defaultdict(list)
    for x in reversed(predicted):
        waiting[key(x)].append(x)
    pairs, rest = [], []
    for x in gold:
        partners = waiting[key(x)]
        if partners:
            pairs.append((x, partners.pop()))
        else:
            rest.append(x)
    left = {id(x) for partners in waiting.values() for x in partners}
    return pairs, (rest, [x for x in predicted if id(x) in left])


def _quote_outcomes(pair: Pair) -> Iterator[Outcome]:
    """Yield the outcomes of quotes, paired by content; a wrong speaker goes before a wrong boundary."""
    left, right = pair_quotes(pair.tables)
    partner = dict(zip(left.tolist(), right.tolist(), strict=True))
    speakers = [side.quotes.speaker.tolist() for side in pair.tables.sides]
    for g, quote in enumerate(pair.gold.quotes):
        if g not in partner:
            yield Outcome(pair, "quotes", "missed", quote, None)
            continue
        other = pair.predicted.quotes[partner[g]]
        if speakers[0][g] != speakers[1][partner[g]]:
            verdict = "speaker"
        else:
            verdict = "hit" if quote.content == other.content else "boundary"
        yield Outcome(pair, "quotes", verdict, quote, other)
    taken = set(partner.values())
    for p, quote in enumerate(pair.predicted.quotes):
        if p not in taken:
            yield Outcome(pair, "quotes", "spurious", None, quote)


def find_identity_errors(pairs: list[Pair], layer: str) -> Iterator[Outcome]:
    """Yield the mentions of one layer at which clusters were split or merged.

    Compared are, over all documents, the mentions that have the same span and some cluster on both sides. Where a gold
    cluster is spread over several predicted ones, the mentions outside the one with most of it are split; where a
    predicted cluster mixes several gold ones, the mentions of all but the most frequent are merged. Of equals the name
    that sorts first is preferred, so that the order of the input decides nothing. A mention can be both.
    """
    common = [(pair, g, p) for pair in pairs for g, p in _common_mentions(pair, layer)]
    predicted_of: dict[str, Counter[str]] = defaultdict(Counter)
    gold_of: dict[str, Counter[str]] = defaultdict(Counter)
    for _, g, p in common:
        predicted_of[g.cluster][p.cluster] += 1
        gold_of[p.cluster][g.cluster] += 1
    main_predicted, main_gold = (
        {name: min(counts, key=lambda x: (-counts[x], x)) for name, counts in table.items()}
        for table in (predicted_of, gold_of)
    )
    for pair, g, p in common:
        if main_predicted[g.cluster] != p.cluster:
            yield Outcome(pair, "identity", "split", g, p, main_predicted[g.cluster])
        if main_gold[p.cluster] != g.cluster:
            yield Outcome(pair, "identity", "merged", g, p, main_gold[p.cluster])


def _common_mentions(pair: Pair, layer: str) -> list[tuple[Any, Any]]:
    """Return the clustered mentions that both sides have, matched by all of their spans, events also by type."""

    def key(item: Any) -> Hashable:
        if isinstance(item, Quote):
            return item.content
        return (item.trigger, item.type) if isinstance(item, Event) else item.span

    def mentions(side: Document) -> list[Any]:
        items: tuple[Any, ...] = getattr(side, layer)
        return [x for x in items if x.cluster is not None and getattr(x, "type", None) not in pair.value_types]

    both, _ = _match_by(mentions(pair.gold), mentions(pair.predicted), key)
    return sorted(both, key=lambda x: item_span(x[0]))
