"""Programs that write a line too many, early or late: no article gets the answer of another one."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

import vostochny
from tests.support.processes import run_vostochny

GOLD = vostochny.load()
IDS = [d.doc_id for d in GOLD]
# Each answer has an entity that only its article can have: the article's number as offset.
PROGRAM = """
import json, sys, time, threading
seconds, faulty, with_id, reads_ahead = float(sys.argv[1]), sys.argv[2], sys.argv[3] == "id", sys.argv[4] == "ahead"
lines = iter(sys.stdin.readline, "")
def say(row):
    print(json.dumps(row), flush=True)
for line in lines:
    d = json.loads(line)
    n = int(d["doc_id"][:3])
    row = {"entities": [{"start": n, "end": n + 1, "type": "PER"}]} | ({"doc_id": d["doc_id"]} if with_id else {})
    say(row)
    if d["doc_id"].startswith(faulty):
        if reads_ahead:
            threading.Timer(seconds, say, [row]).start()
        else:
            time.sleep(seconds)
            say(row)
"""


def run(folder: Path, *arguments: str, output: str = "p.jsonl"):
    (folder / "program.py").write_text(PROGRAM)
    line = " ".join([shlex.quote(sys.executable), "program.py", *arguments])
    return run_vostochny("run", "command", line, "-o", output, cwd=folder)


def assert_right(rows: list[dict]) -> None:
    for row in rows:
        assert row["entities"][0]["start"] == int(row["doc_id"][:3]), row["doc_id"]


@pytest.mark.parametrize("seconds", ["0.001", "0.02", "0.2"])
@pytest.mark.parametrize("faulty", ["000", "002", "004"])
@pytest.mark.parametrize("with_id", ["id", "none"])
@pytest.mark.parametrize("reads_ahead", ["ahead", "waits"])
def test_a_second_line_voids_the_answers_that_may_be_anothers(tmp_path, seconds, faulty, with_id, reads_ahead):
    done = run(tmp_path, seconds, faulty, with_id, reads_ahead)
    rows = [json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()]
    assert_right(rows)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    failed = [json.loads(x)["doc_id"] for x in (tmp_path / "p.errors.jsonl").read_text().splitlines()]
    assert sorted([*failed, *(r["doc_id"] for r in rows)]) == IDS
    if with_id == "id":
        assert len(failed) == 1


def test_a_line_that_is_not_an_answer_at_the_end_is_a_note(tmp_path):
    line = f"{shlex.quote(sys.executable)} program.py 0 none none waits; echo done"
    (tmp_path / "program.py").write_text(PROGRAM)
    done = run_vostochny("run", "command", line, "-o", "p.jsonl", cwd=tmp_path)
    assert done.returncode == 0 and "wrote after its last answer, which is ignored: 'done'" in done.stderr


def test_an_answer_with_the_doc_id_of_another_article_is_void(tmp_path):
    (tmp_path / "p.py").write_text(
        "import json, sys\nlast = None\nfor line in sys.stdin:\n    d = json.loads(line)['doc_id']\n"
        "    print(json.dumps({'doc_id': last or d, 'entities': []}))\n    last = d\n"
    )
    done = run_vostochny("run", "command", f"{shlex.quote(sys.executable)} p.py", "-o", "p.jsonl", cwd=tmp_path)
    assert done.returncode == 1 and f"{IDS[1]}: the answer for {IDS[1]} has the doc_id '{IDS[0]}'" in done.stderr


def test_lines_printed_already_are_named(tmp_path):
    done = run(tmp_path, "0.2", "004", "none", "waits", output="-")
    assert done.returncode == 1 and len(done.stdout.splitlines()) == 5
    assert f"{IDS[4]}: " in done.stderr and "its line is on standard output already: leave it out" in done.stderr
