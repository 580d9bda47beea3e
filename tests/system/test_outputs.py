"""Every output is the old one or the new one, whole: after a kill at any step, on a full disk, and with two at once."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.files import ROOT
from tests.support.crashes import run_beside, run_counted, try_crashes
from tests.support.effort import AT_LENGTH, sample
from tests.support.processes import run_vostochny
from vostochny.system import folders, outputs

CORPUS = ROOT / "corpus" / "documents" / "test.jsonl"
SCORE = "score p.jsonl --gold g.jsonl --resamples 0"
# Name → command, and what it writes, in the folder of `state`.
COMMANDS = {
    "json": (f"{SCORE} --json out/file", "out/file"),
    "html": (f"{SCORE} --html out/file", "out/file"),
    "items": (f"{SCORE} --items out/file", "out/file"),
    "compare": ("compare p.jsonl q.jsonl --gold g.jsonl --resamples 0 --json out/file", "out/file"),
    "gold from standard input": ("score p.jsonl --gold - --resamples 0 --json out/file", "out/file"),
    "jsonl": ("convert p.jsonl out/file --format-out jsonl", "out/file"),
    "gzip": ("convert p.jsonl out/file.gz --format-out jsonl", "out/file.gz"),
    "conll": ("convert p.jsonl out/file --format-out conll --force", "out/file"),
    "parquet": ("convert p.jsonl out/file --format-out parquet", "out/file"),
    "spacy": ("convert p.jsonl out/file --format-out spacy --force", "out/file"),
    "spacy-json": ("convert p.jsonl out/file --format-out spacy-json --force", "out/file"),
    "json list": ("convert p.jsonl out/file --format-out json", "out/file"),
    "label-studio": ("convert p.jsonl out/file --format-out label-studio --force", "out/file"),
    "brat": ("convert p.jsonl out/folder --format-out brat --force", "out/folder"),
    "dataset": ("convert p.jsonl out/folder --format-out dataset --force", "out/folder"),
    "rehydrate": (f"rehydrate {ROOT / 'seeds'} -o out/file", "out/file"),
}  # fmt: skip


# A file takes its place by one rename everywhere, a folder by an exchange or by two renames. The commands left out of
# make test differ in what they write, not in how.
QUICK = ("gold from standard input", "gzip", "brat")
KILLED = [
    (name, two_renames)
    for name, (_, target) in COMMANDS.items()
    for two_renames in (False, True)
    if (AT_LENGTH or name in QUICK) and (target.endswith("folder") or not two_renames)
]
SAMPLE = 2  # kills of each in make test


def write_inputs(folder: Path) -> None:
    lines = CORPUS.read_text(encoding="utf-8").splitlines(keepends=True)[:2]
    for name in ("p.jsonl", "q.jsonl", "g.jsonl"):
        (folder / name).write_text("".join(lines), encoding="utf-8")


def reset(folder: Path, target: str) -> None:
    """Put an old output in place, and nothing beside it."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    (folder / "out").mkdir()
    if target.endswith("folder"):
        (folder / target / "sub").mkdir(parents=True)
        for name in ("000_x.txt", "sub/mine.txt", "dataset_info.json"):
            (folder / target / name).write_text("old\n", encoding="utf-8")
    else:
        (folder / target).write_text("old\n", encoding="utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def outputs_of(folder: Path) -> dict[str, bytes]:
    """Return the content of all files of the output but those that are being prepared."""
    found = contents(folder / "out")
    return {name: content for name, content in found.items() if ".vostochny-" not in name}


def run_there(folder: Path, command: str) -> subprocess.CompletedProcess[bytes]:
    with open(folder / "g.jsonl", "rb") as gold:
        environment = os.environ | {"TMPDIR": str(folder / "tmp")}
        return run_vostochny(*command.split(), cwd=folder, stdin=gold, text=False, env=environment)


@pytest.mark.parametrize(("name", "two_renames"), KILLED)
def test_a_command_killed_at_any_step(
    tmp_path: Path, name: str, two_renames: bool, record_property: Callable[[str, object], None]
) -> None:
    command, target = COMMANDS[name]
    write_inputs(tmp_path)
    (tmp_path / "tmp").mkdir()
    reset(tmp_path, target)
    old = outputs_of(tmp_path)
    done = run_there(tmp_path, command)
    assert done.returncode == 0, done.stderr
    new = outputs_of(tmp_path)
    assert new != old and contents(tmp_path / "out") == new
    inputs = {name: content for name, content in contents(tmp_path).items() if "/" not in name}
    kills = 0
    with open(tmp_path / "g.jsonl", "rb") as gold:
        options = {"cwd": tmp_path, "stdin": gold, "env": os.environ | {"TMPDIR": str(tmp_path / "tmp")}}

        def prepare() -> None:
            reset(tmp_path, target)
            gold.seek(0)

        for crash in try_crashes("vostochny", command.split(), prepare, two_renames, SAMPLE, **options):
            kills += 1
            if not two_renames:
                assert outputs_of(tmp_path) in (old, new), crash
            assert {n: c for n, c in contents(tmp_path).items() if "/" not in n} == inputs, crash
            done = run_there(tmp_path, command)
            assert done.returncode == 0, (crash, done.stderr)
            assert contents(tmp_path / "out") == new, crash
            assert not list((tmp_path / "tmp").iterdir()), crash
    record_property("kills", kills)
    assert kills >= SAMPLE


# One of those that write in one way.
FULL = list(COMMANDS) if AT_LENGTH else ["html", "gold from standard input", "gzip", "brat"]


@pytest.mark.parametrize("name", FULL)
def test_a_full_disk_leaves_the_old_output(tmp_path: Path, name: str) -> None:
    command, target = COMMANDS[name]
    write_inputs(tmp_path)
    (tmp_path / "tmp").mkdir()
    reset(tmp_path, target)
    before = contents(tmp_path)
    size = 200  # less than any output

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    with open(tmp_path / "g.jsonl", "rb") as gold:
        environment = os.environ | {"TMPDIR": str(tmp_path / "tmp")}
        done = run_vostochny(*command.split(), cwd=tmp_path, stdin=gold, preexec_fn=limit, env=environment)
    assert done.returncode == 2, done.stdout + done.stderr
    assert contents(tmp_path) == before
    assert done.stderr.count("\n") == 1 and "File too large" in done.stderr, done.stderr


@pytest.mark.parametrize("name", [name for name in FULL if COMMANDS[name][1] == "out/file"])
def test_a_full_device(tmp_path: Path, name: str) -> None:
    write_inputs(tmp_path)
    with open(tmp_path / "g.jsonl", "rb") as gold:
        command = COMMANDS[name][0].replace("out/file", "/dev/full").split()
        done = run_vostochny(*command, cwd=tmp_path, stdin=gold)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "vostochny: /dev/full: No space left on device"


HOLD = """
import sys
from vostochny.system import folders, outputs
path, kind, content = sys.argv[1:]
with (folders.replace_folder if kind == "folder" else outputs.replace_file)(path) as place:
    print("holds", flush=True)
    sys.stdin.readline()
    outputs.write_new_file(place / "x", content) if kind == "folder" else place.write(content.encode())
"""


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_two_processes_write_one_target(tmp_path: Path, kind: str) -> None:
    """The second waits; a killed first one leaves nothing that stops it."""
    target = tmp_path / "x"

    def start(content: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLD, str(target), kind, content]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    for end in ("ends", "killed"):
        with start("first") as first:
            assert first.stdin and first.stdout and first.stdout.readline() == "holds\n"
            with start("second") as second:
                assert second.stdin and second.stdout
                second.stdin.write("\n")
                second.stdin.flush()
                if end == "killed":
                    first.send_signal(signal.SIGKILL)
                else:
                    first.stdin.write("\n")
                    first.stdin.flush()
                assert second.wait(60) == 0
        assert (target / "x" if kind == "folder" else target).read_text(encoding="utf-8") == "second"
        assert [path.name for path in tmp_path.iterdir()] == ["x"]


JSON, RUN = "score {} --gold g.jsonl --resamples 0 --json out/file", "run ext:{} -o out/file"
CONVERT, BRAT = "convert {} out/file --format-out jsonl", "convert {} out/folder --format-out brat --force"
# Commands that write one file or folder, or one inside the other's; make test tries the first two.
BESIDE = [
    (RUN.format("one"), RUN.format("one").replace("out/file", "out/file.jsonl")),  # one run record
    (RUN.format("one"), JSON.format("p.jsonl")),
    (JSON.format("p.jsonl"), RUN.format("one")),
    (BRAT.format("p.jsonl"), BRAT.format("q.jsonl")),
    (RUN.format("one"), RUN.format("one")),
    (JSON.format("p.jsonl"), JSON.format("q.jsonl")),
    (JSON.format("p.jsonl"), JSON.format("q.jsonl").replace("--json", "--html")),
    (RUN.format("one"), JSON.format("p.jsonl").replace("--json", "--html")),
    (RUN.format("one"), RUN.format("two")),
    (RUN.format("one"), RUN.format("two") + " --restart"),
    (RUN.format("one") + " --restart", RUN.format("one") + " --restart"),
    (RUN.format("one"), CONVERT.format("p.jsonl")),
    (CONVERT.format("p.jsonl"), RUN.format("one")),
    (CONVERT.format("p.jsonl"), CONVERT.format("q.jsonl")),
    (CONVERT.format("p.jsonl"), CONVERT.format("q.jsonl").replace("jsonl out", "jsonl --force out")),
    (BRAT.format("p.jsonl"), BRAT.format("q.jsonl").replace("brat", "dataset")),
    (BRAT.format("p.jsonl").replace("brat", "dataset"), BRAT.format("q.jsonl").replace("brat", "dataset")),
    (BRAT.format("p.jsonl"), JSON.format("q.jsonl").replace("out/file", "out/folder/file")),
    (JSON.format("q.jsonl").replace("out/file", "out/folder/file"), BRAT.format("p.jsonl")),
    (RUN.format("one").replace("out/file", "out/folder/file"), BRAT.format("p.jsonl")),
    (f"rehydrate {ROOT / 'seeds'} -o out/file", f"rehydrate {ROOT / 'seeds'} -o out/file"),
    (f"rehydrate {ROOT / 'seeds'} -o out/file", CONVERT.format("p.jsonl")),
    (CONVERT.format("p.jsonl"), f"rehydrate {ROOT / 'seeds'} -o out/file"),
    (RUN.format("one"), f"rehydrate {ROOT / 'seeds'} -o out/file"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), BESIDE if AT_LENGTH else BESIDE[:2])
def test_two_commands_at_once_write_as_if_one_after_the_other(tmp_path: Path, first: str, second: str) -> None:
    """Where a command is refused, the files are those of the other one."""
    write_inputs(tmp_path)
    (tmp_path / "q.jsonl").write_text((tmp_path / "p.jsonl").read_text(encoding="utf-8").splitlines()[1], "utf-8")
    (tmp_path / "ext.py").write_text(
        "def one(d): return {'entities': []}\ndef two(d): return {'events': []}\n", "utf-8"
    )

    def prepare() -> None:
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        (tmp_path / "out" / "folder").mkdir(parents=True)
        (tmp_path / "out" / "folder" / "mine.txt").write_text("mine", encoding="utf-8")

    possible = []
    for order in (1, -1):
        prepare()
        before, after = (first, second)[::order]
        code = run_there(tmp_path, before).returncode
        possible.append(([code, 2][::order], contents(tmp_path / "out")))
        codes = [code, run_there(tmp_path, after).returncode]
        possible.append((codes[::order], contents(tmp_path / "out")))
    prepare()
    _, steps = run_counted("vostochny", first.split(), cwd=tmp_path)
    # The first is stopped where it has looked at everything and written nothing, and in make test-all at each step.
    for number in range(1, len(steps) + 1 if AT_LENGTH else 2):
        prepare()
        one, two = run_beside(["vostochny", *first.split()], ["vostochny", *second.split()], number, cwd=tmp_path)
        assert ([one.code, two.code], contents(tmp_path / "out")) in possible, (number, one, two)
        for ended in (one, two):
            assert "Traceback" not in ended.errors
            assert ended.code != 2 or ended.errors.count("\n") <= 2, ended  # a problem and what comes of it


def test_other_files_of_a_folder_stay(tmp_path: Path) -> None:
    target, link = tmp_path / "folder", tmp_path / "link"
    (target / "sub").mkdir(parents=True)
    (target / "sub" / "mine").write_text("mine", encoding="utf-8")
    (target / "x").write_text("old", encoding="utf-8")
    link.symlink_to(target)
    with folders.replace_folder(link) as folder:
        outputs.write_new_file(folder / "x", "new")
        (target / "late").write_text("late", encoding="utf-8")
    assert contents(target) == {"late": b"late", "sub/mine": b"mine", "x": b"new"}
    assert link.is_symlink()
    with pytest.raises(RuntimeError), folders.replace_folder(tmp_path / "a" / "b") as folder:
        raise RuntimeError
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "link"]


