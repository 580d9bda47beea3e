"""Run every test, those too heavy for ``make test`` included, and store the result in benchmark/test-all.json.

    make test-all                       creates what the tests need, then runs
    python -m scripts test-all          all suites, one after another
    python -m scripts test-all --suite models      one suite

A suite that has passed on the commit that is checked out, with no file changed, is not run again: a run that was
interrupted can be completed.

It tries twenty times as many random examples as ``make test`` (tests/support/effort.py) and a hundred thousand broken
inputs, runs the adapters of transformers and GLiNER with real models, and the tests of the annotation server once more
with its data in PostgreSQL, and scores files in S3 over connections that break. No test may be skipped:
where a server, a browser or a library is missing, it fails. The result is stored only when every test of all suites
passed.
"""

from __future__ import annotations

import json
import os
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from scripts.bench.machine import describe_machine
from scripts.files import ROOT, display_path, write_file
from vostochny.system import children, console, temporary
from vostochny.system.arguments import ArgumentParser

OUT = ROOT / "benchmark" / "test-all.json"
PASSED = ROOT / ".cache" / "test-all.json"  # the suites that passed on one commit
# torch is large, so the tests that need it have an environment of their own (make test-models creates it).
MODELS_PYTHON = ROOT / ".models" / "bin" / "python"
# Two processes, each with whole files of tests (tests/conftest.py deals them out); the Makefile has the same options.
SIDE_BY_SIDE = ("-n", "2", "--no-loadscope-reorder")
STOP_SECONDS = 60  # that the tests have to stop their servers after a signal


@dataclass(frozen=True)
class Suite:
    """Tests that one call of pytest runs."""

    python: Path
    marks: str  # pytest's -m
    path: str = "tests"
    options: tuple[str, ...] = ()  # more of pytest's
    settings: Mapping[str, str] = field(default_factory=dict)  # environment variables


SUITES = {
    "code": Suite(Path(sys.executable), "not models and not s3 and not server and not browser", options=SIDE_BY_SIDE),
    "server and browser": Suite(Path(sys.executable), "server or browser"),
    # Label Studio's other database: every test of make test with the server once more.
    "server on PostgreSQL": Suite(
        Path(sys.executable), "server", settings={"VOSTOCHNY_DATABASE": "postgresql", "VOSTOCHNY_TESTS": ""}
    ),
    # Real S3 requests to moto's server, which has an environment of its own.
    "s3": Suite(Path(sys.executable), "s3", "tests/formats/test_s3.py"),
    # The other files cannot be imported there: that environment lacks what they need.
    "models": Suite(MODELS_PYTHON, "models", "tests/extractors/test_models.py"),
}


@dataclass(frozen=True)
class Passed:
    """The suites that passed on a commit."""

    commit: str
    suites: dict[str, Outcome]


@dataclass(frozen=True)
class Outcome:
    """How many tests of a suite passed, failed (errors included) and were skipped, and how long it took."""

    passed: int
    failed: int
    skipped: int
    seconds: float

    @property
    def complete(self) -> bool:
        """Whether tests ran, and all of them passed."""
        return self.passed > 0 and self.failed == self.skipped == 0


def run_suite(suite: Suite) -> Outcome:
    """Run the tests of a suite; pytest's output goes to the terminal.

    A run that pytest itself could not finish counts as a failure.
    """
    settings = {"VOSTOCHNY_TESTS": "all", "CI": "true", "HF_HUB_OFFLINE": "1"}
    start = time.monotonic()
    with temporary.use_folder() as folder:
        report = Path(folder) / "report.xml"
        arguments = ["-m", "pytest", "-m", suite.marks, *suite.options, f"--junitxml={report}", suite.path]
        environment = os.environ | settings | dict(suite.settings)
        command = [str(suite.python), *arguments]
        code = children.run(command, cwd=ROOT, env=environment, patience=STOP_SECONDS).returncode
        outcome = read_report(report) if report.is_file() else Outcome(0, 0, 0, 0.0)
    seconds = round(time.monotonic() - start, 1)
    failed = max(outcome.failed, int(code != 0))
    return Outcome(outcome.passed, failed, outcome.skipped, seconds)


