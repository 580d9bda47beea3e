"""Programs run in a process of their own, as a user runs them."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from scripts.files import ROOT


def run_python(*arguments: str, **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run the interpreter of the tests; ``options`` are those of ``subprocess.run`` (cwd, env, input, check …).

    Both streams are captured, as text unless the options say otherwise.
    """
    return subprocess.run([sys.executable, *arguments], **({"capture_output": True, "text": True} | options))


def run_vostochny(*arguments: str, **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run the command line of the package."""
    return run_python("-m", "vostochny", *arguments, **options)


def run_scripts(*arguments: str, **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run ``python -m scripts`` in the project's root."""
    return run_python("-m", "scripts", *arguments, **({"cwd": ROOT} | options))


def call_main(main: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> tuple[int, str, str]:
    """Run a program's main function in this process; return its exit code and what it printed on each stream."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        try:
            code = main(arguments)
        except SystemExit as end:
            code = int(str(end.code))
    for stream in streams:
        stream.flush()
    printed, errors = (stream.buffer.getvalue().decode("utf-8") for stream in streams)  # type: ignore[attr-defined]
    return code, printed, errors
