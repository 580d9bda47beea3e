"""The options of a side, in the command and in Python: what they do, and where they are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import vostochny
from vostochny import cli
from vostochny.api import ReaderNote
from vostochny.errors import InputError

TEXT = "😀 Kim met Putin."
KIM = {"start": 2, "end": 5, "type": "PER", "text": "Kim"}
GOLD = {"doc_id": "a", "text": TEXT, "entities": [KIM]}
UTF16 = {"doc_id": "a", "entities": [{"start": 3, "end": 6, "type": "PER", "text": "Kim"}]}
SIDES = "Kim NNP B-PER O\nmet VBD O O\nPutin NNP O B-PER\n"  # gold and prediction beside each other
COLUMNS = {"columns": "tag=4", "gold_columns": "tag=3"}


def write(folder: Path, name: str, *rows: object) -> str:
    path = folder / name
    path.write_text(rows[0] if isinstance(rows[0], str) else "".join(json.dumps(r) + "\n" for r in rows))
    return str(path)


def make_task(**people: str) -> dict[str, object]:
    """Return a task of Label Studio with an annotation of one entity for each person: its type."""

    def region(label: str) -> dict[str, object]:
        value = {"start": 2, "end": 5, "text": "Kim", "labels": [label]}
        return {"id": "r", "type": "labels", "from_name": "entity", "to_name": "text", "value": value}

    annotations = [{"completed_by": {"email": who}, "result": [region(label)]} for who, label in people.items()]
    return {"id": 1, "data": {"doc_id": "a", "text": TEXT}, "annotations": annotations}


def f1(result: object) -> float:
    return result.measures["entities.names"].value


def test_arguments_do_what_the_options_do(tmp_path, capsys):
    both, gold = write(tmp_path, "both.conll", SIDES), write(tmp_path, "gold.jsonl", GOLD)
    predicted = write(tmp_path, "p.jsonl", UTF16)
    assert f1(vostochny.score(both, gold=both, **COLUMNS)) == 0
    assert f1(vostochny.score(both, gold=both, columns="tag=3")) == 1  # of the gold too
    for gold_source in (gold, [GOLD]):
        for source in (predicted, [UTF16], {"a": UTF16}):
            result = vostochny.score(source, gold=gold_source, offsets="utf16")
            assert f1(result) == 1 and "offsets:utf16" in result.signature
    assert f1(vostochny.evaluate(lambda d: UTF16, gold=gold, offsets="utf16")) == 1
    moved = write(tmp_path, "moved.jsonl", {**GOLD, **UTF16})
    assert f1(vostochny.score(gold, gold=moved, gold_offsets="utf16")) == 1
    assert vostochny.load(moved, offsets="utf16") == vostochny.load(gold)
    assert cli.main(["score", both, "--gold", both, "--column", "tag=4", "--gold-column", "tag=3", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"]["entities.names"]["value"] == 0


def test_an_annotator_is_chosen_by_an_argument(tmp_path):
    tasks = write(tmp_path, "t.json", json.dumps([make_task(ann="PER", bob="GPE")]))
    gold = write(tmp_path, "gold.jsonl", GOLD)
    with pytest.raises(InputError, match=r"by ann, bob\); choose one with annotator='NAME'"):
        vostochny.score(tasks, gold=gold)
    assert f1(vostochny.score(tasks, gold=gold, annotator="ann")) == 1
    assert f1(vostochny.score(tasks, gold=tasks, annotator="ann", gold_annotator="bob")) == 0
    (document,) = vostochny.load(tasks, annotator="bob")
    assert document.entities[0].type == "GPE"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: vostochny.score(s["p"], gold=s["gold"]), "; counted in UTF-16 code units they fit: offsets='utf16'"),
        (lambda s: vostochny.score([UTF16], gold=[GOLD]), "; counted in UTF-16 code units they fit: offsets='utf16'"),
        (lambda s: vostochny.load(s["moved"]), "they fit: offsets='utf16'"),
        (lambda s: vostochny.score([], gold=s["moved"]), "they fit: gold_offsets='utf16'"),
        (lambda s: vostochny.score(s["both"], gold=s["both"]), "name the one to read, e.g. gold_columns='tag=3'"),
        (lambda s: vostochny.load(s["both"]), "name the one to read, e.g. columns='tag=3'"),
        (lambda s: vostochny.score([], offsets="utf8"), "offsets: 'utf8' is not one of characters, utf16"),
        (lambda s: vostochny.score([], gold_offsets="utf16"), "gold_offsets: is for a gold of your own"),
        (lambda s: vostochny.load(format="brat"), "format: is for a gold of your own"),
        # without use for what is read
        (lambda s: vostochny.score(s["p"], gold=s["gold"], columns="tag=2"),
         "columns: is for the formats conll, tagged, dataset, parquet; "),
        (lambda s: vostochny.score([UTF16], gold=s["gold"], annotator="ann"), "annotator: is for the formats label-"),
        (lambda s: vostochny.score(s["both"], gold=s["both"], offsets="utf16", columns="tag=3"), "offsets: is for"),
        (lambda s: vostochny.load(s["gold"], annotator="ann"), "gold.jsonl is jsonl"),
        (lambda s: vostochny.evaluate(lambda d: {}, gold=s["gold"], gold_columns="tag=2"), "gold_columns: is for"),
        (lambda s: vostochny.score(vostochny.load(), columns="tag=2"), "columns: is for"),
    ],
)  # fmt: skip
def test_problems_name_arguments(call, message, tmp_path):
    sides = {
        "both": write(tmp_path, "both.conll", SIDES), "gold": write(tmp_path, "gold.jsonl", GOLD),
        "p": write(tmp_path, "p.jsonl", UTF16), "moved": write(tmp_path, "moved.jsonl", {**GOLD, **UTF16}),
    }  # fmt: skip
    with pytest.raises(InputError) as error:
        call(sides)
    assert message in str(error.value) and "--" not in str(error.value)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("score P --gold G --column tag=2", "--column: is for the formats conll, tagged, dataset, parquet; "),
        ("score P --gold G --gold-column tag=2", "--gold-column: is for the formats conll"),
        ("score P --gold G --annotator ann", "--annotator: is for the formats label-studio, spacy-json, webanno; "),
        ("score P --gold G --gold-annotator ann", "--gold-annotator: is for"),
        ("score C --gold C --offsets utf16", "--offsets: is for the formats jsonl, json, label-studio, brat"),
        ("score C --gold C --gold-offsets bytes", "--gold-offsets: is for"),
        (
            "score P --gold-column tag=2",
            "--gold-column: is for a gold of your own; give it with --gold, or use --column",
        ),
        (
            "score P --gold-format brat",
            "--gold-format: is for a gold of your own; give it with --gold, or use --format",
        ),
        ("compare P P --gold G --column tag=2", "--column: is for"),
        ("validate P --gold G --annotator ann", "--annotator: is for"),
        ("convert P out.jsonl --gold G --column tag=2", "--column: is for"),
        ("convert C out.jsonl --offsets inclusive", "--offsets: is for"),
        ("show a --gold G --predictions P --column tag=2", "--column: is for"),
        ("run x:y -o out.jsonl --gold G --gold-column tag=2", "--gold-column: is for"),
        ("run x:y -o out.jsonl --annotator ann", "--annotator: is for"),
        ("run x:y -o out.jsonl --gold-offsets utf16", "--gold-offsets: is for a gold of your own; give it with --gold"),
        ("run x:y -o out.jsonl --epoch 2", "--epoch: 2 is not an epoch of a log"),
    ],
)
def test_an_option_without_use_is_refused(command, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("P"), write(tmp_path, "P", UTF16), write(tmp_path, "G", GOLD), write(tmp_path, "C", "Kim B-PER\nmet O\n")
    assert cli.main(command.split()) == 2
    printed = capsys.readouterr().err
    assert message in printed and not Path("out.jsonl").exists()


def test_an_option_for_both_sides_needs_use_on_one_only(tmp_path, capsys):
    tagged, gold = (
        write(tmp_path, "c.conll", "Kim B-PER O\nmet O O\n"),
        write(tmp_path, "G", {"doc_id": "1", "text": "Kim met", "entities": []}),
    )
    assert cli.main(["score", tagged, "--gold", gold, "--column", "tag=2"]) == 0
    assert cli.main(["score", gold, "--gold", tagged, "--column", "tag=2"]) == 0


def test_offsets_move_only_what_counts_in_them(tmp_path, capsys):
    """Tags have no offsets: beside offsets of another system they stay where they are."""
    gold, rows = write(tmp_path, "gold.jsonl", GOLD), write(tmp_path, "p.jsonl", UTF16)
    tagged = write(tmp_path, "p.conll", "😀 O\nKim B-PER\nmet O\nPutin O\n. O\n")
    assert cli.main(["compare", rows, tagged, "--gold", gold, "--offsets", "utf16", "--json", "-"]) == 0
    shown = json.loads(capsys.readouterr().out)
    (row,) = (row for row in shown["rows"] if row["measure"] == "entities.names")
    assert row["values"] == [1, 1]


def test_columns_of_rows_need_rows_of_tokens(tmp_path):
    pytest.importorskip("pyarrow")
    gold = write(tmp_path, "gold.jsonl", GOLD)
    assert cli.main(["convert", gold, str(tmp_path / "gold.parquet")]) == 0
    with pytest.raises(InputError, match="has no rows of tokens and tags, which columns is for"):
        vostochny.load(tmp_path / "gold.parquet", columns="token=words,tag=ner")


def test_datasets_are_gold_and_predictions():
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {"doc_id": datasets.Value("string"), "tokens": datasets.Sequence(datasets.Value("string")),
         "ner_tags": datasets.Sequence(datasets.ClassLabel(names=["O", "B-PER"])),
         "other_tags": datasets.Sequence(datasets.ClassLabel(names=["B-PER", "O"]))}
    )  # fmt: skip
    row = {"doc_id": "a", "tokens": ["Kim", "slept"], "ner_tags": [1, 0], "other_tags": [1, 0]}
    tagged = datasets.Dataset.from_list([row], features)
    for gold in (tagged, datasets.DatasetDict({"train": tagged}), tagged.to_iterable_dataset()):
        for predictions in (tagged, datasets.DatasetDict({"x": tagged}), tagged.to_iterable_dataset()):
            assert f1(vostochny.score(predictions, gold=gold)) == 1
        assert f1(vostochny.score(tagged, gold=gold, columns="tag=other_tags", gold_columns="tag=ner_tags")) == 0
    rows = datasets.Dataset.from_list([{"doc_id": "a", "entities": [{"start": 0, "end": 3, "type": "PER"}]}])
    assert f1(vostochny.score(rows, gold=tagged)) == 1
    several = datasets.DatasetDict({"train": tagged, "test": tagged})
    for call in (lambda: vostochny.score(several, gold=tagged), lambda: vostochny.score(tagged, gold=several)):
        with pytest.raises(InputError, match=r"has the splits train, test; give one of them, e.g. dataset\['train'\]"):
            call()


def test_what_readers_noted_is_a_warning():
    with pytest.warns(ReaderNote, match="gold: no ids: documents are called 1 to 1"):
        vostochny.load([{"text": "Kim slept"}])
