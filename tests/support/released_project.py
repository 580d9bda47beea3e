"""A small project in a git repository, released once, for tests of releases."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import yaml

from tests.support.project_copy import ProjectCopy

TEXT = "Leaders meet\n\nKim Jong Un met Vladimir Putin on Thursday. They will meet again.\n"
LINES = """
S {title}Leaders meet
S [[Kim Jong Un|PER kim_jong_un]] met [[Vladimir Putin|PER vladimir_putin]] on [[Thursday|DATE]].
S [[They|PER PRO both]] will meet again.
"""
CITATION = "cff-version: 1.2.0\nversion: 0.1.0\ndate-released: 2020-01-01\n"


def make_released_project(place: Path) -> ProjectCopy:
    """Create a released project with one small article and one system, in a git repository with a tag."""
    tree = ProjectCopy(place / "tree")
    root = tree.root
    shutil.rmtree(root / "seeds")
    shutil.rmtree(root / "corpus")
    for generated in ("baselines", "leaderboard"):
        shutil.rmtree(root / "benchmark" / generated, ignore_errors=True)
    for path in (root / "annotations").iterdir():
        if path.name not in ("ontology.yaml", "GUIDELINES.md"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (root / "annotations" / "documents.yaml").write_text("canary: c\ndocuments:\n", encoding="utf-8")
    (root / "seeds").mkdir()
    (root / "seeds" / "000_a.txt").write_text(TEXT, encoding="utf-8")
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    about = {"sha256": digest, "language": "en", "translated": "no", "review": "x", "publisher": None, "date": None}
    manifest = {"canary": "c", "documents": {"000_a": {**about, "url": None}}}
    (root / "annotations" / "documents.yaml").write_text(yaml.safe_dump(manifest, sort_keys=False), encoding="utf-8")
    lines = place / "lines"
    lines.mkdir()
    (lines / "000_a.txt").write_text(LINES, encoding="utf-8")
    tree.done("-m", "scripts", "notation", "tasks", str(lines), "annotations/gold")
    (root / "CITATION.cff").write_text(CITATION, encoding="utf-8")
    package = root / "benchmark" / "vostochny" / "version.py"
    source = re.sub(r'__version__ = ".*"', '__version__ = "0.1.0"', package.read_text(encoding="utf-8"))
    package.write_text(source, encoding="utf-8")
    tree.done("-m", "scripts", "corpus")  # the card and the metadata contain the date of the citation
    system = root / "benchmark" / "baselines" / "toy"
    system.mkdir(parents=True)
    prediction = {"doc_id": "000", "entities": [{"start": 14, "end": 25, "type": "PER", "level": "NAM"}]}
    (system / "predictions.jsonl").write_text(json.dumps(prediction) + "\n", encoding="utf-8")
    tree.git("init", "-q")
    tree.git("add", "--all")
    tree.git("commit", "-q", "-m", "first")
    tree.git("tag", "v0.1.0")
    return tree
