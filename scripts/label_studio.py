"""Work with the annotations in Label Studio: run the server, and carry tasks in and out of it.

start      start the server (or find it running) and print its address and log-in
stop       end the server that start started
roundtrip  take tasks from a folder through a server of its own and write what comes back
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vostochny import ontology
from vostochny.formats import FormatError
from vostochny.formats.label_studio import canonical, dumps, read

from label_studio_server import STATE, Server, ServerError, end_group, healthy, in_use, write_private

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "annotations" / "label_studio.xml"
DATA = STATE / "data"
RUNNING = STATE / "server.json"

Task = dict[str, Any]


# -- tasks and projects; a client is the SDK's, as Server.client() gives it --------------------------------------------


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
        request.append({"data": task["data"], "annotations": annotations})
    answer = client.projects.import_tasks(project, request=request)
    if answer.task_count != len(request):
        raise ServerError(f"the server took {answer.task_count} of {len(request)} tasks")


def export_tasks(client: Any, project: int) -> list[Task]:
    """Every task of a project as the server exports it, by doc_id, annotators named by their email."""
    emails = {user.id: user.email for user in client.users.list()}
    tasks = client.projects.exports.as_json(project)
    for task in tasks:
        for annotation in task["annotations"]:
            annotation["completed_by"] = emails.get(annotation["completed_by"], annotation["completed_by"])
    return sorted(tasks, key=lambda task: str(task["data"].get("doc_id")))


def load_tasks(folder: Path) -> dict[str, Task]:
    """The tasks of a folder by doc_id, read through to the last fault. Raises FormatError with those of all files."""
    files = sorted(folder.glob("*.json"))
    if not files:
        raise ValueError(f"{folder} holds no <doc_id>.json")
    tasks, faults = {}, []
    for file in files:
        try:
            task = json.loads(file.read_text(encoding="utf-8"))
            doc_id = read(task, ontology.load(), str(file)).doc_id
        except FormatError as error:
            faults += error.faults
            continue
        except ValueError as error:  # no JSON, or no UTF-8
            raise ValueError(f"{file}: {error}") from None
        if doc_id != file.stem:
            raise ValueError(f"{file}: holds the article {doc_id!r}; name the file {doc_id}.json")
        tasks[doc_id] = task
    if faults:
        raise FormatError(faults)
    return tasks


def write_tasks(folder: Path, tasks: Iterable[Task]) -> None:
    """Write each canonical task to <doc_id>.json; a file is either the old one or the new one, never half of it."""
    folder.mkdir(parents=True, exist_ok=True)
    for task in tasks:
        path = folder / f"{task['data']['doc_id']}.json"
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="\n", dir=folder, delete=False) as new:
            new.write(dumps(task))
        os.chmod(new.name, 0o644)
        os.replace(new.name, path)


def through_server(client: Any, tasks: dict[str, Task]) -> list[Task]:
    """Import tasks into a new project, export them and delete it; what came back, canonical.

    Raises FormatError where what came back cannot be read, ServerError where an article is missing.
    """
    project = create_project(client, CONFIG.read_text(encoding="utf-8"))
    try:
        import_tasks(client, project, tasks.values())
        exported = export_tasks(client, project)
    finally:
        client.projects.delete(project)
    back = []
    for task in exported:
        doc_id = read(task, ontology.load(), "export").doc_id
        # Who annotated is the file's to say here: the server knows only its own users.
        name = tasks[doc_id]["annotations"][0].get("completed_by")
        task["annotations"][0].pop("completed_by")
        back.append(canonical(task, completed_by=name))
    missing = tasks.keys() - {task["data"]["doc_id"] for task in back}
    if missing:
        raise ServerError(f"the export lacks {', '.join(sorted(missing))}")
    return back


# -- commands ----------------------------------------------------------------------------------------------------------


def start(_: argparse.Namespace) -> None:
    if in_use(DATA) and RUNNING.exists():
        state = json.loads(RUNNING.read_text(encoding="utf-8"))
        if not healthy(state["url"]):
            raise ServerError(f"the server at {state['url']} runs but does not answer; stop it and start again")
    else:
        server = Server(DATA)
        state = {key: getattr(server, key) for key in ("pid", "url", "username", "password", "token")}
        write_private(RUNNING, state)
    print(f"{state['url']}  log in as {state['username']} with {state['password']}")


def stop(_: argparse.Namespace) -> None:
    # The lock, not the number, says that it is still ours: the system gives a dead process's number to another.
    if in_use(DATA) and RUNNING.exists():
        pid = json.loads(RUNNING.read_text(encoding="utf-8"))["pid"]
        end_group(pid, lambda: not in_use(DATA))
        print("stopped")
    else:
        print("no server is running")
    RUNNING.unlink(missing_ok=True)


def roundtrip(options: argparse.Namespace) -> None:
    tasks = load_tasks(options.source)
    STATE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=STATE, prefix="roundtrip-", ignore_cleanup_errors=True) as own:
        with Server(options.server_data or Path(own)) as server:
            began = time.monotonic()
            back = through_server(server.client(), tasks)
        write_tasks(options.target, back)
    for task in back:
        document = read(task, ontology.load())
        counts = (f"{len(getattr(document, layer)):4} {layer}" for layer in ("entities", "events", "quotes"))
        same = "as it went in" if task == canonical(tasks[document.doc_id]) else "CHANGED"
        print(f"{document.doc_id}  {'  '.join(counts)}  {same}")
    print(f"{len(back)} documents in and out in {time.monotonic() - began:.1f} s")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("start").set_defaults(run=start)
    commands.add_parser("stop").set_defaults(run=stop)
    trip = commands.add_parser("roundtrip", help="through a server of its own and back")
    trip.add_argument("source", type=Path, metavar="IN_DIR", help="holds <doc_id>.json tasks")
    trip.add_argument("target", type=Path, metavar="OUT_DIR", help="gets what comes back, under the same names")
    trip.add_argument("--server-data", type=Path, metavar="DIR", help="keep the server's folder; a second run is fast")
    trip.set_defaults(run=roundtrip)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except (FormatError, ServerError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, ValueError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
