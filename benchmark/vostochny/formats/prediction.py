"""Read one prediction or gold row (a JSON object): check it field by field and turn it into a document.

Shared by all formats: each yields such rows. A problem names the field, what is wrong and what would be right.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from typing import Any

from vostochny.errors import Problem, Problems, list_names, suggest_name
from vostochny.formats.label_types import is_name, suggest_label
from vostochny.formats.model_answers import HOLDS_ANSWER, find_answers
from vostochny.formats.word_spans import PlacedSpan, are_same_words, describe_fitting_unit, needs_placing
from vostochny.model import (
    LAYERS,
    Argument,
    Document,
    Entity,
    Event,
    Extent,
    Placement,
    Quote,
    Reference,
    Span,
    Zone,
)  # fmt: skip
from vostochny.ontology import Ontology, View
from vostochny.schema.records import MAX_OFFSET, SEGMENTATION, DocumentRecord, list_attributes, list_fields
from vostochny.text.layout import paragraphs_of

KEYS = frozenset(f.name for f in list_fields(DocumentRecord))  # a misspelt layer would count as an empty one
ATTRIBUTES = {layer: frozenset(f.name for f in list_attributes(layer)) for layer in LAYERS}
MAX_SHOWN_WORDS = 60  # characters of a surface that a message quotes
NEEDS_TEXT = (
    "has words, or offsets that do not count characters of the article, but the gold has no article text to find them "
    "in; for the corpus run `vostochny rehydrate FOLDER` on the articles that you hold, or work in a checkout"
)


def describe_kind(value: Any) -> str:
    """Return what kind of JSON value this is, in words, such as "a list"."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def describe_unprintable(value: str) -> str:
    """Return, in words, that a string has characters that do not print, such as control characters."""
    return f"{value[:MAX_SHOWN_WORDS]!r} has characters that do not print"


