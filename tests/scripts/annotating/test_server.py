"""The real server returns tasks unchanged, and is started, used and stopped by our commands."""

from __future__ import annotations

import fcntl
import json
import os
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.__main__ import main
from scripts.annotating import projects, task_files
from scripts.annotating.server import (
    STATE,
    Server,
    ServerError,
    find_process,
    is_healthy,
    is_in_use,
    set_new_password,
)
from scripts.build.label_config import check_config
from scripts.files import ROOT
from scripts.store import Store
from tests.support.project_copy import ProjectCopy
from vostochny.formats.label_studio import canonicalize, dumps, read, write
from vostochny.formats.label_studio.regions import ATTRIBUTES, LABEL_CONTROLS
from vostochny.model import Argument, Document, Entity, Event, Quote, Reference, Span, Zone
from vostochny.ontology import load_ontology
from vostochny.text.layout import cover_with_zones, paragraphs_of

pytestmark = pytest.mark.server
GOLD = ROOT / "annotations" / "gold"


def make_document(doc_id: str, text: str) -> Document:
    """Return an article with random annotation of every kind, always the same for one doc_id."""
    o, rng = load_ontology(), random.Random(doc_id)
    values = o.attributes
    words = [Span(*m.span()) for m in re.finditer(r"[\w’-]+", text)]

    def stretch(longest: int) -> Span:
        first = rng.randrange(len(words) - longest)
        return Span(words[first].start, words[first + rng.randrange(longest)].end)

    def maybe(names: Any) -> str | None:
        return rng.choice([None, *names])

    entities = []
    for n in range(60):
        type_ = rng.choice(o.entity_types)
        level = rng.choice(list(values["levels"])) if type_ in o.mentions else None
        demonym = level == "NAM" and rng.random() < 0.2
        entities.append(Entity(f"e{n}", stretch(4), type_, level, demonym, maybe(["kim"])))
    fillers = [Reference(e.span, e.id) for e in entities]
    events = []
    for n in range(30):
        type_ = rng.choice(list(o.events))
        one, other, both = rng.sample(fillers, 3)
        roles = [Argument(rng.choice(list(o.events[type_].roles)), filler) for filler in (one, other)]
        roles += [Argument("Time", both), Argument("Place", both)]
        attributes = maybe(values["realis"]), "negative", maybe(values["outcome"])
        events.append(Event(f"v{n}", stretch(2), type_, *attributes, tuple(roles), maybe(["met"])))
    quotes: list[Quote] = []
    for n in range(12):
        content = sorted({stretch(8) for _ in range(3)})
        content = [s for i, s in enumerate(content) if not i or s.start >= content[i - 1].end][:2]
        has = (
            maybe(values["directness"]),
            maybe(values["attitude"]),
            maybe([q.id for q in quotes]),
            maybe(["said"]),
            maybe(values["links"]),
        )
        source = rng.choice([None, *fillers])
        quotes.append(Quote(f"q{n}", tuple(content), stretch(3), source, None, *has, source is None))
    title, *_, last = paragraphs_of(text)
    zones = cover_with_zones(text, [Zone(title, "title"), Zone(last, "boilerplate")])
    return Document(doc_id, text, zones, entities=tuple(entities), events=tuple(events), quotes=tuple(quotes))


@pytest.fixture(scope="session")
def tasks() -> dict[str, dict[str, Any]]:
    """The five articles: the gold where it exists, else made-up annotation on their texts."""
    if list(GOLD.glob("*.json")):
        return Store().read_tasks()
    seeds = sorted((ROOT / "seeds").glob("*.txt"))
    return {s.stem: write(make_document(s.stem, s.read_bytes().decode("utf-8"))) for s in seeds}


def test_the_server_accepts_our_configuration() -> None:
    assert check_config(task_files.CONFIG.read_text(encoding="utf-8")) == []
    assert check_config(task_files.CONFIG.read_text(encoding="utf-8").replace('toName="text"', 'toName="b"')) != []


def test_five_documents_come_back_unchanged(client: Any, tasks: dict[str, Any]) -> None:
    back = task_files.send_and_return(client, tasks)
    assert len(back) == 5
    assert {task["data"]["doc_id"]: dumps(task) for task in back} == {
        d: dumps(canonicalize(t)) for d, t in tasks.items()
    }


def test_annotation_of_every_kind_comes_back_unchanged(client: Any) -> None:
    text = "Title 🚀 of it\n\n" + "He said that “they” will, and 𝔸 did not: “no.” Then\nhe left. " * 20 + "\n\nEnd\n"
    task = write(make_document("000_every", text))
    (back,) = task_files.send_and_return(client, {"000_every": task})
    assert dumps(back) == dumps(task)
    kinds = {entry.get("from_name") for entry in back["annotations"][0]["result"]}
    assert kinds == {None, *LABEL_CONTROLS, *ATTRIBUTES}


