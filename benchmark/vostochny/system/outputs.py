"""Write files so that at every moment, also after a crash, each is the old one or the new one, whole.

A file is written in full beside its target, as ``.NAME.vostochny-new``, and then takes its name in one step. While it
is written it is locked: a second command that writes the same file waits. What a killed process left behind is
unlocked, and is removed by the next command that writes into the same folder.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from typing import IO

from vostochny.system import interruption

try:
    import fcntl
except ImportError:  # pragma: no cover (Windows)
    fcntl = None  # type: ignore[assignment]

UNFINISHED = ".vostochny-new"  # how the names of unfinished files and folders end
_MAX_NAME_BYTES = 200  # a file's name has at most 255 bytes, and that of the unfinished file is longer

_swept: set[str] = set()  # folders from which leftovers were removed


class BusyError(OSError):
    """A file is being written by another command."""

    def __init__(self, path: str):
        super().__init__(None, "another command is writing it; wait until that has ended", path)


def write_file(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file, whole or not at all; text as UTF-8, its line ends untouched. Raises OSError, naming the file."""
    with replace_file(path) as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)


@contextlib.contextmanager
def replace_file(path: str | os.PathLike[str], is_ours: bool = False) -> Iterator[IO[bytes]]:
    """Open a file for writing that replaces ``path`` when the ``with`` block ends, and leaves no trace if it raises.

    A link stays a link, and a file keeps its permissions. What is not a file on a disk (``/dev/null``, a pipe) is
    written to directly. ``is_ours`` states that the caller itself has locked the existing file. Raises OSError, naming
    the file; BusyError if another command is extending it.
    """
    target = os.path.realpath(path)
    with name_file(str(path)):
        if _is_special(target):
            with open(target, "wb") as file:
                yield file
            return
        if not is_ours:
            # Here too, since the command that has it may be preparing its replacement, which we would wait for.
            _refuse_busy(target, str(path))
        folder, name = os.path.split(target)
        sweep(folder)
        unfinished = os.path.join(folder, unfinished_name(name))
        with contextlib.ExitStack() as stack:
            handle = _open_locked(unfinished)
            stack.callback(os.close, handle)
            stack.callback(interruption.register_clean_up(lambda: os.unlink(unfinished)))
            try:
                if not is_ours:
                    _refuse_busy(target, str(path))
                os.ftruncate(handle, 0)
                os.fchmod(handle, _choose_mode(target))
                with os.fdopen(os.dup(handle), "wb") as file:
                    yield file
                    file.flush()
                os.fsync(handle)
                os.replace(unfinished, target)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(unfinished)
                raise
            flush_names(folder)


@contextlib.contextmanager
def name_file(path: str) -> Iterator[None]:
    """Give an OSError raised inside the name of the file that the user gave; writing itself does not name it."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        error.filename, error.filename2 = path, None
        raise


def unfinished_name(name: str) -> str:
    """Return the name under which a file or folder is prepared, beside its target."""
    raw = os.fsencode(name)
    if len(raw) > _MAX_NAME_BYTES:
        from hashlib import sha256

        name = sha256(raw).hexdigest()
    return f".{name}{UNFINISHED}"


def lock_handle(handle: int, wait: bool) -> bool:
    """Lock an open file or folder against other processes until it is closed; return whether it is locked.

    False means that another process has it, which can only be where ``wait`` is False. Where the file system or the
    platform has no locks, nothing is locked and the answer is True.
    """
    if fcntl is None:  # pragma: no cover (Windows)
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:  # such as some network file systems
        return True
    return True


def sweep(folder: str) -> None:
    """Remove from a folder what killed processes have left unfinished in it; each folder once per process."""
    if folder in _swept:
        return
    _swept.add(folder)
    with contextlib.suppress(OSError):
        leftovers = [e.path for e in os.scandir(folder) if e.name.startswith(".") and e.name.endswith(UNFINISHED)]
        for path in leftovers:
            with contextlib.suppress(OSError):
                _remove_unlocked(path)


def _remove_unlocked(path: str) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        if lock_handle(handle, wait=False):
            shutil.rmtree(path) if stat.S_ISDIR(os.fstat(handle).st_mode) else os.unlink(path)
    finally:
        os.close(handle)


def flush_names(folder: str | os.PathLike[str]) -> None:
    """Wait until a folder's file names are on the disk: a power cut must not bring back the old state."""
    with contextlib.suppress(OSError):  # not every file system can
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def is_same_file(a: str | os.PathLike[str], b: str | os.PathLike[str]) -> bool:
    """Return whether two paths are one existing file or folder, by whatever name or link."""
    try:
        return os.path.samefile(a, b)
    except (OSError, ValueError):
        return False


def _open_locked(path: str) -> int:
    """Return the handle of a file that is created if needed and locked; waits while another process has it."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        lock_handle(handle, wait=True)
        # The process that had it has renamed or removed it meanwhile; then the lock is on a file without this name.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), os.stat(path)):
                return handle
        os.close(handle)


def _refuse_busy(target: str, name: str) -> None:
    """Raise BusyError if another process has locked the target itself, which it does while it extends it."""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        handle = os.open(target, os.O_RDONLY)
        try:
            if not lock_handle(handle, wait=False):
                raise BusyError(name)
        finally:
            os.close(handle)


def _is_special(target: str) -> bool:
    """Return whether a path exists and is neither a file nor a folder: a device, a pipe, a socket."""
    try:
        mode = os.stat(target).st_mode
    except OSError:
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(21, "is a folder; expected the name of a file", target)
    return not stat.S_ISREG(mode)


def _choose_mode(target: str) -> int:
    """Return the permissions of an existing file, or those that a new file gets."""
    try:
        return stat.S_IMODE(os.stat(target).st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
