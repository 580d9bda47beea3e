"""The label set of a gold that is not ours: the ontology with the types, roles and values that its rows have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vostochny.ontology import EVENT, EventType, Ontology

OWN_LABEL_HELP = "of this gold"
# Attribute → the table of the ontology that holds its values.
_EVENT_TABLES = {"realis": "realis", "polarity": "polarity", "outcome": "outcome"}
_QUOTE_TABLES = {"directness": "directness", "attitude": "attitude", "link": "links"}


@dataclass
class LabelNames:
    """The names that gold rows have: entity types, event types with their roles, values by the ontology's tables."""

    entities: dict[str, None] = field(default_factory=dict)
    events: dict[str, dict[str, None]] = field(default_factory=dict)
    values: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(self, rows: Iterable[Mapping[str, Any]]) -> LabelNames:
        """Add those of some rows. What is no printable name is left to the row's checks."""
        for row in rows:
            self.entities |= dict.fromkeys(_list_names(row, "entities", "type"))
            for event in _list_objects(row.get("events")):
                if _is_name(event.get("type")):
                    self.events.setdefault(event["type"], {}).update(
                        dict.fromkeys(_list_names(event, "arguments", "role"))
                    )
            for layer, tables in (("events", _EVENT_TABLES), ("quotes", _QUOTE_TABLES), ("zones", {"zone": "zones"})):
                for key, table in tables.items():
                    self.values.setdefault(table, {}).update(dict.fromkeys(_list_names(row, layer, key)))
        return self


def extend_ontology(ontology: Ontology, found: Iterable[LabelNames]) -> Ontology:
    """The ontology with what gold rows have besides its own."""
    entities: dict[str, None] = {}
    events: dict[str, dict[str, None]] = {}
    values: dict[str, dict[str, None]] = {}
    for names in found:
        entities |= names.entities
        for name, roles in names.events.items():
            events.setdefault(name, {}).update(roles)
        for table, some in names.values.items():
            values.setdefault(table, {}).update(some)
    # Fillers of a role that only this gold has may be anything.
    anything = frozenset((*ontology.entity_types, *entities, EVENT))
    types = dict(ontology.events)
    for name, roles in events.items():
        known = types.get(name) or EventType(name, OWN_LABEL_HELP, {}, {})
        types[name] = replace(known, roles={**dict.fromkeys(roles, anything), **known.roles})
    mentions = {**ontology.mentions, **{n: OWN_LABEL_HELP for n in entities if n not in ontology.entity_types}}
    changed: dict[str, Any] = {
        key: {**getattr(ontology, key), **{n: OWN_LABEL_HELP for n in some if n not in getattr(ontology, key)}}
        for key, some in values.items()
        if some
    }
    return replace(ontology, mentions=mentions, events=types, **changed)


def _list_objects(value: Any) -> list[dict[str, Any]]:
    return [x for x in value if isinstance(x, dict)] if isinstance(value, list) else []


def _list_names(row: Mapping[str, Any], layer: str, key: str) -> list[str]:
    return [x[key] for x in _list_objects(row.get(layer)) if _is_name(x.get(key))]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and value.isprintable()
