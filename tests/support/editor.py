"""Label Studio's editor in a real browser, as an annotator handles it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def wait_until_drawn(page: Any, task: dict[str, Any]) -> None:
    """Wait until the page shows the list of tasks and every region of this one.

    The editor is drawn once more after the list of tasks, so regions alone are not enough.
    """
    page.wait_for_selector(".lsf-table__row-wrapper_selected", state="attached")
    regions = [r for r in task["annotations"][0]["result"] if r["type"] == "labels"]
    page.wait_for_function(
        """wanted => new Set([...document.querySelectorAll(".htx-highlight")]
            .map(region => region.dataset.start + "-" + region.dataset.end)).size >= wanted""",
        arg=len({(r["value"]["start"], r["value"]["end"]) for r in regions}),
    )


def wait_for_value(page: Any, get: Callable[[], Any], wanted: Callable[[Any], bool]) -> None:
    """Wait until a value read from the page is wanted: the editor draws some time after a click.

    Args:
        get: reads the value.
        wanted: whether it is what the test waits for; ten seconds are left for it.
    """
    for _ in range(100):
        if wanted(get()):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"the page still shows {get()}")


def mark_words(page: Any, key: str, words: str) -> None:
    """Press a label's key and drag over the first place of these words, as an annotator does."""
    start, end = page.evaluate(
        """words => {
            const walker = document.createTreeWalker(
                document.querySelector(".lsf-richtext__container"), NodeFilter.SHOW_TEXT);
            for (let node; (node = walker.nextNode()); ) {
                const at = node.data.indexOf(words);
                if (at < 0) continue;
                node.parentElement.scrollIntoView({block: "center"});
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + words.length);
                const rects = [...range.getClientRects()], last = rects[rects.length - 1];
                const middle = rect => rect.y + rect.height / 2;
                return [[rects[0].left + 1, middle(rects[0])], [last.right - 1, middle(last)]];
            }
        }""",
        words,
    )
    page.keyboard.press(key)
    page.wait_for_selector(".lsf-label_selected")
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()


def update_button(page: Any) -> Any:
    """Return the button that saves the annotation."""
    return page.locator("button[aria-label=submit]")
