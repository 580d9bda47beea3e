"""Read and write files as bytes: local, remote, standard input, gzip; with limits on what one input may take.

Every limit is checked while reading, so that no file, however packed, can fill the memory.
"""

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
MAX_FILE_BYTES = 256 << 20  # for formats that are read as a whole
MAX_UNPACK_RATIO = 200  # a file that unpacks to more is refused as a gzip bomb; text packs by a factor of 3 to 20
_UNCHECKED_UNPACK_BYTES = 64 << 20  # the ratio is not checked below this size
_GZIP_MAGIC = b"\x1f\x8b"


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
            data = self._file.read(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile) as e:
            raise UnreadableFileError([Problem(self._path, None, None, f"is a broken gzip file: {e}")]) from None
        self._out += len(data)
        if self._out > _UNCHECKED_UNPACK_BYTES and self._out > MAX_UNPACK_RATIO * self._packed.count:
            message = f"unpacks to more than {MAX_UNPACK_RATIO} times its size; if that is right, unpack it yourself"
            raise InputError([Problem(self._path, None, None, message)])
        buffer[: len(data)] = data
        return len(data)


class _RemoteReader(io.RawIOBase):
    """A remote file of fsspec; whatever its filesystem raises becomes an OSError."""

    def __init__(self, files: Any, path: str):
        self._file = self._translate_errors(lambda: files.open(path, "rb"))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._translate_errors(lambda: self._file.read(len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed and hasattr(self, "_file"):
            self._file.close()
        super().close()

    @staticmethod
    def _translate_errors(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except OSError:
            raise
        except Exception as e:
            raise OSError(str(e) or type(e).__name__) from None


@contextlib.contextmanager
def open_file(path: str) -> Iterator[io.BufferedReader]:
    """Open a file, or standard input for ``-``, as bytes; gzip is unpacked. Raises OSError if it cannot be opened."""
    with _open_raw(path) as file:
        if file.peek(2)[:2] == _GZIP_MAGIC:
            yield io.BufferedReader(_GzipReader(path, file), 1 << 16)
        else:
            yield file


@contextlib.contextmanager
def _open_raw(path: str) -> Iterator[io.BufferedReader]:
    """Open a file without unpacking it, local or at an address of fsspec. Every failure is an OSError."""
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
    """Return the first bytes of a file, unpacked; of standard input only what can be seen without consuming it."""
    if path == "-":
        seen = cast(io.BufferedReader, sys.stdin.buffer).peek(size)[:size]
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(seen, size) if seen[:2] == _GZIP_MAGIC else seen
    with open_file(path) as file:
        return file.read(size)


def read_bytes(path: str) -> bytes:
    """Return a whole file, unpacked. Raises InputError if it cannot be read or is larger than MAX_FILE_BYTES."""
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
    """Return a whole UTF-8 file as text, without a byte order mark; line ends stay as they are. Raises InputError."""
    raw = read_bytes(path)
    try:
        return raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as e:
        line = raw.count(b"\n", 0, e.start) + 1
        message = f"byte 0x{raw[e.start]:02x} at position {e.start} is not UTF-8; save the file as UTF-8"
        raise InputError([Problem(path, line, None, message)]) from None


def make_folder(path: str) -> Path:
    """Return a folder to write files into, created if needed. Raises InputError for ``-``, which takes one file."""
    if path == "-":
        message = "is standard output, which takes one file, and this format is a folder of files; give a folder"
        raise InputError([Problem(path, None, None, message)])
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def explain_os_error(error: OSError) -> str:
    """Return why a file cannot be read, in words."""
    return "no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error)).lower()


def write_text(path: str, written: str) -> None:
    """Write a UTF-8 file, as :func:`write_bytes` does."""
    write_bytes(path, written.encode("utf-8"))


def write_bytes(path: str, raw: bytes) -> None:
    """Write a file; ``-`` is standard output. A name that ends in .gz is packed, with the same bytes each time."""
    if path == "-":
        sys.stdout.buffer.write(raw)
    else:
        Path(path).write_bytes(gzip.compress(raw, mtime=0) if path.endswith(".gz") else raw)
