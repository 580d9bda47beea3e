"""Find what changed within an article: zones, entities, events with their arguments, quotes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.history.changes import Change, change_at, quote_words
from vostochny.formats.label_studio.regions import trim_span
from vostochny.formats.rows import describe_attributes
from vostochny.model import DEFAULT_ZONE, LAYERS, Argument, Document, Entity, Event, Quote, Reference, Span
from vostochny.schema.records import list_attributes

# Two regions with neither id nor label in common are the same region, changed, where they share this part of the
# characters that either has.
MIN_OVERLAP = 0.5
# Layer → the attributes that are compared value by value; clusters and parents are compared by what they refer to.
COMPARED = {
    layer: tuple(f.name for f in list_attributes(layer) if f.name not in ("cluster", "parent")) for layer in LAYERS
}


@dataclass(frozen=True)
class Item:
    """One annotated item, with what is needed to recognise it in another state of the article."""

    id: str
    spans: tuple[Span, ...]
    label: Any  # an entity's or event's type, a zone's name, a quote's cue
    source: Any = None  # the Entity, Event or Quote itself


@dataclass
class Matches:
    """The items of two states of an article: pairs of the same item before and after, and those without a partner."""

    pairs: list[tuple[Item, Item]] = field(default_factory=list)
    removed: list[Item] = field(default_factory=list)
    added: list[Item] = field(default_factory=list)

    @property
    def ids(self) -> dict[str, str]:
        """The later id of each item, by its earlier id."""
        return {a.id: b.id for a, b in self.pairs}


def _similarity(a: Item, b: Item) -> tuple[float, ...] | None:
    """Return how similar two items are, as a key to sort by; None where they cannot be the same item.

    The key is: the strongest thing that they have in common, the shared part of their characters, the number of equal
    attributes. An id is strong evidence only together with the same words: ids that are mere numbers move on to the
    next item when one is added before it.
    """
    common = sum(max(0, min(s.end, t.end) - max(s.start, t.start)) for s in a.spans for t in b.spans)
    if not common:
        return None
    union = sum(s.end - s.start for s in (*a.spans, *b.spans)) - common
    same_id, same_spans, same_label = a.id == b.id, a.spans == b.spans, a.label == b.label
    overlap = common / union
    # Strongest evidence first.
    evidence = (
        same_id and same_spans, same_spans and same_label, same_id, same_spans, same_label, overlap >= MIN_OVERLAP
    )  # fmt: skip
    if not any(evidence):
        return None
    attributes = getattr(a.source, "__slots__", ())
    # The defaults differ, so that an attribute that neither has is not equal.
    equal = sum(getattr(a.source, name, 0) == getattr(b.source, name, 1) for name in attributes)
    return (-evidence.index(True), overlap, equal)


def match(before: Sequence[Item], after: Sequence[Item]) -> Matches:
    """Pair the items of two states, the most similar first; ties go to the earlier items."""
    # The indices are negated so that the descending sort puts earlier items first.
    pairs = [(score, -i, -j) for i, a in enumerate(before) for j, b in enumerate(after) if (score := _similarity(a, b))]
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in sorted(pairs, reverse=True):
        if -i not in partner and -j not in taken:
            partner[-i] = -j
            taken.add(-j)
    return Matches(
        [(a, after[partner[i]]) for i, a in enumerate(before) if i in partner],
        [a for i, a in enumerate(before) if i not in partner],
        [b for j, b in enumerate(after) if j not in taken],
    )


class Comparison:
    """Two states of one article with the same text; ``zones`` … ``quotes`` are the matches of each layer."""

    def __init__(self, before: Document, after: Document):
        self.before, self.after, self.text, self.doc_id = before, after, after.text, after.doc_id
        self.zones, self.entities, self.events, self.quotes = (
            match(items(before), items(after)) for items in (_zone_items, _entity_items, _event_items, _quote_items)
        )
        # Arguments and speakers refer to entities and events by id.
        self.ids = self.entities.ids | self.events.ids

    def quote(self, *spans: Span) -> str:
        """Return the words of spans as a report prints them."""
        return " + ".join(quote_words(s.of(self.text)) for s in spans)

    def changes(self) -> Iterator[Change]:
        """Yield everything that changed in the article, but for the clusters of items that are in both states."""
        yield from self._layer("zones", self.zones, self._compare_zones, lambda zone: zone.label)
        yield from self._layer("entities", self.entities, self._compare_entities, self._describe_entity)
        yield from self._layer("events", self.events, self._compare_events, self._describe_event)
        for a, b in self.events.pairs:
            yield from self._arguments(a.source, b.source)
        yield from self._layer("quotes", self.quotes, self._compare_quotes, self._describe_quote)

    def _layer(
        self,
        layer: str,
        matches: Matches,
        compare: Callable[[Item, Item], Iterator[tuple[str, Any, Any]]],
        describe: Callable[[Item], str],
    ) -> Iterator[Change]:
        """Yield the changes of a layer in text order.

        Args:
            layer: its name.
            matches: its items in both states.
            compare: yields the attributes that differ between an item before and after: name, old and new value.
            describe: returns an item in words, for items that were added or removed.
        """
        rows = []
        for kind, items in (("added", matches.added), ("removed", matches.removed)):
            for item in items:
                what = f"as {describe(item)}" if kind == "added" else f"({describe(item)})"
                description = f"{kind} {self.quote(*item.spans)} {what}"
                rows.append(change_at(layer, kind, description, self.doc_id, item.id, item.spans[0]))
        for a, b in matches.pairs:
            words = self.quote(*b.spans)
            if a.spans != b.spans:
                old_words = self.quote(*a.spans)
                aspect, verb = ("content", "changed") if layer == "quotes" else ("boundary", "moved")
                description = f"{aspect} {verb} {old_words} → {words}"
                rows.append(change_at(layer, aspect, description, self.doc_id, b.id, b.spans[0], old_words, words))
            for aspect, old, new in compare(a, b):
                old, new = _in_words(old), _in_words(new)
                description = f"{words} {aspect} {old} → {new}"
                rows.append(change_at(layer, aspect, description, self.doc_id, b.id, b.spans[0], old, new))
        yield from sorted(rows, key=lambda c: (c.start or 0, -(c.end or 0)))

    @staticmethod
    def _compare_zones(a: Item, b: Item) -> Iterator[tuple[str, Any, Any]]:
        if a.label != b.label:
            yield "zone", a.label, b.label

    # -- entities ------------------------------------------------------------------------------------------------------

    @staticmethod
    def _compare_entities(a: Item, b: Item) -> Iterator[tuple[str, Any, Any]]:
        yield from _differing(a.source, b.source, ("type", *COMPARED["entities"]))

    @staticmethod
    def _describe_entity(item: Item) -> str:
        e: Entity = item.source
        return ", ".join(filter(None, [" ".join([e.type, *describe_attributes("entities", e)]), e.cluster]))

    # -- events --------------------------------------------------------------------------------------------------------

    @staticmethod
    def _compare_events(a: Item, b: Item) -> Iterator[tuple[str, Any, Any]]:
        yield from _differing(a.source, b.source, ("type", *COMPARED["events"]))

    def _describe_event(self, item: Item) -> str:
        v: Event = item.source
        arguments = ", ".join(f"{a.role} {self.quote(a.filler.span)}" for a in v.arguments)
        attributes = ", ".join(filter(None, [v.type, *describe_attributes("events", v), v.cluster]))
        return f"{attributes}; {arguments}" if arguments else attributes

    def _arguments(self, a: Event, b: Event) -> Iterator[Change]:
        """Yield the changed arguments of an event: first those with another role, then those with another filler."""
        # (role, later id of the filler, argument); a filler that is gone has no later id.
        old = [(x.role, self.ids.get(x.filler.id or "", ""), x) for x in a.arguments]
        new = [(x.role, x.filler.id, x) for x in b.arguments]
        unchanged = {(role, id_) for role, id_, _ in old} & {(role, id_) for role, id_, _ in new}
        old = [x for x in old if x[:2] not in unchanged]
        new = [x for x in new if x[:2] not in unchanged]
        trigger = self.quote(b.trigger)

        def change(kind: str, description: str, x: Argument, y: Argument) -> Change:
            values = [f"{z.role} {self.quote(z.filler.span)}" for z in (x, y)]
            before, after = {"added": (None, values[1]), "removed": (values[0], None)}.get(kind, tuple(values))
            text = f"{trigger} {description}"
            return change_at("arguments", kind, text, self.doc_id, b.id, b.trigger, before, after)

        for role, id_, x in list(old):
            if other := next((n for n in new if n[1] == id_), None):
                old.remove((role, id_, x))
                new.remove(other)
                filler = self.quote(other[2].filler.span)
                yield change("role", f"role of {filler} {role} → {other[0]}", x, other[2])
        for role, id_, x in list(old):
            if other := next((n for n in new if n[0] == role), None):
                old.remove((role, id_, x))
                new.remove(other)
                fillers = " → ".join(self._quote_references(x.filler, other[2].filler))
                yield change("filler", f"{role} {fillers}", x, other[2])
        for role, _, x in old:
            yield change("removed", f"removed {role} {self.quote(x.filler.span)}", x, x)
        for role, _, x in new:
            yield change("added", f"added {role} {self.quote(x.filler.span)}", x, x)

    def _quote_references(self, a: Reference | None, b: Reference | None) -> tuple[str, str]:
        """Return two references as words, with their offsets where the words alone are the same."""
        words = [self.quote(r.span) if r else "none" for r in (a, b)]
        if a and b and words[0] == words[1]:
            words = [f"{w} at {r.span.start}" for w, r in zip(words, (a, b), strict=True)]
        return words[0], words[1]

    # -- quotes --------------------------------------------------------------------------------------------------------

    def _compare_quotes(self, a: Item, b: Item) -> Iterator[tuple[str, Any, Any]]:
        p, q = a.source, b.source
        if p.cue != q.cue:
            yield "cue", p.cue and self.quote(p.cue), q.cue and self.quote(q.cue)
        for name, old, new in (("source", p.source, q.source), ("addressee", p.addressee, q.addressee)):
            if (old and self.ids.get(old.id or "", "")) != (new and new.id):
                yield name, *self._quote_references(old, new)
        yield from _differing(p, q, (*COMPARED["quotes"], "unattributed"))
        if p.parent != q.parent and self.quotes.ids.get(p.parent or "") != q.parent:
            contents = {x.id: x.content for x in self.before.quotes}, {x.id: x.content for x in self.after.quotes}
            old, new = (self.quote(*c[x.parent]) if x.parent else None for c, x in zip(contents, (p, q), strict=True))
            yield "parent", old, new

    def _describe_quote(self, item: Item) -> str:
        q: Quote = item.source
        speaker = f"said by {self.quote(q.source.span)}" if q.source else "said by nobody named"
        cue = f"cue {self.quote(q.cue)}" if q.cue else None
        return ", ".join(filter(None, [f"quote {speaker}", cue, *describe_attributes("quotes", q), q.cluster]))


def _zone_items(d: Document) -> list[Item]:
    # Trimmed as Label Studio's regions are: the white space at a zone's end is no part of what was marked.
    spans = [(z.name, s) for z in d.zones if z.name != DEFAULT_ZONE for s in trim_span(z.span, d.text)]
    return [Item(f"{name} {span.start}", (span,), name) for name, span in spans]


def _entity_items(d: Document) -> list[Item]:
    return [Item(e.id, (e.span,), e.type, e) for e in d.entities]


def _event_items(d: Document) -> list[Item]:
    return [Item(v.id, (v.trigger,), v.type, v) for v in d.events]


def _quote_items(d: Document) -> list[Item]:
    return [Item(q.id, q.content, q.cue, q) for q in d.quotes]


def _differing(a: Any, b: Any, names: Sequence[str]) -> Iterator[tuple[str, Any, Any]]:
    """Yield the attributes of two objects that differ: name, value of the first, value of the second."""
    for name in names:
        if getattr(a, name) != getattr(b, name):
            yield name, getattr(a, name), getattr(b, name)


def _in_words(value: Any) -> str:
    return {None: "none", True: "yes", False: "no"}.get(value, str(value)) if not isinstance(value, str) else value
