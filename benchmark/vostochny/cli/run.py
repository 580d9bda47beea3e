"""``vostochny run``: run an extractor over the articles and write its predictions to a file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vostochny.cli.shared import OFFSET_UNITS, UNKNOWN_CHOICES, add_gold_options, open_gold

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands
    from vostochny.extractors.destination import Destination
    from vostochny.extractors.guards import StreamGuard
    from vostochny.extractors.runner import Report

MAX_TIMEOUT_SECONDS = 7 * 24 * 3600  # the system's calls that wait overflow at longer ones
MAX_PRINTED_FAILURES = 5  # the file of errors has all of them


def add_command(commands: Commands) -> None:
    """Declare the command and its options."""
    parser = commands.add_parser(
        "run",
        help="run an extractor over the articles and write its predictions",
        description="Run an extractor over the articles and write its predictions. The same command, given again, "
        "continues where the first one stopped. Beside FILE it writes a run record (FILE.run.json, secrets in command "
        "lines masked) and the failures (FILE.errors.jsonl); a file that run has not made is never touched.",
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
    add_gold_options(parser)
    parser.add_argument("--annotator", metavar="NAME", help="the same as --gold-annotator")
    parser.add_argument(
        "--timeout",
        type=float,
        default=300,
        metavar="S",
        help="seconds allowed to a command per article (default: 300)",
    )
    parser.add_argument(
        "--epoch", type=int, metavar="N", help="take the answers of this epoch of inspect:LOG (default: the first)"
    )
    parser.add_argument("--download", action="store_true", help="download the model if it is not on this machine")
    parser.add_argument(
        "--restart",
        action="store_true",
        help="start over instead of continuing with the existing output file, which is replaced when all articles are "
        "done",
    )
    parser.add_argument(
        "--unknown",
        choices=UNKNOWN_CHOICES,
        default="error",
        help="treatment of types that the ontology does not have: fail the article (error), or keep the prediction for "
        "score --unknown (ignore, wrong) (default: error)",
    )
    parser.add_argument(
        "--offsets",
        choices=OFFSET_UNITS,
        help="unit of the extractor's offsets (default: characters); they are written as they are, for score --offsets",
    )
    parser.set_defaults(run=run, consequence="nothing was predicted")


def run(args: argparse.Namespace) -> int:
    """Run the extractor; return 0 if every article has a prediction, 1 if some failed, 2 if it could not start.

    Interrupted (130), it leaves a file that the same command continues; with ``--restart``, the old file.
    """
    from vostochny import extractors, version
    from vostochny.errors import InputError, Problem
    from vostochny.extractors import ExtractorError, Settings, destination, runner
    from vostochny.extractors.guards import StreamGuard
    from vostochny.formats.side_options import refuse_unused_options
    from vostochny.formats.view_file import read_view
    from vostochny.system import console, interruption

    spec = args.extractor if args.argument is None else f"{args.extractor}:{args.argument}"
    if not 0 < args.timeout <= MAX_TIMEOUT_SECONDS:
        message = f"{args.timeout:g} is not a duration; expected seconds above 0, at most {MAX_TIMEOUT_SECONDS}"
        raise InputError([Problem("--timeout", None, None, message)])
    if args.epoch is not None and not (args.epoch >= 1 and args.extractor.partition(":")[0] == "inspect"):
        message = f"{args.epoch} is not an epoch of a log; expected a number from 1 on, and inspect:LOG"
        raise InputError([Problem("--epoch", None, None, message)])
    if not Path(args.output).name or not args.output.isprintable():
        raise InputError([Problem("--output", None, None, f"{args.output!r} is not the name of a file")])
    source = open_gold(args)
    refuse_unused_options([source])
    destination.refuse_inputs(args.output, _list_inputs(spec, args.view, source.paths))
    gold = source.read_gold()
    view = read_view(args.view, gold.ontology) if args.view else None
    origin = {
        "extractor": extractors.mask_spec(spec),
        "view": args.view,
        "articles": gold.hash,
        "vostochny": version.__version__,
        **({"offsets": args.offsets} if args.offsets else {}),
    }
    output: Destination | None = None
    try:
        with StreamGuard() as guard:
            output = _open_output(args, origin, guard)
            interruption.set_advice(_advise(args))
            extractor = extractors.load(spec, Settings(gold.ontology, view, args.download, args.timeout, args.epoch))
            guard.restore()
            output.begin()
            checks = runner.Checks(gold.ontology, args.unknown, view, args.offsets)
            report = runner.run(extractor, gold.documents, output, checks, guard.restore)
    except ExtractorError as e:
        console.print_error(f"vostochny: {e}")
        return 2
    except KeyboardInterrupt:
        if interruption.was_interrupted():
            raise  # the process prints the line
        advice = _advise(args)
        console.print_error(f"vostochny: interrupted{'; ' if advice else ''}{advice}")
        return 130
    finally:
        if output is not None:
            output.close()
    _print_report(report, None if isinstance(output, destination.Stream) else Path(args.output), args)
    return 1 if report.failed else 0


def _list_inputs(spec: str, view: str | None, gold: Sequence[str]) -> list[str]:
    """Return the names that may be files which the command reads."""
    kind, _, argument = spec.partition(":")
    module = f"{kind.replace('.', '/')}.py"
    return [*gold, *([view] if view else []), module, spec.rpartition(":")[0], argument, *argument.split()]


def _open_output(args: argparse.Namespace, origin: dict[str, str], guard: StreamGuard) -> Destination:
    """Return what the predictions are written to, checked and locked. Raises InputError, ExtractorError, OSError."""
    from vostochny.extractors import destination

    if destination.is_stream(args.output):
        return destination.Stream(args.output, guard.output)
    file = destination.OutputFile(Path(args.output), origin, args.restart)
    try:
        file.prepare(is_folder=args.output.endswith("/"))
    except BaseException:
        file.close()
        raise
    return file


def _advise(args: argparse.Namespace) -> str:
    """Return what the line of an interruption says."""
    from vostochny.extractors import destination

    if destination.is_stream(args.output):
        return ""
    if args.restart and Path(args.output).exists():
        return f"{args.output} is unchanged"
    return "the same command continues where this one stopped"


def _print_report(report: Report, output: Path | None, args: argparse.Namespace) -> None:
    """Print on standard error how many articles were predicted, skipped and failed, and what to do next."""
    from vostochny.extractors.destination import errors_path
    from vostochny.system import console

    lines = [f"{f.doc_id}: {f.error}" for f in report.failed[:MAX_PRINTED_FAILURES]]
    if len(report.failed) > MAX_PRINTED_FAILURES:
        lines.append(f"… and {len(report.failed) - MAX_PRINTED_FAILURES} more")
    lines += report.notes
    parts = [f"{len(report.written)} written to {output or 'standard output'}"]
    if report.skipped:
        parts.append(f"{len(report.skipped)} already in it")
    if report.failed:
        where = f" ({errors_path(output)})" if output else ""
        parts.append(f"{len(report.failed)} failed{where}; the same command tries them again")
    total = len(report.written) + len(report.skipped) + len(report.failed)
    lines.append(f"{total} articles: {', '.join(parts)}")
    if output and not report.failed:
        options = [f"--{key} {value}" for key in ("view", "offsets") if (value := getattr(args, key))]
        lines.append(" ".join(["score them: vostochny score", str(output), *options]))
    for line in lines:
        console.print_error(line)
