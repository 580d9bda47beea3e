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
from typing import Any, TypeVar

from vostochny.errors import InputError, Problem

_PATTERN_CHARACTERS = frozenset("*?[")
# How long one call of a remote filesystem may take, retries of its library included (s3fs tries for
# two minutes, others for ever). A call transfers at most a block, so this is an answer that does not come.
MAX_ANSWER_SECONDS = 60
# How long an address that did not answer is not asked again: a command asks for a file several times.
PAUSE_SECONDS = 600
BLOCK_BYTES = 4 << 20  # requested at once, in place of the filesystem's default (s3fs: 50 MB)
JSON_LINES_ENDINGS = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")

R = TypeVar("R")
_unanswered: dict[str, float] = {}  # address → when a call for it was given up, by the monotonic clock


def is_remote(address: str) -> bool:
    """Return whether an address is for fsspec: ``protocol://…``, or several of them joined by ``::``."""
    return "://" in address


def find_files(addresses: Sequence[str]) -> tuple[str, ...]:
    """Return the files that addresses stand for, the files of each address sorted by name, no file twice.

    An address is, in this order: an existing file, whatever characters its name has; a folder, which stands for the
    files in it that end in JSON_LINES_ENDINGS (subfolders are not searched); a pattern. Any other address is returned
    unchanged, so that the reader reports what is wrong with it. Raises InputError if a folder or pattern has no file.
    """
    out: list[str] = []
    problems: list[Problem] = []
    for address in addresses:
        try:
            out += _find_remote(address) if is_remote(address) else _find_local(address)
        except InputError as e:
            problems += e.problems
    if problems:
        raise InputError(problems)
    return tuple(dict.fromkeys(out))


def _find_local(address: str) -> list[str]:
    """Return the files of a local address."""
    path = Path(address)
    if address == "-" or path.is_file() or path.is_fifo():
        return [address]
    if path.is_dir():
        matches = sorted(str(p) for p in path.iterdir() if p.name.endswith(JSON_LINES_ENDINGS) and p.is_file())
        return matches or _raise_problem(address, f"has no file that ends in {' or '.join(JSON_LINES_ENDINGS)}")
    if _PATTERN_CHARACTERS & set(address):
        matches = sorted(p for p in glob.glob(address, recursive=True) if os.path.isfile(p))
        return matches or _raise_problem(
            address, "no file matches the pattern; put it in quotes if the shell must not expand it"
        )
    return [address]


def _find_remote(address: str) -> list[str]:
    """Return the files of a remote address, with their protocol."""
    files, path = open_filesystem(address)
    try:
        if _PATTERN_CHARACTERS & set(path):
            paths = sorted(map(str, call_filesystem(address, lambda: list(files.glob(path)))))
            problem = "no file matches the pattern"
        elif call_filesystem(address, lambda: files.isdir(path)):
            names = call_filesystem(address, lambda: files.ls(path, detail=False))
            paths = sorted(str(p) for p in names if str(p).endswith(JSON_LINES_ENDINGS))
            problem = f"has no file that ends in {' or '.join(JSON_LINES_ENDINGS)}"
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
    import threading  # slow to import, and a score of local files does without

    since = time.monotonic() - _unanswered.get(address, -PAUSE_SECONDS)
    results: list[R] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(act())
        except BaseException as e:  # raised below, in the thread that waits
            errors.append(e)

    if since >= PAUSE_SECONDS:
        # A daemon, so that the process can end while the call goes on: no filesystem can be told to give up.
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(MAX_ANSWER_SECONDS)
    if results:
        return results[0]
    if not errors:
        if since >= PAUSE_SECONDS:
            _unanswered[address] = time.monotonic()
        raise TimeoutError(f"no answer within {MAX_ANSWER_SECONDS} seconds")
    if isinstance(errors[0], OSError) and str(errors[0]):
        raise errors[0]
    raise OSError(str(errors[0]) or type(errors[0]).__name__) from None


def open_filesystem(address: str) -> tuple[Any, str]:
    """Return the filesystem of a remote address and the path in it. Raises InputError if fsspec has none for it."""
    import fsspec

    try:
        files, path = fsspec.core.url_to_fs(address)
    except Exception as e:  # each filesystem has its own exceptions
        reason = str(e) or type(e).__name__
        raise InputError([Problem(address, None, None, f"cannot be reached: {reason}")]) from None
    return files, str(path)


def _raise_problem(address: str, message: str) -> list[str]:
    """Raise InputError; typed as the callers' result, so that it can stand behind ``or``."""
    raise InputError([Problem(address, None, None, message)])
