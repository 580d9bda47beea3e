"""Fixtures that several folders of tests use: sample files, and one Label Studio server per session.

Functions that they share stand in tests/support; heavy modules are imported by the fixture that needs them.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import effort
from tests.support.requirements import skip_or_fail

# Where tests need Label Studio or Chromium.
WITH_SERVER = ("tests/browser/", "tests/scripts/annotating/", "tests/formats/test_own_gold.py")

effort.load_profile()


def pytest_configure() -> None:
    """Let SIGTERM end a run as SIGINT does, so that the fixtures stop their servers.

    A run in the background (nohup, `&`) ignores some signals, and so would every command that the tests start.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what only make test-all tries, and begin with what takes longest."""
    items[:] = [item for item in items if effort.AT_LENGTH or not item.get_closest_marker("at_length")]
    for item in items:
        needs_server = item.get_closest_marker("server") or item.get_closest_marker("browser")
        assert not needs_server or item.nodeid.startswith(WITH_SERVER), f"{item.nodeid}: add its file to WITH_SERVER"
    items.sort(key=lambda item: not item.nodeid.startswith(WITH_SERVER))


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, which not every environment of the tests has
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of a file in one process, for they share fixtures; and those that share one server."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "server" if nodeid.startswith(WITH_SERVER) else nodeid.partition("::")[0]

    return ByFile(config, log)


@pytest.fixture(scope="session")
def sample_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return paths of files and folders of every kind that a format or an extractor writes, by the name of the kind.

    All tests of a session read the same ones, so none may change them.
    """
    from tests.support.two_articles import write_samples

    return write_samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the library datasets load from disk only, into a cache of the test's own."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


@pytest.fixture
def set_batch_size(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a function that sets the size of the batches of streams, in bytes."""

    def make(size: int) -> None:
        monkeypatch.setattr("vostochny.scoring.chunks.CHUNK_BYTES", size)

    return make


@pytest.fixture
def run_validate(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs ``python -m scripts validate`` in this process.

    It returns the exit code, standard output and standard error.
    """
    from scripts.__main__ import main

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["validate", *arguments])
        return (code, *capsys.readouterr())

    return run


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a small valid annotations folder, in which a test changes one thing."""
    from scripts import files
    from tests.support.small_annotations import AnnotationsCopy

    monkeypatch.setattr(files, "SEEDS", tmp_path / "seeds")
    return AnnotationsCopy(tmp_path)


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    """Start the server. Its data folder is kept: only the first session waits until it is created."""
    from scripts.annotating.server import PROGRAM, STATE, Server, is_in_use

    if not PROGRAM.exists():
        skip_or_fail("no Label Studio server; run: make .label-studio/venv")
    if effort.ON_POSTGRESQL:
        yield from start_on_postgresql()
        return
    folders = [STATE / name for name in ("test-data", "test-data-2", "test-data-3")]
    with Server(next((folder for folder in folders if not is_in_use(folder)), folders[-1])) as running:
        yield running


def start_on_postgresql() -> Iterator[Any]:
    """Start the server with its data in Debian's PostgreSQL, and check at the end that they were there."""
    from scripts.annotating.server import Server
    from tests.support.postgresql import PostgreSQL
    from vostochny.system import temporary

    with PostgreSQL() as database, temporary.use_folder() as folder:
        with Server(folder / "data", database=database.settings) as running:
            yield running
        assert not list(folder.rglob("*.sqlite3"))
        assert int(database.query("select last_value from task_id_seq")) > 0


@pytest.fixture(scope="session")
def client(server: Any) -> Any:
    """Return the SDK's client of the server; its import alone takes seconds."""
    return server.client()


@pytest.fixture
def make_project(client: Any) -> Iterator[Callable[..., int]]:
    """Return a function that creates a project and returns its id; all are deleted after the test.

    Without a labeling configuration of its own, a project has ours.
    """
    from scripts.annotating.task_files import CONFIG, create_project

    created: list[int] = []

    def make(config: str | None = None) -> int:
        created.append(create_project(client, config or CONFIG.read_text(encoding="utf-8"), title="test"))
        return created[-1]

    yield make
    for project in created:
        client.projects.delete(project)


@pytest.fixture
def write_news(tmp_path: Path) -> Callable[..., tuple[list[str], list[str]]]:
    """Return a function that writes generated news into files and returns the paths of gold and of predictions."""
    from tests.support.generated_news import generate_corpus, write_files

    def make(documents: int, files: int = 1, **more: Any) -> tuple[list[str], list[str]]:
        gold, predicted = generate_corpus(documents, **more)
        return write_files(tmp_path, "gold", gold, files), write_files(tmp_path, "predicted", predicted, files)

    return make
