"""Find the prediction in what a language model answered: in a fence, among words, in other objects, or in a string.

Shared by ``vostochny run`` (:mod:`vostochny.extractors.answers`) and, with ``--unknown wrong``, by all readers of rows:
a row then may hold such an answer in place of layers (:class:`vostochny.formats.keys.KeyNames`).
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from vostochny.model import LAYERS
from vostochny.schema.records import LAYER_FIELDS, DocumentRecord, SpanRecord, list_aliases, list_fields

ANSWER = "answer"  # the key for an answer that comes without one
# Keys under which an answer is expected, so that one without a prediction is unreadable and not an unknown key.
_KEYS = frozenset(
    (ANSWER, "response", "output", "outputs", "completion", "content", "prediction", "predictions", "generated_text",
     "message", "result", "raw")
)  # fmt: skip
_ROW_KEYS = frozenset(f.name for f in list_fields(DocumentRecord)) | list_aliases(DocumentRecord).keys()
_THOUGHTS = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_MAX_TRIES = 2000  # braces of an answer at which an object is looked for
_MAX_WRAPPERS = 6  # objects and lists around the one that has the layers
HOLDS_ANSWER = (
    "holds a language model's answer; --unknown wrong reads it, keeps what is valid, counts the rest as wrong"
)


def list_predictions(answer: Any, layers: Sequence[str] = LAYERS, depth: int = _MAX_WRAPPERS) -> list[dict[str, Any]]:
    """Return the objects of an answer that have a layer, in their order; ``depth`` limits the objects around them.

    What a model thinks (``<think>``) is no answer, unless there is none after it.

    >>> list_predictions('I found: ```{"output": {"entities": []}}```')
    [{'entities': []}]
    """
    if isinstance(answer, str):
        texts = dict.fromkeys((_THOUGHTS.sub(" ", answer), answer))
        found = ([row for x in _list_objects(text) for row in list_predictions(x, layers, depth)] for text in texts)
        return next(filter(None, found), [])
    if isinstance(answer, dict) and any(isinstance(answer.get(layer), list) for layer in layers):
        return [answer]
    if not isinstance(answer, dict | list) or not depth:
        return []
    inner = answer.values() if isinstance(answer, dict) else answer
    return [row for value in inner for row in list_predictions(value, layers, depth - 1)]


def _list_objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects in a text, outermost ones only."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    for _ in range(_MAX_TRIES):
        if at < 0:
            return
        end = at + 1
        with contextlib.suppress(ValueError, RecursionError):
            value, end = decoder.raw_decode(text, at)
            yield value
        at = text.find("{", end)


def find_answers(row: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    """Return the keys of a row without layers that hold an answer, each with its prediction: None where it has none."""
    if any(row.get(layer) is not None for layer in LAYERS):
        return {}
    found: dict[str, dict[str, Any] | None] = {}
    for key, value in row.items():
        if key not in _ROW_KEYS and isinstance(value, str | dict | list):
            predictions = list_predictions(value)
            if predictions or key in _KEYS:
                found[key] = predictions[-1] if predictions else None
    return {key: prediction for key, prediction in found.items() if prediction is not None} or found


def drop_keys(value: Any, record: type[Struct] | None = DocumentRecord) -> Any:
    """Return a row of an answer without the keys that its items do not have, and without offsets beside words.

    Offsets were not asked for and are not reliable, so spans are placed by their words.
    """
    if record is DocumentRecord and isinstance(value, dict):
        return {key: drop_keys(x, LAYER_FIELDS[key].record) if key in LAYER_FIELDS else x for key, x in value.items()}
    if isinstance(value, list):
        return [drop_keys(item, record) for item in value]
    if not isinstance(value, dict) or record is None:
        return value
    fields = {field.name: field for field in list_fields(record)}
    has_words = isinstance(value.get("text"), str)
    return {
        key: drop_keys(
            item, fields[key].record or (SpanRecord if fields[key].kind in ("record", "reference") else None)
        )
        for key, item in value.items()
        if key in fields and not (has_words and key in ("start", "end"))
    }
