"""Nothing is guessed in silence: a file with one thing changed is refused, or scores the same, or says so.

Files of every format, as tools write them, are changed in one place (tests.support.silence): a key is misspelt, an
offset moved away from its words, a column exchanged. VOSTOCHNY_FUZZ=100000 makes that many changes, as make test-all
does; VOSTOCHNY_FUZZ_SEED another sequence of them.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import traceback
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.support import silence
from tests.support.effort import AT_LENGTH
from vostochny.errors import InputError
from vostochny.formats import registry
from vostochny.formats.input import Gold
from vostochny.scoring import streaming

MUTATIONS = int(os.environ.get("VOSTOCHNY_FUZZ", "100000" if AT_LENGTH else "1500"))
SEED = int(os.environ.get("VOSTOCHNY_FUZZ_SEED", "15"))
BATCH = 5000 if AT_LENGTH else 1500  # mutations that one process tries
SLOW = 20  # a kind that takes a library long is tried once in so many times
SLOW_KINDS = ("dataset", "spacy", "parquet")
OUTCOMES = ("refused", "unchanged", "same scores", "noted", "silent")


def judge(sample: silence.Sample, side: str, gold: Path) -> tuple[str, str]:
    """Return what became of a changed file, and for "silent" what is wrong."""
    outcome, before = silence.read(sample, side), sample.before[side]
    if sample.format == "jsonl" and side == "predictions":
        assert_columns_agree(sample, outcome, gold)
    if outcome.problems:
        for problem in outcome.problems:
            assert problem.file.startswith(str(sample.path)), problem
            assert problem.message and str(problem).isprintable(), problem
            assert problem.line or sample.format != "jsonl" or "recognised" in problem.message, problem
        return "refused", ""
    if outcome.answer == before.answer:
        return "unchanged", ""
    if set(outcome.notes) - set(before.notes):
        return "noted", ""
    (scores, said), (old_scores, old_said) = silence.tell(sample, side, outcome), silence.tell(sample, side, before)
    if scores == old_scores:
        return "same scores", ""
    if set(said) - set(old_said):
        return "noted", ""
    changed = [name for name in scores.keys() | old_scores.keys() if scores.get(name) != old_scores.get(name)]
    return "silent", f"other scores without a word: {sorted(changed, key=str)[:5]}"


def assert_columns_agree(sample: silence.Sample, outcome: silence.Outcome, gold: Path) -> None:
    """Assert that large files, which are scored from columns, are refused and scored as small ones are."""
    try:
        result = streaming.score_files(str(gold), str(sample.path), sample.gold.ontology, silence.OPTIONS)
    except InputError as e:
        by_text = all(p.field == "doc_id" for p in e.problems)  # only small files find a document by its text
        assert outcome.problems or by_text, f"refused from columns alone: {e.problems[:3]}"
        return
    assert not outcome.problems, f"refused by the checked reader alone: {outcome.problems[:3]}"
    scores, _ = silence.tell(sample, "predictions", outcome)
    assert {name: m.value for name, m in result.measures.items()} == scores


def run_batch(numbers: Iterable[int], folder: Path) -> tuple[Counter[str], list[str]]:
    """Try mutations by number; return how many had each outcome, and what went wrong.

    Runs in a process of its own, so that a file that ends the process is noticed.
    """
    samples = silence.make_samples(folder)
    assert {sample.format for sample in samples} == set(registry.MODULES)
    fast = [sample for sample in samples if sample.kind not in SLOW_KINDS]
    slow = [sample for sample in samples if sample.kind in SLOW_KINDS]
    gold = folder / "gold.jsonl"
    registry.load_format("jsonl").write(str(gold), samples[0].gold.documents, Counter(), True)
    counts: Counter[str] = Counter()
    failures = []
    for number in numbers:
        dice = random.Random(f"{SEED} {number}")
        sample = dice.choice(slow if number % SLOW == 0 else fast)
        side, files, what = dice.choice(sample.sides), sample.files, ""
        while files == sample.files:
            try:
                files, what = silence.mutate(sample, dice, side)
            except IndexError:  # it has no such thing
                continue
        sample.write(files)
        try:
            outcome, wrong = judge(sample, side, gold)
        except BaseException as error:
            outcome, wrong = "silent", "".join(traceback.format_exception(error))
        counts[outcome] += 1
        if wrong:
            failures.append(f"mutation {number} (seed {SEED}) of {sample.kind} as {side}: {what}: {wrong}")
        sample.write(sample.files)
    return counts, failures


def test_no_change_is_silent(tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    failures: list[str] = []
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "pyarrow.parquet", "spacy"])
    ranges = [range(first, min(first + BATCH, MUTATIONS)) for first in range(0, MUTATIONS, BATCH)]
    folders = [tmp_path / str(i) for i in range(len(ranges))]
    for folder in folders:
        folder.mkdir()
    with ProcessPoolExecutor(2 if AT_LENGTH else 1, mp_context=context, max_tasks_per_child=1) as pool:
        for found, failed in pool.map(run_batch, ranges, folders):
            counts += found
            failures += failed
    figures = ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES)
    print(f"\n{MUTATIONS} mutations: {figures}", file=sys.stderr)
    assert not failures, "\n".join(failures[:20])
    assert counts["refused"] > MUTATIONS / 3 and counts["noted"] > MUTATIONS / 100


def test_a_silent_change_would_be_seen(tmp_path: Path) -> None:
    """A type replaced by another known one changes the scores, and nothing says so."""
    samples = silence.make_samples(tmp_path)
    gold = Gold(samples[0].gold.documents, samples[0].gold.ontology)
    registry.load_format("jsonl").write(str(tmp_path / "gold.jsonl"), gold.documents, Counter(), True)
    sample = next(s for s in samples if s.kind == "entities")
    sample.write({"": sample.files[""].replace(b'"GPE"', b'"ORG"')})
    assert judge(sample, "predictions", tmp_path / "gold.jsonl")[0] == "silent"
    sample.write({"": sample.files[""].replace(b'"type"', b'"typ"')})
    assert judge(sample, "predictions", tmp_path / "gold.jsonl")[0] == "refused"
    sample.write(sample.files)
    assert judge(sample, "predictions", tmp_path / "gold.jsonl")[0] == "unchanged"
