"""``vostochny validate``: report what a file of predictions contains, or everything that is wrong with it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from vostochny.cli.shared import (
    GOLD_OF_PREDICTIONS,
    LAYERS,
    UNKNOWN_CHOICES,
    add_side_options,
    open_gold,
    open_predictions,
    print_notes,
)

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands


def add_command(commands: Commands) -> None:
    """Declare the command and its options."""
    parser = commands.add_parser(
        "validate",
        help="check predictions without scoring them",
        description="Read predictions as score reads them, and report what they contain, or everything that is wrong "
        "with them.",
    )
    parser.add_argument("predictions", help="file or folder in any supported format; - is standard input")
    parser.add_argument("--gold", metavar="FILE", help=GOLD_OF_PREDICTIONS)
    add_side_options(parser)
    parser.add_argument("--view", metavar="NAME|FILE", help="label set of the predictions, as for score")
    parser.add_argument(
        "--unknown",
        choices=UNKNOWN_CHOICES,
        default="error",
        help="treatment of types that the ontology does not have, as for score (default: error)",
    )
    parser.set_defaults(run=run, consequence="")


def run(args: argparse.Namespace) -> int:
    """Read the predictions and print one line with the number of documents and of items of each layer."""
    from vostochny.formats.side_options import refuse_shared_streams, refuse_unused_options
    from vostochny.formats.view_file import read_view
    from vostochny.system import console

    source, predicted = open_gold(args, with_text=False), open_predictions(args, args.predictions)
    refuse_shared_streams([source, predicted])
    refuse_unused_options([source, predicted])
    gold = source.read_gold()
    view = read_view(args.view, gold.ontology) if args.view else None
    predictions, notes = predicted.read_predictions(gold, args.unknown, view)
    print_notes(args.predictions, notes)
    sizes = {layer: sum(len(getattr(d, layer)) for d in predictions.values()) for layer in LAYERS}
    items = ", ".join(f"{size} {layer}" for layer, size in sizes.items())
    console.print_line(f"{args.predictions}: valid; {len(predictions)} of {len(gold.documents)} documents, {items}")
    return 0
