"""Numbers that no command can serve are refused in one line, before anything is read or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.options import list_package_arguments, list_script_arguments
from tests.support.processes import call_main
from vostochny import cli

NUMERIC = [(command, a) for command, a in list_package_arguments() if a.type is not None]
LINES = {
    "score": ["score", "p.jsonl", "--gold", "g.jsonl"],
    "compare": ["compare", "p.jsonl", "p.jsonl", "--gold", "g.jsonl"],
    "run": ["run", "command", "true", "-o", "out.jsonl", "--gold", "g.jsonl"],
}
# No option takes these; others may be numbers for Python, such as 1_000, and are then taken or refused by their value.
NEVER = [
    "-1", str(10**45), "1e400", "-1e400", "nan", "inf", "-inf", "", " ", "x", "1e300", "9" * 5000, "0x10",
    "1,5", "\0", "\x1b[2J", "5\n6", "None", "½", "-0.5", "--", "\udcff",
]  # fmt: skip
SOMETIMES = ["0", "٣", "1_000", " 5 ", "1.5", "1e3", "+5", "00"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample_files: dict[str, Path]) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("g.jsonl", "p.jsonl"):
        (tmp_path / name).write_bytes(sample_files["jsonl"].read_bytes())
    return tmp_path


@pytest.mark.parametrize(("command", "action"), NUMERIC, ids=[f"{c[0]} {a.option_strings[0]}" for c, a in NUMERIC])
def test_a_number_that_cannot_be_served_is_refused(command, action, folder):
    (option,) = action.option_strings
    for value in (*NEVER, *SOMETIMES):
        code, printed, errors = call_main(cli.main, [*LINES[command[0]], f"{option}={value}"])
        assert code == 2 or (value in SOMETIMES and code in (0, 1)), (value, code, errors)
        if code == 2:
            assert option in errors and all(map(str.isprintable, errors.splitlines())), (value, errors)
            assert printed == "" and sorted(p.name for p in folder.iterdir()) == ["g.jsonl", "p.jsonl"], value
        for written in folder.glob("out*"):
            written.unlink()


def test_scripts_take_no_numbers():
    """Where one is added, it needs the test above."""
    assert {a.type for _, a in list_script_arguments()} == {None, Path}


@pytest.mark.parametrize("value", ["0", "604801"])
def test_a_timeout_is_longer_than_nothing_and_shorter_than_a_week(folder, value):
    code, _, errors = call_main(cli.main, [*LINES["run"], f"--timeout={value}"])
    assert code == 2 and errors.startswith("--timeout: ") and "at most 604800" in errors


@pytest.mark.parametrize(("option", "value"), [("--resamples", "100001"), ("--workers", "0"), ("--seed", str(2**128))])
def test_the_limits_are_those_of_the_computation(folder, option, value):
    code, _, errors = call_main(cli.main, [*LINES["score"], option, value])
    assert code == 2 and errors.startswith(f"{option}: {value} is too ")
