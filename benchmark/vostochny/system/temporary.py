"""Temporary folders that go when they are no longer needed, also after a signal, and at the next run after a kill.

A folder contains a file ``lock`` that is locked as long as the process lives. A folder whose lock is free belongs to no
living process, and the next call removes it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from vostochny.system import interruption
from vostochny.system.outputs import lock_handle

PREFIX = "vostochny-"
_LOCK = "lock"
_MAX_AGE_WITHOUT_LOCK_SECONDS = 3600.0  # a process that has made its folder locks it at once


def create_folder(parent: str | os.PathLike[str] | None = None) -> tuple[Path, Callable[[], None]]:
    """Create a temporary folder; return it, empty but for its lock, and the function that removes it.

    ``parent`` is the folder to create it in; None is the system's folder for temporary files. Raises OSError.
    """
    import tempfile  # slow to import, and seldom needed

    parent = parent or tempfile.gettempdir()
    _sweep(parent)
    with interruption.hold_signals():
        folder = tempfile.mkdtemp(prefix=PREFIX, dir=parent)
        take_back = interruption.register_clean_up(lambda: shutil.rmtree(folder, ignore_errors=True))
        handle = os.open(os.path.join(folder, _LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        lock_handle(handle, wait=True)

    def remove() -> None:
        # Taken back last: a signal may interrupt the removal.
        shutil.rmtree(folder, ignore_errors=True)
        take_back()
        with contextlib.suppress(OSError):
            os.close(handle)

    return Path(folder), remove


@contextlib.contextmanager
def use_folder(parent: str | os.PathLike[str] | None = None) -> Iterator[Path]:
    """Create a temporary folder for the ``with`` block; see :func:`create_folder`."""
    folder, remove = create_folder(parent)
    try:
        yield folder
    finally:
        remove()


def _sweep(parent: str | os.PathLike[str]) -> None:
    """Remove the folders of processes that were killed."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(parent):
            if entry.name.startswith(PREFIX):
                with contextlib.suppress(OSError):
                    _remove_unlocked(entry)


def _remove_unlocked(entry: os.DirEntry[str]) -> None:
    if not entry.is_dir(follow_symlinks=False) or entry.stat(follow_symlinks=False).st_uid != os.getuid():
        return
    lock = os.path.join(entry.path, _LOCK)
    if not os.path.exists(lock):
        if time.time() - entry.stat(follow_symlinks=False).st_mtime > _MAX_AGE_WITHOUT_LOCK_SECONDS:
            shutil.rmtree(entry.path, ignore_errors=True)
        return
    handle = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
    try:
        if lock_handle(handle, wait=False):
            shutil.rmtree(entry.path, ignore_errors=True)
    finally:
        os.close(handle)
