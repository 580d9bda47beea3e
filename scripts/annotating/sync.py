"""Carry the gold to Label Studio and back without losing anybody's work.

Every article is looked at on three sides: the file here, the task on the server, and what both were when they last
agreed (:mod:`sync_state`). Where one side changed, the other follows; where both did, nothing is written and the
message says what to do. All is decided before anything is written.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts import exchange
from scripts.annotating.server import ServerError, write_private
from scripts.annotating.sync_state import Known, State
from scripts.annotating.task_files import Task, export_tasks, import_tasks, load_tasks
from vostochny.errors import InputError
from vostochny.formats.label_studio import canonicalize, dumps, read
from vostochny.formats.label_studio.regions import CLUSTER_KEYS, typed_to_picked
from vostochny.ontology import load_ontology

ANEW = "or `push --ours {0}` puts the gold there anew"
SIDES = (
    "to keep the browser's: `pull --theirs {0}`; to keep the file's: `push --ours {0}` (what is replaced goes to "
    ".label-studio/replaced); to keep both: put the file back as of the last pull (git stash), "
    "pull, merge (git stash pop)"
)


class Refused(ValueError):
    """Nothing was written; every line says which article stands in the way, why, and what to do."""


@dataclass
class Pair:
    """An article on both sides. ``problems`` say why the server's side cannot be used as it stands."""

    doc_id: str
    here: Task | None = None
    there: Task | None = None
    known: Known | None = None
    raw: list[Task] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    untouched: bool = False  # pushed without an annotation, and still without

    @property
    def state(self) -> str:
        """same, here, there (where it changed), both, unlike (and nothing is remembered), new, gone or broken."""
        if not self.raw:
            return "new" if self.known is None else "gone"
        if self.problems:
            return "broken"
        ours = hash_of(self.here)
        theirs = self.known.hash if self.known and self.untouched else hash_of(self.there)
        if ours == theirs:
            return "same"
        if self.known is None:
            return "there" if self.here is None else "unlike"
        if theirs == self.known.hash:
            return "here"
        return "there" if ours == self.known.hash else "both"

    def remember(self, state: State, task: Task | None) -> None:
        """Note that both sides now hold this."""
        annotation = next(iter(self.raw[0]["annotations"]), {})
        state.tasks[self.doc_id] = Known(
            self.raw[0]["id"], annotation.get("id"), annotation.get("updated_at"), str(hash_of(task))
        )


def hash_of(task: Task | None) -> str | None:
    """What two tasks share that say the same; who completed them is no part of it."""
    if task is None:
        return None
    same = canonicalize(task)
    same["annotations"][0].pop("completed_by", None)
    return hashlib.sha256(dumps(same).encode()).hexdigest()


def compare(client: Any, project: int, gold: Path, state: State) -> dict[str, Pair]:
    """Every article of the gold or of the state on both sides. Tasks about anything else are left alone."""
    here = load_tasks(gold)
    pairs = {doc_id: Pair(doc_id, task, known=state.tasks.get(doc_id)) for doc_id, task in here.items()}
    for doc_id, known in state.tasks.items():
        pairs.setdefault(doc_id, Pair(doc_id, known=known))
    for task in export_tasks(client, project):
        pair = pairs.get(str(task["data"].get("doc_id")))
        if pair is not None:
            pair.raw.append(task)
    for pair in pairs.values():
        if pair.raw:
            _look(pair)
    return pairs


