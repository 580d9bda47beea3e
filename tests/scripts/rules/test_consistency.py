"""The consistency report: each kind of row is found, can be cleared with a reason, and becomes stale."""

from __future__ import annotations

import json

import pytest

from scripts.rules import consistency
from scripts.rules.folder import read_folder
from tests.support.annotation_changes import Change, change_notes
from tests.support.small_annotations import FIRST, NOTES, SECOND, TEXTS, AnnotationsCopy


def delete_line(doc_id: str, begins: str) -> Change:
    """Leave out the one line of the notation that begins so."""
    (line,) = (x for x in NOTES[doc_id].splitlines(keepends=True) if x.startswith(begins))
    return change_notes(doc_id, (line, ""))


THEY = ("said that [[they|PER PRO leaders]]", "said that they")
KIM = "[[Kim|PER kim_jong_un]] meets"
CONSISTENT = {
    "mention": (change_notes(SECOND, THEY, ("Participant: they | ", "")), "they"),
    "type": (change_notes(FIRST, (KIM, KIM.replace("PER", "ORG"))), "Kim"),
    "identity": (change_notes(FIRST, (KIM, KIM.replace("kim_jong_un", "leaders"))), "Kim"),
    "capital": (change_notes(FIRST, ("[[Sep 15|DATE]]", "Sep 15")), "Sep"),
    "value": (change_notes(FIRST, ("[[two|CARDINAL]]", "two")), "two"),
    "marks": (delete_line(SECOND, "Q “There"), "“There is time,”"),
    "report": (delete_line(SECOND, "Q that"), "said"),
    "report-trigger": (
        change_notes(
            FIRST,
            ("E leave", "E said | Contact.Correspond | actual | #other_talks\nE leave"),
            ("E pledge", "E reported | Contact.Correspond | actual | #other_talks\nE pledge"),
            ("cue: reported | source: Media", "source: Media"),
            ("S Agencies", "E reported | Contact.Correspond | actual | #other_talks\nS Agencies"),
        ),
        "reported",
    ),
    "trigger": (delete_line(SECOND, "E talk ~1"), "talk"),
    "event": (delete_line(SECOND, "E met"), "met"),
    "argument": (change_notes(SECOND, ("Participant: Vladimir Putin | Participant: Kim Jong Un | ", "")), "met"),
}


def rows_of(copy: AnnotationsCopy) -> list[consistency.Row]:
    return consistency.find_rows(read_folder(copy.annotations).gold)


@pytest.mark.parametrize("kind", CONSISTENT)
def test_each_kind_of_row_is_found(kind: str, copy: AnnotationsCopy):
    before = {r.key for r in rows_of(copy)}
    change, words = CONSISTENT[kind]
    change(copy)
    new = [r for r in rows_of(copy) if r.key not in before]
    assert (kind, words) in {(r.kind, r.words) for r in new}, new
    assert all(TEXTS[FIRST if r.article == "000" else SECOND][r.start : r.end] == r.words for r in new)


def test_no_kind_of_row_goes_untested():
    assert CONSISTENT.keys() == consistency.KINDS.keys()


def test_rows_are_cleared_counted_and_go_stale(copy, run_validate):
    arguments = (str(copy.annotations), "--consistency", "--json")
    CONSISTENT["value"][0](copy)
    code, out, _ = run_validate(*arguments)
    keys = [row["key"] for row in json.loads(out)["rows"]]
    assert code == 1 and len(keys) == len(set(keys)) > 0
    start = TEXTS[FIRST].index("two")
    assert f"value|000|{start}|{start + 3}|two" in keys
    copy.write_yaml("consistency.yaml", dict.fromkeys(keys, "it is right so") | {"value|000|1|2|x": "it was once"})
    code, out, _ = run_validate(*arguments)
    assert code == 0 and json.loads(out) == {"rows": [], "cleared": len(keys), "stale": ["value|000|1|2|x"]}
    code, out, _ = run_validate(*arguments[:2])
    assert code == 0 and "stale, remove from" in out and f"0 open (none), {len(keys)} cleared, 1 stale" in out


def test_a_row_is_not_cleared_without_a_reason(copy, run_validate):
    copy.write_yaml("consistency.yaml", {"value|000|1|2|x": None})
    code, _, err = run_validate(str(copy.annotations), "--consistency")
    assert code == 2 and "is not a mapping of keys to reasons" in err
