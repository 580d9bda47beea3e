"""What is asked of a score, by whom it is computed, and the checks of both: each problem says what would be right."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vostochny.errors import InputError, Problem
from vostochny.metrics.catalogue import METRICS
from vostochny.model import LAYERS
from vostochny.ontology import Ontology, View
from vostochny.stats.intervals import RESAMPLES, SEED


@dataclass(frozen=True)
class Options:
    """What changes a number; all of it stands in the signature.

    ``layers`` empty: those that any prediction carries. ``zones`` empty: every scored zone of the ontology.
    ``resamples`` 0: no intervals. ``unknown`` is what the reader did with unknown types, ``offsets`` what it took the
    predictions' offsets to count (code points if None). ``metrics``, if any, are the only ones counted (it leaves
    numbers out and changes none).
    """

    layers: tuple[str, ...] = ()
    view: View | None = None
    zones: tuple[str, ...] = ()
    resamples: int = RESAMPLES
    seed: int = SEED
    unknown: str = "error"
    metrics: tuple[str, ...] = ()
    offsets: str | None = None

    def chosen(self, emitted: Collection[str]) -> tuple[str, ...]:
        """The layers that are scored: those asked for, by name or by a metric; else those emitted; else all of them."""
        asked = {*self.layers, *(name.partition(".")[0] for name in self.metrics)} or set(emitted)
        return tuple(x for x in LAYERS if x in asked or not asked)


def unscored_zones(ontology: Ontology, options: Options) -> frozenset[str]:
    """The zones in which nothing counts, by the ontology or because others were asked for."""
    return frozenset(ontology.zones) - frozenset(options.zones) if options.zones else ontology.unscored_zones


DEFAULTS = Options()


@dataclass(frozen=True)
class Run:
    """Who counts, and what happens to files that cannot be read.

    ``engine`` is ``local`` or ``dask``; ``workers`` None means as many as pay (local) or the machine's cores (a Dask
    cluster of one's own). More than one, and a cluster of one's own, are processes that import the caller's main module
    anew, so a script that asks for them needs the usual ``if __name__ == "__main__":``. ``scheduler`` is the address of
    a running one. ``on_error``: ``fail``, or ``skip`` to leave out parts that cannot be read. ``scratch`` is a folder
    that all workers can write.
    """

    engine: str = "local"
    workers: int | None = 1
    scheduler: str | None = None
    on_error: str = "fail"
    scratch: str | None = None


DEFAULT_RUN = Run()


def at_least(value: int, least: int, option: str) -> int:
    """A number that is not below ``least``."""
    if value < least:
        raise InputError([Problem(option, None, None, f"{value} is too small; {least} is the least")])
    return value


def run_options(engine: str, workers: int | None, scheduler: str | None, on_error: str, scratch: str | None) -> Run:
    """Who counts. Raises InputError where the options do not fit together."""
    problems: list[Problem] = []
    if workers is not None and workers < 1:
        problems.append(Problem("--workers", None, None, f"{workers} is too small; 1 is the least"))
    if scheduler and engine != "dask":
        problems.append(Problem("--scheduler", None, None, "is for --engine dask; say that too, or leave this out"))
    if scheduler and workers:
        problems.append(
            Problem("--workers", None, None, "is up to the cluster of --scheduler; leave one of the two out")
        )
    if problems:
        raise InputError(problems)
    return Run(engine, workers, scheduler, on_error, scratch)


def metrics(names: Sequence[str]) -> tuple[str, ...]:
    """Known metric names, each once."""
    problems = [
        Problem("--metric", None, None, f"{n!r} is none of {', '.join(METRICS)}") for n in names if n not in METRICS
    ]
    if problems:
        raise InputError(problems)
    return tuple(dict.fromkeys(names))


def zones(names: Sequence[str], ontology: Ontology) -> tuple[str, ...]:
    """Known zone names in the order of the ontology."""
    unknown = [n for n in names if n not in ontology.zones]
    if unknown:
        raise InputError(
            [Problem("--zone", None, None, f"{n!r} is none of {', '.join(ontology.zones)}") for n in unknown]
        )
    return tuple(z for z in ontology.zones if z in names)
