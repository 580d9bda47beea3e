"""What a test does on a machine that lacks a program or library it needs."""

from __future__ import annotations

import os

import pytest


def skip_or_fail(remedy: str) -> None:
    """Skip the test with one line on what to install; in continuous integration (CI=true) fail it instead."""
    if os.environ.get("CI") == "true":
        pytest.fail(remedy, pytrace=False)
    pytest.skip(remedy)
