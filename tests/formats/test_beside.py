"""What stands beside another statement is compared with it, and what is not read is named: in every format of tools."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import pytest

import vostochny
from tests.support import two_articles
from tests.support.two_articles import make_gold, read_predictions
from vostochny.errors import InputError
from vostochny.formats.input import Gold, Input
from vostochny.model import Document
from vostochny.ontology import load_ontology

TEXT = "Kim met Putin. Kim left Moscow."


def read(tmp_path: Path, value: Any, name: str = "p.jsonl") -> tuple[Document, list[str]]:
    """Read predictions about TEXT; a string is the content of the file, another value a line of JSON."""
    path = tmp_path / name
    path.write_text(value if isinstance(value, str) else json.dumps(value) + "\n", encoding="utf-8")
    documents, notes = Input(path).read_predictions(Gold([Document("one", TEXT)], load_ontology()))
    return documents["one"], notes


def test_words_in_spans_of_spacy_and_prodigy_are_compared(tmp_path):
    task = {"text": TEXT, "spans": [{"start": 8, "end": 13, "text": "Putin", "label": "PER", "token_start": 2}]}
    assert len(read(tmp_path, task)[0].entities) == 1
    task["spans"][0]["start"] = 9
    with pytest.raises(InputError, match="'Putin' is not at 9–13"):
        read(tmp_path, task)
    task["spans"] = [{"start": 8, "end": 13, "labell": "PER"}]
    with pytest.raises(InputError, match="labell: unknown key"):
        read(tmp_path, task)


def test_spans_of_prodigy_name_tokens_that_are_there(tmp_path):
    tokens = [{"text": "Kim", "start": 0, "end": 3, "id": 0}, {"text": "met", "start": 4, "end": 7, "id": 1}]
    span = {"start": 1, "end": 7, "label": "PER", "token_start": 4, "token_end": 1}
    with pytest.raises(InputError, match="are not among the 2 tokens, in their order"):
        read(tmp_path, {"text": TEXT, "tokens": tokens, "spans": [span], "answer": "accept"})


def test_groups_of_spacy_that_are_not_read_are_counted(tmp_path):
    span = {"start": 8, "end": 13, "label": "PER", "kb_id": ""}
    document = {"text": TEXT, "ents": [span], "spans": {"entitties": [span, span], "quotes": []}, "tokens": []}
    found, notes = read(tmp_path, document)
    assert not found.entities
    assert "left out: 2 spans in the group 'entitties' of spaCy" in notes
    assert "left out: 1 entities of spaCy, beside span groups without entities" in notes
    found, notes = read(tmp_path, {"text": TEXT, "sapns": [span], "tokens": [], "_view_id": "x"})
    assert not found.entities and "keys not used: sapns" in notes
    assert "1 documents have neither ents nor spans, and are read as empty" in notes
    with pytest.raises(InputError, match="expected a list"):
        read(tmp_path, {"text": TEXT, "spans": {"quotes": span}, "tokens": []})


@pytest.mark.parametrize(
    ("value", "note"),
    [
        ({"text": TEXT, "spans": [], "_spans": [], "_view_id": "ner_manual"}, "_spans"),
        ({"id": 1, "text": TEXT, "label": [], "Labels": [[8, 13, "PER"]]}, "Labels"),
        ({"doc_id": "one", "entities": [{"entity_group": "PER", "word": "Putin", "start": 8, "end": 13}], "x": 1}, "x"),
        ({"doc_id": "one", "entities": [{"label": "PER", "text": "Putin"}], "relation": []}, "relation"),
        ({"extractions": [], "text": TEXT, "extraction": []}, "extraction"),
        ({"extractions": [], "text": TEXT, "": []}, "''"),
        (
            {"passages": [{"text": [TEXT], "offsets": [[0, 31]]}], "entities": [], "document_ID": 1, "id": 1},
            "document_ID",
        ),
    ],
    ids=["prodigy", "doccano", "pipeline", "gliner", "langextract", "blank", "bigbio"],
)
def test_keys_of_tools_that_are_not_known_are_named(value, note, tmp_path):
    assert f"keys not used: {note}" in read(tmp_path, value)[1]


@pytest.mark.parametrize(
    "value",
    [
        {"id": 1, "text": TEXT, "relations": [], "entities": [
            {"id": 1, "label": "PER", "start_offset": 8, "end_offset": 13, "labell": "x"}]},
        {"text": TEXT, "extractions": [
            {"extraction_class": "PER", "extraction_text": "Putin", "char_interval": {"start_pos": 8, "end-pos": 13}}]},
    ],
    ids=["doccano", "langextract"],
)  # fmt: skip
def test_keys_of_items_that_are_not_known_are_refused(value, tmp_path):
    with pytest.raises(InputError, match="unknown key"):
        read(tmp_path, value)


def make_pieces(*shifts: int) -> list[dict[str, Any]]:
    pieces = [("B-PER", "pu", 8, 10), ("I-PER", "##tin", 10, 13)]
    return [
        {"entity": tag, "index": i, "word": word, "start": a, "end": b + shift}
        for i, ((tag, word, a, b), shift) in enumerate(zip(pieces, shifts, strict=True))
    ]


def test_words_of_pieces_are_compared(tmp_path):
    (entity,) = read(tmp_path, [make_pieces(0, 0)])[0].entities
    assert (entity.span.start, entity.span.end) == (8, 13)
    with pytest.raises(InputError, match="'putin' is not at 8–12"):
        read(tmp_path, [make_pieces(0, -1)])
    # Bytes in disguise, and characters that a tokenizer does not know, are not words.
    for words in (("Ġpu", "tÄ±n"), ("pu", "<0xC4>n")):
        pieces = [{**x, "word": word} for x, word in zip(make_pieces(0, 0), words, strict=True)]
        assert len(read(tmp_path, [pieces])[0].entities) == 1


def test_pieces_that_are_repeated_are_counted(tmp_path):
    first, second = make_pieces(0, 0)
    found, notes = read(tmp_path, [[first, second, first]])
    assert len(found.entities) == 1 and "left out: 1 pieces that were given before" in notes


def test_white_space_at_the_end_of_a_span_is_noted(tmp_path):
    item = {"entity_group": "PER", "word": "kim", "start": 0, "end": 4}
    assert "1 spans end in white space, which counts as part of them" in read(tmp_path, [[item]])[1]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("T1\tPER 7 13\tPutin", "' Putin' there"),
        ("T1\tPER 8 13\tPutin\nE1\tContact.Meet:T2\nT2\tContact.Meet 4 7\tmet\nA1\trealis E1", "has no value"),
        ("E1\tContact.Meet:T2\nT2\tContact.Meet 4 7\tmet\nA1\trealis E1 actual\nA2\trealis E1 generic", "given twice"),
        ("T1\tPER 0 3\tKim\nN1\tReference T1 cluster:a\nN2\tReference T1 cluster:b", "second cluster"),
        ("T1\tContent 0 3\tKim\nT2\tPER 8 13\tPutin\nT3\tPER 15 18\tKim\nR1\tsource Arg1:T1 Arg2:T2\n"
         "R2\tsource Arg1:T1 Arg2:T3", "given twice"),
    ],
)  # fmt: skip
def test_contradictions_in_brat_are_refused(line, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read(tmp_path, line + "\n", "one.ann")


def test_normalisations_beyond_the_first_are_counted(tmp_path):
    lines = "T1\tPER 0 3\tKim\nN1\tReference T1 Wiki:1\tKim\nN2\tReference T1 Wiki:2\tKim\n"
    found, notes = read(tmp_path, lines, "one.ann")
    assert found.entities[0].cluster == "Wiki:1" and "left out: 1 further normalisations (N) of brat" in notes


TAGGED = {"doc_id": "one", "tokens": ["Kim", "met"], "ner_tags": ["B-PER", "O"]}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"doc_id": "one", "tokens": ["Kim", "met"]}, "expected an object"),
        ({**TAGGED, "doc_id": ["one"]}, "doc_id"),
        ({**TAGGED, "token_offsets": [{"start": 0, "end": 3}]}, "as many as tokens"),
        ({**TAGGED, "token_offsets": [{"start": 0, "end": 3}, {"start": 4, "ende": 7}]}, "as many as tokens"),
        ({**TAGGED, "token_offsets": [{"start": 0, "end": 3}, {"start": 5, "end": 8}]}, "'met' is not at 5–8"),
    ],
)
def test_tagged_rows_are_whole(row, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read(tmp_path, row)


def test_columns_of_tagged_rows_that_are_not_read_are_named(tmp_path):
    assert "columns not read: TOKEN_OFFSETS" in read(tmp_path, {**TAGGED, "TOKEN_OFFSETS": []})[1]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("one 0 1 met (0) -", "column 5 has the brackets"),
        ("one 0 1 met - - -", "has 7 columns"),
    ],
)
def test_brackets_of_clusters_stand_in_the_last_column(line, message, tmp_path):
    lines = f"#begin document (one);\none 0 0 Kim - (0)\n{line}\n\n#end document\n"
    with pytest.raises(InputError, match=message):
        read(tmp_path, lines, "p.conll")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("3\tmet\tmeet\tVERB\t_\t_\t0\troot\t_\t_", "comes after the word 1"),
        ("2\tmet\tVERB\t_\t_\t0\troot\t_\tEntity=(e2-x-1)", "column 9 has"),
        ("2\tmet\tmeet\tVERB\t_\t_\t0\troot\t_", "has 9 columns"),
        ("2\tmet\tmeet\tVERB\t_\t_\t0\troot\t_\tEntitiy=(e2-x-1)", "Entitiy: unknown key of MISC"),
    ],
)
def test_lines_of_corefud_are_whole(line, message, tmp_path):
    first = "1\tKim\tKim\tPROPN\t_\t_\t2\tnsubj\t_\tEntity=(e1-person-1)"
    head = "# newdoc id = one\n# global.Entity = eid-etype-head\n"
    with pytest.raises(InputError, match=message):
        read(tmp_path, f"{head}{first}\n{line}\n\n", "p.conllu")


def test_columns_of_webanno_are_those_of_its_layers(tmp_path):
    content = two_articles.make_webanno_tsv(make_gold()[1])
    (tmp_path / "two.tsv").write_text(re.sub(r"(?m)^(\d+-\d+\t\S+\t\S+)\tX", r"\1", content), encoding="utf-8")
    with pytest.raises(InputError, match="has 2 columns behind the word; the layers have 3"):
        read_predictions(tmp_path / "two.tsv")


def test_attributes_of_label_studio_have_values(sample_files, tmp_path):
    path = tmp_path / "t.json"
    path.write_text(
        sample_files["label-studio"].read_text(encoding="utf-8").replace('"choices":', '"choice":'), "utf-8"
    )
    with pytest.raises(InputError, match="level has no 'choices'"):
        read_predictions(path)


def test_white_space_beside_the_words_of_label_studio_is_noted(sample_files, tmp_path):
    tasks = json.loads(sample_files["tasks-of-others"].read_text(encoding="utf-8"))
    tasks[0]["annotations"][0]["result"][0]["value"]["end"] += 1
    (tmp_path / "t.json").write_text(json.dumps(tasks), encoding="utf-8")
    notes = Input(tmp_path / "t.json").read_gold().notes
    assert "1 regions begin or end in white space that their words lack: offsets are taken" in notes


def test_words_of_a_gold_that_its_text_lacks_are_refused(tmp_path):
    path = tmp_path / "g.jsonl"
    path.write_text(json.dumps({"doc_id": "one", "text": TEXT, "entities": [{"text": "Xi", "type": "PER"}]}))
    with pytest.raises(InputError, match="has no 'Xi'; expected words of the text in a gold"):
        vostochny.load(path)


def test_a_gold_with_texts_and_without_is_noted(tmp_path):
    rows = [{"doc_id": "one", "text": TEXT, "entities": []}, {"doc_id": "two", "entities": []}]
    (tmp_path / "g.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    notes = Input(tmp_path / "g.jsonl").read_gold().notes
    assert notes == ["1 of 2 documents have no text, with which words could be compared"]


def test_documents_that_are_numbered_are_noted(tmp_path):
    (tmp_path / "g.conll").write_text("Kim\tB-PER\n\n")
    assert "no ids: documents are called 1 to 1 in their order" in Input(tmp_path / "g.conll").read_gold().notes


def test_arguments_and_parts_that_are_repeated_are_noted(sample_files, tmp_path):
    rows = [json.loads(line) for line in sample_files["jsonl"].read_text(encoding="utf-8").splitlines()]
    for items in (rows[0]["events"][0]["arguments"], rows[0]["quotes"][0]["content"]):
        items.append(items[0])
    path = tmp_path / "p.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    notes = vostochny.score(path, gold=sample_files["jsonl"], resamples=0).notes
    assert any(note.startswith("predictions: 1 of the arguments given again") for note in notes)
    assert any(note.startswith("predictions: 1 of the parts of quotes given again") for note in notes)


def test_a_line_with_more_columns_than_the_others_is_noted(tmp_path):
    (tmp_path / "g.conll").write_text("Kim\tB-PER\nmet\tO\nPutin\tO\tGPE\n\n")
    notes = Input(tmp_path / "g.conll").read_gold().notes
    assert "conll: 1 lines have more than 2 columns, which most lines have" in notes


def test_keys_without_number_are_counted_in_a_note(tmp_path):
    """A document with a hundred thousand keys once gave a note that named all of them."""
    value = {"text": TEXT, "label": [[0, 3, "PER"]], **{f"key{i:05}": i for i in range(5000)}}
    (note,) = [note for note in read(tmp_path, value)[1] if note.startswith("keys not used")]
    assert note.startswith("keys not used: key00000, key00001") and note.endswith("… (5000 in all)")
    assert len(note) < 2000


@pytest.mark.parametrize("words", [7, ["Kim"], {"a": "Kim"}, True])
@pytest.mark.parametrize("streamed", [False, True])
def test_words_beside_offsets_are_a_text(words, streamed, tmp_path, monkeypatch):
    if streamed:
        monkeypatch.setattr("vostochny.scoring.systems.MAX_GOLD_BYTES_IN_MEMORY", 1)
    (tmp_path / "gold.jsonl").write_text('{"doc_id": "a", "text": "Kim met.", "entities": []}\n')
    row = {"doc_id": "a", "entities": [{"start": 0, "end": 3, "text": words, "type": "PER"}]}
    (tmp_path / "p.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(InputError, match=r"entities\[0\].text: is .*; expected the words of the span"):
        vostochny.score(tmp_path / "p.jsonl", gold=tmp_path / "gold.jsonl")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        result = vostochny.score(tmp_path / "p.jsonl", gold=tmp_path / "gold.jsonl", unknown="wrong")
    assert "1 items have something that cannot be read" in " ".join([*result.notes, *(str(x.message) for x in said)])
