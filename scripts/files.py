"""Where the project's files are; read them with problems reported, and write them whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from vostochny.errors import InputError, Problem

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT / "seeds"
ANNOTATIONS = ROOT / "annotations"
GOLD = ANNOTATIONS / "gold"
CORPUS = ROOT / "corpus"
PACKAGE_DATA = ROOT / "benchmark" / "vostochny" / "data"


def display_path(path: Path) -> str:
    """Return a path as messages print it: relative to the project's root where it is inside."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file. Raises InputError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError([Problem(display_path(path), None, None, f"cannot be read: {error.strerror}")]) from None


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, line ends untouched. Raises InputError, with the line, where it is not UTF-8."""
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte 0x{error.object[error.start]:02x} is not UTF-8; save the file as UTF-8"
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError([Problem(display_path(path), line, None, message)]) from None


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file. Raises InputError, with the line, where it is not YAML."""
    source = read_text(path)
    try:
        return yaml.safe_load(source)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or " ".join(str(error).split())
        raise InputError([Problem(display_path(path), mark and mark.line + 1, None, f"is not YAML: {why}")]) from None


def read_json(path: Path) -> Any:
    """Return the content of a JSON file. Raises InputError, with the line, where it is not JSON."""
    from vostochny.formats import jsonl  # loads numpy, which --help of most commands must not wait for

    value, problems = jsonl.parse_json(display_path(path), None, read_bytes(path))
    if problems:
        raise InputError(problems)
    return value


def read_json_lines(path: Path, required: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return the objects of a JSON Lines file.

    Raises InputError with every line that is not an object or lacks one of the fields ``required``. Lines end at line
    feeds only: JSON may contain the other line breaks of Unicode unescaped.
    """
    from vostochny.formats import jsonl

    rows, problems = [], []
    for number, raw in enumerate(read_bytes(path).split(b"\n"), 1):
        if not raw.strip():
            continue
        row, parse_problems = jsonl.parse_json(display_path(path), number, raw)
        problems += parse_problems
        if not parse_problems and not isinstance(row, dict):
            problems.append(Problem(display_path(path), number, None, "is not a JSON object"))
        elif not parse_problems:
            problems += [
                Problem(display_path(path), number, field, "is missing") for field in required if field not in row
            ]
            rows.append(row)
    if problems:
        raise InputError(problems)
    return rows


def write_atomically(path: Path, content: str) -> None:
    """Write a file so that at every moment it is the old one or the new one, whole; make its folder if needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        os.chmod(temporary, 0o644)  # mkstemp makes it readable by its owner only
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_or_check(files: Mapping[Path, str], check: bool) -> list[Path]:
    """Write generated files (path → content), or with ``check`` only compare; return those that were out of date."""
    stale = [p for p, content in files.items() if not p.is_file() or p.read_bytes() != content.encode("utf-8")]
    if not check:
        for path in stale:
            write_atomically(path, files[path])
    return stale
