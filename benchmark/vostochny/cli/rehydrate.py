"""``vostochny rehydrate``: join the annotation with the articles that a user holds."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands


def add(commands: Commands) -> None:
    """Declare the command and its options."""
    rehydrate = commands.add_parser(
        "rehydrate",
        help="join the annotation with the articles that you hold",
        description="Join annotation without text with the articles. A file is an article by its hash, whatever its "
        "name; one that differs is refused, and where it differs is said.",
    )
    rehydrate.add_argument("articles", nargs="+", metavar="ARTICLES", help="files, or folders that have them")
    rehydrate.add_argument(
        "--from", dest="source", metavar="DIR", help="a corpus without text; needs -o (default: this package's gold)"
    )
    rehydrate.add_argument(
        "-o", "--output", metavar="PATH", help="a folder for a corpus, a file for the gold (default: your data folder)"
    )
    rehydrate.set_defaults(call=run, nothing="; nothing was written")


def run(args: argparse.Namespace) -> int:
    from vostochny import corpus
    from vostochny.formats import standoff

    if args.source and not args.output:
        print("vostochny: rehydrate --from needs -o, a folder for the complete corpus", file=sys.stderr)
        return 2
    if args.source:
        files = standoff.rehydrate(Path(args.source), args.articles)
        written = {Path(args.output) / name: content for name, content in files.items()}
    else:
        gold = standoff.restore_gold(standoff.read(*corpus.standoff_paths()), args.articles)
        written = {Path(args.output) if args.output else corpus.joined_path(): gold}
    for path, content in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="")
        print(f"{path}: written")
    return 0
