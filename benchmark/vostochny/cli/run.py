"""``vostochny run``: an extractor over the articles, its predictions in a file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands
    from vostochny.extractors import Extract
    from vostochny.extractors.runner import Report

MAX_SHOWN = 5  # failures that the terminal names; the file of errors has all


def add(commands: Commands) -> None:
    """Declare the command and its options."""
    parser = commands.add_parser(
        "run",
        help="run an extractor over the articles and write its predictions",
        description="Run an extractor over the articles; a second call goes on where the first one stopped.",
    )
    parser.add_argument(
        "extractor",
        metavar="EXTRACTOR",
        help='module:function, file.py:function, command "…", spacy:NAME, transformers:NAME, gliner:NAME, or a plug-in',
    )
    parser.add_argument("argument", nargs="?", metavar="…", help="what belongs to the extractor: the command line, say")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="JSON Lines; - is standard output")
    parser.add_argument(
        "--view", metavar="NAME|FILE", help="predict in this label set: ace, ontonotes, conll, or yours"
    )
    parser.add_argument("--gold", metavar="FILE", help="read your own articles, in any format that score reads")
    parser.add_argument(
        "--timeout", type=float, default=300, metavar="S", help="seconds a command has for an article (default: 300)"
    )
    parser.add_argument("--download", action="store_true", help="fetch the model where it is not here")
    parser.add_argument("--restart", action="store_true", help="begin anew instead of going on with the output")
    parser.add_argument(
        "--unknown",
        choices=["error", "ignore", "wrong"],
        default="error",
        help="a type that the ontology lacks: the article fails, or the prediction is kept for score --unknown",
    )
    parser.set_defaults(call=run, nothing="; nothing was scored")


def run(args: argparse.Namespace) -> int:
    """Run an extractor over the articles. 0: every one has a prediction, 1: some failed, 2: it could not begin."""
    from vostochny import extractors, version
    from vostochny.errors import InputError, Problem
    from vostochny.extractors import ExtractorError, Settings, runner
    from vostochny.formats.input import read_documents
    from vostochny.formats.view_file import read_view

    spec = args.extractor if args.argument is None else f"{args.extractor}:{args.argument}"
    if not args.timeout > 0:
        raise InputError([Problem("--timeout", None, None, f"{args.timeout:g} is no time; expected seconds above 0")])
    documents, ontology, articles_hash = read_documents(args.gold)
    view = read_view(args.view, ontology) if args.view else None
    output = None if args.output == "-" else Path(args.output)
    made_by = {"extractor": spec, "view": args.view, "articles": articles_hash, "vostochny": version.__version__}
    extract: Extract | None = None
    try:
        extract = extractors.load(spec, Settings(ontology, view, args.download, args.timeout))
        progress = runner.Progress(sys.stderr)
        report = runner.run(extract, documents, output, ontology, made_by, args.unknown, view, args.restart, progress)
    except ExtractorError as e:
        print(f"vostochny: {e}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        more = "; the same command goes on where it stopped" if output else ""
        print(f"\nvostochny: interrupted{more}", file=sys.stderr)
        return 130
    finally:
        if extract is not None:
            extractors.close(extract)
    _print_report(report, output, extractors.notes_of(extract), args.view)
    return 1 if report.failed else 0


def _print_report(report: Report, output: Path | None, notes: list[str], view: str | None) -> None:
    """Print on standard error how many articles were predicted, skipped and failed, and what to do next."""
    from vostochny.extractors.runner import errors_path

    lines = [f"{f.doc_id}: {f.error}" for f in report.failed[:MAX_SHOWN]]
    if len(report.failed) > MAX_SHOWN:
        lines.append(f"… and {len(report.failed) - MAX_SHOWN} more")
    lines += [*report.notes, *notes]
    parts = [f"{len(report.written)} written to {output or 'standard output'}"]
    if report.skipped:
        parts.append(f"{len(report.skipped)} there already")
    if report.failed:
        where = f" ({errors_path(output)})" if output else ""
        parts.append(f"{len(report.failed)} failed{where}; the same command tries them again")
    total = len(report.written) + len(report.skipped) + len(report.failed)
    lines.append(f"{total} articles: {', '.join(parts)}")
    if output and not report.failed:
        lines.append(f"score them: vostochny score {output}{f' --view {view}' if view else ''}")
    for line in lines:
        print(line, file=sys.stderr)
