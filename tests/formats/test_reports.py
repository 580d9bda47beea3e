"""Inputs of public bug reports, and their like: each gives the right score, or is refused with a way out that works."""

import json
from pathlib import Path
from typing import Any

import pytest

import vostochny
from vostochny import cli, scoring
from vostochny.errors import InputError
from vostochny.text.tags import detect_tag_scheme, read_chunks

TEXT = "Kim met Putin. Kim left Moscow."
ENTITIES = [(0, 3, "PER"), (8, 13, "PER"), (15, 18, "PER"), (24, 30, "GPE")]


def write(path: Path, content: Any) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, list) and path.suffix == ".jsonl":
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content)
    path.write_bytes((content if isinstance(content, str) else json.dumps(content)).encode())
    return str(path)


def make_items(entities: list[tuple[int, int, str]], start: int = 0, end: int = 0) -> list[dict[str, Any]]:
    return [{"start": s + start, "end": e + end, "type": t} for s, e, t in entities]


def make_gold(text: str = TEXT, entities: list[tuple[int, int, str]] = ENTITIES, **more: Any) -> dict[str, Any]:
    return {"doc_id": "d1", "text": text, "entities": make_items(entities), **more}


def score(capsys: pytest.CaptureFixture[str], *arguments: str, metric: str = "entities.names") -> Any:
    """Return F1, or the message where the command refuses."""
    capsys.readouterr()
    code = cli.main(["score", *arguments, "--resamples", "0", "--json", "-"])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return json.loads(out)["metrics"][metric]["f1"] if code == 0 else err


# -- offsets without words ---------------------------------------------------------------------------------------------

EMOJI = "😀 Kim met Putin. Kim left Moscow. Yes."
OF_EMOJI = [(s + 2, e + 2, t) for s, e, t in ENTITIES]


@pytest.mark.parametrize(
    ("start", "end", "way"),
    # https://github.com/HumanSignal/label-studio/issues/1347: offsets of JavaScript behind an emoji
    [(0, -1, "inclusive"), (1, 1, "utf16"), (3, 3, "bytes")],
)
@pytest.mark.parametrize("side", ["gold", "predictions"])
def test_offsets_that_cut_words_are_refused_with_their_unit(start, end, way, side, tmp_path, capsys):
    right = write(tmp_path / "right.jsonl", [make_gold(EMOJI, OF_EMOJI)])
    other = write(tmp_path / "other.jsonl", [make_gold(EMOJI, []) | {"entities": make_items(OF_EMOJI, start, end)}])
    gold, predictions = (other, right) if side == "gold" else (right, other)
    option = "--gold-offsets" if side == "gold" else "--offsets"
    message = score(capsys, predictions, "--gold", gold)
    assert "spans begin or end inside a word" in message and f"{option} {way}" in message
    assert score(capsys, predictions, "--gold", gold, option, way) == 1.0
    assert score(capsys, predictions, "--gold", gold, option, "characters") == 0.0


def test_an_end_beyond_the_text_names_the_unit_in_which_it_is_not(tmp_path, capsys):
    gold = write(tmp_path / "g.jsonl", [make_gold("😀 Kim", [(2, 5, "PER")])])
    predictions = write(tmp_path / "p.jsonl", [{"doc_id": "d1", "entities": make_items([(3, 6, "PER")])}])
    assert "counted in UTF-16 code units it is in the text: --offsets utf16" in score(
        capsys, predictions, "--gold", gold
    )
    assert score(capsys, predictions, "--gold", gold, "--offsets", "utf16") == 1.0


@pytest.mark.parametrize(
    ("start", "end", "edit"), [(1, 1, "subtract 1 from start and end"), (1, 0, "subtract 1 from start,")]
)
def test_offsets_that_count_from_one_are_refused(start, end, edit, tmp_path, capsys):
    gold = write(tmp_path / "g.jsonl", [make_gold()])
    other = write(tmp_path / "p.jsonl", [{"doc_id": "d1", "entities": make_items(ENTITIES, start, end)}])
    assert f"counted from 1{', with inclusive ends' * (not end)} none would: {edit}" in score(
        capsys, other, "--gold", gold
    )


