"""Write Markdown: tables, lists, and plain text in them. Every table that the project generates comes from here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any

_BARE_PIPE = re.compile(r"(?<!\\)\|")


def format_table(head: Iterable[str], rows: Iterable[Iterable[Any]], right: Iterable[int] | None = None) -> str:
    """Return a table. Cells are Markdown; white space in them is reduced to blanks, and a ``|`` is escaped.

    Args:
        head: the titles of the columns
        rows: the cells of each row below
        right: the indices of the columns that are aligned to the right; None: all but the first
    """
    titles = list(head)
    aligned = set(range(1, len(titles)) if right is None else right)
    rule = ["---:" if i in aligned else "---" for i in range(len(titles))]
    lines = ["| " + " | ".join(_format_cell(cell) for cell in cells) + " |" for cells in (titles, rule, *rows)]
    # A column without a title is common, an empty cell in a row less so: only the first is written shorter.
    return "\n".join([lines[0].replace("|  |", "| |"), *lines[1:]])


def _format_cell(value: Any) -> str:
    return _BARE_PIPE.sub(r"\|", " ".join(str(value).split()))


def format_list(lines: Iterable[str]) -> str:
    """Return a list with one item per line; the lines are Markdown."""
    return "\n".join(f"- {line}" for line in lines)


# A code span, an escaped character or a link to a web page; else a bracket, which could begin an image or another link.
_LINK_OR_BRACKET = re.compile(
    r"((?<!`)`(?!`)[^`]*`(?!`)|\\.|(?<!!)\[[^\[\]\\`]*\]\(https?://[^\s()<>\[\]\\`|]*\))|[\[\]]", re.IGNORECASE
)


def escape_html(text: str) -> str:
    """Return somebody's text as Markdown without tags, images, and links to anything but a web page (http, https).

    ``*``, ``_`` and backticks still set type.
    """
    return _LINK_OR_BRACKET.sub(lambda m: m[1] or f"\\{m[0]}", escape(text, quote=False))


def escape_text(text: str) -> str:
    """Return plain text as Markdown that shows it as it is: every character that Markdown interprets is escaped."""
    return re.sub(r"[\\`*_\[\]<>]", r"\\\g<0>", text)
