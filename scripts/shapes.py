"""The parts of files that commands read, as types for :func:`scripts.files.check_shape`."""

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


class _Readings(Struct):
    f1: float | None
    both: int
    a: int
    b: int


class _ReadingsAgreement(Struct):
    entries: dict[str, _Readings]
    major_entries: dict[str, _Readings]
    kappa: dict[str, AgreementKappa]


class Agreement(Struct):
    """The content of agreement.json; the last part is of the readings for discrepancies."""

    f1: dict[str, AgreementScore]
    kappa: dict[str, AgreementKappa]
    discrepancies: _ReadingsAgreement | None = None


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


class _EntityType(Struct):
    kind: str
    help: str


class _EventType(Struct):
    help: str
    roles: dict[str, list[str]]
    crosswalk: dict[str, str | None]


class _Zone(Struct):
    help: str
    scored: bool


class _View(Struct):
    types: dict[str, str]
    levels: list[str]
    events: str = ""


class OntologySource(Struct):
    """The content of annotations/ontology.yaml; its other parts are AttributeTables."""

    version: int
    entities: dict[str, _EntityType]
    levels: dict[str, str]
    groups: dict[str, list[str]]
    shared_roles: dict[str, list[str]]
    events: dict[str, _EventType]
    zones: dict[str, _Zone]
    views: dict[str, _View]


AttributeTables = dict[str, dict[str, str]]
