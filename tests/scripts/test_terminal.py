"""No input of a maintainers' command sends anything to the terminal but text, newlines and tabs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.__main__ import COMMANDS
from scripts.files import ROOT
from tests.support.effort import AT_LENGTH
from tests.support.project_copy import ProjectCopy
from tests.support.terminals import ESCAPES, find_unsafe, run_in_terminal

FIRST = "000_d2a22a04d9ae6505"
HOSTILE = f"{ESCAPES}\rx"
IN_JSON = json.dumps(HOSTILE)[1:-1]  # YAML in double quotes has the same escapes
IN_A_NAME = HOSTILE.replace("/", "")
Change = Callable[[str], str]


def swap(old: str, new: str) -> Change:
    """Replace the first ``old``, in which there must be one."""

    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


def add(words: str) -> Change:
    return lambda text: f"{text}{words}"


GOLD, READERS = f"annotations/gold/{FIRST}.json", ("validate", "corpus --check", "diff HEAD", "notation show 000")
CHECKS = ("datasheet --check", "leaderboard --check")
# What is hostile: file, change, and the commands that read it.
PLACES: dict[str, tuple[str, Change, tuple[str, ...]]] = {
    "type": (GOLD, swap('"PER"', f'"P{IN_JSON}"'), READERS),
    "words": (GOLD, swap('"text": "', f'"text": "{IN_JSON}'), READERS),
    "id": (GOLD, swap('"id": "', f'"id": "{IN_JSON}'), READERS),
    "key": (GOLD, swap('"labels"', f'"{IN_JSON}"'), READERS),
    "kind": (GOLD, swap('"type": "labels"', f'"type": "{IN_JSON}"'), READERS),
    "task": (GOLD, lambda _: f'["{IN_JSON}"]', READERS),
    "no JSON": (GOLD, lambda _: HOSTILE, READERS),
    "file name": (GOLD.replace(FIRST, IN_A_NAME), add("{"), ("validate", "corpus --check", "diff HEAD")),
    "folder": (f"annotations/{IN_A_NAME}/{FIRST}.json", add("{}"), ("validate", "diff HEAD")),
    "ontology key": ("annotations/ontology.yaml", add(f'"{IN_JSON}": 1\n"{IN_JSON}": 2\n'), READERS),
    "ontology": ("annotations/ontology.yaml", swap("PER:", f'"P{IN_JSON}":'), (*READERS, "label-config --check")),
    "no YAML": ("annotations/documents.yaml", add(f'"{IN_JSON}": [\n'), READERS),
    "YAML tag": ("annotations/documents.yaml", add('x: !<tag:%1b%5D0;x%07> "y"\n'), READERS),
    "manifest": ("annotations/documents.yaml", swap("language: en", f'language: "{IN_JSON}"'), READERS),
    "article id": ("annotations/documents.yaml", swap(FIRST, f'"{IN_JSON}"'), READERS),
    "cluster": ("annotations/clusters/entities.yaml", add(f'"{IN_JSON}": {{name: "{IN_JSON}"}}\n'), READERS),
    "discrepancy": ("annotations/discrepancies.yaml", swap("- id: ", f'- id: "{IN_JSON}"\n  x: '), READERS),
    "decision": ("annotations/adjudication.jsonl", swap('"doc_id": "', f'"doc_id": "{IN_JSON}'), ("adjudicate check",)),
    "pass": (GOLD.replace("gold", "annotators/a"), swap('"PER"', f'"P{IN_JSON}"'), ("agreement", "adjudicate check")),
    "cleared": ("annotations/consistency.yaml", add(f'"{IN_JSON}": "{IN_JSON}"\n'), ("validate --consistency",)),
    "article": (f"seeds/{FIRST}.txt", lambda text: f"{HOSTILE}\n{text}", READERS),
    "lines": ("lines/000.txt", lambda _: f"S {HOSTILE}\n", ("notation take lines/000.txt", "notation tasks lines out")),
    "title": (f"{IN_A_NAME}.txt", add(f"{HOSTILE}\n\nText of it.\n"), ("add-article",)),
    "predictions": ("benchmark/baselines/lookup/predictions.jsonl", swap('"PER"', f'"P{IN_JSON}"'), CHECKS),
    "system": ("benchmark/baselines/lookup/system.json", swap('"name": "', f'"name": "{IN_JSON}'), CHECKS),
    "scores": ("benchmark/leaderboard/lookup.json", swap('"metrics"', f'"{IN_JSON}"'), CHECKS),
    "report": ("annotations/agreement.json", swap('"f1": {', f'"f1": {{"{IN_JSON}": "{IN_JSON}", '), CHECKS),
    "document": ("DATASHEET.md", add(f"<!-- generated:{HOSTILE} -->"), CHECKS),
}
PAIRS = [(place, command) for place, (_, _, commands) in PLACES.items() for command in commands]
ARGUMENTS = [
    *([name, *more] for name in COMMANDS for more in ([HOSTILE], [f"--{HOSTILE}"]) if name != "test-all"),
    [HOSTILE], ["diff", "HEAD", HOSTILE], ["diff", HOSTILE, "HEAD", "--json"], ["diff", f"HEAD:{HOSTILE}"],
    ["adjudicate", "list", HOSTILE, HOSTILE], ["agreement", HOSTILE, HOSTILE], ["notation", "show", HOSTILE],
    ["notation", "take", HOSTILE], ["notation", "tasks", HOSTILE, HOSTILE], ["release", "--since", HOSTILE, "patch"],
    ["passes", f"{HOSTILE}=x"], ["passes", f"x={HOSTILE}"], ["roundtrip", HOSTILE, HOSTILE],
    ["add-article", "--id", HOSTILE, "README.md"], ["add-article", "--language", HOSTILE, "README.md"],
    ["push", "--predictions", HOSTILE], ["push", "--annotations", HOSTILE], ["status", "--annotations", HOSTILE],
    ["corpus", "--without-text", f"no/{HOSTILE}"], ["test-all", "--suite", HOSTILE],
]  # fmt: skip
SERVER = {"LABEL_STUDIO_API_KEY": "x"}
ENVIRONMENTS: list[dict[str, str]] = [
    {"LABEL_STUDIO_URL": f"http://{HOSTILE}"}, {"LABEL_STUDIO_URL": HOSTILE} | SERVER,
    {"LABEL_STUDIO_URL": f"http://127.0.0.1:1/{HOSTILE}"} | SERVER,
    {"LABEL_STUDIO_URL": "http://127.0.0.1:1", "LABEL_STUDIO_API_KEY": HOSTILE, "LABEL_STUDIO_PROJECT": HOSTILE},
]  # fmt: skip


def sample(cases: list[Any], number: int) -> list[Any]:
    """Return all cases in make test-all, some of them otherwise."""
    return cases if AT_LENGTH else cases[:: -(-len(cases) // number)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    copy = ProjectCopy(tmp_path_factory.mktemp("terminal") / "tree")
    for name in ("DATASHEET.md", "README.md"):
        shutil.copy(ROOT / name, copy.root)
    shutil.copytree(ROOT / "docs", copy.root / "docs")
    copy.git("init", "--quiet")
    copy.git("add", "--all")
    copy.git("commit", "--quiet", "--message", HOSTILE)
    return copy


def show(project: ProjectCopy, *arguments: str, **environment: str) -> None:
    """Run a command in a terminal, and check its end and what it showed."""
    env = os.environ | {"PYTHONPATH": str(project.root / "benchmark")} | environment
    code, shown = run_in_terminal("-m", "scripts", *arguments, cwd=project.root, env=env, stdin=subprocess.DEVNULL)
    assert code in (0, 1, 2)
    assert shown and b"Traceback" not in shown, shown
    assert not find_unsafe(shown), shown


@pytest.mark.parametrize(("place", "command"), sample(PAIRS, 4))
def test_no_file_sends_commands_to_a_terminal(project: ProjectCopy, place: str, command: str) -> None:
    file, change, _ = PLACES[place]
    path = Path(project.root, file)
    made = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_bytes() if path.exists() else None
    path.write_bytes(change("" if before is None else before.decode()).encode("utf-8", "surrogatepass"))
    name, _, rest = command.partition(" ")
    try:
        show(project, name, *([path.name] if place == "title" else rest.split()))
    finally:
        path.unlink() if before is None else path.write_bytes(before)
        for folder in made:
            shutil.rmtree(folder)
        project.git("checkout", "--quiet", ".")
        project.git("clean", "--quiet", "--force", "-d")


@pytest.mark.parametrize("arguments", sample(ARGUMENTS, 4))
def test_no_argument_sends_commands_to_a_terminal(project: ProjectCopy, arguments: list[str]) -> None:
    show(project, *arguments)


@pytest.mark.parametrize("environment", sample(ENVIRONMENTS, 1))
def test_no_environment_sends_commands_to_a_terminal(project: ProjectCopy, environment: dict[str, str]) -> None:
    for command in ("status", "user x@y.z", "pull"):
        show(project, *command.split(), **environment)


def test_no_name_of_a_revision_sends_commands_to_a_terminal(project: ProjectCopy) -> None:
    """Git allows names with C1 controls and what changes the direction of writing, but no C0 controls."""
    name = "x\x9b31m\u202e\u200b"
    project.git("tag", "--force", name)
    path = project.root / GOLD
    before = path.read_bytes()
    path.write_bytes(before.replace(b'"PER"', b'"ORG"', 1))
    try:
        for form in ("--exit-code", "--json", "--markdown"):
            show(project, "diff", name, form)
    finally:
        path.write_bytes(before)
