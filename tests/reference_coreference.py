"""Plain, slow coreference metrics on sets, written from the definitions, for comparison with the fast ones.

A clustering is a list of clusters, a cluster a list of mentions. Every metric returns the four numbers of one document:
numerator and denominator of recall, numerator and denominator of precision.
"""

from functools import lru_cache
from itertools import combinations


def prepare(gold, predicted, singletons=True, common_only=False):
    """Both sides as lists of disjoint sets: duplicates out, the options of the fast code applied."""
    gold, predicted = _disjoint(gold), _disjoint(predicted)
    if common_only:
        common = set().union(*gold) & set().union(*predicted)
        gold, predicted = ([c & common for c in side] for side in (gold, predicted))
    least = 1 if singletons else 2
    return [c for c in gold if len(c) >= least], [c for c in predicted if len(c) >= least]


def _disjoint(clusters):
    seen, out = set(), []
    for cluster in clusters:
        out.append(set(cluster) - seen)
        seen |= set(cluster)
    return out


def muc(gold, predicted):
    def links(keys, responses):
        kept = 0
        for k in keys:
            parts = [k & r for r in responses if k & r]
            twinless = k - set().union(*responses)
            kept += len(k) - len(parts) - len(twinless)
        return kept, sum(len(k) - 1 for k in keys)

    return *links(gold, predicted), *links(predicted, gold)


def b3(gold, predicted):
    def shares(keys, responses):
        total = 0.0
        for k in keys:
            for mention in k:
                with_it = next((r for r in responses if mention in r), set())
                total += len(k & with_it) / len(k)
        return total, sum(len(k) for k in keys)

    return *shares(gold, predicted), *shares(predicted, gold)


def ceaf(gold, predicted):
    """Every one-to-one map is tried."""

    @lru_cache(None)
    def best(i, used):
        if i == len(gold):
            return 0.0
        options = [best(i + 1, used)]
        for j, r in enumerate(predicted):
            if not used >> j & 1:
                alike = 2 * len(gold[i] & r) / (len(gold[i]) + len(r))
                options.append(alike + best(i + 1, used | 1 << j))
        return max(options)

    alike = best(0, 0)
    return alike, len(gold), alike, len(predicted)


def lea(gold, predicted):
    def links(cluster):
        pairs = set(combinations(sorted(cluster), 2))
        return pairs or {(mention, mention) for mention in cluster}

    def resolved(keys, responses):
        theirs = set().union(*(links(r) for r in responses))
        return sum(len(k) * len(links(k) & theirs) / len(links(k)) for k in keys), sum(len(k) for k in keys)

    return *resolved(gold, predicted), *resolved(predicted, gold)


def mentions(gold, predicted):
    mine, theirs = set().union(*gold), set().union(*predicted)
    return len(mine & theirs), len(mine), len(mine & theirs), len(theirs)


def blanc_links(gold, predicted):
    return _pairs(_linked(gold), _linked(predicted))


def blanc_nonlinks(gold, predicted):
    return _pairs(*(set(combinations(sorted(set().union(*s)), 2)) - _linked(s) for s in (gold, predicted)))


def _linked(clusters):
    return {pair for c in clusters for pair in combinations(sorted(c), 2)}


def _pairs(mine, theirs):
    return len(mine & theirs), len(mine), len(mine & theirs), len(theirs)


METRICS = {
    "muc": muc,
    "b3": b3,
    "ceaf": ceaf,
    "lea": lea,
    "mentions": mentions,
    "blanc_links": blanc_links,
    "blanc_nonlinks": blanc_nonlinks,
}
