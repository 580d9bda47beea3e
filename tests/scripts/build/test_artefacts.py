"""Every generated file is current; one that is not is named, with the command that rebuilds it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from scripts import files
from scripts.build import artefacts, leaderboard
from scripts.build.artefacts import ARTEFACTS, Artefact
from scripts.files import ROOT
from tests.support.project_copy import ProjectCopy
from vostochny.errors import InputError, Problem
from vostochny.report import board

PRESENT = [name for name, artefact in ARTEFACTS.items() if not artefact.slow]


def make_stale(tree: ProjectCopy, name: str) -> str:
    """Change a file of an artefact so that it can still be read, but is not current; return its path."""
    place = ARTEFACTS[name].place
    file = "docs/scale.md" if name == "datasheet" else place if (tree.root / place).is_file() else f"{place}/README.md"
    path = tree.root / file
    content = path.read_text(encoding="utf-8")
    changed = re.sub("(<!-- generated:scale-levels -->)4", r"\g<1>5", content)
    path.write_text(changed if name == "datasheet" else f"{content}\n", encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    tree = ProjectCopy(tmp_path_factory.mktemp("artefacts") / "tree")
    shutil.copytree(ROOT / "docs", tree.root / "docs")
    for name in ("README.md", "DATASHEET.md", "CITATION.cff"):
        shutil.copy(ROOT / name, tree.root / name)
    return tree


@pytest.mark.parametrize("name", PRESENT)
def test_an_artefact_is_current(name: str) -> None:
    assert ARTEFACTS[name].find_stale() == []
    assert (ROOT / ARTEFACTS[name].place).exists()


def test_each_stale_file_is_named_with_the_command_that_rebuilds_it(tree: ProjectCopy) -> None:
    assert artefacts.list_present() == PRESENT
    stale = {name: make_stale(tree, name) for name in PRESENT}
    extra = tree.root / "benchmark/leaderboard/removed.json"
    extra.write_text("{}", encoding="utf-8")
    checked = tree.run("-m", "scripts", "build", "--check")
    lines = [f"{file}: not current; run python -m scripts build {name}" for name, file in stale.items()]
    lines.append("benchmark/leaderboard/removed.json: not current; run python -m scripts build leaderboard")
    assert (checked.returncode, sorted(checked.stdout.splitlines()), checked.stderr) == (1, sorted(lines), "")
    for line in lines[:-1]:
        file, _, command = line.partition(": not current; run python ")
        assert f"{file}: written\n" in tree.done(*command.split())
        assert (tree.root / file).read_bytes() == (ROOT / file).read_bytes()
    assert not extra.exists()
    assert tree.done("-m", "scripts", "build") == "".join(f"{name}: current\n" for name in PRESENT)


def test_a_wrong_mark_stops_only_its_own_artefact(tree: ProjectCopy) -> None:
    path = tree.root / "DATASHEET.md"
    before = path.read_text(encoding="utf-8")
    path.write_text(f"<!-- generated:article -->5<!-- /generated -->\n{before}", encoding="utf-8")
    done = tree.run("-m", "scripts", "build", "datasheet", "corpus", "--check")
    path.write_text(before, encoding="utf-8")
    message = "DATASHEET.md:1: article: is not a value that is generated; did you mean 'articles'?\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "corpus: current\n", message)


@pytest.fixture
def one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table with one new row and a slow one; returns the file of the new one."""

    def fail() -> dict[Path, str]:
        raise AssertionError("a slow artefact is built only where it is named")

    file = tmp_path / "new.txt"
    table = {"new": Artefact("new.txt", lambda: {file: "content"}), "late": Artefact("late.txt", fail, slow=True)}
    monkeypatch.setattr(artefacts, "ARTEFACTS", table)
    monkeypatch.setattr(artefacts, "ROOT", tmp_path)
    monkeypatch.setattr(files, "ROOT", tmp_path)
    return file


def test_a_new_artefact_needs_one_row(one_row: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert artefacts.list_present() == []
    assert artefacts.main(["--check"]) == 1
    assert capsys.readouterr().out == "new.txt: not current; run python -m scripts build new\n"
    assert not one_row.exists()
    assert [artefacts.main([]), artefacts.main(["--check", "new"])] == [0, 0]
    assert capsys.readouterr().out == "new.txt: written\nnew: current\n"
    assert (one_row.read_text(encoding="utf-8"), artefacts.list_present()) == ("content", ["new"])


def test_a_content_that_is_not_valid_is_not_written(one_row: Path) -> None:
    artefacts.ARTEFACTS["new"] = Artefact("new.txt", lambda: {one_row: "content"}, lambda text: [f"{text} is wrong"])
    with pytest.raises(InputError, match=r"new\.txt: is not written: content is wrong"):
        artefacts.update(["new"], check=False)
    assert not one_row.exists()
    one_row.write_text("content", encoding="utf-8")
    assert artefacts.update(["new"], check=False) == 0


def test_each_file_is_compared_once(one_row: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_row.write_text("old", encoding="utf-8")
    compared: list[Path] = []
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: compared.append(path) or read(path))
    artefacts.rebuild()
    artefacts.rebuild()
    assert artefacts.update(["new"], check=False) == 0
    assert compared == [one_row] * 3
    assert one_row.read_text(encoding="utf-8") == "content"


def test_a_check_goes_on_behind_what_cannot_be_built(one_row: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> dict[Path, str]:
        raise InputError([Problem("source.yaml", 1, None, "is not YAML")])

    artefacts.ARTEFACTS["broken"] = Artefact("broken.txt", fail)
    assert artefacts.update(["broken", "new"], check=True) == 2
    assert capsys.readouterr() == (
        "new.txt: not current; run python -m scripts build new\n",
        "source.yaml:1: is not YAML\n",
    )
    with pytest.raises(InputError):
        artefacts.update(["broken", "new"], check=False)
    assert not one_row.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [("corpse", "unknown name 'corpse'; did you mean 'corpus'?"), ("datasheet --without-text x", "for corpus alone")],
)
def test_wrong_arguments_are_refused(arguments: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        artefacts.main(arguments.split())
    assert caught.value.code == 2 and message in capsys.readouterr().err


def test_last_digits_of_a_stored_result_may_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines differ in the last digits of a sum; any larger difference makes the file stale."""
    stored = {path.name: path.read_bytes().decode("utf-8") for path in board.find_folder().iterdir()}
    for name, content in stored.items():
        (tmp_path / name).write_text(content.replace('"value": 0.', '"value":  0.'), encoding="utf-8")
    monkeypatch.setattr(board, "find_folder", lambda: tmp_path)
    built = leaderboard.build_files()
    assert all(content == (tmp_path / path.name).read_text(encoding="utf-8") for path, content in built.items())
    changed = re.sub(r'"value": 0\.\d', '"value": 0.0', stored["lookup.json"], count=1)
    (tmp_path / "lookup.json").write_text(changed, encoding="utf-8")
    assert leaderboard.build_files()[tmp_path / "lookup.json"] == stored["lookup.json"]
