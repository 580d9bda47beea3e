"""Sync with the real server: a change on one side reaches the other; where both changed, nothing is lost."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts import store
from scripts.__main__ import main
from scripts.annotating import prediction_tasks, projects, sync, sync_state, task_files
from scripts.annotating.server import ServerError
from vostochny.formats.label_studio import dumps, write
from vostochny.model import Argument, Document, Entity, Event, Reference, Span

pytestmark = pytest.mark.server
TEXT = "Kim met Putin in Russia.\nHe left.\n"
LISTS: dict[str, list[dict[str, str]]] = {
    "entity_clusters": [{"value": "Kim Jong Un · kim_jong_un", "alias": "kim_jong_un"}],
    "event_clusters": [],
    "quote_clusters": [],
}


def article(doc_id: str) -> dict[str, Any]:
    kim = Entity("e1", Span(0, 3), "PER", "NAM", cluster="kim_jong_un")
    putin = Entity("e2", Span(8, 13), "PER", "NAM", cluster="vladimir_putin")
    roles = tuple(Argument("Participant", Reference(e.span, e.id)) for e in (kim, putin))
    met = Event("v1", Span(4, 7), "Contact.Meet", "actual", "positive", arguments=roles)
    return write(Document(doc_id, TEXT, entities=(kim, putin), events=(met,)))


class Site:
    """A gold of two articles in a folder, pushed to a project of the server."""

    def __init__(self, client: Any, project: int, folder: Path):
        self.client, self.project, self.folder = client, project, folder
        self.gold, self.replaced = folder / "gold", folder / "replaced"
        store.write_tasks(self.gold, [article("000_a"), article("001_b")])
        self.state = sync_state.load(folder / "sync", "test", project)

    def push(self, **options: Any) -> dict[str, str]:
        return sync.push(self.client, self.project, self.gold, self.state, LISTS, replaced=self.replaced, **options)

    def pull(self, **options: Any) -> list[str]:
        taken = sync.pull(self.client, self.project, self.gold, self.state, replaced=self.replaced, **options)
        return [doc_id for doc_id, *_ in taken]

    def compare(self) -> list[sync.Article]:
        return list(sync.compare(self.client, self.project, self.gold, self.state).values())

    def task(self, doc_id: str = "000_a") -> dict[str, Any]:
        tasks = task_files.export_tasks(self.client, self.project)
        return next(task for task in tasks if task["data"]["doc_id"] == doc_id)

    def edit(self, change: Callable[[list[dict[str, Any]]], Any], doc_id: str = "000_a") -> None:
        """Save another result, as the browser does."""
        (annotation,) = self.task(doc_id)["annotations"]
        change(annotation["result"])
        self.client.annotations.update(annotation["id"], result=annotation["result"])

    def write(self, change: Callable[[list[dict[str, Any]]], Any], doc_id: str = "000_a") -> None:
        """Edit the file."""
        task = json.loads((self.gold / f"{doc_id}.json").read_text(encoding="utf-8"))
        change(task["annotations"][0]["result"])
        (self.gold / f"{doc_id}.json").write_text(dumps(task), encoding="utf-8")

    def contents(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.gold.iterdir()}

    def api(self, method: str, path: str, **more: Any) -> Any:
        answer = self.client._client_wrapper.httpx_client.request(path, method=method, **more)
        assert answer.status_code < 300, answer.text
        return answer


@pytest.fixture
def site(client: Any, make_project: Callable[[], int], tmp_path: Path) -> Site:
    made = Site(client, make_project(), tmp_path)
    assert set(made.push().values()) == {"created"}
    return made


def level(value: str) -> Callable[[list[dict[str, Any]]], None]:
    """A change of the first entity's level."""

    def change(result: list[dict[str, Any]]) -> None:
        next(e for e in result if e.get("from_name") == "level")["value"]["choices"] = [value]

    return change


def region(id_: str, label: str, start: int, end: int) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": TEXT[start:end], "labels": [label]}
    return {"id": id_, "from_name": "entity", "to_name": "text", "type": "labels", "value": value}


