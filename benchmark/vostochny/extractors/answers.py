"""Turn what an extractor returned into a prediction row: plain JSON, checked by the reader of prediction files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from vostochny.errors import InputError, Problem
from vostochny.extractors import ExtractorError, Prediction
from vostochny.formats.keys import KeyNames
from vostochny.formats.lenient import read_leniently
from vostochny.formats.model_answers import drop_keys, find_answers, list_predictions
from vostochny.formats.prediction import RowReader
from vostochny.formats.reader import Reading, Record
from vostochny.formats.rows import to_layers
from vostochny.model import LAYERS, Document
from vostochny.ontology import Ontology, View


def row_of(prediction: Prediction, document: Document) -> dict[str, Any]:
    """Return a prediction for a document as a row of plain JSON values. Raises ExtractorError where it cannot be one.

    NumPy numbers become plain ones; ``doc_id`` is added where it is missing.
    """
    if isinstance(prediction, Document):
        # Its offsets count in this text, even if it does not carry the text itself.
        layers = to_layers(replace(prediction, text=document.text))
        prediction = {"doc_id": prediction.doc_id, **{k: v for k, v in layers.items() if k in prediction.emitted}}
    if not isinstance(prediction, Mapping):
        expected = f"expected a Document or an object with any of {', '.join(LAYERS)}"
        raise ExtractorError(f"returned {type(prediction).__name__}; {expected}")
    try:
        row = msgspec.json.decode(msgspec.json.encode(dict(prediction), enc_hook=_to_plain))
    except (TypeError, ValueError) as e:  # ValueError: half a character
        raise ExtractorError(f"returned something that is not JSON: {e}") from None
    return {"doc_id": document.doc_id, **row}


def open_answer(row: dict[str, Any]) -> dict[str, Any]:
    """Return the prediction in a row that holds a language model's answer; any other row as it is.

    Raises InputError where the answer has none.
    """
    answers = find_answers(row)
    for key, prediction in answers.items():
        if prediction is None:
            raise InputError(
                [Problem("answer", None, key, f"has no JSON object with {' or '.join(LAYERS)}: {row[key]!r:.80}")]
            )
    return KeyNames(opens_answers=True).resolve(row) if answers else row


def _to_plain(value: Any) -> Any:
    """Return a value that JSON does not know as one that it knows. Raises TypeError where there is none."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    for kind in (str, int, float):
        if isinstance(value, kind):  # of a subclass
            return kind(value)
    raise TypeError(f"Type is not JSON serializable: {type(value).__name__}")


def check_row(
    row: dict[str, Any],
    document: Document,
    ontology: Ontology,
    unknown: str = "error",
    view: View | None = None,
    offsets: str | None = None,
    name: str = "answer",
) -> Document:
    """Read a row as a document, with the reader of prediction files. Raises InputError with every problem.

    Args:
        row: The prediction.
        document: The article that it is for, with its layout.
        ontology: The ontology.
        unknown: How types that the ontology lacks are treated (scoring.Options.unknown).
        view: The label set of the prediction; None for the ontology's own.
        offsets: The unit that its offsets count; None for code points.
        name: What problems call it, in the place of a file's name.
    """
    reading = Reading(ontology, {document.doc_id: document})
    return reading.read_predictions([Record(name, None, row)], unknown, view, offsets)[document.doc_id]


def read_answer(row: dict[str, Any], document: Document, ontology: Ontology) -> tuple[Document, dict[str, Any], int]:
    """Return a language model's answer as a document, as a repaired row, and the number of repaired items.

    A type that the ontology lacks is a mistake like any other. Offsets were not asked for and are not reliable, so
    spans are placed by their words; keys that no item has are left out. Raises InputError where the answer has no layer
    that can be read.
    """

    def make_reader(row: dict[str, Any]) -> RowReader:
        return RowReader("answer", None, row, document.text, ontology, "wrong", None, document, "ignore")

    predicted, reader, repaired = read_leniently(drop_keys(KeyNames().resolve(row)), make_reader, document.doc_id)
    if reader.problems:
        raise InputError(reader.problems)
    return predicted, reader.given, repaired


def select_layers(row: dict[str, Any], document: Document) -> dict[str, Any]:
    """Return the part of a checked row that a prediction file stores: its layers, under the full doc_id."""
    return {"doc_id": document.doc_id, **{k: row[k] for k in LAYERS if row.get(k) is not None}}


def parse_answer(answer: str, layers: Sequence[str] = LAYERS) -> dict[str, Any]:
    """Return the object of an answer that has a layer, the last one (:func:`model_answers.list_predictions`).

    Raises InputError for no such object.
    """
    found = list_predictions(answer, layers)
    if found:
        return found[-1]
    message = f"has no JSON object with {' or '.join(layers)}: {answer[:80]!r}"
    raise InputError([Problem("answer", None, None, message)])
