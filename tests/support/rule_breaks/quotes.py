"""For each rule of quotes: a change that breaks it and no other rule."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.annotation_changes import (
    Change,
    Result,
    change_notes,
    change_results,
    find_mention_id,
    find_relations,
    get_words,
    make_result,
    remove_attribute,
)
from tests.support.small_annotations import FIRST, locate


def add_part_before(result: Result) -> None:
    last = find_relations(result, "continues")[0]
    result.append(make_result("x", "quote", locate("all issues", FIRST), labels=["Content"]))
    result.append(dict(last, from_id=last["to_id"], to_id="x"))


def add_mark_beside_source(result: Result) -> None:
    sourced = find_relations(result, "source")[0]["from_id"]
    part = next(e for e in result if e.get("id") == sourced)
    result.append(make_result(sourced, "unattributed", get_words(part), choices=["unattributed"]))


def close_ring(result: Result) -> None:
    inner = find_relations(result, "parent")[0]
    result.append(dict(inner, from_id=inner["to_id"], to_id=inner["from_id"]))


def change_source(words: str) -> Callable[[Result], None]:
    """Another source for the inner quote."""

    def change(result: Result) -> None:
        inner = find_relations(result, "parent")[0]["from_id"]
        next(r for r in find_relations(result, "source") if r["from_id"] == inner)["to_id"] = find_mention_id(
            result, words
        )

    return change


PLEDGED = "Q that Kim would pledge support"
BREAKS: dict[str, Change] = {
    "QU1": change_results(FIRST, add_part_before),
    "QU2": change_results(FIRST, add_mark_beside_source),
    "QU3": change_results(FIRST, close_ring),
    "QU4": change_notes(FIRST, ("cue: added | ", "")),
    "QU5": change_results(FIRST, remove_attribute("unattributed")),
    "QU6": change_results(FIRST, change_source("Monday")),
    "QU7": change_results(FIRST, change_source("Vladimir Putin")),
    "QU8": change_notes(FIRST, ("Q it was", "Q added it was")),
    "QU9": change_notes(FIRST, ("cue: said", "cue: reported")),
    "QU10": change_notes(FIRST, (PLEDGED, f"{PLEDGED} | cue: Agencies | source: none | indirect | belief\n{PLEDGED}")),
    "QU11": change_results(FIRST, remove_attribute("attitude")),
    "QU12": change_notes(FIRST, ("mixed", "indirect")),
    "QU13": change_notes(FIRST, (PLEDGED, f"{PLEDGED}.")),
    "QU14": change_notes(FIRST, ("| mixed", "| parent: outer | mixed")),
    "QU15": change_notes(FIRST, (" | parent: outer", "")),
    "QU16": change_notes(FIRST, ("| mixed", "| link: partial | mixed")),
}  # fmt: skip
