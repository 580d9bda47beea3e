"""Counts beside the metrics: words not found, attributes never stated, values under other names, items given twice."""

import json
from dataclasses import replace

import pytest

import vostochny
from tests.support.twenty_words import NO_INTERVALS, TOKENS, WORDS, make_document, make_event, span_of_tokens
from vostochny import cli
from vostochny.formats.input import Input
from vostochny.formats.rows import to_record, to_row
from vostochny.model import Entity, Quote
from vostochny.ontology import View, load_ontology
from vostochny.report import comparison, result_json, terminal
from vostochny.report.seqeval_check import describe_difference
from vostochny.scoring import streaming

ONTOLOGY = load_ontology()
GOLD = make_document(
    "x",
    [Entity("e1", TOKENS[0], "PER", "NAM", cluster="a"), Entity("e2", TOKENS[4], "DATE")],
    [make_event("Meet", TOKENS[2], realis="actual", polarity="positive")],
    [Quote("q1", (span_of_tokens(5, 8),), directness="direct")],
)


def words_of(span):
    return {"text": span.of(WORDS)}


def score_both_ways(tmp_path, gold, row, options=NO_INTERVALS):
    """Score a row in memory and streamed; the numbers must be equal. Returns both results."""
    paths = tmp_path / "gold.jsonl", tmp_path / "predicted.jsonl"
    for path, content in zip(paths, (to_row(to_record(gold, with_text=True)), row), strict=True):
        path.write_text(json.dumps(content) + "\n", encoding="utf-8")
    truth = Input(paths[0]).read_gold()
    predicted, _ = Input(paths[1]).read_predictions(truth, options.unknown, options.view)
    results = [
        vostochny.scoring.score(truth.documents, predicted, truth.ontology, options),
        streaming.score_files(str(paths[0]), str(paths[1]), ONTOLOGY, options),
    ]
    assert {n: m.value for n, m in results[0].measures.items()} == {n: m.value for n, m in results[1].measures.items()}
    assert results[0].notes == results[1].notes
    return results


def test_words_not_found_lower_the_precision_of_tags_and_of_tokens(tmp_path):
    entities = [{**words_of(TOKENS[0]), "type": "PER"}, {**words_of(TOKENS[4]), "type": "DATE"}]
    content = words_of(span_of_tokens(5, 8))
    right = {"doc_id": "x", "entities": entities, "quotes": [{"content": [content]}]}
    wrong = {
        "doc_id": "x",
        "entities": [*entities, {"text": "nowhere", "type": "PER"}, {"text": "never", "type": "DATE"}],
        "quotes": [{"content": [content]}, {"content": [{"text": "Nobody said “this”."}]}],
    }
    for result in score_both_ways(tmp_path, GOLD, right):
        assert result.measures["entities.iob2"].score.precision == 1
        assert result.measures["quotes.content_tokens"].score.precision == 1
    for result in score_both_ways(tmp_path, GOLD, wrong):
        assert result.measures["entities.iob2"].score.precision == 2 / 4
        assert result.measures["entities.iob2"].counts[0].by("type")["DATE"].total().tolist() == [1, 1, 1, 2]
        # Nobody, said, “, this, ”, .
        assert result.measures["quotes.content_tokens"].score.precision == 4 / 10
        assert (
            result.measures["entities.iob2"].score.recall == result.measures["quotes.content_tokens"].score.recall == 1
        )
        if result.pairs:
            assert describe_difference(result) is None


def test_a_part_of_a_quote_that_is_not_found_counts_too(tmp_path):
    row = {"doc_id": "x", "quotes": [{"content": [words_of(span_of_tokens(5, 8)), {"text": "and more"}]}]}
    for result in score_both_ways(tmp_path, GOLD, row):
        assert result.measures["quotes.content_tokens"].score.precision == 4 / 6


def test_without_tokens_words_not_found_count_their_characters():
    gold = replace(GOLD, tokens=(), sentences=())
    row = {"doc_id": "x", "quotes": [{"content": [words_of(span_of_tokens(5, 8))]}, {"content": [{"text": "a bc"}]}]}
    score = vostochny.score([row], gold=[gold], resamples=0).measures["quotes.content_tokens"].score
    assert score.predicted == 8 + 3


ATTRIBUTES = [
    ("events.realis", "events", {"realis": "generic"}),
    ("events.polarity", "events", {"polarity": "negative"}),
    ("quotes.directness", "quotes", {"directness": "indirect"}),
]


@pytest.mark.parametrize(("name", "layer", "stated"), ATTRIBUTES)
def test_an_attribute_that_is_never_stated_has_no_accuracy(tmp_path, name, layer, stated):
    items = {
        "events": {"trigger": {"start": TOKENS[2].start, "end": TOKENS[2].end}, "type": "Meet"},
        "quotes": {"content": [{"start": TOKENS[5].start, "end": TOKENS[8].end}]},
    }
    for result in score_both_ways(tmp_path, GOLD, {"doc_id": "x", layer: [items[layer]]}):
        measure = result.measures[name]
        assert (measure.value, measure.score.recall, measure.score.gold) == (None, None, 1)
        (line,) = [x for x in terminal.render(result).splitlines() if "accuracy" in x and name[7:11] in x]
        assert line.split()[-3:] == ["–", "0", "1"]
        content = result_json.as_dict(result)["metrics"][name]
        assert content["value"] is content["recall"] is None
        assert all(part["recall"] is None for parts in content["by"].values() for part in parts.values())
    # One that is stated wrongly is wrong.
    for result in score_both_ways(tmp_path, GOLD, {"doc_id": "x", layer: [{**items[layer], **stated}]}):
        assert result.measures[name].value == 0


