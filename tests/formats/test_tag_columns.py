"""Columns of tagged text: found from all lines and said, named by the user, or refused with the option that names them.

Each input is one that a tool writes; what it is read as is written beside it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vostochny import cli
from vostochny.errors import InputError
from vostochny.formats.input import Gold, Input
from vostochny.formats.reader import GOLD_OPTIONS
from vostochny.model import Document
from vostochny.ontology import load_ontology
from vostochny.text.layout import paragraphs_of

CONLLU = Path(__file__).parent / "samples" / "ner_in_misc.conllu"
NESTED = "1\tBayern\tB-ORG\tB-LOC\n2\tMünchen\tI-ORG\tO\n3\tmet\tO\tO\n4\tKim\tB-PER\tO\n"  # GermEval 2014
SIDE_BY_SIDE = "Bayern NNP B-ORG O\nMünchen NNP I-ORG O\nmet VBD O O\nKim NNP B-PER B-PER\n"
HIPE = (
    "TOKEN\tNE-COARSE-LIT\tNE-COARSE-METO\tNE-NESTED\tNEL-LIT\tMISC\n# language = fr\n# document_id = EXP-1\n"
    "Kim\tB-PER\tO\tO\tQ1\t_\nmet\tO\tO\tO\t_\tNoSpaceAfter\n# document_id = EXP-2\nParis\tB-LOC\tB-ORG\tO\tQ2\t_\n"
)


def save(folder: Path, content: str, name: str = "gold.conll") -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def read(folder: Path, content: str, columns: str | None = None) -> tuple[Gold, list[tuple[str, str]]]:
    """Return a gold, and the words and type of each entity."""
    gold = Input(save(folder, content), "conll", GOLD_OPTIONS, columns=columns).read_gold()
    return gold, [(e.span.of(d.text), e.type) for d in gold.documents for e in d.entities]


@pytest.mark.parametrize(
    ("content", "text", "entities", "note"),
    [
        ("Kim\tNNP\tB-PER\nmet\tVBD\tO\n2023\tCD\tB-DATE\n", "Kim met 2023", "2023 DATE, Kim PER",
         "1, tag in column 3"),
        ("1 Kim NNP I-NP I-PER\n2 met VBD I-VP O\n3 Putin NNP I-NP I-PER\n", "Kim met Putin", "Kim PER, Putin PER",
         "2, tag in column 5"),
        ("Kim NNP I-NP I-PER\nmet VBD I-VP O\n", "Kim met", "Kim PER", "1, tag in column 4"),  # CoNLL-2003
        ("1-2\tvámonos\tO\n1\tvamos\tO\n2\tnos\tO\n2.1\t_\tO\n3\tKim\tB-PER\n", "vamos nos Kim", "Kim PER",
         "2, tag in column 3"),
        ("10\u00a0000\tB-MONEY\nmen\tO\n", "10\u00a0000 men", "10\u00a0000 MONEY", "1, tag in column 2"),
        ("10\u202f000 B-MONEY\nmen O\n", "10\u202f000 men", "10\u202f000 MONEY", "1, tag in column 2"),
        ("1\tFrom\tB-O\t-\tann\n2\tthe\tO\n3\tAP\tB-ORG\t-\tann\n", "From the AP", "AP ORG", "tag in column 3"),  # UNER
        ("B-PER\tKim\nO\tmet\n", "Kim met", "Kim PER", "2, tag in column 1"),  # the MIT corpora
        ("Kim PER\nJong PER\nmet O\n", "Kim Jong met", "Kim Jong PER", "1, tag in column 2"),  # bare labels
        ("Kim I-PER\nJong I-PER\nmet O\n", "Kim Jong met", "Kim Jong PER", "1, tag in column 2"),  # IO
        ("Bayern B-ORG+B-LOC\nMünchen I-ORG\nmet O\n", "Bayern München met", "Bayern LOC, Bayern München ORG",
         "1, tag in column 2"),
        ("Bayern B-ORG|S-LOC\nMünchen E-ORG\n", "Bayern München", "Bayern LOC, Bayern München ORG", "tag in column 2"),
        ("# text = Vitamin O\nVitamin B-MISC\nO O\n", "Vitamin O", "Vitamin MISC", "1, tag in column 2"),
        ("# text = Kim’s\n1\tKim\tB-PER\tx\n2\t’s\tO\tx\n", "Kim’s", "Kim PER", "2, tag in column 3"),
        ("token\ttag\nKim\tB-PER\n", "Kim", "Kim PER", "tag in column 2 (tag)"),
        ("1\tKim\tKim\tPROPN\t_\t_\t0\troot\t_\tSpaceAfter=No|name=B-PER\n2\t.\t.\tPUNCT\t_\t_\t1\tpunct\t_\tname=O\n",
         "Kim .", "Kim PER", "tag in column 10, key name"),
        ("1-2\tdel\t_\t_\n1\tde\tO\tx\n2\tel\tO\tx\n3\tKim\tB-PER\tx\n", "de el Kim", "Kim PER", "tag in column 3"),
    ],
)  # fmt: skip
def test_columns_are_found_and_said(content, text, entities, note, tmp_path):
    gold, found = read(tmp_path, content)
    assert [d.text for d in gold.documents] == [text]
    assert ", ".join(" ".join(e) for e in sorted(found)) == entities
    assert any(n.startswith("conll: token in column ") and note in n for n in gold.notes)


def test_a_range_is_the_word_of_the_text_and_its_tokens_have_its_span(tmp_path):
    content = "# text = Vámonos, Kim\n1-2\tVámonos\t_\n1\tvamos\tB-X\n2\tnos\tO\n3\t,\tO\n3.1\t_\tO\n4\tKim\tB-PER\n"
    gold, found = read(tmp_path, content)
    assert gold.documents[0].text == "Vámonos, Kim" and found == [("Vámonos", "X"), ("Kim", "PER")]
    assert [t.of("Vámonos, Kim") for t in gold.documents[0].tokens] == ["Vámonos", ",", "Kim"]
    article = Document("d", "He: Vámonos, Kim", (), tuple(paragraphs_of("He: Vámonos, Kim")))
    path = save(tmp_path, content.replace("B-X", "B-ORG"), "p.conll")
    predicted, _ = Input(path).read_predictions(Gold([article], load_ontology()))
    assert [e.span.of(article.text) for e in predicted["d"].entities] == ["Vámonos", "Kim"]


@pytest.mark.parametrize(
    ("content", "message", "columns", "entities"),
    [
        (NESTED, "3 has ORG, PER; 4 has LOC", "tag=3", "Bayern München ORG, Kim PER"),
        (NESTED, "several columns have tags", "token=2,tag=4", "Bayern LOC"),
        (SIDE_BY_SIDE, "3 has ORG, PER; 4 has PER", "tag=4", "Kim PER"),
        (HIPE, "2 (NE-COARSE-LIT) has LOC, PER; 3 (NE-COARSE-METO) has ORG", "tag=NE-COARSE-LIT", "Kim PER, Paris LOC"),
        (HIPE, "4 (NE-NESTED) has only O", "tag=3", "Paris ORG"),
        ("7\tKim\tB-PER\n9\tmet\tO\n", "column 1 may be the token or a number", "token=2", "Kim PER"),
        ("d1\tKim\tB-PER\nd1\tmet\tO\nd1\tUn\tO\n", "column 1 may be the token or a number", "token=2", "Kim PER"),
        ("1\tKim\tNER=B-PER|NE=B-LOC\n2\tmet\t_\n", "3:NER has PER; 3:NE has LOC", "tag=3:NE", "Kim LOC"),
        ("Kim B_PER\nmet O\n", "no column has tags", None, ""),
        ("Kim NNP\nmet VBD\n", "no column has tags", None, ""),
        ("Kim\tB-PER\n\tB-ORG\n", ":2: column 2: is 'B-ORG' on a blank token", None, ""),
        ("Kim B-PER\nNew York B-LOC\nmet O\n", ":2: has 3 columns, most lines have 2", None, ""),
        ("Kim\tNNP\tB-PER\nmet\tVBD\tO\nUn\n", ":3: has 1 column, most lines have 3", None, ""),
        ("Bayern B-ORG+I-ORG\nmet O\n", ":1: column 2: 'B-ORG+I-ORG' has a type twice", None, ""),
    ],
)
def test_two_readings_are_refused_with_an_option_that_works(content, message, columns, entities, tmp_path):
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    assert message in str(caught.value)
    if columns:
        assert "--gold-column " in str(caught.value)
        _, found = read(tmp_path, content, columns)
        assert ", ".join(" ".join(e) for e in sorted(found)) == entities


@pytest.mark.parametrize("columns", ["4", "tag=9", "tag=NONE", "tag=0", "token=1,token=2", "word=1", "tag=2,token=2"])
def test_columns_that_are_not_there_are_refused(columns, tmp_path):
    with pytest.raises(InputError) as caught:
        read(tmp_path, NESTED, columns)
    assert "--gold-column" in str(caught.value)


def test_two_columns_of_the_same_tags_are_one_reading(tmp_path):
    _, found = read(tmp_path, "Kim NNP B-PER B-PER\nmet VBD O O\n")
    assert found == [("Kim", "PER")]


def test_what_is_left_out_is_counted(tmp_path):
    gold, found = read(tmp_path, "Kim\tB-PER\n\u00a0\tI-PER\n\tO\nUn\tI-PER\nmet\tB-O\nx\t_\n")
    assert gold.documents[0].text == "Kim Un met x" and found == [("Kim Un", "PER")]
    assert {"left out: 2 blank tokens", "left out: 1 tags B-O, read as O"} < set(gold.notes)
    assert "left out: 1 tags that are blank, “_” or “-”, read as O" in gold.notes


def test_a_file_of_conllu_is_read_in_its_own_text():
    """The sample is written by conllu 6.0: NER in MISC, a range, an empty node; see its first line."""
    gold = Input(CONLLU).read_gold()
    document = gold.documents[0]
    assert document.text == "Vámonos al Kremlin, Kim.\nPutin left Moscow." and document.doc_id == "news-1"
    found = [(e.span.of(document.text), e.type) for e in document.entities]
    assert found == [("Kremlin", "ORG"), ("Kim", "PER"), ("Putin", "PER"), ("Moscow", "GPE")]


@pytest.mark.parametrize("command", ["score", "compare", "validate", "convert", "show", "gold"])
def test_every_command_takes_the_columns(command, tmp_path, capsys):
    text = "Bayern München met Kim"
    row = {"doc_id": "d1", "text": text, "entities": [{"start": 0, "end": 14, "type": "ORG", "level": "NAM"}]}
    gold = str(save(tmp_path, json.dumps(row) + "\n", "gold.jsonl"))
    path, other = str(save(tmp_path, "# doc_id = d1\n" + NESTED, "p.conll")), str(tmp_path / "out.jsonl")
    arguments = {
        "score": ["score", path, "--gold", gold], "compare": ["compare", path, path, "--gold", gold],
        "validate": ["validate", path, "--gold", gold], "convert": ["convert", path, other, "--gold", gold],
        "show": ["show", "d1", "--predictions", path, "--gold", gold],
        "gold": ["score", gold, "--gold", path],
    }[command]  # fmt: skip
    assert cli.main(arguments) == 2
    assert ("--gold-column tag=3" if command == "gold" else "--column tag=3") in capsys.readouterr().err
    for option in ("--column", "--gold-column") if command == "gold" else ("--column",):
        code = cli.main([*arguments, option, "token=2,tag=3"])
        assert code == 0 and "Traceback" not in capsys.readouterr().err


IOB1, IOB2 = "Kim I-PER\nJong I-PER\nUn I-PER\nmet O\n", "Kim B-PER\nJong I-PER\nUn I-PER\nmet O\n"


def test_one_scheme_is_found_for_all_files_of_a_side(tmp_path):
    gold = [Document(i, t := "Kim Jong Un met", (), tuple(paragraphs_of(t))) for i in ("d1", "d2")]
    one = save(tmp_path, f"# doc_id = d1\n{IOB1}\n# doc_id = d2\n{IOB2}", "one.conll")
    save(tmp_path, f"# doc_id = d1\n{IOB1}", "p/a.conll")
    save(tmp_path, f"# doc_id = d2\n{IOB2}", "p/b.conll")
    for name in ("c", "d"):  # rows of tokens too
        tags = ["I-PER" if name == "c" else "B-PER", "I-PER", "I-PER", "O"]
        row = {"doc_id": {"c": "d1", "d": "d2"}[name], "tokens": ["Kim", "Jong", "Un", "met"], "ner_tags": tags}
        save(tmp_path, json.dumps(row) + "\n", f"rows/{name}.jsonl")
    read_ = [Input(x).read_predictions(Gold(gold, load_ontology())) for x in (one, tmp_path / "p", tmp_path / "rows")]
    for predictions, notes in read_:
        assert [len(predictions[i].entities) for i in ("d1", "d2")] == [0, 1]
        assert [n for n in notes if n.startswith("tags read as")] == ["tags read as IOB2"]
        assert "left out: 3 tags that belong to no chunk in IOB2" in notes


def test_columns_are_found_for_all_files_of_a_side(tmp_path):
    """A file alone may be plain; beside the others it has two columns of tags."""
    save(tmp_path, "# doc_id = d1\nKim B-PER O\n", "p/a.conll")
    save(tmp_path, "# doc_id = d2\nKim B-PER x\n", "p/b.conll")
    with pytest.raises(InputError, match="--column tag=2"):
        Input(tmp_path / "p").read_gold()


def test_a_folder_of_columns_is_named_by_its_files(tmp_path):
    save(tmp_path, "Kim B-PER\n", "p/d1.conll")
    save(tmp_path, "Un B-PER\n", "p/d2.conll")
    gold = Input(tmp_path / "p").read_gold()
    assert [(d.doc_id, d.text) for d in gold.documents] == [("d1", "Kim"), ("d2", "Un")]
    assert "no ids: documents were named by their files" in gold.notes
    save(tmp_path, "{}\n", "p/x.jsonl")
    with pytest.raises(InputError, match=r"give a pattern of one kind, e\.g\. .*/p/\*\.conll"):
        Input(tmp_path / "p").read_gold()


def test_keys_of_rows_are_named_too(tmp_path):
    row = {"doc_id": "d1", "tokens": ["Kim", "met"], "words": ["Un", "met"], "ner_tags": ["PER", "O"]}
    rows = json.dumps({**row, "labels": ["B-ORG", "O"], "fine": ["B-GPE", "O"]}) + "\n"
    path = save(tmp_path, rows, "rows.jsonl")
    with pytest.raises(InputError, match="has tags under ner_tags and labels; name one with --column tag=ner_tags"):
        Input(path).read_gold()
    for columns, found in (("tag=labels", ("Kim", "ORG")), ("token=words,tag=fine", ("Un", "GPE")),
                           ("tag=ner_tags", ("Kim", "PER"))):  # fmt: skip
        gold = Input(path, columns=columns).read_gold()
        assert [(e.span.of(d.text), e.type) for d in gold.documents for e in d.entities] == [found]
    with pytest.raises(InputError, match="has no lists tokens and other"):
        Input(path, columns="tag=other").read_gold()
