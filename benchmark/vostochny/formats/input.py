"""What a command reads: gold or predictions in files of any format, or the corpus.

An :class:`Input` is opened, detected and hashed once, however many steps of a command need it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from vostochny import corpus
from vostochny.errors import EmptyFileError, InputError, Problem
from vostochny.formats import files, jsonl, limits, registry, shards
from vostochny.formats.decoder import JSON_ERRORS
from vostochny.formats.reader import OptionNames, Reading, Record
from vostochny.formats.rows import to_record, to_row
from vostochny.model import Document
from vostochny.ontology import Ontology, View, load_ontology
from vostochny.schema.records import DocumentRecord, list_aliases
from vostochny.system import progress


@dataclass(frozen=True)
class Gold:
    """Documents with their gold annotation.

    Attributes:
        documents: The documents.
        ontology: The ontology that they are annotated by: ours, with the labels that only this gold has.
        hash: The 12 digits by which a signature names the gold; "?" where it comes from no file.
        notes: What the reader assumed, converted or left out.
    """

    documents: list[Document]
    ontology: Ontology
    hash: str = "?"
    notes: Sequence[str] = ()


class Input:
    """One side of a command: gold or predictions in files, or the corpus.

    The first file, which the format is detected by, stays open as long as the Input exists; reading starts over in it.
    Nothing is opened before it is needed.

    Args:
        addresses: Files, folders, patterns or URLs (:mod:`vostochny.formats.shards`); ``-`` is standard input. None is
            the corpus.
        format: The format's name; None detects it by the content of the first file.
        names: What the options of this side are called, for messages.
        with_text: Whether the corpus must have its article texts; False also accepts the copy without text that the
            package carries.
        offsets: The unit that offsets count (``word_spans.OFFSET_CHOICES``); None means code points.
        annotator: Whose annotations to read where a document has several (Label Studio, Prodigy).
        columns: The columns of tagged text, as ``--column`` names them; None finds them.
    """

    def __init__(
        self,
        addresses: str | os.PathLike[str] | Sequence[str] | None = None,
        format: str | None = None,
        names: OptionNames = OptionNames(),  # noqa: B008 (it is frozen)
        with_text: bool = True,
        offsets: str | None = None,
        annotator: str | None = None,
        columns: str | None = None,
    ):
        self.is_corpus = addresses is None
        if isinstance(addresses, str | os.PathLike):
            addresses = [os.fspath(addresses)]
        self.addresses: Sequence[str] = addresses or []
        self._named_format = "jsonl" if self.is_corpus else format
        self.names, self._with_text = names, with_text
        self.offsets, self.annotator, self.columns = offsets, annotator, columns

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The files. Raises InputError if a pattern matches none, FileNotFoundError if the corpus is not found."""
        if self.is_corpus:
            first, *more = [str(corpus.documents_path() if self._with_text else corpus.gold_path())]
        elif not self.addresses:
            return ()
        else:
            first, *more = registry.resolve_paths(self.addresses, self._named_format)
        # Only one file is kept open: there may be more files than a process may have open.
        return (files.OpenPath(first), *more)

    @property
    def name(self) -> str:
        """The addresses as the user gave them, or the path of the corpus."""
        return " ".join(self.addresses) or self.paths[0]

    @cached_property
    def format(self) -> str:
        """The name of the format of all files. Raises InputError if it is not recognised."""
        return self._named_format or registry.detect(self.paths[0], self.names.format)

    def uses(self, option: str) -> bool:
        """Return whether the reader of the format makes use of ``offsets``, ``annotator`` or ``columns``."""
        return registry.uses_option(self.format, option)

    @cached_property
    def rereadable_paths(self) -> tuple[str, ...]:
        """The files; of standard input and pipes copies, which are removed with this object."""
        return tuple(self._copy(path) if files.is_stream(path) else path for path in self.paths)

    def list_sources(self, outputs: Sequence[str] = ()) -> list[str]:
        """Return the files and folders that are read, as far as they are found.

        A folder of JSON Lines files is among them only if one of the ``outputs`` would be such a file.
        """
        sources = list(self.addresses)
        with contextlib.suppress(InputError, OSError):  # reading will report it
            if any(output.endswith(shards.JSON_LINES_ENDINGS) for output in outputs):
                return [*sources, *self.paths]
            return [*(a for a in sources if a in self.paths or not Path(a).is_dir()), *self.paths]
        return sources

    @property
    def is_stream(self) -> bool:
        """Whether any of the files can be read only once."""
        return any(map(files.is_stream, self.paths))

    def load_streams(self, most: int) -> bool:
        """Keep what standard input or a pipe delivers in memory; return False where it has more than so many bytes.

        Nothing that was read is lost.
        """
        for path in filter(files.is_stream, self.paths):
            if not isinstance(path, files.OpenPath):
                return False
            with contextlib.suppress(OSError):  # the reader will report it
                try:
                    path.load(most)
                except InputError:
                    return False
        return True

    def is_larger_than(self, size: int) -> bool:
        """Return whether the files have more than so many bytes, unpacked.

        Only files whose size cannot be looked up are read for it, as far as needed. One that cannot be read has none.
        """
        for path in self.paths:
            stored = None if files.is_packed(path) else files.stored_size(path)
            if stored is not None:
                size -= stored
            else:
                with contextlib.suppress(InputError):
                    for data in jsonl.read_blocks(path, 1 << 20, may_be_empty=True):
                        size -= len(data)
                        if size < 0:
                            break
            if size < 0:
                return True
        return False

    def begins_with_id(self) -> bool:
        """Return whether the first line of JSON Lines names its document; also where that cannot be known.

        Of a stream only what is read ahead is looked at, so that nothing is lost.
        """
        path = self.paths[0]
        with contextlib.suppress(OSError, *JSON_ERRORS):
            line, newline, _ = files.read_head(path).removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
            if not newline and not files.is_stream(path):
                with files.open_file(path) as file:
                    line = file.readline(limits.MAX_LINE_BYTES)
            first = msgspec.json.decode(line)
            names = ("doc_id", *(x for x, key in list_aliases(DocumentRecord).items() if key == "doc_id"))
            return not isinstance(first, dict) or any(first.get(name) is not None for name in names)
        return True

    def read_records(self, reading: Reading, hash_content: Callable[[bytes], object] | None = None) -> Iterator[Record]:
        """Yield the records of all files.

        Args:
            reading: Receives problems and notes.
            hash_content: Called with the content of the files, as it is stored; None if it is not needed.

        Raises:
            InputError: If there is no such format, or with what keeps a file from being read on.
        """
        module = registry.load_format(self.format, self.names.format)
        reading.annotator, reading.columns, reading.names = self.annotator, self.columns, self.names
        offsets = self.offsets or reading.offsets
        reading.offsets = offsets if self.uses("offsets") else None
        size = self.estimate_size() if progress.is_shown() else 0
        name = "the corpus" if self.is_corpus else os.path.basename((self.paths or (self.name,))[0])
        with progress.step(f"reading {name}", len(reading.gold) or None, size) as advance:
            done = reading.done_bytes
            for record in self._read_files(module, reading, hash_content):
                yield record
                advance(1, reading.done_bytes - done)
                done = reading.done_bytes

    def _read_files(
        self, module: ModuleType, reading: Reading, hash_content: Callable[[bytes], object] | None
    ) -> Iterator[Record]:
        """Yield what the module of a format reads; the other arguments are those of :meth:`read_records`."""
        reading.begin_files()
        for path in self.paths:
            if hash_content and not Path(path).is_dir():
                path = path if isinstance(path, files.OpenPath) else files.OpenPath(path)
                with contextlib.suppress(OSError):  # the reader will report it
                    path.load()
            # One of several files may be empty (a worker that had no documents); a single file may not.
            with contextlib.suppress(*([EmptyFileError] if len(self.paths) > 1 else [])):
                count, problems, gathered, is_read = 0, len(reading.problems), reading.gathered, False
                try:
                    for record in module.read(path, reading):
                        count += 1
                        yield record
                    is_read = True
                except MemoryError:
                    pass
                if not is_read:  # said here, where what was read is free again
                    raise limits.make_memory_error(path)
                if not count and len(reading.problems) == problems and reading.gathered == gathered:
                    left_out = "".join(f" ({note})" for note in reading.notes if note.startswith("left out"))
                    message = f"has no document in the format {self.format!r}{left_out}; expected one or more"
                    raise EmptyFileError([Problem(path, None, None, message)])
            if hash_content:
                for content in _read_stored(path):
                    hash_content(content)
        yield from reading.finish_files()

    def estimate_size(self) -> int:
        """Return the bytes of the files, as far as a look at the disk tells; a remote file counts as a large one."""
        remote = progress.MANY_BYTES
        return sum(remote if shards.is_remote(path) else files.stored_size(path) or 0 for path in self.paths)

    def read_gold(self, ontology: Ontology | None = None) -> Gold:
        """Read the documents with their annotation. Raises InputError with every problem of the files.

        A label that an ``ontology`` lacks is a problem; without one, ours gets the labels that only this gold has.

        JSON Lines are hashed by their lines, so that order, split and compression of the files do not matter; any other
        format, and the corpus, by the bytes of the files. The corpus has its own hash in whatever format it comes.
        """
        try:
            return self._read_gold(ontology)
        except MemoryError:
            pass
        raise limits.make_memory_error(self.name)

    def _read_gold(self, ontology: Ontology | None) -> Gold:
        by_lines = self.format == "jsonl" and not self.is_corpus
        digest = hashlib.sha256()
        reading = Reading(ontology or load_ontology())
        records = self.read_records(reading, None if by_lines else digest.update)
        documents = reading.read_gold(records, own_types=not (ontology or self.is_corpus))
        if not self.is_corpus:
            reading.check_offsets(self.name, documents)
        hash_ = jsonl.format_hash(reading.line_hashes) if by_lines else corpus.shorten_hash(digest.hexdigest())
        hash_ = hash_ if self.paths else "?"
        hash_ = corpus.gold_hash(self.paths[0], hash_) if self.is_corpus else name_gold(documents, hash_)
        return Gold(documents, reading.ontology, hash_, reading.notes)

    def read_predictions(
        self, gold: Gold, unknown: str = "error", view: View | None = None, offsets: str | None = None
    ) -> tuple[dict[str, Document], list[str]]:
        """Read predictions; return them by doc_id, and the reader's notes.

        Args:
            gold: The documents that the predictions are about, and their ontology.
            unknown: What happens to an unknown type, as in :meth:`Reading.read_predictions`.
            view: A view whose labels are allowed too.
            offsets: The unit that offsets count (``word_spans.OFFSET_CHOICES``); None means code points.

        Raises:
            InputError: With every problem of the files.
        """
        reading = Reading(gold.ontology, {d.doc_id: d for d in gold.documents}, offsets)
        try:
            predictions = reading.read_predictions(self.read_records(reading), unknown, view)
            reading.check_offsets(self.name, predictions.values())
            return predictions, reading.notes
        except MemoryError:
            pass
        raise limits.make_memory_error(self.name)

    def _copy(self, path: str) -> str:
        """Write what comes from standard input or a pipe to a temporary file, and return its path."""
        import shutil  # slow to import, and seldom needed

        from vostochny.system import temporary

        folder, remove = temporary.create_folder()
        weakref.finalize(self, remove)
        copy = folder / "copy"
        with open(copy, "wb") as out, files.open_file(path) as stream:
            shutil.copyfileobj(stream, out, 1 << 20)
        return str(copy)


