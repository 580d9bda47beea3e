"""``vostochny schema``: print the JSON Schema of a prediction."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands


def add_command(commands: Commands) -> None:
    """Declare the command and its options."""
    parser = commands.add_parser(
        "schema",
        help="print the JSON Schema of a prediction",
        description="Print the JSON Schema of a prediction, which is one line of a prediction file.",
    )
    parser.add_argument(
        "--words",
        action="store_true",
        help="print the narrower schema for language models, in which spans are given by their words, without offsets",
    )
    parser.set_defaults(run=run, consequence="")


def run(args: argparse.Namespace) -> int:
    """Print the schema."""
    import json

    from vostochny.ontology import load_ontology
    from vostochny.schema import json_schema
    from vostochny.system import console

    console.write_data(
        json.dumps(json_schema.build_schema(load_ontology(), args.words), ensure_ascii=False, indent=2) + "\n"
    )
    return 0
