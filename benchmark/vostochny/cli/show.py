"""``vostochny show``: one article in the terminal, its annotation marked."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands
    from vostochny.model import Document


def add(commands: Commands) -> None:
    """Declare the command and its options."""
    show = commands.add_parser(
        "show",
        help="show an article with its annotation",
        description="Show one article in the terminal: the gold marked, or predictions and what became of them.",
    )
    show.add_argument("document", metavar="DOC", help="a document's id, or the beginning of it: 003")
    show.add_argument("--predictions", metavar="FILE", help="mark these predictions against the gold")
    show.add_argument("--gold", metavar="FILE", help="an article of your own gold")
    show.add_argument("--layer", action="append", default=[], choices=["entities", "events", "quotes"])
    show.add_argument("--unknown", choices=["error", "ignore", "wrong"], default="error", help=argparse.SUPPRESS)
    show.set_defaults(call=run, nothing="; nothing was scored")


def run(args: argparse.Namespace) -> int:
    import shutil

    from vostochny import corpus
    from vostochny.formats import jsonl, registry
    from vostochny.metrics.pairs import pair_up
    from vostochny.ontology import load_ontology
    from vostochny.report import article

    ontology = load_ontology()
    if args.gold:
        gold, reading = registry.read_gold(args.gold, ontology)
        ontology = reading.ontology
    else:
        gold = jsonl.read_gold(str(corpus.documents_path()), ontology)
    document = article.find(args.document, gold)
    predicted: dict[str, Document] = {}
    if args.predictions:
        predicted, _ = registry.read_predictions(args.predictions, gold, ontology, args.unknown)
    (pair,) = pair_up([document], predicted, frozenset(ontology.values), ontology.unscored)
    layers = args.layer or [x for x in ("entities", "events", "quotes") if not predicted or x in pair.predicted.emitted]
    width = shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    sys.stdout.write(article.render(pair, layers, bool(args.predictions), width, colour))
    sys.stdout.flush()
    return 0
