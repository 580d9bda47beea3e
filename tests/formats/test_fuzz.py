"""Broken input, by the thousand: every reader says what is wrong, in one line a problem, and nothing else happens.

VOSTOCHNY_FUZZ=100000 makes that many inputs, as make test-all does; VOSTOCHNY_FUZZ_SEED another sequence of them.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import time
from pathlib import Path

import pytest

from tests.support.effort import AT_LENGTH
from tests.support.two_articles import ONTOLOGY, make_gold
from vostochny import scoring
from vostochny.errors import InputError
from vostochny.formats import registry
from vostochny.formats.input import Gold, Input
from vostochny.report import terminal

INPUTS = int(os.environ.get("VOSTOCHNY_FUZZ", "100000" if AT_LENGTH else "3000"))
SEED = int(os.environ.get("VOSTOCHNY_FUZZ_SEED", "6"))
SECONDS = 10.0  # an input that takes longer hangs
MEGABYTES = 1500  # more than the whole run before it may take
# What breaks readers: nesting, lone surrogates, NUL, numbers without end, other types, markup, other line ends.
TOKENS = [
    b"[" * 3000, b'{"a":' * 500, b'"\\ud800"', b"\x00", b"9" * 5000, b"-1", b"1e999", b"null", b"true", b"[]", b"{}",
    b'""',
    b"NaN", b"\xff\xfe", b"\r\n", b"\xc3", b"<script>alert(1)</script>", b"\x1b[2J", b",", b":", b'"', b"\t",
    b"T1\tX 0 99999\t",
    b"E1\t:", b"B-", b"-DOCSTART-\n", b"# doc_id = two\n", b'"start"', b'"end"', b'"text"', b'"doc_id"', b"4294967296",
    b'{"start": 1, "end": 2}', b'{"text": "Kim", "occurrence": 2}', b'"paragraph": 1', b'"filler": "e1"',
    b"18446744073709551616",
]  # fmt: skip


def mutated(raw: bytes, dice: random.Random, others: list[bytes]) -> bytes:
    """The bytes with one to six things done to them."""
    out = bytearray(raw)
    for _ in range(dice.choice([1, 1, 1, 2, 3, 6])):
        at, to = sorted((dice.randint(0, len(out)), dice.randint(0, len(out))))
        to = min(to, at + dice.choice([1, 3, 20, 400]))
        kind = dice.randrange(8)
        if kind == 0:
            del out[at:to]
        elif kind == 1:
            out[at:at] = out[at:to]
        elif kind == 2:
            out[at:to] = bytes(dice.randrange(256) for _ in range(to - at))
        elif kind in (3, 4):
            out[at : at if kind == 3 else to] = dice.choice(TOKENS)
        elif kind == 5:
            other = dice.choice(others)
            start = dice.randint(0, len(other))
            out[at:at] = other[start : start + dice.choice([5, 60, 500])]
        elif kind == 6 and at < len(out):
            out[at] ^= 1 << dice.randrange(8)
        else:
            del out[at:]
    return bytes(out)


def attempt(path: Path, dice: random.Random, name: str) -> bool:
    """Read one input as a user could: as predictions or as gold, detected or by the format's name. Was it read?"""
    format_ = None if dice.random() < 0.5 else name if name in registry.MODULES else None
    unknown = dice.choice(["error", "ignore", "wrong"])
    offsets = dice.choice([None, None, None, "utf16", "bytes", "ignore"])
    try:
        if dice.random() < 0.3:
            documents = Input(path, format_).read_gold().documents
            found = {d.doc_id: d for d in documents}
        else:
            documents = make_gold()
            found, _ = Input(path, format_).read_predictions(Gold(documents, ONTOLOGY), unknown, None, offsets)
        result = scoring.score(documents, found, ONTOLOGY, scoring.Options(resamples=0))
        terminal.render(result).encode("utf-8")
    except InputError as e:
        assert e.problems
        for problem in e.problems:
            shown = str(problem)
            shown.encode("utf-8")
            assert problem.file and problem.message and "\n" not in shown and len(shown) < 20_000, shown[:500]
            assert shown.isprintable(), repr(shown[:500])
        return False
    return True


def test_no_input_does_more_than_be_refused(sample_files, tmp_path):
    dice = random.Random(SEED)
    raws = [p.read_bytes() for p in sample_files.values() if p.is_file()]
    names, read = sorted(sample_files), 0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(INPUTS):
        name = names[number % len(names)]
        source, target = sample_files[name], tmp_path / sample_files[name].name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
            broken = dice.choice(sorted(p for p in target.iterdir() if p.is_file()))
            broken.write_bytes(mutated(broken.read_bytes(), dice, raws))
        else:
            target.write_bytes(mutated(source.read_bytes(), dice, raws))
        began = time.process_time()  # its own: the machine may be busy
        try:
            read += attempt(target, dice, name)
        except BaseException as e:
            kept = target.read_bytes() if target.is_file() else broken.read_bytes()
            pytest.fail(f"input {number} ({name}, seed {SEED}): {type(e).__name__}: {e}\n{kept[:2000]!r}")
        assert time.process_time() - began < SECONDS, f"input {number} ({name}, seed {SEED}) hangs"
    assert 0 < read < INPUTS  # some break, and some do not
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < MEGABYTES << 10, f"memory grew by {grown >> 10} MB"
