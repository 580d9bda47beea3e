"""Chunks of lines: their numbers, ids and entities, and which lines the checked reader has to read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.generated_news import ONTOLOGY, OPTIONS, Batches, WriteNews, score_in_memory
from vostochny import scoring
from vostochny.errors import InputError, Problem
from vostochny.model import LAYERS
from vostochny.scoring.chunks import Chunk, SideReader, Source, read_chunks

PER = {"start": 4, "end": 9, "type": "PER"}
ORG = {"start": 12, "end": 15, "type": "ORG", "level": "NOM"}


def side() -> SideReader:
    return SideReader(layers=LAYERS)


def line(doc_id: str, *entities: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"doc_id": doc_id, "entities": list(entities), **more}).encode()


def show(chunk: Chunk, lines: list[int]) -> list[tuple[int, int, str, int]]:
    """Return the entities of lines of a chunk: the line's number among these, start, type and level."""
    number = np.full(len(chunk.ids), -1)
    number[lines] = np.arange(len(lines))
    raw = chunk.items.raw.select(number, len(lines))
    document, start, _, type_, level, *_ = (column.tolist() for column in raw.tables["entities"])
    return [(d, s, raw.names["types"][t], x) for d, s, t, x in zip(document, start, type_, level, strict=True)]


def test_entities_of_chosen_lines_have_their_numbers() -> None:
    chunk = Chunk("f", 1, b"\n".join([line("a", PER), line("b"), line("c", ORG, PER), line("d", ORG)]), side())
    assert chunk.ids == ["a", "b", "c", "d"] and chunk.numbers == [1, 2, 3, 4] and not chunk.irregular
    found = sorted(show(chunk, [3, 0, 1, 2]))
    assert found == [(0, 12, "ORG", 2), (1, 4, "PER", -1), (3, 4, "PER", -1), (3, 12, "ORG", 2)]
    assert show(chunk, []) == []


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \t\n"])
def test_numbers_are_those_of_the_file(tmp_path: Path, end: bytes) -> None:
    path = tmp_path / "f.jsonl"
    lines = [b"", line("a"), b"  ", line("b"), b"5", line("c"), line("d") + line("e"), b"", line("f", PER)]
    path.write_bytes(b"\xef\xbb\xbf" + end.join(lines))
    for size in (5, 60, 1 << 20):
        problems: list[Problem] = []
        chunks = list(read_chunks(Source.from_paths([str(path)]), problems, size=size))
        found = [(i, n) for chunk in chunks for i, n in zip(chunk.ids, chunk.numbers, strict=True)]
        assert found == [("a", 2), ("b", 4), (None, 5), ("c", 6), (None, 7), ("f", 9)]
        assert [(p.line, p.message.split("(")[0].split(";")[0]) for p in problems] == [
            (5, "is a number"), (7, "is not JSON "),
        ]  # fmt: skip
        numbers = [n for chunk in chunks for n in range(len(chunk.ids)) if n in chunk.irregular]
        assert len(numbers) == 2


@pytest.mark.parametrize(
    "entity",
    [
        {"text": "Putin", "type": "PER"},
        {**PER, "start": None},
        {**PER, "paragraph": 0},
        {**PER, "level": "X"},
        {"start": 4, "end": 9},
        {**PER, "start": 4.0},
    ],
)
def test_one_irregular_entity_makes_only_its_line_irregular(entity: dict[str, Any]) -> None:
    chunk = Chunk("f", 1, b"\n".join([line("a", PER), line("b", ORG, entity), line("c", ORG)]), side())
    assert chunk.ids == ["a", "b", "c"] and not chunk.problems
    assert chunk.items.regular.tolist() == [True, False, True]
    assert sorted(show(chunk, [0, 2])) == [(0, 4, "PER", -1), (1, 12, "ORG", 2)]


def test_words_are_compared_with_the_text_of_their_line_in_a_gold_alone() -> None:
    text = "Mr. Putin of the NATO"
    lines = [line("a", {**PER, "text": "Putin"}, text=text), line("b", PER, {**PER, "text": "Kim"}, text=text)]
    lines += [
        line("c", {**PER, "text": "Kim"}),
        line("d", PER, tokens=[{"start": 0, "end": 3}, {"start": 4, "end": 4}]),
    ]
    gold, predicted = (Chunk("f", 1, b"\n".join(lines), SideReader(is_gold, LAYERS)).items for is_gold in (True, False))
    assert gold.regular.tolist() == [True, False, True, False] and predicted.regular.all()
    assert list(gold.words) == [2] and list(predicted.words) == [0, 1, 2]
    assert [predicted.words[i].fit(text) for i in range(3)] == [True, False, False] and predicted.words[1].fit("")
    assert not predicted.layouts and list(predicted.texts) == [0, 1]


