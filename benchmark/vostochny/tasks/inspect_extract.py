"""The task ``vostochny/extract`` of inspect_ai: a language model annotates each article, and our metrics score it.

    inspect eval vostochny/extract --model openai/gpt-5 -T layers=entities,quotes

Providers, caching, retries and logs are inspect_ai's. The log contains each prediction: ``vostochny run inspect:LOG``
writes them to a file for ``vostochny score``, which adds intervals, every measure and the pages of mistakes.

The scorer and its metric keep the names ``counted`` and ``summed`` in inspect_ai's registry: logs contain them, and
:mod:`vostochny.extractors.inspect_log` looks the scorer up by its name.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig, ResponseSchema
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, Value, metric, scorer
from inspect_ai.solver import TaskState, generate
from inspect_ai.util import JSONSchema

from vostochny import scoring
from vostochny.errors import InputError
from vostochny.extractors.answers import parse_answer, read_answer, select_layers
from vostochny.formats.input import Gold, Input
from vostochny.metrics import catalogue
from vostochny.metrics.counts import Counts
from vostochny.model import LAYERS, Document
from vostochny.ontology import load_ontology
from vostochny.schema.json_schema import build_answer_schema
from vostochny.stats.scores import from_total, unstated
from vostochny.tasks import prompt

UNREADABLE = "unreadable"  # key of the scores: whether an answer was not a prediction
REPAIRED = "repaired"  # key of the scores: how many items had something unreadable
EPOCH = "epoch"  # key of the scores


@task
def extract(layers: str | list[str] = "entities,events,quotes", schema: bool = True) -> Task:
    """Return the task: annotate each of the five articles.

    Args:
        layers: The layers to ask for, a list or names with commas.
        schema: Whether the answer's JSON Schema goes to the provider as a response format as well as into the prompt.

    Raises ValueError for a name that is not a layer, or for none.
    """
    names = [x.strip() for x in layers.split(",")] if isinstance(layers, str) else layers
    unknown = [x for x in names if x not in LAYERS]
    if unknown or not names:
        values = ", ".join(map(repr, unknown)) or "nothing"
        raise ValueError(f"layers: {values} given; expected one or more of {', '.join(LAYERS)}")
    chosen = [x for x in LAYERS if x in names]
    gold = _read_corpus()
    samples = [Sample(input=prompt.build_prompt(d, gold.ontology, chosen), id=d.doc_id) for d in gold.documents]
    answer_schema = JSONSchema.model_validate(build_answer_schema(gold.ontology, chosen))
    response = ResponseSchema(name="prediction", json_schema=answer_schema) if schema else None
    return Task(
        dataset=MemoryDataset(samples, name="vostochny"),
        solver=generate(),
        scorer=score_answers(chosen),
        config=GenerateConfig(response_schema=response),
        version=prompt.VERSION,
        metadata={"gold": gold.hash, "layers": chosen},
    )


@cache
def _read_corpus() -> Gold:
    """Return the articles, which the task and its scorer need."""
    return Input().read_gold()


@metric(name="summed", scores="unreduced")
def score_sums() -> Metric:
    """Return inspect_ai's metric: the F1 of each of our metrics over all articles and epochs.

    F1 is computed from the sum of the counts, not as a mean of F1s, so "unreduced": every epoch's counts are needed.
    Of several epochs it is the mean of their F1s, and ``NAME_sd`` is the standard deviation. One value more is the
    number of answers that were not a prediction, and one the number of items that were repaired (formats.lenient).
    """

    def value(scores: list[SampleScore]) -> Value:
        metadata = [sample.score.metadata or {} for sample in scores]
        epochs = sorted({int(one.get(EPOCH, 1)) for one in metadata})
        each = [_sum_counts([one for one in metadata if int(one.get(EPOCH, 1)) == epoch]) for epoch in epochs]
        out: dict[str, float] = {}
        for name in each[0] if each else ():
            values = [f1s.get(name, math.nan) for f1s in each]
            out[name] = float(np.mean(values))
            if len(values) > 1:
                out[f"{name}_sd"] = float(np.std(values, ddof=1))
        counts = {key: sum(int(one.get(key, 0)) for one in metadata) for key in (UNREADABLE, REPAIRED)}
        return {**out, **counts}

    return value


def _sum_counts(metadata: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return the F1 of each metric, from the counts of the answers of one epoch."""
    totals: dict[str, Any] = {}
    for one in metadata:
        for name, counts in one.get("counts", {}).items():
            totals[name] = totals.get(name, np.zeros(4)) + np.array(counts)
    stated = {name for one in metadata for name in one.get("stated", catalogue.ACCURACIES)}
    out: dict[str, float] = {}
    for name, total in totals.items():
        sum_score = from_total(total)
        # An accuracy is over the matched items, where recall and precision are the same.
        f1 = sum_score.recall if name in catalogue.ACCURACIES else sum_score.f1
        is_unstated = name in catalogue.ACCURACIES and name not in stated
        out[name] = math.nan if f1 is None or is_unstated else f1
    return out


