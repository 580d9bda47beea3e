"""The format ``label-studio``: JSON of any Label Studio project: a task, a list of tasks, or a folder of such files.

A project with our controls (``entity``, ``event``, ``quote`` …) is read as ours, with any labels. In any other project,
every labelled region of text is an entity, and other results are counted as left out. In a task without an annotation,
its prediction is read, if there is exactly one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from vostochny.errors import InputError, Problem, Problems
from vostochny.formats import jsonl, label_studio
from vostochny.formats.containers import ID_KEYS
from vostochny.formats.files import read_bytes, write_text
from vostochny.formats.label_studio.regions import (
    ATTRIBUTES,
    LABEL_CONTROLS,
    RELATIONS,
    Entry,
    Task,
    choose_annotation,
    is_task,
)  # fmt: skip
from vostochny.formats.label_types import LabelNames, extend_ontology, is_name
from vostochny.formats.limits import Budget, estimate_json
from vostochny.formats.prediction import describe_kind
from vostochny.formats.reader import Reading, Record
from vostochny.formats.references import resolve_references
from vostochny.formats.rows import to_record, to_row
from vostochny.model import LAYERS, Document
from vostochny.ontology import Ontology

OUR_CONTROLS = (*LABEL_CONTROLS, *ATTRIBUTES)


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield one record per task."""
    tasks: list[tuple[str, Task]] = []
    folder, budget = Path(path), Budget(path)
    for file in sorted(map(str, folder.glob("*.json"))) if folder.is_dir() else [path]:
        raw = read_bytes(file)
        budget.take(estimate_json(raw))
        value, problems = jsonl.parse_json(file, None, raw)
        reading.problems += problems
        values = value if isinstance(value, list) else [value]
        for i, task in enumerate(values if not problems else ()):
            name = file if len(values) == 1 else f"{file}[{i}]"
            if not is_task(task):
                kind = "a task without annotations (JSON_MIN?)" if isinstance(task, dict) else describe_kind(task)
                reading.add_problem(name, None, None, f"is {kind}; export the project as JSON")
            elif isinstance(task["data"], dict):
                tasks.append((name, _promote_prediction(task)))
            else:
                reading.add_problem(
                    name, None, "data", f"is {describe_kind(task['data'])}; expected an object with the text"
                )
    # All tasks of a file are of one project, so their controls are looked at together.
    used = {c for _, task in tasks for c in _list_controls(task)}
    is_ours = bool(used & {"entity", "event", "quote"}) and used <= set(OUR_CONTROLS)
    ontology = _extend_by_controls(reading.ontology, [t for _, t in tasks]) if is_ours else reading.ontology
    for name, task in tasks:
        try:
            if is_ours:
                document = label_studio.read(task, ontology, name)
                yield Record(name, None, to_row(to_record(document, with_text=True)))
            else:
                yield _read_foreign_task(name, task, reading)
        except InputError as e:
            reading.problems += e.problems


def _promote_prediction(task: Task) -> Task:
    """Return the task; if it has no annotation and one prediction, with the prediction in place of the annotation."""
    annotations, predictions = task.get("annotations"), task.get("predictions")
    if not annotations and isinstance(predictions, list) and len(predictions) == 1:
        return {**task, "annotations": predictions}
    return task


def _list_results(task: Task) -> list[Entry]:
    """Return the results of all annotations of a task, those that are objects."""
    annotations = task.get("annotations")
    lists = [a.get("result") for a in annotations if isinstance(a, dict)] if isinstance(annotations, list) else []
    return [r for result in lists if isinstance(result, list) for r in result if isinstance(r, dict)]


def _list_controls(task: Task) -> set[str]:
    """Return the names of the controls that a task's results are of."""
    return {str(r["from_name"]) for r in _list_results(task) if "from_name" in r}


