"""Questions that a sync asks about the gold; without a server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scripts.annotating import server, sync_gold
from scripts.files import ROOT
from scripts.rules import validate


def change_labels(copy: Any, doc_id: str, *labels: str) -> str:
    """Return the stored task of an article with other labels on its first entities."""
    task = json.loads((copy.gold / f"{doc_id}.json").read_text(encoding="utf-8"))
    regions = (r for r in task["annotations"][0]["result"] if r.get("from_name") == "entity")
    for region, label in zip(regions, labels, strict=False):
        region["value"]["labels"] = [label]
    return json.dumps(task)


def test_only_rules_that_new_files_break_are_reported(copy: Any) -> None:
    copy.change_registry("entities", lambda entries: entries.pop("seoul"))
    before = sync_gold.broken_rules(copy.annotations)
    assert before
    same = {"001_second.json": (copy.gold / "001_second.json").read_text(encoding="utf-8")}
    assert sync_gold.broken_rules(copy.annotations, same) == []
    added = sync_gold.broken_rules(
        copy.annotations, {"001_second.json": change_labels(copy, "001_second", "FAC", "FAC")}
    )
    assert added and not set(added) & set(before)


def test_new_files_are_validated_twice_however_many_rules_they_break(
    copy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once with the new files and once without them; not again for every broken rule."""
    folders = []
    check = validate.check
    monkeypatch.setattr(validate, "check", lambda folder: folders.append(folder) or check(folder))
    files = {"001_second.json": change_labels(copy, "001_second", "FAC", "FAC", "FAC")}
    assert len(sync_gold.broken_rules(copy.annotations, files)) > 2
    assert len(folders) == 2


def test_the_state_folder_is_in_the_projects_root() -> None:
    """The Makefile installs the server there."""
    assert server.STATE == ROOT / ".label-studio"
    assert f"SERVER := {(server.STATE / 'venv').relative_to(ROOT)}\n" in (ROOT / "Makefile").read_text(encoding="utf-8")
