"""The command line: arguments in, exit code out. 0 done, 1 below --fail-under, 2 bad input."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vostochny import arguments

if TYPE_CHECKING:
    from vostochny.model import Document
    from vostochny.scoring import Result


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command."""
    args = arguments.parser().parse_args(argv)
    # Imported here, so that --help and a mistyped option answer at once.
    from vostochny.errors import InputError

    try:
        return COMMANDS[args.command](args)
    except InputError as e:
        for problem in e.problems:
            print(problem, file=sys.stderr)
        count = len(e.problems)
        done = {"convert": "; nothing was converted", "rehydrate": "; nothing was written", "validate": ""}
        rest = done.get(args.command, "; nothing was scored")
        print(f"vostochny: {count} fault{'s' if count > 1 else ''}{rest}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever reads has seen enough: `vostochny show 003 | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as e:
        print(f"vostochny: {e}", file=sys.stderr)
        return 2


def _results(args: argparse.Namespace, systems: Sequence[Sequence[str]]) -> list[Result]:
    """Score each system's files by the shared options."""
    from vostochny import corpus, ontology, options, scoring
    from vostochny.formats import jsonl, registry

    scheme = ontology.load()
    run = options.run(args.engine, args.workers, args.scheduler, args.on_error, args.scratch)
    streamed = args.gold and all(
        scoring.is_streamed(args.gold, files, args.gold_format, args.format, run.on_error) for files in systems
    )
    path = args.gold or str(corpus.gold_path())
    gold: list[Document] = []
    if args.gold and not streamed:
        gold, reading = registry.read_gold(path, scheme, args.gold_format)
        scheme = reading.ontology
        _tell(path, reading.notes)
    elif not args.gold:
        gold = jsonl.read_gold(path, scheme)
    chosen = scoring.Options(
        layers=tuple(dict.fromkeys(args.layer)),
        view=options.view(args.view, scheme) if args.view else None,
        zones=options.zones(args.zone, scheme),
        resamples=options.at_least(args.resamples, 0, "--resamples"),
        seed=options.at_least(args.seed, 0, "--seed"),
        unknown=args.unknown,
        metrics=options.metrics(args.metric),
        offsets=args.offsets,
    )
    if streamed:
        return [scoring.score_files(path, files, scheme, chosen, run) for files in systems]
    if run.engine != "local" or (run.workers or 1) > 1:
        _tell(path, ["is small enough to be held whole, so this process alone scores it"])
    gold_hash = registry.content_hash(path) if args.gold else corpus.gold_hash(path)
    results = []
    for files in systems:
        predicted, reading = registry.read_predictions(
            files, gold, scheme, args.unknown, chosen.view, args.offsets, args.format
        )
        _tell(" ".join(files), reading.notes)
        results.append(scoring.score(gold, predicted, scheme, chosen, gold_hash))
    return results


def _tell(path: str, notes: Sequence[str]) -> None:
    for note in notes:
        print(f"vostochny: {path}: {note}", file=sys.stderr)


def _score(args: argparse.Namespace) -> int:
    from vostochny import corpus, options
    from vostochny.report import items, json, terminal

    thresholds = options.thresholds(args.fail_under)
    agreement = {} if args.gold else corpus.agreement()
    (result,) = _results(args, [args.predictions])
    name = " ".join(args.predictions)
    if args.seqeval:
        from vostochny.report import seqeval

        problem = seqeval.difference(result)
        if problem:
            print(f"vostochny: {problem}", file=sys.stderr)
            return 2
    judged = items.render(result) if args.items else ""  # refused, if it is, before anything is printed
    if args.json == "-":
        sys.stdout.write(json.render(result))
    else:
        sys.stdout.write(terminal.render(result, "" if args.by == "none" else args.by, agreement))
        if args.json:
            Path(args.json).write_text(json.render(result), encoding="utf-8")
    if args.items:
        Path(args.items).write_text(judged, encoding="utf-8")
    if args.html:
        from vostochny.report import html

        shown = html.with_articles(result, args.gold, args.predictions) if args.gold else result
        Path(args.html).write_text(html.render(shown, name, agreement), encoding="utf-8")
    return _below(result, thresholds)


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


def _convert(args: argparse.Namespace) -> int:
    from vostochny import corpus, ontology
    from vostochny.formats import convert, registry

    scheme = ontology.load()

    def gold() -> list[Document]:
        return registry.read_gold(args.gold or str(corpus.documents_path()), scheme)[0]

    notes = convert.convert(args.source, args.target, scheme, gold, args.format_in, args.format_out, args.offsets)
    _tell(args.target, notes)
    return 0


def _validate(args: argparse.Namespace) -> int:
    from vostochny import corpus, ontology, options
    from vostochny.formats import registry

    gold, reading = registry.read_gold(args.gold or str(corpus.gold_path()), ontology.load(), args.gold_format)
    view = options.view(args.view, reading.ontology) if args.view else None
    predicted, found = registry.read_predictions(
        args.predictions, gold, reading.ontology, args.unknown, view, args.offsets, args.format
    )
    _tell(args.predictions, found.notes)
    layers = [(x, sum(len(getattr(d, x)) for d in predicted.values())) for x in ("entities", "events", "quotes")]
    items = ", ".join(f"{count} {layer}" for layer, count in layers)
    print(f"{args.predictions}: valid; {len(predicted)} of {len(gold)} documents, {items}")
    return 0


def _schema(args: argparse.Namespace) -> int:
    import json

    from vostochny import ontology, schema

    sys.stdout.write(json.dumps(schema.schema(ontology.load(), args.words), ensure_ascii=False, indent=2) + "\n")
    return 0


def _compare(args: argparse.Namespace) -> int:
    from vostochny.report import comparison

    if len(args.predictions) < 2:
        print("vostochny: compare needs two files of predictions or more", file=sys.stderr)
        return 2
    results = _results(args, [[path] for path in args.predictions])
    table = comparison.compared(args.predictions, results)
    if args.json == "-":
        sys.stdout.write(comparison.as_json(table))
        return 0
    sys.stdout.write(comparison.render(table))
    if args.json:
        Path(args.json).write_text(comparison.as_json(table), encoding="utf-8")
    return 0


def _show(args: argparse.Namespace) -> int:
    import shutil

    from vostochny import corpus, ontology
    from vostochny.formats import jsonl, registry
    from vostochny.metrics.pairs import pair_up
    from vostochny.report import show

    scheme = ontology.load()
    if args.gold:
        gold, reading = registry.read_gold(args.gold, scheme)
        scheme = reading.ontology
    else:
        gold = jsonl.read_gold(str(corpus.documents_path()), scheme)
    document = show.find(args.document, gold)
    predicted: dict[str, Document] = {}
    if args.predictions:
        predicted, _ = registry.read_predictions(args.predictions, gold, scheme, args.unknown)
    (pair,) = pair_up([document], predicted, frozenset(scheme.values), scheme.unscored)
    layers = args.layer or [x for x in ("entities", "events", "quotes") if not predicted or x in pair.predicted.emitted]
    width = shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    sys.stdout.write(show.render(pair, layers, bool(args.predictions), width, colour))
    sys.stdout.flush()
    return 0


def _run(args: argparse.Namespace) -> int:
    from vostochny.extractors import invocation

    return invocation.main(args)


def _rehydrate(args: argparse.Namespace) -> int:
    from vostochny import corpus
    from vostochny.formats import standoff

    if args.source and not args.output:
        print("vostochny: rehydrate --from needs -o, a folder for the complete corpus", file=sys.stderr)
        return 2
    if args.source:
        files = standoff.rehydrated(Path(args.source), args.articles)
        written = {Path(args.output) / name: content for name, content in files.items()}
    else:
        gold = standoff.gold_file(standoff.read(*corpus.standoff_paths()), args.articles)
        written = {Path(args.output) if args.output else corpus.joined_path(): gold}
    for path, content in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="")
        print(f"{path}: written")
    return 0


def _leaderboard(args: argparse.Namespace) -> int:
    from vostochny.report import leaderboard

    board = leaderboard.stored()
    sys.stdout.write(leaderboard.html(board) if args.html else leaderboard.markdown(board))
    return 0


COMMANDS = {
    "score": _score,
    "compare": _compare,
    "run": _run,
    "show": _show,
    "convert": _convert,
    "validate": _validate,
    "schema": _schema,
    "rehydrate": _rehydrate,
    "leaderboard": _leaderboard,
}