def test_unchanged_articles_stay_and_a_lost_state_is_recovered(site: Site) -> None:
    before, task = site.contents(), site.task()
    assert set(site.push().values()) == {"unchanged"}
    assert site.pull() == []
    site.state.path.unlink()
    site.state = sync_state.load(site.folder / "sync", "test", site.project)
    assert set(site.push().values()) == {"unchanged"}
    assert site.state.tasks.keys() == {"000_a", "001_b"}
    assert site.contents() == before
    assert site.task() == task  # not even touched


def test_listed_clusters_are_picked_and_others_typed(site: Site) -> None:
    task = site.task()
    assert task["data"] | LISTS == task["data"]
    entries = {e["from_name"]: e["value"] for e in task["annotations"][0]["result"] if "from_name" in e}
    assert entries["known_cluster"]["taxonomy"] == [["kim_jong_un"]]
    assert entries["cluster"]["text"] == ["vladimir_putin"]


def test_an_edit_in_the_browser_changes_that_line_of_that_file(site: Site) -> None:
    before = site.contents()
    site.edit(level("NOM"))
    assert site.push() == {"000_a": "edited in the browser; pull to get it", "001_b": "unchanged"}
    assert site.pull() == ["000_a"]
    after = site.contents()
    assert after["001_b.json"] == before["001_b.json"]
    old, new = (files["000_a.json"].decode().splitlines() for files in (before, after))
    assert [line for line in new if line not in old] == [line.replace("NAM", "NOM") for line in old if line not in new]
    assert len(old) == len(new)
    assert site.pull() == []
    assert set(site.push().values()) == {"unchanged"}


def test_an_edit_of_the_file_updates_the_same_annotation(site: Site) -> None:
    task = site.task()
    site.write(level("NOM"))
    assert site.pull() == []  # and the edit stays
    assert site.push() == {"000_a": "updated", "001_b": "unchanged"}
    after = site.task()
    assert (after["id"], after["annotations"][0]["id"]) == (task["id"], task["annotations"][0]["id"])
    assert sync.hash_task(after) == sync.hash_task(json.loads(site.contents()["000_a.json"]))
    assert set(site.push().values()) == {"unchanged"}


def test_the_annotator_decides_where_both_sides_changed(site: Site) -> None:
    site.write(level("NOM"))
    site.edit(level("PRO"))
    before, there = site.contents(), site.task()
    with pytest.raises(sync.Refused, match=r"000_a: changed here and in the browser; .*pull --theirs 000_a"):
        site.pull()
    with pytest.raises(sync.Refused, match=r"(?s)000_a: was edited in the browser.*push --ours 000_a.*server is as it"):
        site.push()
    assert (site.contents(), site.task()) == (before, there)
    assert site.pull(theirs=["000_a"]) == ["000_a"]
    assert b"PRO" in site.contents()["000_a.json"]
    (copy_of_file,) = site.replaced.glob("000_a-*.json")
    assert "NOM" in copy_of_file.read_text(encoding="utf-8")
    copy_of_file.unlink()

    site.write(level("NOM"))
    site.edit(level("NAM"))
    assert site.push(ours=["000_a"]) == {"000_a": "replaced", "001_b": "unchanged"}
    assert site.task()["annotations"][0]["result"][1]["value"]["choices"] == ["NOM"]
    assert len(list(site.replaced.glob("000_a-*.json"))) == 1
    assert site.pull() == []


def test_the_annotator_decides_where_nothing_is_remembered(site: Site) -> None:
    site.edit(level("PRO"))
    site.state.tasks.clear()
    for command in (site.pull, site.push):
        with pytest.raises(sync.Refused, match="000_a: differs"):
            command()
    assert site.pull(theirs=["000_a"]) == ["000_a"]


def draft(site: Site, doc_id: str) -> None:
    task = site.task(doc_id)
    path = f"api/tasks/{task['id']}/annotations/{task['annotations'][0]['id']}/drafts"
    site.api("POST", path, json={"result": [], "lead_time": 1})


