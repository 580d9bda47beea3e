"""Rules for identity: clusters across articles, and the registries that describe them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scripts.rules.articles import Article
from scripts.rules.book import ARTICLE, FOLDER, GOLD, Breach, rule
from scripts.rules.folder import Folder
from scripts.store import LIST_FIELDS, REGISTRIES, REGISTRY_FIELDS, registry_path
from vostochny.model import Quote, Span
from vostochny.ontology import EVENT

# Field → the registry that its values name; None is the registry of the entry itself.
POINTERS = {"members": None, "part_of": None, "sub_events": "event", "place": "entity", "participants": "entity",
            "sources": "entity"}  # fmt: skip


@dataclass(frozen=True)
class Member:
    """One annotated item of a cluster; ``kind`` is entity, event or utterance, ``type`` None for utterances."""

    article: Article
    kind: str
    id: str
    span: Span
    cluster: str
    type: str | None
    realis: str | None = None


def find_members(articles: list[Article]) -> Iterator[Member]:
    """Yield every item of the articles that has a cluster."""
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


@rule("CL1", ARTICLE, "Write it as words of a–z and 0–9 joined by _.", "C2")
def cluster_names_are_plain(article: Article) -> Iterator[Breach]:
    """A cluster's name has lower-case letters and digits only, with underscores between words."""
    for m in find_members([article]):
        if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", m.cluster):
            yield Breach(m.id, m.span, m.cluster)


@rule("CL2", GOLD, "Rename the cluster in one layer.", "C2")
def one_layer_per_cluster(gold: list[Article]) -> Iterator[Breach]:
    """A cluster's name belongs to one layer: an entity, an event or an utterance."""
    kinds: dict[str, str] = {}
    for m in find_members(gold):
        first = kinds.setdefault(m.cluster, m.kind)
        if first != m.kind:
            yield Breach(m.id, m.span, f"{m.cluster} is an {first} and an {m.kind}", m.article)


@rule("CL3", GOLD, "Correct the type, or the cluster.", "E31")
def one_type_per_cluster(gold: list[Article]) -> Iterator[Breach]:
    """All mentions of a cluster have one type, in all articles."""
    yield from _disagreeing(gold, "entity", "type")


@rule("CL4", GOLD, "Correct the realis, or give planned and actual, kind and instance, clusters of their own.", "V29")
def one_realis_per_cluster(gold: list[Article]) -> Iterator[Breach]:
    """All mentions of an event's cluster have one realis, in all articles."""
    yield from _disagreeing(gold, "event", "realis")


def _disagreeing(gold: list[Article], kind: str, attribute: str) -> Iterator[Breach]:
    """Yield the members whose attribute differs from the most frequent one of their cluster."""
    clusters = defaultdict(list)
    for m in find_members(gold):
        if m.kind == kind and getattr(m, attribute) is not None:
            clusters[m.cluster].append(m)
    for cluster, members in clusters.items():
        counts = Counter(getattr(m, attribute) for m in members)
        usual = counts.most_common(1)[0][0]
        for m in members:
            if getattr(m, attribute) != usual:
                others = f"{counts[usual]} of {len(members)} are {usual}"
                yield Breach(m.id, m.span, f"{cluster} is {getattr(m, attribute)} here; {others}", m.article)


# -- utterances --------------------------------------------------------------------------------------------------------


def group_utterances(gold: list[Article]) -> dict[str, list[tuple[Article, Quote]]]:
    """Return the quotes of each utterance by its cluster, in the order of doc_ids."""
    groups = defaultdict(list)
    for article in sorted(gold, key=lambda a: a.document.doc_id):
        for q in article.document.quotes:
            if q.cluster:
                groups[q.cluster].append((article, q))
    return groups


def normalise_words(article: Article, q: Quote) -> list[str]:
    """Return the words of a quote in lower case, without quotation marks and punctuation."""
    return re.findall(r"\w+(?:[’'-]\w+)*", " ".join(s.of(article.text) for s in q.content).lower())


def choose_anchor(quotes: list[tuple[Article, Quote]]) -> tuple[Article, Quote]:
    """Return the quote that the others are compared with: the longest direct one, else the longest (guideline Q26)."""
    direct = [(a, q) for a, q in quotes if q.directness == "direct"]
    return max(direct or quotes, key=lambda m: sum(s.end - s.start for s in m[1].content))


