"""Find the offsets of words that a system gave without offsets.

:func:`place_words` is for a list of items (entities, triggers, contents of quotes) in the order in which a system gave
them: the n-th emission of a string takes its n-th occurrence, in the best order. :func:`place_near` is for words that
belong to an item with a place (a cue, a source, a filler).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vostochny.model import Span
from vostochny.text.alignment import Finder, normalise

MAX_SKIPPED = 8  # occurrences that an emission may pass over to keep the order of the text


@dataclass(frozen=True, slots=True)
class WordQuery:
    """Words to place, and a system's hints at where they are.

    ``occurrence`` is which occurrence is meant, from 1, in scored zones; ``stretch`` a span that it lies in (a
    paragraph); ``context`` words around it. None where the system gave no such hint; ``stretch`` goes before
    ``context``.
    """

    words: str
    occurrence: int | None = None
    stretch: Span | None = None
    context: str | None = None


def place_words(finder: Finder, queries: Sequence[WordQuery]) -> list[Span | None]:
    """Return a span for each emission of a list, in the list's order; None where the text has no occurrence left.

    Hints come first. Then the n-th emission of a string takes its n-th occurrence that is still free. Where that order
    runs against the order of the text, an emission may pass over up to MAX_SKIPPED occurrences, so that as many
    emissions as possible are in text order with as few occurrences passed over as possible; emissions that still do not
    fit take the first occurrences left. Occurrences written exactly as the words are preferred to those that are equal
    only after :func:`normalise`, where there are enough. Time: n log n in emissions.
    """
    out, groups, used = _place_hinted(finder, queries)
    options: dict[int, list[Span]] = {}
    free: dict[str, list[Span]] = {}
    for key, members in groups.items():
        spans = finder.find(key)
        exact = [s for s in spans if s.of(finder.text) == queries[members[0]].words]
        written_alike = len({queries[i].words for i in members}) == 1
        usable = exact if written_alike and len(exact) >= len(members) else spans
        free[key] = [s for s in usable if s not in used.get(key, ())]
        for n, i in enumerate(members[: len(free[key])]):
            # The n-th emission may not take the last occurrences, which the emissions after it need.
            last = max(n, len(free[key]) - (len(members) - n))
            options[i] = free[key][n : min(last, n + MAX_SKIPPED) + 1]
    # The usual case: with every emission at its first option the order of the text is kept already.
    first_options = [options[i][0] if i in options else out[i] for i in range(len(queries))]
    spans_in_list_order = [s for s in first_options if s]
    if all(a.start <= b.start for a, b in pairwise(spans_in_list_order)):
        return first_options
    fixed = {i: [s] for i, s in enumerate(out) if s}
    chain = _longest_chain({**options, **fixed})
    for key, members in groups.items():
        taken = {chain[i] for i in members if i in chain}
        rest = iter([s for s in free[key] if s not in taken])
        for i in members:
            out[i] = chain[i] if i in chain else next(rest, None)
    return out


def _place_hinted(
    finder: Finder, queries: Sequence[WordQuery]
) -> tuple[list[Span | None], dict[str, list[int]], dict[str, set[Span]]]:
    """Place the emissions that carry a usable hint.

    Returns a span for each of them (None for all others); the indices of the emissions without a hint, by normalised
    words; and the spans that are taken, by normalised words.
    """
    out: list[Span | None] = [None] * len(queries)
    groups: dict[str, list[int]] = {}
    used: dict[str, set[Span]] = {}
    queues: dict[tuple[str, Span | None, str | None], Iterator[Span]] = {}
    for i, query in enumerate(queries):
        key = normalise(query.words)
        hint = key, query.stretch, query.context
        queue = None if query.occurrence is not None else queues.get(hint)
        candidates = None if queue else _hinted_spans(finder, query)
        if queue is None and candidates is None:
            groups.setdefault(key, []).append(i)
            continue
        taken = used.setdefault(key, set())
        if candidates is not None and query.occurrence is not None:
            span = candidates[query.occurrence - 1] if query.occurrence <= len(candidates) else None
        else:
            # Emissions with the same words and hint share one iterator: each goes on where the last one stopped.
            queue = queues.setdefault(hint, iter(candidates or ()))
            span = next((s for s in queue if s not in taken), None)
        if span:
            taken.add(span)
        out[i] = span
    return out, groups, used


def _hinted_spans(finder: Finder, query: WordQuery) -> list[Span] | None:
    """Return the occurrences that a hint leaves; None where there is no hint or its context is not in the text."""
    stretches = [query.stretch] if query.stretch else finder.find(query.context) if query.context else []
    if stretches:
        # Cached, because each of many items may have the same words and context.
        key = query.words, query.stretch or query.context
        if key not in finder.hint_cache:
            spans = finder.find(query.words)
            bounds = [[bisect_left(spans, at, key=lambda s: s.start) for at in (x.start, x.end)] for x in stretches]
            finder.hint_cache[key] = [span for first, last in bounds for span in spans[first:last]]
        return finder.hint_cache[key]
    return finder.find(query.words) if query.occurrence is not None else None


def _longest_chain(options: dict[int, list[Span]]) -> dict[int, Span]:
    """Choose one option each for as many emissions as can be in text order, passing over as few options as possible.

    A longest increasing subsequence over all options. ``best`` is a Fenwick tree (binary indexed tree) of prefix
    maxima: the best chain that ends at or before a place is found, and a place updated, in log n steps.
    """
    # By start, and of equal starts the longer first, so that a chain may nest a span in the one before it.
    keys = sorted({(s.start, -s.end) for spans in options.values() for s in spans})
    rank = {key: i + 1 for i, key in enumerate(keys)}
    best = [(0, -1)] * (len(keys) + 1)  # of the options up to a rank: the value of the best chain, its last node
    nodes: list[tuple[int, Span, int]] = []  # emission, option, node before
    for i in sorted(options):
        ends = []
        for skipped, span in enumerate(options[i]):
            at = rank[span.start, -span.end]
            value, before = 0, -1
            below = at - 1
            while below:
                if best[below][0] > value:
                    value, before = best[below]
                below &= below - 1  # clears the lowest bit: the next stretch of the prefix
            # An emission weighs more than all skips together, so length decides first, skips second.
            ends.append((at, value + (1 << 32) - skipped, span, before))
        # Entered only now, so that two options of one emission cannot follow each other in a chain.
        for at, value, span, before in ends:
            nodes.append((i, span, before))
            while at < len(best):
                if best[at][0] < value:
                    best[at] = (value, len(nodes) - 1)
                at += at & -at  # the next node of the tree that covers this rank
    _, node = max(best, key=lambda b: b[0])
    out: dict[int, Span] = {}
    while node >= 0:
        i, span, node = nodes[node]
        out[i] = span
    return out


def place_near(finder: Finder, query: WordQuery, anchor: Span | None) -> Span | None:
    """Return the occurrence of words nearest to ``anchor``, the item they belong to; a hint goes before nearness.

    Without an anchor it is the first occurrence; None where there is none.
    """
    candidates = _hinted_spans(finder, query)
    spans = finder.find(query.words) if candidates is None else candidates
    if candidates is not None and query.occurrence is not None:
        return candidates[query.occurrence - 1] if query.occurrence <= len(candidates) else None
    if not spans or anchor is None:
        return spans[0] if spans else None
    at = bisect_right(spans, anchor.start, key=lambda s: s.start)
    around = spans[max(0, at - 1) : at] + _spans_after(spans, anchor, at)
    return min(around, key=lambda s: (max(s.start - anchor.end, anchor.start - s.end, 0), s.start))


def _spans_after(spans: list[Span], anchor: Span, at: int) -> list[Span]:
    """Return the next span after an anchor's start, and the next after its end, where a quote's source often is."""
    behind = bisect_left(spans, anchor.end, key=lambda s: s.start)
    return spans[at : at + 1] + spans[behind : behind + 1]
