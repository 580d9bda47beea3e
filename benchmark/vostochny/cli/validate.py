"""``vostochny validate``: what predictions hold, or everything that is wrong with them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from vostochny.cli.shared import tell

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands


def add(commands: Commands) -> None:
    """Declare the command and its options."""
    validate = commands.add_parser(
        "validate",
        help="check predictions without scoring them",
        description="Read predictions as score does and say what they hold, or everything that is wrong with them.",
    )
    validate.add_argument("predictions", help="a file or folder in any format; - is standard input")
    validate.add_argument("--gold", metavar="FILE", help="the documents they are about (default: the corpus)")
    validate.add_argument("--gold-format", metavar="NAME", help="the gold's format (default: what its content says)")
    validate.add_argument("--format", metavar="NAME", help="their format (default: what their content says)")
    validate.add_argument("--offsets", choices=["utf16", "bytes", "ignore"], help="what offsets count, as for score")
    validate.add_argument("--view", metavar="NAME|FILE", help="their tag set, as for score")
    validate.add_argument("--unknown", choices=["error", "ignore", "wrong"], default="error", help="as for score")
    validate.set_defaults(call=run, nothing="")


def run(args: argparse.Namespace) -> int:
    from vostochny import corpus
    from vostochny.formats import registry
    from vostochny.formats.view_file import read_view
    from vostochny.ontology import load_ontology

    gold, reading = registry.read_gold(args.gold or str(corpus.gold_path()), load_ontology(), args.gold_format)
    view = read_view(args.view, reading.ontology) if args.view else None
    predicted, found = registry.read_predictions(
        args.predictions, gold, reading.ontology, args.unknown, view, args.offsets, args.format
    )
    tell(args.predictions, found.notes)
    layers = [(x, sum(len(getattr(d, x)) for d in predicted.values())) for x in ("entities", "events", "quotes")]
    items = ", ".join(f"{count} {layer}" for layer, count in layers)
    print(f"{args.predictions}: valid; {len(predicted)} of {len(gold)} documents, {items}")
    return 0
