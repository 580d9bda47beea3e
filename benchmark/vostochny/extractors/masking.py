"""Mask the secrets in a command line, so that it can be stored and printed."""

from __future__ import annotations

import re
from hashlib import sha256

# A name with one of these words in it is followed by a secret. It is better to mask too much than too little: what is
# masked without need still differs by its hash.
_WORDS = "key|token|secret|pass|pwd|credential|auth|bearer|cookie|session|signature|(?<![a-z])pat(?![a-z])"
_NAME = rf"[\w.-]*(?:{_WORDS})[\w.-]*"
_BEFORE_SECRET = re.compile(
    rf"""
    (?: {_NAME}["'\\]*\s*[=:]\s*                                # API_KEY=…  --token=…  "api_key": …
      | (?<![\w-])--?{_NAME}["'\\]*\s+                           # --api-key …
      | (?<![\w-])(?:-u|--user|--proxy-user)[=\s]+["']?[^\s:"']*:  # -u user:…
      | \b(?=bearer\s)
    )
    (?:["']?(?:bearer|basic|digest|token)\s+)?                   # Authorization: Bearer …
    """,
    re.IGNORECASE | re.VERBOSE,
)
_WHOLE_SECRETS = (
    re.compile(r"(?<=://)[^\s/\"']+(?=@)"),  # https://user:…@host and https://TOKEN@host
    re.compile(r"\b(?:sk|pk|rk|hf|gh[a-z]|github_pat|glpat|xox[a-z]|gsk|r8|pplx|nvapi|ya29)[-_.][\w.-]{6,}"),
    re.compile(r"\b(?:AKIA|ASIA|AIza|eyJ)[\w.-]{8,}"),
)
_MARK = re.compile(r"<secret [0-9a-f]{4}>")
_MARK_DIGITS = 4  # enough to distinguish commands, too few to confirm a guessed password by


def mask_secrets(line: str) -> str:
    """Return a command line with each secret replaced by ``<secret …>`` with a short hash of it.

    The same line gives the same result, so that two lines can be compared. A line that is masked already is returned
    as it is.
    """
    out, at = [], 0
    while match := _BEFORE_SECRET.search(line, at):
        end = _find_end(line, match.end())
        marked = _MARK.match(line, match.end())
        out += [line[at : match.end()], marked[0] if marked else _mark(line[match.end() : end])]
        at = marked.end() if marked else end
    masked = "".join(out) + line[at:]
    for pattern in _WHOLE_SECRETS:
        masked = pattern.sub(lambda m: m[0] if _MARK.search(m[0]) else _mark(m[0]), masked)
    return masked


def _find_end(line: str, start: int) -> int:
    """Return where the shell word ends that ``start`` is in: at a space or quote that does not belong to it."""
    # Inside quotes that were opened before, the same quote ends the word; otherwise it opens a part of it.
    outer = {quote for quote in "\"'" if line.count(quote, 0, start) % 2}
    at = start
    while at < len(line) and not line[at].isspace() and line[at] not in outer:
        if line[at] in "\"'":
            closing = line.find(line[at], at + 1)
            at = len(line) if closing < 0 else closing
        at += 2 if line[at : at + 1] == "\\" else 1
    return min(at, len(line))


def _mark(secret: str) -> str:
    if not secret:
        return ""
    return f"<secret {sha256(secret.encode('utf-8', 'surrogatepass')).hexdigest()[:_MARK_DIGITS]}>"
