"""Resolve addresses to files: a file, a folder of files or a pattern, local or remote (fsspec).

A large collection is often written in parts, its **shards**. Wherever a JSON Lines file can be given, a folder of them
or a pattern (``predictions/*.jsonl.gz``, ``s3://team/gold/part-*``) can be given as well.
"""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from vostochny.errors import InputError, Problem, Problems

_PATTERN_CHARACTERS = frozenset("*?[")
# How long one call of a remote filesystem may take, retries of its library included (s3fs tries for
# two minutes, others for ever). A call transfers at most a block, so this is an answer that does not come.
MAX_ANSWER_SECONDS = 60
# How long an address that did not answer is not asked again: a command asks for a file several times.
PAUSE_SECONDS = 600
BLOCK_BYTES = 4 << 20  # requested at once, in place of the filesystem's default (s3fs: 50 MB)
JSON_LINES_ENDINGS = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
_COLUMN_NAMES = (".conll", ".conllu", ".conllup", ".iob", ".iob2", ".bio", ".bioes", ".tsv")
COLUMN_ENDINGS = (*_COLUMN_NAMES, *(f"{name}.gz" for name in _COLUMN_NAMES))

# What ``vostochny run`` writes beside its predictions, after their name without its ending.
RECORD_ENDING, ERRORS_ENDING = ".run.json", ".errors.jsonl"

R = TypeVar("R")
_callers: dict[int, _Caller] = {}  # thread → the one that makes its calls
_unanswered: dict[str, float] = {}  # address → when a call for it was given up, by the monotonic clock


def is_remote(address: str) -> bool:
    """Return whether an address is for fsspec: ``protocol://…``, or several of them joined by ``::``."""
    return "://" in address


def find_files(addresses: Sequence[str]) -> tuple[str, ...]:
    """Return the files that addresses stand for, the files of each address sorted by name, no file twice.

    An address is, in this order: an existing file, whatever characters its name has; a folder, which stands for the
    files in it that end in JSON_LINES_ENDINGS, or all in COLUMN_ENDINGS (subfolders are not searched, and what
    ``vostochny run`` writes beside predictions is left out); a pattern. Any other address is returned unchanged, so
    that the reader reports what is wrong with it. Raises InputError if a folder or pattern has no file, or a folder
    files of both kinds.
    """
    out: list[str] = []
    problems: Problems[Problem] = Problems()
    for address in addresses:
        try:
            out += _find_remote(address) if is_remote(address) else _find_local(address)
        except InputError as e:
            problems += e.problems
    if problems:
        raise InputError(problems)
    return tuple(dict.fromkeys(out))


def is_beside_output(name: str) -> bool:
    """Return whether a file stands beside predictions that ``vostochny run`` wrote: its record, or its failures."""
    return name.endswith((RECORD_ENDING, ERRORS_ENDING))


def _is_shard(name: str) -> bool:
    """Return whether a file of a folder is one of those that the folder stands for."""
    return name.endswith(JSON_LINES_ENDINGS) and not is_beside_output(name)


def _find_local(address: str) -> list[str]:
    """Return the files of a local address."""
    path = Path(address)
    if address == "-" or path.is_file() or path.is_fifo():
        return [address]
    if path.is_dir():
        return _choose_files(address, [str(p) for p in path.iterdir() if p.is_file()])
    if _PATTERN_CHARACTERS & set(address):
        matches = sorted(p for p in glob.glob(address, recursive=True) if os.path.isfile(p))
        return matches or _raise_problem(
            address, "no file matches the pattern; put it in quotes if the shell must not expand it"
        )
    return [address]


def _choose_files(address: str, names: Sequence[str]) -> list[str]:
    """Return the JSON Lines files of a folder, or its files of columns. Raises InputError where it has both or none."""
    lines = sorted(name for name in names if _is_shard(name))
    columns = sorted(name for name in names if name.endswith(COLUMN_ENDINGS))
    if lines and columns:
        message = (
            f"has files of JSON Lines ({len(lines)}) and of columns ({len(columns)}); give a pattern of one kind, "
        )
        example = "/*" + os.path.splitext(columns[0])[1]
        return _raise_problem(address, f"{message}e.g. {address.rstrip('/')}{example}")
    endings = " or ".join((*JSON_LINES_ENDINGS, *_COLUMN_NAMES))
    return lines or columns or _raise_problem(address, f"has no file that ends in {endings}")


