"""Run a command in a real terminal (a pty), as a user sees it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from typing import Any
from unicodedata import category

from scripts.files import ROOT

ESCAPES = "\x1b]0;title\x07 \x1b[2J \x9b31m \x7f \x08 \u202e \u200b"  # what no input may send to a terminal


def find_unsafe(shown: bytes, allowed: str = "") -> set[str]:
    """Return the characters that could act on a terminal, but newline, tab and the ``allowed`` ones."""
    text = shown.decode("utf-8", "surrogateescape")
    return {c for c in text if category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\n", "\t", *allowed}


def run_in_terminal(*arguments: str, **options: Any) -> tuple[int, bytes]:
    """Run ``python ARGUMENTS`` with output and errors on a terminal; return the exit code and the bytes it showed.

    The terminal adds no carriage return to a line feed, so every control byte comes from the command.
    """
    ours, theirs = pty.openpty()
    modes = termios.tcgetattr(theirs)
    modes[1] &= ~termios.OPOST
    termios.tcsetattr(theirs, termios.TCSANOW, modes)
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, **({"cwd": ROOT} | options)) as running:
        os.close(theirs)
        shown = b""
        try:
            while data := os.read(ours, 1 << 16):
                shown += data
        except OSError:  # EIO: the command has ended
            pass
        code = running.wait()
    os.close(ours)
    return code, shown
