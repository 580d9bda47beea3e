"""Metrics of quotes (attributed propositions).

After Pareti et al. (2013), Scheible et al. (2016) and Newell et al. (2018).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from vostochny.metrics.counts import Counts, Item, match_keys, tally
from vostochny.metrics.pairs import Pair
from vostochny.model import Quote
from vostochny.text.alignment import covering_tokens

FACETS = ("directness", "zone")
QuoteTest = Callable[[Pair, Quote, Quote], bool]
# The directness of a spurious quote. A prediction need not state directness, so a predicted quote takes that of the
# gold quote that it is right about, and a spurious one has none: by directness only recall is reported.
SPURIOUS = ""


def content_exact(pairs: list[Pair], metric: str) -> Counts:
    """Compute exact match: a quote is right where a gold quote has exactly its content spans, all of them.

    Facets: directness, zone.
    """
    sides: tuple[list[Item], list[Item]] = [], []
    for pair in pairs:
        gold, predicted = pair.gold.quotes, pair.predicted.quotes
        directness = {q.content: q.directness or "" for q in gold}
        hits = match_keys([q.content for q in gold], [q.content for q in predicted])
        for quote, hit in zip(gold, hits[0], strict=True):
            sides[0].append(_item(pair, quote, quote.directness or "", hit))
        for quote, hit in zip(predicted, hits[1], strict=True):
            sides[1].append(_item(pair, quote, directness[quote.content] if hit else SPURIOUS, hit))
    return tally(metric, FACETS, Pair.unit_documents(pairs), *sides)


def content_overlap(pairs: list[Pair], metric: str, agrees: QuoteTest | None = None) -> Counts:
    """Compute overlap: a quote is right where it is paired (pairs.pair_quotes) with a gold quote that it overlaps.

    With ``agrees`` the pair must also satisfy ``agrees(pair, gold, predicted)``: the same speaker, say. Facets:
    directness, zone.
    """
    sides: tuple[list[Item], list[Item]] = [], []
    for pair in pairs:
        gold, predicted = pair.gold.quotes, pair.predicted.quotes
        right = {g: p for g, p in pair.quote_pairs.items() if agrees is None or agrees(pair, gold[g], predicted[p])}
        gold_of = {p: g for g, p in right.items()}
        for g, quote in enumerate(gold):
            sides[0].append(_item(pair, quote, quote.directness or "", g in right))
        for p, quote in enumerate(predicted):
            stratum = (gold[gold_of[p]].directness or "") if p in gold_of else SPURIOUS
            sides[1].append(_item(pair, quote, stratum, p in gold_of))
    return tally(metric, FACETS, Pair.unit_documents(pairs), *sides)


def content_tokens(pairs: list[Pair], metric: str) -> Counts:
    """Compute token F1 of content: the share of all gold quotes' tokens that their pairs share, and the reverse.

    The graded form of overlap (Pareti et al. 2013's partial measure, over tokens): a prediction that takes the whole
    paragraph pays for it in precision. A token in two quotes is one item in each. Facets: directness, zone.
    """
    sides: tuple[list[Item], list[Item]] = [], []
    for pair in pairs:
        gold, predicted = ([_tokens(pair, q) for q in side.quotes] for side in (pair.gold, pair.predicted))
        partner = pair.quote_pairs
        gold_of = {p: g for g, p in partner.items()}
        for g, quote in enumerate(pair.gold.quotes):
            shared = len(gold[g] & predicted[partner[g]]) if g in partner else 0
            sides[0].append(_item(pair, quote, quote.directness or "", shared, len(gold[g])))
        for p, quote in enumerate(pair.predicted.quotes):
            stratum = (pair.gold.quotes[gold_of[p]].directness or "") if p in gold_of else SPURIOUS
            shared = len(predicted[p] & gold[gold_of[p]]) if p in gold_of else 0
            sides[1].append(_item(pair, quote, stratum, shared, len(predicted[p])))
    return tally(metric, FACETS, Pair.unit_documents(pairs), *sides)


def cues(pairs: list[Pair], metric: str) -> Counts:
    """Compute exact match of cues: a cue is right where a gold cue has its span. Facet: zone.

    Quotes without a cue are left out. Two quotes that share a cue are two items on both sides.
    """
    sides: tuple[list[Item], list[Item]] = [], []
    for pair in pairs:
        with_cue = [[q for q in side.quotes if q.cue] for side in (pair.gold, pair.predicted)]
        hits = match_keys(*([q.cue for q in side] for side in with_cue))
        for side, flags, items in zip(with_cue, hits, sides, strict=True):
            for quote, hit in zip(side, flags, strict=True):
                unit, zone = pair.locate(quote.cue or quote.content[0])
                items.append(Item(unit, (zone,), float(hit)))
    return tally(metric, ("zone",), Pair.unit_documents(pairs), *sides)


def addressees(pairs: list[Pair], metric: str) -> Counts:
    """Compute match of addressees, by identity (Pair.identity_of), over the quotes that name an addressee.

    Right where the quotes are paired by content and both name the same addressee. Facets: directness, zone.
    """
    sides: tuple[list[Item], list[Item]] = [], []
    for pair in pairs:
        gold, predicted = pair.gold.quotes, pair.predicted.quotes
        right = {
            g: p for g, p in pair.quote_pairs.items()
            if gold[g].addressee and pair.identity_of(gold[g].addressee) == pair.identity_of(predicted[p].addressee)
        }  # fmt: skip
        gold_of = {p: g for g, p in right.items()}
        for g, quote in enumerate(gold):
            if quote.addressee:
                sides[0].append(_item(pair, quote, quote.directness or "", g in right))
        for p, quote in enumerate(predicted):
            if quote.addressee:
                stratum = (gold[gold_of[p]].directness or "") if p in gold_of else SPURIOUS
                sides[1].append(_item(pair, quote, stratum, p in gold_of))
    return tally(metric, FACETS, Pair.unit_documents(pairs), *sides)


def directness(pairs: list[Pair], metric: str) -> Counts:
    """Compute the accuracy of directness on paired quotes for which the gold states it: recall = precision = accuracy.

    Facets: directness (the gold's), zone.
    """
    items: list[Item] = []
    for pair in pairs:
        for g, p in pair.quote_pairs.items():
            gold = pair.gold.quotes[g]
            if gold.directness is not None:
                right = gold.directness == pair.predicted.quotes[p].directness
                items.append(_item(pair, gold, gold.directness, right))
    return tally(metric, FACETS, Pair.unit_documents(pairs), items, items)


def same_source_span(pair: Pair, gold: Quote, predicted: Quote) -> bool:
    """Return whether both quotes name the same span as source, or neither names one."""
    spans = [q.source.span if q.source else None for q in (gold, predicted)]
    return spans[0] == spans[1]


def same_speaker(pair: Pair, gold: Quote, predicted: Quote) -> bool:
    """Return whether both quotes have the same source, by cluster and not by string, or neither names one."""
    return pair.identity_of(gold.source) == pair.identity_of(predicted.source)


def _tokens(pair: Pair, quote: Quote) -> set[Hashable]:
    """Return the indices of the tokens that a quote's content touches.

    In a document without tokens they are the offsets of its characters, white space left out.
    """
    if not pair.gold.tokens:
        text = pair.gold.text
        return {i for s in quote.content for i in range(s.start, s.end) if not text or not text[i].isspace()}
    out: set[Hashable] = set()
    for span in quote.content:
        first_and_end = covering_tokens(span, pair.gold.tokens)
        out.update(range(*first_and_end) if first_and_end else ())
    return out


def _item(pair: Pair, quote: Quote, directness: str, credit: float, weight: float = 1.0) -> Item:
    unit, zone = pair.locate(quote.content[0])
    return Item(unit, (directness, zone), float(credit), float(weight))