def test_one_span_of_several_that_cuts_a_word_is_said_and_scored(tmp_path, capsys):
    gold = write(tmp_path / "g.jsonl", [make_gold("Ann left. 😀 Kim met.", [(0, 3, "PER"), (12, 15, "PER")])])
    spans = make_items([(0, 3, "PER"), (13, 16, "PER")])  # the second may count in UTF-16
    other = write(tmp_path / "p.jsonl", [{"doc_id": "d1", "entities": spans}])
    assert score(capsys, other, "--gold", gold) == 0.5
    cli.main(["score", other, "--gold", gold, "--resamples", "0"])
    assert "counted in UTF-16 code units none would: --offsets utf16" in capsys.readouterr().err
    single = write(tmp_path / "q.jsonl", [{"doc_id": "d1", "entities": make_items([(12, 14, "PER")])}])
    assert "1 of 1 spans" in score(capsys, single, "--gold", gold)


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("Ex-Putin aide. Anti-Putin march.", [(3, 8, "PER"), (20, 25, "PER")]),  # at hyphens
        ("北京大学在北京。他去了北京大学。", [(0, 2, "GPE"), (5, 7, "GPE")]),  # words without blanks
        (
            "Putins Leute. Merkels Rede.",
            [(0, 5, "PER"), (14, 20, "PER"), (7, 12, "PER")],
        ),  # some inside a word, not most
    ],
)
def test_spans_that_no_other_unit_mends_are_scored(text, entities, tmp_path, capsys):
    entities = entities if "Putins" not in text else [*entities, (22, 26, "PER"), (14, 21, "PER")]
    path = write(tmp_path / "g.jsonl", [make_gold(text, entities)])
    assert score(capsys, path, "--gold", path) == 1.0


def test_every_command_takes_the_option_that_it_names(tmp_path, capsys):
    right = write(tmp_path / "right.jsonl", [make_gold()])
    wrong = write(tmp_path / "wrong.jsonl", [make_gold() | {"entities": make_items(ENTITIES, 0, -1)}])
    bare = write(tmp_path / "p.jsonl", [{"doc_id": "d1", "entities": make_items(ENTITIES, 0, -1)}])
    function = write(tmp_path / "extract.py", "def none(document):\n    return {'entities': []}\n")
    out = str(tmp_path / "out.jsonl")
    gold, predictions = ["--gold", wrong, "--gold-offsets"], ["--gold", right, "--offsets"]
    for arguments in (
        ["score", right, *gold],
        ["validate", right, *gold],
        ["compare", right, right, *gold],
        ["show", "d1", *gold],
        ["convert", bare.replace("p.jsonl", "words.jsonl"), out, "--format-out", "jsonl", *gold],
        ["run", f"{function}:none", "-o", str(tmp_path / "run.jsonl"), *gold],
        ["score", bare, *predictions],
        ["validate", bare, *predictions],
        ["compare", bare, bare, *predictions],
        ["show", "d1", "--predictions", bare, *predictions],
        ["convert", bare, out, "--force", *predictions],
        ["convert", wrong, out, "--force", *predictions],
    ):
        write(tmp_path / "words.jsonl", [{"doc_id": "d1", "entities": [{"text": "Kim", "type": "PER"}]}])
        capsys.readouterr()
        assert cli.main(arguments[:-1]) == 2, arguments
        assert f"none would: {arguments[-1]} inclusive" in capsys.readouterr().err, arguments
        assert cli.main([*arguments, "inclusive"]) == 0, (arguments, capsys.readouterr().err)


# -- annotation tools --------------------------------------------------------------------------------------------------


def make_task(text: str, *regions: tuple[int, int, str]) -> list[dict[str, Any]]:
    values = [{"start": s, "end": e, "text": words, "labels": ["PER"]} for s, e, words in regions]
    result = [{"from_name": "label", "to_name": "text", "type": "labels", "id": str(v), "value": v} for v in values]
    return [{"id": 1, "data": {"text": text}, "annotations": [{"id": 1, "result": result}]}]


