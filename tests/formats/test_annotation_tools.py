"""Files of WebAnno, doccano, langextract and brat's nested folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.two_articles import make_gold, make_webanno_tsv
from vostochny import cli
from vostochny.errors import InputError
from vostochny.formats import registry
from vostochny.formats.input import Gold, Input
from vostochny.model import Document
from vostochny.ontology import load_ontology

TEXT = "Kim met Putin. Kim left Moscow."


def words_of(document: Document) -> list[tuple[str, str]]:
    return [(e.span.of(document.text), e.type) for e in document.entities]


def read_gold(path: Path, annotator: str | None = None) -> Gold:
    return Input(path, annotator=annotator).read_gold()


def read_about(path: Path, *documents: Document) -> tuple[dict[str, Document], list[str]]:
    """Read predictions about documents."""
    return Input(path).read_predictions(Gold(list(documents), load_ontology()))


def write_lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


# -- langextract -------------------------------------------------------------------------------------------------------

# Written by save_annotated_documents of langextract 1.7.1: two extractions where their words are, one without a place,
# and one that is aligned with a part of its words; in another document, none.
LANGEXTRACT = Path(__file__).parent / "data" / "langextract.jsonl"


def test_extractions_of_langextract_are_read_where_it_found_them():
    assert registry.detect(str(LANGEXTRACT)) == "langextract"
    ours = {"one": Document("mine", TEXT), "two": Document("other", "Nobody left.")}
    found, notes = read_about(LANGEXTRACT, *ours.values())
    # Its ids are random unless the user gave others: the document is found by its text.
    assert [words for words, _ in words_of(found["mine"])] == ["Kim", "Putin", "", "Moscow"]
    assert found["other"].entities == ()
    assert "langextract has no place for 1 extractions: they are placed by their words" in notes
    assert "langextract aligned 1 extractions with other words than theirs: its places are taken" in notes
    assert "left out: 1 attributes of langextract's extractions" in notes


def extraction(start: int | None, end: int | None, words: str = "Putin", status: str = "match_exact") -> dict[str, Any]:
    interval = {"start_pos": start, "end_pos": end}
    return {"extraction_class": "PER", "extraction_text": words, "char_interval": interval, "alignment_status": status}


def test_a_wrong_interval_of_langextract_is_refused(tmp_path):
    row = {"extractions": [extraction(9, 14)], "text": TEXT, "document_id": "d"}
    with pytest.raises(InputError, match="Putin"):
        read_gold(write_lines(tmp_path / "p.jsonl", row))
    (document,) = read_gold(write_lines(tmp_path / "q.jsonl", {**row, "extractions": [extraction(8, 13)]})).documents
    assert (document.doc_id, words_of(document)) == ("d", [("Putin", "PER")])
    # Half a place is none.
    (document,) = read_gold(write_lines(tmp_path / "r.jsonl", {**row, "extractions": [extraction(8, None)]})).documents
    assert words_of(document) == [("Putin", "PER")]
    with pytest.raises(InputError, match="99 is beyond the text"):
        read_gold(write_lines(tmp_path / "s.jsonl", {**row, "extractions": [extraction(8, 99, "P", "match_fuzzy")]}))


# -- doccano -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["label", "labels", "entities"])
def test_both_shapes_of_doccano_are_read(key, tmp_path):
    triples = [[8, 13, "PER"], [24, 30, "GPE"]]
    spans = [{"id": i, "label": t, "start_offset": a, "end_offset": b} for i, (a, b, t) in enumerate(triples)]
    row = {"id": 9, "text": TEXT, key: spans if key == "entities" else triples, "Comments": ["unsure"]}
    row |= {"relations": [{"id": 1, "from_id": 0, "to_id": 1, "type": "in"}]} if key == "entities" else {}
    path = write_lines(tmp_path / "p.jsonl", {**row, key: []}, {**row, "id": 10})
    assert registry.detect(str(path)) == "doccano"
    gold = read_gold(path)
    assert [d.doc_id for d in gold.documents] == ["9", "10"]
    assert [words_of(d) for d in gold.documents] == [[], [("Putin", "PER"), ("Moscow", "GPE")]]
    assert "left out: 2 comments of doccano" in gold.notes
    assert ("left out: 2 relations of doccano" in gold.notes) == (key == "entities")


def test_an_id_of_doccano_never_outweighs_the_text(tmp_path):
    path = write_lines(tmp_path / "p.jsonl", {"id": 1, "text": TEXT, "label": [[8, 13, "PER"]]})
    found, _ = read_about(path, Document("1", "Another text, of equal length.."), Document("2", TEXT))
    assert list(found) == ["2"]
    with pytest.raises(InputError, match="99"):
        read_gold(write_lines(tmp_path / "q.jsonl", {"id": 1, "text": TEXT, "label": [[8, 99, "PER"]]}))


# -- WebAnno TSV -------------------------------------------------------------------------------------------------------

ENTITIES = "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value"
CUSTOM = "#T_SP=webanno.custom.Mention|kind"


def make_tsv(*cells: str, header: tuple[str, ...] = (CUSTOM,), version: str = "3.3") -> str:
    """Return a file of the sentence "😀 Kim [met] Putin." with these cells per token."""
    words = (("0-2", "😀"), ("3-6", "Kim"), ("7-12", r"\[met\]"), ("13-18", "Putin"), ("18-19", "."))
    lines = [f"1-{n}\t{at}\t{word}\t{cell}\t" for n, ((at, word), cell) in enumerate(zip(words, cells, strict=True), 1)]
    head = [f"#FORMAT=WebAnno TSV {version}", *header, "", "", r"#Text=😀 Kim \[met\] Putin."]
    return "\n".join([*head, *lines, ""])


def read_tsv(tmp_path: Path, content: str) -> Document:
    path = tmp_path / "one.tsv"
    path.write_text(content, encoding="utf-8")
    assert registry.detect(str(path)) == "webanno"
    (document,) = read_gold(path).documents
    return document


def test_annotations_of_webanno_may_be_long_stacked_and_escaped(tmp_path):
    document = read_tsv(tmp_path, make_tsv("_", "PER[1]|ORG", r"PER[1]", r"A\_B", "_"))
    assert (document.doc_id, document.text) == ("one", "😀 Kim [met] Putin.")
    assert sorted(words_of(document)) == [("Kim", "ORG"), ("Kim [met]", "PER"), ("Putin", "A_B")]
    more = make_tsv("_\t_", "*[1]\tPER[1]", "*[1]\tPER[1]", "*\t*", "_\t_", header=(ENTITIES,))
    (tmp_path / "two.tsv").write_text(more, encoding="utf-8")
    gold = read_gold(tmp_path / "two.tsv")
    assert words_of(gold.documents[0]) == [("Kim [met]", "PER")]
    assert "left out: 1 annotations without a value" in gold.notes
    assert any(note.startswith("entities read from the layer de.tudarmstadt") for note in gold.notes)


def test_parts_of_a_token_have_lines_of_their_own(tmp_path):
    content = make_tsv("_", "_", "_", "_", "_") + "1-4.1\t13-15\tPu\tPER\t\n"
    assert words_of(read_tsv(tmp_path, content)) == [("Pu", "PER")]


def test_the_layer_of_entities_is_never_guessed(tmp_path):
    two = make_tsv(*["_\t_"] * 5, header=(CUSTOM, "#T_SP=webanno.custom.Topic|name"))
    with pytest.raises(
        InputError, match=r"has the span layers webanno.custom.Mention, webanno.custom.Topic; expected one"
    ):
        read_tsv(tmp_path, two)
    with pytest.raises(InputError, match="has the features kind, level; expected one, or one that is called value"):
        read_tsv(tmp_path, make_tsv(*["_\t_"] * 5, header=(f"{CUSTOM}|level",)))
    both = make_tsv("_\t_\t_", "X\t*\tPER", *["_\t_\t_"] * 3, header=(CUSTOM, ENTITIES))
    assert words_of(read_tsv(tmp_path, both)) == [("Kim", "PER")]
    assert "left out: 1 layers of WebAnno TSV" in read_gold(tmp_path / "one.tsv").notes
    with pytest.raises(InputError, match="has no span layer"):
        read_tsv(tmp_path, make_tsv(*["_"] * 5, header=("#T_RL=webanno.custom.Link|kind|BT_webanno.custom.Mention",)))


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("3-6\tKim", "4-7\tKim", "the word 'Kim' is not at 4-7; the text has 'im ' there"),
        ("3-6\tKim", "1-6\tKim", "the word 'Kim' is not at 1-6"),  # half of a character
        ("3-6\tKim", "3-99999999999\tKim", "is not a place in a text"),
        ("1-2\t", "Kim\t", "is not a token; expected"),
        ("\tPER\t", "\tPER[x]\t", r"'PER\[x\]' is not a value; expected VALUE or VALUE\[NUMBER\]"),
        ("TSV 3.3", "TSV 2", "does not begin with '#FORMAT=WebAnno TSV 3'; export it as WebAnno TSV v3"),
        ("7-12\t\\[met\\]\t_", "7-12\t\\[met\\]\tA[4]\t\n1-9\t13-18\tPutin\tB[4]", "the annotation 4 is 'B' and 'A'"),
    ],
)
def test_what_does_not_fit_is_named(old, new, message, tmp_path):
    content = make_tsv("_", "PER", "_", "_", "_")
    assert old in content
    with pytest.raises(InputError, match=message):
        read_tsv(tmp_path, content.replace(old, new))


def test_the_text_of_the_gold_is_kept(tmp_path):
    documents = make_gold()
    for d in documents:
        (tmp_path / f"{d.doc_id}.tsv").write_text(make_webanno_tsv(d), encoding="utf-8")
    assert [d.text for d in read_gold(tmp_path).documents] == [
        d.text for d in sorted(documents, key=lambda d: d.doc_id)
    ]
    found, _ = read_about(tmp_path, *documents)
    assert [words_of(d) for d in found.values()] == [words_of(d) for d in documents]
    with pytest.raises(InputError, match="the sentence 'Kim met Putin in Amur 🚀' is not at 0; the text has"):
        read_about(tmp_path / "one.tsv", Document("one", documents[0].text[1:]))


def test_a_project_s_export_has_a_file_per_annotator(tmp_path):
    for name in ("alice", "bob"):
        folder = tmp_path / "project" / "annotation" / "one.txt"
        folder.mkdir(parents=True, exist_ok=True)
        cells = ["_", "PER", "_", "_", "_"] if name == "alice" else ["_", "_", "_", "PER", "_"]
        (folder / f"{name}.tsv").write_text(make_tsv(*cells), encoding="utf-8")
    assert registry.detect(str(tmp_path / "project")) == "webanno"
    with pytest.raises(InputError, match=r"the document has 2 files \(alice, bob\); choose one with --annotator NAME"):
        read_gold(tmp_path / "project")
    (document,) = read_gold(tmp_path / "project", "bob").documents
    assert (document.doc_id, words_of(document)) == ("one", [("Putin", "PER")])
    target = tmp_path / "out.jsonl"
    assert cli.main(["convert", str(tmp_path / "project"), str(target), "--annotator", "alice"]) == 0
    assert json.loads(target.read_text(encoding="utf-8"))["entities"][0]["text"] == "Kim"


# -- brat --------------------------------------------------------------------------------------------------------------


def write_brat(folder: Path, name: str, end: int = 3) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.txt").write_text(TEXT, encoding="utf-8")
    (folder / f"{name}.ann").write_text(f"T1\tPER 0 {end}\t{TEXT[:end]}\n", encoding="utf-8")


def test_brat_is_read_from_nested_folders(tmp_path):
    whole = tmp_path / "collection"
    write_brat(whole, "top")
    write_brat(whole / "news" / "2023", "deep")
    write_brat(whole / ".hidden", "none")
    assert registry.detect(str(whole)) == "brat"
    gold = read_gold(whole)
    assert {d.doc_id: words_of(d) for d in gold.documents} == {"deep": [("Kim", "PER")], "top": [("Kim", "PER")]}
    # Only folders in the folder, and what is deep in it belongs to the hash.
    assert [d.doc_id for d in read_gold(whole / "news").documents] == ["deep"]
    write_brat(whole / "news" / "2023", "deep", 7)
    assert read_gold(whole).hash != gold.hash


def test_documents_of_one_name_have_their_folders_in_their_ids(tmp_path):
    for number, folder in enumerate(("a", "b")):
        write_brat(tmp_path / folder, "one", 3 + 4 * number)
    gold = read_gold(tmp_path)
    assert {d.doc_id: words_of(d) for d in gold.documents} == {
        "a/one": [("Kim", "PER")],
        "b/one": [("Kim met", "PER")],
    }
    found, _ = read_about(tmp_path, *gold.documents)
    assert list(found) == ["a/one", "b/one"]