@pytest.mark.parametrize("target", [".", "..", "/proc", "file"])
def test_folders_that_cannot_be_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file").touch()
    monkeypatch.chdir(tmp_path / "in")
    with pytest.raises(OSError) as caught, folders.replace_folder(target):
        pass
    assert caught.value.filename == target
    assert contents(tmp_path) == {"in/file": b""}


SAME = [
    "convert p.jsonl p.jsonl", "convert p.jsonl link.jsonl --format-out conll", "convert p.jsonl hard.jsonl",
    "convert - p.jsonl", "convert p*.jsonl p.jsonl", "score p.jsonl --json p.jsonl", "score p.jsonl --json g.jsonl",
    "score p.jsonl --gold g.jsonl --items g.jsonl", "score p.jsonl --view v.json --json v.json",
    "score p.jsonl --json x --html x", "score p.jsonl --items x --html ./x", "compare q.jsonl p.jsonl --json p.jsonl",
    "convert brat brat --format-out brat --force", "score brat --html brat/x", "convert brat/one.ann brat",
    f"rehydrate {ROOT / 'seeds'} one.txt -o one.txt",
]  # fmt: skip


@pytest.mark.parametrize("command", sample(SAME, 4))
def test_an_output_that_is_an_input_is_refused(tmp_path: Path, command: str) -> None:
    write_inputs(tmp_path)
    (tmp_path / "link.jsonl").symlink_to("p.jsonl")
    (tmp_path / "hard.jsonl").hardlink_to(tmp_path / "p.jsonl")
    (tmp_path / "v.json").write_text('{"types": {"PER": "PER"}}', encoding="utf-8")
    (tmp_path / "brat").mkdir()
    for name in ("brat/one.txt", "brat/one.ann", "one.txt"):
        (tmp_path / name).write_text("", encoding="utf-8")
    before = contents(tmp_path)
    command = command if "--gold" in command or not command.startswith("score") else f"{command} --gold g.jsonl"
    with open(tmp_path / "p.jsonl", "rb") as stdin:
        done = run_vostochny(*command.split(), cwd=tmp_path, stdin=stdin)
    assert done.returncode == 2
    assert "input" in done.stderr or "two outputs" in done.stderr, done.stderr
    assert contents(tmp_path) == before


def test_a_loss_needs_force(tmp_path: Path) -> None:
    write_inputs(tmp_path)
    run_vostochny("convert", "p.jsonl", "x.conll", cwd=tmp_path, check=True)
    (tmp_path / "x.conll").write_text("precious", encoding="utf-8")
    refused = run_vostochny("convert", "p.jsonl", "x.conll", cwd=tmp_path)
    assert refused.returncode == 2 and "--force" in refused.stderr
    assert (tmp_path / "x.conll").read_text(encoding="utf-8") == "precious"
    forced = run_vostochny("convert", "p.jsonl", "x.conll", "--force", cwd=tmp_path)
    assert forced.returncode == 0 and "lost: " in forced.stderr
    assert run_vostochny("convert", "p.jsonl", "q.jsonl", cwd=tmp_path).returncode == 0
