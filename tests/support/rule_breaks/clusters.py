"""For each rule of clusters and registries: a change that breaks it and no other rule."""

from __future__ import annotations

from tests.support.annotated import FIRST, REGISTRY, SECOND, Change, both, noted, registered

BREAKS: dict[str, Change] = {
    "CL1": both(noted(FIRST, ("#talks", "#talks_")), registered("events", talks_=REGISTRY["events"]["talks"])),
    "CL2": noted(FIRST, ("#talks", "#train")),
    "CL3": noted(SECOND, ("they|PER", "they|ORG")),
    "CL4": noted(SECOND, ("E discuss | Contact.Negotiate | other", "E discuss | Contact.Negotiate | actual")),
    "CL5": noted(SECOND, ("source: Putin", "source: ¶Kim Jong Un")),
    "CL6": noted(SECOND, (" | link: partial", "")),
    "CL7": noted(FIRST, ("same-wording", "partial")),
    "CL8": noted(SECOND, ("paraphrase", "translation-variant")),
    "RG1": registered("entities", train=None),
    "RG2": registered("entities", moon={"name": "The Moon", "type": "LOC"}),
    "RG3": registered("entities", train={"colour": "green"}),
    "RG4": registered("entities", launch_pad={"part_of": "baikonur"}),
    "RG5": registered("entities", amur_region={"part_of": "launch_pad"}),
    "RG6": registered("entities", train={"type": "WEA"}),
    "RG7": registered("events", meeting={"place": "train"}),
}  # fmt: skip
