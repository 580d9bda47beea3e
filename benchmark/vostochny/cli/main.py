"""The command line: parse the arguments, run one command, return its exit code.

Exit codes: 0 done, 1 below ``--fail-under`` or an extractor failed on some articles, 2 bad input; ended by
a signal 130 (SIGINT), 143 (SIGTERM) or 129 (SIGHUP).

Each command's file has two functions: ``add_command`` declares the command and its options, ``run`` executes it and
returns the exit code. ``add_command`` also sets two defaults that :func:`main` reads: ``run``, and ``consequence``,
which ends the summary line after input problems ("nothing was scored"; may be empty).

The files import heavy modules inside ``run`` only, so that ``--help`` and a mistyped option are answered at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from vostochny.system import interruption
from vostochny.system.arguments import ArgumentParser

# In the order of the help; each is a file beside this one.
COMMANDS = ("score", "compare", "run", "show", "convert", "validate", "schema", "rehydrate", "leaderboard")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; ``argv`` None means the arguments of this process.

    Problems of the input go to standard error, one line each, with a summary line after them.
    """
    arguments = sys.argv[1:] if argv is None else argv
    args = build_parser(arguments[0] if arguments else "").parse_args(arguments)
    # Imported after parsing: dataclasses alone take a quarter of the time of --help.
    from vostochny.errors import InputError
    from vostochny.system import console, progress

    try:
        with progress.show():
            code: int = args.run(args)
        return code
    except InputError as e:
        console.print_error(e)
        console.print_error(f"vostochny: {_summarise(len(e.problems) + e.more, args.consequence)}")
        return 2
    except MemoryError:
        pass
    except BrokenPipeError:
        raise  # handled by the process (vostochny.__main__)
    except OSError as e:
        if interruption.was_interrupted():
            raise
        console.print_error(f"vostochny: {console.explain(e)}")
        return 2
    # Printed here, where what was read is free again.
    console.print_error("vostochny: this takes more memory than the process may have")
    return 2


def build_parser(command: str = "") -> ArgumentParser:
    """Return the parser of all commands, or of one: the files of the others are then not even imported."""
    parser = ArgumentParser(
        prog="vostochny",
        description="Score extractors of entities, events and quotes against the Vostochny corpus.",
        epilog="vostochny COMMAND --help describes a command and its options.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in [command] if command in COMMANDS else COMMANDS:
        import_module(f"vostochny.cli.{name}").add_command(commands)
    return parser


def _summarise(problems: int, consequence: str) -> str:
    """Return how many problems there were and what follows: "3 problems; nothing was scored"."""
    return f"{problems} problem{'s' if problems > 1 else ''}{f'; {consequence}' if consequence else ''}"
