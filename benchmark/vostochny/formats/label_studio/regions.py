"""The shape of a task: which controls a project has, what each holds, and one canonical way to write a task.

:mod:`vostochny.formats.label_studio` reads and writes documents in this shape, and ``python -m scripts label-config``
generates the labeling configuration from the same tables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vostochny.errors import InputError, Problem
from vostochny.formats.word_spans import convert_offsets, describe_fitting_unit
from vostochny.model import DEFAULT_ZONE, Span
from vostochny.ontology import Ontology
from vostochny.schema.records import Key, list_attributes

Task = dict[str, Any]  # the JSON of a task, as an export has it or as it is imported
Entry = dict[str, Any]  # one entry of an annotation's result: a region, an attribute of a region, or a relation

LABEL_CONTROLS = ("zone", "entity", "event", "quote")  # the Labels controls, whose regions are spans
CONTENT, CUE = "Content", "Cue"  # the labels of the control "quote"


@dataclass(frozen=True)
class Control:
    """A control for one attribute: of which layer's regions, of which kind, and the name of the model's field.

    ``values`` is the table of the ontology that lists the choices; "" for a TextArea, and for a flag, whose single
    choice has the control's name. ``key`` says more of the field.
    """

    layer: str
    kind: str  # "choices" or "textarea"
    name: str
    values: str = ""
    key: Key | None = None

    def rename(self, value: Any) -> Any:
        """Return the name that a value of the attribute has now; any other as it is."""
        return self.key.rename(value) if self.key else value


def _list_controls() -> Iterator[tuple[str, Control]]:
    """Yield each control's name and description, in the order in which a region's attributes are written."""
    layers = {"entity": "entities", "event": "events", "quote": "quotes"}
    for layer, items in layers.items():
        for field in list_attributes(items):
            if field.key.values or (field.kind == "flag" and not field.key.planned):
                yield field.name, Control(layer, "choices", field.name, field.key.values, field.key)
        if layer == "quote":  # the annotator's decision that the text names no source; rows have null for it
            yield "unattributed", Control(layer, "choices", "unattributed")
        # Clusters have a control per layer, because a TextArea can serve only one Labels control.
        yield "cluster" if layer == "entity" else f"{layer}_cluster", Control(layer, "textarea", "cluster")


ATTRIBUTES: Mapping[str, Control] = dict(_list_controls())
FLAGS = tuple(name for name, c in ATTRIBUTES.items() if c.kind == "choices" and not c.values)
# Control for a cluster → the key of a task's data that holds the clusters to pick from. The server refuses a task
# without them.
CLUSTER_KEYS = {name: f"{c.layer}_clusters" for name, c in ATTRIBUTES.items() if c.kind == "textarea"}
# In the browser a known cluster is picked from a searchable list, and only a new one is typed. Files have one form for
# both, the typed one. Picker → the control for typing.
PICKERS = {f"known_{name}": name for name in CLUSTER_KEYS}

# Label of a relation → (what it starts at, what it ends at). All other labels are roles, which lead from an event to an
# entity or an event.
RELATIONS: dict[str, tuple[str, str]] = {
    "cue": (CONTENT, CUE),
    "continues": (CONTENT, CONTENT),
    "source": (CONTENT, "entity"),
    "addressee": (CONTENT, "entity"),
    "parent": (CONTENT, CONTENT),
}


def is_task(value: Any) -> bool:
    """Return whether a value is a task with annotations or predictions."""
    return isinstance(value, dict) and "data" in value and ("annotations" in value or "predictions" in value)


def list_labels(layer: str, ontology: Ontology) -> tuple[str, ...]:
    """Return the labels of a Labels control; the default zone is not one of them."""
    return {
        "zone": tuple(z for z in ontology.zones if z != DEFAULT_ZONE),
        "entity": ontology.entity_types,
        "event": tuple(ontology.events),
        "quote": (CONTENT, CUE),
    }[layer]


def list_choices(control: str, ontology: Ontology) -> tuple[str, ...]:
    """Return the values of a Choices control; a region may have at most one of them."""
    if control in FLAGS:
        return (control,)
    return tuple(ontology.list_names(ATTRIBUTES[control].values))


def list_bearers(control: str, ontology: Ontology) -> tuple[str, ...]:
    """Return the labels whose regions may have this attribute: mentions for a level, the Content for a quote's."""
    layer = ATTRIBUTES[control].layer
    if control in ("level", "demonym"):
        return tuple(ontology.mentions)
    return (CONTENT,) if layer == "quote" else list_labels(layer, ontology)


def to_region_id(id_: str) -> str:
    """Return an id with underscores in the place of characters that would hide the region on the annotation page.

    The page makes a CSS class of the id, and selects by it: only letters, digits, ``-`` and ``_`` can stand in one.
    """
    return re.sub(r"[^\w-]", "_", id_)


