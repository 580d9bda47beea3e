"""What reaches a terminal, and what happens where standard output has gone or speaks another encoding."""

from __future__ import annotations

import json
import os
import re
import shlex
from unicodedata import category

import pytest

from tests.support.processes import run_python, run_vostochny
from tests.support.terminals import ESCAPES, find_unsafe, read_screen, run_in_terminal
from vostochny.system import console

TEXT = "Bob met Ann. " * 9


def write_row(path, **row):
    path.write_text(json.dumps({"doc_id": "one", "text": TEXT} | row) + "\n", encoding="utf-8")
    return str(path)


def entity(**keys):
    return {"entities": [{"start": 0, "end": 3, "type": "PER"} | keys]}


def brat_folder(tmp_path):
    """Return a brat folder whose notes, types and attributes send commands to a terminal."""
    folder = tmp_path / "brat"
    folder.mkdir()
    (folder / "one.txt").write_text(TEXT, encoding="utf-8")
    lines = f"T1\tPER 0 3\tBob\n#1\tAnnotatorNotes T1\t{ESCAPES}\nA1\t{ESCAPES.replace(' ', '')} T1\n"
    (folder / "one.ann").write_text(f"{lines}T2\tP{ESCAPES.replace(' ', '')} 4 7\tmet\n", encoding="utf-8")
    return str(folder)