def edited_text(site: Site, doc_id: str) -> None:
    task = site.task(doc_id)
    site.client.tasks.update(task["id"], data=task["data"] | {"text": "Kim did not meet anybody.\n"})


def saved(*entries: dict[str, Any]) -> Callable[[Site, str], None]:
    return lambda site, doc_id: site.edit(lambda result: result.extend(entries), doc_id)


def arrow(to: str, labels: Any) -> dict[str, Any]:
    return {"type": "relation", "from_id": "v1", "to_id": to, "labels": labels}


TYPED = {"id": "e1", "from_name": "cluster", "to_name": "text", "type": "textarea", "value": {"text": ["kim"]}}
CONFLICTS: list[tuple[Callable[[Site, str], Any], str]] = [
    (draft, "press Update in the browser"),
    (lambda s, d: s.client.annotations.delete(s.task(d)["annotations"][0]["id"]), "its annotation was deleted;"),
    (lambda s, d: s.client.tasks.delete(s.task(d)["id"]), "its task was deleted; `push --ours"),
    (lambda s, d: s.client.annotations.create(s.task(d)["id"], result=[]), "has 2 annotations"),
    (lambda s, d: task_files.import_tasks(s.client, s.project, [article(d)]), "delete all but one in"),
    (edited_text, "the text of its task was edited"),
    (saved(arrow("gone", ["Time"])), "no region has the id 'gone'; remove the relation"),
    (saved(region("x", "PERSON", 14, 16)), "unknown entity label 'PERSON'"),
    (saved(arrow("v1", 5)), "has the labels 5"),
    (saved(TYPED), "cluster appears twice; keep one"),
]  # fmt: skip


def test_each_conflict_is_refused_whole_and_can_be_resolved(site: Site) -> None:
    names = [f"{number:03}_x" for number in range(100, 100 + len(CONFLICTS))]
    store.write_tasks(site.gold, map(article, names))
    site.push()
    site.edit(level("NOM"), "001_b")  # good work beside it: nothing of it may arrive alone
    for name, (make, _) in zip(names, CONFLICTS, strict=True):
        make(site, name)
    before = site.contents()
    with pytest.raises(sync.Refused) as refused:
        site.pull()
    *lines, last = str(refused.value).splitlines()
    assert last == "nothing was pulled; the gold is as it was"
    for name, (_, message) in zip(names, CONFLICTS, strict=True):
        assert any(line.startswith(f"{name}: ") and message in line for line in lines), (name, lines)
    assert len(lines) == len(names)
    assert site.contents() == before
    assert {pair.state for pair in site.compare() if pair.doc_id in names} == {"broken", "deleted"}
    assert set(site.push(ours=names).values()) == {"replaced", "unchanged", "edited in the browser; pull to get it"}
    assert site.pull() == ["001_b"]
    assert {name for name, content in site.contents().items() if content != before[name]} == {"001_b.json"}


def _sort(annotations: list[Any]) -> list[Any]:
    """Return annotations by id, which is the order in which they were made."""
    return sorted(annotations, key=lambda annotation: annotation["id"])


def test_a_skipped_annotation_stays_beside_the_one_that_counts(site: Site) -> None:
    """Otherwise a push would write into the skipped one, and the next pull bring the former gold back."""
    task = site.task()
    (annotation,) = task["annotations"]
    site.client.annotations.create(task["id"], result=annotation["result"])
    site.api("PATCH", f"api/annotations/{annotation['id']}/", json={"was_cancelled": True})
    # PostgreSQL lists a row that was changed behind the others.
    assert [a["was_cancelled"] for a in _sort(site.task()["annotations"])] == [True, False]
    site.write(level("NOM"))
    assert site.push()["000_a"] == "updated"
    assert site.pull() == []
    skipped, counted = _sort(site.task()["annotations"])
    assert skipped["result"] == annotation["result"]
    assert b"NOM" in site.contents()["000_a.json"]
    assert "NOM" in json.dumps(counted["result"])


