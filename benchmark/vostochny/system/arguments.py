"""The parser of a command's arguments, whose help and errors go through the printer."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from vostochny.system import console


class ArgumentParser(argparse.ArgumentParser):
    """A parser whose messages are printed as all others are: an argument may contain control characters."""

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        if action.option_strings and arg_strings == ["--"]:  # of which argparse makes an empty list, whatever the type
            raise argparse.ArgumentError(action, "expected an argument")
        return super()._get_values(action, arg_strings)

    def _print_message(self, message: str, file: Any = None) -> None:
        if message and file is not None and file is sys.stdout:
            console.print_text(message)
        elif message:
            console.print_error(message.removesuffix("\n"))
