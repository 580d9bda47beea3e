"""The shape of a record, once: every key that a gold row or a prediction may have, its type and its meaning.

A row is one JSON object (one line of a file), a :class:`DocumentRecord`. From these classes follow the decoder of JSON
Lines, the checks of a row (:mod:`vostochny.formats.prediction`), what is written (:mod:`vostochny.formats.rows`),
the JSON Schemas (:mod:`vostochny.schema.json_schema`), the columns of Parquet files and of the published dataset with
what its card says of them, and the attributes that every other format, report and comparison goes through.

**To add an attribute** of an item: a field here and one of the same name in :mod:`vostochny.model`, and its values in
``annotations/ontology.yaml``.

Every key may be missing (``UNSET``) or null (None); what an item needs is marked ``required``. The classes are
unchecked: a span may end before it starts. ``typing.Annotated`` carries a :class:`Key` beside each type.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UNSET, Struct, UnsetType

from vostochny.model import LAYERS

MAX_OFFSET = 1 << 40  # greater offsets are refused, so that arithmetic on offsets cannot overflow 64 bits

# The types of a key's value; every key may be null or missing.
Text = str | None | UnsetType
Texts = list[str] | None | UnsetType
Flag = bool | None | UnsetType
Integer = Annotated[int, msgspec.Meta(ge=0, le=MAX_OFFSET)] | None | UnsetType


class Key(Struct, frozen=True):
    """What is known of a key beside its type.

    Attributes:
        meaning: What the value says, for schemas and the dataset's card.
        values: The table of the ontology that lists the allowed values (:meth:`Ontology.list_names`); "" for any.
        required: Whether an item is unusable without the key.
        sparse: Whether rows are written without the key where it has no value; other keys are then null.
        asked: Whether language models are asked for it.
        stated: Whether every item of the gold has a value; of entities only mentions have a level.
        planned: Whether the published dataset has no column for it yet.
        aliases: Other names under which the key is read: common, and with no second meaning in a record.
        former: Values that were renamed, each with its name now, as which it is read.
    """

    meaning: str
    values: str = ""
    required: bool = False
    sparse: bool = False
    asked: bool = False
    stated: bool = False
    planned: bool = False
    aliases: tuple[str, ...] = ()
    former: tuple[tuple[str, str], ...] = ()

    def rename(self, value: Any) -> Any:
        """Return the name that a value has now; any other as it is."""
        return next((now for before, now in self.former if before == value), value)


_START = Key(
    "first character, a code point offset into the article's text",
    aliases=(
        "start_char", "startChar", "char_start", "charStart", "start_offset", "startOffset", "start_pos",
        "start_index", "startIndex", "Start", "StartOffset",
        "begin", "begin_char", "beginChar", "char_begin", "begin_offset", "beginOffset", "Begin", "BeginOffset",
        "offset", "char_offset", "charOffset", "Offset",  # beside a length; alone it lacks an end, which is refused
    ),
)  # fmt: skip
_END = Key(
    "one past the last character",
    aliases=(
        "end_char", "endChar", "char_end", "charEnd", "end_offset", "endOffset", "end_pos", "end_index", "endIndex",
        "stop", "End", "EndOffset",
    ),
)  # fmt: skip
LENGTHS = ("length", "Length")  # keys that state the end of a span by the number of its characters
# Keys of items that many systems write and nothing here reads. Whether any was there is said in a note.
UNUSED = ("score", "scores", "Score", "confidence", "Confidence", "probability", "prob", "note", "notes", "comment")
_TYPE_ALIASES = ("label", "tag", "Type", "Label", "entity_group")
_OPTIONAL = Key("true where predicting the item and leaving it out are both right", sparse=True, planned=True)


class BoundsRecord(Struct, gc=False):
    """A stretch of the text by its offsets alone."""

    start: Annotated[Integer, _START] = UNSET
    end: Annotated[Integer, _END] = UNSET


class SpanRecord(Struct, gc=False):
    """A span: by its offsets, by its words, or by both. The last three keys help to place words without offsets."""

    start: Annotated[Integer, _START] = UNSET
    end: Annotated[Integer, _END] = UNSET
    text: Annotated[Text, Key("the words, `text[start:end]` of the article", asked=True, aliases=("Text",))] = UNSET
    occurrence: Annotated[
        Integer,
        Key("which occurrence of the words in the article, from 1", sparse=True, asked=True, aliases=("occurence",)),
    ] = UNSET
    paragraph: Annotated[
        Integer, Key("which paragraph of the article, from 0; offsets then count from its start", sparse=True)
    ] = UNSET
    context: Annotated[Text, Key("words of the article around the span", sparse=True)] = UNSET


Span = SpanRecord | None | UnsetType
Spans = list[SpanRecord] | None | UnsetType
Reference = str | SpanRecord | None | UnsetType  # an id of the same row, or a span in its place

HINTS = ("occurrence", "paragraph", "context")  # keys of a SpanRecord that only help to place it


class ExtentRecord(Struct, gc=False):
    """Another extent of a name that is accepted in one view, as right as the annotated one."""

    view: Annotated[Text, Key("the view", values="views", required=True)] = UNSET
    start: Annotated[Integer, _START] = UNSET
    end: Annotated[Integer, _END] = UNSET


class EntityRecord(SpanRecord, gc=False):
    """A mention of a person, organisation, place or thing, or a value."""

    id: Annotated[Text, Key("id of the item, unique in its article")] = UNSET
    type: Annotated[
        Text,
        Key(
            "entity or value type of `annotations/ontology.yaml`",
            values="entity_types",
            required=True,
            asked=True,
            aliases=(*_TYPE_ALIASES, "entity_type", "entityType"),
        ),
    ] = UNSET
    level: Annotated[Text, Key("NAM, NOM or PRO; null for values", values="levels", asked=True, stated=True)] = UNSET
    demonym: Annotated[Flag, Key("true for names of peoples and adjectives of countries (Russian)")] = UNSET
    cluster: Annotated[Text, Key("who or what it is, the same id in all articles; null for values", asked=True)] = UNSET
    optional: Annotated[Flag, _OPTIONAL] = UNSET
    extents: Annotated[
        list[ExtentRecord] | UnsetType | None,
        Key("other extents of a name that a view accepts", sparse=True, planned=True),
    ] = UNSET


class ArgumentRecord(SpanRecord, gc=False):
    """One participant of an event, or its time or place."""

    role: Annotated[Text, Key("role of `annotations/ontology.yaml`", values="roles", required=True, asked=True)] = UNSET
    filler: Annotated[Reference, Key("id of an entity or event of this row, or a span", required=True, asked=True)] = (
        UNSET
    )


class EventRecord(Struct, gc=False):
    """A mention of an event."""

    id: Annotated[Text, Key("id of the item, unique in its article")] = UNSET
    trigger: Annotated[Span, Key("the word that names the event", required=True, asked=True)] = UNSET
    type: Annotated[
        Text,
        Key(
            "event type of `annotations/ontology.yaml`",
            values="events",
            required=True,
            asked=True,
            aliases=(*_TYPE_ALIASES, "event_type", "eventType"),
        ),
    ] = UNSET
    realis: Annotated[
        Text,
        Key(
            "actual, generic or other (planned, asked for, feared, hypothetical)",
            values="realis",
            asked=True,
            stated=True,
        ),
    ] = UNSET
    polarity: Annotated[
        Text, Key("positive, or negative where denied or ruled out", values="polarity", asked=True, stated=True)
    ] = UNSET
    outcome: Annotated[Text, Key("failure for an attempt that failed, else null", values="outcome")] = UNSET
    arguments: Annotated[
        list[ArgumentRecord] | UnsetType | None, Key("participants, time and place", asked=True, aliases=("args",))
    ] = UNSET
    cluster: Annotated[Text, Key("the event in the world, the same id in all articles")] = UNSET
    optional: Annotated[Flag, _OPTIONAL] = UNSET


class QuoteRecord(Struct, gc=False):
    """A proposition attributed to a source."""

    id: Annotated[Text, Key("id of the item, unique in its article")] = UNSET
    content: Annotated[Spans, Key("the reported words, one span or more", required=True, asked=True)] = UNSET
    cue: Annotated[Span, Key("the words that report", asked=True)] = UNSET
    source: Annotated[
        Reference, Key("who says it; null where the text names none", asked=True, aliases=("speaker",))
    ] = UNSET
    addressee: Annotated[Reference, Key("to whom; null where the text names none", asked=True)] = UNSET
    directness: Annotated[
        Text,
        Key(
            "direct, mixed, indirect, or unmarked (direct speech without its marks)",
            values="directness",
            asked=True,
            stated=True,
        ),
    ] = UNSET
    attitude: Annotated[
        Text, Key("assertion, question, belief or intention", values="attitude", asked=True, stated=True)
    ] = UNSET
    parent: Annotated[Text, Key("id of the quote that this one stands in")] = UNSET
    cluster: Annotated[Text, Key("the utterance, the same id wherever it is reported")] = UNSET
    link: Annotated[
        Text,
        Key(
            "how the wording relates to its cluster: same-wording, rewording, partial, paraphrase",
            values="links",
            former=(("translation-variant", "rewording"),),
        ),
    ] = UNSET
    optional: Annotated[Flag, _OPTIONAL] = UNSET


class ZoneRecord(BoundsRecord, gc=False):
    """A part of the page; the zones of an article cover its text."""

    zone: Annotated[Text, Key("its name, such as title, body or caption", required=True)] = UNSET


class PlaceRecord(Struct, gc=False):
    """A span of a named article."""

    doc_id: Annotated[Text, Key("the article", required=True)] = UNSET
    start: Annotated[Integer, _START] = UNSET
    end: Annotated[Integer, _END] = UNSET
    text: Annotated[Text, Key("the words, `text[start:end]` of the article")] = UNSET


class DiscrepancyRecord(Struct, gc=False):
    """A claim on which the articles disagree or differ."""

    id: Annotated[Text, Key("id of the discrepancy", required=True)] = UNSET
    relation: Annotated[
        Text,
        Key(
            "contradiction, framing, granularity, rewording, spelling or omission",
            values="discrepancies",
            required=True,
        ),
    ] = UNSET
    salience: Annotated[
        Text, Key("major: one has to decide between the answers; or minor", values="salience", required=True)
    ] = UNSET
    optional: Annotated[Flag, Key("true where finding the entry and leaving it out are both right", sparse=True)] = (
        UNSET
    )
    reason: Annotated[Text, Key("the question, and how the articles answer it, in a line", required=True)] = UNSET
    spans: Annotated[list[PlaceRecord] | UnsetType | None, Key("the words of each answer", required=True)] = UNSET
    silent: Annotated[Texts, Key("of an omission, the articles that leave the answer out", sparse=True)] = UNSET


class DocumentRecord(Struct, gc=False):
    """One article with its annotation, or a prediction for it, which needs the doc_id and a layer alone."""

    doc_id: Annotated[
        Text,
        Key(
            "id of the article, the name of its file; any unique prefix (`003`) serves as an id in predictions",
            aliases=("id",),
        ),
    ] = UNSET
    title: Annotated[Text, Key("words of the title zone; null where the article has none")] = UNSET
    text: Annotated[Text, Key("the article, byte for byte as received")] = UNSET
    sha256: Annotated[Text, Key("of the article's bytes")] = UNSET
    language: Annotated[Text, Key("ISO 639-1")] = UNSET
    translated: Annotated[Text, Key("yes (visibly by a machine), likely, or unknown")] = UNSET
    review: Annotated[Text, Key("unreviewed until a human has checked the labels")] = UNSET
    publisher: Annotated[Text, Key("null: not known")] = UNSET
    date: Annotated[Text, Key("null: not known")] = UNSET
    url: Annotated[Text, Key("null: not known")] = UNSET
    canary: Annotated[Text, Key("constant string; a model that can complete it has seen this corpus")] = UNSET
    zones: Annotated[list[ZoneRecord] | UnsetType | None, Key("parts of the page, covering the text")] = UNSET
    paragraphs: Annotated[list[BoundsRecord] | UnsetType | None, Key("the units of the statistics")] = UNSET
    sentences: Annotated[list[BoundsRecord] | UnsetType | None, Key("from a pinned tokenizer at build time")] = UNSET
    tokens: Annotated[
        list[BoundsRecord] | UnsetType | None, Key("from the same; every annotated span begins and ends with a token")
    ] = UNSET
    entities: Annotated[list[EntityRecord] | UnsetType | None, Key("mentions and values", asked=True)] = UNSET
    events: Annotated[
        list[EventRecord] | UnsetType | None,
        Key("triggers with type, attributes, and arguments whose `filler` is an id of this row", asked=True),
    ] = UNSET
    quotes: Annotated[
        list[QuoteRecord] | UnsetType | None,
        Key("contents and cues; `source`, `addressee` and `parent` are ids of this row", asked=True),
    ] = UNSET


SEGMENTATION = ("paragraphs", "sentences", "tokens")  # keys of a DocumentRecord that hold BoundsRecords


# -- what the classes say, as data -------------------------------------------------------------------------------------


# A record is an object, a reference an id or a span in its place, a list one of objects, texts a list of strings.
FieldKind = Literal["text", "integer", "flag", "record", "reference", "list", "texts"]


class Field(Struct, frozen=True):
    """One key of a record.

    Attributes:
        name: The key.
        kind: What its value is.
        key: What is known of it beside its type.
        record: The class of the object, or of the list's objects; of a reference the span's. None for other kinds.
    """

    name: str
    kind: FieldKind
    key: Key
    record: type[Struct] | None = None


@cache
def list_fields(record: type[Struct]) -> tuple[Field, ...]:
    """Return the keys of a record in the order in which rows are written: an item's own id comes first."""
    hints = get_type_hints(record, include_extras=True)
    fields = [_describe_field(name, hints[name]) for name in record.__struct_fields__]
    return tuple(sorted(fields, key=lambda f: f.name != "id"))


