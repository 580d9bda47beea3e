"""Extend the ontology by the label set of a user's gold: the types, roles and values that its rows have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vostochny.ontology import EVENT, EventType, Ontology

OWN_LABEL_HELP = "of this gold"  # the description of a label that the ontology gets from a gold
# Attribute → the ontology's table (a field of Ontology) that holds its values.
_EVENT_TABLES = {"realis": "realis", "polarity": "polarity", "outcome": "outcome"}
_QUOTE_TABLES = {"directness": "directness", "attitude": "attitude", "link": "links"}


@dataclass
class LabelNames:
    """The labels used in gold rows, each set as the keys of a dict, which keep their order.

    Attributes:
        entities: Entity types.
        events: Event types → the roles of their arguments.
        values: Tables of the ontology (``"realis"``, ``"zones"`` …) → the values used.
    """

    entities: dict[str, None] = field(default_factory=dict)
    events: dict[str, dict[str, None]] = field(default_factory=dict)
    values: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(self, rows: Iterable[Mapping[str, Any]]) -> LabelNames:
        """Add the labels of rows and return self. Names that are not printable are left for the RowReader to report."""
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


def extend_ontology(ontology: Ontology, label_sets: Iterable[LabelNames]) -> Ontology:
    """Return the ontology with the labels of gold rows added to its own."""
    entities: dict[str, None] = {}
    events: dict[str, dict[str, None]] = {}
    values: dict[str, dict[str, None]] = {}
    for names in label_sets:
        entities |= names.entities
        for name, roles in names.events.items():
            events.setdefault(name, {}).update(roles)
        for table, added in names.values.items():
            values.setdefault(table, {}).update(added)
    # Nothing is known of a role that only this gold has, so its fillers may be of any type.
    any_filler = frozenset((*ontology.entity_types, *entities, EVENT))
    types = dict(ontology.events)
    for name, roles in events.items():
        known = types.get(name) or EventType(name, OWN_LABEL_HELP, {}, {})
        types[name] = replace(known, roles={**dict.fromkeys(roles, any_filler), **known.roles})
    mentions = {**ontology.mentions, **{n: OWN_LABEL_HELP for n in entities if n not in ontology.entity_types}}
    changed: dict[str, Any] = {
        key: {**getattr(ontology, key), **{n: OWN_LABEL_HELP for n in added if n not in getattr(ontology, key)}}
        for key, added in values.items()
        if added
    }
    return replace(ontology, mentions=mentions, events=types, **changed)


def _list_objects(value: Any) -> list[dict[str, Any]]:
    return [x for x in value if isinstance(x, dict)] if isinstance(value, list) else []


def _list_names(row: Mapping[str, Any], layer: str, key: str) -> list[str]:
    return [x[key] for x in _list_objects(row.get(layer)) if _is_name(x.get(key))]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and value.isprintable()
