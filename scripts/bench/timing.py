"""How runs are timed and what is run: shared by the measurements."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any


def best(tries: int, *runs: Callable[[], Any]) -> list[float]:
    """The least seconds of each run, the runs taken in turn."""
    seconds = [float("inf")] * len(runs)
    for _ in range(tries):
        for i, run in enumerate(runs):
            gc.collect()
            began = time.perf_counter()
            run()
            seconds[i] = min(seconds[i], time.perf_counter() - began)
    return seconds


def ours(gold: str, predicted: str, resamples: int = 10_000) -> Any:
    """What an engineer asks for: names with the table by type and intervals."""
    from vostochny import scoring
    from vostochny.ontology import load_ontology
    from vostochny.stats.scores import score

    options = scoring.Options(metrics=("entities.names",), resamples=resamples)
    result = scoring.score_files(gold, predicted, load_ontology(), options)
    measure = result.measures["entities.names"]
    found = result.uncertainty(measure)
    return {t: score(c) for t, c in measure.counts[0].by("type").items()}, found, measure


def parse_only(paths: tuple[str, ...], loads: Callable[[bytes], Any]) -> None:
    """Read files of JSON Lines and forget them."""
    for path in paths:
        with open(path, "rb") as lines:
            for line in lines:
                loads(line)


def peak(gold: str, predicted: str) -> int:
    """The most kilobytes that a process of its own held while it scored these files."""
    arguments = ["score", predicted, "--gold", gold, "--metric", "entities.names", "--json", os.devnull]
    code = (
        f"import resource, sys; from vostochny import cli; cli.main({arguments!r}); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stderr.split()[-1])
