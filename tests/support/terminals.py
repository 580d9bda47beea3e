"""Run a command in a real terminal (a pty), as a user sees it."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from typing import Any
from unicodedata import category, east_asian_width

from scripts.files import ROOT

ESCAPES = "\x1b]0;title\x07 \x1b[2J \x9b31m \x7f \x08 \u202e \u200b"  # what no input may send to a terminal


def find_unsafe(shown: bytes, allowed: str = "") -> set[str]:
    """Return the characters that could act on a terminal, but newline, tab and the ``allowed`` ones."""
    text = shown.decode("utf-8", "surrogateescape")
    return {c for c in text if category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\n", "\t", *allowed}


def read_screen(shown: bytes, columns: int = 1000) -> list[str]:
    """Return the lines that a terminal of so many columns has after these bytes; what returns to a line's begin stays.

    A wide character takes two columns, a line that is too long goes on in the next one.
    """
    lines: list[list[str]] = [[]]
    at = 0
    for character in shown.decode("utf-8"):
        if character in "\r\n":
            at = 0
            if character == "\n":
                lines.append([])
            continue
        width = 2 if east_asian_width(character) in "WF" else 1
        if at + width > columns:
            lines.append([])
            at = 0
        row = lines[-1]
        row += " " * (at + width - len(row))
        row[at : at + width] = [character, *[""] * (width - 1)]
        at += width
    return ["".join(row).rstrip() for row in lines]


def run_in_terminal(*arguments: str, columns: int = 80, interrupt_at: bytes = b"", **options: Any) -> tuple[int, bytes]:
    """Run ``python ARGUMENTS`` with output and errors on a terminal; return the exit code and the bytes it showed.

    The terminal adds no carriage return to a line feed, so every control byte comes from the command.

    Args:
        arguments: those of Python.
        columns: the width of the terminal.
        interrupt_at: what the command shows before it is interrupted, by the signal of ^C.
        options: those of ``subprocess.Popen``.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
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
                if interrupt_at and interrupt_at in shown:
                    running.send_signal(signal.SIGINT)
                    interrupt_at = b""
        except OSError:  # EIO: the command has ended
            pass
        code = running.wait()
    os.close(ours)
    return code, shown
