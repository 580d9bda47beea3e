"""Label Studio's JSON: what goes in comes back, in whatever order; what is wrong is named."""

from __future__ import annotations

import copy
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from scripts.build import label_config
from scripts.files import ROOT
from vostochny.errors import InputError
from vostochny.formats.label_studio import canonicalize, dumps, exports, read, write
from vostochny.formats.label_studio.regions import (
    ATTRIBUTES,
    LABEL_CONTROLS,
    PICKERS,
    RELATIONS,
    list_labels,
    typed_to_picked,
)
from vostochny.model import Argument, Document, Entity, Event, Quote, Reference, Span, Zone
from vostochny.ontology import parse_ontology
from vostochny.text.layout import cover_with_zones

ONTOLOGY = parse_ontology(yaml.safe_load((ROOT / "annotations" / "ontology.yaml").read_text(encoding="utf-8")))
LETTERS = "abz “”’‘é\n\t 🚀𝔸\u2028."


def subset(draw: st.DrawFn, points: list[int], n: int) -> list[Span]:
    """Up to ``n`` spans without overlap between the given points."""
    chosen = sorted(draw(st.lists(st.sampled_from(points), unique=True, max_size=2 * n)))
    return [Span(a, b) for a, b in zip(chosen[::2], chosen[1::2], strict=False)]


