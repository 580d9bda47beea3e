"""Carry the gold to Label Studio and back without losing anybody's work.

Three states of every article are compared: the file here, the task on the server, and what both were when they last
agreed (:mod:`scripts.annotating.sync_state`). Where one side changed, the other follows; where both did, nothing is
written and the message says what to do. Everything is decided before anything is written.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts import exchange
from scripts.annotating.server import ServerError, write_private
from scripts.annotating.sync_state import Agreed, State
from scripts.annotating.task_files import export_tasks, import_tasks
from scripts.errors import CommandError
from scripts.store import Store
from vostochny.errors import InputError, to_printable_line
from vostochny.formats.label_studio import canonicalize, dumps, read
from vostochny.formats.label_studio.regions import CLUSTER_KEYS, Task, choose_annotation, typed_to_picked
from vostochny.ontology import Ontology

# What a push does with an article, as it is printed.
CREATED = "created"
REPLACED = "replaced"
UPDATED = "updated"
UNCHANGED = "unchanged"
EDITED_THERE = "edited in the browser; pull to get it"
NOT_IN_GOLD = "not in the gold; left as it is"

# Advice at the end of messages; the braces are filled with a doc_id.
RESTORE = "`push --ours {0}` replaces the task by the gold"
CHOOSE = (
    "to keep the browser's version, `pull --theirs {0}`; to keep the file, `push --ours {0}` (what is replaced is "
    "saved in .label-studio/replaced); to keep both, put the file back as of the last pull (git stash), pull, and "
    "merge (git stash pop)"
)


class Refused(CommandError):
    """A sync that wrote nothing; each line of the message names an article, what is in the way, and what to do."""


@dataclass
class Article:
    """One article in the gold and on the server."""

    doc_id: str
    local: Task | None = None  # the file's task; None: the gold has no such file
    remote: Task | None = None  # the server's task, canonical; None: there is none, or it has problems
    agreed: Agreed | None = None  # what both sides were when they last agreed; None: nothing is remembered
    server_tasks: list[Task] = field(default_factory=list)  # as exported; more than one is a problem
    problems: list[str] = field(default_factory=list)  # why the server's side cannot be used as it stands
    still_empty: bool = False  # pushed without an annotation, and still without one

    @property
    def state(self) -> str:
        """Where the article changed since both sides agreed.

        ``same``: nowhere; ``local``, ``remote``, ``both``: on that side; ``unknown``: the sides differ and nothing is
        remembered; ``new``: it was never on the server; ``deleted``: its task was deleted there; ``broken``: the
        server's side has ``problems``.
        """
        if not self.server_tasks:
            return "new" if self.agreed is None else "deleted"
        if self.problems:
            return "broken"
        local = hash_task(self.local)
        # Nobody has annotated it since: the server's side is still what both agreed on.
        remote = self.agreed.hash if self.agreed and self.still_empty else hash_task(self.remote)
        if local == remote:
            return "same"
        if self.agreed is None:
            return "remote" if self.local is None else "unknown"
        if remote == self.agreed.hash:
            return "local"
        return "remote" if local == self.agreed.hash else "both"

    def get_annotation(self) -> dict[str, Any] | None:
        """Return the server's annotation, which is not one that was skipped; None where there is none."""
        annotations = self.server_tasks[0]["annotations"]
        return next((annotation for annotation in annotations if not annotation.get("was_cancelled")), None)

    def remember(self, state: State, task: Task | None) -> None:
        """Record in ``state`` that both sides are now equal to ``task``."""
        annotation = self.get_annotation() or {}
        state.tasks[self.doc_id] = Agreed(
            self.server_tasks[0]["id"], annotation.get("id"), annotation.get("updated_at"), str(hash_task(task))
        )


def hash_task(task: Task | None) -> str | None:
    """Return a hash that two tasks share if they have the same annotation, whoever made it; None for no task."""
    if task is None:
        return None
    content = canonicalize(task)
    content["annotations"][0].pop("completed_by", None)
    return hashlib.sha256(dumps(content).encode()).hexdigest()


