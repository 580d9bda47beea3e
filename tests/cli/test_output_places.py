"""Outputs in odd places: links, pipes, devices, folders, names that no file can have.

What was there stays or is replaced. A refusal is one line and exit code 2, and leaves every file as it was.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.files import ROOT
from tests.support.effort import sample

PREDICTIONS = str(ROOT / "benchmark" / "baselines" / "lookup" / "predictions.jsonl")
EXTRACTOR = "def find(document):\n    return {'entities': [{'start': 0, 'end': 3, 'type': 'PER'}]}\n"
COMMANDS = {
    "json": "score IN --resamples 0 --json OUT",
    "html": "score IN --resamples 0 --html OUT",
    "items": "score IN --resamples 0 --items OUT",
    "compare": "compare IN IN --resamples 0 --json OUT",
    "convert": "convert IN OUT --format-out json",
    "packed": "convert IN OUT --format-out jsonl",
    "folder": "convert IN OUT --format-out brat --force",
    "dataset": "convert IN OUT --format-out dataset --force",
    "run": "run extractor.py:find -o OUT",
    "rehydrate": f"rehydrate {ROOT / 'seeds'} -o OUT",
}
Place = Callable[[Path], str]
PLACES: dict[str, Place] = {}


def place(function: Place) -> Place:
    """Add a function that makes what is at an output, and returns the output's name."""
    PLACES[function.__name__] = function
    return function


@place
def link_to_file(folder: Path) -> str:
    (folder / "target").write_text("old")
    (folder / "out").symlink_to("target")
    return "out"


@place
def link_to_nothing(folder: Path) -> str:
    (folder / "out").symlink_to("target")
    return "out"


@place
def link_into_no_folder(folder: Path) -> str:
    (folder / "out").symlink_to("none/target")
    return "out"


@place
def link_to_folder(folder: Path) -> str:
    (folder / "target").mkdir()
    (folder / "target" / "kept").write_text("old")
    (folder / "out").symlink_to("target")
    return "out"


@place
def circular_link(folder: Path) -> str:
    (folder / "out").symlink_to("other")
    (folder / "other").symlink_to("out")
    return "out"


@place
def hard_link(folder: Path) -> str:
    (folder / "target").write_text("old")
    os.link(folder / "target", folder / "out")
    return "out"


@place
def file(folder: Path) -> str:
    (folder / "out").write_text("old")
    return "out"


@place
def full_folder(folder: Path) -> str:
    (folder / "out").mkdir()
    (folder / "out" / "kept").write_text("old")
    return "out"


@place
def file_as_folder(folder: Path) -> str:
    (folder / "file").write_text("old")
    return "file/out"


@place
def pipe_with_reader(folder: Path) -> str:
    os.mkfifo(folder / "out")
    return "out"


@place
def local_socket(folder: Path) -> str:
    here = os.getcwd()
    os.chdir(folder)  # a socket's path may have 107 bytes
    try:
        socket.socket(socket.AF_UNIX).bind("out")
    finally:
        os.chdir(here)
    return "out"


NAMES = [
    "/dev/null", "/dev/full", "/dev/stdout", "/proc/self/fd/1", "/dev/fd/9", "x" * 255, "x" * 256,
    "/".join(["y" * 200] * 25), "a\nb",
    "a\x1b]0;x\x07b", "out/", "/proc/out", "/sys/kernel/out", "/proc/version", "none/out", "", ".", "..",
    os.fsdecode(b"a\xffb"),
]  # fmt: skip
PAIRS = [(command, where) for command in COMMANDS for where in (*PLACES, *NAMES)]


def walk(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


@pytest.mark.parametrize(("command", "where"), sample(PAIRS, 12))
def test_an_output_in_an_odd_place(tmp_path: Path, command: str, where: str) -> None:
    (tmp_path / "extractor.py").write_text(EXTRACTOR)
    out = PLACES[where](tmp_path) if where in PLACES else where
    before = {path: path.read_bytes() for path in walk(tmp_path)}
    words = [{"IN": PREDICTIONS, "OUT": out}.get(word, word) for word in COMMANDS[command].split()]
    reader = subprocess.Popen(["timeout", "60", "cat", out], cwd=tmp_path, stdout=-3) if "pipe" in where else None
    env = os.environ | {"PYTHONPATH": str(ROOT / "benchmark")}
    done = subprocess.run(
        [sys.executable, "-m", "vostochny", *words], cwd=tmp_path, env=env, capture_output=True, timeout=120,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if reader:
        reader.kill()
        reader.wait()
    said = f"{words}: {done.returncode} {done.stderr.decode('utf-8', 'replace')}"
    after = {path: path.read_bytes() for path in walk(tmp_path) if "__pycache__" not in path.parts}
    assert b"Traceback" not in done.stderr and done.returncode in (0, 2), said
    assert before.keys() <= after.keys(), said
    if done.returncode == 2:
        assert after == before, said
        assert 1 <= len(done.stderr.splitlines()) <= 2, said
