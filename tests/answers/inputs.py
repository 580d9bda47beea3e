"""Generate about a hundred small inputs, each from its own seed: gold, predictions, and the commands to run on them.

A kind is a function of a random generator and a number (1, 2, …); it returns the files of one folder and the commands,
in which ``@`` stands for that folder. Each kind comes in several numbers, which differ in seed and mostly in a variant.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .news import Row, articles, with_mistakes

Content = str | bytes | list[Row]  # a list of rows is JSON Lines


@dataclass(frozen=True)
class Input:
    """The files of one generated input and the steps to run on them."""

    files: dict[str, Content]
    steps: tuple[str, ...]
    stdin: bytes = b""


Maker = Callable[[random.Random, int], Input]
KINDS: dict[str, tuple[Maker, int]] = {}
SCORE = "score @/p.jsonl --gold @/gold.jsonl --json - --resamples 0"
# Two metrics are enough to see what a reader has read.
NAMES = "--metric entities.all --metric entities.names"
READ = f"{SCORE} {NAMES}"


def kind(count: int) -> Callable[[Maker], Maker]:
    """Register a kind of input that comes in ``count`` numbers."""

    def register(maker: Maker) -> Maker:
        KINDS[maker.__name__.replace("_", "-")] = maker, count
        return maker

    return register


def make_input(name: str, number: int) -> Input:
    """Return one generated input; it depends on its name and number alone."""
    return KINDS[name][0](random.Random(f"{name} {number}"), number)


def input_names() -> list[tuple[str, int]]:
    """Return the name and number of every generated input."""
    return [(name, number) for name, (_, count) in KINDS.items() for number in range(1, count + 1)]


def write_files(folder: Path, files: dict[str, Content]) -> None:
    """Write files into a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, list):
            content = lines(content)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


def lines(rows: list[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def variant(number: int, *choices: Any) -> Any:
    """Return the choice that belongs to a number."""
    return choices[(number - 1) % len(choices)]


def pair(dice: random.Random, rate: float = 0.2, **more: int) -> tuple[list[Row], list[Row]]:
    """Return gold articles, and predictions about them with mistakes."""
    gold = articles(dice, **more)
    return gold, [with_mistakes(row, dice, rate) for row in gold]
