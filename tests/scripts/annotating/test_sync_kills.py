"""Kill push, pull and update at each step by which they change files, and at each request to the real server.

After each kill no file is half and no annotation is lost; the same command then ends as if nothing had happened.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.crashes import REQUEST, Crash, list_crashes
from tests.support.effort import AT_LENGTH
from tests.support.sync_site import BOTH, MODEL, Setting, open_setting

pytestmark = pytest.mark.server
FIRST_PUSH = "push"
# Command → in make test, at which step (the first of that name) and moment it is killed; make test-all kills at all.
COMMANDS = {
    FIRST_PUSH: [("request:POST/api/projects/", "during")],
    f"push --ours {BOTH}": [],
    f"push --ours {BOTH} --predictions predictions.jsonl --model {MODEL}": [],
    f"pull --theirs {BOTH}": [],
    f"update --theirs {BOTH}": [("exchange", "after")],
}


def list_all_crashes(steps: Sequence[str]) -> list[Crash]:
    """Return every crash that leaves another state than the others.

    A request that only reads changes nothing, and a kill after a step is one before the next.
    """
    last = len(steps), "after"
    return [
        crash
        for crash in list_crashes(steps)
        if (crash.number, crash.moment) == last
        or (crash.moment != "after" and not steps[crash.number - 1].startswith(f"{REQUEST}GET"))
    ]


@pytest.mark.parametrize("command", [c for c, crashes in COMMANDS.items() if crashes or AT_LENGTH])
def test_a_killed_sync_loses_nothing(setting: Setting, command: str) -> None:
    site, forks = setting.site, setting.forks

    def prepare() -> None:
        site.restore(command != FIRST_PUSH, command)

    prepare()
    old, edits = site.read_files(), site.list_edits()
    done, steps = forks.run_counted("scripts", command.split())
    assert done.returncode == 0, done.stderr
    expected = site.read_all()
    new = site.read_files()
    named = [(steps.index(name) + 1, moment) for name, moment in COMMANDS[command]]
    crashes = list_all_crashes(steps) if AT_LENGTH else [Crash(number, moment) for number, moment in named]
    for crash in crashes:
        prepare()
        done, _ = forks.run_counted("scripts", command.split(), crash)
        where = crash, steps[crash.number - 1]
        assert done.returncode == -signal.SIGKILL, (where, done)
        now = site.read_files()
        for name in old.keys() | new.keys() | now.keys():
            assert now.get(name) in (old.get(name), new.get(name)), (where, name)
        assert edits <= site.list_annotations(), where
        site.read_agreed()
        again, _ = forks.run_counted("scripts", command.split())
        assert again.returncode == 0, (where, again.stderr)
        for what, is_now, wanted in zip(
            ("files", "server", "replaced", "agreed"), site.read_all(), expected, strict=True
        ):
            assert is_now == wanted, (where, what)
        assert not list((site.root / "tmp").iterdir()), where


def test_an_update_leaves_no_file_stale(setting: Setting) -> None:
    """Also one that does not depend on what was edited in the browser."""
    if AT_LENGTH:
        setting.site.restore()
    config = setting.site.root / "annotations/label_studio.xml"
    config.write_bytes(config.read_bytes() + b"\n")
    assert setting.run(f"update --theirs {BOTH}").returncode == 0
    done = setting.run("build label-config corpus --check")
    assert done.returncode == 0, done.stdout


@pytest.mark.at_length
def test_an_update_leaves_no_document_stale(server: Any, client: Any, tmp_path: Path) -> None:
    with open_setting(tmp_path / "tree", server, client) as setting:
        setting.site.add_generated_files()
        setting.site.restore()
        assert "DATASHEET.md: written" in setting.run(f"update --theirs {BOTH}").stdout
        done = setting.run("build agreement corpus datasheet --check")
        assert done.returncode == 0, done.stdout
