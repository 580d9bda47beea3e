"""``vostochny rehydrate``: join the annotation, published without text, with the user's copies of the articles."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands


def add_command(commands: Commands) -> None:
    """Declare the command and its options."""
    parser = commands.add_parser(
        "rehydrate",
        help="join the annotation, published without text, with your copies of the articles",
        description="Join annotation that is published without text with your copies of the articles. Files are "
        "recognised by the hash of their content, whatever their names. A copy that differs from the original is "
        "refused, with the place of the first difference.",
    )
    parser.add_argument("articles", nargs="+", metavar="ARTICLES", help="files of articles, or folders of such files")
    parser.add_argument(
        "--from",
        dest="source",
        metavar="DIR",
        help="corpus without text to complete; requires -o (default: the gold in this package)",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        help="where to write: a folder with --from, else a file (default: your user data folder, where the other "
        "commands look for it)",
    )
    parser.set_defaults(run=run, consequence="nothing was written")


def run(args: argparse.Namespace) -> int:
    """Write the annotation joined with the texts, and print the path of each file written."""
    from vostochny import corpus
    from vostochny.formats import standoff
    from vostochny.system import console, folders, outputs

    if args.source and not args.output:
        console.print_error("vostochny: rehydrate --from needs -o, a folder for the complete corpus")
        return 2
    outputs.refuse_overlap(_list_inputs(args), [args.output] if args.output else [])
    if args.source:
        files = standoff.rehydrate(Path(args.source), args.articles)
        with folders.replace_folder(args.output) as folder:
            for name, content in files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                outputs.write_new_file(folder / name, content)
        written = [Path(args.output) / name for name in files]
    else:
        gold = standoff.restore_gold(standoff.read(*corpus.standoff_paths()), args.articles)
        path = Path(args.output) if args.output else corpus.rehydrated_gold_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        outputs.write_file(path, gold)
        written = [path]
    for path in written:
        console.print_line(f"{path}: written")
    return 0


def _list_inputs(args: argparse.Namespace) -> list[str]:
    """Return what is read. What is written may lie in a folder that is read, if it is none of the files read."""
    if args.source:
        around = Path(os.path.realpath(args.output)).parents
        return [name for name in (args.source, *args.articles) if Path(os.path.realpath(name)) not in around]
    inside = [path for name in args.articles if Path(name).is_dir() for path in Path(name).rglob("*")]
    return [str(path) for path in (*map(Path, args.articles), *inside) if path.is_file()]
