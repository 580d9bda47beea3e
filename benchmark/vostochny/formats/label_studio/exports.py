"""The format ``label-studio``: JSON of any Label Studio project: a task, a list of tasks, or a folder of such files.

A project with our controls (``entity``, ``event``, ``quote`` …) is read as ours, with any labels. In any other project,
every labelled region of text is an entity, and other results are counted as left out. In a task without an annotation,
its prediction is read, if there is exactly one. Of several annotations or predictions that of ``reading.annotator`` is.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Collection, Iterator
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
    describe_annotators,
    describe_wrong_words,
    is_by,
    to_region_id,
)  # fmt: skip
from vostochny.formats.label_studio.shapes import (
    LABEL_KEYS,
    NO_RELATIONS,
    find_content,
    is_any_task,
    is_min_of_ours,
    merge_tasks,
    to_task,
)
from vostochny.formats.label_types import LabelNames, extend_ontology, is_name
from vostochny.formats.limits import Budget, estimate_json
from vostochny.formats.prediction import describe_kind
from vostochny.formats.reader import Reading, Record
from vostochny.formats.references import resolve_references
from vostochny.formats.rows import to_record, to_row
from vostochny.formats.word_spans import convert_offsets, is_beside
from vostochny.model import LAYERS, Document
from vostochny.ontology import Ontology

OUR_CONTROLS = (*LABEL_CONTROLS, *ATTRIBUTES)


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield one record per task."""
    tasks: list[tuple[str, Task]] = []
    folder, budget = Path(path), Budget(path)
    for file in _list_files(folder) if folder.is_dir() else [path]:
        raw = read_bytes(file)
        budget.take(estimate_json(raw))
        value, problems = jsonl.parse_json(file, None, raw)
        reading.problems += problems
        values = value if isinstance(value, list) else [value]
        for i, task in enumerate(values if not problems else ()):
            name = file if len(values) == 1 else f"{file}[{i}]"
            if not is_any_task(task):
                kind = "a task without annotations" if isinstance(task, dict) else describe_kind(task)
                reading.add_problem(name, None, None, f"is {kind}; export the project as JSON")
            elif is_min_of_ours(task):
                reading.add_problem(name, None, None, NO_RELATIONS)
            elif isinstance(to_task(task)["data"], dict):
                tasks.append((name, to_task(task)))
            else:
                reading.add_problem(
                    name, None, "data", f"is {describe_kind(task['data'])}; expected an object with the text"
                )
    tasks = [
        (name, chosen) for name, task in merge_tasks(tasks) if (chosen := _choose(name, task, reading)) is not None
    ]
    # All tasks of a file are of one project, so their controls are looked at together.
    used = {c for _, task in tasks for c in _list_controls(task)}
    is_ours = bool(used & {"entity", "event", "quote"}) and used <= set(OUR_CONTROLS)
    ontology = _extend_by_controls(reading.ontology, [t for _, t in tasks]) if is_ours else reading.ontology
    for name, task in tasks:
        try:
            if is_ours:
                _count_white_space(task, task["data"].get("text"), reading)
                counted = _to_code_points(task, reading.offsets)
                document = label_studio.read(counted, ontology, name, option=reading.names.offsets)
                yield Record(name, None, to_row(to_record(document, with_text=True)), has_code_points=True)
            else:
                yield _read_foreign_task(name, task, reading)
        except InputError as e:
            reading.problems += e.problems


def _to_code_points(task: Task, offsets: str | None) -> Task:
    """Return a task with offsets in code points; those that do not fit in the text stay, and are a problem later."""
    text, annotations = task["data"].get("text"), task.get("annotations")
    if offsets in (None, "characters", "ignore") or not isinstance(text, str) or not isinstance(annotations, list):
        return task
    task = copy.deepcopy(task)
    for entry in _list_results(task):
        value = entry.get("value")
        if isinstance(value, dict) and all(type(value.get(key)) is int for key in ("start", "end")):
            place = convert_offsets(text, value["start"], value["end"], offsets)
            value["start"], value["end"] = place or (value["start"], value["end"])
    return task


def _count_white_space(task: Task, text: Any, reading: Reading) -> None:
    """Count the regions that begin or end in white space that their words do not have, which a browser may cut off."""
    for entry in _list_results(task) if isinstance(text, str) else ():
        value = entry.get("value")
        if entry.get("type") != "labels" or not isinstance(value, dict) or not isinstance(value.get("text"), str):
            continue
        start, end = value.get("start"), value.get("end")
        place = convert_offsets(text, start, end, reading.offsets) if type(start) is type(end) is int else None
        if place and is_beside(text[place[0] : place[1]], value["text"].replace("\\n", "\n")):
            reading.counted["{} regions begin or end in white space that their words lack: offsets are taken"] += 1


