"""``python -m scripts validate``: it reports every problem, and what cannot be read, with its exit codes."""

from __future__ import annotations

import json

import pytest

from scripts.rules import book
from tests.support.annotation_changes import find_relations
from tests.support.processes import run_scripts
from tests.support.rule_breaks.spans import add_long_value
from tests.support.small_annotations import FIRST, SECOND, TEXTS, AnnotationsCopy


def test_all_problems_at_once_with_place_words_and_rule(copy, run_validate):
    copy.annotate(FIRST, ("[[Kim|PER kim_jong_un]]’s", "[[Kim’s|PER kim_jong_un]]"), ("mixed", "indirect"))
    copy.change_results(SECOND, add_long_value)
    code, out, _ = run_validate(str(copy.annotations), "--json")
    rows = json.loads(out)
    assert code == 1 and rows["unreadable"] == []
    assert [(r["rule"], r["doc_id"], r["words"]) for r in rows["violations"]] == [
        ("EN9", FIRST, "Kim’s"),
        ("QU12", FIRST, "it was a “big step”"),
        ("SP9", SECOND, "everything. “There"),
    ]
    first = rows["violations"][0]
    assert TEXTS[FIRST][first["start"] : first["end"]] == "Kim’s" and first["guideline"] == "E13" and first["id"]
    code, out, _ = run_validate(str(copy.annotations))
    assert code == 1 and "EN9" in out and "QU12" in out and "SP9" in out and "3 problems" in out


def test_clean_is_0(copy, run_validate):
    code, out, _ = run_validate(str(copy.annotations))
    assert code == 0 and "0 problems, 0 unreadable" in out


def break_json(copy: AnnotationsCopy) -> None:
    (copy.gold / f"{FIRST}.json").write_text("{", encoding="utf-8")


def lose_gold(copy: AnnotationsCopy) -> None:
    (copy.gold / f"{FIRST}.json").unlink()


def change_seed(copy: AnnotationsCopy) -> None:
    (copy.root / "seeds" / f"{FIRST}.txt").write_text("other", encoding="utf-8")


def add_stray_file(copy: AnnotationsCopy) -> None:
    (copy.gold / "other.json").write_text("{}", encoding="utf-8")


def break_yaml(copy: AnnotationsCopy) -> None:
    (copy.annotations / "discrepancies.yaml").write_text("[", encoding="utf-8")


def register_twice(copy: AnnotationsCopy) -> None:
    path = copy.annotations / "clusters" / "entities.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "train: {name: x, type: VEH}\n", encoding="utf-8")


def unlink_cue(copy: AnnotationsCopy) -> None:
    copy.change_results(FIRST, lambda result: result.remove(find_relations(result, "cue")[0]))


def break_record(copy: AnnotationsCopy) -> None:
    (copy.annotations / "adjudication.jsonl").write_text("{\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (break_json, f"annotations/gold/{FIRST}.json:1: column 2: is not JSON"),
        (lose_gold, "cannot be read"),
        (change_seed, "differs from annotations/documents.yaml"),
        (add_stray_file, "is named after no article"),
        (break_yaml, "discrepancies.yaml:1: is not YAML"),
        (register_twice, "entities.yaml:49: train: is a repeated key, which line 43 has already"),
        (unlink_cue, "belongs to no quote"),
        (break_record, "adjudication.jsonl:1: column 2: is not JSON"),
    ],
)
def test_what_cannot_be_read_is_2(spoil, message, copy, run_validate):
    spoil(copy)
    code, out, _ = run_validate(str(copy.annotations))
    assert code == 2 and message in out


def test_no_annotations_folder_is_2(tmp_path, run_validate):
    code, _, err = run_validate(str(tmp_path))
    assert code == 2 and "is not an annotations folder" in err


def test_the_command_reads_the_published_gold():
    done = run_scripts("validate", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == {"violations": [], "unreadable": []}


def test_the_rules_can_be_listed(run_validate):
    code, out, _ = run_validate("--rules")
    assert code == 0 and [line.split()[0] for line in out.splitlines()] == sorted(book.RULES, key=book.sort_key)
