"""A gold of one's own without ids, or with ids under another key."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vostochny import cli
from vostochny.errors import InputError
from vostochny.formats.input import Input

TWO = ("Kim met Putin.", "Putin left.")
ENTITIES = [[{"start": 0, "end": 3, "type": "PER"}], [{"start": 0, "end": 5, "type": "PER"}]]


def write_lines(path: Path, rows: Iterable[object]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_two(folder: Path, kind: str, **more: Sequence[object]) -> Path:
    """Write two documents of a kind; ``more`` are further keys of both, each with a value per document."""
    path = folder / f"{kind}.{'spacy' if kind == 'docbin' else 'parquet' if kind == 'parquet' else 'jsonl'}"
    extra = [{key: values[i] for key, values in more.items()} for i in range(2)]
    spans = [[{"start": e["start"], "end": e["end"], "label": "PER"} for e in part] for part in ENTITIES]
    if kind in ("jsonl", "parquet"):
        rows = [{**x, "text": text, "entities": e} for x, text, e in zip(extra, TWO, ENTITIES, strict=True)]
        if kind == "jsonl":
            write_lines(path, rows)
        else:
            pq.write_table(pa.Table.from_pylist(rows), path)
    elif kind == "docbin":
        spacy = pytest.importorskip("spacy")
        nlp, box = spacy.blank("en"), spacy.tokens.DocBin()
        for text, part in zip(TWO, spans, strict=True):
            doc = nlp(text)
            doc.ents = [doc.char_span(s["start"], s["end"], label=s["label"]) for s in part]
            box.add(doc)
        box.to_disk(path)
    elif kind == "training":
        pairs = [
            [t, {"entities": [[s["start"], s["end"], s["label"]] for s in p]}] for t, p in zip(TWO, spans, strict=True)
        ]
        path.write_text(json.dumps(pairs), encoding="utf-8")
    else:
        key = "ents" if kind == "spacy" else "spans"
        write_lines(path, [{**x, "text": t, key: s} for x, t, s in zip(extra, TWO, spans, strict=True)])
    return path


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "docbin", "spacy", "prodigy", "training"])
def test_a_gold_without_ids_is_numbered(kind, tmp_path, capsys):
    gold = write_two(tmp_path, kind)
    read = Input(gold).read_gold()
    assert [d.doc_id for d in read.documents] == ["1", "2"]
    assert "no ids: documents are called 1 to 2 in their order" in read.notes
    # Predictions without ids find their document by its text, and with ids by its number.
    by_text = write_two(tmp_path, "jsonl") if kind != "jsonl" else gold
    write_lines(tmp_path / "by_number.jsonl", [{"doc_id": str(n), "entities": e} for n, e in enumerate(ENTITIES, 1)])
    for predictions in (gold, by_text, tmp_path / "by_number.jsonl"):
        capsys.readouterr()
        assert cli.main(["score", str(predictions), "--gold", str(gold), "--json", "-", "--resamples", "0"]) == 0
        assert json.loads(capsys.readouterr().out)["metrics"]["entities.names"]["f1"] == 1.0


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "spacy", "prodigy"])
@pytest.mark.parametrize("ids", [("a", "b"), (7, 8)])
def test_a_document_may_have_its_id_as_id(kind, ids, tmp_path):
    gold = Input(write_two(tmp_path, kind, id=ids)).read_gold()
    assert [d.doc_id for d in gold.documents] == [str(i) for i in ids]
    if kind in ("jsonl", "parquet"):
        assert "keys read as: id = doc_id" in gold.notes


def test_a_row_with_two_ids(tmp_path):
    both = {"id": (7, 8), "doc_id": ("a", "b")}
    table = Input(write_two(tmp_path, "parquet", **both)).read_gold()  # a table may have any column
    assert [d.doc_id for d in table.documents] == ["a", "b"] and "columns not read: id" in table.notes
    with pytest.raises(InputError, match="id: is another name of 'doc_id', which the item has too, with another value"):
        Input(write_two(tmp_path, "jsonl", **both)).read_gold()


@pytest.mark.parametrize("kind", ["jsonl", "spacy"])
def test_a_single_document_without_an_id_is_a_problem(kind, tmp_path):
    path = write_two(tmp_path, kind, doc_id=("a", None))
    with pytest.raises(InputError, match="doc_id: is missing; expected the document's id"):
        Input(path).read_gold()


@pytest.mark.parametrize("ids", [("a", "b"), (7, 8), (7, "b")])
def test_ids_under_another_key_are_read_from_a_stream(ids, tmp_path, capsys):
    gold = write_two(tmp_path, "jsonl", id=ids)
    results = []
    for options in ([], ["--on-error", "skip"]):
        arguments = ["score", str(gold), "--gold", str(gold), *options, "--resamples", "0", "--json", "-"]
        assert cli.main(arguments) == 0
        result = json.loads(capsys.readouterr().out)
        results.append((result["documents"], result["metrics"], result["signature"]))
    assert results[0] == results[1] and results[0][0] == [str(i) for i in ids]


def test_a_stream_names_a_row_with_two_ids_and_one_without(tmp_path, capsys):
    gold = write_two(tmp_path, "jsonl", id=(7, None), doc_id=("a", None))
    assert cli.main(["score", str(gold), "--gold", str(gold), "--on-error", "skip"]) == 2
    printed = capsys.readouterr().err
    assert "id: is another name of 'doc_id', which the item has too, with another value" in printed
    assert "doc_id: is missing; expected the document's id" in printed


@pytest.mark.parametrize("line_bytes", [10, 1 << 17], ids=["short", "longer than is read ahead"])
def test_a_large_gold_without_ids_is_numbered_too(line_bytes, tmp_path, monkeypatch, capsys):
    """It is not streamed, where every document needs an id."""
    monkeypatch.setattr("vostochny.scoring.systems.MAX_GOLD_BYTES_IN_MEMORY", 1)
    rows = [{"text": text + " " * line_bytes, "entities": part} for text, part in zip(TWO, ENTITIES, strict=True)]
    gold, predictions = tmp_path / "gold.jsonl", tmp_path / "p.jsonl"
    write_lines(gold, rows)
    for named in ([{**row, "doc_id": str(n)} for n, row in enumerate(rows, 1)], rows):
        write_lines(predictions, named)
        assert cli.main(["score", str(predictions), "--gold", str(gold), "--resamples", "0", "--json", "-"]) == 0
        captured = capsys.readouterr()
        result = json.loads(captured.out)
        assert result["documents"] == ["1", "2"] and result["metrics"]["entities.names"]["value"] == 1
        assert "no ids: documents are called 1 to 2 in their order" in captured.err
    write_lines(gold, [rows[0], {**rows[1], "doc_id": "b"}])
    assert cli.main(["score", str(predictions), "--gold", str(gold)]) == 2
    assert "gold.jsonl:1: doc_id: is missing; expected the document's id" in capsys.readouterr().err


def test_a_gold_is_read_from_a_pipe(tmp_path):
    """With ids and without, as ``convert`` writes it."""
    gold, predictions = write_two(tmp_path, "jsonl"), tmp_path / "p.jsonl"
    write_lines(predictions, [{"doc_id": str(n), "entities": part} for n, part in enumerate(ENTITIES, 1)])
    vostochny = [sys.executable, "-m", "vostochny"]
    for writer in (["cat", str(gold)], [*vostochny, "convert", str(gold), "-", "--format-out", "jsonl"]):
        with subprocess.Popen(writer, stdout=subprocess.PIPE) as first:
            command = [*vostochny, "score", str(predictions), "--gold", "-", "--resamples", "0", "--json", "-"]
            done = subprocess.run(command, stdin=first.stdout, capture_output=True, check=True)
        assert json.loads(done.stdout)["metrics"]["entities.names"]["value"] == 1


def test_the_converted_corpus_is_a_gold_from_a_pipe():
    vostochny = [sys.executable, "-m", "vostochny"]
    lookup = "benchmark/baselines/lookup/predictions.jsonl"
    with subprocess.Popen([*vostochny, "convert", "corpus", "-", "--format-out", "jsonl"], stdout=-1) as first:
        command = [*vostochny, "score", lookup, "--gold", "-", "--resamples", "0", "--json", "-"]
        done = subprocess.run(command, stdin=first.stdout, capture_output=True, check=True)
    own = subprocess.run(
        [*vostochny, "score", lookup, "--resamples", "0", "--json", "-"], capture_output=True, check=True
    )
    names = ("signature", "metrics", "documents")
    streamed, held = (json.loads(x.stdout) for x in (done, own))
    assert {name: streamed[name] for name in names} == {name: held[name] for name in names}
