"""Runs the steps of a case in this process, in a folder of inputs, and takes down everything it says and writes."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from vostochny import cli

ROOT = Path(__file__).resolve().parents[2]
OUT = "out"  # where a case writes, inside the folder of inputs
# What a terminal, a shell or a machine would add.
PINNED = {
    "COLUMNS": "100", "LINES": "40", "NO_COLOR": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8",
    "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "XDG_DATA_HOME": "data-home",
}  # fmt: skip
Call = Callable[[], str]  # a call of the Python functions; what it returns is what it says


@contextlib.contextmanager
def pinned(folder: Path) -> Iterator[None]:
    """The folder as working folder, and an environment that is the same everywhere."""
    before, here = dict(os.environ), Path.cwd()
    os.environ.update(PINNED)
    os.environ.pop("FORCE_COLOR", None)
    time.tzset()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(before)
        time.tzset()


class Said:
    """Standard input, output and error of one step."""

    def __init__(self, given: bytes):
        self.given, self.out, self.err = (io.TextIOWrapper(io.BytesIO(x), encoding="utf-8", newline="\n") for x in
                                          (given, b"", b""))  # fmt: skip

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Takes them down while it lasts."""
        before = sys.stdin, sys.stdout, sys.stderr
        # A buffered reader, for what looks ahead.
        sys.stdin = io.TextIOWrapper(io.BufferedReader(self.given.buffer), encoding="utf-8")
        sys.stdout, sys.stderr = self.out, self.err
        try:
            yield
        finally:
            sys.stdin, sys.stdout, sys.stderr = before

    def text(self, stream: io.TextIOWrapper) -> bytes:
        stream.flush()
        return stream.buffer.getvalue()  # type: ignore[attr-defined, no-any-return]


def command(argv: Sequence[str]) -> int:
    """The command line; what argparse refuses exits too."""
    try:
        return cli.main(list(argv))
    except SystemExit as e:
        return int(e.code or 0)


def call(function: Call) -> int:
    """A Python call: what it returns is printed; what it raises is told by its kind and words."""
    try:
        print(function())
    except Exception as e:  # whatever it raises is the answer
        print(f"{type(e).__name__}: {e}", file=sys.stderr)
        return 2
    return 0


def step(folder: Path, act: Sequence[str] | Call, given: bytes = b"") -> tuple[int, bytes, bytes]:
    """One command or call; its exit code, standard output and standard error."""
    said = Said(given)
    with pinned(folder), said.taken(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of other libraries, as they come and go
        code = call(act) if callable(act) else command(act)
    return code, said.text(said.out), said.text(said.err)


def emptied(folder: Path) -> None:
    """The folder of outputs, empty."""
    shutil.rmtree(folder / OUT, ignore_errors=True)
    (folder / OUT).mkdir()


def written(folder: Path) -> dict[str, bytes]:
    """The files that are in the folder of outputs, by their path from it."""
    out = folder / OUT
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def nameless(content: bytes, folder: Path) -> bytes:
    """The content without the paths of this machine."""
    for path, name in ((folder, b"<work>"), (folder.resolve(), b"<work>"), (ROOT, b"<root>")):
        content = content.replace(os.fsencode(path), name)
    return content
