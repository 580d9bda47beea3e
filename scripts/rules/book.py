"""The rules that annotations are held to: what a rule is, what breaking one looks like, and how they are run.

The rules themselves stand by what they are about in ``rules_spans``, ``rules_entities``, ``rules_events``,
``rules_quotes``, ``rules_clusters`` and ``rules_records``. Their ids have two letters (``EN3``), those of
annotations/GUIDELINES.md one (``E13``); each rule names the guideline that it enforces, where there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from vostochny.model import Span

if TYPE_CHECKING:
    from scripts.rules.articles import Article, Task

# What a rule's function is given: a task as stored, a read article, the articles of the gold together, the folder.
TASK, ARTICLE, GOLD, FOLDER = "task", "article", "gold", "folder"


def listed(words: str) -> frozenset[str]:
    """A list of words, written as they are read."""
    return frozenset(words.split())


@dataclass(frozen=True, slots=True)
class Found:
    """One place where a rule is broken, as its function yields it.

    ``article`` is needed where a function sees several. ``drop`` is for rules on tasks: ids of regions and indices of
    results without which the rest can be read and judged.
    """

    id: str | None = None
    span: Span | None = None
    detail: str = ""
    article: Article | None = None
    file: str | None = None
    drop: tuple[str | int, ...] = ()


@dataclass(frozen=True)
class Rule:
    """``statement`` is what always holds, ``right`` how to mend what breaks it, ``guideline`` where it is laid down."""

    id: str
    looks_at: str
    statement: str
    right: str
    guideline: str | None
    find: Callable[[Any], Iterator[Found]]


@dataclass(frozen=True)
class Violation:
    """A broken rule: where, on which words, what holds and what would be right."""

    file: str
    rule: str
    doc_id: str | None
    id: str | None
    start: int | None
    end: int | None
    words: str | None
    statement: str
    right: str
    guideline: str | None
    detail: str = field(default="")

    def __str__(self) -> str:
        place = [self.file]
        if self.start is not None:
            place.append(f"{self.start}–{self.end}")
        what = " ".join(filter(None, [self.id, f"‹{self.words}›" if self.words else ""]))
        why = f"{self.statement} {self.right}" + (f" ({self.guideline})" if self.guideline else "")
        return ": ".join(filter(None, [":".join(place), f"{self.rule} {what}".strip(), self.detail, why]))

    def as_row(self) -> dict[str, Any]:
        """The violation as a JSON object."""
        return asdict(self)


BOOK: dict[str, Rule] = {}
ORDER = ("SP", "ZN", "EN", "EV", "AR", "QU", "CL", "RG", "DS", "AD")


def order(id: str) -> tuple[int, int]:
    """Sorts rules as a reader goes: spans first, records last."""
    return ORDER.index(id[:2]), int(id[2:])


def rule(id: str, looks_at: str, right: str, guideline: str | None = None) -> Callable[[Callable], Callable]:
    """Enter a function in the book; its docstring is the rule's statement."""

    def enter(find: Callable[[Any], Iterator[Found]]) -> Callable[[Any], Iterator[Found]]:
        if id in BOOK:
            raise ValueError(f"two rules have the id {id}")
        BOOK[id] = Rule(id, looks_at, " ".join((find.__doc__ or "").split()), right, guideline, find)
        return find

    return enter


def breaches(looks_at: str, subject: Any) -> Iterator[tuple[Rule, Found]]:
    """Every place where a rule of this kind is broken."""
    for entry in sorted(BOOK.values(), key=lambda r: order(r.id)):
        if entry.looks_at == looks_at:
            for found in entry.find(subject):
                yield entry, found


def violation(
    entry: Rule, found: Found, *, file: str = "", doc_id: str | None = None, text: str | None = None
) -> Violation:
    """What was found, with its place and words."""
    if found.article is not None:
        file, doc_id, text = found.article.file, found.article.document.doc_id, found.article.document.text
    span = found.span
    words = None
    if span is not None and text is not None:
        words = " ".join(span.of(text).split())
        if len(words) > 80:
            words = f"{words[:40].rstrip()} … {words[-36:].lstrip()}"
    return Violation(
        found.file or file, entry.id, doc_id, found.id, span and span.start, span and span.end, words,
        entry.statement, entry.right, entry.guideline, found.detail,
    )  # fmt: skip


def check_task(task: Task) -> tuple[list[Violation], set[str | int]]:
    """The violations of a stored task, and what must be left out of it for the rest to be read."""
    out, drop = [], set()
    for entry, found in breaches(TASK, task):
        out.append(violation(entry, found, file=task.file, doc_id=task.doc_id, text=task.text))
        drop |= set(found.drop)
    return out, drop


def check_articles(articles: Iterable[Article]) -> list[Violation]:
    """The violations of each article by itself."""
    return [
        violation(entry, found, file=a.file, doc_id=a.document.doc_id, text=a.document.text)
        for a in articles
        for entry, found in breaches(ARTICLE, a)
    ]


def check_together(looks_at: str, subject: Any) -> list[Violation]:
    """The violations that show only in several articles or files together."""
    return [violation(entry, found) for entry, found in breaches(looks_at, subject)]
