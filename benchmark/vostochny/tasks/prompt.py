"""Build the prompt for a language model: instructions made from the ontology, and the answer's JSON Schema.

Spans are asked for by their words, because models copy well and count badly. ``occurrence`` distinguishes equal words.
The text is part of an experiment: change a character of it, and results are no longer comparable with earlier ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from vostochny.model import Document
from vostochny.ontology import Ontology
from vostochny.schema.json_schema import build_answer_schema
from vostochny.schema.records import list_attributes

VERSION = 2  # of the prompt, in the logs of evaluations; 2 asks for the attitude of a quote and explains every key
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
    for layer in layers:
        if layer == "entities":
            parts.append(_section("Entity types", {**ontology.mentions, **ontology.values}))
        if layer == "events":
            lines = {e.name: f"{e.help}. Roles: {', '.join(e.roles)}" for e in ontology.events.values()}
            parts.append(_section("Event types", lines))
        for field in list_attributes(layer, values_only=True):
            if field.key.asked:
                parts.append(_section(field.key.values.capitalize(), ontology.attributes[field.key.values]))
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


def _section(title: str, lines: Mapping[str, str]) -> str:
    """Return a title and a list of names with their help texts."""
    return "\n".join([f"{title}:", *(f"- {name}: {help}" for name, help in lines.items())])


def _join_names(names: Sequence[str]) -> str:
    """Return names as they are listed in a sentence: "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
