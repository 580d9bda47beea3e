"""``vostochny validate``: report what a file of predictions contains, or everything that is wrong with it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from vostochny.cli.shared import (
    GOLD_OF_PREDICTIONS,
    LAYERS,
    UNKNOWN_CHOICES,
    add_annotator_options,
    add_column_options,
    add_offset_options,
    open_gold,
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
    parser.add_argument("--gold-format", metavar="NAME", help="format of the gold (default: detected from its content)")
    parser.add_argument(
        "--format", metavar="NAME", help="format of the predictions (default: detected from their content)"
    )
    add_offset_options(parser)
    add_annotator_options(parser)
    add_column_options(parser)
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
    from vostochny.formats.input import Input
    from vostochny.formats.view_file import read_view
    from vostochny.system import console

    gold = open_gold(args, with_text=False).read_gold()
    view = read_view(args.view, gold.ontology) if args.view else None
    source = Input(args.predictions, args.format, annotator=args.annotator, columns=args.column)
    predictions, notes = source.read_predictions(gold, args.unknown, view, args.offsets)
    print_notes(args.predictions, notes)
    sizes = {layer: sum(len(getattr(d, layer)) for d in predictions.values()) for layer in LAYERS}
    items = ", ".join(f"{size} {layer}" for layer, size in sizes.items())
    console.print_line(f"{args.predictions}: valid; {len(predictions)} of {len(gold.documents)} documents, {items}")
    return 0
