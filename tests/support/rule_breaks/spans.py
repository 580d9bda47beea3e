"""For each rule of spans and zones: a change that breaks it and no other rule."""

from __future__ import annotations

from tests.support.annotated import (
    FIRST,
    SECOND,
    Change,
    Result,
    at,
    labelled,
    moved,
    noted,
    region,
    relations,
    stored,
)


def wrong_words(result: Result) -> None:
    labelled(result, "PER")["value"]["text"] = "Tim"


def unknown_label(result: Result) -> None:
    labelled(result, "CARDINAL")["value"]["labels"] = ["NUMBER"]


def second_relation(result: Result) -> None:
    result.append(dict(relations(result, "Participant")[0], labels=["Topic"]))


def own_argument(result: Result) -> None:
    topic = relations(result, "Topic")[0]
    result.append(dict(topic, to_id=topic["from_id"]))


def second_zone(result: Result) -> None:
    result.append(region("x", "zone", at("More talks to come", FIRST), labels=["caption"]))


def long_value(result: Result) -> None:
    result.append(region("x", "entity", at("everything. “There", SECOND), labels=["DATE"]))


BREAKS: dict[str, Change] = {
    "SP1": moved("two", 0, 5000),
    "SP2": stored(FIRST, wrong_words),
    "SP3": stored(FIRST, unknown_label),
    "SP4": stored(FIRST, second_relation),
    "SP5": stored(FIRST, own_argument),
    "SP6": moved("a satellite", -1, 0),
    "SP7": moved("a satellite", 0, -2),
    "SP8": noted(FIRST, ("Follow us on Friday", "Follow us on [[Friday|DATE]]")),
    "SP9": stored(SECOND, long_value),
    "ZN1": stored(FIRST, second_zone),
    "ZN2": moved("More talks to come", 0, -5),
    "ZN3": noted(FIRST, ("{heading}", "{title}")),
    "ZN4": noted(FIRST, ("S Agencies", "S {heading}Agencies")),
}  # fmt: skip
