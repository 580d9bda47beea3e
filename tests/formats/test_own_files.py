"""The corpus in every form in which it comes, and what the project writes that is neither gold nor predictions."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import vostochny
from vostochny import cli, corpus
from vostochny.errors import InputError
from vostochny.formats import own_files
from vostochny.formats.input import Input, name_gold

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "corpus"
DOCUMENTS = FOLDER / "documents" / "test.jsonl"


@pytest.fixture(scope="module")
def own_hash():
    return Input().read_gold().hash


def read_signature(output: str) -> str:
    return json.loads(output)["signature"]


@pytest.mark.parametrize("address", [FOLDER, f"{FOLDER}/", FOLDER / "documents", DOCUMENTS])
def test_the_corpus_has_its_own_hash_wherever_it_is_read_from(address, own_hash, capsys):
    arguments = ["score", str(DOCUMENTS), "--gold", str(address), "--metric", "entities.names", "--resamples", "0"]
    assert cli.main([*arguments, "--json", "-"]) == 0
    assert f"|gold:{own_hash}|" in read_signature(capsys.readouterr().out)


def test_the_corpus_has_its_own_hash_in_another_format(own_hash, tmp_path):
    documents = vostochny.load(FOLDER)
    assert documents == vostochny.load()
    for name in ("a.jsonl", "a.parquet", "a.json"):
        assert cli.main(["convert", str(FOLDER), str(tmp_path / name)]) == 0
        assert Input(tmp_path / name).read_gold().hash == own_hash
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(DOCUMENTS.read_bytes()))
    assert Input(tmp_path / "a.jsonl.gz").read_gold().hash == own_hash
    assert Input(corpus.standoff_paths()[0]).read_gold().hash == own_hash


def test_what_is_not_the_whole_corpus_has_another_hash(own_hash):
    documents = vostochny.load()
    assert name_gold(documents[::-1]) == own_hash
    assert name_gold(documents[1:]) == "?"
    first = documents[0]
    for change in ({"entities": first.entities[1:]}, {"text": "X" + first.text[1:]}, {"tokens": ()}):
        assert name_gold([replace(first, **change), *documents[1:]], "other") == "other"


def test_a_stream_of_the_corpus_has_its_hash(own_hash, monkeypatch, capsys):
    with open(DOCUMENTS, encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        arguments = ["score", str(DOCUMENTS), "--gold", "-", "--metric", "entities.names", "--resamples", "0"]
        assert cli.main([*arguments, "--json", "-"]) == 0
    assert f"|gold:{own_hash}|" in read_signature(capsys.readouterr().out)


def test_a_gold_of_documents_and_of_rows_is_named_by_what_it_is(own_hash):
    nothing = [{"doc_id": "003", "entities": []}]
    rows = [json.loads(line) for line in DOCUMENTS.read_text(encoding="utf-8").splitlines()]
    for gold in (vostochny.load(), rows, iter(rows), {"test": rows}, {"train": rows}):
        assert vostochny.score(nothing, gold=gold, layers=["entities"], resamples=0).gold_hash == own_hash
    assert vostochny.load(rows) == vostochny.load()
    with pytest.raises(InputError, match="has the splits a, b; give one of them"):
        vostochny.load({"a": rows, "b": rows})
    with pytest.raises(InputError, match="has int; expected Documents, or rows"):
        vostochny.load([1, 2])


def test_a_dataset_object_is_a_gold(own_hash, tmp_path):
    datasets = pytest.importorskip("datasets")
    folder, cache = str(FOLDER), str(tmp_path)
    whole = datasets.load_dataset(folder, "documents", cache_dir=cache)
    assert vostochny.load(whole) == vostochny.load(whole["test"]) == vostochny.load()
    assert vostochny.score(vostochny.load(), gold=whole["test"], resamples=0).gold_hash == own_hash
    items = datasets.load_dataset(folder, "quotes", split="test", cache_dir=cache)
    with pytest.raises(InputError, match="configuration of the corpus with one item per row"):
        vostochny.load(items)
    items.to_parquet(str(tmp_path / "items.parquet"))
    with pytest.raises(InputError, match="configuration of the corpus with one item per row"):
        vostochny.load(tmp_path / "items.parquet")
    tags = datasets.Features(
        {"doc_id": datasets.Value("string"), "tokens": datasets.Sequence(datasets.Value("string")),
         "ner_tags": datasets.Sequence(datasets.ClassLabel(names=["O", "B-PER"]))}
    )  # fmt: skip
    tagged = datasets.Dataset.from_list([{"doc_id": "a", "tokens": ["Kim", "slept"], "ner_tags": [1, 0]}], tags)
    (document,) = vostochny.load(tagged)
    assert [(e.span.of(document.text), e.type) for e in document.entities] == [("Kim", "PER")]


def make_folder_of_a_run(folder: Path) -> Path:
    """Let ``run`` write predictions of which one article fails."""
    (folder / "extract_.py").write_text(
        "def extract(article):\n"
        "    if article.doc_id.startswith('002'):\n"
        "        raise ValueError('no')\n"
        "    return {'entities': [{'start': 0, 'end': 5, 'type': 'PER'}]}\n"
    )
    output = folder / "out" / "predictions.jsonl"
    cli.main(["run", f"{folder}/extract_.py:extract", "-o", str(output)])
    return output


def test_a_folder_that_run_wrote_is_scored_as_it_is(tmp_path, capsys):
    output = make_folder_of_a_run(tmp_path)
    assert len(list(output.parent.glob("*.json*"))) == 3
    results = []
    for predictions in (output, output.parent):
        capsys.readouterr()
        assert cli.main(["score", str(predictions), "--json", "-", "--resamples", "0"]) == 0
        results.append(json.loads(capsys.readouterr().out)["metrics"])
    assert results[0] == results[1]


def test_what_the_project_writes_for_something_else_is_named(tmp_path, capsys):
    predictions = make_folder_of_a_run(tmp_path)
    items, result = tmp_path / "items.jsonl", tmp_path / "result.json"
    assert cli.main(["score", str(predictions), "--items", str(items), "--json", str(result), "--resamples", "0"]) == 0
    shutil.copy(predictions.with_name("predictions.run.json"), tmp_path / "record.json")
    shutil.copy(predictions.with_name("predictions.errors.jsonl"), tmp_path / "failures.jsonl")
    for path, message in (
        (items, "is what score --items wrote, the outcome of every item; give the predictions that were scored"),
        (result, "is a result that score --json wrote; give the predictions that were scored"),
        (tmp_path / "record.json", "is the record of a run; give the predictions beside it"),
        (tmp_path / "failures.jsonl", "lists the articles in which a run failed; give the predictions beside it"),
        (FOLDER / "entities", "is a configuration of the corpus with one item per row"),
        (FOLDER / "events" / "test.jsonl", "is a configuration of the corpus with one item per row"),
        (FOLDER / "clusters", "is a configuration of the corpus with one item per row"),
        (FOLDER / "discrepancies", "is a configuration of the corpus with one item per row"),
    ):
        for arguments in (["score", str(path)], ["score", str(DOCUMENTS), "--gold", str(path)]):
            capsys.readouterr()
            assert cli.main(arguments) == 2
            printed = capsys.readouterr().err
            assert message in printed and len(printed.splitlines()) == 2


def test_predictions_are_never_taken_for_something_else():
    for layer in ("entities", "events", "quotes"):
        assert own_files.describe_own_file({"doc_id": "a", "error": "", layer: []}) is None
    assert own_files.describe_own_file([]) is own_files.describe_own_file("doc_id error") is None
