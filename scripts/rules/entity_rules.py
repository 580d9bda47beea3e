"""Rules for mentions and values: attributes, names, nominals, values, and how they stand to each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from scripts.rules.articles import Article, inside
from scripts.rules.book import ARTICLE, Found, listed, rule
from vostochny.model import Entity

# Words that stand before a person's name and are no part of it.
TITLES = listed(
    """president minister marshal admiral general director secretary spokesman spokeswoman spokesperson governor
    chairman leader chancellor premier mr mrs ms dr"""
)
POSSESSIVES = listed("my your his her its our their")
# E33, and the prepositions that lead into a time.
BEFORE_VALUES = listed("after before just since for in on at by until from during within ahead")
AFTER_VALUES = listed("ago apart ahead before after later earlier")
# E36
NO_VALUES = listed("twice several one-on-one both now recently meanwhile later post-pandemic") | {"this time"}
OF_INSIDE = ("heads of state",)  # E23's one exception


def _mention(article: Article) -> list[Entity]:
    return [e for e in article.document.entities if e.type in article.ontology.mentions]


def _values(article: Article) -> list[Entity]:
    return [e for e in article.document.entities if e.type in article.ontology.values]


@rule("EN2", ARTICLE, "Say NAM, NOM or PRO.", "E11")
def mentions_have_a_level(article: Article) -> Iterator[Found]:
    """A mention has a level."""
    yield from (Found(e.id, e.span) for e in _mention(article) if e.level is None)


@rule("EN3", ARTICLE, "Name who or what it is, be it mentioned once.", "C1")
def mentions_have_a_cluster(article: Article) -> Iterator[Found]:
    """A mention has a cluster."""
    yield from (Found(e.id, e.span) for e in _mention(article) if not e.cluster)


@rule("EN4", ARTICLE, "Remove demonym, or correct type or level.", "E15")
def demonyms_are_place_names(article: Article) -> Iterator[Found]:
    """Only names of type GPE or LOC are demonyms."""
    for e in _mention(article):
        # A missing level is another rule's matter.
        if e.demonym and (e.type not in ("GPE", "LOC") or e.level not in ("NAM", None)):
            yield Found(e.id, e.span, f"{e.type} {e.level}")


@rule("EN5", ARTICLE, "Keep the longer one.", "E17")
def names_and_values_are_flat(article: Article) -> Iterator[Found]:
    """Names and values overlap neither each other nor themselves."""
    flat = sorted([*article.names, *_values(article)], key=lambda e: (e.span.start, -e.span.end))
    for a, b in combinations(flat, 2):
        if b.span.overlaps(a.span) and a.span != b.span:
            yield Found(b.id, b.span, f"overlaps {a.type} ‹{a.span.of(article.text)}›")


@rule("EN6", ARTICLE, "Remove it; a name is whole.", "E20")
def nothing_inside_a_name(article: Article) -> Iterator[Found]:
    """No nominal and no pronoun stands inside a name."""
    for e in _mention(article):
        if e.level in ("NOM", "PRO"):
            for name in article.names:
                if inside(e.span, name.span) and e.span != name.span:
                    yield Found(e.id, e.span, f"inside ‹{name.span.of(article.text)}›")


@rule("EN7", ARTICLE, "Keep the one that fits.", "E20")
def one_mention_a_span(article: Article) -> Iterator[Found]:
    """A span is one mention or value, not two."""
    seen: dict[object, Entity] = {}
    for e in article.document.entities:
        if (first := seen.setdefault(e.span, e)) is not e:
            yield Found(e.id, e.span, f"{e.type} beside {first.type}")


@rule("EN8", ARTICLE, "Let one hold the other, or end before it.", "E24")
def mentions_do_not_cross(article: Article) -> Iterator[Found]:
    """Mentions and values nest or stand apart; they never cross."""
    ordered = sorted(article.document.entities, key=lambda e: (e.span.start, -e.span.end))
    for a, b in combinations(ordered, 2):
        crosses = a.span.start < b.span.start < a.span.end < b.span.end
        both_flat = all(e.level in ("NAM", None) for e in (a, b))  # then EN5 says so
        if crosses and not both_flat:
            yield Found(b.id, b.span, f"crosses ‹{a.span.of(article.text)}›")


@rule("EN9", ARTICLE, "End it before the ’s or the ’.", "E13")
def no_possessive_ending(article: Article) -> Iterator[Found]:
    """A mention ends before its possessive ’s."""
    for e in _mention(article):
        words = e.span.of(article.text)
        # The second half of a pair of marks is EN10's.
        if re.search(r"[’']s$", words) or (re.search(r"[’']$", words) and not re.search("[‘']", words[:-1])):
            yield Found(e.id, e.span)


@rule("EN10", ARTICLE, "Leave the marks outside.", "E13")
def no_marks_round_a_name(article: Article) -> Iterator[Found]:
    """A name neither begins nor ends with a quotation mark."""
    for e in article.names:
        words = e.span.of(article.text)
        if words[0] in "“‘”\"'" or words[-1] in '“”‘"' or (words[-1] in "’'" and re.search("[‘']", words[:-1])):
            yield Found(e.id, e.span)


@rule("EN11", ARTICLE, "Begin it after the article or the title.", "E13")
def names_begin_with_the_name(article: Article) -> Iterator[Found]:
    """A name begins neither with *the* nor, if it is a person's, with a title."""
    for e in article.names:
        first, *more = e.span.of(article.text).lower().split() or [""]
        if more and (first == "the" or (e.type == "PER" and first.strip(".") in TITLES)):
            yield Found(e.id, e.span, first)


