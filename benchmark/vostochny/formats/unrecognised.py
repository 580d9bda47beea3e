"""Say what a file is that no reader knows, and what a line of predictions looks like."""

from __future__ import annotations

import re

EXAMPLE_LINE = '{"doc_id": "003", "entities": [{"start": 8, "end": 13, "type": "PER"}]}'
MAX_SHOWN_COLUMNS = 8

# What the bytes of a file begin with, and what such a file is.
_BEGINNINGS = (
    (rb"PK\x03\x04", "is a ZIP archive, as .xlsx and .docx files are; unpack or export it"),
    (rb"%PDF-", "is a PDF; extract its data"),
    (rb"\x1f\x8b", "is packed twice; unpack it once"),
    (rb"(?i)<think", "is a language model's answer with its reasoning; keep the JSON inside it alone"),
    (rb"(?i)<(!doctype|\?xml|html|[a-z])", "is XML or HTML"),
    (rb"```|#{1,6} |\||[-*] |\*\*", "is Markdown; keep the data inside it alone, without fences and prose"),
)


def is_utf16(head: bytes) -> bool:
    """Return whether the beginning of a file is UTF-16: by its mark, or because every second byte of a text is zero."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    start = head[:200]
    zeros = [start[i::2].count(0) for i in (0, 1)]
    return len(start) >= 4 and max(zeros) > 0.9 * (len(start) // 2) and min(zeros) == 0


def describe(head: bytes) -> str:
    """Return what a file is, by its beginning, in words that follow its name; "" if it looks like nothing known."""
    if is_utf16(head):
        return "is UTF-16; save it as UTF-8"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for pattern, what in _BEGINNINGS:
        if re.match(pattern, start):
            return what
    lines = [line for line in start.decode("utf-8", "replace").splitlines()[:3] if line.strip()]
    for separator in ("\t", ";", ","):
        counts = {line.count(separator) for line in lines}
        if len(lines) > 1 and len(counts) == 1 and min(counts) > 1:
            columns = [name.strip()[:30] for name in lines[0].split(separator)][:MAX_SHOWN_COLUMNS]
            return f"is a table (CSV) that begins with {', '.join(columns)}; write its rows as items of documents"
    return ""
