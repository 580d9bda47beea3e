"""The one printer: text for people and data for other programs, on standard output and standard error.

What is printed may contain whatever an input contained. In text for people every control character but newline and tab
is shown as an escape (``\\x1b``), so that no input can send commands to a terminal. Data for other programs
(:func:`write_data`) is written as it is, unless standard output is a terminal.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

# Control characters (C0 but tab and newline, DEL, C1), line and paragraph separators, what changes the direction of
# writing, and halves of characters.
_UNSAFE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_COLOUR = "\x1b\\[[0-9;]*m"
_UNSAFE_OR_COLOUR = re.compile(f"({_COLOUR})|{_UNSAFE.pattern}")
# For streams of another encoding than UTF-8.
_ASCII_FORMS = str.maketrans({
    "–": "-", "—": "-", "−": "-", "…": "...", "·": "|", "→": "->", "×": "x", "≥": ">=", "≤": "<=", "±": "+-",
    "‘": "'", "’": "'", "“": '"', "”": '"', "«": '"', "»": '"', "━": "=", "─": "-", "│": "|", "✓": "+", "✗": "x",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ",
})  # fmt: skip


_status_columns = [0]  # length of the line that show_status has shown last


def escape(text: str) -> str:
    """Return a text with every character that could act on a terminal shown as an escape; newline and tab stay."""
    return _UNSAFE.sub(_show, text) if _UNSAFE.search(text) else text


def print_text(text: str, colours: bool = False) -> None:
    """Write a text of one or more lines to standard output; the last one gets its newline if it has none, an empty text
    writes nothing.

    ``colours`` lets colour sequences through; the caller must then have escaped what came from an input.
    """
    safe = _UNSAFE_OR_COLOUR.sub(lambda m: m[1] or _show(m), text) if colours else escape(text)
    _write(_get_output(), f"{safe}\n" if safe and not safe.endswith("\n") else safe)


def print_line(text: object = "") -> None:
    """Print one line on standard output; a line break in the text is shown as an escape."""
    _write(_get_output(), f"{_to_line(text)}\n")


def print_error(text: object) -> None:
    """Print one line, or the lines of a text, on standard error; where that is closed there is nobody to tell."""
    stream = sys.stderr
    if stream is None or stream.closed:
        return
    try:
        for line in str(text).split("\n"):
            _write(stream, f"{_to_line(line)}\n")
        stream.flush()
    except OSError:
        return


def show_status(text: str) -> None:
    """Show a line at the bottom of the terminal in place of the one before; an empty text removes it.

    Silent where standard error is not a terminal.
    """
    stream = sys.stderr
    try:
        if stream is not None and not stream.closed and stream.isatty():
            line = _to_line(text)
            # Blanks in place of the line before, not the terminal's own sequence for that: no escape is ever printed.
            _write(stream, f"\r{line:{_status_columns[0]}}\r{line}" if line else f"\r{'':{_status_columns[0]}}\r")
            _status_columns[0] = len(line)
            stream.flush()
    except OSError:  # the terminal has gone
        return


def write_data(content: str | bytes, stream: TextIO | None = None) -> None:
    """Write data for another program to standard output, untouched; on a terminal with control characters escaped.

    Text is written as UTF-8, whatever the encoding of the terminal. ``stream`` may stand in for standard output.
    """
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    stream = _get_output() if stream is None else stream
    stream.flush()
    buffer = getattr(stream, "buffer", None)
    if buffer is None or stream.isatty():
        # As JSON writes escapes, so that JSON stays JSON.
        text = raw.decode("utf-8", "replace")
        _write(stream, _UNSAFE.sub(lambda m: f"\\u{ord(m[0]):04x}", text))
    else:
        buffer.write(raw)


def flush() -> None:
    """Write out what is buffered, so that a full disk or a closed pipe is noticed here. Raises OSError."""
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()


def discard_output() -> None:
    """Send what is still buffered for standard output nowhere, or Python would report it again at its end."""
    if sys.stdout is None or sys.stdout.closed:
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):  # a stand-in without a file descriptor
        return


def repair_streams() -> None:
    """Occupy the file descriptors 0 to 2 where the caller has closed them.

    Otherwise the next file that is opened would get such a number, and whatever writes to standard output or standard
    error, such as a child process, would write into that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number: this one


def explain(error: OSError) -> str:
    """Return an error of the system in words, with the name of the file where it has one."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename else reason


def _to_line(text: object) -> str:
    from vostochny.errors import to_printable_line  # slow to import, and --help prints none

    return to_printable_line(str(text))


def _get_output() -> TextIO:
    """Return standard output. Raises OSError where it is closed."""
    if sys.stdout is None or sys.stdout.closed:
        raise OSError("standard output is closed")
    return sys.stdout


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.translate(_ASCII_FORMS).encode(encoding, "backslashreplace").decode(encoding))


def _show(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
