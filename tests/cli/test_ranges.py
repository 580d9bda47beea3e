"""Numbers that no command can serve are refused in one line, before anything is read."""

from __future__ import annotations

import pytest

from tests.support.processes import run_vostochny

BASELINE = "benchmark/baselines/lookup/predictions.jsonl"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--resamples", "100000000000000"), ("--resamples", "100001"), ("--resamples", "-1"), ("--resamples", "1e3"),
        ("--resamples", "9" * 5000), ("--seed", "-1"), ("--seed", str(2**128)), ("--seed", "nan"),
        ("--workers", "0"), ("--workers", "1000000"), ("--workers", "-5"),
    ],
)  # fmt: skip
def test_a_number_out_of_range_is_refused(option, value):
    for command in (("score", BASELINE), ("compare", BASELINE, BASELINE)):
        done = run_vostochny(*command, option, value)
        assert done.returncode == 2
        assert option in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "1e400", "1e300", "604801"])
def test_a_timeout_that_cannot_be_waited_is_refused(tmp_path, value):
    done = run_vostochny("run", "command", "cat", f"--timeout={value}", "-o", "p.jsonl", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("--timeout: ") and "at most 604800" in done.stderr
    assert not list(tmp_path.iterdir())
