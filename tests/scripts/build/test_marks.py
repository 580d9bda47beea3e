"""Marks are filled with their values; one that is unknown, unused or incomplete is named with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.build.card import TEMPLATES
from scripts.build.marks import fill_documents, fill_template
from vostochny.errors import InputError

DOCUMENT = """One <!-- generated:a -->1<!-- /generated -->.

<!-- generated:b --><!-- /generated -->
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.md"


def test_a_document_keeps_its_marks_and_can_be_filled_again(file: Path) -> None:
    file.write_text(DOCUMENT, encoding="utf-8")
    values = {"a": "2", "b": "x\ny"}
    once = fill_documents([file], values)[file]
    assert once == (
        "One <!-- generated:a -->2<!-- /generated -->.\n\n<!-- generated:b -->\n\nx\ny\n\n<!-- /generated -->\n"
    )
    file.write_text(once, encoding="utf-8")
    assert fill_documents([file], values) == {file: once}


def test_a_template_loses_its_marks(file: Path) -> None:
    file.write_text("```sh\ntag v<!-- generated:a -->\n```\n\n<!-- generated:b -->\n<!-- generated:a -->", "utf-8")
    assert fill_template(file, {"a": "2", "b": "x\ny"}) == "```sh\ntag v2\n```\n\nx\ny\n2"


@pytest.mark.parametrize(
    ("text", "values", "problems"),
    [
        (DOCUMENT, {"a": "1", "bb": ""}, [
            "file.md:3: b: is not a value that is generated; did you mean 'bb'?",
            "file.md: bb: is generated, but no mark shows it",
        ]),
        (DOCUMENT.replace("1<!-- /generated -->", "1"), {"b": ""}, [
            "file.md:1: <!-- generated:a -->: is a mark without its end",
        ]),
        (f"{DOCUMENT}\n<!-- /generated -->", {"a": "", "b": ""}, [
            "file.md:5: <!-- /generated -->: is a mark without a beginning",
        ]),
        (DOCUMENT.replace("generated:b", "generated: b"), {"a": ""}, [
            "file.md:3: <!-- generated: b -->: is a mark without its end",
            "file.md:3: <!-- /generated -->: is a mark without a beginning",
        ]),
    ],
)  # fmt: skip
def test_wrong_marks_of_a_document_are_named(
    file: Path, text: str, values: dict[str, str], problems: list[str]
) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        fill_documents([file], values)
    assert [str(problem).replace(f"{file.parent}/", "") for problem in caught.value.problems] == problems


def test_a_value_may_be_shown_by_any_of_several_documents(tmp_path: Path) -> None:
    files = [tmp_path / "a.md", tmp_path / "b.md"]
    for path in files:
        path.write_text(f"<!-- generated:{path.stem} --><!-- /generated -->", encoding="utf-8")
    assert list(fill_documents(files, {"a": "1", "b": "2"})) == files
    with pytest.raises(InputError, match=r"a\.md, .*b\.md: c: is generated, but no mark shows it"):
        fill_documents(files, {"a": "1", "b": "2", "c": "3"})


def test_wrong_marks_of_a_template_are_named(file: Path) -> None:
    file.write_text("a\n<!-- generated:b -->\n<!-- /generated -->\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        fill_template(file, {"c": ""})
    assert [(problem.line, problem.field) for problem in caught.value.problems] == [
        (3, "<!-- /generated -->"), (2, "b"), (None, "c")
    ]  # fmt: skip


def test_the_templates_contain_no_generated_number() -> None:
    """A version or a hash that someone types in would never change again."""
    from vostochny import corpus, version

    gold = corpus.file_hash(str(corpus.documents_path()))
    for path in TEMPLATES.iterdir():
        text = path.read_text(encoding="utf-8")
        assert version.__version__ not in text and gold not in text, path
