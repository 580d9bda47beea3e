"""Measure the scorer's speed side by side with the field's scorers, and print the ratios.

    python -m scripts speed            measure on the full sizes, write benchmark/speed.json (some minutes)
    python -m scripts speed --quick    measure on a hundredth of the sizes, write nothing

Every time is the best of several tries; the tries of both sides take turns, so that both see the same machine. seqeval
and nervaluate get their input in memory, in their own format; this scorer reads its JSON Lines files.
"""

from __future__ import annotations

import functools
import json
import os
import random
import resource
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from scripts.bench import speed_workers
from scripts.bench.machine import describe_machine
from scripts.bench.timing import best, parse_only, peak_kilobytes, score_names
from scripts.files import ROOT, write_file
from vostochny.metrics import coreference
from vostochny.metrics.coreference import ClusteredMentions
from vostochny.system import children, console, temporary
from vostochny.system.arguments import ArgumentParser

LABELS = ("PER", "ORG", "GPE", "LOC", "FAC", "VEH", "WEA", "DATE")
TOKENS = 400  # per document
ERROR_RATE = 0.15  # of gold entities that the synthetic system shortens, retypes or drops

Entities = list[tuple[int, int, str]]  # first token, one past the last, label


# -- synthetic news ----------------------------------------------------------------------------------------------------


def make_entities(
    documents: int, seed: int = 7, tokens: int = TOKENS, labels: tuple[str, ...] = LABELS
) -> list[tuple[Entities, Entities]]:
    """Return random gold and predicted entities, one pair per document.

    Args:
        documents: how many
        seed: of the random numbers
        tokens: per document; at 10 % of the free ones an entity begins
        labels: of the entities
    """
    dice = random.Random(seed)
    pairs = []
    for _ in range(documents):
        gold: Entities = []
        at = 0
        while at < tokens:
            if dice.random() < 0.1:
                end = min(tokens, at + dice.choice((1, 1, 2, 2, 3)))
                gold.append((at, end, dice.choice(labels)))
                at = end
            else:
                at += 1
        predicted: Entities = []
        for first, end, label in gold:
            roll = dice.random()
            if roll < ERROR_RATE / 3:
                continue
            if roll < 2 * ERROR_RATE / 3:
                label = dice.choice(labels)
            elif roll < ERROR_RATE and end - first > 1:
                end -= 1
            predicted.append((first, end, label))
        pairs.append((gold, predicted))
    return pairs


def write_files(folder: Path, data: list[tuple[Entities, Entities]]) -> tuple[str, str]:
    """Write gold and predictions as JSON Lines, a token being six characters with its space; return the paths."""
    paths = folder / "gold.jsonl", folder / "predicted.jsonl"
    for side, path in enumerate(paths):
        with open(path, "w", encoding="utf-8") as f:
            for number, pair in enumerate(data):
                items = [{"start": 6 * a, "end": 6 * b - 1, "type": label} for a, b, label in pair[side]]
                f.write(json.dumps({"doc_id": f"d{number:07}", "entities": items}, separators=(",", ":")) + "\n")
    return str(paths[0]), str(paths[1])


def to_tags(data: list[tuple[Entities, Entities]], side: int, tokens: int = TOKENS) -> list[list[str]]:
    """Return the entities of one side (0 gold, 1 predicted) as IOB2 tags, one list per document."""
    documents = []
    for pair in data:
        tags = ["O"] * tokens
        for a, b, label in pair[side]:
            tags[a:b] = [f"B-{label}"] + [f"I-{label}"] * (b - a - 1)
        documents.append(tags)
    return documents


# -- the measurements --------------------------------------------------------------------------------------------------


def measure_whole_process() -> dict[str, Any]:
    """Time ``--help`` and ``score`` on the corpus as whole processes, beside one that only imports numpy."""
    command = ["-m", "vostochny"]
    lookup = str(ROOT / "benchmark" / "baselines" / "lookup" / "predictions.jsonl")

    def run(*arguments: str) -> None:
        children.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)

    seconds = best(
        15, lambda: run(*command, "--help"), lambda: run(*command, "score", lookup), lambda: run("-c", "import numpy")
    )
    return {
        "help_seconds": seconds[0],
        "score_seconds": seconds[1],
        "numpy_seconds": seconds[2],
        "score_to_numpy": seconds[1] / seconds[2],
    }


