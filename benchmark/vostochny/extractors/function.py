"""``module:function``: a callable of the user's, from an installed module, the current folder or a file."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

from vostochny.extractors import Extract, ExtractorError


def load(spec: str) -> Extract:
    """The callable; ``function`` may be dotted (``module:object.method``). Raises ExtractorError."""
    where, _, name = spec.rpartition(":")
    module = _from_file(Path(where)) if where.endswith(".py") else _imported(where)
    found: object = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        what = "has no" if found is None else "has something that is no function by the name of"
        raise ExtractorError(f"{spec}: {where} {what} {name}")
    return found


def _imported(name: str) -> ModuleType:
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    importlib.invalidate_caches()  # the file may be younger than what Python knows of the folder
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as e:
        if e.name and (name == e.name or name.startswith(f"{e.name}.")):
            raise ExtractorError(f"{name}: no such module, neither installed nor in the current folder") from None
        raise ExtractorError(f"{name}: needs the module {e.name}, which is not installed") from None
    except (Exception, SystemExit) as e:
        raise ExtractorError(f"{name}: cannot be imported: {type(e).__name__}: {e}") from e


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ExtractorError(f"{path}: no such file")
    made = importlib.util.spec_from_file_location(path.stem, path)
    if made is None or made.loader is None:
        raise ExtractorError(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(made)
    # A file's neighbours are importable for it, as when it is run.
    sys.path.insert(0, str(path.resolve().parent))
    try:
        made.loader.exec_module(module)
    except (Exception, SystemExit) as e:
        raise ExtractorError(f"{path}: cannot be imported: {type(e).__name__}: {e}") from e
    return module
