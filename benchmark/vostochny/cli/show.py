"""``vostochny show``: print one article in the terminal with its annotation marked."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from vostochny.cli.shared import LAYERS, UNKNOWN_CHOICES, add_side_options, open_gold, open_predictions

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands
    from vostochny.model import Document

DEFAULT_COLUMNS = 100  # width of the output when it is not a terminal, or the terminal does not report its width


def add_command(commands: Commands) -> None:
    """Declare the command and its options."""
    parser = commands.add_parser(
        "show",
        help="show one article with its annotation",
        description="Show one article in the terminal: with the gold marked, or with predictions marked and each "
        "mistake listed.",
    )
    parser.add_argument("document", metavar="DOC", help="id of the article, or a unique beginning of it, e.g. 003")
    parser.add_argument(
        "--predictions", metavar="FILE", help="mark these predictions and their mistakes against the gold"
    )
    parser.add_argument("--gold", metavar="FILE", help="show an article of this gold instead of the corpus")
    add_side_options(parser)
    parser.add_argument(
        "--layer",
        action="append",
        default=[],
        choices=LAYERS,
        help="show this layer (repeatable; default: all layers, or those that the predictions carry)",
    )
    parser.add_argument("--unknown", choices=UNKNOWN_CHOICES, default="error", help=argparse.SUPPRESS)
    parser.set_defaults(run=run, consequence="nothing was shown")


def run(args: argparse.Namespace) -> int:
    """Print the article; in colour only on a terminal, and not where NO_COLOR is set."""
    import shutil

    from vostochny.errors import InputError, Problem
    from vostochny.formats.side_options import refuse_unused_options
    from vostochny.metrics.pairs import pair_documents
    from vostochny.model import find_id
    from vostochny.report import article
    from vostochny.system import console

    source = open_gold(args)
    systems = [open_predictions(args, args.predictions)] if args.predictions else []
    refuse_unused_options([source, *systems])
    gold = source.read_gold()
    by_id = {d.doc_id: d for d in gold.documents}
    try:
        document = by_id[find_id(args.document, by_id)]
    except LookupError as e:
        raise InputError([Problem("show", None, None, str(e))]) from None
    predictions: dict[str, Document] = {}
    for system in systems:
        predictions, _ = system.read_predictions(gold, args.unknown)
    values, unscored_zones = frozenset(gold.ontology.values), gold.ontology.unscored_zones
    (pair,) = pair_documents([document], predictions, values, unscored_zones)
    layers = args.layer or [x for x in LAYERS if not predictions or x in pair.predicted.emitted]
    is_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size((DEFAULT_COLUMNS, 24)).columns if is_terminal else DEFAULT_COLUMNS
    colour = is_terminal and not os.environ.get("NO_COLOR")
    console.print_text(article.render(pair, layers, bool(args.predictions), width, colour), colours=colour)
    # Flushed here, so that a closed pipe is noticed inside main().
    sys.stdout.flush()
    return 0