class RowReader:
    """Checks one row field by field and turns it into a document.

    Every method takes the place of its value (``where``, such as ``entities[3].type``) for the problem that it may
    record, and returns None, or leaves the item out, if the value is unusable.

    Args:
        path: The file, for problems.
        line: The line of the row in it, or None.
        row: The row, as ``vostochny schema`` describes it.
        text: The article's text. None if the document is unknown: all but the upper bound of offsets is then checked.
        ontology: The ontology whose labels are known.
        unknown: What happens to an unknown type: ``"error"``, ``"ignore"`` or ``"wrong"``. None (gold) means error.
        view: A view whose labels are allowed too.
        layout: The gold document, whose paragraphs and zones guide the placing of words without offsets. None for gold.
        offsets: The unit that offsets count (``word_spans.OFFSET_CHOICES``); None means code points.
        option: The option that names this unit, for problems; by default that of the predictions, or of the gold.
    """

    def __init__(
        self,
        path: str,
        line: int | None,
        row: dict[str, Any],
        text: str | None,
        ontology: Ontology,
        unknown: str | None,
        view: View | None = None,
        layout: Document | None = None,
        offsets: str | None = None,
        option: str = "",
    ):
        self.path, self.line, self.text = path, line, text
        self.given = self.row = row  # the second is the row with words placed
        self.ontology, self.unknown = ontology, unknown or "error"
        self.labels = ontology.list_labels(view)
        self.layout, self.offsets = layout, None if offsets == "characters" else offsets
        self.option = option or ("--offsets" if layout else "--gold-offsets")
        self.placement = Placement()
        self.problems: Problems[Problem] = Problems()
        self.span_of_id: dict[str, Span] = {}  # id of an entity or event → its span

    def add_problem(self, field: str, message: str) -> None:
        self.problems.append(Problem(self.path, self.line, field, message))

    def read(self, doc_id: str, with_text: bool) -> Document:
        """Return the document, with all that could be read; ``with_text`` also reads zones and segmentation.

        The caller looks at ``problems`` afterwards.
        """
        unknown = [key for key in self.row if key not in KEYS]
        answers = find_answers(self.row) if unknown and self.layout else {}
        for key in answers or unknown:
            if key in answers:
                self.add_problem(key, HOLDS_ANSWER)
            else:
                # Most unknown keys are no misspelt layer, so that only a very similar layer is named.
                hint = suggest_name(key, LAYERS, 0.6) if not self.problems.is_full else ""
                self.add_problem(key, f"unknown key; {hint}")
        if not with_text and self.text and isinstance(self.row.get("text"), str) and self.row["text"] != self.text:
            from vostochny.text.alignment import describe_difference  # here, because most texts are equal

            self.add_problem("text", describe_difference(self.text, self.row["text"]))
        for key in SEGMENTATION:
            value = self.row.get(key)
            if not with_text and isinstance(value, list) and value and not isinstance(value[0], dict):
                message = f"is {describe_kind(value[0])}; expected an object with start and end"
                self.add_problem(f"{key}[0]", f"{message}, or words with their tags in a row of their own")
        self.place_words()
        layers = {layer: self.read_items(layer) for layer in LAYERS}
        entities = [self.read_entity(where, item) for where, item in layers["entities"]]
        # Events refer to each other, so all ids of events are registered before any argument is read.
        triggers = {where: self.read_span(f"{where}.trigger", item.get("trigger")) for where, item in layers["events"]}
        for where, item in layers["events"]:
            self.register_id(where, item, triggers[where])
        events = [self.read_event(where, item, triggers[where]) for where, item in layers["events"]]
        quotes = [self.read_quote(where, item) for where, item in layers["quotes"]]
        segmentation: dict[str, Any] = {}
        if with_text:
            segmentation |= {key: self.read_bounds(key) for key in SEGMENTATION}
            zones = [
                (self.read_span(where, item), self.check_zone_name(f"{where}.zone", item.get("zone")))
                for where, item in self.read_items("zones")
            ]
            segmentation["zones"] = tuple(Zone(place, name) for place, name in zones if place and name)
        document = Document(
            doc_id, self.text or "",
            entities=tuple(e for e in entities if e), events=tuple(e for e in events if e),
            quotes=tuple(q for q in quotes if q),
            emitted=frozenset(layer for layer in LAYERS if self.row.get(layer) is not None),
            placement=self.placement, **segmentation,
        )  # fmt: skip
        for _, words in self.placement.unplaced if with_text else ():
            self.add_problem("text", f"has no {words[:MAX_SHOWN_WORDS]!r}; expected words of the text in a gold")
        if with_text and not self.problems:
            for where, message in list_identity_problems(document, self.ontology):
                self.add_problem(where, message)
        return document

    def place_words(self) -> None:
        """Give offsets to words without any, and turn other offsets into code points of the document."""
        if not needs_placing(self.row, self.offsets):
            return
        if not self.text:
            if self.layout:  # otherwise the document is unknown, which is a problem already
                self.add_problem("doc_id", NEEDS_TEXT)
                # Without this, every span of the layers would be a problem again.
                self.row = {k: v for k, v in self.row.items() if k not in LAYERS}
            return
        layout = self.layout or Document("", self.text)
        scored = [z.span for z in layout.zones if z.name not in self.ontology.unscored_zones] if layout.zones else None
        paragraphs = layout.paragraphs or paragraphs_of(self.text)
        from vostochny.formats.placer import Placer  # here, because most predictions have offsets

        placer = Placer(self.text, paragraphs, scored, self.offsets, self.add_problem)
        self.row = placer.place_row(self.row)
        self.placement = placer.placement

    def offer_wrong(self, effect: str) -> str:
        """Return, for the end of a message about a prediction, what ``--unknown wrong`` would do (formats.lenient)."""
        return f" (--unknown wrong {effect})" if self.layout and self.unknown == "error" else ""

    # -- pieces ----------------------------------------------------------------------------------------------------

    def read_items(self, key: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the objects of a list in the row, each with its place; null and a missing key are an empty list."""
        return self.read_objects(key, self.row.get(key))

    def read_objects(self, where: str, value: Any) -> list[tuple[str, dict[str, Any]]]:
        """Return the objects of a list, each with its place; None is an empty list."""
        if value is None:
            return []
        if not isinstance(value, list):
            self.add_problem(where, f"is {describe_kind(value)}; expected a list of objects")
            return []
        out = []
        for i, item in enumerate(value):
            if isinstance(item, dict):
                out.append((f"{where}[{i}]", item))
            else:
                self.add_problem(f"{where}[{i}]", f"is {describe_kind(item)}; expected an object")
        return out

    def read_bounds(self, key: str) -> tuple[Span, ...]:
        """Return the spans of a part of the segmentation: most of a gold row, so what is right is read in one step."""
        spans = _take_bounds(self.row.get(key), MAX_OFFSET if self.text is None else len(self.text))
        if spans is None:
            checked = (self.read_span(where, item) for where, item in self.read_items(key))
            spans = [span for span in checked if span]
        return tuple(spans)

    def read_span(self, where: str, value: Any) -> Span | None:
        """Return the span of ``{"start", "end", "text"}``; ``text``, if given, must be what the article has there."""
        if not isinstance(value, dict):
            kind = "missing" if value is None else describe_kind(value)
            way_out = self.offer_wrong("takes it for the words of the span") if isinstance(value, str) else ""
            self.add_problem(where, f'is {kind}; expected {{"start": …, "end": …}}{way_out}')
            return None
        if type(value) is PlacedSpan:  # made by the Placer, which has checked it; it may be empty
            return Span(value["start"], value["end"])
        bounds = []
        for key in ("start", "end"):
            number = value.get(key)
            if isinstance(number, bool) or not isinstance(number, int):
                state = "is missing" if number is None else f"is {describe_kind(number)}"
                self.add_problem(
                    f"{where}.{key}", f"{state}; expected a whole number, a code point offset into the text"
                )
            elif number > MAX_OFFSET:
                self.add_problem(f"{where}.{key}", f"{number!r:.40} is too large for an offset into a text")
            else:
                bounds.append(number)
        if len(bounds) < 2:
            return None
        start, end = bounds
        if start < 0:
            self.add_problem(f"{where}.start", f"{start} is before the text; offsets start at 0")
        elif end <= start:
            message = f"{end} is not after start {start}; end is exclusive, one past the last character"
            words = value.get("text")
            if start == end and isinstance(words, str) and words.strip():
                message += self.suggest_unit(start, end, words)
            elif start == end and words is None and not self.offsets:
                message += f"; {self.option} inclusive reads ends as last characters"
            self.add_problem(f"{where}.end", message)
        elif self.text is not None and end > len(self.text):
            message = f"{end} is beyond the text, which has {len(self.text)} characters"
            self.add_problem(f"{where}.end", message + self.suggest_unit(start, end, value.get("text")))
        else:
            surface = value.get("text")
            if surface is not None and not isinstance(surface, str):
                self.add_problem(f"{where}.text", f"is {describe_kind(surface)}; expected the words of the span")
                return None
            if (
                surface is not None
                and self.text is not None
                and self.text[start:end] != surface
                and not are_same_words(self.text[start:end], surface)
            ):
                actual = self.text[start:end][:MAX_SHOWN_WORDS]
                message = f"{surface[:MAX_SHOWN_WORDS]!r} is not at {start}–{end}; the article has {actual!r} there"
                self.add_problem(f"{where}.text", message + self.suggest_unit(start, end, surface))
            return Span(start, end)
        return None

    def suggest_unit(self, start: int, end: int, surface: Any) -> str:
        """Return the option that would read offsets that do not fit, as the end of a message; "" if there is none."""
        if not self.text or self.offsets:
            return ""
        return describe_fitting_unit(self.text, start, end, surface, self.option)

    def check_label(self, where: str, value: Any, allowed: Collection[str], what: str) -> str | None:
        """Return a type or role; an unknown one is treated as ``unknown`` says. None if the item is to be left out."""
        if not isinstance(value, str):
            self.add_problem(
                where,
                f"is {'missing' if value is None else describe_kind(value)}; expected one of {list_names(allowed)}",
            )
        elif value in allowed:
            return value
        elif not is_name(value):
            self.add_problem(
                where, f"{value[:MAX_SHOWN_WORDS]!r} is blank or has characters that do not print; write a plain name"
            )
        elif self.unknown == "wrong":
            return value
        elif self.unknown == "error":
            hint = suggest_label(value, allowed, self.ontology) if not self.problems.is_full else ""
            self.add_problem(
                where,
                f"unknown {what} {value!r}; {hint} (--unknown ignore leaves it out, --unknown wrong counts it)",
            )
        return None

    def check_attribute(self, where: str, value: Any, allowed: Collection[str]) -> str | None:
        """Return the value of an optional attribute with a closed list of values."""
        if value is None or (isinstance(value, str) and value in allowed):
            return value
        if not isinstance(value, str):
            self.add_problem(where, f"is {describe_kind(value)}; expected a string or null")
        else:
            expected = f"is not one of {list_names(allowed)}" if allowed else "has no meaning in the gold's ontology"
            self.add_problem(where, f"{value!r} {expected}{self.offer_wrong('reads the item without it')}")
        return None

    def check_string(self, where: str, value: Any) -> str | None:
        """Return an optional string, such as an id or a cluster."""
        if value is None or (isinstance(value, str) and value.isprintable()):
            return value
        kind = describe_unprintable(value) if isinstance(value, str) else f"is {describe_kind(value)}"
        self.add_problem(where, f"{kind}; expected a {'printable ' * isinstance(value, str)}string or null")
        return None

    def check_zone_name(self, where: str, value: Any) -> str | None:
        """Return a zone's name; any name is allowed, because a user's gold has its own zones."""
        if is_name(value):
            return value
        if isinstance(value, str) and value.strip():
            self.add_problem(where, f"{describe_unprintable(value)}; expected a printable name")
            return None
        state = (
            "is missing" if value is None else "is blank" if isinstance(value, str) else f"is {describe_kind(value)}"
        )
        self.add_problem(where, f"{state}; expected the zone's name, such as {list_names(self.ontology.zones)}")
        return None

    def check_flag(self, where: str, value: Any) -> bool:
        """Return an optional truth value; None is False."""
        if value is None or isinstance(value, bool):
            return bool(value)
        self.add_problem(where, f"is {describe_kind(value)}; expected true, false or null")
        return False

    def register_id(self, where: str, item: dict[str, Any], span: Span | None) -> str:
        """Return an item's id ("" if it has none), and remember its span for references to it."""
        id_ = self.check_string(f"{where}.id", item.get("id")) or ""
        if id_ and id_ in self.span_of_id:
            self.add_problem(f"{where}.id", f"{id_!r} appears twice; ids are unique in a document")
        if id_:
            # A broken span is a problem already; with a stand-in, references to it are not reported as well.
            self.span_of_id[id_] = span or Span(0, 1)
        return id_

    def read_reference(self, where: str, value: Any) -> Reference | None:
        """Return a reference: the id of an entity or event of this row, or a span written in its place."""
        if isinstance(value, str):
            if value in self.span_of_id:
                return Reference(self.span_of_id[value], value)
            self.add_problem(where, f"no entity or event has the id {value!r}; give an id of this document or a span")
            return None
        span = self.read_span(where, value)
        return Reference(span) if span else None

    # -- the layers ------------------------------------------------------------------------------------------------

    def read_entity(self, where: str, item: dict[str, Any]) -> Entity | None:
        """Return an entity, and register its id."""
        span = self.read_span(where, item)
        id_ = self.register_id(where, item, span)
        type_ = self.check_label(f"{where}.type", item.get("type"), self.labels.entity_types, "entity type")
        attributes = self.read_attributes("entities", where, item)
        if item.get("extents") is not None:
            attributes["extents"] = tuple(self.read_extents(f"{where}.extents", item["extents"]))
        return Entity(id_, span, type_, **attributes) if span and type_ else None

    def read_event(self, where: str, item: dict[str, Any], trigger: Span | None) -> Event | None:
        """Return an event, whose trigger was read and whose id was registered before."""
        type_ = self.check_label(f"{where}.type", item.get("type"), self.labels.event_types, "event type")
        arguments = []
        known = self.ontology.events.get(type_ or "")
        roles: Collection[str] = known.roles if known else self.labels.roles
        # A filler stands under the key "filler"; a span in the argument itself is accepted too.
        for at, argument in self.read_objects(f"{where}.arguments", item.get("arguments")):
            role = self.check_label(f"{at}.role", argument.get("role"), roles, f"role of {type_}" if type_ else "role")
            filler = (
                self.read_reference(f"{at}.filler", argument["filler"])
                if "filler" in argument
                else self.read_reference(at, argument)
            )
            if role and filler:
                arguments.append(Argument(role, filler))
        attributes = self.read_attributes("events", where, item)
        if trigger is None or type_ is None:
            return None
        return Event(str(item.get("id") or ""), trigger, type_, arguments=tuple(arguments), **attributes)

    def read_quote(self, where: str, item: dict[str, Any]) -> Quote | None:
        """Return a quote, its parts in text order; None if one of them has no valid span."""
        content = [self.read_span(at, part) for at, part in self.read_objects(f"{where}.content", item.get("content"))]
        if not content:
            self.add_problem(f"{where}.content", "has no span; expected a list of one or more spans")
        cue = self.read_span(f"{where}.cue", item["cue"]) if item.get("cue") is not None else None
        source, addressee = (
            self.read_reference(f"{where}.{key}", item[key]) if item.get(key) is not None else None
            for key in ("source", "addressee")
        )
        spans = sorted(s for s in content if s)
        id_ = self.check_string(f"{where}.id", item.get("id")) or ""
        attributes = self.read_attributes("quotes", where, item)
        if not spans or len(spans) < len(content):
            return None
        return Quote(id_, tuple(spans), cue, source, addressee, **attributes)

    # -- what several layers have ----------------------------------------------------------------------------------

    def read_attributes(self, layer: str, where: str, item: dict[str, Any]) -> dict[str, Any]:
        """Return the attributes that an item has, by name; a value that is not allowed is a problem and left out."""
        out: dict[str, Any] = {}
        if ATTRIBUTES[layer].isdisjoint(item):  # most names of most systems
            return out
        for field in list_attributes(layer):
            value = item.get(field.name)
            if value is None:
                continue
            allowed = self.ontology.list_names(field.key.values) if field.key.values else None
            if field.key.former and isinstance(value, str) and value not in (allowed or ()):
                value = field.key.rename(value)
            is_right = type(value) is bool if field.kind == "flag" else type(value) is str and value.isprintable()
            if is_right and (allowed is None or value in allowed):
                out[field.name] = value
                continue
            at = f"{where}.{field.name}"  # made only here, because most values are right
            if allowed is not None:
                self.check_attribute(at, value, allowed)
            elif field.kind == "flag":
                self.check_flag(at, value)
            else:
                self.check_string(at, value)
        return out

    def read_extents(self, where: str, value: Any) -> Iterator[Extent]:
        """Yield the further extents of a name, each with the view that accepts it."""
        for at, extent in self.read_objects(where, value):
            span = self.read_span(at, extent)
            view = self.check_attribute(f"{at}.view", extent.get("view"), self.ontology.views)
            if span and view:
                yield Extent(view, span)


def list_identity_problems(gold: Document, ontology: Ontology) -> Iterator[tuple[str, str]]:
    """Yield the place and the problem of each mention of a gold that is in a second cluster: it has no identity then.

    A mention is what coreference is scored on: the span of an entity that is no value, an event's trigger with its
    type, all content of a quote.
    """
    mentions: dict[str, list[tuple[Hashable, str | None, Span]]] = {
        "entities": [(e.span, None if e.type in ontology.values else e.cluster, e.span) for e in gold.entities],
        "events": [((v.trigger, v.type), v.cluster, v.trigger) for v in gold.events],
        "quotes": [(q.content, q.cluster, q.content[0]) for q in gold.quotes],
    }
    for layer, items in mentions.items():
        first: dict[Hashable, tuple[int, str]] = {}
        for i, (key, cluster, span) in enumerate(items):
            number, other = first.setdefault(key, (i, cluster)) if cluster is not None else (i, cluster)
            if other != cluster:
                words = repr(span.of(gold.text)[:MAX_SHOWN_WORDS]) if gold.text else "the mention"
                yield (
                    f"{layer}[{i}].cluster",
                    f"{words} at {span.start}–{span.end} is in {cluster!r}, and by {layer}[{number}] in {other!r}; a "
                    "gold mention is in one cluster: remove the cluster of one of the two, or merge the clusters",
                )


def _take_bounds(values: Any, limit: int) -> list[Span] | None:
    """Return a list of ``{"start", "end"}`` as spans that end at ``limit`` or before; None if any is not just that."""
    if not isinstance(values, list):
        return None
    spans = []
    for value in values:
        if type(value) is not dict or len(value) != 2:
            return None
        start, end = value.get("start"), value.get("end")
        if type(start) is not int or type(end) is not int or not 0 <= start < end <= limit:
            return None
        spans.append(Span(start, end))
    return spans
