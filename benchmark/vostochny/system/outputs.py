"""Write files so that at every moment, also after a crash, each is the old one or the new one, whole.

A file is written in full beside its target, as ``.NAME.vostochny-new``, and then takes its name in one step. While it
is written it is locked: a second command that writes the same file waits. What a killed process left behind is
unlocked, and is removed by the next command that writes into the same folder.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from vostochny.errors import InputError, Problem, Problems
from vostochny.system import console, interruption

try:
    import fcntl
except ImportError:  # pragma: no cover (Windows)
    fcntl = None  # type: ignore[assignment]

UNFINISHED = ".vostochny-new"  # how the names of unfinished files and folders end
_MAX_NAME_BYTES = 200  # a file's name has at most 255 bytes, and that of the unfinished file is longer

_OPEN_FLAGS = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # not to wait at a pipe that has such a name

_swept: set[str] = set()  # folders from which leftovers were removed


class BusyError(OSError):
    """A file is being written by another command."""

    def __init__(self, path: str):
        super().__init__(None, "another command is writing it; wait until that has ended", path)


def write_file(path: str | os.PathLike[str], content: str | bytes, mode: int | None = None) -> None:
    """Write a file, whole or not at all; text as UTF-8, its line ends untouched. Raises OSError, naming the file.

    ``mode`` gives its permissions, whatever the umask and those of an existing file: 0o600 for a secret.
    """
    with replace_file(path, mode=mode) as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)


def write_files(contents: Mapping[str, str]) -> None:
    """Write several files, each whole; where one cannot be written, the OSError says which ones were."""
    written: list[str] = []
    for path, content in contents.items():
        try:
            write_file(path, content)
        except OSError as error:
            if written:
                error.strerror = f"{error.strerror} ({', '.join(written)}: written before)"
            raise
        written.append(path)


def write_new_file(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file into a folder that :func:`folders.replace_folder` prepares, and which is flushed as a whole."""
    with open(path, "xb") as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)


@contextlib.contextmanager
def replace_file(path: str | os.PathLike[str], is_ours: bool = False, mode: int | None = None) -> Iterator[IO[bytes]]:
    """Open a file for writing that replaces ``path`` when the ``with`` block ends, and leaves no trace if it raises.

    A link stays a link (but another hard link keeps the old content), and a file keeps its permissions. What is not a
    file on a disk (``/dev/null``, ``/dev/stdout``, a pipe) is written to directly. ``is_ours`` states that the caller
    itself has locked the existing file; ``mode`` gives the new file its permissions. Raises OSError, naming the file;
    BusyError if another command is extending it.
    """
    with name_file(str(path)):
        descriptor = find_descriptor(path)
        if descriptor is not None:
            console.flush()  # what was printed comes first
            with os.fdopen(os.dup(descriptor), "wb") as file:
                yield file
            return
        target = os.path.realpath(path)
        if _is_special(str(path), target):
            with open(path, "wb") as file:
                yield file
            return
        if not is_ours:
            # Here too, since the command that has it may be preparing its replacement, which we would wait for.
            _refuse_busy(target, str(path))
        folder, name = os.path.split(target)
        _refuse_unfit_folder(folder, str(path))
        sweep(folder)
        unfinished = os.path.join(folder, unfinished_name(name))
        with contextlib.ExitStack() as stack:

            def clean_up(handle: int) -> None:
                with contextlib.suppress(OSError):
                    if has_name(handle, unfinished):
                        os.unlink(unfinished)

            handle, take_back = claim_name(unfinished, clean_up)
            stack.callback(os.close, handle)
            stack.callback(clean_up, handle)
            stack.callback(take_back)
            if not is_ours:
                _refuse_busy(target, str(path))
            with os.fdopen(os.dup(handle), "wb") as file:
                yield file
                file.flush()
            _copy_owner(target, handle)
            os.fchmod(handle, choose_mode(target, 0o666) if mode is None else mode)
            os.fsync(handle)
            os.replace(unfinished, target)
            flush(folder)


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


def unfinished_name(name: str, ending: str = UNFINISHED) -> str:
    """Return the name under which a file or folder is prepared, beside its target."""
    raw = os.fsencode(name)
    if len(raw) > _MAX_NAME_BYTES:
        from hashlib import sha256

        name = sha256(raw).hexdigest()
    return f".{name}{ending}"


