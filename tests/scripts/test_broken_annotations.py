"""Annotations broken in any place, by hand, by a merge or by another program: every command that reads them says so.

VOSTOCHNY_FUZZ_SEED gives another sequence of changes.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from pathlib import Path

import pytest
import yaml

from scripts.files import ROOT
from tests.support import mutations
from tests.support.calls import Case, Outcome, run_cases
from tests.support.effort import AT_LENGTH
from tests.support.project_copy import ProjectCopy

CHANGES = 600 if AT_LENGTH else 12
SEED = int(os.environ.get("VOSTOCHNY_FUZZ_SEED", "6"))
FIRST = "000_d2a22a04d9ae6505"
TASKS = (
    "notation show 000", "notation take 000.txt", "adjudicate list annotations/gold annotations/annotators/b",
    "adjudicate check", "diff annotations/gold annotations/annotators/a", "passes c=annotations/gold",
    "roundtrip annotations/gold out", "push", "validate", "validate --consistency", "corpus --check",
    "agreement --check", "leaderboard --check", "diff HEAD", "agreement annotations/gold annotations/annotators/b",
)  # fmt: skip
SIDE = ("validate", "corpus --check", "diff HEAD", "push", "datasheet --check")
# File → commands that read it.
READERS = {
    f"annotations/gold/{FIRST}.json": TASKS,
    f"annotations/annotators/a/{FIRST}.json": ("agreement --check", "adjudicate check", TASKS[4]),
    "annotations/ontology.yaml": ("label-config --check", "notation show 000", "notation take 000.txt", *SIDE),
    "annotations/documents.yaml": ("notation show 000", "add-article new.txt", "notation skeleton 000", *SIDE),
    "annotations/clusters/entities.yaml": SIDE,
    "annotations/clusters/events.yaml": SIDE,
    "annotations/clusters/utterances.yaml": SIDE,
    "annotations/discrepancies.yaml": SIDE,
    "annotations/consistency.yaml": ("validate --consistency", "datasheet --check"),
    "annotations/adjudication.jsonl": ("adjudicate check", "datasheet --check", "validate"),
    "annotations/discrepancy_readings.jsonl": ("datasheet --check",),
    "annotations/agreement.json": ("agreement --check", "datasheet --check", "corpus --check"),
    "annotations/annotators/shown.json": ("agreement --check", "datasheet --check"),
    "benchmark/leaderboard/lookup.json": ("leaderboard --check", "datasheet --check"),
    "000.txt": ("notation take 000.txt", "notation tasks . out"),
}
# YAML that is more than plain values, put before, after or in place of a file.
YAML = [
    "", "words\n", "5\n", "~\n", "- a\n", "a:\n\t- b\n", "[" * 20_000, "? [a, b]\n: c\n", "? {a: b}\n: c\n", "a: \0\n",
    "a: 1\n---\nb: 2\n", "<<: 5\n", "a: {<<: [1, 2]}\n", "a: !!binary x\n", "a: !!set {x, y}\n", "a: !!omap [1]\n",
    "a: !!pairs 5\n", "a: 2023-13-45\n", "a: !!int x\n", "a: !!timestamp x\n", "a: !!bool x\n", f"a: {'9' * 5000}\n",
    'a: "\\ud83d"\n', "\ufeffa: b\n", "a: b\u0085c\n", "~: 5\n", "=: 5\n", "a: {[x]: 1}\n", 'a: "\\x1b[2J"\n',
    "a: !!python/object/apply:os.system [id]\n", "a: !foo 5\n", "a: &a [*a]\n", "documents: &a {x: *a}\n",
    "a: &a [1, 2]\nb: [*a, *a]\n", "a: .nan\n", "2023-09-13: x\n", "a: !!float x\n",
]  # fmt: skip


def change(path: str, raw: bytes, dice: random.Random) -> bytes:
    """Return a file of annotations with something wrong in it, most often one value of another kind."""
    if dice.random() < 0.15:
        return mutations.damage(raw, dice, [raw])
    if path.endswith(".yaml"):
        if dice.random() < 0.25:
            words = dice.choice(YAML).encode()
            return dice.choice([words, words + raw, raw + b"\n" + words])
        value = mutations.swap_values(yaml.safe_load(raw), dice)
        return yaml.safe_dump(value, sort_keys=False, allow_unicode=dice.random() < 0.5).encode("utf-8", "replace")
    if path.endswith(".jsonl"):
        lines = raw.split(b"\n")
        i = dice.randrange(3)
        lines[i] = json.dumps(mutations.swap_values(json.loads(lines[i]), dice)).encode()
        return b"\n".join(lines)
    if path.endswith(".txt"):
        return mutations.swap_fields(raw.decode(), dice).encode("utf-8", "surrogatepass")
    if dice.random() < 0.1:
        return mutations.repeat_key(raw.decode(), dice).encode()
    return json.dumps(mutations.swap_values(json.loads(raw), dice)).encode()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    return make_tree(tmp_path_factory.mktemp("broken") / "tree")


def make_tree(root: Path) -> ProjectCopy:
    """Return a copy of the project with its history, an article as lines and a new article."""
    tree = ProjectCopy(root)
    tree.git("init", "--quiet")
    tree.git("add", "annotations")
    tree.git("commit", "--quiet", "--message", "x")
    (root / "000.txt").write_text(tree.done("-m", "scripts", "notation", "show", "000"), encoding="utf-8")
    (root / "new.txt").write_text("000 is taken\n", encoding="utf-8")
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")):  # those with generated numbers
        (root / path.relative_to(ROOT)).parent.mkdir(exist_ok=True)
        (root / path.relative_to(ROOT)).write_bytes(path.read_bytes())
    return tree


def make_cases(root: Path, count: int) -> list[Case]:
    """Return changes of files, each with one command that reads the file; every file comes in turn."""
    cases = []
    for number in range(count):
        dice = random.Random(f"{SEED} {number}")
        path = list(READERS)[number % len(READERS)]
        wrong = change(path, (root / path).read_bytes(), dice)
        cases.append(Case(f"{path}, change {number} of seed {SEED}", {path: wrong}, (dice.choice(READERS[path]),)))
    return cases


def describe(outcome: Outcome) -> str:
    return f"{outcome.case}: {outcome.command}: {outcome.code}\n{outcome.errors[-1500:]}"


def test_every_command_names_what_is_wrong_in_the_annotations(tree: ProjectCopy) -> None:
    outcomes = run_cases(tree.root, make_cases(tree.root, CHANGES))
    assert [describe(o) for o in outcomes if not o.is_clean] == []
    codes = Counter(o.code for o in outcomes)
    print(f"{len(outcomes)} commands with wrong annotations, {codes[2]} refused")
    assert codes[2] > len(outcomes) / 4
