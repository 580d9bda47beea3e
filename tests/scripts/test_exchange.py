"""Interrupt pulls at every point: the gold is always the old one or the new one, whole."""

from __future__ import annotations

import copy
import errno
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts import exchange, store
from scripts.__main__ import main
from scripts.annotating import sync, sync_state
from scripts.files import ROOT
from vostochny.formats.label_studio import dumps, write
from vostochny.model import Document, Entity, Span
from vostochny.system import folders

TEXT = "Kim met Putin in Russia."
NAMES = [f"00{n}_x" for n in range(5)]


def article(doc_id: str, *spans: tuple[int, int]) -> dict[str, Any]:
    entities = tuple(Entity(f"e{n}", Span(*span), "PER", "NAM") for n, span in enumerate(spans))
    return write(Document(doc_id, TEXT, entities=entities))


class FakeClient:
    """A client whose server exports every article with one entity more than the gold."""

    def __init__(self) -> None:
        self.users = self
        self.projects = self
        self.exports = self

    def list(self) -> list[Any]:
        return []

    def as_json(self, _: int) -> list[dict[str, Any]]:
        tasks = []
        for number, name in enumerate(NAMES):
            task = copy.deepcopy(article(name, (0, 3), (8, 13)))
            task["annotations"][0] |= {"id": number, "completed_by": 1, "updated_at": "2024-01-01"}
            tasks.append(task | {"id": number, "drafts": []})
        return tasks


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    folder = tmp_path / "annotations" / "gold"
    store.write_tasks(folder, [article(name, (0, 3)) for name in NAMES])
    (folder / "NOTES.md").write_text("stays", encoding="utf-8")
    return folder


OLD = {f"{name}.json": dumps(article(name, (0, 3))) for name in NAMES} | {"NOTES.md": "stays"}
NEW = {f"{name}.json": dumps(article(name, (0, 3), (8, 13))) for name in NAMES} | {"NOTES.md": "stays"}


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def pull(gold: Path) -> int:
    """Pull five changed articles; return how many were written."""
    state = sync_state.load(gold.parent / "sync", "local", 1)
    for name in NAMES:
        known = sync.hash_task(article(name, (0, 3)))
        state.tasks.setdefault(name, sync_state.Agreed(0, 0, None, str(known)))
    return len(sync.pull(FakeClient(), 1, gold, state))


WRITES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.truncate", "os.link", "ctypes.dlsym"}


def interrupt_at(gold: Path, number: int, how: str) -> str:
    """Pull in another process that is killed, or finds the disk full, at its n-th write; return how it ended."""
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        return {0: "done", 2: "refused"}.get(os.waitstatus_to_exitcode(status), "killed")
    count = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if event not in WRITES and not opens:
            return
        count += 1
        if count == number and how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        # A full disk refuses what makes something, and goes on refusing; it lets remove and rename.
        if count >= number and how == "full" and (opens or event == "os.mkdir"):
            raise OSError(errno.ENOSPC, "No space left on device")

    sys.addaudithook(watch)
    try:
        pull(gold)
        os._exit(0)
    except OSError:
        os._exit(2)
    except BaseException:
        os._exit(3)


@pytest.mark.parametrize("in_one_step", [True, False], ids=["in one step", "in two renames"])
@pytest.mark.parametrize("how", ["killed", "full"])
def test_a_pull_ended_at_any_write(gold: Path, monkeypatch: pytest.MonkeyPatch, how: str, in_one_step: bool) -> None:
    if not in_one_step:
        monkeypatch.setattr(folders, "exchange", lambda *_: False)
    seen, whole = [], 0
    for number in range(1, 200):
        ended = interrupt_at(gold, number, how)
        if in_one_step:  # at every moment
            assert contents(gold) in (OLD, NEW), (number, ended)
        exchange.recover(gold)  # what any next command does first
        assert contents(gold) in (OLD, NEW), (number, ended)
        seen.append(contents(gold) == NEW)
        if ended == "done":
            break
        assert not [path for path in gold.parent.iterdir() if path.name.startswith(".gold")]
        pull(gold)  # and the next pull brings what this one did not
        assert contents(gold) == NEW
        whole += 1
        for name, content in OLD.items():
            (gold / name).write_text(content, encoding="utf-8")
        for left in (gold.parent / "sync").glob("*"):
            left.unlink()
    assert ended == "done"
    assert whole > 10
    assert seen == sorted(seen)  # old, old, …, new, new: it changed once


