"""Tokens: made once for a text, kept in a file, and made again where that cannot be used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import segmentation
from vostochny.model import Span
from vostochny.text import layout

TEXT = "The “forces”—a few\xa0of  them—met…\n\nKim’s men didn’t. \n"


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project of its own in which tokens are kept; returns the folder with their files."""
    monkeypatch.setattr(segmentation, "ROOT", tmp_path)
    segmentation.tokens_of.cache_clear()
    yield tmp_path / ".cache" / "tokens"
    segmentation.tokens_of.cache_clear()


def tokenize(text: str) -> list[str]:
    """Return the words of a text's tokens, as another process would find them."""
    segmentation.tokens_of.cache_clear()
    return [token.of(text) for token in segmentation.tokens_of(text)]


def refuse() -> None:
    raise AssertionError("the tokens are kept already")


def test_tokens_are_kept_for_the_next_command(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = tokenize(TEXT)
    assert " ".join(words) == "The “ forces ” — a few of them — met … Kim ’s men did n’t ."
    (file,) = own_folder.iterdir()
    monkeypatch.setattr(segmentation, "_tokenizer", refuse)
    assert tokenize(TEXT) == words
    with pytest.raises(AssertionError):
        tokenize(TEXT + "More.")
    assert list(own_folder.iterdir()) == [file]


@pytest.mark.parametrize("content", [b"", b"{}", b"[[0]]", b"[[0, 1.5]]", b"\xff", None])
def test_a_file_that_holds_no_tokens_is_replaced(own_folder: Path, content: bytes | None) -> None:
    words = tokenize(TEXT)
    (file,) = own_folder.iterdir()
    whole = file.read_bytes()
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    assert tokenize(TEXT) == words
    assert file.read_bytes() == whole


def test_another_version_of_what_makes_them_makes_them_again(own_folder: Path, tmp_path: Path) -> None:
    """As Python does for a compiled module: by the time and the size of its source."""
    source = Path(layout.__file__)
    state = source.stat()
    words = tokenize(TEXT)
    os.utime(source, ns=(state.st_atime_ns, state.st_mtime_ns + 10**9))
    try:
        assert tokenize(TEXT) == words
    finally:
        os.utime(source, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert len(list(own_folder.iterdir())) == 2


def test_a_project_that_cannot_be_written_to_keeps_none(own_folder: Path) -> None:
    own_folder.parent.write_bytes(b"no folder")
    assert tokenize(TEXT)[:2] == ["The", "“"]
    assert segmentation.tokens_of("") == () and segmentation.tokens_of("a") == (Span(0, 1),)
