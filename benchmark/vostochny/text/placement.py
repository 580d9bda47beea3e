"""Words without offsets, placed: the n-th emission of a string takes its n-th occurrence, in the best order.

Part of the room ``align``. :func:`place_words` is for a list of items (entities, triggers, contents of quotes) in the order
in which a system gave them; :func:`place_near` for what belongs to an item that has a place (a cue, a source, a filler).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vostochny.model import Span
from vostochny.text.alignment import Finder, normalise

MAX_SKIPPED = 8  # how many occurrences an emission may pass over to keep the order of the text


@dataclass(frozen=True, slots=True)
class WordQuery:
    """Words to place, and what a system says of where: the ``occurrence``-th (from 1) in scored zones, or in
    ``stretch`` (a paragraph) if given, or inside the words of ``context``.
    """

    words: str
    occurrence: int | None = None
    stretch: Span | None = None
    context: str | None = None


def place_words(finder: Finder, wanted: Sequence[WordQuery]) -> list[Span | None]:
    """A span for each of a list of emissions, None where there is none (left), in the order of the list.

    Hints come first. Then the n-th emission of a string takes its n-th occurrence that is still free. Where that order
    runs against the order of the text, an emission may pass over up to MAX_SKIPPED occurrences so that as many emissions as
    possible stand in text order, passing over as few as can be; those that still do not fit take the first occurrences
    that are left. Occurrences as the words are written go before those that are only alike, where there are enough.
    Time: n log n in emissions.
    """
    out: list[Span | None] = [None] * len(wanted)
    groups: dict[str, list[int]] = {}
    used: dict[str, set[Span]] = {}
    queues: dict[tuple[str, Span | None, str | None], Iterator[Span]] = {}
    for i, item in enumerate(wanted):
        key = normalise(item.words)
        hint = key, item.stretch, item.context
        queue = None if item.occurrence is not None else queues.get(hint)
        choice = None if queue else _hinted(finder, item)
        if queue is None and choice is None:
            groups.setdefault(key, []).append(i)
            continue
        taken = used.setdefault(key, set())
        if choice is not None and item.occurrence is not None:
            found = choice[item.occurrence - 1] if item.occurrence <= len(choice) else None
        else:
            queue = queues.setdefault(hint, iter(choice or ()))
            found = next((s for s in queue if s not in taken), None)
        if found:
            taken.add(found)
        out[i] = found
    options: dict[int, list[Span]] = {}
    free: dict[str, list[Span]] = {}
    for key, members in groups.items():
        spans = finder.find(key)
        exact = [s for s in spans if s.of(finder.text) == wanted[members[0]].words]
        alike = len({wanted[i].words for i in members}) == 1
        free[key] = [
            s for s in (exact if alike and len(exact) >= len(members) else spans) if s not in used.get(key, ())
        ]
        for n, i in enumerate(members[: len(free[key])]):
            last = max(n, len(free[key]) - (len(members) - n))
            options[i] = free[key][n : min(last, n + MAX_SKIPPED) + 1]
    first = [options[i][0] if i in options else out[i] for i in range(len(wanted))]
    placed = [s for s in first if s]
    if all(a.start <= b.start for a, b in pairwise(placed)):
        return first
    fixed = {i: [s] for i, s in enumerate(out) if s}
    chain = _best_order({**options, **fixed})
    for key, members in groups.items():
        taken = {chain[i] for i in members if i in chain}
        rest = iter([s for s in free[key] if s not in taken])
        for i in members:
            out[i] = chain[i] if i in chain else next(rest, None)
    return out


def _hinted(finder: Finder, item: WordQuery) -> list[Span] | None:
    """The occurrences that a hint leaves, None where there is no hint or its context is not in the text."""
    stretches = [item.stretch] if item.stretch else finder.find(item.context) if item.context else []
    if stretches:
        # Kept, because each of many items may have the same words and context.
        key = item.words, item.stretch or item.context
        if key not in finder.hinted:
            spans = finder.find(item.words)
            bounds = [[bisect_left(spans, at, key=lambda s: s.start) for at in (x.start, x.end)] for x in stretches]
            finder.hinted[key] = [span for first, last in bounds for span in spans[first:last]]
        return finder.hinted[key]
    return finder.find(item.words) if item.occurrence is not None else None


def _best_order(options: dict[int, list[Span]]) -> dict[int, Span]:
    """One option each for as many emissions as can stand in text order, passing over as few options as can be.

    A longest increasing subsequence over all options, by a tree of prefix maxima.
    """
    keys = sorted({(s.start, -s.end) for spans in options.values() for s in spans})
    rank = {key: i + 1 for i, key in enumerate(keys)}
    best = [(0, -1)] * (len(keys) + 1)  # of the options up to a rank: the value of the best chain, its last node
    nodes: list[tuple[int, Span, int]] = []  # emission, option, node before
    for i in sorted(options):
        found = []
        for skipped, span in enumerate(options[i]):
            at = rank[span.start, -span.end]
            value, before = 0, -1
            below = at - 1
            while below:
                if best[below][0] > value:
                    value, before = best[below]
                below &= below - 1
            found.append((at, value + (1 << 32) - skipped, span, before))
        for at, value, span, before in found:
            nodes.append((i, span, before))
            while at < len(best):
                if best[at][0] < value:
                    best[at] = (value, len(nodes) - 1)
                at += at & -at
    _, node = max(best, key=lambda b: b[0])
    out: dict[int, Span] = {}
    while node >= 0:
        i, span, node = nodes[node]
        out[i] = span
    return out


def place_near(finder: Finder, item: WordQuery, anchor: Span | None) -> Span | None:
    """The occurrence of words that is nearest to ``anchor``, the item they belong to; a hint goes before that."""
    choice = _hinted(finder, item)
    spans = finder.find(item.words) if choice is None else choice
    if choice is not None and item.occurrence is not None:
        return choice[item.occurrence - 1] if item.occurrence <= len(choice) else None
    if not spans or anchor is None:
        return spans[0] if spans else None
    at = bisect_right(spans, anchor.start, key=lambda s: s.start)
    around = spans[max(0, at - 1) : at] + _from(spans, anchor, at)
    return min(around, key=lambda s: (max(s.start - anchor.end, anchor.start - s.end, 0), s.start))


def _from(spans: list[Span], anchor: Span, at: int) -> list[Span]:
    """The next span after an anchor's start, and the next that lies behind its end: what a quote's source may be."""
    behind = bisect_left(spans, anchor.end, key=lambda s: s.start)
    return spans[at : at + 1] + spans[behind : behind + 1]
