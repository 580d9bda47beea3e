"""What every maintainer's script needs: the places of the project and whole-or-nothing writing."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from vostochny import ontology
from vostochny.formats import Fault, FormatError, label_studio
from vostochny.model import Document
from vostochny.ontology import Ontology

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT / "seeds"
ANNOTATIONS = ROOT / "annotations"
GOLD = ANNOTATIONS / "gold"
CORPUS = ROOT / "corpus"
PACKAGE_DATA = ROOT / "benchmark" / "vostochny" / "data"


def read_yaml(path: Path) -> Any:
    """The content of a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def scheme(annotations: Path = ANNOTATIONS) -> Ontology:
    """The scheme as its source file says, which may be newer than what the package holds."""
    return ontology.parse(read_yaml(annotations / "ontology.yaml"))


def seed_text(doc_id: str, sha256: str | None = None) -> str:
    """An article, decoded and otherwise untouched. Raises FormatError where the bytes are not those of ``sha256``."""
    path = SEEDS / f"{doc_id}.txt"
    data = path.read_bytes()
    if sha256 and hashlib.sha256(data).hexdigest() != sha256:
        raise FormatError(
            [Fault(str(path), None, "sha256", "differs from annotations/documents.yaml; restore the seed")]
        )
    return data.decode("utf-8")


def manifest(annotations: Path = ANNOTATIONS) -> dict[str, Any]:
    """``annotations/documents.yaml``: the canary and, by doc_id, what is known about each article."""
    return read_yaml(annotations / "documents.yaml")


def read_gold(annotations: Path = ANNOTATIONS) -> list[Document]:
    """The annotated documents in the order of the manifest. Raises FormatError with the faults of all of them."""
    documents, faults = [], []
    types = scheme(annotations)
    for doc_id, about in manifest(annotations)["documents"].items():
        path = annotations / "gold" / f"{doc_id}.json"
        try:
            text = seed_text(doc_id, about["sha256"])
            task = json.loads(path.read_text(encoding="utf-8"))
            if task["data"]["text"] != text:
                faults.append(
                    Fault(str(path), None, "data.text", f"differs from seeds/{doc_id}.txt; the seed is right")
                )
                continue
            documents.append(label_studio.read(task, types, str(path.relative_to(annotations.parent))))
        except FormatError as e:
            faults += e.faults
        except (OSError, ValueError, KeyError) as e:
            faults.append(Fault(str(path), None, None, f"cannot be read: {e}"))
    if faults:
        raise FormatError(faults)
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
    stale = [p for p, content in files.items() if not p.is_file() or p.read_text(encoding="utf-8") != content]
    if not check:
        for path in stale:
            write_atomically(path, files[path])
    return stale