def compare(client: Any, project: int, gold: Path, state: State) -> dict[str, Article]:
    """Return every article of the gold or of the state, by doc_id, with its task on the server.

    Tasks of the project about anything else are ignored. Raises InputError where a file of the gold cannot be read.
    """
    store = Store(gold, gold="")
    tasks = store.read_tasks()
    articles = {doc_id: Article(doc_id, task, agreed=state.tasks.get(doc_id)) for doc_id, task in tasks.items()}
    for doc_id, agreed in state.tasks.items():
        articles.setdefault(doc_id, Article(doc_id, agreed=agreed))
    for task in export_tasks(client, project):
        article = articles.get(str(task["data"].get("doc_id")))
        if article is not None:
            article.server_tasks.append(task)
    for article in articles.values():
        if article.server_tasks:
            _read_remote(article, store.ontology)
    return articles


def _read_remote(article: Article, ontology: Ontology) -> None:
    """Set ``remote`` of an article from its exported task, or else add to its ``problems``."""
    task, restore = article.server_tasks[0], f"or {RESTORE.format(article.doc_id)}"
    text = (article.local or task)["data"]["text"]
    has_work = task.get("annotations") != [] or task.get("drafts")
    if len(article.server_tasks) > 1:
        ids = ", ".join(str(task["id"]) for task in article.server_tasks)
        article.problems.append(f"tasks {ids} are all this article; delete all but one in the browser")
    elif task["data"].get("text") != text:
        article.problems.append(f"the text of its task was edited, so all offsets are wrong; restore it, {restore}")
    elif not has_work and (article.agreed is None or article.agreed.annotation is None):
        # Nobody has annotated it yet.
        article.still_empty = article.agreed is not None
        article.remote = {"data": task["data"], "annotations": [{"result": []}]}
    elif not has_work:
        article.problems.append(f"its annotation was deleted; annotate it again and press Submit, {restore}")
    else:
        try:
            read(task, ontology, "task")
            article.remote = canonicalize(task)
        except InputError as error:
            article.problems += [
                to_printable_line(f"{problem.field}: {problem.message}" if problem.field else problem.message)
                for problem in error.problems
            ]


def _refuse(reasons: Iterable[tuple[str, str]], conclusion: str) -> None:
    """Raise Refused where there are reasons, pairs of a doc_id and what is in the way."""
    lines = [f"{doc_id}: {reason}" for doc_id, reason in reasons]
    if lines:
        raise Refused("\n".join([*lines, conclusion]))


def _save_replaced(folder: Path, article: Article, content: Any) -> None:
    """Save what is about to be replaced because the annotator asked for it."""
    name = f"{article.doc_id}-{time.strftime('%Y%m%d-%H%M%S')}"
    paths = (folder / f"{name}{ending}.json" for ending in itertools.chain([""], (f"-{n}" for n in itertools.count(2))))
    write_private(next(path for path in paths if not path.exists()), content)


# -- from the server ---------------------------------------------------------------------------------------------------


