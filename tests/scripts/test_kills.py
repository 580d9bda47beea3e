"""Kill every script that writes files at each step, fill its disk, start another one beside it: no file is lost.

After each kill every file is the old one or the new one, whole; the same command then ends as if nothing had happened.
Those that talk to Label Studio's server have tests of their own in tests/scripts/annotating.
"""

from __future__ import annotations

import ctypes
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations_with_replacement
from pathlib import Path

import pytest

from scripts.files import ROOT
from tests.support.crashes import Ended, choose_crashes, run_beside, run_counted
from tests.support.effort import AT_LENGTH, sample, spread
from tests.support.project_copy import ProjectCopy
from tests.support.released_project import make_released_project

ARTICLE = "A title\n\nKim met Putin in Russia, and they agreed.\n"
# What a command says that finds its own work done.
REPEATED = {"add-article": ["is an article already"], "notation": ["has changed since it was shown"]}
GENERATED = {
    "build label-config": "annotations/label_studio.xml",
    "build agreement": "annotations/agreement.json",
    "build corpus": "corpus/*/test.jsonl",
    "build leaderboard": "benchmark/leaderboard/*",
}
# In a small project with a git repository of its own; the last three do a thousandth of their work there.
SMALL = [
    "build label-config", "build corpus", "build corpus --without-text bare", "notation take 000_a.txt",
    "notation tasks lines out", "add-article 905_x.txt", "release minor", "coverage", "speed", "test-all",
]  # fmt: skip
# In a copy of the whole project, where each takes seconds.
LARGE = [*GENERATED, "build datasheet", "build corpus --without-text bare", "notation take 000.txt"]
UNLOCKED = {"speed", "test-all"}  # each writes one file
# Kills in make test-all of a command that writes many files, or takes long.
LONGEST = {command: 4 for command in (*LARGE, "build corpus", "release minor") if command != "build label-config"}
BRIEF = {
    "coverage": "\n\ndef simulate(quick: bool) -> Report:\n    return {'scores': [1]}\n",
    "speed": "\n\nMEASUREMENTS, TARGETS, measure_whole_process, describe_environment = {}, (), dict, dict\n"
    "resource.getrusage = lambda who: resource.struct_rusage(range(16))\n",
    "all_tests": "\n\nMODELS_PYTHON = Path(sys.executable)\nrun_suite = lambda suite: Outcome(1, 0, 0, 0.0)\n"
    # It says whether the tree had changes just then.
    "describe_commit = lambda: {'commit': '', 'uncommitted_changes': True}\n",
}
Contents = dict[str, bytes]


@dataclass
class Project:
    """A copy of the project in which every command has something to write, and how to put it back into that state."""

    copy: ProjectCopy
    before: Contents = field(default_factory=dict)

    @property
    def root(self) -> Path:
        return self.copy.root

    @property
    def is_small(self) -> bool:
        return not (self.root / "DATASHEET.md").exists()

    def read(self) -> Contents:
        return {str(path.relative_to(self.root)): path.read_bytes() for path in self._walk()}

    def _walk(self) -> Iterator[Path]:
        for place, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in (".git", "__pycache__")]
            yield from (Path(place, name) for name in names)

    def prepare(self, *commands: str) -> Contents:
        """Restore the first state, but with the generated files of the commands not current; return all files."""
        now = self.read()
        for name in now.keys() - self.before.keys():
            (self.root / name).unlink()
        for name, content in self.before.items():
            if now.get(name) != content:
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                (self.root / name).write_bytes(content)
        for name in ("bare", "out"):
            shutil.rmtree(self.root / name, ignore_errors=True)
        for command in commands:
            for path in self.root.glob(GENERATED.get(command, "")) if command in GENERATED else ():
                path.write_bytes(path.read_bytes() + b" \n")
        return self.read()

    def run(self, command: str, **options: Callable[[], object]) -> subprocess.CompletedProcess[str]:
        return self.copy.run("-m", "scripts", *command.split(), **options)


