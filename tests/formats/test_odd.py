"""Odd but real input: what extractors, exports and people write that no documentation shows."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from tests.support.processes import run_vostochny
from tests.support.two_articles import ONTOLOGY, language_model_answer, make_gold, read_predictions, typed_spans
from vostochny import cli
from vostochny.errors import InputError, suggest_name
from vostochny.formats import references, registry
from vostochny.formats.input import Gold, Input
from vostochny.formats.view_file import read_view
from vostochny.model import Argument, Document, Entity, Event, Quote, Reference, Span
from vostochny.text.layout import paragraphs_of


def plain(text: str, doc_id: str = "d", **layers: Any) -> Document:
    return Document(doc_id, text, (), tuple(paragraphs_of(text)), **layers)


def saved(path: Path, *rows: Any) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_labels_with_hyphens_and_items_tagged_o(tmp_path):
    def piece(tag: str, index: int, start: int, end: int) -> dict[str, Any]:
        return {"entity": tag, "index": index, "word": "Kim Jong Un"[start:end], "start": start, "end": end}

    pieces = [piece("B-person-actor", 1, 0, 3), piece("I-person-actor", 2, 4, 8), piece("O", 3, 9, 11)]
    path = saved(tmp_path / "out.json", [pieces])
    found, _ = Input(path).read_predictions(Gold([plain("Kim Jong Un")], ONTOLOGY), "wrong")
    assert [(e.span, e.type) for e in found["d"].entities] == [(Span(0, 8), "person-actor")]


def test_pieces_without_offsets_are_joined_as_their_tokenizer_parts_them(tmp_path):
    pieces = [{"entity": t, "index": i, "word": w} for i, (t, w) in enumerate(
        [("B-PER", "▁Vlad"), ("I-PER", "imir"), ("I-PER", "▁Putin")])]  # fmt: skip
    about = Gold([plain("So Vladimir Putin said")], ONTOLOGY)
    found, _ = Input(saved(tmp_path / "out.json", [pieces])).read_predictions(about)
    assert [e.span for e in found["d"].entities] == [Span(3, 17)]


def test_tokens_beside_a_gold_without_text(tmp_path):
    """Offsets that a file gives are taken; tokens alone have no place, and a sample_files-up one would be scored."""
    silent = [Document("d", "")]
    row = {"doc_id": "d", "tokens": ["Kim", "met", "Putin"], "ner_tags": ["B-PER", "O", "B-PER"]}
    offsets = [{"start": a, "end": b} for a, b in ((0, 3), (6, 9), (11, 16))]
    path = saved(tmp_path / "offsets.jsonl", {**row, "token_offsets": offsets})
    found, _ = Input(path).read_predictions(Gold(silent, ONTOLOGY))
    assert [e.span for e in found["d"].entities] == [Span(0, 3), Span(11, 16)]
    with pytest.raises(InputError, match=r"tokens.jsonl:1: doc_id: has words, .* rehydrate"):
        Input(saved(tmp_path / "tokens.jsonl", row)).read_predictions(Gold(silent, ONTOLOGY))


def test_tokens_of_white_space_stand_nowhere(tmp_path):
    row = {"doc_id": "d", "tokens": ["Kim", "met", "\n\n", "Putin"], "ner_tags": ["B-PER", "O", "O", "B-PER"]}
    found, _ = Input(saved(tmp_path / "t.jsonl", row)).read_predictions(Gold([plain("Kim met\n\nPutin")], ONTOLOGY))
    assert [e.span for e in found["d"].entities] == [Span(0, 3), Span(9, 14)]


def test_ids_with_spaces_come_back_from_columns(tmp_path):
    path = str(tmp_path / "out.conll")
    registry.load_format("conll").write(path, [replace(d, doc_id=f"my {d.doc_id}") for d in make_gold()], Counter())
    assert [d.doc_id for d in Input(path).read_gold().documents] == ["my one", "my two"]


def test_made_up_ids_leave_given_ones_their_meaning(tmp_path):
    """An entity without id must not take the id that an argument means; a quote may have an entity's id."""
    kim, met, putin = Span(0, 3), Span(4, 7), Span(8, 13)
    filled = (Argument("Participant", Reference(putin, "e1")),)
    given = plain(
        "Kim met Putin",
        entities=(Entity("", kim, "PER"), Entity("e1", putin, "PER")),
        events=(Event("v1", met, "Contact.Meet", arguments=filled),),
        quotes=(Quote("e1", (Span(0, 7),)), Quote("q", (kim,), parent="e1"), Quote("r", (met,), parent="x")),
    )
    lost: Counter[str] = Counter()
    got = references.drop_unplaced(given, lost)
    assert [e.id for e in got.entities if e.span == Span(8, 13)] == [got.events[0].arguments[0].filler.id] == ["e1"]
    assert len({x.id for x in (*got.entities, *got.events, *got.quotes)}) == 6
    assert [q.parent for q in got.quotes] == [None, got.quotes[0].id, None]
    assert lost["parents that are not a quote of the document"] == 1


