"""The records of a document."""

from __future__ import annotations

import pytest

from vostochny.model import LAYERS, Document, shorten_id


@pytest.mark.parametrize(
    ("doc_id", "short"),
    [
        ("003_614713fa8e662b7e", "003"),
        ("0051_x_y", "0051"),
        ("kim_in_moscow", "kim"),  # as given with add-article --id
        ("summit", "summit"),
        ("_x", "_x"),
    ],
)
def test_the_short_id_ends_before_the_first_underscore(doc_id: str, short: str) -> None:
    assert Document(doc_id, "").short_id == shorten_id(doc_id) == short


def test_a_document_has_every_layer_unless_it_says_otherwise() -> None:
    assert Document("x", "").emitted == frozenset(LAYERS)
    assert all(getattr(Document("x", ""), layer) == () for layer in LAYERS)
