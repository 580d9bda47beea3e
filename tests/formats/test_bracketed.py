"""Clusters as brackets: CoNLL-2012, and a CorefUD file that udapi 0.5.2 wrote (files/corefud.conllu)."""

from pathlib import Path

import pytest

import vostochny
from tests.support.two_articles import TEXTS, make_gold
from vostochny.errors import InputError
from vostochny.formats import registry
from vostochny.formats.input import Input
from vostochny.formats.reader import Reading
from vostochny.ontology import load_ontology

COREFUD = Path(__file__).parent / "files" / "corefud.conllu"


def write(tmp_path, *rows, head="#begin document (a); part 000"):
    path = tmp_path / "a.v4_gold_conll"
    lines = [f"a 0 {i} {row.split()[0]} NN (S* - - - - * {row.split()[1]}" if row else "" for i, row in enumerate(rows)]
    path.write_text("\n".join([head, *lines, "#end document", ""]), encoding="utf-8")
    return path


def read(path):
    return [
        (d.doc_id, [(e.span.of(d.text), e.type, e.cluster.split(" ")[-1]) for e in d.entities])
        for d in vostochny.load(path)
    ]


def test_mentions_nest_and_cross(tmp_path):
    path = write(tmp_path, "a (0|(1", "b (2", "c 1)", "d 2)|(3)", "e 0)", "", "f (3)", "", "g (0")
    path.write_text(path.read_text(encoding="utf-8").replace("g NN (S* - - - - * (0", "g NN - (0)"), encoding="utf-8")
    ((doc_id, mentions),) = read(path)
    assert doc_id == "a_000"
    expected = {("a b c", "1"), ("b c d", "2"), ("d", "3"), ("a b c d e", "0"), ("f", "3"), ("g", "0")}
    assert {(words, cluster) for words, _, cluster in mentions} == expected


def test_a_cluster_within_itself_ends_innermost_first(tmp_path):
    ((_, mentions),) = read(write(tmp_path, "a (0", "b (0", "c 0)", "d 0)"))
    assert sorted(words for words, _, _ in mentions) == ["a b c d", "b c"]


def test_parts_are_documents_with_clusters_of_their_own(tmp_path):
    path = write(tmp_path, "a (0)", "b (0)")
    text = path.read_text(encoding="utf-8")
    path.write_text(text + text.replace("part 000", "part 001"), encoding="utf-8")
    documents = vostochny.load(path)
    assert [d.doc_id for d in documents] == ["a_000", "a_001"]
    assert len({e.cluster for d in documents for e in d.entities}) == 2


@pytest.mark.parametrize(
    ("rows", "line", "message"),
    [
        (["a (0", "b -"], 2, "does not end in its sentence"),
        (["a (0", "", "b 0)"], 2, "or make one sentence of those that it goes across"),
        (["a (1)", "b 0)"], 3, "begins nowhere"),
        (["a (1)", "b (0)x"], 3, "is not made of brackets"),
        (["a (1)", "b NN-NP"], 3, "is not made of brackets"),
        (["a (1|(2", "b 1)|2)"], 2, "a gold mention is in one cluster"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(tmp_path, rows, line, message):
    with pytest.raises(InputError, match=message) as e:
        vostochny.load(write(tmp_path, *rows))
    assert e.value.problems[0].line == line


def test_rows_without_a_number_of_the_word_are_refused(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("#begin document (a);\nx Kim NNP (0)\n", encoding="utf-8")
    with pytest.raises(InputError, match="expected document, part, number, word"):
        Input(str(path), "brackets").read_gold()


def test_corefud_of_udapi_is_read_with_and_without_a_text():
    ((_, mentions),) = read(COREFUD)
    assert sorted(mentions) == [
        ("He", "person", "e1"), ("Mr Kim", "person", "e1"), ("Mr Kim ’s train", "object", "e2"),
        ("agreed", "event", "e3"), ("said", "event", "e3"),
    ]  # fmt: skip
    reading = Reading(load_ontology(), {d.doc_id: d for d in make_gold()})
    found = reading.read_predictions(Input(str(COREFUD)).read_records(reading), "wrong")["two"]
    words = sorted(e.span.of(TEXTS["two"]) for e in found.entities)
    assert words == ["He", "Mr Kim", "Mr Kim’s train", "agreed", "said"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("#begin document (a); part 000\na 0 0 Kim NNP - * -\na 0 1 left VBD - * -\n", "brackets"),
        ("Kim\t(1)\nleft\t-\n", "brackets"),
        ("#begin document a\nKim B-PER\nleft O\n", "conll"),
        ("1\tKim\tB-PER\n2\tleft\tO\n", "conll"),
    ],
)
def test_brackets_are_distinguished_from_tags(tmp_path, text, name):
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    assert registry.detect(str(path)) == name


def test_corefud_scores_itself_with_one():
    result = vostochny.score(COREFUD, gold=COREFUD, resamples=0)
    assert result.measures["coreference.entities.within.conll"].value == 1


def test_mentions_of_empty_nodes_are_counted_as_left_out(tmp_path):
    path = tmp_path / "a.conllu"
    text = COREFUD.read_text(encoding="utf-8")
    empty = "1.1\t_\t_\t_\t_\t_\t_\t_\t2:nsubj\tEntity=(e1-person-1)\n"
    path.write_text(text.replace("2\tsaid", empty + "2\tsaid"), encoding="utf-8")
    gold = Input(str(path)).read_gold()
    assert read(path) == read(COREFUD)
    assert "left out: 1 mentions of empty nodes, which have no words" in gold.notes


def test_what_corefud_has_beside_mentions_is_read_or_counted(tmp_path):
    """A discontinuous mention, a mention that begins with an empty node, bridging and split antecedents."""
    rows = [
        ("1", "North", "Entity=(e1[1/2]-place-1)"), ("2", "and", "_"), ("3", "South", "Entity=(e2-place-1"),
        ("4", "Korea", "Entity=(e1[2/2]-place-1)e2)"), ("4.1", "_", "Entity=(e3-event-1"),
        ("5", "met", "Entity=(e4-event-1)"), ("5.1", "_", "Entity=(e6-person-1)"),
        ("6", "They", "Bridge=e2<e5:part|Entity=(e5-place-1)e3)|SplitAnte=e1<e5,e2<e5"),
    ]  # fmt: skip
    lines = ["# newdoc id = a", "# global.Entity = eid-etype-head", "# sent_id = 1"]
    lines += ["\t".join((place, form, *"______", "_", misc)) for place, form, misc in rows]
    path = tmp_path / "a.conllu"
    path.write_text("\n".join([*lines, "", ""]), encoding="utf-8")
    ((_, mentions),) = read(path)
    assert sorted(mentions) == [
        ("Korea", "place", "e1"), ("North", "place", "e1"), ("South Korea", "place", "e2"), ("They", "place", "e5"),
        ("met", "event", "e4"), ("met They", "event", "e3"),
    ]  # fmt: skip
    assert {
        "1 discontinuous entities: each part was read as an entity of its own",
        "left out: 2 split antecedents of CorefUD",
        "left out: 1 bridging links of CorefUD",
    } <= set(Input(str(path)).read_gold().notes)