def _replace_ids(result: list[Entry]) -> list[Entry]:
    """Return results with ids that the page can show; those that it can stay as they are."""
    ids = {entry["id"] for entry in result if entry["type"] == "labels"}
    taken = {id_ for id_ in ids if id_ == to_region_id(id_)}
    if taken == ids:
        return result
    new = dict(zip(taken, taken, strict=True))
    for id_ in sorted(ids - taken):
        shown = to_region_id(id_)
        while shown in taken:
            shown += "_"
        taken.add(shown)
        new[id_] = shown
    keys = ("id", "from_id", "to_id")
    return [entry | {key: new[entry[key]] for key in keys if entry.get(key) in new} for entry in result]


def fold_words(words: str) -> str:
    """Return words without white space, which a browser changes, and a newline even into a literal one."""
    return "".join(words.replace("\\n", "").split())


def describe_wrong_words(
    text: str, value: Mapping[str, Any], offsets: str | None, option: str, needs_offsets: bool = False
) -> str:
    """Return what is wrong with the words that a region states beside its offsets; "" if nothing is.

    Args:
        text: The text of the task.
        value: The value of the region, with whole numbers as ``start`` and ``end``.
        offsets: What its offsets count (``word_spans.OFFSET_CHOICES``); None means code points.
        option: The option that says so.
        needs_offsets: Whether regions cannot be placed by their words instead.
    """
    words, start, end = (value.get(key) for key in ("text", "start", "end"))
    if not isinstance(words, str) or not isinstance(start, int) or not isinstance(end, int) or offsets == "ignore":
        return ""
    place = convert_offsets(text, start, end, offsets)
    found = text[place[0] : place[1]] if place else ""
    if fold_words(words) == fold_words(found):
        return ""
    message = f"has the words {words[:40]!r}, and the text has {found[:40]!r} at its offsets"
    return message + describe_fitting_unit(text, start, end, words, option, needs_offsets)


def choose_annotation(task: Mapping[str, Any], annotator: str | int | None, name: str) -> Task:
    """Return the only annotation of a task, or the only one by ``annotator`` (an email or user id).

    Skipped annotations are ignored. Raises InputError, with ``name`` as its file, if there is none or more than one.
    """
    annotations = task.get("annotations")
    if not isinstance(annotations, list) or not all(isinstance(a, dict) for a in annotations):
        raise InputError([Problem(name, None, "annotations", "is not a list of objects; export the project as JSON")])
    submitted = [a for a in annotations if not a.get("was_cancelled") and (annotator is None or is_by(a, annotator))]
    if len(submitted) == 1:
        only: Task = submitted[0]
        return only
    who = "" if annotator is None else f" by {annotator}"
    if not submitted:
        has = "was skipped" if annotations and annotator is None else f"has no annotation{who}"
        raise InputError([Problem(name, None, "annotations", f"the task {has}; open it and press Submit")])
    names = describe_annotators(submitted)
    way_out = "choose one with --annotator NAME, or delete the others" if annotator is None else "delete the others"
    message = f"the task has {len(submitted)} annotations{who} (by {names}); {way_out}"
    raise InputError([Problem(name, None, "annotations", message)])


def is_by(annotation: Mapping[str, Any], annotator: str | int) -> bool:
    """Return whether an annotation is by the annotator with this email, user id or (a prediction) model version."""
    return str(annotator) in _list_annotator_names(annotation)


def describe_annotators(annotations: Iterable[Mapping[str, Any]]) -> str:
    """Return the names of all who made these annotations, each once."""
    return ", ".join(sorted({max(_list_annotator_names(a), key=len, default="unknown") for a in annotations}))


def _list_annotator_names(annotation: Mapping[str, Any]) -> set[str]:
    """Return the names by which the annotator of an annotation may be given: email and user id, or model version."""
    by = annotation.get("completed_by", annotation.get("model_version"))
    if isinstance(by, dict):
        return {str(by[key]) for key in ("id", "email") if by.get(key) is not None}
    return set() if by is None else {str(by)}


def canonicalize(task: Mapping[str, Any], annotator: str | int | None = None, completed_by: str | None = None) -> Task:
    """Return a task without what varies from one export to the next; for tasks that ``read`` accepts.

    It has the doc_id, the text, and the regions, attributes, relations and notes on a region (``meta``) of one
    annotation. Regions are sorted by layer and offset, each before its attributes; relations are last. The words of
    regions are taken from the text, and ids that the page cannot show are replaced.

    Args:
        task: The task.
        annotator: Chooses among several annotations, as in ``read``.
        completed_by: The name of the annotator to write; None takes that of the task, unless it is a server's numeric
            user id.
    """
    annotation = choose_annotation(task, annotator, "task")
    annotation = {**annotation, "result": _replace_ids(annotation["result"])}
    text = task["data"]["text"]
    regions = [r for r in annotation["result"] if r["type"] == "labels"]
    regions.sort(key=lambda r: (LABEL_CONTROLS.index(r["from_name"]), *_sort_key(r), r["value"]["labels"], r["id"]))
    attributes: dict[str, list[Entry]] = {}
    for entry in map(picked_to_typed, annotation["result"]):
        if entry["type"] in ("choices", "textarea"):
            attributes.setdefault(entry["id"], []).append(entry)
    order = list(ATTRIBUTES)
    result = []
    for region in regions:
        result.append(_make_entry(region, text, region["value"]["labels"], region))
        for entry in sorted(attributes.get(region["id"], []), key=lambda e: order.index(e["from_name"])):
            values = [ATTRIBUTES[entry["from_name"]].rename(value) for value in read_values(entry)]
            if values:
                result.append(_make_entry(entry, text, values, region))
    position = {region["id"]: i for i, region in enumerate(regions)}
    relations = [read_relation(r) for r in annotation["result"] if r["type"] == "relation"]
    relations.sort(key=lambda r: (position[r[0]], position[r[1]]))
    result += [
        {"type": "relation", "from_id": a, "to_id": b, "direction": "right", "labels": sorted(names)}
        for a, b, names in relations
    ]
    name = completed_by if completed_by is not None else annotation.get("completed_by")
    by = {"completed_by": name} if isinstance(name, str) else {}
    return {
        "data": {"doc_id": task["data"]["doc_id"], "text": text},
        "annotations": [{**by, "result": result}],
    }


