"""``python -m scripts COMMAND``: every task of a maintainer as one command.

Exit code: 0 done, 1 the check failed (a rule is broken, a file is out of date), 2 the command could not be carried out;
the message states why and what to do; ended by a signal 130 (SIGINT), 143 (SIGTERM) or 129 (SIGHUP).
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # typing is slow to import, and start() must come first
if TYPE_CHECKING:
    from collections.abc import Sequence

# Command → the module whose ``main`` runs it, with arguments that come before the user's, and a summary. A module is
# imported only when its command is called: some take seconds to load.
COMMANDS = {
    "start": ("annotating.commands.start", "start Label Studio with the gold in it; print its address and log-in"),
    "stop": ("annotating.commands.stop", "stop the server that `start` started"),
    "user": ("annotating.commands.user", "create a user on that server, or set a new password"),
    "push": ("annotating.commands.push", "send the gold, or an extractor's output, to the server"),
    "pull": ("annotating.commands.pull", "bring edits made in the browser into the gold"),
    "update": ("annotating.commands.update", "pull, rebuild what is generated and print what changed"),
    "status": ("annotating.commands.status", "show which articles changed in the gold, in the browser or in both"),
    "roundtrip": ("annotating.commands.roundtrip", "import tasks into a temporary server and export them again"),
    "passes": ("annotating.commands.passes", "store the passes of several annotators as the server exports them"),
    "notation": ("edit.lines", "show and change annotations as lines of text"),
    "discrepancies": ("edit.discrepancies", "show and change the discrepancies as lines of text"),
    "add-article": ("edit.add_article", "add an article with an empty gold"),
    "validate": ("rules.validate", "check the annotations against the numbered rules"),
    "agreement": ("agreement.two_passes", "measure how far two annotators agree"),
    "adjudicate": ("agreement.adjudicate", "list the disagreements of two passes, or check the decisions on them"),
    "build": ("build.artefacts", "build every generated file, or check that they are current"),
    "corpus": ("build.artefacts corpus", "build the dataset and the package's data from the annotations"),
    "label-config": ("build.artefacts label-config", "build Label Studio's labeling configuration from the ontology"),
    "leaderboard": ("build.artefacts leaderboard", "score the stored systems and build the leaderboard"),
    "datasheet": ("build.artefacts datasheet", "update the generated numbers in the documents"),
    "diff": ("history.differences", "print what changed in the annotations between two states"),
    "release": ("history.release", "make a release"),
    "test-all": ("bench.all_tests", "run every test, the heavy ones included, and store the result"),
    "speed": ("bench.speed", "measure the scorer's speed beside the field's scorers"),
    "coverage": ("bench.coverage", "simulate how often the confidence intervals cover the true score"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; without a command, list them.

    ``arguments`` are the command's name and its own arguments; None takes those of the process.
    """
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or [""]
    return _list_commands() if name in ("", "-h", "--help") else _run(name, rest)


def _list_commands() -> int:
    from vostochny.system import console

    console.print_text("usage: python -m scripts COMMAND …    (COMMAND --help describes its options)\n\n")
    console.print_text("\n".join(f"  {command:<14}{summary}" for command, (_, summary) in COMMANDS.items()))
    return 0


def _run(name: str, arguments: Sequence[str]) -> int:
    """Import a command's module and run it; print an error that the user can correct, and return 2 for it."""
    from importlib import import_module

    from scripts.errors import CommandError

    if name not in COMMANDS:
        from difflib import get_close_matches

        nearest = get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {nearest[0]!r}?" if nearest else "`python -m scripts` lists the commands"
        from vostochny.system import console

        console.print_error(f"scripts: unknown command {name!r}; {hint}")
        return 2
    try:
        from vostochny.errors import InputError
        from vostochny.system import console, interruption

        place, *first = COMMANDS[name][0].split()
        module = import_module(f"scripts.{place}")
    except ModuleNotFoundError as error:
        missing = f"{error.name} is not installed in {sys.executable}"
        print(f"scripts: {missing}; run `make .venv/.ready`, then .venv/bin/python -m scripts {name}", file=sys.stderr)
        return 2
    sys.argv[0] = f"python -m scripts {name}"  # argparse prints it as the program's name
    try:
        code: int = module.main([*first, *arguments])
    except BrokenPipeError:  # an OSError, but none that the user can correct
        raise
    except (CommandError, InputError, OSError) as error:
        if interruption.was_interrupted():
            raise
        console.print_error(console.explain(error) if isinstance(error, OSError) else error)
        return 2
    except MemoryError:
        pass
    else:
        return code
    # Printed here, where what was read is free again.
    console.print_error(f"scripts: {name} takes more memory than the process may have")
    return 2


def start() -> int:
    """Run the command that the process was started with, and return its exit code."""
    try:
        from vostochny.system import interruption
    except ModuleNotFoundError:  # main says what is missing
        return main()
    return interruption.run_program(main, "scripts")


if __name__ == "__main__":
    sys.exit(start())
