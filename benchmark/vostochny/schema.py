"""The JSON Schema of a prediction: one for validators, one for language models whose output follows a schema."""

from __future__ import annotations

from typing import Any

from vostochny.model import LAYERS
from vostochny.ontology import Ontology

Schema = dict[str, Any]
# Other keys of a gold row; a key outside both is a problem, because a misspelt layer would count as an empty one.
GOLD_KEYS = (
    "doc_id", "title", "text", "sha256", "language", "translated", "review", "canary", "publisher", "date", "url",
    "zones", "paragraphs", "sentences", "tokens",
)  # fmt: skip
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def build_schema(ontology: Ontology, words: bool = False) -> Schema:
    """Return the schema of one line of predictions, with the types of the ontology.

    With ``words`` it is the narrow form that structured output of language models needs: every property required, no
    other allowed, spans by their text alone, no ids; optional values are null or an empty list.
    """
    return _build_words_schema(ontology) if words else _build_full_schema(ontology)


def _build_full_schema(o: Ontology) -> Schema:
    """Return the full schema: ids, spans by offsets or by their text, and hints at their place."""
    offset = {"type": "integer", "minimum": 0}
    hints = {
        "occurrence": {"type": "integer", "minimum": 1, "description": "which occurrence of the text, from 1"},
        "paragraph": {**offset, "description": "which paragraph of the article, from 0; offsets then count from it"},
        "context": {"type": "string", "description": "words of the article around the text"},
    }
    place = {
        "start": {**offset, "description": "first character, a code point offset"},
        "end": {**offset, "description": "one past the last character"},
        "text": {"type": "string", "description": "the words, exactly as they stand"},
        **hints,
    }
    either: Schema = {"anyOf": [{"required": ["start", "end"]}, {"required": ["text"]}]}
    span: Schema = {"type": "object", "properties": place, **either}
    target: Schema = {"anyOf": [{"type": "string", "description": "an id of this document"}, {"$ref": "#/$defs/span"}]}
    name = {"type": ["string", "null"]}

    def one_of(values: Any) -> Schema:
        return {"enum": [*values, None]}

    entity = {
        "type": "object",
        "properties": {
            "id": {"type": "string"}, **place, "type": {"enum": list(o.entity_types)}, "level": one_of(o.levels),
            "demonym": {"type": "boolean"}, "cluster": name,
        },
        "required": ["type"], **either,
    }  # fmt: skip
    argument = {
        "type": "object",
        "properties": {"role": {"enum": list(o.roles)}, "filler": {"$ref": "#/$defs/reference"}, **place},
        "required": ["role"],
        "anyOf": [{"required": ["filler"]}, *either["anyOf"]],
    }
    event = {
        "type": "object",
        "properties": {
            "id": {"type": "string"}, "trigger": {"$ref": "#/$defs/span"}, "type": {"enum": list(o.events)},
            "realis": one_of(o.realis), "polarity": one_of(o.polarity), "outcome": one_of(o.outcome),
            "arguments": {"type": ["array", "null"], "items": argument}, "cluster": name,
        },
        "required": ["trigger", "type"],
    }  # fmt: skip
    nullable = [{"type": "null"}]
    quote = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "content": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/span"}},
            "cue": {"anyOf": [{"$ref": "#/$defs/span"}, *nullable]},
            "source": {"anyOf": [{"$ref": "#/$defs/reference"}, *nullable]},
            "addressee": {"anyOf": [{"$ref": "#/$defs/reference"}, *nullable]},
            "directness": one_of(o.directness), "attitude": one_of(o.attitude), "link": one_of(o.links),
            "parent": name, "cluster": name,
        },
        "required": ["content"],
    }  # fmt: skip
    layers = {
        layer: {"type": ["array", "null"], "items": {"$ref": f"#/$defs/{layer}"}, "description": "left out: not scored"}
        for layer in LAYERS
    }
    return {
        "$schema": DRAFT,
        "title": "A prediction of one article, one JSON object per line",
        "type": "object",
        "properties": {
            "doc_id": {"type": "string", "minLength": 1, "description": "the article's id, or the beginning of it"},
            **layers,
            **{key: {} for key in GOLD_KEYS if key != "doc_id"},  # accepted, so that a gold row is a valid prediction
        },
        "required": ["doc_id"],
        "additionalProperties": False,
        "$defs": {"span": span, "reference": target, **dict(zip(LAYERS, (entity, event, quote), strict=True))},
    }


def _build_words_schema(o: Ontology) -> Schema:
    """Return the narrow schema for language models; see :func:`build_schema`."""

    def closed(description: str, **properties: Schema) -> Schema:
        return {
            "type": "object", "description": description, "properties": properties,
            "required": list(properties), "additionalProperties": False,
        }  # fmt: skip

    def array(items: Schema) -> Schema:
        return {"type": "array", "items": items}

    def nullable(one: Schema) -> Schema:
        return {"anyOf": [one, {"type": "null"}]}

    text = {"type": "string", "description": "words copied exactly from the article"}
    words = closed("words of the article", text=text)

    def one_of(values: Any) -> Schema:
        return {"type": "string", "enum": list(values)}

    entity = closed(
        "one mention, in the order of the article; each mention is one item",
        text=text, type=one_of(o.entity_types), level=nullable(one_of(o.levels)),
    )  # fmt: skip
    event = closed(
        "one event mention, in the order of the article",
        trigger=words, type=one_of(o.events), realis=nullable(one_of(o.realis)), polarity=nullable(one_of(o.polarity)),
        arguments=array(closed("a participant", role=one_of(o.roles), text=text)),
    )  # fmt: skip
    quote = closed(
        "one attributed proposition, in the order of the article; content in parts where it is interrupted",
        content=array(words), cue=nullable(words), source=nullable(words), addressee=nullable(words),
        directness=nullable(one_of(o.directness)), attitude=nullable(one_of(o.attitude)),
    )  # fmt: skip
    layers = dict(zip(LAYERS, (array(entity), array(event), array(quote)), strict=True))
    return {"$schema": DRAFT, **closed("the annotation of one article", doc_id={"type": "string"}, **layers)}
