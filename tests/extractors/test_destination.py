"""The output of ``run``: no file is lost that ``run`` did not make, by a kill, a full disk or a second command."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import vostochny
from tests.support.crashes import try_crashes
from tests.support.effort import sample
from tests.support.processes import run_python, run_vostochny

UNCOMPILED = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
IDS = [d.doc_id for d in vostochny.load()]
EXTRACTORS = """
import os, time
def ok(d):
    return {"entities": []}
def other(d):
    return {"events": []}
def failing(d):
    if d.short_id == "001":
        raise ValueError("no")
    return {"entities": []}
def slow(d):
    open("started", "w").close()
    while not os.path.exists("go"):
        time.sleep(0.01)
    return {"entities": []}
"""
ROW = '{"doc_id": "%s", "entities": []}\n'
ALL_ROWS = "".join(ROW % doc_id for doc_id in IDS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ext.py").write_text(EXTRACTORS)
    return tmp_path


def run(folder: Path, *arguments: str, **options) -> subprocess.CompletedProcess[str]:
    return run_vostochny("run", *arguments, cwd=folder, **options)


def read_all(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()} | {}


def assert_refused(folder: Path, *arguments: str, message: str) -> None:
    """Assert that a run is refused in one way with and without --restart, and changes nothing."""
    for restart in ((), ("--restart",)):
        before = read_all(folder)
        done = run(folder, *arguments, *restart, env=UNCOMPILED)
        assert done.returncode == 2, done.stderr
        assert message in done.stderr and "Traceback" not in done.stderr
        assert read_all(folder) == before


# -- files of others -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    sample(["precious", "precious\n", "[1,\n2]\n", ROW % IDS[0], '{"doc_id": "', "\n\n", "\0", '{"a": 1}\ncut'], 3),
)
def test_a_file_without_a_run_record_is_left_alone(folder, content):
    (folder / "n.txt").write_text(content)
    assert_refused(folder, "ext:ok", "-o", "n.txt", message="n.txt: exists, and no run record (n.run.json) shows")


@pytest.mark.parametrize(
    "content", sample(["precious", "precious\n", "[1,\n2]\n", '{"a": 1}\n{"doc_id": "cut', "\0\0"], 2)
)
def test_a_file_that_is_not_predictions_is_left_alone_in_spite_of_a_record(folder, content):
    assert run(folder, "ext:ok", "-o", "n.jsonl").returncode == 0
    (folder / "n.jsonl").write_text(content)
    assert_refused(folder, "ext:ok", "-o", "n.jsonl", message="n.jsonl:")


def test_the_record_of_another_output_does_not_count(folder):
    assert run(folder, "ext:ok", "-o", "n.jsonl").returncode == 0
    (folder / "n.txt").write_text(ALL_ROWS)
    assert_refused(folder, "ext:ok", "-o", "n.txt", message="n.run.json: is the run record of n.jsonl")
    (folder / "n.txt").unlink()
    assert_refused(folder, "ext:ok", "-o", "n.txt", message="n.run.json: is the run record of n.jsonl")
    for _ in range(2):
        assert run(folder, "ext:ok", "-o", "m.txt").returncode == 0
    assert_refused(folder, "ext:ok", "-o", "m.jsonl", message="m.run.json: is the run record of m.txt")
    os.rename(folder / "m.txt", folder / "k.txt")
    os.rename(folder / "m.run.json", folder / "k.run.json")
    assert "5 already in it" in run(folder, "ext:ok", "-o", "k.txt").stderr


@pytest.mark.parametrize("name", ["n.run.json", "n.errors.jsonl"])
@pytest.mark.parametrize("content", sample(["precious", '{"a": 1}\n', "[]\n", ROW % IDS[0]], 1))
def test_files_beside_the_output_are_left_alone(folder, name, content):
    (folder / name).write_text(content)
    assert_refused(folder, "ext:failing", "-o", "n.jsonl", message=f"{name}: is not a")


def test_folders_and_names_too_long_are_refused(folder):
    (folder / "d").mkdir()
    (folder / "r.run.json").mkdir()
    (folder / "e.errors.jsonl").mkdir()
    assert_refused(folder, "ext:ok", "-o", "d", message="d: is a folder")
    assert_refused(folder, "ext:ok", "-o", "new/", message="is a folder")
    assert_refused(folder, "ext:ok", "-o", "r.jsonl", message="r.run.json is a folder")
    assert_refused(folder, "ext:ok", "-o", "e.jsonl", message="e.errors.jsonl: is not")
    assert_refused(folder, "ext:ok", "-o", "x" * 252, message="File name too long")
    assert not (folder / "new").exists()


GOLD_ROW = {"doc_id": "a", "text": "Aa met Bb.", "entities": [{"start": 0, "end": 2, "type": "PER"}]}


@pytest.mark.parametrize("how", sample(["name", "path", "symlink", "hard link"], 2))
def test_an_output_that_is_the_gold_is_refused(folder, how):
    (folder / "gold.jsonl").write_text(json.dumps(GOLD_ROW) + "\n")
    # As if run had made it.
    record = {"extractor": "ext:ok", "view": None, "articles": "x", "vostochny": "1.0.0"}
    output = {"name": "gold.jsonl", "path": "./../" + folder.name + "/gold.jsonl"}.get(how, "o.jsonl")
    if how == "symlink":
        (folder / "o.jsonl").symlink_to("gold.jsonl")
    elif how == "hard link":
        os.link(folder / "gold.jsonl", folder / "o.jsonl")
    (folder / Path(output).name.replace(".jsonl", ".run.json")).write_text(json.dumps(record))
    assert_refused(folder, "ext:ok", "--gold", "gold.jsonl", "-o", output, message="is an input of this command")


def test_an_output_whose_companions_are_inputs_is_refused(folder):
    (folder / "n.errors.jsonl").write_text(json.dumps(GOLD_ROW) + "\n")
    arguments = ("ext:ok", "--gold", "n.errors.jsonl", "-o", "n.jsonl")
    assert_refused(folder, *arguments, message="n.jsonl: would need n.errors.jsonl, which is an input")
    (folder / "v.run.json").write_text('{"types": {"PER": "P"}}')
    arguments = ("ext:ok", "--view", "v.run.json", "-o", "v.jsonl")
    assert_refused(folder, *arguments, message="v.jsonl: would need v.run.json, which is an input")
    assert_refused(folder, "./ext.py:ok", "-o", "ext.py", message="ext.py: is an input")
    assert_refused(folder, "ext:ok", "-o", "ext.py", message="ext.py: is an input")
    (folder / "answer.sh").write_text("cat")
    assert_refused(folder, "command", "sh answer.sh", "-o", "answer.sh", message="answer.sh: is an input")


def test_standard_input_and_output_that_are_one_file_are_refused(folder):
    gold = folder / "gold.jsonl"
    gold.write_text(json.dumps(GOLD_ROW) + "\n")
    before = gold.read_bytes()
    with gold.open("rb") as stdin, gold.open("ab") as stdout:
        done = run(folder, "ext:ok", "--gold", "-", "-o", "-", stdin=stdin, stdout=stdout, stderr=subprocess.PIPE,
                   capture_output=False)  # fmt: skip
    assert done.returncode == 2 and "is an input" in done.stderr and gold.read_bytes() == before
    with gold.open("rb") as stdin:
        done = run(folder, "ext:ok", "--gold", "-", "-o", "gold.jsonl", stdin=stdin)
    assert done.returncode == 2 and "is an input" in done.stderr and gold.read_bytes() == before


def test_an_empty_file_is_accepted_and_a_device_and_a_pipe_are_written_to(folder):
    (folder / "p.jsonl").touch()
    assert run(folder, "ext:ok", "-o", "p.jsonl").returncode == 0
    assert (folder / "p.jsonl").read_text() == ALL_ROWS
    assert run(folder, "ext:ok", "-o", "/dev/null").returncode == 0
    assert run(folder, "ext:ok", "-o", "/dev/stdout").stdout == ALL_ROWS
    os.mkfifo(folder / "pipe")
    with subprocess.Popen(["cat", folder / "pipe"], stdout=subprocess.PIPE, text=True) as reader:
        assert run(folder, "ext:ok", "-o", "pipe").returncode == 0
        assert reader.stdout and reader.stdout.read() == ALL_ROWS
    assert not list(folder.glob("pipe.*"))


def test_nothing_is_left_where_the_extractor_cannot_be_loaded(folder):
    before = read_all(folder)
    assert run(folder, "./ext.py:nothing", "-o", "new/p.jsonl", env=UNCOMPILED).returncode == 2
    assert read_all(folder) == before and not (folder / "new").exists()


# -- starting over -------------------------------------------------------------------------------------------------


def test_restart_replaces_the_old_file_when_the_new_one_is_whole(folder):
    assert run(folder, "ext:failing", "-o", "p.jsonl").returncode == 1
    assert run(folder, "ext:other", "-o", "p.jsonl").returncode == 2
    done = run(folder, "ext:other", "-o", "p.jsonl", "--restart")
    assert done.returncode == 0
    assert [json.loads(x)["events"] for x in (folder / "p.jsonl").read_text().splitlines()] == [[]] * 5
    assert not (folder / "p.errors.jsonl").exists()
    assert "5 already in it" in run(folder, "ext:other", "-o", "p.jsonl").stderr
    assert run(folder, "ext:failing", "-o", "p.jsonl", "--restart").returncode == 1
    assert len((folder / "p.errors.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("number", sample([signal.SIGINT, signal.SIGTERM, signal.SIGKILL], 2))
def test_the_old_file_stays_if_a_restart_is_interrupted(folder, number):
    assert run(folder, "ext:failing", "-o", "p.jsonl").returncode == 1
    names = ("p.jsonl", "p.run.json", "p.errors.jsonl")
    before = {name: (folder / name).read_bytes() for name in names}
    process = start(folder, "ext:slow", "-o", "p.jsonl", "--restart")
    process.send_signal(number)
    error = process.communicate()[1]
    assert {name: (folder / name).read_bytes() for name in names} == before
    if number != signal.SIGKILL:
        assert process.returncode == 128 + number and error == "vostochny: interrupted; p.jsonl is unchanged\n"
    assert run(folder, "ext:ok", "-o", "p.jsonl", "--restart").returncode == 0
    assert (folder / "p.jsonl").read_text() == ALL_ROWS
    assert not [p for p in folder.iterdir() if p.name.startswith(".")]


# -- two commands at once ------------------------------------------------------------------------------------------


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a run of ``ext:slow`` and wait until it has asked for its first article."""
    process = subprocess.Popen(
        [sys.executable, "-m", "vostochny", "run", *arguments], cwd=folder, stderr=subprocess.PIPE, text=True
    )
    while not (folder / "started").exists() and process.poll() is None:
        time.sleep(0.01)
    return process