def test_annotators_keep_their_names(client: Any, make_project: Callable[[], int]) -> None:
    me = client.users.whoami().email
    task = {"data": {"doc_id": "000_x", "text": "Kim"}, "annotations": [{"completed_by": me, "result": []}]}
    strange = {"data": {"doc_id": "001_x", "text": "Kim"}, "annotations": [{"completed_by": "x@y.org", "result": []}]}
    one = make_project()
    task_files.import_tasks(client, one, [task, strange])
    exported = task_files.export_tasks(client, one)
    assert [canonicalize(t)["annotations"][0]["completed_by"] for t in exported] == [me, me]
    assert read(exported[0], load_ontology(), annotator=me).doc_id == "000_x"


def test_an_unsaved_draft_is_refused(client: Any, make_project: Callable[[], int], tasks: dict[str, Any]) -> None:
    one = make_project()
    task = next(iter(tasks.values()))
    task_files.import_tasks(client, one, [task])
    (exported,) = task_files.export_tasks(client, one)
    answer = client._client_wrapper.httpx_client.request(
        f"api/tasks/{exported['id']}/annotations/{exported['annotations'][0]['id']}/drafts",
        method="POST", json={"result": [], "lead_time": 1},
    )  # fmt: skip
    assert answer.status_code == 201
    (exported,) = task_files.export_tasks(client, one)
    with pytest.raises(ValueError, match="press Update in the browser"):
        read(exported, load_ontology())


def test_a_folder_in_use_is_refused(server: Any) -> None:
    with pytest.raises(ServerError, match="another server uses"):
        Server(server.data)


