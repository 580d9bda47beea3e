"""The command ``vostochny``, with one file per subcommand (``vostochny score`` is :mod:`vostochny.cli.score`)."""

from vostochny.cli.main import main

__all__ = ["main"]
