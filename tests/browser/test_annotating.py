"""An annotator's page, as a real browser shows it from the real server."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.annotating import task_files
from scripts.build.label_config import TARGET
from scripts.files import ROOT
from scripts.store import Store
from tests.support.editor import mark_words, update_button, wait_for_value, wait_until_drawn
from vostochny.formats import notation
from vostochny.formats.label_studio import read, write
from vostochny.formats.label_studio.regions import Task
from vostochny.model import Document
from vostochny.ontology import load_ontology

pytestmark = [pytest.mark.server, pytest.mark.browser]

SEED = ROOT / "seeds" / "003_614713fa8e662b7e.txt"
SAMPLE = """\
S {dateline}[[North Korean|GPE demonym north_korea]] leader [[Kim Jong Un|PER kim_jong_un]] met with President \
[[Vladimir Putin|PER vladimir_putin]] at the [[Vostochny Cosmodrome|FAC vostochny]], [[Russia|GPE russia]]’s space \
rocket launch site, in [[Amur province|GPE amur]] in the [[Far East region|LOC far_east]] on [[Wednesday|DATE]].
E met | Contact.Meet | actual | Participant: Kim Jong Un | Participant: Vladimir Putin | Place: Vostochny Cosmodrome | \
Time: Wednesday | #kim_putin_2023
S {body}The meeting comes as [[North Korea|GPE north_korea]] fired [[two|CARDINAL]] short-range ballistic \
[[missiles|WEA NOM missiles_2023]] into [[waters|LOC NOM waters]] off [[its|GPE PRO north_korea]] \
[[east coast|LOC NOM coast]] on [[Wednesday|DATE]].
E fired | Military.WeaponTest | actual | Agent: North Korea | Weapon: missiles | Target: waters | Time: Wednesday
S Before the much-touted meeting between [[the two leaders|PER NOM kim_and_putin]], there were global worries about \
potential arms deal that could fuel [[Moscow|GPE russia]]’s war endeavours in [[Ukraine|GPE ukraine]].
E deal | Transaction.Exchange | other
E war | Conflict.Attack | actual | Attacker: Moscow | Place: Ukraine
Q potential arms deal ~~ endeavours in Ukraine | cue: worries about | source: none | indirect | belief
"""


def sample() -> Document:
    """The first paragraphs of an article, annotated by hand; the rest of it bare."""
    text = SEED.read_bytes().decode("utf-8")
    rest = text[text.index("The two leaders took") :].splitlines()
    return notation.read(SAMPLE + "\n".join(f"S {line}" for line in rest if line), SEED.stem, text, load_ontology())


@pytest.fixture
def opened(browser: Any, server: Any, client: Any, make_project: Callable[[], int]) -> Iterator[tuple[Any, int]]:
    """The sample's task open in the browser, and its project. Every request must stay on the server."""
    one = make_project()
    task_files.import_tasks(client, one, [write(sample())])
    (task,) = task_files.export_tasks(client, one)
    page, outside = browser.new_page(), []
    page.on("request", lambda request: outside.append(request.url))
    page.goto(f"/projects/{one}/data?task={task['id']}")
    wait_until_drawn(page, write(sample()))
    yield page, one
    page.close()
    assert [url for url in outside if not url.startswith((server.url, "data:", "blob:"))] == []


