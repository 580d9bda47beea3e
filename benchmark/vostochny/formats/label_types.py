"""Extend the ontology by the label set of a user's gold: the types, roles and values that its rows have."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

from vostochny.errors import suggest_name
from vostochny.ontology import EVENT, EventType, Ontology
from vostochny.schema.records import list_attributes

# Names of types that mean about the same in different label sets; for suggestions only, nothing is renamed.
_SYNONYMS = (
    ("PER", "PERSON", "PERS", "PEOPLE", "HUMAN"),
    ("ORG", "ORGANIZATION", "ORGANISATION", "COMPANY", "INSTITUTION", "CORPORATION"),
    ("GPE", "LOC", "COUNTRY", "CITY", "STATE", "NATION", "GEOPOLITICAL"),
    ("LOC", "LOCATION", "PLACE", "GEO"),
    ("FAC", "FACILITY", "BUILDING"),
    ("VEH", "VEHICLE"),
    ("WEA", "WEAPON"),
    ("NORP", "NATIONALITY"),
    ("PRODUCT", "PROD"),
    ("MISC", "MISCELLANEOUS"),
    ("CARDINAL", "NUMBER", "NUM"),
    ("PERCENT", "PERCENTAGE"),
)
OWN_LABEL_HELP = "of this gold"  # the description of a label that the ontology gets from a gold
# Layer → the attributes whose values a gold may add to. A level is not one: metrics know what each level means.
_OPEN_ATTRIBUTES = {layer: list_attributes(layer, values_only=True) for layer in ("events", "quotes")}


def is_name(value: Any) -> TypeGuard[str]:
    """Return whether a value can name a type, a role or a zone: a string that prints and is not blank."""
    return isinstance(value, str) and value.isprintable() and bool(value.strip())


def suggest_label(name: str, allowed: Collection[str], ontology: Ontology) -> str:
    """Return what would be right in place of an unknown type or role: a view that has it, or the nearest known name."""
    if re.fullmatch(r"label_\d+", name, re.IGNORECASE):
        return "a model without names of labels writes this; name them in id2label of its configuration"
    views = [view.name for view in ontology.views.values() if name in view.labels]
    if views:
        return f"it is a type of {' and '.join(views)}: add --view {' or --view '.join(views)}"
    synonyms = {name.rpartition(".")[2]: name for name in allowed if "." in name}  # Attack for Conflict.Attack
    for group in _SYNONYMS:
        right = next((x for x in group if x in allowed), None)
        if right:
            synonyms |= {x: right for x in group if x not in allowed and x not in synonyms}
    return suggest_name(name, allowed, synonyms=synonyms)


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
