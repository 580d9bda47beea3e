"""What is known here of a project on a server: what was last the same on both sides.

One small file a project, in ``.label-studio/sync``. It may be lost: then articles that are the same on both sides are
recognised as such, and for the others the annotator is asked which side is right.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from scripts.files import write_atomically


@dataclass
class Known:
    """One article as it was when both sides last agreed: the server's ids, and the hash of the annotation."""

    task: int
    annotation: int | None
    updated_at: str | None
    hash: str


@dataclass
class State:
    """What is remembered of one project; ``save`` after every step that the server has taken."""

    path: Path
    tasks: dict[str, Known] = field(default_factory=dict)

    def save(self) -> None:
        rows = {doc_id: asdict(known) for doc_id, known in sorted(self.tasks.items())}
        write_atomically(self.path, json.dumps({"tasks": rows}, indent=1) + "\n")


def load(folder: Path, server: str, number: int) -> State:
    """What is remembered of this project, or nothing."""
    path = file(folder, server, number)
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["tasks"]
        return State(path, {doc_id: Known(**row) for doc_id, row in rows.items()})
    except FileNotFoundError:
        return State(path)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{path} is damaged; remove it: what is the same on both sides is recognised") from None


def file(folder: Path, server: str, number: int) -> Path:
    """Where it is remembered."""
    return folder / f"{_slug(server)}-{number}.json"


def projects(folder: Path, server: str) -> list[int]:
    """The projects of a server of which something is remembered."""
    found = (re.fullmatch(re.escape(_slug(server)) + r"-(\d+)\.json", path.name) for path in folder.glob("*.json"))
    return sorted(int(match[1]) for match in found if match)


def _slug(server: str) -> str:
    return re.sub(r"[^\w.]+", "_", re.sub(r"^\w+://", "", server)).strip("_")
