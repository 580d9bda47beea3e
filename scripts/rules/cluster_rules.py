"""Rules for identity: clusters over all articles, and the registries that describe them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scripts.rules.articles import REGISTRIES, Article
from scripts.rules.book import ARTICLE, FOLDER, GOLD, Found, rule
from scripts.rules.folder import Folder
from vostochny.model import Quote, Span
from vostochny.ontology import EVENT

# What an entry of each registry may say besides its name.
FIELDS = {
    "entity": ("name", "type", "members", "part_of", "wikipedia"),
    "event": ("name", "type", "members", "part_of", "wikipedia", "date", "place", "participants", "sub_events"),
    "utterance": ("name", "type", "members", "part_of", "source", "date"),
}
# Field → the registry that it points into; None is the entry's own.
POINTERS = {"members": None, "part_of": None, "sub_events": "event", "place": "entity", "participants": "entity",
            "source": "entity"}  # fmt: skip


@dataclass(frozen=True)
class Member:
    """One annotated item of a cluster."""

    article: Article
    kind: str
    id: str
    span: Span
    cluster: str
    type: str | None
    realis: str | None = None


def members(articles: list[Article]) -> Iterator[Member]:
    """Every clustered item of the articles."""
    for a in articles:
        for e in a.document.entities:
            if e.cluster and e.type in a.ontology.mentions:
                yield Member(a, "entity", e.id, e.span, e.cluster, e.type)
        for v in a.document.events:
            if v.cluster:
                yield Member(a, "event", v.id, v.trigger, v.cluster, v.type, v.realis)
        for q in a.document.quotes:
            if q.cluster:
                yield Member(a, "utterance", q.id, q.content[0], q.cluster, None)


@rule("CL1", ARTICLE, "Write words of a–z and 0–9 joined by _.", "C2")
def cluster_names(article: Article) -> Iterator[Found]:
    """A cluster's name is of lower-case letters and digits, words joined by an underscore."""
    for m in members([article]):
        if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", m.cluster):
            yield Found(m.id, m.span, m.cluster)


@rule("CL2", GOLD, "Rename the cluster in one layer.", "C2")
def one_layer_a_cluster(gold: list[Article]) -> Iterator[Found]:
    """A cluster's name belongs to one layer: an entity, an event or an utterance."""
    kinds: dict[str, str] = {}
    for m in members(gold):
        first = kinds.setdefault(m.cluster, m.kind)
        if first != m.kind:
            yield Found(m.id, m.span, f"{m.cluster} is an {first} and an {m.kind}", m.article)


@rule("CL3", GOLD, "Correct the type, or the cluster.", "E31")
def one_type_a_cluster(gold: list[Article]) -> Iterator[Found]:
    """All mentions of a cluster have one type, in all articles."""
    yield from _disagreeing(gold, "entity", "type")


@rule("CL4", GOLD, "Correct the realis, or give planned and actual, kind and instance, clusters of their own.", "V29")
def one_realis_a_cluster(gold: list[Article]) -> Iterator[Found]:
    """All mentions of an event's cluster have one realis, in all articles."""
    yield from _disagreeing(gold, "event", "realis")


def _disagreeing(gold: list[Article], kind: str, attribute: str) -> Iterator[Found]:
    """Members that differ from the most of their cluster."""
    clusters = defaultdict(list)
    for m in members(gold):
        if m.kind == kind and getattr(m, attribute) is not None:
            clusters[m.cluster].append(m)
    for cluster, found in clusters.items():
        counts = Counter(getattr(m, attribute) for m in found)
        usual = counts.most_common(1)[0][0]
        for m in found:
            if getattr(m, attribute) != usual:
                others = f"{counts[usual]} of {len(found)} are {usual}"
                yield Found(m.id, m.span, f"{cluster} is {getattr(m, attribute)} here; {others}", m.article)


# -- utterances --------------------------------------------------------------------------------------------------------


def utterances(gold: list[Article]) -> dict[str, list[tuple[Article, Quote]]]:
    """The quotes of each utterance, lower article numbers first."""
    out = defaultdict(list)
    for article in sorted(gold, key=lambda a: a.document.doc_id):
        for q in article.document.quotes:
            if q.cluster:
                out[q.cluster].append((article, q))
    return out


def plain_words(article: Article, q: Quote) -> list[str]:
    """The words of a quote apart from capitals, marks and punctuation."""
    return re.findall(r"\w+(?:[’'-]\w+)*", " ".join(s.of(article.text) for s in q.content).lower())


def anchor(found: list[tuple[Article, Quote]]) -> tuple[Article, Quote]:
    """The member that the others are compared to: the longest direct one, else the longest (GUIDELINES Q26)."""
    direct = [(a, q) for a, q in found if q.directness == "direct"]
    return max(direct or found, key=lambda m: sum(s.end - s.start for s in m[1].content))


