"""A small annotations folder that breaks no rule, and functions that change one thing in it.

The tests of the rules write the folder, break one rule by one change, and check which rules are reported.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from scripts.files import ANNOTATIONS
from scripts.rules import validate
from scripts.rules.folder import read_folder
from scripts.store import Store
from vostochny.formats import label_studio, notation

ONTOLOGY = Store().ontology
TEXTS = {
    "000_first": "Kim meets Putin\n\n"
    "Seoul, Sep 15 – North Korean leader Kim Jong Un met President Vladimir Putin at the Vostochny cosmodrome. "
    "The two leaders toured the launch pad, and Kim’s country failed to launch a satellite.\n\n"
    "More talks to come\n\n"
    "“We will talk about all issues,” Putin told reporters, “and there is time.” "
    "He added it was a “big step”. Media reported on Monday that Kim said his train would leave on Friday.\n\n"
    "Agencies reported that Kim would pledge support.\n\n"
    "Follow us on Friday\n",
    "001_second": "Vladimir Putin met Kim Jong Un in Russia. Putin said that they would discuss everything. "
    "“There is time,” he added. They talk and plan to talk about the “Angara” rocket. "
    "The leader of Russia came twice.\n",
}
NOTES = {
    "000_first": """
S {title}[[Kim|PER kim_jong_un]] meets [[Putin|PER vladimir_putin]]
E meets | Contact.Meet | actual | Participant: Kim | Participant: Putin | #meeting
S {dateline}[[Seoul|GPE seoul]], [[Sep 15|DATE]] –{body} [[North Korean|GPE demonym north_korea]] leader [[Kim Jong Un|PER kim_jong_un]] met President [[Vladimir Putin|PER vladimir_putin]] at the [[Vostochny cosmodrome|FAC vostochny]].
E met | Contact.Meet | actual | Participant: Kim Jong Un | Participant: Vladimir Putin | Place: Vostochny cosmodrome | #meeting
S [[The [[two|CARDINAL]] leaders|PER NOM leaders]] toured [[the launch pad|FAC NOM launch_pad]], and [[Kim|PER kim_jong_un]]’s [[country|GPE NOM north_korea]] failed to launch [[a satellite|VEH NOM satellite]].
E toured | Inspection.Tour | actual | Visitor: The two leaders | Site: the launch pad | #tour
E launch ~2 | Space.Launch | actual | failure | Agent: country | Payload: a satellite | #failed_launch
S {heading}More talks to come
S “[[We|PER PRO leaders]] will talk about all issues,” [[Putin|PER vladimir_putin]] told [[reporters|PER NOM reporters]], “and there is time.”
E talk | Contact.Negotiate | other | Participant: We | #talks
Q “We will talk about all issues,” // “and there is time.” | cue: told | source: Putin | addressee: reporters | direct | assertion | #all_issues | link: same-wording
S [[He|PER PRO vladimir_putin]] added it was a “big step”.
Q it was a “big step” | cue: added | source: He | mixed | assertion
S [[Media|ORG NOM media]] reported on [[Monday|DATE]] that [[Kim|PER kim_jong_un]] said [[his|PER PRO kim_jong_un]] [[train|VEH NOM train]] would leave on [[Friday|DATE]].
E leave | Movement.TransportPerson | other | Vehicle: train | Time: Friday | #departure
Q that Kim said ~~ Friday | cue: reported | source: Media | indirect | assertion | =outer
Q his train ~~ Friday | cue: said | source: Kim | indirect | assertion | parent: outer
S Agencies reported that [[Kim|PER kim_jong_un]] would pledge support.
E pledge | Diplomacy.Agree | other | Actor: Kim | Topic: !support | #pledge
E support | Diplomacy.Support | other | Actor: Kim | #support
Q that Kim would pledge support | cue: reported | source: none | indirect | assertion
S {boilerplate}Follow us on Friday
""",  # noqa: E501
    "001_second": """
