"""Rules for quotes: what they must have, what their marks say, and how they nest."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from scripts.rules.articles import Article, held_by, inside
from scripts.rules.book import ARTICLE, Found, rule
from vostochny.model import Quote, Span


@rule("QU4", ARTICLE, "Mark the words that report it, or remove the quote.", "Q1")
def quotes_have_a_cue(article: Article) -> Iterator[Found]:
    """A quote has a cue."""
    yield from (Found(q.id, q.content[0]) for q in article.document.quotes if q.cue is None)


@rule("QU5", ARTICLE, "Link its source, or mark it as unattributed.", "Q18")
def quotes_have_a_source(article: Article) -> Iterator[Found]:
    """A quote has a source, or says that the text names none."""
    for q in article.document.quotes:
        if q.source is None and not q.unattributed:
            yield Found(q.id, q.content[0])


@rule("QU6", ARTICLE, "Link the mention of who speaks or is spoken to.", "Q17")
def sources_are_mentions(article: Article) -> Iterator[Found]:
    """Source and addressee are mentions, not values."""
    for q in article.document.quotes:
        for what, reference in (("source", q.source), ("addressee", q.addressee)):
            item = article.items.get(reference.id or "") if reference else None
            if reference and (item is None or item.type not in article.ontology.mentions):
                yield Found(q.id, reference.span, what)


@rule("QU7", ARTICLE, "Link a mention beside the cue.", "N4")
def sources_near_the_cue(article: Article) -> Iterator[Found]:
    """Source and addressee stand in the paragraph of the cue."""
    for q in article.document.quotes:
        for what, reference in (("source", q.source), ("addressee", q.addressee)):
            if reference and q.cue and article.paragraph(reference.span.start) != article.paragraph(q.cue.start):
                yield Found(q.id, reference.span, what)


@rule("QU8", ARTICLE, "End the content before them, or split it round them.", "Q11")
def attribution_outside(article: Article) -> Iterator[Found]:
    """A quote's cue and source stand outside its content."""
    for q in article.document.quotes:
        for what, span in (("cue", q.cue), ("source", q.source.span if q.source else None)):
            if span and any(span.overlaps(part) for part in q.content):
                yield Found(q.id, span, what)


@rule("QU9", ARTICLE, "One cue with several clauses is one quote; two quotes have two cues.", "Q12")
def cues_apart(article: Article) -> Iterator[Found]:
    """A cue reports one quote: cues do not overlap."""
    cues = sorted((q.cue, q.id) for q in article.document.quotes if q.cue)
    for (a, first), (b, second) in pairwise(cues):
        if a.overlaps(b):
            yield Found(second, b, f"beside {first}")


@rule("QU10", ARTICLE, "Two cues for one content are one quote; keep the verb's.", "Q16")
def contents_differ(article: Article) -> Iterator[Found]:
    """No two quotes have the same content."""
    seen: dict[tuple[Span, ...], Quote] = {}
    for q in article.document.quotes:
        if (first := seen.setdefault(q.content, q)) is not q:
            yield Found(q.id, q.content[0], f"beside {first.id}")


@rule("QU11", ARTICLE, "Say which, by the marks and by the cue.", "Q20")
def quote_attributes_given(article: Article) -> Iterator[Found]:
    """A quote has a directness and an attitude."""
    for q in article.document.quotes:
        missing = [name for name in ("directness", "attitude") if getattr(q, name) is None]
        if missing:
            yield Found(q.id, q.content[0], f"{' and '.join(missing)} missing")


@rule("QU12", ARTICLE, "Correct the directness, or take the marks into the content.", "Q20")
def marks_agree(article: Article) -> Iterator[Found]:
    """All content in marks is direct, some of it mixed, none of it indirect or unmarked."""
    for q in article.document.quotes:
        if all(part in article.marks for part in q.content):
            right: tuple[str, ...] = ("direct",)
        elif own_marks(article, q):
            right = ("mixed",)
        else:
            right = ("indirect", "unmarked")
        if q.directness is not None and q.directness not in right:
            yield Found(q.id, q.content[0], f"is {q.directness}; its marks say {' or '.join(right)}")


@rule("QU13", ARTICLE, "Leave the closing full stop or comma outside.", "Q7")
def indirect_without_full_stop(article: Article) -> Iterator[Found]:
    """An indirect quote ends before its closing full stop or comma."""
    for q in article.document.quotes:
        last = article.tokens(q.content[-1])[-1:]
        if q.directness == "indirect" and last and last[0] in (".", ",", ";"):
            yield Found(q.id, q.content[-1])


@rule("QU14", ARTICLE, "Name the quote it stands in, or none.", "Q22")
def parents_hold(article: Article) -> Iterator[Found]:
    """A parent's content holds all the content of the quote inside it."""
    quotes = {q.id: q for q in article.document.quotes}
    for q in article.document.quotes:
        if q.parent in quotes and not held_by(q, quotes[q.parent]):
            yield Found(q.id, q.content[0], f"parent {q.parent}")


@rule("QU15", ARTICLE, "Name the innermost quote that holds it.", "Q22")
def innermost_parent(article: Article) -> Iterator[Found]:
    """A quote inside the content of another has the innermost such quote as its parent."""
    for q in article.document.quotes:
        holders = [p for p in article.document.quotes if held_by(q, p)]
        innermost = [p for p in holders if not any(held_by(other, p) for other in holders)]
        wrongly = q.parent is None or q.parent in {p.id for p in holders}  # any other parent is QU14's
        if innermost and wrongly and q.parent not in {p.id for p in innermost}:
            yield Found(q.id, q.content[0], f"parent {q.parent or 'none'}, innermost is {innermost[0].id}")


@rule("QU16", ARTICLE, "Give it a cluster, or remove the link.", "Q26")
def links_need_a_cluster(article: Article) -> Iterator[Found]:
    """A quote with a link has a cluster."""
    yield from (Found(q.id, q.content[0]) for q in article.document.quotes if q.link and not q.cluster)


def own_marks(article: Article, q: Quote) -> list[Span]:
    """Pairs of marks that open or close in the content and are neither a nested quote's nor round a name."""
    nested = [part for other in article.document.quotes if held_by(other, q) for part in other.content]
    out = []
    for pair in article.marks:
        words = Span(pair.start + 1, pair.end - 1)
        touches = any(p.start <= i < p.end for p in q.content for i in (pair.start, pair.end - 1))
        named = any(e.span == words or inside(pair, e.span) for e in article.document.entities)
        if touches and not named and not any(inside(pair, part) for part in nested):
            out.append(pair)
    return out
