"""``vostochny leaderboard``: print the scores of the systems that are stored with the project."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands


def add_command(commands: Commands) -> None:
    """Declare the command and its options."""
    parser = commands.add_parser(
        "leaderboard",
        help="print the scores of all stored systems",
        description="Print the leaderboard of all stored systems, as Markdown or as an HTML page.",
    )
    parser.add_argument("--html", action="store_true", help="print an HTML page instead of Markdown")
    parser.set_defaults(run=run, consequence="")


def run(args: argparse.Namespace) -> int:
    """Print the stored leaderboard."""
    from vostochny.report import board
    from vostochny.system import console

    stored = board.read_stored()
    console.write_data(board.render_html(stored) if args.html else board.render_markdown(stored))
    return 0
