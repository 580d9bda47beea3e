"""``vostochny leaderboard``: the scores of the stored systems."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands


def add(commands: Commands) -> None:
    """Declare the command and its options."""
    board = commands.add_parser(
        "leaderboard",
        help="print the stored systems' scores",
        description="Print the table of all stored systems, as Markdown or as a page.",
    )
    board.add_argument("--html", action="store_true", help="as a page instead of Markdown")
    board.set_defaults(call=run, nothing="; nothing was scored")


def run(args: argparse.Namespace) -> int:
    from vostochny.report import board

    stored = board.stored()
    sys.stdout.write(board.html(stored) if args.html else board.markdown(stored))
    return 0