def test_every_problem_of_a_folder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("000_a", "001_b"):
        task = {"data": {"doc_id": name, "text": "Kim"}, "annotations": []}
        (folder / f"{name}.json").write_text(json.dumps(task), encoding="utf-8")
    assert main(["roundtrip", str(folder), str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "000_a.json: annotations: the task has no annotation" in said
    assert "001_b.json" in said
    assert not (tmp_path / "out").exists()


def test_a_second_start_changes_nothing_and_stop_ends_only_that_server(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    folders = [STATE / name for name in ("test-start-data", "test-start-data-2")]
    data = next((folder for folder in folders if not is_in_use(folder)), folders[0])
    monkeypatch.setattr(projects, "DATA", data)
    monkeypatch.setattr(projects, "SYNC_STATES", tmp_path / "sync")
    monkeypatch.setattr(projects, "TITLE", f"test {time.time()}")
    assert main(["start"]) == 0
    first = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in first if line[:2] == "00"] == ["created"] * 5
    assert first[-1].startswith("http://127.0.0.1:")
    client, project, state = projects.open_project()
    before, edited = task_files.export_tasks(client, project), next(iter(state.tasks.values()))
    client.annotations.update(edited.annotation, result=[])
    assert main(["start"]) == 0
    again = capsys.readouterr().out.splitlines()
    assert again[-1] == first[-1]
    assert [line.split(maxsplit=1)[1] for line in again if line[:2] == "00"] == [
        "edited in the browser; pull to get it", *["unchanged"] * 4
    ]  # fmt: skip
    after = task_files.export_tasks(client, project)
    assert [task["id"] for task in after] == [task["id"] for task in before]
    assert [bool(task["annotations"][0]["result"]) for task in after] == [False, *[True] * 4]
    assert main(["user", "second@example.org"]) == 0
    assert re.fullmatch(r"second@example.org logs in with \S{16}\n", capsys.readouterr().out)
    client.projects.delete(project)
    assert [main([command]) for command in ("stop", "stop", "status")] == [0, 0, 2]
    said = capsys.readouterr()
    assert said.out == "stopped\nno server is running\n"
    assert said.err == "no server is running; run `make label-studio`, or set LABEL_STUDIO_URL\n"
    assert is_healthy(server.url)
    assert not is_healthy(first[-1].split()[0])


def replace_program(monkeypatch: pytest.MonkeyPatch, folder: Path, lines: str) -> None:
    """Let a shell script of these lines take the place of Label Studio."""
    program = folder / "label-studio"
    program.write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr("scripts.annotating.server.PROGRAM", program)


def test_a_server_that_ends_reports_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_program(monkeypatch, tmp_path, "echo no more room >&2\nexit 3")
    with pytest.raises(ServerError, match=r"(?s)ended with code 3.*no more room"):
        Server(tmp_path / "data")
    monkeypatch.setattr("scripts.annotating.server.PROGRAM", tmp_path / "nothing")
    with pytest.raises(ServerError, match=r"make \.label-studio/venv"):
        Server(tmp_path / "data")


def test_a_server_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_program(monkeypatch, tmp_path, "echo still migrating\nexec sleep 60")
    with pytest.raises(ServerError, match=r"(?s)did not answer .* within 1 s.*still migrating"):
        Server(tmp_path / "data", timeout=1)
    assert not is_in_use(tmp_path / "data")


def test_a_server_that_a_killed_start_has_left_is_stopped(tmp_path: Path) -> None:
    """Nobody else knows of it: its own process writes into the lock which one it is."""
    copy = ProjectCopy(tmp_path / "tree")
    program, lock = copy.root / ".label-studio/venv/bin/label-studio", copy.root / ".label-studio/data/lock"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
    program.chmod(0o755)
    starting = copy.start("-m", "scripts", "start")
    while not (lock.exists() and lock.read_bytes()):
        time.sleep(0.01)
    starting.kill()
    starting.communicate()
    assert is_in_use(lock.parent)
    assert copy.done("-m", "scripts", "stop") == "stopped\n"
    assert not is_in_use(lock.parent)
    assert copy.done("-m", "scripts", "stop") == "no server is running\n"


def test_a_server_of_one_command_ends_with_it_where_that_is_killed(tmp_path: Path) -> None:
    copy = ProjectCopy(tmp_path / "tree")
    program, data = copy.root / ".label-studio/venv/bin/label-studio", tmp_path / "data"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
    program.chmod(0o755)
    running = copy.start("-m", "scripts", "roundtrip", "annotations/gold", "out", "--server-data", str(data))
    while not ((data / "lock").exists() and (data / "lock").read_bytes()):
        time.sleep(0.01)
    running.kill()
    running.communicate()
    for _ in range(1000):
        if not is_in_use(data):
            break
        time.sleep(0.01)
    assert not is_in_use(data)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"pid": 1, "url": "x"}', b'{"pid": true}', b"\xff"])
def test_a_lock_that_names_no_process_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr("scripts.annotating.server.LOCK_SECONDS", 0.1)
    (tmp_path / "lock").write_bytes(content)
    assert find_process(tmp_path) is None
    with (tmp_path / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ServerError, match="does not name the process that uses"):
            find_process(tmp_path)


def test_what_the_server_stores_is_private_whatever_the_umask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Log-ins are in it. A folder and files that are open to all from an earlier version are closed."""
    replace_program(monkeypatch, tmp_path, "umask > umask\nexit 3")
    data = tmp_path / "data"
    data.mkdir()
    login = data / "login.json"
    login.write_text('{"username": "a", "password": "b", "token": "c"}', encoding="utf-8")
    data.chmod(0o755)
    login.chmod(0o644)
    before = os.umask(0)
    try:
        with pytest.raises(ServerError, match="ended with code 3"):
            Server(data)
        with pytest.raises(ServerError, match="ended with code 3"):
            Server(tmp_path / "new")
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (data, login, tmp_path / "new/login.json")}
    assert modes == {"data": 0o700, "login.json": 0o600}
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert (data / "umask").read_text(encoding="utf-8").strip() in ("077", "0077")


@pytest.mark.parametrize("content", ["[]", "5", "null", "{}", "{", '{"username": 1, "password": "x", "token": "y"}'])
def test_a_damaged_login_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    replace_program(monkeypatch, tmp_path, "exit 3")
    (tmp_path / "login.json").write_text(content, encoding="utf-8")
    with pytest.raises(ServerError, match=r"login\.json"):
        Server(tmp_path)


def test_no_process_shows_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every user of the machine can read what a process was called with."""
    replace_program(monkeypatch, tmp_path, "tr '\\0' '\\n' </proc/$$/cmdline >called\ncat >asked")
    (tmp_path / "login.json").write_text('{"username": "a", "password": "b", "token": "c"}', encoding="utf-8")
    password = set_new_password(tmp_path, "kim@example.org")
    assert (tmp_path / "asked").read_text(encoding="utf-8") == f"{password}\n"
    called = (tmp_path / "called").read_text(encoding="utf-8")
    assert "kim@example.org" in called and password not in called


@pytest.mark.server
def test_a_new_password_lets_the_user_log_in(server: Any, client: Any) -> None:
    """The server's own command reads it from standard input."""
    email = f"u{time.time_ns()}@example.org"
    client.users.create(email=email, username=email.split("@")[0])
    password = set_new_password(server.data, email, server.database)
    with httpx.Client(base_url=server.url, trust_env=False, follow_redirects=True) as browser:
        browser.get("/user/login")
        form = {"email": email, "password": password, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        answer = browser.post("/user/login", data=form)
        assert browser.get("/api/current-user/whoami").json()["email"] == email, answer.text[:500]