INPUTS = {
    "doc_id": lambda at: write_row(at / "p.jsonl", doc_id=f"one{ESCAPES}", **entity()),
    "text": lambda at: write_row(at / "p.jsonl", text=f"Bob {ESCAPES} " * 20, **entity()),
    "type": lambda at: write_row(at / "p.jsonl", **entity(type=f"P{ESCAPES}")),
    "id": lambda at: write_row(at / "p.jsonl", **entity(id=f"e{ESCAPES}")),
    "cluster": lambda at: write_row(at / "p.jsonl", **entity(cluster=f"c{ESCAPES}")),
    "key": lambda at: write_row(at / "p.jsonl", **entity(**{f"k{ESCAPES}": 1})),
    "level": lambda at: write_row(at / "p.jsonl", **entity(level=ESCAPES)),
    "words": lambda at: write_row(at / "p.jsonl", entities=[{"text": ESCAPES, "type": "PER"}]),
    "zone": lambda at: write_row(at / "p.jsonl", zones=[{"start": 0, "end": 9, "zone": f"z{ESCAPES}"}], **entity()),
    "no format": lambda at: str((at / "p.jsonl").write_text(ESCAPES) and at / "p.jsonl"),
    "file name": lambda at: write_row(at / f"p{ESCAPES}.jsonl", **entity(type="X")),
    "no file": lambda at: str(at / f"no{ESCAPES}.jsonl"),
    "brat": brat_folder,
}
COMMANDS = {
    "validate": lambda file: ("validate", file, "--gold", file),
    "score": lambda file: ("score", file, "--gold", file, "--resamples", "0"),
    "score against the corpus": lambda file: ("score", file),
    "score, a metric": lambda file: ("score", file, "--gold", file, "--metric", "entities.names"),
    "score, JSON": lambda file: ("score", file, "--gold", file, "--json", "-", "--resamples", "0"),
    "compare": lambda file: ("compare", file, file, "--gold", file, "--resamples", "0"),
    "show": lambda file: ("show", "one", "--gold", file, "--predictions", file),
    "convert": lambda file: ("convert", file, "-"),
    "convert to columns": lambda file: ("convert", file, "-", "--format-out", "conll"),
    "run": lambda file: ("run", f"command:cat {shlex.quote(file)}", "-o", "-", "--gold", file),
    "view": lambda file: ("score", file, "--view", file),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("hostile", INPUTS)
def test_no_input_sends_commands_to_a_terminal(command, hostile, tmp_path):
    file = INPUTS[hostile](tmp_path)
    code, shown = run_in_terminal("-m", "vostochny", *COMMANDS[command](file))
    assert code in (0, 1, 2)
    assert shown
    assert b"Traceback" not in shown
    if command == "show":
        shown = re.sub(rb"\x1b\[[0-9;]*m", b"", shown)
    # The progress bar returns to the start of its line.
    assert not find_unsafe(shown, "\r"), shown


@pytest.mark.parametrize(
    "arguments",
    [
        ("score", "--layer", ESCAPES, "x"), (ESCAPES,), ("score", "x", f"--{ESCAPES}"), ("show", ESCAPES),
        ("score", "x", "--metric", ESCAPES), ("run", ESCAPES, "-o", "-"), ("score", "x", "--resamples", ESCAPES),
    ],
)  # fmt: skip
def test_no_argument_sends_commands_to_a_terminal(arguments):
    code, shown = run_in_terminal("-m", "vostochny", *arguments)
    assert code == 2
    assert shown
    assert not find_unsafe(shown), shown


# What a library prints by itself: sys.argv[1] is the hostile text.
LIBRARIES = """
import logging, sys, threading, warnings
from vostochny.system import interruption

class Broken:
    def __del__(self):
        raise ValueError(sys.argv[1])

def main():
    warnings.warn(sys.argv[1])
    logging.getLogger(sys.argv[1]).warning(sys.argv[1])
    own = logging.getLogger("own")
    own.addHandler(logging.StreamHandler())
    own.warning(sys.argv[1])
    print(sys.argv[1])
    print(sys.argv[1], file=sys.__stderr__)
    Broken()
    thread = threading.Thread(target=int, args=[sys.argv[1]])
    thread.start()
    thread.join()
    return 3

raise SystemExit(interruption.run_program(main, "program"))
"""


def test_no_library_sends_commands_to_a_terminal():
    code, shown = run_in_terminal("-c", LIBRARIES, f"{ESCAPES}\rx")
    assert code == 3
    assert not find_unsafe(shown), shown
    lines = shown.decode().splitlines()
    assert len([line for line in lines if "x1b]0;title" in line]) == 7
    assert [line for line in lines if line.startswith("program: an error in the background was ignored: ValueError: ")]
    assert "Traceback" not in shown.decode()


def test_no_extractor_sends_commands_to_a_terminal(tmp_path):
    """Its own prints, those of the libraries that it uses, and its logs."""
    (tmp_path / "own.py").write_text(
        f"import logging, sys, warnings\nTEXT = {ESCAPES!a}\n\ndef extract(document):\n    print(TEXT)\n"
        "    print(TEXT, file=sys.stderr)\n    warnings.warn(TEXT)\n    logging.error(TEXT)\n    sys.stderr.close()\n"
        "    return {'entities': []}\n", encoding="utf-8",
    )  # fmt: skip
    code, shown = run_in_terminal("-m", "vostochny", "run", "own.py:extract", "-o", "out", cwd=tmp_path)
    assert code == 0
    assert shown.count(b"x1b]0;title") >= 5 * 3
    assert not find_unsafe(shown, "\r"), shown


def test_a_progress_bar_keeps_its_line():
    program = (
        "import sys, tqdm\nfrom vostochny.system import console\nconsole.repair_streams()\n"
        f"for _ in tqdm.tqdm([1, 2], desc={ESCAPES!a}, ncols=99, nrows=9, mininterval=0): pass"
    )
    _, shown = run_in_terminal("-c", program)
    assert shown.count(b"\r") >= 3
    assert not find_unsafe(shown, "\r"), shown


def test_what_is_escaped_is_what_unicode_calls_control_and_format():
    unsafe = {c for c in map(chr, range(0x110000)) if category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs")} - {"\n", "\t"}
    assert {c for c in map(chr, range(0x110000)) if console.escape(c) != c} == unsafe


def test_escapes_keep_text_readable():
    assert console.escape("é — “ok”\t\n\u00a0漢") == "é — “ok”\t\n\u00a0漢"
    assert console.escape("\x1b\x9b\x7f\r\u202e\ud800") == "\\x1b\\x9b\\x7f\\r\\u202e\\ud800"


def test_data_stays_json_on_a_terminal_and_untouched_elsewhere(tmp_path):
    file = write_row(tmp_path / "p.jsonl", text="Bob \x7f\x9b\U000e0041 met Ann", **entity())
    command = ("convert", file, "-")
    _, shown = run_in_terminal("-m", "vostochny", *command)
    piped = run_vostochny(*command)
    assert json.loads("".join(read_screen(shown))) == json.loads(piped.stdout)
    assert "\x7f\x9b" in piped.stdout
    assert b"\x7f" not in shown


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-16"])
def test_every_encoding_of_standard_output_is_served(encoding):
    for command in (("score", "benchmark/baselines/lookup/predictions.jsonl", "--resamples", "9"), ("show", "003")):
        done = run_vostochny(*command, env=os.environ | {"PYTHONIOENCODING": encoding}, text=False)
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.decode(encoding)


def test_json_is_utf_8_in_every_locale():
    command = ("score", "benchmark/baselines/lookup/predictions.jsonl", "--resamples", "9", "--json", "-")
    plain, ascii_ = (
        run_vostochny(*command, env=os.environ | env, text=False) for env in ({}, {"PYTHONIOENCODING": "ascii"})
    )
    assert plain.stdout == ascii_.stdout
    assert json.loads(plain.stdout)


def test_problems_are_bounded_in_number(tmp_path):
    file = write_row(tmp_path / "p.jsonl", entities=[{"start": 0, "end": 3, "type": "X"}] * 3000)
    done = run_vostochny("validate", file, "--gold", write_row(tmp_path / "g.jsonl", **entity()))
    lines = done.stderr.splitlines()
    assert done.returncode == 2
    assert len(lines) == 6  # of one kind: three, how many more of it, how many not kept, all
    assert lines[-2:] == ["… and 2000 more", "vostochny: 3000 problems"]


def test_an_unexpected_error_is_printed_through_a_pipe():
    program = (
        "from vostochny.system import interruption\ndef main(): raise KeyError('\\x1b[2J')\n"
        "raise SystemExit(interruption.run_program(main, 'program'))"
    )
    done = run_python("-c", program)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "Traceback (most recent call last):"
    assert done.stderr.splitlines()[-1] == r"KeyError: '\x1b[2J'"


@pytest.mark.parametrize("name", ["", ".", "a\nb", "a\udcff"])
def test_run_refuses_a_name_that_is_none(name, tmp_path):
    done = run_vostochny("run", "x.py:f", "-o", name, cwd=tmp_path)
    assert done.returncode == 2 and "is not the name of a file" in done.stderr
    assert done.stderr.count("\n") == 2
