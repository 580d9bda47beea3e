"""Every command and Python example of the README runs as printed."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.files import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.split("  #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.S)
    for line in block.splitlines()
    if line.startswith(".venv/bin/vostochny")
]
PROGRAM = """
import json, sys
for line in sys.stdin:
    document = json.loads(line)
    at = document["text"].find("Putin")
    print(json.dumps({"entities": [{"start": at, "end": at + 5, "type": "PER"}]}), flush=True)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder with the files that the README mentions, and some of the checkout's folders."""
    import spacy

    user = tmp_path_factory.mktemp("user")
    for name in ("annotations", "benchmark", "corpus"):
        (user / name).symlink_to(ROOT / name)
    (user / "predictions.jsonl").write_text(re.findall(r"```json\n(.*?)```", README, re.S)[0])
    (user / "my_extractor.py").write_text(re.findall(r"```python\n(def extract.*?)```", README, re.S)[0])
    (user / "my_program.py").write_text(PROGRAM)
    lines = (ROOT / "corpus" / "documents" / "test.jsonl").read_text(encoding="utf-8")
    (user / "my_gold.jsonl").write_text(lines, encoding="utf-8")
    for kind, files in (("predictions", 2), ("gold", 3)):
        rows = lines.splitlines(keepends=True)
        (user / kind).mkdir()
        for i in range(files):
            content = "".join(rows[i::files]).encode()
            name, packed = (
                (f"{i}.jsonl.gz", gzip.compress(content)) if kind == "predictions" else (f"{i}.jsonl", content)
            )
            (user / kind / name).write_bytes(packed)
    pipeline = spacy.blank("en")
    rules = [{"label": "PERSON", "pattern": "Vladimir Putin"}, {"label": "NORP", "pattern": "Russian"}]
    pipeline.add_pipe("entity_ruler").add_patterns(rules)
    pipeline.to_disk(user / "my_model")
    return user


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_runs(command, folder):
    """Commands run in the order of the text, because later ones read what earlier ones wrote."""
    words = command.replace(".venv/bin/vostochny", f"{sys.executable} -m vostochny").replace(
        "python3 my_program.py", f"{sys.executable} my_program.py"
    )
    done = subprocess.run(words, shell=True, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr


def test_the_readme_has_commands_for_every_kind_of_user():
    assert len(COMMANDS) >= 10
    assert {c.split()[1] for c in COMMANDS} >= {"score", "compare", "show", "run", "convert", "validate"}
    targets = set(re.findall(r"^make ([a-z-]+)", README, re.M))
    assert targets and targets <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


def test_the_python_of_the_readme_runs(folder, monkeypatch):
    monkeypatch.chdir(folder)
    load, test = (
        re.findall(rf"```python\n({start}.*?)```", README, re.S)[0] for start in ("from datasets", "from vostochny")
    )
    names: dict = {}
    exec(load, names)
    assert names["articles"].num_rows >= 5 and names["quotes"].num_rows > 50
    names = {}
    exec(test, names)
    names["test_score_stays_above_the_threshold"]()


def test_every_file_the_readme_points_to_is_there():
    targets = [t for t in re.findall(r"\]\(([^)#]+)\)", README) if not t.startswith("http")]
    assert len(targets) > 10 and [t for t in targets if not (ROOT / t).exists()] == []
