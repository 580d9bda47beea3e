"""A mention in two clusters: refused in a gold, with its place, whichever way the gold comes in."""

import json
from dataclasses import replace

import pytest

import vostochny
from tests.support.twenty_words import NO_INTERVALS
from vostochny.errors import InputError
from vostochny.ontology import load_ontology
from vostochny.scoring import streaming

TEXT = "Kim met Putin. Kim left Moscow. Kim slept."
KIM = {"start": 0, "end": 3, "type": "PER"}
MET = {"trigger": {"start": 4, "end": 7}, "type": "Meet"}
SAID = {"content": [{"start": 4, "end": 7}, {"start": 15, "end": 18}]}
TWICE = [
    ("entities", KIM, KIM, "'Kim' at 0–3 is in 'b'"),
    ("entities", KIM, {**KIM, "type": "ORG"}, "'Kim' at 0–3 is in 'b'"),
    ("events", MET, MET, "'met' at 4–7 is in 'b'"),
    ("quotes", SAID, SAID, "'met' at 4–7 is in 'b'"),
]
ONCE = [
    ("entities", KIM, {**KIM, "end": 13}),
    ("entities", {**KIM, "type": "DATE"}, KIM),
    ("events", MET, {**MET, "type": "Phone-Write"}),
    ("quotes", SAID, {"content": [{"start": 4, "end": 18}]}),
]


def make_gold(layer, first, second):
    return {"doc_id": "d", "text": TEXT, layer: [{**first, "cluster": "a"}, {**second, "cluster": "b"}]}


def score_all_ways(tmp_path, gold):
    """Score a gold with itself as a prediction: in memory, streamed, and as objects."""
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(gold) + "\n", encoding="utf-8")
    yield lambda: vostochny.score(path, gold=path, resamples=0)
    yield lambda: streaming.score_files(str(path), str(path), load_ontology(), NO_INTERVALS)


@pytest.mark.parametrize(("layer", "first", "second", "message"), TWICE)
def test_a_gold_mention_in_two_clusters_is_refused(tmp_path, layer, first, second, message):
    for score in score_all_ways(tmp_path, make_gold(layer, first, second)):
        with pytest.raises(InputError) as e:
            score()
        (problem,) = e.value.problems
        assert (problem.line, problem.field) == (1, f"{layer}[1].cluster")
        assert message in problem.message and f"by {layer}[0] in 'a'" in problem.message


@pytest.mark.parametrize(("layer", "first", "second"), ONCE)
def test_two_mentions_in_two_clusters_are_not_refused(tmp_path, layer, first, second):
    for score in score_all_ways(tmp_path, make_gold(layer, first, second)):
        assert score().measures


def test_documents_as_a_gold_are_checked_too(tmp_path):
    (tmp_path / "gold.jsonl").write_text(json.dumps(make_gold("entities", KIM, {**KIM, "end": 13})), encoding="utf-8")
    (document,) = vostochny.load(tmp_path / "gold.jsonl")
    first, second = document.entities
    wrong = replace(document, entities=(first, replace(second, span=first.span)))
    with pytest.raises(InputError, match=r"d: entities\[1\].cluster: 'Kim' at 0–3 is in 'b'"):
        vostochny.score([{"doc_id": "d", "entities": []}], gold=[wrong])