@pytest.mark.parametrize("restart", [(), ("--restart",)])
def test_a_second_command_on_the_same_file_is_refused(folder, restart):
    assert run(folder, "ext:ok", "-o", "s.jsonl").returncode == 0
    if restart:
        assert run(folder, "ext:ok", "-o", "p.jsonl").returncode == 0
    first = start(folder, "ext:slow", "-o", "p.jsonl", *restart)
    try:
        for more in ((), ("--restart",)):
            second = run(folder, "ext:slow", "-o", "p.jsonl", *more)
            assert second.returncode == 2 and "p.jsonl: another command is writing it" in second.stderr
        code = "from vostochny.system.outputs import write_file; write_file('p.jsonl', 'x')"
        assert "another command is writing it" in run_python("-c", code, cwd=folder).stderr
        shared = run(folder, "ext:ok", "-o", "p.txt")
        assert shared.returncode == 2 and "p.run.json: is the run record of p.jsonl" in shared.stderr
    finally:
        (folder / "go").touch()
        first.communicate()
    assert first.returncode == 0 and (folder / "p.jsonl").read_text() == ALL_ROWS


# -- a full disk ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", sample([0, 10, 100, 250], 1))
@pytest.mark.parametrize("restart", [False, True])
def test_a_full_disk_leaves_whole_lines_or_the_old_file(folder, limit, restart):
    names = ("p.jsonl", "p.run.json")
    before = {}
    if restart:
        assert run(folder, "ext:ok", "-o", "p.jsonl").returncode == 0
        before = {name: (folder / name).read_bytes() for name in names}
    arguments = ("ext:other" if restart else "ext:ok", "-o", "p.jsonl", *(["--restart"] if restart else []))
    done = run(folder, *arguments, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
               env=UNCOMPILED)  # fmt: skip
    assert done.returncode == 2 and "File too large" in done.stderr and "Traceback" not in done.stderr
    assert "p." in done.stderr
    if restart:
        assert {name: (folder / name).read_bytes() for name in names} == before
    else:
        written = (folder / "p.jsonl").read_text() if (folder / "p.run.json").exists() else ""
        assert ALL_ROWS.startswith(written) and written[-1:] in ("", "\n")
        assert (folder / "p.jsonl").exists() == (folder / "p.run.json").exists()
    assert run(folder, *arguments).returncode == 0
    assert len((folder / "p.jsonl").read_text().splitlines()) == 5
    assert not [p for p in folder.iterdir() if p.name.startswith(".")]


