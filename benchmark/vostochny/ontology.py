"""The annotation ontology as data: types, roles, attributes, zones and tag-set views.

``annotations/ontology.yaml`` is the source. ``python -m scripts corpus`` checks it (:func:`parse`) and writes the same
content as JSON into the package, because JSON loads without a YAML parser and travels in the wheel.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from vostochny.model import Document, Entity, Event

EVENT = "event"  # in a role's fillers: another event may stand there


class OntologyError(ValueError):
    """The ontology contradicts itself; the message lists every problem, one a line."""


@dataclass(frozen=True)
class EventType:
    """One event type. ``roles`` maps each role, the shared ones included, to the filler types it admits."""

    name: str
    help: str
    roles: Mapping[str, frozenset[str]]
    crosswalk: Mapping[str, str | None]


@dataclass(frozen=True)
class View:
    """A mapping of our types to another tag set; what it leaves out counts neither for nor against."""

    name: str
    types: Mapping[str, str]
    levels: frozenset[str]
    events: Mapping[str, str] | None = None
    builtin: bool = True

    def entity_label(self, type: str, level: str | None, demonym: bool) -> str | None:
        """The view's name for a mention, or None where the view lacks it. A level of None passes every view."""
        if level is not None and level not in self.levels:
            return None
        if demonym and f"{type}.demonym" in self.types:
            return self.types[f"{type}.demonym"]
        return self.types.get(type)

    @property
    def labels(self) -> tuple[str, ...]:
        """The entity labels of the view, in order of first appearance."""
        return tuple(dict.fromkeys(self.types.values()))

    def relabel_gold(self, document: Document) -> Document:
        """A gold document in the labels of the view, without what the view lacks.

        Arguments of events that stay keep fillers that go: a filler is compared by its span.
        """
        entities = [(e, self.entity_label(e.type, e.level, e.demonym)) for e in document.entities]
        return self._relabelled(document, entities, lambda e: (self.events or {}).get(e.type))

    def relabel_prediction(self, document: Document) -> Document:
        """A prediction in the labels of the view: one of its own labels stays, one of the ontology's types is mapped.

        A demonym flag marks an item as labelled in the ontology's types, whatever else its label could mean.
        """
        own = frozenset(self.labels)

        def label(e: Entity) -> str | None:
            if e.type in own and not e.demonym:
                return e.type if e.level is None or e.level in self.levels else None
            return self.entity_label(e.type, e.level, e.demonym)

        entities = [(e, label(e)) for e in document.entities]
        own_events = frozenset((self.events or {}).values())
        return self._relabelled(
            document, entities, lambda e: e.type if e.type in own_events else (self.events or {}).get(e.type)
        )

    def _relabelled(
        self,
        document: Document,
        entities: list[tuple[Entity, str | None]],
        event_type: Callable[[Event], str | None],
    ) -> Document:
        events = document.events
        if self.events is not None:
            events = tuple(replace(e, type=label) for e in events if (label := event_type(e)))
        return replace(
            document, entities=tuple(replace(e, type=label) for e, label in entities if label), events=events
        )


@dataclass(frozen=True)
class Ontology:
    """The ontology. Mappings keep the order of the source file, which is the order of every table and menu."""

    version: int
    mentions: Mapping[str, str]
    values: Mapping[str, str]
    levels: Mapping[str, str]
    events: Mapping[str, EventType]
    realis: Mapping[str, str]
    polarity: Mapping[str, str]
    outcome: Mapping[str, str]
    directness: Mapping[str, str]
    attitude: Mapping[str, str]
    links: Mapping[str, str]
    zones: Mapping[str, str]
    unscored_zones: frozenset[str]
    discrepancies: Mapping[str, str]
    views: Mapping[str, View]

    @property
    def entity_types(self) -> tuple[str, ...]:
        """Mention types, then value types."""
        return (*self.mentions, *self.values)

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role of any event type, once, in order of first appearance."""
        return tuple(dict.fromkeys(role for event in self.events.values() for role in event.roles))


def parse_ontology(source: Mapping[str, Any]) -> Ontology:
    """Check the content of ontology.yaml and give it types.

    Raises OntologyError naming every problem of what its entries refer to, and KeyError where a section is missing.
    """
    problems: list[str] = []
    entities = source["entities"]
    groups = source["groups"]
    for group, members in groups.items():
        problems += [f"groups.{group}: unknown entity type {m!r}" for m in members if m not in entities]

    def fillers(where: str, names: list[str]) -> frozenset[str]:
        out: set[str] = set()
        for name in names:
            if name in groups:
                out.update(groups[name])
            elif name in entities or name == EVENT:
                out.add(name)
            else:
                problems.append(f"{where}: {name!r} is neither an entity type, a group nor 'event'")
        return frozenset(out)

    shared = {role: fillers(f"shared_roles.{role}", names) for role, names in source["shared_roles"].items()}
    events = {}
    for name, body in source["events"].items():
        own = {role: fillers(f"events.{name}.roles.{role}", names) for role, names in body["roles"].items()}
        problems += [f"events.{name}.roles.{role}: is a shared role already" for role in own if role in shared]
        events[name] = EventType(name, body["help"], own | shared, body["crosswalk"])

    views = {}
    for name, body in source["views"].items():
        for key in body["types"]:
            if key.removesuffix(".demonym") not in entities:
                problems.append(f"views.{name}.types.{key}: unknown entity type")
        crosswalk: dict[str, str] | None = None
        if "events" in body:
            crosswalk = {n: near for n, e in events.items() if (near := e.crosswalk[body["events"]])}
        views[name] = View(name, body["types"], frozenset(body["levels"]), crosswalk)
        problems += [f"views.{name}.levels: unknown level {x!r}" for x in body["levels"] if x not in source["levels"]]

    for name, body in entities.items():
        if body["kind"] not in ("mention", "value"):
            problems.append(f"entities.{name}.kind: {body['kind']!r} is neither 'mention' nor 'value'")
    if problems:
        raise OntologyError("\n".join(problems))
    return Ontology(
        version=source["version"],
        mentions={n: b["help"] for n, b in entities.items() if b["kind"] == "mention"},
        values={n: b["help"] for n, b in entities.items() if b["kind"] == "value"},
        levels=source["levels"],
        events=events,
        realis=source["realis"],
        polarity=source["polarity"],
        outcome=source["outcome"],
        directness=source["directness"],
        attitude=source["attitude"],
        links=source["links"],
        zones={n: b["help"] for n, b in source["zones"].items()},
        unscored_zones=frozenset(n for n, b in source["zones"].items() if not b["scored"]),
        discrepancies=source["discrepancies"],
        views=views,
    )


@cache
def load_ontology() -> Ontology:
    """The ontology that this version of the package was built with."""
    data = files("vostochny").joinpath("data/ontology.json").read_text(encoding="utf-8")
    return parse_ontology(json.loads(data))
