"""What changed in identity over all articles, and in what is written beside them: registries, discrepancies, ontology.

A cluster that got another name, or was put together or taken apart, is one change, however many mentions it has.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.history.changes import Change, quoted
from scripts.history.item_changes import Compared

KINDS = {"entities": "entity", "events": "event", "quotes": "utterance"}
REGISTRY_OF = {"entity": "entities", "event": "events", "utterance": "utterances"}


@dataclass(frozen=True)
class Move:
    """An item found again whose cluster is another now."""

    doc_id: str
    id: str
    start: int
    end: int
    words: str
    before: str | None
    after: str | None


@dataclass
class Regrouped:
    """What became of the clusters of one kind."""

    changes: list[Change] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)  # said to be merged or split, so their registry entry goes unsaid
    new: set[str] = field(default_factory=set)


def regrouped(layer: str, compared: Iterable[Compared], before: set[str], after: set[str]) -> Regrouped:
    """The clusters of a layer: renamed, merged, split, and the mentions that moved by themselves.

    ``before`` and ``after`` are all cluster names in use, those of added and removed items included.
    """
    out = Regrouped()
    flow: Counter[tuple[str, str]] = Counter()
    moves = []
    for c in compared:
        for a, b in getattr(c, layer).pairs:
            old, new = a.of.cluster, b.of.cluster
            if old and new:
                flow[old, new] += 1
            if old != new:
                span = b.spans[0]
                moves.append(Move(c.doc_id, b.id, span.start, span.end, c.words(span), old, new))
    to: dict[str, Counter[str]] = defaultdict(Counter)
    come: dict[str, Counter[str]] = defaultdict(Counter)
    for (old, new), n in flow.items():
        to[old][new] += n
        come[new][old] += n
    told: set[tuple[str | None, str | None]] = set()
    kind = KINDS[layer]
    _renamed(out, kind, to, come, before, after, told)
    _merged(out, kind, to, come, before, after, told)
    _split(out, kind, to, come, before, after, told)
    by_pair: dict[tuple[str | None, str | None], list[Move]] = defaultdict(list)
    for m in moves:
        if (m.before, m.after) not in told:
            by_pair[m.before, m.after].append(m)
    for (old, new), found in by_pair.items():
        first = found[0]
        if len(found) == 1:
            says = f"{first.words} cluster {old or 'none'} → {new or 'none'}"
            row = Change("clusters", "cluster", says, first.doc_id, first.id, first.start, first.end, old, new)
        else:
            words = ", ".join(f"{m.doc_id.partition('_')[0]} {m.words}" for m in found[:6])
            more = f" and {len(found) - 6} more" if len(found) > 6 else ""
            says = f"{kind}: {len(found)} mentions moved from {old or 'no cluster'} to {new or 'no cluster'}: {words}"
            row = Change("clusters", "cluster", says + more, before=old, after=new)
        out.changes.append(row)
    return out


Flow = Mapping[str, Counter[str]]
Told = set[tuple[str | None, str | None]]


def _renamed(
    out: Regrouped, kind: str, to: Flow, come: Flow, before: set[str], after: set[str], told: Told
) -> None:  # fmt: skip
    for old, targets in to.items():
        (new, n), *others = targets.most_common()
        if old != new and not others and list(come[new]) == [old] and old not in after and new not in before:
            out.renamed[old] = new
            told.add((old, new))
            says = f"{kind} cluster renamed {old} → {new} ({_mentions(n)})"
            out.changes.append(Change("clusters", "renamed", says, before=old, after=new))


def _merged(
    out: Regrouped, kind: str, to: Flow, come: Flow, before: set[str], after: set[str], told: Told
) -> None:  # fmt: skip
    for new, sources in come.items():
        whole = [old for old in sources if old != new and list(to[old]) == [new] and old not in after]
        # Into a cluster that is new two must go whole and nothing else; into one that was there, any number.
        if (new in before and whole) or (len(whole) > 1 and set(sources) == set(whole)):
            told.update((old, new) for old in whole)
            out.gone.update(whole)
            out.new.update({new} - before)
            names = [f"{old} ({_mentions(sources[old])})" for old in sorted(whole)]
            says = f"{kind} clusters merged: {', '.join(names)} into {new}"
            out.changes.append(Change("clusters", "merged", says, before=" + ".join(sorted(whole)), after=new))


def _split(
    out: Regrouped, kind: str, to: Flow, come: Flow, before: set[str], after: set[str], told: Told
) -> None:  # fmt: skip
    for old, targets in to.items():
        parts = [new for new in targets if new != old and list(come[new]) == [old] and new not in before]
        whole = len(parts) > 1 and set(targets) == set(parts)
        if parts and (old in targets or whole):
            told.update((old, new) for new in parts)
            out.new.update(parts)
            out.gone.update({old} - after)
            stay = [old] if old in targets else []
            names = [f"{new} ({_mentions(targets[new])})" for new in [*stay, *sorted(parts)]]
            says = f"{kind} cluster split: {old} into {' and '.join(names)}"
            out.changes.append(Change("clusters", "split", says, before=old, after=" + ".join(sorted(parts))))


def _mentions(n: int) -> str:
    return f"{n} mention{'' if n == 1 else 's'}"


# -- beside the articles -----------------------------------------------------------------------------------------------


def registry(a: Mapping[str, Any], b: Mapping[str, Any], groups: Mapping[str, Regrouped]) -> Iterator[Change]:
    """What changed in the registries; entries that follow from a change of clusters are not said again."""
    renamed = {old: new for g in groups.values() for old, new in g.renamed.items()}

    def follow(value: Any) -> Any:
        if isinstance(value, list):
            return [follow(x) for x in value]
        return renamed.get(value, value) if isinstance(value, str) else value

    for name in sorted({*a, *b}):
        group = next((g for kind, g in groups.items() if REGISTRY_OF[kind] == name), Regrouped())
        old = {group.renamed.get(key, key): entry for key, entry in (a.get(name) or {}).items()}
        new = b.get(name) or {}
        for key in sorted({*old, *new}):
            known = old.get(key, new.get(key))
            title = (known.get("name") if isinstance(known, dict) else None) or key
            if key not in new:
                if key not in group.gone:
                    yield Change("registry", "removed", f"{name}: removed {key} {quoted(title)}", id=key)
            elif key not in old:
                if key not in group.new:
                    yield Change("registry", "added", f"{name}: added {key} {quoted(title)}", id=key)
            else:
                p, q = ({"": e} if not isinstance(e, dict) else e for e in (old[key], new[key]))
                for f in [*p, *(f for f in q if f not in p)]:
                    if follow(p.get(f)) != q.get(f):
                        told = [_told(x.get(f)) for x in (p, q)]
                        says = f"{name}: {key} {f} {told[0]} → {told[1]}"
                        yield Change("registry", f or "entry", says, id=key, before=told[0], after=told[1])


def discrepancies(a: list[Any], b: list[Any]) -> Iterator[Change]:
    """What changed in the records of where the articles disagree."""

    def places(row: Mapping[str, Any]) -> str:
        spans = sorted((s["doc_id"].partition("_")[0], s["start"], s["end"], s["text"]) for s in row.get("spans") or [])
        return ", ".join(f"{doc} {quoted(words)}" for doc, _, _, words in spans)

    old, new = ({str(row.get("id")): row for row in rows} for rows in (a, b))
    # One with another id but the same places is the same, renamed.
    for id_ in [x for x in old if x not in new]:
        same = next((x for x in new if x not in old and places(new[x]) == places(old[id_])), None)
        if same:
            old[same] = old.pop(id_)
    for id_ in [*old, *(x for x in new if x not in old)]:
        if id_ not in old or id_ not in new:
            row, kind = (new[id_], "added") if id_ in new else (old[id_], "removed")
            says = f"{kind} {id_} ({row.get('relation')}): {places(row)}: {row.get('reason')}"
            yield Change("discrepancies", kind, says, id=id_)
            continue
        p, q = old[id_], new[id_]
        for f in ("id", "relation", "reason"):
            if p.get(f) != q.get(f):
                says = f"{id_} {f} {_told(p.get(f))} → {_told(q.get(f))}"
                yield Change("discrepancies", f, says, id=id_, before=_told(p.get(f)), after=_told(q.get(f)))
        if p.get("spans") != q.get("spans"):
            says = f"{id_} spans {places(p)} → {places(q)}"
            yield Change("discrepancies", "spans", says, id=id_, before=places(p), after=places(q))


def ontology(a: Any, b: Any, path: tuple[str, ...] = ()) -> Iterator[Change]:
    """What changed in the ontology, field by field; ``wording`` is a change of words that explain."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in [*a, *(k for k in b if k not in a)]:
            if key not in b or key not in a:
                kind = "added" if key not in a else "removed"
                yield Change("ontology", kind, f"{kind} {'.'.join((*path, str(key)))}", id=".".join((*path, str(key))))
            else:
                yield from ontology(a[key], b[key], (*path, str(key)))
    elif a != b:
        # Levels, realis and the like map a name to its explanation and nothing else.
        words = isinstance(a, str) and isinstance(b, str)
        explains = words and (path[-1] == "help" or (len(path) == 2 and path[0] not in ("roles", "groups")))
        where = ".".join(path)
        kind = "wording" if explains else "changed"
        says = f"{where} is worded anew" if explains else f"{where} {_told(a)} → {_told(b)}"
        yield Change("ontology", kind, says, id=where, before=_told(a), after=_told(b))


def _told(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    return "none" if value is None else str(value)