def is_unfinished(name: str) -> bool:
    """Return whether this is the name of something that is prepared, or was when a process was killed."""
    return name.startswith(".") and name.endswith(UNFINISHED)


def lock_handle(handle: int, wait: bool) -> bool:
    """Lock an open file or folder against other processes until it is closed; return whether it is locked.

    False means that another process has it, which can only be where ``wait`` is False. Where the file system or the
    platform has no locks, nothing is locked and the answer is True.
    """
    return _try_lock(handle, wait) is not False


def _try_lock(handle: int, wait: bool) -> bool | None:
    """Lock as :func:`lock_handle` does; return None where there are no locks."""
    if fcntl is None:  # pragma: no cover (Windows)
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:  # such as some network file systems
        return None
    return True


def claim_name(path: str, clean_up: Callable[[int], object], is_folder: bool = False) -> tuple[int, Callable[[], None]]:
    """Create an empty file or folder and lock it; return its handle, which the caller closes.

    ``clean_up``, which is given the handle, is registered for an interruption together with the creation; the second
    value returned takes it back.

    Waits while another process has it locked; removes what a killed process has left. The content is private until the
    caller changes its permissions. Raises BusyError where something has the name and there are no locks to find out
    whether it is still being written.
    """
    while True:
        # Only the creation holds signals: the wait for another process must be interruptible.
        with interruption.hold_signals():
            handle = _create_locked(path, is_folder)
            if handle is not None:
                return handle, interruption.register_clean_up(functools.partial(clean_up, handle))
        _remove_leftover(path)


def _create_locked(path: str, is_folder: bool) -> int | None:
    """Create an empty file or folder, locked, and return its handle; None where something has the name."""
    if not _create(path, is_folder):
        return None
    try:
        handle = os.open(path, (os.O_RDONLY if is_folder else os.O_RDWR) | _OPEN_FLAGS)
    except FileNotFoundError:  # another process took it for a leftover before it was locked
        return None
    # Nobody has it locked for longer than it takes to find out that it is no leftover or to remove it.
    _try_lock(handle, wait=True)
    if has_name(handle, path):
        return handle
    os.close(handle)
    return None


def _remove_leftover(path: str) -> None:
    """Wait until no process has a file or folder locked, and remove it. Raises BusyError where there are no locks."""
    try:
        handle = os.open(path, os.O_RDONLY | _OPEN_FLAGS)
    except FileNotFoundError:
        return
    try:
        locked = _try_lock(handle, wait=True)
        # The process that had it may have renamed or removed it; then the lock is on something without this name.
        if has_name(handle, path):
            if locked is None:
                raise BusyError(path)
            _remove(path, handle)
    finally:
        os.close(handle)


def _create(path: str, is_folder: bool) -> bool:
    """Create an empty file or folder; return False where something has the name."""
    try:
        if is_folder:
            os.mkdir(path, 0o700)
        else:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return False
    return True


def has_name(handle: int, path: str) -> bool:
    """Return whether an open file or folder has this name."""
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except OSError:
        return False


def sweep(folder: str) -> None:
    """Remove from a folder what killed processes have left unfinished in it; each folder once per process."""
    if folder in _swept:
        return
    _swept.add(folder)
    with contextlib.suppress(OSError):
        leftovers = [entry.path for entry in os.scandir(folder) if is_unfinished(entry.name)]
        for path in leftovers:
            with contextlib.suppress(OSError):
                remove_unlocked(path)


def remove_unlocked(path: str) -> None:
    """Remove a file or folder if no process has it locked. Raises OSError if it cannot be opened or removed."""
    handle = os.open(path, os.O_RDONLY | _OPEN_FLAGS)
    try:
        if _try_lock(handle, wait=False) and has_name(handle, path):
            _remove(path, handle)
    finally:
        os.close(handle)


def _remove(path: str, handle: int) -> None:
    shutil.rmtree(path) if stat.S_ISDIR(os.fstat(handle).st_mode) else os.unlink(path)


