"""For each rule of clusters and registries: a change that breaks it and no other rule."""

from __future__ import annotations

from tests.support.annotation_changes import Change, change_notes, change_registry, combine
from tests.support.small_annotations import FIRST, REGISTRY, SECOND

BREAKS: dict[str, Change] = {
    "CL1": combine(change_notes(FIRST, ("#talks", "#talks_")),
                   change_registry("events", talks_=REGISTRY["events"]["talks"])),
    "CL2": change_notes(FIRST, ("#talks", "#train")),
    "CL3": change_notes(SECOND, ("they|PER", "they|ORG")),
    "CL4": change_notes(SECOND, ("E discuss | Contact.Negotiate | other", "E discuss | Contact.Negotiate | actual")),
    "CL5": change_notes(SECOND, ("source: Putin", "source: ¶Kim Jong Un")),
    "CL6": change_notes(SECOND, (" | link: partial", "")),
    "CL7": change_notes(FIRST, ("same-wording", "partial")),
    "CL8": change_notes(SECOND, ("paraphrase", "rewording")),
    "RG1": change_registry("entities", train=None),
    "RG2": change_registry("entities", moon={"name": "The Moon", "type": "LOC"}),
    "RG3": change_registry("entities", train={"colour": "green"}),
    "RG4": change_registry("entities", launch_pad={"part_of": "baikonur"}),
    "RG5": change_registry("entities", amur_region={"part_of": "launch_pad"}),
    "RG6": change_registry("entities", train={"type": "WEA"}),
    "RG7": change_registry("events", meeting={"place": "train"}),
}  # fmt: skip
