"""Measure the scorer on many files: several processes, another order, Dask; parts of ``python -m scripts speed``."""

from __future__ import annotations

import functools
import pickle
import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from scripts.bench.timing import best, parse_only, peak_kilobytes, score_names
from vostochny import corpus, scoring
from vostochny.ontology import load_ontology
from vostochny.scoring import executors
from vostochny.scoring.chunks import Source
from vostochny.scoring.parts import Part, PartSettings, count_part
from vostochny.system import children, temporary

FILES = 16
NAMES = scoring.Options(metrics=("entities.names",))


def split(folder: Path, paths: Sequence[str], documents: int | None = None) -> list[list[str]]:
    """Write the first ``documents`` lines (None: all) of each file as FILES shards; return the shards of each file."""
    shards: list[list[str]] = []
    for path in paths:
        lines = Path(path).read_bytes().splitlines(keepends=True)[:documents]
        shards.append([])
        for i in range(FILES):
            shard = folder / f"{Path(path).stem}-{i:03}.jsonl"
            shard.write_bytes(b"".join(lines[len(lines) * i // FILES : len(lines) * (i + 1) // FILES]))
            shards[-1].append(str(shard))
    return shards


def parse_pair(pair: tuple[str, str]) -> None:
    """Parse two files and drop the values; a function of the module, so that it can be sent to a process."""
    import orjson

    parse_only(pair, orjson.loads)


def _score_command(folder: Path, *more: str) -> Callable[[], Any]:
    command = [sys.executable, "-m", "vostochny", "score", "predicted-*", "--gold", "gold-*", *more]
    return functools.partial(children.run, command, cwd=folder, capture_output=True, check=True)


def measure_processes(gold: str, predicted: str) -> dict[str, Any]:
    """Time files of 10⁷ tokens with one and with two running processes, and parsing alone.

    ``efficiency`` is the speed-up by two processes over that of parsing, which is what the machine allows. The whole
    commands, starting the processes included, follow: names alone, and every metric on a quarter of the documents.
    """
    documents = Path(gold).read_bytes().count(b"\n")
    with temporary.use_folder() as name:
        folder = Path(name)
        shards = split(folder, (gold, predicted))
        pairs = list(zip(*shards, strict=True))
        parts = [_make_part(*pair) for pair in pairs]
        count = functools.partial(count_part, settings=PartSettings(load_ontology(), NAMES))
        with executors.Processes(1) as one, executors.Processes(2) as two:
            for engine in (one, two):  # a first run starts the processes and imports modules
                engine.sum(count, parts)
            score = best(5, lambda: one.sum(count, parts), lambda: two.sum(count, parts))
            parse = best(5, lambda: one.map(parse_pair, pairs), lambda: two.map(parse_pair, pairs))
        names = best(3, *(_score_command(folder, "--metric", "entities.names", "--workers", n) for n in "12"))
        for side in shards:
            for path in side:
                Path(path).unlink()
        # A quarter is still too large to be read at once, which one process would do.
        split(folder, (gold, predicted), documents // 4)
        everything = best(2, *(_score_command(folder, "--workers", n) for n in "12"))
    return {
        "one_seconds": score[0],
        "two_seconds": score[1],
        "speedup": score[0] / score[1],
        "parse_speedup": parse[0] / parse[1],
        "efficiency": (score[0] / score[1]) / (parse[0] / parse[1]),
        "names_command_seconds": names,
        "every_metric_command_seconds": everything,
    }


def measure_orders(gold: str, predicted: str) -> dict[str, Any]:
    """Time the same files with the predictions in random order, and measure the memory."""
    lines = Path(predicted).read_bytes().splitlines(keepends=True)
    random.Random(5).shuffle(lines)
    shuffled = Path(predicted).with_name("shuffled.jsonl")
    shuffled.write_bytes(b"".join(lines))
    del lines
    seconds = best(3, lambda: score_names(gold, str(shuffled)), lambda: score_names(gold, predicted))
    return {
        "shuffled_seconds": seconds[0],
        "to_ordered": seconds[0] / seconds[1],
        "peak_kilobytes": peak_kilobytes(gold, str(shuffled)),
    }


def _make_part(gold: str, predicted: str) -> Part:
    return Part(tuple(Source.from_paths([gold])), (tuple(Source.from_paths([predicted])),))


def _measure_total(paths: tuple[str, str], options: scoring.Options) -> dict[str, Any]:
    """Measure the seconds of one core per document of these files, and the bytes of their total without its keys."""
    part = _make_part(*paths)
    settings = PartSettings(load_ontology(), options)
    count_part(part, settings)  # a first run imports modules
    began = time.perf_counter()
    counted = count_part(part, settings)
    seconds = time.perf_counter() - began
    size = len(pickle.dumps(counted)) - 8 * counted.size  # 8 bytes per document are its key
    return {
        "documents": counted.size,
        "seconds_a_document": seconds / counted.size,
        "bytes_of_a_total": size,
    }


def measure_sizes(gold: str, predicted: str) -> dict[str, Any]:
    """Measure what docs/scale.md calculates with: bytes read and sent, and seconds, for names and for every metric.

    Every metric is computed on the corpus's articles, scored against themselves: long, and as densely annotated as
    articles get. A total that is sent has 8 more bytes per document. ``bytes_seen_a_document`` is what a part keeps in
    memory per document and side to recognise a repeated one.
    """
    tracemalloc.start()
    seen = {f"d{i:07}": (1 << 40) + i for i in range(100_000)}
    bytes_seen = tracemalloc.get_traced_memory()[0] / len(seen)
    tracemalloc.stop()
    articles = str(corpus.documents_path())
    lines = Path(articles).read_bytes().splitlines(keepends=True)
    with temporary.use_folder() as name:
        many = Path(name) / "articles.jsonl"
        rows = (line.replace(b'{"doc_id": "', b'{"doc_id": "%d-' % i, 1) for i in range(4) for line in lines)
        many.write_bytes(b"".join(rows))
        out: dict[str, Any] = {"bytes_seen_a_document": bytes_seen}
        with executors.Processes(1) as one:
            for label, paths, options in (
                ("names", (gold, predicted), NAMES),
                ("articles", (str(many), str(many)), scoring.Options()),
            ):
                (out[label],) = one.map(functools.partial(_measure_total, options=options), [paths])
                read = sum(Path(p).stat().st_size for p in paths)
                out[label]["bytes_read_a_document"] = read / out[label]["documents"]
    return out


def measure_dask(gold: str, predicted: str) -> dict[str, Any]:
    """Time a small job, 10⁶ tokens: by one process, by a running Dask cluster of two workers, by one started for it."""
    from distributed import LocalCluster

    ontology = load_ontology()

    def score(run: scoring.Execution) -> Any:
        return scoring.score_files(sides[0], sides[1], ontology, NAMES, run)

    with temporary.use_folder() as name:
        sides = split(Path(name), (gold, predicted))
        make = functools.partial(LocalCluster, threads_per_worker=1, host="127.0.0.1", dashboard_address=None)
        with make(2) as cluster:
            running = scoring.Execution("dask", scheduler=cluster.scheduler_address)
            score(running)
            seconds = best(5, lambda: score(scoring.Execution(workers=1)), lambda: score(running))
        own = best(2, lambda: score(scoring.Execution("dask", workers=2)))
    return {
        "one_process_seconds": seconds[0],
        "running_cluster_seconds": seconds[1],
        "own_cluster_seconds": own[0],
    }
