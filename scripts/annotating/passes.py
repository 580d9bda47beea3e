"""Take the passes of several annotators through one Label Studio project, each under a user of its own.

    python -m scripts passes a=DIR b=DIR      DIR/<doc_id>.json → annotations/annotators/<name>/<doc_id>.json

Every article is one task with one annotation a user; what is stored is what the server exported of that user.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.annotating.server import Server, ServerError
from scripts.annotating.task_files import (
    CONFIG,
    Task,
    create_project,
    export_tasks,
    import_tasks,
    load_tasks,
    write_tasks,
)
from scripts.files import ANNOTATIONS
from vostochny.errors import InputError
from vostochny.formats.label_studio import canonicalize

TARGET = ANNOTATIONS / "annotators"


def email(name: str) -> str:
    """The log-in of an annotator on the server."""
    return f"annotator-{name}@vostochny.example"


def through_server(client: Any, passes: Mapping[str, Mapping[str, Task]]) -> dict[str, list[Task]]:
    """Import passes as annotations of as many users, export them, and tell them apart by user again.

    Makes the users that the server lacks. Raises ServerError where an article of a pass does not come back.
    """
    known = {user.email for user in client.users.list()}
    for name in passes:
        if email(name) not in known:
            client.users.create(email=email(name), username=email(name), first_name="Annotator", last_name=name.upper())
    made = create_project(client, CONFIG.read_text(encoding="utf-8"), title="passes")
    try:
        import_tasks(client, made, _joined(passes))
        exported = export_tasks(client, made)
    finally:
        client.projects.delete(made)
    out: dict[str, list[Task]] = {name: [] for name in passes}
    for task in exported:
        for name in passes:
            mine = [a for a in task["annotations"] if a["completed_by"] == email(name)]
            if mine:
                out[name].append(canonicalize({**task, "annotations": mine}, completed_by=email(name)))
    for name, tasks in passes.items():
        missing = tasks.keys() - {task["data"]["doc_id"] for task in out[name]}
        if missing:
            raise ServerError(f"the export lacks {', '.join(sorted(missing))} of annotator {name}")
    return out


def _joined(passes: Mapping[str, Mapping[str, Task]]) -> list[Task]:
    """One task an article, with an annotation for each pass that has it."""
    tasks: dict[str, Task] = {}
    for name, own in passes.items():
        for doc_id, task in own.items():
            joint = tasks.setdefault(doc_id, {"data": task["data"], "annotations": []})
            joint["annotations"].append({"result": task["annotations"][0]["result"], "completed_by": email(name)})
    return list(tasks.values())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("passes", nargs="+", metavar="NAME=DIR", help="an annotator and the folder of its tasks")
    given = [item.partition("=") for item in parser.parse_args(arguments).passes]
    for name, _, folder in given:
        if not re.fullmatch(r"[a-z0-9_-]+", name) or not folder:
            parser.error(f"{name!r} is no NAME=DIR; a name is of a–z, 0–9, _ and -, as in a=DIR")
    folders = {name: folder for name, _, folder in given}
    if len(folders) < len(given):
        parser.error("each annotator has one folder; a name is given twice")
    try:
        passes = {name: load_tasks(Path(folder)) for name, folder in folders.items()}
        with tempfile.TemporaryDirectory() as data, Server(Path(data)) as server:
            back = through_server(server.client(), passes)
    except InputError as e:
        print(e, file=sys.stderr)
        return 2
    except (ServerError, OSError, ValueError) as e:
        print(f"passes: {e}", file=sys.stderr)
        return 2
    for name, tasks in back.items():
        write_tasks(TARGET / name, tasks)
        same = sum(
            json.dumps(t["annotations"][0]["result"], sort_keys=True)
            == json.dumps(canonicalize(passes[name][t["data"]["doc_id"]])["annotations"][0]["result"], sort_keys=True)
            for t in tasks
        )
        print(f"annotator {name}: {len(tasks)} articles, {same} as they went in")
    return 0
