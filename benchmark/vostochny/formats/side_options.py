"""Options of the two sides of a command: which hold for both, and which are for neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vostochny.errors import InputError, Problem
from vostochny.formats import files, registry
from vostochny.formats.input import Input
from vostochny.formats.reader import GOLD_OPTIONS, OptionNames


def refuse_shared_streams(inputs: Sequence[Input]) -> None:
    """Raise InputError where standard input is named more than once: the second reader would find it empty."""
    names = [path for source in inputs for path in source.addresses if files.is_standard_input(path)]
    if len(names) > 1:
        message = f"and {names[1]} are both standard input, which can be read only once; give one of them as a file"
        raise InputError([Problem(names[0], None, None, message)])


def share_options(shared: Mapping[str, str | None], own: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the options of a gold, with the names by which they were given.

    Args:
        shared: Options of the predictions that hold for the gold too, unless it has its own.
        own: The gold's own.
    """
    inherited = {option: value for option, value in shared.items() if own.get(option) is None and value is not None}
    names = replace(GOLD_OPTIONS, **{option: getattr(OptionNames(), option) for option in inherited})
    return {**own, **inherited, "names": names}


def refuse_unused_options(inputs: Sequence[Input]) -> None:
    """Raise InputError for every option that is given only for sides whose formats make no use of it."""
    given: dict[tuple[str, str], list[Input]] = {}
    for side in inputs:
        for option in registry.FORMATS_OF_OPTION:
            if getattr(side, option) not in (None, "characters"):
                given.setdefault((option, getattr(side.names, option)), []).append(side)
    problems = []
    for (option, name), sides in given.items():
        if not any(side.uses(option) for side in sides):
            side = sides[-1] if all(side.is_corpus for side in sides[:-1]) else sides[0]
            what = "the corpus" if side.is_corpus else side.name
            formats = ", ".join(registry.FORMATS_OF_OPTION[option])
            problems.append(Problem(name, None, None, f"is for the formats {formats}; {what} is {side.format}"))
    if problems:
        raise InputError(problems)
