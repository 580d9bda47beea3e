"""What an extractor returned, as a prediction row: plain JSON, checked by the reader that scores it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from vostochny.extractors import ExtractorError, Prediction
from vostochny.formats.prediction import to_layers
from vostochny.formats.reader import Reading, Record
from vostochny.model import LAYERS, Document
from vostochny.ontology import Ontology, View


def row_of(prediction: Prediction, document: Document) -> dict[str, Any]:
    """A prediction for ``document`` as a row of plain JSON values. Raises ExtractorError where it is none.

    NumPy numbers become plain ones; ``doc_id`` is added where it is missing.
    """
    if isinstance(prediction, Document):
        # Its offsets are into this text, whether or not it carries it.
        layers = to_layers(replace(prediction, text=document.text))
        prediction = {"doc_id": prediction.doc_id, **{k: v for k, v in layers.items() if k in prediction.emitted}}
    if not isinstance(prediction, Mapping):
        expected = f"expected a Document or an object with any of {', '.join(LAYERS)}"
        raise ExtractorError(f"returned {type(prediction).__name__}; {expected}")
    try:
        row = orjson.loads(orjson.dumps(dict(prediction), option=orjson.OPT_SERIALIZE_NUMPY))
    except TypeError as e:
        raise ExtractorError(f"returned what is no JSON: {e}") from None
    return {"doc_id": document.doc_id, **row}


def checked(
    row: dict[str, Any],
    document: Document,
    ontology: Ontology,
    unknown: str = "error",
    view: View | None = None,
    offsets: str | None = None,
    name: str = "answer",
) -> Document:
    """A row as a document, by the reader of prediction files (Reading).

    Raises InputError with every problem; ``name`` stands in them where a file's name would.
    """
    reading = Reading(ontology, {document.doc_id: document})
    return reading.read_predictions([Record(name, None, row)], unknown, view, offsets)[document.doc_id]


def stored(row: dict[str, Any], document: Document) -> dict[str, Any]:
    """The part of a checked row that a prediction file keeps: its layers, under the full doc_id."""
    return {"doc_id": document.doc_id, **{k: row[k] for k in LAYERS if row.get(k) is not None}}
