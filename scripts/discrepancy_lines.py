"""Discrepancies as lines of text, whose words are checked against the articles (guideline N6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.store import find_doc_id
from vostochny.errors import InputError, Problem, Problems, list_names
from vostochny.model import Document, Span, shorten_id
from vostochny.ontology import Ontology

Row = dict[str, Any]  # a record of discrepancies.yaml

_HEAD = re.compile(r"(?P<relation>\S+) (?P<salience>\S+)(?P<optional> optional)?(?: (?P<id>d\d+))? \| (?P<reason>.*\S)")
_WORDS = re.compile(r"(.*?)(?: ~(\d+))?")


def read_lines(source: str, name: str, articles: Mapping[str, Document], ontology: Ontology) -> list[Row]:
    """Return the records that lines stand for.

    Args:
        source: The lines.
        name: Their file, for problems.
        articles: The articles with their zones, by doc_id.
        ontology: Lists the relations, the values of salience, and the zones in which no words are looked for.

    Raises InputError with every problem of the lines.
    """
    reader = _Reader(name, articles, ontology)
    for number, line in enumerate(source.splitlines(), 1):
        if line.strip() and not line.startswith("--"):
            reader.read(number, line.rstrip())
    reader.end_entry()
    if not (reader.rows or reader.problems):
        reader.problems.append(
            Problem(name, None, None, "has no entry; expected “relation salience | reason” in a line")
        )
    if reader.problems:
        raise InputError(reader.problems)
    _number(reader.rows)
    return reader.rows


@dataclass
class _Reader:
    """Reads one line after another."""

    name: str
    articles: Mapping[str, Document]
    ontology: Ontology
    rows: list[Row] = field(default_factory=list)
    problems: Problems[Problem] = field(default_factory=Problems)
    ids: set[str] = field(default_factory=set)
    at: int = 0  # the line of the entry that is read
    entry: Row | None = None

    def add_problem(self, number: int, where: str, message: str) -> None:
        self.problems.append(Problem(self.name, number, where, message))

    def read(self, number: int, line: str) -> None:
        if line[0].isspace():
            key, colon, words = line.strip().partition(": ")
            if self.entry is None or not colon:
                self.add_problem(number, key[:20], "expected “003: words”, or “silent: 001 004”, below an entry")
            elif key == "silent":
                self.entry["silent"] = [self.find_article(number, x) for x in words.replace(",", " ").split()]
            else:
                self.add_span(number, key, words)
            return
        self.end_entry()
        found = _HEAD.fullmatch(line)
        if found is None:
            self.add_problem(number, "entry", "expected “relation salience | reason”, with “optional” before the bar")
            return
        self.at = number
        if found["id"] in self.ids:
            self.add_problem(number, found["id"], "is the number of two entries; leave it out of the new one")
        self.ids |= {found["id"]} - {None}
        optional = {"optional": True} if found["optional"] else {}
        self.entry = {"id": found["id"], "relation": found["relation"], "salience": found["salience"], **optional,
                      "reason": found["reason"], "spans": []}  # fmt: skip
        for key, table in (("relation", "discrepancies"), ("salience", "salience")):
            known = self.ontology.list_names(table)
            if self.entry[key] not in known:
                self.add_problem(number, key, f"is {self.entry[key]!r}; expected one of {list_names(known)}")

    def find_article(self, number: int, prefix: str) -> str:
        try:
            return find_doc_id(prefix, self.articles)
        except InputError as error:
            self.add_problem(number, prefix[:20], error.problems[0].message)
            return prefix

    def add_span(self, number: int, prefix: str, words: str) -> None:
        doc_id = self.find_article(number, prefix)
        found = _WORDS.fullmatch(words)
        if doc_id not in self.articles or self.entry is None or found is None:
            return
        places = find_words(self.articles[doc_id], found[1], self.ontology)
        which = int(found[2] or 1)
        if not 1 <= which <= len(places):
            self.add_problem(number, prefix, f"{found[1]!r} occurs {len(places)} times as whole words in this article")
            return
        place = places[which - 1]
        self.entry["spans"].append({"doc_id": doc_id, "start": place.start, "end": place.end, "text": found[1]})

    def end_entry(self) -> None:
        if self.entry is None:
            return
        answering = [span["doc_id"] for span in self.entry["spans"]]
        is_omission, silent = self.entry["relation"] == "omission", self.entry.get("silent", [])
        if is_omission != bool(silent):
            self.add_problem(self.at, "silent", "is for an omission, which needs it, and for nothing else")
        if any(doc_id in answering for doc_id in silent):
            self.add_problem(self.at, "silent", "names an article that answers")
        if len(answering) < (1 if is_omission else 2):
            self.add_problem(self.at, "spans", "are too few; expected two answers, in an omission one")
        if self.entry.get("optional") and self.entry["salience"] != "minor":
            self.add_problem(self.at, "optional", "is for minor entries only")
        self.rows.append(self.entry)
        self.entry = None


def find_words(article: Document, words: str, ontology: Ontology) -> list[Span]:
    """Return every place of an article's scored zones that has these words, none of them cut."""
    before, after = (r"\b" if edge.isalnum() else "" for edge in (words[:1], words[-1:]))
    matches = re.finditer(before + re.escape(words) + after, article.text) if words else ()
    outside = [zone.span for zone in article.zones if zone.name in ontology.unscored_zones]
    spans = [Span(*match.span()) for match in matches]
    return [span for span in spans if not any(span.overlaps(zone) for zone in outside)]


def _number(rows: Iterable[Row]) -> None:
    """Give numbers to records without one."""
    rows = list(rows)
    last = max((int(row["id"][1:]) for row in rows if row["id"]), default=0)
    for row in rows:
        if not row["id"]:
            last += 1
            row["id"] = f"d{last:03}"


def write_lines(rows: Iterable[Row], articles: Mapping[str, Document], ontology: Ontology) -> str:
    """Return records as lines."""
    entries = []
    for row in rows:
        optional = " optional" if row.get("optional") else ""
        lines = [f"{row['relation']} {row['salience']}{optional} {row['id']} | {row['reason']}"]
        for span in row["spans"]:
            places = find_words(articles[span["doc_id"]], span["text"], ontology)
            which = [place.start for place in places].index(span["start"]) + 1
            lines.append(f"  {shorten_id(span['doc_id'])}: {span['text']}" + (f" ~{which}" if which > 1 else ""))
        if row.get("silent"):
            lines.append(f"  silent: {' '.join(map(shorten_id, row['silent']))}")
        entries.append("\n".join(lines))
    return "\n\n".join(entries) + "\n"
