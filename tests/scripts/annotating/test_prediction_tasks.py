"""Any extractor's output as Label Studio predictions: in any format, with or without ids."""

from __future__ import annotations

import json

from scripts.annotating import prediction_tasks
from scripts.store import Store
from vostochny.formats import label_studio
from vostochny.ontology import load_ontology

LINE = {
    "doc_id": "003",
    "entities": [{"text": "Kim Jong Un", "type": "PER"}, {"text": "no such words", "type": "PER"}],
    "events": [
        {"trigger": {"start": 32, "end": 35}, "type": "Contact.Meet"},
        {"trigger": {"start": 188, "end": 195}, "type": "Contact.Meet",
         "arguments": [{"role": "Participant", "text": "Kim Jong Un"}]},
    ],
}  # fmt: skip


def test_predictions_without_ids_and_offsets_are_drawn_each_once(tmp_path):
    path = tmp_path / "predictions.jsonl"
    path.write_text(json.dumps(LINE), encoding="utf-8")
    tasks, not_drawn = prediction_tasks.load(path, Store())
    ((doc_id, task),) = tasks.items()
    drawn = label_studio.read(task, load_ontology())
    assert [e.span.of(drawn.text) for e in drawn.entities] == ["Kim Jong Un"]
    assert [e.trigger.start for e in drawn.events] == [32, 188]
    assert [len(e.arguments) for e in drawn.events] == [0, 1]
    assert not_drawn == {doc_id: 1}  # the words that the article lacks


def test_another_format_is_drawn_as_well(tmp_path):
    path = tmp_path / "predictions.conll"
    tokens = "# doc_id = 001_f3b4c6a20b0db018\nSep B-DATE\n15 I-DATE\n– O\nWhen O\nKim B-PER\nJong I-PER\nUn I-PER\n"
    path.write_text(tokens, encoding="utf-8")
    tasks, _ = prediction_tasks.load(path, Store())
    drawn = label_studio.read(tasks["001_f3b4c6a20b0db018"], load_ontology())
    assert [(e.span.of(drawn.text), e.type) for e in drawn.entities] == [("Sep 15", "DATE"), ("Kim Jong Un", "PER")]
