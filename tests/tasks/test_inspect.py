"""The language model task: the prompt, the answer's schema, and an evaluation with inspect's mock model, offline."""

from __future__ import annotations

import importlib.util
import json
from importlib.metadata import entry_points
from pathlib import Path

import jsonschema
import pytest

import vostochny
from tests.support.requirements import skip_or_fail
from vostochny import cli, model
from vostochny.ontology import load_ontology
from vostochny.schema.json_schema import build_answer_schema
from vostochny.schema.records import list_attributes
from vostochny.stats.scores import score
from vostochny.tasks import prompt

ONTOLOGY = load_ontology()
LAYERS = list(model.LAYERS)
GOLD = vostochny.load()


def answer(document, keep: int = 1) -> dict:
    """Return the gold as a model would answer: words without offsets, and only every ``keep``-th item."""
    by_id = {e.id: e.span for e in document.entities} | {e.id: e.trigger for e in document.events}

    def words(span):
        return {"text": span.of(document.text), "occurrence": None}

    def at(reference):
        return words(by_id.get(reference.id, reference.span)) if reference else None

    def attributes(layer, item):
        return {f.name: getattr(item, f.name) for f in list_attributes(layer) if f.key.asked}

    return {
        "entities": [{**words(e.span), "type": e.type, **attributes("entities", e)} for e in document.entities[::keep]],
        "events": [
            {
                "trigger": words(e.trigger),
                "type": e.type,
                **attributes("events", e),
                "arguments": [{"role": a.role, "filler": at(a.filler)} for a in e.arguments],
            }
            for e in document.events[::keep]
        ],
        "quotes": [
            {
                "content": [words(s) for s in q.content],
                "cue": words(q.cue) if q.cue else None,
                "source": at(q.source),
                "addressee": at(q.addressee),
                **attributes("quotes", q),
            }
            for q in document.quotes[::keep]
        ],
    }


def test_the_prompt_has_every_type_role_and_help_text_and_the_article():
    text = prompt.build_prompt(GOLD[0], ONTOLOGY, LAYERS)
    assert text.endswith(GOLD[0].text)
    wanted = [
        *ONTOLOGY.entity_types,
        *ONTOLOGY.events,
        *ONTOLOGY.roles,
        *ONTOLOGY.mentions.values(),
        *ONTOLOGY.attributes["directness"],
        *ONTOLOGY.attributes["attitude"],
    ]
    assert [w for w in wanted if w not in text] == []
    quotes_only = prompt.build_prompt(GOLD[0], ONTOLOGY, ["quotes"])
    assert "Event types" not in quotes_only and "Entity types" not in quotes_only


def test_the_gold_as_an_answer_fits_the_schema_and_scores_high():
    schema = build_answer_schema(ONTOLOGY, LAYERS)
    jsonschema.Draft202012Validator.check_schema(schema)
    rows = [answer(d) for d in GOLD]
    for row in rows:
        jsonschema.validate(row, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**rows[0], "entity": []}, schema)
    predictions = {d.doc_id: row for d, row in zip(GOLD, rows, strict=True)}
    result = vostochny.score(predictions, resamples=0)
    # Words alone do not always say which of several occurrences is meant.
    assert result.measures["entities.names"].value > 0.9
    assert result.measures["quotes.content"].value > 0.9


def inspect_task():
    if importlib.util.find_spec("inspect_ai") is None:
        skip_or_fail("no inspect_ai; run: pip install 'vostochny[inspect]'")
    from vostochny.tasks import inspect_extract

    return inspect_extract


def test_an_evaluation_with_the_mock_model_adds_our_counts(tmp_path, monkeypatch):
    module = inspect_task()
    from inspect_ai import eval as evaluate
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    monkeypatch.setenv("INSPECT_DISPLAY", "none")
    by_text = {d.text: d for d in GOLD}
    bad = GOLD[1].doc_id

    def reply(messages, tools, choice, config):
        assert config.response_schema.name == "prediction"
        document = next(d for text, d in by_text.items() if messages[-1].text.endswith(text))
        reply_text = json.dumps(answer(document, keep=2), ensure_ascii=False)
        content = "I cannot." if document.doc_id == bad else f"Here it is:\n```json\n{reply_text}\n```"
        output = ModelOutput.from_content("mockllm/model", content)
        output.usage = ModelUsage(
            input_tokens=1, output_tokens=1, total_tokens=2
        )  # without them inspect counts tokens itself
        return output

    model = get_model("mockllm/model", custom_outputs=reply, memoize=False)
    (log,) = evaluate(module.extract(), model=model, log_dir=str(tmp_path), display="none")
    assert log.status == "success", log.error
    (scores,) = log.results.scores
    values = {name: m.value for name, m in scores.metrics.items()}
    assert values["unreadable"] == 1

    predictions = {d.doc_id: {k: [] for k in LAYERS} if d.doc_id == bad else answer(d, keep=2) for d in GOLD}
    expected = vostochny.score(predictions, resamples=0)
    for name in ("entities.names", "events.trigger", "events.argument", "quotes.speaker", "quotes.cue"):
        assert values[name] == pytest.approx(score(expected.measures[name].counts[0]).f1), name

    # The log gives a file for the scorer.
    (path,) = tmp_path.glob("*.eval")
    output = tmp_path / "p.jsonl"
    assert cli.main(["run", f"inspect:{path}", "-o", str(output)]) == 0
    again = vostochny.score(Path(output), resamples=0)
    assert again.measures["entities.names"].value == pytest.approx(expected.measures["entities.names"].value)


def test_the_task_is_found_by_its_name():
    inspect_task()
    names = {e.name: e.value for e in entry_points(group="inspect_ai")}
    assert names.get("vostochny") == "vostochny.tasks.inspect_extract"


@pytest.mark.parametrize("reply_text", ["", "no", "[1]", "{", "```json\n[]\n```", '{"entities": 3}', "{" * 100_000])
def test_an_answer_that_is_not_a_prediction_is_scored_as_empty(reply_text):
    module = inspect_task()
    score = module.score_answer(reply_text, GOLD[0], LAYERS)
    assert score.metadata["unreadable"] and score.value["entities.names"] == 0
    assert score.explanation


@pytest.mark.parametrize("layers", ["entities,quote", "", []])
def test_unknown_layers_are_refused(layers):
    with pytest.raises(ValueError, match=r"('quote'|''|nothing) given; expected one or more of entities, events"):
        inspect_task().extract(layers)


def test_half_a_surrogate_pair_does_not_break_the_log():
    module = inspect_task()
    reply_text = '{"entities": [{"text": "\\ud83d", "type": "PER"}]}'
    score = module.score_answer(reply_text, GOLD[0], ["entities"])
    assert score.metadata["counts"]["entities.all"][3] == 1 and score.model_dump_json()


def test_an_unknown_type_is_a_mistake_and_offsets_are_ignored():
    module = inspect_task()
    reply = {"entities": [{"text": "Putin", "type": "PERSON"}, {"text": "Putin", "start": 3, "end": 4, "type": "PER"}]}
    score = module.score_answer(json.dumps(reply), GOLD[0], ["entities"])
    assert not score.metadata["unreadable"]
    assert score.metadata["counts"]["entities.all"][3] == 2
