"""Discrepancies as lines of text: they come back as they were, and every fault is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.discrepancy_lines import find_words, read_lines, write_lines
from scripts.edit import discrepancies
from scripts.files import ANNOTATIONS
from scripts.store import DISCREPANCIES, Store
from vostochny.errors import InputError
from vostochny.model import Span

STORE = Store()
ARTICLES = {document.doc_id: document for document in STORE.read_gold()}
FIRST, SECOND = list(ARTICLES)[:2]
ENTRY = "contradiction major | how often: twice, or several times\n"
SPANS = "  001: twice\n  002: several times\n"


def read(source: str) -> list[discrepancies.Row]:
    return read_lines(source, "lines.txt", ARTICLES, STORE.ontology)


def test_the_gold_comes_back_as_it_is() -> None:
    rows = STORE.read_discrepancies()
    assert read(write_lines(rows, ARTICLES, STORE.ontology)) == rows
    assert discrepancies.render(rows) == (ANNOTATIONS / DISCREPANCIES).read_text(encoding="utf-8")


def test_words_are_whole_and_in_scored_zones() -> None:
    fourth = list(ARTICLES)[4]
    text = ARTICLES[fourth].text
    (armoured,) = find_words(ARTICLES[fourth], "armoured", STORE.ontology)
    assert text.count("armoured") == 2 and armoured.start == text.rindex("armoured")  # the first stands in a duplicate
    assert (
        find_words(ARTICLES[FIRST], "rocketr", STORE.ontology) == find_words(ARTICLES[FIRST], "", STORE.ontology) == []
    )


def test_an_entry_without_a_number_gets_the_next_one() -> None:
    rows = read(ENTRY + SPANS + "\n" + ENTRY.replace("major |", "minor optional d007 |") + SPANS + "-- a comment\n")
    assert [(row["id"], row.get("optional")) for row in rows] == [("d008", None), ("d007", True)]
    (span,) = [span for span in rows[0]["spans"] if span["doc_id"] == SECOND]
    assert Span(span["start"], span["end"]).of(ARTICLES[SECOND].text) == span["text"] == "twice"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", "lines.txt: has no entry; expected “relation salience | reason” in a line"),
        ("contradiction | x\n" + SPANS, "lines.txt:1: entry: expected “relation salience | reason”"),
        (ENTRY.replace("contradiction", "variant") + SPANS, "lines.txt:1: relation: is 'variant'; expected one of"),
        (ENTRY.replace("major", "big") + SPANS, "lines.txt:1: salience: is 'big'; expected one of major, minor"),
        (ENTRY.replace("major", "major optional") + SPANS, "lines.txt:1: optional: is for minor entries only"),
        ((ENTRY.replace("major", "major d001") + SPANS) * 2, "lines.txt:4: d001: is the number of two entries"),
        (ENTRY + "  001: thrice\n" + SPANS, "lines.txt:2: 001: 'thrice' occurs 0 times as whole words"),
        (ENTRY + "  001: twice ~2\n" + SPANS, "lines.txt:2: 001: 'twice' occurs 1 times as whole words"),
        (ENTRY + "  017: twice\n" + SPANS, "lines.txt:2: 017: "),
        (ENTRY + "  001 twice\n" + SPANS, "lines.txt:2: 001 twice: expected “003: words”"),
        ("  001: twice\n", "lines.txt:1: 001: expected “003: words”, or “silent: 001 004”, below an entry"),
        (ENTRY + "  001: twice\n", "lines.txt:1: spans: are too few; expected two answers"),
        (ENTRY + SPANS + "  silent: 003\n", "lines.txt:1: silent: is for an omission"),
        ("omission minor | x\n" + SPANS, "lines.txt:1: silent: is for an omission"),
        ("omission minor | x\n  001: twice\n  silent: 001\n", "lines.txt:1: silent: names an article that answers"),
    ],
)
def test_each_fault_is_named_with_its_line(lines: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(lines)
    assert any(str(problem).startswith(message) for problem in caught.value.problems), caught.value


def test_lines_that_would_undo_a_change_are_refused() -> None:
    shown = discrepancies.show(STORE, ARTICLES)
    discrepancies.refuse_old_copy(shown, "lines.txt", STORE)
    assert read(shown) == STORE.read_discrepancies()
    changed = Store(ANNOTATIONS, {DISCREPANCIES: b"[]"})
    with pytest.raises(InputError, match=r"lines\.txt:1: the discrepancies have changed since they were shown"):
        discrepancies.refuse_old_copy(shown, "lines.txt", changed)
    discrepancies.refuse_old_copy(ENTRY + SPANS, "lines.txt", changed)  # new lines are a copy of nothing


def test_the_command_shows_spans_in_their_context(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lines.txt").write_text(ENTRY + SPANS, encoding="utf-8")
    assert discrepancies.main(["check", str(tmp_path / "lines.txt")]) == 0
    assert "001 …ted to launch reconnaissance satellites [twice] but failed." in capsys.readouterr().out