def _list_files(folder: Path) -> list[str]:
    """Return the files of a folder that have tasks; those of a target storage may be named by a number alone."""
    return sorted(str(p) for p in folder.iterdir() if p.suffix == ".json" or (p.name.isdigit() and p.is_file()))


def _choose(name: str, task: Task, reading: Reading) -> Task | None:
    """Return a task with the one annotation, or prediction, to read; with all where there is none to choose.

    None where the annotator has none, which is counted, and where there is no way to choose, which is a problem.
    """
    annotations, predictions = (task.get(key) or [] for key in ("annotations", "predictions"))
    lists = [x for x in (annotations, predictions) if isinstance(x, list)]
    if reading.annotator is not None:
        items = [x for each in lists for x in each if isinstance(x, dict)]
        chosen = [x for x in items if is_by(x, reading.annotator)]
        if items and not chosen:
            reading.left_out[
                f"tasks without an annotation by {reading.annotator} (by {describe_annotators(items)})"
            ] += 1
            return None
        return {**task, "annotations": chosen} if items else task
    if annotations or not isinstance(predictions, list) or not predictions:
        return task
    if not all(isinstance(x, dict) for x in predictions):
        message = "are only ids; export a snapshot with predictions in full (predictions: only_id false)"
        reading.add_problem(name, None, "predictions", message)
        return None
    if len(predictions) > 1:
        names = describe_annotators(predictions)
        message = f"the task has {len(predictions)} and no annotation (by {names}); choose one with --annotator NAME"
        reading.add_problem(name, None, "predictions", message)
        return None
    return {**task, "annotations": predictions}


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
    data = task["data"]
    values = [e["value"] for e in result if isinstance(e, dict) and isinstance(e.get("value"), dict)]
    content = find_content(data, values)
    if content is None:
        raise InputError([Problem(name, None, "data", "has no text; expected the article as a string")])
    if not (content.starts or content.is_page):
        _count_white_space(task, content.text, reading)
    regions = []
    for i, entry in enumerate(result):
        where = f"result[{i}]"
        value = entry.get("value") if isinstance(entry, dict) else None
        if isinstance(entry, dict) and entry.get("type") in ("relation", "choices", "textarea", "rating", "number"):
            reading.left_out[f"{entry['type']} results of Label Studio"] += 1
        elif not isinstance(entry, dict) or not isinstance(value, dict):
            problems.append(Problem(name, None, where, "is not a region; expected an object with a value"))
        else:
            labels = next((value[k] for k in LABEL_KEYS if k in value), None)
            if not isinstance(labels, list) or "start" not in value:
                reading.left_out[f"{entry.get('type')!s:.30} results of Label Studio"] += 1
                continue
            try:
                start, end = content.place(value)
            except ValueError as e:
                problems.append(Problem(name, None, where, str(e)))
                continue
            place = {"start": start, "end": end, "text": value.get("text")}
            wrong = describe_wrong_words(content.text, place, reading.offsets, reading.names.offsets)
            if wrong:
                problems.append(Problem(name, None, where, wrong))
            if reading.offsets != "ignore":
                del place["text"]  # it is right; a browser may have changed its white space
            for label in labels:
                regions.append({**place, "type": label})
    if problems:
        raise InputError(problems)
    doc_id = next(
        (str(data[k]) for k in ID_KEYS if isinstance(data.get(k), str | int) and data.get(k) != content.text), None
    )
    if doc_id is None and not reading.gold:
        doc_id = f"task-{task.get('id', name)}"
        reading.add_note("no ids: documents are called by the ids of their tasks, task-N")
    named = {} if doc_id is None else {"doc_id": doc_id}
    return Record(name, None, {**named, "text": content.text, "entities": regions})


def write(path: str, documents: Collection[Document], lost: Counter[str], with_text: bool = False) -> None:
    """Write a list of tasks for our labeling configuration.

    References to no item, optional marks, and characters of ids that the annotation page cannot show, are lost.
    """
    for d in documents:
        lost["marks of optional items"] += sum(item.optional for layer in LAYERS for item in getattr(d, layer))
        lost["accepted extents of names"] += sum(len(e.extents) for e in d.entities)
        ids = (item.id for layer in LAYERS for item in getattr(d, layer) if item.id)
        lost["ids that the annotation page cannot show"] += sum(id_ != to_region_id(id_) for id_ in ids)
    try:
        tasks = [label_studio.write(resolve_references(d, lost)) for d in documents]
    except ValueError as e:
        raise InputError([Problem(path, None, None, str(e))]) from None
    write_text(path, json.dumps(tasks, ensure_ascii=False, indent=1) + "\n")
