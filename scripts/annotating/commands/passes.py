"""Store the passes of several annotators as one Label Studio project exports them, each under a user of its own.

    python -m scripts passes a=DIR b=DIR      DIR/<doc_id>.json → annotations/annotators/<name>/<doc_id>.json

Every article is one task with one annotation per annotator. The project is on a temporary server.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts import exchange
from scripts.annotating.server import Server, ServerError, explain_errors
from scripts.annotating.task_files import (
    CONFIG,
    create_project,
    export_tasks,
    import_tasks,
)
from scripts.files import ANNOTATIONS
from scripts.store import GOLD, PASSES, Store, write_tasks
from vostochny.formats.label_studio import canonicalize
from vostochny.formats.label_studio.regions import Task
from vostochny.system import console, temporary
from vostochny.system.arguments import ArgumentParser

TARGET = ANNOTATIONS / PASSES


@explain_errors()
def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("passes", nargs="+", metavar="NAME=DIR", help="an annotator's name and folder of tasks")
    pairs = [item.partition("=") for item in parser.parse_args(arguments).passes]
    for name, _, folder in pairs:
        if not re.fullmatch(r"[a-z0-9_-]+", name) or not folder:
            parser.error(f"{name!r} is not of the form NAME=DIR; a name consists of a–z, 0–9, _ and -, as in a=DIR")
    folders = {name: folder for name, _, folder in pairs}
    if len(folders) < len(pairs):
        parser.error("each annotator has one folder; a name is repeated")
    passes = {name: Store(Path(folder), gold="").read_tasks() for name, folder in folders.items()}
    with temporary.use_folder() as folder, Server(folder / "data") as server:
        exported = send_and_separate(server.client(), passes)
    with exchange.lock(ANNOTATIONS / GOLD):
        for name, tasks in exported.items():
            write_tasks(TARGET / name, tasks)
    for name, tasks in exported.items():
        unchanged = sum(_result_json(task) == _result_json(canonicalize(passes[name][_doc_id(task)])) for task in tasks)
        console.print_line(f"annotator {name}: {len(tasks)} articles, {unchanged} unchanged")
    return 0


def email_of(name: str) -> str:
    """Return the log-in of an annotator on the server."""
    return f"annotator-{name}@vostochny.example"


def send_and_separate(client: Any, passes: Mapping[str, Mapping[str, Task]]) -> dict[str, list[Task]]:
    """Import passes as annotations of different users into one project, export it, and separate them by user.

    Users that the server lacks are created; the project is deleted at the end. Raises ServerError where an article of
    a pass does not come back.

    Args:
        client: the server's client.
        passes: tasks by doc_id, by the annotator's name.
    """
    known = {user.email for user in client.users.list()}
    for name in passes:
        email = email_of(name)
        if email not in known:
            client.users.create(email=email, username=email, first_name="Annotator", last_name=name.upper())
    project = create_project(client, CONFIG.read_text(encoding="utf-8"), title="passes")
    try:
        import_tasks(client, project, _join(passes))
        exported = export_tasks(client, project)
    finally:
        client.projects.delete(project)
    separated: dict[str, list[Task]] = {name: [] for name in passes}
    for task in exported:
        for name in passes:
            annotations = [a for a in task["annotations"] if a["completed_by"] == email_of(name)]
            if annotations:
                own = canonicalize({**task, "annotations": annotations}, completed_by=email_of(name))
                separated[name].append(own)
    for name, tasks in passes.items():
        missing = tasks.keys() - {_doc_id(task) for task in separated[name]}
        if missing:
            raise ServerError(f"the export lacks {', '.join(sorted(missing))} of annotator {name}")
    return separated


def _join(passes: Mapping[str, Mapping[str, Task]]) -> list[Task]:
    """Return one task per article, with an annotation for each pass that has the article."""
    joined: dict[str, Task] = {}
    for name, tasks in passes.items():
        for doc_id, task in tasks.items():
            entry = joined.setdefault(doc_id, {"data": task["data"], "annotations": []})
            entry["annotations"].append({"result": task["annotations"][0]["result"], "completed_by": email_of(name)})
    return list(joined.values())


def _doc_id(task: Task) -> str:
    return str(task["data"]["doc_id"])


def _result_json(task: Task) -> str:
    return json.dumps(task["annotations"][0]["result"], sort_keys=True)