def _look(pair: Pair) -> None:
    """Read the server's side, or say what is wrong with it."""
    task, again = pair.raw[0], ANEW.format(pair.doc_id)
    text = (pair.here or task)["data"]["text"]
    if len(pair.raw) > 1:
        ids = ", ".join(str(task["id"]) for task in pair.raw)
        pair.problems.append(f"tasks {ids} are all this article; delete all but one in the browser")
    elif task["data"].get("text") != text:
        pair.problems.append(f"the text of its task was edited, so that no offset holds; restore it, {again}")
    elif not task["annotations"] and not task["drafts"] and (pair.known is None or pair.known.annotation is None):
        pair.untouched = pair.known is not None
        pair.there = {"data": task["data"], "annotations": [{"result": []}]}
    elif not task["annotations"] and not task["drafts"]:
        pair.problems.append(f"its annotation was deleted; mark the article again and press Submit, {again}")
    else:
        try:
            read(task, load_ontology(), "task")
            pair.there = canonicalize(task)
        except InputError as error:
            pair.problems += [
                f"{problem.field}: {problem.message}" if problem.field else problem.message
                for problem in error.problems
            ]


def _refuse(reasons: Iterable[tuple[str, str]], what: str) -> None:
    lines = [f"{doc_id}: {reason}" for doc_id, reason in reasons]
    if lines:
        raise Refused("\n".join([*lines, what]))


def _keep(folder: Path, pair: Pair, content: Any) -> None:
    """Put aside what is about to be replaced on somebody's order."""
    folder.mkdir(parents=True, exist_ok=True)
    write_private(folder / f"{pair.doc_id}-{time.strftime('%Y%m%d-%H%M%S')}.json", content)


# -- from the server ---------------------------------------------------------------------------------------------------


def pull(
    client: Any,
    project: int,
    gold: Path,
    state: State,
    theirs: Collection[str] = (),
    check: Callable[[dict[str, str]], list[str]] = lambda _: [],
    aside: Path | None = None,
) -> list[tuple[str, Task | None, Task]]:
    """Bring what was edited in the browser into the gold; the articles that changed, with their old and new task.

    ``theirs`` are articles whose file may be replaced although it changed as well. ``check`` is given the new files by
    name and says what breaks a rule. Raises Refused, and then the gold is as it was.
    """
    exchange.recover(gold)
    before = {path.name: path.read_bytes() for path in gold.glob("*.json")}
    pairs = compare(client, project, gold, state)
    reasons, taken = [], []
    for pair in pairs.values():
        if pair.state == "broken":
            reasons += [(pair.doc_id, problem) for problem in pair.problems]
        elif pair.state == "gone":
            reasons.append((pair.doc_id, "its task was deleted; " + ANEW.format(pair.doc_id).removeprefix("or ")))
        elif pair.state == "there" or (pair.state in ("both", "unlike") and pair.doc_id in theirs):
            taken.append(pair)
        elif pair.state in ("both", "unlike"):
            changed = "changed here and in the browser" if pair.state == "both" else "differs from the server's"
            reasons.append((pair.doc_id, f"{changed}; {SIDES.format(pair.doc_id)}"))
    _refuse(reasons, "nothing was pulled; the gold is as it was")
    files, out = {}, []
    for pair in taken:
        task = canonicalize(pair.there or {})
        before_it = pair.here["annotations"][0] if pair.here else {"result": []}
        if before_it["result"]:  # who made it stays; who corrects it is git's to say
            task["annotations"][0].pop("completed_by", None)
            by = {k: v for k, v in before_it.items() if k == "completed_by"}
            task["annotations"][0] = by | task["annotations"][0]
        files[f"{pair.doc_id}.json"] = dumps(task)
        out.append((pair.doc_id, pair.here, task))
    broken = check(files) if files else []
    if broken:
        raise Refused("\n".join([*broken, "nothing was pulled; correct it in the browser, or the registry here"]))
    if files:
        for pair in taken:
            if aside and pair.state != "there":
                _keep(aside, pair, pair.here)
        exchange.replace_files(gold, files, {name: before.get(name) for name in files})
    for pair in pairs.values():
        if pair.state == "same" or pair in taken:
            pair.remember(state, pair.there if pair in taken else pair.here)
    state.save()
    return out


# -- to the server -----------------------------------------------------------------------------------------------------


