"""Metrics of events: triggers, arguments and attributes, matched as multisets: two events of one type are two items."""

from __future__ import annotations

from typing import Literal

import numpy as np

from vostochny.metrics.counts import Counts, ItemColumns, tally, tally_matches
from vostochny.metrics.item_tables import Tables
from vostochny.metrics.matching import encode, match_codes, number


def triggers(tables: Tables, metric: str, with_type: bool) -> Counts:
    """Compute Trig-I: a trigger is right where a gold trigger has its offsets. Trig-C (``with_type``): and its type.

    Ji & Grishman (2008); Li, Ji & Huang (2013). Two events on one trigger are two items, matched one to one. Facets:
    type, zone.
    """
    events = [side.events for side in tables.sides]
    keys = [(*e.span, e.type) if with_type else e.span for e in events]
    facets = {"type": tables.event_types, "zone": tables.places.zones}
    columns = [(e.unit, (e.type, e.zone)) for e in events]
    return tally_matches(metric, facets, tables.places.documents, keys, columns)


def arguments(
    tables: Tables,
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
        tables: the items.
        metric: the name of the metric.
        with_role: whether the role must agree too: Arg-C, not Arg-I.
        attached: whether the event's trigger must have the gold trigger's offsets too: Arg-I+ and Arg-C+ (TextEE,
            Huang et al. 2024).
        filler: the part of the filler that must agree: its ``span``; its ``head`` (Places.find_heads), for systems with
            other boundaries; or its ``cluster`` (metrics.identity), so that any mention of the right entity will do
            (coreference-aware, as in Li, Ji & Han 2021; an event as filler is compared by its trigger).
    """
    keys, columns = [], []
    for side in tables.sides:
        rows, events = side.arguments, side.events.where(side.arguments.event)
        key = [rows.document, events.type]
        key += [rows.role] if with_role else []
        key += [events.start, events.end] if attached else []
        if filler == "head":
            key += tables.places.find_heads(*rows.span)
        else:
            key += [rows.start, rows.end] if filler == "span" else [rows.filler]
        keys.append(key)
        columns.append((rows.unit, (events.type, rows.role, rows.zone)))
    facets = {"type": tables.event_types, "role": tables.roles, "zone": tables.places.zones}
    return tally_matches(metric, facets, tables.places.documents, keys, columns)


def attribute(tables: Tables, metric: str, name: Literal["realis", "polarity"]) -> Counts:
    """Compute the accuracy of an attribute on events whose trigger and type are right.

    Recall = precision = accuracy. After the nugget scorer of Liu, Mitamura & Hovy (2015), but on matched triggers
    alone, so that it does not repeat the trigger score. A system that never states the attribute is wrong wherever the
    gold states it; events for which the gold does not state it are left out, whatever a system states. Of several
    events on one trigger with one type those that agree are paired first, then those for which the gold states it, by
    its value. Facets: value (the gold's), zone.
    """
    gold, predicted = (side.events for side in tables.sides)
    values = getattr(gold, name), getattr(predicted, name)
    groups = number(*encode(*((*rows.span, rows.type) for rows in (gold, predicted))))
    agrees, _ = match_codes(encode(*zip(groups, values, strict=True)), ((), ()))
    # Of n gold and m predicted events of a group, min(n, m) have a partner; those come first here.
    order = np.lexsort((values[0], values[0] < 0, ~agrees, groups[0]))
    count = max((int(group.max(initial=-1)) for group in groups), default=-1) + 1
    matched = np.minimum(*(np.bincount(group, minlength=count) for group in groups))
    ordered = groups[0][order]
    place = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    rows = order[(place < matched[ordered]) & (values[0][order] >= 0)]
    items = ItemColumns(gold.unit[rows], (values[0][rows], gold.zone[rows]), agrees[rows])
    names = {"realis": tables.realis, "polarity": tables.polarities}[name]
    return tally(metric, {"value": names, "zone": tables.places.zones}, tables.places.documents, items, items)
