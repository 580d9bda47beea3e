"""``inspect:LOG``: the predictions that a language model made in an evaluation of the task ``vostochny/extract``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vostochny.extractors import ExtractorError, Settings
from vostochny.model import Document

SCORER = "counted"


def make(argument: str, settings: Settings) -> InspectLog:
    """The predictions of a log file. Raises ExtractorError where it is none of the task."""
    try:
        from inspect_ai.log import read_eval_log
    except ModuleNotFoundError:
        raise ExtractorError("inspect_ai is not installed; pip install 'vostochny[inspect]'") from None
    if not Path(argument).is_file():
        raise ExtractorError(f"inspect:{argument}: no such log")
    try:
        log = read_eval_log(argument)
    except Exception as e:  # whatever is wrong with a file that may be anything
        raise ExtractorError(f"inspect:{argument}: cannot be read as a log: {' '.join(str(e).split())[:200]}") from None
    scores = [(str(s.id), s.scores[SCORER]) for s in log.samples or () if s.scores and SCORER in s.scores]
    if not scores:
        raise ExtractorError(f"inspect:{argument}: has no answers of the task vostochny/extract")
    found: dict[str, str] = {}
    for doc_id, score in scores:
        found.setdefault(doc_id, score.answer or "{}")  # of several epochs the first
    return InspectLog(found)


class InspectLog:
    """Gives what the log has for an article."""

    def __init__(self, answers: Mapping[str, str]):
        self.answers = answers

    def __call__(self, document: Document) -> dict[str, Any]:
        if document.doc_id not in self.answers:
            raise ExtractorError("the log has no answer for this article")
        row: dict[str, Any] = json.loads(self.answers[document.doc_id])
        return row
