"""Read a whole annotations folder for validation: gold, annotators' passes, registries and records."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from scripts.files import ANNOTATIONS, collect
from scripts.rules import book
from scripts.rules.articles import Article, Task
from scripts.segmentation import segment, tokens_of
from scripts.store import PASSES, Store, read_seed
from vostochny.errors import InputError, Problem
from vostochny.formats import label_studio
from vostochny.ontology import Ontology


@dataclass
class Folder:
    """The content of an annotations folder.

    Attributes:
        store: the folder
        ontology: its ontology
        texts: the articles by doc_id, from seeds/
        gold: the gold's articles, as far as they could be read
        passes: the articles of each annotator, by the annotator's name
        registry: registered clusters by kind (entity, event, utterance) and name; empty where there is no registry
        discrepancies: the records of discrepancies
        adjudication: the decisions by line number
        guidelines: the numbers of the rules in the guidelines; empty where there are none
        unreadable: what could not be read
        task_problems: the rules on stored tasks that gold and passes break
    """

    store: Store
    ontology: Ontology
    texts: dict[str, str] = field(default_factory=dict)
    gold: list[Article] = field(default_factory=list)
    passes: dict[str, list[Article]] = field(default_factory=dict)
    registry: dict[str, dict[Any, Any]] = field(default_factory=dict)
    discrepancies: list[Any] = field(default_factory=list)
    adjudication: dict[int, dict[str, Any]] = field(default_factory=dict)
    guidelines: frozenset[str] = frozenset()
    unreadable: list[Problem] = field(default_factory=list)
    task_problems: list[book.RuleProblem] = field(default_factory=list)

    @cached_property
    def token_edges(self) -> dict[str, tuple[frozenset[int], frozenset[int]]]:
        """By doc_id the offsets at which tokens begin and end, also of articles whose gold cannot be read."""
        edges = {}
        for doc_id, text in self.texts.items():
            tokens = tokens_of(text)
            edges[doc_id] = frozenset(t.start for t in tokens), frozenset(t.end for t in tokens)
        return edges


def find_guideline_numbers(source: str) -> frozenset[str]:
    """Return the numbers of the rules in the text of the guidelines, which begin a paragraph in bold: **E13**."""
    return frozenset(re.findall(r"^\*\*([A-Z]\d+)\*\*", source, re.M))


def read_folder(annotations: Path = ANNOTATIONS, contents: Mapping[str, bytes] | None = None) -> Folder:
    """Read an annotations folder and note everything that cannot be read.

    With ``contents`` (path → bytes), the folder is read as if it contained these files. Raises InputError where the
    ontology or the manifest cannot be read.
    """
    store = Store(annotations, contents or {}, os.path.basename(os.path.realpath(annotations)))
    folder = Folder(store, store.ontology)
    documents = store.read_manifest(["sha256"])["documents"]
    for doc_id, about in documents.items():
        with collect(folder.unreadable):
            folder.texts[doc_id] = read_seed(doc_id, about["sha256"])
    # Files of no article are read too, so that they are reported.
    gold = dict.fromkeys([*folder.texts, *(x for x in store.list_tasks() if x not in documents)])
    folder.gold = _read_articles(folder, gold, store.gold)
    for annotator in store.list_passes():
        tasks = f"{PASSES}/{annotator}"
        folder.passes[annotator] = _read_articles(folder, store.list_tasks(tasks), tasks)
    with collect(folder.unreadable):
        folder.registry = store.read_registries()
    with collect(folder.unreadable):
        folder.discrepancies = store.read_discrepancies(required=())
    with collect(folder.unreadable):
        folder.adjudication = store.read_adjudication(required=())
    with collect(folder.unreadable):
        folder.guidelines = find_guideline_numbers(store.read_guidelines())
    return folder


def _read_articles(folder: Folder, doc_ids: Iterable[str], tasks: str) -> list[Article]:
    """Read the stored tasks of a folder, and note in ``folder.unreadable`` which ones cannot be read."""
    articles = []
    for doc_id in doc_ids:
        with collect(folder.unreadable):
            articles.append(read_article(folder, doc_id, tasks))
    return articles


def read_article(folder: Folder, doc_id: str, tasks: str) -> Article:
    """Read one task of the folder ``tasks``. Raises InputError where it cannot be read.

    What breaks a rule on stored tasks is noted in ``folder.task_problems`` and left out, so that the other rules can
    check the rest.
    """
    path = folder.store.task_path(doc_id, tasks)
    file = folder.store.display_name(path)
    if doc_id not in folder.texts:
        message = f"is named after no article; articles are {', '.join(folder.texts)}"
        raise InputError([Problem(file, None, None, message)])
    stored = folder.store.read_task(doc_id, tasks, folder.texts[doc_id])
    try:
        task = Task(stored, folder.ontology, file)
        problems, drop = book.check_task(task)
    except InputError:
        raise
    except (ValueError, KeyError, TypeError) as error:  # a rule met results that no export has
        raise InputError([Problem(file, None, None, f"cannot be read: {error or type(error).__name__}")]) from None
    folder.task_problems += problems
    return Article(file, segment(label_studio.read(task.without(drop), folder.ontology, file)), folder.ontology)
