"""Metrics of events: triggers, arguments and attributes, matched as multisets: two events of one type are two items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import Literal

from vostochny.metrics.counts import Counts, Item, match_keys, tally
from vostochny.metrics.pairs import Pair
from vostochny.model import Event, Reference, Span

# A trigger or an argument: the key that must agree, the span that decides unit and zone, its stratum without the zone.
Part = tuple[Hashable, Span, tuple[str, ...]]


def triggers(pairs: list[Pair], metric: str, with_type: bool) -> Counts:
    """Compute Trig-I: a trigger is right where a gold trigger has its offsets. Trig-C (``with_type``): and its type.

    Ji & Grishman (2008); Li, Ji & Huang (2013). Two events on one trigger are two items, matched one to one. Facets:
    type, zone.
    """

    def parts(pair: Pair, event: Event) -> list[Part]:
        return [((event.trigger, event.type if with_type else None), event.trigger, (event.type,))]

    return _match_parts(pairs, metric, parts, ("type",))


def arguments(
    pairs: list[Pair],
    metric: str,
    with_role: bool,
    attached: bool = False,
    filler: Literal["span", "head", "cluster"] = "span",
) -> Counts:
    """Compute Arg-I: an argument is right where a gold argument of an event of the same type has the filler's offsets.

    Arg-C (``with_role``): and its role (Ji & Grishman 2008; Li, Ji & Huang 2013: the trigger's offsets are not
    compared). Two events of one type that share a filler are two items, so finding one of two earns half. Facets: type,
    role, zone.

    Args:
        pairs: the documents.
        metric: the name of the metric.
        with_role: whether the role must agree too: Arg-C, not Arg-I.
        attached: whether the event's trigger must have the gold trigger's offsets too: Arg-I+ and Arg-C+ (TextEE,
            Huang et al. 2024).
        filler: the part of the filler that must agree: its ``span``; its ``head`` (Pair.head_of), for systems with
            other boundaries; or its ``cluster`` (Pair.identity_of), so that any mention of the right entity will do
            (coreference-aware, as in Li, Ji & Han 2021; an event as filler is compared by its trigger).
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

    return _match_parts(pairs, metric, parts, ("type", "role"))


def _match_parts(
    pairs: list[Pair], metric: str, parts_of: Callable[[Pair, Event], list[Part]], facets: tuple[str, ...]
) -> Counts:
    """Match the parts of gold and predicted events within each document, and tally them.

    ``parts_of(pair, event)`` gives an event's parts; ``facets`` names the parts' strata, to which the zone is added.
    """
    sides: tuple[list[Item], list[Item]] = [], []
    for pair in pairs:
        both = [[part for e in side.events for part in parts_of(pair, e)] for side in (pair.gold, pair.predicted)]
        hits = match_keys([p[0] for p in both[0]], [p[0] for p in both[1]])
        for items, side, flags in zip(sides, both, hits, strict=True):
            for (_, span, stratum), hit in zip(side, flags, strict=True):
                unit, zone = pair.locate(span)
                items.append(Item(unit, (*stratum, zone), float(hit)))
    return tally(metric, (*facets, "zone"), Pair.unit_documents(pairs), *sides)


def attribute(pairs: list[Pair], metric: str, value_of: Callable[[Event], str | None]) -> Counts:
    """Compute the accuracy of an attribute (realis, polarity) on events whose trigger and type are right.

    Recall = precision = accuracy. After the nugget scorer of Liu, Mitamura & Hovy (2015), but on matched triggers
    alone, so that it does not repeat the trigger score. A system that never states the attribute is wrong wherever the
    gold states it; events for which the gold does not state it are left out, whatever a system states. Of several
    events on one trigger with one type those that agree are paired first. Facets: value (the gold's), zone.
    """
    items: list[Item] = []
    for pair in pairs:
        groups: dict[Hashable, tuple[list[Event], list[Event]]] = defaultdict(lambda: ([], []))
        for at, side in enumerate((pair.gold, pair.predicted)):
            for event in side.events:
                groups[event.trigger, event.type][at].append(event)
        for gold, predicted in groups.values():
            # Of n gold and m predicted events here, min(n, m) have a partner; those that agree come first among them.
            matched = min(len(gold), len(predicted))
            hits, _ = match_keys([value_of(e) for e in gold], [value_of(e) for e in predicted])
            for hit, event in sorted(zip(hits, gold, strict=True), key=lambda row: not row[0])[:matched]:
                value = value_of(event)
                if value is not None:
                    unit, zone = pair.locate(event.trigger)
                    items.append(Item(unit, (value, zone), float(hit)))
    return tally(metric, ("value", "zone"), Pair.unit_documents(pairs), items, items)
