"""The command behind make test-all: what it counts, and that it stores complete runs only."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from scripts.bench import all_tests
from scripts.bench.all_tests import SUITES, Outcome, Suite, main, read_report, run_suite

REPORT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="16" time="1.5"/>
</testsuites>
"""


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where results are stored in place of benchmark/test-all.json; the environment of the models seems to be there."""
    monkeypatch.setattr(all_tests, "MODELS_PYTHON", tmp_path)
    path = tmp_path / "test-all.json"
    monkeypatch.setattr(all_tests, "OUT", path)
    monkeypatch.setattr(all_tests, "PASSED", tmp_path / "passed.json")
    return path


def test_a_report_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    path.write_text(REPORT, encoding="utf-8")
    outcome = read_report(path)
    assert outcome == Outcome(passed=10, failed=3, skipped=3, seconds=1.5)


@pytest.mark.parametrize("python", ["true", "false"])
def test_a_suite_that_runs_no_test_is_not_complete(python: str) -> None:
    """Whatever the exit code of the program that should have run them."""
    outcome = run_suite(Suite(Path(str(shutil.which(python))), "models"))
    assert outcome.passed == 0 and outcome.failed == int(python == "false") and not outcome.complete


@pytest.mark.parametrize("last", [Outcome(5, 1, 0, 1.0), Outcome(5, 0, 1, 1.0), Outcome(0, 0, 0, 1.0)])
def test_nothing_is_stored_unless_every_test_passed(
    last: Outcome, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        all_tests, "run_suite", lambda suite: last if suite.marks == "models" else Outcome(9, 0, 0, 1.0)
    )
    assert main([]) == 1
    assert "nothing is stored" in capsys.readouterr().out and not out.exists()


def test_a_complete_run_is_stored_with_its_commit(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(all_tests, "run_suite", lambda _: Outcome(9, 0, 0, 61.5))
    assert main(["--suite", "code"]) == 0 and not out.exists()
    capsys.readouterr()
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"every test passed; stored in {out}"
    assert [line.split()[-4:] for line in lines[-1 - len(SUITES) : -1]] == [["9", "0", "0", "62"]] * len(SUITES)
    stored = json.loads(out.read_text(encoding="utf-8"))
    assert stored["suites"] == {name: {"passed": 9, "seconds": 61.5} for name in SUITES}
    assert len(stored["commit"]) == 40 and stored["machine"]["cores"] > 0


def test_a_suite_that_passed_on_this_commit_is_not_run_again(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    commit = {"commit": "0" * 40, "uncommitted_changes": False}
    outcomes = {"models": Outcome(5, 1, 0, 1.0)}

    def run(suite: Suite) -> Outcome:
        ran.append(next(name for name, other in SUITES.items() if other is suite))
        return outcomes.get(ran[-1], Outcome(9, 0, 0, 1.0))

    monkeypatch.setattr(all_tests, "run_suite", run)
    monkeypatch.setattr(all_tests, "describe_commit", lambda: commit)
    assert main(["--suite", "code"]) == 0 and ran == ["code"]
    assert main([]) == 1 and ran == [*SUITES] and not out.exists()  # models fail
    outcomes.clear()
    assert main(["--suite", "models"]) == 0 and ran == [*SUITES, "models"]
    assert list(json.loads(out.read_text(encoding="utf-8"))["suites"]) == [*SUITES]
    # Another commit, or files that were changed, have passed nothing.
    for other in ({"commit": "1" * 40}, {"uncommitted_changes": True}):
        monkeypatch.setattr(all_tests, "describe_commit", lambda other=other: commit | other)
        ran.clear()
        assert main(["--suite", "s3"]) == 0 and ran == ["s3"]
        assert main(["--suite", "s3"]) == 0 and len(ran) == (1 if "commit" in other else 2)
