"""``python -m scripts COMMAND``: everything that a maintainer runs, as one command.

Exit code: 0 done, 1 not as it should be (a rule broken, a file not current), 2 could not be done, and the message says
why and what to do.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

# Command → the module whose ``main`` runs it, and what it does. Modules are imported only when they are called.
COMMANDS = {
    "start": ("annotating.commands", "start Label Studio with the gold in it; print its address and log-in"),
    "stop": ("annotating.commands", "stop the server that start started"),
    "user": ("annotating.commands", "make a user of that server, or a new password"),
    "push": ("annotating.commands", "bring the gold, or an extractor's output, to the server"),
    "pull": ("annotating.commands", "bring what was edited in the browser into the gold"),
    "update": ("annotating.commands", "pull, rebuild the corpus, print what changed"),
    "status": ("annotating.commands", "print which articles changed on which side"),
    "roundtrip": ("annotating.commands", "take tasks through a server of its own and back"),
    "passes": ("annotating.passes", "take the passes of several annotators through one project"),
    "notation": ("edit.lines", "show and change annotations as lines of text"),
    "add-article": ("edit.add_article", "add an article, with an empty gold"),
    "validate": ("rules.validate", "check the annotations against the numbered rules"),
    "agreement": ("agreement.two_passes", "measure how far two annotators agree"),
    "adjudicate": ("agreement.adjudicate", "list the disagreements of two passes, or check their decisions"),
    "corpus": ("build.dataset", "build the dataset and the package's data from the annotations"),
    "label-config": ("build.label_config", "build Label Studio's labeling configuration from the ontology"),
    "leaderboard": ("build.leaderboard", "score the stored systems and build the leaderboard"),
    "datasheet": ("build.datasheet", "fill the generated numbers into the documents"),
    "diff": ("history.differences", "print what changed in the annotations between two states"),
    "release": ("history.release", "make a release"),
    "speed": ("bench.speed", "measure the scorer's speed beside the field's scorers"),
    "coverage": ("bench.coverage", "simulate how often the intervals hold what they claim"),
}
# A module with several commands is told which one was called.
SEVERAL = "annotating.commands"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; without one, list them."""
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or [""]
    if name in ("", "-h", "--help"):
        print("usage: python -m scripts COMMAND …    (COMMAND --help says more)\n")
        print("\n".join(f"  {command:<14}{what}" for command, (_, what) in COMMANDS.items()))
        return 0
    if name not in COMMANDS:
        print(f"scripts: {name!r} is none of {', '.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        from vostochny.errors import InputError

        module = import_module(f"scripts.{COMMANDS[name][0]}")
    except ModuleNotFoundError as error:
        missing = f"{error.name} is not installed in {sys.executable}"
        print(f"scripts: {missing}; run `make .venv/.ready`, then .venv/bin/python -m scripts {name}", file=sys.stderr)
        return 2
    # argparse shows this as the program's name.
    sys.argv[0] = "python -m scripts" if COMMANDS[name][0] == SEVERAL else f"python -m scripts {name}"
    try:
        code: int = module.main([name, *rest] if COMMANDS[name][0] == SEVERAL else rest)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough (`| head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (InputError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return code


if __name__ == "__main__":
    sys.exit(main())
