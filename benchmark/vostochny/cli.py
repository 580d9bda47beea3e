"""The command line: arguments in, exit code out. 0 done, 1 below --fail-under, 2 bad input."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vostochny.model import Document
    from vostochny.scoring import Result

HELD = 8 << 20  # bytes of a gold of one's own that is held as a whole: with it come mistakes, views and zones


def build_parser() -> argparse.ArgumentParser:
    """The arguments of every command."""
    parser = argparse.ArgumentParser(
        prog="vostochny", description="Score extractors of entities, events and quotes against the Vostochny corpus."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

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
    score.add_argument("predictions", help="a file or folder in any format, JSON Lines best; - is standard input")
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

    compare = commands.add_parser(
        "compare",
        parents=[shared],
        help="compare two systems or more on the same articles",
        description="Score several systems and tell how each differs from the first.",
    )
    compare.add_argument("predictions", nargs="+", help="JSON Lines files; the first is compared with each other one")

    run = commands.add_parser(
        "run",
        help="run an extractor over the articles and write its predictions",
        description="Run an extractor over the articles; a second call goes on where the first one stopped.",
    )
    run.add_argument(
        "extractor",
        metavar="EXTRACTOR",
        help='module:function, file.py:function, command "…", spacy:NAME, transformers:NAME, gliner:NAME, or a plug-in',
    )
    run.add_argument("argument", nargs="?", metavar="…", help="what belongs to the extractor: the command line, say")
    run.add_argument("-o", "--output", required=True, metavar="FILE", help="JSON Lines; - is standard output")
    run.add_argument("--view", metavar="NAME|FILE", help="predict in this label set: ace, ontonotes, conll, or yours")
    run.add_argument("--gold", metavar="FILE", help="read your own articles, in any format that score reads")
    run.add_argument(
        "--timeout", type=float, default=300, metavar="S", help="seconds a command has for an article (default: 300)"
    )
    run.add_argument("--download", action="store_true", help="fetch the model where it is not here")
    run.add_argument("--restart", action="store_true", help="begin anew instead of going on with the output")
    run.add_argument(
        "--unknown",
        choices=["error", "ignore", "wrong"],
        default="error",
        help="a type that the scheme lacks: the article fails, or the prediction is kept for score --unknown",
    )

    show = commands.add_parser(
        "show",
        help="show an article with its annotation",
        description="Show one article in the terminal: the gold marked, or predictions and what became of them.",
    )
    show.add_argument("document", metavar="DOC", help="a document's id, or the beginning of it: 003")
    show.add_argument("--predictions", metavar="FILE", help="mark these predictions against the gold")
    show.add_argument("--gold", metavar="FILE", help="an article of your own gold")
    show.add_argument("--layer", action="append", default=[], choices=["entities", "events", "quotes"])
    show.add_argument("--unknown", choices=["error", "ignore", "wrong"], default="error", help=argparse.SUPPRESS)

    convert = commands.add_parser(
        "convert",
        help="convert between formats",
        description="Convert predictions or annotated documents; what the target cannot carry is counted. Formats: "
        "jsonl, json, label-studio, brat (a folder), conll, spacy, spacy-json, dataset (a folder), parquet; read "
        "only: huggingface, gliner, tagged.",
    )
    convert.add_argument("source", metavar="IN", help="a file or folder")
    convert.add_argument("target", metavar="OUT", help="its ending says the format; - is standard output")
    convert.add_argument("--format-in", metavar="NAME", help="default: what the content says")
    convert.add_argument("--format-out", metavar="NAME", help="default: what the ending says")
    convert.add_argument(
        "--gold", metavar="FILE", help="the documents that predictions are about (default: the corpus)"
    )
    convert.add_argument("--offsets", choices=["utf16", "bytes", "ignore"], help="what offsets count, as for score")

    schema = commands.add_parser("schema", help="print the JSON Schema of a prediction")
    schema.add_argument("--words", action="store_true", help="the narrow form for language models: words, no offsets")

    rehydrate = commands.add_parser(
        "rehydrate",
        help="join the annotation with the articles that you hold",
        description="Join annotation without text with the articles. A file is an article by its hash, whatever its "
        "name; one that differs is refused, and where it differs is said.",
    )
    rehydrate.add_argument("articles", nargs="+", metavar="ARTICLES", help="files, or folders that have them")
    rehydrate.add_argument(
        "--from", dest="source", metavar="DIR", help="a corpus without text; needs -o (default: this package's gold)"
    )
    rehydrate.add_argument(
        "-o", "--output", metavar="PATH", help="a folder for a corpus, a file for the gold (default: your data folder)"
    )

    board = commands.add_parser(
        "leaderboard",
        help="print the stored systems' scores",
        description="Print the table of all stored systems, as Markdown or as a page.",
    )
    board.add_argument("--html", action="store_true", help="as a page instead of Markdown")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command."""
    args = build_parser().parse_args(argv)
    # Imported here, so that --help and a mistyped option answer at once.
    from vostochny.formats import FormatError

    try:
        commands = {"score": _score, "compare": _compare, "convert": _convert, "schema": _schema, "show": _show}
        return {**commands, "run": _run, "leaderboard": _leaderboard, "rehydrate": _rehydrate}[args.command](args)
    except FormatError as e:
        for fault in e.faults:
            print(fault, file=sys.stderr)
        count = len(e.faults)
        done = {"convert": "converted", "rehydrate": "written"}.get(args.command, "scored")
        print(f"vostochny: {count} fault{'s' if count > 1 else ''}; nothing was {done}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever reads has seen enough: `vostochny show 003 | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as e:
        print(f"vostochny: {e}", file=sys.stderr)
        return 2


def _results(args: argparse.Namespace, files: Sequence[str]) -> list[Result]:
    """Score each file by the shared options."""
    from vostochny import ontology, options, resources, scoring
    from vostochny.formats import jsonl, registry

    scheme = ontology.load()
    streamed = args.gold and not args.view and not args.zone and _streamed(args, files)
    path = args.gold or str(resources.gold_path())
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
        return [scoring.score_files(path, f, scheme, chosen) for f in files]
    gold_hash = registry.content_hash(path) if args.gold else resources.gold_hash(path)
    results = []
    for f in files:
        predicted, reading = registry.read_predictions(
            f, gold, scheme, args.unknown, chosen.view, args.offsets, args.format
        )
        _tell(f, reading.notes)
        results.append(scoring.score(gold, predicted, scheme, chosen, gold_hash))
    return results


def _streamed(args: argparse.Namespace, files: Sequence[str]) -> bool:
    """Whether these are JSON Lines too large to hold, which are then read a batch at a time."""
    from vostochny.formats import registry

    if args.gold != "-" and Path(args.gold).is_file() and Path(args.gold).stat().st_size < HELD:
        return False
    formats = [args.gold_format or registry.detect(args.gold), *(args.format or registry.detect(f) for f in files)]
    return set(formats) == {"jsonl"}


def _tell(path: str, notes: Sequence[str]) -> None:
    for note in notes:
        print(f"vostochny: {path}: {note}", file=sys.stderr)


def _score(args: argparse.Namespace) -> int:
    from vostochny import options, resources
    from vostochny.report import items, json, terminal

    thresholds = options.thresholds(args.fail_under)
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
    if args.html:
        from vostochny.report import html

        shown = html.with_articles(result, args.gold, args.predictions) if args.gold else result
        Path(args.html).write_text(html.render(shown, args.predictions, agreement), encoding="utf-8")
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
    from vostochny import ontology, resources
    from vostochny.formats import convert, registry

    scheme = ontology.load()

    def gold() -> list[Document]:
        return registry.read_gold(args.gold or str(resources.documents_path()), scheme)[0]

    notes = convert.convert(args.source, args.target, scheme, gold, args.format_in, args.format_out, args.offsets)
    _tell(args.target, notes)
    return 0


def _schema(args: argparse.Namespace) -> int:
    import json

    from vostochny import ontology
    from vostochny.formats import schema

    sys.stdout.write(json.dumps(schema.schema(ontology.load(), args.words), ensure_ascii=False, indent=2) + "\n")
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


def _show(args: argparse.Namespace) -> int:
    import shutil

    from vostochny import ontology, resources
    from vostochny.formats import jsonl, registry
    from vostochny.metrics.units import pair_up
    from vostochny.report import show

    scheme = ontology.load()
    if args.gold:
        gold, reading = registry.read_gold(args.gold, scheme)
        scheme = reading.ontology
    else:
        gold = jsonl.read_gold(str(resources.documents_path()), scheme)
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
    from vostochny import resources, standoff

    if args.source and not args.output:
        print("vostochny: rehydrate --from needs -o, a folder for the complete corpus", file=sys.stderr)
        return 2
    if args.source:
        files = standoff.rehydrated(Path(args.source), args.articles)
        written = {Path(args.output) / name: content for name, content in files.items()}
    else:
        gold = standoff.gold_file(standoff.read(*resources.standoff_paths()), args.articles)
        written = {Path(args.output) if args.output else resources.joined_path(): gold}
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