# https://github.com/HumanSignal/label-studio/issues/539: emojis and \r\n count otherwise in a browser
@pytest.mark.parametrize(
    ("text", "entities", "regions", "option"),
    [
        ("😀 Kim met Putin.", [(2, 5, "PER"), (10, 15, "PER")], [(3, 6, "Kim"), (11, 16, "Putin")], "utf16"),
        ("Hi\r\nKim met Putin.", [(4, 7, "PER"), (12, 17, "PER")], [(3, 6, "Kim"), (11, 16, "Putin")], "ignore"),
    ],
)
def test_words_of_label_studio_are_compared(text, entities, regions, option, tmp_path, capsys):
    gold = write(tmp_path / "g.jsonl", [make_gold(text, entities)])
    predictions = write(tmp_path / "p.json", make_task(text, *regions))
    assert f"--offsets {option}" in score(capsys, predictions, "--gold", gold)
    assert score(capsys, predictions, "--gold", gold, "--offsets", option) == 1.0


def test_label_studio_writes_a_line_break_as_two_characters(tmp_path, capsys):
    gold = write(tmp_path / "g.jsonl", [make_gold("Kim\nJong met.", [(0, 8, "PER")])])
    assert (
        score(capsys, write(tmp_path / "p.json", make_task("Kim\nJong met.", (0, 8, "Kim\\nJong"))), "--gold", gold)
        == 1.0
    )


@pytest.mark.parametrize("control", ["label", "ner", "entities"])
def test_json_min_of_any_control(control, tmp_path, capsys):
    regions = [{"start": s, "end": e, "text": TEXT[s:e], "labels": [t]} for s, e, t in ENTITIES]
    row = {"id": 1, "text": TEXT, control: regions, "annotator": 1, "annotation_id": 3, "lead_time": 1.5}
    predictions = write(tmp_path / "p.json", [row])
    assert score(capsys, predictions, "--gold", write(tmp_path / "g.jsonl", [make_gold()])) == 1.0


def test_brat_counts_line_ends_of_two_characters(tmp_path, capsys):
    text = "Hi\r\nKim met Putin."
    gold = write(tmp_path / "g.jsonl", [make_gold(text, [(4, 7, "PER"), (12, 17, "PER")])])
    write(tmp_path / "p/d1.txt", text)
    write(tmp_path / "p/d1.ann", "T1\tPER 3 6\tKim\nT2\tPER 11 16\tPutin\n")
    predictions = str(tmp_path / "p")
    message = score(capsys, predictions, "--gold", gold)
    assert "inclusive" not in message and "--offsets ignore" in message
    assert score(capsys, predictions, "--gold", gold, "--offsets", "ignore") == 1.0


@pytest.mark.parametrize("beside", ["text", "tokens"])
def test_words_of_prodigy_are_compared(beside, tmp_path, capsys):
    gold = write(tmp_path / "g.jsonl", [make_gold("😀 Kim met.", [(2, 5, "PER")])])
    tokens = [{"text": "😀", "start": 0, "end": 1, "id": 0}, {"text": "Kim", "start": 2, "end": 5, "id": 1}]
    span = {"start": 3, "end": 6, "label": "PER"}
    span |= {"text": "Kim"} if beside == "text" else {"token_start": 1, "token_end": 1}
    task = {"text": "😀 Kim met.", "spans": [span], "answer": "accept"} | (
        {"tokens": tokens} if beside == "tokens" else {}
    )
    predictions = write(tmp_path / "p.jsonl", [task])
    assert "--offsets utf16" in score(capsys, predictions, "--gold", gold)
    assert score(capsys, predictions, "--gold", gold, "--offsets", "utf16") == 1.0
    if beside == "tokens":
        del span["start"], span["end"]
        assert score(capsys, write(tmp_path / "q.jsonl", [task]), "--gold", gold) == 1.0


