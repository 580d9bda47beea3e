"""The label set of a gold that is not ours: the scheme with the types, roles and values that its rows have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from vostochny.ontology import EVENT, EventType, Ontology

HELP = "of this gold"
# Attribute → the table of the scheme that holds its values.
_EVENT_TABLES = {"realis": "realis", "polarity": "polarity", "outcome": "outcome"}
_QUOTE_TABLES = {"directness": "directness", "attitude": "attitude", "link": "links"}


def discovered(ontology: Ontology, rows: Iterable[Mapping[str, Any]]) -> Ontology:
    """The scheme with what gold rows have besides its own. What is no printable name is left to the row's checks."""
    entities: dict[str, None] = {}
    events: dict[str, dict[str, None]] = {}
    values: dict[str, dict[str, str]] = {}
    for row in rows:
        entities |= dict.fromkeys(_names(row, "entities", "type"))
        for event in _objects(row.get("events")):
            if _is_name(event.get("type")):
                events.setdefault(event["type"], {}).update(dict.fromkeys(_names(event, "arguments", "role")))
        for layer, tables in (("events", _EVENT_TABLES), ("quotes", _QUOTE_TABLES), ("zones", {"zone": "zones"})):
            for key, table in tables.items():
                values.setdefault(table, {}).update(dict.fromkeys(_names(row, layer, key), HELP))
    # Fillers of a role that only this gold has may be anything.
    anything = frozenset((*ontology.entity_types, *entities, EVENT))
    types = dict(ontology.events)
    for name, found in events.items():
        known = types.get(name) or EventType(name, HELP, {}, {})
        types[name] = replace(known, roles={**dict.fromkeys(found, anything), **known.roles})
    mentions = {**ontology.mentions, **{n: HELP for n in entities if n not in ontology.entity_types}}
    changed: dict[str, Any] = {
        key: {**getattr(ontology, key), **{n: HELP for n in found if n not in getattr(ontology, key)}}
        for key, found in values.items()
        if found
    }
    return replace(ontology, mentions=mentions, events=types, **changed)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [x for x in value if isinstance(x, dict)] if isinstance(value, list) else []


def _names(row: Mapping[str, Any], layer: str, key: str) -> list[str]:
    return [x[key] for x in _objects(row.get(layer)) if _is_name(x.get(key))]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and value.isprintable()