def pull(
    client: Any,
    project: int,
    gold: Path,
    state: State,
    theirs: Collection[str] = (),
    check: Callable[[dict[str, str]], list[str]] = lambda _: [],
    replaced: Path | None = None,
) -> list[tuple[str, Task | None, Task]]:
    """Write into the gold what was edited in the browser.

    Returns doc_id, old task (None: a new file) and new task of each article that changed. Raises Refused, and then the
    gold is as it was.

    Args:
        client: the server's client.
        project: the project's id.
        gold: the folder of <doc_id>.json.
        state: what is remembered of the project; updated and saved.
        theirs: doc_ids whose file may be replaced although it changed as well.
        check: returns the rules that new files would break, one line each; it gets content by file name.
        replaced: where to save the files that are replaced because of ``theirs``; None: nowhere.
    """
    exchange.recover(gold)
    # Read before the comparison: the exchange refuses where a file is not what the decisions were made on.
    store = Store(gold, gold="")
    before = store.read_task_files()
    articles = compare(client, project, gold, state)
    edited = _select_edited(articles.values(), theirs)
    new_tasks = {article.doc_id: _merge_annotator(article) for article in edited}
    files = {store.task_path(doc_id): dumps(task) for doc_id, task in new_tasks.items()}
    broken = check(files) if files else []
    if broken:
        raise Refused("\n".join([*broken, "nothing was pulled; correct it in the browser, or the registry here"]))
    if files:
        for article in edited:
            if replaced and article.state != "remote":
                _save_replaced(replaced, article, article.local)
        exchange.replace_files(gold, files, {name: before.get(name) for name in files})
    # After the files: were the state saved first, an interruption between the two would make the edits look old.
    for article in articles.values():
        if article.doc_id in new_tasks:
            article.remember(state, article.remote)
        elif article.state == "same":
            article.remember(state, article.local)
    state.save()
    return [(article.doc_id, article.local, new_tasks[article.doc_id]) for article in edited]


def _select_edited(articles: Iterable[Article], theirs: Collection[str]) -> list[Article]:
    """Return the articles whose server side is to be written. Raises Refused with all articles that are in the way."""
    edited, reasons = [], []
    for article in articles:
        doc_id, state = article.doc_id, article.state
        if state == "broken":
            reasons += [(doc_id, problem) for problem in article.problems]
        elif state == "deleted":
            reasons.append((doc_id, f"its task was deleted; {RESTORE.format(doc_id)}"))
        elif state == "remote" or (state in ("both", "unknown") and doc_id in theirs):
            edited.append(article)
        elif state == "both":
            reasons.append((doc_id, f"changed here and in the browser; {CHOOSE.format(doc_id)}"))
        elif state == "unknown":
            reasons.append((doc_id, f"differs from the server's; {CHOOSE.format(doc_id)}"))
    _refuse(reasons, "nothing was pulled; the gold is as it was")
    return edited


def _merge_annotator(article: Article) -> Task:
    """Return the server's task with the file's annotator: who made the annotation stays, git records who corrects it.

    An article that had no annotation gets the annotator of the server's.
    """
    task = canonicalize(article.remote or {})
    old = choose_annotation(article.local, None, "task") if article.local else {"result": []}
    if old["result"]:
        task["annotations"][0].pop("completed_by", None)
        annotator = {key: value for key, value in old.items() if key == "completed_by"}
        task["annotations"][0] = annotator | task["annotations"][0]
    return task


# -- to the server -----------------------------------------------------------------------------------------------------


def push(
    client: Any,
    project: int,
    gold: Path,
    state: State,
    clusters: Mapping[str, list[dict[str, str]]],
    ours: Collection[str] = (),
    replaced: Path | None = None,
) -> dict[str, str]:
    """Bring to the server what changed in the gold; return what was done with each article, by doc_id.

    Raises Refused, and then nothing was written.

    Args:
        client: the server's client.
        project: the project's id.
        gold: the folder of <doc_id>.json.
        state: what is remembered of the project; updated and saved.
        clusters: the lists to pick clusters from, by their key in a task's data.
        ours: doc_ids whose task may be replaced whatever the server has.
        replaced: where to save the tasks that are replaced because of ``ours``; None: nowhere.
    """
    articles = compare(client, project, gold, state)
    actions = _plan_push(articles.values(), ours)
    aliases = {
        control: {row["alias"] for row in clusters[key]} for control, key in CLUSTER_KEYS.items() if key in clusters
    }
    new_tasks = []
    for article in articles.values():
        if article.local is None:
            continue
        action, data = actions[article.doc_id], {**article.local["data"], **clusters}
        result = [typed_to_picked(entry, aliases) for entry in canonicalize(article.local)["annotations"][0]["result"]]
        if action in (CREATED, REPLACED):
            for task in article.server_tasks:
                if replaced:
                    _save_replaced(replaced, article, task)
                client.tasks.delete(task["id"])
            own = choose_annotation(article.local, None, "task")
            annotator = {k: v for k, v in own.items() if k == "completed_by"}
            # Without results there is no annotation at all, so that the page offers Submit and any prediction.
            new_tasks.append({"data": data, "annotations": [{**annotator, "result": result}] if result else []})
        elif action == UPDATED:
            _update_annotation(client, article, result)
            # Saved after each one: an interrupted push must not take its own updates for edits in the browser.
            article.remember(state, article.local)
            state.save()
        if action in (UPDATED, UNCHANGED) and article.server_tasks[0]["data"] != data:
            client.tasks.update(article.server_tasks[0]["id"], data=data)
    if new_tasks:
        import_tasks(client, project, new_tasks)
    _remember_pushed(client, project, articles, actions, state)
    return actions