def flush(path: str | os.PathLike[str]) -> None:
    """Wait until a file, or the names in a folder, are on the disk: a power cut must not bring back the old state."""
    with contextlib.suppress(OSError):  # not every file system can
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def refuse_overlap(inputs: Iterable[str], outputs: Sequence[str]) -> None:
    """Refuse outputs that are, contain or are in an input, and two outputs that are one file, by any name or link.

    Nothing is refused for standard output and other things that are not files. Raises InputError, naming both.

    Args:
        inputs: files and folders that a command reads; ``-`` is standard input, which may be a file too.
        outputs: files and folders that it will write.
    """
    problems: Problems[Problem] = Problems()
    inputs = list(dict.fromkeys(inputs))
    for number, output in enumerate(outputs):
        if not _is_on_disk(output):
            continue
        if any(_is_on_disk(other) and _is_same_place(output, other) for other in outputs[:number]):
            problems.append(Problem(output, None, None, "is given for two outputs; give each a file of its own"))
        for name in inputs:
            path = "/dev/stdin" if name == "-" else name
            if not _is_on_disk(path):
                continue
            what = "standard input" if name == "-" else name
            if _is_same_place(output, path):
                message = f"is both input and output ({what}); give another output"
            elif os.path.isdir(path) and _is_inside(output, path):
                message = f"is in {what}, which is an input; give an output outside it"
            elif os.path.isdir(output) and _is_inside(path, output):
                message = f"is a folder with an input in it ({what}); give another output"
            else:
                continue
            problems.append(Problem(output, None, None, message))
            break
    if problems:
        raise InputError(problems)


def _is_on_disk(path: str) -> bool:
    """Return whether a path is a file or a folder, or may become one."""
    if path == "-" or find_descriptor(path) is not None:
        return False
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return "\0" not in path
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def _is_same_place(a: str, b: str) -> bool:
    return is_same_file(a, b) or os.path.realpath(a) == os.path.realpath(b)


def _is_inside(path: str, folder: str) -> bool:
    """Return whether a path is in an existing folder or one of its subfolders, by whatever name or link."""
    return any(is_same_file(parent, folder) for parent in Path(os.path.realpath(path)).parents)


def is_same_file(a: str | os.PathLike[str], b: str | os.PathLike[str]) -> bool:
    """Return whether two paths are one existing file or folder, by whatever name or link."""
    try:
        return os.path.samefile(a, b)
    except (OSError, ValueError):
        return False


def _refuse_busy(target: str, name: str) -> None:
    """Raise BusyError if another process has locked the target itself, which it does while it extends it."""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        handle = os.open(target, os.O_RDONLY | os.O_CLOEXEC)
        try:
            # Who has just replaced the file has it for a moment longer.
            attempts = 20
            while not lock_handle(handle, wait=False):
                attempts -= 1
                if not attempts:
                    raise BusyError(name)
                time.sleep(0.01)
        finally:
            os.close(handle)


def find_descriptor(path: str | os.PathLike[str]) -> int | None:
    """Return the number of the open file that a path such as ``/dev/stdout`` or ``/dev/fd/3`` stands for, or None."""
    match = re.fullmatch(r"/dev/(stdout|stderr)|(?:/dev|/proc/self)/fd/(\d+)", os.path.normpath(path))
    if not match:
        return None
    return int(match[2]) if match[2] else ("stdout", "stderr").index(match[1]) + 1


def _is_special(path: str, target: str) -> bool:
    """Return whether a path exists and is not a file: a device, a pipe, a socket. Raises OSError for a folder."""
    if path.endswith(os.sep):
        raise IsADirectoryError(errno.EISDIR, "is the name of a folder; expected that of a file", path)
    try:
        state = os.stat(path)
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(state.st_mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder; expected the name of a file", path)
    if stat.S_ISREG(state.st_mode) and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "is write-protected", path)
    return not stat.S_ISREG(state.st_mode)


def _refuse_unfit_folder(folder: str, path: str) -> None:
    """Raise OSError, in words, if no file can be created in a folder."""
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {folder}", path)
    if not os.access(folder, os.W_OK | os.X_OK):
        message = f"no permission to create a file in the folder {folder}, where the new file is prepared"
        raise PermissionError(errno.EACCES, message, path)


def _copy_owner(target: str, handle: int) -> None:
    """Let a new file belong to whom the old one belonged, where this process may decide that."""
    with contextlib.suppress(OSError):
        state = os.stat(target)
        os.fchown(handle, state.st_uid, state.st_gid)


def choose_mode(target: str, default: int) -> int:
    """Return the permissions of an existing file or folder, or those that a new one gets: ``default`` by the umask."""
    try:
        return stat.S_IMODE(os.stat(target).st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return default & ~mask
