"""The notation: what it says, and what it says when it is wrong."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.edit import lines as script
from scripts.files import ANNOTATIONS
from scripts.history import differences, revisions
from scripts.store import Store
from tests.support.effort import examples
from vostochny.errors import InputError
from vostochny.formats import label_studio, notation
from vostochny.model import Argument, Document, Entity, Event, Quote, Reference, Span, Zone
from vostochny.ontology import load_ontology
from vostochny.text.layout import cover_with_zones, paragraphs_of

ONTOLOGY = load_ontology()
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
    return notation.read(source, "doc", TEXT, ONTOLOGY, "doc.txt")


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
        ("Big news", "Big News", "3: S", "it has 'news"),
        ("|GPE paris]]", "|CITY paris]]", "4: [[PARIS|…]]", "unknown type 'CITY'"),
        ("{title}", "{titel}", "3: S", "unknown zone 'titel'"),
        ("S {boilerplate}Follow us\n", "", "8: S", "the article goes on: 'Follow us'"),
        ("[[Ann Lee|PER ann]]", "[[Ann Lee", "4: S", "not closed"),
        ("E met", "E greeted", "5: E trigger", "'greeted' is not in"),
        ("Contact.Meet | actual", "Contact.Meet", "5: E", "needs an event type and one of actual"),
        ("Participant: Bob", "Participant: Carl", "5: Participant", "has the words 'Carl' here; the mentions are"),
        ("Participant: Bob", "Agent: Bob", "5: Agent", "Contact.Meet has no role 'Agent'"),
        ("Participant: Bob", "Participant: !told", "5: Participant", "'told' is not in"),
        ("source: Ann ~1", "source: Ann", "7: source", "2 mentions have the words 'Ann' here; pick one with ~1 to ~2"),
        ("source: Ann ~1", "source: Ann ~3", "7: source", "~3 is not one of them"),
        ("source: Ann ~1", f"source: Ann ~{'9' * 5000}", "7: source", "no mention has the words 'Ann ~999"),
        ("Follow us\n", "Follow us\nS {title}\n", "10: S", "the article ends before this line; remove it"),
        ("parent: outer", "parent: other", "8: parent", "no quote has the name =other"),
        (" | link: partial", " | link: copy", "8: link", "unknown link 'copy'"),
        (" | source: Ann ~2", "", "8: Q", "source is missing"),
        ("Q “won //", "Q “wan //", "8: Q content", "'“wan' is not in"),
        (" | #u1", " | #u1 | =outer", "8: Q", "=outer appears twice"),
        (
            "parent: outer",
            "parent: outer | source: ¶¶Bob",
            "8: source",
            "2 mentions have the words 'Bob' here; pick one with ~1 to ~2",
        ),
    ],
)
def test_every_fault_names_its_line(old, new, place, message):
    assert old in GOOD
    with pytest.raises(InputError) as caught:
        read(GOOD.replace(old, new))
    assert any(str(f).startswith(f"doc.txt:{place}") and message in str(f) for f in caught.value.problems), caught.value


def test_an_article_without_words_has_nothing_to_annotate():
    for source in ("S {title}", "S\nQ a | source: none | direct | assertion"):
        with pytest.raises(InputError, match="doc:1: S: the article ends before this line"):
            notation.read(source, "doc", " \n", ONTOLOGY, "doc")


def test_white_space_goes_to_the_zone_before_it_and_body_fills_gaps():
    text = "a\n\nb c\n\nd"
    zones = cover_with_zones(text, [Zone(Span(0, 1), "title"), Zone(Span(8, 9), "credit")])
    assert [(z.name, z.span.start, z.span.end) for z in zones] == [("title", 0, 3), ("body", 3, 8), ("credit", 8, 9)]


# -- what is written is read again ------------------------------------------------------------------------------------

BOTH = """
S {title}Big news
S {dateline}PARIS {body}[[Ann Lee|PER ann]] met [[Bob|PER bob]].
E met | Contact.Meet | actual | Participant: ¶Ann ~2
E met | Contact.Negotiate | actual | Participant: Bob | Topic: !met (Contact.Meet) | Topic: !¶told
S [[Ann|PER ann]] told [[Bob|PER bob]] \\[sic] that they “won. It was” easy, [[Ann|PER ann]] said.
E told | Contact.Correspond | actual
Q ¶¶Big news | source: ¶¶Bob ~1 | unmarked | assertion
S {boilerplate}Follow us
"""


def test_fillers_are_found_in_paragraph_and_article():
    d = read(BOTH)
    meet, negotiate, told = d.events
    assert (meet.type, negotiate.type, told.trigger.of(TEXT)) == ("Contact.Meet", "Contact.Negotiate", "told")
    assert [a.filler.id for a in negotiate.arguments] == ["e2", meet.id, told.id]
    assert meet.arguments[0].filler.span.start == TEXT.index("Ann said")
    assert d.quotes[0].content[0].of(TEXT) == "Big news" and d.quotes[0].source.id == "e2"
    assert notation.read(notation.write(d), "doc", TEXT, ONTOLOGY) == d


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (" (Contact.Meet)", "", "5: Topic: 2 events have the trigger 'met': Contact.Meet, Contact.Negotiate; write"),
        ("(Contact.Meet)", "(Contact.Greet)", "5: Topic: no Contact.Greet has the trigger 'met'; expected one of "),
        ("!¶told", "!¶said", "5: Topic: 'said' is not a trigger; give it its own E line"),
        ("Contact.Negotiate | actual | Participant: Bob", "Contact.Meet | actual | Participant: Bob",
         "5: Topic: 2 events of one type have the trigger 'met'"),
        ("Q ¶¶Big news", "Q Big news", "8: Q content: 'Big news' is not in"),
    ],
)  # fmt: skip
def test_which_event_is_meant_must_be_said(old, new, message):
    assert old in BOTH
    with pytest.raises(InputError) as caught:
        read(BOTH.replace(old, new))
    assert any(f"doc.txt:{message}" in str(f) for f in caught.value.problems), caught.value


WORDS = st.sampled_from(["Ann", "met", "Bob", "a", "test,", "“so”", "Lee.", "none"])
ODD = st.sampled_from(
    ["[x]", "{title}", "a|b", "|", "~2", "¶", "//", "~~", "\\", "!met", "#u", "=q1", "]]", "\u2028", "\t"]
)


@st.composite
def documents(draw, words=WORDS) -> Document:
    """A complete document over words, its mentions nested or apart."""
    paragraphs = draw(st.lists(st.lists(words, min_size=1, max_size=7), min_size=1, max_size=3))
    text = draw(st.sampled_from(["", "\n"])) + "\n\n".join(" ".join(p) for p in paragraphs) + "\n"
    lines = paragraphs_of(text)
    if not lines:
        return Document("d", text)
    tokens = [[Span(m.start(), m.end()) for m in re.compile(r"\S+").finditer(text, p.start, p.end)] for p in lines]
    starts = [t.start for line in tokens for t in line[1:]]
    cuts = sorted(draw(st.sets(st.sampled_from(starts), max_size=3)) if starts else [])

    def span() -> Span:
        line = draw(st.sampled_from([x for x in tokens if x]))
        first = draw(st.integers(0, len(line) - 1))
        return Span(line[first].start, line[draw(st.integers(first, min(first + 3, len(line) - 1)))].end)

    mentions: list[Entity] = []
    for n in range(draw(st.integers(0, 5))):
        s = span()
        if all(not s.overlaps(m.span) or _nest(s, m.span) for m in mentions):
            level = draw(st.sampled_from(["NAM", "NOM", "PRO"]))
            flags = draw(st.booleans()), draw(st.sampled_from([None, "k", "k_2"]))
            mentions.append(Entity(f"m{n}", s, "PER", level, *flags))
    events: list[Event] = []
    for n in range(draw(st.integers(0, 3))):
        s, type_ = span(), draw(st.sampled_from(["Contact.Meet", "Contact.Negotiate"]))
        if all((v.trigger, v.type) != (s, type_) for v in events):
            filled = [Argument("Participant", _to(m)) for m in draw(_some(mentions))]
            filled += [Argument("Topic", Reference(v.trigger, v.id)) for v in draw(_some(events))]
            polarity, cluster = draw(st.sampled_from([("positive", None), ("negative", "k")]))
            events.append(Event(f"x{n}", s, type_, "other", polarity, None, tuple(filled), cluster))
    quotes: list[Quote] = []
    for n in range(draw(st.integers(0, 3))):
        parts = sorted([span(), *([span()] if draw(st.booleans()) else [])])
        if len(parts) > 1 and parts[0].overlaps(parts[1]):
            parts = parts[:1]
        source, addressee = (draw(st.sampled_from([None, *map(_to, mentions)])) for _ in range(2))
        parent = draw(st.sampled_from([None, *(q.id for q in quotes)]))
        quotes.append(
            Quote(f"z{n}", tuple(parts), draw(st.sampled_from([None, span()])), source, addressee, "direct", "belief",
                  parent, draw(st.sampled_from([None, "u"])), "partial", source is None)
        )  # fmt: skip
    title = [Zone(lines[0], "title")] if draw(st.booleans()) else []
    sentences = [
        Span(a, a + len(text[a:b].rstrip()))
        for p in lines
        for a, b in zip([p.start, *(c for c in cuts if p.start < c < p.end)],
                        [*(c for c in cuts if p.start < c < p.end), p.end], strict=True)
    ]  # fmt: skip
    return Document("d", text, cover_with_zones(text, title), sentences=tuple(sentences), entities=tuple(mentions),
                    events=tuple(events), quotes=tuple(quotes))  # fmt: skip


def _nest(a: Span, b: Span) -> bool:
    return (a.start <= b.start and b.end <= a.end) or (b.start <= a.start and a.end <= b.end)


def _to(mention: Entity) -> Reference:
    return Reference(mention.span, mention.id)


def _some(items):
    return st.lists(st.sampled_from(items), unique=True, max_size=2) if items else st.just([])


def whole(d: Document) -> list[Span]:
    spans = [e.span for e in d.entities] + [v.trigger for v in d.events] + [q.cue for q in d.quotes if q.cue]
    return [s for s in spans if any(s.start < x.start < s.end for x in d.sentences)]


@examples(120)
@given(documents())
def test_whatever_is_written_in_plain_words_is_read_again(d):
    expected = notation.renumber(d)
    back = notation.read(notation.write(d, ONTOLOGY), "d", d.text, ONTOLOGY)
    assert (back.zones, back.entities, back.events, back.quotes) == (
        expected.zones, expected.entities, expected.events, expected.quotes
    )  # fmt: skip
    if not whole(d):
        assert back == expected


@examples(120)
@given(documents(st.one_of(WORDS, ODD)))
def test_odd_words_are_read_again_or_refused(d):
    try:
        source = notation.write(d, ONTOLOGY)
    except InputError:
        return
    back, expected = notation.read(source, "d", d.text, ONTOLOGY), notation.renumber(d)
    assert (back.entities, back.events, back.quotes) == (expected.entities, expected.events, expected.quotes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: replace(d, entities=(*d.entities, Entity("x", Span(20, 29), "PER", "NAM"))),
         "crosses the mention e2 ‹Ann Lee›; correct one of them in Label Studio"),
        (lambda d: replace(d, entities=(Entity("x", Span(0, 15), "PER", "NAM"),)), "runs across paragraphs"),
        (lambda d: replace(d, entities=(Entity("x", Span(0, 4), "PER", "NAM"),)), "begins or ends with white space"),
        (lambda d: replace(d, entities=(Entity("x", Span(0, 3), "PER", "NAM", False, "Kim"),)), "the cluster 'Kim'"),
        (lambda d: replace(d, entities=(Entity("x", Span(0, 3), "PER"),), events=(), quotes=()), "does not read back"),
        (lambda d: replace(d, events=(replace(d.events[0], realis=None),)), "has no realis; the notation needs both"),
        (lambda d: replace(d, quotes=(replace(d.quotes[0], source=None),)), "has no source (nor a mark"),
        (lambda d: replace(d, events=(replace(d.events[0], trigger=Span(1, 3)),)), "cannot be named by its words"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused(change, message):
    with pytest.raises(InputError) as caught:
        notation.write(change(read(GOOD)))
    assert any(message in str(f) for f in caught.value.problems), caught.value


# -- a correction in a text editor ------------------------------------------------------------------------------------


@pytest.fixture
def annotations(tmp_path):
    """A folder with one annotated article, its region ids as the browser makes them."""
    folder = tmp_path / "annotations"
    (folder / "gold").mkdir(parents=True)
    shutil.copy(ANNOTATIONS / "ontology.yaml", folder)
    task = label_studio.write(replace(read(GOOD), doc_id="090_x"))
    for entry in task["annotations"][0]["result"]:
        for key in ("id", "from_id", "to_id"):
            if key in entry:
                entry[key] = f"aZ{entry[key]}"
    task["annotations"][0]["result"][0]["meta"] = {"text": ["a note"]}
    stored = label_studio.dumps(label_studio.canonicalize(task, completed_by="x@y"))
    (folder / "gold" / "090_x.json").write_text(stored, encoding="utf-8")
    return folder


def test_lines_that_were_not_changed_give_the_same_bytes(annotations):
    shown = script.show("090_x", annotations)
    path, content = script.take(shown, "x.txt", annotations)
    assert content == path.read_text(encoding="utf-8")


def test_a_correction_changes_its_lines_alone(annotations):
    shown = script.show("090_x", annotations)
    edited = shown.replace("[[they|PER PRO both]]", "[[they|PER NOM both]]").replace("[[PARIS|GPE paris]]", "PARIS")
    path, content = script.take(edited, "x.txt", annotations)
    before = path.read_text(encoding="utf-8")
    assert len(set(before.splitlines()) - set(content.splitlines())) == 4  # the region, level and cluster; one level
    assert len(set(content.splitlines()) - set(before.splitlines())) == 1
    state = revisions.read_side(annotations)
    path.write_text(content, encoding="utf-8")
    found = differences.diff(state, revisions.read_side(annotations))
    assert [c.description for c in found] == ["removed ‹PARIS› (GPE NAM, paris)", "‹they› level PRO → NOM"]
    assert '"meta": {"text": ["a note"]}' in content and '"completed_by": "x@y"' in content


def test_a_region_more_has_an_id_of_its_own(annotations):
    shown = script.show("090_x", annotations).replace("S {title}Big news", "S {title}[[Big news|ORG NOM n]]")
    _, content = script.take(shown, "x.txt", annotations)
    ids = [r["id"] for r in json.loads(content)["annotations"][0]["result"] if r["type"] == "labels"]
    assert len(ids) == len(set(ids)) and [i for i in ids if not i.startswith("aZ")] == ["e1"]


def test_a_correction_of_an_older_gold_is_refused(annotations):
    shown = script.show("090_x", annotations)
    path, content = script.take(shown.replace("PER PRO both", "PER NOM both"), "x.txt", annotations)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"x\.txt: the gold of 090_x has changed since it was shown"):
        script.take(shown, "x.txt", annotations)


def test_the_gold_itself_is_shown_and_taken_unchanged_or_refused_by_name():
    ontology, taken = Store().ontology, 0
    for document in Store().read_manifest()["documents"]:
        try:
            shown = script.show(document)
        except InputError as refused:
            assert all(problem.field for problem in refused.problems), refused  # each names its item
            continue
        taken += 1
        path, content = script.take(shown, "x.txt")
        before, after = (
            label_studio.read(json.loads(x), ontology) for x in (path.read_text(encoding="utf-8"), content)
        )
        assert after == before
    assert taken  # or the test would have seen nothing
