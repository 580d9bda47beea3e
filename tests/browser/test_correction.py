"""A correction as an annotator makes it, from log-in to the loaded dataset and a changed score; and undone."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import vostochny
from scripts import store
from scripts.__main__ import main
from scripts.annotating import projects, sync_gold
from scripts.build import dataset
from scripts.build.label_config import HOTKEYS
from scripts.files import ROOT, write_or_check
from tests.support.editor import mark_words, update_button, wait_until_drawn
from vostochny.formats.label_studio import read, write
from vostochny.model import Document, Entity, Event
from vostochny.ontology import load_ontology

pytestmark = [pytest.mark.server, pytest.mark.browser]
DOC_ID = "003_614713fa8e662b7e"
BASELINE = ROOT / "benchmark" / "baselines" / "lookup" / "predictions.jsonl"


def omit_entity(document: Document, broken: list[str]) -> Iterator[tuple[Document, Entity, Event, str]]:
    """The article without one entity that an annotator could have missed, and what it was an argument of."""
    fillers = Counter(a.filler.id for event in document.events for a in event.arguments)
    speaking = {r.id for q in document.quotes for r in (q.source, q.addressee) if r}
    others = [v.trigger for v in document.events] + [s for q in document.quotes for s in (*q.content, q.cue) if s]
    for entity in document.entities:
        words = entity.span.of(document.text)
        near = [e.span for e in document.entities if e is not entity]
        if (
            fillers[entity.id] == 1 and entity.id not in speaking and entity.type in HOTKEYS and entity.cluster
            and entity.level and not entity.demonym and document.text.count(words) == 1
            and not any(span.overlaps(entity.span) for span in [*near, *others])
            and not any(re.search(rf"\b{entity.id}\b", line) for line in broken)
            and sum(e.cluster == entity.cluster for e in document.entities) > 1
        ):  # fmt: skip
            for event in document.events:
                for argument in event.arguments:
                    if argument.filler.id == entity.id:
                        rest = tuple(a for a in event.arguments if a is not argument)
                        events = tuple(replace(v, arguments=rest) if v is event else v for v in document.events)
                        entities = tuple(e for e in document.entities if e is not entity)
                        yield replace(document, entities=entities, events=events), entity, event, argument.role


@pytest.fixture
def desk(
    client: Any, server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, Entity, Event, str]]:
    """A copy of the annotations, in which article 003 lacks one entity, on the server; and what it lacks."""
    annotations = tmp_path / "annotations"
    shutil.copytree(ROOT / "annotations", annotations)
    task = json.loads((annotations / "gold" / f"{DOC_ID}.json").read_text(encoding="utf-8"))
    broken = sync_gold.broken_rules(annotations)
    document, *lacking = next(omit_entity(read(task, load_ontology()), broken))
    store.write_tasks(annotations / "gold", [write(document)])
    monkeypatch.setenv("LABEL_STUDIO_URL", server.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", server.token)
    monkeypatch.delenv("LABEL_STUDIO_PROJECT", raising=False)
    monkeypatch.setattr(projects, "SYNC_STATES", tmp_path / "sync")
    monkeypatch.setattr(projects, "REPLACED", tmp_path / "replaced")
    monkeypatch.setattr(projects, "TITLE", f"story {os.getpid()}")
    assert main(["push", "--anyway", "--annotations", str(annotations)]) == 0
    yield (annotations, *lacking)
    client.projects.delete(projects.open_project()[1])


def region(page: Any, start: int, end: int) -> Any:
    return page.locator(f'.htx-highlight[data-start="{start}"][data-end="{end}"]').first


def save(page: Any) -> None:
    with page.expect_response(lambda r: "/api/annotations/" in r.url and r.request.method == "PATCH") as answer:
        update_button(page).click()
    assert answer.value.ok


def add(page: Any, entity: Entity, event: Event, role: str, text: str) -> None:
    """Mark the words, set level and cluster, and make them an argument."""
    mark_words(page, HOTKEYS[entity.type], entity.span.of(text))
    region(page, entity.span.start, entity.span.end).click()
    page.keyboard.press(HOTKEYS[str(entity.level)])
    page.locator(".vo-attribute:visible .lsf-taxonomy .ant-select-selector").click()
    page.fill(".lsf-taxonomy-search-input:visible", str(entity.cluster))
    page.locator(".ant-select-tree-treenode:visible").filter(
        has_text=re.compile(rf"(^|· ){re.escape(str(entity.cluster)).replace('_', '[_ ]')}$")
    ).first.click()
    page.locator(".vo-attribute:visible h4").first.click()  # closes the list
    if picture := os.environ.get("VOSTOCHNY_SCREENSHOT"):  # how docs/label-studio.png was made
        page.set_viewport_size({"width": 1440, "height": 860})
        region(page, entity.span.start, entity.span.end).scroll_into_view_if_needed()
        page.wait_for_timeout(1000)
        page.screenshot(path=picture)
    page.keyboard.press("u")
    page.locator("#Relations-draggable").get_by_text("Relations").click()
    region(page, event.trigger.start, event.trigger.end).click()
    page.keyboard.press("Alt+r")
    region(page, entity.span.start, entity.span.end).click()
    arrow = page.locator(".lsf-relations__item").last
    arrow.scroll_into_view_if_needed()
    arrow.hover()
    arrow.get_by_label("Show Relation Labels").click()
    arrow.locator("[data-testid^=select-trigger]").click()
    page.locator(f'[data-testid="select-option-{role}"]').click()
    page.keyboard.press("Escape")


def run_update(annotations: Path, corpus: Path, capfd: Any) -> str:
    """Run ``update`` and return what it prints."""
    capfd.readouterr()
    code = main(["update", "--annotations", str(annotations), "--corpus", str(corpus)])
    said = capfd.readouterr()
    assert code == 0, said.err
    return said.out


def test_a_correction_from_log_in_to_score_and_back(
    desk: tuple[Path, Entity, Event, str], browser: Any, client: Any, tmp_path: Path, capfd: Any
) -> None:
    import datasets

    annotations, entity, event, role = desk
    corpus = tmp_path / "corpus"
    write_or_check(dataset.build(annotations, corpus), check=False)
    path = annotations / "gold" / f"{DOC_ID}.json"
    text, before, built = json.loads(path.read_bytes())["data"]["text"], path.read_bytes(), files(corpus)
    words = entity.span.of(text)
    _, project, state = projects.open_project()

    def rows() -> list[dict[str, Any]]:
        loaded = datasets.load_dataset(str(corpus), "entities", split="test", cache_dir=str(tmp_path / "cache"))
        return [row for row in loaded if row["start"] == entity.span.start and row["doc_id"] == DOC_ID]

    def score() -> dict[str, float | None]:
        gold = str(corpus / "documents" / "test.jsonl")
        result = vostochny.score(str(BASELINE), gold=gold, layers=["entities"])
        return {name: measure.value for name, measure in result.measures.items()}

    assert rows() == []
    baseline = score()
    page = browser.new_page()
    page.goto(f"/projects/{project}/data?task={state.tasks[DOC_ID].task}")
    wait_until_drawn(page, json.loads(path.read_bytes()))
    add(page, entity, event, role, text)
    save(page)

    said = run_update(annotations, corpus, capfd)
    assert f"{DOC_ID}  entities +1, events ~1" in said
    assert said.count("added ‹") == 1
    assert f"added ‹{words}› as {entity.type}" in said
    after = read(json.loads(path.read_bytes()), load_ontology())
    (new,) = [e for e in after.entities if e.span == entity.span]
    assert replace(new, id=entity.id) == entity
    assert [a.role for v in after.events for a in v.arguments if a.filler.id == new.id] == [role]
    (row,) = rows()
    assert (row["type"], row["level"], row["cluster"]) == (entity.type, entity.level, entity.cluster)
    assert score() != baseline

    region(page, entity.span.start, entity.span.end).click()
    page.keyboard.press("Backspace")
    save(page)
    assert f"removed ‹{words}›" in run_update(annotations, corpus, capfd)
    assert path.read_bytes() == before
    assert files(corpus) == built
    assert rows() == []
    assert score() == baseline
    page.close()


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
