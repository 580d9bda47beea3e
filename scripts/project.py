"""What every maintainer's script needs: the places of the project, its files read and written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, NoReturn

import yaml

from vostochny import ontology
from vostochny.errors import InputError, Problem
from vostochny.formats import label_studio
from vostochny.model import Document
from vostochny.ontology import Ontology

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT / "seeds"
ANNOTATIONS = ROOT / "annotations"
GOLD = ANNOTATIONS / "gold"
CORPUS = ROOT / "corpus"
PACKAGE_DATA = ROOT / "benchmark" / "vostochny" / "data"
DISCREPANCY = ("id", "relation", "reason", "spans")  # what a record of discrepancies.yaml says


def shown(path: Path) -> str:
    """How messages name a file: from the project's root where it lies in it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def read_bytes(path: Path) -> bytes:
    """The content of a file. Raises InputError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError([Problem(shown(path), None, None, f"cannot be read: {error.strerror}")]) from None


def read_text(path: Path) -> str:
    """The content of a UTF-8 file, its line ends as they are. Raises InputError where it is none."""
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte 0x{error.object[error.start]:02x} is not UTF-8; save the file as UTF-8"
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError([Problem(shown(path), line, None, message)]) from None


def read_yaml(path: Path) -> Any:
    """The content of a YAML file. Raises InputError where it is none, with the line."""
    source = read_text(path)
    try:
        return yaml.safe_load(source)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or " ".join(str(error).split())
        raise InputError([Problem(shown(path), mark and mark.line + 1, None, f"is not YAML: {why}")]) from None


def read_json(path: Path) -> Any:
    """The content of a JSON file. Raises InputError where it is none, with the line."""
    from vostochny.formats import jsonl  # brings numpy along, which most scripts' --help need not wait for

    value, problems = jsonl.parse_any(shown(path), None, read_bytes(path))
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
        row, wrong = jsonl.parse_any(shown(path), number, raw)
        problems += wrong
        if not wrong and not isinstance(row, dict):
            problems.append(Problem(shown(path), number, None, "is no object"))
        elif not wrong:
            problems += [Problem(shown(path), number, field, "is missing") for field in needs if field not in row]
            rows.append(row)
    if problems:
        raise InputError(problems)
    return rows


def scheme(annotations: Path = ANNOTATIONS) -> Ontology:
    """The scheme as its source file says, which may be newer than what the package holds.

    Raises InputError where it cannot be read, lacks a part or contradicts itself.
    """
    path = annotations / "ontology.yaml"
    source = read_yaml(path)
    try:
        return ontology.parse(source)
    except ontology.OntologyError as error:
        raise InputError([Problem(shown(path), None, None, line) for line in str(error).split("\n")]) from None
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError([Problem(shown(path), None, None, f"is no complete scheme: {error!r}")]) from None


def seed_text(doc_id: str, sha256: str | None = None) -> str:
    """An article, decoded and otherwise untouched. Raises InputError where the bytes are not those of ``sha256``."""
    path = SEEDS / f"{doc_id}.txt"
    if sha256 and hashlib.sha256(read_bytes(path)).hexdigest() != sha256:
        message = "differs from annotations/documents.yaml; restore the seed"
        raise InputError([Problem(shown(path), None, "sha256", message)])
    return read_text(path)


def manifest(annotations: Path = ANNOTATIONS, needs: Collection[str] = ()) -> dict[str, Any]:
    """``annotations/documents.yaml``: the canary and, by doc_id, what is known about each article.

    Raises InputError where it cannot be read. Who names the fields that it ``needs`` gets them, and the canary: then
    it is a fault too where one of them is missing, or a value is neither words nor null.
    """
    path = annotations / "documents.yaml"
    content = read_yaml(path)
    documents = content.get("documents") if isinstance(content, dict) else None
    if not isinstance(documents, dict):
        raise InputError([Problem(shown(path), None, "documents", "is no mapping of doc_ids to what is known of each")])
    problems = []
    if needs and not isinstance(content.get("canary"), str):
        problems.append(Problem(shown(path), None, "canary", "is missing"))
    for doc_id, about in documents.items():
        if not isinstance(doc_id, str) or not isinstance(about, dict):
            message = "is no doc_id in words, or has no mapping; a number is written in quotes"
            problems.append(Problem(shown(path), None, str(doc_id), message))
            continue
        problems += [
            Problem(shown(path), None, f"{doc_id}.{field}", "is missing") for field in needs if field not in about
        ]
        for field, value in about.items():
            if needs and value is not None and not isinstance(value, str):
                message = f"is {value}, which YAML takes for a {type(value).__name__}; write it in quotes"
                problems.append(Problem(shown(path), None, f"{doc_id}.{field}", message))
    if problems:
        raise InputError(problems)
    return content


def read_discrepancies(annotations: Path = ANNOTATIONS) -> list[dict[str, Any]]:
    """The records of ``annotations/discrepancies.yaml``; none while the file is not there.

    Raises InputError with every record that lacks a field. Whether the fields are right is the validator's to judge.
    """
    path = annotations / "discrepancies.yaml"
    rows = read_yaml(path) or [] if path.is_file() else []
    if not isinstance(rows, list):
        raise InputError([Problem(shown(path), None, None, "is no list of records")])
    problems = []
    for n, row in enumerate(rows, 1):
        missing = [f for f in DISCREPANCY if not isinstance(row, dict) or f not in row]
        name = str(row.get("id", f"record {n}")) if isinstance(row, dict) else f"record {n}"
        problems += [Problem(shown(path), None, f"{name}.{field}", "is missing") for field in missing]
    if problems:
        raise InputError(problems)
    return rows


def read_gold(annotations: Path = ANNOTATIONS) -> list[Document]:
    """The annotated documents in the order of the manifest. Raises InputError with the faults of all of them."""
    documents, problems = [], []
    types = scheme(annotations)
    for doc_id, about in manifest(annotations, ["sha256"])["documents"].items():
        path = annotations / "gold" / f"{doc_id}.json"
        try:
            text = seed_text(doc_id, about["sha256"])
            task = read_json(path)
            data = task.get("data") if isinstance(task, dict) else None
            if isinstance(data, dict) and data.get("text", text) != text:  # then no offset holds either
                message = f"differs from seeds/{doc_id}.txt; the seed is right"
                raise InputError([Problem(shown(path), None, "data.text", message)])
            documents.append(label_studio.read(task, types, shown(path)))
        except InputError as e:
            problems += e.problems
    if problems:
        raise InputError(problems)
    return documents


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


def end_with(main: Callable[[], int]) -> NoReturn:
    """Run a script that prints much; where whoever reads has seen enough (``| head``), it ends without a word."""
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)
