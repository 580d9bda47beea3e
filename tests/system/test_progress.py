"""The progress line: on a terminal only, never wider than it, and gone before anything else is printed."""

from __future__ import annotations

import json
import re
from itertools import pairwise, product
from pathlib import Path

import pytest

from tests.support.effort import sample
from tests.support.processes import run_python, run_vostochny
from tests.support.terminals import ESCAPES, read_screen, run_in_terminal
from vostochny.system import progress
from vostochny.system.progress import Step

TEXT = "Bob met Ann. "
SLOW = "import time\n\ndef extract(document):\n    time.sleep(0.02)\n    return {'entities': []}\n"
# Work of 40 documents, as a command does it; what comes between the steps is printed.
PROGRAM = """
import sys
from vostochny.system import console, interruption, progress

def main():
    with progress.show():
        with progress.step("scoring", 40, at_once=True) as advance:
            for number in range(40):
                advance(0, item=sys.argv[1])
                if number in (10, 20):
                    progress.time.sleep(0.12)
                BETWEEN
                advance()
        console.print_line("the end")
    return 3

raise SystemExit(interruption.run_program(main, "program"))
"""
BETWEEN = (
    "if number == 15: console.print_error('a problem')",
    "if number == 15: console.print_text('a problem')",
    "if number == 15: print('a problem')",
    "if number == 15: print('a problem', file=sys.stderr)",
    "if number == 15: console.write_data('a problem\\n')",
)
NAMES = {"long": "000_" + 99 * "x", "wide": "文書" * 40, "escapes": ESCAPES}


