"""The annotation ontology as data: types, roles, attributes, zones and views.

``annotations/ontology.yaml`` is the source. ``python -m scripts corpus`` checks it (:func:`parse_ontology`) and writes
the same content as JSON into the package, because JSON needs no YAML parser and is part of the wheel.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from vostochny.errors import Names
from vostochny.model import Document

# Sections of the source with a structure of their own; every other one lists the values of an attribute.
_STRUCTURED_SECTIONS = ("version", "entities", "groups", "shared_roles", "events", "zones", "views")
# The generated files that the package carries; by path, because importlib.resources takes long to import.
DATA = Path(__file__).resolve().parent / "data"
EVENT = "event"  # among the fillers of a role: another event may fill it


class OntologyError(ValueError):
    """An ontology that contradicts itself; the message lists every problem, one per line."""


@dataclass(frozen=True)
class EventType:
    """One event type.

    ``roles`` maps each role, the shared ones included, to the filler types that it allows; ``crosswalk`` maps the name
    of another event ontology (ACE) to its nearest type, None where it has none.
    """

    name: str
    help: str
    roles: Mapping[str, frozenset[str]]
    crosswalk: Mapping[str, str | None]


@dataclass(frozen=True)
class View:
    """A mapping of the ontology's types to another tag set; types that it leaves out are not scored.

    ``types`` maps TYPE or TYPE.demonym to a label, ``levels`` are the levels that it keeps, ``events`` maps event types
    (None: the view leaves events as they are), ``builtin`` is false for a view from a user's file.
    """

    name: str
    types: Mapping[str, str]
    levels: frozenset[str]
    events: Mapping[str, str] | None = None
    builtin: bool = True

    def entity_label(self, type: str, level: str | None, demonym: bool) -> str | None:
        """Return the view's label of a mention; None where the view lacks it. A level of None passes every view."""
        if level is not None and level not in self.levels:
            return None
        if demonym and f"{type}.demonym" in self.types:
            return self.types[f"{type}.demonym"]
        return self.types.get(type)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The entity labels of the view, in order of first appearance."""
        return tuple(dict.fromkeys(self.types.values()))

    @cached_property
    def _label_set(self) -> frozenset[str]:
        return frozenset(self.labels)

    @cached_property
    def _event_labels(self) -> frozenset[str]:
        return frozenset((self.events or {}).values())

    def is_value(self, type: str, values: Collection[str]) -> bool:
        """Return whether a type is a value: one of the ontology's ``values``, or a label that stands only for such."""
        sources = [name.removesuffix(".demonym") for name, label in self.types.items() if label == type]
        return all(name in values for name in sources or [type])

    def predicted_label(self, type: str, level: str | None, demonym: bool) -> str | None:
        """Return the view's label of a predicted mention: its labels stay, the ontology's types are mapped to them.

        Some names are both (PER). An item with a demonym flag is taken for one in the ontology's types, because no
        other tag set has that flag.
        """
        if type in self._label_set and not demonym:
            return type if level is None or level in self.levels else None
        return self.entity_label(type, level, demonym)

    def event_label(self, type: str) -> str | None:
        """Return the view's label of an event; None where the view lacks it."""
        return type if self.events is None else self.events.get(type)

    def predicted_event_label(self, type: str) -> str | None:
        """Return the view's label of a predicted event; its labels stay."""
        return type if type in self._event_labels else self.event_label(type)

    def relabel_gold(self, document: Document, values: Collection[str] = ()) -> Document:
        """Return a gold document with the labels of the view, without the items that the view lacks.

        Entities of the types ``values`` lose their cluster: a value has no identity, whatever the view calls it. Events
        keep arguments whose filler is removed, because a filler is compared by its span.
        """
        return _relabel(document, self.entity_label, self.event_label, lambda type: type in values)

    def relabel_prediction(self, document: Document, values: Collection[str] = ()) -> Document:
        """Return a prediction with the labels of the view, without the items that the view lacks."""
        return _relabel(
            document, self.predicted_label, self.predicted_event_label, lambda type: self.is_value(type, values)
        )


def _relabel(
    document: Document,
    entity_label: Callable[[str, str | None, bool], str | None],
    event_label: Callable[[str], str | None],
    is_value: Callable[[str], bool],
) -> Document:
    """Return a document with new labels; items whose label is None are removed, and so are clusters of values."""
    entities = ((e, entity_label(e.type, e.level, e.demonym)) for e in document.entities)
    events = ((e, event_label(e.type)) for e in document.events)
    return replace(
        document,
        entities=tuple(
            replace(e, type=label, cluster=None if e.cluster is not None and is_value(e.type) else e.cluster)
            for e, label in entities
            if label
        ),
        events=tuple(replace(e, type=label) for e, label in events if label),
    )  # fmt: skip


class KnownLabels(NamedTuple):
    """The labels that an item may have, for looking up many: entity types, event types, and roles of any event type."""

    entity_types: Names
    event_types: Names
    roles: Names


