"""``vostochny run``: run an extractor over the articles and write its predictions to a file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vostochny.cli.shared import UNKNOWN_CHOICES, open_gold

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands
    from vostochny.extractors import Extractor
    from vostochny.extractors.runner import Report

MAX_PRINTED_FAILURES = 5  # the file of errors has all of them


def add_command(commands: Commands) -> None:
    """Declare the command and its options."""
    parser = commands.add_parser(
        "run",
        help="run an extractor over the articles and write its predictions",
        description="Run an extractor over the articles and write its predictions. The same command, given again, "
        "continues where the first one stopped.",
    )
    parser.add_argument(
        "extractor",
        metavar="EXTRACTOR",
        help='module:function, file.py:function, command "…", spacy:NAME, transformers:NAME, gliner:NAME, or a plug-in',
    )
    parser.add_argument(
        "argument", nargs="?", metavar="ARGUMENT", help='argument of the extractor, e.g. the command line of "command"'
    )
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="JSON Lines file to write; - is standard output"
    )
    parser.add_argument(
        "--view",
        metavar="NAME|FILE",
        help="predict in another label set: ace, ontonotes, conll, or a JSON file with your own mapping",
    )
    parser.add_argument(
        "--gold", metavar="FILE", help="read your own articles instead of the corpus, in any format that score reads"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=300,
        metavar="S",
        help="seconds allowed to a command per article (default: 300)",
    )
    parser.add_argument("--download", action="store_true", help="download the model if it is not on this machine")
    parser.add_argument(
        "--restart", action="store_true", help="start over instead of continuing with the existing output file"
    )
    parser.add_argument(
        "--unknown",
        choices=UNKNOWN_CHOICES,
        default="error",
        help="treatment of types that the ontology does not have: fail the article (error), or keep the prediction for "
        "score --unknown (ignore, wrong) (default: error)",
    )
    parser.set_defaults(run=run, consequence="nothing was predicted")


def run(args: argparse.Namespace) -> int:
    """Run the extractor; return 0 if every article has a prediction, 1 if some failed, 2 if it could not start.

    Interrupted (130), it leaves a file that the same command continues.
    """
    from vostochny import extractors, version
    from vostochny.errors import InputError, Problem
    from vostochny.extractors import ExtractorError, Settings, runner
    from vostochny.formats.view_file import read_view
    from vostochny.system import console

    spec = args.extractor if args.argument is None else f"{args.extractor}:{args.argument}"
    if not args.timeout > 0:
        raise InputError(
            [Problem("--timeout", None, None, f"{args.timeout:g} is not a duration; expected seconds above 0")]
        )
    gold = open_gold(args).read_gold()
    ontology = gold.ontology
    view = read_view(args.view, ontology) if args.view else None
    output = None if args.output == "-" else Path(args.output)
    origin = {"extractor": spec, "view": args.view, "articles": gold.hash, "vostochny": version.__version__}
    extractor: Extractor | None = None
    try:
        extractor = extractors.load(spec, Settings(ontology, view, args.download, args.timeout))
        progress = runner.Progress(sys.stderr)
        report = runner.run(
            extractor, gold.documents, output, ontology, origin, args.unknown, view, args.restart, progress
        )
    except ExtractorError as e:
        console.print_error(f"vostochny: {e}")
        return 2
    except KeyboardInterrupt:
        advice = "; the same command continues where this one stopped" if output else ""
        console.print_error(f"vostochny: interrupted{advice}")
        return 130
    finally:
        if extractor is not None:
            extractors.close(extractor)
    _print_report(report, output, extractors.notes_of(extractor), args.view)
    return 1 if report.failed else 0


def _print_report(report: Report, output: Path | None, notes: list[str], view: str | None) -> None:
    """Print on standard error how many articles were predicted, skipped and failed, and what to do next."""
    from vostochny.extractors.runner import errors_path
    from vostochny.system import console

    lines = [f"{f.doc_id}: {f.error}" for f in report.failed[:MAX_PRINTED_FAILURES]]
    if len(report.failed) > MAX_PRINTED_FAILURES:
        lines.append(f"… and {len(report.failed) - MAX_PRINTED_FAILURES} more")
    lines += [*report.notes, *notes]
    parts = [f"{len(report.written)} written to {output or 'standard output'}"]
    if report.skipped:
        parts.append(f"{len(report.skipped)} already in it")
    if report.failed:
        where = f" ({errors_path(output)})" if output else ""
        parts.append(f"{len(report.failed)} failed{where}; the same command tries them again")
    total = len(report.written) + len(report.skipped) + len(report.failed)
    lines.append(f"{total} articles: {', '.join(parts)}")
    if output and not report.failed:
        lines.append(f"score them: vostochny score {output}{f' --view {view}' if view else ''}")
    for line in lines:
        console.print_error(line)
