"""Files that change together or not at all: a folder is the old one or the new one, whole, whenever it is looked at.

The new folder is made in full beside the old one, and the two change places in one step of the file system. Where
the system has no such step they are renamed one after the other; a run that was ended between the two is finished
by :func:`recover`, which every command calls first.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class Moved(ValueError):
    """Somebody wrote into the folder while the new one was made."""


class Busy(ValueError):
    """Another process holds the folder."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder against every other process that asks for it so. Raises Busy where one has it already.

    Whatever writes into the gold holds it: :func:`recover` would clear away what another command is just making. The
    lock is on the directory above, which stays when the folder is exchanged; it leaves no file, and the system frees
    it when the process ends, however it ends.
    """
    handle = os.open(folder.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"another command is at work on {folder}; run this one again when it has ended") from None
        yield
    finally:
        os.close(handle)


def replace_files(folder: Path, files: Mapping[str, str], before: Mapping[str, bytes | None]) -> None:
    """Write ``files`` (name → content) into the folder, all in one step; what else it holds stays.

    ``before`` is what the caller took the old content of a file to be (None: it was not there); raises Moved where it
    is not that any more, or where another file changed since it was copied. Raises OSError where there is no room. In
    both cases the folder is as it was.
    """
    recover(folder)
    new, old = _beside(folder)
    try:
        shutil.copytree(folder, new)
        for name, content in files.items():
            _write_through(new / name, content)
        _flush(new)
        there, copied = _contents(folder), _contents(new)
        expected = {**{name: content for name, content in copied.items() if name not in files}, **before}
        for name in sorted({*expected, *there} - (files.keys() - before.keys())):
            if there.get(name) != expected.get(name):
                raise Moved(f"{folder / name} changed meanwhile; run the command again")
        if not _exchange(new, folder):
            os.rename(folder, old)
            os.rename(new, folder)
        _flush(folder.parent)
    finally:
        recover(folder)


def recover(folder: Path) -> None:
    """Clear up after a run that was ended half-way; the folder is what it was before that run or after it."""
    new, old = _beside(folder)
    if not folder.exists() and old.exists():
        os.rename(old, folder)
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)


def _beside(folder: Path) -> tuple[Path, Path]:
    return folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def _write_through(path: Path, content: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    """Names reach the disk too: a power cut must not bring back an empty folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exchange(a: Path, b: Path) -> bool:
    """Let two folders change places, in one step; False where this system cannot."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    if renameat2(here, os.fsencode(a), here, os.fsencode(b), exchange) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(number, os.strerror(number), str(b))
