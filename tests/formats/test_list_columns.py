"""Datasets whose items are columns of lists, and BigBio: from a saved folder, Parquet, JSON Lines and objects."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import vostochny
from vostochny.errors import InputError
from vostochny.formats import registry
from vostochny.formats.input import Input

TEXT = "Mild aortic and mitral stenosis."
AORTIC = [[5, 11], [23, 31]]  # of "aortic … stenosis"


def make_features():
    datasets = pytest.importorskip("datasets")
    string, number = datasets.Value("string"), datasets.Value("int32")
    entity = {"start": number, "end": number, "label": datasets.ClassLabel(names=["X", "PER", "GPE"]), "text": string}
    return datasets, datasets.Features({"doc_id": string, "text": string, "entities": datasets.Sequence(entity)})


def store(dataset, folder: Path) -> dict[str, object]:
    """Return the dataset as a saved folder, a folder of splits, Parquet, and the object itself."""
    datasets = pytest.importorskip("datasets")
    dataset.save_to_disk(folder / "saved")
    datasets.DatasetDict({"train": dataset}).save_to_disk(folder / "splits")
    dataset.to_parquet(folder / "p.parquet")
    return {
        "saved": str(folder / "saved"), "splits": str(folder / "splits"), "parquet": str(folder / "p.parquet"),
        "object": dataset, "stream": dataset.to_iterable_dataset(),
    }  # fmt: skip


def list_entities(source) -> list[tuple[str, str, str | None]]:
    (document,) = vostochny.load(source)
    return [(e.span.of(document.text), e.type, e.cluster) for e in document.entities]


def f1(result) -> float:
    return result.measures["entities.names"].value


def test_a_struct_of_lists_is_a_list_of_items(tmp_path):
    """It is what datasets makes of a list of objects in a Sequence; its labels are numbers with names."""
    datasets, features = make_features()
    items = {"start": [0, 8], "end": [3, 14], "label": [1, 2], "text": ["Kim", "Moscow"]}
    dataset = datasets.Dataset.from_list([{"doc_id": "a", "text": "Kim met Moscow.", "entities": items}], features)
    sources = store(dataset, tmp_path)
    columns = {"start": [0, 8], "end": [3, 14], "label": ["PER", "GPE"], "text": ["Kim", "Moscow"]}
    row = {"doc_id": "a", "text": "Kim met Moscow.", "entities": columns}
    (tmp_path / "p.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "p.json").write_text(json.dumps([row], indent=1))
    sources |= {"jsonl": str(tmp_path / "p.jsonl"), "json": str(tmp_path / "p.json"), "rows": [row]}
    for name, source in sources.items():
        assert list_entities(source) == [("Kim", "PER", None), ("Moscow", "GPE", None)], name
        assert f1(vostochny.score(source, gold=sources["jsonl"], resamples=0)) == 1, name
    notes = Input(sources["jsonl"]).read_gold().notes
    assert "columns of lists read as lists of items: entities" in notes


def test_columns_in_columns_are_unfolded():
    content = {"start": [0], "end": [3]}
    events = {"id": ["v"], "type": ["Contact.Meet"], "trigger": [{"start": 4, "end": 7}],
              "arguments": [{"role": ["Participant"], "filler": ["e"]}]}  # fmt: skip
    row = {"doc_id": "a", "text": "Kim met.", "entities": {"id": ["e"], "start": [0], "end": [3], "type": ["PER"]},
           "events": events, "quotes": {"id": ["q"], "content": [content], "source": ["e"]}}  # fmt: skip
    (document,) = vostochny.load([row])
    assert document.events[0].arguments[0].filler.id == document.quotes[0].source.id == "e"


@pytest.mark.parametrize(
    ("entities", "message"),
    [
        ({"start": [0, 4], "end": [3]}, "entities: has lists of different lengths (start 2, end 1); expected a value"),
        ({"start": [0], "end": [3], "typo": ["PER"]}, "entities[0].typo: unknown key; "),
        ({"start": 0, "end": 3, "type": "PER"}, "entities: is an object; expected a list of objects"),
        ({}, "entities: is an object; expected a list of objects"),
        ({"start": [0], "end": [3], "type": [7]}, "entities[0].type: is a number; expected one of"),
    ],
)
@pytest.mark.parametrize("is_streamed", [False, True])
def test_columns_that_are_no_items_are_refused(entities, message, is_streamed, tmp_path, monkeypatch):
    gold, predictions = tmp_path / "gold.jsonl", tmp_path / "p.jsonl"
    gold.write_text('{"doc_id": "a", "text": "Kim met.", "entities": []}\n')
    predictions.write_text(json.dumps({"doc_id": "a", "entities": entities}) + "\n")
    if is_streamed:
        monkeypatch.setattr("vostochny.scoring.systems.MAX_GOLD_BYTES_IN_MEMORY", 1)
    with pytest.raises(InputError) as error:
        vostochny.score(predictions, gold=gold)
    assert message in str(error.value)


def test_columns_are_read_the_same_on_both_ways(tmp_path, monkeypatch):
    gold = tmp_path / "gold.jsonl"
    columns = {"start": [0, 4], "end": [3, 7], "type": ["PER", "Odd"], "score": [0.5, 1]}
    gold.write_text(json.dumps({"doc_id": "a", "text": "Kim met.", "entities": columns}) + "\n")
    results = []
    for size in (1 << 20, 1):
        monkeypatch.setattr("vostochny.scoring.systems.MAX_GOLD_BYTES_IN_MEMORY", size)
        result = vostochny.score(gold, gold=gold, resamples=0)
        results.append([(name, m.value) for name, m in result.measures.items()])
    assert results[0] == results[1] and dict(results[0])["entities.names"] == 1


# -- BigBio ------------------------------------------------------------------------------------------------------------


def make_knowledge_base(**changes):
    """Return a row of the schema bigbio_kb."""
    return {
        "id": "7",
        "document_id": "d1",
        "passages": [
            {"id": "7.1", "type": "title", "text": ["Echo"], "offsets": [[0, 4]]},
            {"id": "7.2", "type": "abstract", "text": [TEXT], "offsets": [[5, 5 + len(TEXT)]]},
        ],
        "entities": [
            {"id": "e1", "type": "Disorder", "text": ["aortic", "stenosis"],
             "offsets": [[s + 5, e + 5] for s, e in AORTIC], "normalized": [{"db_name": "UMLS", "db_id": "C1"}]},
            {"id": "e2", "type": "Disorder", "text": ["mitral stenosis"], "offsets": [[21, 36]], "normalized": []},
            {"id": "e3", "type": "Finding", "text": ["Mild"], "offsets": [[5, 9]], "normalized": []},
        ],
        "events": [
            {"id": "v1", "type": "Grade", "trigger": {"text": ["Mild"], "offsets": [[5, 9]]},
             "arguments": [{"role": "Of", "ref_id": "e1"}]}
        ],
        "coreferences": [{"id": "c1", "entity_ids": ["e1", "e2"]}],
        "relations": [{"id": "r1", "type": "isa", "arg1_id": "e1", "arg2_id": "e2", "normalized": []}],
        **changes,
    }  # fmt: skip


def bigbio_features():
    """Return the features of bigbio_kb as BigBio declares them."""
    datasets = pytest.importorskip("datasets")
    string, strings = datasets.Value("string"), datasets.Sequence(datasets.Value("string"))
    offsets = datasets.Sequence([datasets.Value("int32")])
    normalized = [{"db_name": string, "db_id": string}]
    return datasets, datasets.Features({
        "id": string, "document_id": string,
        "passages": [{"id": string, "type": string, "text": strings, "offsets": offsets}],
        "entities": [{"id": string, "type": string, "text": strings, "offsets": offsets, "normalized": normalized}],
        "events": [{"id": string, "type": string, "trigger": {"text": strings, "offsets": offsets},
                    "arguments": [{"role": string, "ref_id": string}]}],
        "coreferences": [{"id": string, "entity_ids": strings}],
        "relations": [{"id": string, "type": string, "arg1_id": string, "arg2_id": string, "normalized": normalized}],
    })  # fmt: skip


def test_bigbio_is_read_in_every_form(tmp_path):
    datasets, features = bigbio_features()
    dataset = datasets.Dataset.from_list([make_knowledge_base()], features)
    sources = store(dataset, tmp_path)
    dataset.to_json(tmp_path / "kb.jsonl")
    (tmp_path / "kb.json").write_text(json.dumps([make_knowledge_base()]))
    sources |= {"jsonl": str(tmp_path / "kb.jsonl"), "json": str(tmp_path / "kb.json")}
    assert registry.detect(sources["jsonl"]) == registry.detect(sources["json"]) == "bigbio"
    for name, source in sources.items():
        (document,) = vostochny.load(source)
        assert document.doc_id == "d1" and document.text == f"Echo {TEXT}"
        assert list_entities(source) == [
            ("aortic", "Disorder", "c1"), ("stenosis", "Disorder", "c1"), ("mitral stenosis", "Disorder", "c1"),
            ("Mild", "Finding", None),
        ], name  # fmt: skip
        assert document.events[0].arguments[0].filler.span == document.entities[0].span
        assert f1(vostochny.score(source, gold=sources["json"], resamples=0)) == 1, name
    assert set(Input(sources["jsonl"]).read_gold().notes) == {
        "1 discontinuous entities: each part was read as an entity of its own",
        "left out: 1 relations of BigBio", "left out: 1 normalisations of BigBio",
    }  # fmt: skip


def test_a_discontinuous_entity_of_bigbio_and_brat_is_the_same(tmp_path):
    (tmp_path / "kb.json").write_text(json.dumps([make_knowledge_base(events=[], coreferences=[])]))
    folder = tmp_path / "brat"
    folder.mkdir()
    (folder / "d1.txt").write_text(f"Echo {TEXT}")
    (folder / "d1.ann").write_text(
        "T1\tDisorder 10 16;28 36\taortic stenosis\nT2\tDisorder 21 36\tmitral stenosis\nT3\tFinding 5 9\tMild\n"
    )
    for one, other in ((folder, tmp_path / "kb.json"), (tmp_path / "kb.json", folder)):
        assert f1(vostochny.score(one, gold=other, resamples=0)) == 1
    stretched = [{"doc_id": "d1", "entities": [{"start": 10, "end": 36, "type": "Disorder"}]}]
    assert f1(vostochny.score(stretched, gold=folder, resamples=0)) == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"entities": [{"id": "e", "type": "A", "text": ["Mild"], "offsets": [[0, 4]]}]},
         "entities[0].text: 'Mild' is not at 0–4; the article has 'Echo' there"),
        ({"entities": [{"id": "e", "type": "A", "text": ["mild stenosis"], "offsets": [[5, 9], [28, 36]]}]},
         "entities[0].text: 'mild stenosis' is not at these offsets; the text has 'Mild stenosis' there"),
        ({"entities": [{"id": "e", "type": "A", "text": ["Mild", "x", "y"], "offsets": [[5, 9], [28, 36]]}]},
         "entities[0].text: has 3 for 2 offsets"),
        ({"entities": [{"id": "e", "type": "A", "text": ["Mild"], "offsets": [5, 9]}]}, "a list of [start, end]"),
        ({"entities": [{"id": "e", "type": "A", "text": ["Mild"], "offsets": [[5, 999]]}]}, "beyond the text"),
        ({"passages": [{"text": ["Echo"], "offsets": [[0, 9]]}]}, "0–9 are not the 4 characters of its text"),
        ({"passages": [{"text": ["Echo"], "offsets": [[0, 4]]}, {"text": ["o Mild"], "offsets": [[3, 9]]}]}, "overlap"),
        ({"passages": [{"text": ["Echo"], "offsets": [[2**31, 2**31 + 4]]}]}, "takes more than"),
        ({"events": [{"id": "v", "type": "A", "trigger": {"text": [], "offsets": []}}]}, "events[0].trigger"),
        ({"entities": "none"}, "entities: expected a list of objects"),
        ({"coreferences": [{"id": "c", "entity_ids": 7}]}, "coreferences[0].entity_ids: expected a list of ids"),
        ({"coreferences": [{"id": "c", "entity_ids": [["e"]]}]}, "coreferences[0].entity_ids: expected a list of ids"),
        ({"entities": [{"id": ["e"], "type": "A", "text": ["Mild"], "offsets": [[5, 9]]}]}, "entities[0].id"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_bigbio_is_refused(changes, message, tmp_path):
    (tmp_path / "kb.json").write_text(json.dumps([{**make_knowledge_base(events=[]), **changes}]))
    with pytest.raises(InputError) as error:
        vostochny.load(tmp_path / "kb.json")
    assert message in str(error.value)
