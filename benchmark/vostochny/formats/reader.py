"""Turn the records that a format's module yields into documents, with every item checked.

A :class:`Record` is one document as its file has it. A :class:`Reading` finds the gold document that a record is about,
checks the record, and collects problems (what is wrong), notes (what the user should know) and counts of what was left
out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar

from vostochny.errors import InputError, Names, Problem, Problems
from vostochny.formats.keys import KeyNames, describe_renamed
from vostochny.formats.label_types import LabelNames, extend_ontology
from vostochny.formats.lenient import describe_repaired, read_leniently
from vostochny.formats.limits import OBJECT_BYTES, Budget
from vostochny.formats.model_answers import ANSWER, HOLDS_ANSWER, list_predictions
from vostochny.formats.prediction import RowReader, describe_kind, describe_unprintable
from vostochny.formats.word_spans import needs_placing, recognise_offsets
from vostochny.model import LAYERS, Document, complete_id
from vostochny.ontology import Ontology, View
from vostochny.system.progress import track
from vostochny.text.layout import paragraphs_of

MAX_LISTED_KINDS = 100  # of what was left out; a file may have any number of names
MAX_SHOWN_IDS = 20  # in a message that lists the gold's documents
SPLIT_ENTITIES = "{} discontinuous entities: each part was read as an entity of its own"
STRETCHED = "{} discontinuous triggers, cues and speakers: the span around the parts was taken"
IDS_BY_ORDER = "no ids: documents were taken in the order of the gold"

P = TypeVar("P")


@dataclass(frozen=True)
class Record:
    """One document as a file has it, not checked yet.

    Attributes:
        path: The file, for messages.
        line: The document's line in it; None if the format has no lines.
        row: The document as a prediction row: doc_id, text and layers, each optional.
        lines: The line of an item (``"entities[3]"``), for formats in which an item has its own line.
        ordered: Whether the format may lack ids. A record without an id and a text is then matched to the gold by its
            position.
        has_code_points: Whether the format's reader turned offsets of another unit into code points.
    """

    path: str
    line: int | None
    row: dict[str, Any]
    lines: Mapping[str, int] = field(default_factory=dict)
    ordered: bool = False
    has_code_points: bool = False


def describe_numbered(unnamed: int, documents: int) -> str:
    """Return the note that so many of the documents have no id and are called by their numbers."""
    which = f"{unnamed} of {documents} documents" if unnamed < documents else "documents"
    return f"no ids: {which} are called 1 to {documents} in their order"


@dataclass(frozen=True)
class OptionNames:
    """What the options of a side are called, for problems."""

    format: str = "--format"
    offsets: str = "--offsets"
    annotator: str = "--annotator"
    columns: str = "--column"


GOLD_OPTIONS = OptionNames("--gold-format", "--gold-offsets", "--gold-annotator", "--gold-column")


class Reading:
    """The state of reading one side (gold or predictions): what is known before, and what came up on the way.

    Attributes:
        ontology: The ontology to check labels by; reading a gold with its own labels extends it.
        gold: The gold documents by doc_id that predictions are about; empty while a gold is read.
        problems: What is wrong with the files so far; of very much the first, and the number of the others.
        left_out: What was not read, by what it is → how often.
        counted: Other things that happened a number of times, as sentences with ``{}`` for it → how often.
        done_bytes: How many bytes of files were read, as far as the format's reader counts them.
        repaired: How many items had something unreadable and were kept (formats.lenient).
        annotator: Whose annotations to read where a document has several; None if there is one only.
        line_hashes: The sum of the hashes of all lines, where the files are JSON Lines (``jsonl.sum_line_hashes``).
        offsets: The unit that offsets count (``word_spans.OFFSET_CHOICES``); None means code points.
        columns: The value of ``--column``: the columns of tagged text that the user names; None if none.
        names: What the options of this side are called, for problems.
    """

    columns: str | None = None

    def __init__(
        self, ontology: Ontology, gold: Mapping[str, Document] | None = None, offsets: str | None = None,
        names: OptionNames | None = None,
    ):  # fmt: skip
        self.ontology = ontology
        self.gold = gold or {}
        self.problems: Problems[Problem] = Problems()
        self.left_out: Counter[str] = Counter()
        self.counted: Counter[str] = Counter()
        self.done_bytes = self.line_hashes = self.repaired = 0
        self.annotator: str | None = None
        self.offsets, self.names = offsets, names or (OptionNames() if gold else GOLD_OPTIONS)
        self._notes: list[str] = []
        self._keys = KeyNames()
        self._unfolded_items = 0
        # What the files of a side have that is read together with the other files; None where a file is read alone.
        self._parts: list[Any] | None = None
        self._finish: Callable[[Reading, list[Any]], Iterable[Record]] | None = None

    def gather(self, finish: Callable[[Reading, list[P]], Iterable[Record]], part: P) -> Iterable[Record]:
        """Keep what a file has until all files of the side are read, because something is decided from all of them.

        Args:
            finish: Returns the records of all parts.
            part: What the file has.

        Returns:
            No record, or where no other file belongs to the side, what ``finish`` returns.
        """
        if self._parts is None:
            return finish(self, [part])
        self._parts.append(part)
        self._finish = finish
        return ()

    @property
    def gathered(self) -> int:
        """The number of parts that are kept."""
        return len(self._parts or ())

    def begin_files(self) -> None:
        """Let :meth:`gather` keep parts until :meth:`finish_files`."""
        self._parts = []

    def finish_files(self) -> Iterable[Record]:
        """Return the records of all parts that were kept."""
        parts, self._parts = self._parts, None
        return self._finish(self, parts) if parts and self._finish else ()

    def add_note(self, message: str) -> None:
        """Record something that the user should know; the same note is reported once."""
        if message not in self._notes:
            self._notes.append(message)

    @property
    def notes(self) -> list[str]:
        """All notes: what was read as what, then one line per kind of thing that was left out, with its number."""
        kinds = list(self.left_out.items())
        left_out = [f"left out: {count} {what}" for what, count in kinds[:MAX_LISTED_KINDS]]
        if len(kinds) > MAX_LISTED_KINDS:
            rest = kinds[MAX_LISTED_KINDS:]
            left_out.append(f"left out: {sum(count for _, count in rest)} of {len(rest)} other kinds")
        repaired = [describe_repaired(self.repaired)] if self.repaired else []
        counted = [sentence.format(count) for sentence, count in self.counted.items()]
        if self._keys.unreadable:
            counted.append(f"{self._keys.unreadable} answers could not be read, and are empty predictions")
        return [*self._notes, *describe_renamed(self._keys.renamed), *repaired, *counted, *left_out]

    def note_unused(self, value: Mapping[str, Any], known: Iterable[str]) -> None:
        """Note the keys of a tool's object that are not known: what they say, and what was meant by a misspelt one."""
        self._keys.renamed.update((key, "") for key in value.keys() - set(known))

    def add_problem(self, path: str, line: int | None, where: str | None, message: str) -> None:
        """Record something wrong and go on, so that all problems of a file are reported together."""
        self.problems.append(Problem(path, line, where, message))

    @property
    def gold(self) -> Mapping[str, Document]:
        """The gold documents by doc_id."""
        return self._gold

    @gold.setter
    def gold(self, documents: Mapping[str, Document]) -> None:
        self._gold = documents
        for name in ("_ids", "_ids_by_text"):
            self.__dict__.pop(name, None)

    @cached_property
    def _ids(self) -> Names:
        return Names(self.gold)

    @cached_property
    def _ids_by_text(self) -> dict[str, str | None]:
        """The id of the gold document with a text; None for a text that several have."""
        ids: dict[str, str | None] = {}
        for doc_id, document in self.gold.items():
            ids[document.text] = None if document.text in ids else doc_id
        return ids

    def find_document(self, doc_id: str | None) -> Document | None:
        """Return the gold document with this id or with this unique prefix of an id, or None."""
        try:
            return self.gold[complete_id(doc_id, self._ids)] if doc_id else None
        except LookupError:
            return None

    def order_ids(self, doc_ids: Sequence[str | None]) -> Sequence[str | None]:
        """Return the ids of documents: the gold's, in its order, where none has an id and there are as many."""
        if any(doc_ids) or not self.gold or len(doc_ids) != len(self.gold):
            return doc_ids
        self.add_note(IDS_BY_ORDER)
        return list(self.gold)

    def find_text(self, doc_id: str | None) -> str | None:
        """Return the article's text by id or unique prefix; None if there is no such document, or it has no text."""
        document = self.find_document(doc_id)
        return (document.text or None) if document else None

    def has_text(self, text: Any) -> bool:
        """Return whether exactly one gold document has this text."""
        return isinstance(text, str) and bool(self._ids_by_text.get(text))

    def find_texts(self, rows: Sequence[Mapping[str, Any]]) -> list[str | None]:
        """Return the article's text for each row: its own, by its id, or in the order of the gold; None if unknown."""
        unnamed = [row.get("doc_id") is None and row.get("text") is None for row in rows]
        by_order = iter(self.gold.values() if sum(unnamed) == len(self.gold) else ())
        out: list[str | None] = []
        for row, is_unnamed in zip(rows, unnamed, strict=True):
            if is_unnamed:
                document = next(by_order, None)
                out.append((document.text or None) if document else None)
            else:
                out.append(self.find_text(row.get("doc_id")) or row.get("text"))
        return out

    def make_answer(self, path: str, line: int | None, where: str | None, value: Any) -> Record | None:
        """Return the record of a value that is no row but a language model's answer; else None, with a problem."""
        if self._keys.opens_answers and isinstance(value, str | list):
            return Record(path, line, {ANSWER: value}, ordered=True)
        message = f"is {describe_kind(value)}; expected an object with doc_id and layers"
        hint = f"; it {HOLDS_ANSWER}" if self.gold and list_predictions(value) else ""
        self.add_problem(path, line, where, message + hint)
        return None

    # -- gold ------------------------------------------------------------------------------------------------------

    def read_gold(self, records: Iterable[Record], own_types: bool = False) -> list[Document]:
        """Return gold documents with text and segmentation; without paragraphs, the lines of the text are taken.

        With ``own_types`` the gold's types, roles and attribute values are added to ``ontology`` first. Raises
        InputError with every problem.
        """
        records = self._number([self._rename_keys(record) for record in records])
        if own_types:
            self.ontology = extend_ontology(self.ontology, [LabelNames().add(r.row for r in records)])
        out: list[Document] = []
        seen: set[str] = set()
        for record in track(records, "checking"):
            doc_id, text = record.row.get("doc_id"), record.row.get("text")
            if not isinstance(doc_id, str) or not doc_id:
                message = f"{_describe_id(doc_id)}; expected the document's id"
                self.add_problem(record.path, record.line, "doc_id", message)
                doc_id = ""
            elif not doc_id.isprintable():
                message = f"{describe_unprintable(doc_id)}; expected a printable id"
                self.add_problem(record.path, record.line, "doc_id", message)
            elif doc_id in seen:
                message = f"{doc_id} appears twice; give each document one line"
                self.add_problem(record.path, record.line, "doc_id", message)
            seen.add(doc_id)
            text = text if isinstance(text, str) and text else None
            document = self._read_record(record, doc_id, text)
            if text and not document.paragraphs:
                document = replace(document, paragraphs=tuple(paragraphs_of(text)))
            if not self.problems:  # otherwise it will not be needed
                out.append(document)
        self.raise_problems()
        without = sum(not d.text for d in out)
        if 0 < without < len(out):
            self.add_note(f"{without} of {len(out)} documents have no text, with which words could be compared")
        return out

    def _number(self, records: list[Record]) -> list[Record]:
        """Return the records, numbered where none of them has an id, which is noted; one without is a problem."""
        if not records or any(
            r.row.get("doc_id") is not None or not isinstance(r.row.get("text"), str) for r in records
        ):
            return records
        self.add_note(describe_numbered(len(records), len(records)))
        return [replace(r, row={**r.row, "doc_id": str(n)}) for n, r in enumerate(records, 1)]

    # -- predictions -----------------------------------------------------------------------------------------------

    def read_predictions(
        self, records: Iterable[Record], unknown: str = "error", view: View | None = None, offsets: str | None = None
    ) -> dict[str, Document]:
        """Return predictions by the doc_id of their gold document. Raises InputError with every problem.

        Args:
            records: The predictions.
            unknown: What happens to an item of an unknown type: ``"error"`` (a problem that names the nearest known
                type), ``"ignore"`` (the item is left out) or ``"wrong"`` (it is kept, and will be a false positive).
            view: A view whose labels are allowed beside the ontology's types.
            offsets: The unit that offsets count, if it was not given to the Reading.
        """
        self.offsets = offsets or self.offsets
        self._keys.opens_answers = unknown == "wrong"
        out: dict[str, Document] = {}
        first: dict[str, int | None] = {}  # the line of the first record of each document
        unnamed: list[Record] = []
        unnamed_count = 0

        def read(record: Record, doc_id: str | None) -> None:
            document = self.gold[doc_id] if doc_id else None
            text = (document.text or None) if document else None
            prediction = self._read_record(record, doc_id, text, unknown, view, document)
            if doc_id in first:
                line = first[doc_id]
                where = f"is already on line {line}" if line else "appears twice"
                message = f"{doc_id} {where}; give each document one line"
                self.add_problem(record.path, record.line, "doc_id", message)
            elif doc_id:
                first[doc_id] = record.line
                out[doc_id] = prediction

        for record in map(self._rename_keys, records):
            if record.ordered and record.row.get("doc_id") is None and record.row.get("text") is None:
                unnamed_count += 1
                if unnamed_count <= max(1, len(self.gold)):  # more cannot be told apart anyway
                    unnamed.append(record)
            else:
                read(record, self._resolve_doc_id(record))
        # Order may stand for ids only if it accounts for every document; otherwise predictions would shift unnoticed.
        if unnamed and unnamed_count == len(self.gold):
            self.add_note(IDS_BY_ORDER)
            for record, doc_id in zip(unnamed, self.gold, strict=True):
                read(record, doc_id)
        elif unnamed:
            message = f"{unnamed_count} documents have no id; expected one for each, or all {len(self.gold)} in order"
            self.add_problem(unnamed[0].path, unnamed[0].line, "doc_id", message)
        self.raise_problems()
        return out

    def _resolve_doc_id(self, record: Record) -> str | None:
        """Return the full id for a record's id, unique prefix or article text; None, with a problem, if none fits."""
        doc_id = record.row.get("doc_id")
        if isinstance(doc_id, str) and doc_id:
            if self.problems.is_full and not self.find_document(doc_id):  # a problem that is only counted needs no hint
                self.problems.more += 1
                return None
            try:
                return complete_id(doc_id, self._ids)
            except LookupError as e:
                self.add_problem(record.path, record.line, "doc_id", str(e))
                return None
        if doc_id is None and isinstance(record.row.get("text"), str):
            same_text = self._ids_by_text.get(record.row["text"])
            if same_text:
                return same_text
        state = _describe_id(doc_id)
        examples = ", ".join(islice(self.gold, MAX_SHOWN_IDS))
        self.add_problem(record.path, record.line, "doc_id", f"{state}; expected one of {examples}")
        return None

    def check_offsets(self, path: str, documents: Iterable[Document]) -> None:
        """Look at the offsets of a whole side, unless their unit was given: do they count in another one?

        Raises InputError where that is plain; where it is likely, it is a note.
        """
        if self.offsets:
            return
        option = self.names.offsets
        message, is_plain = recognise_offsets(documents, option)
        if is_plain:
            raise InputError([Problem(path, None, "entities", message)])
        if message:
            self.add_note(message)

    # -- both ------------------------------------------------------------------------------------------------------

    def _rename_keys(self, record: Record) -> Record:
        """Return a record with every key under its own name; a key that an item has under two is a problem."""
        row = self._keys.resolve(record.row)
        if self._keys.unfolded_items:  # a list of numbers is a hundredth of the items that it stands for
            self._unfolded_items += self._keys.unfolded_items
            Budget(record.path).take(OBJECT_BYTES * self._unfolded_items)
        for where, message in self._keys.problems:
            self.add_problem(record.path, record.line, where, message)
        self.problems.more += self._keys.problems.more
        return record if row is record.row else replace(record, row=row)

    def _read_record(
        self,
        record: Record,
        doc_id: str | None,
        text: str | None,
        unknown: str | None = None,
        view: View | None = None,
        layout: Document | None = None,
    ) -> Document:
        """Return a record as a document; its problems are added to ours, each with the line of its item.

        Args:
            record: The record.
            doc_id: The id of its document; None if it is unknown, which is a problem already.
            text: The article's text; None if it is not known.
            unknown: What happens to an unknown type; None marks a gold record.
            view: A view whose labels are allowed too.
            layout: The gold document of a prediction; None for gold.
        """
        content = record.row
        offsets = None if record.has_code_points else self.offsets
        # Where the document is not known, nothing can be said of words and of offsets that count in its text.
        if doc_id is None and unknown is not None and needs_placing(content, offsets):
            content = {key: value for key, value in content.items() if key not in LAYERS}

        def make_reader(row: dict[str, Any]) -> RowReader:
            return RowReader(
                record.path, record.line, row, text, self.ontology, unknown, view, layout, offsets,
                self.names.offsets,
            )  # fmt: skip

        if unknown == "wrong":
            document, reader, repaired = read_leniently(content, make_reader, doc_id or "?")
            self.repaired += 0 if reader.problems else repaired
        else:
            reader = make_reader(content)
            document = reader.read(doc_id or "?", with_text=unknown is None)
        for problem in reader.problems:
            item = (problem.field or "").split(".")[0]
            self.problems.append(replace(problem, line=record.lines.get(item, problem.line)))
        self.problems.more += reader.problems.more
        return document

    def raise_problems(self) -> None:
        """Raise InputError if there are any problems, in the order of the files and their lines."""
        files = {name: i for i, name in enumerate(dict.fromkeys(p.file for p in self.problems))}
        if self.problems:
            self.problems.sort(key=lambda p: (files[p.file], p.line or 0))
            raise InputError(self.problems)

    # The former names, which plug-ins may use until 3.0.
    fault, note, text_of, document_of = add_problem, add_note, find_text, find_document
    gold_documents, predictions, raise_faults = read_gold, read_predictions, raise_problems
    faults = property(lambda self: self.problems)


def _describe_id(doc_id: object) -> str:
    """Return what is wrong with what is not an id, in words."""
    if type(doc_id) is int:
        return f'is a number; write it as a string, "{doc_id!r:.40}"'
    return "is missing" if doc_id is None else "is empty" if doc_id == "" else f"is {describe_kind(doc_id)}"
