"""For each rule of events and arguments: a change that breaks it and no other rule."""

from __future__ import annotations

from tests.support.annotation_changes import (
    Change,
    Result,
    change_notes,
    change_relation,
    change_results,
    find_mention_id,
    find_relations,
    remove_attribute,
)
from tests.support.small_annotations import FIRST, SECOND


def move_payload(result: Result) -> None:
    find_relations(result, "Payload")[0].update(to_id=find_mention_id(result, "train"))


TOURED = "E toured | Inspection.Tour"
BREAKS: dict[str, Change] = {
    "EV1": change_results(FIRST, remove_attribute("realis")),
    "EV2": change_notes(FIRST, ("Negotiate | other", "Negotiate | other | failure")),
    "EV3": change_notes(FIRST, ("S [[The [[two", "E cosmodrome | Contact.Meet | actual | #meeting\nS [[The [[two")),
    "EV4": change_notes(FIRST, (TOURED, f"E toured | Contact.Meet | actual | #meeting\n{TOURED}")),
    "EV5": change_notes(FIRST, (" | #talks", "")),
    "EV6": change_notes(FIRST, ("E leave", "E said | Contact.Correspond | actual | #other_talks\nE leave")),
    "EV7": change_notes(FIRST, ("E launch ~2", "E to launch")),
    "AR1": change_results(FIRST, change_relation("Site", labels=["Guest"])),
    "AR2": change_results(FIRST, change_relation("Site", labels=["Visitor"])),
    "AR3": change_results(FIRST, move_payload),
    "AR4": change_notes(FIRST, ("Vehicle: train", "Vehicle: train | Person: Kim | Person: his")),
    "AR5": change_notes(SECOND, ("E talk ~1 | Contact.Negotiate | actual", "E talk ~1 | Contact.Negotiate | other"),
                        ("#other_talks", "#talks | Topic: !talk ~2")),
}  # fmt: skip