def write_lines(root: Path, number: str, name: str, copy: ProjectCopy) -> None:
    lines = copy.done("-m", "scripts", "notation", "show", number)
    (root / name).write_text(lines.replace("|PER", "|ORG", 1), encoding="utf-8")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Project:
    copy = make_released_project(tmp_path_factory.mktemp("kills"))
    root = copy.root
    for name, brief in BRIEF.items():
        with open(root / "scripts" / "bench" / f"{name}.py", "a", encoding="utf-8") as file:
            file.write(brief)
    write_lines(root, "000", "000_a.txt", copy)
    copy.done("-m", "scripts", "notation", "take", "000_a.txt")  # what a release releases
    copy.done("-m", "scripts", "build", "corpus", "label-config")
    write_lines(root, "000", "000_a.txt", copy)
    (root / "lines").mkdir()
    shutil.copy(root / "000_a.txt", root / "lines")
    (root / "905_x.txt").write_text(ARTICLE, encoding="utf-8")
    for name in ("coverage", "speed", "test-all"):
        (root / "benchmark" / f"{name}.json").write_text("{}\n", encoding="utf-8")
    copy.git("add", "--all")
    copy.git("commit", "-q", "-m", "corrected")
    made = Project(copy)
    made.before = made.read()
    return made


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Project:
    copy = ProjectCopy(tmp_path_factory.mktemp("kills") / "tree")
    (copy.root / "docs").mkdir()
    for name in ("DATASHEET.md", "README.md", "docs/metrics.md", "docs/rows.md", "docs/scale.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        marked = re.sub(r"(<!-- generated:[\w-]+ -->)[^<]*", r"\1old", text)
        (copy.root / name).write_text(marked, encoding="utf-8")
    write_lines(copy.root, "000", "000.txt", copy)
    made = Project(copy)
    made.before = made.read()
    return made


# In make test: into the gold, several files, and files that have an order.
QUICK = ["notation take 000_a.txt", "notation tasks lines out", "add-article 905_x.txt"]
PROJECTS = [
    *(("small", command) for command in (SMALL if AT_LENGTH else QUICK)),
    *(("large", command) for command in LARGE if AT_LENGTH),
]


@pytest.fixture
def project(request: pytest.FixtureRequest) -> Project:
    """Return the project of the name that the test is parametrized with."""
    made: Project = request.getfixturevalue(request.param)
    return made


@pytest.mark.parametrize(("project", "command"), PROJECTS, indirect=["project"])
def test_a_command_killed_at_any_step_loses_nothing(
    project: Project, command: str, record_property: Callable[[str, object], None]
) -> None:
    old = project.prepare(command)
    done, steps = run_counted("scripts", command.split(), cwd=project.root)
    assert done.returncode == 0, done.stderr
    new = project.read()
    assert new != old
    crashes = choose_crashes(steps, 1, LONGEST.get(command, 10_000))
    record_property("kills", len(crashes))
    for crash in crashes:
        project.prepare(command)
        run_counted("scripts", command.split(), crash, cwd=project.root)
        now = project.read()
        for name in old.keys() | new.keys() | now.keys():
            if not name.endswith(".vostochny-new"):
                assert now.get(name) in (old.get(name), new.get(name)), (crash, name)
        again = repeat(project, command)
        ended = project.read()
        if again.returncode:  # what was killed had done its work, which the command refuses to do twice
            assert {name: now[name] for name in now if not name.endswith(".vostochny-new")} == new, crash
            assert any(words in again.stderr for words in REPEATED.get(command.split()[0], ())), again.stderr
        assert "Traceback" not in again.stderr
        assert ended == new, (
            crash,
            sorted(name for name in ended.keys() | new.keys() if ended.get(name) != new.get(name)),
        )


def repeat(project: Project, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command again; a release that was interrupted is undone before, as it asks for."""
    again = project.run(command)
    if command.startswith("release") and again.returncode:
        (undo,) = re.findall(r"undo what it wrote: (.*) && python -m scripts build$", again.stderr, re.M)
        subprocess.run(undo, shell=True, check=True, cwd=project.root)
        project.copy.done("-m", "scripts", "build", "label-config", "corpus")
        again = project.run(command)
    return again


# -- no room, no permission --------------------------------------------------------------------------------------------

# Bytes. Less than the file of each command that writes one; some have room for the smaller ones of several files.
SIZES = [0, 50, 512, 5_000, 50_000] if AT_LENGTH else [50]


@pytest.mark.parametrize(("project", "command"), PROJECTS, indirect=["project"])
def test_a_full_disk_is_one_line_and_loses_nothing(project: Project, command: str) -> None:
    old = project.prepare(command)
    assert project.run(command).returncode == 0
    new = project.read()
    for size in SIZES if project.is_small else SIZES[1::3]:
        project.prepare(command)
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))  # noqa: B023, E731
        done = project.run(command, preexec_fn=limit)
        now = project.read()
        if done.returncode:
            check_refused(Ended(done.returncode, done.stderr), "File too large")
            assert size > 50 or now == old
            assert not [name for name in now if now[name] not in (old.get(name), new.get(name))]
            assert repeat(project, command).returncode == 0
        assert project.read() == new


def check_refused(ended: Ended, words: str) -> None:
    assert ended.code == 2 and words in ended.errors and "Traceback" not in ended.errors, ended
    assert len(ended.errors.splitlines()) <= 2, ended.errors


def give_up_powers() -> None:
    """Let permissions hold for root too: drop its right to pass over them from what the next program may have."""
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH of <linux/capability.h>
        ctypes.CDLL(None).prctl(24, capability)  # PR_CAPBSET_DROP


@pytest.mark.parametrize(
    ("project", "command"), PROJECTS[: len(SMALL)] if AT_LENGTH else PROJECTS[:1], indirect=["project"]
)
def test_a_project_that_cannot_be_written_to_is_one_line_and_changes_nothing(project: Project, command: str) -> None:
    old = project.prepare(command)
    folders = [folder for folder in (project.root, *project.root.rglob("*")) if folder.is_dir()]
    modes = {folder: folder.stat().st_mode for folder in folders}
    try:
        for folder in folders:
            folder.chmod(0o555)
        done = project.run(command, preexec_fn=give_up_powers)
    finally:
        for folder, mode in modes.items():
            folder.chmod(mode)
    check_refused(Ended(done.returncode, done.stderr), "ermission")
    assert project.read() == old


@pytest.mark.parametrize("baseline", sample(["lookup/lookup.py", "annotator_b/copy_pass.py"], 1))
def test_a_baseline_on_a_full_disk_is_one_line_and_keeps_the_old_predictions(tmp_path: Path, baseline: str) -> None:
    copy = ProjectCopy(tmp_path / "tree")
    program = copy.root / "benchmark" / "baselines" / baseline
    predictions = program.with_name("predictions.jsonl")
    predictions.write_text("old", encoding="utf-8")
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50, resource.RLIM_INFINITY))  # noqa: E731
    done = copy.run(str(program), preexec_fn=limit)
    check_refused(Ended(done.returncode, done.stderr), "File too large")
    assert predictions.read_text(encoding="utf-8") == "old"
    assert copy.run(str(program)).returncode == 0
    assert (
        predictions.read_bytes()
        == (ROOT / "benchmark" / "baselines" / baseline).with_name(predictions.name).read_bytes()
    )


def test_a_full_disk_leaves_no_half_compiled_module(tmp_path: Path) -> None:
    """Python stores what it compiles; half of a module would keep every later command from starting."""
    copy = ProjectCopy(tmp_path / "tree")
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))  # noqa: E731
    for module, *arguments in sample([("scripts", "notation", "show", "000"), ("vostochny", "show", "000")], 1):
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPATH": str(copy.root / "benchmark")}
        for preparation in (limit, lambda: None):
            command = [sys.executable, "-m", module, *arguments]
            done = subprocess.run(
                command, cwd=copy.root, env=environment, preexec_fn=preparation, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr


# -- two at once -------------------------------------------------------------------------------------------------------


PAIRS = list(combinations_with_replacement(SMALL, 2)) if AT_LENGTH else [
    ("notation take 000_a.txt", "release minor"), ("notation tasks lines out", "notation tasks lines out"),
    ("test-all", "test-all"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_commands_at_once_write_as_if_one_after_the_other(small: Project, first: str, second: str) -> None:
    """The second is refused while the first writes; where both write only one file, the last one wins."""
    # A release is refused, exit code 1, where a generated file is not current.
    stale = [first] if first.startswith("release") else [first, second]
    small.prepare(*stale)
    alone, steps = run_counted("scripts", first.split(), cwd=small.root)
    assert alone.returncode == 0, alone.stderr
    only_first = small.read()
    both = []
    if {first, second} & UNLOCKED:
        both.append(([0, small.run(second).returncode], small.read()))
        small.prepare(*stale)
        codes = [small.run(command).returncode for command in (second, first)]
        both.append((codes[::-1], small.read()))
    for number in spread(range(1, len(steps) + 1), 1):
        small.prepare(*stale)
        one, two = run_beside(["scripts", *first.split()], ["scripts", *second.split()], number, cwd=small.root)
        if both:
            assert ([one.code, two.code], small.read()) in both, (number, one, two)
        else:
            check_refused(two, "another command is using")
            assert one.code == 0 and small.read() == only_first, (number, one)


@pytest.mark.parametrize("folder", sample([".", "corpus", "annotations/gold", "benchmark"], 1))
def test_a_corpus_without_text_is_not_written_over_what_it_comes_from(small: Project, folder: str) -> None:
    before = small.prepare()
    done = small.run(f"build corpus --without-text {folder}")
    check_refused(Ended(done.returncode, done.stderr), "input")
    assert small.read() == before