def measure_entities(scale: float) -> dict[str, Any]:
    """Time 10⁶ tokens of entities: this scorer from files, seqeval and nervaluate from memory.

    This and the following functions multiply their sizes by ``scale``.
    """
    from nervaluate.evaluator import Evaluator
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    data = make_entities(max(20, int(2500 * scale)))
    tokens = len(data) * TOKENS
    truth, guess = to_tags(data, 0), to_tags(data, 1)
    spans = [[[{"label": x, "start": a, "end": b - 1} for a, b, x in pair[side]] for pair in data] for side in (0, 1)]
    with temporary.use_folder() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gold, predicted = write_files(Path(folder), data)
        ours = best(7, lambda: score_names(gold, predicted))[0]
        others = best(
            2,
            lambda: classification_report(truth, guess),
            lambda: classification_report(truth, guess, mode="strict", scheme=IOB2),
            lambda: Evaluator(spans[0], spans[1], tags=list(LABELS), loader="dict").evaluate(),
            lambda: parse_only((gold, predicted), json.loads),
        )
        _, uncertainty, measure = score_names(gold, predicted)
    report = classification_report(truth, guess, mode="strict", scheme=IOB2, output_dict=True)["micro avg"]
    assert abs(report["f1-score"] - (measure.value or 0)) < 1e-9, "the same data must give the same F1"
    return {
        "tokens": tokens,
        "ours_seconds": ours,
        "ours_tokens_a_second": tokens / ours,
        "seqeval_report_ratio": others[0] / ours,
        "seqeval_strict_ratio": others[1] / ours,
        "nervaluate_ratio": others[2] / ours,
        "standard_json_parse_ratio": others[3] / ours,
        "f1": measure.value,
        "these_articles": uncertainty.these_articles,
    }


def measure_streaming(scale: float) -> dict[str, Any]:
    """Compare 10⁶ and 10⁷ tokens: the time over that of parsing alone, and the peak memory of a new process.

    The yardstick of parsing is orjson, which the package itself does not use.
    """
    import orjson

    out: dict[str, Any] = {}
    with temporary.use_folder() as folder:
        for name, factor in (("small", 0.1), ("large", 1.0)):
            data = make_entities(max(50, int(25_000 * factor * scale)))
            gold, predicted = write_files(Path(folder), data)
            tokens = len(data) * TOKENS
            del data  # 10⁷ tokens of it are large
            seconds = best(
                3,
                functools.partial(score_names, gold, predicted),
                functools.partial(parse_only, (gold, predicted), orjson.loads),
                functools.partial(parse_only, (gold, predicted), json.loads),
            )
            out[name] = {
                "tokens": tokens,
                "seconds": seconds[0],
                "to_fast_parse": seconds[0] / seconds[1],
                "to_standard_parse": seconds[0] / seconds[2],
                "peak_kilobytes": peak_kilobytes(gold, predicted),
            }
    out["memory_growth"] = out["large"]["peak_kilobytes"] / out["small"]["peak_kilobytes"]
    return out


def measure_many_files(scale: float) -> dict[str, Any]:
    """Measure 10⁷ tokens in many files and in another order, and 10⁶ with Dask; see :mod:`speed_workers`."""
    out: dict[str, Any] = {}
    with temporary.use_folder() as folder:
        files = write_files(Path(folder), make_entities(max(50, int(25_000 * scale))))
        out["processes"] = speed_workers.measure_processes(*files)
        out["orders"] = speed_workers.measure_orders(*files)
        out["sizes"] = speed_workers.measure_sizes(*files)
        files = write_files(Path(folder), make_entities(max(50, int(2_500 * scale))))
        out["dask"] = speed_workers.measure_dask(*files)
    return out


def random_clusters(documents: int, mentions: int, clusters: int) -> tuple[ClusteredMentions, ClusteredMentions]:
    """Return gold and predicted clusters of so many mentions per document; ERROR_RATE of the predicted are random."""
    dice = np.random.default_rng(3)
    total = documents * mentions
    document = np.repeat(np.arange(documents), mentions)
    mention = np.tile(np.arange(mentions), documents)
    # The square makes some clusters much larger than others.
    gold = document * clusters + (dice.random(total) ** 2 * clusters).astype(np.int64)
    wrong = dice.random(total) < ERROR_RATE
    predicted = np.where(wrong, document * clusters + dice.integers(0, clusters, total), gold)
    return ClusteredMentions(document, mention, gold), ClusteredMentions(document, mention, predicted)


def to_sets(side: ClusteredMentions) -> list[list[set[int]]]:
    """Return clusters as scorch takes them: per document a list of sets of mentions."""
    by_document: dict[int, dict[int, set[int]]] = {}
    for d, m, c in zip(side.document.tolist(), side.mention.tolist(), side.cluster.tolist(), strict=True):
        by_document.setdefault(d, {}).setdefault(c, set()).add(m)
    return [list(clusters.values()) for clusters in by_document.values()]


def score_clusters(gold: ClusteredMentions, predicted: ClusteredMentions, documents: int) -> None:
    """Compute MUC, B³, CEAF and LEA."""
    table = coreference.tabulate(gold, predicted, documents)
    for metric in (coreference.muc, coreference.b3, coreference.ceaf, coreference.lea):
        metric(table)