@rule("EN12", ARTICLE, "Without a capital it is a nominal.", "E11")
def names_have_a_capital(article: Article) -> Iterator[Found]:
    """A name has a capital letter."""
    for e in article.names:
        words = e.span.of(article.text)
        if words == words.lower():
            yield Found(e.id, e.span)


@rule("EN13", ARTICLE, "End it at the head noun.", "E23")
def nominals_stop_at_the_head(article: Article) -> Iterator[Found]:
    """A nominal holds no *of* outside the names in it, but for *heads of state*."""
    for e in _mention(article):
        own = _own_words(article, e).lower()
        for exception in OF_INSIDE:
            own = own.replace(exception, "")
        if e.level == "NOM" and "of" in own.split():
            yield Found(e.id, e.span)


@rule("EN14", ARTICLE, "Begin it after the possessor.", "E22")
def possessors_stand_outside(article: Article) -> Iterator[Found]:
    """A nominal holds no possessor: no ’s outside the names in it, no possessive pronoun before it."""
    for e in _mention(article):
        own = re.sub(r"‘[^’]*’", "_", _own_words(article, e).lower())  # marks inside a nominal are no possessor
        # An ending ’s is EN9's.
        possessed = own.partition(" ")[0] in POSSESSIVES or re.search(r"’s? ", own)
        if e.level == "NOM" and possessed:
            yield Found(e.id, e.span)


@rule("EN15", ARTICLE, "Leave the preposition outside.", "E33")
def values_without_prepositions(article: Article) -> Iterator[Found]:
    """A value neither begins nor ends with a preposition, nor ends in *ago* or *apart*."""
    for e in _values(article):
        words = e.span.of(article.text).lower().split()
        if words and (words[0] in BEFORE_VALUES or words[-1] in AFTER_VALUES) and e.span.of(article.text).strip():
            yield Found(e.id, e.span)


@rule("EN16", ARTICLE, "Remove it.", "E36")
def no_value_without_a_number(article: Article) -> Iterator[Found]:
    """*Twice*, *several*, *both*, *now* and their like are no values."""
    for e in _values(article):
        if e.span.of(article.text).lower() in NO_VALUES:
            yield Found(e.id, e.span)


def _own_words(article: Article, e: Entity) -> str:
    """The words of a mention with the names inside it blanked."""
    words = list(e.span.of(article.text))
    for name in article.names:
        if inside(name.span, e.span) and name.span != e.span:
            for i in range(name.span.start, name.span.end):
                words[i - e.span.start] = "_"
    return "".join(words)
