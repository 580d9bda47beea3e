"""What can be typed: the arguments of every command, with their help."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def parser() -> argparse.ArgumentParser:
    """The arguments of every command."""
    out = argparse.ArgumentParser(
        prog="vostochny", description="Score extractors of entities, events and quotes against the Vostochny corpus."
    )
    commands = out.add_subparsers(dest="command", required=True, metavar="COMMAND")
    shared = _shared()
    _score(commands, shared)
    _compare(commands, shared)
    _run(commands)
    _show(commands)
    _convert(commands)
    _validate(commands)
    _schema(commands)
    _rehydrate(commands)
    _leaderboard(commands)
    return out


def _shared() -> argparse.ArgumentParser:
    """The options of what scores."""
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


def _score(commands: Commands, shared: argparse.ArgumentParser) -> None:
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


def _compare(commands: Commands, shared: argparse.ArgumentParser) -> None:
    compare = commands.add_parser(
        "compare",
        parents=[shared],
        help="compare two systems or more on the same articles",
        description="Score several systems and tell how each differs from the first.",
    )
    compare.add_argument(
        "predictions",
        nargs="+",
        help="one for each system, a file, folder or pattern; the first is compared with each other one",
    )


def _run(commands: Commands) -> None:
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


def _show(commands: Commands) -> None:
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


def _convert(commands: Commands) -> None:
    convert = commands.add_parser(
        "convert",
        help="convert between formats",
        description="Convert predictions or annotated documents; what the target cannot carry is counted. Formats: "
        "jsonl, json, label-studio, brat (a folder), conll, spacy, spacy-json, dataset (a folder), parquet; read "
        "only: huggingface, gliner, tagged.",
    )
    convert.add_argument("source", metavar="IN", help="a file or folder; - is standard input")
    convert.add_argument("target", metavar="OUT", help="its ending says the format; - is standard output")
    convert.add_argument("--format-in", metavar="NAME", help="default: what the content says")
    convert.add_argument("--format-out", metavar="NAME", help="default: what the ending says")
    convert.add_argument(
        "--gold", metavar="FILE", help="the documents that predictions are about (default: the corpus)"
    )
    convert.add_argument("--offsets", choices=["utf16", "bytes", "ignore"], help="what offsets count, as for score")


def _validate(commands: Commands) -> None:
    validate = commands.add_parser(
        "validate",
        help="check predictions without scoring them",
        description="Read predictions as score does and say what they hold, or everything that is wrong with them.",
    )
    validate.add_argument("predictions", help="a file or folder in any format; - is standard input")
    validate.add_argument("--gold", metavar="FILE", help="the documents they are about (default: the corpus)")
    validate.add_argument("--gold-format", metavar="NAME", help="the gold's format (default: what its content says)")
    validate.add_argument("--format", metavar="NAME", help="their format (default: what their content says)")
    validate.add_argument("--offsets", choices=["utf16", "bytes", "ignore"], help="what offsets count, as for score")
    validate.add_argument("--view", metavar="NAME|FILE", help="their tag set, as for score")
    validate.add_argument("--unknown", choices=["error", "ignore", "wrong"], default="error", help="as for score")


def _schema(commands: Commands) -> None:
    schema = commands.add_parser("schema", help="print the JSON Schema of a prediction")
    schema.add_argument("--words", action="store_true", help="the narrow form for language models: words, no offsets")


def _rehydrate(commands: Commands) -> None:
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


def _leaderboard(commands: Commands) -> None:
    board = commands.add_parser(
        "leaderboard",
        help="print the stored systems' scores",
        description="Print the table of all stored systems, as Markdown or as a page.",
    )
    board.add_argument("--html", action="store_true", help="as a page instead of Markdown")