def test_an_annotation_that_was_skipped_in_the_file_is_not_taken_for_the_gold(site: Site) -> None:
    path = site.gold / "000_a.json"
    task = json.loads(path.read_text(encoding="utf-8"))
    task["annotations"].insert(0, {"was_cancelled": True})
    path.write_text(json.dumps(task), encoding="utf-8")
    site.edit(level("NOM"))
    assert site.pull() == ["000_a"]
    assert b"NOM" in path.read_bytes()


def test_both_of_two_tasks_of_an_article_are_saved_before_they_are_replaced(site: Site) -> None:
    task_files.import_tasks(site.client, site.project, [article("000_a")])
    site.client.annotations.update(site.task()["annotations"][0]["id"], result=[region("x", "GPE", 17, 23)])
    assert site.push(ours=["000_a"])["000_a"] == "replaced"
    saved_tasks = [path.read_text(encoding="utf-8") for path in site.replaced.iterdir()]
    assert sorted('"GPE"' in task for task in saved_tasks) == [False, True]


def test_broken_rules_are_refused_before_a_byte_is_written(site: Site) -> None:
    site.edit(level("NOM"))
    before, seen = site.contents(), []

    def check(files: dict[str, str]) -> list[str]:
        seen.append(files)
        return ["000_a.json: EN9 e1: is wrong"]

    with pytest.raises(sync.Refused, match=r"(?s)EN9 e1: is wrong.*nothing was pulled"):
        site.pull(check=check)
    assert [list(files) for files in seen] == [["000_a.json"]]
    assert site.contents() == before


