"""``vostochny score``: predictions in, a table, a page and a file of outcomes out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vostochny.cli.shared import results

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands
    from vostochny.scoring import Result


def add(commands: Commands, shared: argparse.ArgumentParser) -> None:
    """Declare the command and its options."""
    score = commands.add_parser(
        "score",
        parents=[shared],
        help="score predictions against the gold",
        description="Score a JSON Lines file of predictions against the gold and print a table.",
    )
    score.add_argument(
        "predictions",
        nargs="+",
        help="a file or folder in any format, JSON Lines best; - is standard input; of many files give a pattern, a "
        "folder, or all of them",
    )
    score.add_argument(
        "--fail-under",
        action="append",
        default=[],
        metavar="LAYER=VALUE",
        help="exit 1 where a layer's first score, or a measure by name, is lower (entities=0.8); may be given again",
    )
    score.add_argument(
        "--by",
        choices=["type", "level", "zone", "none"],
        default="type",
        help="what the parts of each layer's first score are told by (default: type)",
    )
    score.add_argument("--items", metavar="FILE", help="write what became of every item, as JSON Lines")
    score.add_argument("--html", metavar="FILE", help="write the report as one self-contained page")
    score.add_argument("--seqeval", action="store_true", help="run seqeval beside ours; fail where they differ")
    score.set_defaults(call=run, nothing="; nothing was scored")


def run(args: argparse.Namespace) -> int:
    from vostochny import corpus
    from vostochny.report import items, result_json, terminal

    thresholds = _thresholds(args.fail_under)
    agreement = {} if args.gold else corpus.agreement()
    (result,) = results(args, [args.predictions])
    name = " ".join(args.predictions)
    if args.seqeval:
        from vostochny.report import seqeval_check

        problem = seqeval_check.difference(result)
        if problem:
            print(f"vostochny: {problem}", file=sys.stderr)
            return 2
    judged = items.render(result) if args.items else ""  # refused, if it is, before anything is printed
    if args.json == "-":
        sys.stdout.write(result_json.render(result))
    else:
        sys.stdout.write(terminal.render(result, "" if args.by == "none" else args.by, agreement))
        if args.json:
            Path(args.json).write_text(result_json.render(result), encoding="utf-8")
    if args.items:
        Path(args.items).write_text(judged, encoding="utf-8")
    if args.html:
        from vostochny.report import page

        shown = page.with_articles(result, args.gold, args.predictions) if args.gold else result
        Path(args.html).write_text(page.render(shown, name, agreement), encoding="utf-8")
    return _below(result, thresholds)


def _thresholds(given: Sequence[str]) -> dict[str, float]:
    """What ``--fail-under`` asks for: measure → the least value, from ``entities=0.8`` (a layer is its first score)."""
    from vostochny.errors import InputError, Problem
    from vostochny.metrics.catalogue import PRIMARY

    out: dict[str, float] = {}
    problems: list[Problem] = []
    for one in given:
        name, _, value = one.partition("=")
        try:
            least = float(value)
        except ValueError:
            least = -1.0
        if not 0 <= least <= 1:
            problems.append(Problem("--fail-under", None, None, f"{one!r} is no LAYER=VALUE with a value from 0 to 1"))
        out[PRIMARY.get(name, name)] = least
    if problems:
        raise InputError(problems)
    return out


def _below(result: Result, thresholds: dict[str, float]) -> int:
    """1 where a measure is below what --fail-under asks for, 2 where there is no such measure, else 0."""
    code = 0
    for name, least in thresholds.items():
        measure = result.measures.get(name)
        if measure is None:
            print(f"vostochny: --fail-under: {name} was not scored; {', '.join(result.measures)} were", file=sys.stderr)
            return 2
        if measure.value is None or measure.value < least:
            value = "undefined" if measure.value is None else f"{measure.value:.4f}"
            print(f"vostochny: {name} is {value}, below {least:g}", file=sys.stderr)
            code = 1
    return code
