"""``command "…"``: run a program in any language that reads and writes one JSON line per article.

It reads ``{"doc_id", "text", "paragraphs", "sentences", "tokens", "zones"}``, spans as ``{"start", "end"}``, and writes
a prediction. It is started once and answers each line before it reads the next. A program that ends after an answer is
started again and given the next article again. Its standard error is passed through.

An answer may have the ``doc_id`` of its article, which is then checked. A line too many means that lines and articles
may no longer match: the answers since the last one with a doc_id are withdrawn (:class:`MismatchError`).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import struct
import subprocess
import termios
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from vostochny.extractors import ExtractorError, MismatchError, Settings, masking
from vostochny.formats.jsonl import parse_json
from vostochny.model import Document, Span
from vostochny.system import interruption

MAX_ANSWER_BYTES = 64 << 20
EXTRA_LINE_WAIT_SECONDS = 0.005  # most programs that write a second line for one article have written it by then
EXIT_WAIT_SECONDS = 2.0  # how long a program may take to end by itself once its input is closed
_BLOCK_BYTES = 1 << 16
_LONGEST_WAIT_SECONDS = 3600.0  # poll takes no longer time than some weeks


def make(argument: str, settings: Settings) -> CommandExtractor:
    """Return the extractor that runs a shell command line."""
    return CommandExtractor(argument, settings.timeout)


def request_line(document: Document) -> str:
    """Return the line of JSON that a program is given for a document."""

    def spans(of: Sequence[Span]) -> list[dict[str, int]]:
        return [{"start": s.start, "end": s.end} for s in of]

    row = {
        "doc_id": document.doc_id,
        "text": document.text,
        "paragraphs": spans(document.paragraphs),
        "sentences": spans(document.sentences),
        "tokens": spans(document.tokens),
        "zones": [{"start": z.span.start, "end": z.span.end, "zone": z.name} for z in document.zones],
    }
    # ASCII, so that no program's locale can misread it.
    return json.dumps(row) + "\n"


class CommandExtractor:
    """An extractor that asks a program; the program is killed, and started again, after an article without an answer.

    Args:
        line: The shell command line.
        timeout: Seconds that the program has for each article.

    Attributes:
        notes: What it wrote after its last answer and was ignored.
    """

    def __init__(self, line: str, timeout: float):
        self.line, self.timeout = line, timeout
        self.notes: list[str] = []
        self._process: _Process | None = None
        # Articles that the running program has answered since the last answer with a doc_id, that one included.
        self._answered: list[str] = []
        self._is_first_verified = False

    def __call__(self, document: Document) -> Mapping[str, Any]:
        line = request_line(document).encode()
        if self._process is not None:
            # The program has answered before and may have ended since. Only asking shows it: try again if so.
            with contextlib.suppress(_Ended):
                return self._ask(document, line)
        return self._ask(document, line)

    def _ask(self, document: Document, line: bytes) -> Mapping[str, Any]:
        if self._process is None:
            self._process = _Process(self.line)
            self._answered, self._is_first_verified = [], False
        try:
            row = _parse_answer(self._process.ask(line, self.timeout))
            self._compare_id(row, document)
        except _ExtraLine:
            self._kill()
            raise self._explain_extra_line() from None
        except BaseException:
            # Anything it still writes belongs to this document and must not be taken as the next one's answer.
            self._kill()
            raise
        return row

    def _compare_id(self, row: Mapping[str, Any], document: Document) -> None:
        """Note whether an answer states its article. Raises MismatchError where it states another one."""
        stated = row.get("doc_id")
        if stated in (document.doc_id, document.short_id):
            self._answered, self._is_first_verified = [], True
        elif isinstance(stated, str) and not document.doc_id.startswith(stated or "\0"):
            in_doubt = self._answered[self._is_first_verified :]
            message = (
                f"the answer for {document.doc_id} has the doc_id {stated!r}; write one line per article, in order"
            )
            raise MismatchError(message, (*in_doubt, document.doc_id))
        self._answered.append(document.doc_id)

    def _explain_extra_line(self) -> MismatchError:
        """Return the error for a line too many: it voids the last answer, and those that no doc_id confirms."""
        last = self._answered[-1]
        in_doubt = self._answered[self._is_first_verified :] or [last]
        message = f"the command wrote more than one line for {last}; write one for each article"
        if len(in_doubt) > 1:
            message += f"; the answers from {in_doubt[0]} on may belong to other articles; write doc_id in each answer"
        return MismatchError(message, tuple(in_doubt))

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    def close(self) -> None:
        """Let the program end; kill it where it does not. Raises MismatchError if it has written a line too many."""
        if self._process is None:
            return
        try:
            lines = [] if interruption.was_interrupted() else self._process.finish()
        finally:
            self._kill()
        if any(map(_is_object, lines)) and self._answered:
            raise self._explain_extra_line()
        if lines:
            self.notes.append(f"the command wrote after its last answer, which is ignored: {_excerpt(lines[0])}")


class _Ended(ExtractorError):
    """The program ended, or closed its output, before it answered."""


class _ExtraLine(ExtractorError):
    """The program wrote a line that cannot be the answer to the request."""


def _parse_answer(raw: bytes) -> dict[str, Any]:
    """Return an answer as an object. Raises ExtractorError where it is not one."""
    if len(raw) >= MAX_ANSWER_BYTES:
        raise ExtractorError(f"the answer is longer than {MAX_ANSWER_BYTES >> 20} MB")
    row, problems = parse_json("answer", None, raw)
    if problems and "appears twice" in problems[0].message:
        raise ExtractorError(f"the answer has a problem at {problems[0].field}: {problems[0].message}")
    if problems:
        advice = "write one prediction per line, and messages to standard error"
        raise ExtractorError(f"the answer is not JSON: {_excerpt(raw)}; {advice}")
    if not isinstance(row, dict):
        expected = "a prediction with any of entities, events, quotes"
        raise ExtractorError(f"the answer is not an object; expected {expected}")
    return row


def _is_object(raw: bytes) -> bool:
    return isinstance(parse_json("answer", None, raw)[0], dict)


def _excerpt(raw: bytes) -> str:
    # Masked, because a program may print the command line that it was started with.
    return repr(masking.mask_secrets(raw[:200].decode("utf-8", "replace"))[:60].strip())


class _Process:
    """A running program, and what was read from it and not yet taken as an answer."""

    def __init__(self, line: str):
        # PYTHONUNBUFFERED: Python buffers what it prints into a pipe; every Python program would have to flush.
        with interruption.hold_signals(shield_children=False):
            self._popen = subprocess.Popen(
                line,
                shell=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,  # its own process group, so that everything the shell started can be killed
            )
            self._take_back = interruption.register_clean_up(self._kill_group)
        assert self._popen.stdout and self._popen.stdin
        self._stdin, self._stdout = self._popen.stdin, self._popen.stdout
        os.set_blocking(self._stdin.fileno(), False)
        self._unsent: memoryview = memoryview(b"")
        self._lines: deque[bytes] = deque()
        self._begun = bytearray()  # of the next line
        self._is_at_end = self._has_answered = self._is_deaf = False

    def ask(self, line: bytes, timeout: float) -> bytes:
        """Return the answer to a line. Raises ExtractorError where none comes in time, or one before the question."""
        if self._has_answered and self._read_line(EXTRA_LINE_WAIT_SECONDS):
            raise _ExtraLine
        self._unsent = memoryview(line)
        raw = self._read_line(timeout)
        if raw is None:
            advice = "write one line for each line read and flush it, or raise --timeout"
            raise ExtractorError(f"no answer in {timeout:g} s; {advice}")
        if not raw:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(EXIT_WAIT_SECONDS)
            raise _Ended(f"the command ended without an answer (exit code {self._popen.poll()})")
        if self._has_answered and (self._is_deaf or self._count_unread() > 1):  # the line end may be read later
            raise _ExtraLine
        self._has_answered = True
        return raw

    def _count_unread(self) -> int:
        """Return how many bytes of the request the program has not read: an answer before that is not its answer."""
        size = fcntl.ioctl(self._stdin, termios.FIONREAD, struct.pack("i", 0))
        unread: int = struct.unpack("i", size)[0]
        return unread + len(self._unsent)

    def _read_line(self, seconds: float) -> bytes | None:
        """Return the next line; b"" at the end of the output, None if nothing comes in time. Sends what is unsent."""
        deadline = time.monotonic() + seconds
        while not self._lines and not self._is_at_end:
            left = deadline - time.monotonic()
            if left < 0:
                return None
            poll = select.poll()
            poll.register(self._stdout, select.POLLIN)
            if self._unsent:
                poll.register(self._stdin, select.POLLOUT)
            ready = [number for number, _ in poll.poll(min(left, _LONGEST_WAIT_SECONDS) * 1000 + 1)]
            if self._stdout.fileno() in ready:
                self._receive()
            elif ready:
                self._send()
        return self._lines.popleft() if self._lines else b""

    def _receive(self) -> None:
        block = os.read(self._stdout.fileno(), _BLOCK_BYTES)
        *whole, rest = block.split(b"\n")
        for line in whole:
            self._lines.append(bytes(self._begun) + line + b"\n")
            self._begun.clear()
        self._begun += rest
        self._is_at_end = not block
        if self._begun and (self._is_at_end or len(self._begun) >= MAX_ANSWER_BYTES):
            self._lines.append(bytes(self._begun))
            self._begun.clear()

    def _send(self) -> None:
        try:
            self._unsent = self._unsent[os.write(self._stdin.fileno(), self._unsent) :]
        except BlockingIOError:
            return
        except OSError:  # it does not read any more: the missing answer will show it
            self._unsent, self._is_deaf = memoryview(b""), True

    def finish(self) -> list[bytes]:
        """Close the program's input and let it end by itself; return the lines that it still wrote, up to an object."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        self._unsent = memoryview(b"")
        lines: list[bytes] = []
        deadline = time.monotonic() + EXIT_WAIT_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            line = self._read_line(min(left, 0.05))
            if line:
                lines += [line] if line.strip() else []
                if _is_object(line):
                    break
            elif line is not None or self._popen.poll() is not None:
                break
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(max(0.0, deadline - time.monotonic()))
        return lines

    def kill(self) -> None:
        """Kill the program and everything it started."""
        self._kill_group()
        self._popen.wait()
        self._take_back()
        for pipe in (self._stdin, self._stdout):
            with contextlib.suppress(OSError):
                pipe.close()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)
