"""Read a whole annotations folder for validation: gold, annotators' passes, registries and records."""

from __future__ import annotations

import json
import re
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
    """The content of an annotations folder.

    Attributes:
        path: the folder
        ontology: its ontology.yaml
        texts: the articles by doc_id, from seeds/
        gold: the gold's articles, as far as they could be read
        passes: the articles of each annotator, by the annotator's name
        registry: registered clusters by kind (entity, event, utterance) and name; None where there is no registry
        discrepancies: the records of discrepancies.yaml; None where there are none
        adjudication: (line number, record) of adjudication.jsonl; None where there is none
        guidelines: the numbers of the rules in GUIDELINES.md; empty where there is none
        unreadable: what could not be read
        task_problems: the rules on stored tasks that gold and passes break
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
    unreadable: list[Problem] = field(default_factory=list)
    task_problems: list[book.RuleProblem] = field(default_factory=list)

    def display_name(self, path: Path) -> str:
        """Return how messages name a file of the folder: annotations/…"""
        return str(path.relative_to(self.path.parent))

    def add_unreadable(self, path: Path, field: str | None, message: str) -> None:
        """Note that a file, or a field in it, cannot be read."""
        self.unreadable.append(Problem(self.display_name(path), None, field, message))

    @cached_property
    def token_edges(self) -> dict[str, tuple[frozenset[int], frozenset[int]]]:
        """By doc_id the offsets at which tokens begin and end, also of articles whose gold cannot be read."""
        edges = {}
        for doc_id, text in self.texts.items():
            tokens = [t for p in paragraphs_of(text) for t in tokens_of(text, p)]
            edges[doc_id] = frozenset(t.start for t in tokens), frozenset(t.end for t in tokens)
        return edges


def find_guideline_numbers(source: str) -> frozenset[str]:
    """Return the numbers of the rules in the text of the guidelines, which begin a paragraph in bold: **E13**."""
    return frozenset(re.findall(r"^\*\*([A-Z]\d+)\*\*", source, re.M))


def read_folder(annotations: Path = ANNOTATIONS) -> Folder:
    """Read an annotations folder and note everything that cannot be read.

    Raises InputError where the ontology or the manifest cannot be read.
    """
    annotations = annotations.resolve()
    if not (annotations / "ontology.yaml").is_file():
        message = "is not an annotations folder: it has no ontology.yaml"
        raise InputError([Problem(display_path(annotations), None, None, message)])
    folder = Folder(annotations, store.read_ontology(annotations))
    documents = store.read_manifest(annotations, ["sha256"])["documents"]
    for doc_id, about in documents.items():
        try:
            folder.texts[doc_id] = store.read_seed(doc_id, about["sha256"])
        except InputError as error:
            folder.unreadable += error.problems
    gold = [annotations / "gold" / f"{doc_id}.json" for doc_id in folder.texts]
    # Files of no article are read too, so that they are reported.
    gold += [p for p in sorted((annotations / "gold").glob("*.json")) if p not in gold]
    folder.gold = _read_articles(folder, gold)
    for annotator in sorted(p for p in (annotations / "annotators").glob("*") if p.is_dir()):
        folder.passes[annotator.name] = _read_articles(folder, sorted(annotator.glob("*.json")))
    _read_registries(folder)
    folder.discrepancies = _read_yaml(folder, folder.path / "discrepancies.yaml", list)
    _read_adjudication(folder)
    _read_guidelines(folder)
    return folder


def _read_articles(folder: Folder, paths: list[Path]) -> list[Article]:
    articles = (read_article(folder, path) for path in paths)
    return [article for article in articles if article is not None]


def read_article(folder: Folder, path: Path) -> Article | None:
    """Read one stored task; None, and a note in ``folder.unreadable``, where it cannot be read.

    What breaks a rule on stored tasks is noted in ``folder.task_problems`` and left out, so that the other rules can
    check the rest.
    """
    text = folder.texts.get(path.stem)
    if text is None:
        folder.add_unreadable(path, None, f"is named after no article; articles are {', '.join(folder.texts)}")
        return None
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        for key, right in (("doc_id", path.stem), ("text", text)):
            if stored["data"][key] != right:
                folder.add_unreadable(path, f"data.{key}", f"differs from seeds/{path.stem}.txt; the seed is right")
                return None
        task = Task(stored, folder.ontology, folder.display_name(path))
        problems, drop = book.check_task(task)
        folder.task_problems += problems
        document = label_studio.read(task.without(drop), folder.ontology, task.file)
    except InputError as error:
        folder.unreadable += error.problems
    except (OSError, ValueError, KeyError, TypeError) as error:
        folder.add_unreadable(path, None, f"cannot be read: {error or type(error).__name__}")
    else:
        return Article(task.file, segment(document), folder.ontology)
    return None


def _read_registries(folder: Folder) -> None:
    """Read the cluster registries; a missing one is empty, a missing folder leaves ``folder.registry`` None."""
    clusters = folder.path / "clusters"
    if clusters.is_dir():
        folder.registry = {kind: _read_yaml(folder, clusters / name, dict) or {} for kind, name in REGISTRIES.items()}
        for path in sorted(clusters.glob("*.yaml")):
            if path.name not in REGISTRIES.values():
                folder.add_unreadable(path, None, f"is not one of {', '.join(REGISTRIES.values())}")


def _read_adjudication(folder: Folder) -> None:
    record = folder.path / "adjudication.jsonl"
    if record.is_file():
        folder.adjudication = []
        # Lines end at line feeds only: JSON may contain the other line breaks of Unicode as they are.
        for number, line in enumerate(record.read_bytes().split(b"\n"), 1):
            try:
                if line.strip():
                    folder.adjudication.append((number, json.loads(line.decode("utf-8"))))
            except ValueError as error:
                name = folder.display_name(record)
                folder.unreadable.append(Problem(name, number, None, f"is not JSON: {error}"))


def _read_guidelines(folder: Folder) -> None:
    guidelines = folder.path / "GUIDELINES.md"
    if guidelines.is_file():
        try:
            folder.guidelines = find_guideline_numbers(read_text(guidelines))
        except InputError as error:
            folder.unreadable += error.problems


class _UniqueKeyLoader(yaml.SafeLoader):
    """A YAML loader that refuses a repeated key; the stock loader silently takes the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = sorted({str(k) for k in keys if keys.count(k) > 1})
        if repeated:
            message = f"repeated key: {', '.join(repeated)}"
            raise yaml.constructor.ConstructorError(None, None, message, node.start_mark)
        return super().construct_mapping(node, deep)


def _read_yaml(folder: Folder, path: Path, kind: type[dict[Any, Any]] | type[list[Any]]) -> Any:
    """Return the content of a YAML file, which must be a ``kind``; None where there is no file or it is empty.

    Where it cannot be read this is noted in ``folder.unreadable``, and None returned.
    """
    if not path.is_file():
        return None
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _UniqueKeyLoader)
    except (yaml.YAMLError, ValueError) as error:
        folder.add_unreadable(path, None, f"cannot be read: {' '.join(str(error).split())}")
        return None
    if content is not None and not isinstance(content, kind):
        folder.add_unreadable(path, None, f"is not a {'mapping' if kind is dict else 'list'}")
        return None
    return content
