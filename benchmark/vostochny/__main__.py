"""The process of the command ``vostochny``, also run as ``python -m vostochny``."""

from __future__ import annotations

from vostochny.system import interruption


def start() -> int:
    """Run the command with the arguments of this process and return its exit code."""
    return interruption.run_program(_run, "vostochny")


def _run() -> int:
    # Imported inside, so that an interruption is handled during imports too.
    from vostochny.cli import main

    return main()


if __name__ == "__main__":
    raise SystemExit(start())