class RowsInput(Input):
    """One side that is rows in memory, like those of a table.

    Args:
        name: What problems call it.
        rows: The rows.
        features: The features of a Dataset of ``datasets``, as plain objects; empty where they are not known.
        notes: What is to be noted of the rows beforehand.
        options: Those of an Input.
    """

    def __init__(
        self, name: str, rows: Sequence[dict[str, Any]], features: dict[str, Any], notes: Sequence[str], **options: Any
    ):
        super().__init__([], "dataset", **options)
        self._name, self._rows, self._features, self._first_notes = name, rows, features, notes

    @property
    def name(self) -> str:
        """What problems call the rows."""
        return self._name

    def _read_files(
        self, module: ModuleType, reading: Reading, hash_content: Callable[[bytes], object] | None
    ) -> Iterator[Record]:
        from vostochny.formats import tables

        for note in self._first_notes:
            reading.add_note(note)
        names = tables.list_label_names(self._features)
        yield from tables.read_rows(self._name, reading, ((None, row) for row in self._rows), names)


def name_gold(documents: Sequence[Document], hash_: str = "?") -> str:
    """Return the hash that names a gold: that of the corpus if these are its documents, else ``hash_``."""
    if len(documents) != len(corpus.packaged_ids()) or {d.doc_id for d in documents} != corpus.packaged_ids():
        return hash_
    with contextlib.suppress(FileNotFoundError, InputError):
        own = Input(with_text=False).read_gold()
        with_text = all(d.text for d in (*documents, *own.documents))
        if _list_rows(documents, with_text) == _list_rows(own.documents, with_text):
            return own.hash
    return hash_


