"""How fast the scorer is with several processes, and what an engine costs: rows of ``python -m scripts speed``."""

from __future__ import annotations

import functools
import pickle
import random
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from scripts.bench.timing import ours, peak
from vostochny import corpus, scoring
from vostochny.ontology import load_ontology
from vostochny.scoring import executors
from vostochny.scoring.chunks import Source
from vostochny.scoring.totals import Job, Part, total

FILES = 16
NAMES = scoring.Options(metrics=("entities.names",))
Best = Callable[..., list[float]]


def split(folder: Path, paths: Sequence[str], documents: int | None = None) -> list[list[str]]:
    """Files of JSON Lines in FILES shards each; of all documents, or the first so many."""
    out = []
    for path in paths:
        lines = Path(path).read_bytes().splitlines(keepends=True)[:documents]
        out.append([])
        for i in range(FILES):
            shard = folder / f"{Path(path).stem}-{i:03}.jsonl"
            shard.write_bytes(b"".join(lines[len(lines) * i // FILES : len(lines) * (i + 1) // FILES]))
            out[-1].append(str(shard))
    return out


def parsed(pair: tuple[str, str]) -> int:
    """Parse two files and forget them: the least that any scorer does."""
    import orjson

    for path in pair:
        with open(path, "rb") as lines:
            for line in lines:
                orjson.loads(line)
    return 0


def _command(folder: Path, *more: str) -> Callable[[], Any]:
    command = [sys.executable, "-m", "vostochny", "score", "predicted-*", "--gold", "gold-*", *more]
    return functools.partial(subprocess.run, command, cwd=folder, capture_output=True, check=True)


def processes(gold: str, predicted: str, best: Best) -> dict[str, Any]:
    """Files of 10⁷ tokens by one and by two processes that stand ready, each on a core, beside parsing alone.

    ``efficiency`` is how many times as fast two are as one, over the same for parsing: what the machine allows. The
    whole commands, their start included, follow: names alone, and every metric on a quarter of the documents.
    """
    documents = Path(gold).read_bytes().count(b"\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shards = split(folder, (gold, predicted))
        pairs = list(zip(*shards, strict=True))
        parts = [Part(*(tuple(Source.plain([path])) for path in pair)) for pair in pairs]
        count = functools.partial(total, job=Job(load_ontology(), NAMES, by_block=True))
        with executors.Processes(1) as one, executors.Processes(2) as two:
            for engine in (one, two):  # what is imported once
                engine.sum(count, parts)
            score = best(5, lambda: one.sum(count, parts), lambda: two.sum(count, parts))
            parse = best(5, lambda: one.map(parsed, pairs), lambda: two.map(parsed, pairs))
        names = best(3, *(_command(folder, "--metric", "entities.names", "--workers", n) for n in "12"))
        for side in shards:
            for path in side:
                Path(path).unlink()
        split(folder, (gold, predicted), documents // 4)  # fewer would be held whole and scored by one process
        everything = best(2, *(_command(folder, "--workers", n) for n in "12"))
    return {
        "one_seconds": score[0],
        "two_seconds": score[1],
        "speedup": score[0] / score[1],
        "parse_speedup": parse[0] / parse[1],
        "efficiency": (score[0] / score[1]) / (parse[0] / parse[1]),
        "names_command_seconds": names,
        "every_metric_command_seconds": everything,
    }


def orders(gold: str, predicted: str, best: Best) -> dict[str, Any]:
    """The same files, the predictions in another order: how much longer it takes, and the memory."""

    lines = Path(predicted).read_bytes().splitlines(keepends=True)
    random.Random(5).shuffle(lines)
    shuffled = Path(predicted).with_name("shuffled.jsonl")
    shuffled.write_bytes(b"".join(lines))
    del lines
    seconds = best(3, lambda: ours(gold, str(shuffled)), lambda: ours(gold, predicted))
    return {
        "shuffled_seconds": seconds[0],
        "to_ordered": seconds[0] / seconds[1],
        "peak_kilobytes": peak(gold, str(shuffled)),
    }


def _weighed(paths: tuple[str, str], options: scoring.Options) -> dict[str, Any]:
    """How long a core takes for a document of these files, and what their total weighs without its keys."""
    part, job = Part(*(tuple(Source.plain([path])) for path in paths)), Job(load_ontology(), options, by_block=True)
    total(part, job)  # what is imported once
    began = time.perf_counter()
    counted = total(part, job)
    seconds = time.perf_counter() - began
    sent = len(pickle.dumps(counted)) - 8 * counted.size
    return {
        "documents": counted.size,
        "seconds_a_document": seconds / counted.size,
        "bytes_of_a_total": sent,
    }


def sizes(gold: str, predicted: str) -> dict[str, Any]:
    """What docs/scale.md reckons with: bytes read and sent, and seconds, for names alone and for every metric.

    Every metric is counted on the corpus's articles, scored against themselves: as full as annotation gets, and long.
    A total that is sent has 8 bytes a document besides. ``bytes_seen_a_document`` is what a part keeps of each document
    to know one that comes twice, on each side.
    """
    tracemalloc.start()
    seen = {f"d{i:07}": (1 << 40) + i for i in range(100_000)}
    kept = tracemalloc.get_traced_memory()[0] / len(seen)
    tracemalloc.stop()
    articles = str(corpus.documents_path())
    lines = Path(articles).read_bytes().splitlines(keepends=True)
    with tempfile.TemporaryDirectory() as name:
        many = Path(name) / "articles.jsonl"
        rows = (line.replace(b'{"doc_id": "', b'{"doc_id": "%d-' % i, 1) for i in range(4) for line in lines)
        many.write_bytes(b"".join(rows))
        out: dict[str, Any] = {"bytes_seen_a_document": kept}
        with executors.Processes(1) as one:
            for label, paths, options in (
                ("names", (gold, predicted), NAMES),
                ("articles", (str(many), str(many)), scoring.Options()),
            ):
                (out[label],) = one.map(functools.partial(_weighed, options=options), [paths])
                read = sum(Path(p).stat().st_size for p in paths)
                out[label]["bytes_read_a_document"] = read / out[label]["documents"]
    return out


def dask_engine(gold: str, predicted: str, best: Best) -> dict[str, Any]:
    """A small job, 10⁶ tokens: seconds of one process, of a running Dask cluster of two workers, of one of its own."""
    from distributed import LocalCluster

    ontology = load_ontology()

    def score(run: scoring.Run) -> Any:
        return scoring.score_files(sides[0], sides[1], ontology, NAMES, run)

    with tempfile.TemporaryDirectory() as name:
        sides = split(Path(name), (gold, predicted))
        make = functools.partial(LocalCluster, threads_per_worker=1, host="127.0.0.1", dashboard_address=None)
        with make(2) as cluster:
            running = scoring.Run("dask", scheduler=cluster.scheduler_address)
            score(running)
            seconds = best(5, lambda: score(scoring.Run(workers=1)), lambda: score(running))
        own = best(2, lambda: score(scoring.Run("dask", workers=2)))
    return {
        "one_process_seconds": seconds[0],
        "running_cluster_seconds": seconds[1],
        "own_cluster_seconds": own[0],
    }
