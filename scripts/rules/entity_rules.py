"""Rules for mentions and values: attributes, boundaries of names, nominals and values, nesting and overlap."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from scripts.rules.articles import Article, inside
from scripts.rules.book import ARTICLE, Breach, rule, split_words
from vostochny.model import Entity

# Words before a person's name that are not part of it.
TITLES = split_words(
    """president minister marshal admiral general director secretary spokesman spokeswoman spokesperson governor
    chairman leader chancellor premier mr mrs ms dr"""
)
POSSESSIVES = split_words("my your his her its our their")
# Guideline E33, and the prepositions before a time.
BEFORE_VALUES = split_words("after before just since for in on at by until from during within ahead")
AFTER_VALUES = split_words("ago apart ahead before after later earlier")
# Guideline E36.
NOT_VALUES = split_words("twice several one-on-one both now recently meanwhile later post-pandemic") | {"this time"}
NOMINALS_WITH_OF = ("heads of state",)  # the one exception in guideline E23


def _mentions(article: Article) -> list[Entity]:
    return [e for e in article.document.entities if e.type in article.ontology.mentions]


def _nominals(article: Article) -> list[Entity]:
    return [e for e in _mentions(article) if e.level == "NOM"]


def _list_overlapping(entities: Iterable[Entity]) -> Iterator[tuple[Entity, Entity]]:
    """Yield each two that share characters: first the one that begins first, or is longer; in text order."""
    ordered = sorted(entities, key=lambda e: (e.span.start, -e.span.end))
    for number, a in enumerate(ordered, 1):
        for b in islice(ordered, number, None):
            if b.span.start >= a.span.end:
                break
            yield a, b


def _values(article: Article) -> list[Entity]:
    return [e for e in article.document.entities if e.type in article.ontology.values]


@rule("EN2", ARTICLE, "Set it to NAM, NOM or PRO.", "E11")
def mentions_have_a_level(article: Article) -> Iterator[Breach]:
    """A mention has a level."""
    yield from (Breach(e.id, e.span) for e in _mentions(article) if e.level is None)


@rule("EN3", ARTICLE, "Give the cluster of who or what it is, even if it is mentioned once.", "C1")
def mentions_have_a_cluster(article: Article) -> Iterator[Breach]:
    """A mention has a cluster."""
    yield from (Breach(e.id, e.span) for e in _mentions(article) if not e.cluster)


@rule("EN4", ARTICLE, "Remove demonym, or correct type or level.", "E15")
def demonyms_are_place_names(article: Article) -> Iterator[Breach]:
    """Only names of type GPE or LOC are demonyms."""
    for e in _mentions(article):
        # A missing level is EN2's.
        if e.demonym and (e.type not in ("GPE", "LOC") or e.level not in ("NAM", None)):
            yield Breach(e.id, e.span, f"{e.type} {e.level}")


@rule("EN5", ARTICLE, "Keep the longer one.", "E17")
def names_and_values_do_not_overlap(article: Article) -> Iterator[Breach]:
    """No name or value overlaps another name or value."""
    for a, b in _list_overlapping([*article.names, *_values(article)]):
        if b.span.overlaps(a.span) and a.span != b.span:
            yield Breach(b.id, b.span, f"overlaps {a.type} ‹{a.span.of(article.text)}›")


@rule("EN6", ARTICLE, "Remove it; a name is whole.", "E20")
def nothing_inside_a_name(article: Article) -> Iterator[Breach]:
    """No nominal and no pronoun is inside a name."""
    for e in _mentions(article):
        if e.level in ("NOM", "PRO"):
            for name in article.names:
                if inside(e.span, name.span) and e.span != name.span:
                    yield Breach(e.id, e.span, f"inside ‹{name.span.of(article.text)}›")


@rule("EN7", ARTICLE, "Keep the one that fits.", "E20")
def one_mention_per_span(article: Article) -> Iterator[Breach]:
    """A span is one mention or value, not several."""
    seen: dict[object, Entity] = {}
    for e in article.document.entities:
        if (first := seen.setdefault(e.span, e)) is not e:
            yield Breach(e.id, e.span, f"{e.type} beside {first.type}")


@rule("EN8", ARTICLE, "Let one contain the other, or end before it.", "E24")
def mentions_do_not_cross(article: Article) -> Iterator[Breach]:
    """Mentions and values are nested or apart; they never cross."""
    for a, b in _list_overlapping(article.document.entities):
        crosses = a.span.start < b.span.start < a.span.end < b.span.end
        reported = all(e.level in ("NAM", None) for e in (a, b))  # by EN5
        if crosses and not reported:
            yield Breach(b.id, b.span, f"crosses ‹{a.span.of(article.text)}›")


@rule("EN9", ARTICLE, "End it before the ’s or the ’.", "E13")
def mentions_have_no_possessive_ending(article: Article) -> Iterator[Breach]:
    """A mention ends before its possessive ’s."""
    for e in _mentions(article):
        words = e.span.of(article.text)
        # A ’ that closes a quotation mark inside the mention is EN10's.
        if re.search(r"[’']s$", words) or (re.search(r"[’']$", words) and not re.search("[‘']", words[:-1])):
            yield Breach(e.id, e.span)


@rule("EN10", ARTICLE, "Leave the quotation marks outside.", "E13")
def names_have_no_quotation_marks(article: Article) -> Iterator[Breach]:
    """A name neither begins nor ends with a quotation mark."""
    for e in article.names:
        words = e.span.of(article.text)
        if words[0] in "“‘”\"'" or words[-1] in '“”‘"' or (words[-1] in "’'" and re.search("[‘']", words[:-1])):
            yield Breach(e.id, e.span)


@rule("EN11", ARTICLE, "Begin it after the article or the title.", "E13")
def names_begin_with_the_name(article: Article) -> Iterator[Breach]:
    """A name does not begin with *the*, nor a person's name with a title."""
    for e in article.names:
        first, *more = e.span.of(article.text).lower().split() or [""]
        if more and (first == "the" or (e.type == "PER" and first.strip(".") in TITLES)):
            yield Breach(e.id, e.span, first)


