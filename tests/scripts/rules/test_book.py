"""The rules: a valid folder breaks none of them, and each is broken by a change, has a statement and a guideline."""

from __future__ import annotations

import dataclasses
import re
import shutil

import pytest

from scripts.files import ANNOTATIONS
from scripts.rules import book, validate
from scripts.rules.folder import find_guideline_numbers, read_folder
from tests.support.rule_breaks import BREAKS, GROUPS
from tests.support.small_annotations import FIRST, SECOND, TEXTS, AnnotationsCopy


def test_the_base_is_clean(copy: AnnotationsCopy):
    assert copy.check() == ([], [])


@pytest.mark.parametrize("rule", BREAKS)
def test_each_rule_is_broken_alone(rule: str, copy: AnnotationsCopy):
    BREAKS[rule](copy)
    broken, unreadable = copy.check()
    assert set(broken) == {rule} and not unreadable, unreadable


def test_every_rule_has_its_change_and_its_words():
    changed = [rule for group in GROUPS for rule in group.BREAKS]
    assert sorted(changed) == sorted(book.RULES)
    numbers = find_guideline_numbers((ANNOTATIONS / "GUIDELINES.md").read_text(encoding="utf-8"))
    for rule in book.RULES.values():
        assert re.fullmatch(r"[A-Z]{2}\d+", rule.id)
        assert rule.statement.endswith(".") and rule.right.endswith(".")
        assert rule.guideline is None or rule.guideline in numbers, rule.id


def test_an_annotators_pass_is_held_to_the_rules_on_one_article(copy):
    shutil.rmtree(copy.annotations / "annotators")
    copy.annotate(FIRST, ("[[Kim|PER kim_jong_un]]’s", "[[Kim’s|ORG kim_jong_un]]"))
    shutil.copytree(copy.gold, copy.annotations / "annotators" / "b")
    copy.annotate(FIRST)
    folder = read_folder(copy.annotations)
    found = validate.check(folder)
    assert [(v.rule, v.file) for v in found] == [("EN9", f"annotations/annotators/b/{FIRST}.json")]


def test_an_interpreter_speaks_for_another(copy):
    copy.annotate(SECOND, ("source: Putin", "source: ¶Kim Jong Un"))
    assert copy.check() == (["CL5"], [])
    folder = read_folder(copy.annotations)
    second = folder.gold[1]
    spoken = dataclasses.replace(second.document, text=TEXTS[SECOND].replace("Kim Jong Un", "interpreter"))
    folder.gold[1] = dataclasses.replace(second, document=spoken)
    assert [v.rule for v in book.check_together(book.GOLD, folder.gold)] == []


def test_registries_and_records_are_not_missed_before_they_exist(copy):
    shutil.rmtree(copy.annotations / "clusters")
    for name in ("discrepancies.yaml", "adjudication.jsonl", "GUIDELINES.md"):
        (copy.annotations / name).unlink()
    assert copy.check() == ([], [])


def test_a_registry_folder_must_be_complete(copy):
    (copy.annotations / "clusters" / "utterances.yaml").unlink()
    assert copy.check() == (["RG1"], [])
