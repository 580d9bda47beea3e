"""The command ``vostochny``; each of its commands is a file here."""

from vostochny.cli.main import main

__all__ = ["main"]
