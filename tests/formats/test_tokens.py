"""Tags on tokens: their schemes are told apart, and other tokenisations are laid onto the text."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.support.two_articles import ONTOLOGY, TEXTS, make_gold, read_predictions
from vostochny.errors import InputError
from vostochny.formats import conll
from vostochny.formats.input import Gold, Input
from vostochny.model import Document, Entity, Span
from vostochny.text.tags import detect_tag_scheme, read_chunks


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
    assert detect_tag_scheme([tags]) == scheme
    got, stray = read_chunks(tags, scheme)
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
    found, notes = Input(path).read_predictions(Gold(make_gold(), ONTOLOGY))
    assert [e.span.of(TEXTS["two"]) for e in found["two"].entities] == ["Kim", "He"]
    assert f"tags read as {dict(B='IOB2', I='IOB1', S='BIOES')[tag[0]]}" in notes


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("train NN O", "tram NN O", ":7: token 'tram' is not in the article at character 9; the article has 'train"),
        ("train NN O", "train NN PER", ":7: column 3: 'PER' is not a tag"),
        ("train NN O", "train", ":7: has 1 column, most lines have 3"),
        ("Kim NNP B-PER", "Kim NNP B-PERS", ":5: entities[0].type: unknown entity type 'PERS'"),
        ("= two", "= twenty", "unknown document 'twenty'; did you mean 'two'?"),
    ],
)
def test_conll_faults_have_their_line(old, new, message, tmp_path):
    path = tmp_path / "out.conll"
    path.write_text(CONLL.format("B-PER").replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_predictions(path)
    assert message in str(caught.value)


def test_conll_leaves_out_tokens_of_white_space(tmp_path):
    text = "Kim \n met  Putin."
    tokens = tuple(Span(m.start(), m.end()) for m in re.finditer(r"\w+|\.|\s{2,}", text))
    entities = (Entity("e1", Span(0, 3), "PER"), Entity("e2", Span(10, 16), "PER"))  # the second begins with a blank
    conll.write(str(tmp_path / "w.conll"), [Document("one", text, tokens=tokens, entities=entities)], lost := Counter())
    assert lost["tokens of white space"] == 2
    lines = (tmp_path / "w.conll").read_text().split("\n")
    assert lines == ["# doc_id = one", "Kim\tB-PER", "met\tO", "Putin\tB-PER", ".\tO", "", ""]
