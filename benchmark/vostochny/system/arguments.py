"""The parser of a command's arguments, whose help and errors go through the printer."""

from __future__ import annotations

import argparse
import sys
from typing import Any, cast

from vostochny.system import console


class ArgumentParser(argparse.ArgumentParser):
    """A parser whose messages are printed as all others are: an argument may contain control characters.

    It looks up how wide the terminal is only for what it prints. argparse does that for every option that is declared,
    with a module that is slow to import.
    """

    _width: int | None = 80  # columns; None to look them up

    def format_help(self) -> str:
        """Return the help, as wide as the terminal."""
        self._width = None
        return super().format_help()

    def format_usage(self) -> str:
        """Return the usage, as wide as the terminal."""
        self._width = None
        return super().format_usage()

    def _get_formatter(self) -> argparse.HelpFormatter:
        make = cast(type[argparse.HelpFormatter], self.formatter_class)
        return make(self.prog, width=self._width)

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        if action.option_strings and arg_strings == ["--"]:  # of which argparse makes an empty list, whatever the type
            raise argparse.ArgumentError(action, "expected an argument")
        return super()._get_values(action, arg_strings)

    def _print_message(self, message: str, file: Any = None) -> None:
        if message and file is not None and file is sys.stdout:
            console.print_text(message)
        elif message:
            console.print_error(message.removesuffix("\n"))
