"""What changed within an article: zones, mentions, events with their arguments, quotes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.history.changes import Change, change, quoted
from vostochny.formats.label_studio.regions import DEFAULT_ZONE, trim_span
from vostochny.model import Argument, Document, Entity, Event, Quote, Reference, Span

NEAR = 0.5  # of two regions that share neither id nor label this much must be common for them to be one, changed


@dataclass(frozen=True)
class Item:
    """Anything annotated, as far as finding it again needs."""

    id: str
    spans: tuple[Span, ...]
    label: Any
    of: Any = None


@dataclass
class Matched:
    """The items of two states of an article, side by side."""

    pairs: list[tuple[Item, Item]] = field(default_factory=list)
    removed: list[Item] = field(default_factory=list)
    added: list[Item] = field(default_factory=list)

    @property
    def ids(self) -> dict[str, str]:
        """The later id of each item, by its earlier id."""
        return {a.id: b.id for a, b in self.pairs}


def _likeness(a: Item, b: Item) -> tuple[float, ...] | None:
    """How much speaks for two items being one; None where nothing does.

    A region's id says it is the same only while it stands on the same words: ids that are mere numbers move on to the
    next item when one is added before it.
    """
    common = sum(max(0, min(s.end, t.end) - max(s.start, t.start)) for s in a.spans for t in b.spans)
    if not common:
        return None
    both = sum(s.end - s.start for s in (*a.spans, *b.spans)) - common
    id_, span, label, share = a.id == b.id, a.spans == b.spans, a.label == b.label, common / both
    ranks = (id_ and span, span and label, id_, span, label, share >= NEAR)
    if not any(ranks):
        return None
    agree = sum(getattr(a.of, f, 0) == getattr(b.of, f, 1) for f in getattr(a.of, "__slots__", ()))
    return (-ranks.index(True), share, agree)


def match(before: Sequence[Item], after: Sequence[Item]) -> Matched:
    """Find items again: by id, then on the same words, then where they overlap, the likest first."""
    pairs = [(score, -i, -j) for i, a in enumerate(before) for j, b in enumerate(after) if (score := _likeness(a, b))]
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in sorted(pairs, reverse=True):
        if -i not in partner and -j not in taken:
            partner[-i] = -j
            taken.add(-j)
    return Matched(
        [(a, after[partner[i]]) for i, a in enumerate(before) if i in partner],
        [a for i, a in enumerate(before) if i not in partner],
        [b for j, b in enumerate(after) if j not in taken],
    )


class Compared:
    """Two states of one article whose text is the same."""

    def __init__(self, before: Document, after: Document):
        self.before, self.after, self.text, self.doc_id = before, after, after.text, after.doc_id
        self.zones, self.entities, self.events, self.quotes = (
            match(make(before), make(after)) for make in (self._zones, _entities, _events, _quotes)
        )
        self.ids = self.entities.ids | self.events.ids

    @staticmethod
    def _zones(d: Document) -> list[Item]:
        marked = [(z.name, s) for z in d.zones if z.name != DEFAULT_ZONE for s in trim_span(z.span, d.text)]
        return [Item(f"{name} {span.start}", (span,), name) for name, span in marked]

    def words(self, *spans: Span) -> str:
        """The words of spans, as a report shows them."""
        return " + ".join(quoted(s.of(self.text)) for s in spans)

    def changes(self) -> Iterator[Change]:
        """Everything that changed in the article, clusters of found items left out."""
        yield from self._layer("zones", self.zones, self._zone, lambda z: z.label)
        yield from self._layer("entities", self.entities, self._entity, self._entity_says)
        yield from self._layer("events", self.events, self._event, self._event_says)
        for a, b in self.events.pairs:
            yield from self._arguments(a.of, b.of)
        yield from self._layer("quotes", self.quotes, self._quote, self._quote_says)

    def _layer(
        self,
        layer: str,
        found: Matched,
        compare: Callable[[Item, Item], Iterator[tuple[str, Any, Any]]],
        describe: Callable[[Item], str],
    ) -> Iterator[Change]:
        rows = []
        for kind, items in (("added", found.added), ("removed", found.removed)):
            for i in items:
                how = f"as {describe(i)}" if kind == "added" else f"({describe(i)})"
                says = f"{kind} {self.words(*i.spans)} {how}"
                rows.append(change(layer, kind, says, self.doc_id, i.id, i.spans[0], after=None))
        for a, b in found.pairs:
            words = self.words(*b.spans)
            if a.spans != b.spans:
                was, name = self.words(*a.spans), "content" if layer == "quotes" else "boundary"
                says = f"{name} moved {was} → {words}" if name == "boundary" else f"content changed {was} → {words}"
                rows.append(change(layer, name, says, self.doc_id, b.id, b.spans[0], was, words))
            for aspect, old, new in compare(a, b):
                old, new = _told(old), _told(new)
                says = f"{words} {aspect} {old} → {new}"
                rows.append(change(layer, aspect, says, self.doc_id, b.id, b.spans[0], old, new))
        yield from sorted(rows, key=lambda c: (c.start or 0, -(c.end or 0)))

    @staticmethod
    def _zone(a: Item, b: Item) -> Iterator[tuple[str, Any, Any]]:
        if a.label != b.label:
            yield "zone", a.label, b.label

    # -- mentions ------------------------------------------------------------------------------------------------------

    @staticmethod
    def _entity(a: Item, b: Item) -> Iterator[tuple[str, Any, Any]]:
        yield from _aspects(a.of, b.of, ("type", "level", "demonym"))

    @staticmethod
    def _entity_says(item: Item) -> str:
        e: Entity = item.of
        return ", ".join(filter(None, [f"{e.type} {e.level or ''}".strip(), "demonym" if e.demonym else "", e.cluster]))

    # -- events --------------------------------------------------------------------------------------------------------

    def _event(self, a: Item, b: Item) -> Iterator[tuple[str, Any, Any]]:
        yield from _aspects(a.of, b.of, ("type", "realis", "polarity", "outcome"))

    def _event_says(self, item: Item) -> str:
        v: Event = item.of
        polarity = v.polarity if v.polarity != "positive" else None
        filled = ", ".join(f"{a.role} {self.words(a.filler.span)}" for a in v.arguments)
        says = ", ".join(filter(None, [v.type, v.realis, polarity, v.outcome, v.cluster]))
        return f"{says}; {filled}" if filled else says

    def _arguments(self, a: Event, b: Event) -> Iterator[Change]:
        old = [(x.role, self.ids.get(x.filler.id or "", ""), x) for x in a.arguments]
        new = [(x.role, x.filler.id, x) for x in b.arguments]
        same = {(role, id_) for role, id_, _ in old} & {(role, id_) for role, id_, _ in new}
        old = [x for x in old if x[:2] not in same]
        new = [x for x in new if x[:2] not in same]
        event = self.words(b.trigger)

        def row(kind: str, says: str, x: Argument, y: Argument) -> Change:
            told = [f"{z.role} {self.words(z.filler.span)}" for z in (x, y)]
            before, after = {"added": (None, told[1]), "removed": (told[0], None)}.get(kind, (told[0], told[1]))
            return change("arguments", kind, f"{event} {says}", self.doc_id, b.id, b.trigger, before, after)

        for role, id_, x in list(old):
            if other := next((n for n in new if n[1] == id_), None):
                old.remove((role, id_, x))
                new.remove(other)
                filler = self.words(other[2].filler.span)
                yield row("role", f"role of {filler} {role} → {other[0]}", x, other[2])
        for role, id_, x in list(old):
            if other := next((n for n in new if n[0] == role), None):
                old.remove((role, id_, x))
                new.remove(other)
                yield row("filler", f"{role} {self._moved(x.filler, other[2].filler)}", x, other[2])
        for role, _, x in old:
            yield row("removed", f"removed {role} {self.words(x.filler.span)}", x, x)
        for role, _, x in new:
            yield row("added", f"added {role} {self.words(x.filler.span)}", x, x)

    def _moved(self, a: Reference, b: Reference) -> str:
        return " → ".join(self._pointed(a, b))

    def _pointed(self, a: Reference | None, b: Reference | None) -> tuple[str, str]:
        """Two references as words, with their offsets where the words alone are the same."""
        told = [self.words(r.span) if r else "none" for r in (a, b)]
        if a and b and told[0] == told[1]:
            told = [f"{words} at {r.span.start}" for words, r in zip(told, (a, b), strict=True)]
        return told[0], told[1]

    # -- quotes --------------------------------------------------------------------------------------------------------

    def _quote(self, a: Item, b: Item) -> Iterator[tuple[str, Any, Any]]:
        p, q = a.of, b.of
        if p.cue != q.cue:
            yield "cue", p.cue and self.words(p.cue), q.cue and self.words(q.cue)
        for name, old, new in (("source", p.source, q.source), ("addressee", p.addressee, q.addressee)):
            if (old and self.ids.get(old.id or "", "")) != (new and new.id):
                yield name, *self._pointed(old, new)
        yield from _aspects(p, q, ("directness", "attitude", "link", "unattributed"))
        if p.parent != q.parent and self.quotes.ids.get(p.parent or "") != q.parent:
            contents = {x.id: x.content for x in self.before.quotes}, {x.id: x.content for x in self.after.quotes}
            old, new = (self.words(*c[x.parent]) if x.parent else None for c, x in zip(contents, (p, q), strict=True))
            yield "parent", old, new

    def _quote_says(self, item: Item) -> str:
        q: Quote = item.of
        who = f"said by {self.words(q.source.span)}" if q.source else "said by nobody named"
        cue = f"cue {self.words(q.cue)}" if q.cue else None
        return ", ".join(filter(None, [f"quote {who}", cue, q.directness, q.attitude, q.cluster]))


def _entities(d: Document) -> list[Item]:
    return [Item(e.id, (e.span,), e.type, e) for e in d.entities]


def _events(d: Document) -> list[Item]:
    return [Item(v.id, (v.trigger,), v.type, v) for v in d.events]


def _quotes(d: Document) -> list[Item]:
    return [Item(q.id, q.content, q.cue, q) for q in d.quotes]


def _aspects(a: Any, b: Any, names: Sequence[str]) -> Iterator[tuple[str, Any, Any]]:
    for name in names:
        if getattr(a, name) != getattr(b, name):
            yield name, getattr(a, name), getattr(b, name)


def _told(value: Any) -> str:
    return {None: "none", True: "yes", False: "no"}.get(value, str(value)) if not isinstance(value, str) else value