S [[Vladimir Putin|PER vladimir_putin]] met [[Kim Jong Un|PER kim_jong_un]] in [[Russia|GPE russia]].
E met | Contact.Meet | actual | Participant: Vladimir Putin | Participant: Kim Jong Un | Place: Russia | #meeting
S [[Putin|PER vladimir_putin]] said that [[they|PER PRO leaders]] would discuss everything.
E discuss | Contact.Negotiate | other | Participant: they | #talks
Q that they would discuss everything | cue: said | source: Putin | indirect | assertion | #all_issues | link: paraphrase
S “There is time,” [[he|PER PRO vladimir_putin]] added.
Q “There is time,” | cue: added | source: he | direct | assertion | #all_issues | link: partial
S [[They|PER PRO leaders]] talk and plan to talk about [[the “[[Angara|VEH angara]]” rocket|VEH NOM angara]].
E talk ~1 | Contact.Negotiate | actual | Participant: They | Topic: the “Angara” rocket | #other_talks
E talk ~2 | Contact.Negotiate | other | Participant: They | Topic: the “Angara” rocket | #talks
S [[The leader|PER NOM vladimir_putin]] of [[Russia|GPE russia]] came twice.
""",
}
REGISTRY: dict[str, dict[str, Any]] = {
    "entities": {
        "kim_jong_un": {"name": "Kim Jong Un", "type": "PER", "wikipedia": "Kim Jong Un"},
        "vladimir_putin": {"name": "Vladimir Putin", "type": "PER"},
        "leaders": {"name": "Kim and Putin", "type": "PER", "members": ["kim_jong_un", "vladimir_putin"]},
        "seoul": {"name": "Seoul", "type": "GPE"},
        "north_korea": {"name": "North Korea", "type": "GPE"},
        "russia": {"name": "Russia", "type": "GPE"},
        "vostochny": {"name": "Vostochny", "type": "FAC", "part_of": "amur_region"},
        "amur_region": {"name": "Amur Region", "type": "GPE"},
        "launch_pad": {"name": "The launch pad", "type": "FAC", "part_of": "vostochny"},
        "satellite": {"name": "A spy satellite", "type": "VEH"},
        "reporters": {"name": "Reporters", "type": "PER"},
        "media": {"name": "Media", "type": "ORG"},
        "train": {"name": "Kim’s train", "type": "VEH"},
        "angara": {"name": "Angara", "type": "VEH"},
    },
    "events": {
        "meeting": {
            "name": "The meeting", "type": "Contact.Meet", "date": "2023-09-13", "place": "vostochny",
            "participants": ["kim_jong_un", "vladimir_putin"], "sub_events": ["tour", "other_talks"],
        },
        "tour": {"name": "The tour", "type": "Inspection.Tour"},
        "failed_launch": {"name": "The failed launch", "type": "Space.Launch"},
        "talks": {"name": "Talks to come", "type": "Contact.Negotiate"},
        "other_talks": {"name": "Talks", "type": "Contact.Negotiate"},
        "departure": {"name": "The departure", "type": "Movement.TransportPerson"},
        "pledge": {"name": "The pledge", "type": "Diplomacy.Agree"},
        "support": {"name": "The support", "type": "Diplomacy.Support"},
    },
    "utterances": {"all_issues": {"name": "We will talk", "sources": ["vladimir_putin"]}},
}  # fmt: skip


def locate(words: str, doc_id: str, nth: int = 1) -> dict[str, Any]:
    """Return offsets and words of the nth occurrence of these words in an article."""
    start = -1
    for _ in range(nth):
        start = TEXTS[doc_id].index(words, start + 1)
    return {"start": start, "end": start + len(words), "text": words}


FIRST, SECOND = TEXTS
DISCREPANCIES: list[dict[str, Any]] = [
    {"id": "where", "relation": "granularity", "salience": "minor", "reason": "The place, or the country.", "spans": [
        {"doc_id": FIRST, **locate("Vostochny cosmodrome", FIRST)}, {"doc_id": SECOND, **locate("Russia", SECOND)},
    ]},
    {"id": "said", "relation": "framing", "salience": "major", "reason": "Told, or said.", "spans": [
        {"doc_id": FIRST, **locate("told", FIRST)}, {"doc_id": SECOND, **locate("said", SECOND)},
    ]},
]  # fmt: skip
DECISION = {
    "doc_id": SECOND, "layer": "entities", "spans": [locate("Vladimir Putin", SECOND)],
    "a": "marked", "b": "not marked", "decision": "a person", "rule": "E1",
}  # fmt: skip


class AnnotationsCopy:
    """A valid annotations folder in a temporary directory, to change one thing in."""

    def __init__(self, root: Path):
        self.root, self.annotations = root, root / "annotations"
        self.gold = self.annotations / "gold"
        (root / "seeds").mkdir()
        known = {}
        for doc_id, text in TEXTS.items():
            (root / "seeds" / f"{doc_id}.txt").write_text(text, encoding="utf-8")
            known[doc_id] = {"sha256": hashlib.sha256(text.encode()).hexdigest()}
            self.annotate(doc_id)
        self.write_yaml("documents.yaml", {"canary": "x", "documents": known})
        shutil.copy(ANNOTATIONS / "ontology.yaml", self.annotations)
        (self.annotations / "GUIDELINES.md").write_text("**E1** A person.\n", encoding="utf-8")
        shutil.copytree(self.gold, self.annotations / "annotators" / "a")
        for name, entries in REGISTRY.items():
            self.write_yaml(f"clusters/{name}.yaml", entries)
        self.write_yaml("discrepancies.yaml", DISCREPANCIES)
        self.write_decision()

    def write_yaml(self, name: str, content: Any) -> None:
        path = self.annotations / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def annotate(self, doc_id: str, *changes: tuple[str, str]) -> None:
        """Write the gold of an article from its notation, each (old, new) of ``changes`` replaced."""
        source = NOTES[doc_id]
        for old, new in changes:
            assert source.count(old) == 1, f"{old!r} occurs {source.count(old)} times"
            source = source.replace(old, new)
        document = notation.read(source, doc_id, TEXTS[doc_id], ONTOLOGY)
        self.write_task(doc_id, label_studio.canonicalize(label_studio.write(document)))

    def write_task(self, doc_id: str, task: dict[str, Any]) -> None:
        self.gold.mkdir(parents=True, exist_ok=True)
        (self.gold / f"{doc_id}.json").write_text(label_studio.dumps(task), encoding="utf-8")

    def change_results(self, doc_id: str, change: Callable[[list[dict[str, Any]]], None]) -> None:
        """Change the results of a stored task directly, in ways that the notation cannot express."""
        task = json.loads((self.gold / f"{doc_id}.json").read_text(encoding="utf-8"))
        change(task["annotations"][0]["result"])
        self.write_task(doc_id, task)

    def change_registry(self, name: str, change: Callable[[dict[str, Any]], None]) -> None:
        entries = json.loads(json.dumps(REGISTRY[name]))
        change(entries)
        self.write_yaml(f"clusters/{name}.yaml", entries)

    def change_discrepancies(self, change: Callable[[list[dict[str, Any]]], None]) -> None:
        rows = json.loads(json.dumps(DISCREPANCIES))
        change(rows)
        self.write_yaml("discrepancies.yaml", rows)

    def write_decision(self, **changes: Any) -> None:
        row = json.dumps(DECISION | changes)
        (self.annotations / "adjudication.jsonl").write_text(row + "\n", encoding="utf-8")

    def check(self) -> tuple[list[str], list[str]]:
        """Return the ids of the broken rules, and messages on what cannot be read."""
        folder = read_folder(self.annotations)
        return [v.rule for v in validate.check(folder)], list(map(str, folder.unreadable))
