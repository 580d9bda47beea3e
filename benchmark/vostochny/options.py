"""Option values from the command line, checked as input files are: each fault says what would be right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from vostochny.errors import InputError, Problem
from vostochny.metrics.catalogue import METRICS, PRIMARY
from vostochny.ontology import Ontology, View
from vostochny.scoring import Run


def at_least(value: int, least: int, option: str) -> int:
    """A number that is not below ``least``."""
    if value < least:
        raise InputError([Problem(option, None, None, f"{value} is too small; {least} is the least")])
    return value


def run(engine: str, workers: int | None, scheduler: str | None, on_error: str, scratch: str | None) -> Run:
    """Who counts. Raises InputError where the options do not fit together."""
    problems: list[Problem] = []
    if workers is not None and workers < 1:
        problems.append(Problem("--workers", None, None, f"{workers} is too small; 1 is the least"))
    if scheduler and engine != "dask":
        problems.append(Problem("--scheduler", None, None, "is for --engine dask; say that too, or leave this out"))
    if scheduler and workers:
        problems.append(
            Problem("--workers", None, None, "is up to the cluster of --scheduler; leave one of the two out")
        )
    if problems:
        raise InputError(problems)
    return Run(engine, workers, scheduler, on_error, scratch)


def metrics(names: Sequence[str]) -> tuple[str, ...]:
    """Known metric names, each once."""
    problems = [
        Problem("--metric", None, None, f"{n!r} is none of {', '.join(METRICS)}") for n in names if n not in METRICS
    ]
    if problems:
        raise InputError(problems)
    return tuple(dict.fromkeys(names))


def zones(names: Sequence[str], scheme: Ontology) -> tuple[str, ...]:
    """Known zone names in the order of the scheme."""
    unknown = [n for n in names if n not in scheme.zones]
    if unknown:
        raise InputError(
            [Problem("--zone", None, None, f"{n!r} is none of {', '.join(scheme.zones)}") for n in unknown]
        )
    return tuple(z for z in scheme.zones if z in names)


def view(name: str, scheme: Ontology) -> View:
    """A view of the scheme by name, or a user's own from a JSON file.

    The file is an object: ``types`` maps the scheme's entity types (or TYPE.demonym) to labels; ``levels`` (optional)
    lists the levels kept, names alone by default; ``events`` (optional) maps event types. Raises InputError.
    """
    if name in scheme.views:
        return scheme.views[name]
    path = Path(name)
    try:
        source = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as e:  # ValueError: not UTF-8, no JSON, a number without end
        known = ", ".join(scheme.views)
        message = f"is no view of the scheme ({known}) and cannot be read as a JSON file: {e}"
        raise InputError([Problem(name, None, None, message)]) from None
    problems: list[Problem] = []
    if not isinstance(source, dict):
        raise InputError([Problem(name, None, None, 'expected an object with "types"')])
    tables: dict[str, dict[str, str]] = {}
    for key, known_types in (("types", scheme.entity_types), ("events", tuple(scheme.events))):
        table = source.get(key, {})
        if not isinstance(table, dict) or not all(isinstance(v, str) and v for v in table.values()):
            problems.append(Problem(name, None, key, "expected an object that maps types of the scheme to labels"))
            continue
        tables[key] = table
        problems += [
            Problem(name, None, f"{key}.{t}", f"unknown type; the scheme has {', '.join(known_types)}")
            for t in table
            if t.removesuffix(".demonym") not in known_types
        ]
    levels = source.get("levels", ["NAM"])
    if not isinstance(levels, list) or any(x not in tuple(scheme.levels) for x in levels):
        problems.append(Problem(name, None, "levels", f"expected a list of {', '.join(scheme.levels)}"))
    problems += [
        Problem(name, None, k, "unknown key; the keys are types, levels, events")
        for k in source
        if k not in ("types", "levels", "events")
    ]
    if not problems and not tables["types"]:
        problems.append(Problem(name, None, "types", "maps nothing; map at least one type of the scheme"))
    if problems:
        raise InputError(problems)
    return View(path.stem, tables["types"], frozenset(levels), tables["events"] or None, builtin=False)


def thresholds(given: Sequence[str]) -> dict[str, float]:
    """What ``--fail-under`` asks for: measure → the least value, from ``entities=0.8`` (a layer is its first score)."""
    out: dict[str, float] = {}
    problems: list[Problem] = []
    for one in given:
        name, _, value = one.partition("=")
        try:
            least = float(value)
        except ValueError:
            least = -1.0
        if not 0 <= least <= 1:
            problems.append(Problem("--fail-under", None, None, f"{one!r} is no LAYER=VALUE with a value from 0 to 1"))
        out[PRIMARY.get(name, name)] = least
    if problems:
        raise InputError(problems)
    return out
