"""Build the prompt for a language model: instructions made from the ontology, and the answer's JSON Schema.

Spans are asked for by their words, because models copy well and count badly. ``occurrence`` distinguishes equal words.
The text is part of an experiment: change a character of it, and results are no longer comparable with earlier ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vostochny.model import Document
from vostochny.ontology import Ontology

Schema = dict[str, Any]

# Rules of annotation for each layer, in the order of the prompt.
RULES = {
    "entities": (
        "Mark every mention: names (NAM), nominals from determiner to head noun (NOM), and pronouns (PRO).",
        "Mark every value expression (dates, times, quantities, numbers …); values have no level.",
        "List mentions in the order of the text, each as often as it stands there. A mention in a mention is one too.",
        "A possessive ending is no part of a mention.",
        "Mentions of one person, place or thing share one cluster: its full name, in the same words each time.",
    ),
    "events": (
        "The trigger is the one word, mostly a verb or a noun made from a verb, that names the event.",
        "A type has the roles listed with it and no others. A filler is a mention in the same sentence where there is "
        "one, or another event's trigger.",
        "List events in the order of the text.",
    ),
    "quotes": (
        "A quote is a proposition attributed to a source: direct, indirect, or a mix of both.",
        "content has the words attributed, without the reporting clause: one span, or several where it interrupts "
        "them. The quotation marks of direct speech belong to it.",
        "cue is the word that attributes (said, according to); source is the mention of who speaks; null where there "
        "is none.",
    ),
}


def build_instructions(ontology: Ontology, layers: Sequence[str]) -> str:
    """Return the instructions: what to annotate and how, with the ontology's types, roles and help texts."""
    parts = [f"Annotate the news article that follows with its {_join_names(layers)}."]
    if "entities" in layers:
        parts.append(_section("Entity types", {**ontology.mentions, **ontology.values}))
        parts.append(_section("Levels", ontology.levels))
    if "events" in layers:
        lines = {e.name: f"{e.help}. Roles: {', '.join(e.roles)}" for e in ontology.events.values()}
        parts.append(_section("Event types", lines))
        parts += [_section("Realis", ontology.realis), _section("Polarity", ontology.polarity)]
    if "quotes" in layers:
        parts.append(_section("Directness", ontology.directness))
    for layer in layers:
        parts.append("\n".join([f"Rules for {layer}:", *(f"- {rule}" for rule in RULES[layer])]))
    unscored = _join_names(sorted(ontology.unscored_zones))
    parts.append(
        "\n".join(
            [
                "Rules for all:",
                "- Copy words from the article character by character, its quotation marks and misspellings included.",
                "- Give no offsets. Where words stand in the article more than once and the order of your list does "
                'not tell which are meant, "occurrence" says which, counted from 1; else it is null.',
                f"- Leave out {unscored} parts of the page (links, credits, repeated text).",
                "- Answer with one JSON object of the shape given below and nothing else.",
            ]
        )
    )
    return "\n\n".join(parts)


def build_prompt(document: Document, ontology: Ontology, layers: Sequence[str]) -> str:
    """Return the whole prompt for one article: instructions, the answer's JSON Schema, the text."""
    instructions = build_instructions(ontology, layers)
    schema = json.dumps(build_answer_schema(ontology, layers), ensure_ascii=False)
    return f"{instructions}\n\nJSON Schema of the answer: {schema}\n\nThe article:\n\n{document.text}"


def build_answer_schema(ontology: Ontology, layers: Sequence[str]) -> Schema:
    """Return the JSON Schema of an answer: a prediction in which spans have their words in the place of offsets.

    Every key is required and none may be added, because providers of strict structured output demand it; a value that
    may be missing is null.
    """
    words: dict[str, Schema] = {"text": {"type": "string"}, "occurrence": {"type": ["integer", "null"]}}
    span = _object(words)
    span_or_null = {"anyOf": [span, {"type": "null"}]}
    cluster: Schema = {"type": ["string", "null"]}
    item_schemas = {
        "entities": _object(
            {
                **words,
                "type": _one_of(ontology.entity_types),
                "level": _one_of(ontology.levels, True),
                "cluster": cluster,
            }
        ),
        "events": _object(
            {
                "trigger": span,
                "type": _one_of(ontology.events),
                "realis": _one_of(ontology.realis, True),
                "polarity": _one_of(ontology.polarity, True),
                "arguments": _list(_object({"role": _one_of(ontology.roles), "filler": span})),
            }
        ),
        "quotes": _object(
            {
                "content": _list(span),
                "cue": span_or_null,
                "source": span_or_null,
                "addressee": span_or_null,
                "directness": _one_of(ontology.directness, True),
            }
        ),
    }
    return _object({name: _list(item_schemas[name]) for name in layers})


def _object(properties: Mapping[str, Schema]) -> Schema:
    """Return the schema of an object with exactly these keys."""
    return {
        "type": "object", "properties": dict(properties), "required": list(properties), "additionalProperties": False
    }  # fmt: skip


def _list(items: Schema) -> Schema:
    """Return the schema of a list of such items."""
    return {"type": "array", "items": items}


def _one_of(names: Iterable[str], or_null: bool = False) -> Schema:
    """Return the schema of one of these strings, or null if that is allowed."""
    if or_null:
        return {"type": ["string", "null"], "enum": [*names, None]}
    return {"type": "string", "enum": list(names)}


def _section(title: str, lines: Mapping[str, str]) -> str:
    """Return a title and a list of names with their help texts."""
    return "\n".join([f"{title}:", *(f"- {name}: {help}" for name, help in lines.items())])


def _join_names(names: Sequence[str]) -> str:
    """Return names as they are listed in a sentence: "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