def test_what_a_relation_cannot_say_is_counted():
    itself = Argument("Participant", Reference(Span(4, 7), "v1"))
    given = plain(
        "Kim met",
        events=(Event("v1", Span(4, 7), "Contact.Meet", arguments=(itself,)),),
        quotes=(Quote("q", (Span(0, 3),), parent="x"),),
    )
    lost: Counter[str] = Counter()
    got = references.resolve_references(given, lost)
    assert not got.events[0].arguments and not got.quotes[0].parent
    assert lost == {"arguments that are the event itself": 1, "parents that are not a quote of the document": 1}


def test_brat_takes_any_name(tmp_path):
    one = make_gold()[0]
    (met,) = one.events
    named = replace(met, type="A: b", arguments=(replace(met.arguments[0], role="Agent of"),))
    twins = [replace(one, doc_id="a/b", events=(named,)), replace(one, doc_id="a_b")]
    registry.load_format("brat").write(str(tmp_path / "out"), twins, Counter())
    first, second = Input(tmp_path / "out").read_gold().documents
    assert (first.doc_id, second.doc_id) == ("a_b", "a_b_")
    assert [(v.type, v.arguments[0].role) for v in first.events] == [("A:_b", "Agent_of")]


def test_standard_input_and_output_of_convert(sample_files, tmp_path):
    rows = "".join(json.dumps(language_model_answer(d)) + "\n" for d in make_gold()).encode()
    binary = {"text": False, "cwd": tmp_path}
    done = run_vostochny("convert", "-", "out.jsonl", "--gold", str(sample_files["jsonl"]), input=rows, **binary)
    assert done.returncode == 0, done.stderr
    assert typed_spans(list(read_predictions(tmp_path / "out.jsonl").values())) == typed_spans(make_gold())
    done = run_vostochny("convert", str(sample_files["jsonl"]), "-", "--format-out", "parquet", **binary)
    (tmp_path / "out").write_bytes(done.stdout)
    assert typed_spans(list(read_predictions(tmp_path / "out").values())) == typed_spans(make_gold())
    done = run_vostochny("convert", str(sample_files["jsonl"]), "-", "--format-out", "brat", **binary)
    assert done.returncode == 2 and b"give a folder" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "out.jsonl"]


def test_nothing_is_converted_beside_a_gold_without_text(tmp_path, capsys):
    path = saved(tmp_path / "p.jsonl", {"doc_id": "d", "entities": [{"start": 0, "end": 3, "type": "PER"}]})
    known = saved(tmp_path / "g.jsonl", {"doc_id": "d", "entities": []})
    assert cli.main(["convert", path, str(tmp_path / "out.conll"), "--gold", known]) == 2
    assert "p.jsonl: doc_id: d: the gold has no article text" in capsys.readouterr().err


def test_without_spacy_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "spacy", None)
    monkeypatch.setitem(sys.modules, "spacy.tokens", None)
    for name in ("spacy", "spacy-json"):
        with pytest.raises(InputError, match="needs spaCy, which is not installed"):
            registry.load_format(name).write(str(tmp_path / "out"), make_gold(), Counter())


