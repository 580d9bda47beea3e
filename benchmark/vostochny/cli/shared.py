"""Shared by several commands: options and their help texts, scoring by these options, printing a reader's notes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vostochny.system.arguments import ArgumentParser

if TYPE_CHECKING:
    from vostochny.formats.input import Input
    from vostochny.ontology import Ontology
    from vostochny.scoring import Options, Result

    Commands = argparse._SubParsersAction[ArgumentParser]

# Choices and defaults stand here as plain values, because importing the modules that define them (vostochny.model,
# vostochny.api, vostochny.stats.resampling) would slow down --help; a test compares the two.
LAYERS = ("entities", "events", "quotes")
UNKNOWN_CHOICES = ("error", "ignore", "wrong")
OFFSET_UNITS = ("characters", "utf16", "bytes", "inclusive", "ignore")
DEFAULT_RESAMPLES = 10_000
DEFAULT_SEED = 20230913

OFFSETS_HELP = (
    "unit of the predictions' offsets: UTF-16 code units or bytes (default: characters); inclusive: characters, and an "
    "end is the last one of its span; ignore: disregard offsets and place spans by their words"
)
ANNOTATOR_HELP = (
    "whose annotations to read where a document has several (Label Studio, Prodigy): email, id, model version, session"
)
COLUMN_HELP = (
    "columns of the token and its tag in tagged text (CoNLL), numbered from 1 or as the file names them, e.g. "
    "token=2,tag=4, or tag=10:NER for a key in MISC (default: found from all lines)"
)
_GOLD_OPTIONS = ("format", "offsets", "annotator", "column")
GOLD_OF_PREDICTIONS = "gold documents that the predictions refer to (default: the corpus)"


def build_scoring_options() -> ArgumentParser:
    """Return a parser with the options that ``score`` and ``compare`` have in common, to be used as a parent."""
    parser = ArgumentParser(add_help=False)
    _add_input_options(parser)
    _add_selection_options(parser)
    _add_interval_options(parser)
    _add_large_input_options(parser)
    return parser


def _add_input_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--json", metavar="FILE", help="write the result as JSON; - writes it to standard output instead of the table"
    )
    parser.add_argument(
        "--gold", metavar="FILE", help="score against your own gold, in any supported format and with its own labels"
    )
    add_side_options(parser)


def add_side_options(parser: argparse.ArgumentParser, format_option: str = "--format") -> None:
    """Declare how predictions and gold are read: format, offsets, annotator and columns of each.

    Args:
        parser: The parser of the command.
        format_option: The option that names the format of what is not the gold; "" where the command has its own.
    """
    if format_option:
        parser.add_argument(
            format_option,
            metavar="NAME",
            help="format of the predictions (default: detected from their content); vostochny convert --help lists all",
        )
    parser.add_argument("--offsets", choices=OFFSET_UNITS, help=OFFSETS_HELP)
    parser.add_argument("--annotator", metavar="NAME", help=f"{ANNOTATOR_HELP}; also of the gold")
    parser.add_argument("--column", metavar="COLUMNS", help=f"{COLUMN_HELP}; also of the gold")
    add_gold_options(parser)


def add_gold_options(parser: argparse.ArgumentParser) -> None:
    """Declare how a gold of one's own is read."""
    parser.add_argument("--gold-format", metavar="NAME", help="format of the gold (default: detected from its content)")
    parser.add_argument("--gold-offsets", choices=OFFSET_UNITS, help="unit of the gold's offsets (default: characters)")
    parser.add_argument("--gold-annotator", metavar="NAME", help="whose annotations to read of the gold")
    parser.add_argument("--gold-column", metavar="COLUMNS", help="columns of the token and its tag in the gold")


def _add_selection_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--metric",
        action="append",
        default=[],
        metavar="NAME",
        help="compute only this metric, e.g. entities.names (repeatable)",
    )
    parser.add_argument(
        "--layer",
        action="append",
        default=[],
        choices=LAYERS,
        help="score only this layer (repeatable; default: the layers that the predictions carry)",
    )
    parser.add_argument(
        "--view",
        metavar="NAME|FILE",
        help="score in another label set: ace, ontonotes, conll, or a JSON file with your own mapping",
    )
    parser.add_argument(
        "--zone",
        action="append",
        default=[],
        metavar="ZONE",
        help="score only this zone, e.g. title (repeatable; default: all scored zones)",
    )
    parser.add_argument(
        "--unknown",
        choices=UNKNOWN_CHOICES,
        default="error",
        help="treatment of types that the ontology does not have: refuse the predictions (error), leave the items out "
        "(ignore) or count them as false positives (wrong) (default: error)",
    )


def _add_interval_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--resamples",
        type=int,
        default=DEFAULT_RESAMPLES,
        metavar="N",
        help=f"number of bootstrap resamples for the intervals; 0 for no intervals (default: {DEFAULT_RESAMPLES})",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=DEFAULT_SEED,
        metavar="N",
        help=f"random seed of the resampling (default: {DEFAULT_SEED})",
    )


