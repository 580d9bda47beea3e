"""Run an extractor over many articles and write its predictions to a file that an interruption does not spoil.

Beside ``predictions.jsonl`` stand ``predictions.run.json`` (the extractor and its settings, so that no other extractor
continues the file) and, where articles failed, ``predictions.errors.jsonl`` (one object per line: doc_id, error,
traceback).
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
from vostochny.extractors import Extractor, ExtractorError, answers, strip_annotations
from vostochny.formats import jsonl
from vostochny.model import Document
from vostochny.ontology import Ontology, View

BAR_CHARACTERS = 24  # width of the progress bar


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


@dataclass(frozen=True)
class Report:
    """The outcome of a run.

    Attributes:
        written: Articles whose predictions were written, by doc_id.
        skipped: Articles that the output had already.
        failed: Articles without a prediction.
        notes: Lines to print, on what was repaired.
    """

    written: tuple[str, ...]
    skipped: tuple[str, ...]
    failed: tuple[Failure, ...]
    notes: tuple[str, ...] = ()


def errors_path(output: Path) -> Path:
    """Return the path of the errors beside an output."""
    return output.with_name(f"{output.stem}.errors.jsonl")


def origin_path(output: Path) -> Path:
    """Return the path of the record, beside an output, of what made it."""
    return output.with_name(f"{output.stem}.run.json")


def run(
    extractor: Extractor,
    documents: Sequence[Document],
    output: Path | None,
    ontology: Ontology,
    origin: dict[str, Any],
    unknown: str = "error",
    view: View | None = None,
    restart: bool = False,
    progress: Callable[[int, int, str], None] = lambda done, of, doc_id: None,
) -> Report:
    """Run an extractor over documents and append each prediction to a file as soon as it is there.

    Documents that the file has already are skipped; a last line that was cut off is done again. An article that the
    extractor fails on, or whose prediction is invalid, is recorded as a failure and gets no line.

    Args:
        extractor: The extractor.
        documents: The articles.
        output: The file; None for standard output.
        ontology: The ontology that predictions are checked against.
        origin: What makes the file: extractor, view and so on, as plain JSON values.
        unknown: How types that the ontology lacks are treated (scoring.Options.unknown).
        view: The label set of the predictions; None for the ontology's own.
        restart: Whether to overwrite the file.
        progress: Called before each article with the number of articles done, that of all, and the doc_id; at the end
            with an empty doc_id.

    Raises ExtractorError where the file has another origin, InputError where it is not a file of predictions.
    """
    done: frozenset[str] = frozenset()
    notes: list[str] = []
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        if restart:
            output.unlink(missing_ok=True)
        done = _resume(output, origin, notes)
        origin_path(output).write_text(json.dumps(origin, ensure_ascii=False) + "\n", encoding="utf-8")
    todo = [d for d in documents if d.doc_id not in done]
    skipped = tuple(d.doc_id for d in documents if d.doc_id in done)
    written: list[str] = []
    failed: list[Failure] = []
    with contextlib.ExitStack() as stack:
        stdout = sys.stdout
        out: IO[str] = stack.enter_context(output.open("a", encoding="utf-8", newline="\n")) if output else stdout
        # Anything that the extractor prints must not get between the predictions on standard output.
        stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        for number, document in enumerate(todo):
            progress(len(skipped) + number, len(documents), document.doc_id)
            row = _extract(extractor, document, ontology, unknown, view)
            if isinstance(row, Failure):
                failed.append(row)
                if output:
                    _write_error(errors_path(output), row, first=len(failed) == 1)
                continue
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            out.flush()  # so that an interruption loses the article in work only
            written.append(document.doc_id)
    progress(len(documents), len(documents), "")
    if output and not failed:
        errors_path(output).unlink(missing_ok=True)  # those of an earlier run
    return Report(tuple(written), skipped, tuple(failed), tuple(notes))


def _extract(
    extractor: Extractor, document: Document, ontology: Ontology, unknown: str, view: View | None
) -> dict[str, Any] | Failure:
    """Return the checked prediction for a document, or why there is none."""
    try:
        row = answers.row_of(extractor(strip_annotations(document)), document)
        answers.check_row(row, document, ontology, unknown, view)
    except ExtractorError as e:
        return Failure(document.doc_id, str(e))
    except InputError as e:
        more = f" (and {len(e.problems) - 1} more)" if len(e.problems) > 1 else ""
        return Failure(document.doc_id, f"{e.problems[0]}{more}", str(e))
    except (Exception, SystemExit) as e:
        return Failure(document.doc_id, f"{type(e).__name__}: {e}", traceback.format_exc())
    return answers.select_layers(row, document)


def _write_error(path: Path, failure: Failure, first: bool) -> None:
    """Append a failure to the file of errors; the first one of a run replaces those of an earlier run."""
    row = {"doc_id": failure.doc_id, "error": failure.error, "traceback": failure.traceback}
    with path.open("w" if first else "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def _resume(output: Path, origin: dict[str, Any], notes: list[str]) -> frozenset[str]:
    """Return the doc_ids that an output has already, and repair its last line; adds to ``notes`` what was repaired."""
    if not output.exists() or not output.stat().st_size:
        return frozenset()
    before = _read_origin(origin_path(output), output)
    if before is not None and before != origin:
        changed = ", ".join(f"{k} {before.get(k) or 'none'}" for k in origin if before.get(k) != origin[k])
        raise ExtractorError(f"{output}: was made with {changed}; use another -o, or --restart to overwrite it")
    raw = output.read_bytes()
    whole, _, rest = raw.rpartition(b"\n")
    if rest:  # no line end: either the line is whole and only its end is missing, or it was cut off
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
        row, line_problems = jsonl.parse_row(str(output), number, line)
        problems += line_problems
        if row is not None:
            done.add(str(row.get("doc_id")))
    if problems:
        raise InputError(problems)
    return frozenset(done)


def _read_origin(record: Path, output: Path) -> dict[str, Any] | None:
    """Return the recorded origin of an output; None without a record. Raises ExtractorError for a broken one."""
    if not record.is_file():
        return None
    try:
        before = json.loads(record.read_bytes())
    except ValueError:
        before = None
    if not isinstance(before, dict):
        advice = f"remove it to continue {output}, or use --restart to overwrite it"
        raise ExtractorError(f"{record}: is not a JSON object that states what made {output}; {advice}")
    return before


class Progress:
    """A progress bar on a terminal's last line; silent where the stream is not a terminal."""

    def __init__(self, stream: IO[str]):
        self.stream, self.enabled = stream, stream.isatty()

    def __call__(self, done: int, of: int, doc_id: str) -> None:
        """Show how many articles are done and which one is being read; an empty doc_id removes the bar."""
        if not self.enabled:
            return
        filled = BAR_CHARACTERS * done // max(of, 1)
        line = f"{'━' * filled}{'─' * (BAR_CHARACTERS - filled)} {done}/{of} {doc_id}"
        self.stream.write(f"\r\033[K{line}" if doc_id else "\r\033[K")
        self.stream.flush()
