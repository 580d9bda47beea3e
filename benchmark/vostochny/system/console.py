"""The one printer: text for people and data for other programs, on standard output and standard error.

What is printed may contain whatever an input contained. In text for people every control character but newline and tab
is shown as an escape (``\\x1b``), so that no input can send commands to a terminal. Data for other programs
(:func:`write_data`) is written as it is, unless standard output is a terminal. What libraries write to the streams
themselves, such as warnings, logs and tracebacks, is escaped there (:func:`guard_stream`).
"""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable
from typing import TextIO

# What could act on a terminal or is invisible: control characters (but tab and newline), format characters, which also
# change the direction of writing, line and paragraph separators, halves of characters.
_UNSAFE_CATEGORIES = frozenset(("Cc", "Cf", "Zl", "Zp", "Cs"))
_SUSPECT = re.compile(r"[^\w\n\t -~]")  # all of these and more, since a pattern of exactly these is slow to compile
_COLOUR = re.compile("(\x1b\\[[0-9;]*m)")
# For streams of another encoding than UTF-8.
_ASCII_FORMS = str.maketrans({
    "–": "-", "—": "-", "−": "-", "…": "...", "·": "|", "→": "->", "×": "x", "≥": ">=", "≤": "<=", "±": "+-",
    "‘": "'", "’": "'", "“": '"', "”": '"', "«": '"', "»": '"', "━": "=", "─": "-", "│": "|", "✓": "+", "✗": "x",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ",
})  # fmt: skip


def _to_escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


status_columns = [0]  # width of the line that show_status has shown last
RESERVED_COLUMNS = 3  # the last one, behind which some terminals break a line, and two for the ^C of an interruption
_DEFAULT_COLUMNS = 80  # of a terminal that does not tell


def escape(text: str, form: Callable[[str], str] = _to_escape) -> str:
    """Return a text with every character that could act on a terminal shown as an escape; newline and tab stay.

    ``form`` returns how to show one of these characters.
    """
    return _SUSPECT.sub(lambda match: match[0] if _is_safe(match[0]) else form(match[0]), text)


def _is_safe(character: str) -> bool:
    if character.isprintable():
        return True
    from unicodedata import category  # slow to import, and most texts have none of these

    return category(character) not in _UNSAFE_CATEGORIES


def print_text(text: str, colours: bool = False) -> None:
    """Write a text of one or more lines to standard output; the last one gets its newline if it has none, an empty text
    writes nothing.

    ``colours`` lets colour sequences through; the caller must then have escaped what came from an input.
    """
    parts = _COLOUR.split(text) if colours else [text]  # the odd ones are colours
    safe = "".join(part if number % 2 else escape(part) for number, part in enumerate(parts))
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

    It is removed by itself before anything else is printed. Silent where standard error is not a terminal.
    """
    stream = sys.stderr
    if not text and not status_columns[0]:
        return
    try:
        if is_terminal(stream):
            line, columns = _cut_line(_to_line(text), count_columns(stream) - RESERVED_COLUMNS)
            # Blanks in place of the line before, not the terminal's own sequence for that: no escape is ever printed.
            blanks = " " * (status_columns[0] - columns)
            _emit(stream, f"\r{line}{blanks}\r{line}" if line else f"\r{blanks}\r")
            status_columns[0] = columns
            stream.flush()
    except (OSError, ValueError):  # the terminal has gone, or the stream was closed meanwhile
        status_columns[0] = 0


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is open and a terminal."""
    return stream is not None and not stream.closed and stream.isatty()


def count_columns(stream: TextIO) -> int:
    """Return the width of the terminal that a stream is."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or _DEFAULT_COLUMNS
    except (OSError, ValueError, AttributeError):
        return _DEFAULT_COLUMNS


def _cut_line(line: str, columns: int) -> tuple[str, int]:
    """Return as much of a line as so many columns hold, and how many of them it takes: a wide character takes two."""
    if line.isascii():
        return line[: max(columns, 0)], min(len(line), max(columns, 0))
    from unicodedata import east_asian_width

    used = 0
    for number, character in enumerate(line):
        width = 2 if east_asian_width(character) in "WF" else 1
        if used + width > columns:
            return line[:number], used
        used += width
    return line, used


def write_data(content: str | bytes, stream: TextIO | None = None) -> None:
    """Write data for another program to standard output, untouched; on a terminal with control characters escaped.

    Text is written as UTF-8, whatever the encoding of the terminal. ``stream`` may stand in for standard output.
    """
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    show_status("")
    stream = _get_output() if stream is None else stream
    stream.flush()
    buffer = getattr(stream, "buffer", None)
    if buffer is None or stream.isatty():
        from json import dumps

        # As JSON writes escapes, so that JSON stays JSON.
        _write(stream, escape(raw.decode("utf-8", "replace"), lambda character: dumps(character)[1:-1]))
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
    """Occupy the file descriptors 0 to 2 where the caller has closed them, and guard the streams of this process.

    Otherwise the next file that is opened would get such a number, and whatever writes to standard output or standard
    error, such as a child process, would write into that file.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            guard_stream(stream)
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number: this one


def guard_stream(stream: TextIO) -> None:
    """Let everything that is written to a stream be escaped, whoever writes it: warnings, logs, a stray ``print``."""
    if hasattr(stream.write, "__wrapped__"):
        return  # it is guarded already

    unguarded = stream.write

    @functools.wraps(unguarded)
    def write(text: str) -> int:
        start = 0
        show_status("")
        # A progress bar begins with what returns to its own line.
        if text[:1] in "\r\x1b" and sys._getframe(1).f_globals.get("__name__", "").startswith("tqdm."):
            start = re.match("\r|(\x1b\\[A)*", text).end()  # type: ignore[union-attr]
        _encode(unguarded, stream.encoding, text[:start] + escape(text[start:]))
        return len(text)

    stream.write = write  # type: ignore[method-assign]


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
    """Write a text that is escaped already, in place of a status line."""
    show_status("")
    _emit(stream, text)


def _emit(stream: TextIO, text: str) -> None:
    """Write to a stream what is escaped already."""
    _encode(getattr(stream.write, "__wrapped__", stream.write), stream.encoding, text)


def _encode(write: Callable[[str], object], encoding: str | None, text: str) -> None:
    """Write a text to a stream, in other characters where its encoding does not have them."""
    try:
        write(text)
    except UnicodeEncodeError:
        encoding = encoding or "ascii"
        write(text.translate(_ASCII_FORMS).encode(encoding, "backslashreplace").decode(encoding))
