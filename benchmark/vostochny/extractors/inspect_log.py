"""``inspect:LOG``: take the predictions of a language model from the log of a ``vostochny/extract`` evaluation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vostochny.extractors import ExtractorError, Settings
from vostochny.model import Document

SCORER = "counted"  # the scorer of tasks/inspect_extract.py, as logs name it


def make(argument: str, settings: Settings) -> InspectLog:
    """Return the extractor of a log file. Raises ExtractorError where the file is not a log of this task."""
    try:
        from inspect_ai.log import read_eval_log
    except ModuleNotFoundError:
        raise ExtractorError("inspect_ai is not installed; pip install 'vostochny[inspect]'") from None
    if not Path(argument).is_file():
        raise ExtractorError(f"inspect:{argument}: no such log")
    try:
        log = read_eval_log(argument)
    except Exception as e:  # the file may be anything, and inspect_ai fails in as many ways
        raise ExtractorError(f"inspect:{argument}: cannot be read as a log: {' '.join(str(e).split())[:200]}") from None
    scores = [(s.epoch, str(s.id), s.scores[SCORER]) for s in log.samples or () if s.scores and SCORER in s.scores]
    if not scores:
        raise ExtractorError(f"inspect:{argument}: has no answers of the task vostochny/extract")
    epochs = sorted({epoch for epoch, _, _ in scores})
    epoch = settings.epoch or epochs[0]
    if epoch not in epochs:
        raise ExtractorError(f"inspect:{argument}: has no epoch {epoch}; --epoch takes {', '.join(map(str, epochs))}")
    chosen = {doc_id: score for number, doc_id, score in scores if number == epoch}
    unreadable = sum(bool((score.metadata or {}).get("unreadable")) for score in chosen.values())
    notes = [f"answers of epoch {epoch} of {len(epochs)}" + (" (--epoch N takes another)" if len(epochs) > 1 else "")]
    if unreadable:
        notes.append(f"{unreadable} of {len(chosen)} answers were unreadable, and are empty predictions")
    return InspectLog({doc_id: score.answer or "{}" for doc_id, score in chosen.items()}, notes)


class InspectLog:
    """An extractor that looks up the answer for an article in a log; answers are JSON by doc_id."""

    def __init__(self, answers: Mapping[str, str], notes: Sequence[str]):
        self.answers, self.notes = answers, notes

    def __call__(self, document: Document) -> dict[str, Any]:
        if document.doc_id not in self.answers:
            raise ExtractorError("the log has no answer for this article")
        row: dict[str, Any] = json.loads(self.answers[document.doc_id])
        return row
