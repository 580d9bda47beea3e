"""The command line: arguments in, exit code out. 0 done, 2 bad input."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def build_parser() -> argparse.ArgumentParser:
    """The arguments of every command."""
    parser = argparse.ArgumentParser(
        prog="vostochny", description="Score extractors of entities, events and quotes against the Vostochny corpus."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    score = commands.add_parser(
        "score",
        help="score predictions against the gold",
        description="Score a JSON Lines file of predictions against the gold and print a table.",
    )
    score.add_argument("predictions", help="JSON Lines, one document a line; - is standard input")
    score.add_argument("--json", metavar="FILE", help="write the result as JSON (- is standard output, no table)")
    score.add_argument("--no-types", action="store_true", help="leave out the tables by type")
    score.add_argument(
        "--unknown", choices=["error", "ignore", "wrong"], default="error",
        help="what to do with a type that the scheme lacks (default: error)",
    )  # fmt: skip
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command."""
    args = build_parser().parse_args(argv)
    # Imported here, so that --help and a mistyped option answer at once.
    from vostochny.formats import FormatError

    try:
        return _score(args)
    except FormatError as e:
        for fault in e.faults:
            print(fault, file=sys.stderr)
        count = len(e.faults)
        print(f"vostochny: {count} fault{'s' if count > 1 else ''}; nothing was scored", file=sys.stderr)
        return 2
    except OSError as e:
        print(f"vostochny: {e}", file=sys.stderr)
        return 2


def _score(args: argparse.Namespace) -> int:
    from vostochny import ontology, resources, scoring
    from vostochny.formats import jsonl
    from vostochny.report import json, terminal

    scheme = ontology.load()
    gold = jsonl.read_gold(str(resources.documents_path()), scheme)
    predicted = jsonl.read_predictions(args.predictions, gold, scheme, args.unknown)
    result = scoring.score(gold, predicted, scheme)
    if args.json == "-":
        sys.stdout.write(json.render(result))
        return 0
    sys.stdout.write(terminal.render(result, by_type=not args.no_types))
    if args.json:
        Path(args.json).write_text(json.render(result), encoding="utf-8")
    return 0