def test_doccano_with_its_text_as_data_and_with_numbers_of_labels(tmp_path, capsys):
    gold = write(tmp_path / "g.jsonl", [make_gold()])
    data = {"id": 1, "data": TEXT, "label": [list(entity) for entity in ENTITIES]}
    assert score(capsys, write(tmp_path / "data.jsonl", [data]), "--gold", gold) == 1.0
    # https://github.com/doccano/doccano/issues/1291
    spans = [{"id": 1, "label": 2, "start_offset": 0, "end_offset": 3, "user": 1}]
    numbers = write(tmp_path / "numbers.jsonl", [{"id": 1, "text": TEXT, "annotations": spans}])
    assert "has numbers of labels, not their names; export as JSONL (Text-Labels)" in score(
        capsys, numbers, "--gold", gold
    )


# -- pieces of tokens --------------------------------------------------------------------------------------------------


def make_pieces(*pieces: tuple[str, str, int, int]) -> list[dict[str, Any]]:
    return [{"entity": tag, "word": w, "index": i, "start": s, "end": e} for i, (tag, w, s, e) in enumerate(pieces, 1)]


def test_pieces_are_compared_with_the_text(tmp_path, capsys):
    text = "😀 Müller met Kim."
    gold = write(tmp_path / "g.jsonl", [make_gold(text, [(2, 8, "PER"), (13, 16, "PER")])])
    right = [("B-PER", "mull", 2, 6), ("I-PER", "##er", 6, 8), ("O", "met", 9, 12), ("B-PER", "kim", 13, 16)]
    shifted = [(tag, word, start + 1, end + 1) for tag, word, start, end in right]
    assert score(capsys, write(tmp_path / "p.json", make_pieces(*right)), "--gold", gold) == 1.0
    predictions = write(tmp_path / "q.json", make_pieces(*shifted))
    assert "--offsets utf16" in score(capsys, predictions, "--gold", gold)
    assert score(capsys, predictions, "--gold", gold, "--offsets", "utf16") == 1.0
    # Byte-level BPE writes ü as two other letters, and SentencePiece a byte that it does not know as <0x9F>.
    odd = [("B-PER", "ĠMÃ¼ller", 2, 8), ("O", "Ġmet", 8, 12), ("B-PER", "ĠKim", 12, 16)]
    assert score(capsys, write(tmp_path / "odd.json", make_pieces(*odd)), "--gold", gold) == 1.0


def test_an_aggregated_item_that_begins_inside_a_word_goes_on(tmp_path, capsys):
    # https://github.com/huggingface/transformers/issues/23322
    gold = write(tmp_path / "g.jsonl", [make_gold()])
    pieces = [("Put", 8, 11), ("##in", 11, 13)]
    items = [{"entity_group": "PER", "word": word, "start": s, "end": e, "score": 1.0} for word, s, e in pieces]
    assert score(capsys, write(tmp_path / "p.json", items), "--gold", gold) == pytest.approx(2 / 5)


# -- tags --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "scheme", "chunks"),
    [
        ("I-A E-A O E-A E-A", "IOE2", [(0, 2, "A"), (3, 4, "A"), (4, 5, "A")]),
        ("I-A E-A I-A O I-B", "IOE1", [(0, 2, "A"), (2, 3, "A"), (4, 5, "B")]),
        ("B-A E-A O", "BIOES", [(0, 2, "A")]),
    ],
)
def test_ends_alone_mark_chunks(tags, scheme, chunks):
    assert detect_tag_scheme([tags.split()]) == scheme
    assert read_chunks(tags.split(), scheme) == (chunks, 0)


def test_tags_without_labels_are_refused(tmp_path, capsys):
    # https://github.com/chakki-works/seqeval/issues/46
    path = write(tmp_path / "p.conll", "Kim B\nmet O\nPutin B\nJr I\n. O\n")
    arguments = [path, "--gold", path, "--format", "conll", "--gold-format", "conll"]
    assert "no column has tags" in score(capsys, *arguments)
    assert "'B' is not a tag; expected O, B-TYPE or I-TYPE" in score(capsys, *arguments, "--column", "tag=2")


