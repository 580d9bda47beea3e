"""How much a run tries: make test samples what make test-all, which sets VOSTOCHNY_TESTS=all, tries at length."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

from hypothesis import settings

T = TypeVar("T")
AT_LENGTH = os.environ.get("VOSTOCHNY_TESTS") == "all"
ON_POSTGRESQL = os.environ.get("VOSTOCHNY_DATABASE") == "postgresql"  # where the tests' Label Studio has its data
FACTOR = 20 if AT_LENGTH else 1
WAIT_MILLISECONDS = 180_000  # how long a page may take to show something: a busy machine must not fail a test


def spread(values: Sequence[T], number: int) -> list[T]:
    """Return so many of the values, from the first to the last; of one: the middle."""
    if len(values) <= number:
        return list(values)
    if number == 1:
        return [values[len(values) // 2]]
    return [values[round(i * (len(values) - 1) / (number - 1))] for i in range(number)]


def sample(values: Sequence[T], number: int) -> list[T]:
    """Return all values in make test-all, and in make test so many of them, evenly spread."""
    return list(values) if AT_LENGTH else spread(values, number)


def examples(number: int) -> settings:
    """Return hypothesis settings for ``number`` random examples, and FACTOR times as many in make test-all."""
    return settings(max_examples=FACTOR * number)


def load_profile() -> None:
    """Let hypothesis take its time: a test must not fail because the machine was busy.

    The profile also sets the number of examples of the tests that name none; settings made later build upon it.
    """
    settings.register_profile("vostochny", deadline=None, max_examples=FACTOR * 100)
    settings.load_profile("vostochny")
