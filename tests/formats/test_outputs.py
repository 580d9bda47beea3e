"""What real extractors emit: word pieces, outputs without ids, labels of their own."""

from __future__ import annotations

import json

import pytest

from tests.support.two_articles import (
    TEXTS,
    find_span,
    gliner_answer,
    make_gold,
    pipeline_answer,
    read_predictions,
    typed_spans,
)
from vostochny import cli
from vostochny.errors import InputError
from vostochny.formats import registry


def test_word_pieces_are_put_together(tmp_path):
    text = TEXTS["one"]
    kim, putin = find_span(text, "Kim"), find_span(text, "Putin")

    def piece(tag: str, index: int, word: str, start: int | None, end: int | None) -> dict:
        return {"entity": tag, "score": 0.9, "index": index, "word": word, "start": start, "end": end}

    items = [
        piece("B-PER", 1, "Ki", kim.start, kim.start + 2), piece("B-PER", 2, "##m", kim.start + 2, kim.end),
        piece("I-PER", 7, "Pu", putin.start, putin.start + 2), piece("I-PER", 8, "##tin", putin.start + 2, putin.end),
        piece("PER", 30, "Putin", putin.start, putin.end), piece("ORG", 31, "Kim", kim.start, kim.end),
    ]  # fmt: skip
    path = tmp_path / "pieces.json"
    path.write_text(json.dumps({"one": items}), encoding="utf-8")
    found = [(e.span, e.type) for e in read_predictions(path)["one"].entities]
    assert found == [(kim, "PER"), (putin, "PER"), (putin, "PER"), (kim, "ORG")]
    # A slow tokenizer gives no offsets: the pieces' words are looked for.
    slow = [{**x, "start": None, "end": None} for x in items[:4]]
    path.write_text(json.dumps({"one": slow}), encoding="utf-8")
    assert [e.span for e in read_predictions(path)["one"].entities] == [kim, putin]


def test_outputs_without_ids_are_taken_in_order_or_refused(tmp_path):
    path = tmp_path / "out.json"
    path.write_text(json.dumps([pipeline_answer(make_gold()[0], True), [], []]), encoding="utf-8")
    with pytest.raises(InputError, match="3 documents have no id; expected one for each, or all 2 in order"):
        read_predictions(path)
    path.write_text(
        "".join(json.dumps({"doc_id": d.doc_id, "entities": gliner_answer(d)}) + "\n" for d in make_gold()[::-1])
    )
    assert registry.detect(str(path)) == "gliner"
    assert typed_spans(list(read_predictions(path).values())) == {
        k: typed_spans(make_gold())[k] for k in ("two", "one")
    }


def test_labels_of_one_s_own_through_a_view(tmp_path, sample_files, capsys):
    """GLiNER's labels are free words; a mapping says which of the ontology's types they are."""
    out, view = tmp_path / "out.json", tmp_path / "view.json"
    theirs = {"PER": "person", "GPE": "country"}
    out.write_text(
        json.dumps({d.doc_id: [{**s, "label": theirs[s["label"]]} for s in gliner_answer(d)] for d in make_gold()})
    )
    view.write_text(json.dumps({"types": theirs, "levels": ["NAM", "PRO"]}))
    arguments = [
        "score",
        str(out),
        "--gold",
        str(sample_files["jsonl"]),
        "--view",
        str(view),
        "--json",
        "-",
        "--resamples",
        "0",
    ]
    assert cli.main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["metrics"]["entities.all"]["value"] == 1
