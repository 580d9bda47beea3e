"""Who counts: this process, several of this machine, or the workers of a Dask cluster.

An engine maps a function over tasks and adds up totals. It knows nothing of scoring; scheduling, moving and trying
again are the library's (concurrent.futures, dask.distributed).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, Self, TypeVar

from vostochny.errors import InputError, Problem

T = TypeVar("T")
R = TypeVar("R")

TASKS = 4  # for each worker, so that none waits long for the last
FAN_IN = 8  # totals that a Dask worker adds up at once
PATIENCE = 30  # seconds for a scheduler to answer


class Sum(Protocol):
    """What can be added in place."""

    def update(self, other: Any) -> None: ...


S = TypeVar("S", bound=Sum)


class Engine(Protocol):
    """Maps and adds up; to be entered before and left after."""

    workers: int

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None: ...

    def map(self, function: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
        """The results in the order of the tasks."""

    def sum(self, function: Callable[[T], S], tasks: Sequence[T]) -> S:
        """The sum of the results; in which order they are added is open. There must be a task."""


class Serial:
    """Everything in this process, one after the other."""

    workers = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        return

    def map(self, function: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
        """As Engine says."""
        return [function(task) for task in tasks]

    def sum(self, function: Callable[[T], S], tasks: Sequence[T]) -> S:
        """As Engine says."""
        return added(map(function, tasks))


class Processes:
    """Processes of this machine."""

    def __init__(self, workers: int):
        self.workers = workers

    def __enter__(self) -> Self:
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        # Not forked: the parser has threads, and a fork copies their locks but not the threads.
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(self.workers, context, initializer=alone)
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._pool.shutdown(cancel_futures=True)

    def map(self, function: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
        """As Engine says. Raises InputError where a process died."""
        from concurrent.futures.process import BrokenProcessPool

        try:
            return list(self._pool.map(function, tasks))
        except BrokenProcessPool:
            message = "a process ended before its time, likely for want of memory: use --workers 1, or smaller shards"
            message += "; or the script that asked for it has no `if __name__ == '__main__':`"
            raise InputError([Problem("--workers", None, None, message)]) from None

    def sum(self, function: Callable[[T], S], tasks: Sequence[T]) -> S:
        """As Engine says."""
        totals: list[S] = self.map(_Added(function), _groups(tasks, TASKS * self.workers))
        return added(totals)


class Dask:
    """The workers of a Dask cluster, running elsewhere (its scheduler's address) or started here for the while.

    A worker that dies is replaced or done without, and what it held is computed anew by another, as Dask does it; a
    task that has killed several workers is given up.
    """

    def __init__(self, scheduler: str | None = None, workers: int | None = None):
        self._scheduler, self._workers = scheduler, workers

    def __enter__(self) -> Self:
        try:
            from distributed import Client, LocalCluster
        except ImportError:
            message = "needs dask.distributed; install vostochny[dask]"
            raise InputError([Problem("--engine dask", None, None, message)]) from None
        self._cluster = None
        if self._scheduler is None:
            # On loopback and without a dashboard: nobody else is meant to see it.
            self._cluster = LocalCluster(
                self._workers or cores(), threads_per_worker=1, host="127.0.0.1", dashboard_address=None
            )  # fmt: skip
        try:
            self._client = Client(self._cluster or self._scheduler, timeout=PATIENCE)
        except (OSError, ValueError) as e:
            message = f"cannot be reached: {str(e) or type(e).__name__}; expected tcp://HOST:PORT of a Dask scheduler"
            raise InputError([Problem(f"--scheduler {self._scheduler}", None, None, message)]) from None
        self.workers = max(1, sum(self._client.nthreads().values()))
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def map(self, function: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
        """As Engine says. Raises InputError where a task was given up."""
        return self._come(self._client.map(function, tasks, pure=False))

    def sum(self, function: Callable[[T], S], tasks: Sequence[T]) -> S:
        """As Engine says. Totals are added where they are, FAN_IN at a time, and one comes back."""
        futures = self._client.map(_Added(function), _groups(tasks, TASKS * self.workers), pure=False)
        while len(futures) > 1:
            groups = [futures[i : i + FAN_IN] for i in range(0, len(futures), FAN_IN)]
            futures = [self._client.submit(added, group, pure=False) for group in groups]
        total: S = self._come(futures)[0]
        return total

    def _come(self, futures: list[Any]) -> list[Any]:
        from distributed import KilledWorker

        try:
            return list(self._client.gather(futures))
        except KilledWorker as e:
            message = f"a task was given up after it had killed several workers, likely for want of memory ({e})"
            raise InputError([Problem("--engine dask", None, None, message)]) from None


class _Added:
    """A function over tasks as one over groups of them: the sum of its results."""

    def __init__(self, function: Callable[[Any], Any]):
        self.function = function

    def __call__(self, group: Iterable[Any]) -> Any:
        return added(map(self.function, group))


def added(sums: Iterable[S]) -> S:
    """The sum of sums, of which there must be one."""
    rest = iter(sums)
    first = next(rest)
    for one in rest:
        first.update(one)
    return first


def alone() -> None:
    """Keep the parser of this process from using cores that other processes work on."""
    import pyarrow as pa

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _groups(tasks: Sequence[T], most: int) -> list[Sequence[T]]:
    """Tasks in no more than so many groups; neighbours apart, so that a run of large shards is shared out."""
    return [tasks[i::most] for i in range(min(most, len(tasks)))]