def test_a_stream_with_other_names_of_keys_has_the_same_scores(write_news: WriteNews, set_batch_size: Batches) -> None:
    set_batch_size(3000)
    gold, predicted = write_news(40)
    expected = scoring.score_files(gold, predicted, ONTOLOGY, OPTIONS)
    names = {"start": "start_char", "end": "end_char", "arguments": "args", "source": "speaker"}

    def rename(value: Any) -> Any:
        if isinstance(value, list):
            return [rename(x) for x in value]
        return {names.get(k, k): rename(v) for k, v in value.items()} if isinstance(value, dict) else value

    for path in (*gold, *predicted):
        rows = [rename(json.loads(x)) for x in Path(path).read_text().splitlines()]
        Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows))
    streamed, whole = scoring.score_files(gold, predicted, ONTOLOGY, OPTIONS), score_in_memory(gold, predicted)
    note = "keys read as: args = arguments, end_char = end, speaker = source, start_char = start"
    assert streamed.notes == (f"gold: {note}", f"predictions: {note}")
    for name, measure in expected.measures.items():
        assert streamed.measures[name].value == measure.value, name
        assert whole.measures[name].value == pytest.approx(measure.value, abs=1e-12), name


@pytest.mark.parametrize("metrics", [(), ("entities.names",)])
def test_a_key_that_stands_twice_is_a_problem_of_a_stream(write_news: WriteNews, metrics: tuple[str, ...]) -> None:
    gold, predicted = write_news(5)
    path = Path(predicted[0])
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b'"entities": [', b'"entities": [], "entities": [', 1)
    path.write_bytes(b"".join(lines))
    with pytest.raises(InputError) as caught:
        scoring.score_files(gold, predicted, ONTOLOGY, scoring.Options(metrics=metrics))
    assert [(p.line, p.field) for p in caught.value.problems] == [(2, "entities")]


@pytest.mark.parametrize(
    ("row", "is_regular"),
    [
        ({"doc_id": "b", "entities": [PER, {**PER, "id": "e"}]}, True),
        ({"doc_id": "b"}, True),  # two quotation marks fewer
        ({"doc_id": "b", "entities": None}, True),
        ({"doc_id": "b", "entities": [{**PER, "type": None}]}, False),
        ({"doc_id": "b", "entities": [{"start": 4, "type": "PER", "x": 1}]}, False),
        ({"doc_id": "b", "entities": [{**PER, "type": 'P"R'}]}, True),
    ],
)
@pytest.mark.parametrize("other", [{"id": "\n"}, {"cluster": "\n"}, {"level": "X"}, {"paragraph": 0}])
def test_lines_pass_for_plain_only_where_all_are(row: dict[str, Any], is_regular: bool, other: dict[str, Any]) -> None:
    """What one line lacks must not hide what another has too much."""
    rows = [row, {"doc_id": "c", "entities": [{**PER, **other}]}]
    chunk = Chunk("f", 1, b"\n".join(json.dumps(row).encode() for row in rows), side())
    assert chunk.items.regular.tolist() == [is_regular, False]


def test_values_of_the_golds_own_need_no_checked_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Predictions that used an attitude which only the gold has were read line by line: right, but slow."""
    quote = {"content": [{"start": 0, "end": 3}], "attitude": "mocking"}
    for name in ("gold", "predicted"):
        (tmp_path / name).write_text(json.dumps({"doc_id": "d", "text": "Bob met Eve.", "quotes": [quote]}))
    files = [str(tmp_path / name) for name in ("gold", "predicted")]
    monkeypatch.setattr("vostochny.scoring.batches.RowReader", None)
    assert scoring.score_files(*files, ONTOLOGY, OPTIONS).measures["quotes.content"].value == 1
    monkeypatch.undo()
    (tmp_path / "predicted").write_text(json.dumps({"doc_id": "d", "quotes": [quote | {"attitude": "mockery"}]}))
    with pytest.raises(InputError, match="mockery"):
        scoring.score_files(*files, ONTOLOGY, OPTIONS)
