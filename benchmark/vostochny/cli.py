"""The command line: arguments in, exit code out. 0 done, 2 bad input."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vostochny.scoring import Result


def build_parser() -> argparse.ArgumentParser:
    """The arguments of every command."""
    parser = argparse.ArgumentParser(
        prog="vostochny", description="Score extractors of entities, events and quotes against the Vostochny corpus."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", metavar="FILE", help="write the result as JSON (- is standard output, no table)")
    shared.add_argument("--gold", metavar="FILE", help="score against your own gold, JSON Lines in the corpus's shape")
    shared.add_argument(
        "--metric",
        action="append",
        default=[],
        metavar="NAME",
        help="count this metric alone, entities.names say; may be given again",
    )
    shared.add_argument(
        "--layer",
        action="append",
        default=[],
        choices=["entities", "events", "quotes"],
        help="score this layer; may be given again (default: those the predictions carry)",
    )
    shared.add_argument(
        "--view",
        metavar="NAME|FILE",
        help="score in another tag set: ace, ontonotes, conll, or a JSON file with your own mapping",
    )
    shared.add_argument(
        "--zone",
        action="append",
        default=[],
        metavar="ZONE",
        help="score this zone alone; may be given again (default: all scored zones)",
    )
    shared.add_argument(
        "--unknown",
        choices=["error", "ignore", "wrong"],
        default="error",
        help="what to do with a type that the scheme lacks (default: error)",
    )
    shared.add_argument(
        "--resamples",
        type=int,
        default=10_000,
        metavar="N",
        help="bootstrap resamples for the intervals; 0 for none (default: 10000)",
    )
    shared.add_argument("--seed", type=int, default=20230913, metavar="N", help="of the resampling (default: 20230913)")

    score = commands.add_parser(
        "score",
        parents=[shared],
        help="score predictions against the gold",
        description="Score a JSON Lines file of predictions against the gold and print a table.",
    )
    score.add_argument("predictions", help="JSON Lines, one document a line; - is standard input")
    score.add_argument(
        "--by",
        choices=["type", "level", "zone", "none"],
        default="type",
        help="what the parts of each layer's first score are told by (default: type)",
    )
    score.add_argument("--items", metavar="FILE", help="write what became of every item, as JSON Lines")
    score.add_argument("--seqeval", action="store_true", help="run seqeval beside ours; fail where they differ")

    compare = commands.add_parser(
        "compare",
        parents=[shared],
        help="compare two systems or more on the same articles",
        description="Score several systems and tell how each differs from the first.",
    )
    compare.add_argument("predictions", nargs="+", help="JSON Lines files; the first is compared with each other one")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command."""
    args = build_parser().parse_args(argv)
    # Imported here, so that --help and a mistyped option answer at once.
    from vostochny.formats import FormatError

    try:
        return {"score": _score, "compare": _compare}[args.command](args)
    except FormatError as e:
        for fault in e.faults:
            print(fault, file=sys.stderr)
        count = len(e.faults)
        print(f"vostochny: {count} fault{'s' if count > 1 else ''}; nothing was scored", file=sys.stderr)
        return 2
    except OSError as e:
        print(f"vostochny: {e}", file=sys.stderr)
        return 2


def _results(args: argparse.Namespace, files: Sequence[str]) -> list[Result]:
    """Score each file by the shared options."""
    from vostochny import ontology, options, resources, scoring
    from vostochny.formats import Fault, FormatError, jsonl

    scheme = ontology.load()
    chosen = scoring.Options(
        layers=tuple(dict.fromkeys(args.layer)),
        view=options.view(args.view, scheme) if args.view else None,
        zones=options.zones(args.zone, scheme),
        resamples=options.at_least(args.resamples, 0, "--resamples"),
        seed=options.at_least(args.seed, 0, "--seed"),
        unknown=args.unknown,
        metrics=options.metrics(args.metric),
    )
    if args.gold:
        if chosen.view or chosen.zones:
            raise FormatError([Fault("--gold", None, None, "a view or zones cannot be chosen for a gold of your own")])
        return [scoring.score_files(args.gold, f, scheme, chosen) for f in files]
    path = str(resources.documents_path())
    gold = jsonl.read_gold(path, scheme)
    gold_hash = jsonl.file_hash(path)
    return [
        scoring.score(
            gold, jsonl.read_predictions(f, gold, scheme, args.unknown, chosen.view), scheme, chosen, gold_hash
        )
        for f in files
    ]


def _score(args: argparse.Namespace) -> int:
    from vostochny import resources
    from vostochny.report import items, json, terminal

    agreement = {} if args.gold else resources.agreement()
    (result,) = _results(args, [args.predictions])
    if args.seqeval:
        from vostochny.report import seqeval

        problem = seqeval.difference(result)
        if problem:
            print(f"vostochny: {problem}", file=sys.stderr)
            return 2
    if args.json == "-":
        sys.stdout.write(json.render(result))
    else:
        sys.stdout.write(terminal.render(result, "" if args.by == "none" else args.by, agreement))
        if args.json:
            Path(args.json).write_text(json.render(result), encoding="utf-8")
    if args.items:
        Path(args.items).write_text(items.render(result), encoding="utf-8")
    return 0


def _compare(args: argparse.Namespace) -> int:
    from vostochny.report import comparison

    if len(args.predictions) < 2:
        print("vostochny: compare needs two files of predictions or more", file=sys.stderr)
        return 2
    results = _results(args, args.predictions)
    table = comparison.compared(args.predictions, results)
    if args.json == "-":
        sys.stdout.write(comparison.as_json(table))
        return 0
    sys.stdout.write(comparison.render(table))
    if args.json:
        Path(args.json).write_text(comparison.as_json(table), encoding="utf-8")
    return 0
