"""Read and write the annotations; no other module knows how they lie in their folder.

A :class:`Store` is one state of the annotations: a folder, a folder with some files replaced, or a git revision. Every
reader raises InputError with all problems of what it reads, named by file; none of them returns a part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from scripts import files
from scripts.files import ANNOTATIONS, collect, display_path, raise_problems, read_each
from vostochny.errors import InputError, Problem
from vostochny.formats import label_studio
from vostochny.formats.label_studio.regions import is_task
from vostochny.model import Document, Span, match_ids
from vostochny.ontology import Ontology, OntologyError, parse_ontology
from vostochny.schema.records import DiscrepancyRecord, list_fields

# The files and folders of annotations/.
ONTOLOGY = "ontology.yaml"
MANIFEST = "documents.yaml"
GUIDELINES = "GUIDELINES.md"
LABEL_CONFIG = "label_studio.xml"
DISCREPANCIES = "discrepancies.yaml"
READINGS = "discrepancy_readings.jsonl"
ADJUDICATION = "adjudication.jsonl"
AGREEMENT = "agreement.json"
CONSISTENCY = "consistency.yaml"
GOLD = "gold"
PASSES = "annotators"
EXAMPLES = f"{PASSES}/shown.json"
REGISTRIES = {"entity": "entities", "event": "events", "utterance": "utterances"}  # kind of cluster → its registry

# Of a record in discrepancies.yaml, in this order.
DISCREPANCY_FIELDS = tuple(f.name for f in list_fields(DiscrepancyRecord) if f.key.required)
DECISION_FIELDS = ("doc_id", "layer", "spans", "a", "b", "decision")  # of a row in adjudication.jsonl

Task = dict[str, Any]


def registry_path(kind: str) -> str:
    """Return the path of the registry of a kind of cluster: entity, event or utterance."""
    return f"clusters/{REGISTRIES[kind]}.yaml"


def find_doc_id(prefix: str, doc_ids: Collection[str]) -> str:
    """Return the doc_id that a full id or a unique beginning of one means. Raises InputError where none or several."""
    matches = match_ids(prefix, doc_ids)
    if len(matches) != 1:
        problem = "fits more than one article" if matches else "is not an article; these are"
        raise InputError([Problem("doc_id", None, None, f"{prefix!r} {problem}: {', '.join(matches or doc_ids)}")])
    return matches[0]


def read_seed(doc_id: str, sha256: str | None = None) -> str:
    """Return the text of an article, untouched. Raises InputError where the file does not have the hash ``sha256``."""
    path = files.SEEDS / f"{doc_id}.txt"
    if sha256 and hashlib.sha256(files.read_bytes(path)).hexdigest() != sha256:
        message = "differs from annotations/documents.yaml; restore the seed"
        raise InputError([Problem(display_path(path), None, "sha256", message)])
    return files.read_text(path)


def write_tasks(folder: Path, tasks: Iterable[Task]) -> None:
    """Write each canonical task to <doc_id>.json of a folder; each file is replaced in one step."""
    for task in tasks:
        files.write_atomically(folder / f"{task['data']['doc_id']}.json", label_studio.dumps(task))


@dataclass(frozen=True)
class Store:
    """One state of the annotations. All paths are relative to its folder, with ``/``.

    Attributes:
        folder: the folder on the disk; None where all files are in ``contents``.
        contents: files by path that replace those of the folder, or are added to them.
        name: how problems name the folder; empty: by its path.
        gold: the folder of the gold's tasks; empty for a bare folder of tasks, which follows the ontology of the folder
            around it, or else that of the project.
    """

    folder: Path | None = ANNOTATIONS
    contents: Mapping[str, bytes] = field(default_factory=dict)
    name: str = ""
    gold: str = GOLD

    # -- files ---------------------------------------------------------------------------------------------------------

    def display_name(self, path: str = "") -> str:
        """Return how problems name a file: annotations/gold/…"""
        return str(PurePosixPath(self.name or display_path(self.folder or Path()), path))

    def has(self, path: str) -> bool:
        """Return whether there is such a file."""
        return path in self.contents or (self.folder is not None and (self.folder / path).is_file())

    def list_names(self, folder: str, ending: str) -> list[str]:
        """Return the names in a folder that have an ending, without it, sorted; the ending of folders is ``/``."""
        names = set()
        if self.folder is not None and (self.folder / folder).is_dir():
            names = {path.name + "/" * path.is_dir() for path in (self.folder / folder).iterdir()}
        for path in map(PurePosixPath, self.contents):
            if path.is_relative_to(folder):
                first, *rest = path.relative_to(folder).parts
                names.add(first + "/" * bool(rest))
        return sorted(name.removesuffix(ending) for name in names if name.endswith(ending))

    def read_bytes(self, path: str) -> bytes:
        """Return a file as it is. Raises InputError where it cannot be read."""
        if path in self.contents:
            return self.contents[path]
        if self.folder is None:
            raise InputError([Problem(self.display_name(path), None, None, "cannot be read: no such file")])
        return files.read_bytes(self.folder / path, self.display_name(path))

    def read_text(self, path: str) -> str:
        """Return a UTF-8 file as text, line ends untouched."""
        return files.decode(self.display_name(path), self.read_bytes(path))

    def _fail(self, path: str, field: str | None, message: str) -> InputError:
        return InputError([Problem(self.display_name(path), None, field, message)])

    def _read_yaml(self, path: str, kind: type[dict[Any, Any]] | type[list[Any]], may_be_missing: bool = False) -> Any:
        """Return a YAML file that must contain a mapping or a list; an empty one where it is empty."""
        if may_be_missing and not self.has(path):
            return kind()
        value = files.parse_yaml(self.display_name(path), self.read_bytes(path))
        if value is not None and not isinstance(value, kind):
            raise self._fail(path, None, f"is not a {'mapping' if kind is dict else 'list of records'}")
        return kind() if value is None else value

    def _read_json_object(self, path: str) -> dict[str, Any]:
        value = files.parse_json(self.display_name(path), self.read_bytes(path))
        if not isinstance(value, dict):
            raise self._fail(path, None, "is not a JSON object")
        return value

    # -- articles ------------------------------------------------------------------------------------------------------

    def task_path(self, doc_id: str, folder: str | None = None) -> str:
        """Return the path of an article's task, in the gold or in another folder of tasks."""
        return str(PurePosixPath(self.gold if folder is None else folder, f"{doc_id}.json"))

    def read_task(self, doc_id: str, folder: str | None = None, text: str | None = None) -> Task:
        """Return the stored task of an article, whose results may be wrong.

        Raises InputError where it is not a task, is about another article, or has another text than ``text``.
        """
        path = self.task_path(doc_id, folder)
        task = self._read_json_object(path)
        data = task.get("data")
        if not is_task(task) or not isinstance(data, dict):
            raise self._fail(path, None, "is not a task, {data: {doc_id, text}, annotations: […]}")
        for key in ("doc_id", "text"):
            if not isinstance(data.get(key), str):
                raise self._fail(path, f"data.{key}", "is not a string")
        if data["doc_id"] != doc_id:
            raise self._fail(path, "data.doc_id", f"is {data['doc_id']!r}; name the file {data['doc_id']}.json")
        if text is not None and data["text"] != text:  # its offsets would be wrong as well
            raise self._fail(path, "data.text", f"differs from seeds/{doc_id}.txt; the seed is right")
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
            raise self._fail("", None, "contains no <doc_id>.json")
        return doc_ids

    def read_tasks(self) -> dict[str, Task]:
        """Return every task of the gold by doc_id. Raises InputError where one cannot be read as a document."""

        def read(doc_id: str) -> Task:
            task = self.read_task(doc_id)
            label_studio.read(task, self.ontology, self.display_name(self.task_path(doc_id)))
            return task

        return read_each(self.list_tasks(), read)

    def read_task_files(self) -> dict[str, bytes]:
        """Return the files of the gold's tasks as they are, by file name."""
        paths = [self.task_path(doc_id) for doc_id in self.list_tasks()]
        return {PurePosixPath(path).name: self.read_bytes(path) for path in paths}

    def read_gold(self) -> list[Document]:
        """Return the gold documents in the order of the manifest, with the texts of the seeds."""
        articles = self.read_manifest(["sha256"])["documents"]

        def read(doc_id: str) -> Document:
            return self.read_document(doc_id, text=read_seed(doc_id, articles[doc_id]["sha256"]))

        return list(read_each(articles, read).values())

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
            around = self.folder.resolve().parent
            return Store(around if (around / ONTOLOGY).is_file() else ANNOTATIONS).ontology
        try:
            return parse_ontology(self.read_ontology_source())
        except OntologyError as error:
            file = self.display_name(ONTOLOGY)
            raise InputError([Problem(file, None, None, line) for line in str(error).split("\n")]) from None
        except (KeyError, TypeError, AttributeError) as error:
            raise self._fail(ONTOLOGY, None, f"is not a complete ontology: {error!r}") from None

    def read_ontology_source(self) -> dict[str, Any]:
        """Return the content of the ontology's file."""
        if not self.has(ONTOLOGY):
            raise self._fail("", None, f"is not an annotations folder: it has no {ONTOLOGY}")
        source: dict[str, Any] = self._read_yaml(ONTOLOGY, dict)
        return source

    def read_manifest(self, required: Collection[str] = ()) -> dict[str, Any]:
        """Return the manifest: the canary, and by doc_id the known facts about each article.

        Raises InputError where it cannot be read. With ``required`` fields, the canary must be present too, and it is
        also a problem where one of the fields is missing from an article or a value is neither a string nor null.
        """
        manifest: dict[str, Any] = self._read_yaml(MANIFEST, dict)
        documents, file = manifest.get("documents"), self.display_name(MANIFEST)
        if not isinstance(documents, dict):
            raise self._fail(MANIFEST, "documents", "is not a mapping of doc_ids to their fields")
        problems = []
        if required and not isinstance(manifest.get("canary"), str):
            problems.append(Problem(file, None, "canary", "is missing"))
        for doc_id, about in documents.items():
            if not isinstance(doc_id, str) or not isinstance(about, dict):
                message = "is not a string with a mapping of fields; write a number in quotes"
                problems.append(Problem(file, None, str(doc_id), message))
                continue
            problems += [Problem(file, None, f"{doc_id}.{f}", "is missing") for f in required if f not in about]
            for name, value in about.items():
                if required and value is not None and not isinstance(value, str):
                    message = f"is {value}, which YAML reads as a {type(value).__name__}; write it in quotes"
                    problems.append(Problem(file, None, f"{doc_id}.{name}", message))
        raise_problems(problems)
        return manifest

    def read_guidelines(self) -> str:
        """Return the text of the guidelines; empty where there are none."""
        return self.read_text(GUIDELINES) if self.has(GUIDELINES) else ""

    # -- records beside the articles -----------------------------------------------------------------------------------

    def read_registry(self, kind: str) -> dict[Any, Any]:
        """Return the entries of a registry by cluster, right or wrong; none where there is no such file."""
        entries: dict[Any, Any] = self._read_yaml(registry_path(kind), dict, may_be_missing=True)
        return entries

    def read_registries(self) -> dict[str, dict[Any, Any]]:
        """Return the entries of every registry by kind and cluster; nothing where there are no registries.

        Raises InputError also where a file beside the registries is not one of them.
        """
        names = self.list_names("clusters", ".yaml")
        problems = [
            Problem(
                self.display_name(f"clusters/{name}.yaml"),
                None,
                None,
                f"is not one of the registries {', '.join(REGISTRIES.values())}",
            )
            for name in names
            if name not in REGISTRIES.values()
        ]
        registries: dict[str, dict[Any, Any]] = {}
        with collect(problems):
            registries = read_each(REGISTRIES, self.read_registry) if names else {}
        raise_problems(problems)
        return registries

    def read_discrepancies(self, required: Collection[str] = DISCREPANCY_FIELDS) -> list[Any]:
        """Return the records of discrepancies; an empty list where there are none.

        Raises InputError with every record that lacks a ``required`` field or has no proper spans. Whether the values
        are right is checked by the rules, for which nothing is required.
        """
        rows: list[Any] = self._read_yaml(DISCREPANCIES, list, may_be_missing=True)
        problems = []
        for number, row in enumerate(rows, 1):
            about = row if isinstance(row, dict) else {}
            name = str(about.get("id", f"record {number}"))
            missing = [f for f in required if f not in about]
            problems += [Problem(self.display_name(DISCREPANCIES), None, f"{name}.{f}", "is missing") for f in missing]
            if "spans" in required and "spans" in about and not _are_spans(about["spans"], ("doc_id", "text")):
                message = f"is not a list of doc_id, start, end and text: {about['spans']}"
                problems.append(Problem(self.display_name(DISCREPANCIES), None, f"{name}.spans", message))
        raise_problems(problems)
        return rows

    def read_adjudication(self, required: Collection[str] = DECISION_FIELDS) -> dict[int, dict[str, Any]]:
        """Return the decisions on disagreements by line number; none where there is no such file.

        Raises InputError with every row that lacks a ``required`` field, or has no proper spans or decision.
        """
        if not self.has(ADJUDICATION):
            return {}
        file = self.display_name(ADJUDICATION)
        rows = files.parse_json_lines(file, self.read_bytes(ADJUDICATION), required)
        problems = []
        for number, row in rows.items() if required else ():
            if not _are_spans(row["spans"]):
                problems.append(Problem(file, number, "spans", f"is not a list of start and end: {row['spans']}"))
            if not isinstance(row["decision"], str):
                problems.append(Problem(file, number, "decision", f"is not a string: {row['decision']!r}"))
        raise_problems(problems)
        return rows

    def read_reasons(self) -> dict[str, str]:
        """Return the reasons why rows of the consistency report are right, by the row's key."""
        reasons = self._read_yaml(CONSISTENCY, dict, may_be_missing=True)
        if not all(isinstance(reason, str) and reason.strip() for reason in reasons.values()):
            message = "is not a mapping of keys to reasons; write kind|article|start|end|words: why"
            raise self._fail(CONSISTENCY, None, message)
        return {str(key): reason for key, reason in reasons.items()}

    def read_readings(self) -> list[dict[str, Any]]:
        """Return what was found when the articles were read for discrepancies, one row per finding and reading."""
        return list(
            files.parse_json_lines(self.display_name(READINGS), self.read_bytes(READINGS), ["reading"]).values()
        )

    def read_examples(self) -> dict[str, list[Span]]:
        """Return the places of the examples in the guidelines that the annotators had, by the article's short id."""
        places: dict[str, list[Span]] = {}
        try:
            for short_id, start, end in self._read_json_object(EXAMPLES)["places"]:
                places.setdefault(short_id, []).append(Span(start, end))
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise self._fail(EXAMPLES, "places", "is not a list of article, start and end") from None
        return places

    def read_agreement(self) -> dict[str, Any]:
        """Return how far the annotators agree, as ``python -m scripts agreement`` wrote it; empty where it did not."""
        return self._read_json_object(AGREEMENT) if self.has(AGREEMENT) else {}


def _are_spans(value: Any, more: Collection[str] = ()) -> bool:
    """Return whether a value is a list of objects with start, end and ``more`` fields."""
    return isinstance(value, list) and all(isinstance(s, dict) and {"start", "end", *more} <= s.keys() for s in value)
