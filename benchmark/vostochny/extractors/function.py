"""``module:function``: load a callable of the user's from an installed module, the current folder or a file."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

from vostochny.extractors import Extractor, ExtractorError, guards


def load(spec: str) -> Extractor:
    """Return the callable; ``function`` may be dotted (``module:object.method``). Raises ExtractorError."""
    where, _, name = spec.rpartition(":")
    module = _from_file(Path(where)) if where.endswith(".py") else _import_module(where)
    target: object = module
    for part in name.split("."):
        target = getattr(target, part, None)
    if not callable(target):
        problem = f"has no function {name}" if target is None else f"has a {name} that is not a function"
        raise ExtractorError(f"{spec}: {where} {problem}")
    return target


def _import_module(name: str) -> ModuleType:
    # An installed command does not have the current folder on its path, as ``python -m`` does.
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    importlib.invalidate_caches()  # the file may be newer than Python's listing of the folder
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as e:
        if e.name and (name == e.name or name.startswith(f"{e.name}.")):
            raise ExtractorError(f"{name}: no such module, neither installed nor in the current folder") from None
        raise ExtractorError(f"{name}: needs the module {e.name}, which is not installed") from None
    except BaseException as e:
        if guards.is_interruption(e):
            raise
        raise ExtractorError(f"{name}: cannot be imported: {guards.describe(e)}") from e


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ExtractorError(f"{path}: no such file")
    module_spec = importlib.util.spec_from_file_location(path.stem, path)
    if module_spec is None or module_spec.loader is None:
        raise ExtractorError(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(module_spec)
    # The file may import its neighbours, as when it is run.
    sys.path.insert(0, str(path.resolve().parent))
    try:
        module_spec.loader.exec_module(module)
    except BaseException as e:
        if guards.is_interruption(e):
            raise
        raise ExtractorError(f"{path}: cannot be imported: {guards.describe(e)}") from e
    return module
