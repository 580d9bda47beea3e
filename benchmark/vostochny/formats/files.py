"""Read and write files as bytes: local, remote, standard input, gzip; with limits on what one input may take.

Every limit is checked while reading, so that no file, however packed, can fill the memory. A file is opened by its
path; an :class:`OpenPath` lets several readers, one after the other, share one open file.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from vostochny.errors import InputError, Problem, UnreadableFileError, decode
from vostochny.formats import limits, shards
from vostochny.formats.limits import MAX_FILE_BYTES
from vostochny.system import console

MAX_UNPACK_RATIO = 200  # a file that unpacks to more is refused as a gzip bomb; text packs by a factor of 3 to 20
_UNCHECKED_UNPACK_BYTES = 64 << 20  # the ratio is not checked below this size
_GZIP_MAGIC = b"\x1f\x8b"
# By which a format is detected; also the size of a file's buffer, so that detection consumes nothing.
_HEAD_BYTES = 1 << 16
_BLOCK_BYTES = 1 << 20  # read at once where a whole file is read, so that memory follows what is there


_STANDARD_INPUT_NAMES = frozenset(("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"))
_standard_input: list[Any] = []  # sys.stdin, and the reader of it


class _FullReader(io.RawIOBase):
    """Streams, one after the other, as one that fills a buffer before it returns, in whatever pieces a pipe delivers.

    So the first bytes, by which a format is detected, are the same each time. It does not close what it reads.
    """

    def __init__(self, *streams: Any):
        self._streams = list(streams)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        filled = 0
        while filled < len(buffer) and self._streams:
            data = self._streams[0].read(len(buffer) - filled)
            buffer[filled : filled + len(data)] = data
            filled += len(data)
            if not data:
                del self._streams[0]
        return filled


class OpenPath(str):
    """A path that keeps its file open, so that detection, hash and reader together open it once.

    It is a string because a format, which may be a plug-in, takes a path and names it in problems. Pickled, it is the
    path alone: another process opens the file itself. The file is closed with the last reference to the path.
    """

    _file: io.BufferedReader | None = None
    _can_rewind = False
    _is_standard_input = False  # known from the opening on, because a program that ends closes without globals

    def open(self) -> io.BufferedReader:
        """Return the file as stored (not unpacked), at its start. Raises OSError if it cannot be opened."""
        if self._file is None:
            self._file = _open_stored(str(self))
            self._is_standard_input = is_standard_input(self)
            # Standard input is read from where it stands, even if it is a file.
            self._can_rewind = not self._is_standard_input and self._file.seekable()
        elif self._can_rewind:
            self._file.seek(0)
        return self._file

    def load(self, most: int = 0) -> None:
        """Keep the content in memory in place of the file, unless it has more than so many bytes (0: MAX_FILE_BYTES).

        Raises OSError if the file cannot be read, InputError if it is too large and cannot be read twice.
        """
        most = most or MAX_FILE_BYTES
        content = _read_up_to(self.open(), most + 1)
        if len(content) <= most:
            self.close()
            self._file, self._can_rewind = io.BufferedReader(io.BytesIO(content)), True
        elif not self._can_rewind:
            # Who asked may do without; nothing that was read is lost.
            self._file = io.BufferedReader(_FullReader(io.BytesIO(content), self._file), _HEAD_BYTES)
            raise _too_large_error(self)

    def release(self) -> None:
        """Close the file if it cannot be read again from its start, so that the next reader opens it again."""
        if not self._can_rewind:
            self.close()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None and not self._is_standard_input:
            self._file.close()
        self._file = None

    __del__ = close

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


class _CountingReader:
    """A stream that counts the bytes read from it; a pipe or a remote file cannot be asked for its position."""

    def __init__(self, file: IO[bytes]):
        self._file, self.count = file, 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.count += len(data)
        return data


class _GzipReader(io.RawIOBase):
    """A gzip stream that is refused as soon as it unpacks to more than MAX_UNPACK_RATIO times its size."""

    def __init__(self, path: str, file: IO[bytes]):
        self._path, self._packed = path, _CountingReader(file)
        self._file = gzip.GzipFile(fileobj=cast(IO[bytes], self._packed))
        self._out = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._file.read(min(len(buffer), _BLOCK_BYTES))
        except (EOFError, zlib.error, gzip.BadGzipFile) as e:
            raise UnreadableFileError([Problem(self._path, None, None, f"is a broken gzip file: {e}")]) from None
        self._out += len(data)
        if self._out > _UNCHECKED_UNPACK_BYTES and self._out > MAX_UNPACK_RATIO * self._packed.count:
            message = f"unpacks to more than {MAX_UNPACK_RATIO} times its size; if that is right, unpack it yourself"
            raise InputError([Problem(self._path, None, None, message)])
        buffer[: len(data)] = data
        return len(data)


class _RemoteReader(io.RawIOBase):
    """A remote file of fsspec; whatever its filesystem raises becomes an OSError (shards.call_filesystem)."""

    def __init__(self, address: str):
        files, path = shards.open_filesystem(address)
        self._address = address
        self._filesystem = files  # that of an archive closes it with its last reference
        self._file = shards.call_filesystem(address, lambda: files.open(path, "rb", block_size=shards.BLOCK_BYTES))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = shards.call_filesystem(self._address, lambda: self._file.read(len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed and hasattr(self, "_file"):
            # All that is needed was read; an error here would hide why reading ended. No call with a time limit, whose
            # thread could not start where this is called while Python shuts down.
            with contextlib.suppress(Exception):
                self._file.close()
        super().close()


class _RemoteWriter(io.RawIOBase):
    """A new remote file of fsspec, whose every call has a time limit; see :class:`_RemoteReader`."""

    def __init__(self, address: str):
        files, path = shards.open_filesystem(address)
        self._address = address
        self._file = shards.call_filesystem(address, lambda: files.open(path, "wb"))

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        block = bytes(data)
        shards.call_filesystem(self._address, lambda: self._file.write(block))
        return len(block)

    def close(self) -> None:
        try:
            if not self.closed and hasattr(self, "_file"):
                shards.call_filesystem(self._address, self._file.close)
        finally:
            super().close()


def create_remote_file(address: str) -> io.BufferedWriter:
    """Open a remote file for writing; it is there once it is closed. Raises InputError or OSError, as writing does."""
    return io.BufferedWriter(_RemoteWriter(address), shards.BLOCK_BYTES)


@contextlib.contextmanager
def open_file(path: str) -> Iterator[io.BufferedReader]:
    """Open a file, or standard input for ``-``, as bytes; gzip is unpacked. Raises OSError if it cannot be opened."""
    shared = path if isinstance(path, OpenPath) else None
    limits.check_variable()
    file = shared.open() if shared is not None else _open_stored(path)
    try:
        if file.peek(2)[:2] == _GZIP_MAGIC:
            yield io.BufferedReader(_GzipReader(path, file), 1 << 16)
        else:
            yield file
    finally:
        if shared is not None:
            shared.release()
        elif not is_standard_input(path):
            file.close()


def _open_stored(path: str) -> io.BufferedReader:
    """Return a file as stored: a local one, one at an address of fsspec, or standard input. Raises OSError."""
    if is_standard_input(path):
        return _open_standard_input()
    if not shards.is_remote(path):
        file = io.FileIO(path)
        return io.BufferedReader(file if file.seekable() else _FullReader(file), _HEAD_BYTES)
    return io.BufferedReader(_RemoteReader(path), 1 << 20)


def is_standard_input(path: str) -> bool:
    """Return whether a path is standard input: ``-``, or a name that the system has for it."""
    return path in _STANDARD_INPUT_NAMES


def _open_standard_input() -> io.BufferedReader:
    """Return standard input; the same object each time, because it has read ahead. Raises OSError if it is closed."""
    stream = sys.stdin
    if stream is None or stream.closed:
        raise OSError("standard input is closed")
    if _standard_input[:1] != [stream]:
        _standard_input[:] = [stream, io.BufferedReader(_FullReader(stream.buffer), _HEAD_BYTES)]
    return cast(io.BufferedReader, _standard_input[1])


def read_head(path: str) -> bytes:
    """Return the first bytes of a file, unpacked as far as possible, without consuming them.

    They do not depend on how fast a pipe delivers. Raises OSError if the file cannot be opened.
    """
    shared = path if isinstance(path, OpenPath) else OpenPath(path)
    seen = shared.open().peek(_HEAD_BYTES)[:_HEAD_BYTES]
    if seen[:2] != _GZIP_MAGIC:
        return seen
    head = b""
    with contextlib.suppress(EOFError, zlib.error, gzip.BadGzipFile):  # cut off, or broken: the reader will report it
        packed = gzip.GzipFile(fileobj=io.BytesIO(seen))
        while len(head) < _HEAD_BYTES and (data := packed.read1(_HEAD_BYTES)):
            head += data
    return head[:_HEAD_BYTES]


def is_packed(path: str) -> bool:
    """Return whether a file is packed: by its first bytes if it is kept open, else by its name."""
    if isinstance(path, OpenPath):
        with contextlib.suppress(OSError):
            return path.open().peek(2)[:2] == _GZIP_MAGIC
    return path.endswith(".gz")


def is_stream(path: str) -> bool:
    """Return whether a path can be read only once: standard input or a pipe."""
    if is_standard_input(path) or shards.is_remote(path):
        return is_standard_input(path)
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def stored_size(path: str) -> int | None:
    """Return the number of bytes of a file, as stored, without opening it; None where it cannot be known."""
    if is_stream(path):
        return None
    try:
        if shards.is_remote(path):
            files, inside = shards.open_filesystem(path)
            return int(shards.call_filesystem(path, lambda: files.size(inside)))
        return os.path.getsize(path)
    except Exception:  # each filesystem fails in its own ways; reading the file will report it
        return None


def read_bytes(path: str) -> bytes:
    """Return a whole file, unpacked. Raises InputError if it cannot be read or is larger than MAX_FILE_BYTES."""
    try:
        with open_file(path) as file:
            raw = _read_up_to(file, MAX_FILE_BYTES + 1)
    except OSError as e:
        raise InputError([Problem(path, None, None, explain_os_error(e))]) from None
    if len(raw) > MAX_FILE_BYTES:
        raise _too_large_error(path)
    return raw


def _read_up_to(file: IO[bytes], size: int) -> bytes:
    """Return the content of a file, at most so many bytes, block by block: what is asked for at once is allocated."""
    content = io.BytesIO()
    while content.tell() < size and (data := file.read(min(_BLOCK_BYTES, size - content.tell()))):
        content.write(data)
    return content.getvalue()


def _too_large_error(path: str) -> InputError:
    size = f"is larger than {MAX_FILE_BYTES >> 20} MB, and this format is read as a whole"
    message = f"{size}; use JSON Lines, or {limits.describe_way_out()}"
    return InputError([Problem(path, None, None, message)])


def split_lines(text: str) -> Iterator[str]:
    """Yield what ``text.split("\\n")`` returns, without a list of all lines in memory."""
    start = 0
    while start <= len(text):
        end = text.find("\n", start + _BLOCK_BYTES)
        end = len(text) if end < 0 else end
        yield from text[start:end].split("\n")
        start = end + 1


def read_text(path: str) -> str:
    """Return a whole UTF-8 file as text, without a byte order mark; line ends stay as they are. Raises InputError."""
    return decode(path, read_bytes(path)).removeprefix("\ufeff")


@contextlib.contextmanager
def replace_folder(path: str) -> Iterator[Path]:
    """Give an empty folder to write files into, which stand in ``path`` afterwards, all or none (system.folders).

    Raises InputError for ``-``, which takes one file.
    """
    if path == "-":
        message = "is standard output, which takes one file, and this format is a folder of files; give a folder"
        raise InputError([Problem(path, None, None, message)])
    from vostochny.system import folders  # here, because most commands write no folder

    with folders.replace_folder(path) as folder:
        yield folder


def explain_os_error(error: OSError) -> str:
    """Return why a file cannot be read, in words."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    reason = (error.strerror or str(error)).rstrip(".")
    # Not the whole of it: it may contain an address.
    return reason[:1].lower() + reason[1:] if reason[1:2].islower() else reason


def write_text(path: str, written: str) -> None:
    """Write a UTF-8 file, as :func:`write_bytes` does."""
    write_bytes(path, written.encode("utf-8"))


def write_bytes(path: str, raw: bytes) -> None:
    """Write a file, whole or not at all; ``-`` is standard output.

    A name that ends in .gz is packed, with the same bytes each time.
    """
    if path == "-":
        console.write_data(raw)
    else:
        from vostochny.system import outputs  # here, because most commands write no file

        outputs.write_file(path, gzip.compress(raw, mtime=0) if path.endswith(".gz") else raw)