@scorer(metrics=[score_sums()], name="counted")
def score_answers(layers: list[str]) -> Scorer:
    """Return inspect_ai's scorer: it scores the answer for one article (:func:`score_answer`)."""
    by_id = {d.doc_id: d for d in _read_corpus().documents}

    async def score(state: TaskState, target: Target) -> Score:
        return score_answer(state.output.completion, by_id[str(state.sample_id)], layers, state.epoch)

    return score


def score_answer(answer: str, document: Document, layers: list[str], epoch: int = 1) -> Score:
    """Return the score of one answer; an answer that is not a prediction is scored as an empty one.

    Of an item that has something unreadable what is valid is kept, and the rest counts as wrong (formats.lenient).

    Its value has the headline F1 of each layer, its metadata the counts of every metric, its answer the prediction, and
    its explanation how many spans were found in the article, or why the answer is not a prediction.
    """
    ontology = load_ontology()
    problem, repaired = "", 0
    prediction: dict[str, Any] = {"doc_id": document.doc_id, **{layer: [] for layer in layers}}
    try:
        row = {k: v for k, v in parse_answer(answer, layers).items() if k in layers}
        predicted, row, repaired = read_answer(row, document, ontology)
        prediction |= select_layers(row, document)
    except InputError as e:
        problem = str(e)
        predicted = Document(document.doc_id, document.text, emitted=frozenset(layers))
    options = scoring.Options(layers=tuple(layers), resamples=0)
    result = scoring.score([document], {document.doc_id: predicted}, ontology, options)
    counts: dict[str, Counts] = {n: m.counts[0] for n, m in result.measures.items() if n in catalogue.METRICS}
    value: dict[str, str | int | float | bool | None] = {}
    for layer in layers:
        f1 = from_total(counts[catalogue.HEADLINES[layer]].total()).f1
        value[catalogue.HEADLINES[layer]] = math.nan if f1 is None else f1
    placed = predicted.placement
    summary = f"{placed.total - len(placed.unplaced)} of {placed.total} spans stand in the article"
    summary += f"; {repaired} items have something unreadable, which counts as wrong" if repaired else ""
    missing = ", ".join(repr(words) for _, words in placed.unplaced[:20])
    return Score(
        value=value,
        # A model can escape half of a surrogate pair, which a log cannot store: "replace" makes it a question mark.
        answer=json.dumps(prediction, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8"),
        explanation=problem or (f"{summary}; not found: {missing}" if missing else summary),
        metadata={
            "counts": {name: c.total().tolist() for name, c in counts.items()},
            "stated": [
                n for n in catalogue.ACCURACIES if n in result.measures and result.measures[n].combine is not unstated
            ],
            EPOCH: epoch,
            UNREADABLE: bool(problem),
            REPAIRED: repaired,
        },
    )