def write_documents(path: Path, number: int) -> str:
    """Write so many short documents with an entity each."""
    rows = [
        {"doc_id": f"d{i}", "text": TEXT, "entities": [{"start": 0, "end": 3, "type": "PER"}]} for i in range(number)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def list_states(shown: bytes) -> list[str]:
    """Return what was shown one after the other, without blanks; what stayed is listed once."""
    states = [state.rstrip() for state in re.split("[\r\n]", shown.decode()) if state.strip()]
    return [state for before, state in pairwise(["", *states]) if state != before]


def run_program(between: str = "", item: str = "", **options: object) -> tuple[int, bytes]:
    return run_in_terminal("-c", PROGRAM.replace("BETWEEN", between or "pass"), item, **options)


# -- the line ----------------------------------------------------------------------------------------------------------


def describe(columns: int, number: int, number_of_bytes: int = 0, item: str = "", **about: object) -> str:
    """Return the line of a step 10 seconds after it began."""
    step = Step("scoring", **about)
    step(number, number_of_bytes, item)
    return step.describe(step.start + 10, columns)


def test_it_tells_documents_rate_and_time_left():
    assert describe(99, 50, total=200) == "scoring ━━━━━━────────────────── 50/200 documents, 5.0/s, 30 s left"
    assert describe(99, 50) == "scoring 50 documents, 5.0/s"
    assert describe(99, 0, total=200) == "scoring ──────────────────────── 0/200 documents"
    assert describe(99, 1, total=2000) == ("scoring ──────────────────────── 1/2000 documents, 6.0/min, 6 h left")
    assert describe(99, 900, total=900).startswith(f"scoring {24 * '━'} 900/900 documents, 90/s, 0 s left")


def test_it_names_the_document_that_is_next():
    begin = "scoring ━━━━━━────────────────── 50/200 000_article, 5.0/s, 30 s left"
    assert describe(99, 50, item="000_article", total=200) == begin
    assert describe(60, 50, item="000_article", total=200) == "scoring ━━──────── 50/200 000_article, 5.0/s, 30 s left"
    assert describe(45, 50, item="000_article", total=200) == "scoring ━━──────── 50/200, 5.0/s, 30 s left"


def test_bytes_tell_the_time_better_than_documents():
    assert describe(80, 50, 900, size=1000).startswith("scoring ━━━━━━━━━━━━━━━━━━━━━─── 50 documents, 5.0/s, 1 s left")
    assert describe(80, 50, 900, size=1000, total=100).endswith(" 50/100 documents, 5.0/s, 1 s left")
    assert describe(80, 50, 9000, size=1000) == f"scoring {24 * '━'} 50 documents, 5.0/s"


def test_what_was_done_before_is_not_work_of_this_step():
    assert describe(70, 10, total=100, done=80).endswith(" 90/100 documents, 1.0/s, 10 s left")


@pytest.mark.parametrize("columns", range(8, 99))
def test_it_leaves_out_what_has_no_room(columns):
    line = describe(columns, 5000, total=20000)
    assert len(line) <= columns or line == "scoring 5000/20000"
    assert ("30 s left" in line) == (columns >= 29)
    assert ("━" in line) == (columns >= 40)


def test_a_long_name_of_a_file_leaves_room_for_the_time():
    step = Step(f"reading {50 * 'x'}.jsonl", total=200)
    step(50)
    line = step.describe(step.start + 10, 60)
    assert line == "reading ━━──────── 50/200 documents, 30 s left"
    assert step.describe(step.start + 10, 37) == "reading ━━──────── 50/200, 30 s left"


# -- on a terminal -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("between", sample(BETWEEN, 2))
def test_it_is_gone_before_anything_else_is_printed(between):
    code, shown = run_program(between)
    states = list_states(shown)
    assert code == 3
    assert read_screen(shown) == ["a problem", "the end", ""]
    assert states[0] == "scoring ──────────────────────── 0/40 documents"
    assert [state for state in states if "11/40 documents" in state]


@pytest.mark.parametrize(("item", "columns"), sample(list(product(NAMES, [20, 40, 80])), 3))
def test_it_never_takes_a_second_line(item, columns):
    item = NAMES[item]
    _, shown = run_program(BETWEEN[0], item, columns=columns)
    assert read_screen(shown, columns) == ["a problem", "the end", ""]
    assert max(map(len, list_states(shown))) > columns // 3
    assert not {"\x1b", "\x08", "\x9b"} & set(shown.decode())


def test_an_interruption_takes_its_place():
    code, shown = run_program("progress.time.sleep(0.1)", interrupt_at=b" 2/40")
    assert (code, read_screen(shown)) == (130, ["program: interrupted", ""])


def test_it_is_shown_a_few_times_a_second():
    _, shown = run_program("if number < 20: progress.time.sleep(0.02)")
    assert len({state for state in list_states(shown) if "documents" in state}) < 20


# -- elsewhere ---------------------------------------------------------------------------------------------------------


def test_nothing_is_shown_without_a_terminal():
    done = run_python("-c", PROGRAM.replace("BETWEEN", "pass"), "")
    assert (done.returncode, done.stdout, done.stderr) == (3, "the end\n", "")


def test_a_library_shows_nothing_unless_it_is_asked(tmp_path):
    file = write_documents(tmp_path / "d.jsonl", 300)
    program = (
        "import sys, vostochny\ngold = vostochny.load(sys.argv[1])\nvostochny.score(gold, gold=gold, resamples=9)\n"
        "vostochny.evaluate(lambda d: {'entities': []}, gold=gold, resamples=9PROGRESS)"
    )
    assert run_in_terminal("-c", program.replace("PROGRESS", ""), file) == (0, b"")
    code, shown = run_in_terminal("-c", program.replace("PROGRESS", ", progress=True"), file)
    assert list_states(shown)[0] == "extracting ──────────────────────── 0/300 documents"
    assert (code, read_screen(shown)) == (0, [""])


def test_steps_end_with_an_error_and_show_the_one_around():
    with pytest.raises(ValueError, match="x"), progress.step("outer"), progress.step("inner"):
        raise ValueError("x")
    assert progress._steps == []
    with progress.step("outer") as outer:
        assert list(progress.track(["a", "b"], "inner")) == ["a", "b"]
        assert progress._steps == [outer]
    assert len(progress.track(["a", "b"], "inner")) == 2 and "a" in progress.track(["a"], "inner")


# -- commands ----------------------------------------------------------------------------------------------------------


def test_commands_show_at_once_that_much_is_to_be_done(tmp_path):
    """The screen is left as if there had been no line; a file without a terminal gets none."""
    file = write_documents(tmp_path / "d.jsonl", 300)
    commands = {
        "checking": ("convert", file, str(tmp_path / "out.conll")),
        "writing": ("convert", file, str(tmp_path / "out.json")),
        "reading d.jsonl": ("score", file, "--gold", file, "--resamples", "9"),
    }
    for step, arguments in commands.items():
        piped = run_vostochny(*arguments, "--force") if arguments[0] == "convert" else run_vostochny(*arguments)
        more = ["--force"] if arguments[0] == "convert" else []
        code, shown = run_in_terminal("-m", "vostochny", *arguments, *more)
        assert code == piped.returncode == 0
        assert f"{step} ──────────────────────── 0/300 documents" in list_states(shown)
        assert sorted(read_screen(shown)) == sorted([*map(str.rstrip, (piped.stdout + piped.stderr).splitlines()), ""])


def test_several_processes_show_how_much_is_done(tmp_path):
    """Only the word was shown: the processes that count have no terminal."""
    for number in range(8):
        row = {"doc_id": f"d{number}", "entities": [{"start": 0, "end": 3, "type": "PER"}]}
        (tmp_path / f"g{number}.jsonl").write_text(json.dumps(row | {"text": TEXT * 100_000}) + "\n", encoding="utf-8")
        (tmp_path / f"p{number}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    arguments = ("score", "p*", "--gold", "g*", "--workers", "2", "--metric", "entities.names", "--resamples", "0")
    code, shown = run_in_terminal("-m", "vostochny", *arguments, cwd=tmp_path)
    bars = [state for state in list_states(shown) if re.match("scoring ━+─+.* left$", state)]
    assert code == 0 and bars and bars == sorted(bars, key=lambda state: state.count("━"))


def test_run_shows_each_article_and_goes_on_where_it_stopped(tmp_path):
    (tmp_path / "slow.py").write_text(SLOW.replace("0.02", "0.15"), encoding="utf-8")
    arguments = ("-m", "vostochny", "run", "slow.py:extract", "-o", "out.jsonl")
    code, shown = run_in_terminal(*arguments, cwd=tmp_path, interrupt_at=b" 2/5 002_")
    assert code == 130
    assert f"{24 * '─'} 0/5 000_d2a22a04d9ae6505" in list_states(shown)
    *screen, last, end = read_screen(shown)
    assert (last, end) == ("vostochny: interrupted; the same command continues where this one stopped", "")
    assert not any("━" in line for line in screen)
    code, shown = run_in_terminal(*arguments, cwd=tmp_path)
    assert code == 0
    first = next(state for state in list_states(shown) if re.search("/5 00", state))
    assert re.fullmatch("━+─+ 2/5 002_.*", first)
    assert "5 articles: " in read_screen(shown)[0]
    code, shown = run_in_terminal("-m", "vostochny", "run", "command:cat", "-o", "-", cwd=tmp_path)
    assert list_states(shown)[0] == "loading command"
