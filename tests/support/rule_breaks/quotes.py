"""For each rule of quotes: a change that breaks it and no other rule."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.annotated import (
    FIRST,
    Change,
    Result,
    at,
    marked,
    noted,
    place,
    region,
    relations,
    stored,
    without,
)


def part_before(result: Result) -> None:
    last = relations(result, "continues")[0]
    result.append(region("x", "quote", at("all issues", FIRST), labels=["Content"]))
    result.append(dict(last, from_id=last["to_id"], to_id="x"))


def source_and_none(result: Result) -> None:
    sourced = relations(result, "source")[0]["from_id"]
    part = next(e for e in result if e.get("id") == sourced)
    result.append(region(sourced, "unattributed", place(part), choices=["unattributed"]))


def ring(result: Result) -> None:
    inner = relations(result, "parent")[0]
    result.append(dict(inner, from_id=inner["to_id"], to_id=inner["from_id"]))


def sourced_by(words: str) -> Callable[[Result], None]:
    """Another source for the inner quote."""

    def change(result: Result) -> None:
        inner = relations(result, "parent")[0]["from_id"]
        next(r for r in relations(result, "source") if r["from_id"] == inner)["to_id"] = marked(result, words)

    return change


PLEDGED = "Q that Kim would pledge support"
BREAKS: dict[str, Change] = {
    "QU1": stored(FIRST, part_before),
    "QU2": stored(FIRST, source_and_none),
    "QU3": stored(FIRST, ring),
    "QU4": noted(FIRST, ("cue: added | ", "")),
    "QU5": stored(FIRST, without("unattributed")),
    "QU6": stored(FIRST, sourced_by("Monday")),
    "QU7": stored(FIRST, sourced_by("Vladimir Putin")),
    "QU8": noted(FIRST, ("Q it was", "Q added it was")),
    "QU9": noted(FIRST, ("cue: said", "cue: reported")),
    "QU10": noted(FIRST, (PLEDGED, f"{PLEDGED} | cue: Agencies | source: none | indirect | belief\n{PLEDGED}")),
    "QU11": stored(FIRST, without("attitude")),
    "QU12": noted(FIRST, ("mixed", "indirect")),
    "QU13": noted(FIRST, (PLEDGED, f"{PLEDGED}.")),
    "QU14": noted(FIRST, ("| mixed", "| parent: outer | mixed")),
    "QU15": noted(FIRST, (" | parent: outer", "")),
    "QU16": noted(FIRST, ("| mixed", "| link: partial | mixed")),
}  # fmt: skip