def dumps(task: Mapping[str, Any]) -> str:
    """Return a canonical task as JSON with one result per line, so that a correction is a short diff."""

    def flat(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    (annotation,) = task["annotations"]
    data = ",\n".join(f"    {flat(key)}: {flat(value)}" for key, value in task["data"].items())
    by = f'      "completed_by": {flat(annotation["completed_by"])},\n' if "completed_by" in annotation else ""
    result = ",\n".join(f"        {flat(entry)}" for entry in annotation["result"])
    result = f"[\n{result}\n      ]" if result else "[]"
    return (
        f'{{\n  "data": {{\n{data}\n  }},\n  "annotations": [\n    {{\n{by}      "result": {result}\n    }}\n  ]\n}}\n'
    )


def read_values(entry: Mapping[str, Any]) -> list[Any]:
    """Return the values of an attribute's entry; a TextArea that is empty or blank has none."""
    key = "text" if entry["type"] == "textarea" else entry["type"]
    raw = entry["value"].get(key)
    values = [raw] if isinstance(raw, str) else raw if isinstance(raw, list) else []
    if entry["type"] == "textarea":
        values = [v.strip() if isinstance(v, str) else v for v in values]
    return [v for v in values if v != ""]


def picked_to_typed(entry: Any) -> Any:
    """Return a cluster that was picked from the list of known ones as if it was typed; other entries unchanged."""
    if not isinstance(entry, dict) or not isinstance(entry.get("value"), dict):
        return entry
    control = entry.get("from_name")
    if not isinstance(control, str) or control not in PICKERS or entry.get("type") != "taxonomy":
        return entry
    paths = entry["value"].get("taxonomy")
    names = [p[-1] if isinstance(p, list) and p else p for p in paths] if isinstance(paths, list) else []
    value = {key: v for key, v in entry["value"].items() if key != "taxonomy"} | {"text": names}
    return entry | {"from_name": PICKERS[control], "type": "textarea", "value": value}


def typed_to_picked(entry: Entry, known: Mapping[str, Container[str]]) -> Entry:
    """Return a typed cluster as picked, if it is one of the ``known`` ones of its control; other entries unchanged."""
    for picker, control in PICKERS.items():
        if entry.get("from_name") == control:
            names = read_values(entry)
            if len(names) == 1 and names[0] in known.get(control, ()):
                value = {key: v for key, v in entry["value"].items() if key != "text"} | {"taxonomy": [names]}
                return entry | {"from_name": picker, "type": "taxonomy", "value": value}
    return entry


def read_relation(relation: Mapping[str, Any]) -> tuple[str, str, list[str]]:
    """Return the start, end and labels of a relation; an arrow that was turned in the browser is turned back."""
    a, b = relation["from_id"], relation["to_id"]
    labels = relation.get("labels")
    names = list(labels) if isinstance(labels, list) else []
    return (b, a, names) if relation.get("direction") == "left" else (a, b, names)


def trim_span(span: Span, text: str) -> list[Span]:
    """Return the span without white space at its ends, in a list; [] if it is nothing but white space."""
    words = span.of(text)
    start = span.start + len(words) - len(words.lstrip())
    return [Span(start, start + len(words.strip()))] if words.strip() else []


def _sort_key(entry: Mapping[str, Any]) -> tuple[int, int]:
    """Return the sort key of a region: by offset, an outer span before those inside it."""
    return entry["value"]["start"], -entry["value"]["end"]


def _make_entry(entry: Mapping[str, Any], text: str, values: list[Any], region: Mapping[str, Any]) -> Entry:
    """Return a region, or an attribute of it, with the keys and offsets of the canonical form."""
    start, end = region["value"]["start"], region["value"]["end"]
    value: dict[str, Any] = {"start": start, "end": end, "text": text[start:end]}
    value["text" if entry["type"] == "textarea" else entry["type"]] = values
    canonical = {
        "id": entry["id"],
        "from_name": entry["from_name"],
        "to_name": "text",
        "type": entry["type"],
        "value": value,
    }
    notes = entry.get("meta") if entry is region else None
    return {**canonical, "meta": notes} if notes else canonical
