"""The guidelines: every example has the words of its article at its offsets, and every cited rule exists."""

from __future__ import annotations

import re
from collections import Counter

from scripts.files import ANNOTATIONS
from scripts.rules.folder import find_guideline_numbers
from scripts.store import Store, read_seed
from vostochny.model import shorten_id

SOURCE = (ANNOTATIONS / "GUIDELINES.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"‹([^›]+)›\s+\((\d{3}), (\d+)–(\d+)\)")
TEXTS = {shorten_id(doc_id): read_seed(doc_id) for doc_id in Store().read_manifest()["documents"]}


def line_of(offset: int) -> int:
    return SOURCE.count("\n", 0, offset) + 1


def test_every_example_has_the_words_at_its_offsets():
    wrong = []
    for m in EXAMPLE.finditer(SOURCE):
        words, article, start, end = " ".join(m[1].split()), m[2], int(m[3]), int(m[4])
        actual = TEXTS.get(article, "")[start:end]
        if actual != words:
            wrong.append(f"line {line_of(m.start())}: ‹{words}› ({article}, {start}–{end}) is ‹{actual}› there")
    assert not wrong, "\n".join(wrong)


def test_examples_are_many_and_from_every_article():
    counts = Counter(m[2] for m in EXAMPLE.finditer(SOURCE))
    assert counts.total() >= 200 and counts.keys() == TEXTS.keys() and min(counts.values()) >= 20


def test_every_place_in_brackets_belongs_to_an_example():
    places = [m for m in re.finditer(r"\(\d{3},\s+\d+[–-]\d+\)", SOURCE)]
    examples = {m.end() for m in EXAMPLE.finditer(SOURCE)}
    stray = [f"line {line_of(m.start())}: {m[0]}" for m in places if m.end() not in examples]
    assert not stray, "\n".join(stray)


def test_every_cited_rule_exists_and_no_number_is_used_twice():
    numbers = re.findall(r"^\*\*([A-Z]\d+)\*\*", SOURCE, re.M)
    assert len(numbers) == len(set(numbers)) > 100
    assert find_guideline_numbers(SOURCE) == set(numbers)
    prose = re.sub(r"‹[^›]*›", " ", SOURCE)
    cited = re.findall(r"\b([ZECVAQDNH]\d+)\b", prose)
    assert set(cited) <= set(numbers), sorted(set(cited) - set(numbers))