def _describe_field(name: str, hint: Any) -> Field:
    inner, key = get_args(hint)
    alternatives = [x for x in get_args(inner) if x not in (type(None), UnsetType)]
    if get_origin(alternatives[0]) is Annotated:  # an Integer: the range stands beside the type
        alternatives = [get_args(alternatives[0])[0]]
    kinds: dict[type, FieldKind] = {str: "text", int: "integer", bool: "flag"}
    if len(alternatives) == 2:
        return Field(name, "reference", key, alternatives[1])
    (only,) = alternatives
    if get_origin(only) is list:
        (item,) = get_args(only)
        return Field(name, "texts", key) if item is str else Field(name, "list", key, item)
    return Field(name, kinds[only], key) if only in kinds else Field(name, "record", key, only)


@cache
def list_aliases(record: type[Struct]) -> dict[str, str]:
    """Return the other names of a record's keys, each with its key."""
    return {alias: f.name for f in list_fields(record) for alias in f.key.aliases}


LAYER_FIELDS = {f.name: f for f in list_fields(DocumentRecord) if f.name in LAYERS}


@cache
def list_attributes(layer: str, values_only: bool = False) -> tuple[Field, ...]:
    """Return the attributes of a layer's items: one value each that is neither id, type nor place.

    The item of :mod:`vostochny.model` has a field of the same name for each. With ``values_only``, only those whose
    values the ontology lists.
    """
    record = LAYER_FIELDS[layer].record
    assert record
    others = ("id", "type", *SpanRecord.__struct_fields__)
    fields = [f for f in list_fields(record) if f.kind in ("text", "flag") and f.name not in others]
    return tuple(f for f in fields if f.key.values or not values_only)


def list_stated(layer: str) -> tuple[str, ...]:
    """Return the names of the attributes that every item of the gold states (of entities only mentions do)."""
    return tuple(f.name for f in list_attributes(layer) if f.key.stated)


@cache
def list_columns(record: type[Struct]) -> tuple[Field, ...]:
    """Return the keys of a record that a table has columns for: without those that only help to place words."""
    fields = list_fields(record)
    # The place of an argument is that of its filler.
    dropped = SpanRecord.__struct_fields__ if any(f.name == "filler" for f in fields) else HINTS
    return tuple(f for f in fields if f.name not in dropped)
