"""For each rule of events and arguments: a change that breaks it and no other rule."""

from __future__ import annotations

from tests.support.annotated import FIRST, SECOND, Change, marked, noted, related, relations, stored, without

TOURED = "E toured | Inspection.Tour"
BREAKS: dict[str, Change] = {
    "EV1": stored(FIRST, without("realis")),
    "EV2": noted(FIRST, ("Negotiate | other", "Negotiate | other | failure")),
    "EV3": noted(FIRST, ("S [[The [[two", "E cosmodrome | Contact.Meet | actual | #meeting\nS [[The [[two")),
    "EV4": noted(FIRST, (TOURED, f"E toured | Contact.Meet | actual | #meeting\n{TOURED}")),
    "EV5": noted(FIRST, (" | #talks", "")),
    "EV6": noted(FIRST, ("E leave", "E said | Contact.Correspond | actual | #other_talks\nE leave")),
    "EV7": noted(FIRST, ("E launch ~2", "E to launch")),
    "AR1": stored(FIRST, related("Site", labels=["Guest"])),
    "AR2": stored(FIRST, related("Site", labels=["Visitor"])),
    "AR3": stored(FIRST, lambda result: relations(result, "Payload")[0].update(to_id=marked(result, "train"))),
    "AR4": noted(FIRST, ("Vehicle: train", "Vehicle: train | Person: Kim | Person: his")),
    "AR5": noted(SECOND, ("E talk ~1 | Contact.Negotiate | actual", "E talk ~1 | Contact.Negotiate | other"),
                 ("#other_talks", "#talks | Topic: !talk ~2")),
}  # fmt: skip
