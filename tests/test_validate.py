"""The rules: a valid folder breaks none, and for each there is one change that breaks it and nothing else."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from vostochny.formats import label_studio, notation

import articles
import consistency
import project
import rules
import validate

SCHEME = project.scheme()
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
    "utterances": {"all_issues": {"name": "We will talk"}},
}  # fmt: skip


def at(words: str, doc_id: str, nth: int = 1) -> dict[str, Any]:
    """The nth place of these words."""
    start = -1
    for _ in range(nth):
        start = TEXTS[doc_id].index(words, start + 1)
    return {"start": start, "end": start + len(words), "text": words}


FIRST, SECOND = TEXTS
DISCREPANCIES: list[dict[str, Any]] = [
    {"id": "where", "relation": "granularity", "reason": "The place, or the country.", "spans": [
        {"doc_id": FIRST, **at("Vostochny cosmodrome", FIRST)}, {"doc_id": SECOND, **at("Russia", SECOND)},
    ]},
    {"id": "said", "relation": "framing", "reason": "Told, or said.", "spans": [
        {"doc_id": FIRST, **at("told", FIRST)}, {"doc_id": SECOND, **at("said", SECOND)},
    ]},
]  # fmt: skip
DECISION = {
    "doc_id": SECOND, "layer": "entities", "spans": [at("Vladimir Putin", SECOND)],
    "a": "marked", "b": "not marked", "decision": "a person", "rule": "E1",
}  # fmt: skip


class Copy:
    """A valid annotations folder to change one thing in."""

    def __init__(self, root: Path):
        self.root, self.annotations = root, root / "annotations"
        self.gold = self.annotations / "gold"
        (root / "seeds").mkdir()
        known = {}
        for doc_id, text in TEXTS.items():
            (root / "seeds" / f"{doc_id}.txt").write_text(text, encoding="utf-8")
            known[doc_id] = {"sha256": hashlib.sha256(text.encode()).hexdigest()}
            self.note(doc_id)
        self.write("documents.yaml", {"canary": "x", "documents": known})
        shutil.copy(project.ANNOTATIONS / "ontology.yaml", self.annotations)
        (self.annotations / "GUIDELINES.md").write_text("**E1** A person.\n", encoding="utf-8")
        shutil.copytree(self.gold, self.annotations / "annotators" / "a")
        for name, entries in REGISTRY.items():
            self.write(f"clusters/{name}.yaml", entries)
        self.write("discrepancies.yaml", DISCREPANCIES)
        self.decide()

    def write(self, name: str, content: Any) -> None:
        path = self.annotations / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def note(self, doc_id: str, *changes: tuple[str, str]) -> None:
        """Annotate an article as its notation says, with something written otherwise."""
        source = NOTES[doc_id]
        for old, new in changes:
            assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times"
            source = source.replace(old, new)
        document = notation.read(source, doc_id, TEXTS[doc_id], SCHEME)
        self.store(doc_id, label_studio.canonical(label_studio.write(document)))

    def store(self, doc_id: str, task: dict[str, Any]) -> None:
        self.gold.mkdir(parents=True, exist_ok=True)
        (self.gold / f"{doc_id}.json").write_text(label_studio.dumps(task), encoding="utf-8")

    def result(self, doc_id: str, change: Callable[[list[dict[str, Any]]], None]) -> None:
        """Change the results of a stored task, whatever the notation could say."""
        task = json.loads((self.gold / f"{doc_id}.json").read_text(encoding="utf-8"))
        change(task["annotations"][0]["result"])
        self.store(doc_id, task)

    def register(self, name: str, change: Callable[[dict[str, Any]], None]) -> None:
        entries = json.loads(json.dumps(REGISTRY[name]))
        change(entries)
        self.write(f"clusters/{name}.yaml", entries)

    def differ(self, change: Callable[[list[dict[str, Any]]], None]) -> None:
        rows = json.loads(json.dumps(DISCREPANCIES))
        change(rows)
        self.write("discrepancies.yaml", rows)

    def decide(self, **changes: Any) -> None:
        row = json.dumps(DECISION | changes)
        (self.annotations / "adjudication.jsonl").write_text(row + "\n", encoding="utf-8")

    def found(self) -> tuple[list[str], list[str]]:
        """The rules that are broken, and what could not be read."""
        folder = articles.read_folder(self.annotations)
        return [v.rule for v in validate.check(folder)], list(map(str, folder.faults))


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Copy:
    monkeypatch.setattr(project, "SEEDS", tmp_path / "seeds")
    return Copy(tmp_path)


# -- one change for each rule ------------------------------------------------------------------------------------------

Result = list[dict[str, Any]]
Change = Callable[[Copy], None]


def noted(doc_id: str, *changes: tuple[str, str]) -> Change:
    return lambda copy: copy.note(doc_id, *changes)


def stored(doc_id: str, change: Callable[[Result], None]) -> Change:
    return lambda copy: copy.result(doc_id, change)


def registered(name: str, **changes: Any) -> Change:
    """Change fields of entries; None removes an entry."""

    def change(entries: dict[str, Any]) -> None:
        for cluster, fields in changes.items():
            if fields is None:
                del entries[cluster]
            else:
                entries[cluster] = entries.get(cluster, {}) | fields

    return lambda copy: copy.register(name, change)


def differing(n: int, **changes: Any) -> Change:
    return lambda copy: copy.differ(lambda rows: rows[n].update(changes))


def spanning(words: dict[str, Any], **changes: Any) -> Change:
    """Another first span of the first discrepancy."""
    return differing(0, spans=[{"doc_id": FIRST, **words, **changes}, DISCREPANCIES[0]["spans"][1]])


def both(*changes: Change) -> Change:
    def change(copy: Copy) -> None:
        for one in changes:
            one(copy)

    return change


def region(id_: str, control: str, words: dict[str, Any], **value: Any) -> dict[str, Any]:
    """A result: a span by labels, a choice by choices, a text area by text."""
    kind = {"labels": "labels", "choices": "choices", "text": "textarea"}[next(iter(value))]
    return {"id": id_, "from_name": control, "to_name": "text", "type": kind, "value": words | value}


def labelled(result: Result, label: str) -> dict[str, Any]:
    """The first span with a label."""
    return next(e for e in result if e["type"] == "labels" and e["value"]["labels"] == [label])


def marked(result: Result, words: str) -> str:
    """The id of the first mention of these words."""
    return next(e["id"] for e in result if e.get("from_name") == "entity" and e["value"]["text"] == words)


def place(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: entry["value"][key] for key in ("start", "end", "text")}


def relations(result: Result, label: str) -> Result:
    return [e for e in result if e["type"] == "relation" and label in e["labels"]]


def related(label: str, **changes: Any) -> Callable[[Result], None]:
    """Change the first relation of a label."""
    return lambda result: relations(result, label)[0].update(changes)


def moved(words: str, begin: int, end: int) -> Change:
    """Move the ends of everything that stands on the first place of these words in the first article."""
    there = at(words, FIRST)

    def change(result: Result) -> None:
        for value in (e["value"] for e in result if "value" in e):
            if (value["start"], value["end"]) == (there["start"], there["end"]):
                value["start"] += begin
                value["end"] += end
                if isinstance(value["text"], str):
                    value["text"] = TEXTS[FIRST][value["start"] : value["end"]]

    return stored(FIRST, change)


def without(control: str) -> Callable[[Result], None]:
    """Remove the first attribute of a control."""
    return lambda result: result.remove(next(e for e in result if e.get("from_name") == control))


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


def level_of_a_value(result: Result) -> None:
    value = labelled(result, "CARDINAL")
    result.append(region(value["id"], "level", place(value), choices=["NOM"]))


def crossing(result: Result) -> None:
    words = at("pad, and Kim", FIRST)
    result.append(region("x", "entity", words, labels=["FAC"]))
    result.append(region("x", "level", words, choices=["NOM"]))
    result.append(region("x", "cluster", words, text=["launch_pad"]))


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


TOURED = "E toured | Inspection.Tour"
PLEDGED = "Q that Kim would pledge support"
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
    "EN1": stored(FIRST, level_of_a_value),
    "ZN1": stored(FIRST, second_zone),
    "ZN2": moved("More talks to come", 0, -5),
    "ZN3": noted(FIRST, ("{heading}", "{title}")),
    "ZN4": noted(FIRST, ("S Agencies", "S {heading}Agencies")),
    "QU1": stored(FIRST, part_before),
    "QU2": stored(FIRST, source_and_none),
    "QU3": stored(FIRST, ring),
    "EN2": stored(FIRST, without("level")),
    "EN3": noted(FIRST, ("his|PER PRO kim_jong_un", "his|PER PRO")),
    "EN4": noted(SECOND, ("they|PER PRO", "they|PER PRO demonym")),
    "EN5": noted(FIRST, ("[[Sep 15|DATE]]", "[[Sep [[15|CARDINAL]]|DATE]]")),
    "EN6": noted(FIRST, ("[[Vostochny cosmodrome|", "[[Vostochny [[cosmodrome|FAC NOM vostochny]]|")),
    "EN7": noted(FIRST, ("[[Sep 15|DATE]]", "[[[[Sep 15|DATE]]|DATE]]")),
    "EN8": stored(FIRST, crossing),
    "EN9": noted(FIRST, ("[[Kim|PER kim_jong_un]]’s", "[[Kim’s|PER kim_jong_un]]")),
    "EN10": noted(SECOND, ("“[[Angara|VEH angara]]”", "[[“Angara”|VEH angara]]")),
    "EN11": noted(FIRST, ("President [[Vladimir", "[[President Vladimir"), (": Vladimir", ": President Vladimir")),
    "EN12": noted(FIRST, ("satellite|VEH NOM", "satellite|VEH")),
    "EN13": noted(SECOND, ("leader|PER NOM vladimir_putin]] of [[Russia|GPE russia]]",
                           "leader of [[Russia|GPE russia]]|PER NOM vladimir_putin]]")),
    "EN14": noted(FIRST, ("[[Kim|PER kim_jong_un]]’s [[country", "[[[[Kim|PER kim_jong_un]]’s country"),
                  ("Agent: country", "Agent: Kim’s country")),
    "EN15": noted(FIRST, ("on [[Friday|DATE]]", "[[on Friday|DATE]]"), ("Time: Friday", "Time: on Friday")),
    "EN16": noted(SECOND, ("twice", "[[twice|CARDINAL]]")),
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
    "DS1": differing(1, id="where"),
    "DS2": differing(0, relation="difference"),
    "DS3": differing(0, reason="two\nlines"),
    "DS4": differing(0, spans=DISCREPANCIES[0]["spans"][:1]),
    "DS5": spanning(at("cosmodrome", FIRST), text="spaceport"),
    "DS6": spanning(at("cosmo", FIRST)),
    "DS7": spanning(at("Follow", FIRST)),
    "AD1": lambda copy: copy.decide(layer="names"),
    "AD2": lambda copy: copy.decide(spans=[dict(at("Putin", SECOND), text="Kim")]),
    "AD3": lambda copy: copy.decide(rule="E99"),
}  # fmt: skip


def test_the_base_is_clean(copy: Copy):
    assert copy.found() == ([], [])


@pytest.mark.parametrize("rule", BREAKS)
def test_each_rule_is_broken_alone(rule: str, copy: Copy):
    BREAKS[rule](copy)
    broken, unreadable = copy.found()
    assert set(broken) == {rule} and not unreadable, unreadable


def test_every_rule_has_its_change_and_its_words():
    assert BREAKS.keys() == rules.BOOK.keys()
    numbers = articles.guideline_numbers((project.ANNOTATIONS / "GUIDELINES.md").read_text(encoding="utf-8"))
    for rule in rules.BOOK.values():
        assert re.fullmatch(r"[A-Z]{2}\d+", rule.id)
        assert rule.statement.endswith(".") and rule.right.endswith(".")
        assert rule.guideline is None or rule.guideline in numbers, rule.id


# -- all at once, and what cannot be read ------------------------------------------------------------------------------


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["validate.py", *arguments])
    code = validate.main()
    out, err = capsys.readouterr()
    return code, out, err


def test_all_violations_at_once_with_place_words_and_rule(copy, monkeypatch, capsys):
    copy.note(FIRST, ("[[Kim|PER kim_jong_un]]’s", "[[Kim’s|PER kim_jong_un]]"), ("mixed", "indirect"))
    copy.result(SECOND, long_value)
    code, out, _ = run(monkeypatch, capsys, str(copy.annotations), "--json")
    rows = json.loads(out)
    assert code == 1 and rows["unreadable"] == []
    assert [(r["rule"], r["doc_id"], r["words"]) for r in rows["violations"]] == [
        ("EN9", FIRST, "Kim’s"),
        ("QU12", FIRST, "it was a “big step”"),
        ("SP9", SECOND, "everything. “There"),
    ]
    first = rows["violations"][0]
    assert TEXTS[FIRST][first["start"] : first["end"]] == "Kim’s" and first["guideline"] == "E13" and first["id"]
    code, out, _ = run(monkeypatch, capsys, str(copy.annotations))
    assert code == 1 and "EN9" in out and "QU12" in out and "SP9" in out and "3 violations" in out


def test_clean_is_0(copy, monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, str(copy.annotations))
    assert code == 0 and "0 violations, 0 unreadable" in out


def test_an_annotators_pass_is_held_to_the_rules_on_one_article(copy):
    shutil.rmtree(copy.annotations / "annotators")
    copy.note(FIRST, ("[[Kim|PER kim_jong_un]]’s", "[[Kim’s|ORG kim_jong_un]]"))
    shutil.copytree(copy.gold, copy.annotations / "annotators" / "b")
    copy.note(FIRST)
    folder = articles.read_folder(copy.annotations)
    found = validate.check(folder)
    assert [(v.rule, v.file) for v in found] == [("EN9", f"annotations/annotators/b/{FIRST}.json")]


def test_an_interpreter_speaks_for_another(copy):
    copy.note(SECOND, ("source: Putin", "source: ¶Kim Jong Un"))
    assert copy.found() == (["CL5"], [])
    folder = articles.read_folder(copy.annotations)
    second = folder.gold[1]
    spoken = dataclasses.replace(second.document, text=TEXTS[SECOND].replace("Kim Jong Un", "interpreter"))
    folder.gold[1] = dataclasses.replace(second, document=spoken)
    assert [v.rule for v in rules.check_together(rules.GOLD, folder.gold)] == []


def test_registries_and_records_are_not_missed_before_they_exist(copy):
    shutil.rmtree(copy.annotations / "clusters")
    for name in ("discrepancies.yaml", "adjudication.jsonl", "GUIDELINES.md"):
        (copy.annotations / name).unlink()
    assert copy.found() == ([], [])


def test_a_registry_folder_must_be_complete(copy):
    (copy.annotations / "clusters" / "utterances.yaml").unlink()
    assert copy.found() == (["RG1"], [])


def break_json(copy: Copy) -> None:
    (copy.gold / f"{FIRST}.json").write_text("{", encoding="utf-8")


def lose_gold(copy: Copy) -> None:
    (copy.gold / f"{FIRST}.json").unlink()


def change_seed(copy: Copy) -> None:
    (copy.root / "seeds" / f"{FIRST}.txt").write_text("other", encoding="utf-8")


def stray_file(copy: Copy) -> None:
    (copy.gold / "other.json").write_text("{}", encoding="utf-8")


def break_yaml(copy: Copy) -> None:
    (copy.annotations / "discrepancies.yaml").write_text("[", encoding="utf-8")


def register_twice(copy: Copy) -> None:
    path = copy.annotations / "clusters" / "entities.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "train: {name: x, type: VEH}\n", encoding="utf-8")


def orphan_cue(copy: Copy) -> None:
    copy.result(FIRST, lambda result: result.remove(relations(result, "cue")[0]))


def break_record(copy: Copy) -> None:
    (copy.annotations / "adjudication.jsonl").write_text("{\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (break_json, "cannot be read"),
        (lose_gold, "cannot be read"),
        (change_seed, "differs from annotations/documents.yaml"),
        (stray_file, "is named after no article"),
        (break_yaml, "discrepancies.yaml: cannot be read"),
        (register_twice, "given twice: train"),
        (orphan_cue, "belongs to no quote"),
        (break_record, "adjudication.jsonl:1: is no JSON"),
    ],
)
def test_what_cannot_be_read_is_2(spoil, message, copy, monkeypatch, capsys):
    spoil(copy)
    code, out, _ = run(monkeypatch, capsys, str(copy.annotations))
    assert code == 2 and message in out


def test_no_annotations_folder_is_2(tmp_path, monkeypatch, capsys):
    code, _, err = run(monkeypatch, capsys, str(tmp_path))
    assert code == 2 and "is no annotations folder" in err


def test_the_command_reads_the_published_gold():
    command = [sys.executable, str(project.ROOT / "scripts" / "validate.py"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == {"violations": [], "unreadable": []}


def test_the_rules_can_be_listed(monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, "--rules")
    assert code == 0 and [line.split()[0] for line in out.splitlines()] == sorted(rules.BOOK, key=rules.order)


# -- consistency -------------------------------------------------------------------------------------------------------


def struck(doc_id: str, begins: str) -> Change:
    """Leave out the one line of the notation that begins so."""
    (line,) = (x for x in NOTES[doc_id].splitlines(keepends=True) if x.startswith(begins))
    return noted(doc_id, (line, ""))


THEY = ("said that [[they|PER PRO leaders]]", "said that they")
KIM = "[[Kim|PER kim_jong_un]] meets"
CONSISTENT = {
    "mention": (noted(SECOND, THEY, ("Participant: they | ", "")), "they"),
    "type": (noted(FIRST, (KIM, KIM.replace("PER", "ORG"))), "Kim"),
    "identity": (noted(FIRST, (KIM, KIM.replace("kim_jong_un", "leaders"))), "Kim"),
    "capital": (noted(FIRST, ("[[Sep 15|DATE]]", "Sep 15")), "Sep"),
    "value": (noted(FIRST, ("[[two|CARDINAL]]", "two")), "two"),
    "marks": (struck(SECOND, "Q “There"), "“There is time,”"),
    "report": (struck(SECOND, "Q that"), "said"),
    "report-trigger": (
        noted(
            FIRST,
            ("E leave", "E said | Contact.Correspond | actual | #other_talks\nE leave"),
            ("E pledge", "E reported | Contact.Correspond | actual | #other_talks\nE pledge"),
            ("cue: reported | source: Media", "source: Media"),
            ("S Agencies", "E reported | Contact.Correspond | actual | #other_talks\nS Agencies"),
        ),
        "reported",
    ),
    "trigger": (struck(SECOND, "E talk ~1"), "talk"),
    "event": (struck(SECOND, "E met"), "met"),
    "argument": (noted(SECOND, ("Participant: Vladimir Putin | Participant: Kim Jong Un | ", "")), "met"),
}


def rows_of(copy: Copy) -> list[consistency.Row]:
    return consistency.rows(articles.read_folder(copy.annotations).gold)


@pytest.mark.parametrize("kind", CONSISTENT)
def test_each_kind_of_row_is_found(kind: str, copy: Copy):
    before = {r.key for r in rows_of(copy)}
    change, words = CONSISTENT[kind]
    change(copy)
    new = [r for r in rows_of(copy) if r.key not in before]
    assert (kind, words) in {(r.kind, r.words) for r in new}, new
    assert all(TEXTS[FIRST if r.article == "000" else SECOND][r.start : r.end] == r.words for r in new)


def test_no_kind_of_row_goes_untested():
    assert CONSISTENT.keys() == consistency.KINDS.keys()


def test_rows_are_cleared_counted_and_go_stale(copy, monkeypatch, capsys):
    arguments = (str(copy.annotations), "--consistency", "--json")
    CONSISTENT["value"][0](copy)
    code, out, _ = run(monkeypatch, capsys, *arguments)
    keys = [row["key"] for row in json.loads(out)["rows"]]
    assert code == 1 and len(keys) == len(set(keys)) > 0
    start = TEXTS[FIRST].index("two")
    assert f"value|000|{start}|{start + 3}|two" in keys
    copy.write("consistency.yaml", dict.fromkeys(keys, "it is right so") | {"value|000|1|2|x": "it was once"})
    code, out, _ = run(monkeypatch, capsys, *arguments)
    assert code == 0 and json.loads(out) == {"rows": [], "cleared": len(keys), "stale": ["value|000|1|2|x"]}
    code, out, _ = run(monkeypatch, capsys, *arguments[:2])
    assert code == 0 and "stale, remove from" in out and f"0 open (none), {len(keys)} cleared, 1 stale" in out


def test_a_row_is_not_cleared_without_a_reason(copy, monkeypatch, capsys):
    copy.write("consistency.yaml", {"value|000|1|2|x": None})
    code, _, err = run(monkeypatch, capsys, str(copy.annotations), "--consistency")
    assert code == 2 and "is no mapping of keys to reasons" in err
