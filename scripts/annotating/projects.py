"""Find the Label Studio server to use and the project on it.

The server is the one that LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY name (a legacy token or a personal access token),
or else the local one that ``python -m scripts start`` started. The project is the one of LABEL_STUDIO_PROJECT, or else
the one used before, or else the one with the title "Vostochny".
"""

from __future__ import annotations

import os
from typing import Any

from scripts.annotating import sync_state
from scripts.annotating.server import STATE, ServerError, connect, find_process, read_login
from scripts.annotating.task_files import CONFIG, create_project
from vostochny.formats.label_studio.regions import CLUSTER_KEYS

DATA = STATE / "data"  # of the local server
SYNC_STATES = STATE / "sync"  # see sync_state
REPLACED = STATE / "replaced"  # copies of what `--ours` and `--theirs` replaced
TITLE = "Vostochny"
# The key of the local server in the sync states; its URL cannot be, because its port changes at every start.
LOCAL_NAME = "local"


def read_local_server() -> dict[str, Any] | None:
    """Return url, pid, username, password and token of the local server, or None where it does not run."""
    process = find_process(DATA)
    if process is None:
        return None
    pid, url = process
    return {**read_login(DATA / "login.json", ("username", "password", "token")), "pid": pid, "url": url}


def connect_to_server() -> tuple[Any, str]:
    """Return a client of the server to use, and the name by which its projects are remembered."""
    url = os.environ.get("LABEL_STUDIO_URL", "").rstrip("/")
    if url:
        key = os.environ.get("LABEL_STUDIO_API_KEY")
        if not key:
            raise ServerError(f"LABEL_STUDIO_API_KEY is not set; take a token from {url}/user/account")
        return connect(url, key), url
    local = read_local_server()
    if local is None:
        raise ServerError("no server is running; run `make label-studio`, or set LABEL_STUDIO_URL")
    return connect(local["url"], local["token"]), LOCAL_NAME


def find_project(client: Any, server: str) -> int | None:
    """Return the id of the project to use, or None where the server has none yet.

    It is the project that LABEL_STUDIO_PROJECT names, the one remembered from an earlier call, or the one with our
    title. Raises ServerError if that one was deleted, or if several match.
    """
    requested = os.environ.get("LABEL_STUDIO_PROJECT")
    titles = {project.id: project.title for project in client.projects.list()}
    if requested:
        if not requested.isdecimal() or int(requested) not in titles:
            raise ServerError(f"LABEL_STUDIO_PROJECT is {requested}, and the server has no such project")
        return int(requested)
    remembered = sync_state.remembered_projects(SYNC_STATES, server)
    candidates = [id_ for id_ in remembered if id_ in titles] or [id_ for id_ in titles if titles[id_] == TITLE]
    if len(candidates) > 1:
        ids = ", ".join(map(str, candidates))
        raise ServerError(f"several projects match: {ids}; name one with LABEL_STUDIO_PROJECT")
    if not candidates and remembered:
        raise ServerError(
            "the project was deleted on the server, with what was edited there since the last pull; to create it again "
            f"from the gold, remove {sync_state.state_file(SYNC_STATES, server, remembered[0])} and push"
        )
    return candidates[0] if candidates else None


def open_project(create: bool = False) -> tuple[Any, int, sync_state.State]:
    """Return the client, the project's id and what is remembered of it.

    Where the server has no project yet, it is created with ``create``; otherwise ServerError is raised.
    """
    client, server = connect_to_server()
    project = find_project(client, server)
    if project is None:
        if not create:
            raise ServerError(f"the server has no project {TITLE!r} yet; run python -m scripts push")
        project = create_project(client, CONFIG.read_text(encoding="utf-8"), TITLE)
    state = sync_state.load(SYNC_STATES, server, project)
    if create and not state.tasks:  # the first push, which may have been interrupted before
        _hide_columns(client, project)
    return client, project, state


def _hide_columns(client: Any, project: int) -> None:
    """Make the project's list of tasks show only doc_ids, by which annotators choose; leave a list that exists."""
    if client.views.list(project=project):
        return
    answer = client._client_wrapper.httpx_client.request("api/dm/columns", method="GET", params={"project": project})
    columns = {f"{column['target']}:{column['id']}" for column in answer.json()["columns"] if not column.get("parent")}
    # The columns of the tasks' data are added by name: the server does not list them while there are no tasks.
    hidden = sorted(columns | {f"tasks:data.{key}" for key in ("text", *CLUSTER_KEYS.values())})
    hidden_columns = {"explore": hidden, "labeling": hidden}
    client.views.create(project=project, data={"title": "Articles", "type": "list", "hiddenColumns": hidden_columns})
