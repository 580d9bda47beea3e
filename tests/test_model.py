"""The records of a document."""

from __future__ import annotations

import pytest

from vostochny.model import LAYERS, Document, find_id, match_ids, shorten_id


@pytest.mark.parametrize(
    ("doc_id", "short"),
    [
        ("003_614713fa8e662b7e", "003"),
        ("0051_x_y", "0051"),
        ("kim_in_moscow", "kim_in_moscow"),  # as given with add-article --id
        ("doc_1", "doc_1"),
        ("summit", "summit"),
        ("_x", "_x"),
    ],
)
def test_the_short_id_is_the_number_that_an_id_begins_with(doc_id: str, short: str) -> None:
    assert Document(doc_id, "").short_id == shorten_id(doc_id) == short


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [("001", ["001_a", "001_b"]), ("001_a", ["001_a"]), ("002", ["002"]), ("0021", ["0021_c"]), ("9", []), ("", None)],
)
def test_an_id_is_meant_before_what_begins_with_it(prefix: str, expected: list[str] | None) -> None:
    known = ["001_a", "001_b", "002", "0021_c"]
    assert match_ids(prefix, known) == (known if expected is None else expected)


def test_what_a_person_means_by_an_id_is_found_or_explained() -> None:
    known = {"001_a": 1, "001_b": 2, "002": 3}
    assert find_id("001_a", known) == "001_a" and find_id("00", {"002": 3}) == "002"
    with pytest.raises(LookupError, match=r"^'00' fits 001_a, 001_b, 002; write more of the id$"):
        find_id("00", known)
    with pytest.raises(LookupError, match=r"^unknown document '001-b'; did you mean '001_b'\?$"):
        find_id("001-b", known)
    with pytest.raises(LookupError, match=r"^unknown document 'x'; expected one of 001_a, 001_b, 002$"):
        find_id("x", known)


def test_a_document_has_every_layer_unless_it_says_otherwise() -> None:
    assert Document("x", "").emitted == frozenset(LAYERS)
    assert all(getattr(Document("x", ""), layer) == () for layer in LAYERS)
