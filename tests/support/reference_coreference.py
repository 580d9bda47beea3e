"""Reference implementations of the coreference metrics, plain and slow, on sets; and values that papers publish.

The tests compare the package's metrics with both.

A clustering is a list of clusters, a cluster a list of mentions. Every metric returns the four numbers of one document:
numerator and denominator of recall, numerator and denominator of precision.
"""

from functools import lru_cache
from itertools import combinations


def prepare(gold, predicted, singletons=True, common_only=False):
    """Return both sides as lists of disjoint sets, without repeated mentions and with the package's options applied."""
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
    """MUC (Vilain et al. 1995): links that are kept, a cluster of n mentions having n - 1."""

    def links(keys, responses):
        kept = 0
        for k in keys:
            parts = [k & r for r in responses if k & r]
            twinless = k - set().union(*responses)
            kept += len(k) - len(parts) - len(twinless)
        return kept, sum(len(k) - 1 for k in keys)

    return *links(gold, predicted), *links(predicted, gold)


def b3(gold, predicted):
    """B³ (Bagga & Baldwin 1998): the share of each mention's cluster that the other side keeps together with it."""

    def shares(keys, responses):
        total = 0.0
        for k in keys:
            for mention in k:
                with_it = next((r for r in responses if mention in r), set())
                total += len(k & with_it) / len(k)
        return total, sum(len(k) for k in keys)

    return *shares(gold, predicted), *shares(predicted, gold)


def ceaf(gold, predicted):
    """CEAFe (Luo 2005): the best one-to-one map of clusters by φ4, found by trying every map."""

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
    """LEA (Moosavi & Strube 2016): the links of each cluster that the other side has, weighted by its size."""

    def links(cluster):
        pairs = set(combinations(sorted(cluster), 2))
        return pairs or {(mention, mention) for mention in cluster}

    def resolved(keys, responses):
        theirs = set().union(*(links(r) for r in responses))
        return sum(len(k) * len(links(k) & theirs) / len(links(k)) for k in keys), sum(len(k) for k in keys)

    return *resolved(gold, predicted), *resolved(predicted, gold)


def mentions(gold, predicted):
    """Mentions that are in some cluster of both sides."""
    mine, theirs = set().union(*gold), set().union(*predicted)
    return len(mine & theirs), len(mine), len(mine & theirs), len(theirs)


def blanc_links(gold, predicted):
    """BLANC's pairs of mentions in one cluster (Luo et al. 2014)."""
    return _pairs(_linked(gold), _linked(predicted))


def blanc_nonlinks(gold, predicted):
    """BLANC's pairs of mentions in two clusters (Luo et al. 2014)."""
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

