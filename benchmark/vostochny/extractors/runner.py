"""Run an extractor over many articles: a failure stays with its article, and each prediction is written at once."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vostochny import extractors
from vostochny.errors import InputError
from vostochny.extractors import Extractor, ExtractorError, MismatchError, answers, guards, strip_annotations
from vostochny.extractors.destination import Destination, Failure
from vostochny.model import Document
from vostochny.ontology import Ontology, View
from vostochny.system import progress


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


@dataclass(frozen=True)
class Checks:
    """What a prediction is checked against.

    Attributes:
        ontology: The ontology.
        unknown: How types that the ontology lacks are treated (scoring.Options.unknown).
        view: The label set of the predictions; None for the ontology's own.
        offsets: The unit that their offsets count (``word_spans.OFFSET_CHOICES``); None means code points.
    """

    ontology: Ontology
    unknown: str = "error"
    view: View | None = None
    offsets: str | None = None


def run(
    extractor: Extractor,
    documents: Sequence[Document],
    destination: Destination,
    checks: Checks,
    restore: Callable[[], None] = lambda: None,
) -> Report:
    """Run an extractor over documents, write each prediction as soon as it is there, and close the extractor.

    Documents that the destination has already are skipped. An article that the extractor fails on, or whose prediction
    is invalid, is recorded as a failure and gets no line; if an answer turns out to be void later, its line is removed.

    Args:
        extractor: The extractor.
        documents: The articles.
        destination: Where predictions go.
        checks: What each prediction is checked against.
        restore: Called after each call of the extractor, to undo what it did to the process.

    Raises OSError where the destination cannot be written.
    """
    task = _Task(extractor, destination, checks, restore)
    todo = [d for d in documents if d.doc_id not in destination.skipped]
    skipped = tuple(d.doc_id for d in documents if d.doc_id in destination.skipped)
    try:
        with progress.step("", len(documents), done=len(skipped), at_once=True) as advance:
            for number, document in enumerate(todo):
                advance(min(number, 1), item=document.doc_id)
                task.process(document)
    except BaseException:
        with contextlib.suppress(OSError):
            task.close()
        raise
    notes = task.close()
    destination.finish()
    return Report(tuple(task.written), skipped, tuple(task.failed), (*destination.notes, *notes))


class _Task:
    """A run in progress: what is written and what has failed."""

    def __init__(
        self, extractor: Extractor, destination: Destination, checks: Checks, restore: Callable[[], None]
    ) -> None:
        self.extractor, self.destination, self.checks, self.restore = extractor, destination, checks, restore
        self.written: dict[str, None] = {}
        self.failed: list[Failure] = []

    def process(self, document: Document) -> None:
        """Ask for the prediction for a document, and write it or the failure."""
        outcome = self._extract(document)
        if isinstance(outcome, MismatchError):
            self._withdraw(outcome)
            if document.doc_id in outcome.doc_ids:
                return
            outcome = self._extract(document)
        if isinstance(outcome, MismatchError):
            outcome = Failure(document.doc_id, str(outcome))
        if isinstance(outcome, Failure):
            self._fail(outcome)
            return
        self.destination.write(document.doc_id, json.dumps(outcome, ensure_ascii=False) + "\n")
        self.written[document.doc_id] = None

    def _extract(self, document: Document) -> dict[str, Any] | Failure | MismatchError:
        """Return the checked prediction for a document, or why there is none."""
        try:
            row = answers.row_of(self.extractor(strip_annotations(document)), document)
            row = answers.open_answer(row) if self.checks.unknown == "wrong" else row
            checks = self.checks
            answers.check_row(row, document, checks.ontology, checks.unknown, checks.view, checks.offsets)
            guards.raise_interruption()
            return answers.select_layers(row, document)
        except BaseException as e:
            if guards.is_interruption(e):
                raise
            return e if type(e) is MismatchError else _explain(document.doc_id, e)
        finally:
            self.restore()

    def _withdraw(self, error: MismatchError) -> None:
        """Make articles failures whose answers have turned out to be void."""
        written = [doc_id for doc_id in error.doc_ids if doc_id in self.written]
        fate = self.destination.withdraw(written)
        for doc_id in error.doc_ids:
            was_written = doc_id in self.written
            self.written.pop(doc_id, None)
            self._fail(Failure(doc_id, f"{error}; {fate}" if was_written else str(error)))

    def _fail(self, failure: Failure) -> None:
        self.failed.append(failure)
        self.destination.add_failure(failure)

    def close(self) -> list[str]:
        """Close the extractor, which may find that its last answers are void; return lines to print."""
        try:
            return [*extractors.close(self.extractor), *extractors.notes_of(self.extractor)]
        except MismatchError as e:
            self._withdraw(e)
            return extractors.notes_of(self.extractor)
        finally:
            self.restore()


def _explain(doc_id: str, error: BaseException) -> Failure:
    """Return the failure of an article from the exception that it ended with, which may be anything."""
    if type(error) is ExtractorError or type(error).__module__.startswith("vostochny."):
        if isinstance(error, InputError):
            more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
            return Failure(doc_id, f"{error.problems[0]}{more}", str(error))
        return Failure(doc_id, str(error))
    return Failure(doc_id, guards.describe(error), guards.describe_traceback(error))
