"""A real Chromium, while the tests of this folder run.

Playwright's synchronous calls keep an event loop running in this thread, beside which libraries that start a loop of
their own (inspect_ai) fail; so it ends with this folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.effort import WAIT_MILLISECONDS
from tests.support.requirements import skip_or_fail


@pytest.fixture(scope="package")
def chromium() -> str:
    """Return the path of a real Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not path:
        skip_or_fail("no Chromium; install your system's package chromium")
    return str(path)


FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip


@pytest.fixture(scope="package")
def running_chromium(chromium: str) -> Iterator[Any]:
    """Start Chromium once: playwright's synchronous interface cannot run twice at a time."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="package")
def browser(running_chromium: Any, server: Any) -> Iterator[Any]:
    """Open a browser context whose pages are logged in to the server."""
    context = running_chromium.new_context(viewport={"width": 1600, "height": 1400}, base_url=server.url)
    context.set_default_timeout(WAIT_MILLISECONDS)
    page = context.new_page()
    page.goto("/user/login/")
    page.fill("input[name=email]", server.username)
    page.fill("input[name=password]", server.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/user/login" not in url)
    page.close()
    yield context
    context.close()