@rule("CL5", FOLDER, "Give it a cluster of its own, or register the source with the utterance.", "Q25")
def sources_are_those_of_the_utterance(folder: Folder) -> Iterator[Breach]:
    """The source of a quote is among those of its utterance; the words of an interpreter are the one's interpreted.

    An utterance that is not registered has one source.
    """
    entries = folder.registry.get("utterance", {})
    for cluster, quotes in group_utterances(folder.gold).items():
        named = [
            (a, q, q.source) for a, q in quotes if q.source and not q.source.span.of(a.text).endswith("interpreter")
        ]
        sources = [(a, q, a.items[source.id or ""].cluster) for a, q, source in named]
        entry = entries.get(cluster)
        known = entry.get("sources") or [] if isinstance(entry, dict) else None
        if known is None:
            known = [source for source, _ in Counter(s for _, _, s in sources if s).most_common(1)]
        for a, q, source in sources:
            if source and isinstance(known, list) and source not in known:
                detail = f"{cluster} is {source}’s here, elsewhere {' and '.join(map(str, known)) or 'nobody'}’s"
                yield Breach(q.id, q.content[0], detail, a)


@rule("CL6", GOLD, "Link every member of a cluster of two or more; a singleton has no link.", "Q26")
def links_are_where_needed(gold: list[Article]) -> Iterator[Breach]:
    """A quote has a link where its utterance has another quote, and only there."""
    for cluster, quotes in group_utterances(gold).items():
        for a, q in quotes:
            if (q.link is not None) != (len(quotes) > 1):
                yield Breach(q.id, q.content[0], f"link {q.link or 'missing'}, {cluster} has {len(quotes)}", a)


@rule(
    "CL7", GOLD,
    "The anchor is the longest direct quote, else the longest; link the others as same-wording if worded alike.", "Q26",
)  # fmt: skip
def same_wording_links_are_right(gold: list[Article]) -> Iterator[Breach]:
    """The anchor of an utterance and the quotes with exactly its words are linked as same-wording, and no others."""
    for cluster, quotes in group_utterances(gold).items():
        anchor = choose_anchor(quotes)
        words = normalise_words(*anchor)
        for a, q in quotes:
            same = normalise_words(a, q) == words
            if len(quotes) > 1 and q.link and (q.link == "same-wording") != same:
                where = f"{anchor[0].document.short_id} {anchor[1].id}"
                yield Breach(q.id, q.content[0], f"{cluster}: link {q.link}, the anchor is {where}", a)


@rule(
    "CL8", GOLD,
    "If its words differ from the anchor’s, an indirect quote is a paraphrase, any other partial or a "
    "rewording.", "Q26",
)  # fmt: skip
def paraphrases_are_indirect(gold: list[Article]) -> Iterator[Breach]:
    """Indirect quotes that are not of the same wording are paraphrases, and no others are."""
    for quotes in group_utterances(gold).values():
        for a, q in quotes:
            wrong = ("partial", "rewording") if q.directness == "indirect" else ("paraphrase",)
            if q.directness and q.link in wrong:
                yield Breach(q.id, q.content[0], f"{q.directness}, link {q.link}", a)


# -- registries; without the folder clusters/ there are none to check --------------------------------------------------


@rule("RG1", FOLDER, "Register it, or correct the cluster.", "C1")
def clusters_are_registered(folder: Folder) -> Iterator[Breach]:
    """Every cluster that the gold uses is registered."""
    if not folder.registry:
        return
    seen = set()
    for m in find_members(folder.gold):
        known = folder.registry[m.kind]
        elsewhere = any(m.cluster in entries for entries in folder.registry.values())  # then it is RG6's
        if m.cluster not in known and not elsewhere and m.cluster not in seen:
            seen.add(m.cluster)
            yield Breach(m.id, m.span, f"{m.cluster} is not in {REGISTRIES[m.kind]}.yaml", m.article)


@rule("RG2", FOLDER, "Remove it; a set lists the members that are mentioned.", "C3")
def registered_clusters_are_used(folder: Folder) -> Iterator[Breach]:
    """Every registered cluster is mentioned in the gold, or is a whole, a part, a place or a participant of another."""
    used = {m.cluster for m in find_members(folder.gold)}
    for cluster, _, targets in _pointers(folder):
        used |= {target for field, target in targets if field != "members" and target != cluster}
    for kind, cluster, _ in _entries(folder):
        if cluster not in used:
            yield Breach(cluster, file=_file(folder, kind))


@rule("RG3", FOLDER, "Give it a one-line name, a known type, and no other fields than the registry's.", "C2")
def entries_are_well_formed(folder: Folder) -> Iterator[Breach]:
    """An entry has a name of one line, a type of its layer, and only fields of its registry."""
    for kind, cluster, entry in _entries(folder):
        problems = []
        if not isinstance(entry, dict):
            problems.append("is not a mapping")
        else:
            name, type_ = entry.get("name"), entry.get("type")
            types = {"entity": folder.ontology.mentions, "event": folder.ontology.events}
            known = list(types.get(kind, [type_]))
            problems += [f"unknown field {f!r}" for f in entry if f not in REGISTRY_FIELDS[kind]]
            problems += [] if isinstance(name, str) and name.strip() and "\n" not in name else ["no name of one line"]
            problems += [] if type_ in known else [f"type {type_!r}"]
            lists = [f for f in LIST_FIELDS if not isinstance(entry.get(f, []), list)]
            problems += [f"{f} is not a list" for f in lists]
        if problems:
            yield Breach(cluster, detail="; ".join(problems), file=_file(folder, kind))


