"""What an annotator sees and does in the real browser on the real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import label_studio
import pytest
from conftest import ROOT

from vostochny import ontology
from vostochny.formats import notation
from vostochny.formats.label_studio import write
from vostochny.model import Document

pytestmark = [pytest.mark.server, pytest.mark.browser]

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
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
    return notation.read(SAMPLE + "\n".join(f"S {line}" for line in rest if line), SEED.stem, text, ontology.load())


@pytest.fixture(scope="session")
def browser(chromium: str, server: Any) -> Iterator[Any]:
    """A Chromium whose every page is logged in to the server."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = running.new_context(viewport={"width": 1600, "height": 1400}, base_url=server.url)
        page = context.new_page()
        page.goto("/user/login/")
        page.fill("input[name=email]", server.username)
        page.fill("input[name=password]", server.password)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/user/login" not in url)
        page.close()
        yield context
        running.close()


@pytest.fixture
def opened(browser: Any, client: Any, project: Callable[[], int]) -> Iterator[tuple[Any, int]]:
    """The sample's task open in the browser, and its project."""
    one = project()
    label_studio.import_tasks(client, one, [write(sample())])
    (task,) = label_studio.export_tasks(client, one)
    page = browser.new_page()
    page.goto(f"/projects/{one}/data?task={task['id']}")
    page.wait_for_selector(".htx-highlight")
    yield page, one
    page.close()


def test_the_page_shows_text_regions_and_no_error(opened: tuple[Any, int], tmp_path: Path) -> None:
    page, _ = opened
    document = sample()
    shown = " ".join(page.inner_text(".lsf-richtext").split()) if page.query_selector(".lsf-richtext") else ""
    page.screenshot(path=tmp_path / "page.png")
    print(tmp_path / "page.png", shown[:100])
