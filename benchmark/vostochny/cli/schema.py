"""``vostochny schema``: the JSON Schema of a prediction."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vostochny.cli.shared import Commands


def add(commands: Commands) -> None:
    """Declare the command and its options."""
    schema = commands.add_parser("schema", help="print the JSON Schema of a prediction")
    schema.add_argument("--words", action="store_true", help="the narrow form for language models: words, no offsets")
    schema.set_defaults(call=run, nothing="; nothing was scored")


def run(args: argparse.Namespace) -> int:
    import json

    from vostochny import schema
    from vostochny.ontology import load_ontology

    sys.stdout.write(json.dumps(schema.schema(load_ontology(), args.words), ensure_ascii=False, indent=2) + "\n")
    return 0
