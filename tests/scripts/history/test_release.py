"""Releases: the digit that a change requires, the changelog entry, and a whole release in a small repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.history import release
from scripts.history.changes import Change, Changes
from scripts.history.release_notes import Gold, Notes, add_to_changelog, bump_version, find_smallest_bump
from tests.support.project_copy import ROOT, ProjectCopy
from tests.support.released_project import make_released_project
from vostochny.errors import InputError, Problem
from vostochny.ontology import load_ontology

ROW = {"doc_id": "000_a", "paragraphs": [{"start": 0, "end": 4}], "sentences": [], "tokens": []}


def gold(**changed) -> Gold:
    return Gold((json.dumps({**ROW, **changed}) + "\n").encode(), load_ontology())


@pytest.mark.parametrize(
    ("layer", "kind", "least"),
    [
        ("ontology", "added", "major"),
        ("ontology", "wording", "patch"),
        ("articles", "added", "major"),
        ("articles", "text", "major"),
        ("articles", "manifest", "patch"),
        ("zones", "boundary", "major"),
        ("entities", "type", "minor"),
        ("events", "added", "minor"),
        ("arguments", "role", "minor"),
        ("quotes", "source", "minor"),
        ("clusters", "renamed", "minor"),
        ("registry", "name", "minor"),
        ("discrepancies", "added", "minor"),
    ],
)
def test_each_change_has_a_smallest_bump(layer, kind, least):
    changes = Changes("a", "b", (Change("articles", "manifest", "review", "000_a"), Change(layer, kind, "says")))
    assert find_smallest_bump(changes, gold(), gold())[0] == least


def test_a_new_segmentation_is_a_major_change():
    assert find_smallest_bump(Changes("a", "b", ()), gold(), gold())[0] == "patch"
    assert find_smallest_bump(Changes("a", "b", ()), None, gold())[0] == "patch"
    cut = find_smallest_bump(Changes("a", "b", ()), gold(), gold(tokens=[{"start": 0, "end": 2}]))
    assert cut == ("major", "000_a: its tokens have other offsets")


def test_the_version_after_a_bump():
    assert [bump_version("1.2.3", p) for p in ("major", "minor", "patch")] == ["2.0.0", "1.3.0", "1.2.4"]


def test_an_entry_has_the_changes_and_the_scores_of_each_system():
    changes = Changes("v1.0.0", "b", (Change("entities", "added", "x"), Change("entities", "type", "y")))
    scores = {
        "one": ({"entities.names": 0.5, "events.trigger": 0.25}, {"entities.names": 0.75}),
        "two": ("no earlier corpus", {"entities.names": 0.5}),
    }
    entry = Notes("1.1.0", "2030-01-02", "minor", "v1.0.0", changes, "aaa", "bbb", scores).entry()
    assert entry.startswith("## 1.1.0 (2030-01-02)\n\nMinor: labels of the gold changed")
    for line in (
        "Gold `aaa` → `bbb`, since v1.0.0.",
        "| entities | 1 | 0 | 1 type |",
        "To list them: `python -m scripts diff v1.0.0 v1.1.0`.",
        "| one | Entities: names and values, exact | 0.500 | 0.750 | +0.250 |",
        "| one | Events: trigger with type (Trig-C) | 0.250 | – |  |",
        "| two | all | no earlier corpus | scored |  |",
    ):
        assert line in entry.splitlines()
    patch = Notes("1.0.1", "2030-01-02", "patch", "v1.0.0", Changes("a", "b", ()), "aaa", "aaa").entry()
    assert "Gold `aaa`, since v1.0.0." in patch and "| layer |" not in patch


def test_an_entry_comes_first_and_includes_the_unreleased_notes():
    assert add_to_changelog("", "## 1.0.0\n\nx\n") == "# Changelog\n\n## 1.0.0\n\nx\n"
    older = "# Changelog\n\nAbout.\n\n## Unreleased\n\n- noted\n\n## 0.1.0\n\ny\n"
    assert add_to_changelog(older, "## 1.0.0\n\nx\n") == (
        "# Changelog\n\nAbout.\n\n## 1.0.0\n\n- noted\n\nx\n\n## 0.1.0\n\ny\n"
    )
    assert add_to_changelog("# Changelog\n\n## 0.1.0\n\ny\n", "## 1.0.0\n\nx\n").count("## ") == 2


def test_outputs_for_unknown_articles_and_types_are_scored(tmp_path):
    predictions = tmp_path / "p.jsonl"
    rows = [{"doc_id": "000", "entities": [{"start": 0, "end": 3, "type": "NEW"}]}, {"doc_id": "9", "entities": []}]
    predictions.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    mention = {"id": "e1", "start": 0, "end": 3, "text": "Kim", "type": "PER", "level": "NAM", "cluster": None}
    zones = [{"start": 0, "end": 4, "zone": "body"}]
    one = gold(text="Kim.", zones=zones, entities=[mention | {"demonym": False}], events=[], quotes=[])
    assert one.score(predictions)["entities.names"] == 0
    predictions.write_text(json.dumps(rows[1]) + "\n", encoding="utf-8")
    assert one.score(predictions) == "no predictions for these articles"
    predictions.write_text(json.dumps({"doc_id": "000", "entities": 3}) + "\n", encoding="utf-8")
    assert one.score(predictions).startswith("cannot be scored: ")


def test_where_the_rebuild_fails_every_file_is_restored(tmp_path, monkeypatch):
    def fail(lock: int) -> list[str]:
        raise InputError([Problem("build", None, None, "failed")])

    monkeypatch.setattr(release, "rebuild", fail)
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("1", encoding="utf-8")
    with pytest.raises(InputError, match="build: failed"):
        release.write({old: "2", new: "2"}, lock=-1)
    assert old.read_text(encoding="utf-8") == "1" and not new.exists()


# -- in a repository of its own ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> ProjectCopy:
    return make_released_project(tmp_path_factory.mktemp("release"))


def correct(tree: ProjectCopy, old: str, new: str, place: Path) -> None:
    """A correction in the notation, built and committed."""
    shown = tree.done("-m", "scripts", "notation", "show", "000")
    assert old in shown
    (place / "000_a.txt").write_text(shown.replace(old, new), encoding="utf-8")
    tree.done("-m", "scripts", "notation", "take", str(place / "000_a.txt"))
    tree.done("-m", "scripts", "corpus")
    tree.git("commit", "-q", "--all", "-m", "correction")


def test_a_release_from_correction_to_changelog(repository, tmp_path):
    """Refused while nothing changed, while dirty or stale and while too small; then made, every version set."""
    tree, root = repository, repository.root
    none = tree.run("-m", "scripts", "release", "patch")
    assert none.returncode == 1 and "refused: nothing changed since v0.1.0" in none.stderr

    correct(tree, "[[Vladimir Putin|PER vladimir_putin]]", "[[Vladimir Putin|ORG vladimir_putin]]", tmp_path)
    (root / "corpus" / "README.md").write_text("by hand\n", encoding="utf-8")
    wrong = tree.run("-m", "scripts", "release", "patch", "--dry-run")
    assert wrong.returncode == 1
    for words in (
        "refused: the tree has 1 uncommitted changes (corpus/README.md); commit or stash them",
        "refused: a generated file is out of date: corpus/README.md; run python -m scripts build corpus",
        "refused: patch is too small; it must be minor, because labels of the gold changed",
        "entities: 000 30–44 ‹Vladimir Putin› type PER → ORG",
    ):
        assert words in wrong.stderr
    tree.git("checkout", "-q", "corpus/README.md")

    assert "0.1.0 → 0.1.1" in wrong.stdout and tree.git("status", "--porcelain") == ""
    output = tree.done("-m", "scripts", "release", "minor")
    assert "next: git commit --all" in output and "corpus/README.md: written" in output
    assert '__version__ = "0.2.0"' in (root / "benchmark" / "vostochny" / "version.py").read_text(encoding="utf-8")
    assert "vostochny 0.2.0, gold " in (root / "corpus" / "README.md").read_text(encoding="utf-8")
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    assert "\nversion: 0.2.0\n" in citation and "2020" not in citation and "cff-version: 1.2.0" in citation
    entry = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "| entities | 0 | 0 | 1 type |" in entry and "since v0.1.0." in entry
    assert "| toy | Entities: names and values, exact | 0.500 | 0.500 | +0.000 |" in entry
    tree.git("add", "--all")
    tree.git("commit", "-q", "-m", "release")
    assert tree.git("status", "--porcelain") == ""


def test_the_version_stands_in_one_place():
    source = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'dynamic = ["version"]' in source and '\nversion = "' not in source
