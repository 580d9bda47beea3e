"""The parts of generated JSON files that other commands read, as types for :func:`scripts.files.check_shape`."""

from __future__ import annotations

from msgspec import Struct

Interval = tuple[float, float] | None


class _Outside(Struct):
    f1: float | None
    support: float


class AgreementScore(Struct, omit_defaults=True):
    """One score of agreement.json."""

    f1: float | None
    measure: str = ""
    a: float = 0
    b: float = 0
    a_to_b: float | None = None
    b_to_a: float | None = None
    by_article: dict[str, float | None] | None = None
    outside_examples: _Outside | None = None
    these_articles: Interval = None


class AgreementKappa(Struct):
    """One κ of agreement.json."""

    kappa: float | None
    items: float
    agreed: float


class Agreement(Struct):
    """The content of agreement.json."""

    f1: dict[str, AgreementScore]
    kappa: dict[str, AgreementKappa]


class _Score(Struct):
    value: float | None
    predicted: float = 0
    new_articles: Interval = None


class SystemResult(Struct):
    """A system's result in benchmark/leaderboard."""

    metrics: dict[str, _Score | None]


class _Scenario(Struct):
    of_these_articles: dict[str, tuple[float, float]] = {}
    of_new_articles: dict[str, tuple[float, float]] = {}


class Coverage(Struct):
    """The content of benchmark/coverage.json."""

    scores: list[_Scenario]
