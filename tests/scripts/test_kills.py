"""Kill every command that writes files at each step: no file is lost.

After each kill every file is the old one or the new one, whole; the same command then ends as if nothing had happened.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.files import ROOT
from tests.support.crashes import run_counted, try_crashes
from tests.support.effort import AT_LENGTH
from tests.support.project_copy import ProjectCopy

FIRST = "000_d2a22a04d9ae6505"
ARTICLE = "A title\n\nKim met Putin in Russia, and they agreed.\n"
GENERATED = {
    "label-config": "annotations/label_studio.xml",
    "agreement": "annotations/agreement.json",
    "corpus": "corpus/*/test.jsonl",
    "leaderboard": "benchmark/leaderboard/*",
    "datasheet": "*.md",
}
COMMANDS = [
    *(f"build {name}" for name in GENERATED), "build corpus --without-text bare",
    "notation take 000.txt", "notation tasks lines out", "add-article 905_x.txt",
]  # fmt: skip
QUICK = ["build label-config", "notation take 000.txt", "notation tasks lines out", "add-article 905_x.txt"]
# What a command says that finds its own work done.
REPEATED = {"add-article": ["is an article already"], "notation": ["has changed since it was shown"]}
TRIED = COMMANDS if AT_LENGTH else QUICK
Contents = dict[str, bytes]


@dataclass
class Project:
    """A copy of the project in which every command has something to write, and how to put it back into that state."""

    copy: ProjectCopy
    before: Contents

    @property
    def root(self) -> Path:
        return self.copy.root

    def read(self) -> Contents:
        paths = (path for path in self.root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {str(path.relative_to(self.root)): path.read_bytes() for path in paths}

    def restore(self) -> None:
        now = self.read()
        for name in now.keys() - self.before.keys():
            (self.root / name).unlink()
        for name, content in self.before.items():
            if now.get(name) != content:
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                (self.root / name).write_bytes(content)
        for name in ("bare", "out"):
            shutil.rmtree(self.root / name, ignore_errors=True)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    copy = ProjectCopy(tmp_path_factory.mktemp("kills") / "tree")
    (copy.root / "docs").mkdir()
    for name in ("DATASHEET.md", "README.md", "docs/metrics.md", "docs/rows.md", "docs/scale.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        marked = re.sub(r"(<!-- generated:[\w-]+ -->)[^<]*", r"\1old", text)
        (copy.root / name).write_text(marked, encoding="utf-8")
    lines = copy.done("-m", "scripts", "notation", "show", "000")
    (copy.root / "000.txt").write_text(lines.replace("|PER NOM", "|ORG NOM", 1), encoding="utf-8")
    (copy.root / "lines").mkdir()
    for number in ("000", "001"):
        lines = copy.done("-m", "scripts", "notation", "show", number)
        (doc_id,) = (path.stem for path in (copy.root / "seeds").glob(f"{number}_*"))
        (copy.root / "lines" / f"{doc_id}.txt").write_text(lines, encoding="utf-8")
    (copy.root / "905_x.txt").write_text(ARTICLE, encoding="utf-8")
    made = Project(copy, {})
    made.before = made.read()
    return made


def make_stale(project: Project, command: str) -> Contents:
    """Put the project into its first state, but with generated files that are not current; return all files."""
    project.restore()
    name = command.split()[1]
    if command.startswith("build") and name not in ("agreement", "datasheet") and "bare" not in command:
        for path in project.root.glob(GENERATED[name]):
            path.write_bytes(path.read_bytes() + b" \n<!-- old -->\n")
    if name == "agreement":
        path = project.root / GENERATED[name]
        path.write_bytes(path.read_bytes() + b"\n")
    return project.read()


@pytest.mark.parametrize("command", TRIED)
def test_a_command_killed_at_any_step_loses_nothing(project: Project, command: str) -> None:
    old = make_stale(project, command)
    done, _ = run_counted("scripts", command.split(), cwd=project.root)
    assert done.returncode == 0, done.stderr
    new = project.read()
    assert new != old
    prepare: Callable[[], object] = lambda: make_stale(project, command)  # noqa: E731
    for crash in try_crashes("scripts", command.split(), prepare, sample=2, cwd=project.root):
        now = project.read()
        for name in old.keys() | new.keys() | now.keys():
            if not name.endswith(".vostochny-new"):
                assert now.get(name) in (old.get(name), new.get(name)), (crash, name)
        again, _ = run_counted("scripts", command.split(), cwd=project.root)
        ended = project.read()
        if again.returncode:  # what was killed had done its work, which the command refuses to do twice
            assert {name: now[name] for name in now if not name.endswith(".vostochny-new")} == new, crash
            assert any(words in again.stderr for words in REPEATED.get(command.split()[0], ())), again.stderr
        assert "Traceback" not in again.stderr
        assert ended == new, (
            crash,
            sorted(name for name in ended.keys() | new.keys() if ended.get(name) != new.get(name)),
        )
