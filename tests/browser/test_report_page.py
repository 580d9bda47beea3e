"""The HTML report in a real browser, opened from a file as its reader opens it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.effort import WAIT_MILLISECONDS
from tests.support.report_inputs import GOLD, HOSTILE, ONTOLOGY, hostile_result, make_mistakes
from vostochny import scoring
from vostochny.report.page import render as render_page

pytestmark = pytest.mark.browser

ARTICLE = f"articles/{GOLD[0].doc_id}"
VIEWS = ("scores", "mistakes", ARTICLE, f"{ARTICLE}/0", "identity/entities", "identity/events", "identity/quotes")
# The contrast of each visible text with what lies behind it, after WCAG 2: the worst of the page and where it is.
CONTRAST = """() => {
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const rgba = colour => {
        canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = (top, below) => top.slice(0, 3).map((x, i) => x * top[3] + below[i] * (1 - top[3])).concat(1);
    const behind = element => {
        const layers = [];
        for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
        return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
    };
    const light = colour => colour.slice(0, 3).map(x => x / 255)
        .map(x => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4)
        .reduce((sum, x, i) => sum + x * [.2126, .7152, .0722][i], 0);
    const ratio = (a, b) => {
        const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
        return (x + .05) / (y + .05);
    };
    let worst = [99, ""], pairs = new Set();
    const look = (ink, paper, what) => {
        pairs.add(`${ink} ${paper}`);
        const found = ratio(over(ink, paper), paper);
        if (found < worst[0]) worst = [found, what];
    };
    for (const element of document.querySelectorAll("body *")) {
        const style = getComputedStyle(element);
        if (!element.getClientRects().length || style.visibility === "hidden") continue;
        const what = `${element.tagName}.${element.className} ${element.textContent.slice(0, 40)}`;
        if ([...element.childNodes].some(n => n.nodeType === 3 && n.data.trim())) {
            look(rgba(style.color), behind(element), what);
        }
        const before = getComputedStyle(element, "::before");
        if (before.content !== "none" && before.content !== "normal") {
            look(rgba(before.color), over(rgba(before.backgroundColor), behind(element)), what + " ::before");
        }
    }
    return [...worst, pairs.size];
}"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page of a system that makes every kind of mistake."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    result = scoring.score(GOLD, make_mistakes(GOLD), ONTOLOGY, scoring.Options(resamples=500))
    path.write_text(render_page(result, "imperfect.jsonl", {"entities.names": 0.9}), encoding="utf-8")
    return path


@pytest.fixture
def opened(running_chromium: Any) -> Iterator[Callable[..., Any]]:
    """Return a function that opens a view of a page; at the end no page may have made a request or logged an error."""
    contexts, problems = [], []

    def open_(path: Path, view: str = "", width: int = 1280, scheme: str = "light") -> Any:
        context = running_chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        context.set_default_timeout(WAIT_MILLISECONDS)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: None if r.url.startswith("file:") else problems.append(f"request {r.url}"))
        page.on("console", lambda m: problems.append(f"console: {m.text}"))
        page.on("pageerror", lambda e: problems.append(f"error: {e}"))
        go(page, path, view)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert problems == []


def drawn(page: Any, address: str) -> None:
    """Wait until the view of this address (from its # on) is what the page shows."""
    page.wait_for_function("address => document.getElementById('main').dataset.drawn === address", arg=address)


def go(page: Any, path: Path, view: str) -> None:
    page.goto(f"{path.as_uri()}#{view}")
    drawn(page, f"#{view}" if view else "")


