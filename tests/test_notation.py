"""The notation: what it says, and what it says when it is wrong."""

from __future__ import annotations

import pytest

from vostochny import ontology
from vostochny.formats import FormatError, notation
from vostochny.layout import cover_with_zones
from vostochny.model import Span, Zone

SCHEME = ontology.load()
TEXT = "Big news\n\nPARIS Ann Lee met Bob. Ann told Bob [sic] that they “won. It was” easy, Ann said.\nFollow us\n"
GOOD = """
-- a comment
S {title}Big news
S {dateline}[[PARIS|GPE paris]] {body}[[Ann Lee|PER ann]] met [[Bob|PER bob]].
E met | Contact.Meet | actual | Participant: Ann Lee | Participant: Bob | #meeting
S [[Ann|PER ann]] told [[Bob|PER bob]] \\[sic] that [[they|PER PRO both]] “won. It was” easy, [[Ann|PER ann]] said.
Q that they ~~ easy | cue: told | source: Ann ~1 | addressee: Bob | mixed | assertion | =outer
Q “won // was” | cue: said | source: Ann ~2 | direct | assertion | parent: outer | #u1 | link: partial
S {boilerplate}Follow us
"""


def read(source: str):
    return notation.read(source, "doc", TEXT, SCHEME, "doc.txt")


def test_reads_what_is_written():
    d = read(GOOD)
    assert [(e.span.of(TEXT), e.type, e.level, e.cluster) for e in d.entities] == [
        ("PARIS", "GPE", "NAM", "paris"),
        ("Ann Lee", "PER", "NAM", "ann"),
        ("Bob", "PER", "NAM", "bob"),
        ("Ann", "PER", "NAM", "ann"),
        ("Bob", "PER", "NAM", "bob"),
        ("they", "PER", "PRO", "both"),
        ("Ann", "PER", "NAM", "ann"),
    ]
    (event,) = d.events
    assert event.trigger.of(TEXT) == "met" and event.polarity == "positive" and event.cluster == "meeting"
    assert [(a.role, a.filler.id) for a in event.arguments] == [("Participant", "e2"), ("Participant", "e3")]
    outer, inner = d.quotes
    assert outer.content[0].of(TEXT) == "that they “won. It was” easy"
    assert [s.of(TEXT) for s in inner.content] == ["“won", "was”"]
    assert (outer.source.id, outer.addressee.id, inner.source.id, inner.parent) == ("e4", "e5", "e7", outer.id)
    assert [(z.name, z.span.of(TEXT)) for z in d.zones] == [
        ("title", "Big news\n\n"),
        ("dateline", "PARIS "),
        ("body", TEXT[16 : TEXT.index("Follow us")]),
        ("boilerplate", "Follow us\n"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("Big news", "Big News", "3: S", "the article has 'news"),
        ("|GPE paris]]", "|CITY paris]]", "4: [[PARIS|…]]", "unknown type 'CITY'"),
        ("{title}", "{titel}", "3: S", "unknown zone 'titel'"),
        ("S {boilerplate}Follow us\n", "", "8: S", "the article goes on: 'Follow us'"),
        ("[[Ann Lee|PER ann]]", "[[Ann Lee", "4: S", "not closed"),
        ("E met", "E greeted", "5: E trigger", "'greeted' does not stand in"),
        ("Contact.Meet | actual", "Contact.Meet", "5: E", "needs an event type and one of actual"),
        ("Participant: Bob", "Participant: Carl", "5: Participant", "no mention 'Carl' here; marked are"),
        ("Participant: Bob", "Agent: Bob", "5: Agent", "Contact.Meet has no role 'Agent'"),
        ("Participant: Bob", "Participant: !told", "5: Participant", "'told' does not stand in"),
        ("source: Ann ~1", "source: Ann", "7: source", "2 mentions 'Ann' here; pick one with ~1 to ~2"),
        ("source: Ann ~1", "source: Ann ~3", "7: source", "~3 is none of them"),
        ("parent: outer", "parent: other", "8: parent", "no quote is named =other"),
        (" | link: partial", " | link: copy", "8: link", "unknown link 'copy'"),
        (" | source: Ann ~2", "", "8: Q", "source is missing"),
        ("Q “won //", "Q “wan //", "8: Q content", "'“wan' does not stand in"),
    ],
)
def test_every_fault_names_its_line(old, new, place, message):
    assert old in GOOD
    with pytest.raises(FormatError) as caught:
        read(GOOD.replace(old, new))
    assert any(str(f).startswith(f"doc.txt:{place}") and message in str(f) for f in caught.value.faults), caught.value


def test_white_space_goes_to_the_zone_before_it_and_body_fills_gaps():
    text = "a\n\nb c\n\nd"
    zones = cover_with_zones(text, [Zone(Span(0, 1), "title"), Zone(Span(8, 9), "credit")])
    assert [(z.name, z.span.start, z.span.end) for z in zones] == [("title", 0, 3), ("body", 3, 8), ("credit", 8, 9)]
