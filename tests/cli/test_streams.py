"""Standard input and pipes by name: the same content is read the same way, and what is broken is named in a line."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.files import ROOT
from tests.support.processes import run_vostochny

ROWS = (ROOT / "benchmark" / "baselines" / "lookup" / "predictions.jsonl").read_bytes()
PRETTY = json.dumps([json.loads(line) for line in ROWS.splitlines()], indent=2).encode()
PACKED = gzip.compress(ROWS)


@pytest.mark.parametrize("name", ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"])
@pytest.mark.parametrize("content", [ROWS, PRETTY, json.dumps(json.loads(PRETTY)).encode(), PACKED])
def test_a_pipe_that_delivers_slowly_is_read_as_a_file_is(name: str, content: bytes) -> None:
    command = [sys.executable, "-m", "vostochny", "validate", name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as run:
        assert run.stdin and run.stdout
        for part in (content[:1], content[1:100], content[100:]):
            run.stdin.write(part)
            time.sleep(0.3)
        run.stdin.close()
        output = run.stdout.read().decode()
    assert run.returncode == 0
    assert output.startswith(f"{name}: valid; 5 of 5 documents")


def test_a_named_pipe_is_read_as_a_file_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(
        [sys.executable, "-m", "vostochny", "validate", str(pipe)], stdout=subprocess.PIPE, text=True
    ) as run:
        pipe.write_bytes(PRETTY)
        assert run.stdout and "valid; 5 of 5 documents" in run.stdout.read()
    assert run.returncode == 0


BROKEN = {
    "cut": PACKED[:300],
    "no gzip": b"\x1f\x8bxxxx",
    "wrong sum": PACKED[:-8] + bytes(8),
    "more after it": PACKED + b"xx",
    "empty": b"",
}


@pytest.mark.parametrize("command", ["score", "validate"])
@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_broken_standard_input_is_named(command: str, content: bytes) -> None:
    done = run_vostochny(command, "-", input=content, text=False)
    assert done.returncode == 2
    assert done.stderr.startswith(b"-: is ") and b"Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["score -", "score predictions --gold -", "validate -", "convert - out.jsonl"])
def test_closed_standard_input_is_named(command: str, tmp_path: Path) -> None:
    (tmp_path / "predictions").write_bytes(ROWS)
    shell = ["bash", "-c", f'"$0" -m vostochny {command} <&-', sys.executable]
    path = str(ROOT / "benchmark")
    done = subprocess.run(shell, cwd=tmp_path, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True)
    assert done.returncode == 2
    assert "standard input is closed" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [("score", "-", "--gold", "/dev/stdin"), ("compare", "-", "/dev/stdin")])
def test_standard_input_cannot_be_two_inputs(arguments: tuple[str, ...]) -> None:
    done = run_vostochny(*arguments, input=ROWS, text=False)
    assert done.returncode == 2
    assert b"are both standard input" in done.stderr


@pytest.mark.parametrize("address", ["zip://x::y", "reference://x", "memory://x", "foo://x", "file:///no/such", "://"])
def test_an_address_that_cannot_be_read_is_named(address: str) -> None:
    done = run_vostochny("score", address)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{address}: ") and "Traceback" not in done.stderr
