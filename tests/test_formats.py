"""Each format: what is written is read again, what real extractors emit is scored, what is wrong is named."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tracemalloc
import zlib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from samples import SCHEME, TEXTS, WRITTEN, gold, pieces, span, spans, words_only, write_all

from vostochny import cli, scoring, statistics
from vostochny.formats import FormatError, files, jsonl, registry
from vostochny.formats.tags import chunks, scheme_of
from vostochny.model import Document, Entity, Span


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, Path]:
    return write_all(tmp_path_factory.mktemp("made"))


def bare(documents: list[Document]) -> dict[str, list[tuple]]:
    """Typed spans by document: what every format can say of entities."""
    return {d.doc_id: sorted((e.span, e.type) for e in d.entities) for d in documents}


def read(path: Path | str, name: str | None = None, **more: Any) -> dict[str, Document]:
    return registry.read_predictions(str(path), gold(), SCHEME, name=name, **more)[0]


# Kind of sample → the format it is detected as, and what it keeps of the gold.
KINDS = {
    "jsonl": ("jsonl", "all"), "gzip": ("jsonl", "all"), "json": ("json", "all"),
    "label-studio": ("label-studio", "all"), "brat": ("brat", "all"), "parquet": ("parquet", "all"),
    "dataset": ("dataset", "all"), "spacy": ("spacy", "triggers"), "spacy-json": ("spacy-json", "triggers"),
    "conll": ("conll", "entities"), "words": ("json", "words"), "huggingface": ("huggingface", "entities"),
    "huggingface-none": ("huggingface", "entities"), "gliner": ("gliner", "entities"),
    "prodigy": ("spacy-json", "entities"), "spacy-training": ("spacy-json", "entities"),
    "tasks-of-others": ("label-studio", "labels"), "gliner2": ("gliner", "some"), "tagged": ("tagged", "some"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_recognised_by_its_content_and_read(kind, made):
    name, keeps = KINDS[kind]
    assert registry.detect(str(made[kind])) == name
    if keeps == "labels":
        with pytest.raises(FormatError, match="unknown entity type 'Person'"):
            read(made[kind])
        found = read(made[kind], unknown="wrong")
        assert [len(d.entities) for d in found.values()] == [4, 3]
        return
    found = read(made[kind])
    if keeps == "some":
        kims = {"one": [(span(TEXTS["one"], "Kim"), "PER")], "two": [(span(TEXTS["two"], "Kim"), "PER")]}
        assert bare(list(found.values())) == {doc_id: kims[doc_id] for doc_id in found}
        assert list(found) == (["two"] if kind == "tagged" else ["one", "two"])
        return
    assert list(found) == ["one", "two"]
    assert bare(list(found.values())) == bare(gold())
    if keeps in ("all", "triggers"):
        assert [e.trigger for e in found["one"].events] == [e.trigger for e in gold()[0].events]
    if keeps == "all":
        # What the gold scores against itself: 1, or nothing where it has nothing.
        itself, read_again = (
            {n: m.value for n, m in scoring.score(gold(), x, SCHEME, scoring.Options(resamples=0)).measures.items()}
            for x in ({d.doc_id: d for d in gold()}, found)
        )
        assert set(itself.values()) == {1, None} and read_again == itself
        for mine, theirs in zip(found.values(), gold(), strict=True):
            assert [(e.level, e.cluster) for e in mine.entities] == [(e.level, e.cluster) for e in theirs.entities]
            assert [q.content for q in mine.quotes] == [q.content for q in theirs.quotes]


@pytest.mark.parametrize("kind", [*WRITTEN, "gzip"])
def test_every_written_format_is_a_gold_too(kind, made):
    documents, _ = registry.read_gold(str(made[kind]), SCHEME)
    assert [d.doc_id for d in documents] == ["one", "two"]
    if kind == "conll":  # its text is made of the tokens
        words = [[(e.span.of(d.text), e.type) for e in d.entities] for d in documents]
        assert words == [[(e.span.of(d.text), e.type) for e in d.entities] for d in gold()]
    else:
        assert [d.text for d in documents] == list(TEXTS.values())
        assert bare(documents) == bare(gold())
    assert all(d.paragraphs for d in documents)


def test_conversion_tells_what_is_lost(made, tmp_path, capsys):
    assert cli.main(["convert", str(made["jsonl"]), str(tmp_path / "out.conll")]) == 0
    told = capsys.readouterr().err
    assert "lost: 1 events" in told and "lost: 2 quotes" in told and "lost: 7 attributes of entities" in told
    assert cli.main(["convert", str(made["jsonl"]), str(tmp_path / "out.jsonl.gz")]) == 0
    assert capsys.readouterr().err == ""
    assert gzip.decompress((tmp_path / "out.jsonl.gz").read_bytes()) == made["jsonl"].read_bytes()
    assert cli.main(["convert", str(made["jsonl"]), str(tmp_path / "out.xyz")]) == 2
    assert "its ending does not say" in capsys.readouterr().err
    nested = [replace(gold()[1], entities=(*gold()[1].entities, Entity("x", Span(0, 8), "PER", "NAM")))]
    lost: Counter[str] = Counter()
    registry.named("conll").write(str(tmp_path / "n.conll"), nested, lost)
    assert lost["entities that share a token with a longer one"] == 1


def test_predictions_are_converted_beside_their_documents(tmp_path, made, capsys):
    path = tmp_path / "words.jsonl"
    rows = [words_only(d) for d in gold()]
    rows[0]["entities"].append({"text": "Xi", "type": "PER"})
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    for out in ("out", "out.spacy", "out.parquet", "out.json"):
        target = tmp_path / out
        assert cli.main(["convert", str(path), str(target), "--gold", str(made["jsonl"])]) == 0
        assert "lost: 1 words that are not in the article" in capsys.readouterr().err
        assert bare(list(read(target).values())) == bare(gold())


# -- what extractors emit ----------------------------------------------------------------------------------------------


def test_word_pieces_are_put_together(tmp_path):
    text = TEXTS["one"]
    kim, putin = span(text, "Kim"), span(text, "Putin")

    def piece(tag: str, index: int, word: str, start: int | None, end: int | None) -> dict:
        return {"entity": tag, "score": 0.9, "index": index, "word": word, "start": start, "end": end}

    items = [
        piece("B-PER", 1, "Ki", kim.start, kim.start + 2), piece("B-PER", 2, "##m", kim.start + 2, kim.end),
        piece("I-PER", 7, "Pu", putin.start, putin.start + 2), piece("I-PER", 8, "##tin", putin.start + 2, putin.end),
        piece("PER", 30, "Putin", putin.start, putin.end), piece("ORG", 31, "Kim", kim.start, kim.end),
    ]  # fmt: skip
    path = tmp_path / "pieces.json"
    path.write_text(json.dumps({"one": items}), encoding="utf-8")
    found = [(e.span, e.type) for e in read(path)["one"].entities]
    assert found == [(kim, "PER"), (putin, "PER"), (putin, "PER"), (kim, "ORG")]
    # A slow tokenizer gives no offsets: the pieces' words are looked for.
    slow = [{**x, "start": None, "end": None} for x in items[:4]]
    path.write_text(json.dumps({"one": slow}), encoding="utf-8")
    assert [e.span for e in read(path)["one"].entities] == [kim, putin]


def test_outputs_without_ids_are_taken_in_order_or_refused(tmp_path):
    path = tmp_path / "out.json"
    path.write_text(json.dumps([pieces(gold()[0], True), [], []]), encoding="utf-8")
    with pytest.raises(FormatError, match="3 documents have no id; expected one for each, or all 2 in order"):
        read(path)
    path.write_text("".join(json.dumps({"doc_id": d.doc_id, "entities": spans(d)}) + "\n" for d in gold()[::-1]))
    assert registry.detect(str(path)) == "gliner"
    assert bare(list(read(path).values())) == {k: bare(gold())[k] for k in ("two", "one")}


def test_labels_of_one_s_own_through_a_view(tmp_path, made, capsys):
    """GLiNER's labels are free words; a mapping says which of the scheme's types they are."""
    out, view = tmp_path / "out.json", tmp_path / "view.json"
    theirs = {"PER": "person", "GPE": "country"}
    out.write_text(json.dumps({d.doc_id: [{**s, "label": theirs[s["label"]]} for s in spans(d)] for d in gold()}))
    view.write_text(json.dumps({"types": theirs, "levels": ["NAM", "PRO"]}))
    arguments = [
        "score",
        str(out),
        "--gold",
        str(made["jsonl"]),
        "--view",
        str(view),
        "--json",
        "-",
        "--resamples",
        "0",
    ]
    assert cli.main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["metrics"]["entities.all"]["value"] == 1


# -- token formats -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "scheme", "found"),
    [
        (["I-PER", "I-PER", "B-PER", "O", "I-ORG"], "IOB1", [(0, 2, "PER"), (2, 3, "PER"), (4, 5, "ORG")]),
        (["B-PER", "I-PER", "B-PER", "O", "B-ORG"], "IOB2", [(0, 2, "PER"), (2, 3, "PER"), (4, 5, "ORG")]),
        (["B-PER", "E-PER", "S-PER", "O", "S-ORG"], "BIOES", [(0, 2, "PER"), (2, 3, "PER"), (4, 5, "ORG")]),
        (["B-PER", "L-PER", "U-PER", "O", "U-ORG"], "BIOES", [(0, 2, "PER"), (2, 3, "PER"), (4, 5, "ORG")]),
        (["B-PER", "O", "I-PER", "O", "O"], "IOB2", [(0, 1, "PER")]),  # an I- that continues nothing
        (["B-PER", "I-PER", "O", "S-ORG", "E-ORG"], "BIOES", [(3, 4, "ORG")]),  # no end, no chunk
    ],
)
def test_tag_schemes_are_told_apart(tags, scheme, found):
    """BIOES read as BIO overestimates: CoNLL via Perl."""
    assert scheme_of([tags]) == scheme
    got, stray = chunks(tags, scheme)
    assert got == found
    assert stray == sum(t != "O" for t in tags) - sum(b - a for a, b, _ in found)


CONLL = """-DOCSTART- -X- O

