"""Read a state of the annotation: from a folder, or from a git revision."""

from __future__ import annotations

import io
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.files import ANNOTATIONS, ROOT
from scripts.store import GOLD, LASTING_FIELDS, MANIFEST, ONTOLOGY, Store
from vostochny.errors import InputError, Problem
from vostochny.model import Document
from vostochny.system import children


@dataclass(frozen=True)
class Side:
    """One state of the annotation; a bare folder of tasks has documents only, and the rest is None."""

    name: str  # as reports print it
    documents: dict[str, Document]  # by doc_id
    ontology: dict[str, Any] | None = None  # as its file has it
    articles: dict[str, Any] | None = None  # the facts of the manifest, by doc_id
    registry: dict[str, dict[Any, Any]] | None = None  # the entries of every registry, by kind and cluster
    discrepancies: list[dict[str, Any]] | None = None


def git(*arguments: str, root: Path | None = None) -> bytes:
    """Run git in ``root`` (None: the project) and return what it prints. Raises InputError with git's error message."""
    try:
        # Without that option git status writes a file, which it leaves where it is killed or the disk is full.
        process = children.run(
            ["git", "--no-optional-locks", *arguments], cwd=root or ROOT, capture_output=True, check=True
        )
    except subprocess.CalledProcessError as error:
        message = error.stderr.decode(errors="replace").strip() or f"exit code {error.returncode}"
        raise InputError([Problem(f"git {arguments[0]}", None, None, message)]) from None
    except OSError as error:
        raise InputError([Problem("git", None, None, str(error))]) from None
    output: bytes = process.stdout
    return output


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
        return _read(Store(ANNOTATIONS), "working tree")
    path = Path(which)
    if path.is_dir():
        path = path / "annotations" if (path / "annotations").is_dir() else path
        is_complete = (path / ONTOLOGY).is_file() or (path / GOLD).is_dir()
        return _read(Store(path, gold=GOLD if is_complete else ""), str(which))
    if not is_revision(str(which)):
        raise InputError([Problem(str(which), None, None, "is neither a folder nor a git revision")])
    return _read(open_revision(str(which)), str(which))


def open_revision(revision: str) -> Store:
    """Return the annotations as they are in a git revision."""
    archive = git("archive", "--format=tar", revision, "annotations")
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        opened = ((member.name, tar.extractfile(member)) for member in tar if member.isfile())
        contents = {path.removeprefix("annotations/"): file.read() for path, file in opened if file}
    return Store(None, contents, revision)


def _read(store: Store, name: str) -> Side:
    """Read a store; what an annotations folder lacks is empty, and None in a bare folder of tasks."""
    documents = store.read_documents()
    if not store.has(ONTOLOGY):
        return Side(name, documents)
    articles = store.read_manifest()["documents"] if store.has(MANIFEST) else None
    discrepancies = store.read_discrepancies(LASTING_FIELDS)
    return Side(name, documents, store.read_ontology_source(), articles, store.read_registries(), discrepancies)
