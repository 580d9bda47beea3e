"""Generate news articles with every layer annotated, and predictions about them with mistakes.

Everything follows from the random generator that is passed in; nothing here depends on the program.
"""

from __future__ import annotations

import copy
import random
from typing import Any

Row = dict[str, Any]

NAMES = {
    "PER": ("Kim Jong Un", "Putin", "Sergei Lavrov", "Choe Son Hui", "Müller"),
    "GPE": ("Russia", "North Korea", "Tokyo", "Amur"),
    "ORG": ("Interfax", "Roscosmos", "Foreign Ministry"),
    "LOC": ("Far East", "Baikal"),
    "FAC": ("Vostochny Cosmodrome", "Kremlin"),
    "VEH": ("Angara", "Soyuz 2"),
    "WEA": ("Hwasong", "shells"),
}
NOMINALS = {
    "PER": ("the leader", "the minister"),
    "GPE": ("the country",),
    "ORG": ("the agency",),
    "FAC": ("the site",),
}
PRONOUNS = ("he", "they")
VALUES = {
    "DATE": ("Wednesday", "13 September"),
    "TIME": ("noon",),
    "CARDINAL": ("two", "five"),
    "MONEY": ("$3 million",),
}
# Event type → its verb, and (role, kinds of filler, what leads up to it) for each argument.
EVENTS: dict[str, tuple[str, tuple[tuple[str, str, str], ...]]] = {
    "Contact.Meet": ("met", (("Participant", "PER", ""), ("Participant", "PER", ""), ("Place", "GPE", "in"))),
    "Inspection.Tour": ("toured", (("Visitor", "PER", ""), ("Site", "FAC", ""))),
    "Space.Launch": ("launched", (("Agent", "ORG", ""), ("Payload", "VEH", ""))),
    "Conflict.Attack": ("attacked", (("Attacker", "GPE", ""), ("Target", "GPE", ""))),
    "Transaction.Transfer": ("sold", (("Giver", "GPE", ""), ("Thing", "WEA", ""), ("Recipient", "GPE", "to"))),
    "Cooperation.Assist": ("helped", (("Helper", "GPE", ""), ("Beneficiary", "PER", ""))),
    "Movement.TransportPerson": ("travelled", (("Person", "PER", ""), ("Destination", "LOC", "to"))),
}
CONTENTS = ("we will win this war", "the talks went well", "nobody knows the date", "it was a holy struggle 🚀 for us")
REALIS, POLARITY = ("actual", "generic", "other"), ("positive", "negative")
LINKS = ("same-wording", "translation-variant", "partial", "paraphrase")
ZONES = ("body", "body", "body", "caption", "boilerplate")
TYPES = (*NAMES, *VALUES)


class Writer:
    """Writes one article word by word and notes what stands where."""

    def __init__(self, dice: random.Random, clusters: int):
        self.dice, self.clusters = dice, clusters
        self.text = ""
        self.tokens: list[Row] = []
        self.sentences: list[Row] = []
        self.paragraphs: list[Row] = []
        self.zones: list[Row] = []
        self.entities: list[Row] = []
        self.events: list[Row] = []
        self.quotes: list[Row] = []

    def words(self, words: str, glue: bool = False) -> Row:
        """Write words, a blank before them unless they are glued on; their span."""
        if self.text and not self.text.endswith("\n") and not glue:
            self.text += " "
        start = len(self.text)
        for word in words.split(" "):
            self.text += "" if len(self.text) == start else " "
            self.tokens.append({"start": len(self.text), "end": len(self.text) + len(word)})
            self.text += word
        return {"start": start, "end": len(self.text), "text": words}

    def mention(self, kind: str) -> Row:
        """Write a mention of that kind, mostly by name."""
        level = self.dice.choice(("NAM", "NAM", "NAM", "NOM", "PRO")) if kind in NOMINALS else "NAM"
        names = {"NAM": NAMES[kind], "NOM": NOMINALS.get(kind, ()), "PRO": PRONOUNS}[level]
        which = self.dice.randrange(len(names))
        cluster = f"{kind.lower()}{which % self.clusters}"
        return self.entity(names[which], kind, level, cluster)

    def entity(self, words: str, kind: str, level: str | None, cluster: str | None) -> Row:
        """Write words and annotate them as one entity."""
        item = {"id": f"e{len(self.entities) + 1}", **self.words(words), "type": kind, "level": level}
        self.entities.append({**item, "demonym": False, "cluster": cluster})
        return self.entities[-1]

    def value(self) -> None:
        kind = self.dice.choice(list(VALUES))
        self.words("on" if kind == "DATE" else "with")
        self.entity(self.dice.choice(VALUES[kind]), kind, None, None)

    def happening(self) -> None:
        """Write one event."""
        kind = self.dice.choice(list(EVENTS))
        verb, (first, *rest) = EVENTS[kind]
        arguments = [{"role": first[0], "filler": self.mention(first[1])["id"]}]
        trigger = self.words(verb)
        for role, filler, before in rest:
            if before:
                self.words(before)
            arguments.append({"role": role, "filler": self.mention(filler)["id"]})
        self.events.append({
            "id": f"v{len(self.events) + 1}", "trigger": trigger, "type": kind, "realis": self.dice.choice(REALIS),
            "polarity": self.dice.choice(POLARITY), "outcome": self.dice.choice((None, None, "failure")),
            "arguments": arguments, "cluster": f"{verb}{self.dice.randrange(self.clusters)}",
        })  # fmt: skip

    def saying(self) -> None:
        """Write one quote, in marks or reported, sometimes in two parts."""
        kind = self.dice.choice(("direct", "indirect", "mixed"))
        number = self.dice.randrange(len(CONTENTS))
        words = CONTENTS[number]
        source = self.mention(self.dice.choice(("PER", "ORG")))
        cue = self.words(self.dice.choice(("said", "told reporters", "wrote")))
        if kind == "indirect":
            content = [self.words(words)]
        else:
            half = len(words.split()) // 2
            self.words("“")
            content = [self.words(" ".join(words.split()[:half]), glue=True)]
            if kind == "mixed":
                self.words("”", glue=True)
                self.words("and")
                self.words("“")
            content.append(self.words(" ".join(words.split()[half:]), glue=kind == "mixed"))
            self.words("”", glue=True)
            if kind == "direct":
                content = [{"start": content[0]["start"], "end": content[1]["end"], "text": words}]
        self.quotes.append({
            "id": f"q{len(self.quotes) + 1}", "content": content, "cue": cue, "source": source["id"], "addressee": None,
            "directness": kind, "attitude": self.dice.choice(("assertion", "belief")), "parent": None,
            "cluster": f"said{number % self.clusters}", "link": self.dice.choice(LINKS),
        })  # fmt: skip

    def sentence(self) -> None:
        start = len(self.text) + (1 if self.text and not self.text.endswith("\n") else 0)
        self.dice.choice((self.happening, self.happening, self.saying))()
        if self.dice.random() < 0.4:
            self.value()
        self.words(".", glue=True)
        self.sentences.append({"start": start, "end": len(self.text)})

    def paragraph(self, zone: str) -> None:
        start = len(self.text)
        for _ in range(self.dice.randint(1, 2)):
            self.sentence()
        self.paragraphs.append({"start": start, "end": len(self.text)})
        self.text += "\n\n"
        self.zones.append({"start": start, "end": len(self.text), "zone": zone})

    def row(self, doc_id: str) -> Row:
        """The article as a row of a gold file."""
        return {
            "doc_id": doc_id, "text": self.text, "zones": self.zones, "paragraphs": self.paragraphs,
            "sentences": self.sentences, "tokens": self.tokens, "entities": self.entities, "events": self.events,
            "quotes": self.quotes,
        }  # fmt: skip


