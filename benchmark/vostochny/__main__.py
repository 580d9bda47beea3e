"""The process of the command ``vostochny``, also run as ``python -m vostochny``."""

from __future__ import annotations

import sys

from vostochny.system import interruption


def start() -> int:
    """Run the command with the arguments of this process and return its exit code."""
    return interruption.run_program(_run, "vostochny")


def _run() -> int:
    # Imported inside, so that an interruption is handled during imports too.
    from vostochny.cli import main

    code = main()
    if "vostochny.extractors" not in sys.modules:
        import gc

        # While Python shuts down it looks several times for objects to collect, which takes longer than reading the
        # corpus and finds nothing. Objects of extractors may do something when they are collected, such as log out.
        gc.freeze()
    return code


if __name__ == "__main__":
    raise SystemExit(start())
