"""Bring what was edited in the browser into the gold.

    python -m scripts pull                     what was edited since the last push or pull
    python -m scripts pull --theirs 003        the browser's version, whatever changed in the file

Nothing is written where an article changed on both sides, has unsaved work, or breaks a rule: the gold stays as it is,
and every article in the way is named. The server is that of `start`, or the one named by LABEL_STUDIO_URL and
LABEL_STUDIO_API_KEY; see docs/label-studio.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from pathlib import Path

from scripts import exchange
from scripts.annotating import projects, sync, sync_gold
from scripts.annotating.server import explain_errors
from scripts.annotating.task_files import find_doc_ids
from scripts.files import ANNOTATIONS
from scripts.store import GOLD, Store
from vostochny.system import console
from vostochny.system.arguments import ArgumentParser


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options that ``pull`` and ``update`` share."""
    parser.add_argument("--annotations", type=Path, default=ANNOTATIONS, metavar="DIR", help="default: annotations/")
    parser.add_argument(
        "--theirs", nargs="+", default=(), metavar="DOC_ID",
        help="replace these files by the browser's version (`all` for every one)",
    )  # fmt: skip


@explain_errors()
def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    options = parser.parse_args(arguments)
    with exchange.lock(options.annotations / GOLD):
        if pull_gold(options.annotations, options.theirs):
            console.print_line("the generated files are those of the gold before; run python -m scripts build")
    return 0


def pull_gold(annotations: Path, theirs: Collection[str]) -> bool:
    """Pull into a gold that the caller has locked; print one line per changed article. Return whether any changed.

    ``theirs`` are prefixes of the doc_ids whose file may be replaced although it changed too. Raises sync.Refused,
    and then the gold is as it was.
    """
    store, gold = Store(annotations), annotations / GOLD
    client, project, state = projects.open_project()
    replaceable = find_doc_ids(theirs, store.list_tasks())

    def check(files: dict[str, str]) -> list[str]:
        return sync_gold.broken_rules(annotations, files)

    changes = sync.pull(client, project, gold, state, replaceable, check, projects.REPLACED)
    for doc_id, old, new in changes:
        console.print_line(f"{doc_id}  {sync_gold.summarise_change(old, new, store.ontology)}")
    if not changes:
        console.print_line("nothing was edited in the browser since the last pull")
    return bool(changes)
