"""Small files that stand for very much are refused with one line, or read, in a process with little memory."""

from __future__ import annotations

import json
import os
import re
import resource
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.bombs import BOMBS, write_bomb
from tests.support.effort import AT_LENGTH, sample
from tests.support.processes import run_vostochny
from vostochny.formats import registry
from vostochny.formats.limits import DEFAULT_MB, VARIABLE
from vostochny.model import Document, Entity, Span

MEMORY_BYTES = 1 << 30
# Each command that reads predictions or gold, with the bomb in the place of B and a proper file in that of P.
COMMANDS = (
    "validate B",
    "validate P --gold B",
    "score B --resamples 0",
    "score P --gold B --resamples 0",
    "compare P B --resamples 0",
    "convert B OUT.jsonl",
    "show 000 --predictions B",
    "show 000 --gold B",
)

# What is read, little by little, and refused for what it says, and what has a type that is not read.
OTHERWISE = ("blank.json.gz", "lines.conll.gz", "list views")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the addresses of a process")


def run_in(memory: int, arguments: Sequence[str], **environment: str) -> tuple[int, str]:
    """Run a command in a process that may have so much memory; return its exit code and what it printed of errors."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    done = run_vostochny(*arguments, preexec_fn=limit, env=os.environ | environment, timeout=600)
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def proper(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("proper") / "p.jsonl"
    path.write_text('{"doc_id": "000", "entities": []}\n')
    return str(path)


def fill_in(command: str, bomb: str, proper: str, folder: Path) -> list[str]:
    return [{"B": bomb, "P": proper, "OUT.jsonl": str(folder / "out.jsonl")}.get(x, x) for x in command.split()]


@pytest.mark.parametrize("name", sample(list(BOMBS), 2))
def test_a_bomb_ends_with_one_line(name: str, proper: str, tmp_path: Path) -> None:
    bomb = write_bomb(name, tmp_path)
    # Each bomb in two commands, each command with some bombs.
    other = COMMANDS[1 + list(BOMBS).index(name) % (len(COMMANDS) - 1)]
    for command in (COMMANDS[0], other) if AT_LENGTH else COMMANDS[:1]:
        code, printed = run_in(MEMORY_BYTES, fill_in(command, bomb, proper, tmp_path))
        lines = printed.splitlines()
        assert "Traceback" not in printed and len(printed) < 3000, (command, printed)
        assert code == 2 and name in lines[0], (command, printed)
        assert len(lines) <= 3, (command, printed)
        assert name in OTHERWISE or VARIABLE in lines[0], (command, printed)


def test_bombs_are_refused_by_what_they_would_take_not_by_what_there_is(tmp_path: Path) -> None:
    """With all the memory there is, the peak stays low."""
    for name in sample(("lists.jsonl.gz", "word.parquet", "nulls.parquet", "nulls"), 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        code, printed = run_in(resource.RLIM_INFINITY, ["validate", write_bomb(name, tmp_path)])
        assert code == 2 and VARIABLE in printed and name in printed
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        assert peak == before or peak < 400 << 10, name  # kilobytes; of the largest child so far


# -- the limit and how it is raised ------------------------------------------------------------------------------------

FORMATS = {
    "json": "g.json", "jsonl": "g.jsonl", "dataset": "g", "label-studio": "g.json", "parquet": "g.parquet",
    "brat": "g", "conll": "g.conll", "spacy": "g.spacy", "spacy-json": "g.jsonl",
}  # fmt: skip


def write_large(name: str, folder: Path) -> str:
    """Write a gold for which one megabyte is not enough."""
    sentence, number = "Kim met Putin. ", 60_000
    text = sentence * number  # less than spaCy accepts
    entities = (Entity(f"e{n}", Span(15 * n, 15 * n + 3), "PER", "NAM") for n in range(number // 4))
    tokens = (Span(*m.span()) for m in re.finditer(r"\w+|\.", text)) if name == "conll" else ()
    document = Document(
        "one", text, paragraphs=(Span(0, len(text)),), entities=tuple(entities), tokens=tuple(tokens)
    )  # fmt: skip
    path = folder / FORMATS[name]
    registry.load_format(name).write(str(path), [document], Counter(), True)
    return str(path)


@pytest.mark.parametrize("name", sample(list(FORMATS), 1))
def test_the_message_says_how_the_limit_is_raised_and_that_works(name: str, tmp_path: Path) -> None:
    path = write_large(name, tmp_path)
    limit, tries = "1", 0
    # A long line of spaCy's JSON is recognised by keys that stand behind its text.
    named = ["--format", name, "--gold-format", name] if name == "spacy-json" else []
    while tries < 10:
        code, printed = run_in(4 * MEMORY_BYTES, ["validate", path, "--gold", path, *named], **{VARIABLE: limit})
        if code == 0:
            break
        tries += 1
        advice = re.search(rf"{VARIABLE}=(\d+) in the environment doubles this limit", printed)
        assert code == 2 and advice and path in printed, printed
        limit = advice[1]
    assert 0 < tries < 10 and int(limit) <= DEFAULT_MB


@pytest.mark.parametrize("value", ["many", "0", "-1", "1e3", "9" * 30])
def test_a_limit_that_is_no_number_is_named(value: str, proper: str) -> None:
    code, printed = run_in(MEMORY_BYTES, ["validate", proper], **{VARIABLE: value})
    assert code == 2 and printed.startswith(f"{VARIABLE}: {value!r} is not a whole number of megabytes")


# -- problems ----------------------------------------------------------------------------------------------------------


def test_problems_without_number_are_counted_in_little_memory(tmp_path: Path) -> None:
    line = json.dumps({"doc_id": "000", "entities": [0] * 500_000})
    (tmp_path / "line.jsonl").write_text(line)
    (tmp_path / "lines.jsonl").write_text("0\n" * 100_000)
    for name, number in (("line.jsonl", 500_000), ("lines.jsonl", 100_000)):
        code, printed = run_in(400 << 20, ["validate", str(tmp_path / name), "--format", "jsonl"])
        lines = printed.splitlines()
        assert code == 2 and len(lines) == 6  # three of a kind, how many more, those not kept, and the count
        assert lines[-2:] == [f"… and {number - 1000} more", f"vostochny: {number} problems"]
