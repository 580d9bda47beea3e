"""The options of a score, and their checks: which numbers are computed, and by which processes.

:class:`Options` changes numbers and is part of the signature; :class:`Execution` changes none.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vostochny.errors import InputError, Problem, suggest_name
from vostochny.metrics.catalogue import MEASURES, METRICS
from vostochny.model import LAYERS
from vostochny.ontology import Ontology, View
from vostochny.stats.resampling import RESAMPLES, SEED

# Each resample takes memory; with so many, the error of drawing is below the digits that are shown.
MAX_RESAMPLES = 100_000
MAX_SEED = 2**128 - 1  # as many bits as the state of the generator has: a longer seed distinguishes no more draws
MAX_WORKERS = 1024


@dataclass(frozen=True)
class Options:
    """Everything that changes a number; the signature states all of it.

    Attributes:
        layers: The layers to score; empty for those that any prediction carries.
        view: The label set to score in; None for the ontology's own.
        zones: The zones to score; empty for every scored zone of the ontology.
        resamples: Bootstrap resamples for the intervals; 0 for no intervals.
        seed: The seed of the resampling.
        unknown: How the reader treats predicted types that neither ontology nor gold has: ``error``, ``ignore``
            (left out) or ``wrong`` (false positives).
        metrics: The only metrics to compute; empty for all. Leaving some out changes none of the others.
        offsets: The unit that the offsets of the predictions count; None for code points.
        gold_offsets: The same of the gold.
    """

    layers: tuple[str, ...] = ()
    view: View | None = None
    zones: tuple[str, ...] = ()
    resamples: int = RESAMPLES
    seed: int = SEED
    unknown: str = "error"
    metrics: tuple[str, ...] = ()
    offsets: str | None = None
    gold_offsets: str | None = None

    def choose_layers(self, emitted: Collection[str]) -> tuple[str, ...]:
        """Return the layers to score: those asked for, by name or by a metric; else those emitted; else all."""
        wanted = {*self.layers, *(name.partition(".")[0] for name in self.metrics)} or set(emitted)
        return tuple(x for x in LAYERS if x in wanted or not wanted)

    @property
    def read_layers(self) -> tuple[str, ...]:
        """The layers whose items are read and checked: all, but where only metrics of entities were asked for."""
        only_entities = self.metrics and all(name.startswith("entities.") for name in self.metrics)
        return ("entities",) if only_entities else LAYERS


def find_unscored_zones(ontology: Ontology, options: Options) -> frozenset[str]:
    """Return the zones whose items are left out: by the ontology, or because other zones were asked for."""
    return frozenset(ontology.zones) - frozenset(options.zones) if options.zones else ontology.unscored_zones


def list_compared(options: Options) -> list[str]:
    """Return the metrics by which systems are compared: those asked for, or else those that the catalogue says are.

    Scores across documents are not: they are not sums over documents, so no units can be paired.
    """
    return list(options.metrics) or [name for name, row in METRICS.items() if row.compared]


DEFAULT_OPTIONS = Options()


@dataclass(frozen=True)
class Execution:
    """Which processes compute a score, and how they treat files that cannot be read.

    More than one worker, and a Dask cluster started here, are processes that import the caller's main module again, so
    a script that asks for them needs the usual ``if __name__ == "__main__":``.

    Attributes:
        engine: ``local`` or ``dask``.
        workers: Number of processes; None for one per core: where the input is large enough to gain by it (local), or
            always (a Dask cluster started here).
        scheduler: Address of a running Dask scheduler; None to start a cluster here.
        on_error: ``fail``, or ``skip`` to leave out parts that cannot be read.
        scratch: A folder that all workers can write; None for a temporary folder of this machine.
    """

    engine: str = "local"
    workers: int | None = 1
    scheduler: str | None = None
    on_error: str = "fail"
    scratch: str | None = None


DEFAULT_EXECUTION = Execution()


def require_between(value: int, minimum: int, maximum: int, option: str) -> int:
    """Return a number that is neither below the minimum nor above the maximum. Raises InputError, naming the option."""
    problems = list_range_problems(value, minimum, maximum, option)
    if problems:
        raise InputError(problems)
    return value


def list_range_problems(value: int, minimum: int, maximum: int, option: str) -> list[Problem]:
    """Return the problem of a number that is out of range, if it is."""
    if value < minimum:
        return [Problem(option, None, None, f"{value} is too small; the minimum is {minimum}")]
    if value > maximum:
        return [Problem(option, None, None, f"{value} is too large; the maximum is {maximum}")]
    return []


def check_execution(
    engine: str, workers: int | None, scheduler: str | None, on_error: str, scratch: str | None
) -> Execution:
    """Return the Execution of the command line's values. Raises InputError where they do not fit together."""
    problems: list[Problem] = []
    if workers is not None:
        problems += list_range_problems(workers, 1, MAX_WORKERS, "--workers")
    if scheduler and engine != "dask":
        problems.append(Problem("--scheduler", None, None, "is for --engine dask; add that option, or omit this one"))
    if scheduler and workers:
        problems.append(Problem("--workers", None, None, "is up to the cluster of --scheduler; omit one of the two"))
    if problems:
        raise InputError(problems)
    return Execution(engine, workers, scheduler, on_error, scratch)


def check_metrics(names: Sequence[str]) -> tuple[str, ...]:
    """Return known metric names, each once. Raises InputError with every unknown one."""
    problems = [
        Problem("--metric", None, None, f"{name!r} {_explain_unknown(name)}; {suggest_name(name, METRICS)}")
        for name in names
        if name not in METRICS
    ]
    if problems:
        raise InputError(problems)
    return tuple(dict.fromkeys(names))


def _explain_unknown(name: str) -> str:
    return "comes with another metric and is not computed alone" if name in MEASURES else "is not a metric"


def check_zones(names: Sequence[str], ontology: Ontology) -> tuple[str, ...]:
    """Return known zone names in the order of the ontology. Raises InputError with every unknown one."""
    problems = [
        Problem("--zone", None, None, f"{n!r} is not one of {', '.join(ontology.zones)}")
        for n in names
        if n not in ontology.zones
    ]
    if problems:
        raise InputError(problems)
    return tuple(z for z in ontology.zones if z in names)