def name_gold_lines(hash_: str) -> str:
    """Return the hash that names a gold of JSON Lines whose lines have this hash: the corpus has its own."""
    with contextlib.suppress(FileNotFoundError):
        path = corpus.gold_path()
        stored = path.read_bytes()
        if jsonl.format_hash(jsonl.sum_line_hashes(stored)) == hash_:
            return corpus.gold_hash(path, corpus.shorten_hash(hashlib.sha256(stored).hexdigest()))
    return hash_


def _list_rows(documents: Sequence[Document], with_text: bool) -> list[dict[str, Any]]:
    """Return all that is annotated in documents, sorted by id; a reference is the span that it means."""
    bare = [d if with_text else replace(d, text="") for d in sorted(documents, key=lambda d: d.doc_id)]
    return [to_row(to_record(d, with_text=True, references_as_spans=True)) for d in bare]


def _read_stored(path: str) -> Iterator[bytes]:
    """Yield the content of an open file as it is stored, or name and content of each file in a folder, at any depth."""
    if isinstance(path, files.OpenPath) and not Path(path).is_dir():
        stored = path.open()
        while data := stored.read(1 << 20):
            yield data
    else:
        for file in sorted(p for p in Path(path).rglob("*") if p.is_file()):
            yield file.relative_to(path).as_posix().encode() + b"\0"
            with open(file, "rb") as stored:
                while data := stored.read(1 << 20):
                    yield data
