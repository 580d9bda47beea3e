"""For each rule of spans and zones: a change that breaks it and no other rule."""

from __future__ import annotations

from tests.support.annotation_changes import (
    Change,
    Result,
    change_notes,
    change_results,
    find_labelled,
    find_relations,
    make_result,
    move_ends,
)
from tests.support.small_annotations import FIRST, SECOND, locate


def falsify_words(result: Result) -> None:
    find_labelled(result, "PER")["value"]["text"] = "Tim"


def write_unknown_label(result: Result) -> None:
    find_labelled(result, "CARDINAL")["value"]["labels"] = ["NUMBER"]


def add_second_relation(result: Result) -> None:
    result.append(dict(find_relations(result, "Participant")[0], labels=["Topic"]))


def add_argument_to_itself(result: Result) -> None:
    topic = find_relations(result, "Topic")[0]
    result.append(dict(topic, to_id=topic["from_id"]))


def add_second_zone(result: Result) -> None:
    result.append(make_result("x", "zone", locate("More talks to come", FIRST), labels=["caption"]))


def add_long_value(result: Result) -> None:
    result.append(make_result("x", "entity", locate("everything. “There", SECOND), labels=["DATE"]))


BREAKS: dict[str, Change] = {
    "SP1": move_ends("two", 0, 5000),
    "SP2": change_results(FIRST, falsify_words),
    "SP3": change_results(FIRST, write_unknown_label),
    "SP4": change_results(FIRST, add_second_relation),
    "SP5": change_results(FIRST, add_argument_to_itself),
    "SP6": move_ends("a satellite", -1, 0),
    "SP7": move_ends("a satellite", 0, -2),
    "SP8": change_notes(FIRST, ("Follow us on Friday", "Follow us on [[Friday|DATE]]")),
    "SP9": change_results(SECOND, add_long_value),
    "ZN1": change_results(FIRST, add_second_zone),
    "ZN2": move_ends("More talks to come", 0, -5),
    "ZN3": change_notes(FIRST, ("{heading}", "{title}")),
    "ZN4": change_notes(FIRST, ("S Agencies", "S {heading}Agencies")),
}  # fmt: skip