# doc_id = two
Mr NNP O
Kim NNP {0}
's POS O
train NN O
left VBD O
. . O

He PRP {0}
said VBD O
"""


@pytest.mark.parametrize("tag", ["B-PER", "I-PER", "S-PER"])
def test_conll_of_another_tokenisation_is_laid_onto_the_text(tag, tmp_path):
    path = tmp_path / "out.conll"
    path.write_text(CONLL.format(tag), encoding="utf-8")
    found, reading = registry.read_predictions(str(path), gold(), SCHEME)
    assert [e.span.of(TEXTS["two"]) for e in found["two"].entities] == ["Kim", "He"]
    assert f"tags read as {dict(B='IOB2', I='IOB1', S='BIOES')[tag[0]]}" in reading.notes


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("train NN O", "tram NN O", ":7: token 'tram' does not stand in the article after character 9, where 'train"),
        ("train NN O", "train NN PER", ":7: column 3: 'PER' is no tag"),
        ("train NN O", "train", ":7: column 1: 'train' is no tag"),
        ("Kim NNP B-PER", "Kim NNP B-PERS", ":5: entities[0].type: unknown entity type 'PERS'"),
        ("= two", "= twenty", "unknown document 'twenty'; did you mean 'two'?"),
    ],
)
def test_conll_faults_have_their_line(old, new, message, tmp_path):
    path = tmp_path / "out.conll"
    path.write_text(CONLL.format("B-PER").replace(old, new), encoding="utf-8")
    with pytest.raises(FormatError) as caught:
        read(path)
    assert message in str(caught.value)


# -- brat --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ann", "message"),
    [
        ("T1\tPER 0 2\tKim", "one.ann:1: T1: 'Kim' does not stand there; the text has 'Ki'"),
        ("T1\tPER 0 999\tKim", ":1: T1: 0 999 is no place in the text"),
        ("T1 PER 0 3 Kim", ":1: T1 PER 0 3 Kim: is no line of brat's"),
        ("T1\tPER 0 3\tKim\nT1\tPER 0 3\tKim", ":2: T1: is given twice"),
        ("E1\tContact.Meet:T7", ":1: E1: its trigger T7 is no text-bound annotation"),
        ("T1\tContact.Meet 4 7\tmet\nE1\tContact.Meet:T1 Place:T9", ":2: E1.Place: there is no entity or event T9"),
        ("R1\tsource Arg1:T1 Arg2:T2", ":1: source: there is no T1 and no T2"),
        ("T1\tPERS 0 3\tKim", ":1: entities[0].type: unknown entity type 'PERS'"),
    ],
)
def test_brat_faults_have_their_line(ann, message, tmp_path):
    path = tmp_path / "one.ann"
    path.write_text(ann, encoding="utf-8")
    with pytest.raises(FormatError) as caught:
        read(path, "brat")
    assert message in str(caught.value)


def test_brat_of_another_text_is_named(tmp_path):
    (tmp_path / "one.ann").write_text("T1\tPER 0 3\tKim")
    (tmp_path / "one.txt").write_text(TEXTS["one"].replace("\n", "\r\n"), encoding="utf-8", newline="")
    with pytest.raises(FormatError, match=r"one.txt: differs from the article at character 23"):
        read(tmp_path)


def test_brat_keeps_what_it_has_no_place_for_in_sight(tmp_path):
    (tmp_path / "one.ann").write_text(
        "T1\tPER 0 3;8 13\tKim Putin\nT2\tPER 8 13\tPutin\nR1\tknows Arg1:T1 Arg2:T2\nA1\tsure T1\n"
        "*\tEquiv T1 T2\n#1\tNote T1\tx\n"
    )
    found, reading = registry.read_predictions(str(tmp_path), gold(), SCHEME)
    assert [e.span for e in found["one"].entities] == [Span(0, 13), Span(8, 13)]
    assert len(reading.notes) == 4 and any("1 relations knows" in n for n in reading.notes)


# -- a gold of one's own -----------------------------------------------------------------------------------------------


def score(*arguments: str, code: int = 0) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "vostochny", "score", *arguments, "--json", "-", "--resamples", "0"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if done.stdout else {"stderr": done.stderr}


def test_a_gold_with_labels_of_its_own(made, tmp_path):
    result = score(str(made["tasks-of-others"]), "--gold", str(made["tasks-of-others"]))
    assert result["metrics"]["entities.names"]["value"] == 1
    assert set(result["metrics"]["entities.names"]["by"]["type"]) == {"Person", "Place"}
    # Against it anything that reads as predictions can be scored; a label it lacks is a mistake that is named.
    rows = [{"doc_id": d.doc_id, "entities": [{"text": "Kim", "type": "Persn"}]} for d in gold()]
    path = tmp_path / "p.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    wrong = score(str(path), "--gold", str(made["tasks-of-others"]), code=2)
    assert "unknown entity type 'Persn'; did you mean 'Person'?" in wrong["stderr"]
    path.write_text(path.read_text().replace("Persn", "Person"))
    assert score(str(path), "--gold", str(made["tasks-of-others"]))["metrics"]["entities.names"]["right"] == 2


def test_a_large_gold_with_labels_of_its_own_is_streamed(tmp_path, batches_of):
    """Types of the whole gold are known in every batch, wherever they stand first."""
    one = replace(gold()[0], events=(), quotes=())

    def typed(i: int, half: int) -> Document:
        return replace(one, doc_id=f"d{i}", entities=(replace(one.entities[0], type=f"Own{half}"),))

    documents = [typed(i, i // 30) for i in range(60)]
    swapped = [typed(i, 1 - i // 30) for i in range(60)]
    files_ = tmp_path / "gold.jsonl", tmp_path / "predicted.jsonl"
    jsonl.write(str(files_[0]), documents, with_text=True)
    jsonl.write(str(files_[1]), swapped)
    batches_of(3000)
    result = scoring.score_files(str(files_[0]), str(files_[1]), SCHEME, scoring.Options(resamples=0))
    s = statistics.score(result.measures["entities.all"].counts[0])
    assert (s.right, s.gold, s.predicted) == (0, 60, 60)
    assert statistics.score(result.measures["entities.unlabelled"].counts[0]).f1 == 1
    for unknown, predicted in (("ignore", 60), ("wrong", 60)):
        options = scoring.Options(resamples=0, unknown=unknown)
        result = scoring.score_files(str(files_[0]), str(files_[1]), SCHEME, options)
        assert statistics.score(result.measures["entities.all"].counts[0]).predicted == predicted
    files_[1].write_text(files_[1].read_text().replace("Own1", "Own2"))
    with pytest.raises(FormatError, match="unknown entity type 'Own2'"):
        scoring.score_files(str(files_[0]), str(files_[1]), SCHEME, scoring.Options(resamples=0))


THEIRS = """<View><Text name="article" value="$body"/><Labels name="ner" toName="article">
<Label value="Persona"/><Label value="Lugar"/></Labels>
<Choices name="tone" toName="article"><Choice value="calm"/></Choices></View>"""


@pytest.mark.server
def test_another_project_s_export_from_the_real_server_is_a_gold(project, client, tmp_path):
    number = project(THEIRS)
    tasks = []
    for d in gold():
        result = [
            {"id": f"r{i}", "from_name": "ner", "to_name": "article", "type": "labels",
             "value": {"start": e.span.start, "end": e.span.end, "text": e.span.of(d.text),
                       "labels": ["Persona" if e.type == "PER" else "Lugar"]}}
            for i, e in enumerate(d.entities)
        ]  # fmt: skip
        tone = {"id": "t", "from_name": "tone", "to_name": "article", "type": "choices", "value": {"choices": ["calm"]}}
        data = {"body": d.text, "filename": f"{d.doc_id}.txt"}
        tasks.append({"data": data, "annotations": [{"result": [*result, tone]}]})
    client.projects.import_tasks(id=number, request=tasks)
    exported = client.projects.exports.as_json(number)
    path = tmp_path / "export.json"
    path.write_text(json.dumps(exported, default=str), encoding="utf-8")
    documents, reading = registry.read_gold(str(path), SCHEME)
    assert {d.doc_id for d in documents} == {"one.txt", "two.txt"}
    assert {"Persona", "Lugar"} <= set(reading.ontology.mentions)
    assert "left out: 2 choices results of Label Studio" in reading.notes
    # Their own extractor, in its own format, is scored against it; the texts say which document is which.
    docs = [{"text": d.text, "ents": [{"start": 0, "end": 3, "label": "Persona"}]} for d in gold()]
    predicted = tmp_path / "out.json"
    predicted.write_text(json.dumps(docs), encoding="utf-8")
    result = score(str(predicted), "--gold", str(path))
    assert result["metrics"]["entities.names"]["gold"] == 7
    assert (result["metrics"]["entities.names"]["right"], result["metrics"]["entities.names"]["predicted"]) == (1, 2)


# -- plug-ins, hostile files, thresholds -------------------------------------------------------------------------------


def test_a_plug_in_is_found_by_its_entry_point(tmp_path, monkeypatch):
    (tmp_path / "lines_format.py").write_text(
        "from vostochny.formats.reading import Record\n"
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
    assert "lines" in registry.names() and registry.detect(str(path)) == "lines"
    assert [e.span for e in read(path)["one"].entities] == [Span(0, 3)]
    path.write_text("%lines\none 0 3 PERS\n")
    with pytest.raises(FormatError, match=r":2: entities\[0\].type: unknown"):
        read(path, "lines")
    with pytest.raises(FormatError, match="'linez' is none of jsonl, "):
        read(path, "linez")


def test_what_is_no_format_is_said(tmp_path):
    path = tmp_path / "x"
    path.write_text("Just some prose about Kim.\nAnd more.")
    with pytest.raises(FormatError, match="begins with 'Just some prose abou', which is no format of jsonl, json"):
        read(path)


def test_a_line_without_end_is_refused_in_bounded_memory(tmp_path):
    path = tmp_path / "long.jsonl"
    with path.open("wb") as file:
        file.write(b'{"doc_id": "one", "entities": [')
        file.truncate(1 << 30)  # a gigabyte of NUL bytes, none of them on the disk
    whole = {
        "longer than 64 MB": (lambda: read(path, "jsonl"), lambda: list(jsonl.blocks(str(path), 1 << 20))),
        "larger than 256 MB": (lambda: read(path, "json"),),
    }
    # Counted by the interpreter: the process's own peak never falls, and another test may have been higher before.
    tracemalloc.start()
    try:
        for message, acts in whole.items():
            for act in acts:
                with pytest.raises(FormatError, match=f"is {message}"):
                    act()
        assert tracemalloc.get_traced_memory()[1] < 600 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("lines", [True, False])
def test_a_gzip_bomb_is_refused(lines, tmp_path):
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        for _ in range(300):
            file.write((b" " * 1023 + b"\n" if lines else b" " * 1024) * 1024)
    assert path.stat().st_size < 1 << 20
    for name in ("jsonl", "json", "conll", "spacy"):
        with pytest.raises(FormatError, match=r"unpacks to more than|is longer than"):
            read(path, name)


def test_a_spacy_bomb_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "bomb.spacy"
    path.write_bytes(zlib.compress(b"\0" * (2 << 20)))
    module = registry.named("spacy")
    monkeypatch.setattr(module, "MAX_FILE", 1 << 20)
    with pytest.raises(FormatError, match="unpacks to more than"):
        read(path, "spacy")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"doc_id": "one", "entities": [{"start": 0, "end": 3, "type": "\\ud83d"}]}', "lone surrogate"),
        (b'{"doc_id": "one", "entities": [{"start": 0, "end": 3, "type": "P\\u0000R"}]}', "do not print"),
        (b'{"doc_id": "one", "entities": [{"start": 0, "end": 3, "type": "\\u001b[2J"}]}', "do not print"),
        (b'{"doc_id": "one", "entities": [{"start": 0, "end": 99999999999999999999, "type": "PER"}]}', "whole number"),
        (b'{"doc_id": "one", "text": "Another text"}', "text: differs from the article at character 0"),
        (b'{"doc_id": "one"}\x00', "is not JSON"),
        (b'{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_hostile_lines(line, message, tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_bytes(line)
    with pytest.raises(FormatError, match=message):
        read(path, unknown="wrong")


def test_names_with_markup_are_names(tmp_path):
    path = tmp_path / "p.jsonl"
    row = {"doc_id": "one", "entities": [{"start": 0, "end": 3, "type": "<b>PER</b>"}]}
    path.write_text(json.dumps(row))
    assert read(path, unknown="wrong")["one"].entities[0].type == "<b>PER</b>"


def test_fail_under(tmp_path, made, capsys):
    arguments = ["score", str(made["words"]), "--gold", str(made["jsonl"]), "--resamples", "0"]
    assert cli.main([*arguments, "--fail-under", "entities=0.8", "--fail-under", "events.argument=1"]) == 0
    path = tmp_path / "empty.jsonl"
    path.write_text('{"doc_id": "one", "entities": []}')
    arguments[1] = str(path)
    assert cli.main([*arguments, "--fail-under", "entities=0.8"]) == 1
    assert "entities.names is 0.0000, below 0.8" in capsys.readouterr().err
    for wrong in ("entities", "entities=80", "entities=x", "quotes=0.5"):
        assert cli.main([*arguments, "--fail-under", wrong]) == 2


def test_limits_are_what_they_say():
    assert (files.MAX_LINE, files.MAX_FILE) == (64 << 20, 256 << 20)
