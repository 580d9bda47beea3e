"""Time runs, and the runs that several measurements share."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from vostochny.system import children


def best(tries: int, *runs: Callable[[], Any]) -> list[float]:
    """Return the least seconds of each run over several tries.

    The runs take turns, so that a machine that slows down slows all of them.
    """
    seconds = [float("inf")] * len(runs)
    for _ in range(tries):
        for i, run in enumerate(runs):
            gc.collect()  # so that no run pays for another's garbage
            began = time.perf_counter()
            run()
            seconds[i] = min(seconds[i], time.perf_counter() - began)
    return seconds


def score_names(gold: str, predicted: str, resamples: int = 10_000) -> tuple[dict[str, Any], Any, Any]:
    """Score the names of two JSON Lines files: the scores by type, the intervals and the measure."""
    from vostochny import scoring
    from vostochny.ontology import load_ontology
    from vostochny.stats.scores import score

    options = scoring.Options(metrics=("entities.names",), resamples=resamples)
    result = scoring.score_files(gold, predicted, load_ontology(), options)
    measure = result.measures["entities.names"]
    uncertainty = result.uncertainty(measure)
    return {t: score(c) for t, c in measure.counts[0].by("type").items()}, uncertainty, measure


def parse_only(paths: tuple[str, ...], loads: Callable[[bytes], Any]) -> None:
    """Parse files of JSON Lines with ``loads`` and drop the values: the least that any scorer does."""
    for path in paths:
        with open(path, "rb") as lines:
            for line in lines:
                loads(line)


def peak_kilobytes(gold: str, predicted: str) -> int:
    """Return the peak memory of a new process that scores the names of these files."""
    arguments = ["score", predicted, "--gold", gold, "--metric", "entities.names", "--json", os.devnull]
    code = (
        f"import resource, sys; from vostochny import cli; cli.main({arguments!r}); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    process = children.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(process.stderr.split()[-1])
