"""Run the steps of a case in this process, in a folder of inputs; capture everything printed and written."""

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
# Everything that a terminal, a shell or a machine could add to an answer.
ENVIRONMENT = {
    "COLUMNS": "100", "LINES": "40", "NO_COLOR": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8",
    "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "XDG_DATA_HOME": "data-home",
}  # fmt: skip
Call = Callable[[], str]  # a call of the Python functions; the text it returns counts as printed


@contextlib.contextmanager
def fixed_environment(folder: Path) -> Iterator[None]:
    """Use the folder as working folder, with an environment that is the same everywhere."""
    before, here = dict(os.environ), Path.cwd()
    os.environ.update(ENVIRONMENT)
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


class Streams:
    """Standard input, output and error of one step."""

    def __init__(self, stdin: bytes):
        self.stdin, self.out, self.err = (io.TextIOWrapper(io.BytesIO(x), encoding="utf-8", newline="\n") for x in
                                          (stdin, b"", b""))  # fmt: skip

    @contextlib.contextmanager
    def redirect(self) -> Iterator[None]:
        """Redirect the process's streams to these."""
        before = sys.stdin, sys.stdout, sys.stderr
        # A buffered reader, for code that peeks ahead.
        sys.stdin = io.TextIOWrapper(io.BufferedReader(self.stdin.buffer), encoding="utf-8")
        sys.stdout, sys.stderr = self.out, self.err
        try:
            yield
        finally:
            sys.stdin, sys.stdout, sys.stderr = before

    def text(self, stream: io.TextIOWrapper) -> bytes:
        stream.flush()
        return stream.buffer.getvalue()  # type: ignore[attr-defined, no-any-return]


def command(argv: Sequence[str]) -> int:
    """Run a command line; return its exit code, also where argparse exits."""
    try:
        return cli.main(list(argv))
    except SystemExit as e:
        return int(e.code or 0)


def call(function: Call) -> int:
    """Run a Python call; print what it returns, or the name and words of what it raises."""
    try:
        print(function())
    except Exception as e:  # whatever it raises is the answer
        print(f"{type(e).__name__}: {e}", file=sys.stderr)
        return 2
    return 0


def step(folder: Path, act: Sequence[str] | Call, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
    """Run one command or call; return its exit code, standard output and standard error."""
    streams = Streams(stdin)
    with fixed_environment(folder), streams.redirect(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of other libraries come and go
        code = call(act) if callable(act) else command(act)
    return code, streams.text(streams.out), streams.text(streams.err)


def empty_output_folder(folder: Path) -> None:
    """Make the folder of outputs, empty."""
    shutil.rmtree(folder / OUT, ignore_errors=True)
    (folder / OUT).mkdir()


def read_output_files(folder: Path) -> dict[str, bytes]:
    """Return the files in the folder of outputs, by their path inside it."""
    out = folder / OUT
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def without_paths(content: bytes, folder: Path) -> bytes:
    """Replace the paths of this machine by fixed names."""
    for path, name in ((folder, b"<work>"), (folder.resolve(), b"<work>"), (ROOT, b"<root>")):
        content = content.replace(os.fsencode(path), name)
    return content
