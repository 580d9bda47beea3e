"""Where the project's files are, and how they are read and written: whole, or not at all."""

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
    """How messages name a file: from the project's root where it lies in it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def read_bytes(path: Path) -> bytes:
    """The content of a file. Raises InputError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError([Problem(display_path(path), None, None, f"cannot be read: {error.strerror}")]) from None


def read_text(path: Path) -> str:
    """The content of a UTF-8 file, its line ends as they are. Raises InputError where it is none."""
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte 0x{error.object[error.start]:02x} is not UTF-8; save the file as UTF-8"
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError([Problem(display_path(path), line, None, message)]) from None


def read_yaml(path: Path) -> Any:
    """The content of a YAML file. Raises InputError where it is none, with the line."""
    source = read_text(path)
    try:
        return yaml.safe_load(source)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or " ".join(str(error).split())
        raise InputError([Problem(display_path(path), mark and mark.line + 1, None, f"is not YAML: {why}")]) from None


def read_json(path: Path) -> Any:
    """The content of a JSON file. Raises InputError where it is none, with the line."""
    from vostochny.formats import jsonl  # brings numpy along, which most scripts' --help need not wait for

    value, problems = jsonl.parse_json(display_path(path), None, read_bytes(path))
    if problems:
        raise InputError(problems)
    return value


def read_json_lines(path: Path, needs: Collection[str] = ()) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file. Raises InputError with every line that is none or lacks a field of ``needs``.

    Lines end at line feeds only: JSON may hold the other line breaks of Unicode as they are.
    """
    from vostochny.formats import jsonl

    rows, problems = [], []
    for number, raw in enumerate(read_bytes(path).split(b"\n"), 1):
        if not raw.strip():
            continue
        row, wrong = jsonl.parse_json(display_path(path), number, raw)
        problems += wrong
        if not wrong and not isinstance(row, dict):
            problems.append(Problem(display_path(path), number, None, "is no object"))
        elif not wrong:
            problems += [
                Problem(display_path(path), number, field, "is missing") for field in needs if field not in row
            ]
            rows.append(row)
    if problems:
        raise InputError(problems)
    return rows


def write_atomically(path: Path, content: str) -> None:
    """Write a file so that at every moment it is the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_or_check(files: Mapping[Path, str], check: bool) -> list[Path]:
    """Write generated files, or with ``check`` only compare. Returns those that were not current."""
    stale = [p for p, content in files.items() if not p.is_file() or p.read_bytes() != content.encode("utf-8")]
    if not check:
        for path in stale:
            write_atomically(path, files[path])
    return stale
