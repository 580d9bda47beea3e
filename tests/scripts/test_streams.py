"""Maintainers' commands whose streams are closed, full, cut off or in another encoding end with a line and a code."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support.effort import sample
from tests.support.project_copy import ProjectCopy

COMMANDS = [
    "", "validate", "validate --json", "validate --rules", "agreement", "adjudicate check", "diff HEAD",
    "adjudicate list annotations/annotators/a annotations/annotators/b", "label-config --check", "corpus --check",
    "leaderboard --check", "diff HEAD --json", "notation show 000", "notation tasks lines out", "status", "push",
    "push --ours", "pull", "update", "stop", "start --help", "user x@y", "add-article no.txt", "no-such-command",
    "passes x=annotations/annotators/a", "release patch --dry-run", "test-all --help", "speed --help",
    "coverage --help", "roundtrip a b",
]  # fmt: skip
STREAMS = {
    "no stdin": "%s <&-", "no stdout": "%s >&-", "no stderr": "%s 2>&-", "no stream": "%s <&- >&- 2>&-",
    "stdout full": "%s >/dev/full", "stderr full": "%s 2>/dev/full", "both full": "%s >/dev/full 2>&1",
    "stdout cut": "set -o pipefail; %s | true", "stderr cut": "%s 2> >(true)",
    "both cut": "set -o pipefail; %s 2>&1 | true", "ascii": "LC_ALL=C PYTHONIOENCODING=ascii %s",
    "latin-1": "PYTHONIOENCODING=latin-1 %s", "C": "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 %s",
}  # fmt: skip
PAIRS = [(command, streams) for command in COMMANDS for streams in STREAMS]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    copy = ProjectCopy(tmp_path_factory.mktemp("streams") / "tree")
    (copy.root / "lines").mkdir()
    (copy.root / "lines" / "000.txt").write_text(copy.done("-m", "scripts", "notation", "show", "000"))
    copy.git("init", "--quiet")
    copy.git("add", "--all")
    copy.git("commit", "--quiet", "--message", "x")
    return copy


@pytest.mark.parametrize(("command", "streams"), sample(PAIRS, 12))
def test_a_command_ends_whatever_its_streams_are(project: ProjectCopy, command: str, streams: str) -> None:
    shell = STREAMS[streams] % f"{sys.executable} -m scripts {command}"
    env = os.environ | {"PYTHONPATH": str(project.root / "benchmark")}
    # Nothing answers at this address, so that the commands of the server end soon.
    env |= {"LABEL_STUDIO_URL": "http://127.0.0.1:1", "LABEL_STUDIO_API_KEY": "x"}
    done = subprocess.run(
        ["bash", "-c", shell], cwd=project.root, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=300
    )
    shown = done.stdout + done.stderr
    for words in (b"Traceback", b"Exception ignored", b"lost sys"):
        assert words not in shown, shown.decode("utf-8", "replace")
    assert done.returncode in (0, 1, 2), (done.returncode, shown)
    assert not project.git("status", "--porcelain", "--", "annotations", "corpus", "benchmark", "seeds").strip()
