"""Import tasks into a temporary server, export them again and compare: a check that nothing is lost on the way."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from scripts import exchange
from scripts.annotating.server import Server, explain_errors
from scripts.annotating.task_files import send_and_return
from scripts.files import ANNOTATIONS
from scripts.store import GOLD, Store, write_tasks
from vostochny.formats.label_studio import canonicalize, read
from vostochny.model import LAYERS
from vostochny.system import console, outputs, temporary
from vostochny.system.arguments import ArgumentParser


@explain_errors()
def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, metavar="IN_DIR", help="a folder of tasks, <doc_id>.json")
    parser.add_argument("target", type=Path, metavar="OUT_DIR", help="where to write the exported tasks")
    parser.add_argument("--server-data", type=Path, metavar="DIR", help="keep the server's folder: later runs are fast")
    options = parser.parse_args(arguments)
    outputs.refuse_overlap([str(options.source)], [str(options.target)])
    store = Store(options.source, gold="")
    tasks = store.read_tasks()
    with temporary.use_folder() as folder:
        with Server(options.server_data or folder / "data") as server:
            start = time.monotonic()
            exported = send_and_return(server.client(), tasks)
        with exchange.lock(ANNOTATIONS / GOLD):
            write_tasks(options.target, exported)
    for task in exported:
        document = read(task, store.ontology)
        counts = (f"{len(getattr(document, layer)):4} {layer}" for layer in LAYERS)
        verdict = "unchanged" if task == canonicalize(tasks[document.doc_id]) else "CHANGED"
        console.print_text(f"{document.doc_id}  {'  '.join(counts)}  {verdict}")
    console.print_line(f"{len(exported)} documents imported and exported in {time.monotonic() - start:.1f} s")
    return 0
