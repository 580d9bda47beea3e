"""Engines: run tasks in this process, in several processes of this machine, or on the workers of a Dask cluster.

An engine maps a function over tasks and adds up the results. It knows nothing of scoring; scheduling, transport and
retries are left to the libraries (concurrent.futures, dask.distributed).
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from vostochny.errors import InputError, Problem
from vostochny.system import console, interruption, temporary

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")
R = TypeVar("R")

TASKS_PER_WORKER = 4  # several, so that the workers finish at about the same time
FAN_IN = 8  # totals that a Dask worker adds up in one step
CONNECT_TIMEOUT_SECONDS = 30  # how long a Dask scheduler may take to answer


OnDone = Callable[[Sequence[Any]], object]


def ignore(tasks: Sequence[Any]) -> None:
    """Do nothing with the tasks that were done."""


class Summable(Protocol):
    """A result to which others can be added in place."""

    def update(self, other: Any) -> None:
        """Add another result."""


S = TypeVar("S", bound=Summable)


class Engine(Protocol):
    """Runs tasks; a context manager, to be entered before use.

    Attributes:
        workers: Number of processes that run tasks.
    """

    workers: int

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None: ...

    def map(self, function: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
        """Return the result of each task, in the order of the tasks."""

    def sum(self, function: Callable[[T], S], tasks: Sequence[T], on_done: OnDone = ignore) -> S:
        """Return the sum of the results of at least one task; they are added in any order.

        ``on_done`` is called with the tasks that were done since its last call.
        """


class Serial:
    """An engine that runs the tasks in this process, one after the other."""

    workers = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        return

    def map(self, function: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
        """Return the result of each task."""
        return [function(task) for task in tasks]

    def sum(self, function: Callable[[T], S], tasks: Sequence[T], on_done: OnDone = ignore) -> S:
        """Return the sum of the results."""
        return sum_all(_call_after(tasks, map(function, tasks), lambda task: on_done([task])))


class Processes:
    """An engine that runs the tasks in processes of this machine."""

    def __init__(self, workers: int):
        self.workers = workers

    def __enter__(self) -> Self:
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        # Not "fork": the caller may have threads, and a fork copies their locks but not the threads, so it could hang.
        context = multiprocessing.get_context("spawn")
        _start_resource_tracker()
        with interruption.hold_signals():
            # The workers end as soon as the other end of this pipe is closed, also where this process is killed.
            life_line, self._life_line = context.Pipe(duplex=False)
            self._pool = ProcessPoolExecutor(self.workers, context, _end_with_parent, (life_line,))
            self._take_back = interruption.register_clean_up(_kill_children)
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is not None:
            self._life_line.close()  # nobody needs what the workers are computing
        self._pool.shutdown(cancel_futures=True)
        self._life_line.close()
        self._take_back()

    def map(self, function: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
        """Return the result of each task. Raises InputError where a process died."""
        return list(self._run(function, tasks))

    def _run(self, function: Callable[[T], R], tasks: Sequence[T]) -> Iterator[R]:
        """Yield the result of each task, in order. Raises InputError where a process died."""
        from concurrent.futures.process import BrokenProcessPool

        try:
            with interruption.hold_signals():  # the processes are started here
                results = self._pool.map(function, tasks)
            yield from results
        except BrokenProcessPool:
            message = "a process ended too early, probably because memory ran out: use --workers 1, or smaller shards"
            message += "; or the script that started it has no `if __name__ == '__main__':`"
            raise InputError([Problem("--workers", None, None, message)]) from None

    def sum(self, function: Callable[[T], S], tasks: Sequence[T], on_done: OnDone = ignore) -> S:
        """Return the sum of the results."""
        groups = _split_tasks(tasks, TASKS_PER_WORKER * self.workers)
        total: S = sum_all(_call_after(groups, self._run(_GroupSum(function), groups), on_done))
        return total


class Dask:
    """An engine that runs the tasks on the workers of a Dask cluster.

    Where a worker dies, Dask computes its results again on another; a task that has killed several workers is given up.

    Args:
        scheduler: Address of a running scheduler; None to start a cluster here and stop it at the end.
        workers: Number of workers of the cluster started here; None for one per core.
    """

    def __init__(self, scheduler: str | None = None, workers: int | None = None):
        self._scheduler, self._workers = scheduler, workers

    def __enter__(self) -> Self:
        try:
            import dask
            from distributed import Client, LocalCluster
        except ImportError:
            message = "needs dask.distributed; install vostochny[dask]"
            raise InputError([Problem("--engine dask", None, None, message)]) from None
        self._cluster = None
        if self._scheduler is None:
            # On loopback and without a dashboard, so that nobody else can reach it. Dask serves its health page all
            # the same; on any free port, since it warns where port 8787 is taken.
            _start_resource_tracker()
            with interruption.hold_signals():
                self._take_back = interruption.register_clean_up(_kill_children)
                folder, self._remove_folder = temporary.create_folder()
                with dask.config.set({"temporary-directory": str(folder)}):
                    self._cluster = LocalCluster(
                        self._workers or count_cores(), threads_per_worker=1, host="127.0.0.1",
                        dashboard_address=None, scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
                    )  # fmt: skip
        try:
            self._client = Client(self._cluster or self._scheduler, timeout=CONNECT_TIMEOUT_SECONDS)
        except (OSError, ValueError) as e:
            message = f"cannot be reached: {str(e) or type(e).__name__}; expected tcp://HOST:PORT of a Dask scheduler"
            raise InputError([Problem(f"--scheduler {self._scheduler}", None, None, message)]) from None
        self.workers = max(1, sum(self._client.nthreads().values()))
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if interruption.was_interrupted():
            return  # a cluster takes seconds to end in order; its processes are killed
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()
            self._remove_folder()
            self._take_back()

    def map(self, function: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
        """Return the result of each task. Raises InputError where a task was given up."""
        return self._gather(self._client.map(function, tasks, pure=False))

    def sum(self, function: Callable[[T], S], tasks: Sequence[T], on_done: OnDone = ignore) -> S:
        """Return the sum of the results; the workers add them up, FAN_IN at a time, and send back one."""
        from distributed import as_completed

        shares = _split_tasks(tasks, TASKS_PER_WORKER * self.workers)
        futures = self._client.map(_GroupSum(function), shares, pure=False)
        share_of = {future.key: share for future, share in zip(futures, shares, strict=True)}
        for future in as_completed(futures) if on_done is not ignore else ():
            on_done(share_of[future.key])
        while len(futures) > 1:
            groups = [futures[i : i + FAN_IN] for i in range(0, len(futures), FAN_IN)]
            futures = [self._client.submit(sum_all, group, pure=False) for group in groups]
        total: S = self._gather(futures)[0]
        return total

    def _gather(self, futures: list[Any]) -> list[Any]:
        from distributed import KilledWorker

        try:
            return list(self._client.gather(futures))
        except KilledWorker as e:
            message = f"a task was given up after it had killed several workers, probably out of memory ({e})"
            raise InputError([Problem("--engine dask", None, None, message)]) from None


class _GroupSum:
    """A function over groups of tasks that returns the sum of another function's results over each task.

    A class, not a closure, because it is pickled to other processes.
    """

    def __init__(self, function: Callable[[Any], Any]):
        self.function = function

    def __call__(self, group: Iterable[Any]) -> Any:
        return sum_all(map(self.function, group))


def _call_after(tasks: Iterable[T], results: Iterable[R], on_done: Callable[[T], object]) -> Iterator[R]:
    """Yield the results, and after each call a function with its task."""
    for task, result in zip(tasks, results, strict=True):
        on_done(task)
        yield result


def sum_all(results: Iterable[S]) -> S:
    """Return the sum of at least one result, added into the first."""
    rest = iter(results)
    total = next(rest)
    for result in rest:
        total.update(result)
    return total


def count_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _end_with_parent(life_line: Connection) -> None:
    """Prepare a worker process: it ends at once when the other end of a pipe is closed."""
    import threading

    console.repair_streams()  # what libraries print here is escaped as in the command's own process

    def wait() -> None:
        with contextlib.suppress(EOFError, OSError):
            life_line.recv_bytes()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _kill_children() -> None:
    """Kill the processes that multiprocessing has started here; the process of a command has no others."""
    import multiprocessing

    for child in multiprocessing.active_children():
        child.kill()


def _start_resource_tracker() -> None:
    """Start the process that removes semaphores once this one has ended, without its warning that we were killed.

    Call it before signals are held: it unblocks them.
    """
    if os.name == "posix":
        from multiprocessing import resource_tracker

        sys.warnoptions.append("ignore:resource_tracker")  # it inherits them
        try:
            resource_tracker.ensure_running()
        finally:
            sys.warnoptions.remove("ignore:resource_tracker")


def _split_tasks(tasks: Sequence[T], max_groups: int) -> list[Sequence[T]]:
    """Split tasks into groups; neighbours go to different ones, so that no group gets a run of large shards."""
    return [tasks[i::max_groups] for i in range(min(max_groups, len(tasks)))]