# Published values: key, response (a letter is a mention), metric -> recall, precision. A to N are the test cases of the
# reference scorer v8.01 with LEA as its authors added it; it prints 0 where here is None, for 0/0. In A5 and A6 B is a
# mention that overlaps b. D and E are the examples of Bagga & Baldwin 1998, F to L those of Vilain et al. 1995.
KEY_A, ALONE, ALL = "a bc def", "a b c d e f", "abcdef"
CASES = [
    ("A1", KEY_A, KEY_A, {m: (1, 1) for m in METRICS}),
    ("A2", KEY_A, "a de", {"muc": (1 / 3, 1), "b3": (7 / 18, 1), "ceaf": (0.6, 0.9), "lea": (2 / 6, 1),
                           "blanc_links": (1 / 4, 1), "blanc_nonlinks": (2 / 11, 1)}),
    ("A3", KEY_A, "a bcx defy z", {"muc": (1, 3 / 5), "b3": (1, 55 / 108), "ceaf": (0.88571, 0.66429),
                                   "lea": (1, 4 / 9), "blanc_links": (1, 4 / 9), "blanc_nonlinks": (1, 11 / 27)}),
    ("A4", KEY_A, "a bcx dy z", {"muc": (1 / 3, 1 / 3), "b3": (5 / 9, 17 / 42), "ceaf": (0.73333, 0.55),
                                 "lea": (3 / 6, 2 / 7), "blanc_links": (1 / 4, 1 / 4),
                                 "blanc_nonlinks": (5 / 11, 5 / 17)}),
    ("A5", KEY_A, "a bcxB dy z", {"muc": (1 / 3, 1 / 4), "b3": (5 / 9, 5 / 16), "ceaf": (0.68889, 0.51667),
                                  "lea": (3 / 6, 5 / 24), "blanc_links": (1 / 4, 1 / 7),
                                  "blanc_nonlinks": (5 / 11, 5 / 21)}),
    ("A6", KEY_A, "a bcx dy Bz", {"muc": (1 / 3, 1 / 4), "b3": (5 / 9, 17 / 48), "ceaf": (0.73333, 0.55),
                                  "lea": (3 / 6, 2 / 8), "blanc_links": (1 / 4, 1 / 5),
                                  "blanc_nonlinks": (5 / 11, 5 / 23)}),
    # A7, A8, A9: a mention listed twice, in its own cluster, in another one, and ten times.
    *((name, KEY_A, response, {"muc": (1 / 3, 1 / 3), "b3": (5 / 9, 17 / 42), "ceaf": (0.73333, 0.55),
                               "lea": (3 / 6, 2 / 7), "blanc_links": (1 / 4, 1 / 4),
                               "blanc_nonlinks": (5 / 11, 5 / 17)})
      for name, response in (("A7", "a bcxb dy z"), ("A8", "a bcx dy bz"), ("A9", "a bcx dy bbbbbbbbbbz"))),
    ("A10", KEY_A, ALONE, {"muc": (0, None), "b3": (3 / 6, 1), "lea": (1 / 6, 1 / 6), "blanc_links": (0, None),
                           "blanc_nonlinks": (1, 11 / 15)}),
    ("A11", KEY_A, ALL, {"muc": (1, 3 / 5), "b3": (1, 7 / 18), "lea": (5 / 6, 4 / 15),
                         "blanc_links": (1, 4 / 15), "blanc_nonlinks": (0, None)}),
    ("A12", KEY_A, "a x y c d e z", {"muc": (0, None), "b3": (13 / 36, 4 / 7), "lea": (1 / 6, 1 / 7),
                                     "blanc_links": (0, None), "blanc_nonlinks": (5 / 11, 5 / 21)}),
    ("A13", KEY_A, "axycdez", {"muc": (1 / 3, 1 / 6), "b3": (17 / 36, 6 / 49), "lea": (1 / 6, 1 / 21),
                               "blanc_links": (1 / 4, 1 / 21), "blanc_nonlinks": (0, None)}),
    ("B1", "ab cde", "bcx de", {"lea": (1 / 5, 2 / 5), "blanc_links": (1 / 4, 1 / 4),
                                "blanc_nonlinks": (2 / 6, 2 / 6)}),
    ("C1", "ab cde fg", "bcx de fg", {"lea": (3 / 7, 4 / 7), "blanc_links": (2 / 5, 2 / 5),
                                      "blanc_nonlinks": (10 / 16, 10 / 16)}),
    ("D1", "12345 67 89ABC", "12345 6789ABC", {"muc": (1, 9 / 10), "b3": (1, 16 / 21),
                                               "lea": (1, (5 + 7 * 11 / 21) / 12)}),
    ("E1", "12345 67 89ABC", "1234589ABC 67", {"muc": (1, 9 / 10), "b3": (1, 7 / 12),
                                               "lea": (1, (10 * 20 / 45 + 2) / 12)}),
    ("F1", "ABCD", "AB CD", {"muc": (2 / 3, 1), "lea": (2 / 6, 1)}),
    ("G1", "AB CD", "ABCD", {"muc": (1, 2 / 3), "lea": (1, 2 / 6)}),
    ("H1", "ABCD", "ABCD", {"muc": (1, 1), "lea": (1, 1)}),
    ("J1", "ABC", "AC", {"muc": (1 / 2, 1), "lea": (1 / 3, 1)}),
    ("K1", "BCDEGHJ", "ABC DEF GHI", {"muc": (3 / 6, 3 / 6), "lea": (3 / 21, 3 / 9)}),
    ("L1", "ABC DEFG", "AB CD FGH", {"muc": (2 / 5, 2 / 4), "lea": ((1 + 4 / 6) / 7, 3 / 7)}),
    ("M1", ALL, ALL, {"muc": (1, 1), "b3": (1, 1), "ceaf": (1, 1), "lea": (1, 1), "blanc_nonlinks": (None, None)}),
    ("M2", ALL, ALONE, {"muc": (0, None), "lea": (0, 0), "blanc_links": (0, None)}),
    ("M3", ALL, "ab cde f", {"lea": (4 / 15, 5 / 6), "blanc_links": (4 / 15, 1)}),
    ("M4", ALL, "abcxyz", {"lea": (1 / 5, 1 / 5), "blanc_links": (3 / 15, 3 / 15)}),
    ("M5", ALL, "a b c x y z", {"muc": (0, None), "lea": (0, 0), "blanc_links": (0, None)}),
    ("M6", ALL, "ab cxy z", {"lea": (1 / 15, 2 / 6), "blanc_links": (1 / 15, 1 / 4)}),
    ("N1", ALONE, ALONE, {"muc": (None, None), "b3": (1, 1), "ceaf": (1, 1), "lea": (1, 1),
                          "blanc_links": (None, None), "blanc_nonlinks": (1, 1)}),
    ("N2", ALONE, ALL, {"muc": (None, 0), "lea": (0, 0), "blanc_nonlinks": (0, None)}),
    ("N3", ALONE, "ab cde f", {"lea": (1 / 6, 1 / 6), "blanc_nonlinks": (11 / 15, 1)}),
    ("N4", ALONE, "a b c x y z", {"muc": (None, None), "lea": (3 / 6, 3 / 6), "blanc_nonlinks": (3 / 15, 3 / 15)}),
    ("N5", ALONE, "abcxyz", {"muc": (None, 0), "lea": (0, 0), "blanc_nonlinks": (0, None)}),
    ("N6", ALONE, "ab cxy z", {"lea": (0, 0), "blanc_nonlinks": (2 / 15, 2 / 11)}),
    # The worked example of Pradhan et al. 2014 and, for LEA, of Moosavi & Strube 2016.
    ("Pradhan", "abc defg", "ab cd fghi", {"muc": (2 / 5, 2 / 5), "b3": (5 / 12, 1 / 2), "ceaf": (0.65, 1.3 / 3),
                                           "lea": ((1 + 4 / 6) / 7, (2 + 4 / 6) / 8), "mentions": (6 / 7, 6 / 8),
                                           "blanc_links": (2 / 9, 2 / 8), "blanc_nonlinks": (8 / 12, 8 / 20)}),
]  # fmt: skip

# Luo 2005, Table 1: F1 of four responses to one key; "–" for MUC of singletons alone.
LUO = [
    ("12345 6789ABC", 0.947, 0.865, 0.733),
    ("1234589ABC 67", 0.947, 0.737, 0.667),
    ("123456789ABC", 0.900, 0.545, 0.294),
    ("1 2 3 4 5 6 7 8 9 A B C", 0.0, 0.400, 0.178),
]
