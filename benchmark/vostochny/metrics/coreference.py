"""Metrics of coreference: MUC, B³, CEAF-φ4, LEA, BLANC and mention detection, within documents and across them.

All of them are computed from one sparse table: how many mentions each gold and each predicted cluster share. It is
built by sorting packed integers, so nothing is quadratic in mentions, clusters or the size of a cluster.

**Twinless mentions** (those that only one side has) are treated as in the reference scorer v8.01 (Pradhan et al. 2014):
neither side is changed; none is added to the other side as a singleton, none is removed. A missed gold mention is part
of its cluster's size and so costs recall in every metric; a spurious one is part of its predicted cluster's size and
costs precision. A mention listed twice in one cluster is one mention. Singletons are clusters like others, unless
dropped. Unlike in v8.01, 0/0 is undefined and not 0: for nothing but singletons there is no MUC score.

**One mention in several clusters** has no identity. In a gold the readers refuse it. In a prediction the mention stays
in its largest cluster, of equally large ones in that whose mentions come first in the text; each other copy is a
spurious mention of its cluster (:func:`settle_copies`). So no score depends on what the clusters are called. Of two
clusters with the same mentions in a document either may keep them; across documents, where these clusters may differ,
such a mention counts in neither. :func:`tabulate` itself takes what it is given, and a mention for the cluster of the
smallest code.

Every metric returns, per document, the numerator and denominator of recall and of precision. They add up over
documents, and the ratio of the sums is the score of CoNLL-2011/2012. Which of them a report shows, and as a mean of
which others, is in ``metrics.catalogue``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from vostochny.metrics.assignment import best_totals
from vostochny.metrics.item_tables import NONE, Entities, Events, Quotes, Tables
from vostochny.metrics.matching import Bools, Floats, Ints, encode, look_up, number, run_starts

Kind = Literal["entities", "events", "utterances"]


@dataclass(frozen=True, eq=False)
class ClusteredMentions:
    """The clustered mentions of one side as columns of integers >= 0, one row per mention, in any order.

    A mention is identified by ``document`` and ``mention`` together, with the same codes on both sides. ``cluster``
    codes are each side's own; a cluster is part of one document only. Arrays as long as the greatest cluster code are
    allocated, so codes should have few gaps.
    """

    document: Ints
    mention: Ints
    cluster: Ints


@dataclass(frozen=True, eq=False)
class Clusters:
    """The clusters of one side by code: number of mentions (0 where there is no such cluster) and document."""

    size: Ints
    document: Ints


@dataclass(frozen=True, eq=False)
class OverlapTable:
    """A sparse contingency table: how many mentions a gold and a predicted cluster share.

    Cell i states that gold cluster ``left[i]`` and predicted cluster ``right[i]`` have ``shared[i]`` > 0 mentions in
    common. No two cells are of the same two clusters. ``documents`` is the number of documents.
    """

    documents: int
    gold: Clusters
    predicted: Clusters
    left: Ints
    right: Ints
    shared: Ints

    def sum_clusters(self, gold: Floats | Ints, predicted: Floats | Ints) -> tuple[Floats, Floats]:
        """Sum a value per gold cluster and a value per predicted cluster by document: two arrays (documents,)."""
        return self._sum(self.gold.document, gold), self._sum(self.predicted.document, predicted)

    def sum_cells(self, values: Floats | Ints) -> Floats:
        """Sum a value per cell by document: shape (documents,)."""
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
    """Build the overlap table of two sides. Time: one sort of all mentions and one of the common ones.

    Args:
        gold: the gold mentions.
        predicted: the predicted mentions.
        documents: the number of documents; the codes of documents are below it.
        singletons: whether clusters of one mention stay. If not, they are removed on each side (after
            ``common_only``); a gold mention whose predicted cluster is removed is then a missed one, as in CoNLL-2012.
        common_only: whether to remove, on both sides, the mentions that the other side lacks, so that the rest is
            scored as if the mentions had been given ("gold mentions").
    """
    width = max(_bits(gold.cluster), _bits(predicted.cluster))
    document = np.concatenate([gold.document, predicted.document])
    identity = _pack(document, np.concatenate([gold.mention, predicted.mention]))
    if _bits(identity) + 1 + width > 63:
        identity = np.unique(identity, return_inverse=True)[1]
    # One key per mention: identity, side (one bit, 0 is gold), cluster. After sorting, copies are neighbours, the
    # smallest cluster first, and so are the two sides of a common mention, gold first.
    keys = (identity << (1 + width)) | np.concatenate([gold.cluster, predicted.cluster])
    keys[len(gold.document) :] |= 1 << width
    keys.sort(kind="stable")  # numpy's stable sort merges runs, and mentions mostly come in order, as read from a file
    keys = keys[run_starts(keys >> width)]  # of copies on one side the first
    if common_only:
        first = _common_mentions(keys >> (1 + width))
        keys = keys[np.sort(np.concatenate([first, first + 1]))]
    cluster, is_gold = keys & ((1 << width) - 1), (keys >> width) & 1 == 0
    codes = [int(side.cluster.max(initial=-1)) + 1 for side in (gold, predicted)]
    sizes = _sizes(cluster, is_gold, codes)
    if not singletons:
        stays = np.where(is_gold, _sizes_of(sizes[0], cluster), _sizes_of(sizes[1], cluster)) > 1
        keys, cluster, is_gold = keys[stays], cluster[stays], is_gold[stays]
        sizes = _sizes(cluster, is_gold, codes)
    first = _common_mentions(keys >> (1 + width))
    # One code per common mention, its gold and its predicted cluster: a run of equal codes is a cell.
    cells = np.sort((cluster[first] << width) | cluster[first + 1])
    begins = np.flatnonzero(run_starts(cells))
    shared = np.diff(begins, append=len(cells))
    cells = cells[begins]
    sides = [
        Clusters(size, _cluster_documents(side, len(size))) for size, side in zip(sizes, (gold, predicted), strict=True)
    ]
    return OverlapTable(documents, sides[0], sides[1], cells >> width, cells & ((1 << width) - 1), shared)


def muc(table: OverlapTable) -> Floats:
    """Compute MUC, the share of links kept: Σ(|k| − |p(k)|) / Σ(|k| − 1) (Vilain et al. 1995), shape (documents, 4).

    p(k) are the parts that the other side cuts k into, each mention that it lacks a part by itself; so the numerator is
    Σ(shared − 1) over the cells, the same for recall and precision. Singletons have no links: without a cluster of two
    on a side, that side's ratio is 0/0.
    """
    common = table.sum_cells(table.shared - 1)
    links = table.sum_clusters(np.maximum(table.gold.size - 1, 0), np.maximum(table.predicted.size - 1, 0))
    return _stack(common, links[0], common, links[1])


def b3(table: OverlapTable) -> Floats:
    """Compute B³: the mean share of a mention's cluster that is found with it, Σ|k∩r|²/|k| ÷ Σ|k|.

    Bagga & Baldwin (1998). 0/0 where a side has no mention. Shape (documents, 4).
    """
    square = table.shared.astype(np.float64) ** 2
    recall = table.sum_cells(square / table.gold.size[table.left])
    precision = table.sum_cells(square / table.predicted.size[table.right])
    mentions = table.sum_clusters(table.gold.size, table.predicted.size)
    return _stack(recall, mentions[0], precision, mentions[1])


def ceaf(table: OverlapTable) -> Floats:
    """Compute CEAF-φ4 (Luo 2005): the best one-to-one map of clusters under φ4 = 2|k∩r| / (|k| + |r|).

    Recall is the map's total over the number of gold clusters, precision over the number of predicted ones; 0/0 where a
    side has no cluster. Clusters of different documents share no mention, so the map is best within each. Exact. Time:
    linear (assignment.best_totals) but for clusterings tangled beyond trees and clear cases, which go to
    assignment.solve_assignment. Shape (documents, 4).
    """
    sizes = table.gold.size[table.left] + table.predicted.size[table.right]
    document = table.gold.document[table.left]
    similarity = best_totals(table.left, table.right, 2 * table.shared / sizes, document, table.documents)
    clusters = table.sum_clusters(np.minimum(table.gold.size, 1), np.minimum(table.predicted.size, 1))
    return _stack(similarity, clusters[0], similarity, clusters[1])


def lea(table: OverlapTable) -> Floats:
    """Compute LEA, link-based entity-aware: Σ|k|·Σᵣ link(k∩r)/link(k) ÷ Σ|k|, link(n) = n(n−1)/2.

    Moosavi & Strube (2016). A singleton has one link, to itself: it is found where the other side has the same mention
    as a singleton. 0/0 where a side has no mention. Shape (documents, 4).
    """

    def credit(mine: Ints, theirs: Ints) -> Floats:
        # |k| · link(n) / link(|k|) = n(n−1) / (|k|−1): the sizes cancel.
        links = table.shared * (table.shared - 1) / np.maximum(mine - 1, 1)
        return table.sum_cells(np.where((mine == 1) & (theirs == 1), 1.0, links))

    gold, predicted = table.gold.size[table.left], table.predicted.size[table.right]
    mentions = table.sum_clusters(table.gold.size, table.predicted.size)
    return _stack(credit(gold, predicted), mentions[0], credit(predicted, gold), mentions[1])


def mention_detection(table: OverlapTable) -> Floats:
    """Compute mention detection: the mentions of both sides over those of gold and of predicted, clusters ignored.

    0/0 where a side has no mention. Shape (documents, 4).
    """
    both = table.sum_cells(table.shared)
    mentions = table.sum_clusters(table.gold.size, table.predicted.size)
    return _stack(both, mentions[0], both, mentions[1])


def blanc_links(table: OverlapTable) -> Floats:
    """Compute the coreference half of BLANC: pairs of mentions in one cluster (Luo et al. 2014).

    BLANC (Recasens & Hovy 2011) is the mean of the F1 of both halves; where a half is undefined on both sides (no such
    pair), the other half. Where only gold lacks such pairs, that half is 0 as in Luo et al.; v8.01 leaves it out. Shape
    (documents, 4).
    """
    both = table.sum_cells(_pair_count(table.shared))
    links = table.sum_clusters(_pair_count(table.gold.size), _pair_count(table.predicted.size))
    return _stack(both, links[0], both, links[1])


def blanc_nonlinks(table: OverlapTable) -> Floats:
    """Compute the other half of BLANC: pairs of one document's mentions in two clusters (Luo et al. 2014).

    The pairs that both sides share are pairs of common mentions that neither side links. Shape (documents, 4).
    """
    # The size of each cluster in common mentions alone.
    here, there = (
        np.bincount(cluster, weights=table.shared, minlength=len(side.size))
        for cluster, side in ((table.left, table.gold), (table.right, table.predicted))
    )
    linked = table.sum_clusters(_pair_count(here), _pair_count(there))
    common = _pair_count(table.sum_cells(table.shared))
    # All pairs, less those that gold links, less those that the prediction links, plus those subtracted twice.
    both = common - linked[0] - linked[1] + table.sum_cells(_pair_count(table.shared))
    links = blanc_links(table)
    mentions = table.sum_clusters(table.gold.size, table.predicted.size)
    return _stack(both, _pair_count(mentions[0]) - links[:, 1], both, _pair_count(mentions[1]) - links[:, 3])


@dataclass(frozen=True, eq=False)
class Mentions:
    """The clustered mentions of both sides, each mention in one cluster only (:func:`settle_copies`).

    Attributes:
        gold: The gold mentions.
        predicted: The predicted mentions.
        across: The code of each gold and of each predicted mention for scores across documents.
        names: The code of the name of the cluster of each gold and of each predicted mention.
        clusters: What these codes stand for (Tables.clusters).
        documents: Number of documents.
        split_count: Number of predicted mentions that were in several clusters.
    """

    gold: ClusteredMentions
    predicted: ClusteredMentions
    across: tuple[Ints, Ints]
    names: tuple[Ints, Ints]
    clusters: tuple[str, ...]
    documents: int
    split_count: int = 0

    def tabulate(self, *, singletons: bool = True, common_only: bool = False) -> OverlapTable:
        """Return the table of the clusters within each document; see :func:`tabulate` for the options."""
        return tabulate(self.gold, self.predicted, self.documents, singletons=singletons, common_only=common_only)

    def split(self) -> Iterator[Mentions]:
        """Yield the mentions of each document."""
        for document in range(self.documents):
            sides, across, names = [], [], []
            for side, codes, name in zip((self.gold, self.predicted), self.across, self.names, strict=True):
                keep = side.document == document
                sides.append(ClusteredMentions(side.document[keep], side.mention[keep], side.cluster[keep]))
                across.append(codes[keep])
                names.append(name[keep])
            yield replace(
                self, gold=sides[0], predicted=sides[1], across=(across[0], across[1]), names=(names[0], names[1])
            )


def find_split(mention: Ints, cluster: Ints) -> Bools:
    """Return for each row whether its mention is in more than one cluster; both columns are codes >= 0."""
    order = np.argsort(_pack(mention, cluster), kind="stable")
    begins = run_starts(mention[order])
    split = np.zeros(len(mention), dtype=bool)
    if begins.all():
        return split
    run = np.cumsum(begins) - 1
    changes = np.flatnonzero(~begins[1:] & (cluster[order[1:]] != cluster[order[:-1]]))
    is_split = np.zeros(int(run[-1]) + 1, dtype=bool)
    is_split[run[changes]] = True
    split[order] = is_split[run]
    return split


def settle_copies(side: ClusteredMentions, first_free: int) -> tuple[ClusteredMentions, Ints, int]:
    """Leave each mention in one cluster; each other copy becomes a mention that nothing else is.

    The mention stays in the cluster with the most mentions; of equally large ones in that with the smallest sorted
    codes of mentions, so that names decide nothing. Clusters with the same mentions are equal within the document, and
    the smaller code keeps the mention; across documents they may differ, so there it stays in none of them.

    Args:
        side: The mentions, with codes of clusters by document.
        first_free: The least code of which the codes from there on are no mention of either side.

    Returns the mentions, their codes for scores across documents, and how many mentions were in several clusters.
    """
    rows = np.flatnonzero(find_split(side.mention, side.cluster))
    if not len(rows):
        return side, side.mention, 0
    concerned = np.flatnonzero(np.isin(side.cluster, side.cluster[rows]))
    members: dict[int, set[int]] = {}
    for cluster, mention in zip(side.cluster[concerned].tolist(), side.mention[concerned].tolist(), strict=True):
        members.setdefault(cluster, set()).add(mention)
    contents = {cluster: (-len(mentions), sorted(mentions)) for cluster, mentions in members.items()}
    clusters_of: dict[int, set[int]] = {}
    for cluster, mention in zip(side.cluster[rows].tolist(), side.mention[rows].tolist(), strict=True):
        clusters_of.setdefault(mention, set()).add(cluster)
    within: dict[tuple[int, int], int] = {}  # mention and cluster → the new code
    across: dict[tuple[int, int], int] = {}
    for mention, clusters in clusters_of.items():
        best, *others = sorted(clusters, key=lambda cluster: (contents[cluster], cluster))
        within |= {(mention, cluster): first_free + i for i, cluster in enumerate(others)}
        first_free += len(others)
        if contents[best] == contents[others[0]]:
            across[mention, best] = first_free
            first_free += 1
    codes, codes_across = side.mention.copy(), side.mention.copy()
    for row, key in zip(
        rows.tolist(), zip(side.mention[rows].tolist(), side.cluster[rows].tolist(), strict=True), strict=True
    ):
        codes[row] = within.get(key, codes[row])
        codes_across[row] = across.get(key, codes[row])
    return ClusteredMentions(side.document, codes, side.cluster), codes_across, len(clusters_of)


def find_mentions(tables: Tables, kind: Kind) -> Mentions:
    """Return the mentions that have a cluster; one of both sides with one key has one code.

    An item without a cluster is not a mention here, on either side: a system that finds a name and states nothing of
    its identity has not resolved it. ``kind`` decides what identifies a mention:

    - entities: its span. Values have no identity and are left out on both sides.
    - events: its trigger's span; where either side has events of two types on one trigger, also its type there.
    - utterances: all content spans of a quote.
    """
    rows: Sequence[Entities | Events | Quotes]
    if kind == "entities":
        entities = [side.entities for side in tables.sides]
        rows = [e.where((e.cluster != NONE) & ~np.isin(e.type, tables.values)) for e in entities]
        codes = encode(*(side.span for side in rows))
    elif kind == "events":
        rows = events = [side.events.where(side.events.cluster != NONE) for side in tables.sides]
        places = number(*encode(*(side.span for side in events)))
        count = max((int(place.max(initial=-1)) for place in places), default=-1) + 1
        ambiguous = np.zeros(count, dtype=bool)
        for side, place in zip(events, places, strict=True):
            least, greatest = np.full(count, len(tables.event_types)), np.full(count, NONE)
            np.minimum.at(least, place, side.type)
            np.maximum.at(greatest, place, side.type)
            ambiguous |= least < greatest
        codes = encode(
            *((place, np.where(ambiguous[place], side.type, NONE)) for side, place in zip(events, places, strict=True))
        )
    else:
        keep = [side.quotes.cluster != NONE for side in tables.sides]
        rows = [side.quotes.where(flags) for side, flags in zip(tables.sides, keep, strict=True)]
        gold_codes, predicted_codes = (code[flags] for code, flags in zip(tables.contents, keep, strict=True))
        codes = gold_codes, predicted_codes
    codes = number(*codes)
    first_free = 1 + max(int(code.max(initial=-1)) for code in codes)
    sides, across, split_count = [], [], 0
    for items, code in zip(rows, codes, strict=True):
        given = ClusteredMentions(items.document, code, number(*encode((items.document, items.cluster)))[0])
        settled, code_across, split_count = settle_copies(given, first_free)
        # A copy on the one side is none of the other's.
        first_free = 1 + max(first_free, *(int(column.max(initial=-1)) for column in (settled.mention, code_across)))
        sides.append(settled)
        across.append(code_across)
    return Mentions(
        sides[0], sides[1], (across[0], across[1]), (rows[0].cluster, rows[1].cluster), tables.clusters,
        len(tables.places.texts), split_count,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Overlaps:
    """The sums that clusters across documents are scored from; they add up over documents.

    By name: the number of mentions of each gold and of each predicted cluster, and of those that a gold and a predicted
    cluster share. Every metric here is a function of these sums alone, so parts computed by several workers give, when
    added, exactly the scores of the whole. Memory grows with the clusters and the pairs of clusters that share a
    mention, not with the mentions; the metrics need all sums in one place (CEAF's best map can depend on any of them).
    """

    gold: Counter[str] = field(default_factory=Counter)
    predicted: Counter[str] = field(default_factory=Counter)
    shared: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def of_mentions(cls, mentions: Mentions) -> Overlaps:
        """Compute the overlaps of documents."""
        codes, clusters = [], []
        for mention, names in zip(mentions.across, mentions.names, strict=True):
            order = np.lexsort((names, mention))  # a mention listed twice in one cluster is one mention
            first = order[run_starts(mention[order])]
            codes.append(mention[first])
            clusters.append(names[first])
        at = look_up(codes[0], codes[1])
        both = at >= 0
        width = len(mentions.clusters)

        def count(cells: Ints) -> Iterator[tuple[int, int]]:
            keys, sizes = np.unique(cells, return_counts=True)
            return zip(keys.tolist(), sizes.tolist(), strict=True)

        name = mentions.clusters
        cells = count(clusters[0][both] * width + clusters[1][at[both]])
        return cls(
            Counter({name[key]: size for key, size in count(clusters[0])}),
            Counter({name[key]: size for key, size in count(clusters[1])}),
            Counter({(name[key // width], name[key % width]): size for key, size in cells}),
        )

    def update(self, other: Overlaps) -> None:
        """Add the overlaps of other documents, in place."""
        self.gold.update(other.gold)
        self.predicted.update(other.predicted)
        self.shared.update(other.shared)

    def without(self, other: Overlaps) -> Overlaps:
        """Return the overlaps without those of some of the documents."""
        return Overlaps(self.gold - other.gold, self.predicted - other.predicted, self.shared - other.shared)

    def __len__(self) -> int:
        """The number of sums."""
        return len(self.gold) + len(self.predicted) + len(self.shared)

    def table(self, *, singletons: bool = True) -> OverlapTable:
        """Build the table of all documents as one; without ``singletons``, without clusters of one mention.

        Cattan et al. (2021) recommend to leave them out here, so that finding mentions is not rewarded as resolving
        them.
        """
        min_size = 1 if singletons else 2
        codes = [
            {name: i for i, name in enumerate(sorted(n for n, size in side.items() if size >= min_size))}
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


def _bits(column: Ints) -> int:
    """Return how many bits the greatest value of a column needs."""
    return int(column.max(initial=0)).bit_length()


def _pack(high: Ints, low: Ints) -> Ints:
    """Pack two columns into one that sorts like the pair; codes are first made dense where 63 bits are too few."""
    if _bits(high) + _bits(low) > 63:
        high, low = (np.unique(column, return_inverse=True)[1] for column in (high, low))
    return (high << _bits(low)) | low


def _common_mentions(identity: Ints) -> Ints:
    """Return the indices of the gold row of each common mention; its predicted row is the next."""
    return np.flatnonzero(identity[1:] == identity[:-1])


def _sizes(cluster: Ints, is_gold: Bools, codes: list[int]) -> list[Ints]:
    """Return the number of mentions of each gold and of each predicted cluster, by code."""
    sides = zip((is_gold, ~is_gold), codes, strict=True)
    return [np.bincount(cluster[flags], minlength=length) for flags, length in sides]


def _sizes_of(sizes: Ints, cluster: Ints) -> Ints:
    """Look up the size of each cluster, where some codes are the other side's and may be out of range."""
    return sizes[np.minimum(cluster, len(sizes) - 1)] if len(sizes) else np.zeros_like(cluster)


def _cluster_documents(side: ClusteredMentions, codes: int) -> Ints:
    """Return the document of each cluster, by code. Raises ValueError where a cluster spans several documents."""
    document = np.zeros(codes, dtype=np.int64)
    document[side.cluster] = side.document
    if not np.array_equal(document[side.cluster], side.document):
        raise ValueError("a cluster's mentions must all be of one document; number clusters by document")
    return document


def _pair_count(n: Floats | Ints) -> Floats:
    """Return how many pairs n things make: n(n−1)/2."""
    size = np.asarray(n, dtype=np.float64)
    return size * (size - 1) / 2


def _stack(*columns: Floats) -> Floats:
    return np.stack(columns, axis=1)
