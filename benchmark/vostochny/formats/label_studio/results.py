"""Read one task of Label Studio's JSON, as any export has it, and report everything that is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from vostochny.errors import InputError, Problem, Problems, list_names
from vostochny.formats.label_studio.regions import (
    ATTRIBUTES,
    CONTENT,
    CUE,
    FLAGS,
    LABEL_CONTROLS,
    RELATIONS,
    Entry,
    choose_annotation,
    describe_wrong_words,
    list_bearers,
    list_choices,
    list_labels,
    picked_to_typed,
    read_relation,
    read_values,
    trim_span,
)
from vostochny.model import Argument, Document, Entity, Event, Quote, Reference, Span, Zone
from vostochny.ontology import Ontology
from vostochny.text.layout import cover_with_zones


@dataclass
class _Region:
    """A region of a task: its id, control, label and span, and its attributes by control.

    The label is "" if it is unknown, and the span 0–0 if its offsets are: both are problems already, and what refers to
    the region is checked all the same.
    """

    id: str
    layer: str
    label: str
    span: Span
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What a relation starts or ends at: entity, event or zone; of a quote, its label."""
        return self.label if self.layer == "quote" else self.layer

    def list_values(self) -> dict[str, Any]:
        """Return the region's attributes by the names of the model's fields; a flag is True."""
        return {ATTRIBUTES[c].name: True if c in FLAGS else value for c, value in self.attributes.items()}


