"""Pieces of a model's tokens become entities in one way, from a file and from a pipeline that runs here."""

from __future__ import annotations

import json

import pytest

from vostochny.errors import InputError
from vostochny.extractors import transformers_
from vostochny.formats.input import Gold, Input
from vostochny.model import Document, Span
from vostochny.ontology import load_ontology
from vostochny.text.layout import paragraphs_of

TEXT = "So Vladimir Putin said"
PUTIN = (3, 17)


def read(tmp_path, *outputs, text=TEXT):
    """Return the spans and types of the last document's entities."""
    path = tmp_path / "p.json"
    path.write_text(json.dumps(list(outputs), ensure_ascii=False), encoding="utf-8")
    documents = [Document(f"d{i}", text, (), tuple(paragraphs_of(text))) for i in range(len(outputs))]
    found, _ = Input(path).read_predictions(Gold(documents, load_ontology()), "wrong")
    return [(e.span.start, e.span.end, e.type) for e in found[f"d{len(outputs) - 1}"].entities]


def pieces(*tagged):
    return [{"entity": tag, "index": i, "word": word} for i, (tag, word) in enumerate(tagged, 1)]


@pytest.mark.parametrize(
    "tagged",
    [
        [("B-PER", "▁Vlad"), ("B-PER", "imir"), ("I-PER", "▁Putin")],  # SentencePiece
        [("B-PER", "ĠVlad"), ("I-PER", "imir"), ("I-PER", "ĠPutin")],  # byte-level BPE
        [("B-PER", "Vlad"), ("B-PER", "##imir"), ("I-PER", "Putin")],  # WordPiece
        [("B-PER", "Vlad@@"), ("B-PER", "imir"), ("I-PER", "Putin")],  # fastBPE
        [("B-PER", "vlad"), ("B-PER", "imir</w>"), ("I-PER", "putin</w>")],  # GPT-1
        [("B-PER", "▁Vlad"), ("I-PER", "imir"), ("E-PER", "▁Putin")],  # BIOES
        [("B-PER", "Vlad"), ("I-PER", "##imir"), ("L-PER", "Putin")],  # BILOU
        [("PER", "▁Vlad"), ("PER", "imir"), ("PER", "▁Putin")],  # no letters
        [("B-O", "▁So"), ("B-PER", "▁Vlad"), ("I-PER", "imir"), ("I-PER", "▁Putin"), ("I-O", "▁said")],
    ],
)
def test_pieces_of_every_tokenizer_are_one_entity(tagged, tmp_path):
    text = TEXT.replace("Vladimir Putin", "vladimir putin") if tagged[0][1] == "vlad" else TEXT
    assert read(tmp_path, pieces(*tagged), text=text) == [(*PUTIN, "PER")]


def test_the_tokenizer_is_known_from_all_documents(tmp_path):
    """Byte-level BPE marks no white space before the first word of a text."""
    other = pieces(("B-PER", "ĠPutin"))
    first = pieces(("B-PER", "Vlad"), ("B-PER", "imir"))
    assert read(tmp_path, other, first, text="Vladimir met Putin") == [(0, 8, "PER")]


def test_an_entity_that_is_closed_does_not_go_on(tmp_path):
    tagged = pieces(("S-PER", "▁Vladimir"), ("I-PER", "▁Putin"))
    assert read(tmp_path, tagged) == [(3, 11, "PER"), (12, 17, "PER")]
    tagged = pieces(("S-PER", "▁Vlad"), ("S-PER", "imir"), ("S-PER", "▁Putin"))
    assert read(tmp_path, tagged) == [(3, 11, "PER"), (12, 17, "PER")]


GROUPS = [
    ([("PER", 2, 17)], [(3, 17, "PER")]),  # the blank before the word
    ([("PER", 3, 11), ("E-PER", 11, 17)], [(3, 17, "PER")]),  # a pipeline does not know E-
    ([("S-PER", 2, 11), ("S-PER", 11, 17)], [(3, 11, "PER"), (12, 17, "PER")]),
    ([("B-O", 0, 2), ("PER", 3, 17)], [(3, 17, "PER")]),
    ([("PER", 3, 11), ("PER", 12, 17)], [(3, 11, "PER"), (12, 17, "PER")]),
]


@pytest.mark.parametrize(("groups", "entities"), GROUPS)
def test_aggregated_items_are_the_same_from_a_file_and_from_the_adapter(groups, entities, tmp_path):
    output = [{"entity_group": t, "word": TEXT[a:b], "start": a, "end": b, "score": 0.9} for t, a, b in groups]
    assert read(tmp_path, output) == entities
    assert transformers_.spans_of(output, TEXT) == [(Span(a, b), t) for a, b, t in entities]


def test_a_type_that_begins_like_a_tag_stays_one(tmp_path):
    gold = {"doc_id": "d0", "text": TEXT, "entities": [{"start": 3, "end": 11, "type": "E-MAIL", "level": "NAM"}]}
    (tmp_path / "gold.jsonl").write_text(json.dumps(gold) + "\n", encoding="utf-8")
    output = [{"entity_group": "E-MAIL", "word": "Vladimir", "start": 3, "end": 11}]
    (tmp_path / "p.json").write_text(json.dumps([output]), encoding="utf-8")
    found, _ = Input(tmp_path / "p.json").read_predictions(Input(tmp_path / "gold.jsonl").read_gold())
    assert [e.type for e in found["d0"].entities] == ["E-MAIL"]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("tag", ["entity", "entity_group"])
@pytest.mark.parametrize("word", [["Vladimir"], 7, {"a": 1}])
def test_a_word_that_is_no_text_is_named(word, tag, first, tmp_path):
    words = [word, "Putin"] if first else ["Vladimir", word]
    places = [(3, 11), (12, 17)]
    items = [{tag: "I-PER", "word": x, "start": a, "end": b} for x, (a, b) in zip(words, places, strict=True)]
    path = tmp_path / "p.json"
    path.write_text(json.dumps([items]), encoding="utf-8")
    with pytest.raises(InputError, match=r"entities\[0\].text: is "):
        Input(path).read_predictions(Gold([Document("d0", TEXT)], load_ontology()))
