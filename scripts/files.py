"""Where the project's files are; read them with problems reported, and write them whole or not at all."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import yaml

from vostochny.errors import InputError, Problem, Problems, decode
from vostochny.formats.files import is_standard_input
from vostochny.formats.limits import MAX_FILE_BYTES, describe_way_out
from vostochny.system import console, outputs

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT / "seeds"
ANNOTATIONS = ROOT / "annotations"
CORPUS = ROOT / "corpus"
PACKAGE_DATA = ROOT / "benchmark" / "vostochny" / "data"

# Where libyaml may take what PyYAML's own parser refuses, or take it otherwise: tabs, byte order marks, tags, comments
# right behind | or >, and a ? inside of words.
_READ_DIFFERENTLY = re.compile("[\t\ufeff!]|[|>][^\n ]*#|\\? ")
MAX_YAML_VALUES = 1_000_000  # in one file, aliases written out: by them a short file stands for any number

T = TypeVar("T")


def display_path(path: Path) -> str:
    """Return a path as messages print it: relative to the project's root where it is inside."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


@contextmanager
def collect(problems: list[Problem]) -> Iterator[None]:
    """Add the problems of an InputError raised inside to a list, and go on after the ``with`` block."""
    try:
        yield
    except InputError as error:
        problems += error.problems


def raise_problems(problems: list[Problem]) -> None:
    """Raise an InputError where there are problems."""
    if problems:
        raise InputError(problems)


def read_each(keys: Iterable[str], read: Callable[[str], T]) -> dict[str, T]:
    """Return ``read(key)`` of every key, by key. Raises InputError with the problems of all."""
    values: dict[str, T] = {}
    problems: Problems[Problem] = Problems()
    for key in keys:
        with collect(problems):
            values[key] = read(key)
    raise_problems(problems)
    return values


def read_bytes(path: Path, name: str | None = None) -> bytes:
    """Return the bytes of a file, which problems call ``name``.

    Raises InputError where it cannot be read, is too large, or is not a file but something that may never deliver or
    never end: a named pipe, a device. A pipe that this process has open already (``/dev/stdin``, ``<(…)``) is read.
    """
    name = name or display_path(path)
    raw, reason = None, f"is larger than {MAX_FILE_BYTES >> 20} MB; {describe_way_out()}"
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            state = os.fstat(file.fileno())
            is_open_pipe = stat.S_ISFIFO(state.st_mode) and _is_open(path)
            if not is_open_pipe and not stat.S_ISREG(state.st_mode):
                reason = "cannot be read: is not a file"
            elif state.st_size <= MAX_FILE_BYTES:
                os.set_blocking(file.fileno(), is_open_pipe)
                raw = file.read(MAX_FILE_BYTES + 1) or b""  # None: a file of the system that delivers nothing now
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    if raw is None or len(raw) > MAX_FILE_BYTES:
        raise InputError([Problem(name, None, None, reason)])
    return raw


def _is_open(path: Path) -> bool:
    """Return whether a path is a name of something that this process has open already."""
    return is_standard_input(str(path)) or outputs.find_descriptor(path) is not None


def _open_at_once(path: str, flags: int) -> int:
    """Open a file for :func:`read_bytes`; a named pipe without waiting for its writer."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, line ends untouched. Raises InputError, with the line, where it is not UTF-8."""
    return decode(display_path(path), read_bytes(path))


def read_json(path: Path) -> Any:
    """Return the content of a JSON file. Raises InputError, with the line, where it is not JSON."""
    return parse_json(display_path(path), read_bytes(path))


def check_shape(name: str, value: Any, kind: Any, command: str = "") -> None:
    """Raise InputError, with the field, where the content of a file is not of a kind.

    Args:
        name: how problems call the file.
        value: its content.
        kind: a type of msgspec's, such as a Struct.
        command: of ``python -m scripts``, which writes the file; empty where people write it.
    """
    import msgspec  # here, because --help of most commands needs none of it

    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$")
        field = place.rstrip("`").removeprefix(".") or None
        message = f"{what}; run python -m scripts {command}" if command else what
        raise InputError([Problem(name, None, field, message)]) from None