class TaskReader:
    """Reads one task: its regions first, then their attributes, then relations; then builds the items."""

    def __init__(self, task: Mapping[str, Any], ontology: Ontology, name: str, option: str):
        self.task, self.ontology, self.name, self.option = task, ontology, name, option
        self.problems: Problems[Problem] = Problems()
        self.regions: dict[str, _Region] = {}
        self.links: dict[str, list[tuple[_Region, _Region]]] = defaultdict(list)  # label → (from, to) of relations
        self.text = ""

    def add_problem(self, where: str, message: str) -> None:
        self.problems.append(Problem(self.name, None, where, message))

    def describe_region(self, region: _Region) -> str:
        """Return how a problem names a region: its id, and its first words, by which it is found in the browser."""
        words = self.text[region.span.start : min(region.span.end, region.span.start + 30)]
        return f"{region.id} ‹{' '.join(words.split())}›"

    def read(self, annotator: str | int | None) -> Document:
        """Return the document of the task. Raises InputError with every problem."""
        doc_id = self.read_data()
        if self.task.get("drafts"):
            self.add_problem("drafts", "the task has unsaved work; press Update in the browser, or discard the draft")
        entries = self.read_entries(annotator)
        for entry in entries:
            if entry["type"] == "labels":
                self.read_region(entry)
        for entry in entries:
            if entry["type"] in ("choices", "textarea"):
                self.read_attribute(entry)
        pairs: set[tuple[str, str]] = set()
        for entry in entries:
            if entry["type"] == "relation":
                self.read_relation(entry, pairs)
        zones, entities, events, quotes = (
            self.build_zones(),
            self.build_entities(),
            self.build_events(),
            self.build_quotes(),
        )
        if self.problems:
            raise InputError(self.problems)
        return Document(doc_id, self.text, zones=zones, entities=entities, events=events, quotes=quotes)

    # -- reading the task -----------------------------------------------------------------------------------

    def read_data(self) -> str:
        """Read the text and return the doc_id. Raises InputError if one is missing: nothing can be checked then."""
        data = self.task.get("data")
        data = data if isinstance(data, dict) else {}
        for key in ("doc_id", "text"):
            if not isinstance(data.get(key), str):
                self.add_problem(f"data.{key}", "is not a string; a task is {data: {doc_id, text}, annotations: […]}")
        if self.problems:
            raise InputError(self.problems)
        self.text = str(data["text"])
        return str(data["doc_id"])

    def read_entries(self, annotator: str | int | None) -> list[Entry]:
        """Return the results of the annotation whose control and type are known."""
        try:
            result = choose_annotation(self.task, annotator, self.name).get("result")
        except InputError as error:
            self.problems += error.problems
            return []
        if not isinstance(result, list):
            self.add_problem("result", "is missing or not a list; export the project as JSON (not JSON_MIN or CSV)")
            return []
        kinds = dict.fromkeys(LABEL_CONTROLS, "labels") | {name: c.kind for name, c in ATTRIBUTES.items()}
        usable = []
        for i, entry in enumerate(map(picked_to_typed, result)):
            where = f"result[{i}]"
            if not isinstance(entry, dict):
                self.add_problem(where, "is not an object; export the project as JSON")
            elif entry.get("type") == "relation":
                usable.append(entry)
            elif not isinstance(entry.get("from_name"), str) or entry["from_name"] not in kinds:
                self.add_problem(where, f"unknown control {entry.get('from_name')!r}; {_expect_one_of(kinds)}")
            elif entry.get("type") != (kind := kinds[entry["from_name"]]):
                self.add_problem(where, f"{entry['from_name']} has type {entry.get('type')!r}; expected {kind!r}")
            elif entry.get("to_name", "text") != "text":
                self.add_problem(where, f"to_name is {entry['to_name']!r}; expected 'text'")
            elif not isinstance(entry.get("id"), str) or not isinstance(entry.get("value"), dict):
                self.add_problem(where, "has no id or no value; expected a string and an object")
            else:
                usable.append(entry)
        return usable

    def read_region(self, entry: Entry) -> None:
        """Add a region; one whose offsets or label are wrong is added too, so that what refers to it is checked."""
        id_, layer, value = entry["id"], entry["from_name"], entry["value"]
        names, known = value.get("labels"), list_labels(layer, self.ontology)
        start, end = value.get("start"), value.get("end")
        if not all(isinstance(x, int) and not isinstance(x, bool) for x in (start, end)):
            self.add_problem(id_, f"start {start!r} or end {end!r} is not a whole number; expected code point offsets")
            start, end = 0, 0
        elif not 0 <= start < end <= len(self.text):
            self.add_problem(id_, f"{start} to {end} is out of range; expected 0 <= start < end <= {len(self.text)}")
            start, end = 0, 0
        region = _Region(id_, layer, "", Span(start, end))
        if self.option and region.span.end:  # otherwise it has a problem already
            wrong = describe_wrong_words(self.text, value, None, self.option, needs_offsets=True)
            if wrong:
                self.add_problem(self.describe_region(region), wrong)
        if not isinstance(names, list) or len(names) != 1:
            self.add_problem(self.describe_region(region), f"{layer} has the labels {names!r}; give it exactly one")
        elif names[0] not in known:
            self.add_problem(
                self.describe_region(region), f"unknown {layer} label {names[0]!r}; {_expect_one_of(known)}"
            )
        else:
            region.label = names[0]
        other = self.regions.setdefault(id_, region)
        if other is not region:
            both = f"{other.layer} {other.label} and {layer} {region.label}"
            self.add_problem(
                self.describe_region(region), f"two regions have this id, {both}; delete it and mark each by itself"
            )

    def read_attribute(self, entry: Entry) -> None:
        """Add the value of an attribute to its region."""
        control, value = entry["from_name"], entry["value"]
        layer = ATTRIBUTES[control].layer
        region = self.regions.get(entry["id"])
        if region is None:
            self.add_problem(
                entry["id"], f"{control} belongs to no region; give it the id of its {layer}, or remove it"
            )
            return
        where, values = self.describe_region(region), read_values(entry)
        if ATTRIBUTES[control].values:
            known, rename = list_choices(control, self.ontology), ATTRIBUTES[control].rename
            values = [value if value in known else rename(value) for value in values]
        bearers = list_bearers(control, self.ontology)
        place = {"start": region.span.start, "end": region.span.end}
        if control in region.attributes:
            self.add_problem(where, f"{control} appears twice; keep one")
        elif not values:
            key = "text" if ATTRIBUTES[control].kind == "textarea" else ATTRIBUTES[control].kind
            if value.get(key) is None:
                self.add_problem(where, f"{control} has no {key!r}; give it one value, or remove it")
        elif region.layer != layer:
            self.add_problem(where, f"{control} is for {layer} regions; this is {region.layer} {region.label}")
        elif region.label and region.label not in bearers:
            self.add_problem(where, f"{region.label} has no {control}, only {list_names(bearers)}; remove it")
        elif place["end"] and any(value.get(key, at) != at for key, at in place.items()):
            self.add_problem(where, f"{control} has other offsets than its region; give it the same start and end")
        elif len(values) != 1 or not isinstance(values[0], str):
            self.add_problem(where, f"{control} is {values!r}; give it one value")
        elif ATTRIBUTES[control].kind == "choices" and values[0] not in list_choices(control, self.ontology):
            self.add_problem(
                where, f"unknown {control} {values[0]!r}; {_expect_one_of(list_choices(control, self.ontology))}"
            )
        else:
            region.attributes[control] = values[0]

    def read_relation(self, entry: Entry, pairs: set[tuple[str, str]]) -> None:
        """Add a relation to ``links`` under each of its labels; ``pairs`` are the regions already linked."""
        ends = [entry.get("from_id"), entry.get("to_id")]
        unknown = [repr(id_) for id_ in ends if not isinstance(id_, str) or id_ not in self.regions]
        if unknown:
            where = f"relation {ends[0]} → {ends[1]}"
            self.add_problem(where, f"no region has the id {' or '.join(unknown)}; remove the relation")
            return
        start_id, end_id, names = read_relation(entry)
        a, b = self.regions[start_id], self.regions[end_id]
        where = f"relation {self.describe_region(a)} → {self.describe_region(b)}"
        if (entry.get("direction") or "right") not in ("right", "left"):
            self.add_problem(
                where, f"direction {entry['direction']!r} has no meaning here; turn the arrow to point one way"
            )
        if (a.id, b.id) in pairs:
            self.add_problem(
                where,
                "appears twice, and a save in the browser keeps only one; write one relation with all labels",
            )
        pairs.add((a.id, b.id))
        if not names or not all(isinstance(label, str) for label in names):
            expected = list_names((*self.ontology.roles, *RELATIONS))
            self.add_problem(where, f"has the labels {entry.get('labels')!r}; give it a list of labels, of {expected}")
            return
        for label in dict.fromkeys(names):
            if names.count(label) > 1:
                self.add_problem(where, f"has the label {label!r} twice; keep one")
            sources, targets = self.list_ends(label)
            if not sources:
                self.add_problem(
                    where, f"unknown label {label!r}; {_expect_one_of((*self.ontology.roles, *RELATIONS))}"
                )
                continue
            if a is b:
                self.add_problem(where, f"{label} points at itself; draw it to another region")
            elif a.kind in sources and b.kind in targets:
                self.links[label].append((a, b))
            elif a.kind and b.kind:
                expected = f"{' or '.join(sources)} to {' or '.join(targets)}"
                self.add_problem(where, f"{label} goes from {expected}, not from {a.kind} to {b.kind}; draw it so")

    def list_ends(self, label: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the kinds of region that a relation of this label may start and end at; nothing if it is unknown."""
        if label in RELATIONS:
            return RELATIONS[label][:1], RELATIONS[label][1:]
        return (("event",), ("entity", "event")) if label in self.ontology.list_labels().roles else ((), ())

    # -- building the items ----------------------------------------------------------------------------------------

    def list_regions(self, layer: str) -> list[_Region]:
        """Return the regions of a layer in text order, an outer one before those inside it."""
        regions = (r for r in self.regions.values() if r.layer == layer)
        return sorted(regions, key=lambda r: (r.span.start, -r.span.end, r.label, r.id))

    def build_zones(self) -> tuple[Zone, ...]:
        """Return the zones, which cover the text: what no region covers is the default zone."""
        zones = [(r, span) for r in self.list_regions("zone") for span in trim_span(r.span, self.text)]
        for (a, before), (b, after) in pairwise(zones):
            if after.start < before.end:
                self.add_problem(
                    self.describe_region(b),
                    f"overlaps the zone {self.describe_region(a)}; every place of the text has one zone",
                )
        return cover_with_zones(self.text, [Zone(span, r.label) for r, span in zones])

    def build_entities(self) -> tuple[Entity, ...]:
        out = []
        for r in self.list_regions("entity"):
            out.append(Entity(r.id, r.span, r.label, **r.list_values()))
        return tuple(out)

    def build_events(self) -> tuple[Event, ...]:
        """Return the events with their arguments."""
        arguments: dict[str, list[Argument]] = defaultdict(list)
        for role in self.ontology.roles:
            for event, filler in self.links[role]:
                arguments[event.id].append(Argument(role, Reference(filler.span, filler.id)))
        out = []
        # The roles of the type in the order of the ontology, then others, and fillers of one role in text order.
        all_roles = {role: i for i, role in enumerate(self.ontology.roles)}
        own_roles = {"": dict.fromkeys(all_roles, 0)}
        for r in self.list_regions("event"):
            if r.label not in own_roles:
                own_roles[r.label] = {role: i for i, role in enumerate(self.ontology.events[r.label].roles)}
            own, last = own_roles[r.label], len(all_roles)
            sorted_arguments = sorted(
                arguments[r.id],
                key=lambda a: (own.get(a.role, last), all_roles[a.role], a.filler.span, str(a.filler.id)),
            )
            out.append(Event(r.id, r.span, r.label, arguments=tuple(sorted_arguments), **r.list_values()))
        return tuple(out)

    def build_chains(self) -> dict[str, list[_Region]]:
        """Return the parts of each quote, in order, by the id of its first part.

        Parts are linked by "continues": each to the next one.
        """
        after: dict[str, _Region] = {}
        before: dict[str, _Region] = {}
        for a, b in self.links["continues"]:
            if not (a.span.end and b.span.end):
                continue  # out of range, which is a problem already; such a region has no place in the text order
            where = f"relation {self.describe_region(a)} → {self.describe_region(b)}"
            if b.span.start < a.span.end:
                self.add_problem(where, "continues must lead to a later part without overlap; draw it in text order")
            elif a.id in after or b.id in before:
                self.add_problem(where, "the parts of a quote must form one chain; link each part only to the next")
            else:
                after[a.id], before[b.id] = b, a
        quotes = {}
        for head in self.list_regions("quote"):
            if head.kind == CONTENT and head.id not in before:
                chain = [head]
                while chain[-1].id in after:
                    chain.append(after[chain[-1].id])
                quotes[head.id] = chain
                for part in chain[1:]:
                    for control in part.attributes:
                        self.add_problem(
                            self.describe_region(part),
                            f"{control} belongs on the first part, {self.describe_region(head)}",
                        )
        return quotes

    def find_targets(self, label: str, heads: Mapping[str, _Region]) -> dict[str, _Region]:
        """Return where each quote's relation of this label leads, by the quote's id; a quote has at most one.

        ``heads`` maps the id of every part of a quote to its first part.
        """
        out: dict[str, _Region] = {}
        for a, b in self.links[label]:
            where = f"relation {self.describe_region(a)} → {self.describe_region(b)}"
            if heads[a.id] is not a:
                self.add_problem(
                    where, f"draw {label} from the quote's first part, {self.describe_region(heads[a.id])}"
                )
            elif label == "parent" and heads[b.id] is not b:
                self.add_problem(
                    where, f"draw parent to the outer quote's first part, {self.describe_region(heads[b.id])}"
                )
            elif a.id in out:
                self.add_problem(where, f"is a second {label}, beside {self.describe_region(out[a.id])}; keep one")
            else:
                out[a.id] = b
        return out

    def build_quotes(self) -> tuple[Quote, ...]:
        """Return the quotes: one per chain of parts, with the attributes and relations of its first part."""
        chains = self.build_chains()
        heads = {part.id: chain[0] for chain in chains.values() for part in chain}
        targets = {label: self.find_targets(label, heads) for label in ("cue", "source", "addressee", "parent")}
        self.check_cues()
        out = []
        looping = _find_looping({id_: up.id for id_, up in targets["parent"].items()})
        for id_, chain in chains.items():
            if id_ in looping:
                message = "its parent relations lead back to it; remove one of them"
                self.add_problem(self.describe_region(chain[0]), message)
            if id_ in targets["source"] and "unattributed" in chain[0].attributes:
                self.add_problem(self.describe_region(chain[0]), "has a source and is marked unattributed; remove one")
            refer = {
                what: Reference(targets[what][id_].span, targets[what][id_].id) if id_ in targets[what] else None
                for what in ("source", "addressee")
            }
            cue, parent = targets["cue"].get(id_), targets["parent"].get(id_)
            out.append(
                Quote(
                    id_,
                    tuple(part.span for part in chain),
                    cue.span if cue else None,
                    refer["source"],
                    refer["addressee"],
                    parent=parent.id if parent else None,
                    **chain[0].list_values(),
                )
            )
        return tuple(sorted(out, key=lambda q: (q.content[0].start, -q.content[-1].end, q.id)))

    def check_cues(self) -> None:
        """Check that each cue belongs to a quote; it may belong to several."""
        owned = {cue.id for _, cue in self.links["cue"]}
        for r in self.list_regions("quote"):
            if r.kind == CUE and r.id not in owned:
                message = "the cue belongs to no quote; draw a cue relation to it, from its quote's first Content"
                self.add_problem(self.describe_region(r), message)


def _find_looping(parent_of: Mapping[str, str]) -> set[str]:
    """Return the quotes whose parents lead back to them. Each quote is visited once."""
    looping: set[str] = set()
    first_seen: dict[str, str] = {}  # quote → the quote from which it was reached first
    for start in parent_of:
        at: str | None = start
        while at is not None and at not in first_seen:
            first_seen[at] = start
            at = parent_of.get(at)
        if at is not None and first_seen[at] == start:  # reached on this very walk
            while at not in looping:
                looping.add(at)
                at = parent_of[at]
    return looping


def _expect_one_of(known: Collection[str]) -> str:
    return f"expected one of {list_names(known)}"
