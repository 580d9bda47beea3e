"""Files as bytes: standard input, gzip, and limits, so that no input can fill the memory."""

from __future__ import annotations

import contextlib
import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

from vostochny.errors import InputError, Problem, UnreadableFileError
from vostochny.formats import shards

MAX_LINE_BYTES = 64 << 20
MAX_FILE_BYTES = 256 << 20  # of a file that is read as a whole
MAX_UNPACK_RATIO = 200  # a packed file that grows by more is no annotation; text packs by 3 to 20
_UNCHECKED_UNPACK_BYTES = 64 << 20  # what any packed file may hold
_GZIP_MAGIC = b"\x1f\x8b"


class _CountingReader:
    """A stream that knows how much was read of it; one that comes over a wire or a pipe cannot be asked."""

    def __init__(self, file: IO[bytes]):
        self._file, self.count = file, 0

    def read(self, size: int = -1) -> bytes:
        got = self._file.read(size)
        self.count += len(got)
        return got


class _GzipReader(io.RawIOBase):
    """A gzip stream that refuses to grow without measure."""

    def __init__(self, path: str, file: IO[bytes]):
        self._path, self._packed = path, _CountingReader(file)
        self._file = gzip.GzipFile(fileobj=cast(IO[bytes], self._packed))
        self._out = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            got = self._file.read(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile) as e:
            raise UnreadableFileError([Problem(self._path, None, None, f"is a broken gzip file: {e}")]) from None
        self._out += len(got)
        if self._out > _UNCHECKED_UNPACK_BYTES and self._out > MAX_UNPACK_RATIO * self._packed.count:
            message = (
                f"unpacks to more than {MAX_UNPACK_RATIO} times its size; unpack it yourself if it is what it should be"
            )
            raise InputError([Problem(self._path, None, None, message)])
        buffer[: len(got)] = got
        return len(got)


class _RemoteReader(io.RawIOBase):
    """A file of fsspec, whose every failure is an OSError: each filesystem fails in its own ways."""

    def __init__(self, files: Any, path: str):
        self._file = self._tried(lambda: files.open(path, "rb"))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        got = self._tried(lambda: self._file.read(len(buffer)))
        buffer[: len(got)] = got
        return len(got)

    def close(self) -> None:
        if not self.closed and hasattr(self, "_file"):
            self._file.close()
        super().close()

    @staticmethod
    def _tried(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except OSError:
            raise
        except Exception as e:
            raise OSError(str(e) or type(e).__name__) from None


@contextlib.contextmanager
def open_file(path: str) -> Iterator[io.BufferedReader]:
    """A file, or standard input for ``-``, as bytes; gzip is unpacked. Raises OSError where it cannot be opened."""
    with _open_raw(path) as file:
        if file.peek(2)[:2] == _GZIP_MAGIC:
            yield io.BufferedReader(_GzipReader(path, file), 1 << 16)
        else:
            yield file


@contextlib.contextmanager
def _open_raw(path: str) -> Iterator[io.BufferedReader]:
    """A file as it lies there, here or at an address of fsspec, whose every failure becomes an OSError."""
    if path == "-":
        yield cast(io.BufferedReader, sys.stdin.buffer)
        return
    if not shards.is_remote(path):
        with open(path, "rb") as file:
            yield file
        return
    files, inside = shards.open_filesystem(path)
    with io.BufferedReader(_RemoteReader(files, inside), 1 << 20) as file:
        yield cast(io.BufferedReader, file)


def read_head(path: str, size: int = 1 << 16) -> bytes:
    """The first bytes of a file, unpacked; of standard input what can be seen without taking it."""
    if path == "-":
        seen = cast(io.BufferedReader, sys.stdin.buffer).peek(size)[:size]
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(seen, size) if seen[:2] == _GZIP_MAGIC else seen
    with open_file(path) as file:
        return file.read(size)


def read_bytes(path: str) -> bytes:
    """All of a file. Raises InputError where it cannot be read or is larger than MAX_FILE."""
    try:
        with open_file(path) as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as e:
        raise InputError([Problem(path, None, None, explain_os_error(e))]) from None
    if len(raw) > MAX_FILE_BYTES:
        message = f"is larger than {MAX_FILE_BYTES >> 20} MB, and this format is read as a whole; use JSON Lines"
        raise InputError([Problem(path, None, None, message)])
    return raw


def read_text(path: str) -> str:
    """All of a UTF-8 file, without a byte order mark; line ends stay as they are."""
    raw = read_bytes(path)
    try:
        return raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as e:
        line = raw.count(b"\n", 0, e.start) + 1
        message = f"byte 0x{raw[e.start]:02x} at position {e.start} is not UTF-8; save the file as UTF-8"
        raise InputError([Problem(path, line, None, message)]) from None


def make_folder(path: str) -> Path:
    """A folder to write files into, made if it is not there. Raises InputError for ``-``, which can take one file."""
    if path == "-":
        message = "is standard output, and this format is a folder of files; give the folder's name"
        raise InputError([Problem(path, None, None, message)])
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def explain_os_error(error: OSError) -> str:
    """Why a file cannot be read, in words."""
    return "no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error)).lower()


def write_text(path: str, written: str) -> None:
    """Write a UTF-8 file, as :func:`write_bytes` does."""
    write_bytes(path, written.encode("utf-8"))


def write_bytes(path: str, raw: bytes) -> None:
    """Write a file; ``-`` is standard output, a name that ends in .gz is packed (the same bytes each time)."""
    if path == "-":
        sys.stdout.buffer.write(raw)
    else:
        Path(path).write_bytes(gzip.compress(raw, mtime=0) if path.endswith(".gz") else raw)