def test_the_page_shows_text_and_regions_and_opening_it_changes_nothing(
    opened: tuple[Any, int], client: Any, tmp_path: Path
) -> None:
    page, one = opened
    document = sample()
    shown = page.inner_text(".lsf-richtext__container")
    assert "".join(shown.split()) == "".join(document.text.split())
    assert page.locator(".htx-highlight").count() >= len(document.entities) + len(document.events)
    wait_for_value(page, page.locator(".lsf-outliner-item").count, lambda count: count > 5)
    assert page.locator(".lsf-label").count() > 40
    assert page.locator("[class*=lsf-errors], .ant-modal, [class*=error-message]").count() == 0
    page.screenshot(path=tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 50_000
    # Update may light up by itself: on a slow load the editor takes its own measuring of offsets for an edit. What
    # counts is that nothing is stored, and a draft would be by now.
    page.wait_for_timeout(3000)
    assert read(task_files.export_tasks(client, one)[0], load_ontology()) == read(write(document), load_ontology())


def test_only_the_attributes_of_the_selected_region_are_shown(opened: tuple[Any, int]) -> None:
    page, _ = opened

    def shown() -> set[str]:
        return set(
            page.locator(".vo-attribute input[name]:visible").evaluate_all("all => all.map(one => one.name)")
        ) - {""}

    assert shown() == set()
    page.locator(".htx-highlight", has_text="Kim Jong Un").last.click()
    wait_for_value(page, shown, {"NAM", "NOM", "PRO", "demonym"}.__eq__)
    assert page.locator(".vo-attribute:visible", has_text="kim_jong_un").count() == 1
    page.keyboard.press("u")
    wait_for_value(page, shown, set().__eq__)
    page.locator(".htx-highlight", has_text="fired").last.click()
    wait_for_value(page, shown, {"actual", "negative", "failure", "event_cluster"}.issubset)
    page.keyboard.press("u")
    wait_for_value(page, shown, set().__eq__)
    page.locator(".htx-highlight", has_text="worries about").last.click()
    page.wait_for_selector(".htx-highlight.__active")
    assert shown() == set()  # a cue has none


def test_a_region_marked_by_hand_arrives_in_the_export(opened: tuple[Any, int], client: Any) -> None:
    page, one = opened
    mark_words(page, "1", "Dmitry Peskov")
    page.locator(".htx-highlight", has_text="Dmitry Peskov").click()
    page.wait_for_selector(".vo-attribute input[name=NAM]:visible")
    update_button(page).click()
    page.wait_for_selector("text=This region has no level yet")
    page.get_by_role("button", name="OK").click()
    page.locator(".vo-attribute input[name=NAM]:visible").click()
    page.fill(".vo-attribute input[name=cluster]:visible", "dmitry_peskov")
    page.keyboard.press("Enter")
    with page.expect_response(
        lambda response: "/api/annotations/" in response.url and response.request.method == "PATCH"
    ):
        update_button(page).click()
    before, document = sample(), read(task_files.export_tasks(client, one)[0], load_ontology())
    (new,) = set(document.entities) - set(before.entities)
    assert (new.span.of(document.text), new.type, new.level, new.cluster) == (
        "Dmitry Peskov",
        "PER",
        "NAM",
        "dmitry_peskov",
    )
    assert document.events == read(write(before), load_ontology()).events
    assert document.quotes == before.quotes


@pytest.fixture
def article(browser: Any, client: Any, make_project: Callable[[], int]) -> Iterator[tuple[Any, Task]]:
    """The gold of an article open in a window of 1280 pixels, and its task."""
    task, one = Store().read_tasks()[SEED.stem], make_project()
    task_files.import_tasks(client, one, [task])
    (stored,) = task_files.export_tasks(client, one)
    page = browser.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"/projects/{one}/data?task={stored['id']}")
    wait_until_drawn(page, task)
    yield page, task
    page.close()


def test_every_region_of_an_article_has_the_colour_of_its_label(article: tuple[Any, Task]) -> None:
    page, task = article
    colours = {label.get("value"): label.get("background", "") for label in ElementTree.parse(TARGET).iter("Label")}
    painted: dict[str, set[str]] = {}
    spans = """all => all.map(span => [span.className, getComputedStyle(span).backgroundColor])"""
    for classes, colour in page.locator(".htx-highlight").evaluate_all(spans):
        (name,) = re.findall(r"htx-highlight-(\S+)-\S+", classes)
        painted.setdefault(name, set()).add(colour)
    regions = [r for r in task["annotations"][0]["result"] if r["type"] == "labels"]
    expected = {}
    for region in regions:
        red, green, blue = bytes.fromhex(colours[region["value"]["labels"][0]][1:])
        expected[region["id"]] = {f"rgba({red}, {green}, {blue}, 0.3)"}
    assert painted == expected
    assert len({tuple(colour) for colour in expected.values()}) >= 8


def test_the_text_has_half_of_the_page_until_lists_and_arrows_are_unfolded(article: tuple[Any, Task]) -> None:
    page, _ = article
    assert page.locator(".vo-text").bounding_box()["width"] >= 640
    hidden = {"Arrows": ".relations-overlay", "Articles": ".lsf-label-view__table"}
    for title, selector in hidden.items():
        assert not page.locator(selector).first.is_visible()
        page.locator(".vo-side .ant-collapse-header", has_text=title).click()
        page.wait_for_selector(selector)
        page.locator(".vo-side .ant-collapse-header", has_text=title).click()
        page.wait_for_selector(selector, state="hidden")
