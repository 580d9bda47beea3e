"""An extractor cannot break ``run``: whatever it raises, returns, closes or prints stays with its article."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import vostochny
from tests.support.processes import run_vostochny
from vostochny.extractors.masking import mask_secrets

IDS = [d.doc_id for d in vostochny.load()]
HELP = """
import asyncio, ctypes, os, subprocess, sys, threading
class Unprintable(Exception):
    def __str__(self): raise SystemExit(0)
    __repr__ = __str__
class Liar:
    __class__ = property(lambda self: vostochny.model.Document)
class Raiser:
    @property
    def __class__(self): raise asyncio.CancelledError
class Unfit(dict):
    def __iter__(self): raise GeneratorExit
    keys = items = __iter__
import vostochny
"""


def run(folder: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "ext.py").write_text(HELP + code)
    return run_vostochny("run", "ext.py:find", "-o", *(arguments or ("-",)), cwd=folder)


@pytest.mark.parametrize(
    "body",
    [
        "raise asyncio.CancelledError", "raise SystemExit(0)", "raise GeneratorExit", "raise Unprintable",
        "raise BaseExceptionGroup('x', [Unprintable()])", "return Liar()", "return Raiser()", "return Unfit()",
        "sys.setrecursionlimit(60); find(d)", "return asyncio.sleep(0)",
        "raise type('E', (vostochny.extractors.ExtractorError,), {'__str__': Unprintable.__str__})",
        "return {'entities': Raiser()}", "raise ValueError('\\x1b]0;x\\x07')",
    ],
)  # fmt: skip
def test_what_an_extractor_raises_or_returns_stays_with_its_article(tmp_path, body):
    done = run(tmp_path, f"def find(d):\n    if d.short_id == '001':\n        {body}\n    return {{'entities': []}}\n")
    assert done.returncode == 1, done.stderr
    assert [json.loads(line)["doc_id"] for line in done.stdout.splitlines()] == [IDS[0], *IDS[2:]]
    assert f"{IDS[1]}: " in done.stderr and "1 failed" in done.stderr and "\x1b" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "body",
    [
        "print('noise')", "sys.__stdout__.write('noise')", "os.write(1, b'noise')", "subprocess.run(['echo', 'noise'])",
        "ctypes.CDLL(None).puts(b'noise'); ctypes.CDLL(None).fflush(None)", "sys.stdout.close()", "os.close(1)",
        "sys.__stdout__.close()", "sys.stdout = None", "sys.stdout = sys.stderr = object()", "os.close(1); os.close(2)",
        "sys.stderr.close()", "os.chdir('/')", "sys.setrecursionlimit(50)", 
        "import atexit; atexit.register(print, 'noise')",
        "os.close(1); os.open('/dev/null', os.O_WRONLY)",
    ],
)  # fmt: skip
def test_whatever_an_extractor_does_to_the_streams_the_output_is_the_predictions(tmp_path, body):
    code = f"def find(d):\n    {body}\n    return {{'entities': []}}\n"
    done = run(tmp_path, code)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["doc_id"] for line in done.stdout.splitlines()] == IDS
    assert "5 articles: 5 written to standard output" in done.stderr and "Traceback" not in done.stderr
    done = run(tmp_path, code, "p.jsonl")
    assert done.returncode == 0 and "noise" not in done.stdout
    assert len((tmp_path / "p.jsonl").read_text().splitlines()) == 5


@pytest.mark.parametrize(
    "body",
    [
        "raise SystemExit(0)", "raise asyncio.CancelledError", "raise Unprintable", "os.write(1, b'noise')",
        "print('noise')",
    ],
)  # fmt: skip
def test_what_a_module_does_when_it_is_imported_is_told_in_one_line(tmp_path, body):
    done = run(tmp_path, f"{body}\ndef find(d):\n    return {{'entities': []}}\n", "-")
    assert "Traceback" not in done.stderr and "noise" not in done.stdout
    if "raise" in body:
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and "cannot be imported" in done.stderr
    else:
        assert done.returncode == 0 and len(done.stdout.splitlines()) == 5


@pytest.mark.parametrize(
    "members",
    [
        "notes = 5", "notes = 'one line'", "notes = [b'x', None, Raiser()]", "notes = property(lambda s: 1 / 0)",
        "notes = iter(int, 1)", "notes = ['\\x1b[2J']", "close = 5", "def close(s): raise SystemExit(0)",
        "def close(s): raise Unprintable", "def close(s): os.close(1)",
        "def __getattr__(s, name): raise asyncio.CancelledError",
    ],
)  # fmt: skip
def test_notes_and_close_may_be_anything(tmp_path, members):
    code = f"class Find:\n    {members}\n    def __call__(s, d):\n        return {{'entities': []}}\nfind = Find()\n"
    done = run(tmp_path, code)
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 5, done.stderr
    assert "Traceback" not in done.stderr and "\x1b" not in done.stderr


def test_the_file_of_predictions_cannot_be_written_through_another_one(tmp_path):
    code = "def find(d):\n    os.closerange(3, 200)\n    for _ in range(9):\n"
    code += "        os.open('log', os.O_RDWR | os.O_CREAT)\n"
    done = run(tmp_path, code + "    return {'entities': []}\n", "p.jsonl")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert (tmp_path / "log").read_bytes() == b""


# -- secrets -------------------------------------------------------------------------------------------------------

SECRET_LINES = [
    "API_KEY=hush1 cat", "API_KEY='hush1 hush1' cat", 'A_TOKEN="hush1"hush1 cat', "cat - --api-key hush1",
    "cat --token=hush1", "cat --password hush1", "curl -H 'Authorization: Bearer hush1' u", "curl -u me:hush1 u",
    "curl https://me:hush1@host/", "curl https://hush1hush1@host/", "cat sk-hush1hush1", "curl 'http://h/?api_key=hush1'",
    """prog '{"api_key": "hush1"}'""", 'prog "{\\"secret\\": \\"hush1\\"}"', "PGPASSWORD=hush1\\ hush1 cat",
    "curl -H 'X-Api-Key: hush1' -H 'X-Token: hush1' u",
]  # fmt: skip


@pytest.mark.parametrize("line", SECRET_LINES)
def test_secrets_are_masked_and_lines_still_compare(line):
    masked = mask_secrets(line)
    assert "hush1" not in masked and mask_secrets(masked) == masked == mask_secrets(line)
    assert mask_secrets(line.replace("hush1", "other")) != masked


@pytest.mark.parametrize("line", ["cat", "python3 my_program.py --model gpt -n 3", "head -n 1 | sh x.sh"])
def test_a_line_without_secrets_stays(line):
    assert mask_secrets(line) == line


def test_a_key_is_in_no_file_and_no_message(tmp_path):
    line = "API_KEY=hush1 cat"
    first = run_vostochny("run", "command", line, "-o", "p.jsonl", cwd=tmp_path)
    again = run_vostochny("run", "command", line, "-o", "p.jsonl", cwd=tmp_path)
    other = run_vostochny("run", "command", "cat", "-o", "p.jsonl", cwd=tmp_path)
    assert other.returncode == 2 and "was made with extractor command:API_KEY=<secret" in other.stderr
    assert again.returncode == first.returncode
    record = tmp_path / "p.run.json"
    assert not [p for p in tmp_path.iterdir() if "hush1" in p.read_text()]
    assert "hush1" not in first.stderr + again.stderr + other.stderr
    # The record of an earlier version, with the line as it was.
    plain = json.loads(record.read_text()) | {"extractor": f"command:{line}"}
    record.write_text(json.dumps(plain))
    other = run_vostochny("run", "command", "cat", "-o", "p.jsonl", cwd=tmp_path)
    assert "hush1" not in other.stderr
    assert run_vostochny("run", "command", line, "-o", "p.jsonl", cwd=tmp_path).returncode == first.returncode
    assert "hush1" not in record.read_text()
