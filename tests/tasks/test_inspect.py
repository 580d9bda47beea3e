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
from vostochny.errors import InputError
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


RIGHT = '{"entities": [{"text": "Hirokazu Matsuno", "type": "PER", "level": "NAM"}]}'


@pytest.mark.parametrize(
    "reply_text",
    [
        RIGHT,
        f"Sure {{as you asked}}:\n```json\n{RIGHT}\n```\nDone {{ok}}.",
        f"```\n{RIGHT}\n```",
        f"``` json\r\n{RIGHT}\r\n```",
        f'<think>Maybe {{"entities": []}}? No.</think>{RIGHT}',
        f"<think>{{unclosed\n</think>\n{RIGHT}",
        f"[{RIGHT}]",
        f'{{"annotations": {RIGHT}}}',
        f'{{"result": {{"output": [{RIGHT}]}}}}',
        f'{{"note": "first"}}\n{RIGHT}',
        f'{RIGHT[:-1]}, "confidence": 0.9}}',
        RIGHT.replace('"level"', '"score": 1, "level"'),
        RIGHT.replace('"text"', '"start": 999999, "end": 3, "text"'),
    ],
)
def test_an_answer_is_found_wherever_it_is(reply_text):
    module = inspect_task()
    score = module.score_answer(reply_text, GOLD[3], ["entities"])
    assert not score.metadata["unreadable"] and not score.metadata["repaired"]
    assert score.metadata["counts"]["entities.names"][2:] == [1, 1]
    assert json.loads(score.answer)["entities"][0]["text"] == "Hirokazu Matsuno"


@pytest.mark.parametrize(
    "reply_text",
    [
        "{}",
        '{"entity": []}',
        '{"doc_id": "x"}',
        '{"quotes": []}',
        "<think>nothing",
        '{"entities": "Hirokazu Matsuno"}',
        '{"a":' * 9999,
    ],
)
def test_an_object_without_a_layer_that_was_asked_for_is_unreadable(reply_text):
    module = inspect_task()
    assert module.score_answer(reply_text, GOLD[3], ["entities"]).metadata["unreadable"]


@pytest.mark.parametrize(
    ("layer", "bad", "repaired", "kept"),
    [
        ("entities", {"text": "Hirokazu Matsuno", "type": "PER", "level": "NAME"}, 1, True),
        ("entities", {"text": "Hirokazu Matsuno", "type": "PER", "cluster": 7, "demonym": "yes"}, 1, True),
        ("entities", {"text": "Hirokazu Matsuno", "type": "PER", "occurrence": "first"}, 1, True),
        ("entities", {"text": "Hirokazu Matsuno", "type": None}, 1, False),
        ("entities", {"type": "PER"}, 1, False),
        ("entities", {"text": None, "type": "PER"}, 1, False),
        ("entities", "Hirokazu Matsuno", 1, False),
        ("entities", None, 1, False),
        ("events", {"trigger": "said", "type": "Contact.Broadcast", "realis": "asserted"}, 1, None),
        ("events", {"type": "Contact.Broadcast", "arguments": ["Hirokazu Matsuno", {"role": 1}]}, 1, False),
        ("events", {"trigger": {"text": "said"}, "type": "Contact.Broadcast", "arguments": "none"}, 1, None),
        ("quotes", {"content": "said", "source": "Hirokazu Matsuno", "cue": "said"}, 1, None),
        ("quotes", {"content": ["said", {"text": "Hirokazu Matsuno"}], "addressee": 3}, 1, None),
        ("quotes", {"content": [], "source": "Hirokazu Matsuno"}, 1, False),
        ("quotes", {"source": {"text": "Hirokazu Matsuno"}, "directness": "quoted"}, 1, False),
    ],
)
def test_one_bad_item_voids_nothing_else(tmp_path, layer, bad, repaired, kept):
    """The same in an answer, and behind --unknown wrong in a file, in memory and streamed."""
    module = inspect_task()
    good = {"entities": [{"text": "Dmitry Peskov", "type": "PER"}]}
    row = {**good, layer: [*good.get(layer, []), bad]}
    score = module.score_answer(json.dumps(row), GOLD[3], LAYERS)
    assert (score.metadata["unreadable"], score.metadata["repaired"]) == (False, repaired)
    headline = {"entities": "entities.all", "events": "events.trigger", "quotes": "quotes.content"}[layer]
    assert score.metadata["counts"][headline][3] == (2 if layer == "entities" else 1)
    if kept is not None:
        right = score.metadata["counts"][headline][2]
        assert right == (2 if kept else 1) if layer == "entities" else right == 0
    assert json.loads(score.answer)[layer][-1] and score.model_dump_json()

    from vostochny.formats.input import Input
    from vostochny.scoring import Options, score_files

    paths = str(tmp_path / "gold.jsonl"), str(tmp_path / "predicted.jsonl")
    assert cli.main(["convert", str(Input().paths[0]), paths[0]]) == 0
    Path(paths[1]).write_text(json.dumps({"doc_id": GOLD[3].doc_id, **row}) + "\n", encoding="utf-8")
    held = vostochny.score(paths[1], gold=paths[0], unknown="wrong", resamples=0)
    streamed = score_files(*paths, ONTOLOGY, Options(unknown="wrong", resamples=0))
    assert held.measures[headline].counts[0].total()[3] == score.metadata["counts"][headline][3]
    assert {n: m.value for n, m in held.measures.items()} == {n: m.value for n, m in streamed.measures.items()}
    assert [note for note in streamed.notes if "1 items have something that cannot be read" in note]
    with pytest.raises(InputError):
        vostochny.score(paths[1], gold=paths[0], resamples=0)


