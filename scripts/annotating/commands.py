"""Work with the annotations in Label Studio: run the server, and carry the gold to it and back.

start      start the server (or find it running) with today's gold in it; print its address and log-in
stop       end the server that start started
user       let somebody else log in to that server
push       bring what changed in the gold to the server; with --predictions FILE show an extractor's output there
pull       bring what was edited in the browser into the gold
update     pull, rebuild the corpus and say what changed
status     where each article changed since both sides were the same
roundtrip  take tasks from a folder through a server of its own and write what comes back

push, pull, update and status use the server of start, or the one that LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY name
(a legacy token or a personal access token), and there the project "Vostochny" or the one of LABEL_STUDIO_PROJECT.
Exit code: 0 done, 2 not done, and the message says why and what to do.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts import exchange
from scripts.annotating import server, sync, sync_state
from scripts.annotating.server import STATE, Server, ServerError, end_group, healthy, in_use, write_private
from scripts.annotating.task_files import (
    CONFIG,
    create_project,
    export_tasks,
    import_tasks,
    load_tasks,
    through_server,
    write_tasks,
)
from scripts.files import ANNOTATIONS, CORPUS, display_path, write_or_check
from vostochny.errors import InputError
from vostochny.formats.label_studio import canonicalize, read
from vostochny.formats.label_studio.regions import CLUSTER_KEYS
from vostochny.ontology import load_ontology

__all__ = ["CONFIG", "create_project", "export_tasks", "import_tasks", "load_tasks", "through_server", "write_tasks"]

DATA = STATE / "data"
RUNNING = STATE / "server.json"
REMEMBERED = STATE / "sync"
REPLACED = STATE / "replaced"
TITLE = "Vostochny"
LOCAL = "local"  # the port of our own server is another at every start


# -- a server and its project ------------------------------------------------------------------------------------------


def connect() -> tuple[Any, str]:
    """A client of the server to use, and the name that it is remembered by."""
    url = os.environ.get("LABEL_STUDIO_URL", "").rstrip("/")
    if url:
        key = os.environ.get("LABEL_STUDIO_API_KEY")
        if not key:
            raise ServerError(f"LABEL_STUDIO_API_KEY is not set; take a token from {url}/user/account")
        return server.client(url, key), url
    if not (in_use(DATA) and RUNNING.exists()):
        raise ServerError("no server is running; run `make label-studio`, or set LABEL_STUDIO_URL")
    state = json.loads(RUNNING.read_text(encoding="utf-8"))
    return server.client(state["url"], state["token"]), LOCAL


def find_project(client: Any, server: str) -> int | None:
    """The project to use: the one asked for, the one remembered, or the one with our title. None: there is none yet."""
    asked = os.environ.get("LABEL_STUDIO_PROJECT")
    titles = {one.id: one.title for one in client.projects.list()}
    if asked:
        if not asked.isdecimal() or int(asked) not in titles:
            raise ServerError(f"LABEL_STUDIO_PROJECT is {asked}, and the server has no such project")
        return int(asked)
    remembered = sync_state.projects(REMEMBERED, server)
    found = [one for one in remembered if one in titles] or [one for one in titles if titles[one] == TITLE]
    if len(found) > 1:
        raise ServerError(f"projects {', '.join(map(str, found))} could be meant; name one with LABEL_STUDIO_PROJECT")
    if not found and remembered:
        raise ServerError(
            "the project was deleted on the server, with what was edited there since the last pull; to make it anew "
            f"from the gold, remove {sync_state.file(REMEMBERED, server, remembered[0])} and push"
        )
    return found[0] if found else None


def opened(make: bool = False) -> tuple[Any, int, sync_state.State]:
    """The client, the project (made where ``make`` says so) and what is remembered of it."""
    client, server = connect()
    project = find_project(client, server)
    if project is None:
        if not make:
            raise ServerError(f"the server has no project {TITLE!r} yet; push first")
        project = create_project(client, CONFIG.read_text(encoding="utf-8"), TITLE)
        _hide_columns(client, project)
    return client, project, sync_state.load(REMEMBERED, server, project)


def _hide_columns(client: Any, project: int) -> None:
    """A list of articles by doc_id: what else the server would show of each hides it."""
    answer = client._client_wrapper.httpx_client.request("api/dm/columns", method="GET", params={"project": project})
    shown = {f"{column['target']}:{column['id']}" for column in answer.json()["columns"] if not column.get("parent")}
    hidden = sorted(shown | {f"tasks:data.{key}" for key in ("text", *CLUSTER_KEYS.values())})
    columns = {"explore": hidden, "labeling": hidden}
    client.views.create(project=project, data={"title": "Articles", "type": "list", "hiddenColumns": columns})


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
    try:
        _push(anyway=True)
    except (sync.Refused, exchange.Busy) as refused:  # the server is up all the same, with what stood in it
        print(refused, file=sys.stderr)
    print(f"{state['url']}  log in as {state['username']} with {state['password']}")


def user(options: argparse.Namespace) -> None:
    if os.environ.get("LABEL_STUDIO_URL"):
        raise ServerError("users of another server are made there: Organization, Add People")
    client, _ = connect()
    if options.email not in {one.email for one in client.users.list()}:
        client.users.create(email=options.email, username=options.email.split("@")[0])
    print(f"{options.email} logs in with {server.new_password(DATA, options.email)}")


def stop(_: argparse.Namespace) -> None:
    # The lock, not the number, says that it is still ours: the system gives a dead process's number to another.
    if in_use(DATA) and RUNNING.exists():
        pid = json.loads(RUNNING.read_text(encoding="utf-8"))["pid"]
        end_group(pid, lambda: not in_use(DATA))
        print("stopped")
    else:
        print("no server is running")
    RUNNING.unlink(missing_ok=True)


def push(options: argparse.Namespace) -> None:
    _push(options.ours or (), options.anyway, options.annotations)
    if options.predictions:
        _predict(options.predictions, options.model or options.predictions.stem, options.annotations)


def _push(ours: Any = (), anyway: bool = False, annotations: Path | None = None) -> None:
    annotations = annotations or ANNOTATIONS
    with exchange.locked(annotations / "gold"):
        _push_held(ours, anyway, annotations)


def _push_held(ours: Any, anyway: bool, annotations: Path) -> None:
    from scripts.annotating import sync_gold

    exchange.recover(annotations / "gold")
    tasks = load_tasks(annotations / "gold")
    broken = sync_gold.broken_rules(annotations)
    if broken and not anyway:
        raise sync.Refused("\n".join([*broken, "nothing was pushed; correct the gold, or push it --anyway"]))
    client, project, state = opened(make=True)
    lists = sync_gold.clusters(annotations, tasks)
    done = sync.push(client, project, annotations / "gold", state, lists, _articles(ours, tasks), REPLACED)
    config = CONFIG.read_text(encoding="utf-8")
    if client.projects.get(project).label_config != config:  # last: the server holds it against the tasks
        client.projects.update(project, label_config=config)
    for doc_id, what in done.items():
        print(f"{doc_id}  {what}")
    if broken:
        print(f"{len(broken)} rules are broken in the gold; see python -m scripts validate")


def _predict(file: Path, model: str, annotations: Path) -> None:
    from scripts.annotating import prediction_tasks

    predictions, lost = prediction_tasks.load(file, load_tasks(annotations / "gold"))
    client, project, _ = opened()
    for doc_id, what in prediction_tasks.show(client, project, predictions, model).items():
        left = f"; {lost[doc_id]} items or arrows cannot be drawn" if lost[doc_id] else ""
        print(f"{doc_id}  prediction of {model} {what}{left}")


def pull(options: argparse.Namespace) -> None:
    with exchange.locked(options.annotations / "gold"):
        _pull_held(options)


def _pull_held(options: argparse.Namespace) -> bool:
    from scripts.annotating import sync_gold

    gold = options.annotations / "gold"
    client, project, state = opened()
    theirs = _articles(options.theirs or (), [path.stem for path in gold.glob("*.json")])
    check = lambda files: sync_gold.broken_rules(options.annotations, files)  # noqa: E731
    changed = sync.pull(client, project, gold, state, theirs, check, REPLACED)
    for doc_id, old, new in changed:
        print(f"{doc_id}  {sync_gold.counted(old, new)}")
    if not changed:
        print("nothing was edited in the browser since the last pull")
    return bool(changed)


def update(options: argparse.Namespace) -> None:
    gold = options.annotations / "gold"
    with exchange.locked(gold), tempfile.TemporaryDirectory(prefix="vostochny-") as temporary:
        exchange.recover(gold)
        before = Path(temporary) / "gold"
        shutil.copytree(gold, before)
        changed = _pull_held(options)
        from scripts.build import dataset  # slow to load, and not needed where the pull is refused
        from scripts.history import differences

        try:
            files = dataset.package_data() | dataset.build(options.annotations, options.corpus)
        except InputError as error:
            raise ValueError(f"{error}\nthe gold is new, the corpus still the old one; correct and update") from None
        for path in write_or_check(files, check=False):
            print(f"{display_path(path)}: written")
        if changed:
            differences.main([str(before), str(gold)])


def status(options: argparse.Namespace) -> None:
    client, project, state = opened()
    words = {
        "same": "the same on both sides", "here": "changed here; push", "there": "edited in the browser; pull",
        "both": "changed here and in the browser", "unlike": "differs, and nothing is remembered of it",
        "new": "not on the server; push", "gone": "deleted on the server", "broken": "cannot be pulled",
    }  # fmt: skip
    pairs = sync.compare(client, project, options.annotations / "gold", state)
    for doc_id, pair in pairs.items():
        print("; ".join([f"{doc_id}  {words[pair.state]}", *pair.problems]))


def _articles(given: Any, known: Any) -> list[str]:
    """Full doc_ids for their unique prefixes; all of them for ``all``."""
    out = []
    for name in given:
        fitting = [doc_id for doc_id in known if doc_id.startswith(name) or name == "all"]
        if not fitting or (len(fitting) > 1 and name != "all"):
            raise ValueError(f"{name!r} is {'no article' if not fitting else 'several articles'}: {', '.join(known)}")
        out += fitting
    return out


def roundtrip(options: argparse.Namespace) -> None:
    tasks = load_tasks(options.source)
    STATE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=STATE, prefix="roundtrip-", ignore_cleanup_errors=True) as own:
        with Server(options.server_data or Path(own)) as server:
            began = time.monotonic()
            back = through_server(server.client(), tasks)
        write_tasks(options.target, back)
    for task in back:
        document = read(task, load_ontology())
        counts = (f"{len(getattr(document, layer)):4} {layer}" for layer in ("entities", "events", "quotes"))
        same = "as it went in" if task == canonicalize(tasks[document.doc_id]) else "CHANGED"
        print(f"{document.doc_id}  {'  '.join(counts)}  {same}")
    print(f"{len(back)} documents in and out in {time.monotonic() - began:.1f} s")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("start", help="the server, with the gold in it").set_defaults(run=start)
    commands.add_parser("stop", help="the server that start started").set_defaults(run=stop)
    other = commands.add_parser("user", help="make a user of the server that start started, or a new password")
    other.add_argument("email")
    other.set_defaults(run=user)
    both = argparse.ArgumentParser(add_help=False)
    both.add_argument("--annotations", type=Path, default=ANNOTATIONS, metavar="DIR", help="default: annotations/")
    pushes = commands.add_parser("push", parents=[both], help="from the gold to the server")
    pushes.add_argument("--ours", nargs="+", metavar="DOC_ID", help="make these anew, whatever stands on the server")
    pushes.add_argument("--anyway", action="store_true", help="even a gold that breaks rules, to mend it there")
    pushes.add_argument("--predictions", type=Path, metavar="FILE", help="show an extractor's output beside the gold")
    pushes.add_argument("--model", metavar="NAME", help="whose output it is; default: the file's name")
    pushes.set_defaults(run=push)
    for name, run, what in (("pull", pull, "from the server to the gold"), ("update", update, "pull, rebuild, diff")):
        pulls = commands.add_parser(name, parents=[both], help=what)
        pulls.add_argument("--theirs", nargs="+", metavar="DOC_ID", help="take these from the server, whatever is here")
        pulls.set_defaults(run=run)
        if name == "update":
            pulls.add_argument("--corpus", type=Path, default=CORPUS, metavar="DIR", help="default: corpus/")
    commands.add_parser("status", parents=[both], help="where what changed").set_defaults(run=status)
    trip = commands.add_parser("roundtrip", help="through a server of its own and back")
    trip.add_argument("source", type=Path, metavar="IN_DIR", help="holds <doc_id>.json tasks")
    trip.add_argument("target", type=Path, metavar="OUT_DIR", help="gets what comes back, under the same names")
    trip.add_argument("--server-data", type=Path, metavar="DIR", help="keep the server's folder; a second run is fast")
    trip.set_defaults(run=roundtrip)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (ServerError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except Exception as error:
        said = server.said_by(error)
        if said is None:
            raise
        print(said, file=sys.stderr)
        return 2
    return 0
