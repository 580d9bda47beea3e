"""Tasks of Label Studio: in files, on a server, and from one to the other.

A client is the SDK's, as ``label_studio_server.client`` gives it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scripts.annotating.server import ServerError
from scripts.files import ANNOTATIONS, read_json, write_atomically
from vostochny.errors import InputError, Problem
from vostochny.formats.label_studio import canonicalize, dumps, read
from vostochny.formats.label_studio.regions import CLUSTER_KEYS
from vostochny.ontology import load_ontology

CONFIG = ANNOTATIONS / "label_studio.xml"

Task = dict[str, Any]


def create_project(client: Any, config: str, title: str = "Vostochny") -> int:
    """Make a project with this labeling configuration; its id."""
    return client.projects.create(title=title, label_config=config).id


def import_tasks(client: Any, project: int, tasks: Iterable[Task]) -> None:
    """Import canonical tasks. An annotator whom the server does not know is replaced by the one who imports."""
    known = {user.email for user in client.users.list()}
    request = []
    for task in tasks:
        annotations = []
        for annotation in task["annotations"]:
            name = annotation.get("completed_by")
            by = {"completed_by": {"email": name}} if name in known else {}
            annotations.append({"result": annotation["result"], **by})
        data = {key: [] for key in CLUSTER_KEYS.values()} | task["data"]
        request.append({"data": data, "annotations": annotations})
    answer = client.projects.import_tasks(project, request=request)
    if answer.task_count != len(request):
        raise ServerError(f"the server took {answer.task_count} of {len(request)} tasks")


def export_tasks(client: Any, project: int) -> list[Task]:
    """Every task of a project as the server exports it, by doc_id, annotators named by their email."""
    emails = {user.id: user.email for user in client.users.list()}
    try:
        tasks = client.projects.exports.as_json(project)
    except ValueError:  # half an answer is no JSON
        raise ServerError("the server's export broke off; try again") from None
    for task in tasks:
        for annotation in task["annotations"]:
            annotation["completed_by"] = emails.get(annotation["completed_by"], annotation["completed_by"])
    return sorted(tasks, key=lambda task: str(task["data"].get("doc_id")))


def load_tasks(folder: Path) -> dict[str, Task]:
    """The tasks of a folder by doc_id, read through to the last problem. Raises InputError with those of all files."""
    files = sorted(folder.glob("*.json"))
    if not files:
        raise ValueError(f"{folder} holds no <doc_id>.json")
    tasks, problems = {}, []
    for file in files:
        try:
            task = read_json(file)
            doc_id = read(task, load_ontology(), str(file)).doc_id
        except InputError as error:
            problems += error.problems
            continue
        if doc_id != file.stem:
            problems.append(Problem(str(file), None, "data.doc_id", f"is {doc_id!r}; name the file {doc_id}.json"))
        tasks[doc_id] = task
    if problems:
        raise InputError(problems)
    return tasks


def write_tasks(folder: Path, tasks: Iterable[Task]) -> None:
    """Write each canonical task to <doc_id>.json; a file is either the old one or the new one, never half of it."""
    for task in tasks:
        write_atomically(folder / f"{task['data']['doc_id']}.json", dumps(task))


def through_server(client: Any, tasks: dict[str, Task]) -> list[Task]:
    """Import tasks into a new project, export them and delete it; what came back, canonical.

    Raises InputError where what came back cannot be read, ServerError where an article is missing.
    """
    project = create_project(client, CONFIG.read_text(encoding="utf-8"), title="round trip")
    try:
        import_tasks(client, project, tasks.values())
        exported = export_tasks(client, project)
    finally:
        client.projects.delete(project)
    back = []
    for task in exported:
        doc_id = read(task, load_ontology(), "export").doc_id
        # Who annotated is the file's to say here: the server knows only its own users.
        name = tasks[doc_id]["annotations"][0].get("completed_by")
        task["annotations"][0].pop("completed_by")
        back.append(canonicalize(task, completed_by=name))
    missing = tasks.keys() - {task["data"]["doc_id"] for task in back}
    if missing:
        raise ServerError(f"the export lacks {', '.join(sorted(missing))}")
    return back
