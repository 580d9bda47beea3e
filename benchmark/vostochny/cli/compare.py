"""``vostochny compare``: several systems on the same articles, each against the first."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vostochny.cli.shared import results

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands


def add(commands: Commands, shared: argparse.ArgumentParser) -> None:
    """Declare the command and its options."""
    compare = commands.add_parser(
        "compare",
        parents=[shared],
        help="compare two systems or more on the same articles",
        description="Score several systems and tell how each differs from the first.",
    )
    compare.add_argument(
        "predictions",
        nargs="+",
        help="one for each system, a file, folder or pattern; the first is compared with each other one",
    )
    compare.set_defaults(call=run, nothing="; nothing was scored")


def run(args: argparse.Namespace) -> int:
    from vostochny.report import compared

    if len(args.predictions) < 2:
        print("vostochny: compare needs two files of predictions or more", file=sys.stderr)
        return 2
    scored = results(args, [[path] for path in args.predictions])
    table = compared.compared(args.predictions, scored)
    if args.json == "-":
        sys.stdout.write(compared.as_json(table))
        return 0
    sys.stdout.write(compared.render(table))
    if args.json:
        Path(args.json).write_text(compared.as_json(table), encoding="utf-8")
    return 0
