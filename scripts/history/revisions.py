"""The annotation as it stands in a folder, or stood in a git revision."""

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
    """One state of the annotation. What a bare folder of tasks does not hold is None and is not compared."""

    name: str
    documents: dict[str, Document]
    ontology: dict[str, Any] | None = None
    articles: dict[str, Any] | None = None
    registry: dict[str, dict[str, Any]] | None = None
    discrepancies: list[dict[str, Any]] | None = None


def git(*arguments: str, root: Path | None = None) -> bytes:
    """What a git command prints. Raises InputError with git's own words where it fails."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root or ROOT, capture_output=True, check=True)
    except subprocess.CalledProcessError as error:
        message = error.stderr.decode(errors="replace").strip() or f"exit code {error.returncode}"
        raise InputError([Problem(f"git {arguments[0]}", None, None, message)]) from None
    except OSError as error:
        raise InputError([Problem("git", None, None, str(error))]) from None
    return done.stdout


def is_revision(name: str, root: Path | None = None) -> bool:
    """True where git knows a commit by this name."""
    try:
        git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", root=root)
    except InputError:
        return False
    return True


def read_side(which: str | Path | None = None) -> Side:
    """An annotations folder, a folder of tasks, or a git revision; None is the working tree.

    A name that is both a folder and a revision is the folder. Raises InputError where nothing is so named, and with
    every problem of what cannot be read.
    """
    if which is None:
        return _folder(ANNOTATIONS, "working tree")
    path = Path(which)
    if path.is_dir():
        return _folder(path / "annotations" if (path / "annotations").is_dir() else path, str(which))
    if not is_revision(str(which)):
        raise InputError([Problem(str(which), None, None, "is neither a folder nor a git revision")])
    archive = git("archive", "--format=tar", str(which), "annotations")
    with tempfile.TemporaryDirectory() as place:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(place, filter="data")
        return _folder(Path(place) / "annotations", str(which))


def _folder(path: Path, name: str) -> Side:
    try:
        whole = (path / "ontology.yaml").is_file()
        beside = (path, path.parent, ANNOTATIONS)
        ontology = store.read_ontology(next(p for p in beside if (p / "ontology.yaml").is_file()))
        tasks = sorted((path / "gold" if (path / "gold").is_dir() else path).glob("*.json"))
        if not tasks and not whole:
            raise InputError([Problem(name, None, None, "holds no annotation: neither gold/ nor <doc_id>.json")])
        documents = _documents(tasks, ontology, name)
        if not whole:
            return Side(name, documents)
        registry = {p.stem: read_yaml(p) or {} for p in sorted((path / "clusters").glob("*.yaml"))}
        discrepancies = store.read_discrepancies(path)
        articles = store.read_manifest(path)["documents"] if (path / "documents.yaml").is_file() else None
        return Side(name, documents, read_yaml(path / "ontology.yaml"), articles, registry, discrepancies)
    except InputError as error:  # a revision is read in a folder that nobody knows
        raise InputError([replace(f, file=f.file.replace(str(path), name, 1)) for f in error.problems]) from None


def _documents(tasks: list[Path], ontology: Ontology, name: str) -> dict[str, Document]:
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