def test_a_misspelt_column_is_told(tmp_path):
    row = {"doc_id": "one", "entites": [{"start": 0, "end": 3, "type": "PER"}]}
    parquet.write_table(pyarrow.Table.from_pylist([row]), tmp_path / "out.parquet")
    _, notes = Input(tmp_path / "out.parquet").read_predictions(Gold(make_gold(), ONTOLOGY))
    assert notes == ["columns not read: entites"]


def test_labels_that_are_no_strings_are_faults(tmp_path):
    region = {"id": "a", "from_name": "event", "to_name": "text", "type": "labels"}
    for entry in (
        {**region, "value": {"start": 0, "end": 3, "labels": [["x"]]}},
        {"type": "relation", "from_id": "a", "to_id": "a", "labels": [["x"]]},
    ):
        first = {**region, "from_name": "entity", "value": {"start": 0, "end": 3, "labels": ["PER"]}}
        task = {"data": {"doc_id": "d", "text": "Kim met"}, "annotations": [{"result": [first, {**entry, "id": "b"}]}]}
        with pytest.raises(InputError, match=r"t.json: (b ‹Kim›: unknown event label|relation a).*\['x'\]"):
            Input(saved(tmp_path / "t.json", task)).read_gold()


def test_a_zone_without_a_name_is_a_fault(tmp_path):
    path = saved(tmp_path / "g.jsonl", {"doc_id": "d", "text": "Kim met", "zones": [{"start": 0, "end": 7}]})
    with pytest.raises(InputError, match=r"g.jsonl:1: zones\[0\].zone: is missing; expected the zone's name"):
        Input(path).read_gold()


@pytest.mark.parametrize(
    ("view", "message"),
    [
        ('{"types": {"PER": "P"}, "levels": [["NAM"]]}', "levels: expected a list of NAM, NOM, PRO"),
        ('{"types": {"PER": ' + "9" * 5000 + "}}", "cannot be read as a JSON file"),
        ('{"types": {"PER": "P", "PER": "Q"}}', "types.PER: the key 'PER' appears twice"),
        ('{"types": {"PER": "P",}}', "v.json:1: column 23: is not JSON"),
    ],
)
def test_odd_views_are_faults(view, message, tmp_path):
    (tmp_path / "v.json").write_text(view)
    with pytest.raises(InputError, match=message):
        read_view(str(tmp_path / "v.json"), ONTOLOGY)


def test_the_nearest_of_very_many_names_is_found_at_once():
    """A file of predictions for another gold names thousands of documents that thousands do not match."""
    known = [f"article-{i:05d}" for i in range(20_000)]
    start = time.process_time()
    hints = {suggest_name(f"article-{i:05d}x", known) for i in range(0, 2000, 100)}
    assert "did you mean 'article-00100'?" in hints and len(hints) == 20
    assert suggest_name("zzz", known).endswith("article-00099 … (20000 in all)")
    assert time.process_time() - start < 2


def test_a_doc_id_keeps_its_blanks_in_conll(tmp_path):
    documents = [replace(make_gold()[0], doc_id=doc_id) for doc_id in ("one", " one ", '"one', '"one"')]
    registry.load_format("conll").write(str(tmp_path / "x.conll"), documents, Counter())
    found = Input(tmp_path / "x.conll").read_gold().documents
    assert [d.doc_id for d in found] == [d.doc_id for d in documents]


def test_a_span_of_white_space_is_lost_in_spacy_and_the_rest_can_be_read(tmp_path):
    """spaCy has no token for some white space; the empty span that it gives is none."""
    document = replace(make_gold()[0], events=(), quotes=())
    at = document.text.index(" smiled")
    blank = Entity("e9", Span(at, at + 1), "PER", "NAM")
    document = replace(document, entities=(*document.entities, blank))
    lost = Counter()
    registry.load_format("spacy-json").write(str(tmp_path / "x.jsonl"), [document], lost, True)
    assert lost["spans without words"] == 1
    (found,) = Input(tmp_path / "x.jsonl").read_gold().documents
    assert len(found.entities) == len(document.entities) - 1


def test_a_view_without_end_is_refused():
    with pytest.raises(InputError, match="cannot be read as a JSON file: is larger than 256 MB"):
        read_view("/dev/zero", ONTOLOGY)
