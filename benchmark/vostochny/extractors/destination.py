"""The file that ``vostochny run`` writes: predictions, one line per article, that no kill and no other command spoils.

Beside ``predictions.jsonl`` stand ``predictions.run.json`` (the run record: extractor and settings, so that no other
extractor continues the file) and, where articles failed, ``predictions.errors.jsonl`` (one object per line: doc_id,
error, traceback). A file that these do not show to be made by ``run`` is never touched.

The output is locked for the whole run. At every moment a kill leaves a state that the same command continues: the
record is written before the first line, each line in one step, and the next run removes a last line that was cut off.
``--restart`` writes aside, and exchanges when all articles are done.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, TextIO

from vostochny.errors import InputError, Problem, Problems
from vostochny.extractors import ExtractorError, mask_spec
from vostochny.formats import jsonl, shards
from vostochny.system import console, outputs

STANDARD_OUTPUT = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
_BEGINNING = b'{"doc_id": "'  # of every line
_USUAL_SUFFIX = ".jsonl"  # a record names its output only where that ends in another way
Origin = Mapping[str, Any]
"""What makes a file: extractor, view, articles and version, as plain JSON values."""


@dataclass(frozen=True)
class Failure:
    """An article that has no prediction, and why.

    Attributes:
        doc_id: The article.
        error: The reason, in one line.
        traceback: More of it, several lines; empty where the line says all.
    """

    doc_id: str
    error: str
    traceback: str = field(repr=False, default="")


def errors_path(output: Path) -> Path:
    """Return the path of the errors beside an output."""
    return output.with_name(output.stem + shards.ERRORS_ENDING)


def origin_path(output: Path) -> Path:
    """Return the path of the run record beside an output."""
    return output.with_name(output.stem + shards.RECORD_ENDING)


def is_stream(name: str) -> bool:
    """Return whether an output is standard output, or a device or pipe, which is written to directly."""
    special = os.path.exists(name) and not os.path.isfile(name) and not os.path.isdir(name)
    return name in STANDARD_OUTPUT or special


def refuse_inputs(output: str, inputs: Iterable[str]) -> None:
    """Raise InputError if an output, or a file that goes with it, is one of the inputs, by whatever name or link."""
    if is_stream(output):
        paths = [Path("/dev/stdout" if output in STANDARD_OUTPUT else output)]
        # A terminal may be both.
        inputs = [name for name in inputs if name == "-" or os.path.isfile(name)]
    else:
        paths = [Path(output), origin_path(Path(output)), errors_path(Path(output))]
    for path in paths:
        for name in inputs:
            if outputs.is_same_file(path, "/dev/stdin" if name == "-" else name):
                what = "is" if str(path) == output or len(paths) == 1 else f"would need {path}, which is"
                raise _refuse(output, f"{what} an input of this command ({name}); use another -o")


def _refuse(path: str, message: str) -> InputError:
    return InputError([Problem(path, None, None, message)])


class Stream:
    """Standard output, a device or a pipe: a line written cannot be taken back, and there is no run record."""

    skipped: frozenset[str] = frozenset()
    notes: Sequence[str] = ()

    def __init__(self, name: str, stream: TextIO | None):
        self.name = "standard output" if name in STANDARD_OUTPUT else name
        with outputs.name_file(self.name):
            if name not in STANDARD_OUTPUT:
                stream = open(name, "w", encoding="utf-8", newline="\n")  # noqa: SIM115 (close)
            if stream is None:
                raise OSError(errno.EBADF, "is closed")
        self._stream = stream

    def begin(self) -> None:
        """Do nothing: the stream is open."""

    def write(self, doc_id: str, row: str) -> None:
        """Write the line of an article. Raises OSError."""
        with outputs.name_file(self.name):
            console.write_data(row, self._stream)
            self._stream.flush()

    def withdraw(self, doc_ids: Sequence[str]) -> str:
        """Return what becomes of the lines of these articles: they are written already."""
        return f"its line is on {self.name} already: leave it out"

    def add_failure(self, failure: Failure) -> None:
        """Do nothing: failures have no file."""

    def finish(self) -> None:
        """Do nothing: every line is written out."""

    def close(self) -> None:
        """Do nothing: the process closes its streams."""


class OutputFile:
    """The output of a run as a file; opened with :meth:`prepare` and :meth:`begin`, completed with :meth:`finish`.

    Args:
        path: The file.
        origin: What makes it.
        restart: Whether to replace what it has.

    Attributes:
        skipped: Articles that it has already, by doc_id.
        notes: Lines to print, on what was repaired.
    """

    def __init__(self, path: Path, origin: Origin, restart: bool):
        # Absolute, since an extractor may change the current folder.
        self.path, self.name, self.origin = Path(os.path.abspath(path)), str(path), origin
        self.skipped: frozenset[str] = frozenset()
        self.notes: list[str] = []
        self._record, self._errors = origin_path(self.path), errors_path(self.path)
        self._record_name, self._errors_name = str(origin_path(path)), str(errors_path(path))
        self._restart = restart
        self._before: Origin | None = None  # the origin of what is in the file
        self._handle: int | None = None
        self._handles: list[int] = []
        self._end = 0  # of the whole lines
        self._starts: dict[str, int] = {}  # where the line of each article of this run begins
        self._failures: list[Failure] = []
        self._aside = contextlib.ExitStack()
        self._target: IO[bytes] | None = None  # what replaces the file, with --restart

    def prepare(self, is_folder: bool = False) -> None:
        """Refuse what must not be touched, lock the file if it exists, and read what it has. Changes nothing.

        ``is_folder`` states that the name is that of a folder.

        Raises InputError where the file or one of its companions was not made by ``run`` or is not what it should be,
        ExtractorError where it has another origin, BusyError where another command is writing it.
        """
        if is_folder or self.path.is_dir():
            raise _refuse(self.name, "is a folder; expected the name of a file")
        with outputs.name_file(self.name):
            self._handle = _open_locked(self.path, self.name, os.O_RDWR)
        before = self._check_record()
        self._check_errors()
        if self._handle is None or not os.fstat(self._handle).st_size:
            return
        if before is None:
            message = f"exists, and no run record ({self._record_name}) shows that run made it; use another -o"
            raise _refuse(self.name, message)
        done = self._read_lines(self._handle)
        self._before = self._choose_origin(before)
        if not self._restart:
            self._require_origin(self._before)
            self.skipped = done

    def _check_record(self) -> dict[str, Any] | None:
        """Return the run record, None if there is none. Raises InputError where it is not one, or another file's."""
        try:
            content = self._record.read_bytes()
        except FileNotFoundError:
            return None
        except IsADirectoryError:
            raise _refuse(
                self.name, f"cannot be used, because {self._record_name} is a folder; use another -o"
            ) from None
        record, problems = jsonl.parse_json(self._record_name, None, content)
        if problems or not isinstance(record, dict) or not {"extractor", "articles", "vostochny"} <= record.keys():
            message = f"is not a record that run made, and -o {self.name} would overwrite it; use another -o"
            raise _refuse(self._record_name, message)
        owner = self._record.with_name(str(record.get("output") or f"{self.path.stem}{_USUAL_SUFFIX}"))
        if owner != self.path and owner.exists() and not outputs.is_same_file(owner, self.path):
            message = f"is the run record of {owner.name}, and -o {self.name} would overwrite it; use another -o"
            raise _refuse(self._record_name, message)
        return record

    def _check_errors(self) -> None:
        """Raise InputError where the file of errors is not one that ``run`` made."""
        try:
            content = self._errors.read_bytes()
        except FileNotFoundError:
            return
        except IsADirectoryError:
            content = b"a folder\n"
        whole, _, rest = content.rpartition(b"\n")
        rows = [jsonl.parse_json(self._errors_name, None, line)[0] for line in whole.splitlines()]
        are_ours = all(isinstance(row, dict) and {"doc_id", "error"} <= row.keys() for row in rows)
        if not are_ours or not _is_beginning(rest):
            message = f"is not a file of errors that run made, and -o {self.name} would overwrite it; use another -o"
            raise _refuse(self._errors_name, message)

    def _read_lines(self, handle: int) -> frozenset[str]:
        """Return the doc_ids that the file has. Raises InputError if any line but a last one cut off is not ours."""
        done: set[str] = set()
        problems: Problems[Problem] = Problems()
        with open(os.dup(handle), "rb") as file:
            file.seek(0)
            for number, line in enumerate(file, 1):
                row, line_problems = jsonl.parse_row(self.name, number, line)
                if row is not None and not isinstance(row.get("doc_id"), str):
                    line_problems = [Problem(self.name, number, "doc_id", "is missing; this is not a prediction")]
                if not line.endswith(b"\n") and line_problems and _is_beginning(line):
                    self.notes.append(f"{self.name}: the last line was cut off; its article is done again")
                elif line_problems:
                    problems += line_problems
                else:
                    self._end += len(line)
                    done.add(str(row and row["doc_id"]))
        if problems:
            raise InputError(problems)
        return frozenset(done)

    def _choose_origin(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return the origin of the content. A kill during an exchange leaves a record of the old and the new one."""
        replaced = record.get("replaces")
        if isinstance(replaced, dict) and record.get("sha256") != self._hash():
            record = replaced
        return {**record, "extractor": mask_spec(str(record.get("extractor")))}

    def _hash(self) -> str:
        assert self._handle is not None
        with open(os.dup(self._handle), "rb") as file:
            file.seek(0)
            return sha256(file.read()).hexdigest()

    def _require_origin(self, before: Origin) -> None:
        changed = ", ".join(
            f"{k} {before.get(k) or 'none'}" for k, value in self.origin.items() if before.get(k) != value
        )
        if changed:
            raise ExtractorError(f"{self.name}: was made with {changed}; use another -o, or --restart to overwrite it")

    def begin(self) -> None:
        """Create the file or mend its end, and write the run record. Raises OSError; BusyError as :meth:`prepare`.

        A file that it creates goes again where the record cannot be written.
        """
        is_new = self._handle is None
        with outputs.name_file(self.name):
            if self._handle is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._handle = _open_locked(self.path, self.name, os.O_RDWR | os.O_CREAT)
                if self._handle is None or os.fstat(self._handle).st_size:  # by another run, since prepare
                    raise outputs.BusyError(self.name)
            self._replace_handle(self._handle)
            if self._restart and self._before is not None:
                self._target = self._aside.enter_context(outputs.replace_file(self.path, is_ours=True))
                # Another handle of the same locked file, so that it stays locked when it takes the name.
                self._replace_handle(os.dup(self._target.fileno()))
                self._end = 0
                return
        try:
            self._write_record({})
        except BaseException:
            # Not what has come into its place since.
            if is_new and outputs.has_name(self._handle, str(self.path)):
                with contextlib.suppress(OSError):
                    self.path.unlink()
            raise
        with outputs.name_file(self.name):
            size = os.fstat(self._handle).st_size
            # Each is one step, so that a kill leaves the file as it was or mended. Without its end, a last line that is
            # whole would be continued by the next one.
            if size > self._end:
                os.ftruncate(self._handle, self._end)
            elif self._end and os.pread(self._handle, 1, self._end - 1) != b"\n":
                self._append(b"\n")

    def _replace_handle(self, handle: int) -> None:
        """Set the handle to write to. The one before stays open, and its file locked."""
        self._handle, self._identity = handle, os.fstat(handle)
        self._handles.append(handle)

    def _write_record(self, more: Mapping[str, Any]) -> None:
        record = {**self.origin, **more}
        if self.path.suffix != _USUAL_SUFFIX:
            record["output"] = self.path.name
        with outputs.replace_file(self._record) as file:
            # Again, now that no other command can write it: two runs may share a record and have begun together.
            self._check_record()
            file.write((json.dumps(record, ensure_ascii=False) + "\n").encode())

    def write(self, doc_id: str, row: str) -> None:
        """Write the line of an article. Raises OSError; then the file has whole lines only."""
        self._starts[doc_id] = self._end
        with outputs.name_file(self.name):
            self._append(row.encode())

    def _append(self, content: bytes) -> None:
        handle = self._get_handle()
        rest = memoryview(content)
        try:
            os.lseek(handle, self._end, os.SEEK_SET)
            while rest:
                rest = rest[os.write(handle, rest) :]
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(handle, self._end)
            raise
        self._end += len(content)

    def _get_handle(self) -> int:
        """Return the handle to write to. Raises OSError if it is not our file's any more, as after ``closerange``."""
        assert self._handle is not None
        if not os.path.samestat(os.fstat(self._handle), self._identity):
            raise OSError(errno.EBADF, "the extractor has closed it")
        return self._handle

    def withdraw(self, doc_ids: Sequence[str]) -> str:
        """Remove the lines of these articles, the last ones of the file; return what becomes of them."""
        starts = sorted(self._starts.pop(doc_id) for doc_id in doc_ids if doc_id in self._starts)
        if starts:
            handle = self._get_handle()
            kept = [doc_id for doc_id, start in self._starts.items() if start > starts[0]]
            lines = {doc_id: _read_line(handle, self._starts[doc_id]) for doc_id in kept}
            with outputs.name_file(self.name):
                # A kill after this step loses lines in between, whose articles are then done again.
                os.ftruncate(handle, starts[0])
                self._end = starts[0]
                for doc_id, line in lines.items():
                    self._starts[doc_id] = self._end
                    self._append(line)
        return "its line is removed"

    def add_failure(self, failure: Failure) -> None:
        """Add a failure to the file of errors; the first one of a run replaces those of an earlier run."""
        self._failures.append(failure)
        if self._target is None:
            if len(self._failures) == 1:
                outputs.write_file(self._errors, _to_line(failure))
            else:
                with outputs.name_file(str(self._errors)), self._errors.open("ab", buffering=0) as file:
                    file.write(_to_line(failure).encode())

    def finish(self) -> None:
        """Complete the files after the last article: exchange what was written aside, remove old errors."""
        if self._target is not None:
            self._exchange()
        elif self._handle is not None:
            with outputs.name_file(self.name):
                os.fsync(self._get_handle())
        if not self._failures and self._errors.exists():
            with outputs.name_file(str(self._errors)):
                self._errors.unlink()

    def _exchange(self) -> None:
        """Put the new file in the place of the old one.

        Both origins are recorded before, so that a kill between the steps leaves no file that is taken for the work of
        another extractor: the hash in the record tells which of the two files is there.
        """
        if self._before is not None and any(self._before.get(k) != v for k, v in self.origin.items()):
            content = os.pread(self._get_handle(), self._end, 0)
            before = {k: v for k, v in self._before.items() if k not in ("replaces", "sha256")}
            self._write_record({"sha256": sha256(content).hexdigest(), "replaces": before})
        self._aside.close()
        self._write_record({})
        if self._failures:
            outputs.write_file(self._errors, "".join(map(_to_line, self._failures)))

    def close(self) -> None:
        """Unlock the file; what was written aside and not exchanged is removed."""
        self._aside.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
        for handle in {*self._handles, *([] if self._handle is None else [self._handle])}:
            with contextlib.suppress(OSError):
                os.close(handle)
        self._handle, self._handles = None, []


Destination = Stream | OutputFile


def _open_locked(path: Path, name: str, flags: int) -> int | None:
    """Open and lock a file; None if it does not exist. Raises BusyError if another command has it."""
    while True:
        try:
            handle = os.open(path, flags | os.O_CLOEXEC, 0o666)
        except FileNotFoundError:
            return None
        try:
            if not outputs.lock_handle(handle, wait=False):
                raise outputs.BusyError(name)
            # Another run may have exchanged it between opening and locking.
            if os.path.samestat(os.stat(path), os.fstat(handle)):
                return handle
        except FileNotFoundError:  # or removed it
            pass
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _is_beginning(cut: bytes) -> bool:
    """Return whether a piece of a line can be the beginning of one that ``run`` wrote; none is."""
    return cut.startswith(_BEGINNING) or _BEGINNING.startswith(cut)


def _read_line(handle: int, start: int) -> bytes:
    with open(os.dup(handle), "rb") as file:
        file.seek(start)
        return file.readline()


def _to_line(failure: Failure) -> str:
    row = {"doc_id": failure.doc_id, "error": failure.error, "traceback": failure.traceback}
    return json.dumps(row) + "\n"
