"""Read the stored annotations: ontology, articles, manifest, gold and discrepancies, each in one place."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from scripts import files
from scripts.files import ANNOTATIONS, display_path, read_bytes, read_json, read_text, read_yaml
from vostochny.errors import InputError, Problem
from vostochny.formats import label_studio
from vostochny.model import Document
from vostochny.ontology import Ontology, OntologyError, parse_ontology

DISCREPANCY_FIELDS = ("id", "relation", "reason", "spans")  # of a record in discrepancies.yaml, in this order


def read_ontology(annotations: Path = ANNOTATIONS) -> Ontology:
    """Return the ontology of an annotations folder, which may be newer than the copy in the package.

    Raises InputError where it cannot be read, lacks a part or contradicts itself.
    """
    path = annotations / "ontology.yaml"
    source = read_yaml(path)
    try:
        return parse_ontology(source)
    except OntologyError as error:
        raise InputError([Problem(display_path(path), None, None, line) for line in str(error).split("\n")]) from None
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError([Problem(display_path(path), None, None, f"is not a complete ontology: {error!r}")]) from None


def read_seed(doc_id: str, sha256: str | None = None) -> str:
    """Return the text of an article, untouched. Raises InputError where the file does not have the hash ``sha256``."""
    path = files.SEEDS / f"{doc_id}.txt"
    if sha256 and hashlib.sha256(read_bytes(path)).hexdigest() != sha256:
        message = "differs from annotations/documents.yaml; restore the seed"
        raise InputError([Problem(display_path(path), None, "sha256", message)])
    return read_text(path)


def read_manifest(annotations: Path = ANNOTATIONS, required: Collection[str] = ()) -> dict[str, Any]:
    """Return ``annotations/documents.yaml``: the canary, and by doc_id the known facts about each article.

    Raises InputError where it cannot be read. With ``required`` fields, the canary must be present too, and it is also
    a problem where one of the fields is missing from an article or a value is neither a string nor null.
    """
    path = annotations / "documents.yaml"
    content = read_yaml(path)
    documents = content.get("documents") if isinstance(content, dict) else None
    if not isinstance(documents, dict):
        raise InputError(
            [Problem(display_path(path), None, "documents", "is not a mapping of doc_ids to their fields")]
        )
    problems = []
    if required and not isinstance(content.get("canary"), str):
        problems.append(Problem(display_path(path), None, "canary", "is missing"))
    for doc_id, about in documents.items():
        if not isinstance(doc_id, str) or not isinstance(about, dict):
            message = "is not a string with a mapping of fields; write a number in quotes"
            problems.append(Problem(display_path(path), None, str(doc_id), message))
            continue
        problems += [
            Problem(display_path(path), None, f"{doc_id}.{field}", "is missing")
            for field in required
            if field not in about
        ]
        for field, value in about.items():
            if required and value is not None and not isinstance(value, str):
                message = f"is {value}, which YAML reads as a {type(value).__name__}; write it in quotes"
                problems.append(Problem(display_path(path), None, f"{doc_id}.{field}", message))
    if problems:
        raise InputError(problems)
    manifest: dict[str, Any] = content
    return manifest


def read_discrepancies(annotations: Path = ANNOTATIONS) -> list[dict[str, Any]]:
    """Return the records of ``annotations/discrepancies.yaml``, an empty list where there is no such file.

    Raises InputError with every record that lacks a field. Whether the values are right is checked by the rules.
    """
    path = annotations / "discrepancies.yaml"
    rows = read_yaml(path) or [] if path.is_file() else []
    if not isinstance(rows, list):
        raise InputError([Problem(display_path(path), None, None, "is not a list of records")])
    problems = []
    for number, row in enumerate(rows, 1):
        missing = [f for f in DISCREPANCY_FIELDS if not isinstance(row, dict) or f not in row]
        name = str(row.get("id", f"record {number}")) if isinstance(row, dict) else f"record {number}"
        problems += [Problem(display_path(path), None, f"{name}.{field}", "is missing") for field in missing]
    if problems:
        raise InputError(problems)
    return rows


def read_gold(annotations: Path = ANNOTATIONS) -> list[Document]:
    """Return the gold documents in the order of the manifest. Raises InputError with the problems of all of them."""
    documents, problems = [], []
    ontology = read_ontology(annotations)
    for doc_id, about in read_manifest(annotations, ["sha256"])["documents"].items():
        path = annotations / "gold" / f"{doc_id}.json"
        try:
            text = read_seed(doc_id, about["sha256"])
            task = read_json(path)
            data = task.get("data") if isinstance(task, dict) else None
            if isinstance(data, dict) and data.get("text", text) != text:  # its offsets would be wrong as well
                message = f"differs from seeds/{doc_id}.txt; the seed is right"
                raise InputError([Problem(display_path(path), None, "data.text", message)])
            documents.append(label_studio.read(task, ontology, display_path(path)))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return documents