# -- killed at every change of a file ------------------------------------------------------------------------------


def make_prepare(folder: Path, content: str | None):
    """Return a function that empties a folder, but for an output of ``ext:ok`` with this content (None: no output)."""

    run(folder, "ext:ok", "-o", "p.jsonl")
    record = (folder / "p.run.json").read_bytes()

    def prepare() -> None:
        for path in folder.iterdir():
            if path.is_file() and path.name != "ext.py":
                path.unlink()
        if content is not None:
            (folder / "p.jsonl").write_text(content)
            (folder / "p.run.json").write_bytes(record)

    return prepare


@pytest.mark.parametrize("content", sample([None, ALL_ROWS[:150], ALL_ROWS[:-1]], 1))
def test_a_run_killed_anywhere_is_continued_by_the_same_command(folder, content):
    arguments = ("run", "ext:ok", "-o", "p.jsonl")
    for crash in try_crashes(
        "vostochny", arguments, make_prepare(folder, content), sample=4, cwd=folder, env=UNCOMPILED
    ):
        done = run_vostochny(*arguments, cwd=folder)
        assert done.returncode == 0, (crash, done.stderr)
        assert (folder / "p.jsonl").read_text() == ALL_ROWS, crash
        assert not [p for p in folder.iterdir() if p.name.startswith(".")], crash


def test_a_restart_killed_anywhere_leaves_one_whole_file_that_is_taken_for_what_it_is(folder):
    arguments = ("run", "ext:other", "-o", "p.jsonl", "--restart")
    new_rows = ALL_ROWS.replace("entities", "events")
    states = set()
    for crash in try_crashes(
        "vostochny", arguments, make_prepare(folder, ALL_ROWS), sample=3, cwd=folder, env=UNCOMPILED
    ):
        state = (folder / "p.jsonl").read_text()
        assert state in (ALL_ROWS, new_rows), crash
        states.add(state)
        old = run(folder, "ext:ok", "-o", "p.jsonl")
        assert (old.returncode == 0) == (state == ALL_ROWS), (crash, old.stderr)
        new = run(folder, "ext:other", "-o", "p.jsonl")
        assert (new.returncode == 0) == (state == new_rows), (crash, new.stderr)
        assert (folder / "p.jsonl").read_text() == state
        assert run_vostochny(*arguments, cwd=folder).returncode == 0
        assert (folder / "p.jsonl").read_text() == new_rows
        assert not [p for p in folder.iterdir() if p.name.startswith(".")], crash
    assert states == {ALL_ROWS, new_rows}