@rule("EN12", ARTICLE, "Without a capital it is a nominal.", "E11")
def names_have_a_capital(article: Article) -> Iterator[Breach]:
    """A name has a capital letter."""
    for e in article.names:
        words = e.span.of(article.text)
        if words == words.lower():
            yield Breach(e.id, e.span)


@rule("EN13", ARTICLE, "End it at the head noun.", "E23")
def nominals_end_at_the_head(article: Article) -> Iterator[Breach]:
    """A nominal contains no *of* outside the names in it, except in *heads of state*."""
    for e in _nominals(article):
        own = _own_words(article, e).lower()
        for exception in NOMINALS_WITH_OF:
            own = own.replace(exception, "")
        if "of" in own.split():
            yield Breach(e.id, e.span)


@rule("EN14", ARTICLE, "Begin it after the possessor.", "E22")
def nominals_contain_no_possessor(article: Article) -> Iterator[Breach]:
    """A nominal contains no possessor: no ’s outside the names in it, no possessive pronoun at its beginning."""
    for e in _nominals(article):
        own = re.sub(r"‘[^’]*’", "_", _own_words(article, e).lower())  # a closing ’ is not a possessive
        # An ending ’s is EN9's.
        if own.partition(" ")[0] in POSSESSIVES or re.search(r"’s? ", own):
            yield Breach(e.id, e.span)


@rule("EN15", ARTICLE, "Leave the preposition outside.", "E33")
def values_have_no_prepositions(article: Article) -> Iterator[Breach]:
    """A value neither begins nor ends with a preposition, nor ends in *ago* or *apart*."""
    for e in _values(article):
        words = e.span.of(article.text).lower().split()
        if words and (words[0] in BEFORE_VALUES or words[-1] in AFTER_VALUES) and e.span.of(article.text).strip():
            yield Breach(e.id, e.span)


@rule("EN16", ARTICLE, "Remove it.", "E36")
def words_without_a_number_are_not_values(article: Article) -> Iterator[Breach]:
    """*Twice*, *several*, *both*, *now* and the like are not values."""
    for e in _values(article):
        if e.span.of(article.text).lower() in NOT_VALUES:
            yield Breach(e.id, e.span)


def _own_words(article: Article, e: Entity) -> str:
    """Return the words of a mention, the characters of names inside it replaced by underscores."""
    words = list(e.span.of(article.text))
    for name in article.names:
        if inside(name.span, e.span) and name.span != e.span:
            for i in range(name.span.start, name.span.end):
                words[i - e.span.start] = "_"
    return "".join(words)
