"""What the answers in Prodigy's tasks say: which tasks and spans an annotator accepted, and whose answer is read.

A task has an ``answer`` (accept, reject or ignore); so may each of its spans. Several annotators answer in sessions,
which are in ``_annotator_id`` and ``_session_id`` as ``DATASET-NAME``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from vostochny.errors import list_names
from vostochny.formats.containers import Output
from vostochny.formats.reader import Reading

ANSWERS = ("accept", "reject", "ignore")
_ANNOTATOR_KEYS = ("_annotator_id", "_session_id")


def select_accepted(path: str, reading: Reading, outputs: Iterable[Output]) -> list[Output]:
    """Return the outputs that are not a task, and of the tasks those accepted, with the accepted spans.

    Other tasks and spans are counted as left out. It is a problem where a text has several answers.
    """
    kept: list[Output] = []
    answers: dict[str, list[Output]] = defaultdict(list)  # text → the accepted tasks about it
    for output in outputs:
        value = output.value
        if not isinstance(value, dict) or not ("answer" in value or "_input_hash" in value):
            kept.append(output)
            continue
        if reading.annotator is not None and not _is_by(value, reading.annotator):
            reading.left_out[f"Prodigy tasks that {reading.annotator} did not answer"] += 1
            continue
        if not _is_accepted(path, reading, output, value, "tasks", "answer"):
            continue
        spans = value.get("spans")
        if isinstance(spans, list):
            where = ((span, f"spans[{i}].answer") for i, span in enumerate(spans))
            accepted = [x for x, at in where if _is_accepted(path, reading, output, x, "spans", at)]
            tokens = value.get("tokens")
            for x, at in zip(spans, (f"spans[{i}]" for i in range(len(spans))), strict=True):
                if isinstance(tokens, list) and _names_no_tokens(x, len(tokens)):
                    message = f"token_start and token_end are not among the {len(tokens)} tokens, in their order"
                    reading.add_problem(path, output.line, at, message)
            spans = [_place_by_tokens(x, value.get("tokens")) for x in accepted]
            output = Output(output.line, output.doc_id, {**value, "spans": spans})
        if isinstance(value.get("text"), str):
            answers[value["text"]].append(output)
        kept.append(output)
    for tasks in answers.values():
        if len(tasks) > 1:
            reading.add_problem(path, tasks[1].line, "text", _explain_repetition(tasks))
    return kept


def _is_accepted(path: str, reading: Reading, output: Output, item: Any, what: str, where: str) -> bool:
    """Return whether a task or span was accepted; one without an answer was not asked about, and counts as accepted."""
    answer = item.get("answer", "accept") if isinstance(item, dict) else "accept"
    if answer not in ANSWERS:
        reading.add_problem(path, output.line, where, f"is {answer!r:.40}; expected {list_names(ANSWERS)}")
    elif answer != "accept":
        reading.left_out[f"Prodigy {what} answered {answer}"] += 1
    return answer == "accept"


def _names_no_tokens(span: Any, count: int) -> bool:
    """Return whether a span names its tokens by numbers that so many tokens cannot have."""
    if not isinstance(span, dict):
        return False
    first, last = span.get("token_start"), span.get("token_end")
    return type(first) is int and type(last) is int and not 0 <= first <= last < count


def _place_by_tokens(span: Any, tokens: Any) -> Any:
    """Return a span with the words of its tokens, to be compared with the text, and with their place if it has none."""
    if not isinstance(span, dict) or not isinstance(tokens, list):
        return span
    first, last = span.get("token_start"), span.get("token_end")
    if not (isinstance(first, int) and isinstance(last, int) and 0 <= first <= last < len(tokens)):
        return span
    chosen = tokens[first : last + 1]
    if not all(isinstance(t, dict) and isinstance(t.get("text"), str) for t in chosen):
        return span
    words = "".join(t["text"] + " " * (t.get("ws") is not False) for t in chosen).strip()
    place = {"start": chosen[0].get("start"), "end": chosen[-1].get("end"), "text": words}
    return {**place, **{key: value for key, value in span.items() if value is not None}}


def _list_annotators(task: dict[str, Any]) -> list[str]:
    return [task[key] for key in _ANNOTATOR_KEYS if isinstance(task.get(key), str)]


def _is_by(task: dict[str, Any], annotator: str) -> bool:
    return any(name == annotator or name.endswith(f"-{annotator}") for name in _list_annotators(task))


def _explain_repetition(tasks: list[Output]) -> str:
    """Return what to do about several accepted tasks about one text."""
    names = list(dict.fromkeys(name for task in tasks for name in _list_annotators(task.value)[:1]))
    if len(names) > 1:
        return f"{len(names)} annotators answered the same text: {list_names(names)}; choose one with --annotator NAME"
    return (
        f"has {len(tasks)} accepted answers, each to a question of its own; merge them with prodigy data-to-spacy, and "
        "give the file that it writes"
    )
