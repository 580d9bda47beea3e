"""Keys of items: own names, other names, unknown names; alike in a gold, predictions, streams and Python objects."""

import json
from pathlib import Path
from typing import Any

import pytest

import vostochny
from vostochny import cli, scoring
from vostochny.errors import InputError

TEXT = "Kim met Putin. Kim left Moscow. Kim slept."
THIRD = {"start": 32, "end": 35, "type": "PER"}


def write(path: Path, items: list[dict[str, Any]], layer: str = "entities", **more: Any) -> str:
    path.write_text(json.dumps({"doc_id": "d1", "text": TEXT, layer: items, **more}) + "\n", encoding="utf-8")
    return str(path)


def read(tmp_path: Path, item: dict[str, Any], layer: str = "entities", **more: Any) -> Any:
    return getattr(vostochny.load(write(tmp_path / "one.jsonl", [item], layer, **more))[0], layer)[0]


@pytest.mark.parametrize(
    "item",
    [
        {"text": "Kim", "type": "PER", "start_char": 32, "end_char": 35},
        {"text": "Kim", "type": "PER", "offset": 32, "length": 3},
        {"text": "Kim", "type": "PER", "start": 32, "length": 3},
        {"Text": "Kim", "Type": "PER", "BeginOffset": 32, "EndOffset": 35, "Score": 0.5},
        {"text": "Kim", "tag": "PER", "begin": 32, "stop": 35, "confidence": 1},
        {"text": "Kim", "label": "PER", "type": "PER", "start_pos": 32, "end_pos": 35},
        {"text": "Kim", "type": "PER", "occurence": 3},
        {"text": "Kim", "entity_type": "PER", "start": None, "startOffset": 32, "endOffset": 35},
    ],
)
def test_common_names_mean_the_same_everywhere(item: dict[str, Any], tmp_path: Path, monkeypatch) -> None:
    """On either side, in memory and in streams, in files and as what a Python function returns."""
    gold, same = write(tmp_path / "g.jsonl", [THIRD]), write(tmp_path / "p.jsonl", [item])
    for maximum in (scoring.systems.MAX_GOLD_BYTES_IN_MEMORY, 0):
        monkeypatch.setattr(scoring.systems, "MAX_GOLD_BYTES_IN_MEMORY", maximum)
        for a, b in ((gold, same), (same, gold)):
            assert vostochny.score(b, gold=a, resamples=0).measures["entities.names"].value == 1.0
    result = vostochny.evaluate(lambda _: {"entities": [item]}, gold=gold, resamples=0)
    assert result.measures["entities.names"].value == 1.0


@pytest.mark.parametrize(
    ("item", "field", "message"),
    [
        ({"text": "Kim", "type": "PER", "startt": 32}, "entities[0].startt", "did you mean 'start'?"),
        ({"text": "Kim", "type": "PER", "START": 32}, "entities[0].START", "did you mean 'start'?"),
        ({"text": "Kim", "type": "PER", "span": [32, 35]}, "entities[0].span", "expected one of id, start, end"),
        ({"text": "Kim", "type": "PER", "label": "ORG"}, "entities[0].label", "with another value"),
        ({"text": "Kim", "tag": "PER", "Type": "ORG"}, "entities[0].Type", "with another value"),
        ({"text": "Kim", "type": "PER", "entity_group": "ORG"}, "entities[0].entity_group", "with another value"),
        ({**THIRD, "length": 4}, "entities[0].length", "with another value"),
        ({"text": "Kim", "type": "PER", "length": 3}, "entities[0].length", "expected a whole number"),
        ({"text": "Kim", "type": "PER", "offset": 32}, "entities[0].end", "is missing"),
    ],
)
def test_what_is_not_known_is_refused_everywhere(
    item: dict[str, Any], field: str, message: str, tmp_path: Path, monkeypatch
) -> None:
    gold, odd = write(tmp_path / "g.jsonl", [THIRD]), write(tmp_path / "p.jsonl", [item])
    calls = [
        lambda: vostochny.score(odd, gold=gold, resamples=0),
        lambda: vostochny.score(gold, gold=odd, resamples=0),
        lambda: vostochny.evaluate(lambda _: {"entities": [item]}, gold=gold, resamples=0),
    ]
    for maximum in (scoring.systems.MAX_GOLD_BYTES_IN_MEMORY, 0):
        monkeypatch.setattr(scoring.systems, "MAX_GOLD_BYTES_IN_MEMORY", maximum)
        for call in calls:
            with pytest.raises(InputError) as caught:
                call()
            assert any(p.field == field and message in p.message for p in caught.value.problems), caught.value


def test_items_inside_items_are_looked_at_too(tmp_path: Path) -> None:
    trigger = {"begin": 19, "endOffset": 23}
    event = {
        "event_type": "MOVE",
        "trigger": trigger,
        "args": [{"role": "MOVER", "filler": {"offset": 15, "length": 3}}],
    }
    found = read(tmp_path, event, "events")
    assert (found.trigger.start, found.trigger.end) == (19, 23)
    assert [(a.filler.span.start, a.filler.span.end) for a in found.arguments] == [(15, 18)]
    quote = {"content": [{"begin": 0, "stop": 7}], "speaker": {"text": "Kim", "occurence": 3}}
    assert read(tmp_path, quote, "quotes").source.span.start == 32
    for odd in ({**event, "argument": []}, {**event, "trigger": {**trigger, "label": "MOVE"}}):
        with pytest.raises(InputError, match="unknown key"):
            read(tmp_path, odd, "events")


@pytest.mark.parametrize(
    "value",
    [
        [{"entity_group": "PER", "word": "Kim", "start_char": 32, "end_char": 35}],
        {"doc_id": "d1", "entities": [{"label": "PER", "text": "Kim", "offset": 32, "length": 3}]},
    ],
    ids=["pipeline", "gliner"],
)
def test_the_output_of_tools_has_the_same_names(value: object, tmp_path: Path) -> None:
    gold = write(tmp_path / "g.jsonl", [THIRD])
    (tmp_path / "p.json").write_text(json.dumps(value))
    assert vostochny.score(tmp_path / "p.json", gold=gold, resamples=0).measures["entities.names"].value == 1.0
    (tmp_path / "p.json").write_text(json.dumps(value).replace('"Kim"', '"Kim", "strat": 3'))
    with pytest.raises(InputError, match="did you mean 'start'"):
        vostochny.score(tmp_path / "p.json", gold=gold, resamples=0)


def test_keys_that_are_not_used_are_named(tmp_path: Path, capsys) -> None:
    gold, odd = write(tmp_path / "g.jsonl", [THIRD]), write(tmp_path / "p.jsonl", [{**THIRD, "score": 0.5}])
    assert cli.main(["score", odd, "--gold", gold, "--resamples", "0"]) == 0
    assert "keys not used: score" in capsys.readouterr().err