@pytest.mark.parametrize("first", ["[", "[CLS]", "{"])
def test_a_bracket_is_a_token(first, tmp_path, capsys):
    tags = f"{first}\tO\nKim\tB-PER\nmet\tO\n"
    gold = write(tmp_path / "g.jsonl", [make_gold(f"{first} Kim met", [(len(first) + 1, len(first) + 4, "PER")])])
    assert score(capsys, write(tmp_path / "p.conll", tags), "--gold", gold) == 1.0


# -- ids and answers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["doc_id", "id"])
def test_a_number_is_not_the_beginning_of_a_longer_one(key, tmp_path, capsys):
    gold = write(tmp_path / "g.jsonl", [make_gold(doc_id="12"), make_gold(doc_id="003_a")])
    assert "unknown document '1'" in score(
        capsys, write(tmp_path / "p.jsonl", [{key: "1", "entities": []}]), "--gold", gold
    )
    short = write(tmp_path / "q.jsonl", [{"doc_id": "003", "entities": make_items(ENTITIES)}])
    assert score(capsys, short, "--gold", gold) == pytest.approx(2 / 3)
    with pytest.raises(InputError, match="unknown document '1'"):
        vostochny.score([{"doc_id": "1", "entities": []}], gold=gold)


def test_a_doc_id_that_is_a_number_is_refused_with_the_edit(tmp_path, capsys):
    gold = write(tmp_path / "g.jsonl", [make_gold(doc_id="3")])
    number = write(tmp_path / "p.jsonl", [make_gold(doc_id=3)])
    for arguments in ([number, "--gold", gold], [gold, "--gold", number]):
        assert 'is a number; write it as a string, "3"' in score(capsys, *arguments)


@pytest.mark.parametrize("maximum", [scoring.systems.MAX_GOLD_BYTES_IN_MEMORY, 0])
@pytest.mark.parametrize("content", [["Kim left Moscow"], "Kim left Moscow"])
def test_a_content_given_as_words_is_these_words(content, maximum, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(scoring.systems, "MAX_GOLD_BYTES_IN_MEMORY", maximum)
    quote = {"content": [{"start": 15, "end": 30}], "source": {"start": 0, "end": 3}}
    gold = write(tmp_path / "g.jsonl", [make_gold(quotes=[quote])])
    predictions = write(tmp_path / "p.jsonl", [{"doc_id": "d1", "quotes": [{"content": content, "cue": None}]}])
    assert "is a string; expected" in score(capsys, predictions, "--gold", gold)
    arguments = [predictions, "--gold", gold, "--unknown", "wrong"]
    assert score(capsys, *arguments, metric="quotes.content_tokens") == 1.0


@pytest.mark.parametrize(("tag", "right"), [("B_PER", "B-PER"), ("PER-B", "B-PER"), ("b-PER", "B-PER")])
def test_a_tag_in_another_form_is_refused_with_the_right_one(tag, right, tmp_path, capsys):
    gold = write(tmp_path / "gold.conll", "Kim\tB-PER\nleft\tO\n")
    assert f"{tag!r} is none: write {right!r}" in score(
        capsys, write(tmp_path / "p.conll", f"Kim\t{tag}\nleft\tO\n"), "--gold", gold
    )
    assert score(capsys, write(tmp_path / "p.conll", f"Kim\t{right}\nleft\tO\n"), "--gold", gold) == 1.0


@pytest.mark.parametrize("piece", ["##s", "▁s", "Ġs", "s@@", "s</w>"])
def test_pieces_as_tokens_are_refused_as_pieces(piece, tmp_path, capsys):
    gold = write(tmp_path / "gold.conll", "Kims\tB-PER\nleft\tO\n")
    message = score(capsys, write(tmp_path / "p.conll", f"Kim\tB-PER\n{piece}\tI-PER\nleft\tO\n"), "--gold", gold)
    assert "(join the pieces of words to words)" in message


def test_a_label_of_a_model_without_names_is_no_misspelt_one(tmp_path, capsys):
    gold = write(tmp_path / "gold.jsonl", [make_gold()])
    row = {"doc_id": "d1", "entities": make_items([(0, 3, "LABEL_1")])}
    assert "name them in id2label" in score(capsys, write(tmp_path / "p.jsonl", [row]), "--gold", gold)