@dataclass(frozen=True)
class Ontology:
    """Types, attributes, zones and views. Mappings keep the order of the source file: that of every table and menu.

    ``attributes`` maps a table of values (``"levels"``, ``"realis"``, ``"attitude"`` …) to them, each with its help
    text. :mod:`vostochny.schema.records` says which key of a record takes its values from which table.
    """

    version: int
    mentions: Mapping[str, str]
    values: Mapping[str, str]
    events: Mapping[str, EventType]
    attributes: Mapping[str, Mapping[str, str]]
    zones: Mapping[str, str]
    unscored_zones: frozenset[str]
    views: Mapping[str, View]

    if not TYPE_CHECKING:  # so that a mistyped name is still found by the type checker

        def __getattr__(self, name: str) -> Mapping[str, str]:
            """Return the values in a table of ``attributes``: each was a field of this class, which works until 3.0."""
            tables = self.__dict__.get("attributes", {})
            if name in tables:
                return tables[name]
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @cached_property
    def entity_types(self) -> tuple[str, ...]:
        """Mention types, then value types."""
        return (*self.mentions, *self.values)

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """Every role of any event type, once, in order of first appearance."""
        return tuple(dict.fromkeys(role for event in self.events.values() for role in event.roles))

    def list_labels(self, view: View | None = None) -> KnownLabels:
        """Return the labels that an item may have: those of the ontology and of a view. Collected once per view."""
        known: dict[int, tuple[View | None, KnownLabels]] = self.__dict__.setdefault("_labels", {})
        by_view = known.get(id(view))
        if by_view is None or by_view[0] is not view:  # an id means nothing in the process that unpickles this
            entities = Names((*self.entity_types, *(view.labels if view else ())))
            events = Names((*self.events, *((view.events or {}).values() if view else ())))
            by_view = known[id(view)] = view, KnownLabels(entities, events, Names(self.roles))
        return by_view[1]

    def list_names(self, table: str) -> Collection[str]:
        """Return the names in a table: of an attribute's values, or of entity_types, events, roles, zones or views.

        An ontology that is older than an attribute has no values for it.
        """
        if table in ("entity_types", "events", "roles", "zones", "views"):
            names: Collection[str] = getattr(self, table)
            return names
        return self.attributes.get(table, ())


def parse_ontology(source: Mapping[str, Any]) -> Ontology:
    """Build an ontology from the content of ontology.yaml, and check that its entries refer to existing ones.

    Raises OntologyError with every problem, and KeyError where a section is missing.
    """
    problems: list[str] = []
    entities = source["entities"]
    groups = source["groups"]
    for group, members in groups.items():
        problems += [f"groups.{group}: unknown entity type {m!r}" for m in members if m not in entities]

    def expand_fillers(where: str, names: list[str]) -> frozenset[str]:
        """Return the filler types that a role allows, groups replaced by their members."""
        out: set[str] = set()
        for name in names:
            if name in groups:
                out.update(groups[name])
            elif name in entities or name == EVENT:
                out.add(name)
            else:
                problems.append(f"{where}: {name!r} is neither an entity type, a group nor 'event'")
        return frozenset(out)

    shared = {role: expand_fillers(f"shared_roles.{role}", names) for role, names in source["shared_roles"].items()}
    events = {}
    for name, body in source["events"].items():
        own = {role: expand_fillers(f"events.{name}.roles.{role}", names) for role, names in body["roles"].items()}
        problems += [f"events.{name}.roles.{role}: is a shared role already" for role in own if role in shared]
        events[name] = EventType(name, body["help"], own | shared, body["crosswalk"])

    views = _parse_views(source, events, problems)
    for name, body in entities.items():
        if body["kind"] not in ("mention", "value"):
            problems.append(f"entities.{name}.kind: {body['kind']!r} is neither 'mention' nor 'value'")
    if problems:
        raise OntologyError("\n".join(problems))
    return Ontology(
        version=source["version"],
        mentions={n: b["help"] for n, b in entities.items() if b["kind"] == "mention"},
        values={n: b["help"] for n, b in entities.items() if b["kind"] == "value"},
        events=events,
        attributes={name: body for name, body in source.items() if name not in _STRUCTURED_SECTIONS},
        zones={n: b["help"] for n, b in source["zones"].items()},
        unscored_zones=frozenset(n for n, b in source["zones"].items() if not b["scored"]),
        views=views,
    )


def _parse_views(source: Mapping[str, Any], events: Mapping[str, EventType], problems: list[str]) -> dict[str, View]:
    """Build the views by name, and append their problems to ``problems``."""
    views = {}
    for name, body in source["views"].items():
        for key in body["types"]:
            if key.removesuffix(".demonym") not in source["entities"]:
                problems.append(f"views.{name}.types.{key}: unknown entity type")
        crosswalk: dict[str, str] | None = None
        if "events" in body:
            # The view names a column of the crosswalk, which gives each event type its nearest type there, or none.
            column = body["events"]
            problems += [
                f"events.{n}.crosswalk: has no {column!r}, which views.{name} needs"
                for n, e in events.items()
                if column not in e.crosswalk
            ]
            crosswalk = {n: near for n, e in events.items() if (near := e.crosswalk.get(column))}
        views[name] = View(name, body["types"], frozenset(body["levels"]), crosswalk)
        problems += [f"views.{name}.levels: unknown level {x!r}" for x in body["levels"] if x not in source["levels"]]
    return views


@cache
def load_ontology() -> Ontology:
    """Return the ontology that this version of the package was built with."""
    return parse_ontology(json.loads((DATA / "ontology.json").read_text(encoding="utf-8")))
