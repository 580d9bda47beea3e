"""Replace several files of a folder together or not at all.

The new folder is written in full beside the old one, and the two change places (:mod:`vostochny.system.folders`): at
every moment the folder is the old one or the new one, whole. Who locks the folder thereby finishes a run that was
interrupted between the two.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from scripts.errors import CommandError
from vostochny.system import folders, outputs
from vostochny.system.outputs import flush as _flush_names


class FolderChanged(CommandError):
    """Somebody wrote into the folder while its replacement was prepared."""


class FolderLocked(CommandError):
    """Another process has locked the folder."""


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Lock a folder against all other processes that call this. Raises FolderLocked where one has it already.

    Every command that writes into the annotations, or a generated file, locks the gold first: two at once would mix
    their files. A run that was interrupted is finished here (:func:`recover`). The lock is on the parent directory,
    which stays when the folder is exchanged. It leaves no file, and the system releases it when the process ends,
    however it ends.
    """
    with hold(folder.parent, folder):
        recover(folder)
        yield


@contextmanager
def hold(directory: Path, name: Path | None = None) -> Iterator[None]:
    """Lock a directory, which a message calls ``name``, and nothing more; see :func:`lock`."""
    handle = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if not outputs.lock_handle(handle, wait=False):
            message = f"another command is using {name or directory}; run this one again when it has ended"
            raise FolderLocked(message)
        yield
    finally:
        os.close(handle)


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
