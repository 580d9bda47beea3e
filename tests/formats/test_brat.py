"""brat: each problem names its line, and what is left out is noted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.support.two_articles import ONTOLOGY, TEXTS, make_gold, read_predictions
from vostochny.errors import InputError
from vostochny.formats import brat
from vostochny.formats.input import Gold, Input
from vostochny.model import Document, Entity, Event, Span


@pytest.mark.parametrize(
    ("ann", "message"),
    [
        ("T1\tPER 0 2\tKim", "one.ann:1: T1: 'Kim' is not at these offsets; the text has 'Ki' there"),
        ("T1\tPER 0 999\tKim", ":1: T1: 0 999 is not in the text, which has"),
        ("T1 PER 0 3 Kim", ":1: T1 PER 0 3 Kim: is not a brat line"),
        ("T1\tPER 0 3\tKim\nT1\tPER 0 3\tKim", ":2: T1: appears twice"),
        ("E1\tContact.Meet:T7", ":1: E1: no text-bound annotation has the id T7"),
        ("T1\tContact.Meet 4 7\tmet\nE1\tContact.Meet:T1 Place:T9", ":2: E1.Place: no entity or event has the id T9"),
        ("R1\tsource Arg1:T1 Arg2:T2", ":1: source: no annotation has the id T1 or T2"),
        ("T1\tPERS 0 3\tKim", ":1: entities[0].type: unknown entity type 'PERS'"),
    ],
)
def test_brat_faults_have_their_line(ann, message, tmp_path):
    path = tmp_path / "one.ann"
    path.write_text(ann, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_predictions(path, "brat")
    assert message in str(caught.value)


def test_brat_of_another_text_is_named(tmp_path):
    (tmp_path / "one.ann").write_text("T1\tPER 0 3\tKim")
    (tmp_path / "one.txt").write_text(TEXTS["one"].replace("\n", "\r\n"), encoding="utf-8", newline="")
    with pytest.raises(InputError, match=r"one.txt: differs from the article at character 23"):
        read_predictions(tmp_path)


def test_brat_keeps_what_it_has_no_place_for_in_sight(tmp_path):
    (tmp_path / "one.ann").write_text(
        "T1\tPER 0 3;8 13\tKim Putin\nT2\tPER 8 13\tPutin\nR1\tknows Arg1:T1 Arg2:T2\nA1\tsure T1\n"
        "*\tEquiv T1 T2\n#1\tNote T1\tx\n"
    )
    found, notes = Input(tmp_path).read_predictions(Gold(make_gold(), ONTOLOGY))
    assert [e.span for e in found["one"].entities] == [Span(0, 3), Span(8, 13), Span(8, 13)]
    assert len(notes) == 4 and any("1 relations knows" in n for n in notes)


def test_a_discontinuous_entity_is_its_parts(tmp_path):
    """“North and South Korea”: North … Korea is not the words between, which are another country."""
    text = "North and South Korea met\nKim\nJong Un’s troops."
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    (tmp_path / "a.ann").write_text(
        "T1\tGPE 0 5;16 21\tNorth Korea\nT2\tGPE 10 21\tSouth Korea\nT3\tPER 26 29;30 37\tKim Jong Un\n"
        "N1\tReference T1 cluster:dprk\tNorth Korea\nA1\tlevel T1 NAM\n"
        "T4\tContact.Meet 22 25\tmet\nE1\tContact.Meet:T4 Participant:T1\n"
        "T5\tContact.Meet 0 5;22 25\tNorth met\nE2\tContact.Meet:T5\n"
    )
    gold = Input(tmp_path).read_gold()
    (document,) = gold.documents
    found = [(e.span.of(text), e.type, e.cluster, e.level) for e in document.entities]
    assert found == [
        ("North", "GPE", "dprk", "NAM"), ("Korea", "GPE", "dprk", "NAM"), ("South Korea", "GPE", None, None),
        ("Kim\nJong Un", "PER", None, None),
    ]  # fmt: skip
    assert document.events[0].arguments[0].filler.span.of(text) == "North"
    assert [n for n in gold.notes if n.startswith("1 ")] == [
        "1 discontinuous entities: each part was read as an entity of its own",
        "1 discontinuous triggers, cues and speakers: the span around the parts was taken",
    ]
    found, _ = Input(tmp_path).read_predictions(gold)
    assert [e.span for e in found["a"].entities] == [e.span for e in document.entities]


@pytest.mark.parametrize("doc_id", ["..", "/", "a/b", "../../e", ".hidden"])
def test_a_doc_id_that_is_no_file_name_is_a_loss(tmp_path, doc_id):
    lost: Counter[str] = Counter()
    document = replace(make_gold()[0], doc_id=doc_id)
    brat.write(str(tmp_path / "out"), [document], lost)
    assert lost["doc_ids (not usable as file names)"] == 1
    assert len(list((tmp_path / "out").iterdir())) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    brat.write(str(tmp_path / "out"), [make_gold()[0]], none := Counter())
    assert not none["doc_ids (not usable as file names)"]


def test_doc_ids_that_differ_only_in_case_get_different_files(tmp_path):
    documents = [replace(make_gold()[0], doc_id=doc_id) for doc_id in ("one", "One", "two")]
    brat.write(str(tmp_path / "out"), documents, lost := Counter())
    assert sorted(path.name for path in (tmp_path / "out").glob("*.txt")) == ["One_.txt", "one.txt", "two.txt"]
    assert lost["doc_ids (not usable as file names)"] == 1


def test_white_space_in_a_type_or_cluster_is_a_loss(tmp_path):
    first = make_gold()[0]
    kim, putin = first.entities[:2]
    entities = [replace(kim, type="A B", cluster="x y"), replace(putin, type=" ", cluster=" ")]
    document = replace(first, entities=tuple(entities), events=(), quotes=())
    brat.write(str(tmp_path / "out"), [document], lost := Counter())
    assert lost["white space in names (written as _)"] == 4
    [back] = Input(tmp_path / "out").read_gold().documents
    assert [(e.span, e.type, e.cluster) for e in back.entities] == [
        (entities[0].span, "A_B", "x_y"), (entities[1].span, "_", "_"),
    ]  # fmt: skip


@pytest.mark.parametrize("end", [" ", "\n", "\x85", "\u2028", "\t", "\u00a0"])
def test_a_span_with_white_space_at_its_ends_comes_back(end, tmp_path):
    text = f"Kim{end}met{end}Putin."
    entities = (Entity("e1", Span(3, 8), "PER", cluster="x"), Entity("e2", Span(0, 3), "PER"))
    event = Event("v1", Span(4, 8), "Contact.Meet", "actual")
    brat.write(str(tmp_path / "out"), [Document("one", text, entities=entities, events=(event,))], Counter())
    [back] = Input(tmp_path / "out").read_gold().documents
    assert {e.span for e in back.entities} == {Span(3, 8), Span(0, 3)} and back.events[0].trigger == Span(4, 8)


def test_a_doc_id_too_long_for_a_file_name_is_named(tmp_path):
    fits = replace(make_gold()[0], doc_id="x" * 251)
    brat.write(str(tmp_path / "fits"), [fits], Counter())
    with pytest.raises(InputError, match=r"doc_id é+….*at most 251 bytes"):
        brat.write(str(tmp_path / "out"), [fits, replace(fits, doc_id="é" * 126)], Counter())
    assert not (tmp_path / "out").exists()
