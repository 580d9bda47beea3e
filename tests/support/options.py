"""Every argument of every command, as its parser declares it, so that tests cover one that is added."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.__main__ import COMMANDS


def list_package_arguments() -> Iterator[tuple[tuple[str, ...], argparse.Action]]:
    """Yield each argument of ``vostochny``, after the names of its command."""
    yield from _list_arguments(importlib.import_module("vostochny.cli.main").build_parser(), ())


def list_script_arguments() -> Iterator[tuple[tuple[str, ...], argparse.Action]]:
    """Yield each argument of ``python -m scripts``, after the names of its command."""
    for name, (module, _) in COMMANDS.items():
        place, *first = module.split()
        parser = _find_parser(importlib.import_module(f"scripts.{place}").main, first)
        if parser:
            yield from _list_arguments(parser, (name,))


class _ParserFoundError(BaseException):
    """Ends a main function as soon as it has its parser."""


def _find_parser(main: Any, arguments: list[str]) -> argparse.ArgumentParser | None:
    """Return the parser of a main function, or None where it takes no arguments."""

    def stop(parser: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        raise _ParserFoundError(parser)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", stop)
        try:
            main(arguments)
        except _ParserFoundError as found:
            parser: argparse.ArgumentParser = found.args[0]
            return parser
    return None


def _list_arguments(
    parser: argparse.ArgumentParser, command: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], argparse.Action]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield from _list_arguments(inner, (*command, name))
        else:
            yield command, action
