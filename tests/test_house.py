"""The structure of the code: floors and circles, and names of modules that are unique and shadow no library."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

from scripts.files import ROOT

OWN = ("benchmark/vostochny", "scripts")


def modules() -> list[Path]:
    """Return the modules of the package and the scripts, without the one-line redirects of former names."""
    found = [path for top in OWN for path in (ROOT / top).rglob("*.py") if not path.stem.startswith("__")]
    return [path for path in found if not path.read_text(encoding="utf-8").startswith("__import__")]


def test_imports_go_downwards_and_in_no_circle() -> None:
    """The contracts stand in pyproject.toml; a room without a floor breaks them too."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def imported_names(path: Path) -> Iterator[str]:
    """Yield what a file imports, at its top or inside functions: ``tests.support.effort.examples``, ``.test_x``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def test_no_test_imports_another_test() -> None:
    """Nor a conftest: what tests share stands in tests/support."""
    test_module = re.compile(r"(tests\.|\.|^)(\w+\.)*(test_\w+|conftest)(\.|$)")
    names = [(path.name, name) for path in (ROOT / "tests").rglob("*.py") for name in imported_names(path)]
    assert [pair for pair in names if test_module.match(pair[1])] == []


def test_no_module_name_is_used_twice() -> None:
    """Neither in the package nor in the scripts; except for cli/, where a command's file has the command's name."""
    places = [(path.relative_to(ROOT).parts[0], path.stem) for path in modules() if path.parent.name != "cli"]
    assert [place for place, count in Counter(places).items() if count > 1] == []


def test_no_module_shadows_a_library() -> None:
    """Neither the standard library nor a package that pyproject.toml names."""
    named = {re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower() for requirement in requires("vostochny") or ()}
    libraries = set(sys.stdlib_module_names)
    for package, distributions in packages_distributions().items():
        if named & {name.lower() for name in distributions}:
            libraries.add(package)
    assert len(libraries) > len(sys.stdlib_module_names)
    assert sorted({path.stem for path in modules()} & libraries) == []