@rule("RG4", FOLDER, "Register it, or correct the name.", "C3")
def pointers_are_registered(folder: Folder) -> Iterator[Breach]:
    """Members, wholes, sub-events, places and participants are registered clusters."""
    for cluster, kind, targets in _pointers(folder):
        for field, target in targets:
            if target not in folder.registry[POINTERS[field] or kind]:
                yield Breach(cluster, detail=f"{field} {target}", file=_file(folder, kind))


@rule("RG5", FOLDER, "Remove one of the pointers of the ring.", "C4")
def no_cluster_contains_itself(folder: Folder) -> Iterator[Breach]:
    """No cluster is a part, member or sub-event of itself, directly or through others."""
    for field in ("part_of", "members", "sub_events"):
        pointers = {c: ([t for f, t in targets if f == field], kind) for c, kind, targets in _pointers(folder)}
        for cluster, (direct, kind) in pointers.items():
            # Everything that is reached from the cluster by this field.
            reached: set[str] = set()
            todo = list(direct)
            while todo:
                if (at := todo.pop()) not in reached:
                    reached.add(at)
                    todo += pointers.get(at, ([], ""))[0]
            if cluster in reached:
                yield Breach(cluster, detail=f"{field} leads back to it", file=_file(folder, kind))


@rule("RG6", FOLDER, "Register it once, with the type and in the layer of its mentions.", "C2")
def clusters_are_registered_as_used(folder: Folder) -> Iterator[Breach]:
    """A cluster is registered once, in the layer and with the type of its mentions."""
    used: defaultdict[tuple[str, str], set[str | None]] = defaultdict(set)
    for m in find_members(folder.gold):
        used[m.kind, m.cluster].add(m.type)
    homes = Counter(cluster for _, cluster, _ in _entries(folder))
    for kind, cluster, entry in _entries(folder):
        types, here = used.get((kind, cluster), set()), [k for k, c in used if c == cluster]
        type_ = _type(entry)
        if homes[cluster] > 1:
            yield Breach(cluster, detail="is in two registries", file=_file(folder, kind))
        elif here and kind not in here:
            yield Breach(cluster, detail=f"is an {here[0]} in the gold", file=_file(folder, kind))
        # The mentions of an event may have several types, those of an entity have one.
        elif type_ and types - {None} and (type_ not in types):
            yield Breach(cluster, detail=f"{type_}; in the gold {', '.join(sorted(map(str, types)))}",
                        file=_file(folder, kind))  # fmt: skip


@rule("RG7", FOLDER, "Correct the type, or the pointer.", "C3")
def pointers_have_fitting_types(folder: Folder) -> Iterator[Breach]:
    """Members of a set have its type, a place is a GPE, LOC or FAC, and participants have a type that fills a role."""
    types = {(k, c): _type(e) for k, c, e in _entries(folder)}
    roles = [(role, f) for event in folder.ontology.events.values() for role, f in event.roles.items()]
    places = frozenset().union(*(f for role, f in roles if role == "Place"))
    fillers = frozenset().union(*(f for _, f in roles)) - {EVENT}
    for cluster, kind, targets in _pointers(folder):
        for field, target in targets:
            type_, own = types.get((POINTERS[field] or kind, target)), types.get((kind, cluster))
            # The members of an event may have any type.
            admitted = {"members": {own} if kind == "entity" else {type_}, "place": places, "participants": fillers}
            if type_ is not None and own is not None and field in admitted and type_ not in admitted[field]:
                yield Breach(cluster, detail=f"{field} {target} is {type_}", file=_file(folder, kind))


def _type(entry: Any) -> str | None:
    """Return the type of a registry's entry; None where it has none or is malformed."""
    value = entry.get("type") if isinstance(entry, dict) else None
    return value if isinstance(value, str) else None


def _entries(folder: Folder) -> Iterator[tuple[str, str, Any]]:
    """Yield every registered cluster as (kind, name, entry)."""
    for kind, entries in folder.registry.items():
        for cluster, entry in entries.items():
            yield kind, str(cluster), entry


def _pointers(folder: Folder) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Yield every registered cluster as (name, kind, [(field, the cluster it names), …])."""
    for kind, cluster, entry in _entries(folder):
        targets = []
        for field in POINTERS:
            value = entry.get(field) if isinstance(entry, dict) and field in REGISTRY_FIELDS[kind] else None
            # ``part_of`` and ``place`` hold one name or a list of names.
            for target in value if isinstance(value, list) else [] if value is None else [value]:
                targets.append((field, str(target)))
        yield cluster, kind, targets


def _file(folder: Folder, kind: str) -> str:
    return folder.store.display_name(registry_path(kind))
