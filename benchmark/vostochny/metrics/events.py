"""Events: triggers, arguments and attributes, counted as multisets: two events of one type are two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import Literal

from vostochny.metrics.counts import Counts, Item, match_keys, tally
from vostochny.metrics.pairs import Pair
from vostochny.model import Event, Reference, Span

Part = tuple[Hashable, Span, tuple[str, ...]]  # what must agree, where it counts, its stratum without the zone


def triggers(pairs: list[Pair], metric: str, with_type: bool) -> Counts:
    """Trig-I: a trigger is right where a gold trigger has its offsets. Trig-C (``with_type``): and its event type.

    Ji & Grishman (2008); Li, Ji & Huang (2013). Two events on one trigger are two items, matched one to one. Facets:
    type, zone.
    """

    def parts(pair: Pair, event: Event) -> list[Part]:
        return [((event.trigger, event.type if with_type else None), event.trigger, (event.type,))]

    return _count(pairs, metric, parts, ("type",))


def arguments(
    pairs: list[Pair],
    metric: str,
    with_role: bool,
    attached: bool = False,
    filler: Literal["span", "head", "cluster"] = "span",
) -> Counts:
    """Arg-I: an argument is right where a gold argument of an event of the same type has the filler's offsets.

    Arg-C (``with_role``): and its role (Ji & Grishman 2008; Li, Ji & Huang 2013: the trigger's offsets do not count).
    Arg-I+ and Arg-C+ (``attached``): and the event's trigger has the offsets of the gold event's (TextEE, Huang et al.
    2024). What of the filler must agree: its ``span``; its ``head`` (Pair.head_of), for systems with other boundaries; or
    its ``cluster`` (Pair.identity_of), so that any mention of the right entity will do (coreference-aware, as in Li, Ji &
    Han 2021; an event as filler counts by its trigger). Two events of one type that share a filler are two items, so
    finding one of two is half. Facets: type, role, zone.
    """

    def key(pair: Pair, reference: Reference) -> Hashable:
        if filler == "span" or (filler == "cluster" and pair.is_trigger(reference.span)):
            return reference.span
        return pair.head_of(reference.span) if filler == "head" else pair.identity_of(reference)

    def parts(pair: Pair, event: Event) -> list[Part]:
        anchor = event.trigger if attached else None
        return [
            (
                (event.type, anchor, key(pair, a.filler), a.role if with_role else None),
                a.filler.span,
                (event.type, a.role),
            )
            for a in event.arguments
        ]

    return _count(pairs, metric, parts, ("type", "role"))


def _count(
    pairs: list[Pair], metric: str, parts: Callable[[Pair, Event], list[Part]], facets: tuple[str, ...]
) -> Counts:
    """Match the parts of gold and predicted events within each document."""
    sides: tuple[list[Item], list[Item]] = [], []
    for pair in pairs:
        found = [[part for e in side.events for part in parts(pair, e)] for side in (pair.gold, pair.predicted)]
        hits = match_keys([p[0] for p in found[0]], [p[0] for p in found[1]])
        for items, side, flags in zip(sides, found, hits, strict=True):
            for (_, span, stratum), hit in zip(side, flags, strict=True):
                unit, zone = pair.locate(span)
                items.append(Item(unit, (*stratum, zone), float(hit)))
    return tally(metric, (*facets, "zone"), Pair.unit_documents(pairs), *sides)


def attribute(pairs: list[Pair], metric: str, of: Callable[[Event], str | None]) -> Counts:
    """An attribute (realis, polarity) on events whose trigger and type are right: recall = precision = accuracy.

    After the nugget scorer of Liu, Mitamura & Hovy (2015), but on matched triggers alone, so that it is not the trigger
    score again. A system that never says the attribute is wrong wherever the gold says it; events whose attribute the
    gold does not say are not counted, whatever a system says of them. Of several events on one trigger with one type
    those that agree are paired first. Facets: value (the gold's), zone.
    """
    items: list[Item] = []
    for pair in pairs:
        groups: dict[Hashable, tuple[list[Event], list[Event]]] = defaultdict(lambda: ([], []))
        for at, side in enumerate((pair.gold, pair.predicted)):
            for event in side.events:
                groups[event.trigger, event.type][at].append(event)
        for gold, predicted in groups.values():
            matched = min(len(gold), len(predicted))
            hits, _ = match_keys([of(e) for e in gold], [of(e) for e in predicted])
            for hit, event in sorted(zip(hits, gold, strict=True), key=lambda judged: not judged[0])[:matched]:
                value = of(event)
                if value is not None:
                    unit, zone = pair.locate(event.trigger)
                    items.append(Item(unit, (value, zone), float(hit)))
    return tally(metric, ("value", "zone"), Pair.unit_documents(pairs), items, items)
