"""Rules for quotes: required parts, agreement with quotation marks, and nesting."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from scripts.rules.articles import Article, inside, is_nested
from scripts.rules.book import ARTICLE, Breach, rule
from vostochny.model import Quote, Span
from vostochny.schema.records import list_stated


@rule("QU4", ARTICLE, "Mark the words that report it, or remove the quote.", "Q1")
def quotes_have_a_cue(article: Article) -> Iterator[Breach]:
    """A quote has a cue."""
    yield from (Breach(q.id, q.content[0]) for q in article.document.quotes if q.cue is None)


@rule("QU5", ARTICLE, "Link its source, or mark it as unattributed.", "Q18")
def quotes_have_a_source(article: Article) -> Iterator[Breach]:
    """A quote has a source, or is marked as unattributed."""
    for q in article.document.quotes:
        if q.source is None and not q.unattributed:
            yield Breach(q.id, q.content[0])


@rule("QU6", ARTICLE, "Link the mention of the speaker or the addressee.", "Q17")
def sources_are_mentions(article: Article) -> Iterator[Breach]:
    """Source and addressee are mentions, not values."""
    for q in article.document.quotes:
        for what, reference in (("source", q.source), ("addressee", q.addressee)):
            item = article.items.get(reference.id or "") if reference else None
            if reference and (item is None or item.type not in article.ontology.mentions):
                yield Breach(q.id, reference.span, what)


@rule("QU7", ARTICLE, "Link a mention beside the cue.", "N4")
def sources_are_near_the_cue(article: Article) -> Iterator[Breach]:
    """Source and addressee are in the paragraph of the cue."""
    for q in article.document.quotes:
        for what, reference in (("source", q.source), ("addressee", q.addressee)):
            if reference and q.cue and article.paragraph(reference.span.start) != article.paragraph(q.cue.start):
                yield Breach(q.id, reference.span, what)


@rule("QU8", ARTICLE, "End the content before them, or split it around them.", "Q11")
def attribution_is_outside_the_content(article: Article) -> Iterator[Breach]:
    """A quote's cue and source are outside its content."""
    for q in article.document.quotes:
        for what, span in (("cue", q.cue), ("source", q.source.span if q.source else None)):
            if span and any(span.overlaps(part) for part in q.content):
                yield Breach(q.id, span, what)


@rule("QU9", ARTICLE, "One cue with several clauses is one quote; two quotes have two cues.", "Q12")
def cues_do_not_overlap(article: Article) -> Iterator[Breach]:
    """Cues do not overlap; one that two quotes have stands before one pair of marks around both."""
    cues = sorted((q.cue, q.id, q) for q in article.document.quotes if q.cue)
    for (a, first, p), (b, second, q) in pairwise(cues):
        if a.overlaps(b) and not (a == b and all(is_marked(article, one) for one in (p, q))):
            yield Breach(second, b, f"beside {first}")


@rule("QU10", ARTICLE, "Two cues for one content are one quote; keep the verb's.", "Q16")
def contents_differ(article: Article) -> Iterator[Breach]:
    """No two quotes have the same content."""
    seen: dict[tuple[Span, ...], Quote] = {}
    for q in article.document.quotes:
        if (first := seen.setdefault(q.content, q)) is not q:
            yield Breach(q.id, q.content[0], f"beside {first.id}")


@rule("QU11", ARTICLE, "Choose them by the quotation marks and by the cue.", "Q20")
def quotes_have_their_attributes(article: Article) -> Iterator[Breach]:
    """A quote has a directness and an attitude."""
    for q in article.document.quotes:
        missing = [name for name in list_stated("quotes") if getattr(q, name) is None]
        if missing:
            yield Breach(q.id, q.content[0], f"{' and '.join(missing)} missing")


