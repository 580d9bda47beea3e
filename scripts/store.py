"""Read and write the annotations; no other module knows how they lie in their folder.

A :class:`Store` is one state of the annotations: a folder, a folder with some files replaced, or a git revision. Every
reader raises InputError with all problems of what it reads, named by file; none of them returns a part.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from scripts import files
from scripts.files import ANNOTATIONS, Source, collect, display_path, raise_problems, read_each
from scripts.shapes import Agreement, AttributeTables, OntologySource
from vostochny.errors import InputError, Problem, Problems, decode
from vostochny.formats import label_studio
from vostochny.formats.label_studio.regions import Task, is_task
from vostochny.model import Document, Span, find_id
from vostochny.ontology import Ontology, OntologyError, parse_ontology
from vostochny.schema.records import DiscrepancyRecord, list_fields

# The files and folders of annotations/.
ONTOLOGY = "ontology.yaml"
MANIFEST = "documents.yaml"
GUIDELINES = "GUIDELINES.md"
LABEL_CONFIG = "label_studio.xml"
DISCREPANCIES = "discrepancies.yaml"
LINES = "discrepancies.txt"  # of an annotator
READINGS = "discrepancy_readings.jsonl"
ADJUDICATION = "adjudication.jsonl"
AGREEMENT = "agreement.json"
CONSISTENCY = "consistency.yaml"
GOLD = "gold"
PASSES = "annotators"
EXAMPLES = f"{PASSES}/shown.json"
REGISTRIES = {"entity": "entities", "event": "events", "utterance": "utterances"}  # kind of cluster → its registry
# Kind of cluster → the fields that an entry of its registry may have; those of LIST_FIELDS hold lists.
REGISTRY_FIELDS = {
    "entity": ("name", "type", "members", "part_of", "wikipedia"),
    "event": ("name", "type", "members", "part_of", "wikipedia", "date", "place", "participants", "sub_events"),
    "utterance": ("name", "type", "members", "part_of", "sources", "date"),
}
LIST_FIELDS = ("members", "participants", "sub_events", "sources")

# What is annotated in an article, in the order of reports.
ARTICLE_LAYERS = ("zones", "entities", "events", "arguments", "quotes", "clusters")
# Of a record in discrepancies.yaml, in this order: all, what each needs, and what each had before version 2.0 as well.
DISCREPANCY_FIELDS = tuple(f.name for f in list_fields(DiscrepancyRecord))
NEEDED_FIELDS = tuple(f.name for f in list_fields(DiscrepancyRecord) if f.key.required)
LASTING_FIELDS = tuple(name for name in NEEDED_FIELDS if name != "salience")
DECISION_FIELDS = ("doc_id", "layer", "spans", "a", "b", "decision")  # of a row in adjudication.jsonl


def registry_path(kind: str) -> str:
    """Return the path of the registry of a kind of cluster: entity, event or utterance."""
    return f"clusters/{REGISTRIES[kind]}.yaml"


def find_doc_id(prefix: str, doc_ids: Collection[str]) -> str:
    """Return the doc_id that a full id or a unique beginning of one means. Raises InputError where none or several."""
    try:
        return find_id(prefix, doc_ids)
    except LookupError as e:
        raise InputError([Problem("doc_id", None, None, str(e))]) from None


def read_seed(doc_id: str, sha256: str | None = None) -> str:
    """Return the text of an article, untouched. Raises InputError where the file does not have the hash ``sha256``."""
    path = files.SEEDS / f"{doc_id}.txt"
    raw = files.read_bytes(path)
    if sha256 and hashlib.sha256(raw).hexdigest() != sha256:
        message = f"differs from annotations/{MANIFEST}; restore the seed"
        raise InputError([Problem(display_path(path), None, "sha256", message)])
    return decode(display_path(path), raw)


def write_tasks(folder: Path, tasks: Iterable[Task]) -> None:
    """Write each canonical task to <doc_id>.json of a folder; each file is replaced in one step."""
    for task in tasks:
        files.write_file(folder / f"{task['data']['doc_id']}.json", label_studio.dumps(task))


@dataclass(frozen=True)
class Store(Source):
    """One state of the annotations.

    ``gold`` is the folder of the gold's tasks; empty for a bare folder of tasks, which follows the ontology of the
    folder around it, or else that of the project.
    """

    folder: Path | None = ANNOTATIONS
    gold: str = GOLD

    # -- articles ------------------------------------------------------------------------------------------------------

    def task_path(self, doc_id: str, folder: str | None = None) -> str:
        """Return the path of an article's task, in the gold or in another folder of tasks."""
        return str(PurePosixPath(self.gold if folder is None else folder, f"{doc_id}.json"))

    def read_task(self, doc_id: str, folder: str | None = None, text: str | None = None) -> Task:
        """Return the stored task of an article, whose results may be wrong.

        Raises InputError where it is not a task, is about another article, or has another text than ``text``.
        """
        path = self.task_path(doc_id, folder)
        task = self.read_json_object(path)
        data = task.get("data")
        if not is_task(task) or not isinstance(data, dict):
            raise self.make_error(path, None, "is not a task, {data: {doc_id, text}, annotations: […]}")
        for key in ("doc_id", "text"):
            if not isinstance(data.get(key), str):
                raise self.make_error(path, f"data.{key}", "is not a string")
        if data["doc_id"] != doc_id:
            raise self.make_error(path, "data.doc_id", f"is {data['doc_id']!r}; name the file {data['doc_id']}.json")
        if text is not None and data["text"] != text:  # its offsets would be wrong as well
            raise self.make_error(path, "data.text", f"differs from seeds/{doc_id}.txt; the seed is right")
        return task

    def read_document(self, doc_id: str, folder: str | None = None, text: str | None = None) -> Document:
        """Return a stored article; the arguments are those of :meth:`read_task`."""
        task = self.read_task(doc_id, folder, text)
        return label_studio.read(task, self.ontology, self.display_name(self.task_path(doc_id, folder)))

    def read_documents(self, folder: str | None = None) -> dict[str, Document]:
        """Return every article of the gold, or of another folder of tasks, by doc_id."""
        return read_each(self.list_tasks(folder), lambda doc_id: self.read_document(doc_id, folder))

    def list_tasks(self, folder: str | None = None) -> list[str]:
        """Return the doc_ids that the files of a folder of tasks are named after.

        Raises InputError where a bare folder has none.
        """
        doc_ids = self.list_names(self.gold if folder is None else folder, ".json")
        if not doc_ids and not self.gold:
            raise self.make_error("", None, "contains no <doc_id>.json")
        return doc_ids

    def read_tasks(self) -> dict[str, Task]:
        """Return every task of the gold by doc_id. Raises InputError where one cannot be read as a document."""

        def read(doc_id: str) -> Task:
            task = self.read_task(doc_id)
            label_studio.read(task, self.ontology, self.display_name(self.task_path(doc_id)))
            return task

        return read_each(self.list_tasks(), read)

    def read_task_files(self) -> dict[str, bytes]:
        """Return the files of the gold's tasks as they are, by path."""
        return {path: self.read_bytes(path) for path in map(self.task_path, self.list_tasks())}

    def read_gold(self) -> list[Document]:
        """Return the gold documents in the order of the manifest, with the texts of the seeds."""
        articles = self.read_manifest(["sha256"])["documents"]

        def read(doc_id: str) -> Document:
            return self.read_document(doc_id, text=read_seed(doc_id, articles[doc_id]["sha256"]))

        return list(read_each(articles, read).values())

    def reading_path(self, annotator: str) -> str:
        """Return the path of what an annotator found when reading for discrepancies, as lines."""
        return f"{PASSES}/{annotator}/{LINES}"

    def list_passes(self) -> list[str]:
        """Return the names of the annotators; the tasks of NAME are in the folder ``annotators/NAME``."""
        return self.list_names(PASSES, "/")

    # -- what the articles follow --------------------------------------------------------------------------------------

    @cached_property
    def ontology(self) -> Ontology:
        """The ontology, which may be newer than the copy in the package.

        Raises InputError where it cannot be read, lacks a part or contradicts itself.
        """
        if not self.gold and self.folder is not None and not self.has(ONTOLOGY):
            around = Path(os.path.realpath(self.folder)).parent
            return Store(around if (around / ONTOLOGY).is_file() else ANNOTATIONS).ontology
        try:
            return parse_ontology(self.read_ontology_source())
        except OntologyError as error:
            raise InputError([self.make_problem(ONTOLOGY, None, line) for line in str(error).split("\n")]) from None

    def read_ontology_source(self) -> dict[str, Any]:
        """Return the content of the ontology's file. Raises InputError where a part is missing or of another kind."""
        if not self.has(ONTOLOGY):
            raise self.make_error("", None, f"is not an annotations folder: it has no {ONTOLOGY}")
        source: dict[str, Any] = self.read_yaml(ONTOLOGY, dict)
        files.check_shape(self.display_name(ONTOLOGY), source, OntologySource)
        tables = {name: table for name, table in source.items() if name not in OntologySource.__struct_fields__}
        files.check_shape(self.display_name(ONTOLOGY), tables, AttributeTables)
        return source

    def read_manifest(self, required: Collection[str] = ()) -> dict[str, Any]:
        """Return the manifest: the canary, and by doc_id the known facts about each article.

        Raises InputError where it cannot be read. With ``required`` fields, the canary must be present too, and it is
        also a problem where one of the fields is missing from an article or a value is neither a string nor null.
        """
        manifest: dict[str, Any] = self.read_yaml(MANIFEST, dict)
        documents = manifest.get("documents")
        if not isinstance(documents, dict):
            raise self.make_error(MANIFEST, "documents", "is not a mapping of doc_ids to their fields")
        problems: Problems[Problem] = Problems()
        if required and not isinstance(manifest.get("canary"), str):
            problems.append(self.make_problem(MANIFEST, "canary", "is missing"))
        for doc_id, about in documents.items():
            if not isinstance(doc_id, str) or not isinstance(about, dict):
                message = "is not a string with a mapping of fields; write a number in quotes"
                problems.append(self.make_problem(MANIFEST, str(doc_id), message))
                continue
            problems += [self.make_problem(MANIFEST, f"{doc_id}.{f}", "is missing") for f in required if f not in about]
            for name, value in about.items():
                if required and value is not None and not isinstance(value, str):
                    message = f"is {value}, which YAML reads as a {type(value).__name__}; write it in quotes"
                    problems.append(self.make_problem(MANIFEST, f"{doc_id}.{name}", message))
        raise_problems(problems)
        return manifest

    def read_guidelines(self) -> str:
        """Return the text of the guidelines; empty where there are none."""
        if not self.has(GUIDELINES):
            return ""
        return self.read_text(GUIDELINES)

    # -- records beside the articles -----------------------------------------------------------------------------------

    def read_registry(self, kind: str) -> dict[Any, Any]:
        """Return the entries of a registry by cluster, right or wrong; none where there is no such file."""
        entries: dict[Any, Any] = self.read_yaml(registry_path(kind), dict, may_be_missing=True)
        return entries

    def read_registries(self) -> dict[str, dict[Any, Any]]:
        """Return the entries of every registry by kind and cluster; nothing where there are no registries.

        Raises InputError also where a file beside the registries is not one of them.
        """
        names, known = self.list_names("clusters", ".yaml"), REGISTRIES.values()
        message = f"is not one of the registries {', '.join(known)}"
        problems = [self.make_problem(f"clusters/{name}.yaml", None, message) for name in names if name not in known]
        registries: dict[str, dict[Any, Any]] = {}
        with collect(problems):
            registries = read_each(REGISTRIES, self.read_registry) if names else {}
        raise_problems(problems)
        return registries

    def read_discrepancies(self, required: Collection[str] = NEEDED_FIELDS) -> list[Any]:
        """Return the records of discrepancies; an empty list where there are none.

        Raises InputError with every record that lacks a ``required`` field or has no proper spans. Whether the values
        are right is checked by the rules, for which nothing is required.
        """
        rows: list[Any] = self.read_yaml(DISCREPANCIES, list, may_be_missing=True)
        problems: Problems[Problem] = Problems()
        for number, row in enumerate(rows, 1):
            about = row if isinstance(row, dict) else {}
            name = str(about.get("id", f"record {number}"))
            for f in required:
                if f not in about:
                    problems.append(self.make_problem(DISCREPANCIES, f"{name}.{f}", "is missing"))
                elif f == "spans" and not _are_spans(about[f], ("doc_id", "text")):
                    message = f"is not a list of doc_id, start, end and text: {about[f]}"
                    problems.append(self.make_problem(DISCREPANCIES, f"{name}.{f}", message))
                elif f != "spans" and not isinstance(about[f], str):
                    problems.append(self.make_problem(DISCREPANCIES, f"{name}.{f}", f"is not a string: {about[f]}"))
            silent = about.get("silent", [])
            if required and not (isinstance(silent, list) and all(isinstance(doc_id, str) for doc_id in silent)):
                problems.append(self.make_problem(DISCREPANCIES, f"{name}.silent", "is not a list of doc_ids"))
            if required and not isinstance(about.get("optional", False), bool):
                problems.append(self.make_problem(DISCREPANCIES, f"{name}.optional", "is neither true nor false"))
        raise_problems(problems)
        return rows

    def read_adjudication(self, required: Collection[str] = DECISION_FIELDS) -> dict[int, dict[str, Any]]:
        """Return the decisions on disagreements by line number; none where there is no such file.

        Raises InputError with every row that lacks a ``required`` field, or has no proper spans or decision.
        """
        if not self.has(ADJUDICATION):
            return {}
        rows = self.read_json_lines(ADJUDICATION, required)
        problems: Problems[Problem] = Problems()
        for number, row in rows.items() if required else ():
            if not _are_spans(row["spans"]):
                message = f"is not a list of start and end: {row['spans']}"
                problems.append(self.make_problem(ADJUDICATION, "spans", message, number))
            for name in ("doc_id", "layer", "decision"):
                if not isinstance(row[name], str):
                    problems.append(self.make_problem(ADJUDICATION, name, f"is not a string: {row[name]!r}", number))
        raise_problems(problems)
        return rows

    def read_reasons(self) -> dict[str, str]:
        """Return the reasons why rows of the consistency report are right, by the row's key."""
        reasons = self.read_yaml(CONSISTENCY, dict, may_be_missing=True)
        if not all(isinstance(reason, str) and reason.strip() for reason in reasons.values()):
            message = "is not a mapping of keys to reasons; write kind|article|start|end|words: why"
            raise self.make_error(CONSISTENCY, None, message)
        return {str(key): reason for key, reason in reasons.items()}

    def read_readings(self) -> list[dict[str, Any]]:
        """Return what was found when the articles were read for discrepancies, one row per finding and reading."""
        rows = self.read_json_lines(READINGS, ["reading"])
        message = "is not a string"
        raise_problems(
            [
                self.make_problem(READINGS, "reading", message, number)
                for number, row in rows.items()
                if not isinstance(row["reading"], str)
            ]
        )
        return list(rows.values())

    def read_examples(self) -> dict[str, list[Span]]:
        """Return the places of the examples in the guidelines that the annotators had, by the article's short id."""
        rows = self.read_json_object(EXAMPLES).get("places")
        kinds = [str, int, int]
        if not isinstance(rows, list) or not all(isinstance(x, list) and list(map(type, x)) == kinds for x in rows):
            raise self.make_error(EXAMPLES, "places", "is not a list of article, start and end")
        places: dict[str, list[Span]] = {}
        for short_id, start, end in rows:
            places.setdefault(short_id, []).append(Span(start, end))
        return places

    def read_agreement(self) -> dict[str, Any]:
        """Return how far the annotators agree, as ``python -m scripts agreement`` wrote it; empty where it did not.

        Raises InputError where the file is something else.
        """
        report = self.read_json_object(AGREEMENT) if self.has(AGREEMENT) else {}
        tables = [report.get(name) for name in ("f1", "kappa")] if report else []
        if not all(isinstance(t, dict) and all(isinstance(row, dict) for row in t.values()) for t in tables):
            raise self.make_error(AGREEMENT, None, "has no tables f1 and kappa; run python -m scripts build agreement")
        if report:
            files.check_shape(self.display_name(AGREEMENT), report, Agreement, "build agreement")
        return report


def _are_spans(value: Any, words: Collection[str] = ()) -> bool:
    """Return whether a value is a list of objects with start, end and strings in the fields ``words``."""
    kinds = dict.fromkeys(words, str) | {"start": int, "end": int}
    return isinstance(value, list) and all(
        isinstance(span, dict) and all(isinstance(span.get(name), kind) for name, kind in kinds.items())
        for span in value
    )
