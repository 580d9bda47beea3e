"""Replace a folder so that at every moment, also after a crash, it is the old one or the new one, whole.

The new folder is written in full beside the old one, and the two change places in one step of the file system. Where
the system has no such step, the two are renamed one after the other; :func:`recover` finishes a run that was
interrupted between the renames.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import itertools
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from vostochny.system import outputs

_FORMER = ".vostochny-old"  # how the name of the old folder ends between the two renames
_Identity = tuple[int, ...]  # what tells two states of a file apart


@contextlib.contextmanager
def replace_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give an empty folder, whose files stand in the folder ``path`` once the ``with`` block has ended.

    They replace files of the same names together or, if the block raises, not at all; the other files of an existing
    folder stay as they are. A folder that does not exist is created, with its parents. A link stays a link.

    Raises OSError, naming the folder: also where it cannot be replaced because it is in use as the current folder (or
    contains that) or is a mount point.
    """
    with outputs.name_file(str(path)), contextlib.ExitStack() as stack:
        target = Path(os.path.realpath(path))
        _refuse_unfit(target)
        created = _create_parents(target.parent)
        outputs.sweep(str(target.parent))
        unfinished = target.with_name(outputs.unfinished_name(target.name))
        old = target.with_name(outputs.unfinished_name(target.name, _FORMER))
        held: list[int] = []

        def clean_up(first: int) -> None:
            if held and not target.exists() and outputs.has_name(held[-1], str(old)):
                os.rename(old, target)
            for handle, place in itertools.product({first, *held}, (unfinished, old)):
                if outputs.has_name(handle, str(place)):
                    shutil.rmtree(place, ignore_errors=True)

        handle, take_back = outputs.claim_name(str(unfinished), clean_up, is_folder=True)
        held.append(handle)
        stack.callback(os.close, handle)
        stack.callback(take_back)
        try:
            _settle(target, old)
            yield unfinished
            kept = _keep_other_files(target, unfinished) if target.exists() else {}
            os.fchmod(held[0], outputs.choose_mode(str(target), 0o777))
            _flush_tree(unfinished)
            if target.exists():
                # Locked, so that nobody takes it for a leftover once it has the name of one.
                held.append(os.open(target, os.O_RDONLY | os.O_CLOEXEC))
                stack.callback(os.close, held[-1])
                outputs.lock_handle(held[-1], wait=True)
                take_place(unfinished, target, old)
                _rescue(old if old.exists() else unfinished, target, kept)
            else:
                os.rename(unfinished, target)
        finally:
            clean_up(handle)
            for parent in created:  # those that are empty, since nothing came into them
                with contextlib.suppress(OSError):
                    os.rmdir(parent)
        outputs.flush(target.parent)


def take_place(new: Path, folder: Path, old: Path) -> None:
    """Let a new folder take the place of an existing one, whose former self is then at ``new`` or at ``old``."""
    if not exchange(new, folder):
        os.rename(folder, old)
        os.rename(new, folder)


def recover(folder: Path, new: Path, old: Path) -> None:
    """Clean up after an interrupted run; the folder is then as it was before that run, or as after it."""
    if not folder.exists() and old.exists():  # interrupted between the two renames
        os.rename(old, folder)
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)


def exchange(a: Path, b: Path) -> bool:
    """Let two folders change places in one step. Return False where this system cannot."""
    try:
        # Python has no wrapper of this call of Linux (since 3.15; glibc since 2.28).
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    current_directory, exchange_flag = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of <fcntl.h> and <linux/fs.h>
    if renameat2(current_directory, os.fsencode(a), current_directory, os.fsencode(b), exchange_flag) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):  # an older kernel, or a file system without it
        return False
    raise OSError(number, os.strerror(number), str(b))


def _settle(target: Path, old: Path) -> None:
    """Put back the old folder that a process killed between the two renames left, or remove one that was replaced."""
    with contextlib.suppress(FileNotFoundError):
        handle = os.open(old, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            outputs.lock_handle(handle, wait=True)
            if outputs.has_name(handle, str(old)):
                shutil.rmtree(old) if target.exists() else os.rename(old, target)
        finally:
            os.close(handle)


def _refuse_unfit(target: Path) -> None:
    """Raise OSError if the target cannot be a folder that is replaced."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISDIR(os.stat(target).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, "is not a folder; expected the name of a folder", str(target))
    if Path(os.path.realpath(os.curdir)).is_relative_to(target):
        # Whoever is in a folder that is replaced is then in the old one, which is removed.
        message = "is the current folder or contains it; give another folder, such as one in the current folder"
        raise OSError(errno.EBUSY, message, str(target))
    if os.path.ismount(target):
        raise OSError(errno.EBUSY, "is a mount point, which cannot be replaced; give a folder in it", str(target))


def _create_parents(folder: Path) -> list[Path]:
    """Create a folder with its parents; return those that did not exist, the innermost first."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    os.makedirs(folder, exist_ok=True)
    return missing


def _keep_other_files(folder: Path, new: Path, inside: str = "") -> dict[str, _Identity]:
    """Bring those files of a folder that ``new`` has not into it; return what each path in the folder was.

    They are linked, and copied where the file system has no links. Raises OSError if a file of one is a folder of the
    other.
    """
    seen: dict[str, _Identity] = {}
    for entry in os.scandir(folder):
        if outputs.is_unfinished(entry.name):
            continue
        name, copy = f"{inside}{entry.name}", new / entry.name
        is_folder = entry.is_dir(follow_symlinks=False)
        if os.path.lexists(copy) and entry.is_dir() != copy.is_dir():
            kind = "folder" if entry.is_dir() else "file"
            raise OSError(errno.EEXIST, f"a {kind} has the name of something else to be written", entry.path)
        if is_folder:
            if os.path.ismount(entry.path):
                raise OSError(errno.EBUSY, "is a mount point, and its folder cannot be replaced", entry.path)
            if not copy.exists():
                copy.mkdir()
                shutil.copystat(entry.path, copy)
            seen |= _keep_other_files(folder / entry.name, copy, f"{name}/")
            continue
        seen[name] = _identify(entry.path)
        if not os.path.lexists(copy):
            try:
                os.link(entry.path, copy, follow_symlinks=False)
            except OSError:
                shutil.copy2(entry.path, copy, follow_symlinks=False)
    return seen


def _rescue(former: Path, folder: Path, kept: dict[str, _Identity]) -> None:
    """Move into a folder what somebody wrote into its former self after its files were looked at."""
    for place, _, names in os.walk(former):
        for name in names:
            path = Path(place, name)
            inside = path.relative_to(former).as_posix()
            if not outputs.is_unfinished(name) and kept.get(inside) != _identify(path):
                (folder / inside).parent.mkdir(parents=True, exist_ok=True)
                os.replace(path, folder / inside)


def _identify(path: str | os.PathLike[str]) -> _Identity:
    state = os.lstat(path)
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


def _flush_tree(folder: Path) -> None:
    """Wait until a folder with everything that is new in it is on the disk."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            state = os.lstat(path)
            if stat.S_ISREG(state.st_mode) and state.st_nlink == 1:  # a link was on the disk before
                outputs.flush(path)
        outputs.flush(place)
