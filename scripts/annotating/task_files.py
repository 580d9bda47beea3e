"""Import tasks into a project of a Label Studio server, and export them again.

A ``client`` is the SDK's, as :func:`scripts.annotating.server.connect` returns it. A task is canonical in the sense of
:func:`vostochny.formats.label_studio.canonicalize`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from scripts.annotating.server import ServerError
from scripts.files import ANNOTATIONS
from scripts.store import LABEL_CONFIG, Store, find_doc_id
from vostochny.formats.label_studio import canonicalize, read
from vostochny.formats.label_studio.regions import CLUSTER_KEYS, Task

CONFIG = ANNOTATIONS / LABEL_CONFIG


def create_project(client: Any, config: str, title: str = "Vostochny") -> int:
    """Create a project with a labeling configuration (XML) and return its id."""
    project_id: int = client.projects.create(title=title, label_config=config).id
    return project_id


def import_tasks(client: Any, project: int, tasks: Iterable[Task]) -> None:
    """Import canonical tasks into a project. Raises ServerError where the server does not accept all of them.

    Annotations keep their annotator where the server has a user with that email, or else get the importing user.
    """
    known = {user.email for user in client.users.list()}
    request = []
    for task in tasks:
        annotations = []
        for annotation in task["annotations"]:
            email = annotation.get("completed_by")
            annotator = {"completed_by": {"email": email}} if email in known else {}
            annotations.append({"result": annotation["result"], **annotator})
        data = {key: [] for key in CLUSTER_KEYS.values()} | task["data"]
        request.append({"data": data, "annotations": annotations})
    answer = client.projects.import_tasks(project, request=request)
    if answer.task_count != len(request):
        raise ServerError(f"the server accepted {answer.task_count} of {len(request)} tasks")


def export_tasks(client: Any, project: int) -> list[Task]:
    """Return every task of a project as the server exports it, sorted by doc_id, annotators given by their email."""
    emails = {user.id: user.email for user in client.users.list()}
    try:
        tasks = client.projects.exports.as_json(project)
    except ValueError:  # an incomplete answer is not JSON
        raise ServerError("the server's export broke off; try again") from None
    for task in tasks:
        annotations = task.get("annotations")
        for annotation in annotations if isinstance(annotations, list) else ():
            if isinstance(annotation, dict) and isinstance(annotation.get("completed_by"), int):
                annotation["completed_by"] = emails.get(annotation["completed_by"], annotation["completed_by"])
    return sorted(tasks, key=lambda task: str(task["data"].get("doc_id")))


def find_doc_ids(prefixes: Collection[str], doc_ids: Collection[str]) -> list[str]:
    """Return the doc_ids that ids or unique beginnings mean, and all of them for ``all``; raises as find_doc_id."""
    return list(doc_ids) if "all" in prefixes else [find_doc_id(prefix, doc_ids) for prefix in prefixes]


def send_and_return(client: Any, tasks: dict[str, Task]) -> list[Task]:
    """Import tasks into a new project, export them and delete the project; return the exported tasks, canonical.

    Raises InputError where an exported task cannot be read, ServerError where an article is missing.
    """
    project = create_project(client, CONFIG.read_text(encoding="utf-8"), title="round trip")
    try:
        import_tasks(client, project, tasks.values())
        exported = export_tasks(client, project)
    finally:
        client.projects.delete(project)
    returned = []
    for task in exported:
        doc_id = read(task, Store().ontology, "export").doc_id
        # The annotator is taken from the file: the server knows only its own users.
        annotator = tasks[doc_id]["annotations"][0].get("completed_by")
        task["annotations"][0].pop("completed_by")
        returned.append(canonicalize(task, completed_by=annotator))
    missing = tasks.keys() - {task["data"]["doc_id"] for task in returned}
    if missing:
        raise ServerError(f"the export lacks {', '.join(sorted(missing))}")
    return returned
