"""Broken input, by the thousand: every command reads it or says what is wrong, in one line per problem, and no more.

An input goes through one command: ``validate``, ``score``, ``compare``, ``convert`` or ``show``, as predictions, as
gold or as both. VOSTOCHNY_FUZZ=100000 makes that many inputs, as make test-all does; VOSTOCHNY_FUZZ_SEED another
sequence of them.
"""

from __future__ import annotations

import functools
import gzip
import importlib
import io
import json
import multiprocessing
import os
import random
import resource
import shutil
import sys
import time
import traceback
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import mutations, two_articles
from tests.support.effort import AT_LENGTH
from tests.support.processes import call_main
from vostochny.errors import InputError
from vostochny.formats import registry
from vostochny.model import Document

cli = importlib.import_module("vostochny.cli.main")  # the package has a function of that name
INPUTS = int(os.environ.get("VOSTOCHNY_FUZZ", "100000" if AT_LENGTH else "400"))
SEED = int(os.environ.get("VOSTOCHNY_FUZZ_SEED", "6"))
BATCH = 500  # inputs that one process tries
SECONDS = 20.0  # of processor time: an input that takes more hangs
MEMORY_BYTES = 6 << 30  # of addresses, most of which is never used
COMMANDS = ("validate", "score", "score", "compare", "convert", "convert", "show")
# Kinds by how often they are tried: those that take a library tens of milliseconds are rare.
SLOW = ("spacy", "spacy-json", "spacy-training", "dataset", "parquet")
KINDS = [*SLOW, *6 * [kind for kind in (*two_articles.KINDS, "zip") if kind not in SLOW]]
ENDINGS = {name: "".join(Path(file).suffixes) for name, file in two_articles.WRITTEN.items()}


