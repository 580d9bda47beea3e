"""Make the tables of both sides of a batch: :func:`join_sides` of raw sides, :func:`build_tables` of documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from vostochny.metrics.identity import Identities, References
from vostochny.metrics.item_tables import (
    NAM,
    NOBODY,
    UNSTATED,
    VALUE,
    Arguments,
    Contents,
    Entities,
    Events,
    Quotes,
    Side,
    Tables,
)
from vostochny.metrics.matching import Ints, encode, look_up
from vostochny.metrics.places import Places
from vostochny.metrics.raw import RawSide, merge_names, read_documents
from vostochny.model import Document, Placement

Unplaced = Mapping[tuple[int, int], Sequence[str]]


def build_tables(
    gold: Sequence[Document], predicted: Sequence[Document], values: frozenset[str], unscored_zones: frozenset[str]
) -> Tables:
    """Return the items of paired documents as columns, those in unscored zones left out; see :func:`join_sides`.

    Args:
        gold: the gold documents.
        predicted: the prediction of each, without items where there is none.
        values: the entity types that have no level.
        unscored_zones: names of the zones that are not scored.
    """
    places = Places.of_documents(gold, unscored_zones)
    unplaced = list_unplaced([d.placement for d in predicted])
    return join_sides(read_documents(gold), read_documents(predicted), places, values, unplaced)


def list_unplaced(placements: Sequence[Placement]) -> Unplaced:
    """Return the predicted words that were not found, by document and by the offset of their empty spans."""
    unplaced: dict[tuple[int, int], list[str]] = defaultdict(list)
    for number, placement in enumerate(placements):
        for span, words in placement.unplaced:
            unplaced[number, span.start].append(words)
    return unplaced


def join_sides(gold: RawSide, predicted: RawSide, places: Places, values: frozenset[str], unplaced: Unplaced) -> Tables:
    """Return the tables of two sides: without what is in unscored zones, levels resolved, references followed.

    The rows of a side stay in their order. Items that begin in an unscored zone are neither rewarded nor punished:
    entities by their span, events by their trigger, arguments by their filler, quotes by the first span of their
    content. An empty span (words that the text does not have) is in no zone, so it stays.

    Args:
        gold: the items of the gold.
        predicted: the items of the predictions, of the same documents.
        places: the places of the gold documents.
        values: the entity types that have no level.
        unplaced: the predicted words that were not found.
    """
    raw_sides = merge_names([gold, predicted])
    names = raw_sides[0].names
    value_codes = np.array([i for i, name in enumerate(names["types"]) if name in values], dtype=np.int64)
    sides = [_locate(raw, places, value_codes) for raw in raw_sides]
    return _assemble(sides, places, names, value_codes, unplaced)


def _locate(raw: RawSide, places: Places, values: Ints) -> tuple[Side, dict[str, References]]:
    """Return the columns of one side, identities still missing, and its references."""
    raw, located = _drop_unscored(raw, places)
    at = {name: located[name] for name in ("entities", "events", "arguments", "quotes")}
    document, start, end, type_, level, cluster, _ = raw.tables["entities"]
    level = np.where((level == UNSTATED) & np.isin(type_, values), VALUE, level)
    entities = Entities(document, start, end, *at["entities"], type_, level, cluster)
    document, start, end, *rest = raw.tables["events"]
    events = Events(document, start, end, *at["events"], *rest)
    document, start, end, target, event, role = raw.tables["arguments"]
    arguments = Arguments(document, start, end, *at["arguments"], event, role, np.full(len(document), NOBODY))
    columns = raw.tables["quotes"]
    document, start, end, directness, cue_start, cue_end = columns[:6]
    nobody = np.full(len(document), NOBODY)
    quotes = Quotes(
        document, start, end, *at["quotes"], directness, cue_start, cue_end, columns[6], columns[7], nobody, nobody,
        columns[12],
    )  # fmt: skip
    references = {
        "fillers": References(*arguments.span, target),
        "sources": References(document, *columns[6:9]),
        "addressees": References(document, *columns[9:12]),
    }
    return Side(entities, events, arguments, quotes, Contents(*raw.tables["contents"])), references


def _drop_unscored(raw: RawSide, places: Places) -> tuple[RawSide, dict[str, tuple[Ints, Ints]]]:
    """Return the items in scored zones, and unit and zone of each, by table."""
    located, masks = {}, {}
    for name in ("entities", "events", "arguments", "quotes"):
        document, start, end = raw.tables[name][:3]
        if name == "quotes":
            quote, _, part_end = raw.tables["contents"]
            end = part_end[np.searchsorted(quote, np.arange(len(document)))]  # of the first span
        located[name] = places.locate(document, start)
        masks[name] = (start == end) | places.scored[located[name][1]]
    if all(mask.all() for mask in masks.values()):
        return raw, located
    masks["arguments"] &= masks["events"][raw.column("arguments", "events")]
    located = {name: (unit[masks[name]], zone[masks[name]]) for name, (unit, zone) in located.items()}
    return raw.keep(masks), located


def _assemble(
    sides: Sequence[tuple[Side, dict[str, References]]],
    places: Places,
    names: Mapping[str, Sequence[str]],
    values: Ints,
    unplaced: Unplaced,
) -> Tables:
    """Return the tables, with levels resolved and every reference replaced by whom it means."""
    (gold, gold_references), (predicted, predicted_references) = sides
    # In a gold without levels every mention is taken for a name.
    gold_entities = replace(gold.entities, level=np.where(gold.entities.level == UNSTATED, NAM, gold.entities.level))
    gold = replace(gold, entities=gold_entities)
    stated_levels = predicted.entities.level
    predicted = replace(predicted, entities=resolve_levels(gold_entities, predicted.entities))
    identities = Identities(gold_entities, gold.events)
    kinds = ("fillers", "sources", "addressees")
    found = [
        identities.find(references[kind], by_id, with_triggers=kind == "fillers")
        for references, by_id in ((gold_references, True), (predicted_references, False))
        for kind in kinds
    ]
    codes = iter(encode(*found))
    out = []
    for side, references in ((gold, gold_references), (predicted, predicted_references)):
        filler, speaker, addressee = (np.where(references[kind].start >= 0, next(codes), NOBODY) for kind in kinds)
        out.append(
            replace(
                side,
                arguments=replace(side.arguments, filler=filler),
                quotes=replace(side.quotes, speaker=speaker, addressee=addressee),
            )
        )
    lists = {key: tuple(value) for key, value in names.items()}
    return Tables(out[0], out[1], places, values=values, stated_levels=stated_levels, unplaced=unplaced, **lists)


def resolve_levels(gold: Entities, predicted: Entities) -> Entities:
    """Give each predicted entity without a stated level the level of the gold nominal or pronoun on the same span.

    Where there is none, or there is a gold name as well, it is taken for a name. So a prediction without level that
    hits a nominal is neither right nor wrong among names.
    """
    unstated = predicted.level == UNSTATED
    level = np.where(unstated, NAM, predicted.level)
    if unstated.any() and (gold.level > NAM).any():
        # Of gold entities on one span the one of the lowest level comes first: value, name, nominal, pronoun.
        gold = gold.where(np.argsort(gold.level, kind="stable"))
        at = look_up(*encode(predicted.span, gold.span))
        found = unstated & (at >= 0)
        level[found] = np.maximum(gold.level[at[found]], NAM)  # a value has no level to give
    return replace(predicted, level=level)
