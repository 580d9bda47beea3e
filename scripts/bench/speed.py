"""How fast the scorer is beside the field's: one run, side by side, ratios printed.

    python -m scripts speed            DESIGN's sizes; writes benchmark/speed.json
    python -m scripts speed --quick    a hundredth of them, nothing written

Every figure is the best of several tries of each side, taken in turn, so that both see the same machine. seqeval and
nervaluate get their input in memory, ready made; this scorer reads its JSON Lines files.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from scripts.bench import speed_workers
from scripts.bench.timing import best, ours, parse_only, peak
from scripts.files import ROOT, write_atomically

LABELS = ("PER", "ORG", "GPE", "LOC", "FAC", "VEH", "WEA", "DATE")
TOKENS = 400  # a document
TOUCHED = 0.15  # of gold entities that the synthetic system moves, retypes or drops


# -- synthetic news ----------------------------------------------------------------------------------------------------


def entities_of(documents: int, seed: int = 7, tokens: int = TOKENS, labels: tuple[str, ...] = LABELS) -> list[tuple]:
    """Per document two lists of (first token, one past the last, label), gold and predicted: 10 % entity starts."""
    dice = random.Random(seed)
    out = []
    for _ in range(documents):
        gold: list[tuple[int, int, str]] = []
        at = 0
        while at < tokens:
            if dice.random() < 0.1:
                end = min(tokens, at + dice.choice((1, 1, 2, 2, 3)))
                gold.append((at, end, dice.choice(labels)))
                at = end
            else:
                at += 1
        predicted = []
        for first, end, label in gold:
            roll = dice.random()
            if roll < TOUCHED / 3:
                continue
            if roll < 2 * TOUCHED / 3:
                label = dice.choice(labels)
            elif roll < TOUCHED and end - first > 1:
                end -= 1
            predicted.append((first, end, label))
        out.append((gold, predicted))
    return out


def write_files(folder: Path, data: list[tuple]) -> tuple[str, str]:
    """Gold and predictions as JSON Lines; a token is six characters with its space."""
    paths = folder / "gold.jsonl", folder / "predicted.jsonl"
    for side, path in enumerate(paths):
        with open(path, "w", encoding="utf-8") as f:
            for number, pair in enumerate(data):
                items = [{"start": 6 * a, "end": 6 * b - 1, "type": label} for a, b, label in pair[side]]
                f.write(json.dumps({"doc_id": f"d{number:07}", "entities": items}, separators=(",", ":")) + "\n")
    return str(paths[0]), str(paths[1])


def tags_of(data: list[tuple], side: int, tokens: int = TOKENS) -> list[list[str]]:
    """The same as IOB2 tags, a list a document."""
    out = []
    for pair in data:
        tags = ["O"] * tokens
        for a, b, label in pair[side]:
            tags[a:b] = [f"B-{label}"] + [f"I-{label}"] * (b - a - 1)
        out.append(tags)
    return out


# -- the rows of the table ---------------------------------------------------------------------------------------------


def whole_process() -> dict[str, Any]:
    """``--help`` and ``score`` on the corpus, as processes."""
    command = [sys.executable, "-m", "vostochny"]
    lookup = str(ROOT / "benchmark" / "baselines" / "lookup" / "predictions.jsonl")

    def run(*arguments: str) -> None:
        subprocess.run([*command, *arguments], stdout=subprocess.DEVNULL, check=True)

    seconds = best(7, lambda: run("--help"), lambda: run("score", lookup))
    return {"help_seconds": seconds[0], "score_seconds": seconds[1]}


def entities(scale: float) -> dict[str, Any]:
    """10⁶ tokens of entities: this scorer from files, seqeval and nervaluate from memory."""
    from nervaluate.evaluator import Evaluator
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    data = entities_of(max(20, int(2500 * scale)))
    tokens = len(data) * TOKENS
    truth, guess = tags_of(data, 0), tags_of(data, 1)
    spans = [[[{"label": x, "start": a, "end": b - 1} for a, b, x in pair[side]] for pair in data] for side in (0, 1)]
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gold, predicted = write_files(Path(folder), data)
        fast = best(7, lambda: ours(gold, predicted))[0]
        slow = best(
            2,
            lambda: classification_report(truth, guess),
            lambda: classification_report(truth, guess, mode="strict", scheme=IOB2),
            lambda: Evaluator(spans[0], spans[1], tags=list(LABELS), loader="dict").evaluate(),
            lambda: parse_only((gold, predicted), json.loads),
        )
        _, found, measure = ours(gold, predicted)
    report = classification_report(truth, guess, mode="strict", scheme=IOB2, output_dict=True)["micro avg"]
    assert abs(report["f1-score"] - (measure.value or 0)) < 1e-9, "the same data must give the same F1"
    return {
        "tokens": tokens,
        "ours_seconds": fast,
        "ours_tokens_a_second": tokens / fast,
        "seqeval_report_ratio": slow[0] / fast,
        "seqeval_strict_ratio": slow[1] / fast,
        "nervaluate_ratio": slow[2] / fast,
        "standard_json_parse_ratio": slow[3] / fast,
        "f1": measure.value,
        "these_articles": found.these_articles,
    }


def streaming(scale: float) -> dict[str, Any]:
    """10⁶ and 10⁷ tokens: time against parsing alone, and the peak memory of a process of its own."""
    import orjson

    out: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, factor in (("small", 0.1), ("large", 1.0)):
            data = entities_of(max(50, int(25_000 * factor * scale)))
            gold, predicted = write_files(Path(folder), data)
            tokens = len(data) * TOKENS
            del data
            seconds = best(
                3,
                lambda g=gold, p=predicted: ours(g, p),
                lambda g=gold, p=predicted: parse_only((g, p), orjson.loads),
                lambda g=gold, p=predicted: parse_only((g, p), json.loads),
            )
            out[name] = {
                "tokens": tokens,
                "seconds": seconds[0],
                "to_fast_parse": seconds[0] / seconds[1],
                "to_standard_parse": seconds[0] / seconds[2],
                "peak_kilobytes": peak(gold, predicted),
            }
    out["memory_growth"] = out["large"]["peak_kilobytes"] / out["small"]["peak_kilobytes"]
    return out


def many_files(scale: float) -> dict[str, Any]:
    """10⁷ tokens in many files, in another order, and on an engine (speed_workers)."""
    out: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        files = write_files(Path(folder), entities_of(max(50, int(25_000 * scale))))
        out["processes"] = speed_workers.processes(*files, best)
        out["orders"] = speed_workers.orders(*files, best)
        out["sizes"] = speed_workers.sizes(*files)
        files = write_files(Path(folder), entities_of(max(50, int(2_500 * scale))))
        out["dask"] = speed_workers.dask_engine(*files, best)
    return out


def coreference(scale: float) -> dict[str, Any]:
    """1.4 million mentions in 25 000 documents, and one document of 28 000, against scorch."""
    from scorch.scores import b_cubed, ceaf_e, muc

    from vostochny.metrics import coreference as ours_

    def corpus(documents: int, mentions: int, clusters: int) -> tuple[Any, Any]:
        dice = np.random.default_rng(3)
        total = documents * mentions
        document = np.repeat(np.arange(documents), mentions)
        mention = np.tile(np.arange(mentions), documents)
        gold = document * clusters + (dice.random(total) ** 2 * clusters).astype(np.int64)
        moved = dice.random(total) < TOUCHED
        other = document * clusters + dice.integers(0, clusters, total)
        return ours_.ClusteredMentions(document, mention, gold), ours_.ClusteredMentions(
            document, mention, np.where(moved, other, gold)
        )

    def sets(side: Any) -> list[list[set[int]]]:
        by_document: dict[int, dict[int, set[int]]] = {}
        for d, m, c in zip(side.document.tolist(), side.mention.tolist(), side.cluster.tolist(), strict=True):
            by_document.setdefault(d, {}).setdefault(c, set()).add(m)
        return [list(x.values()) for x in by_document.values()]

    out = {}
    for name, shape in (
        ("many_documents", (max(20, int(25_000 * scale)), 56, 20)),
        ("one_document", (1, max(500, int(28_000 * min(1, scale * 10))), max(80, int(4_500 * min(1, scale * 10))))),
    ):
        gold, predicted = corpus(*shape)
        pairs = list(zip(sets(gold), sets(predicted), strict=True))

        def theirs(pairs: list = pairs) -> None:
            for a, b in pairs:
                for metric in (muc, b_cubed, ceaf_e):
                    metric(a, b)

        def mine(gold: Any = gold, predicted: Any = predicted, documents: int = shape[0]) -> None:
            table = ours_.tabulate(gold, predicted, documents)
            for metric in (ours_.muc, ours_.b3, ours_.ceaf, ours_.lea):
                metric(table)

        fast = best(3, mine)[0]
        slow = best(1, theirs)[0]
        out[name] = {"mentions": shape[0] * shape[1], "ours_seconds": fast, "scorch_ratio": slow / fast}
    return out


def growth(scale: float) -> dict[str, float]:
    """The exponent with which time grows, fitted over doublings of each size; 1 is linear.

    The sizes are taken in turn: a machine that slows down slows all of them. Clusters are so large that the allocator
    asks the system for every column anew at every size: where it does so for the larger ones only, that step looks
    like growth.
    """
    from vostochny.metrics import coreference as ours_

    base = max(1, int(8 * min(1, 10 * scale)))
    exponents = {}

    def fitted(sizes: tuple[int, ...], runs: list[Callable[[], Any]]) -> float:
        return float(np.polyfit(np.log(sizes), np.log(best(5, *runs)), 1)[0])

    sizes = (1, 2, 4, 8)
    for name, make in {
        "documents": lambda k: entities_of(250 * base * k),
        "document_length": lambda k: entities_of(4, tokens=16_000 * base * k),
        "labels": lambda k: entities_of(250 * base, labels=tuple(f"L{i}" for i in range(8 * k))),
    }.items():
        with tempfile.TemporaryDirectory() as folder:
            runs = []
            for k in sizes:
                (Path(folder) / str(k)).mkdir()
                files = write_files(Path(folder) / str(k), make(k))
                runs.append(functools.partial(ours, *files, resamples=0))
            exponents[name] = fitted(sizes, runs)

    def scored(side: Any) -> None:
        table = ours_.tabulate(side, side, 1)
        for metric in (ours_.muc, ours_.b3, ours_.ceaf, ours_.lea):
            metric(table)

    runs = []
    for k in sizes:
        column = np.arange(400_000 * base * k // 8)
        runs.append(functools.partial(scored, ours_.ClusteredMentions(np.zeros_like(column), column, column % 3)))
    return exponents | {"cluster_size": fitted(sizes, runs)}


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    names = ("numpy", "orjson", "seqeval", "nervaluate", "scorch", "scikit-learn", "distributed")
    model = ""
    cpus = Path("/proc/cpuinfo")
    if cpus.is_file():
        lines = cpus.read_text().splitlines()
        model = next((x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")), "")
    return {
        "processor": model or platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
        "load_before": os.getloadavg()[0],
        "packages": {n: version(n) for n in names},
    }


TARGETS = (
    ("whole_process.help_seconds", "--help, whole process", "≤", 0.1, "s"),
    ("whole_process.score_seconds", "score on the corpus, whole process", "≤", 0.4, "s"),
    ("entities.seqeval_report_ratio", "10⁶ tokens: times as fast as seqeval's report", "≥", 50, "×"),
    ("entities.seqeval_strict_ratio", "… as seqeval's strict report", "≥", 50, "×"),
    ("entities.nervaluate_ratio", "… as nervaluate", "≥", 30, "×"),
    ("streaming.large.to_standard_parse", "10⁷ tokens: time over parsing alone (json)", "≤", 2, "×"),
    ("streaming.large.to_fast_parse", "10⁷ tokens: time over parsing alone (orjson)", "≤", 2, "×"),
    ("streaming.memory_growth", "peak memory, 10⁷ over 10⁶ tokens", "≤", 1.5, "×"),
    ("many_files.processes.efficiency", "… by two processes: of what parsing gains by two", "≥", 0.8, "×"),
    ("many_files.orders.to_ordered", "… predictions in another order: times as long", "", None, "×"),
    ("many_files.dask.one_process_seconds", "10⁶ tokens in 16 files: one process", "", None, "s"),
    ("many_files.dask.running_cluster_seconds", "… a running Dask cluster of two workers", "", None, "s"),
    ("many_files.dask.own_cluster_seconds", "… a Dask cluster that is started for it", "", None, "s"),
    ("coreference.many_documents.scorch_ratio", "1.4 M mentions: times as fast as scorch", "≥", 5, "×"),
    ("coreference.one_document.ours_seconds", "one document of 28 000 mentions", "≤", 0.1, "s"),
    ("growth.documents", "exponent of growth with documents", "≤", 1.1, ""),
    ("growth.document_length", "… with the length of a document", "≤", 1.1, ""),
    ("growth.labels", "… with labels", "≤", 1.1, ""),
    ("growth.cluster_size", "… with the size of clusters", "≤", 1.1, ""),
)


def _verdict(value: float, sign: str, target: float | None, unit: str) -> str:
    if target is None:
        return ""
    met = value <= target if sign == "≤" else value >= target
    return f"target {sign} {target} {unit:<2}{'' if met else '  MISSED'}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a hundredth of the sizes; nothing is written")
    quick = parser.parse_args(arguments).quick
    scale = 0.01 if quick else 1.0
    rows = {"machine": machine(), "whole_process": whole_process()}
    for part in (entities, streaming, many_files, coreference, growth):
        rows[part.__name__] = part(scale)
        print(f"{part.__name__}: measured", file=sys.stderr)
    rows["peak_kilobytes_of_this_run"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for path, label, sign, target, unit in TARGETS:
        value: Any = rows
        for key in path.split("."):
            value = value[key]
        print(f"{label:<50}{value:>10.3g} {unit:<2} {_verdict(value, sign, target, unit)}")
    if not quick:
        content = json.dumps(rows, ensure_ascii=False, indent=2) + "\n"
        write_atomically(ROOT / "benchmark" / "speed.json", content)
    return 0