@rule("CL5", GOLD, "Give utterances of different sources clusters of their own.", "Q25")
def one_source_an_utterance(gold: list[Article]) -> Iterator[Found]:
    """The quotes of an utterance have one source; an interpreter's words are those of the person interpreted."""
    for cluster, found in utterances(gold).items():
        said = [(a, q, q.source) for a, q in found if q.source]
        said = [(a, q, source) for a, q, source in said if not source.span.of(a.text).endswith("interpreter")]
        sources = [(a, q, a.items[source.id or ""].cluster) for a, q, source in said]
        usual = Counter(s for _, _, s in sources if s).most_common(1)
        for a, q, source in sources:
            if source and source != usual[0][0]:
                yield Found(q.id, q.content[0], f"{cluster} is {source}’s here, elsewhere {usual[0][0]}’s", a)


@rule("CL6", GOLD, "Link every member of a cluster of two or more; a singleton has no link.", "Q26")
def links_where_needed(gold: list[Article]) -> Iterator[Found]:
    """A quote has a link where its utterance has another quote, and only there."""
    for cluster, found in utterances(gold).items():
        for a, q in found:
            if (q.link is not None) != (len(found) > 1):
                yield Found(q.id, q.content[0], f"link {q.link or 'missing'}, {cluster} has {len(found)}", a)


@rule("CL7", GOLD, "The anchor is the longest direct quote, else the longest; others have same-wording if so worded.",
      "Q26")  # fmt: skip
def same_wording(gold: list[Article]) -> Iterator[Found]:
    """The anchor of an utterance, and whoever has its very words, is linked as same-wording, and nobody else."""
    for cluster, found in utterances(gold).items():
        first = anchor(found)
        words = plain_words(*first)
        for a, q in found:
            same = plain_words(a, q) == words
            if len(found) > 1 and q.link and (q.link == "same-wording") != same:
                where = f"{first[0].short} {first[1].id}"
                yield Found(q.id, q.content[0], f"{cluster}: link {q.link}, the anchor is {where}", a)


@rule("CL8", GOLD, "Otherwise worded, an indirect quote is a paraphrase, any other partial or a translation-variant.",
      "Q26")  # fmt: skip
def paraphrases_are_indirect(gold: list[Article]) -> Iterator[Found]:
    """Indirect quotes that are not of the same wording are paraphrases, and no others are."""
    for found in utterances(gold).values():
        for a, q in found:
            wrong = ("partial", "translation-variant") if q.directness == "indirect" else ("paraphrase",)
            if q.directness and q.link in wrong:
                yield Found(q.id, q.content[0], f"{q.directness}, link {q.link}", a)


# -- registries; without the folder clusters/ there are none to check -----------------------------------------------


@rule("RG1", FOLDER, "Register it, or correct the cluster.", "C1")
def clusters_registered(folder: Folder) -> Iterator[Found]:
    """Every cluster that the gold uses is registered."""
    if folder.registry is None:
        return
    seen = set()
    for m in members(folder.gold):
        known = folder.registry[m.kind]
        elsewhere = any(m.cluster in entries for entries in folder.registry.values())  # then it is RG6's
        if m.cluster not in known and not elsewhere and m.cluster not in seen:
            seen.add(m.cluster)
            yield Found(m.id, m.span, f"{m.cluster} is not in {REGISTRIES[m.kind]}", m.article)


@rule("RG2", FOLDER, "Remove it, or name it as a member, part, place or participant of another.", "C3")
def registered_clusters_used(folder: Folder) -> Iterator[Found]:
    """Every registered cluster is used by the gold or named by another entry."""
    used = {m.cluster for m in members(folder.gold)}
    used |= {target for cluster, _, targets in _pointing(folder) for _, target in targets if target != cluster}
    for kind, cluster, _ in _entries(folder):
        if cluster not in used:
            yield Found(cluster, file=_file(folder, kind))


@rule("RG3", FOLDER, "Give it a one-line name, a known type, and no other fields than the registry's.", "C2")
def entries_well_formed(folder: Folder) -> Iterator[Found]:
    """An entry has a name of one line, a type of its layer, and only fields of its registry."""
    for kind, cluster, entry in _entries(folder):
        problems = []
        if not isinstance(entry, dict):
            problems.append("is no mapping")
        else:
            name, type_ = entry.get("name"), entry.get("type")
            types = {"entity": folder.ontology.mentions, "event": folder.ontology.events}
            known = list(types.get(kind, [type_]))
            problems += [f"unknown field {f!r}" for f in entry if f not in FIELDS[kind]]
            problems += [] if isinstance(name, str) and name.strip() and "\n" not in name else ["no name of one line"]
            problems += [] if type_ in known else [f"type {type_!r}"]
            lists = [f for f in ("members", "participants", "sub_events") if not isinstance(entry.get(f, []), list)]
            problems += [f"{f} is no list" for f in lists]
        if problems:
            yield Found(cluster, detail="; ".join(problems), file=_file(folder, kind))