def read_json_lines(path: Path, required: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return the objects of a JSON Lines file; see :func:`parse_json_lines`."""
    return list(parse_json_lines(display_path(path), read_bytes(path), required).values())


# -- bytes to values; ``name`` is how problems call the file -----------------------------------------------------------


class _Values(yaml.constructor.SafeConstructor):
    """The values of a YAML document; notes every repeated key, where the stock loader silently takes the last value."""

    def __init__(self) -> None:
        yaml.constructor.SafeConstructor.__init__(self)
        self.repeated: dict[tuple[int, str], int] = {}  # (line, key) → the line of the same key before it

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> str:
        value = str(super().construct_scalar(node))
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            message = "has half a character (a surrogate); write whole characters"
            raise yaml.constructor.ConstructorError(None, None, message, node.start_mark)
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        lines: dict[Any, int] = {}
        for key_node in (key for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"):
            key, line = self.construct_object(key_node, deep=True), key_node.start_mark.line + 1
            if isinstance(key, Hashable) and key in lines:
                self.repeated[line, str(key)] = lines[key]
            elif isinstance(key, Hashable):
                lines[key] = line
        return super().construct_mapping(node, deep)


class _Loader(_Values, yaml.SafeLoader):
    """A loader whose parser is written in Python."""

    def __init__(self, source: str):
        yaml.SafeLoader.__init__(self, source)
        _Values.__init__(self)


if yaml.__with_libyaml__:  # PyYAML can be built without it
    from yaml._yaml import CParser

    class _FastLoader(yaml.composer.Composer, CParser, _Values, yaml.resolver.Resolver):
        """A loader whose parser is libyaml, five times as fast.

        Nodes are composed in Python: a document that is nested too deeply is then a RecursionError, and no crash.
        """

        def __init__(self, source: str):
            CParser.__init__(self, source)
            yaml.composer.Composer.__init__(self)
            _Values.__init__(self)
            yaml.resolver.Resolver.__init__(self)


def _count_values(node: yaml.Node, counts: dict[int, int]) -> int:
    """Return how many values a node has once its aliases are written out; ``counts`` are those of nodes seen before.

    Raises ComposerError where that is more than MAX_YAML_VALUES, or without end: an alias of what is around it.
    """
    if id(node) not in counts:
        counts[id(node)] = MAX_YAML_VALUES  # while it is counted: only an alias of itself meets it
        parts = node.value if isinstance(node, yaml.CollectionNode) else []
        nodes = [part for pair in parts for part in pair] if isinstance(node, yaml.MappingNode) else parts
        counts[id(node)] = 1 + sum(_count_values(part, counts) for part in nodes)
    if counts[id(node)] > MAX_YAML_VALUES:
        message = f"has more than {MAX_YAML_VALUES} values with its aliases; write out what they stand for"
        raise yaml.composer.ComposerError(None, None, message, node.start_mark)
    return counts[id(node)]


def _construct(loader: _Loader | _FastLoader) -> tuple[Any, dict[tuple[int, str], int]]:
    """Return the value of a document, and its repeated keys (:class:`_Values`). Raises YAMLError and others."""
    node: yaml.Node | None = loader.get_single_node()
    if node is None:
        return None, {}
    _count_values(node, {})
    return loader.construct_document(node), loader.repeated


def parse_yaml(name: str, raw: bytes) -> Any:
    """Return the content of a YAML file. Raises InputError, with the line, where it is not YAML or repeats a key."""
    source = decode(name, raw)
    if source.count("\n") + source.count(",") > MAX_YAML_VALUES:  # each value in a list stands behind one of them
        message = f"has more than {MAX_YAML_VALUES} lines and commas; expected fewer values in one file"
        raise InputError([Problem(name, None, None, message)])
    try:
        try:
            is_fast = yaml.__with_libyaml__ and not _READ_DIFFERENTLY.search(source)
            value, repeated = _construct(_FastLoader(source) if is_fast else _Loader(source))
        except yaml.YAMLError:
            value, repeated = _construct(_Loader(source))  # whose message is shown
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or " ".join(str(error).split())
        raise InputError([Problem(name, mark and mark.line + 1, None, f"is not YAML: {why}")]) from None
    except (ValueError, LookupError, AttributeError, RecursionError) as error:  # such as a date in month 13
        raise InputError([Problem(name, None, None, f"is not YAML: {error or type(error).__name__}")]) from None
    raise_problems(
        [
            Problem(name, line, key, f"is a repeated key, which line {before} has already; keep one")
            for (line, key), before in sorted(repeated.items())
        ]
    )
    return value


def parse_json(name: str, raw: bytes, line: int | None = None) -> Any:
    """Return the value of a JSON file, or of one line. Raises InputError, with the line, where it is not JSON."""
    from vostochny.formats import jsonl  # loads numpy, which --help of most commands must not wait for

    value, problems = jsonl.parse_json(name, line, raw)
    raise_problems(problems)
    return value


def parse_json_lines(name: str, raw: bytes, required: Collection[str] = ()) -> dict[int, dict[str, Any]]:
    """Return the objects of a JSON Lines file by line number.

    Raises InputError with every line that is not an object or lacks one of the fields ``required``. Lines end at line
    feeds only: JSON may contain the other line breaks of Unicode unescaped.
    """
    rows: dict[int, dict[str, Any]] = {}
    problems: Problems[Problem] = Problems()
    for number, line in enumerate(io.BytesIO(raw), 1):
        if not line.strip():
            continue
        with collect(problems):
            row = parse_json(name, line.removesuffix(b"\n"), number)
            if not isinstance(row, dict):
                raise InputError([Problem(name, number, None, "is not a JSON object")])
            problems += [Problem(name, number, field, "is missing") for field in required if field not in row]
            rows[number] = row
    raise_problems(problems)
    return rows


@dataclass(frozen=True)
class Source:
    """One state of a folder: on the disk, with some files replaced, or in memory. Paths are relative to it, with ``/``.

    Attributes:
        folder: the folder on the disk; None where all files are in ``contents``.
        contents: files by path that replace those of the folder, or are added to them.
        name: how problems name the folder; empty: by its path.
    """

    folder: Path | None = None
    contents: Mapping[str, bytes] = field(default_factory=dict)
    name: str = ""

    def display_name(self, path: str = "") -> str:
        """Return how problems name a file: annotations/gold/…"""
        return str(PurePosixPath(self.name or display_path(self.folder or Path()), path))

    def has(self, path: str) -> bool:
        """Return whether there is such a file."""
        return path in self.contents or (self.folder is not None and (self.folder / path).is_file())

    def list_names(self, folder: str, ending: str) -> list[str]:
        """Return the names in a folder that have an ending, without it, sorted; the ending of folders is ``/``."""
        names = set()
        if self.folder is not None and (self.folder / folder).is_dir():
            names = {path.name + "/" * path.is_dir() for path in (self.folder / folder).iterdir()}
        for path in map(PurePosixPath, self.contents):
            if path.is_relative_to(folder):
                first, *rest = path.relative_to(folder).parts
                names.add(first + "/" * bool(rest))
        return sorted(name.removesuffix(ending) for name in names if name.endswith(ending))

    def read_bytes(self, path: str) -> bytes:
        """Return a file as it is. Raises InputError where it cannot be read."""
        if path in self.contents:
            return self.contents[path]
        if self.folder is None:
            raise self.make_error(path, None, "cannot be read: no such file")
        return read_bytes(self.folder / path, self.display_name(path))

    def read_text(self, path: str) -> str:
        """Return a file as text. Raises InputError where it cannot be read or is not UTF-8."""
        return decode(self.display_name(path), self.read_bytes(path))

    def make_problem(self, path: str, field: str | None, message: str, line: int | None = None) -> Problem:
        """Return a problem in a file."""
        return Problem(self.display_name(path), line, field, message)

    def make_error(self, path: str, field: str | None, message: str) -> InputError:
        """Return the error of one problem in a file, to be raised."""
        return InputError([self.make_problem(path, field, message)])

    def read_yaml(self, path: str, kind: type[dict[Any, Any]] | type[list[Any]], may_be_missing: bool = False) -> Any:
        """Return a YAML file that must contain a mapping or a list; an empty one where it is empty."""
        if may_be_missing and not self.has(path):
            return kind()
        value = parse_yaml(self.display_name(path), self.read_bytes(path))
        if value is not None and not isinstance(value, kind):
            raise self.make_error(path, None, f"is not a {'mapping' if kind is dict else 'list of records'}")
        return kind() if value is None else value

    def read_json_object(self, path: str) -> dict[str, Any]:
        """Return a JSON file that must contain an object."""
        value = parse_json(self.display_name(path), self.read_bytes(path))
        if not isinstance(value, dict):
            raise self.make_error(path, None, "is not a JSON object")
        return value

    def read_json_lines(self, path: str, required: Collection[str]) -> dict[int, dict[str, Any]]:
        """Return the objects of a JSON Lines file by line number; see :func:`parse_json_lines`."""
        return parse_json_lines(self.display_name(path), self.read_bytes(path), required)


def write_file(path: Path, content: str, mode: int | None = None) -> None:
    """Write a file whole or not at all, and make its folder if needed; see :func:`outputs.write_file`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    outputs.write_file(path, content, mode)


def write_or_check(
    files: Mapping[Path, str | None], check: bool, check_content: Callable[[str], list[str]] = lambda content: []
) -> list[Path]:
    """Write generated files, or with ``check`` only compare; return those that were not current.

    Args:
        files: the content by path, None for a file that must not exist
        check: write nothing
        check_content: returns what is wrong with a content that is about to be written

    Raises InputError with everything that is wrong with the contents to be written; nothing is written then.
    """
    stale = [
        path
        for path, content in files.items()
        if (path.read_bytes() if path.is_file() else None) != (None if content is None else content.encode("utf-8"))
    ]
    if check:
        return stale
    raise_problems(
        [
            Problem(display_path(path), None, None, f"is not written: {problem}")
            for path in stale
            for problem in check_content(files[path] or "")
        ]
    )
    for path in stale:
        content = files[path]
        if content is None:
            path.unlink()
        else:
            write_file(path, content)
    return stale


def update_files(name: str, files: Mapping[Path, str | None], check: bool) -> int:
    """Write or compare the files of one artefact and print what was not current; return the command's exit code.

    Args:
        name: of the artefact, by which ``python -m scripts build`` rebuilds it
        files: as for :func:`write_or_check`
        check: write nothing; the exit code is 1 where a file is not current
    """
    return print_stale(name, files, write_or_check(files, check), check)


def print_stale(name: str, files: Mapping[Path, str | None], stale: Collection[Path], check: bool) -> int:
    """Print which files of an artefact were not current; the arguments and the exit code are as in update_files."""
    for path in stale:
        done = "removed" if files[path] is None else "written"
        console.print_line(
            f"{display_path(path)}: {f'not current; run python -m scripts build {name}' if check else done}"
        )
    if not stale:
        console.print_line(f"{name}: current")
    return 1 if check and stale else 0
