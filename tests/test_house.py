"""The structure of the code: floors and circles, and names of modules that are unique and shadow no library."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

from scripts.files import ROOT

OWN = ("benchmark/vostochny", "scripts")
# Where something is printed or written without the printer and the writer of vostochny.system, and why: file, call.
OWN_WRITES = {
    ("benchmark/vostochny/extractors/command.py", "os.write"): "the standard input of the extractor's program",
    ("benchmark/vostochny/extractors/destination.py", "open"): "a device or pipe; a failure is appended in one step",
    ("benchmark/vostochny/extractors/destination.py", "os.write"): "a line is appended in one step, to a locked file",
    ("benchmark/vostochny/extractors/guards.py", "open"): "streams of this process, for those that it redirects",
    ("benchmark/vostochny/formats/files.py", "open"): "a remote file, which appears when it is closed",
    ("benchmark/vostochny/formats/input.py", "open"): "a copy of a pipe in a temporary folder",
    ("benchmark/vostochny/formats/input.py", "shutil.copyfileobj"): "the same copy",
    ("benchmark/vostochny/scoring/buckets.py", "open"): "parts in the job's temporary folder, by many workers at once",
    ("benchmark/vostochny/scoring/buckets.py", "os.replace"): "the same parts: whole, but not flushed to the disk",
    ("scripts/__main__.py", "print"): "the package, and so its printer, may be what is missing",
    ("scripts/moved.py", "print"): "the same",
    ("scripts/annotating/commands/update.py", "shutil.copytree"): "a copy of the gold in a temporary folder",
    ("scripts/annotating/server.py", "open"): "the log that the server's process writes",
    ("scripts/annotating/server.py", "os.truncate"): "the content of that lock: the process that has it",
    ("scripts/annotating/server.py", "os.open"): "a lock, which is empty",
    ("scripts/bench/speed.py", "open"): "files to measure, in a temporary folder",
    ("scripts/bench/speed_workers.py", "write_bytes"): "files to measure, in a temporary folder",
    ("scripts/exchange.py", "shutil.copytree"): "the copy of a folder that takes its place",
}


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


def test_every_test_is_collected(request: pytest.FixtureRequest) -> None:
    """pytest skips folders by name: "build" is one of them unless we say otherwise, and its tests never ran."""
    skipped = request.config.getini("norecursedirs")
    folders = {part for path in (ROOT / "tests").rglob("test_*.py") for part in path.relative_to(ROOT).parts[:-1]}
    assert not [name for name in folders for pattern in skipped if fnmatch(name, pattern)]


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


WRITING_MODES = set("wax+")
WRITING_CALLS = {"write_text", "write_bytes", "touch"}
WRITING_FUNCTIONS = re.compile(
    r"print|(os\.(replace|rename|renames|link|symlink|truncate|fdopen|write)|shutil\.(move|copy\w*)|tempfile\.\w+"
    r"|sys\.__?(stdout|stderr)__\..*|sys\.(stdout|stderr)\.(write|writelines|buffer)\b.*)"
)


def find_writes(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and name of every call that prints or that writes, moves or copies a file."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        last = name.rpartition(".")[2]
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        texts = [v.value for v in values if isinstance(v, ast.Constant) and isinstance(v.value, str)]
        flags = {x.attr for value in values for x in ast.walk(value) if isinstance(x, ast.Attribute)}
        if name == "os.open":
            is_writing = bool(flags & {"O_WRONLY", "O_RDWR", "O_CREAT", "O_APPEND", "O_TRUNC"})
        elif last == "open":
            is_writing = any(set(text) <= set("rwaxbt+") and set(text) & WRITING_MODES for text in texts)
        elif last == "replace":  # that of a string has two arguments
            is_writing = len(values) == 1 or name == "os.replace"
        elif last in WRITING_CALLS:
            is_writing = isinstance(node.func, ast.Attribute)
        else:
            is_writing = bool(WRITING_FUNCTIONS.fullmatch(name))
        if is_writing:
            yield node.lineno, name if name.startswith(("os.", "shutil.", "sys.", "tempfile.")) else last


def test_one_printer_and_one_writer() -> None:
    """Nothing outside vostochny.system prints or writes a file itself; what must is listed with its reason."""
    found: dict[tuple[str, str], list[int]] = {}
    for top in OWN:
        for path in (ROOT / top).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith("benchmark/vostochny/system/"):
                for line, call in find_writes(ast.parse(path.read_text(encoding="utf-8"))):
                    found.setdefault((name, call), []).append(line)
    assert {key: lines for key, lines in found.items() if key not in OWN_WRITES} == {}
    assert OWN_WRITES.keys() - found.keys() == set(), "these exceptions are needed no more"


@pytest.mark.parametrize(
    "line",
    [
        "print(1)", "sys.stderr.write('x')", "sys.stdout.buffer.write(b'x')", "sys.__stderr__.write('x')",
        "p.touch()", "open(p, 'w')", "p.open('ab', buffering=0)", "gzip.open(p, mode='xb')", "os.open(p, os.O_RDWR)",
        "open(p, 'r+')", "p.write_text('x')", "p.write_bytes(b'x')", "os.replace(a, b)", "p.replace(q)",
        "os.rename(a, b)", "shutil.copyfile(a, b)", "shutil.move(a, b)", "tempfile.mkdtemp()", "os.fdopen(3, 'w')",
    ],
)  # fmt: skip
def test_a_write_is_found(line: str) -> None:
    assert list(find_writes(ast.parse(line)))


def test_a_read_is_not_found() -> None:
    code = "open(p)\nopen(p, 'rb')\nx.replace('a', 'b')\nos.open(p, os.O_RDONLY | os.O_CLOEXEC)\nwrite_text(p, 'x')"
    assert not list(find_writes(ast.parse(code)))