@rule("RG4", FOLDER, "Register it, or correct the name.", "C3")
def pointers_registered(folder: Folder) -> Iterator[Found]:
    """Members, wholes, sub-events, places and participants are registered clusters."""
    for cluster, kind, targets in _pointing(folder):
        for field, target in targets:
            if target not in (folder.registry or {})[POINTERS[field] or kind]:
                yield Found(cluster, detail=f"{field} {target}", file=_file(folder, kind))


@rule("RG5", FOLDER, "A whole is no part of its part.", "C4")
def parts_end(folder: Folder) -> Iterator[Found]:
    """No cluster is a part, member or sub-event of itself, however far down."""
    for down in (("part_of",), ("members",), ("sub_events",)):
        up = {c: ([t for f, t in targets if f in down], kind) for c, kind, targets in _pointing(folder)}
        for cluster, (first, kind) in up.items():
            reach, todo = set(), list(first)
            while todo:
                if (at := todo.pop()) not in reach:
                    reach.add(at)
                    todo += up.get(at, ([], ""))[0]
            if cluster in reach:
                yield Found(cluster, detail=f"{down[0]} leads back to it", file=_file(folder, kind))


@rule("RG6", FOLDER, "Register it once, with the type and in the layer of its mentions.", "C2")
def registered_as_used(folder: Folder) -> Iterator[Found]:
    """A cluster is registered once, in the layer and with the type of its mentions."""
    used: defaultdict[tuple[str, str], set[str | None]] = defaultdict(set)
    for m in members(folder.gold):
        used[m.kind, m.cluster].add(m.type)
    homes = Counter(cluster for _, cluster, _ in _entries(folder))
    for kind, cluster, entry in _entries(folder):
        types, here = used.get((kind, cluster), set()), [k for k, c in used if c == cluster]
        type_ = _type(entry)
        if homes[cluster] > 1:
            yield Found(cluster, detail="stands in two registries", file=_file(folder, kind))
        elif here and kind not in here:
            yield Found(cluster, detail=f"is an {here[0]} in the gold", file=_file(folder, kind))
        # An event may be told in mentions of several types, an entity in one only.
        elif type_ and types - {None} and (type_ not in types):
            yield Found(cluster, detail=f"{type_}; in the gold {', '.join(sorted(map(str, types)))}",
                        file=_file(folder, kind))  # fmt: skip


@rule("RG7", FOLDER, "Correct the type, or the pointer.", "C3")
def pointers_fit(folder: Folder) -> Iterator[Found]:
    """Members of a set have its type, a place is a GPE, LOC or FAC, and participants can fill roles."""
    types = {(k, c): _type(e) for k, c, e in _entries(folder)}
    places = next(iter(folder.ontology.events.values())).roles["Place"]
    able = frozenset().union(*(f for e in folder.ontology.events.values() for f in e.roles.values())) - {EVENT}
    for cluster, kind, targets in _pointing(folder):
        for field, target in targets:
            found, own = types.get((POINTERS[field] or kind, target)), types.get((kind, cluster))
            right = {"members": {own} if kind == "entity" else {found}, "place": places, "participants": able}
            if found is not None and own is not None and field in right and found not in right[field]:
                yield Found(cluster, detail=f"{field} {target} is {found}", file=_file(folder, kind))


def _type(entry: Any) -> str | None:
    given = entry.get("type") if isinstance(entry, dict) else None
    return given if isinstance(given, str) else None


def _entries(folder: Folder) -> Iterator[tuple[str, str, Any]]:
    for kind, entries in (folder.registry or {}).items():
        for cluster, entry in entries.items():
            yield kind, str(cluster), entry


def _pointing(folder: Folder) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Each entry with what its fields point at. A place, a part's whole and a source are one or several."""
    for kind, cluster, entry in _entries(folder):
        targets = []
        for field in POINTERS:
            value = entry.get(field) if isinstance(entry, dict) and field in FIELDS[kind] else None
            for target in value if isinstance(value, list) else [] if value is None else [value]:
                targets.append((field, str(target)))
        yield cluster, kind, targets


def _file(folder: Folder, kind: str) -> str:
    return folder.file(folder.path / "clusters" / REGISTRIES[kind])
