"""Read a view: one of the ontology's own by name, or a user's mapping from a JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vostochny.errors import InputError, Names, Problem, Problems, list_names
from vostochny.formats.files import read_bytes
from vostochny.formats.jsonl import parse_json
from vostochny.formats.prediction import describe_kind
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
    reason = ""
    try:
        source, found = parse_json(name, None, read_bytes(name))
    except InputError as e:
        reason = e.problems[0].message
    except ValueError as e:  # a name that no file can have
        reason = str(e)
    else:
        if found and found[0].field is None:
            reason = found[0].message
        elif found:  # the file is meant to be a view: the line that is not JSON, or a key that stands twice
            raise InputError(found)
    if reason:
        names = ", ".join(ontology.views)
        message = f"is not one of the views {names}, and cannot be read as a JSON file: {reason}"
        raise InputError([Problem(name, None, None, message)])
    if not isinstance(source, dict):
        message = f'is {describe_kind(source)}; expected an object with "types"'
        raise InputError([Problem(name, None, None, message)])
    problems: Problems[Problem] = Problems()
    types = _read_table(name, source, "types", Names(ontology.entity_types), problems)
    events = _read_table(name, source, "events", Names(ontology.events), problems)
    levels, known_levels = source.get("levels", ["NAM"]), tuple(ontology.attributes["levels"])
    if not isinstance(levels, list) or any(x not in known_levels for x in levels):
        problems.append(Problem(name, None, "levels", f"expected a list of {', '.join(ontology.attributes['levels'])}"))
    problems += (
        Problem(name, None, k, "unknown key; expected one of types, levels, events")
        for k in source
        if k not in ("types", "levels", "events")
    )
    if not problems and not types:
        problems.append(Problem(name, None, "types", "is empty; expected at least one type of the ontology"))
    if problems:
        raise InputError(problems)
    return View(path.stem, types, frozenset(levels), events or None, builtin=False)


def _read_table(
    name: str, source: dict[str, Any], key: str, known_types: Names, problems: list[Problem]
) -> dict[str, str]:
    """Return the table type → label under ``key`` of a view's file ``name``; what is wrong is added to ``problems``."""
    table = source.get(key, {})
    if not isinstance(table, dict) or not all(isinstance(v, str) and v for v in table.values()):
        problems.append(Problem(name, None, key, "expected an object that maps types of the ontology to labels"))
        return {}
    problems += (
        Problem(name, None, f"{key}.{t}", f"unknown type; expected one of {list_names(known_types)}")
        for t in table
        if t.removesuffix(".demonym") not in known_types
    )
    return table
