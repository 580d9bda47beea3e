"""Read a state of the annotation: from a folder, or from a git revision."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scripts import store
from scripts.files import ANNOTATIONS, ROOT, read_json, read_yaml
from vostochny.errors import InputError, Problem
from vostochny.formats import label_studio
from vostochny.model import Document
from vostochny.ontology import Ontology


@dataclass(frozen=True)
class Side:
    """One state of the annotation; a bare folder of tasks has documents only, and the rest is None."""

    name: str  # as reports print it
    documents: dict[str, Document]  # by doc_id
    ontology: dict[str, Any] | None = None  # the content of ontology.yaml
    articles: dict[str, Any] | None = None  # of documents.yaml, by doc_id
    registry: dict[str, dict[str, Any]] | None = None  # of clusters/*.yaml, by file name without ending
    discrepancies: list[dict[str, Any]] | None = None  # of discrepancies.yaml


def git(*arguments: str, root: Path | None = None) -> bytes:
    """Run git in ``root`` (None: the project) and return what it prints. Raises InputError with git's error message."""
    try:
        process = subprocess.run(["git", *arguments], cwd=root or ROOT, capture_output=True, check=True)
    except subprocess.CalledProcessError as error:
        message = error.stderr.decode(errors="replace").strip() or f"exit code {error.returncode}"
        raise InputError([Problem(f"git {arguments[0]}", None, None, message)]) from None
    except OSError as error:
        raise InputError([Problem("git", None, None, str(error))]) from None
    return process.stdout


def is_revision(name: str, root: Path | None = None) -> bool:
    """Return True where git knows a commit by this name."""
    try:
        git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", root=root)
    except InputError:
        return False
    return True


def read_side(which: str | Path | None = None) -> Side:
    """Read an annotations folder, a folder of tasks, or a git revision; None is the working tree.

    A name that is both a folder and a revision means the folder. Raises InputError where it is neither, and with every
    problem of what cannot be read.
    """
    if which is None:
        return _read_folder(ANNOTATIONS, "working tree")
    path = Path(which)
    if path.is_dir():
        return _read_folder(path / "annotations" if (path / "annotations").is_dir() else path, str(which))
    if not is_revision(str(which)):
        raise InputError([Problem(str(which), None, None, "is neither a folder nor a git revision")])
    archive = git("archive", "--format=tar", str(which), "annotations")
    with tempfile.TemporaryDirectory() as temporary:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(temporary, filter="data")
        return _read_folder(Path(temporary) / "annotations", str(which))


def _read_folder(path: Path, name: str) -> Side:
    """Read an annotations folder or a bare folder of tasks; ``name`` is how reports and problems call it."""
    try:
        is_complete = (path / "ontology.yaml").is_file()
        # Bare tasks follow the ontology of the folder above them (annotations/gold), or else the project's.
        candidates = (path, path.parent, ANNOTATIONS)
        ontology = store.read_ontology(next(p for p in candidates if (p / "ontology.yaml").is_file()))
        tasks = sorted((path / "gold" if (path / "gold").is_dir() else path).glob("*.json"))
        if not tasks and not is_complete:
            raise InputError([Problem(name, None, None, "contains no annotation: neither gold/ nor <doc_id>.json")])
        documents = _read_documents(tasks, ontology, name)
        if not is_complete:
            return Side(name, documents)
        registry = {p.stem: read_yaml(p) or {} for p in sorted((path / "clusters").glob("*.yaml"))}
        discrepancies = store.read_discrepancies(path)
        articles = store.read_manifest(path)["documents"] if (path / "documents.yaml").is_file() else None
        return Side(name, documents, read_yaml(path / "ontology.yaml"), articles, registry, discrepancies)
    except InputError as error:
        # A revision is unpacked in a temporary folder, whose path would tell the reader nothing.
        raise InputError([replace(p, file=p.file.replace(str(path), name, 1)) for p in error.problems]) from None


def _read_documents(tasks: list[Path], ontology: Ontology, name: str) -> dict[str, Document]:
    documents, problems = {}, []
    for path in tasks:
        file = f"{name}: {path.name}"
        try:
            documents[path.stem] = label_studio.read(read_json(path), ontology, file)
        except InputError as error:
            problems += [replace(problem, file=file) for problem in error.problems]
    if problems:
        raise InputError(problems)
    return documents