def _find_remote(address: str) -> list[str]:
    """Return the files of a remote address, with their protocol."""
    files, path = open_filesystem(address)
    try:
        if _PATTERN_CHARACTERS & set(path):
            paths = sorted(map(str, call_filesystem(address, lambda: list(files.glob(path)))))
            problem = "no file matches the pattern"
        elif call_filesystem(address, lambda: files.isdir(path)):
            names = call_filesystem(address, lambda: files.ls(path, detail=False))
            paths, problem = _choose_files(address, [str(p) for p in names]), ""
        else:
            return [address]
    except OSError as e:
        return _raise_problem(address, f"cannot be listed: {e.strerror or e}")
    return [files.unstrip_protocol(p) for p in paths] or _raise_problem(address, problem)


def call_filesystem(address: str, act: Callable[[], R]) -> R:
    """Return what a call of the filesystem of a remote address returns.

    Raises OSError with whatever the filesystem raises, and where it has not answered after MAX_ANSWER_SECONDS. For
    PAUSE_SECONDS, calls for the same address then fail at once.
    """
    # Slow to import, and a score of local files does without.
    import queue
    import threading

    if time.monotonic() - _unanswered.get(address, -PAUSE_SECONDS) < PAUSE_SECONDS:
        raise TimeoutError(f"no answer within {MAX_ANSWER_SECONDS} seconds")
    # One caller per thread that waits, and not one per call: fsspec keeps a filesystem, with its connections, for the
    # thread that has opened it. After a fork the thread is gone.
    caller: _Caller | None = _callers.pop(threading.get_ident(), None)
    if caller is None or not caller.thread.is_alive():
        caller = _Caller()
    answer = caller.begin(act)
    try:
        result, error = answer.get(timeout=MAX_ANSWER_SECONDS)
    except queue.Empty:
        _unanswered[address] = time.monotonic()
        raise TimeoutError(f"no answer within {MAX_ANSWER_SECONDS} seconds") from None
    _callers[threading.get_ident()] = caller
    if error is None:
        return cast(R, result)
    if isinstance(error, OSError) and str(error):
        raise error
    raise OSError(str(error) or type(error).__name__) from None


class _Caller:
    """A thread that makes calls one after another, so that the thread that waits for a call can give it up."""

    def __init__(self) -> None:
        import queue
        import threading

        self._calls: queue.SimpleQueue[tuple[Callable[[], Any], queue.SimpleQueue[Any]]] = queue.SimpleQueue()
        # A daemon, so that the process can end while the call goes on: no filesystem can be told to give up.
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def begin(self, act: Callable[[], Any]) -> Any:
        """Let the thread make a call; return a queue that will hold its result and what it raised, one of them None."""
        import queue

        answer: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._calls.put((act, answer))
        return answer

    def _run(self) -> None:
        while True:
            act, answer = self._calls.get()
            try:
                answer.put((act(), None))
            except BaseException as e:  # raised in the thread that waits
                answer.put((None, e))
            del act, answer  # whose files are to be closed before the next call comes


def open_filesystem(address: str) -> tuple[Any, str]:
    """Return the filesystem of a remote address and the path in it. Raises InputError if fsspec has none for it."""
    import fsspec

    try:
        # Some filesystems connect to their server at once.
        files, path = call_filesystem(address, lambda: fsspec.core.url_to_fs(address))
    except OSError as e:
        raise InputError([Problem(address, None, None, f"cannot be reached: {e.strerror or e}")]) from None
    return files, str(path)


def _raise_problem(address: str, message: str) -> list[str]:
    """Raise InputError; typed as the callers' result, so that it can stand behind ``or``."""
    raise InputError([Problem(address, None, None, message)])
