"""Every case gives its stored answer, and a change of a score, a count or a word is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from .answers import differences, from_text, section
from .cases import CASES, prepare_folder
from .stored import orphans, problem


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare_folder(tmp_path_factory.mktemp("answers").resolve())


@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_the_stored_one(name: str, folder: Path) -> None:
    found = problem(CASES[name], folder)
    if found:
        pytest.fail(f"{found}\nIf this is meant: python -m tests.answers {name}", pytrace=False)


def test_no_answer_is_without_a_case() -> None:
    assert orphans() == []


SCORE = b'{\n  "value": 0.5,\n  "right": 7.0,\n  "by": [1, {"PER": "x"}]\n}\n'.replace(
    b"[1, {", b"[\n    1,\n    {\n      "
)
SCORE = SCORE.replace(b'"x"}]', b'"x"\n    }\n  ]')


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("0.5", "0.500000001", "$.value: was 0.5, is 0.500000001"),
        ("7.0", "8.0", "$.right: was 7.0, is 8.0"),
        ("7.0", "7", "$.right: was 7.0, is 7"),
        ("1,", "2,", "$.by[0]: was 1, is 2"),
        ('"x"', '"y"', '$.by[1].PER: was "x", is "y"'),
        ('"right"', '"rights"', "$: had the keys value, right, by; has value, rights, by"),
        ("\n}\n", "\n}", "was stored as json indent 2, is json indent 2, no end of line"),
        ("  ", " ", "was stored as json indent 2, is json indent 1"),
    ],
)
def test_a_change_of_json_is_reported(old: str, new: str, place: str) -> None:
    now = SCORE.decode().replace(old, new).encode()
    assert differences([section("1 stdout", SCORE)], [section("1 stdout", now)]) == [f"1 stdout: {place}"]


def test_a_float_is_equal_within_its_last_places() -> None:
    now = SCORE.replace(b"0.5", b"0.5000000000000001")
    assert differences([section("1 stdout", SCORE)], [section("1 stdout", now)]) == []


def test_a_hash_stands_for_the_values() -> None:
    """What is large is held without tolerance, so its floats are rounded before."""
    nearly, other, moved = (SCORE.replace(b"0.5", x) for x in (b"0.5000000000000001", b"0.50000001", b" 0.5"))
    then, *now = (section("1 stdout", x, "digest") for x in (SCORE, nearly, other, moved))
    assert [bool(differences([then], [x])) for x in now] == [False, True, True]


def test_a_change_of_text_is_reported() -> None:
    then, now = (section("1 stderr", f"one\n{word} words\n".encode()) for word in ("two", "three"))
    assert differences([then], [now]) == ["1 stderr: line 2:\n  was two words\n  is  three words"]
    assert differences([then], []) == ["1 stderr: is no longer there"]
    cut = section("1 stderr", b"one\ntwo words")
    assert differences([then], [cut]) == ["1 stderr: was stored as text, is text without end of line"]


@pytest.mark.parametrize(
    "content",
    [
        SCORE,
        b"=== a title\n\\=== b\n\n",
        b"",
        b"\n",
        b"no end",
        b"a\r\nb\x1b[1m\n",
        b'{"a": 1}\n{"a": 2.5}\n',
        b"\xff\xfe",
    ],
)
def test_what_is_stored_is_read_again(content: bytes) -> None:
    one = section("1 stdout", content)
    more = [one, section("2 stdout", b"more\n")]
    assert from_text("".join(s.text() for s in more)) == more
