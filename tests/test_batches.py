"""Streams: in whatever batches they come, files give what documents in memory give."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from samples import NO_INTERVALS, SCHEME, disjoint, of_words

from vostochny import scoring
from vostochny.formats import jsonl
from vostochny.model import Document, Entity, Span, Zone


def lines_of(documents: list[Document], text: bool) -> str:
    out = []
    for d in documents:
        row = {"doc_id": d.doc_id, **jsonl.layers_of(d)}
        if text:
            row |= {
                "text": d.text,
                "zones": [{"start": z.span.start, "end": z.span.end, "zone": z.name} for z in d.zones],
            }
            row |= {
                k: [{"start": s.start, "end": s.end} for s in getattr(d, k)]
                for k in ("paragraphs", "sentences", "tokens")
            }
        out.append(json.dumps(row, ensure_ascii=False))
    return "\n".join(out) + "\n"


def a_corpus(dice: random.Random, size: int) -> tuple[list[Document], list[Document]]:
    zones = (Zone(Span(0, 30), "title"), Zone(Span(30, 45), "body"), Zone(Span(45, 60), "boilerplate"))
    gold, predicted = [], []
    for i in range(size):
        truth = [
            replace(e, id=f"e{n}", cluster=dice.choice("ab")) for n, e in enumerate(disjoint(dice, ("PER", "ORG")))
        ]
        guess = [
            replace(e, cluster=dice.choice("ab"), level=dice.choice(["NAM", None]))
            for e in truth
            if dice.random() < 0.8
        ]
        gold.append(of_words(f"d{i}", truth, zones=zones))
        if dice.random() < 0.95:
            predicted.append(of_words(f"d{i}", guess))
    return gold, predicted


@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize("batch", [1, 3000, 1 << 20])
def test_a_stream_gives_what_documents_give(tmp_path, batches_of, batch, text):
    batches_of(batch)
    gold, predicted = a_corpus(random.Random(batch), 40)
    random.Random(1).shuffle(predicted)  # another order than the gold's
    files = tmp_path / "gold.jsonl", tmp_path / "predicted.jsonl"
    files[0].write_text(lines_of(gold, text), encoding="utf-8")
    files[1].write_text(lines_of(predicted, False), encoding="utf-8")
    streamed = scoring.score_files(str(files[0]), str(files[1]), SCHEME, NO_INTERVALS)
    read = jsonl.read_gold(str(files[0]), SCHEME)
    whole = scoring.score(read, {d.doc_id: d for d in predicted}, SCHEME, NO_INTERVALS)
    assert streamed.without_prediction == whole.without_prediction
    within = {n: m for n, m in whole.measures.items() if ".across" not in n}
    assert streamed.measures.keys() == within.keys()
    for name, measure in within.items():
        assert streamed.measures[name].value == pytest.approx(measure.value, nan_ok=True), name
        assert streamed.measures[name].support == pytest.approx(measure.support), name


def test_beyond_a_thousand_documents_rows_are_blocks_and_sums_stay(tmp_path):
    gold, predicted = a_corpus(random.Random(3), 2300)
    files = tmp_path / "gold.jsonl", tmp_path / "predicted.jsonl"
    for path, side in zip(files, (gold, predicted), strict=True):
        path.write_text(lines_of(side, False), encoding="utf-8")
    options = replace(NO_INTERVALS, metrics=("entities.names", "entities.semeval_partial"))
    streamed = scoring.score_files(str(files[0]), str(files[1]), SCHEME, options)
    bare = [replace(d, zones=(), paragraphs=()) for d in gold]
    whole = scoring.score(bare, {d.doc_id: d for d in predicted}, SCHEME, options)
    for name, measure in whole.measures.items():
        assert streamed.measures[name].value == pytest.approx(measure.value), name
        assert len(streamed.measures[name].rows) == scoring.BLOCKS


def test_faults_of_a_stream_are_all_told(tmp_path):
    gold, predicted = tmp_path / "gold.jsonl", tmp_path / "predicted.jsonl"
    gold.write_text('{"doc_id": "a", "entities": []}\n{"doc_id": "b"}\n{"doc_id": "a"}\n')
    lines = [
        '{"doc_id": "b", "entities": [{"start": 5, "end": 2, "type": "PER"}]}', "{", '{"doc_id": "c"}',
        '{"doc_id": "b"}', '{"entities": []}',
    ]  # fmt: skip
    predicted.write_text("\n".join(lines))
    with pytest.raises(jsonl.FormatError) as caught:
        scoring.score_files(str(gold), str(predicted), SCHEME, NO_INTERVALS)
    told = [str(f).replace(str(tmp_path), "") for f in caught.value.faults]
    places = ["1: entities[0].end", "2: column", "3: doc_id: unknown", "4: doc_id", "5: doc_id"]
    expected = ["gold.jsonl:3: doc_id", *(f"predicted.jsonl:{p}" for p in places)]
    assert [t.removeprefix("/")[: len(e)] for t, e in zip(sorted(told), expected, strict=True)] == expected


def test_sixty_labels_one_giant_document_and_ten_thousand_in_a_cluster():
    dice = random.Random(0)
    labels = [f"L{i}" for i in range(60)]
    text = "x" * 200_000
    items = [
        Entity("", Span(10 * i, 10 * i + dice.randint(1, 14)), dice.choice(labels), "NAM", cluster="one")
        for i in range(10_000)
    ]
    gold = Document("x", text, entities=tuple(items))
    guess = Document("x", text, entities=tuple(replace(e, type=dice.choice(labels)) for e in items))
    result = scoring.score([gold], {"x": guess}, SCHEME, NO_INTERVALS)
    assert len(result.measures["entities.all"].counts[0].by("type")) == 60
    assert result.measures["coreference.entities.within.conll"].value == 1
    assert result.measures["entities.unlabelled"].value == 1
