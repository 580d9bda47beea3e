"""What is treated differently in like places of the gold: rows for a person to mend, or to clear with a reason.

Each row has a key, ``kind|article|start|end|words``. A row that is right as it is gets a line in
``annotations/consistency.yaml``, a mapping of keys to reasons; it is then hidden and counted. Keys that no longer
occur are reported as stale.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from scripts.files import read_yaml
from scripts.rules.articles import Article
from scripts.rules.folder import Folder
from vostochny.model import Span


@dataclass(frozen=True)
class Row:
    """One place that differs from like places."""

    kind: str
    article: str
    start: int
    end: int
    words: str
    what: str
    context: str

    @property
    def key(self) -> str:
        return f"{self.kind}|{self.article}|{self.start}|{self.end}|{self.words}"


KINDS: dict[str, tuple[str, Callable[[list[Article]], Iterable[tuple[Article, Span, str]]]]] = {}


def kind(name: str) -> Callable[[Callable], Callable]:
    """Enter a function in the report; its docstring is the heading of its rows."""

    def enter(find: Callable) -> Callable:
        KINDS[name] = (" ".join((find.__doc__ or "").split()), find)
        return find

    return enter


def rows(gold: list[Article]) -> list[Row]:
    """Every row, by kind and place."""
    out = []
    for name, (_, find) in KINDS.items():
        found: dict[tuple[str, Span], tuple[Article, list[str]]] = {}
        for article, span, what in find(gold):
            found.setdefault((article.short, span), (article, []))[1].append(what)
        for (short, span), (article, whats) in sorted(found.items(), key=lambda f: f[0]):
            words = " ".join(span.of(article.text).split())
            what = "; ".join(dict.fromkeys(whats))
            out.append(Row(name, short, span.start, span.end, words, what, _context(article, span)))
    return out


def _context(article: Article, span: Span, width: int = 40) -> str:
    text = article.text
    left, right = text[max(0, span.start - width) : span.start], text[span.end : span.end + width]
    return " ".join(f"{left}[{span.of(text)}]{right}".split())


# -- clearing and printing ---------------------------------------------------------------------------------------------


def cleared(folder: Folder) -> dict[str, str]:
    """The reasons in ``consistency.yaml``, by key. Raises ValueError where the file is no such mapping."""
    path = folder.path / "consistency.yaml"
    if not path.is_file():
        return {}
    content = read_yaml(path) or {}
    if not isinstance(content, dict) or not all(isinstance(r, str) and r.strip() for r in content.values()):
        raise ValueError(
            f"{folder.file(path)}: is no mapping of keys to reasons; write kind|article|start|end|words: why"
        )
    return {str(key): reason for key, reason in content.items()}


def report(folder: Folder, as_json: bool) -> int:
    """Print the open rows. Exit code 0 where none is open, 1 where one is, 2 where something cannot be read."""
    try:
        reasons = cleared(folder)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    for problem in folder.problems:
        print(problem, file=sys.stderr)
    found = rows(folder.gold)
    still_open = [r for r in found if r.key not in reasons]
    stale = sorted(reasons.keys() - {r.key for r in found})
    if as_json:
        shown: dict[str, Any] = {
            "rows": [{"key": r.key, **asdict(r)} for r in still_open],
            "cleared": len(found) - len(still_open),
            "stale": stale,
        }
        print(json.dumps(shown, ensure_ascii=False, indent=1))
    else:
        _print(still_open, len(found) - len(still_open), stale)
    return 2 if folder.problems else 1 if still_open else 0


def _print(still_open: list[Row], hidden: int, stale: list[str]) -> None:
    for name, (heading, _) in KINDS.items():
        some = [r for r in still_open if r.kind == name]
        if some:
            print(f"{heading}: {len(some)}")
            for r in some:
                print(f"  {r.key}\n      {r.what}: …{r.context}…")
            print()
    for key in stale:
        print(f"stale, remove from consistency.yaml: {key}")
    counts = Counter(r.kind for r in still_open)
    by_kind = ", ".join(f"{name} {counts[name]}" for name in KINDS if counts[name])
    print(f"{len(still_open)} open ({by_kind or 'none'}), {hidden} cleared, {len(stale)} stale")
