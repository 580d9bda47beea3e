"""Replace several files of a folder together or not at all.

The new folder is written in full beside the old one, and the two change places (:mod:`vostochny.system.folders`): at
every moment the folder is the old one or the new one, whole. Who locks the folder thereby finishes a run that was
interrupted between the two.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts.errors import CommandError
from vostochny.system import children, folders, outputs
from vostochny.system.outputs import flush as _flush_names

_HANDLE_VARIABLE = "VOSTOCHNY_LOCK"  # environment: the number of the open directory that the calling command has locked


class FolderChanged(CommandError):
    """Somebody wrote into the folder while its replacement was prepared."""


class FolderLocked(CommandError):
    """Another process has locked the folder."""


@contextmanager
def lock(folder: Path) -> Iterator[int]:
    """Lock a folder against all other processes that call this. Raises FolderLocked where one has it already.

    Every command that writes into the annotations, or a generated file, locks the gold first: two at once would mix
    their files. A run that was interrupted is finished here (:func:`recover`). The lock is on the parent directory,
    which stays when the folder is exchanged. It leaves no file, and the system releases it when the process ends,
    however it ends.

    Gives the handle of the lock, for a command that this one starts (:func:`run_under_lock`).
    """
    handle = _open_directory(folder.parent)
    try:
        if not outputs.lock_handle(handle, wait=False):
            raise FolderLocked(f"another command is using {folder}; run this one again when it has ended")
        recover(folder)
        yield handle
    finally:
        os.close(handle)


def run_under_lock(handle: int, command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run a command that may lock what this process has locked, and nobody else; see :func:`children.run`."""
    environment = os.environ | {_HANDLE_VARIABLE: str(handle)}
    return children.run(command, env=environment, pass_fds=[handle], **options)


def _open_directory(directory: Path) -> int:
    """Open a directory: by the handle that the calling command has locked, where there is one, so that both have it."""
    number = os.environ.get(_HANDLE_VARIABLE, "")
    if number.isdecimal() and outputs.has_name(int(number), str(directory)):
        return os.dup(int(number))
    return os.open(directory, os.O_RDONLY | os.O_CLOEXEC)


def replace_files(folder: Path, files: Mapping[str, str], before: Mapping[str, bytes | None]) -> None:
    """Write files into a folder in one step; its other files stay as they are.

    Raises FolderChanged where a file is not what ``before`` states, or another file changed since it was copied, and
    OSError where there is no room. In both cases the folder is unchanged.

    Args:
        folder: the folder; it must exist.
        files: new content by file name.
        before: the content that the caller read earlier, by file name; None means that there was no such file.
    """
    recover(folder)
    new, old = _siblings(folder)
    try:
        shutil.copytree(folder, new)
        for name, content in files.items():
            outputs.write_file(new / name, content)
        _flush_names(new)
        # Compared as late as possible: what is written between this and the exchange is the only edit that could be
        # lost.
        current, copied = _contents(folder), _contents(new)
        expected = {**{name: content for name, content in copied.items() if name not in files}, **before}
        for name in sorted({*expected, *current} - (files.keys() - before.keys())):
            if current.get(name) != expected.get(name):
                raise FolderChanged(f"{folder / name} changed meanwhile; run the command again")
        folders.take_place(new, folder, old)
        _flush_names(folder.parent)
    finally:
        recover(folder)


def recover(folder: Path) -> None:
    """Clean up after an interrupted run; the folder is then as it was before that run, or as after it."""
    folders.recover(folder, *_siblings(folder))


def _siblings(folder: Path) -> tuple[Path, Path]:
    """Return the paths beside a folder of its replacement and of its former self."""
    return folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