def optional(values: Any) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(list(values))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any document in normal form: items in text order, zones that cover, arguments in the order of the ontology."""
    o, values = ONTOLOGY, ONTOLOGY.attributes
    text = draw(st.text(LETTERS, min_size=2, max_size=40))
    points = list(range(len(text) + 1))
    ends = st.tuples(st.integers(0, len(text) - 1), st.integers(0, len(text) - 1))
    spans = ends.map(lambda pair: (min(pair), max(pair) + 1))
    ids = iter(draw(st.permutations(["e1", "v1", "q1", "q1_2", "q1_cue", "z1", "z1_", "Xy-_0", "é", "a", "B", "0"])))
    cluster = st.none() | st.sampled_from(["kim_jong_un", "x1"])

    entities = []
    for start, end in draw(st.lists(spans, max_size=4)):
        type_ = draw(st.sampled_from(o.entity_types))
        mention = type_ in o.mentions
        level, demonym = (draw(optional(values["levels"])), draw(st.booleans())) if mention else (None, False)
        entities.append(Entity(next(ids), Span(start, end), type_, level, demonym, draw(cluster)))
    entities.sort(key=lambda e: (e.span.start, -e.span.end, e.type, e.id))

    triggers = [
        (next(ids), Span(*span), draw(st.sampled_from(list(o.events)))) for span in draw(st.lists(spans, max_size=3))
    ]
    items = [Reference(e.span, e.id) for e in entities] + [Reference(span, id_) for id_, span, _ in triggers]
    events = []
    for id_, span, type_ in triggers:
        fillers = [item for item in items if item.id != id_]
        pairs = (
            st.tuples(st.sampled_from(list(o.events[type_].roles)), st.sampled_from(fillers))
            if fillers
            else st.nothing()
        )
        roles = list(o.events[type_].roles)
        found = sorted(draw(st.lists(pairs, unique=True, max_size=4)) if fillers else [],
                       key=lambda p: (roles.index(p[0]), p[1].span, p[1].id))  # fmt: skip
        attributes = (
            draw(optional(values["realis"])),
            draw(optional(values["polarity"])),
            draw(optional(values["outcome"])),
        )
        events.append(Event(id_, span, type_, *attributes, tuple(Argument(*p) for p in found), draw(cluster)))
    events.sort(key=lambda e: (e.trigger.start, -e.trigger.end, e.type, e.id))

    mentions = st.none() | st.sampled_from([Reference(e.span, e.id) for e in entities]) if entities else st.none()
    quotes: list[Quote] = []
    for _ in range(draw(st.integers(0, 4))):
        content = tuple(subset(draw, points, 3))
        if content:
            source = draw(mentions)
            cue = Span(*draw(spans)) if draw(st.booleans()) else None
            quotes.append(
                Quote(
                    next(ids), content, cue, source, draw(mentions), draw(optional(values["directness"])),
                    draw(optional(values["attitude"])), draw(optional([q.id for q in quotes])) if quotes else None,
                    draw(cluster), draw(optional(values["links"])), source is None and draw(st.booleans()),
                )
            )  # fmt: skip
    quotes.sort(key=lambda q: (q.content[0].start, -q.content[-1].end, q.id))

    names = [z for z in o.zones if z != "body"]
    marked = [Zone(span, draw(st.sampled_from(names))) for span in subset(draw, points, 3)]
    trimmed = [z for z in marked if z.span.of(text) == z.span.of(text).strip()]
    zones = cover_with_zones(text, trimmed)
    return Document("000_any", text, zones, entities=tuple(entities), events=tuple(events), quotes=tuple(quotes))


@given(documents(), st.randoms(use_true_random=False))
def test_any_document_comes_back_whatever_the_order(document: Document, random: Any) -> None:
    task = write(document)
    assert read(task, ONTOLOGY) == document
    shuffled = as_exported(task)
    random.shuffle(shuffled["annotations"][0]["result"])
    assert read(shuffled, ONTOLOGY) == document
    assert canonicalize(shuffled) == task


@given(documents())
def test_canonical_is_idempotent_and_loses_nothing(document: Document) -> None:
    exported = as_exported(write(document))
    once = canonicalize(exported, completed_by="a@example.org")
    assert canonicalize(once) == once
    assert json.loads(dumps(once)) == once
    assert read(once, ONTOLOGY) == read(exported, ONTOLOGY)


def as_exported(task: dict[str, Any]) -> dict[str, Any]:
    """The task as a server gives it back: with its own ids and times, and surfaces that an edit has garbled."""
    task = copy.deepcopy(task)
    (annotation,) = task["annotations"]
    annotation |= {"id": 7, "completed_by": 2, "lead_time": 12.5, "created_at": "2024-01-01T00:00:00Z"}
    for entry in annotation["result"]:
        if entry["type"] == "labels":
            entry["value"]["text"] = "\\n".join(entry["value"]["text"].split())
            entry["origin"] = "manual"
    return task | {"id": 3, "drafts": [], "predictions": [], "updated_at": "2024-01-01T00:00:00Z", "project": 1}


TEXT = "Kim told reporters “yes”, he said, “we agree” now."


def example() -> dict[str, Any]:
    """A small task with every kind of region, attribute and relation, in canonical form."""
    kim, reporters = Entity("e1", Span(0, 3), "PER", "NAM", cluster="kim"), Entity("e2", Span(9, 18), "PER", "NOM")
    now = Entity("e3", Span(46, 49), "DATE")
    agree = Event(
        "v1", Span(39, 44), "Diplomacy.Agree", "actual", "positive",
        arguments=(Argument("Actor", Reference(kim.span, "e1")), Argument("Time", Reference(now.span, "e3"))),
    )  # fmt: skip
    who = Reference(kim.span, "e1"), Reference(reporters.span, "e2")
    quote = Quote("q1", (Span(19, 24), Span(35, 45)), Span(4, 8), *who, "direct", "assertion", link="partial")
    inner = Quote("q2", (Span(36, 44),), None, None, None, "indirect", "belief", "q1", unattributed=True)
    zones = cover_with_zones(TEXT, [Zone(Span(0, 8), "title")])
    return write(Document("000_x", TEXT, zones, entities=(kim, reporters, now), events=(agree,), quotes=(quote, inner)))


def entry(task: dict[str, Any], id_: str, control: str) -> dict[str, Any]:
    found = [e for e in task["annotations"][0]["result"] if e.get("id") == id_ and e["from_name"] == control]
    return found[0]


def relation(task: dict[str, Any], a: str, b: str) -> dict[str, Any]:
    found = [e for e in task["annotations"][0]["result"] if e.get("from_id") == a and e["to_id"] == b]
    return found[0]


def add(task: dict[str, Any], *entries: dict[str, Any]) -> None:
    task["annotations"][0]["result"] += entries


def region(id_: str, control: str, label: str, start: int, end: int) -> dict[str, Any]:
    return {"id": id_, "from_name": control, "type": "labels", "value": {"start": start, "end": end, "labels": [label]}}


def chosen(id_: str, *names: str) -> dict[str, Any]:
    """A cluster as the browser saves what was picked from the list."""
    value = {"start": 9, "end": 18, "taxonomy": [[name] for name in names]}
    if id_ == "e1":
        value |= {"start": 0, "end": 3}
    return {"id": id_, "from_name": "known_cluster", "to_name": "text", "type": "taxonomy", "value": value}


def put_in(task: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    add(task, entry)
    return entry


def link(a: str, b: str, *labels: str, **more: Any) -> dict[str, Any]:
    return {"type": "relation", "from_id": a, "to_id": b, "direction": "right", "labels": list(labels), **more}


def put(path: tuple[str, ...], value: Any):
    """A change of one value in an entry."""

    def change(found: dict[str, Any]) -> None:
        for key in path[:-1]:
            found = found[key]
        found[path[-1]] = value

    return change


FAULTS = [
    ("no text", lambda t: t["data"].pop("text"), "data.text: is not a string"),
    ("no result", lambda t: t["annotations"][0].pop("result"), "result: is missing or not a list"),
    ("no annotations", lambda t: t.pop("annotations"), "export the project as JSON"),
    ("none done", lambda t: t["annotations"].clear(), "has no annotation"),
    ("skipped", lambda t: t["annotations"][0].update(was_cancelled=True), "was skipped"),
    ("two annotations", lambda t: t["annotations"].append(t["annotations"][0]), "has 2 annotations"),
    ("draft", lambda t: t.update(drafts=[{"id": 1, "result": []}]), "press Update"),
    ("no object", lambda t: add(t, "x"), "is not an object"),
    ("control", lambda t: put(("from_name",), "person")(entry(t, "e1", "entity")), "unknown control 'person'"),
    ("kind", lambda t: put(("type",), "choices")(entry(t, "e1", "entity")), "expected 'labels'"),
    ("other text", lambda t: put(("to_name",), "title")(entry(t, "e1", "entity")), "; expected 'text'"),
    ("no id", lambda t: entry(t, "e1", "entity").pop("id"), "has no id"),
    ("label", lambda t: put(("value", "labels"), ["PERSON"])(entry(t, "e1", "entity")), "'PERSON'; expected one of"),
    ("two labels", lambda t: put(("value", "labels"), ["PER", "ORG"])(entry(t, "e1", "entity")), "exactly one"),
    ("default zone", lambda t: add(t, region("z9", "zone", "body", 20, 22)), "unknown zone label 'body'"),
    ("choice", lambda t: put(("value", "choices"), ["NAME"])(entry(t, "e1", "level")), "'NAME'; expected one of NAM"),
    ("two choices", lambda t: put(("value", "choices"), ["NAM", "PRO"])(entry(t, "e1", "level")), "one value"),
    ("two clusters", lambda t: put(("value", "text"), ["a", "b"])(entry(t, "e1", "cluster")), "one value"),
    ("given twice", lambda t: add(t, entry(t, "e1", "level")), "level appears twice"),
    ("stray attribute", lambda t: put(("id",), "e9")(entry(t, "e1", "level")), "belongs to no region"),
    ("wrong layer", lambda t: put(("id",), "v1")(entry(t, "e1", "level")), "level is for entity regions"),
    ("value's level", lambda t: put(("id",), "e3")(entry(t, "e1", "level")), "DATE has no level"),
    ("attribute elsewhere", lambda t: put(("value", "start"), 1)(entry(t, "e1", "level")), "other offsets"),
    ("range", lambda t: put(("value", "end"), 51)(entry(t, "e3", "entity")), "46 to 51 is out of range"),
    ("inverted", lambda t: put(("value", "end"), 46)(entry(t, "e3", "entity")), "46 to 46 is out of range"),
    ("no number", lambda t: put(("value", "end"), "49")(entry(t, "e3", "entity")), "is not a whole number"),
    ("id twice", lambda t: add(t, region("e1", "event", "Contact.Meet", 0, 3)), "two regions have this id"),
    ("zones", lambda t: add(t, region("z9", "zone", "heading", 5, 18)), "overlaps the zone"),
    ("dangling", lambda t: add(t, link("v1", "e9", "Actor")), "no region has the id 'e9'"),
    ("direction", lambda t: add(t, link("v1", "e2", "Actor", direction="bi")), "point one way"),
    ("pair twice", lambda t: add(t, link("v1", "e1", "Place")), "appears twice"),
    ("unlabelled", lambda t: add(t, link("v1", "e2")), "has the labels []"),
    ("label twice", lambda t: add(t, link("v1", "e2", "Actor", "Actor")), "the label 'Actor' twice"),
    ("role", lambda t: add(t, link("v1", "e2", "Victim")), "unknown label 'Victim'"),
    ("labels are a number", lambda t: add(t, {**link("v1", "e2"), "labels": 5}), "has the labels 5; give it a list"),
    ("labels are a string", lambda t: add(t, {**link("v1", "e2"), "labels": "Time"}), "has the labels 'Time'"),
    ("picked twice", lambda t: add(t, chosen("e2", "kim", "putin")), "give it one value"),
    ("picked and typed", lambda t: add(t, chosen("e1", "kim")), "cluster appears twice"),
    ("picked nothing", lambda t: put(("value", "taxonomy"), [[]])(put_in(t, chosen("e2", "x"))), "give it one value"),
    ("itself", lambda t: add(t, link("v1", "v1", "Topic")), "points at itself"),
    ("role backwards", lambda t: add(t, link("e2", "v1", "Actor")), "from event to entity or event"),
    ("source is an event", lambda t: add(t, link("q1", "v1", "source")), "from Content to entity"),
    ("cue alone", lambda t: add(t, region("c9", "quote", "Cue", 26, 28)), "belongs to no quote"),
    ("second source", lambda t: add(t, link("q1", "e2", "source")), "appears twice"),
    ("second cue", lambda t: add(t, region("c9", "quote", "Cue", 26, 28), link("q1", "c9", "cue")), "a second cue"),
    ("later part", lambda t: add(t, link("q1_2", "e1", "source")), "draw source from the quote's first part"),
    ("parent's part", lambda t: add(t, link("q2", "q1_2", "parent")), "draw parent to the outer quote's first"),
    ("part's attribute", lambda t: put(("id",), "q1_2")(at(t, "q1", "attitude", 35, 45)), "belongs on the first part"),
    ("backwards", lambda t: add(t, link("q1_2", "q1", "continues")), "draw it in text order"),
    ("fork", lambda t: add(t, region("x", "quote", "Content", 46, 49), link("q1", "x", "continues")), "one chain"),
    ("parents' circle", lambda t: add(t, link("q1", "q2", "parent")), "lead back to it"),
    ("source or none", lambda t: add(t, link("q2", "e1", "source")), "marked unattributed"),
]  # fmt: skip


def at(task: dict[str, Any], id_: str, control: str, start: int, end: int) -> dict[str, Any]:
    found = entry(task, id_, control)
    found["value"] |= {"start": start, "end": end}
    return found


@pytest.mark.parametrize(("change", "message"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_each_fault_is_named(change: Any, message: str) -> None:
    task = example()
    change(task)
    with pytest.raises(InputError) as caught:
        read(task, ONTOLOGY, "000_x.json")
    assert message in str(caught.value)
    assert all(problem.file == "000_x.json" and problem.field for problem in caught.value.problems)


def test_all_faults_at_once() -> None:
    task = example()
    put(("value", "labels"), ["PERSON"])(entry(task, "e1", "entity"))
    put(("value", "end"), 999)(entry(task, "e3", "entity"))
    add(task, link("v1", "e9", "Actor"))
    task["drafts"] = [{"id": 1}]
    with pytest.raises(InputError) as caught:
        read(task, ONTOLOGY)
    assert len(caught.value.problems) == 4


def test_one_of_several_annotations_is_chosen() -> None:
    task = example()
    other = {"completed_by": {"id": 5, "email": "b@example.org"}, "result": []}
    task["annotations"] = [task["annotations"][0] | {"completed_by": 4}, other]
    assert read(task, ONTOLOGY, annotator=4) == read(example(), ONTOLOGY)
    assert read(task, ONTOLOGY, annotator="b@example.org").entities == ()
    assert (
        canonicalize(task, annotator=4, completed_by="a@example.org")["annotations"][0]["completed_by"]
        == "a@example.org"
    )
    with pytest.raises(InputError, match="no annotation by 6"):
        read(task, ONTOLOGY, annotator=6)


def test_an_arrow_turned_in_the_browser_points_the_other_way() -> None:
    task = example()
    there = relation(task, "v1", "e1")
    there |= {"from_id": "e1", "to_id": "v1", "direction": "left"}
    assert read(task, ONTOLOGY) == read(example(), ONTOLOGY)
    assert canonicalize(task) == example()


@given(documents())
def test_what_is_picked_from_the_list_is_what_would_be_typed(document: Document) -> None:
    task = write(document)
    known = {control: ["kim_jong_un"] for control in PICKERS.values()}
    shown = as_exported(task)
    (annotation,) = shown["annotations"]
    annotation["result"] = [typed_to_picked(entry, known) for entry in annotation["result"]]
    assert "kim_jong_un" not in [e["value"]["text"][0] for e in annotation["result"] if e["type"] == "textarea"]
    assert read(shown, ONTOLOGY) == document
    assert canonicalize(shown) == task


def test_an_emptied_cluster_is_none() -> None:
    task = example()
    entry(task, "e1", "cluster")["value"]["text"] = [" "]
    assert read(task, ONTOLOGY).entities[0].cluster is None
    assert read(canonicalize(task), ONTOLOGY) == read(task, ONTOLOGY)


def test_a_note_on_a_region_stays() -> None:
    task = example()
    entry(task, "e1", "entity")["meta"] = {"text": ["sure?"]}
    assert entry(canonicalize(as_exported(task)), "e1", "entity")["meta"] == {"text": ["sure?"]}


def test_one_result_a_line() -> None:
    task = example()
    before = dumps(task).splitlines()
    entry(task, "e2", "level")["value"]["choices"] = ["PRO"]
    after = dumps(task).splitlines()
    assert dumps(task).endswith("}\n")
    assert len([1 for a, b in zip(before, after, strict=True) if a != b]) == 1
    assert len(before) >= len(task["annotations"][0]["result"])


WHO = Entity("e", Span(0, 1), "PER")
TWICE = Event("v", Span(1, 2), "Contact.Meet", arguments=(Argument("R", Reference(WHO.span, "e")),) * 2)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (Document("d", "ab", entities=(Entity("x", Span(0, 1), "PER"), Entity("x", Span(1, 2), "PER"))), "twice"),
        (Document("d", "ab", quotes=(Quote("q", ()),)), "no content"),
        (Document("d", "ab", entities=(WHO,), events=(TWICE,)), "twice as R"),
        (Document("d", "ab", quotes=(Quote("q", (Span(0, 1),), source=Reference(Span(1, 2))),)), "points at 'b'"),
        (Document("d", "ab", quotes=(Quote("q", (Span(0, 1),), parent="r"),)), "is not a quote"),
    ],
)  # fmt: skip
def test_what_regions_cannot_say_is_refused(document: Document, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        write(document)


def test_the_configuration_has_every_control() -> None:
    root = ET.parse(label_config.TARGET).getroot()
    named = {element.get("name"): element for element in root.iter() if element.get("name")}
    assert set(named) == {"text", *LABEL_CONTROLS, *ATTRIBUTES, *PICKERS}
    for layer in LABEL_CONTROLS:
        assert [label.get("value") for label in named[layer].iter("Label")] == list(list_labels(layer, ONTOLOGY))
    assert {r.get("value") for r in root.iter("Relation")} == {*ONTOLOGY.roles, *RELATIONS}


def test_hotkeys_are_of_this_scheme_and_none_is_given_twice() -> None:
    keys = [e.get("hotkey") for e in ET.parse(label_config.TARGET).iter() if e.get("hotkey")]
    assert sorted(keys) == sorted(label_config.HOTKEYS.values())
    assert len(set(keys)) == len(keys)
    assert not {"u", "h", "r"} & set(keys)  # the server's own


def test_parts_out_of_range_that_continue_each_other_are_faults():
    """A chain has text order; regions without a place have none, and must not be followed in a circle."""

    def part(id_: str) -> dict[str, Any]:
        value = {"start": 90, "end": 99, "labels": ["Content"]}
        return {"id": id_, "from_name": "quote", "to_name": "text", "type": "labels", "value": value}

    def link(a: str, b: str, label: str) -> dict[str, Any]:
        return {"type": "relation", "from_id": a, "to_id": b, "labels": [label]}

    said = {"id": "e", "from_name": "entity", "type": "labels", "value": {"start": 0, "end": 3, "labels": ["PER"]}}
    links = [link("a", "b", "continues"), link("b", "a", "continues"), link("a", "e", "source")]
    task = {
        "data": {"doc_id": "d", "text": "Kim met"},
        "annotations": [{"result": [part("a"), part("b"), said, *links]}],
    }
    with pytest.raises(InputError, match="90 to 99 is out of range"):
        read(task, ONTOLOGY)


def test_quotes_may_share_a_cue() -> None:
    text = "He said “Yes. No.”"
    spans = {"q1": Span(8, 13), "q2": Span(14, 18)}
    quotes = tuple(Quote(id_, (span,), Span(3, 7), directness="direct") for id_, span in spans.items())
    document = Document("000_any", text, cover_with_zones(text, []), quotes=quotes)
    task = write(document)
    cues = [e["value"]["text"] for e in task["annotations"][0]["result"] if e.get("value", {}).get("labels") == ["Cue"]]
    assert cues == ["said"]
    assert read(task, ONTOLOGY) == document


def test_ids_are_such_that_the_page_can_show_their_regions(tmp_path: Path) -> None:
    text = "A b c."
    ids = ("e.1", "e_1", "e 1", "T1#2", "é-1")
    entities = tuple(Entity(id_, Span(0, 1), "PER") for id_ in ids)
    quote = Quote("q:1", (Span(2, 3), Span(4, 5)), Span(0, 1), Reference(Span(0, 1), "e.1"))
    document = Document("000_any", text, cover_with_zones(text, []), entities=entities, quotes=(quote,))
    task = write(document)
    regions = {r["id"]: r for r in task["annotations"][0]["result"] if r["type"] == "labels"}
    assert all(re.fullmatch(r"[\w-]+", id_) for id_ in regions) and len(regions) == 8
    assert {"e_1", "é-1"} <= regions.keys()  # what can be shown stays
    (again,) = read(task, ONTOLOGY).quotes
    assert (again.content, again.cue, again.source.span) == (quote.content, quote.cue, quote.source.span)
    # A task of an older version, as a server still has it.
    old = json.loads(json.dumps(task).replace("q_1_cue", "q_1.cue").replace("q_1_2", "q_1.2"))
    assert canonicalize(old) == task
    lost: Counter[str] = Counter()
    exports.write(str(tmp_path / "tasks.json"), [document], lost)
    assert lost["ids that the annotation page cannot show"] == 4


def test_a_value_that_was_renamed_is_read_as_what_it_is_called_now() -> None:
    task = example()
    entry(task, "q1", "link")["value"]["choices"] = ["translation-variant"]
    assert read(task, ONTOLOGY).quotes[0].link == "rewording"
    assert entry(canonicalize(task), "q1", "link")["value"]["choices"] == ["rewording"]
