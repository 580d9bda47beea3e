"""Find what changed beyond single articles: clusters over all articles, registries, discrepancies, the ontology.

A cluster that was renamed, merged or split is one change, however many mentions it has.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.history.changes import Change, quote_words
from scripts.history.item_changes import Comparison
from scripts.store import REGISTRIES
from vostochny.model import shorten_id

KINDS = {"entities": "entity", "events": "event", "quotes": "utterance"}  # layer → what its clusters are of
MAX_MOVES_SHOWN = 6  # mentions that moved together; more of them are only counted


@dataclass(frozen=True)
class Move:
    """An item that is in both states and changed its cluster; None is no cluster."""

    doc_id: str
    id: str
    start: int
    end: int
    words: str
    before: str | None
    after: str | None


@dataclass
class ClusterChanges:
    """What happened to the clusters of one kind, and what of it explains changes of the registry.

    ``renamed`` maps old names to new ones. ``gone`` and ``new`` are the names that a merge or split removed or
    created; their registry entries are not reported again.
    """

    changes: list[Change] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    new: set[str] = field(default_factory=set)


def compare_clusters(
    layer: str, comparisons: Iterable[Comparison], before: set[str], after: set[str]
) -> ClusterChanges:
    """Return what happened to the clusters of a layer: renamed, merged, split, and mentions that moved alone.

    Args:
        layer: entities, events or quotes.
        comparisons: the articles that are in both states.
        before: all cluster names in use before, those of removed items and articles included.
        after: the same of the later state, with those of added items.
    """
    flow: Counter[tuple[str, str]] = Counter()
    moves = []
    for comparison in comparisons:
        for a, b in getattr(comparison, layer).pairs:
            old, new = a.source.cluster, b.source.cluster
            if old and new:
                flow[old, new] += 1
            if old != new:
                span = b.spans[0]
                moves.append(Move(comparison.doc_id, b.id, span.start, span.end, comparison.quote(span), old, new))
    regrouping = _Regrouping(KINDS[layer], flow, before, after)
    regrouping.find_renamed()
    regrouping.find_merged()
    regrouping.find_split()
    regrouping.add_moves(moves)
    return regrouping.result


class _Regrouping:
    """Explains the flow of mentions from old clusters to new ones by as few changes as possible.

    ``flow`` is the number of mentions by (old cluster, new cluster); ``explained`` are the pairs that a rename, merge
    or split accounts for, so that their mentions are not reported one by one.
    """

    def __init__(self, kind: str, flow: Mapping[tuple[str, str], int], before: set[str], after: set[str]):
        self.kind, self.before, self.after = kind, before, after
        self.targets: dict[str, Counter[str]] = defaultdict(Counter)  # old cluster → mentions by new cluster
        self.sources: dict[str, Counter[str]] = defaultdict(Counter)  # new cluster → mentions by old cluster
        for (old, new), count in flow.items():
            self.targets[old][new] += count
            self.sources[new][old] += count
        self.explained: set[tuple[str | None, str | None]] = set()
        self.result = ClusterChanges()

    def find_renamed(self) -> None:
        """Find clusters all of whose mentions are now in a new cluster that has no others."""
        for old, targets in self.targets.items():
            (new, count), *others = targets.most_common()
            is_alone = not others and list(self.sources[new]) == [old]
            if old != new and is_alone and old not in self.after and new not in self.before:
                self.result.renamed[old] = new
                self.explained.add((old, new))
                self._add("renamed", f"cluster renamed {old} → {new} ({_mentions(count)})", old, new)

    def find_merged(self) -> None:
        """Find clusters that went whole into another one."""
        for new, sources in self.sources.items():
            whole = [
                old for old in sources if old != new and list(self.targets[old]) == [new] and old not in self.after
            ]
            # One cluster that joins an existing one is a merge. A new cluster is a merge only if at least two went
            # whole into it and nothing else did: one alone is a rename.
            if (new in self.before and whole) or (len(whole) > 1 and set(sources) == set(whole)):
                self.explained.update((old, new) for old in whole)
                self.result.gone.update(whole)
                self.result.new.update({new} - self.before)
                names = [f"{old} ({_mentions(sources[old])})" for old in sorted(whole)]
                description = f"clusters merged: {', '.join(names)} into {new}"
                self._add("merged", description, " + ".join(sorted(whole)), new)

    def find_split(self) -> None:
        """Find clusters of which parts, or all parts, are now new clusters of their own."""
        for old, targets in self.targets.items():
            parts = [
                new for new in targets if new != old and list(self.sources[new]) == [old] and new not in self.before
            ]
            is_whole = len(parts) > 1 and set(targets) == set(parts)
            if parts and (old in targets or is_whole):
                self.explained.update((old, new) for new in parts)
                self.result.new.update(parts)
                self.result.gone.update({old} - self.after)
                remaining = [old] if old in targets else []
                names = [f"{new} ({_mentions(targets[new])})" for new in [*remaining, *sorted(parts)]]
                description = f"cluster split: {old} into {' and '.join(names)}"
                self._add("split", description, old, " + ".join(sorted(parts)))

    def add_moves(self, moves: Iterable[Move]) -> None:
        """Report the moves that are not explained: one alone with its place, several between two clusters together."""
        by_pair: dict[tuple[str | None, str | None], list[Move]] = defaultdict(list)
        for move in moves:
            if (move.before, move.after) not in self.explained:
                by_pair[move.before, move.after].append(move)
        for (old, new), group in by_pair.items():
            first = group[0]
            if len(group) == 1:
                description = f"{first.words} cluster {old or 'none'} → {new or 'none'}"
                place = first.doc_id, first.id, first.start, first.end
                self.result.changes.append(Change("clusters", "cluster", description, *place, old, new))
                continue
            words = ", ".join(f"{shorten_id(m.doc_id)} {m.words}" for m in group[:MAX_MOVES_SHOWN])
            rest = f" and {len(group) - MAX_MOVES_SHOWN} more" if len(group) > MAX_MOVES_SHOWN else ""
            way = f"from {old or 'no cluster'} to {new or 'no cluster'}"
            description = f"{self.kind}: {len(group)} mentions moved {way}: {words}{rest}"
            self.result.changes.append(Change("clusters", "cluster", description, before=old, after=new))

    def _add(self, kind: str, description: str, before: str, after: str) -> None:
        self.result.changes.append(
            Change("clusters", kind, f"{self.kind} {description}", before=before, after=after)
        )  # fmt: skip


def _mentions(count: int) -> str:
    return f"{count} mention{'' if count == 1 else 's'}"


# -- beside the articles -----------------------------------------------------------------------------------------------


def compare_registries(
    a: Mapping[str, Any], b: Mapping[str, Any], cluster_changes: Mapping[str, ClusterChanges]
) -> Iterator[Change]:
    """Yield what changed in the registries, but for what follows from a change of clusters.

    Args:
        a: the earlier state: kind of cluster → cluster → its entry in the registry.
        b: the later state.
        cluster_changes: what happened to the clusters, by their kind.
    """
    renamed = {old: new for group in cluster_changes.values() for old, new in group.renamed.items()}

    def apply_renames(value: Any) -> Any:
        if isinstance(value, list):
            return [apply_renames(x) for x in value]
        return renamed.get(value, value) if isinstance(value, str) else value

    for kind, name in REGISTRIES.items():
        group = cluster_changes[kind]
        old = {group.renamed.get(key, key): entry for key, entry in a.get(kind, {}).items()}
        new = b.get(kind, {})
        for key in sorted({*old, *new}, key=str):
            entry = old.get(key, new.get(key))
            title = str((entry.get("name") if isinstance(entry, dict) else None) or key)
            if key not in new:
                if key not in group.gone:
                    yield Change("registry", "removed", f"{name}: removed {key} {quote_words(title)}", id=key)
            elif key not in old:
                if key not in group.new:
                    yield Change("registry", "added", f"{name}: added {key} {quote_words(title)}", id=key)
            else:
                # An entry that is no mapping is malformed; it is compared as one field without a name.
                p, q = ({"": e} if not isinstance(e, dict) else e for e in (old[key], new[key]))
                for f in [*p, *(f for f in q if f not in p)]:
                    if apply_renames(p.get(f)) != q.get(f):
                        before, after = _in_words(p.get(f)), _in_words(q.get(f))
                        description = f"{name}: {key} {f} {before} → {after}"
                        yield Change("registry", f or "entry", description, id=key, before=before, after=after)


def compare_discrepancies(a: list[Any], b: list[Any]) -> Iterator[Change]:
    """Yield what changed in the records of where the articles disagree; ``a`` and ``b`` are lists of records."""

    def places(row: Mapping[str, Any]) -> str:
        spans = sorted((shorten_id(s["doc_id"]), s["start"], s["end"], s["text"]) for s in row.get("spans") or [])
        return ", ".join(f"{doc} {quote_words(words)}" for doc, _, _, words in spans)

    old, new = ({str(row.get("id")): row for row in rows} for rows in (a, b))
    # A record with another id but the same places is the same one with a new name.
    for id_ in [x for x in old if x not in new]:
        same = next((x for x in new if x not in old and places(new[x]) == places(old[id_])), None)
        if same:
            old[same] = old.pop(id_)
    for id_ in [*old, *(x for x in new if x not in old)]:
        if id_ not in old or id_ not in new:
            row, kind = (new[id_], "added") if id_ in new else (old[id_], "removed")
            description = f"{kind} {id_} ({row.get('relation')}): {places(row)}: {row.get('reason')}"
            yield Change("discrepancies", kind, description, id=id_)
            continue
        p, q = old[id_], new[id_]
        for f in ("id", "relation", "salience", "optional", "reason", "silent"):
            if p.get(f) != q.get(f):
                before, after = _in_words(p.get(f)), _in_words(q.get(f))
                yield Change("discrepancies", f, f"{id_} {f} {before} → {after}", id=id_, before=before, after=after)
        if p.get("spans") != q.get("spans"):
            description = f"{id_} spans {places(p)} → {places(q)}"
            yield Change("discrepancies", "spans", description, id=id_, before=places(p), after=places(q))


def compare_ontologies(a: Any, b: Any, path: tuple[str, ...] = ()) -> Iterator[Change]:
    """Yield what changed in the ontology, field by field; the kind ``wording`` is a change of explanations only.

    ``path`` are the keys that lead to ``a`` and ``b``, outermost first.
    """
    if isinstance(a, dict) and isinstance(b, dict):
        for key in [*a, *(k for k in b if k not in a)]:
            if key not in b or key not in a:
                kind, where = "added" if key not in a else "removed", ".".join((*path, str(key)))
                yield Change("ontology", kind, f"{kind} {where}", id=where)
            else:
                yield from compare_ontologies(a[key], b[key], (*path, str(key)))
    elif a != b:
        # Levels, realis and the like map a name to its explanation; roles and groups map it to something that counts.
        are_words = isinstance(a, str) and isinstance(b, str)
        explains = are_words and (path[-1] == "help" or (len(path) == 2 and path[0] not in ("roles", "groups")))
        where = ".".join(path)
        kind = "wording" if explains else "changed"
        description = f"{where} is reworded" if explains else f"{where} {_in_words(a)} → {_in_words(b)}"
        yield Change("ontology", kind, description, id=where, before=_in_words(a), after=_in_words(b))


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    return "none" if value is None else str(value)