def _extend_by_controls(ontology: Ontology, tasks: list[Task]) -> Ontology:
    """Return the ontology with the labels, roles and choices that tasks with our controls have."""
    names = LabelNames()
    all_roles: dict[str, int] = {}  # role → its number, in order of first appearance
    roles_of: dict[str, set[str]] = {}  # new event type → the roles of its relations
    for task in tasks:
        results = _list_results(task)
        event_at: dict[Any, str] = {}  # id of a region → its new event type
        for r in results:
            control, value = str(r.get("from_name")), r.get("value")
            labels, choices = (_as_list(value.get(k)) if isinstance(value, dict) else [] for k in ("labels", "choices"))
            if control == "entity":
                names.add_names("entity_types", labels)
            for label in labels if control == "event" else ():
                names.add_event(label, ())
                if is_name(label) and label not in ontology.events:
                    roles_of.setdefault(label, set())
                    if isinstance(r.get("id"), str):
                        event_at.setdefault(r["id"], label)
            attribute = ATTRIBUTES.get(control)
            if attribute and attribute.values and attribute.layer != "entity":
                names.add_names(attribute.values, choices)
        for r in results if event_at else ():
            if r.get("type") == "relation":
                start = r.get("to_id" if r.get("direction") == "left" else "from_id")
                # Wherever it starts, a role is known: that it starts at no event is another problem.
                label = event_at.get(start if isinstance(start, str) else None, next(iter(event_at.values())))
                for role in _as_list(r.get("labels")):
                    if isinstance(role, str) and role not in RELATIONS:
                        all_roles.setdefault(role, len(all_roles))
                        roles_of[label].add(role)
    for label, roles in roles_of.items():
        names.add_event(label, sorted(roles, key=all_roles.__getitem__))
    return extend_ontology(ontology, [names])


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _read_foreign_task(name: str, task: Task, reading: Reading) -> Record:
    """Return the entities of a task whose controls are not ours. Raises InputError with every problem."""
    problems: Problems[Problem] = Problems()
    result = choose_annotation(task, None, name).get("result")
    if not isinstance(result, list):
        raise InputError([Problem(name, None, "result", "is missing or not a list; export the project as JSON")])
    regions = []
    for i, entry in enumerate(result):
        where = f"result[{i}]"
        value = entry.get("value") if isinstance(entry, dict) else None
        if isinstance(entry, dict) and entry.get("type") in ("relation", "choices", "textarea", "rating", "number"):
            reading.left_out[f"{entry['type']} results of Label Studio"] += 1
        elif not isinstance(entry, dict) or not isinstance(value, dict):
            problems.append(Problem(name, None, where, "is not a region; expected an object with a value"))
        else:
            # globalOffsets, of HyperText, are offsets into the whole text.
            place = value["globalOffsets"] if isinstance(value.get("globalOffsets"), dict) else value
            labels = next((value[k] for k in ("labels", "hypertextlabels", "paragraphlabels") if k in value), None)
            if not isinstance(labels, list) or "start" not in place:
                reading.left_out[f"{entry.get('type')!s:.30} results of Label Studio"] += 1
                continue
            for label in labels:
                regions.append({"start": place["start"], "end": place.get("end"), "type": label})
    if problems:
        raise InputError(problems)
    data = task["data"]
    text = _find_text(data)
    if text is None:
        raise InputError([Problem(name, None, "data", "has no text; expected the article as a string")])
    doc_id = next((str(data[k]) for k in ID_KEYS if isinstance(data.get(k), str | int) and data.get(k) != text), None)
    if doc_id is None and not reading.gold:
        doc_id = f"task-{task.get('id', name)}"
    named = {} if doc_id is None else {"doc_id": doc_id}
    return Record(name, None, {**named, "text": text, "entities": regions})


def _find_text(data: Mapping[str, Any]) -> str | None:
    """Return the text of a task: ``text``, else the longest string of its data; or None."""
    if isinstance(data.get("text"), str):
        return str(data["text"])
    return max((v for v in data.values() if isinstance(v, str)), key=len, default=None)


def write(path: str, documents: Collection[Document], lost: Counter[str], with_text: bool = False) -> None:
    """Write a list of tasks for our labeling configuration. References to no item, and optional marks, are lost."""
    for d in documents:
        lost["marks of optional items"] += sum(item.optional for layer in LAYERS for item in getattr(d, layer))
        lost["accepted extents of names"] += sum(len(e.extents) for e in d.entities)
    try:
        tasks = [label_studio.write(resolve_references(d, lost)) for d in documents]
    except ValueError as e:
        raise InputError([Problem(path, None, None, str(e))]) from None
    write_text(path, json.dumps(tasks, ensure_ascii=False, indent=1) + "\n")
