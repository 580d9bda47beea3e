"""What several tests share: the scripts on the path, and one real Label Studio server a session."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import effort
from tests.support.requirements import skip_or_fail

effort.load_profile()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file or folder of every kind that a format or an extractor writes, by a name; to be read only."""
    from tests.support.two_articles import write_samples

    return write_samples(tmp_path_factory.mktemp("made"))


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Lets the library datasets load from the disk alone, and into a cache of the test's own."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


@pytest.fixture
def batches_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes streams come in batches of about so many bytes."""

    def make(size: int) -> None:
        monkeypatch.setattr("vostochny.scoring.chunks.CHUNK_BYTES", size)

    return make


@pytest.fixture
def validated(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs ``python -m scripts validate`` here; its exit code and what it wrote."""
    from scripts.__main__ import main

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["validate", *arguments])
        return (code, *capsys.readouterr())

    return run


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A valid annotations folder to change one thing in."""
    from scripts import files
    from tests.support.small_annotations import AnnotationsCopy

    monkeypatch.setattr(files, "SEEDS", tmp_path / "seeds")
    return AnnotationsCopy(tmp_path)


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    """The running server. Its data folder is kept, so that only the first session waits for it to be made."""
    from scripts.annotating.server import PROGRAM, STATE, Server, is_in_use

    if not PROGRAM.exists():
        skip_or_fail("no Label Studio server; run: make .label-studio/venv")
    folders = [STATE / name for name in ("test-data", "test-data-2", "test-data-3")]
    with Server(next((folder for folder in folders if not is_in_use(folder)), folders[-1])) as running:
        yield running


@pytest.fixture(scope="session")
def client(server: Any) -> Any:
    """The SDK's client of the server; its import alone takes seconds."""
    return server.client()


@pytest.fixture
def project(client: Any) -> Iterator[Callable[..., int]]:
    """Makes projects, from our configuration unless told otherwise, and deletes them after the test."""
    from scripts.annotating.task_files import CONFIG, create_project

    made: list[int] = []

    def make(config: str | None = None) -> int:
        made.append(create_project(client, config or CONFIG.read_text(encoding="utf-8"), title="test"))
        return made[-1]

    yield make
    for one in made:
        client.projects.delete(one)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a real Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        skip_or_fail("no Chromium; install your system's package chromium")
    return str(found)


FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip


@pytest.fixture(scope="session")
def launched(chromium: str) -> Iterator[Any]:
    """A running Chromium, one for all tests: playwright's synchronous form cannot run twice at a time."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def browser(launched: Any, server: Any) -> Iterator[Any]:
    """A context of that Chromium whose every page is logged in to the server."""
    context = launched.new_context(viewport={"width": 1600, "height": 1400}, base_url=server.url)
    page = context.new_page()
    page.goto("/user/login/")
    page.fill("input[name=email]", server.username)
    page.fill("input[name=password]", server.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/user/login" not in url)
    page.close()
    yield context
    context.close()


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., tuple[list[str], list[str]]]:
    """Return a function that writes generated news into files and returns the paths of gold and of predictions."""
    from tests.support.generated_news import generate_corpus, write_files

    def make(documents: int, files: int = 1, **more: Any) -> tuple[list[str], list[str]]:
        gold, predicted = generate_corpus(documents, **more)
        return write_files(tmp_path, "gold", gold, files), write_files(tmp_path, "predicted", predicted, files)

    return make
