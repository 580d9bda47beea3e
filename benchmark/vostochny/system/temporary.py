"""Temporary folders that go when they are no longer needed, also after a signal, and at the next run after a kill.

A folder is locked as long as its process lives. One that is not locked belongs to no living process, and the next call
removes it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from vostochny.system import outputs

PREFIX = "vostochny-work-"


def create_folder(parent: str | os.PathLike[str] | None = None) -> tuple[Path, Callable[[], None]]:
    """Create a temporary folder; return it, empty, and the function that removes it.

    ``parent`` is the folder to create it in; None is the system's folder for temporary files. Raises OSError.
    """
    parent = os.fspath(parent or _find_parent())
    _sweep(parent)
    folder = os.path.join(parent, PREFIX + os.urandom(8).hex())
    handle, take_back = outputs.claim_name(folder, lambda _: shutil.rmtree(folder, ignore_errors=True), is_folder=True)

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


def choose_parent_for_libraries() -> None:
    """Set the folder in which libraries create their temporary files: the one that they would find themselves.

    The first one that asks for it would try it with a file, which a killed process would leave.
    """
    import tempfile  # slow to import

    tempfile.tempdir = tempfile.tempdir or _find_parent()


def _find_parent() -> str:
    """Return the system's folder for temporary files.

    :func:`tempfile.gettempdir` tries it by creating a file, which a killed process would leave.
    """
    for folder in (*(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")), "/tmp", "/var/tmp"):
        if folder and os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK):
            return os.path.abspath(folder)
    import tempfile  # slow to import

    return tempfile.gettempdir()


def _sweep(parent: str) -> None:
    """Remove the folders of processes that were killed."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(parent):
            if entry.name.startswith(PREFIX):
                with contextlib.suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_uid == os.getuid():
                        outputs.remove_unlocked(entry.path)
