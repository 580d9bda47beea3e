"""Extractors run over articles: each kind, resuming, and problems that stay with their article."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import vostochny
from tests.support.processes import run_vostochny
from vostochny import cli, extractors
from vostochny.extractors import ExtractorError, Settings
from vostochny.model import shorten_id
from vostochny.ontology import load_ontology

ONTOLOGY = load_ontology()
GOLD = vostochny.load()
IDS = [d.doc_id for d in GOLD]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current folder; modules imported from it are unloaded afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


def rows(path: str = "p.jsonl") -> list[dict]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def program(folder: Path, body: str) -> str:
    """Return a command line that answers each line with what ``body`` assigns to ``out``; ``d`` is the document."""
    code = "import json, os, sys, time\nfor line in sys.stdin:\n    d = json.loads(line)\n    out = {}\n"
    (folder / "program.py").write_text(
        code + "".join(f"    {x}\n" for x in [*body.splitlines(), "print(json.dumps(out))"])
    )
    return f"{shlex.quote(sys.executable)} program.py"


# -- a callable ----------------------------------------------------------------------------------------------------


def test_a_function_of_the_current_folder(folder, capsys):
    (folder / "mine.py").write_text("def find(d):\n    return {'entities': [{'text': 'Putin', 'type': 'PER'}]}\n")
    assert cli.main(["run", "mine:find", "-o", "p.jsonl"]) == 0
    assert [r["doc_id"] for r in rows()] == IDS
    assert "5 articles: 5 written to p.jsonl" in capsys.readouterr().err
    assert cli.main(["score", "p.jsonl", "--resamples", "0"]) == 0
    assert cli.main(["run", "./mine.py:find", "-o", "q.jsonl"]) == 0
    assert rows("q.jsonl") == rows()


def test_the_offsets_of_a_function_may_count_bytes(folder, capsys):
    """The option that a refusal names is one of the command, and what it prints next scores the file."""
    (folder / "mine.py").write_text(
        "def find(d):\n"
        "    start = len(d.text[:d.text.index('Putin', 300)].encode())\n"
        "    return {'entities': [{'start': start, 'end': start + 5, 'text': 'Putin', 'type': 'PER'}]}\n"
    )
    assert cli.main(["run", "mine:find", "-o", "p.jsonl", "--restart"]) == 1
    assert "--offsets bytes" in capsys.readouterr().err
    assert cli.main(["run", "mine:find", "-o", "p.jsonl", "--restart", "--offsets", "bytes"]) == 0
    advice = capsys.readouterr().err.splitlines()[-1]
    assert advice.endswith("vostochny score p.jsonl --offsets bytes")
    assert cli.main([*advice.split("vostochny ")[-1].split(), "--resamples", "0"]) == 0


def test_an_extractor_is_not_shown_the_gold(folder):
    (folder / "peek.py").write_text(
        "def find(d):\n"
        "    assert not (d.entities or d.events or d.quotes or d.emitted)\n"
        "    assert d.text and d.tokens and d.sentences and d.paragraphs and d.zones\n"
        "    return {}\n"
    )
    assert cli.main(["run", "peek:find", "-o", "p.jsonl"]) == 0


def test_a_document_has_only_the_layers_it_emits(folder):
    (folder / "typed.py").write_text(
        "from vostochny.model import *\n"
        "def find(d):\n"
        "    e = (Entity('e', Span(0, 5), 'PER'),)\n"
        "    return Document(d.doc_id, '', entities=e, emitted=frozenset({'entities'}))\n"
    )
    assert cli.main(["run", "typed:find", "-o", "p.jsonl"]) == 0
    assert all(set(r) == {"doc_id", "entities"} for r in rows())
    assert rows()[0]["entities"][0]["text"] == GOLD[0].text[:5]


def test_numpy_numbers_are_numbers(folder):
    (folder / "np_.py").write_text(
        "import numpy as np\ndef find(d):\n"
        "    return {'entities': [{'start': np.int64(0), 'end': np.int32(5), 'type': np.str_('PER')}]}\n"
    )
    assert cli.main(["run", "np_:find", "-o", "p.jsonl"]) == 0
    assert rows()[0]["entities"] == [{"start": 0, "end": 5, "type": "PER"}]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise ValueError('no')", "ValueError: no"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("return None", "returned NoneType"),
        ("return {'entities': [object()]}", "not JSON"),
        ("from dataclasses import replace; return replace(d, emitted={'quotes'}, doc_id='\\ud800')", "not JSON"),
        ("return {'entities': [{'start': 0, 'end': 10**6, 'type': 'PER'}]}", "beyond the text"),
        ("return {'entities': [{'start': 0, 'end': 5, 'type': 'PERS'}]}", "did you mean 'PER'"),
        ("return {'entitys': []}", "did you mean 'entities'"),
        ("return {'doc_id': 'x'}", "unknown document"),
    ],
)
def test_a_problem_stays_with_its_article_which_is_tried_again(folder, capsys, body, message):
    code = f"def find(d):\n    if d.short_id == '002':\n        {body}\n    return {{'entities': []}}\n"
    (folder / "faulty.py").write_text(code)
    assert cli.main(["run", "faulty:find", "-o", "p.jsonl"]) == 1
    assert [shorten_id(r["doc_id"]) for r in rows()] == ["000", "001", "003", "004"]
    (error,) = rows("p.errors.jsonl")
    assert error["doc_id"] == IDS[2] and message in error["error"]
    captured = capsys.readouterr().err
    assert message in captured and "1 failed" in captured and "Traceback" not in captured
    (folder / "faulty.py").write_text("def find(d):\n    return {'entities': []}\n")
    sys.modules.pop("faulty")
    assert cli.main(["run", "faulty.py:find", "-o", "q.jsonl"]) == 0
    sys.modules.pop("faulty", None)
    assert cli.main(["run", "faulty:find", "-o", "p.jsonl"]) == 0
    assert sorted(r["doc_id"] for r in rows()) == IDS and not Path("p.errors.jsonl").exists()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nothere:find", "no such module"),
        ("mine:missing", "has no function missing"),
        ("mine:NUMBER", "not a function"),
        ("broken:find", "SyntaxError"),
        ("needy:find", "needs the module not_there_at_all"),
        ("absent.py:find", "no such file"),
        ("mine", "is not an extractor"),
        ("spacy:", "has nothing after the colon"),
        ("spacy:xx_not_there", "python -m spacy download xx_not_there"),
        ("inspect:no.eval", "inspect"),
    ],
)
def test_an_extractor_that_cannot_be_loaded_is_reported_in_one_line(folder, capsys, spec, message):
    (folder / "mine.py").write_text("NUMBER = 3\n")
    (folder / "broken.py").write_text("def find(:\n")
    (folder / "needy.py").write_text("import not_there_at_all\n")
    assert cli.main(["run", spec, "-o", "p.jsonl"]) == 2
    captured = capsys.readouterr().err
    assert message in captured and len(captured.splitlines()) == 1
    assert not Path("p.jsonl").exists()


# -- resuming ------------------------------------------------------------------------------------------------------

COUNTING = "def find(d):\n    open('calls', 'a').write(d.short_id + ' ')\n    return {'entities': []}\n"


def test_articles_already_done_are_skipped_and_a_cut_line_is_repaired(folder, capsys):
    (folder / "counting.py").write_text(COUNTING)
    assert cli.main(["run", "counting:find", "-o", "p.jsonl"]) == 0
    whole = Path("p.jsonl").read_bytes()
    last = len(whole.splitlines()[-1])
    for cut in (-2, -last // 2, -last):
        Path("p.jsonl").write_bytes(whole[:cut])
        Path("calls").unlink()
        assert cli.main(["run", "counting:find", "-o", "p.jsonl"]) == 0
        assert Path("p.jsonl").read_bytes() == whole
        assert Path("calls").read_text() == "004 "
    assert "cut off" in capsys.readouterr().err
    Path("p.jsonl").write_bytes(whole[:-1])  # complete except for its line end
    Path("calls").unlink()
    assert cli.main(["run", "counting:find", "-o", "p.jsonl"]) == 0
    assert Path("p.jsonl").read_bytes() == whole and not Path("calls").exists()
    Path("p.jsonl").write_bytes(whole[:20])
    assert cli.main(["run", "counting:find", "-o", "p.jsonl"]) == 0
    assert Path("p.jsonl").read_bytes() == whole


def test_another_extractor_does_not_continue_a_file(folder, capsys):
    (folder / "counting.py").write_text(COUNTING + "other = find\n")
    assert cli.main(["run", "counting:find", "-o", "p.jsonl"]) == 0
    assert cli.main(["run", "counting:other", "-o", "p.jsonl"]) == 2
    assert "was made with extractor counting:find" in capsys.readouterr().err
    assert cli.main(["run", "counting:other", "-o", "p.jsonl", "--restart"]) == 0
    assert len(rows()) == 5


@pytest.mark.parametrize("record", ["", "[]", '{"extractor": "coun'])
def test_a_broken_record_of_the_origin_is_reported(folder, capsys, record):
    (folder / "counting.py").write_text(COUNTING)
    assert cli.main(["run", "counting:find", "-o", "p.jsonl"]) == 0
    Path("p.run.json").write_text(record)
    assert cli.main(["run", "counting:find", "-o", "p.jsonl"]) == 2
    assert "p.run.json: is not a record that run made, and -o p.jsonl would overwrite it" in capsys.readouterr().err
    assert len(rows()) == 5


def test_every_error_is_recorded_and_those_of_an_earlier_run_are_removed(folder):
    (folder / "never.py").write_text("def find(d):\n    raise ValueError('no')\n")
    for _ in range(2):
        assert cli.main(["run", "never:find", "-o", "p.jsonl"]) == 1
        assert [r["doc_id"] for r in rows("p.errors.jsonl")] == IDS


def test_a_file_that_is_not_predictions_is_left_alone(folder, capsys):
    (folder / "counting.py").write_text(COUNTING)
    Path("p.jsonl").write_text("not json\n{}\n")
    assert cli.main(["run", "counting:find", "-o", "p.jsonl"]) == 2
    assert (
        "p.jsonl: exists, and no run record (p.run.json) shows" in capsys.readouterr().err
        and Path("p.jsonl").read_text() == "not json\n{}\n"
    )


def test_standard_output_has_only_predictions(folder, capsys):
    (folder / "chatty.py").write_text("def find(d):\n    print('hello')\n    return {'entities': []}\n")
    assert cli.main(["run", "chatty:find", "-o", "-"]) == 0
    captured = capsys.readouterr()
    assert [json.loads(line)["doc_id"] for line in captured.out.splitlines()] == IDS
    assert "hello" in captured.err and list(folder.glob("*.json*")) == []


def test_progress_is_shown_on_a_terminal_only(folder, capsys, monkeypatch):
    (folder / "counting.py").write_text(COUNTING)
    assert cli.main(["run", "counting:find", "-o", "p.jsonl"]) == 0
    assert "\r" not in capsys.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert cli.main(["run", "counting:find", "-o", "q.jsonl"]) == 0
    assert f"2/5 {IDS[2]}" in capsys.readouterr().err


def test_the_users_own_articles_and_labels(folder):
    row = {"doc_id": "a", "text": "Aa met Bb.", "entities": [{"start": 0, "end": 2, "type": "Politician"}]}
    Path("gold.jsonl").write_text(json.dumps(row) + "\n")
    (folder / "mine.py").write_text("def find(d):\n    return {'entities': [{'text': 'Aa', 'type': 'Politician'}]}\n")
    assert cli.main(["run", "mine:find", "-o", "p.jsonl", "--gold", "gold.jsonl"]) == 0
    assert vostochny.score("p.jsonl", gold="gold.jsonl", resamples=0).measures["entities.all"].value == 1


# -- a command -----------------------------------------------------------------------------------------------------


def test_a_command_is_given_the_article_and_its_layout(folder):
    body = "out = {'entities': [{**d['tokens'][0], 'type': 'PER'}]}\n"
    body += "assert set(d) == {'doc_id', 'text', 'paragraphs', 'sentences', 'tokens', 'zones'}\n"
    body += "assert d['text'][d['tokens'][-1]['start']:d['tokens'][-1]['end']].strip()\n"
    body += "open('starts', 'a').write(str(os.getpid()) + ' ')"
    assert cli.main(["run", "command", program(folder, body), "-o", "p.jsonl"]) == 0
    expected = [{"start": d.tokens[0].start, "end": d.tokens[0].end, "type": "PER"} for d in GOLD]
    assert [r["entities"] for r in rows()] == [[e] for e in expected]
    assert len(set(Path("starts").read_text().split())) == 1  # one program for all


def test_a_command_that_ends_after_each_answer_is_started_again(folder):
    line = "head -n 1 | " + program(folder, "out = {'entities': []}")
    assert cli.main(["run", "command", line, "-o", "p.jsonl"]) == 0
    assert len(rows()) == 5
    slow = (
        "read x; echo '{\"entities\": []}'; sleep 0.2"  # it ends a while after its answer, and until then seems alive
    )
    assert cli.main(["run", "command", slow, "-o", "q.jsonl"]) == 0
    assert len(rows("q.jsonl")) == 5


def test_a_second_line_is_not_taken_as_the_next_articles_answer(folder):
    line = program(folder, "print('{}')")
    extractor = extractors.load(f"command:{line}", Settings())
    assert extractor(GOLD[0]) == {}
    time.sleep(0.5)
    with pytest.raises(ExtractorError, match=f"more than one line for {IDS[0]}"):
        extractor(GOLD[1])
    extractors.close(extractor)


def test_a_timeout_restarts_the_program_for_the_next_article(folder):
    body = "time.sleep(60 if d['doc_id'].startswith('001') else 0)"
    before = time.monotonic()
    # Long enough for a busy machine to start Python, and far from the minute that the program would sleep.
    assert cli.main(["run", "command", program(folder, body), "-o", "p.jsonl", "--timeout", "4"]) == 1
    assert time.monotonic() - before < 50
    assert [shorten_id(r["doc_id"]) for r in rows()] == ["000", "002", "003", "004"]
    assert "no answer in 4 s" in rows("p.errors.jsonl")[0]["error"]


def test_processes_that_a_command_started_end_with_it(folder):
    extractor = extractors.load("command:sh -c 'sleep 600 & echo $! > pid; wait'", Settings(timeout=2))
    with pytest.raises(ExtractorError, match="no answer"):
        extractor(GOLD[0])
    extractors.close(extractor)
    pid = int(Path("pid").read_text())
    for _ in range(50):
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
        if not state or state.startswith("Z"):
            return
        time.sleep(0.1)
    os.kill(pid, 9)
    pytest.fail("the command's child lives on")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("false", "ended without an answer (exit code 1)"),
        ("not-a-program-at-all", "exit code 127"),
        ("echo hello; cat", "not JSON: 'hello'"),
        (r"""echo '{"entities": [], "entities": []}'""", "at entities: the key 'entities' appears twice"),
        ("echo '[1]'; cat", "is not an object"),
        ("printf '{\"entities\": '", "not JSON"),
        ("head -c 10 /dev/zero; echo", "not JSON"),
    ],
)
def test_a_command_that_does_not_answer(folder, line, message):
    assert cli.main(["run", "command", line, "-o", "p.jsonl"]) == 1
    errors = rows("p.errors.jsonl")
    assert len(errors) == 5 and all(message in e["error"] for e in errors)


def test_standard_error_is_passed_through(folder):
    line = program(folder, "sys.stderr.write('warming up')")
    done = run_vostochny("run", "command", line, "-o", "p.jsonl")
    assert done.returncode == 0 and "warming up" in done.stderr


# -- a plug-in ----------------------------------------------------------------------------------------------------


def test_a_plug_in(monkeypatch):
    entry = EntryPoint("mine", "test_extractors:plug_in", extractors.ENTRY_POINT_GROUP)
    monkeypatch.setattr(
        extractors, "entry_points", lambda group: [entry] if group == extractors.ENTRY_POINT_GROUP else []
    )
    monkeypatch.setitem(sys.modules, "test_extractors", sys.modules[__name__])
    extractor = extractors.load("mine:Putin", Settings())
    assert extractor(GOLD[0])["entities"] == [{"text": "Putin", "type": "PER"}]
    with pytest.raises(ExtractorError, match="fails: ValueError: no argument"):
        extractors.load("mine:", Settings())


def plug_in(argument: str, settings: Settings):
    """Return an extractor, as the target of an entry point of the group vostochny.extractors."""
    if not argument:
        raise ValueError("no argument")
    return lambda document: {"entities": [{"text": argument, "type": "PER"}]}