@dataclass
class Attempt:
    """One input: the files of both sides in a folder, and the command line that reads them."""

    folder: Path
    dice: random.Random
    kind: str

    def make_files(self) -> tuple[Path, Path]:
        """Write gold and predictions, one or both of them broken or varied; return their paths."""
        dice, articles = self.dice, two_articles.make_gold()
        keep_texts = dice.random() < 0.5
        gold = articles if keep_texts else mutations.vary(articles, dice, keep_texts=False)
        may_be_gold = dice.random() < (0.4 if self.kind in ("gzip", *two_articles.WRITTEN) else 0.05)
        role = dice.choice(["gold", "both"]) if may_be_gold else "predictions"
        paths = []
        for side in ("gold", "predictions"):
            kind = self.kind if role in (side, "both") else "jsonl"
            documents = gold if side == "gold" else mutations.vary(gold, dice, keep_texts=True)
            path = write_kind(kind, self.folder / side, documents)
            if role in (side, "both") and dice.random() < 0.35:
                break_file(path, kind, dice)
            paths.append(path)
        return paths[0], paths[1]

    def make_arguments(self, gold: Path, predictions: Path) -> tuple[list[str], list[Path]]:
        """Return a command line that reads these files, and the files that it is to write."""
        dice, folder = self.dice, self.folder
        command = dice.choice(COMMANDS)

        def maybe(chance: float, *words: str) -> list[str]:
            return list(words) if dice.random() < chance else []

        sides = maybe(0.98, "--gold", str(gold))
        unknown = maybe(0.8, "--unknown", dice.choice(["wrong", "wrong", "wrong", "ignore", "error"]))
        name = maybe(0.05, dice.choice([self.kind, *registry.MODULES]))
        offsets = maybe(0.05, "--offsets", dice.choice(["utf16", "bytes", "ignore"]))
        view = maybe(0.15, "--view", self.make_view())
        if command == "show":
            doc_id = dice.choice(["one", "one", "two", "two", "o", "x", ""])
            return ["show", *sides, *unknown, *maybe(0.8, "--predictions", str(predictions)), "--", doc_id], []
        if command == "convert":
            target = dice.choice([*ENDINGS, *6 * [name for name in ENDINGS if name not in SLOW]])
            out = folder / f"out{ENDINGS[target]}{dice.choice(['', '', '.gz'])}"
            more = ["--format-out", target, *maybe(0.2, "--force"), *(["--format-in", *name] if name else [])]
            source = dice.choice([gold, predictions])
            return ["convert", str(source), str(out), *sides, *more, *offsets], [out]
        named = ["--format", *name] if name else []
        if command == "validate":
            return ["validate", str(predictions), *sides, *named, *offsets, *view, *unknown], []
        outputs = {f"--{what}": folder / f"out.{what}" for what in ("json", "items", "html")}
        if command == "compare":
            outputs = {"--json": folder / "out.json"}
        written = [x for option, path in outputs.items() for x in (option, str(path))]
        scoring = ["--resamples", dice.choice(["0", "0", "9"]), *maybe(0.1, "--zone", "body"), *maybe(0.1, "--seqeval")]
        if command == "compare":
            scoring = [str(gold), *scoring[:2]]
        scoring += maybe(0.3, "--on-error", "skip")  # reads JSON Lines as large files are read
        line = [command, str(predictions), *scoring, *sides, *named, *offsets, *view, *unknown, *written]
        return line, list(outputs.values())

    def make_view(self) -> str:
        """Return the name of a view, or the path of a user's own, which may be broken."""
        view: Any = {"types": {"PER": "person", "GPE": "place"}, "levels": ["NAM", "NOM"], "events": {}}
        if self.dice.random() < 0.5:
            return self.dice.choice(["ace", "ontonotes", "conll", "x"])
        if self.dice.random() < 0.5:
            view = mutations.swap_values(view, self.dice)
        path = self.folder / "view.json"
        path.write_text(json.dumps(view, default=repr), encoding="utf-8")
        return str(path)

    def run(self) -> bool:
        """Run the command and return whether the input was read. Raises AssertionError where it did anything else."""
        gold, predictions = self.make_files()
        arguments, outputs = self.make_arguments(gold, predictions)
        before = {p for p in self.folder.rglob("*")}
        began = time.process_time()
        code, printed, errors = call(arguments)
        assert time.process_time() - began < SECONDS, f"{arguments}: hangs"
        said = f"{arguments}: {code}\n{errors[:2000]}"
        assert code in (0, 2), said
        assert "Traceback" not in errors, said
        for line in errors.splitlines():
            assert line.isprintable() and len(line) < 20_000, said
        new = {p for p in self.folder.rglob("*")} - before
        if code == 2:
            *problems, summary = errors.splitlines()
            assert problems or "--seqeval" in arguments or "No such" in summary, said
            # A line names its place, or counts those after the ones above it.
            assert all(": " in line or line.startswith("… and ") for line in problems), said
            assert not problems or ": " in problems[0], said
            assert not new and not printed, (said, new, printed)
            return False
        assert {p for p in new if p.parent == self.folder} == set(outputs), (said, new)
        for path in outputs:
            self.check_output(path, arguments, gold, said)
        return True

    def check_output(self, path: Path, arguments: list[str], gold: Path, said: str) -> None:
        """Assert that an output is whole."""
        if arguments[0] == "convert":
            # As a gold of its own where the source has texts, else as predictions about the gold.
            line = ["validate", str(path), "--format", arguments[arguments.index("--format-out") + 1]]
            line += ["--unknown", "wrong", "--gold"]
            answers = [call([*line, *gold]) for gold in ([str(path), "--gold-format", line[3]], [str(gold)])]
            assert 0 in [code for code, _, _ in answers], f"{said}\nthe output: {answers}"[:5000]
        elif path.suffix == ".html":
            assert path.read_text(encoding="utf-8").rstrip().endswith("</html>"), said
        else:
            lines = path.read_text(encoding="utf-8")
            for value in lines.split("\n")[:-1] if path.suffix == ".items" else [lines]:
                json.loads(value)


def write_kind(kind: str, folder: Path, documents: list[Document]) -> Path:
    """Write documents as a file or folder of a kind; as JSON Lines where it cannot express them."""
    folder.mkdir()
    try:
        return two_articles.write_sample(kind if kind != "zip" else "jsonl", folder, documents)
    except (ValueError, InputError):
        return two_articles.write_sample("jsonl", folder, documents)


