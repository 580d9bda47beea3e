"""``command "…"``: run a program in any language that reads and writes one JSON line per article.

It reads ``{"doc_id", "text", "paragraphs", "sentences", "tokens", "zones"}``, spans as ``{"start", "end"}``, and writes
a prediction. It is started once and answers each line before it reads the next. A program that ends after an answer is
started again and given the next article again. Its standard error is passed through.
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
from vostochny.formats.jsonl import parse_json
from vostochny.model import Document, Span

MAX_ANSWER_BYTES = 64 << 20
EXTRA_LINE_WAIT_SECONDS = 0.005  # a second line for one article, if any, has come by then
EXIT_WAIT_SECONDS = 2.0  # how long a program may take to end by itself once its input is closed


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
    """

    def __init__(self, line: str, timeout: float):
        self.line, self.timeout = line, timeout
        self._process: _Process | None = None

    def __call__(self, document: Document) -> Mapping[str, Any]:
        line = request_line(document)
        if self._process is not None:
            # The program has answered before and may have ended since. Only asking shows it: try again if so.
            with contextlib.suppress(_Ended):
                return self._ask(line)
        return self._ask(line)

    def _ask(self, line: str) -> Mapping[str, Any]:
        self._process = self._process or _Process(self.line)
        try:
            return self._process.ask(line, self.timeout)
        except ExtractorError:
            # Anything it still writes belongs to this document and must not be taken as the next one's answer.
            self._process.kill()
            self._process = None
            raise

    def close(self) -> None:
        """Let the program end; kill it where it does not."""
        if self._process:
            self._process.close()
            self._process = None


class _Ended(ExtractorError):
    """The program ended, or closed its output, before it answered."""


class _Process:
    """A running program. A thread reads its answers, so that waiting for one can time out."""

    def __init__(self, line: str):
        # PYTHONUNBUFFERED: Python buffers what it prints into a pipe; every Python program would have to flush.
        self._popen = subprocess.Popen(
            line,
            shell=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # its own process group, so that everything the shell started can be killed
        )
        self._answers: queue.Queue[bytes] = queue.Queue()
        self._answered = False
        assert self._popen.stdout and self._popen.stdin
        self._stdin: IO[bytes] = self._popen.stdin
        threading.Thread(target=self._read, args=(self._popen.stdout,), daemon=True).start()

    def _read(self, stdout: IO[bytes]) -> None:
        with stdout:
            while True:
                line = stdout.readline(MAX_ANSWER_BYTES)
                self._answers.put(line)
                if not line or not line.endswith(b"\n"):  # the end, or longer than an answer may be
                    self._answers.put(b"")
                    return

    def _write(self, line: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):  # it has ended: the missing answer will show it
            self._stdin.write(line)
            self._stdin.flush()

    def ask(self, line: str, timeout: float) -> dict[str, Any]:
        """Return the answer to a line. Raises ExtractorError where none comes in time or it is not a JSON object."""
        raw = self._read_extra_line() if self._answered else None
        if raw:
            # It would be taken as the answer to this line, and every later answer as that to the line after its own.
            raise ExtractorError("the command wrote more than one line for the article before; write one for each")
        if raw is None:
            # Written by a thread, because a program that does not read would block us once the pipe is full.
            threading.Thread(target=self._write, args=(line.encode(),), daemon=True).start()
            try:
                raw = self._answers.get(timeout=timeout)
            except queue.Empty:
                advice = "write one line for each line read and flush it, or raise --timeout"
                raise ExtractorError(f"no answer in {timeout:g} s; {advice}") from None
        if not raw:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(EXIT_WAIT_SECONDS)
            code = self._popen.poll()
            raise _Ended(f"the command ended without an answer (exit code {code})")
        if len(raw) >= MAX_ANSWER_BYTES:
            raise ExtractorError(f"the answer is longer than {MAX_ANSWER_BYTES >> 20} MB")
        row, problems = parse_json("answer", None, raw)
        if problems and "appears twice" in problems[0].message:
            raise ExtractorError(f"the answer has a problem at {problems[0].field}: {problems[0].message}")
        if problems:
            excerpt = raw[:60].decode("utf-8", "replace").strip()
            advice = "write one prediction per line, and messages to standard error"
            message = f"the answer is not JSON: {excerpt!r}; {advice}"
            raise ExtractorError(message)
        if not isinstance(row, dict):
            expected = "a prediction with any of entities, events, quotes"
            raise ExtractorError(f"the answer is not an object; expected {expected}")
        self._answered = True
        return row

    def _read_extra_line(self) -> bytes | None:
        """Return a line written since the last answer; b"" where the program has ended, None where there is none."""
        try:
            return self._answers.get(timeout=EXTRA_LINE_WAIT_SECONDS)
        except queue.Empty:
            return None

    def kill(self) -> None:
        """Kill the program and everything it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()
        with contextlib.suppress(OSError):
            self._stdin.close()

    def close(self) -> None:
        """Close the program's input, let it end by itself, and kill it where it does not."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(EXIT_WAIT_SECONDS)
        self.kill()
