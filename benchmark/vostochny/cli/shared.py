"""What several commands share: the options of scoring, and the results that they ask for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vostochny.model import Document
    from vostochny.scoring import Result

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def scoring_options() -> argparse.ArgumentParser:
    """Return the options that score and compare have in common."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", metavar="FILE", help="write the result as JSON (- is standard output, no table)")
    shared.add_argument("--gold", metavar="FILE", help="score against your own gold, in any format and label set")
    shared.add_argument("--gold-format", metavar="NAME", help="the gold's format (default: what its content says)")
    shared.add_argument(
        "--format", metavar="NAME", help="the predictions' format (default: what their content says); see convert"
    )
    shared.add_argument(
        "--offsets",
        choices=["utf16", "bytes", "ignore"],
        help="what offsets count, if not characters; ignore: place spans by their words",
    )
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
        help="what to do with a type that the ontology lacks (default: error)",
    )
    shared.add_argument(
        "--resamples",
        type=int,
        default=10_000,
        metavar="N",
        help="bootstrap resamples for the intervals; 0 for none (default: 10000)",
    )
    shared.add_argument("--seed", type=int, default=20230913, metavar="N", help="of the resampling (default: 20230913)")
    large = shared.add_argument_group(
        "large input", "gold and predictions in many files of JSON Lines; the score is the same to the last bit"
    )
    large.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes that count (default: one a core, where it pays)",
    )
    large.add_argument(
        "--engine", choices=["local", "dask"], default="local", help="who counts (default: local, this machine)"
    )
    large.add_argument("--scheduler", metavar="ADDRESS", help="a running Dask scheduler; without, one is started here")
    large.add_argument(
        "--on-error",
        choices=["fail", "skip"],
        default="fail",
        help="what to do with a file that cannot be read; skip leaves it out, and its partner, and says so",
    )
    large.add_argument(
        "--scratch",
        metavar="FOLDER",
        help="where documents are laid together if gold and predictions are split differently (default: the system's)",
    )
    return shared


def results(args: argparse.Namespace, systems: Sequence[Sequence[str]]) -> list[Result]:
    """Score the files of each system by the shared options; raises InputError."""
    from vostochny import corpus, scoring
    from vostochny.formats import jsonl, registry
    from vostochny.formats.view_file import read_view
    from vostochny.ontology import load_ontology
    from vostochny.scoring import options

    ontology = load_ontology()
    run = options.run_options(args.engine, args.workers, args.scheduler, args.on_error, args.scratch)
    streamed = args.gold and all(
        scoring.is_streamed(args.gold, files, args.gold_format, args.format, run.on_error) for files in systems
    )
    path = args.gold or str(corpus.gold_path())
    gold: list[Document] = []
    if args.gold and not streamed:
        gold, reading = registry.read_gold(path, ontology, args.gold_format)
        ontology = reading.ontology
        tell(path, reading.notes)
    elif not args.gold:
        gold = jsonl.read_gold(path, ontology)
    chosen = scoring.Options(
        layers=tuple(dict.fromkeys(args.layer)),
        view=read_view(args.view, ontology) if args.view else None,
        zones=options.zones(args.zone, ontology),
        resamples=options.at_least(args.resamples, 0, "--resamples"),
        seed=options.at_least(args.seed, 0, "--seed"),
        unknown=args.unknown,
        metrics=options.metrics(args.metric),
        offsets=args.offsets,
    )
    if streamed:
        return [scoring.score_files(path, files, ontology, chosen, run) for files in systems]
    if run.engine != "local" or (run.workers or 1) > 1:
        tell(path, ["is small enough to be held whole, so this process alone scores it"])
    gold_hash = registry.hash_content(path) if args.gold else corpus.gold_hash(path)
    results = []
    for files in systems:
        predicted, reading = registry.read_predictions(
            files, gold, ontology, args.unknown, chosen.view, args.offsets, args.format
        )
        tell(" ".join(files), reading.notes)
        results.append(scoring.score(gold, predicted, ontology, chosen, gold_hash))
    return results


def tell(path: str, notes: Sequence[str]) -> None:
    """Print what a reader noted about its input, on standard error."""
    for note in notes:
        print(f"vostochny: {path}: {note}", file=sys.stderr)
