"""About a hundred small inputs, each from its own seed: gold, predictions, and the commands that are tried on them.

A kind is a function of dice and a number (1, 2, …); it returns the files of one folder and the commands, in which
``@`` stands for that folder. Every kind is there in several numbers, which differ in seed and mostly in a variant.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .news import Row, articles, erring

Content = str | bytes | list[Row]  # a list of rows is JSON Lines


@dataclass(frozen=True)
class Made:
    """The files of one generated input and what is done with them."""

    files: dict[str, Content]
    steps: tuple[str, ...]
    given: bytes = b""


Maker = Callable[[random.Random, int], Made]
KINDS: dict[str, tuple[Maker, int]] = {}
SCORE = "score @/p.jsonl --gold @/gold.jsonl --json - --resamples 0"
# Enough to see what a reader has read.
NAMES = "--metric entities.all --metric entities.names"
READ = f"{SCORE} {NAMES}"


def kind(count: int) -> Callable[[Maker], Maker]:
    """Registers a kind of input that is there so many times."""

    def register(maker: Maker) -> Maker:
        KINDS[maker.__name__.replace("_", "-")] = maker, count
        return maker

    return register


def made(name: str, number: int) -> Made:
    """One generated input; it depends on its name and number alone."""
    return KINDS[name][0](random.Random(f"{name} {number}"), number)


def generated() -> list[tuple[str, int]]:
    """The name and number of every generated input."""
    return [(name, number) for name, (_, count) in KINDS.items() for number in range(1, count + 1)]


def place(folder: Path, files: dict[str, Content]) -> None:
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
    """The choice of a number."""
    return choices[(number - 1) % len(choices)]


def pair(dice: random.Random, rate: float = 0.2, **more: int) -> tuple[list[Row], list[Row]]:
    """Gold articles and erring predictions about them."""
    gold = articles(dice, **more)
    return gold, [erring(row, dice, rate) for row in gold]