def read_report(path: Path) -> Outcome:
    """Return the outcome that a JUnit file of pytest states."""
    passed = failed = skipped = 0
    seconds = 0.0
    for suite in ElementTree.parse(path).iter("testsuite"):
        wrong = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        ignored = int(suite.get("skipped", 0))
        passed += int(suite.get("tests", 0)) - wrong - ignored
        failed += wrong
        skipped += ignored
        seconds += float(suite.get("time", 0))
    return Outcome(passed, failed, skipped, seconds)


def describe_commit() -> dict[str, Any]:
    """Return the commit that was tested and whether files had been changed since."""

    def git(*arguments: str) -> str:
        done = children.run(
            ["git", "--no-optional-locks", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        )
        return str(done.stdout).strip()

    # The stored result itself does not count: a second run would always find it changed.
    changes = git("status", "--porcelain", "--untracked-files=no", "--", ".", f":!{display_path(OUT)}")
    return {"commit": git("rev-parse", "HEAD"), "uncommitted_changes": bool(changes)}


def read_passed(tested: Mapping[str, Any]) -> dict[str, Outcome]:
    """Return the suites that have passed on a commit; none where files have been changed."""
    try:
        stored = msgspec.json.decode(PASSED.read_bytes(), type=Passed)
    except (OSError, msgspec.MsgspecError):
        return {}
    is_same = stored.commit == tested["commit"] and not tested["uncommitted_changes"]
    return stored.suites if is_same else {}


def print_summary(outcomes: dict[str, Outcome]) -> None:
    """Print one line per suite."""
    console.print_line(f"{'suite':<20}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for name, outcome in outcomes.items():
        console.print_line(
            f"{name:<20}{outcome.passed:>8}{outcome.failed:>8}{outcome.skipped:>9}{outcome.seconds:>9.0f}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suites, print a summary and store it; exit code 1 if a test did not pass."""
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--suite", choices=SUITES, help="run only this suite and store nothing")
    chosen = parser.parse_args(arguments).suite
    if not MODELS_PYTHON.exists() and chosen in (None, "models"):
        console.print_error(f"test-all: no {display_path(MODELS_PYTHON)}; run: make test-all")
        return 2
    tested = describe_commit()
    passed = read_passed(tested)
    outcomes = {}
    for name in [chosen] if chosen else SUITES:
        if name in passed:
            console.print_line(f"test-all: {name} has passed on this commit")
            outcomes[name] = passed[name]
            continue
        console.print_line(f"test-all: {name}")
        console.flush()
        outcomes[name] = run_suite(SUITES[name])
        if outcomes[name].complete and describe_commit() == tested and not tested["uncommitted_changes"]:
            passed[name] = outcomes[name]
            write_file(PASSED, msgspec.json.encode(Passed(tested["commit"], passed)).decode())
    print_summary(outcomes)
    if not all(outcome.complete for outcome in outcomes.values()):
        console.print_line("not every test passed; nothing is stored")
        return 1
    outcomes = {name: outcome for name in SUITES if (outcome := outcomes.get(name) or passed.get(name))}
    if len(outcomes) == len(SUITES):
        result = {
            "about": "The last complete run of `make test-all`, which wrote this file.",
            "date": datetime.now(UTC).date().isoformat(),
            **tested,
            "machine": describe_machine(),
            "suites": {name: {"passed": o.passed, "seconds": o.seconds} for name, o in outcomes.items()},
        }
        write_file(OUT, json.dumps(result, indent=2) + "\n")
        console.print_line(f"every test passed; stored in {display_path(OUT)}")
    return 0
