"""The records: each attribute has its field in the model and its table in the ontology, and reads back as written."""

from __future__ import annotations

import dataclasses
import json

import msgspec
import pytest

from tests.support.two_articles import make_gold
from vostochny import model
from vostochny.errors import InputError
from vostochny.formats.input import Gold, Input
from vostochny.formats.notation.syntax import BARE_ATTRIBUTES
from vostochny.formats.rows import to_record, to_row
from vostochny.model import Extent, Span
from vostochny.ontology import load_ontology
from vostochny.schema import records

ITEMS = {"entities": model.Entity, "events": model.Event, "quotes": model.Quote}
RECORDS = [x for name, x in vars(records).items() if name.endswith("Record")]
ONTOLOGY = load_ontology()


@pytest.mark.parametrize("layer", ITEMS)
def test_every_attribute_is_a_field_of_the_model(layer):
    fields = {f.name: f.default for f in dataclasses.fields(ITEMS[layer])}
    for attribute in records.list_attributes(layer):
        assert fields[attribute.name] is (False if attribute.kind == "flag" else None)


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: r.__name__)
def test_every_table_of_values_is_in_the_ontology(record):
    for field in records.list_fields(record):
        assert not field.key.values or ONTOLOGY.list_names(field.key.values)


def test_a_value_of_an_attribute_that_an_older_ontology_lacks_is_a_problem(tmp_path):
    """A release scores stored predictions against earlier golds."""
    older = dataclasses.replace(ONTOLOGY, attributes={"levels": ONTOLOGY.attributes["levels"]})
    quote = {"content": [{"start": 8, "end": 10}], "attitude": "belief"}
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps({"doc_id": "a", "text": "He said so.", "quotes": [quote]}), encoding="utf-8")
    with pytest.raises(InputError, match=r"quotes\[0\].attitude: 'belief' has no meaning in the gold's ontology$"):
        Input(path).read_gold(older)


@pytest.mark.parametrize("layer", ("events", "quotes"))
def test_no_two_attributes_share_a_value(layer):
    """The notation writes values without the names of their attributes."""
    tables = BARE_ATTRIBUTES[layer].values()
    values = [value for table in tables for value in ONTOLOGY.list_names(table)]
    assert values and sorted(set(values)) == sorted(values)


def test_the_decoder_keeps_missing_and_null_apart():
    raw = b'{"doc_id": "x", "entities": [{"start": 0, "end": 3, "type": "PER", "level": null}], "quotes": null}'
    row = msgspec.json.decode(raw, type=records.DocumentRecord)
    assert row.quotes is None and row.events is msgspec.UNSET
    (entity,) = row.entities
    assert entity.level is None and entity.cluster is msgspec.UNSET
    assert json.loads(msgspec.json.encode(row)) == json.loads(raw)


def test_what_later_versions_mark_is_read_and_written_and_left_out_where_it_is_not_set(tmp_path):
    (document, *_) = make_gold()
    bare = to_row(to_record(document))
    assert not any(key in item for layer in ITEMS for item in bare[layer] for key in ("optional", "extents"))
    marked = dataclasses.replace(
        document,
        entities=tuple(
            dataclasses.replace(e, optional=True, extents=(Extent("conll", Span(e.span.start, e.span.end + 1)),))
            for e in document.entities
        ),
        events=tuple(dataclasses.replace(e, optional=True) for e in document.events),
        quotes=tuple(dataclasses.replace(q, optional=True) for q in document.quotes),
    )
    row = to_row(to_record(marked))
    assert all(item["optional"] is True for layer in ITEMS for item in row[layer])
    path = tmp_path / "marked.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    (back,) = Input(path).read_predictions(Gold([document], ONTOLOGY))[0].values()
    for layer in ITEMS:
        assert getattr(back, layer) == getattr(marked, layer)


def test_plug_ins_still_find_the_values_of_an_attribute_by_their_former_name():
    assert ONTOLOGY.realis == ONTOLOGY.attributes["realis"] and ONTOLOGY.levels == ONTOLOGY.attributes["levels"]
    with pytest.raises(AttributeError, match="realiss"):
        _ = ONTOLOGY.realiss
