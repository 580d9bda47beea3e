"""Changes to the small annotations (small_annotations.py): each function returns one, to be called with the folder.

They are made before a test runs, in tables of which rule is broken by what, so that a table reads as a list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.small_annotations import FIRST, TEXTS, AnnotationsCopy, locate

Result = list[dict[str, Any]]
Change = Callable[[AnnotationsCopy], None]


def change_notes(doc_id: str, *changes: tuple[str, str]) -> Change:
    """Return a change of the notation of an article: (old, new) pairs."""
    return lambda copy: copy.annotate(doc_id, *changes)


def change_results(doc_id: str, change: Callable[[Result], None]) -> Change:
    """Return a change of the stored results of an article."""
    return lambda copy: copy.change_results(doc_id, change)


def change_registry(name: str, **changes: Any) -> Change:
    """Return a change of a registry: fields by cluster; None removes the entry."""

    def change(entries: dict[str, Any]) -> None:
        for cluster, fields in changes.items():
            if fields is None:
                del entries[cluster]
            else:
                entries[cluster] = entries.get(cluster, {}) | fields

    return lambda copy: copy.change_registry(name, change)


def combine(*changes: Change) -> Change:
    """Return a change that makes several changes."""

    def change(copy: AnnotationsCopy) -> None:
        for one in changes:
            one(copy)

    return change


def make_result(id_: str, control: str, words: dict[str, Any], **value: Any) -> dict[str, Any]:
    """Return a Label Studio result; the keyword labels, choices or text determines its type."""
    kind = {"labels": "labels", "choices": "choices", "text": "textarea"}[next(iter(value))]
    return {"id": id_, "from_name": control, "to_name": "text", "type": kind, "value": words | value}


def find_labelled(result: Result, label: str) -> dict[str, Any]:
    """Return the first span with a label."""
    return next(e for e in result if e["type"] == "labels" and e["value"]["labels"] == [label])


def find_mention_id(result: Result, words: str) -> str:
    """Return the id of the first mention of these words."""
    return next(e["id"] for e in result if e.get("from_name") == "entity" and e["value"]["text"] == words)


def get_words(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the offsets and words of a result."""
    return {key: entry["value"][key] for key in ("start", "end", "text")}


def find_relations(result: Result, label: str) -> Result:
    """Return the relations with a label."""
    return [e for e in result if e["type"] == "relation" and label in e["labels"]]


def change_relation(label: str, **changes: Any) -> Callable[[Result], None]:
    """Return a change of the first relation with a label."""
    return lambda result: find_relations(result, label)[0].update(changes)


def move_ends(words: str, begin: int, end: int) -> Change:
    """Return a change of the ends of all that is annotated on the first occurrence of words in the first article."""
    there = locate(words, FIRST)

    def change(result: Result) -> None:
        for value in (e["value"] for e in result if "value" in e):
            if (value["start"], value["end"]) == (there["start"], there["end"]):
                value["start"] += begin
                value["end"] += end
                if isinstance(value["text"], str):
                    value["text"] = TEXTS[FIRST][value["start"] : value["end"]]

    return change_results(FIRST, change)


def remove_attribute(control: str) -> Callable[[Result], None]:
    """Return a change that removes the first result of a control."""
    return lambda result: result.remove(next(e for e in result if e.get("from_name") == control))
