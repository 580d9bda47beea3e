"""The rule book: what a rule is, how a broken rule is reported, and how the rules are run.

The rules themselves are in the modules ``*_rules`` beside this one, grouped by what they check. Their ids have two
letters (``EN3``), those of annotations/GUIDELINES.md one (``E13``); each rule names the guideline that it enforces,
where there is one.

To add a rule: write a generator that yields a :class:`Breach` per broken place, decorate it with :func:`rule`, and
state in its docstring what always holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vostochny.errors import Problem
from vostochny.model import Span

if TYPE_CHECKING:
    from scripts.rules.articles import Article, Task

# The scope of a rule, that is the argument of its function: one task as stored, one article as read, all articles of
# the gold, or the whole annotations folder.
TASK, ARTICLE, GOLD, FOLDER = "task", "article", "gold", "folder"

# The order in which the rules are listed: spans first, records last.
GROUPS = ("SP", "ZN", "EN", "EV", "AR", "QU", "CL", "RG", "DS", "AD")

MAX_QUOTED_CHARACTERS = 80  # of a span's words in a message; the middle of a longer one is left out


def split_words(words: str) -> frozenset[str]:
    """Return the set of words in a string that separates them by white space."""
    return frozenset(words.split())


@dataclass(frozen=True, slots=True)
class Breach:
    """One place where a rule is broken, as the rule's function yields it.

    ``article`` is needed from functions that look at several articles, ``file`` where the place is in no article.
    ``drop`` is for rules on tasks: the ids of regions and indices of results that must be left out of the task so that
    the rest can be read and checked.
    """

    id: str | None = None
    span: Span | None = None
    detail: str = ""
    article: Article | None = None
    file: str | None = None
    drop: tuple[str | int, ...] = ()


Find = Callable[[Any], Iterator[Breach]]  # the function of a rule


@dataclass(frozen=True)
class Rule:
    """A numbered rule on the annotations.

    ``scope`` is one of TASK, ARTICLE, GOLD and FOLDER, ``statement`` what always holds, ``right`` how to mend what
    breaks it, ``guideline`` the number of the guideline behind it, ``find`` the function that finds its breaches.
    """

    id: str
    scope: str
    statement: str
    right: str
    guideline: str | None
    find: Find


@dataclass(frozen=True, slots=True)
class RuleProblem(Problem):
    """A broken rule: where, on which words, what always holds and what would be right.

    As for every problem ``field`` names the place inside the file (rule, item and words) and ``message`` states what is
    wrong. ``id`` is the item's id or the cluster's name; ``span`` and ``words`` are None where no text is concerned.
    """

    rule: str
    doc_id: str | None
    id: str | None
    span: Span | None
    words: str | None
    statement: str
    right: str
    guideline: str | None
    detail: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.span.start}–{self.span.end}" if self.span else self.file
        return f"{place}: {self.field}: {self.message}"

    def to_json(self) -> dict[str, Any]:
        """Return the problem as the JSON object that ``validate --json`` prints."""
        return {
            "file": self.file, "rule": self.rule, "doc_id": self.doc_id, "id": self.id,
            "start": self.span.start if self.span else None, "end": self.span.end if self.span else None,
            "words": self.words, "statement": self.statement, "right": self.right, "guideline": self.guideline,
            "detail": self.detail,
        }  # fmt: skip


RULES: dict[str, Rule] = {}


def sort_key(id: str) -> tuple[int, int]:
    """Return the key that sorts rule ids in the order of GROUPS, then by number."""
    return GROUPS.index(id[:2]), int(id[2:])


def rule(id: str, scope: str, right: str, guideline: str | None = None) -> Callable[[Find], Find]:
    """Enter the decorated function in RULES; its docstring is the rule's statement.

    Args:
        id: two letters of GROUPS and a number
        scope: TASK, ARTICLE, GOLD or FOLDER
        right: how to mend a breach, a sentence
        guideline: the number of the guideline that the rule enforces; None where there is none
    """

    def enter(find: Find) -> Find:
        if id in RULES:
            raise ValueError(f"two rules have the id {id}")
        RULES[id] = Rule(id, scope, " ".join((find.__doc__ or "").split()), right, guideline, find)
        return find

    return enter


def find_breaches(scope: str, subject: Any) -> Iterator[tuple[Rule, Breach]]:
    """Run all rules of one scope on a subject; yield each broken rule with the place."""
    for broken in sorted(RULES.values(), key=lambda r: sort_key(r.id)):
        if broken.scope == scope:
            for breach in broken.find(subject):
                yield broken, breach


def make_problem(
    broken: Rule, breach: Breach, *, file: str = "", doc_id: str | None = None, text: str | None = None
) -> RuleProblem:
    """Return the problem that reports a breach.

    Args:
        broken: the rule
        breach: the place
        file: the file of the breach, unless the breach names its article or file itself
        doc_id: the article of the breach, likewise; None where it is in none
        text: the text of that article, to quote the words of the breach
    """
    if breach.article is not None:
        file, doc_id, text = breach.article.file, breach.article.document.doc_id, breach.article.document.text
    words = None
    if breach.span is not None and text is not None:
        words = " ".join(breach.span.of(text).split())
        if len(words) > MAX_QUOTED_CHARACTERS:
            words = f"{words[:40].rstrip()} … {words[-36:].lstrip()}"
    field = " ".join(filter(None, [broken.id, breach.id, f"‹{words}›" if words else ""]))
    why = f"{broken.statement} {broken.right}" + (f" ({broken.guideline})" if broken.guideline else "")
    message = f"{breach.detail}: {why}" if breach.detail else why
    return RuleProblem(
        breach.file or file, None, field, message, broken.id, doc_id, breach.id, breach.span, words,
        broken.statement, broken.right, broken.guideline, breach.detail,
    )  # fmt: skip


def check_task(task: Task) -> tuple[list[RuleProblem], set[str | int]]:
    """Check a stored task; return its problems, and what must be left out of it so that the rest can be read."""
    problems: list[RuleProblem] = []
    drop: set[str | int] = set()
    for broken, breach in find_breaches(TASK, task):
        problems.append(make_problem(broken, breach, file=task.file, doc_id=task.doc_id, text=task.text))
        drop |= set(breach.drop)
    return problems, drop


def check_articles(articles: Iterable[Article]) -> list[RuleProblem]:
    """Check each article by itself; return the problems of all."""
    return [
        make_problem(broken, breach, file=a.file, doc_id=a.document.doc_id, text=a.document.text)
        for a in articles
        for broken, breach in find_breaches(ARTICLE, a)
    ]


def check_together(scope: str, subject: Any) -> list[RuleProblem]:
    """Check what shows only in several articles or files together; the scope is GOLD or FOLDER."""
    return [make_problem(broken, breach) for broken, breach in find_breaches(scope, subject)]
