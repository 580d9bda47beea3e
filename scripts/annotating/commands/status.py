"""Show which articles changed in the gold, in the browser or in both since the last push or pull."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from scripts.annotating import projects, sync
from scripts.annotating.server import explain_errors
from scripts.files import ANNOTATIONS
from scripts.store import GOLD
from vostochny.system import console
from vostochny.system.arguments import ArgumentParser

DESCRIPTIONS = {
    "same": "the same on both sides",
    "local": "changed here; push",
    "remote": "edited in the browser; pull",
    "both": "changed here and in the browser",
    "unknown": "differs, and it is not known which side changed",
    "new": "not on the server; push",
    "deleted": "deleted on the server",
    "broken": "cannot be pulled",
}


@explain_errors()
def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--annotations", type=Path, default=ANNOTATIONS, metavar="DIR", help="default: annotations/")
    gold = parser.parse_args(arguments).annotations / GOLD
    client, project, state = projects.open_project()
    for doc_id, article in sync.compare(client, project, gold, state).items():
        console.print_text("; ".join([f"{doc_id}  {DESCRIPTIONS[article.state]}", *article.problems]))
    return 0
