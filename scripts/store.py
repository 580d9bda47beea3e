"""The annotations as they are stored: ontology, articles, manifest, gold and records, each read in one place."""

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

DISCREPANCY = ("id", "relation", "reason", "spans")  # what a record of discrepancies.yaml says


def read_ontology(annotations: Path = ANNOTATIONS) -> Ontology:
    """The ontology as its source file says, which may be newer than what the package holds.

    Raises InputError where it cannot be read, lacks a part or contradicts itself.
    """
    path = annotations / "ontology.yaml"
    source = read_yaml(path)
    try:
        return parse_ontology(source)
    except OntologyError as error:
        raise InputError([Problem(display_path(path), None, None, line) for line in str(error).split("\n")]) from None
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError([Problem(display_path(path), None, None, f"is no complete ontology: {error!r}")]) from None


def seed_text(doc_id: str, sha256: str | None = None) -> str:
    """An article, decoded and otherwise untouched. Raises InputError where the bytes are not those of ``sha256``."""
    path = files.SEEDS / f"{doc_id}.txt"
    if sha256 and hashlib.sha256(read_bytes(path)).hexdigest() != sha256:
        message = "differs from annotations/documents.yaml; restore the seed"
        raise InputError([Problem(display_path(path), None, "sha256", message)])
    return read_text(path)


def manifest(annotations: Path = ANNOTATIONS, needs: Collection[str] = ()) -> dict[str, Any]:
    """``annotations/documents.yaml``: the canary and, by doc_id, what is known about each article.

    Raises InputError where it cannot be read. Who names the fields that it ``needs`` gets them, and the canary: then
    it is a problem too where one of them is missing, or a value is neither words nor null.
    """
    path = annotations / "documents.yaml"
    content = read_yaml(path)
    documents = content.get("documents") if isinstance(content, dict) else None
    if not isinstance(documents, dict):
        raise InputError(
            [Problem(display_path(path), None, "documents", "is no mapping of doc_ids to what is known of each")]
        )
    problems = []
    if needs and not isinstance(content.get("canary"), str):
        problems.append(Problem(display_path(path), None, "canary", "is missing"))
    for doc_id, about in documents.items():
        if not isinstance(doc_id, str) or not isinstance(about, dict):
            message = "is no doc_id in words, or has no mapping; a number is written in quotes"
            problems.append(Problem(display_path(path), None, str(doc_id), message))
            continue
        problems += [
            Problem(display_path(path), None, f"{doc_id}.{field}", "is missing")
            for field in needs
            if field not in about
        ]
        for field, value in about.items():
            if needs and value is not None and not isinstance(value, str):
                message = f"is {value}, which YAML takes for a {type(value).__name__}; write it in quotes"
                problems.append(Problem(display_path(path), None, f"{doc_id}.{field}", message))
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
        raise InputError([Problem(display_path(path), None, None, "is no list of records")])
    problems = []
    for n, row in enumerate(rows, 1):
        missing = [f for f in DISCREPANCY if not isinstance(row, dict) or f not in row]
        name = str(row.get("id", f"record {n}")) if isinstance(row, dict) else f"record {n}"
        problems += [Problem(display_path(path), None, f"{name}.{field}", "is missing") for field in missing]
    if problems:
        raise InputError(problems)
    return rows


def read_gold(annotations: Path = ANNOTATIONS) -> list[Document]:
    """The annotated documents in the order of the manifest. Raises InputError with the problems of all of them."""
    documents, problems = [], []
    types = read_ontology(annotations)
    for doc_id, about in manifest(annotations, ["sha256"])["documents"].items():
        path = annotations / "gold" / f"{doc_id}.json"
        try:
            text = seed_text(doc_id, about["sha256"])
            task = read_json(path)
            data = task.get("data") if isinstance(task, dict) else None
            if isinstance(data, dict) and data.get("text", text) != text:  # then no offset holds either
                message = f"differs from seeds/{doc_id}.txt; the seed is right"
                raise InputError([Problem(display_path(path), None, "data.text", message)])
            documents.append(label_studio.read(task, types, display_path(path)))
        except InputError as e:
            problems += e.problems
    if problems:
        raise InputError(problems)
    return documents
