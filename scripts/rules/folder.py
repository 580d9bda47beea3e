"""An annotations folder, read whole for validation: every article of the gold and of the passes, and every record."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from scripts import store
from scripts.files import ANNOTATIONS, display_path, read_text
from scripts.rules import book
from scripts.rules.articles import REGISTRIES, Article, Task
from scripts.segmentation import segment, tokens_of
from vostochny.errors import InputError, Problem
from vostochny.formats import label_studio
from vostochny.ontology import Ontology
from vostochny.text.layout import paragraphs_of


@dataclass
class Folder:
    """An annotations folder. What could not be read is in ``problems``; what a stored task broke, in ``broken``.

    Registries, discrepancies and adjudication are None where there are none yet.
    """

    path: Path
    ontology: Ontology
    texts: dict[str, str] = field(default_factory=dict)
    gold: list[Article] = field(default_factory=list)
    passes: dict[str, list[Article]] = field(default_factory=dict)
    registry: dict[str, dict[str, Any]] | None = None
    discrepancies: list[Any] | None = None
    adjudication: list[Any] | None = None
    guidelines: frozenset[str] = frozenset()
    problems: list[Problem] = field(default_factory=list)
    broken: list[book.Violation] = field(default_factory=list)

    def file(self, path: Path) -> str:
        """How messages name a file of the folder."""
        return str(path.relative_to(self.path.parent))

    def problem(self, path: Path, where: str | None, message: str) -> None:
        self.problems.append(Problem(self.file(path), None, where, message))

    @cached_property
    def edges(self) -> dict[str, tuple[frozenset[int], frozenset[int]]]:
        """By article, where tokens begin and end, whether or not its gold could be read."""
        out = {}
        for doc_id, text in self.texts.items():
            tokens = [t for p in paragraphs_of(text) for t in tokens_of(text, p)]
            out[doc_id] = frozenset(t.start for t in tokens), frozenset(t.end for t in tokens)
        return out


def guideline_numbers(source: str) -> frozenset[str]:
    """The numbers of the rules that the guidelines lay down."""
    return frozenset(re.findall(r"^\*\*([A-Z]\d+)\*\*", source, re.M))


def read_folder(annotations: Path = ANNOTATIONS) -> Folder:
    """Read an annotations folder to its last problem. Raises InputError where ontology or manifest cannot be read."""
    annotations = annotations.resolve()
    if not (annotations / "ontology.yaml").is_file():
        message = "is no annotations folder: it holds no ontology.yaml"
        raise InputError([Problem(display_path(annotations), None, None, message)])
    folder = Folder(annotations, store.read_ontology(annotations))
    documents = store.manifest(annotations, ["sha256"])["documents"]
    for doc_id, about in documents.items():
        try:
            folder.texts[doc_id] = store.seed_text(doc_id, about["sha256"])
        except InputError as error:
            folder.problems += error.problems
    gold = [annotations / "gold" / f"{doc_id}.json" for doc_id in folder.texts]
    gold += [p for p in sorted((annotations / "gold").glob("*.json")) if p not in gold]
    folder.gold = _articles(folder, gold)
    for annotator in sorted(p for p in (annotations / "annotators").glob("*") if p.is_dir()):
        folder.passes[annotator.name] = _articles(folder, sorted(annotator.glob("*.json")))
    _records(folder)
    return folder


def _articles(folder: Folder, paths: list[Path]) -> list[Article]:
    found = (read_article(folder, path) for path in paths)
    return [article for article in found if article is not None]


def read_article(folder: Folder, path: Path) -> Article | None:
    """One stored task. What breaks a rule of storage is noted and left out, so that the rest is judged too."""
    text = folder.texts.get(path.stem)
    if text is None:
        folder.problem(path, None, f"is named after no article; articles are {', '.join(folder.texts)}")
        return None
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        for key, right in (("doc_id", path.stem), ("text", text)):
            if stored["data"][key] != right:
                folder.problem(path, f"data.{key}", f"differs from seeds/{path.stem}.txt; the seed is right")
                return None
        task = Task(stored, folder.ontology, folder.file(path))
        broken, drop = book.check_task(task)
        folder.broken += broken
        document = label_studio.read(task.without(drop), folder.ontology, task.file)
    except InputError as error:
        folder.problems += error.problems
    except (OSError, ValueError, KeyError, TypeError) as error:
        folder.problem(path, None, f"cannot be read: {error or type(error).__name__}")
    else:
        return Article(task.file, segment(document), folder.ontology)
    return None


def _records(folder: Folder) -> None:
    """Registries, discrepancies and the adjudication, as far as they exist."""
    clusters = folder.path / "clusters"
    if clusters.is_dir():
        known: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        for kind, name in REGISTRIES.items():
            known[kind] = _yaml(folder, clusters / name, dict) or {}
        for path in sorted(clusters.glob("*.yaml")):
            if path.name not in REGISTRIES.values():
                folder.problem(path, None, f"is none of {', '.join(REGISTRIES.values())}")
        folder.registry = dict(known)
    folder.discrepancies = _yaml(folder, folder.path / "discrepancies.yaml", list)
    record = folder.path / "adjudication.jsonl"
    if record.is_file():
        folder.adjudication = []
        for number, line in enumerate(record.read_bytes().split(b"\n"), 1):
            try:
                if line.strip():
                    folder.adjudication.append((number, json.loads(line.decode("utf-8"))))
            except ValueError as error:
                folder.problems.append(Problem(folder.file(record), number, None, f"is no JSON: {error}"))
    guidelines = folder.path / "GUIDELINES.md"
    if guidelines.is_file():
        try:
            folder.guidelines = guideline_numbers(read_text(guidelines))
        except InputError as error:
            folder.problems += error.problems


class _NoTwice(yaml.SafeLoader):
    """YAML in which a key that is given twice is a problem: the plain loader lets the last one win in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = sorted({str(k) for k in keys if keys.count(k) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"given twice: {', '.join(twice)}", node.start_mark)
        return super().construct_mapping(node, deep)


def _yaml(folder: Folder, path: Path, kind: type) -> Any:
    """The content of a file, None where there is none or it is empty."""
    if not path.is_file():
        return None
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _NoTwice)
    except (yaml.YAMLError, ValueError) as error:
        folder.problem(path, None, f"cannot be read: {' '.join(str(error).split())}")
        return None
    if content is not None and not isinstance(content, kind):
        folder.problem(path, None, f"is no {'mapping' if kind is dict else 'list'}")
        return None
    return content