def _add_large_input_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group(
        "large inputs",
        "For gold and predictions in many or large JSON Lines files. Scores are identical to the last bit, however the "
        "work is divided.",
    )
    group.add_argument(
        "--workers", type=int, metavar="N", help="worker processes (default: one per core for large inputs)"
    )
    group.add_argument(
        "--engine",
        choices=["local", "dask"],
        default="local",
        help="compute on this machine or on a Dask cluster (default: local)",
    )
    group.add_argument(
        "--scheduler", metavar="ADDRESS", help="address of a running Dask scheduler (default: start a cluster here)"
    )
    group.add_argument(
        "--on-error",
        choices=["fail", "skip"],
        default="fail",
        help="treatment of a file that cannot be read: stop (fail), or leave it and its counterpart out and report it "
        "(skip) (default: fail)",
    )
    group.add_argument(
        "--scratch",
        metavar="FOLDER",
        help="folder for temporary files, which are needed if gold and predictions are split into files differently "
        "(default: the system's temporary folder)",
    )


def open_gold(args: argparse.Namespace, with_text: bool = True) -> Input:
    """Return the gold of ``--gold`` and the options of :func:`add_gold_options`, by default the corpus.

    Annotator and columns are those of the predictions, unless the gold has its own. Raises InputError where there is
    an option for a gold that is not given.
    """
    from vostochny.errors import InputError, Problem
    from vostochny.formats.input import Input
    from vostochny.formats.side_options import share_options

    unused = [option for option in _GOLD_OPTIONS if getattr(args, f"gold_{option}", None) is not None]
    if unused and not args.gold:
        message = "is for a gold of your own; give it with --gold"
        others = [f"--{option}" for option in unused if hasattr(args, option)]
        message += f", or use {others[0]} for predictions" if others else ""
        raise InputError([Problem(f"--gold-{unused[0]}", None, None, message)])
    given = share_options(
        {"annotator": getattr(args, "annotator", None), "columns": getattr(args, "column", None)},
        {"annotator": args.gold_annotator, "columns": args.gold_column},
    )
    return Input(args.gold or None, args.gold_format, with_text=with_text, offsets=args.gold_offsets, **given)


def open_predictions(
    args: argparse.Namespace, addresses: str | Sequence[str], format_option: str = "--format"
) -> Input:
    """Return what is not the gold, read as the options of :func:`add_side_options` say."""
    from vostochny.formats.input import Input
    from vostochny.formats.reader import OptionNames

    format_name = getattr(args, format_option.lstrip("-").replace("-", "_"))
    return Input(addresses, format_name, OptionNames(format_option), True, args.offsets, args.annotator, args.column)


def refuse_overlap(sides: Sequence[Input], outputs: Sequence[str | None], view: str | None = None) -> None:
    """Refuse to write into what is read (system.outputs.refuse_overlap), before anything is read. Raises InputError.

    Args:
        sides: The gold and the predictions.
        outputs: The files to write; None where an option is not given.
        view: The value of ``--view``, which may be a file.
    """
    files = [path for path in outputs if path]
    if files:
        from vostochny.system.outputs import refuse_overlap

        refuse_overlap([*(s for side in sides for s in side.list_sources(files)), *([view] if view else [])], files)


def score_systems(args: argparse.Namespace, gold: Input, systems: Sequence[Input]) -> list[Result]:
    """Score the predictions of each system as the options of :func:`build_scoring_options` ask.

    Raises InputError with every problem of the options, the gold and the first system that has any.
    """
    from vostochny import scoring
    from vostochny.scoring import options
    from vostochny.system import progress

    execution = options.check_execution(args.engine, args.workers, args.scheduler, args.on_error, args.scratch)
    size = sum(side.estimate_size() for side in (gold, *systems)) if progress.is_shown() else 0
    with progress.step("scoring", size=size):
        return scoring.score_systems(
            gold, systems, lambda ontology: _read_options(args, ontology), execution, print_notes
        )


def _read_options(args: argparse.Namespace, ontology: Ontology) -> Options:
    """Return the options of scoring, checked against the ontology of the gold. Raises InputError."""
    from vostochny.scoring import Options, options

    view = None
    if args.view:
        from vostochny.formats.view_file import read_view

        view = read_view(args.view, ontology)
    return Options(
        layers=tuple(dict.fromkeys(args.layer)),
        view=view,
        zones=options.check_zones(args.zone, ontology),
        resamples=options.require_between(args.resamples, 0, options.MAX_RESAMPLES, "--resamples"),
        seed=options.require_between(args.seed, 0, options.MAX_SEED, "--seed"),
        unknown=args.unknown,
        metrics=options.check_metrics(args.metric),
        offsets=args.offsets,
        gold_offsets=args.gold_offsets,
    )


def print_notes(path: str, notes: Sequence[str]) -> None:
    """Print on standard error what a reader noted about its input: what it assumed, converted or left out."""
    from vostochny.system import console

    for note in notes:
        console.print_error(f"vostochny: {path}: {note}")
