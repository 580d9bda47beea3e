"""Remember the last state in which the gold and a project on a server agreed.

One small file per project, in ``.label-studio/sync``. It may be lost: articles that are the same on both sides are then
recognised as such, and for the others the annotator is asked which side is right.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from scripts.errors import CommandError
from scripts.files import write_file


@dataclass
class Agreed:
    """One article when both sides last agreed: the server's ids of its task and annotation, the annotation's hash."""

    task: int
    annotation: int | None  # None: the task had no annotation
    updated_at: str | None  # as the server reported it
    hash: str


@dataclass
class State:
    """What is remembered of one project, by doc_id; saved after every change that the server has accepted."""

    path: Path
    tasks: dict[str, Agreed] = field(default_factory=dict)

    def save(self) -> None:
        """Write the state to its file."""
        rows = {doc_id: asdict(agreed) for doc_id, agreed in sorted(self.tasks.items())}
        write_file(self.path, json.dumps({"tasks": rows}, indent=1) + "\n")


def load(folder: Path, server: str, project: int) -> State:
    """Read what is remembered of a project; an empty state where there is no file. Raises CommandError on damage."""
    path = state_file(folder, server, project)
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["tasks"]
        return State(path, {doc_id: Agreed(**row) for doc_id, row in rows.items()})
    except FileNotFoundError:
        return State(path)
    except (ValueError, KeyError, TypeError, AttributeError):
        message = f"{path} is damaged; remove it: articles that are the same on both sides will be recognised"
        raise CommandError(message) from None


def state_file(folder: Path, server: str, project: int) -> Path:
    """Return the path of a project's file."""
    return folder / f"{_slug(server)}-{project}.json"


def remembered_projects(folder: Path, server: str) -> list[int]:
    """Return the ids of a server's projects that have a file, in order."""
    matches = (re.fullmatch(re.escape(_slug(server)) + r"-(\d+)\.json", path.name) for path in folder.glob("*.json"))
    return sorted(int(match[1]) for match in matches if match)


def _slug(server: str) -> str:
    """Turn a server's address into a part of a file name."""
    return re.sub(r"[^\w.]+", "_", re.sub(r"^\w+://", "", server)).strip("_")
