"""``vostochny convert``: from one file format to another."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from vostochny.cli.shared import tell

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands
    from vostochny.model import Document


def add(commands: Commands) -> None:
    """Declare the command and its options."""
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
    convert.set_defaults(call=run, nothing="; nothing was converted")


def run(args: argparse.Namespace) -> int:
    from vostochny import corpus
    from vostochny.formats import convert, registry
    from vostochny.ontology import load_ontology

    ontology = load_ontology()

    def gold() -> list[Document]:
        return registry.read_gold(args.gold or str(corpus.documents_path()), ontology)[0]

    notes = convert.convert(args.source, args.target, ontology, gold, args.format_in, args.format_out, args.offsets)
    tell(args.target, notes)
    return 0
