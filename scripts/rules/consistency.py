"""List similar places of the gold that are annotated differently, for a person to correct or to clear.

Each row has a key, ``kind|article|start|end|words``. A row that is right as it is gets a line in
``annotations/consistency.yaml``, a mapping of keys to reasons: it is then cleared, that is hidden and only counted.
Keys that no longer occur are reported as stale.

To add a kind of row: write a generator in ``consistency_kinds`` and decorate it with :func:`kind`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from scripts.rules.articles import Article
from scripts.rules.folder import Folder
from vostochny.model import Span
from vostochny.system import console


@dataclass(frozen=True)
class Row:
    """One place that differs from similar places; ``what`` states how, ``context`` has the words around it."""

    kind: str
    article: str
    start: int
    end: int
    words: str
    what: str
    context: str

    @property
    def key(self) -> str:
        """The name of the row in ``consistency.yaml``."""
        return f"{self.kind}|{self.article}|{self.start}|{self.end}|{self.words}"


# From the articles of the gold the places of one kind: article, span, and how it differs.
Find = Callable[[list[Article]], Iterable[tuple[Article, Span, str]]]

KINDS: dict[str, tuple[str, Find]] = {}  # kind → the heading of its rows, and what finds them


def kind(name: str) -> Callable[[Find], Find]:
    """Enter the decorated function in KINDS; its docstring is the heading of its rows."""

    def enter(find: Find) -> Find:
        KINDS[name] = (" ".join((find.__doc__ or "").split()), find)
        return find

    return enter


def find_rows(gold: list[Article]) -> list[Row]:
    """Return every row, cleared ones included, by kind and place."""
    rows = []
    for name, (_, find) in KINDS.items():
        # A place that differs in several ways is one row.
        places: dict[tuple[str, Span], tuple[Article, list[str]]] = {}
        for article, span, difference in find(gold):
            places.setdefault((article.document.short_id, span), (article, []))[1].append(difference)
        for (short_id, span), (article, differences) in sorted(places.items(), key=lambda p: p[0]):
            words = " ".join(span.of(article.text).split())
            what = "; ".join(dict.fromkeys(differences))
            rows.append(Row(name, short_id, span.start, span.end, words, what, _context(article, span)))
    return rows


def _context(article: Article, span: Span, width: int = 40) -> str:
    """Return the words of a span in brackets, with ``width`` characters before and after."""
    text = article.text
    left, right = text[max(0, span.start - width) : span.start], text[span.end : span.end + width]
    return " ".join(f"{left}[{span.of(text)}]{right}".split())


# -- clearing and printing ---------------------------------------------------------------------------------------------


def print_report(folder: Folder, as_json: bool) -> int:
    """Print the rows that are not cleared.

    Returns the exit code: 0 where there are none, 1 where there are some, 2 where something cannot be read.
    """
    reasons = folder.store.read_reasons()
    for problem in folder.unreadable:
        console.print_error(problem)
    rows = find_rows(folder.gold)
    still_open = [r for r in rows if r.key not in reasons]
    stale = sorted(reasons.keys() - {r.key for r in rows})
    if as_json:
        content: dict[str, Any] = {
            "rows": [{"key": r.key, **asdict(r)} for r in still_open],
            "cleared": len(rows) - len(still_open),
            "stale": stale,
        }
        console.write_data(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    else:
        _print_rows(still_open, len(rows) - len(still_open), stale)
    return 2 if folder.unreadable else 1 if still_open else 0


def _print_rows(still_open: list[Row], cleared: int, stale: list[str]) -> None:
    for name, (heading, _) in KINDS.items():
        rows = [r for r in still_open if r.kind == name]
        if rows:
            console.print_line(f"{heading}: {len(rows)}")
            for r in rows:
                console.print_text(f"  {r.key}\n      {r.what}: …{r.context}…")
            console.print_line()
    for key in stale:
        console.print_line(f"stale, remove from consistency.yaml: {key}")
    counts = Counter(r.kind for r in still_open)
    by_kind = ", ".join(f"{name} {counts[name]}" for name in KINDS if counts[name])
    console.print_line(f"{len(still_open)} open ({by_kind or 'none'}), {cleared} cleared, {len(stale)} stale")
