"""``command "…"``: a program in any language, one JSON line in and one JSON line out for each article.

In: ``{"doc_id", "text", "paragraphs", "sentences", "tokens", "zones"}``, spans as ``{"start", "end"}``. Out: a
prediction. The program is started once and answers each line before it reads the next; one that ends after an answer is
started again, and given anew what it was to answer next. What it writes to standard error is passed through.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import IO, Any

from vostochny.extractors import ExtractorError, Settings
from vostochny.model import Document, Span

MAX_ANSWER = 64 << 20
MOMENT = 0.005  # seconds in which a second line of one answer would have come
GRACE = 2.0  # seconds a program has to end by itself once there is nothing more to read


def make(argument: str, settings: Settings) -> CommandExtractor:
    """The extractor of a shell command line."""
    return CommandExtractor(argument, settings.timeout)


def question(document: Document) -> str:
    """What a program is given for a document: one line of JSON."""

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
    """Runs a program; ``timeout`` seconds for each document, after which it is ended and started anew."""

    def __init__(self, line: str, timeout: float):
        self.line, self.timeout = line, timeout
        self._process: _Process | None = None

    def __call__(self, document: Document) -> Mapping[str, Any]:
        line = question(document)
        if self._process is not None:
            # It has answered before, and may have ended since: only the missing answer tells for certain.
            with contextlib.suppress(_Ended):
                return self._asked(line)
        return self._asked(line)

    def _asked(self, line: str) -> Mapping[str, Any]:
        self._process = self._process or _Process(self.line)
        try:
            return self._process.ask(line, self.timeout)
        except ExtractorError:
            # Whatever it still writes belongs to this document, not to the next.
            self._process.kill()
            self._process = None
            raise

    def close(self) -> None:
        """Let the program end; end it where it does not."""
        if self._process:
            self._process.close()
            self._process = None


class _Ended(ExtractorError):
    """The program ended, or closed its output, before it answered."""


class _Process:
    """One run of the program, its answers read by a thread so that a wait can end."""

    def __init__(self, line: str):
        # Python holds back what it prints into a pipe; without this every Python program would have to flush.
        self._popen = subprocess.Popen(
            line,
            shell=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # a group of its own: what the shell started ends with it
        )
        self._answers: queue.Queue[bytes] = queue.Queue()
        self._answered = False
        assert self._popen.stdout and self._popen.stdin
        self._stdin: IO[bytes] = self._popen.stdin
        threading.Thread(target=self._read, args=(self._popen.stdout,), daemon=True).start()

    def _read(self, stdout: IO[bytes]) -> None:
        with stdout:
            while True:
                line = stdout.readline(MAX_ANSWER)
                self._answers.put(line)
                if not line or not line.endswith(b"\n"):
                    self._answers.put(b"")
                    return

    def _write(self, line: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):  # ended, or closed: the missing answer says so
            self._stdin.write(line)
            self._stdin.flush()

    def ask(self, line: str, timeout: float) -> dict[str, Any]:
        """The answer to one line. Raises ExtractorError where there is none in time or it is no JSON object."""
        raw = self._unasked() if self._answered else None
        if raw:
            # It would be taken for the answer to this question, and each answer for that to the next.
            raise ExtractorError("the command wrote more than one line for the article before; write one for each")
        if raw is None:
            # A program that does not read must not stop us either.
            threading.Thread(target=self._write, args=(line.encode(),), daemon=True).start()
            try:
                raw = self._answers.get(timeout=timeout)
            except queue.Empty:
                wanted = "write one line for each line read and flush it, or raise --timeout"
                raise ExtractorError(f"no answer in {timeout:g} s; {wanted}") from None
        if not raw:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(GRACE)
            code = self._popen.poll()
            raise _Ended(f"the command ended without an answer (exit code {code})")
        if len(raw) >= MAX_ANSWER:
            raise ExtractorError(f"the answer is longer than {MAX_ANSWER >> 20} MB")
        try:
            row = json.loads(raw)
        except (ValueError, RecursionError):
            shown = raw[:60].decode("utf-8", "replace").strip()
            message = f"the answer is not JSON: {shown!r}; write one prediction a line, and messages to standard error"
            raise ExtractorError(message) from None
        if not isinstance(row, dict):
            raise ExtractorError("the answer is no object; expected a prediction with any of entities, events, quotes")
        self._answered = True
        return row

    def _unasked(self) -> bytes | None:
        """What it has written since its last answer: a line, b"" where it has ended, None where there is nothing."""
        try:
            return self._answers.get(timeout=MOMENT)
        except queue.Empty:
            return None

    def kill(self) -> None:
        """End the program and all it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()
        with contextlib.suppress(OSError):
            self._stdin.close()

    def close(self) -> None:
        """Close its input and give it a moment."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(GRACE)
        self.kill()