def break_file(path: Path, kind: str, dice: random.Random) -> None:
    """Break a file, or one of the files of a folder: its bytes, or its values so that it stays a file of its format."""
    if path.is_dir():
        inside = sorted(p for p in path.rglob("*") if p.is_file())
        if not inside:
            return
        path = dice.choice(inside)
    raw = path.read_bytes()
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("w.jsonl", raw)
        return
    if dice.random() < 0.35:
        path.write_bytes(mutations.damage(raw, dice, [raw]))
        return
    try:
        path.write_bytes(swap(raw, dice))
    except Exception:  # what Arrow, spaCy or UTF-8 cannot express
        path.write_bytes(mutations.damage(raw, dice, [raw]))


def swap(raw: bytes, dice: random.Random) -> bytes:
    """Return a file of any format with some values swapped."""
    if raw[:2] == b"\x1f\x8b":
        return gzip.compress(swap(gzip.decompress(raw), dice))
    if raw[:4] == b"PAR1":
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.Table.from_pylist(mutations.swap_values(pq.read_table(io.BytesIO(raw)).to_pylist(), dice))
        out = io.BytesIO()
        pq.write_table(table, out)
        return out.getvalue()
    if raw[:2] == b"x\x9c":
        import srsly

        content = srsly.msgpack_loads(zlib.decompress(raw))
        for _ in range(dice.choice([1, 2])):
            holder, key = dice.choice(mutations.list_places(content))
            holder[key] = dice.choice([*mutations.VALUES, b"", b"\0" * 8, [b"\x81\xa6doc_id\xa3one"]])
        return zlib.compress(srsly.msgpack_dumps(content))
    text = raw.decode("utf-8")
    if text[:1] not in "{[":
        return mutations.swap_fields(text, dice).encode("utf-8", "surrogatepass")
    change: Callable[[str], str] = (
        (lambda line: mutations.repeat_key(line, dice))
        if dice.random() < 0.15
        else (lambda line: json.dumps(mutations.swap_values(json.loads(line), dice), ensure_ascii=dice.random() < 0.8))
    )
    try:
        json.loads(text)
    except ValueError:
        lines = text.split("\n")
        i = dice.randrange(len(lines) - 1)
        lines[i] = change(lines[i])
        return "\n".join(lines).encode("utf-8", "surrogatepass")
    return change(text).encode("utf-8", "surrogatepass")


def call(arguments: list[str]) -> tuple[int, str, str]:
    """Run a command in this process; return its exit code and what it printed on each stream."""
    return call_main(cli.main, arguments)


def run_batch(numbers: Iterable[int], folder: Path) -> tuple[Counter[str], list[str]]:
    """Try inputs by number; return how many of each kind were read and refused, and what went wrong.

    Runs in a process of its own, so that an input that ends the process, fills the memory or never ends is noticed.
    """
    cli.build_parser = functools.cache(cli.build_parser)  # a third of the time
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (60 + int(SECONDS) * 10, resource.RLIM_INFINITY))
    counts: Counter[str] = Counter()
    failures = []
    for number in numbers:
        kind = KINDS[number % len(KINDS)]
        here = folder / f"{number:07}"
        here.mkdir()
        try:
            counts[
                f"{kind} {'read' if Attempt(here, random.Random(f'{SEED} {number}'), kind).run() else 'refused'}"
            ] += 1
        except BaseException as error:
            failures.append(f"input {number} ({kind}, seed {SEED}): {''.join(traceback.format_exception(error))}")
            continue  # the files are kept
        shutil.rmtree(here)
    return counts, failures


def test_no_input_does_more_than_be_refused(tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    failures: list[str] = []
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "pyarrow.parquet", "datasets", "spacy", "seqeval.metrics"])
    with ProcessPoolExecutor(2 if AT_LENGTH else 1, mp_context=context, max_tasks_per_child=1) as pool:
        batches = [range(first, min(first + BATCH, INPUTS)) for first in range(0, INPUTS, BATCH)]
        for found, failed in pool.map(run_batch, batches, [tmp_path] * len(batches)):
            counts += found
            failures += failed
    read = sum(count for name, count in counts.items() if name.endswith(" read"))
    print(f"\n{INPUTS} inputs, {read} read, {len(failures)} failures; {dict(sorted(counts.items()))}", file=sys.stderr)
    assert not failures, "\n".join(failures[:20])
    assert 0.4 * INPUTS < read < 0.9 * INPUTS
