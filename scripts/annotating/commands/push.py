"""Send to the server what changed in the gold; with --predictions, show an extractor's output beside it.

    python -m scripts push                                        what changed since the last push or pull
    python -m scripts push --ours 003                             the file, whatever was edited in the browser
    python -m scripts push --predictions FILE --model NAME        also a prediction per article

Nothing is pushed where an article changed on both sides, or where the gold breaks a rule. The server is that
of `start`, or the one named by LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY; see docs/label-studio.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from pathlib import Path

from scripts import exchange
from scripts.annotating import projects, sync, sync_gold
from scripts.annotating.server import explain_errors
from scripts.annotating.task_files import CONFIG, find_doc_ids
from scripts.files import ANNOTATIONS
from scripts.store import GOLD, Store
from vostochny.system import console
from vostochny.system.arguments import ArgumentParser


@explain_errors()
def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--annotations", type=Path, default=ANNOTATIONS, metavar="DIR", help="default: annotations/")
    parser.add_argument(
        "--ours", nargs="+", default=(), metavar="DOC_ID", help="replace these tasks by the gold (`all` for every one)"
    )
    parser.add_argument("--anyway", action="store_true", help="push a gold that breaks rules, to correct it there")
    parser.add_argument("--predictions", type=Path, metavar="FILE", help="show an extractor's output beside the gold")
    parser.add_argument("--model", metavar="NAME", help="the extractor's name (default: the file's name)")
    options = parser.parse_args(arguments)
    push_gold(options.ours, options.anyway, options.annotations)
    if options.predictions:
        _push_predictions(options.predictions, options.model or options.predictions.stem, options.annotations)
    return 0


def push_gold(ours: Collection[str] = (), anyway: bool = False, annotations: Path = ANNOTATIONS) -> None:
    """Push the gold and print one line per article. Raises sync.Refused, and then nothing was pushed.

    Args:
        ours: prefixes of the doc_ids whose task may be replaced although it was edited in the browser.
        anyway: push even where the gold breaks rules.
        annotations: the annotations folder.
    """
    store, gold = Store(annotations), annotations / GOLD
    with exchange.lock(gold):
        tasks = store.read_tasks()
        broken = sync_gold.broken_rules(annotations)
        if broken and not anyway:
            raise sync.Refused("\n".join([*broken, "nothing was pushed; correct the gold, or push it with --anyway"]))
        client, project, state = projects.open_project(create=True)
        clusters = sync_gold.list_clusters(store, tasks)
        replaceable = find_doc_ids(ours, tasks)
        actions = sync.push(client, project, gold, state, clusters, replaceable, projects.REPLACED)
        config = CONFIG.read_text(encoding="utf-8").strip()  # as the server stores it
        # After the tasks, because the server checks a new configuration against those that it has.
        if client.projects.get(project).label_config != config:
            client.projects.update(project, label_config=config)
    for doc_id, action in actions.items():
        console.print_line(f"{doc_id}  {action}")
    if broken:
        console.print_line(f"the gold breaks {len(broken)} rules; see python -m scripts validate")


def _push_predictions(file: Path, model: str, annotations: Path) -> None:
    """Show an extractor's output on the server; print one line per article."""
    from scripts.annotating import prediction_tasks  # loads the readers of every format, which the others do not need

    predictions, not_drawn = prediction_tasks.load(file, Store(annotations))
    client, project, _ = projects.open_project()
    for doc_id, action in prediction_tasks.show(client, project, predictions, model).items():
        rest = f"; {not_drawn[doc_id]} items or arrows cannot be drawn" if not_drawn[doc_id] else ""
        console.print_line(f"{doc_id}  prediction of {model} {action}{rest}")