def test_systems_are_not_compared_by_what_one_never_states():
    results = vostochny.scoring.in_memory.score_systems(
        [GOLD],
        [
            {
                "x": make_document(
                    "x", quotes=[Quote("", (span_of_tokens(5, 8),), directness=d)], emitted=frozenset(["quotes"])
                )
            }
            for d in ("direct", None)
        ],
        ONTOLOGY,
        replace(NO_INTERVALS, metrics=("quotes.directness",)),
        "?",
    )
    (row,) = comparison.compare_systems(["a", "b"], results).rows
    assert row.values == (1, None)
    assert (row.comparison.difference, row.comparison.better, row.comparison.worse) == (None, 0, 0)
    assert row.comparison.documents == (None,)


def test_a_comparison_without_resamples_has_no_p_and_no_interval():
    """Thirty gold items and more, so that there would be a test."""
    spans = [span_of_tokens(i, j) for i in range(10) for j in range(i, 10)]
    gold = make_document("x", [Entity("", span, "PER", "NAM") for span in spans])
    systems = [{"x": gold}, {"x": replace(gold, entities=gold.entities[::2])}]
    for resamples in (0, 100):
        options = replace(NO_INTERVALS, resamples=resamples, metrics=("entities.names",))
        results = vostochny.scoring.in_memory.score_systems([gold], systems, ONTOLOGY, options, "?")
        table = comparison.compare_systems(["a", "b"], results)
        (row,) = table.rows
        assert (row.comparison.p is None) == (row.comparison.p_holm is None) == (resamples == 0)
        assert row.comparison.difference < 0
    ((c,),) = ([row.comparison for row in comparison.compare_systems(["a", "b"], [
        replace(r, options=replace(r.options, resamples=0)) for r in results
    ]).rows],)  # fmt: skip
    assert (c.p, c.p_holm, c.these_articles, c.new_articles, c.detectable) == (None,) * 5
    assert "--resamples 0: no test and no interval" in c.notes


def test_a_value_under_another_name_is_no_mention(tmp_path):
    view = View("own", {"PER": "PER", "DATE": "WHEN", "GPE": "MISC", "TIME": "MISC"}, frozenset({"NAM"}), builtin=False)
    options = replace(NO_INTERVALS, view=view)
    gold = replace(
        GOLD, events=(), quotes=(), entities=(*GOLD.entities, Entity("e3", TOKENS[9], "PER", "NAM", cluster="a"))
    )
    spans = {n: {"start": TOKENS[n].start, "end": TOKENS[n].end, "cluster": "k"} for n in (0, 4, 9, 11, 13)}
    row = {
        "doc_id": "x",
        "entities": [
            {**spans[0], "type": "PER"}, {**spans[9], "type": "PER"}, {**spans[4], "type": "DATE"},
            {**spans[11], "type": "WHEN"}, {**spans[13], "type": "TIME"},
        ],
    }  # fmt: skip
    for result in score_both_ways(tmp_path, gold, row, options):
        assert result.measures["coreference.entities.within.mentions"].score.predicted == 2
        assert result.measures["coreference.entities.within.conll"].value == 1


@pytest.mark.parametrize("side", ["gold", "predictions"])
def test_an_item_given_twice_is_noted(tmp_path, side):
    twice = replace(GOLD, entities=(*GOLD.entities, *(replace(e, id="") for e in GOLD.entities)))
    gold, predicted = (twice, GOLD) if side == "gold" else (GOLD, twice)
    row = {k: v for k, v in to_row(to_record(predicted)).items() if k in ("doc_id", "entities", "events", "quotes")}
    for result in score_both_ways(tmp_path, gold, row):
        (note,) = result.notes
        assert note.startswith(f"{side}: 2 of the entities given again with the span and the type of another one")
        assert note in terminal.render(result)
    for layer in ("events", "quotes"):
        items = getattr(GOLD, layer) * 3
        row = to_row(to_record(replace(GOLD, **{layer: tuple(replace(i, id="") for i in items)})))
        (note,) = score_both_ways(tmp_path, GOLD, row)[0].notes
        assert note.startswith(f"predictions: 2 of the {layer} given again")


def test_conll_does_not_break_an_entity_at_a_sentence_end(tmp_path, capsys):
    gold = replace(GOLD, entities=(Entity("", span_of_tokens(8, 11), "ORG", "NAM"),), events=(), quotes=())
    paths = [tmp_path / name for name in ("gold.jsonl", "gold.conll")]
    paths[0].write_text(json.dumps(to_row(to_record(gold, with_text=True))) + "\n", encoding="utf-8")
    assert cli.main(["convert", str(paths[0]), str(paths[1]), "--gold", str(paths[0])]) == 0
    assert "lost: 1 sentence ends inside an entity" in capsys.readouterr().err
    result = vostochny.score(paths[1], gold=paths[0], resamples=0)
    assert result.measures["entities.all"].value == 1


def test_predictions_without_any_layer_are_said_to_be_empty(tmp_path):
    note = "predictions: no document has entities, events or quotes; all count as empty"
    for row, expected in (({"doc_id": "x"}, [note]), ({"doc_id": "x", "events": []}, [])):
        assert [list(result.notes) for result in score_both_ways(tmp_path, GOLD, row)] == [expected] * 2