def follow(page: Any, link: Any, by: str = "mouse") -> None:
    """Follow a link of the page, by mouse or by key."""
    address = link.get_attribute("href")
    if by == "mouse":
        link.click()
    else:
        link.focus()
        page.keyboard.press("Enter")
    drawn(page, address)


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until the focus is there, as a reader without a mouse would."""
    for _ in range(60):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not reach {selector}")


def count(page: Any) -> int:
    return int(page.inner_text("#list").split()[0])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_view_is_legible_and_fits(
    opened: Callable[..., Any], report: Path, tmp_path: Path, scheme: str, width: int
) -> None:
    for view in VIEWS:
        page = opened(report, view, width, scheme)
        ratio, where, pairs = page.evaluate(CONTRAST)
        assert ratio >= 4.5, (view, where)
        assert pairs >= 5
        spare = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(spare) <= 0, view
        # The colours of a focused and of an unchecked filter are others: look at one of them.
        if page.locator("#filters").is_visible():
            page.locator("#filters .check input").first.focus()
            press(page, "Space")
            assert page.evaluate(CONTRAST)[0] >= 4.5, view
    page.screenshot(path=tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 10_000


def test_the_summary_fits_on_the_first_screen(opened: Callable[..., Any], report: Path) -> None:
    page = opened(report)
    assert page.locator(".tile").count() == 5
    for one in page.locator(".tile").all():
        box = one.bounding_box()
        assert box and box["y"] + box["height"] < 900
    assert page.locator(".plot svg").count() > 30
    assert page.locator(".most a").count() == 4
    assert page.locator(".tile .agreement").count() == 1
    first = page.locator(".tile svg").first
    assert "these articles" in first.get_attribute("aria-label")
    assert first.locator("circle.dot").count() == first.locator("rect.these").count() == 1
    assert "ci:500" in page.inner_text("footer")


def test_filters_work_by_keyboard(opened: Callable[..., Any], report: Path) -> None:
    page = opened(report, "mistakes")
    everything = count(page)
    press(page, "Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    press(page, "Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.reload()
    tab_to(page, "input[name=layers][value=entities]")
    ring = page.evaluate("getComputedStyle(document.activeElement.nextSibling).outlineStyle")
    assert ring == "solid"
    press(page, "Space")
    without = count(page)
    assert 0 < without < everything
    assert page.text_content("[role=status]") == page.inner_text(
        "#list"
    )  # announced to readers who cannot see the table change
    assert page.evaluate("document.activeElement.value") == "entities"
    assert "entities" not in page.locator(".mistakes td:nth-child(2)").all_inner_texts()
    tab_to(page, "input[name=verdicts][value=missed]")
    press(page, "Space")
    assert count(page) < without
    tab_to(page, "[data-part=reset]")
    press(page, "Enter")
    assert count(page) == everything
    page.select_option("#filter-type", label="GPE")
    assert 0 < count(page) < everything
    page.select_option("#filter-type", "")
    page.select_option("#filter-article", GOLD[1].doc_id)
    assert set(page.locator(".mistakes td:last-child").all_inner_texts()) == {GOLD[1].short_id}


def test_a_cell_of_the_table_lists_its_mistakes_and_a_row_jumps_to_its_place(
    opened: Callable[..., Any], report: Path
) -> None:
    page = opened(report, "mistakes")
    for layer, verdict in (
        ("entities", "type"), ("events", "missed"), ("arguments", "role"), ("quotes", "speaker"),
        ("identity", "merged"),
    ):  # fmt: skip
        go(page, report, "mistakes")
        page.locator("#filters [data-part=reset]").click()
        cell = page.get_by_role("button", name=re.compile(rf"^\d+ {verdict}, {layer}:"))
        number = int(cell.inner_text())
        cell.focus()
        press(page, "Enter")
        assert count(page) == number == page.locator(".mistakes tbody tr").count()
        row = page.locator(".mistakes tbody tr").last
        words = row.locator("mark").inner_text()
        follow(page, row.locator("a"), by="key")
        page.wait_for_selector(".seg:focus")
        marked = "".join(page.locator(".seg.arrived").all_inner_texts())
        assert " ".join(marked.split())[:20] == words[:20], (layer, verdict)
        focused = page.locator(".seg:focus").bounding_box()
        assert focused and 0 < focused["y"] < 900
        assert page.locator("#panel .verdict").first.inner_text().endswith(verdict)


def test_the_text_is_complete_and_arrow_keys_move_between_its_marks(opened: Callable[..., Any], report: Path) -> None:
    page = opened(report)
    for document in GOLD:
        go(page, report, f"articles/{document.doc_id}")
        assert "".join(page.inner_text(".text").split()) == "".join(document.text.split())
    assert page.locator(".text a[tabindex='0']").count() == 1
    page.locator(".text a[tabindex='0']").focus()
    details = set()
    for _ in range(5):
        details.add(page.inner_text("#panel"))
        press(page, "ArrowRight")
    assert len(details) == 5
    press(page, "Home")
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement === [...document.querySelectorAll('.text a.seg')].pop()")


def test_an_event_shows_its_arguments_and_a_quote_its_source(opened: Callable[..., Any], report: Path) -> None:
    page = opened(report, ARTICLE)
    rows = page.evaluate("DATA.articles[0].rows.map((r, i) => [i, r.layer, r.gold, r.verdict])")
    gold = GOLD[0]
    sizes = page.evaluate("DATA.articles[0].gold.events.map(e => e.arguments.length)")
    number = next(i for i, layer, at, verdict in rows if layer == "events" and verdict == "hit" and sizes[at] > 1)
    go(page, report, f"{ARTICLE}/{number}")
    page.wait_for_selector(".seg.linked")
    labels = set(page.locator(".seg[data-role]").evaluate_all("all => all.map(one => one.dataset.role)"))
    event = page.evaluate(f"DATA.articles[0].gold.events[{rows[number][2]}]")
    assert {role for role, *_ in event["arguments"]} <= {x for label in labels for x in label.split(", ")}
    assert page.locator("#panel .roles li").count() >= len(event["arguments"])
    sourced = page.evaluate("DATA.articles[0].gold.quotes.map(q => Boolean(q.source && q.cue))")
    number = next(i for i, layer, at, _ in rows if layer == "quotes" and at is not None and sourced[at])
    go(page, report, f"{ARTICLE}/{number}")
    page.wait_for_selector(".seg[data-role*=source]")
    assert page.locator(".seg[data-role*=cue]").count() == 1
    assert page.locator(".seg.pinned").count()
    page.wait_for_selector(".seg:focus")
    tab_to(page, "#panel .close")
    press(page, "Enter")
    assert page.locator(".seg.pinned, .seg.linked").count() == 0 and page.locator("#panel .hint").count() == 1
    page.locator(".text a.seg", has_text=gold.entities[0].span.of(gold.text)).first.hover()
    assert page.inner_text("#panel .card-words >> nth=0") and "gold" in page.inner_text("#panel")


def test_clusters_are_shown_across_articles(opened: Callable[..., Any], report: Path) -> None:
    page = opened(report, "identity")
    assert page.locator(".columns .card").count() == len(GOLD)
    second = page.locator(".list a").nth(1)
    name = second.locator("span").inner_text()
    follow(page, second, by="key")
    assert page.locator("#cluster").get_by_text(name, exact=True).is_visible()
    assert page.evaluate("document.activeElement.id") == "cluster"
    follow(page, page.locator(".outcome a").first)
    page.wait_for_selector(".seg.pinned")
    page.go_back()
    page.wait_for_selector("#cluster")
    kinds = page.locator(".tabs a:not(.side)").all_inner_texts()
    assert len(kinds) == 3
    for kind in kinds:
        follow(page, page.get_by_role("link", name=kind, exact=True))
        assert page.locator(".columns .card").count() >= 2, kind
    assert page.locator("blockquote").count() >= 2 and page.locator("dl dt", has_text="speaker").count()
    follow(page, page.get_by_role("link", name="prediction", exact=True))
    page.get_by_text("In the gold: ").wait_for()


def test_names_that_look_like_markup_stay_names(opened: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    path.write_text(render_page(hostile_result(), HOSTILE), encoding="utf-8")
    page = opened(path)
    for view in ("", "mistakes", "articles", *(f"articles/x/{i}" for i in range(5)), "identity", "identity/events",
                 "identity/quotes", "%", "identity/%E0%A4%A",
                 "constructor", "articles/x/length", "articles/x/"):  # fmt: skip
        go(page, path, view)
        assert page.locator("img").count() == 0 and page.locator("script").count() == 2
        assert page.evaluate("window.harmed") is None
    go(page, path, "articles")
    assert "</script><img src=x" in page.inner_text(".text") and "</script>" in page.title()
    assert page.evaluate("shorten('😀😀😀', 2)") == "😀…"
    # Offsets count code points, and an emoji stands before the second name.
    go(page, path, "articles/x/0")
    assert "Bob" in [x.strip() for x in page.locator(".text .seg").all_inner_texts()]