def article(dice: random.Random, doc_id: str, paragraphs: int = 3, clusters: int = 3) -> Row:
    """One gold article: a title, and some paragraphs in various zones."""
    writer = Writer(dice, clusters)
    writer.paragraph("title")
    for _ in range(paragraphs):
        writer.paragraph(dice.choice(ZONES))
    return writer.row(doc_id)


def articles(dice: random.Random, count: int = 3, **more: int) -> list[Row]:
    """Some gold articles."""
    return [article(dice, f"news-{number}", **more) for number in range(1, count + 1)]


def bare(row: Row) -> Row:
    """The annotation of an article as a prediction that is right everywhere."""
    return copy.deepcopy({key: row[key] for key in ("doc_id", "entities", "events", "quotes")})


def moved(span: Row, text: str, dice: random.Random) -> None:
    """Move one end of a span by a few characters, inside the text."""
    start = max(0, span["start"] + dice.choice((0, 0, -1, 4)))
    end = min(len(text), max(start + 1, span["end"] + dice.choice((0, 0, 2, -3))))
    span.update(start=start, end=end, text=text[start:end])


def with_mistakes(row: Row, dice: random.Random, rate: float = 0.2) -> Row:
    """A prediction in which items are missing, moved, of another type or in another cluster."""
    out, text = bare(row), row["text"]

    def wrong() -> bool:
        return dice.random() < rate

    for item in out["entities"]:
        if wrong():
            moved(item, text, dice)
        if wrong():
            item["type"] = dice.choice(TYPES)
        if wrong():
            item["cluster"] = dice.choice((None, "per0", "new"))
        if wrong():
            item["level"] = None
    for item in out["events"]:
        if wrong():
            item["type"], item["arguments"] = dice.choice(list(EVENTS)), []
        if wrong():
            moved(item["trigger"], text, dice)
        if wrong():
            item["realis"], item["polarity"] = dice.choice(REALIS), None
        item["arguments"] = [a for a in item["arguments"] if not wrong()]
    for item in out["quotes"]:
        if wrong():
            moved(item["content"][0], text, dice)
            item["content"].sort(key=lambda span: span["start"])
        if wrong():
            item["cue"] = None
        if wrong():
            item["source"] = dice.choice(out["entities"])["id"]
        if wrong():
            item["directness"] = dice.choice(("direct", "indirect", None))
    return thinned(out, dice, rate / 2)


def thinned(row: Row, dice: random.Random, rate: float) -> Row:
    """The prediction without some of its items; what they were needed for goes with them."""
    for layer in ("entities", "events", "quotes"):
        row[layer] = [item for item in row[layer] if dice.random() >= rate]
    there = {item["id"] for layer in ("entities", "events") for item in row[layer]}
    for event in row["events"]:
        event["arguments"] = [a for a in event["arguments"] if a["filler"] in there]
    for quote in row["quotes"]:
        quote["source"] = quote["source"] if quote["source"] in there else None
    return row


def inlined(row: Row, entities: dict[str, Row]) -> None:
    """Replace references by the spans that they mean."""
    for event in row.get("events", ()):
        event["arguments"] = [
            {"role": a["role"], "start": e["start"], "end": e["end"]}
            for a in event["arguments"]
            if (e := entities.get(a["filler"]))
        ]
    for quote in row.get("quotes", ()):
        source = entities.get(quote["source"] or "")
        quote["source"] = source and {"start": source["start"], "end": source["end"]}


def paragraph_of(row: Row, start: int) -> int:
    """The number of the paragraph that has this offset."""
    return next(i for i, p in enumerate(row["paragraphs"]) if p["start"] <= start < p["end"])
