"""Read a view: one of the ontology's own by name, or a user's mapping from a JSON file."""

from __future__ import annotations

import json
from pathlib import Path

from vostochny.errors import InputError, Problem
from vostochny.ontology import Ontology, View


def read_view(name: str, ontology: Ontology) -> View:
    """Return a view of the ontology by name, or a user's own from a JSON file.

    The file is an object: ``types`` maps the ontology's entity types (or TYPE.demonym) to labels; ``levels`` (optional)
    lists the levels to keep, by default names only; ``events`` (optional) maps event types. Raises InputError with
    every problem.
    """
    if name in ontology.views:
        return ontology.views[name]
    path = Path(name)
    try:
        source = json.loads(path.read_text(encoding="utf-8"))
    except (
        OSError,
        ValueError,
        RecursionError,
    ) as e:  # ValueError: not UTF-8, not JSON, or a number of too many digits
        names = ", ".join(ontology.views)
        message = f"is not one of the views {names}, and cannot be read as a JSON file: {e}"
        raise InputError([Problem(name, None, None, message)]) from None
    problems: list[Problem] = []
    if not isinstance(source, dict):
        raise InputError([Problem(name, None, None, 'expected an object with "types"')])
    tables: dict[str, dict[str, str]] = {}
    for key, known_types in (("types", ontology.entity_types), ("events", tuple(ontology.events))):
        table = source.get(key, {})
        if not isinstance(table, dict) or not all(isinstance(v, str) and v for v in table.values()):
            problems.append(Problem(name, None, key, "expected an object that maps types of the ontology to labels"))
            continue
        tables[key] = table
        problems += [
            Problem(name, None, f"{key}.{t}", f"unknown type; expected one of {', '.join(known_types)}")
            for t in table
            if t.removesuffix(".demonym") not in known_types
        ]
    levels = source.get("levels", ["NAM"])
    if not isinstance(levels, list) or any(x not in tuple(ontology.levels) for x in levels):
        problems.append(Problem(name, None, "levels", f"expected a list of {', '.join(ontology.levels)}"))
    problems += [
        Problem(name, None, k, "unknown key; expected one of types, levels, events")
        for k in source
        if k not in ("types", "levels", "events")
    ]
    if not problems and not tables["types"]:
        problems.append(Problem(name, None, "types", "is empty; expected at least one type of the ontology"))
    if problems:
        raise InputError(problems)
    return View(path.stem, tables["types"], frozenset(levels), tables["events"] or None, builtin=False)