def measure_coreference(scale: float) -> dict[str, Any]:
    """Time 1.4 million mentions in 25 000 documents, and one document of 28 000, beside scorch."""
    from scorch.scores import b_cubed, ceaf_e, muc

    def score_by_scorch(pairs: list[tuple[list[set[int]], list[set[int]]]]) -> None:
        for gold, predicted in pairs:
            for metric in (muc, b_cubed, ceaf_e):
                metric(gold, predicted)

    out = {}
    one = min(1, scale * 10)  # the one document is cut down less
    for name, shape in (
        ("many_documents", (max(20, int(25_000 * scale)), 56, 20)),
        ("one_document", (1, max(500, int(28_000 * one)), max(80, int(4_500 * one)))),
    ):
        gold, predicted = random_clusters(*shape)
        pairs = list(zip(to_sets(gold), to_sets(predicted), strict=True))
        ours = best(3, functools.partial(score_clusters, gold, predicted, shape[0]))[0]
        theirs = best(1, functools.partial(score_by_scorch, pairs))[0]
        out[name] = {"mentions": shape[0] * shape[1], "ours_seconds": ours, "scorch_ratio": theirs / ours}
    return out


def fit_exponent(sizes: Sequence[int], runs: Sequence[Callable[[], Any]]) -> float:
    """Return the exponent with which the time of the runs grows with their sizes; 1 is linear."""
    return float(np.polyfit(np.log(sizes), np.log(best(5, *runs)), 1)[0])


def measure_growth(scale: float) -> dict[str, float]:
    """Fit the exponents with which time grows over doublings of documents, their length, labels and cluster size.

    Clusters are so large that the allocator asks the system for new memory for every column at every size: if it did
    so for the larger sizes only, that step would look like growth.
    """
    base = max(1, int(8 * min(1, 10 * scale)))
    sizes = (1, 2, 4, 8)
    makers: dict[str, Callable[[int], list[tuple[Entities, Entities]]]] = {
        "documents": lambda k: make_entities(250 * base * k),
        "document_length": lambda k: make_entities(4, tokens=16_000 * base * k),
        "labels": lambda k: make_entities(250 * base, labels=tuple(f"L{i}" for i in range(8 * k))),
    }
    exponents = {}
    for name, make in makers.items():
        with temporary.use_folder() as folder:
            runs: list[Callable[[], Any]] = []
            for k in sizes:
                (Path(folder) / str(k)).mkdir()
                files = write_files(Path(folder) / str(k), make(k))
                runs.append(functools.partial(score_names, *files, resamples=0))
            exponents[name] = fit_exponent(sizes, runs)
    runs = []
    for k in sizes:
        column = np.arange(400_000 * base * k // 8)
        side = ClusteredMentions(np.zeros_like(column), column, column % 3)
        runs.append(functools.partial(score_clusters, side, side, 1))
    return exponents | {"cluster_size": fit_exponent(sizes, runs)}


def describe_environment() -> dict[str, Any]:
    """Return the processor, the versions and the load of the machine that is measured on."""
    names = ("numpy", "orjson", "seqeval", "nervaluate", "scorch", "scikit-learn", "distributed")
    return {
        **describe_machine(),
        "load_before": os.getloadavg()[0],
        "packages": {n: version(n) for n in names},
    }


# Key of speed.json → what measures it.
MEASUREMENTS: dict[str, Callable[[float], dict[str, Any]]] = {
    "entities": measure_entities,
    "streaming": measure_streaming,
    "many_files": measure_many_files,
    "coreference": measure_coreference,
    "growth": measure_growth,
}
# The rows of the table: place in speed.json, label, target (None: none) and unit.
TARGETS = (
    ("whole_process.help_seconds", "--help, whole process", "≤", 0.1, "s"),
    ("whole_process.score_seconds", "score on the corpus, whole process", "≤", 0.4, "s"),
    ("whole_process.score_to_numpy", "… over `python -c 'import numpy'`", "≤", 3, "×"),
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


def _compare_with_target(value: float, sign: str, target: float | None, unit: str) -> str:
    if target is None:
        return ""
    met = value <= target if sign == "≤" else value >= target
    return f"target {sign} {target} {unit:<2}{'' if met else '  MISSED'}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        epilog="Writes benchmark/speed.json. A missed target is marked in the table; the exit code is 0 all the same.",
    )
    parser.add_argument("--quick", action="store_true", help="measure on a hundredth of the sizes, write nothing")
    quick = parser.parse_args(arguments).quick
    scale = 0.01 if quick else 1.0
    rows: dict[str, Any] = {"machine": describe_environment(), "whole_process": measure_whole_process()}
    for name, measure in MEASUREMENTS.items():
        rows[name] = measure(scale)
        console.print_error(f"{name}: measured")
    rows["peak_kilobytes_of_this_run"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for path, label, sign, target, unit in TARGETS:
        value: Any = rows
        for key in path.split("."):
            value = value[key]
        console.print_line(f"{label:<50}{value:>10.3g} {unit:<2} {_compare_with_target(value, sign, target, unit)}")
    if not quick:
        content = json.dumps(rows, ensure_ascii=False, indent=2) + "\n"
        write_file(ROOT / "benchmark" / "speed.json", content)
    return 0
