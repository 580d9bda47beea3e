"""Extend the ontology by the label set of a user's gold: the types, roles and values that its rows have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

from vostochny.ontology import EVENT, EventType, Ontology
from vostochny.schema.records import list_attributes

OWN_LABEL_HELP = "of this gold"  # the description of a label that the ontology gets from a gold
# Layer → the attributes whose values a gold may add to. A level is not one: metrics know what each level means.
_OPEN_ATTRIBUTES = {layer: list_attributes(layer, values_only=True) for layer in ("events", "quotes")}


def is_name(value: Any) -> TypeGuard[str]:
    """Return whether a value can name a type, a role or a zone: a string that prints and is not blank."""
    return isinstance(value, str) and value.isprintable() and bool(value.strip())


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
        """Add the labels of rows and return self."""
        for row in rows:
            self.add_names("entity_types", _list_values(row.get("entities"), "type"))
            self.add_names("zones", _list_values(row.get("zones"), "zone"))
            for event in _list_objects(row.get("events")):
                self.add_event(event.get("type"), _list_values(event.get("arguments"), "role"))
            for layer, attributes in _OPEN_ATTRIBUTES.items():
                for attribute in attributes:
                    self.add_names(attribute.key.values, _list_values(row.get(layer), attribute.name))
        return self

    def add_names(self, table: str, names: Iterable[Any]) -> None:
        """Add names to a table. What is no name (:func:`is_name`) is left for the RowReader to report."""
        self.tables.setdefault(table, {}).update(dict.fromkeys(filter(is_name, names)))

    def add_event(self, event_type: Any, roles: Iterable[Any]) -> None:
        """Add an event type and roles of its arguments, as :meth:`add_names` does."""
        if is_name(event_type):
            self.events.setdefault(event_type, {}).update(dict.fromkeys(filter(is_name, roles)))

    def merge(self, other: LabelNames) -> None:
        """Add the labels of another set."""
        for event_type, roles in other.events.items():
            self.add_event(event_type, roles)
        for table, names in other.tables.items():
            self.add_names(table, names)


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


def _list_objects(value: Any) -> list[Mapping[str, Any]]:
    return [x for x in value if isinstance(x, dict)] if isinstance(value, list) else []


def _list_values(items: Any, key: str) -> list[Any]:
    return [item.get(key) for item in _list_objects(items)]
