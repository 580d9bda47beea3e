"""Extend the ontology by the label set of a user's gold: the types, roles and values that its rows have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vostochny.ontology import EVENT, EventType, Ontology
from vostochny.schema.records import list_attributes

OWN_LABEL_HELP = "of this gold"  # the description of a label that the ontology gets from a gold
# Layer → the attributes whose values a gold may add to. A level is not one: metrics know what each level means.
_OPEN_ATTRIBUTES = {layer: list_attributes(layer, values_only=True) for layer in ("events", "quotes")}


@dataclass
class LabelNames:
    """The labels used in gold rows, each set as the keys of a dict, which keep their order.

    Attributes:
        events: Event types → the roles of their arguments.
        tables: Tables of the ontology (``"entity_types"``, ``"realis"``, ``"zones"`` …) → the names used.
    """

    events: dict[str, dict[str, None]] = field(default_factory=dict)
    tables: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(self, rows: Iterable[Mapping[str, Any]]) -> LabelNames:
        """Add the labels of rows and return self. Names that are not printable are left for the RowReader to report."""
        for row in rows:
            self._add_table("entity_types", _list_names(row, "entities", "type"))
            self._add_table("zones", _list_names(row, "zones", "zone"))
            for event in _list_objects(row.get("events")):
                if _is_name(event.get("type")):
                    self._add_roles(event["type"], _list_names(event, "arguments", "role"))
            for layer, attributes in _OPEN_ATTRIBUTES.items():
                for attribute in attributes:
                    self._add_table(attribute.key.values, _list_names(row, layer, attribute.name))
        return self

    def merge(self, other: LabelNames) -> None:
        """Add the labels of another set."""
        for name, roles in other.events.items():
            self._add_roles(name, roles)
        for table, names in other.tables.items():
            self._add_table(table, names)

    def _add_table(self, table: str, names: Iterable[str]) -> None:
        self.tables.setdefault(table, {}).update(dict.fromkeys(names))

    def _add_roles(self, event_type: str, roles: Iterable[str]) -> None:
        self.events.setdefault(event_type, {}).update(dict.fromkeys(roles))


def extend_ontology(ontology: Ontology, label_sets: Iterable[LabelNames]) -> Ontology:
    """Return the ontology with the labels of gold rows added to its own."""
    names = LabelNames()
    for labels in label_sets:
        names.merge(labels)
    # Nothing is known of a role that only this gold has, so its fillers may be of any type.
    any_filler = frozenset((*ontology.entity_types, *names.tables.get("entity_types", ()), EVENT))
    events = dict(ontology.events)
    for name, roles in names.events.items():
        known = events.get(name) or EventType(name, OWN_LABEL_HELP, {}, {})
        events[name] = replace(known, roles={**dict.fromkeys(roles, any_filler), **known.roles})

    def extend(body: Mapping[str, str], table: str) -> dict[str, str]:
        known = ontology.list_names(table)
        return {**body, **{name: OWN_LABEL_HELP for name in names.tables.get(table, ()) if name not in known}}

    return replace(
        ontology,
        mentions=extend(ontology.mentions, "entity_types"),
        events=events,
        attributes={table: extend(body, table) for table, body in ontology.attributes.items()},
        zones=extend(ontology.zones, "zones"),
    )


def _list_objects(value: Any) -> list[dict[str, Any]]:
    return [x for x in value if isinstance(x, dict)] if isinstance(value, list) else []


def _list_names(row: Mapping[str, Any], layer: str, key: str) -> list[str]:
    return [x[key] for x in _list_objects(row.get(layer)) if _is_name(x.get(key))]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and value.isprintable()