def test_an_edit_at_the_moment_of_the_push_is_not_overwritten(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.write(level("NOM"))
    compare = sync.compare

    def late(*arguments: Any) -> Any:
        pairs = compare(*arguments)
        site.edit(level("PRO"))
        return pairs

    monkeypatch.setattr(sync, "compare", late)
    with pytest.raises(sync.Refused, match="edited in the browser at this moment"):
        site.push()
    assert site.task()["annotations"][0]["result"][1]["value"]["choices"] == ["PRO"]


@pytest.mark.parametrize("command", ["pull", "push"])
def test_a_server_that_stops_answering_midway(site: Site, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx

    site.edit(level("NOM"))
    site.write(level("NOM"), "001_b")
    (site.gold / "002_c.json").write_text(dumps(article("002_c")), encoding="utf-8")
    before, counted = site.contents(), 0
    send = httpx.Client.send

    def failing(self: Any, request: Any, **more: Any) -> Any:
        nonlocal counted
        counted += 1
        if counted > allowed:
            raise httpx.ConnectError("Connection refused", request=request)
        return send(self, request, **more)

    for allowed in range(40):  # noqa: B007
        counted = 0
        with monkeypatch.context() as patch:
            patch.setattr("time.sleep", lambda _: None)  # the SDK tries again, and waits before it does
            patch.setattr(httpx.Client, "send", failing)
            try:
                getattr(site, command)()
                break
            except httpx.ConnectError:
                assert site.contents() == before
    assert 2 <= allowed < 39
    assert site.pull() == (["000_a"] if command == "push" else [])
    site.push()
    assert {pair.state for pair in site.compare()} == {"same"}
    assert len(task_files.export_tasks(site.client, site.project)) == 3


def test_an_empty_gold_waits_for_its_annotator(site: Site) -> None:
    empty = article("002_c")
    empty["annotations"][0]["result"] = []
    (site.gold / "002_c.json").write_text(dumps(empty), encoding="utf-8")
    assert site.push()["002_c"] == "created"
    task = site.task("002_c")
    assert task["annotations"] == []  # so that the page offers Submit, and a prediction where there is one
    assert site.pull() == []
    assert site.push()["002_c"] == "unchanged"
    site.client.annotations.create(task["id"], result=article("002_c")["annotations"][0]["result"])
    assert site.pull() == ["002_c"]
    new = json.loads(site.contents()["002_c.json"])
    assert new["annotations"][0].pop("completed_by") == site.client.users.whoami().email
    assert new == article("002_c")


def test_a_prediction_is_shown_and_replaced(site: Site, tmp_path: Path) -> None:
    row: dict[str, Any] = {
        "doc_id": "000_a",
        "entities": [{"start": 0, "end": 3, "type": "PER"}, {"start": 17, "end": 23, "type": "GPE", "cluster": "c1"}],
        "events": [
            {
                "trigger": {"start": 4, "end": 7}, "type": "Contact.Meet",
                "arguments": [
                    {"role": "Participant", "start": 0, "end": 3}, {"role": "Participant", "start": 8, "end": 13}
                ],
            }
        ],
        "quotes": [],
    }  # fmt: skip
    file = tmp_path / "predictions.jsonl"
    gold = store.Store(site.gold, gold="")

    def show() -> tuple[dict[str, str], list[Any]]:
        file.write_text(json.dumps(row), encoding="utf-8")
        tasks, not_drawn = prediction_tasks.load(file, gold)
        assert not_drawn == {"000_a": 1}  # nothing was predicted where the second argument stands
        done = prediction_tasks.show(site.client, site.project, tasks, "ours")
        return done, [p for p in site.client.predictions.list(task=site.task()["id"]) if p.model_version == "ours"]

    done, (prediction,) = show()
    assert done == {"000_a": "shown"}
    assert {e.get("from_name") for e in prediction.result} == {"entity", "cluster", "event", None}
    done, (again,) = show()
    assert (done, again.id) == ({"000_a": "unchanged"}, prediction.id)
    row["entities"].pop()
    done, (other,) = show()
    assert done == {"000_a": "shown"}
    assert len(other.result) < len(prediction.result)
    assert site.pull() == []  # a prediction is nobody's annotation


def set_environment(monkeypatch: pytest.MonkeyPatch, url: str, key: str, project: int | None, folder: Path) -> None:
    monkeypatch.setenv("LABEL_STUDIO_URL", url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", key)
    monkeypatch.delenv("LABEL_STUDIO_PROJECT", raising=False)
    if project is not None:
        monkeypatch.setenv("LABEL_STUDIO_PROJECT", str(project))
    monkeypatch.setattr(projects, "SYNC_STATES", folder / "sync")
    monkeypatch.setattr(projects, "REPLACED", folder / "replaced")


def test_errors_are_reported_in_one_line(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(url: str, key: str, project: int | None = None) -> str:
        set_environment(monkeypatch, url, key, project, tmp_path)
        assert main(["pull"]) == 2
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1
        return lines[0]

    assert "the server answered 401" in said(server.url, "0" * 40)
    assert "the server does not answer" in said("http://127.0.0.1:1", server.token)
    assert "has no such project" in said(server.url, server.token, 10**6)
    assert "LABEL_STUDIO_API_KEY is not set" in said(server.url, "")
    monkeypatch.setattr(projects, "TITLE", "nothing of this name")
    assert "has no project 'nothing of this name' yet; run python -m scripts push" in said(server.url, server.token)


def test_a_personal_access_token_works_as_well(site: Site, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = site.api("GET", "api/jwt/settings").json()
    site.api("POST", "api/jwt/settings", json=settings | {"api_tokens_enabled": True})
    token = site.api("POST", "api/token/").json()["token"]
    set_environment(monkeypatch, server.url, token, site.project, site.folder)
    client, project, _ = projects.open_project()
    tasks = task_files.export_tasks(client, project)
    site.api("POST", "api/token/blacklist/", json={"refresh": token})  # a user has one at a time
    assert project == site.project
    assert tasks == task_files.export_tasks(site.client, project)


def test_an_incomplete_export_is_reported(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    exports = copy.copy(site.client.projects.exports)
    monkeypatch.setattr(type(exports), "as_json", lambda *_: json.loads('[{"id": 1, "da'))
    with pytest.raises(ServerError, match="broke off; try again"):
        site.pull()
