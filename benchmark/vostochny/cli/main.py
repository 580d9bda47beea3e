"""The command line: arguments in, exit code out. 0 done, 1 below --fail-under, 2 bad input.

Each command's file has ``add``, which declares it, and ``run``. Nothing heavy is imported before ``run`` is called, so
that ``--help`` and a mistyped option are answered at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from vostochny.cli import compare, convert, leaderboard, rehydrate, run, schema, score, show, validate
from vostochny.cli.shared import scoring_options
from vostochny.errors import InputError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command."""
    args = parser().parse_args(argv)
    try:
        code: int = args.call(args)
        return code
    except InputError as e:
        for problem in e.problems:
            print(problem, file=sys.stderr)
        count = len(e.problems)
        print(f"vostochny: {count} problem{'s' if count > 1 else ''}{args.nothing}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever reads has seen enough: `vostochny show 003 | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as e:
        print(f"vostochny: {e}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """Return the parser of every command; each command's file declares its own options."""
    out = argparse.ArgumentParser(
        prog="vostochny", description="Score extractors of entities, events and quotes against the Vostochny corpus."
    )
    commands = out.add_subparsers(dest="command", required=True, metavar="COMMAND")
    shared = scoring_options()
    score.add(commands, shared)
    compare.add(commands, shared)
    for command in (run, show, convert, validate, schema, rehydrate, leaderboard):
        command.add(commands)
    return out