def test_a_file_cut_short_by_the_disk(gold: Path) -> None:
    pid = os.fork()
    if not pid:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))
        try:
            exchange.replace_files(gold, {"000_x.json": NEW["000_x.json"]}, {})
        except OSError:
            os._exit(2)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 2
    assert contents(gold) == OLD
    assert sorted(path.name for path in gold.parent.iterdir()) == ["gold"]


def test_a_file_that_changed_meanwhile_is_not_replaced(gold: Path) -> None:
    path = gold / "000_x.json"
    before = path.read_bytes()
    path.write_text("edited", encoding="utf-8")
    with pytest.raises(exchange.FolderChanged, match="changed meanwhile"):
        exchange.replace_files(gold, {"000_x.json": "new", "001_x.json": "new"}, {"000_x.json": before})
    assert contents(gold) == OLD | {"000_x.json": "edited"}


@pytest.mark.parametrize("name", ["004_x.json", "005_new.json"])
def test_another_file_that_changed_meanwhile_is_not_lost(
    gold: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    flush = exchange._flush_names

    def edit_and_flush(folder: Path) -> None:
        if folder.name == ".gold.new":  # all is copied, and not yet in place
            (gold / name).write_text("edited", encoding="utf-8")
        flush(folder)

    monkeypatch.setattr(exchange, "_flush_names", edit_and_flush)
    with pytest.raises(exchange.FolderChanged, match=f"{name} changed meanwhile"):
        exchange.replace_files(gold, {"000_x.json": "new"}, {"000_x.json": OLD["000_x.json"].encode()})
    assert contents(gold) == OLD | {name: "edited"}


def test_a_damaged_sync_state_is_named(tmp_path: Path) -> None:
    (tmp_path / "local-1.json").write_text('{"tasks": {"x": {}', encoding="utf-8")
    with pytest.raises(ValueError, match="is damaged; remove it"):
        sync_state.load(tmp_path, "local", 1)
    assert sync_state.remembered_projects(tmp_path, "local") == [1]
    assert sync_state.remembered_projects(tmp_path, "http://127.0.0.1:8080") == []


LOCK_AND_WAIT = """
import pathlib, sys
from scripts import exchange
from scripts.files import ROOT
with exchange.lock(pathlib.Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def locking_process(gold: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has locked the gold."""
    command = [sys.executable, "-c", LOCK_AND_WAIT, str(gold)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None and process.stdout.readline() == "locked\n"
        yield process
        process.kill()


@pytest.mark.parametrize("command", ["pull", "push", "update"])
def test_a_second_command_is_refused_at_once(
    gold: Path, locking_process: subprocess.Popen[str], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    unfinished = gold.parent / ".gold.new"  # the other command's work must stay
    unfinished.mkdir()
    assert main([command, "--annotations", str(gold.parent)]) == 2
    message = f"another command is using {gold}; run this one again when it has ended\n"
    assert capsys.readouterr().err == message
    assert contents(gold) == OLD and unfinished.exists()


def test_a_killed_process_leaves_no_lock(gold: Path, locking_process: subprocess.Popen[str]) -> None:
    locking_process.kill()
    locking_process.wait()
    with exchange.lock(gold):
        exchange.replace_files(gold, {"000_x.json": NEW["000_x.json"]}, {})  # and the folder may change under it
        with pytest.raises(exchange.FolderLocked), exchange.lock(gold):
            pass
    assert sorted(path.name for path in gold.parent.iterdir()) == ["gold"]
