"""Each format: recognised by its content, written and read again, converted, and found as a plug-in."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import replace

import pytest

from tests.support.two_articles import (
    ONTOLOGY,
    TEXTS,
    WRITTEN,
    find_span,
    language_model_answer,
    make_gold,
    read_predictions,
    typed_spans,
)
from vostochny import cli, scoring
from vostochny.errors import InputError
from vostochny.formats import registry
from vostochny.formats.input import Input
from vostochny.model import Entity, Placement, Span

# Kind of sample → the format it is detected as, and what it keeps of the gold.
KINDS = {
    "jsonl": ("jsonl", "all"), "gzip": ("jsonl", "all"), "json": ("json", "all"),
    "label-studio": ("label-studio", "all"), "brat": ("brat", "all"), "parquet": ("parquet", "all"),
    "dataset": ("dataset", "all"), "spacy": ("spacy", "triggers"), "spacy-json": ("spacy-json", "triggers"),
    "conll": ("conll", "entities"), "words": ("json", "words"), "huggingface": ("huggingface", "entities"),
    "huggingface-none": ("huggingface", "entities"), "gliner": ("gliner", "entities"),
    "prodigy": ("spacy-json", "entities"), "spacy-training": ("spacy-json", "entities"),
    "tasks-of-others": ("label-studio", "labels"), "gliner2": ("gliner", "some"), "tagged": ("tagged", "some"),
    "webanno": ("webanno", "entities"), "doccano": ("doccano", "entities"),
    "doccano-relations": ("doccano", "entities"), "langextract": ("langextract", "entities"),
    "brackets": ("brackets", "mentions"), "bigbio": ("bigbio", "entities"), "columns": ("json", "entities"),
}  # fmt: skip


def test_every_format_has_a_sample():
    assert {name for name, _ in KINDS.values()} == set(registry.MODULES)


def test_the_help_lists_every_format(capsys):
    """It lists them as plain text, because importing the table would slow down --help."""
    with pytest.raises(SystemExit):
        cli.main(["convert", "--help"])
    help_ = " ".join(capsys.readouterr().out.split()).replace("- ", "-").replace(" (a folder)", "")
    writable = {name: hasattr(registry.load_format(name), "write") for name in registry.MODULES}
    both, read_only = (", ".join(name for name, is_ in writable.items() if is_ == kind) for kind in (True, False))
    assert f"Formats: {both}; for reading only: {read_only}." in help_


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_recognised_by_its_content_and_read(kind, sample_files):
    name, keeps = KINDS[kind]
    assert registry.detect(str(sample_files[kind])) == name
    if keeps == "labels":
        with pytest.raises(InputError, match="unknown entity type 'Person'"):
            read_predictions(sample_files[kind])
        found = read_predictions(sample_files[kind], unknown="wrong")
        assert [len(d.entities) for d in found.values()] == [4, 3]
        return
    if keeps == "mentions":
        (found,) = read_predictions(sample_files[kind], unknown="wrong").values()
        assert [(e.span.of(TEXTS["two"]), e.type, e.cluster) for e in found.entities] == [
            ("Kim", "MENTION", "two 0"), ("train", "MENTION", "two 1")
        ]  # fmt: skip
        return
    found = read_predictions(sample_files[kind])
    if keeps == "some":
        kims = {"one": [(find_span(TEXTS["one"], "Kim"), "PER")], "two": [(find_span(TEXTS["two"], "Kim"), "PER")]}
        assert typed_spans(list(found.values())) == {doc_id: kims[doc_id] for doc_id in found}
        assert list(found) == (["two"] if kind == "tagged" else ["one", "two"])
        return
    assert list(found) == ["one", "two"]
    assert typed_spans(list(found.values())) == typed_spans(make_gold())
    if keeps in ("all", "triggers"):
        assert [e.trigger for e in found["one"].events] == [e.trigger for e in make_gold()[0].events]
    if keeps == "all":
        # What the gold scores against itself: 1, or nothing where it has nothing.
        itself, read_again = (
            {
                n: m.value
                for n, m in scoring.score(make_gold(), x, ONTOLOGY, scoring.Options(resamples=0)).measures.items()
            }
            for x in ({d.doc_id: d for d in make_gold()}, found)
        )
        assert set(itself.values()) == {1, None} and read_again == itself
        for mine, theirs in zip(found.values(), make_gold(), strict=True):
            assert [(e.level, e.cluster) for e in mine.entities] == [(e.level, e.cluster) for e in theirs.entities]
            assert [q.content for q in mine.quotes] == [q.content for q in theirs.quotes]


@pytest.mark.parametrize("kind", [*WRITTEN, "gzip"])
def test_every_written_format_is_a_gold_too(kind, sample_files):
    documents = Input(sample_files[kind]).read_gold().documents
    assert [d.doc_id for d in documents] == ["one", "two"]
    if kind == "conll":  # its text is sample_files of the tokens
        words = [[(e.span.of(d.text), e.type) for e in d.entities] for d in documents]
        assert words == [[(e.span.of(d.text), e.type) for e in d.entities] for d in make_gold()]
    else:
        assert [d.text for d in documents] == list(TEXTS.values())
        assert typed_spans(documents) == typed_spans(make_gold())
    assert all(d.paragraphs for d in documents)


def test_conversion_tells_what_is_lost(sample_files, tmp_path, capsys):
    assert cli.main(["convert", str(sample_files["jsonl"]), str(tmp_path / "out.conll")]) == 0
    told = capsys.readouterr().err
    assert "lost: 1 events" in told and "lost: 2 quotes" in told and "lost: 7 attributes of entities" in told
    assert cli.main(["convert", str(sample_files["jsonl"]), str(tmp_path / "out.jsonl.gz")]) == 0
    assert capsys.readouterr().err == ""
    assert gzip.decompress((tmp_path / "out.jsonl.gz").read_bytes()) == sample_files["jsonl"].read_bytes()
    assert cli.main(["convert", str(sample_files["jsonl"]), str(tmp_path / "out.xyz")]) == 2
    assert "unknown ending; expected one of" in capsys.readouterr().err
    nested = [replace(make_gold()[1], entities=(*make_gold()[1].entities, Entity("x", Span(0, 8), "PER", "NAM")))]
    lost: Counter[str] = Counter()
    registry.load_format("conll").write(str(tmp_path / "n.conll"), nested, lost)
    assert lost["entities that share a token with a longer one"] == 1


def test_predictions_are_converted_beside_their_documents(tmp_path, sample_files, capsys):
    path = tmp_path / "words.jsonl"
    rows = [language_model_answer(d) for d in make_gold()]
    rows[0]["entities"].append({"text": "Xi", "type": "PER"})
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    for out in ("out", "out.spacy", "out.parquet", "out.json"):
        target = tmp_path / out
        assert cli.main(["convert", str(path), str(target), "--gold", str(sample_files["jsonl"])]) == 0
        assert "lost: 1 words that are not in the article" in capsys.readouterr().err
        assert typed_spans(list(read_predictions(target).values())) == typed_spans(make_gold())


def test_a_plug_in_is_found_by_its_entry_point(tmp_path, monkeypatch):
    (tmp_path / "lines_format.py").write_text(
        "from vostochny.formats.reader import Record\n"
        "def detect(path, head):\n    return head.startswith(b'%lines')\n"
        "def read(path, reading):\n"
        "    for n, line in enumerate(open(path).read().splitlines()[1:], 2):\n"
        "        doc_id, start, end, type_ = line.split()\n"
        "        entity = {'start': int(start), 'end': int(end), 'type': type_}\n"
        "        yield Record(path, n, {'doc_id': doc_id, 'entities': [entity]})\n"
    )
    info = tmp_path / "lines-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lines\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[vostochny.formats]\nlines = lines_format\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / "out.lines"
    path.write_text("%lines\none 0 3 PER\n")
    assert "lines" in registry.format_names() and registry.detect(str(path)) == "lines"
    assert [e.span for e in read_predictions(path)["one"].entities] == [Span(0, 3)]
    path.write_text("%lines\none 0 3 PERS\n")
    with pytest.raises(InputError, match=r":2: entities\[0\].type: unknown"):
        read_predictions(path, "lines")
    with pytest.raises(InputError, match="'linez' is not one of jsonl, "):
        read_predictions(path, "linez")


def test_a_plug_in_may_use_the_former_names() -> None:
    """Until 3.0: the module reading, the methods of a Reading, the errors, and the function for extractors."""
    from vostochny.extractors import Extract, unannotated
    from vostochny.formats import Empty, Fault, FormatError, Unreadable, reading

    former = reading.Reading(ONTOLOGY, {d.doc_id: d for d in make_gold()})
    former.fault("x", 1, "f", "is wrong")
    former.note("a note")
    assert former.problems == [Fault("x", 1, "f", "is wrong")] and former.notes == ["a note"]
    assert former.text_of("one") == make_gold()[0].text and former.document_of("one").doc_id == "one"
    assert former.faults == former.problems
    with pytest.raises(FormatError, match="x:1: f: is wrong"):
        former.raise_faults()
    assert issubclass(Empty, FormatError) and issubclass(Unreadable, FormatError)
    assert not unannotated(make_gold()[0]).entities and Extract is not None
    assert (Placement(unplaced=((Span(0, 0), "words"),)).missed, Placement().untold) == (1, 0)
    assert issubclass(FormatError, ValueError) and FormatError(former.problems).faults == former.problems


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({}, "gliner"),
        ({"events": []}, "jsonl"),
        ({"quotes": [{"content": [{"text": "Kim"}]}]}, "jsonl"),
        ({"quotes": [], "model": "m"}, "gliner"),  # it has a key that is no row's
    ],
)
@pytest.mark.parametrize("item", [{"start": 0, "end": 3, "label": "PER"}, {"text": "Kim", "label": "PER"}])
def test_rows_with_labels_are_distinguished_from_gliner(item: dict, more: dict, name: str, tmp_path) -> None:
    """GLiNER's output has entities alone, with offsets under our own names."""
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"doc_id": "one", "entities": [item], **more}), encoding="utf-8")
    assert registry.detect(str(path)) == name
    spacys = {"start_char": 0, "end_char": 3, "label": "PER"}
    path.write_text(json.dumps({"doc_id": "one", "entities": [spacys], **more}), encoding="utf-8")
    assert registry.detect(str(path)) == ("gliner" if "model" in more else "jsonl")
    path.write_text(json.dumps({"doc_id": "one", "entities": [item | {"entity_group": "PER"}], **more}), "utf-8")
    assert registry.detect(str(path)) == "huggingface"


def test_what_is_no_format_is_said(tmp_path):
    path = tmp_path / "x"
    path.write_text("Just some prose about Kim.\nAnd more.")
    with pytest.raises(
        InputError, match=r"not recognised \(begins with 'Just some prose abou'\); expected one of jsonl, json"
    ):
        read_predictions(path)
