"""From what a format holds to documents: which article a record is about, and every item checked.

A format's module yields a :class:`Record` a document, a prediction row that nothing has checked yet, and tells the
:class:`Reading` what is wrong (``problems``) and what the format cannot say or was taken for (``notes``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vostochny.errors import InputError, Problem
from vostochny.formats.label_types import LabelNames, extend_ontology
from vostochny.formats.prediction import RowReader, describe_kind, suggest_name
from vostochny.model import Document
from vostochny.ontology import Ontology, View
from vostochny.text.layout import paragraphs_of


@dataclass(frozen=True)
class Record:
    """One document as a file has it. ``lines`` gives the line of an item (``"entities[3]"``) where it has its own.

    ``ordered`` says that the format has no ids, so that without an id and a text the order of the gold is meant.
    """

    path: str
    line: int | None
    row: dict[str, Any]
    lines: Mapping[str, int] = field(default_factory=dict)
    ordered: bool = False


class Reading:
    """One file being read: by which ontology, and for predictions the gold documents they are about."""

    def __init__(self, ontology: Ontology, gold: Mapping[str, Document] | None = None):
        self.ontology, self.gold = ontology, gold or {}
        self.problems: list[Problem] = []
        self.left_out: Counter[str] = Counter()
        self._notes: list[str] = []

    def add_note(self, message: str) -> None:
        """Something the user should know; told once."""
        if message not in self._notes:
            self._notes.append(message)

    @property
    def notes(self) -> list[str]:
        """Everything noted, what was left out by its number."""
        return self._notes + [f"left out: {count} {what}" for what, count in self.left_out.items()]

    def add_problem(self, path: str, line: int | None, where: str | None, message: str) -> None:
        """Something wrong; reading goes on."""
        self.problems.append(Problem(path, line, where, message))

    def find_document(self, doc_id: str | None) -> Document | None:
        """The gold document for a record's id or unique prefix of one, if there is one."""
        if not doc_id or doc_id in self.gold:
            return self.gold.get(doc_id or "")
        found = [d for i, d in self.gold.items() if i.startswith(doc_id)]
        return found[0] if len(found) == 1 else None

    def find_text(self, doc_id: str | None) -> str | None:
        """The article's text for a record's id or unique prefix of one; None where none or none with text is known."""
        document = self.find_document(doc_id)
        return (document.text or None) if document else None

    # -- gold ------------------------------------------------------------------------------------------------------

    def read_gold(self, records: Iterable[Record], own_types: bool = False) -> list[Document]:
        """Gold documents with text and segmentation; paragraphs are the lines of the text where none are given.

        With ``own_types`` the gold's types, roles and attributes are added to the ontology first (``ontology``).
        """
        records = list(records)
        if own_types:
            self.ontology = extend_ontology(self.ontology, [LabelNames().add(r.row for r in records)])
        out: list[Document] = []
        lines: dict[str, int | None] = {}
        for record in records:
            doc_id, text = record.row.get("doc_id"), record.row.get("text")
            if not isinstance(doc_id, str) or not doc_id:
                shown = "is missing" if doc_id is None else f"is {describe_kind(doc_id)}"
                self.add_problem(record.path, record.line, "doc_id", f"{shown}; expected the document's id")
                doc_id = ""
            elif doc_id in lines:
                self.add_problem(
                    record.path, record.line, "doc_id", f"{doc_id} is given twice; give each document one line"
                )
            lines[doc_id] = record.line
            known = text if isinstance(text, str) and text else None
            document = self._read_record(record, doc_id, known)
            if known and not document.paragraphs:
                document = replace(document, paragraphs=tuple(paragraphs_of(known)))
            out.append(document)
        self.raise_problems()
        return out

    # -- predictions -----------------------------------------------------------------------------------------------

    def read_predictions(
        self, records: Iterable[Record], unknown: str = "error", view: View | None = None, offsets: str | None = None
    ) -> dict[str, Document]:
        """Predictions by the doc_id of their gold document. Raises InputError with every problem."""
        out: dict[str, Document] = {}
        seen: dict[str, Record] = {}
        unnamed: list[Record] = []

        def take(record: Record, doc_id: str | None) -> None:
            document = self.gold[doc_id] if doc_id else None
            text = (document.text or None) if document else None
            found = self._read_record(record, doc_id, text, unknown, view, document, offsets)
            if doc_id in seen:
                line = seen[doc_id].line
                where = f"stands on line {line}" if line else "is given"
                self.add_problem(
                    record.path, record.line, "doc_id", f"{doc_id} {where} already; give each document one line"
                )
            elif doc_id:
                seen[doc_id] = record
                out[doc_id] = found

        for record in records:
            if record.ordered and record.row.get("doc_id") is None and record.row.get("text") is None:
                unnamed.append(record)
            else:
                take(record, self._resolve_doc_id(record))
        if unnamed and len(unnamed) == len(self.gold):
            self.add_note("no ids: documents were taken in the order of the gold")
            for record, doc_id in zip(unnamed, self.gold, strict=True):
                take(record, doc_id)
        elif unnamed:
            message = f"{len(unnamed)} documents have no id; expected one for each, or all {len(self.gold)} in order"
            self.add_problem(unnamed[0].path, unnamed[0].line, "doc_id", message)
        self.raise_problems()
        return out

    def _resolve_doc_id(self, record: Record) -> str | None:
        """The full id for an id, a unique prefix of one, or an article's text; else a problem."""
        given = record.row.get("doc_id")
        if isinstance(given, str) and given:
            if given in self.gold:
                return given
            fitting = [d for d in self.gold if d.startswith(given)]
            if len(fitting) == 1:
                return fitting[0]
            hint = f"fits {', '.join(fitting)}; write more of the id"
            message = (
                f"{given!r} {hint}" if fitting else f"unknown document {given!r}; {suggest_name(given, self.gold)}"
            )
            self.add_problem(record.path, record.line, "doc_id", message)
            return None
        if given is None and isinstance(record.row.get("text"), str):
            same = [i for i, d in self.gold.items() if d.text == record.row["text"]]
            if len(same) == 1:
                return same[0]
        shown = "is missing" if given is None else f"is {describe_kind(given)}"
        few = ", ".join(list(self.gold)[:20])
        self.add_problem(record.path, record.line, "doc_id", f"{shown}; expected one of {few}")
        return None

    # -- both ------------------------------------------------------------------------------------------------------

    def _read_record(
        self,
        record: Record,
        doc_id: str | None,
        text: str | None,
        unknown: str | None = None,
        view: View | None = None,
        layout: Document | None = None,
        offsets: str | None = None,
    ) -> Document:
        """A record as a document; its problems become ours, each with the line of its item. Gold has no ``layout``."""
        row = RowReader(record.path, record.line, record.row, text, self.ontology, unknown, view, layout, offsets)
        document = row.read(doc_id or "?", with_text=unknown is None)
        for problem in row.problems:
            item = (problem.field or "").split(".")[0]
            self.problems.append(replace(problem, line=record.lines.get(item, problem.line)))
        return document

    def raise_problems(self) -> None:
        """Raise InputError if there are any problems, in the order of the files and their lines."""
        files = {name: i for i, name in enumerate(dict.fromkeys(f.file for f in self.problems))}
        if self.problems:
            raise InputError(sorted(self.problems, key=lambda f: (files[f.file], f.line or 0)))
