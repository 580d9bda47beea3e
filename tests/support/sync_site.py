"""A copy of the project with a small gold, and a project of the real server that it is synchronized with."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts.annotating import sync, sync_state, task_files
from scripts.annotating.projects import TITLE
from scripts.files import ROOT
from tests.support.forks import Forks
from tests.support.project_copy import ProjectCopy
from tests.support.small_annotations import SECOND, TEXTS, AnnotationsCopy
from tests.support.wrong_answers import WrongServer
from vostochny.formats.label_studio import canonicalize, dumps
from vostochny.system.outputs import is_unfinished

# Articles by what happens to them before a command: changed here, on both sides, in the browser, not yet pushed.
HERE, BOTH, THERE, NEW = SECOND, "002_both", "003_there", "004_new"
MODEL = "lookup"


class SyncSite:
    """The copy, at ``root``, and what is in it; ``client`` leads to the server, ``env`` to a proxy at ``url``."""

    def __init__(self, root: Path, token: str, client: Any, url: str):
        self.root, self.client, self.url = root, client, url
        self.env = {"LABEL_STUDIO_URL": url, "LABEL_STUDIO_API_KEY": token, "TMPDIR": str(root / "tmp")}
        self.copy = ProjectCopy(root)
        for name in ("annotations", "seeds", "corpus", "benchmark/leaderboard", "benchmark/baselines"):
            shutil.rmtree(root / name)
        small = AnnotationsCopy(root)
        shutil.copy(ROOT / "annotations/label_studio.xml", small.annotations)
        shutil.rmtree(small.annotations / "annotators")
        (small.annotations / "adjudication.jsonl").unlink()
        manifest = yaml.safe_load((small.annotations / "documents.yaml").read_text(encoding="utf-8"))
        for doc_id in (BOTH, THERE, NEW):
            task = json.loads((small.gold / f"{SECOND}.json").read_text(encoding="utf-8"))
            task["data"]["doc_id"] = doc_id
            small.write_task(doc_id, task)
            (root / "seeds" / f"{doc_id}.txt").write_text(TEXTS[SECOND], encoding="utf-8")
            manifest["documents"][doc_id] = dict(manifest["documents"][SECOND])
        for about in manifest["documents"].values():
            about |= {"language": "en", "date": "2023-09-13", "url": "https://example.org", "publisher": "x"}
            about |= {"translated": None, "review": None}
        small.write_yaml("documents.yaml", manifest)
        (root / "corpus").mkdir()
        (root / "tmp").mkdir()
        self.gold = small.gold
        row = {"doc_id": SECOND, "entities": [{"start": 0, "end": 14, "type": "PER"}]}
        (root / "predictions.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
        self.copy.done("-m", "scripts", "build", "corpus")
        self.before = self.read_files()

    def add_generated_files(self) -> None:
        """Add every other generated file, but for the leaderboard."""
        (self.root / "docs").mkdir()
        for name in ("DATASHEET.md", "README.md", "docs/metrics.md", "docs/rows.md", "docs/scale.md"):
            shutil.copy(ROOT / name, self.root / name)
        passes = self.root / "annotations/annotators"
        for name in ("a", "b"):
            shutil.copytree(self.gold, passes / name)
        (passes / "shown.json").write_text('{"places": []}', encoding="utf-8")
        (self.root / "annotations/discrepancy_readings.jsonl").touch()
        self.copy.done("-m", "scripts", "build", "agreement", "corpus", "datasheet")
        self.before = self.read_files()

    # -- the state before a command ------------------------------------------------------------------------------------

    def restore(self, with_server: bool = True, commands: str = "") -> None:
        """Put files and server into the state in which each command has something to do.

        Without ``with_server``, the server has nothing of it yet.
        """
        now = self.read_files()
        for name in now.keys() - self.before.keys():
            (self.root / name).unlink()
        for name, content in self.before.items():
            if now.get(name) != content:
                (self.root / name).write_bytes(content)
        for name in ("tmp", ".label-studio"):
            shutil.rmtree(self.root / name, ignore_errors=True)
        (self.root / "tmp").mkdir()
        self.delete_projects()
        if not with_server:
            return
        project = task_files.create_project(self.client, task_files.CONFIG.read_text(encoding="utf-8"), TITLE)
        self.client.views.create(project=project, data={"title": "Articles"})
        state = sync_state.load(self.root / ".label-studio/sync", self.url, project)
        new = self.gold / f"{NEW}.json"
        content = new.read_bytes()
        if "push" in commands:
            new.unlink()
        sync.push(self.client, project, self.gold, state, {})
        new.write_bytes(content)
        for task in self.export():
            doc_id = task["data"]["doc_id"]
            if doc_id in (BOTH, THERE):
                (annotation,) = task["annotations"]
                self.client.annotations.update(annotation["id"], result=change(annotation["result"], "belief"))
            if doc_id == SECOND:
                self.client.predictions.create(task=task["id"], result=[], model_version=MODEL)
        for doc_id in (HERE, BOTH):
            path = self.gold / f"{doc_id}.json"
            task = json.loads(path.read_text(encoding="utf-8"))
            change(task["annotations"][0]["result"], "intention")
            path.write_text(dumps(task), encoding="utf-8")

    def delete_projects(self) -> None:
        for project in self.list_projects():
            self.client.projects.delete(project)

    # -- what is there now ---------------------------------------------------------------------------------------------

    def list_projects(self) -> list[int]:
        return [project.id for project in self.client.projects.list() if project.title == TITLE]

    def export(self) -> list[dict[str, Any]]:
        return [task for id_ in self.list_projects() for task in task_files.export_tasks(self.client, id_)]

    def read_files(self) -> dict[str, bytes]:
        """Return all files but those of the sync itself and what a killed process has left unfinished."""
        out = {}
        for path in self.root.rglob("*"):
            parts = path.relative_to(self.root).parts
            hidden = {"__pycache__", ".label-studio", "tmp", ".gold.new", ".gold.old"}
            if path.is_file() and not hidden & {*parts} and not any(map(is_unfinished, parts)):
                out["/".join(parts)] = path.read_bytes()
        return out

    def read_replaced(self) -> set[str]:
        """Return the annotations that were saved because they were replaced."""
        folder = self.root / ".label-studio/replaced"
        paths = [path for path in folder.glob("*") if not is_unfinished(path.name)]
        return {render(json.loads(path.read_text(encoding="utf-8"))) for path in paths}

    def read_server(self) -> dict[str, Any]:
        """Return what the server has, without numbers and times, which differ from run to run."""
        projects = self.list_projects()
        tasks = []
        for task in self.export():
            shown = [p for p in self.client.predictions.list(task=task["id"]) if p.model_version == MODEL]
            tasks.append(
                (task["data"]["doc_id"], render(task), len(task["annotations"]), len(task["data"]),
                 sorted(len(p.result) for p in shown))
            )  # fmt: skip
        return {
            "tasks": tasks,
            "configurations": [self.client.projects.get(id_).label_config for id_ in projects],
            "views": [[view.data["title"] for view in self.client.views.list(project=id_)] for id_ in projects],
        }

    def read_agreed(self) -> dict[str, str]:
        """Return what is remembered of the sync: a hash by doc_id."""
        agreed: dict[str, str] = {}
        for path in (self.root / ".label-studio/sync").glob("*.json"):
            rows = json.loads(path.read_text(encoding="utf-8"))["tasks"]
            agreed |= {doc_id: row["hash"] for doc_id, row in rows.items()}
        return agreed

    def read_all(self) -> list[Any]:
        return [self.read_files(), self.read_server(), self.read_replaced(), self.read_agreed()]

    def list_annotations(self) -> set[str]:
        """Return every annotation that is stored anywhere: in the gold, on the server, among what was replaced."""
        return self._read_gold() | self._read_exported() | self.read_replaced()

    def list_edits(self) -> set[str]:
        """Return what somebody has changed, here or in the browser, and no command may lose."""
        return self._read_gold(HERE, BOTH) | self._read_exported(BOTH, THERE)

    def _read_gold(self, *doc_ids: str) -> set[str]:
        tasks = [json.loads(path.read_text(encoding="utf-8")) for path in self.gold.glob("*.json")]
        return {render(task) for task in tasks if not doc_ids or task["data"]["doc_id"] in doc_ids}

    def _read_exported(self, *doc_ids: str) -> set[str]:
        return {render(task) for task in self.export() if not doc_ids or task["data"]["doc_id"] in doc_ids}


def render(task: dict[str, Any]) -> str:
    """Return an article's id and annotation as a string that is the same here and on the server."""
    task = canonicalize(task) if task["annotations"] else {"data": task["data"], "annotations": []}
    results = [annotation["result"] for annotation in task["annotations"]]
    return json.dumps([task["data"]["doc_id"], results], sort_keys=True)


def change(result: list[dict[str, Any]], attitude: str) -> list[dict[str, Any]]:
    """Set the attitude of the first quote in a result, and return the result."""
    entry = next(entry for entry in result if entry.get("from_name") == "attitude")
    entry["value"]["choices"] = [attitude]
    return result


@dataclass
class Setting:
    """A site behind a proxy that passes everything on unless it is told otherwise, and a process that runs commands."""

    site: SyncSite
    forks: Forks
    proxy: WrongServer

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        done, _ = self.forks.run_counted("scripts", command.split())
        return done


@contextlib.contextmanager
def open_setting(root: Path, server: Any, client: Any) -> Iterator[Setting]:
    """Create a setting; what it has on the server goes in the end."""
    with WrongServer(server.url) as proxy:
        site = SyncSite(root, server.token, client, proxy.url)
        try:
            with Forks(root, site.env) as forks:
                yield Setting(site, forks, proxy)
        finally:
            site.delete_projects()