def test_offsets_are_never_repaired():
    row = {"doc_id": GOLD[3].doc_id, "entities": [{"start": 5, "end": 3, "type": "PER"}]}
    with pytest.raises(InputError, match="is not after start"):
        vostochny.score([row], unknown="wrong", resamples=0)


def test_epochs_have_a_mean_and_a_spread_and_run_takes_one(tmp_path, monkeypatch, capsys):
    module = inspect_task()
    from inspect_ai import eval as evaluate
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    monkeypatch.setenv("INSPECT_DISPLAY", "none")
    calls = {}

    def reply(messages, tools, choice, config):
        document = next(d for d in GOLD if messages[-1].text.endswith(d.text))
        epoch = calls[document.doc_id] = calls.get(document.doc_id, 0) + 1
        words = document.entities[0].span.of(document.text) if epoch == 1 else "nowhere"
        text = (
            "no" if epoch == 2 and document is GOLD[1] else json.dumps({"entities": [{"text": words, "type": "PER"}]})
        )
        output = ModelOutput.from_content("mockllm/model", text)
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return output

    model = get_model("mockllm/model", custom_outputs=reply, memoize=False)
    (log,) = evaluate(
        module.extract(layers="entities"), model=model, epochs=2, log_dir=str(tmp_path), display="none", max_samples=1
    )
    assert log.status == "success", log.error
    values = {name: m.value for name, m in log.results.scores[0].metrics.items()}
    assert values["unreadable"] == 1 and values["entities.all_sd"] > 0
    (path,) = tmp_path.glob("*.eval")
    texts = []
    for options in ([], ["--epoch", "2"]):
        output = tmp_path / f"p{len(texts)}.jsonl"
        cli.main(["run", f"inspect:{path}", "-o", str(output), *options])
        texts.append((capsys.readouterr().err, output.read_text(encoding="utf-8")))
    assert "answers of epoch 1 of 2 (--epoch N takes another)" in texts[0][0] and "unreadable" not in texts[0][0]
    assert "answers of epoch 2 of 2" in texts[1][0] and "1 of 5 answers were unreadable" in texts[1][0]
    assert "nowhere" in texts[1][1] and "nowhere" not in texts[0][1]
    assert cli.main(["run", f"inspect:{path}", "-o", str(tmp_path / "p3.jsonl"), "--epoch", "3"]) == 2
    assert "has no epoch 3; --epoch takes 1, 2" in capsys.readouterr().err
