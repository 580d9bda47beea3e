"""The JSON Schemas of a prediction: one for validators, one for language models whose output follows a schema.

Both follow from :mod:`vostochny.schema.records`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from vostochny.model import LAYERS
from vostochny.ontology import Ontology
from vostochny.schema.records import LAYER_FIELDS, DocumentRecord, Field, SpanRecord, list_fields

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
_SPAN: Schema = {"$ref": "#/$defs/span"}
_REFERENCE: Schema = {"$ref": "#/$defs/reference"}
_PLACED: Schema = {"anyOf": [{"required": ["start", "end"]}, {"required": ["text"]}]}


def build_schema(ontology: Ontology, words: bool = False) -> Schema:
    """Return the schema of one line of predictions, with the types of the ontology.

    With ``words`` it is the narrow form for language models (:func:`build_answer_schema`), with a doc_id.
    """
    if words:
        answer = build_answer_schema(ontology, LAYERS)
        return {"$schema": DRAFT, **_close({"doc_id": {"type": "string"}, **answer["properties"]})}
    fields = list_fields(DocumentRecord)
    return {
        "$schema": DRAFT,
        "title": "A prediction of one article, one JSON object per line",
        "type": "object",
        # Keys of a gold row that a prediction does not need are accepted, so that a gold row is a valid prediction.
        "properties": {f.name: _describe(f, ontology) for f in fields},
        "required": ["doc_id"],
        "additionalProperties": False,
        "$defs": {
            "span": _describe_record(SpanRecord, ontology),
            "reference": {"anyOf": [{"type": "string", "description": "an id of this row"}, _SPAN]},
        },
    }


def _describe_record(record: type[Struct], ontology: Ontology) -> Schema:
    """Return the schema of an object: what it needs, and a place where it is a span itself."""
    fields = list_fields(record)
    schema: Schema = {"type": "object", "properties": {f.name: _describe(f, ontology) for f in fields}}
    required = [f.name for f in fields if f.key.required]
    if not issubclass(record, SpanRecord):
        return schema | {"required": required}
    if "filler" in required:  # an argument is its filler's span, or has it under that key
        required.remove("filler")
        return schema | {"required": required, "anyOf": [{"required": ["filler"]}, *_PLACED["anyOf"]]}
    return schema | ({"required": required} if required else {}) | _PLACED


def _describe(field: Field, ontology: Ontology) -> Schema:
    """Return the schema of a key's value; null stands for a missing value where the key is not required."""
    schema: Schema
    if field.key.values:
        names = list(ontology.list_names(field.key.values))
        schema = {"enum": names if field.key.required else [*names, None]}
    elif field.kind == "integer":
        kinds = ["integer", "null"] if field.key.sparse else "integer"
        schema = {"type": kinds, "minimum": 1 if field.name == "occurrence" else 0}
    elif field.kind in ("text", "flag"):
        name = "string" if field.kind == "text" else "boolean"
        schema = {"type": name} if field.name in ("doc_id", "text") else {"type": [name, "null"]}
        schema |= {"minLength": 1} if field.name == "doc_id" else {}
    elif field.kind in ("record", "reference"):
        schema = _SPAN if field.kind == "record" else _REFERENCE
        schema = schema if field.key.required else {"anyOf": [schema, {"type": "null"}]}
    elif field.kind == "texts":
        schema = {"type": ["array", "null"], "items": {"type": "string"}}
    else:
        assert field.record
        items = _SPAN if field.record is SpanRecord else _describe_record(field.record, ontology)
        nonempty = {"minItems": 1} if field.key.required else {}
        schema = {"type": "array" if nonempty else ["array", "null"], **nonempty, "items": items}
    absent = "; a layer that is left out is not scored" if field.name in LAYERS else ""
    return schema | {"description": field.key.meaning + absent}


# -- for language models -----------------------------------------------------------------------------------------------


def build_answer_schema(ontology: Ontology, layers: Sequence[str]) -> Schema:
    """Return the schema of a language model's answer: a prediction whose spans have words in the place of offsets.

    Every key is required and none may be added, because providers of strict structured output demand it; a value that
    may be missing is null, or an empty list.
    """
    return _close({layer: _ask(LAYER_FIELDS[layer], ontology) for layer in layers})


def _ask(field: Field, ontology: Ontology) -> Schema:
    """Return the narrow schema of a key's value."""
    required = field.key.required or field.name == "text"
    if field.record:
        fields = [f for f in list_fields(field.record) if f.key.asked]
        if any(f.kind == "reference" and f.key.required for f in fields):
            # An argument may be its filler's span itself; a language model is asked for one of the two forms only.
            fields = [f for f in fields if f.name not in SpanRecord.__struct_fields__]
        one = _close({f.name: _ask(f, ontology) for f in fields})
        if field.kind == "list":
            return {"type": "array", "items": one, "description": field.key.meaning}
        return (one if required else {"anyOf": [one, {"type": "null"}]}) | {"description": field.key.meaning}
    kind = {"integer": "integer", "flag": "boolean"}.get(field.kind, "string")
    schema: Schema = {"type": kind if required else [kind, "null"], "description": field.key.meaning}
    if field.key.values:
        schema["enum"] = [*ontology.list_names(field.key.values), *([] if required else [None])]
    return schema


def _close(properties: Mapping[str, Schema]) -> Schema:
    """Return the schema of an object with exactly these keys."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
