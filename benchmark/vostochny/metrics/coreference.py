"""Coreference: MUC, B³, CEAF-φ4, LEA, BLANC and mention detection, within documents and across them.

All of them are read off one sparse table: how many mentions each gold and each predicted cluster share. It is made by
sorting packed integers, so nothing is quadratic in mentions, clusters or the size of a cluster.

**Twinless mentions** (those only one side has) are treated as in the reference scorer v8.01 (Pradhan et al. 2014):
neither side is changed; none is added to the other side as a singleton, none is removed. A missed gold mention counts
in its cluster's size and so costs recall in every metric; a spurious one counts in its predicted cluster's size and
costs precision. A mention listed twice on one side counts once; where its copies stand in different clusters, the
cluster of the smallest code has it. Singletons are clusters like others, unless dropped. Unlike in v8.01, 0/0 is
undefined and not 0: MUC of nothing but singletons is no score.

Every metric gives, per document, the numerator and denominator of recall and of precision. They add up over documents,
and the ratio of the sums is the score of CoNLL-2011/2012. CoNLL F1 is the mean of the F1 of the metrics in ``CONLL``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from vostochny.metrics.assignment import best_totals
from vostochny.metrics.counts import Bools, Counts, Floats, Ints
from vostochny.metrics.pairs import Pair
from vostochny.model import Document, Span

Kind = Literal["entities", "events", "utterances"]


@dataclass(frozen=True)
class ClusteredMentions:
    """The clustered mentions of one side as columns of integers >= 0, in any order.

    A mention is told by ``document`` and ``mention`` together, with the same codes on both sides. ``cluster`` codes
    are the side's own; a cluster stands in one document only. Arrays as long as the greatest cluster code are made, so
    codes should have few gaps.
    """

    document: Ints
    mention: Ints
    cluster: Ints


@dataclass(frozen=True)
class Clusters:
    """The clusters of one side by code: number of mentions (0 where there is no such cluster) and document."""

    size: Ints
    document: Ints


@dataclass(frozen=True)
class OverlapTable:
    """What two sides share: cell i says that ``left[i]`` of gold and ``right[i]`` of predicted have ``shared[i]`` > 0
    mentions in common. No two cells are of the same two clusters."""

    documents: int
    gold: Clusters
    predicted: Clusters
    left: Ints
    right: Ints
    shared: Ints

    def add_up(self, gold: Floats | Ints, predicted: Floats | Ints) -> tuple[Floats, Floats]:
        """Per document sums of what stands per gold and per predicted cluster."""
        return self._sum(self.gold.document, gold), self._sum(self.predicted.document, predicted)

    def add_up_cells(self, values: Floats | Ints) -> Floats:
        """Per document sums of what stands per cell."""
        return self._sum(self.gold.document[self.left], values)

    def _sum(self, document: Ints, values: Floats | Ints) -> Floats:
        return np.bincount(document, weights=values, minlength=self.documents).astype(np.float64, copy=False)


def tabulate(
    gold: ClusteredMentions,
    predicted: ClusteredMentions,
    documents: int,
    *,
    singletons: bool = True,
    common_only: bool = False,
) -> OverlapTable:
    """The table of two sides; documents are numbered below ``documents``.

    ``common_only`` first removes, on both sides, the mentions the other side lacks: what is left is scored as if the
    mentions had been given (gold mentions). Then, without ``singletons``, clusters of size one are removed on each
    side; a gold mention whose predicted cluster fell away is then a missed one, as in CoNLL-2012. Time: one sort of
    all mentions and one of the common ones.
    """
    width = max(_bits(gold.cluster), _bits(predicted.cluster))
    document = np.concatenate([gold.document, predicted.document])
    identity = _pack(document, np.concatenate([gold.mention, predicted.mention]))
    if _bits(identity) + 1 + width > 63:
        identity = np.unique(identity, return_inverse=True)[1]
    # One key a mention: identity, side, cluster. After sorting, copies are neighbours, the smallest cluster first, and
    # so are the two sides of a common mention, gold first.
    keys = (identity << (1 + width)) | np.concatenate([gold.cluster, predicted.cluster])
    keys[len(gold.document) :] |= 1 << width
    keys.sort(kind="stable")  # which merges runs: mentions mostly come in order, as read from a file
    keys = keys[_run_starts(keys >> width)]
    if common_only:
        first = _common_mentions(keys >> (1 + width))
        keys = keys[np.sort(np.concatenate([first, first + 1]))]
    cluster, is_gold = keys & ((1 << width) - 1), (keys >> width) & 1 == 0
    codes = [int(side.cluster.max(initial=-1)) + 1 for side in (gold, predicted)]
    sizes = _sizes(cluster, is_gold, codes)
    if not singletons:
        kept = np.where(is_gold, _sizes_of(sizes[0], cluster), _sizes_of(sizes[1], cluster)) > 1
        keys, cluster, is_gold = keys[kept], cluster[kept], is_gold[kept]
        sizes = _sizes(cluster, is_gold, codes)
    first = _common_mentions(keys >> (1 + width))
    cells = np.sort((cluster[first] << width) | cluster[first + 1])
    begins = np.flatnonzero(_run_starts(cells))
    shared = np.diff(begins, append=len(cells))
    cells = cells[begins]
    sides = [
        Clusters(size, _cluster_documents(side, len(size))) for size, side in zip(sizes, (gold, predicted), strict=True)
    ]
    return OverlapTable(documents, sides[0], sides[1], cells >> width, cells & ((1 << width) - 1), shared)


def muc(table: OverlapTable) -> Floats:
    """Links kept: Σ(|k| − |p(k)|) / Σ(|k| − 1) (Vilain et al. 1995), shape (documents, 4).

    p(k) are the parts that the other side cuts k into, each mention it lacks a part of its own; so the numerator is
    Σ(shared − 1) over the cells, the same for recall and precision. Singletons count nothing: without a cluster of two
    on a side, that side's ratio is 0/0.
    """
    kept = table.add_up_cells(table.shared - 1)
    links = table.add_up(np.maximum(table.gold.size - 1, 0), np.maximum(table.predicted.size - 1, 0))
    return _stack(kept, links[0], kept, links[1])


def b3(table: OverlapTable) -> Floats:
    """Per mention, the share of its cluster found with it: Σ|k∩r|²/|k| ÷ Σ|k| (Bagga & Baldwin 1998)."""
    square = table.shared.astype(np.float64) ** 2
    recall = table.add_up_cells(square / table.gold.size[table.left])
    precision = table.add_up_cells(square / table.predicted.size[table.right])
    mentions = table.add_up(table.gold.size, table.predicted.size)
    return _stack(recall, mentions[0], precision, mentions[1])


def ceaf(table: OverlapTable) -> Floats:
    """CEAF-φ4 (Luo 2005): the best one-to-one map of clusters under φ4 = 2|k∩r| / (|k| + |r|).

    Recall is its total over the number of gold clusters, precision over the number of predicted ones. Clusters of
    different documents share no mention, so the map is best within each. Exact; for its time see
    assignment.best_totals and solve_assignment: linear but for what two clusterings tangle beyond trees and clear cases.
    """
    sizes = table.gold.size[table.left] + table.predicted.size[table.right]
    document = table.gold.document[table.left]
    alike = best_totals(table.left, table.right, 2 * table.shared / sizes, document, table.documents)
    clusters = table.add_up(np.minimum(table.gold.size, 1), np.minimum(table.predicted.size, 1))
    return _stack(alike, clusters[0], alike, clusters[1])


def lea(table: OverlapTable) -> Floats:
    """Link-based entity-aware: Σ|k|·Σᵣ link(k∩r)/link(k) ÷ Σ|k|, link(n) = n(n−1)/2 (Moosavi & Strube 2016).

    A singleton has one link, to itself: it is found where the other side has the same mention as a singleton.
    """

    def credit(mine: Ints, theirs: Ints) -> Floats:
        links = table.shared * (table.shared - 1) / np.maximum(mine - 1, 1)
        return table.add_up_cells(np.where((mine == 1) & (theirs == 1), 1.0, links))

    gold, predicted = table.gold.size[table.left], table.predicted.size[table.right]
    mentions = table.add_up(table.gold.size, table.predicted.size)
    return _stack(credit(gold, predicted), mentions[0], credit(predicted, gold), mentions[1])


def mention_detection(table: OverlapTable) -> Floats:
    """ClusteredMentions both sides have, over those of gold and of predicted; which cluster they are in does not matter."""
    both = table.add_up_cells(table.shared)
    mentions = table.add_up(table.gold.size, table.predicted.size)
    return _stack(both, mentions[0], both, mentions[1])


def blanc_links(table: OverlapTable) -> Floats:
    """The coreference half of BLANC: pairs of mentions in one cluster (Luo et al. 2014).

    BLANC is the mean of the F1 of both halves; where a half is undefined on both sides (no such pair), the other half.
    Where only gold lacks such pairs, Luo et al. count that half as 0, v8.01 leaves it out.
    """
    both = table.add_up_cells(_pair_count(table.shared))
    links = table.add_up(_pair_count(table.gold.size), _pair_count(table.predicted.size))
    return _stack(both, links[0], both, links[1])


def blanc_nonlinks(table: OverlapTable) -> Floats:
    """The other half of BLANC: pairs of one document's mentions in two clusters (Luo et al. 2014).

    Common to both sides are pairs of common mentions that neither side links.
    """
    here, there = (
        np.bincount(cluster, weights=table.shared, minlength=len(side.size))
        for cluster, side in ((table.left, table.gold), (table.right, table.predicted))
    )
    linked = table.add_up(_pair_count(here), _pair_count(there))
    common = _pair_count(table.add_up_cells(table.shared))
    both = common - linked[0] - linked[1] + table.add_up_cells(_pair_count(table.shared))
    links = blanc_links(table)
    mentions = table.add_up(table.gold.size, table.predicted.size)
    return _stack(both, _pair_count(mentions[0]) - links[:, 1], both, _pair_count(mentions[1]) - links[:, 3])


METRICS: dict[str, Callable[[OverlapTable], Floats]] = {
    "muc": muc,
    "b3": b3,
    "ceaf": ceaf,
    "lea": lea,
    "mentions": mention_detection,
    "blanc_links": blanc_links,
    "blanc_nonlinks": blanc_nonlinks,
}
CONLL = ("muc", "b3", "ceaf")
BLANC = ("blanc_links", "blanc_nonlinks")


def compute_all(table: OverlapTable, prefix: str) -> dict[str, Counts]:
    """Every metric of a table by its name, ``prefix.muc`` and so on: a unit a document, one stratum, no facets."""
    documents = np.arange(table.documents)
    return {
        f"{prefix}.{name}": Counts(f"{prefix}.{name}", (), ((),), metric(table)[:, None, :], documents)
        for name, metric in METRICS.items()
    }


def compute_within(
    pairs: Sequence[Pair], prefix: str, kind: Kind, *, singletons: bool = True, common_only: bool = False
) -> dict[str, Counts]:
    """Coreference within each document: every metric by its name, ``prefix.muc`` and so on, a unit a document.

    An item without a cluster is no mention here, on either side: a system that finds a name and says nothing of its
    identity has not resolved it. ``kind`` says what a mention is told by:

    - entities: its span. Values have no identity and are left out on both sides.
    - events: its trigger's span; where either side has events of two types on one trigger, also its type there.
    - utterances: all content spans of a quote.

    The options are those of :func:`tabulate`.
    """
    gold, predicted = _columns(pairs, kind)
    return compute_all(tabulate(gold, predicted, len(pairs), singletons=singletons, common_only=common_only), prefix)


def compute_across(pairs: Sequence[Pair], prefix: str, kind: Kind, *, singletons: bool = True) -> dict[str, Counts]:
    """Coreference across documents: one unit, in which clusters of one name are one (Cattan et al. 2021).

    All documents are scored as one, on predicted mentions. Cattan et al. would have ``singletons=False`` here, so that
    finding mentions is not rewarded as resolving them; report both. What comes out is no sum over documents, what it is
    made of is (:class:`Overlaps`). ClusteredMentions are told as in :func:`compute_within`.
    """
    return compute_all(Overlaps.of_pairs(pairs, kind).table(singletons=singletons), prefix)


@dataclass(frozen=True)
class Overlaps:
    """What clusters across documents are scored from, in a form that adds up over documents.

    The mentions of each gold and of each predicted cluster, and those that a gold and a predicted cluster share, by
    name. Every metric here is a function of these sums and of nothing else, so parts counted anywhere give, added, the
    very figures of the whole. Their size is that of the clusters and of the pairs of clusters that touch, not that of
    the mentions; the functions themselves need all of them in one place (CEAF's best map can hang on any of them).
    """

    gold: Counter[str] = field(default_factory=Counter)
    predicted: Counter[str] = field(default_factory=Counter)
    shared: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def of_pairs(cls, pairs: Iterable[Pair], kind: Kind) -> Overlaps:
        """The overlaps of some documents; a mention given to two clusters is the one's whose name comes first."""
        out = cls()
        for pair in pairs:
            ambiguous = _ambiguous_triggers(pair) if kind == "events" else frozenset()
            sides: list[dict[Hashable, str]] = []
            for document in (pair.gold, pair.predicted):
                side: dict[Hashable, str] = {}
                for key, cluster in _clustered_items(document, kind, pair.value_types, ambiguous):
                    side[key] = min(cluster, side.get(key, cluster))
                sides.append(side)
            gold, predicted = sides
            out.gold.update(gold.values())
            out.predicted.update(predicted.values())
            out.shared.update((gold[key], predicted[key]) for key in gold.keys() & predicted.keys())
        return out

    def update(self, other: Overlaps) -> None:
        """Add those of other documents."""
        self.gold.update(other.gold)
        self.predicted.update(other.predicted)
        self.shared.update(other.shared)

    def without(self, other: Overlaps) -> Overlaps:
        """What is left when some of the documents are taken out."""
        return Overlaps(self.gold - other.gold, self.predicted - other.predicted, self.shared - other.shared)

    def __len__(self) -> int:
        """How many sums there are."""
        return len(self.gold) + len(self.predicted) + len(self.shared)

    def table(self, *, singletons: bool = True) -> OverlapTable:
        """The table of all documents as one; without ``singletons``, clusters of one mention are removed first."""
        least = 1 if singletons else 2
        codes = [
            {name: i for i, name in enumerate(sorted(n for n, size in side.items() if size >= least))}
            for side in (self.gold, self.predicted)
        ]
        sides = [
            Clusters(np.array([side[name] for name in code], dtype=np.int64), np.zeros(len(code), dtype=np.int64))
            for side, code in zip((self.gold, self.predicted), codes, strict=True)
        ]
        cells = sorted(
            (codes[0][left], codes[1][right], shared)
            for (left, right), shared in self.shared.items()
            if left in codes[0] and right in codes[1]
        )
        columns = np.array(cells, dtype=np.int64).reshape(-1, 3).T
        return OverlapTable(1, sides[0], sides[1], *columns)


def _columns(pairs: Sequence[Pair], kind: Kind) -> tuple[ClusteredMentions, ClusteredMentions]:
    mentions: dict[tuple[int, Hashable], int] = {}
    rows: tuple[list[tuple[int, int, str]], list[tuple[int, int, str]]] = [], []
    for number, pair in enumerate(pairs):
        ambiguous = _ambiguous_triggers(pair) if kind == "events" else frozenset()
        for document, out in zip((pair.gold, pair.predicted), rows, strict=True):
            for key, cluster in _clustered_items(document, kind, pair.value_types, ambiguous):
                code = mentions.setdefault((number, key), len(mentions))
                out.append((number, code, cluster))
    sides = []
    for out in rows:
        # By name, not by appearance: which cluster has a mention given twice must not depend on the input's order.
        clusters = {c: i for i, c in enumerate(sorted({(document, name) for document, _, name in out}))}
        table = np.array([(d, m, clusters[d, name]) for d, m, name in out], dtype=np.int64).reshape(-1, 3)
        sides.append(ClusteredMentions(*table.T))
    return sides[0], sides[1]


def _clustered_items(
    document: Document, kind: Kind, values: frozenset[str], ambiguous: frozenset[Span]
) -> list[tuple[Hashable, str]]:
    """Key and cluster of every item that has a cluster."""
    if kind == "entities":
        return [(e.span, e.cluster) for e in document.entities if e.cluster is not None and e.type not in values]
    if kind == "events":
        return [
            ((e.trigger, e.type if e.trigger in ambiguous else None), e.cluster)
            for e in document.events
            if e.cluster is not None
        ]
    return [(q.content, q.cluster) for q in document.quotes if q.cluster is not None]


def _ambiguous_triggers(pair: Pair) -> frozenset[Span]:
    """Triggers that have events of two types on one side."""
    out = set()
    for document in (pair.gold, pair.predicted):
        seen: dict[Span, str] = {}
        for event in document.events:
            if event.cluster is not None and seen.setdefault(event.trigger, event.type) != event.type:
                out.add(event.trigger)
    return frozenset(out)


def _bits(column: Ints) -> int:
    return int(column.max(initial=0)).bit_length()


def _pack(high: Ints, low: Ints) -> Ints:
    """Two columns as one that sorts and compares alike; sparse codes are made dense only where they would not fit."""
    if _bits(high) + _bits(low) > 63:
        high, low = (np.unique(column, return_inverse=True)[1] for column in (high, low))
    return (high << _bits(low)) | low


def _run_starts(ordered: Ints) -> Bools:
    """Flags where a run of equal values begins."""
    return np.concatenate([np.ones(min(1, len(ordered)), dtype=bool), ordered[1:] != ordered[:-1]])


def _common_mentions(identity: Ints) -> Ints:
    """Where the gold side of a common mention stands; the predicted side is the next."""
    return np.flatnonzero(identity[1:] == identity[:-1])


def _sizes(cluster: Ints, is_gold: Bools, codes: list[int]) -> list[Ints]:
    sides = zip((is_gold, ~is_gold), codes, strict=True)
    return [np.bincount(cluster[flags], minlength=length) for flags, length in sides]


def _sizes_of(sizes: Ints, cluster: Ints) -> Ints:
    """The size of each cluster, where some codes are the other side's and may be out of range."""
    return sizes[np.minimum(cluster, len(sizes) - 1)] if len(sizes) else np.zeros_like(cluster)


def _cluster_documents(side: ClusteredMentions, codes: int) -> Ints:
    home = np.zeros(codes, dtype=np.int64)
    home[side.cluster] = side.document
    if not np.array_equal(home[side.cluster], side.document):
        raise ValueError("a cluster's mentions must all be of one document; number clusters by document")
    return home


def _pair_count(n: Floats | Ints) -> Floats:
    size = np.asarray(n, dtype=np.float64)
    return size * (size - 1) / 2


def _stack(*columns: Floats) -> Floats:
    return np.stack(columns, axis=1)