@rule("QU12", ARTICLE, "Correct the directness, or take the marks into the content.", "Q20")
def directness_agrees_with_the_marks(article: Article) -> Iterator[Breach]:
    """A quote is direct where all its content is in quotation marks, mixed where some is, else indirect or unmarked."""
    for q in article.document.quotes:
        if is_marked(article, q):
            expected: tuple[str, ...] = ("direct",)
        elif find_own_marks(article, q):
            expected = ("mixed",)
        else:
            expected = ("indirect", "unmarked")
        if q.directness is not None and q.directness not in expected:
            yield Breach(q.id, q.content[0], f"is {q.directness}; its marks make it {' or '.join(expected)}")


@rule("QU13", ARTICLE, "Leave the closing full stop or comma outside.", "Q7")
def indirect_quotes_have_no_full_stop(article: Article) -> Iterator[Breach]:
    """An indirect quote ends before its closing full stop or comma."""
    for q in article.document.quotes:
        last = article.tokens(q.content[-1])[-1:]
        if q.directness == "indirect" and last and last[0] in (".", ",", ";"):
            yield Breach(q.id, q.content[-1])


@rule("QU14", ARTICLE, "Make the quote it is in its parent, or remove the parent.", "Q22")
def parents_contain_the_inner_quote(article: Article) -> Iterator[Breach]:
    """A parent's content contains all the content of the quote inside it."""
    quotes = {q.id: q for q in article.document.quotes}
    for q in article.document.quotes:
        if q.parent in quotes and not is_nested(q, quotes[q.parent]):
            yield Breach(q.id, q.content[0], f"parent {q.parent}")


@rule("QU15", ARTICLE, "Make the innermost quote that contains it its parent.", "Q22")
def parents_are_innermost(article: Article) -> Iterator[Breach]:
    """A quote inside the content of another has the innermost such quote as its parent."""
    for q in article.document.quotes:
        outer = [p for p in article.document.quotes if is_nested(q, p)]
        innermost = [p for p in outer if not any(is_nested(other, p) for other in outer)]
        ours = q.parent is None or q.parent in {p.id for p in outer}  # any other parent is QU14's
        if innermost and ours and q.parent not in {p.id for p in innermost}:
            yield Breach(q.id, q.content[0], f"parent {q.parent or 'none'}, innermost is {innermost[0].id}")


@rule("QU16", ARTICLE, "Give it a cluster, or remove the link.", "Q26")
def links_need_a_cluster(article: Article) -> Iterator[Breach]:
    """A quote with a link has a cluster."""
    yield from (Breach(q.id, q.content[0]) for q in article.document.quotes if q.link and not q.cluster)


def is_marked(article: Article, q: Quote) -> bool:
    """Return whether all content of a quote stands in quotation marks: its own, or those of quotes with the same cue.

    The quotes that share a pair of marks fill it, from the opening to the closing one.
    """
    fellows = sorted(part for other in article.document.quotes if other.cue == q.cue for part in other.content)
    for part in q.content:
        for pair in article.marks:
            shared = [fellow for fellow in fellows if inside(fellow, pair)]
            gaps = [article.text[a.end : b.start] for a, b in pairwise(shared)]
            is_filled = bool(shared) and (shared[0].start, shared[-1].end) == (pair.start, pair.end)
            if part in shared and is_filled and not any(map(str.strip, gaps)):
                break
        else:
            return False
    return True


def find_own_marks(article: Article, q: Quote) -> list[Span]:
    """Return the pairs of marks that open or close in a quote's content, except those of nested quotes and of names."""
    touching = [
        pair
        for pair in article.marks
        if any(p.start <= i < p.end for p in q.content for i in (pair.start, pair.end - 1))
    ]
    nested = [part for other in article.document.quotes if touching and is_nested(other, q) for part in other.content]
    own = []
    for pair in touching:
        words = Span(pair.start + 1, pair.end - 1)
        named = any(e.span == words or inside(pair, e.span) for e in article.document.entities)
        # Nested quotes may share a pair of marks, so that one opens and another closes it.
        if not named and not all(any(p.start <= i < p.end for p in nested) for i in (pair.start, pair.end - 1)):
            own.append(pair)
    return own
