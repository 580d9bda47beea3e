"""Addresses to files: one file, a folder of files, a pattern, here or wherever fsspec reaches.

A collection that is written by many hands lies in many files, its **shards**. Wherever a file of JSON Lines can be
given, a folder of them or a pattern (``predictions/*.jsonl.gz``, ``s3://team/gold/part-*``) can be given as well.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vostochny.errors import InputError, Problem

_PATTERN_CHARACTERS = frozenset("*?[")
JSON_LINES_ENDINGS = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")


def is_remote(address: str) -> bool:
    """Whether an address is for fsspec: ``protocol://…``, or several joined by ``::``."""
    return "://" in address


def find_files(addresses: Sequence[str]) -> tuple[str, ...]:
    """The files that addresses stand for, each address's in the order of their names, no file twice.

    A name of a file is that file, whatever characters it has; a folder stands for the JSON Lines in it (ENDINGS, none
    of its subfolders). What names no pattern and no folder is passed on as it is, for the reader to say what is wrong
    with it. Raises InputError where a pattern or a folder has no file.
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
    path = Path(address)
    if address == "-" or path.is_file():
        return [address]
    if path.is_dir():
        inside = sorted(str(p) for p in path.iterdir() if p.name.endswith(JSON_LINES_ENDINGS) and p.is_file())
        return inside or _raise_problem(address, f"has no file that ends in {' or '.join(JSON_LINES_ENDINGS)}")
    if _PATTERN_CHARACTERS & set(address):
        fitting = sorted(p for p in glob.glob(address, recursive=True) if os.path.isfile(p))
        return fitting or _raise_problem(
            address, "no file fits; put the pattern in quotes if the shell is not to read it"
        )
    return [address]


def _find_remote(address: str) -> list[str]:
    files, path = open_filesystem(address)
    try:
        if _PATTERN_CHARACTERS & set(path):
            fitting = sorted(str(p) for p in files.glob(path))
            return [files.unstrip_protocol(p) for p in fitting] or _raise_problem(address, "no file fits")
        if files.isdir(path):
            inside = sorted(str(p) for p in files.ls(path, detail=False) if str(p).endswith(JSON_LINES_ENDINGS))
            fitting = [files.unstrip_protocol(p) for p in inside]
            return fitting or _raise_problem(address, f"has no file that ends in {' or '.join(JSON_LINES_ENDINGS)}")
    except InputError:
        raise
    except Exception as e:  # each filesystem fails in its own ways
        return _raise_problem(address, f"cannot be listed: {e or type(e).__name__}")
    return [address]


def open_filesystem(address: str) -> tuple[Any, str]:
    """The filesystem of a remote address and the path in it. Raises InputError where fsspec has none for it."""
    import fsspec

    try:
        files, path = fsspec.core.url_to_fs(address)
    except (ImportError, ValueError) as e:
        raise InputError([Problem(address, None, None, f"cannot be reached: {e}")]) from None
    return files, str(path)


def _raise_problem(address: str, message: str) -> list[str]:
    raise InputError([Problem(address, None, None, message)])
