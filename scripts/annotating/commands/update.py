"""Pull, rebuild what is generated and print what changed: from a correction in the browser to the dataset.

    python -m scripts update
    python -m scripts update --theirs 003        the browser's version, whatever changed in the file

Where the pull is refused, nothing is written; see `pull --help`.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from scripts import exchange
from scripts.annotating.commands import pull
from scripts.annotating.server import explain_errors
from scripts.errors import CommandError
from scripts.files import ANNOTATIONS, CORPUS, display_path, write_or_check
from scripts.store import GOLD
from vostochny.errors import InputError
from vostochny.system import console, temporary
from vostochny.system.arguments import ArgumentParser


@explain_errors()
def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    pull.add_options(parser)
    parser.add_argument("--corpus", type=Path, default=CORPUS, metavar="DIR", help="default: corpus/")
    options = parser.parse_args(arguments)
    gold = options.annotations / GOLD
    with exchange.lock(gold), temporary.use_folder() as folder:
        before = folder / GOLD
        shutil.copytree(gold, before)
        changed = pull.pull_gold(options.annotations, options.theirs)
        _rebuild(options.annotations, options.corpus)
        if changed:
            from scripts.history import differences

            differences.main([str(before), str(gold)])
    return 0


def _rebuild(annotations: Path, corpus: Path) -> None:
    """Write the generated files that are not current and print them: all of the project's, or the corpus elsewhere."""
    from scripts.build import artefacts, dataset  # slow to load, and not needed where the pull is refused

    try:
        if annotations.resolve() == ANNOTATIONS and corpus.resolve() == CORPUS:
            artefacts.rebuild()
        else:
            for path in write_or_check(dataset.build_files(annotations, corpus), check=False):
                console.print_line(f"{display_path(path)}: written")
    except InputError as error:
        hint = "the gold was updated, the generated files were not all; correct this and run update again"
        raise CommandError(f"{error}\n{hint}") from None