def _plan_push(articles: Iterable[Article], ours: Collection[str]) -> dict[str, str]:
    """Return what to do with each article, by doc_id. Raises Refused with all articles that are in the way."""
    actions: dict[str, str] = {}
    reasons = []
    for article in articles:
        doc_id, state = article.doc_id, article.state
        changed_here = article.agreed is None or hash_task(article.local) != article.agreed.hash
        if article.local is None:
            actions[doc_id] = NOT_IN_GOLD
        elif doc_id in ours and state not in ("same", "local"):
            actions[doc_id] = REPLACED
        elif state == "new":
            actions[doc_id] = CREATED
        elif state == "deleted":
            reasons.append((doc_id, f"its task was deleted; {RESTORE.format(doc_id)}"))
        elif state == "broken" and changed_here:
            reasons += [(doc_id, problem) for problem in article.problems]
        elif state == "both":
            reasons.append((doc_id, f"was edited in the browser since the last pull; {CHOOSE.format(doc_id)}"))
        elif state == "unknown":
            reasons.append((doc_id, f"differs from the gold's; {CHOOSE.format(doc_id)}"))
        else:
            # What is broken on the server and unchanged here is left for the pull to report.
            actions[doc_id] = {"same": UNCHANGED, "local": UPDATED}.get(state, EDITED_THERE)
    _refuse(reasons, "nothing was pushed; the server is as it was")
    return actions


def _update_annotation(client: Any, article: Article, result: Sequence[dict[str, Any]]) -> None:
    """Replace an annotation. Raises Refused where somebody saved it since the comparison.

    The server would overwrite that edit without a word, so the annotation is read once more just before.
    """
    annotation = article.get_annotation()
    if annotation is None:
        client.annotations.create(article.server_tasks[0]["id"], result=result)
        return
    current = client.annotations.get(annotation["id"])
    if json.dumps(current.result, sort_keys=True) != json.dumps(annotation["result"], sort_keys=True):
        raise Refused(f"{article.doc_id}: was edited in the browser at this moment; pull, and push again")
    client.annotations.update(annotation["id"], result=result)


def _remember_pushed(
    client: Any, project: int, articles: Mapping[str, Article], actions: Mapping[str, str], state: State
) -> None:
    """Record the ids that the server gave, and for each pushed article that both sides are now the same.

    Raises ServerError where a new task does not appear on the server.
    """
    for task in export_tasks(client, project):
        article = articles.get(str(task["data"].get("doc_id")))
        if article is not None and actions[article.doc_id] in (CREATED, REPLACED, UPDATED, UNCHANGED):
            article.server_tasks = [task]
            article.remember(state, article.local)
    missing = [d for d, action in actions.items() if action in (CREATED, REPLACED) and d not in state.tasks]
    if missing:
        raise ServerError(f"the server does not show {', '.join(missing)}; push again")
    state.save()
