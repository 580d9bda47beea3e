"""``vostochny convert``: convert predictions or annotated documents from one file format to another."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from vostochny.cli.shared import (
    GOLD_OF_PREDICTIONS,
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
        "convert",
        help="convert predictions or gold between file formats",
        description="Convert predictions or annotated documents to another file format, and report how many items or "
        "attributes the new format cannot store. Formats: jsonl, json, label-studio, brat (a folder), conll, spacy, "
        "spacy-json, dataset (a folder), parquet; for reading only: brackets, huggingface, gliner, tagged, "
        "webanno, doccano, langextract, bigbio.",
    )
    parser.add_argument("source", metavar="IN", help="file or folder to read; - is standard input")
    parser.add_argument(
        "target", metavar="OUT", help="file or folder to write, its format chosen by its ending; - is standard output"
    )
    parser.add_argument("--format-in", metavar="NAME", help="format of IN (default: detected from its content)")
    parser.add_argument("--format-out", metavar="NAME", help="format of OUT (default: chosen by its ending)")
    parser.add_argument("--gold", metavar="FILE", help=GOLD_OF_PREDICTIONS)
    add_side_options(parser, "")
    parser.add_argument(
        "--force", action="store_true", help="replace existing files also by such that cannot store all of IN"
    )
    parser.set_defaults(run=run, consequence="nothing was converted")


def run(args: argparse.Namespace) -> int:
    """Convert the file and print what was lost, if anything."""
    from vostochny.formats import convert

    source = open_predictions(args, args.source, "--format-in")
    notes = convert.convert(source, args.target, open_gold(args), args.format_out, args.force)
    print_notes(args.target, notes)
    return 0
