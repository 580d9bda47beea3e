"""``vostochny score``: score predictions, and print a table or write a page, JSON or the outcome of every item."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vostochny.cli.shared import build_scoring_options, open_gold, open_predictions, refuse_overlap, score_systems

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands
    from vostochny.scoring import Result


def add_command(commands: Commands) -> None:
    """Declare the command and its options."""
    parser = commands.add_parser(
        "score",
        parents=[build_scoring_options()],
        help="score predictions against the gold",
        description="Score predictions against the gold and print a table for each layer.",
    )
    parser.add_argument(
        "predictions",
        nargs="+",
        help="file or folder in any supported format, preferably JSON Lines; - is standard input; if the predictions "
        "are in many files, give all of them, their folder or a pattern",
    )
    parser.add_argument(
        "--fail-under",
        action="append",
        default=[],
        metavar="LAYER=VALUE",
        help="exit with 1 if a layer's headline score, or a metric by its name, is below VALUE, e.g. entities=0.8 "
        "(repeatable)",
    )
    parser.add_argument(
        "--by",
        choices=["type", "level", "zone", "none"],
        default="type",
        help="break down each layer's headline score by this property; none: no breakdown (default: type)",
    )
    parser.add_argument(
        "--items", metavar="FILE", help="write the outcome of every item (hit, missed, spurious, …) as JSON Lines"
    )
    parser.add_argument("--html", metavar="FILE", help="write a report as one self-contained HTML page")
    parser.add_argument(
        "--seqeval",
        action="store_true",
        help="also compute the strict IOB2 score with seqeval, and exit with 2 if the two differ",
    )
    parser.set_defaults(run=run, consequence="nothing was scored")


def run(args: argparse.Namespace) -> int:
    """Score the predictions and write what the options ask for; the exit code is that of ``--fail-under``."""
    from vostochny import corpus
    from vostochny.report import terminal
    from vostochny.system import console

    thresholds = _parse_thresholds(args.fail_under)
    gold, predictions = open_gold(args, with_text=False), open_predictions(args, args.predictions)
    refuse_overlap([gold, predictions], [args.json, args.items, args.html], args.view)
    # How far two annotators agree is known of the corpus only.
    agreement = corpus.load_agreement() if gold.is_corpus else {}
    (result,) = score_systems(args, gold, [predictions])
    if args.seqeval:
        from vostochny.report import seqeval_check

        problem = seqeval_check.describe_difference(result)
        if problem:
            console.print_error(f"vostochny: {problem}")
            return 2
    # Rendered first, because it may be refused, and then nothing is to be printed or written.
    contents: dict[str, str] = {}
    if args.json and args.json != "-":
        contents[args.json] = _render_json(result)
    if args.items:
        from vostochny.report import items

        contents[args.items] = items.render(result)
    if args.html:
        from vostochny.report import page

        with_texts = page.read_first_articles(result, gold, predictions)
        contents[args.html] = page.render(with_texts, predictions.name, agreement)
    if args.json == "-":
        console.write_data(_render_json(result))
    else:
        console.print_text(terminal.render(result, "" if args.by == "none" else args.by, agreement))
    if contents:
        from vostochny.system import outputs

        outputs.write_files(contents)
    return _check_thresholds(result, thresholds)


def _render_json(result: Result) -> str:
    from vostochny.report import result_json  # most calls want no JSON

    return result_json.render(result)


def _parse_thresholds(arguments: Sequence[str]) -> dict[str, float]:
    """Return the least value of each measure that ``--fail-under`` names; a layer stands for its headline score.

    ``["entities=0.8"]`` gives ``{"entities.names": 0.8}``. Raises InputError.
    """
    from vostochny.errors import InputError, Problem, Problems, suggest_name
    from vostochny.metrics.catalogue import HEADLINES, MEASURES

    thresholds: dict[str, float] = {}
    problems: Problems[Problem] = Problems()
    for argument in arguments:
        name, _, value = argument.partition("=")
        try:
            least = float(value)
        except ValueError:
            least = -1.0
        if not 0 <= least <= 1:
            message = f"{argument!r} is not LAYER=VALUE with a value from 0 to 1"
            problems.append(Problem("--fail-under", None, None, message))
        elif name not in (*HEADLINES, *MEASURES):
            message = f"{name!r} is neither a layer nor a metric; {suggest_name(name, [*HEADLINES, *MEASURES])}"
            problems.append(Problem("--fail-under", None, None, message))
        thresholds[HEADLINES.get(name, name)] = least
    if problems:
        raise InputError(problems)
    return thresholds


def _check_thresholds(result: Result, thresholds: dict[str, float]) -> int:
    """Return 1 where a measure is below its threshold or undefined, 2 where one was not scored, else 0."""
    from vostochny.system import console

    code = 0
    for name, least in thresholds.items():
        measure = result.measures.get(name)
        if measure is None:
            scored = ", ".join(result.measures)
            console.print_error(f"vostochny: --fail-under: {name} was not scored; these were: {scored}")
            return 2
        if measure.value is None or measure.value < least:
            value = "undefined" if measure.value is None else f"{measure.value:.4f}"
            console.print_error(f"vostochny: {name} is {value}, below {least:g}")
            code = 1
    return code
