"""``vostochny compare``: compare several systems on the same articles, each with the first."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from vostochny.cli.shared import build_scoring_options, open_gold, open_predictions, refuse_overlap, score_systems

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands


def add_command(commands: Commands) -> None:
    """Declare the command and its options."""
    parser = commands.add_parser(
        "compare",
        parents=[build_scoring_options()],
        help="compare two or more systems on the same articles",
        description="Score two or more systems on the same articles and show how each differs from the first.",
    )
    parser.add_argument(
        "predictions",
        nargs="+",
        help="predictions of each system: one file, folder or pattern per system; the first is the one that the "
        "others are compared with",
    )
    parser.set_defaults(run=run, consequence="nothing was scored")


def run(args: argparse.Namespace) -> int:
    """Score and compare the systems, and print the table or its JSON."""
    from vostochny.report import comparison
    from vostochny.system import console, outputs

    if len(args.predictions) < 2:
        console.print_error("vostochny: compare needs two or more files of predictions")
        return 2
    systems = [open_predictions(args, path) for path in args.predictions]
    gold = open_gold(args, with_text=False)
    refuse_overlap([gold, *systems], [args.json], args.view)
    results = score_systems(args, gold, systems)
    table = comparison.compare_systems(args.predictions, results)
    if args.json == "-":
        console.write_data(comparison.render_json(table))
        return 0
    console.print_text(comparison.render_text(table))
    if args.json:
        outputs.write_file(args.json, comparison.render_json(table))
    return 0
