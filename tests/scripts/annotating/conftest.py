"""One small project beside the real server, for the tests that kill, interrupt or deceive a sync: it takes seconds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.sync_site import Setting, open_setting


@pytest.fixture(scope="session")
def setting(server: Any, client: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    with open_setting(tmp_path_factory.mktemp("sync") / "tree", server, client) as setting:
        yield setting
