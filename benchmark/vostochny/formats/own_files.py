"""Recognise what the project writes and what is neither gold nor predictions, such as ``score --items``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vostochny.model import LAYERS

_CONFIGURATION = (
    "is a configuration of the corpus with one item per row; give the corpus's folder, or its configuration documents"
)
# Keys of the first object of a file → what the file is, and what to give in its place.
_KINDS: tuple[tuple[frozenset[str], str], ...] = (
    (
        frozenset({"doc_id", "layer", "verdict"}),
        "is what score --items wrote, the outcome of every item; give the predictions that were scored",
    ),
    (frozenset({"signature", "metrics"}), "is a result that score --json wrote; give the predictions that were scored"),
    (frozenset({"extractor", "articles", "vostochny"}), "is the record of a run; give the predictions beside it"),
    (frozenset({"doc_id", "error"}), "lists the articles in which a run failed; give the predictions beside it"),
    (frozenset({"id", "doc_id", "zone", "paragraph_start"}), _CONFIGURATION),
    (frozenset({"cluster", "kind", "mentions", "part_of"}), _CONFIGURATION),
    (frozenset({"id", "relation", "reason", "spans"}), _CONFIGURATION),
)


def describe_own_file(value: Any) -> str | None:
    """Return what a file is whose first value is this one; None for any that may be gold or predictions."""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, Mapping) or any(layer in value for layer in LAYERS):
        return None
    return next((message for keys, message in _KINDS if keys <= value.keys()), None)
