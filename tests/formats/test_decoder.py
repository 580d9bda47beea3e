"""Lines decoded into records: each key read once, under its own name or a common other one; a key that stands twice."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vostochny
from tests.support.two_articles import read_predictions
from vostochny.errors import InputError
from vostochny.formats.decoder import CALLS_AFTER_FAILURE, RowDecoder
from vostochny.formats.jsonl import parse_json, parse_row
from vostochny.formats.keys import KeyNames, describe_renamed
from vostochny.formats.reader import Reading, Record
from vostochny.formats.rows import to_row
from vostochny.ontology import load_ontology
from vostochny.schema.records import DocumentRecord, list_aliases, list_fields

ENTITY = {"start": 4, "end": 9, "type": "PER"}
ROW: dict[str, Any] = {
    "doc_id": "d1",
    "text": "Kim said: “I met Putin.”",
    "tokens": [{"start": 0, "end": 3}],
    "entities": [{"id": "e1", "start": 0, "end": 3, "type": "PER", "level": None}],
    "events": [
        {
            "trigger": {"start": 13, "end": 16},
            "type": "Contact.Meet",
            "arguments": [{"role": "Participant", "filler": "e1"}, {"role": "Place", "start": 0, "end": 3}],
        }
    ],
    "quotes": [{"content": [{"text": "I met Putin."}], "source": {"start": 0, "end": 3}}],
}


def line(*entities: dict[str, Any]) -> bytes:
    return json.dumps({"doc_id": "d1", "entities": list(entities)}).encode()


# -- a key twice -------------------------------------------------------------------------------------------------------


def write_text(value: str) -> st.SearchStrategy[str]:
    """Return the ways to write a string in JSON: plain, escaped, every character escaped."""
    escaped = "".join(f"\\u{ord(c):04x}" for c in value if ord(c) < 0x10000)
    return st.sampled_from([json.dumps(value), json.dumps(value, ensure_ascii=False), f'"{escaped}"'])


BLANKS = st.sampled_from(["", " ", "\t", " \r "])
TEXTS = st.sampled_from(["", "a", "b", '"', "\\", '\\"', "start", "é", "u0022", "\\u0022", "{", "：", "\n"])
SCALARS = st.one_of(
    TEXTS.flatmap(write_text), st.sampled_from(["0", "-1", "1.5", "1e3", "true", "false", "null", "9" * 25])
)


@st.composite
def objects(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    pairs = draw(st.lists(st.tuples(TEXTS.flatmap(write_text), values), max_size=5))
    blank = draw(BLANKS)
    return "{" + blank + f"{blank},".join(f"{key}{blank}:{blank}{value}" for key, value in pairs) + "}"


@st.composite
def lists(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    return "[" + f"{draw(BLANKS)},".join(draw(st.lists(values, max_size=3))) + "]"


VALUES = st.recursive(SCALARS, lambda inner: st.one_of(objects(inner), lists(inner)), max_leaves=20)


def has_key_twice(text: str) -> bool:
    found = False

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        found = found or len(dict(pairs)) < len(pairs)
        return dict(pairs)

    json.loads(text, object_pairs_hook=look)
    return found


@given(VALUES)
def test_a_value_is_read_if_and_only_if_no_key_stands_twice(text: str) -> None:
    value, problems = parse_json("f", 1, text.encode())
    assert bool(problems) == has_key_twice(text)
    if not problems:
        assert value == json.loads(text)
    assert all("twice" in p.message and p.field for p in problems if p.field != "")


@given(st.data())
def test_a_line_is_regular_only_if_no_key_stands_twice(data: st.DataObject) -> None:
    """A key of any object in a row is written once more, with any value, at any depth."""

    def write(value: Any, path: tuple[Any, ...] = ()) -> str:
        if isinstance(value, list):
            return "[" + ", ".join(write(x, (*path, i)) for i, x in enumerate(value)) + "]"
        if not isinstance(value, dict):
            return json.dumps(value, ensure_ascii=False)
        pairs = [f"{json.dumps(k)}: {write(v, (*path, k))}" for k, v in value.items()]
        if path == chosen:
            again = data.draw(st.sampled_from(list(value)))
            pairs.insert(data.draw(st.integers(0, len(pairs))), f"{json.dumps(again)}: {json.dumps(value[again])}")
        return "{" + ", ".join(pairs) + "}"

    def list_objects(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        if isinstance(value, list):
            return [p for i, x in enumerate(value) for p in list_objects(x, (*path, i))]
        if not isinstance(value, dict):
            return []
        return [path, *(p for k, v in value.items() for p in list_objects(v, (*path, k)))]

    chosen = data.draw(st.sampled_from(list_objects(ROW)))
    text = write(ROW)
    good = json.dumps(ROW).encode()
    first, broken, last = RowDecoder().decode([good, text.encode(), good])
    assert broken is None and first == last != None  # noqa: E711
    row, problems = parse_row("f", 2, text.encode())
    assert row is None and problems[0].line == 2 and "appears twice in one object" in problems[0].message


def test_quotation_marks_that_are_escaped_by_number_count_too() -> None:
    raw = b'{"doc_id": "d1", "text": "\\u0022Yes\\u0022", "entities": []}'
    again = raw.replace(b'"entities": []', b'"entities": [{"text": "\\u0022"}], "entities": []')
    first, second = RowDecoder().decode([raw, again])
    assert first is not None and first.text == '"Yes"' and second is None


@pytest.mark.parametrize("kind", ["words", "huggingface", "gliner", "prodigy"])
def test_a_key_twice_on_the_first_of_several_lines_is_named(kind: str, sample_files: dict[str, Path], tmp_path) -> None:
    first, second = json.loads(sample_files[kind].read_text("utf-8"))
    raw = json.dumps(first, ensure_ascii=False).replace('"start": ', '"start": 0, "start": ', 1)
    raw = raw if kind != "words" else raw.replace('"text": ', '"text": 0, "text": ', 1)
    path = tmp_path / "p.jsonl"
    path.write_text(f"{raw}\n{json.dumps(second)}\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_predictions(path)
    assert [(p.line, "twice" in p.message) for p in error.value.problems][:1] == [(1, True)]
    assert not any("not JSON" in p.message for p in error.value.problems)


def test_a_key_that_stands_twice_is_named_with_its_place() -> None:
    raw = b'{"entities": [{"start": 1, "end": 2}, {"start": 3, "st\\u0061rt": 4}], "quotes": [], "quotes": []}'
    _, problems = parse_row("p.jsonl", 7, raw)
    assert [str(p) for p in problems] == [
        "p.jsonl:7: entities[1].start: the key 'start' appears twice in one object; write it once",
        "p.jsonl:7: quotes: the key 'quotes' appears twice in one object; write it once",
    ]


def test_deeply_nested_lines_are_problems_not_errors() -> None:
    for depth in range(300, 1100, 25):
        raw = b'{"a":' * depth + b'{"b":1,"b":2}' + b"}" * depth
        assert parse_json("f", 1, raw)[1]
        assert RowDecoder().decode([raw]) == [None]


# -- regular and irregular lines ---------------------------------------------------------------------------------------


def test_a_regular_row_is_the_record_that_it_says() -> None:
    (record,) = RowDecoder().decode([json.dumps(ROW).encode()])
    assert record is not None and to_row(record) == {
        f.name: ROW[f.name] for f in list_fields(DocumentRecord) if f.name in ROW
    }


@pytest.mark.parametrize(
    "raw",
    [
        b'{"doc_id": "d1", "entites": []}',
        b'{"doc_id": "d1", "title": "\xff"}',
        b'{"doc_id": "d1", "title": "\\ud800"}',
        b'{"doc_id": "d1", "tokens": [{"start": 0, "end": 1, "end": 1}]}',
        b'{"doc_id": "d1"} {"doc_id": "d2"}',
        b'["d1"]',
        b'{"doc_id": "d1", "text": "\\\\u0022 \\u0022"}',
        line({**ENTITY, "start": 1.0}),
        line({**ENTITY, "start": True}),
        line({**ENTITY, "start": -1}),
        line({**ENTITY, "start": 10**30}),
        line({**ENTITY, "start": "4"}),
        line({**ENTITY, "score": float("nan")}),
        line({**ENTITY, "a\tkey": 1}),
        line({**ENTITY, 'a "key"': 1}),
        line(ENTITY).replace(b"4", b"1e400"),
    ],
)
def test_one_irregular_line_leaves_the_others_regular(raw: bytes) -> None:
    first, irregular, last = RowDecoder().decode([line(ENTITY), raw, line(ENTITY)])
    assert irregular is None and first == last and first is not None and first.doc_id == "d1"


def test_unused_keys_of_items_are_learnt_once() -> None:
    decoder = RowDecoder()
    lines = [line({**ENTITY, "score": 0.5, "note": {"a": ["b"]}})] * 3
    assert all(decoder.decode(lines))
    layout = decoder._layout
    assert all(decoder.decode(lines)) and decoder._layout is layout
    assert decoder.renamed == {"score": "", "note": ""}
    twice = line(ENTITY).replace(b'"PER"', b'"PER", "note": {"a": 1, "a": 2}')
    assert decoder.decode([lines[0], twice])[1] is None


@pytest.mark.parametrize("key", ["a\\b", 'a"b', "a\nb", "\x1f", "", "é", "extra0", "\u2028", "typo", "_score"])
def test_an_unknown_key_makes_a_line_irregular_and_no_other(key: str) -> None:
    raw = line({**ENTITY, key: 1, "note": 2})
    decoder = RowDecoder()
    assert decoder.decode([raw, line({**ENTITY, "note": 2})])[0] is None
    assert all(decoder.decode([line({**ENTITY, "note": 2})]))
    row, problems = parse_row("f", 1, raw)
    assert row is not None and problems == []
    keys = KeyNames()
    keys.resolve(row)
    assert [field for field, _ in keys.problems] == [f"entities[0].{key}"]


# -- keys under other names --------------------------------------------------------------------------------------------


def test_no_other_name_is_a_key_of_its_record_or_stands_for_two() -> None:
    def walk(record: type[msgspec.Struct], seen: set[type[msgspec.Struct]]) -> None:
        aliases = [a for f in list_fields(record) for a in f.key.aliases]
        assert len(aliases) == len(set(aliases)) and not set(aliases) & set(record.__struct_fields__)
        seen.add(record)
        for field in list_fields(record):
            if field.record and field.record not in seen:
                walk(field.record, seen)

    walk(DocumentRecord, set())
    assert list_aliases(DocumentRecord) == {"id": "doc_id"}


def rename(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [rename(x, names) for x in value]
    return {names.get(k, k): rename(v, names) for k, v in value.items()} if isinstance(value, dict) else value


NAMES = {"start": "begin", "end": "endOffset", "type": "label", "arguments": "args", "source": "speaker"}


def test_rows_and_lines_with_other_names_are_read_alike() -> None:
    other = {**rename(ROW, NAMES), "doc_id": "d1"}
    keys, decoder = KeyNames(), RowDecoder()
    assert keys.resolve(other) == ROW and not keys.problems
    assert keys.resolve(ROW) is ROW
    plain, renamed = RowDecoder().decode([json.dumps(ROW).encode()]), decoder.decode([json.dumps(other).encode()] * 2)
    assert plain[0] is not None and renamed[1] is not None
    assert [e.start for e in plain[0].entities or ()] == [e.start for e in renamed[1].entities or ()] == [0]
    assert decoder.renamed == keys.renamed == {alias: key for key, alias in NAMES.items()}
    assert describe_renamed(keys.renamed) == [
        "keys read as: args = arguments, begin = start, endOffset = end, label = type, speaker = source"
    ]


def test_a_key_under_two_names_is_a_problem() -> None:
    keys = KeyNames()
    message = "which the item has too, with another value; write one of them"
    keys.resolve({"doc_id": "d1", "entities": [ENTITY, {**ENTITY, "start_char": 7}, {"begin": 1, "startChar": 2}]})
    assert keys.problems == [
        (f"entities[{i}].{name}", f"is another name of 'start', {message}")
        for i, name in ((1, "start_char"), (2, "startChar"))
    ]
    decoder = RowDecoder()
    assert decoder.decode([line(ENTITY), line({**ENTITY, "start_char": 7})])[1] is None
    keys.resolve({"entities": [{**ENTITY, "label": None}]})  # a null says nothing
    assert not keys.problems


def test_a_name_that_some_items_lack_keeps_no_line_from_being_read() -> None:
    """Of items with different names, those with the more common one stay regular."""
    decoder = RowDecoder()
    other = line({"start_char": 4, "end_char": 9, "type": "PER"})
    assert decoder.decode([other]) != [None]
    own, mixed = decoder.decode([line(ENTITY), other])
    assert own is not None and mixed is None
    assert decoder.decode([line(ENTITY)] * 2) == [own, own]


def test_a_reading_says_once_what_it_read_as_what() -> None:
    text = "Kim met Putin."
    gold = Reading(load_ontology())
    rows = [
        Record(
            "g", n, {"doc_id": f"d{n}", "text": text, "entities": [{"start_char": 8, "end_char": 13, "label": "PERS"}]}
        )
        for n in (1, 2)
    ]
    documents = gold.read_gold(rows, own_types=True)
    assert [(e.span.start, e.type) for d in documents for e in d.entities] == [(8, "PERS")] * 2
    assert gold.notes == ["keys read as: end_char = end, label = type, start_char = start"]


# -- one parser --------------------------------------------------------------------------------------------------------


def test_no_module_has_another_fast_parser() -> None:
    for path in Path(vostochny.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            imported = {module, *names, *(f"{module}.{name}" for name in names)}
            assert not imported & {"orjson", "pyarrow.json", "simdjson", "ujson"}, path
            at_top = isinstance(node, ast.Import | ast.ImportFrom) and node.col_offset == 0
            assert not (at_top and any(x.split(".")[0] == "pyarrow" for x in imported)), path


def plain(**more: object) -> bytes:
    return json.dumps({"doc_id": "d1", "entities": [{"start": 0, "end": 5, "type": "PER"}, more]}).encode()


@pytest.mark.parametrize(
    ("raw", "is_plain"),
    [
        (plain(start=6, end=9, type="ORG"), True),
        (plain(start=6, end=9, type="ORG", text='a "b'), True),
        (plain(start=6, end=9, type="ORG", id="e1"), False),
        (plain(start=6, end=9), False),
        (plain(start=6, end=9, typo="ORG"), False),
        (plain(start=6, end=9, type=None), False),
        (plain(start=6, end=9, type="ORG").replace(b"}]", b', "end": 9}]'), False),
        (plain(start=6, end=9, type="ORG").replace(b"ORG", b"O\\u0022RG"), True),
        (plain(start=6, end=9, type="ORG").replace(b"]}", b'], "quotes": []}'), True),
        (plain(start=6, end=9, type="ORG").replace(b"]}", b'], "qoutes": []}'), False),
    ],
)
def test_entities_of_start_end_type_and_words_are_plain(raw: bytes, is_plain: bool) -> None:
    decoder = RowDecoder()
    (record,) = decoder.decode([raw])
    assert decoder.is_plain is is_plain
    if is_plain:
        assert record is not None and json.loads(msgspec.json.encode(record)) == json.loads(raw)


def test_plain_lines_are_found_again_after_others() -> None:
    decoder = RowDecoder()
    states = []
    for raw in [plain(start=6, end=9, type="ORG", id="e1")] * 2 + [plain(start=6, end=9, type="ORG")] * 20:
        decoder.decode([raw])
        states.append(decoder.is_plain)
    assert states == [False] * CALLS_AFTER_FAILURE + [True] * (22 - CALLS_AFTER_FAILURE)
