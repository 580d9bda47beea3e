"""An extractor over many articles into a file of predictions, which an interruption or a problem does not spoil.

Beside ``predictions.jsonl`` stand ``predictions.run.json`` (what made it, so that no other extractor goes on with it)
and, where articles failed, ``predictions.errors.jsonl`` (an object a line: doc_id, error, traceback).
"""

from __future__ import annotations

import contextlib
import json
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from vostochny.errors import InputError
from vostochny.extractors import Extract, ExtractorError, answers, unannotated
from vostochny.formats import jsonl
from vostochny.model import Document
from vostochny.ontology import Ontology, View

BAR = 24


@dataclass(frozen=True)
class Failure:
    """An article that has no prediction, and why."""

    doc_id: str
    error: str
    traceback: str = field(repr=False, default="")


@dataclass(frozen=True)
class Report:
    """What a run did: articles written, those that were there already, and those that failed."""

    written: tuple[str, ...]
    skipped: tuple[str, ...]
    failed: tuple[Failure, ...]
    notes: tuple[str, ...] = ()


def errors_path(output: Path) -> Path:
    """Where the errors of a run are recorded."""
    return output.with_name(f"{output.stem}.errors.jsonl")


def made_by_path(output: Path) -> Path:
    """Where it is recorded what made a file."""
    return output.with_name(f"{output.stem}.run.json")


def run(
    extract: Extract,
    documents: Sequence[Document],
    output: Path | None,
    ontology: Ontology,
    made_by: dict[str, Any],
    unknown: str = "error",
    view: View | None = None,
    restart: bool = False,
    progress: Callable[[int, int, str], None] = lambda done, of, doc_id: None,
) -> Report:
    """Extract from each document and append its prediction to ``output`` (None: standard output) at once.

    Documents that ``output`` has are skipped, unless ``restart``; a last line that was cut off is done again. An
    article whose extraction raises, or whose prediction the reader has a problem with, is recorded and has no line.
    Raises ExtractorError where ``output`` was made by something else, InputError where it is no file of predictions.
    """
    done: frozenset[str] = frozenset()
    notes: list[str] = []
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        if restart:
            output.unlink(missing_ok=True)
        done = _resumed(output, made_by, notes)
        made_by_path(output).write_text(json.dumps(made_by, ensure_ascii=False) + "\n", encoding="utf-8")
    todo = [d for d in documents if d.doc_id not in done]
    skipped = tuple(d.doc_id for d in documents if d.doc_id in done)
    written: list[str] = []
    failed: list[Failure] = []
    with contextlib.ExitStack() as stack:
        stdout = sys.stdout
        out: IO[str] = stack.enter_context(output.open("a", encoding="utf-8", newline="\n")) if output else stdout
        # What an extractor prints must not come between predictions on standard output.
        stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        for number, document in enumerate(todo):
            progress(len(skipped) + number, len(documents), document.doc_id)
            row = _extracted(extract, document, ontology, unknown, view)
            if isinstance(row, Failure):
                failed.append(row)
                if output:
                    _record(errors_path(output), row, first=len(failed) == 1)
                continue
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            out.flush()
            written.append(document.doc_id)
    progress(len(documents), len(documents), "")
    if output and not failed:
        errors_path(output).unlink(missing_ok=True)  # those of an earlier run
    return Report(tuple(written), skipped, tuple(failed), tuple(notes))


def _extracted(
    extract: Extract, document: Document, ontology: Ontology, unknown: str, view: View | None
) -> dict[str, Any] | Failure:
    try:
        row = answers.row_of(extract(unannotated(document)), document)
        answers.checked(row, document, ontology, unknown, view)
    except ExtractorError as e:
        return Failure(document.doc_id, str(e))
    except InputError as e:
        more = f" (and {len(e.problems) - 1} more)" if len(e.problems) > 1 else ""
        return Failure(document.doc_id, f"{e.problems[0]}{more}", str(e))
    except (Exception, SystemExit) as e:
        return Failure(document.doc_id, f"{type(e).__name__}: {e}", traceback.format_exc())
    return answers.stored(row, document)


def _record(path: Path, failure: Failure, first: bool) -> None:
    """Add an error to the file of errors; the first of a run takes the place of an earlier run's."""
    row = {"doc_id": failure.doc_id, "error": failure.error, "traceback": failure.traceback}
    with path.open("w" if first else "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def _resumed(output: Path, made_by: dict[str, Any], notes: list[str]) -> frozenset[str]:
    """The documents that a file has already; its last line is mended."""
    if not output.exists() or not output.stat().st_size:
        return frozenset()
    before = _recorded(made_by_path(output), output)
    if before is not None and before != made_by:
        changed = ", ".join(f"{k} {before.get(k) or 'none'}" for k in made_by if before.get(k) != made_by[k])
        raise ExtractorError(f"{output}: was made with {changed}; take another -o, or --restart to begin anew")
    raw = output.read_bytes()
    whole, _, rest = raw.rpartition(b"\n")
    if rest:
        with output.open("r+b") as file:
            if jsonl.parse_row(str(output), 1, rest)[0] is not None:
                file.seek(0, 2)
                file.write(b"\n")
            else:
                file.truncate(len(whole) + 1 if whole else 0)
                notes.append(f"{output}: the last line was cut off; its article is done again")
                if not whole:
                    return frozenset()
    done, problems = set(), []
    for number, line in jsonl.read_lines(str(output)):
        row, found = jsonl.parse_row(str(output), number, line)
        problems += found
        if row is not None:
            done.add(str(row.get("doc_id")))
    if problems:
        raise InputError(problems)
    return frozenset(done)


def _recorded(record: Path, output: Path) -> dict[str, Any] | None:
    """What made a file, None where nothing says so."""
    if not record.is_file():
        return None
    try:
        before = json.loads(record.read_bytes())
    except ValueError:
        before = None
    if not isinstance(before, dict):
        how = f"remove it to go on with {output}, or --restart to begin anew"
        raise ExtractorError(f"{record}: is no JSON object that says what made {output}; {how}")
    return before


class Progress:
    """A bar on a terminal's last line; silent elsewhere."""

    def __init__(self, stream: IO[str]):
        self.stream, self.shown = stream, stream.isatty()

    def __call__(self, done: int, of: int, doc_id: str) -> None:
        """Show that ``done`` of so many articles are finished and which one is being read; none: all is done."""
        if not self.shown:
            return
        filled = BAR * done // max(of, 1)
        line = f"{'━' * filled}{'─' * (BAR - filled)} {done}/{of} {doc_id}"
        self.stream.write(f"\r\033[K{line}" if doc_id else "\r\033[K")
        self.stream.flush()
