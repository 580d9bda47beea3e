"""YAML is read by the fast parser, and means what the exact one reads."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from scripts import files
from scripts.files import ANNOTATIONS
from tests.support.effort import examples
from vostochny.errors import InputError

ANNOTATION_FILES = sorted(ANNOTATIONS.rglob("*.yaml"))
SOURCES = [path.read_text(encoding="utf-8") for path in ANNOTATION_FILES]
PIECES = [
    "\t", "\n", "\r\n", " ", "  ", "- ", "-", ": ", ":", "{", "}", "[", "]", ",", "#", " #", "&a ", "*a", "!x ", "! ",
    "!!str ", "|", ">", "|2\n", ">-\n", "?", "? ", '"', "'", "%YAML 1.2\n", "---\n", "...\n", "<<: ", "=", "~", "null",
    "2020-01-01", "1:2", '"\\ud800"', '"\\x41"', "\u2028", "\x85", "\ufeff", "\xa0", "\x07", "\x7f", "\\", "@", "é",
    "😀", "a", "b: c",
]  # fmt: skip


@st.composite
def damaged_sources(draw: st.DrawFn) -> str:
    """A few pieces of YAML, or a stretch of an annotation file with some in it."""
    text = "".join(draw(st.lists(st.sampled_from(PIECES), max_size=12)))
    if draw(st.booleans()):
        return text
    source = draw(st.sampled_from(SOURCES))
    start = draw(st.integers(0, len(source)))
    stretch = source[start : start + draw(st.integers(0, 200))]
    place = draw(st.integers(0, len(stretch)))
    return stretch[:place] + text + stretch[place + draw(st.integers(0, 3)) :]


def read(parse: Any, source: str) -> object:
    """Return the value of a source, or what is wrong with it."""
    try:
        return repr(parse("x.yaml", source.encode()))
    except InputError as error:
        return str(error)


def parse_exactly(name: str, raw: bytes) -> object:
    """Return the value as :func:`files.parse_yaml` would without the fast parser."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_FastLoader", files._Loader)
        return files.parse_yaml(name, raw)


@pytest.mark.parametrize("source", SOURCES, ids=[path.stem for path in ANNOTATION_FILES])
def test_annotation_files_are_read_by_the_fast_parser(source: str) -> None:
    assert not files._READ_DIFFERENTLY.search(source)
    assert files._construct(files._FastLoader(source)) == (yaml.safe_load(source), {})


@given(damaged_sources())
@examples(200)
@example("null\t")
@example("|# a")
@example("a\n\ufeffb")
@example("\n\r\ufeff")
@example("{a? b: c}")
@example("--- \n! #a ")
@example("a: 1\nb: 2\na: 3")
@example("[" * 2000)
def test_both_parsers_read_the_same(source: str) -> None:
    assert read(files.parse_yaml, source) == read(parse_exactly, source)