def push(
    client: Any,
    project: int,
    gold: Path,
    state: State,
    clusters: Mapping[str, list[dict[str, str]]],
    ours: Collection[str] = (),
    aside: Path | None = None,
) -> dict[str, str]:
    """Bring what changed here to the server; what was done with each article.

    ``clusters`` are the lists to pick from, by their key in the task's data. ``ours`` are articles whose task may be
    made anew whatever stands there. Raises Refused, and then nothing was written.
    """
    pairs = compare(client, project, gold, state)
    todo: dict[str, str] = {}
    reasons = []
    for pair in pairs.values():
        mine = pair.here is not None and (pair.known is None or hash_of(pair.here) != pair.known.hash)
        if pair.here is None:
            todo[pair.doc_id] = "not in the gold; left alone"
        elif pair.doc_id in ours and pair.state not in ("same", "here"):
            todo[pair.doc_id] = "made anew"
        elif pair.state == "new":
            todo[pair.doc_id] = "made"
        elif pair.state == "gone":
            reasons.append((pair.doc_id, "its task was deleted; " + ANEW.format(pair.doc_id).removeprefix("or ")))
        elif pair.state == "broken" and mine:
            reasons += [(pair.doc_id, problem) for problem in pair.problems]
        elif pair.state in ("both", "unlike"):
            changed = "was edited in the browser since the last pull" if pair.state == "both" else "differs there"
            reasons.append((pair.doc_id, f"{changed}; {SIDES.format(pair.doc_id)}"))
        else:
            todo[pair.doc_id] = {"same": "current", "here": "updated"}.get(pair.state, "edited there; pull brings it")
    _refuse(reasons, "nothing was pushed; the server is as it was")
    known = {
        control: {row["alias"] for row in clusters[key]} for control, key in CLUSTER_KEYS.items() if key in clusters
    }
    made = []
    for pair in pairs.values():
        if pair.here is None:
            continue
        what, data = todo[pair.doc_id], {**pair.here["data"], **clusters}
        result = [typed_to_picked(entry, known) for entry in canonicalize(pair.here)["annotations"][0]["result"]]
        if what in ("made", "made anew"):
            for task in pair.raw:
                if aside:
                    _keep(aside, pair, task)
                client.tasks.delete(task["id"])
            by = {k: v for k, v in pair.here["annotations"][0].items() if k == "completed_by"}
            made.append({"data": data, "annotations": [{**by, "result": result}] if result else []})
        elif what == "updated":
            _update(client, pair, result)
            pair.remember(state, pair.here)
            state.save()
        if what in ("updated", "current") and pair.raw[0]["data"] != data:
            client.tasks.update(pair.raw[0]["id"], data=data)
    if made:
        import_tasks(client, project, made)
    _remember(client, project, pairs, todo, state)
    return todo


def _update(client: Any, pair: Pair, result: list[dict[str, Any]]) -> None:
    """Replace an annotation, unless somebody saved it after we looked: the server itself would not mind."""
    there = next(iter(pair.raw[0]["annotations"]), None)
    if there is None:
        client.annotations.create(pair.raw[0]["id"], result=result)
        return
    now = client.annotations.get(there["id"])
    if json.dumps(now.result, sort_keys=True) != json.dumps(there["result"], sort_keys=True):
        raise Refused(f"{pair.doc_id}: was edited in the browser this moment; pull, and push again")
    client.annotations.update(there["id"], result=result)


def _remember(client: Any, project: int, pairs: Mapping[str, Pair], todo: Mapping[str, str], state: State) -> None:
    """Note the ids that the server gave, and for each article what both sides now hold."""
    for task in export_tasks(client, project):
        pair = pairs.get(str(task["data"].get("doc_id")))
        if pair is not None and todo[pair.doc_id] in ("made", "made anew", "updated", "current"):
            pair.raw = [task]
            pair.remember(state, pair.here)
    lost = [d for d, what in todo.items() if what.startswith("made") and d not in state.tasks]
    if lost:
        raise ServerError(f"the server does not show {', '.join(lost)}; push again")
    state.save()
