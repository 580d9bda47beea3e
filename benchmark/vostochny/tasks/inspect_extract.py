"""The task ``vostochny/extract`` of inspect_ai: a language model annotates each article, and our counts score it.

    inspect eval vostochny/extract --model openai/gpt-5 -T layers=entities,quotes

Providers, caching, retries and logs are inspect's. The log holds each prediction: ``vostochny run inspect:LOG`` writes
them as a file for ``vostochny score``, which has intervals, every measure and the pages of mistakes.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig, ResponseSchema
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, Value, metric, scorer
from inspect_ai.solver import TaskState, generate
from inspect_ai.util import JSONSchema

from vostochny import scoring
from vostochny.errors import InputError, Problem
from vostochny.extractors.answers import check_row, select_layers
from vostochny.formats.input import read_documents
from vostochny.metrics import catalogue
from vostochny.metrics.counts import Counts
from vostochny.model import LAYERS, Document
from vostochny.ontology import load_ontology
from vostochny.stats.scores import from_total
from vostochny.tasks import prompt

_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL)
UNREADABLE = "unreadable"


@task
def extract(layers: str | list[str] = "entities,events,quotes", schema: bool = True) -> Task:
    """Annotate the five articles.

    Args:
        layers: The layers to ask for, a list or names with commas.
        schema: Whether the answer's JSON Schema goes to the provider as a response format as well as into the prompt.

    Raises ValueError for a name that is no layer.
    """
    names = [x.strip() for x in layers.split(",")] if isinstance(layers, str) else layers
    wrong = [x for x in names if x not in LAYERS]
    if wrong or not names:
        given = ", ".join(map(repr, wrong)) or "nothing"
        raise ValueError(f"layers: {given} given; expected one or more of {', '.join(LAYERS)}")
    chosen = [x for x in LAYERS if x in names]
    documents, ontology, gold_hash = read_documents(None)
    samples = [Sample(input=prompt.prompt(d, ontology, chosen), id=d.doc_id) for d in documents]
    shape = JSONSchema.model_validate(prompt.answer_schema(ontology, chosen))
    response = ResponseSchema(name="prediction", json_schema=shape) if schema else None
    return Task(
        dataset=MemoryDataset(samples, name="vostochny"),
        solver=generate(),
        scorer=counted(chosen),
        config=GenerateConfig(response_schema=response),
        metadata={"gold": gold_hash, "layers": chosen},
    )


@metric(scores="unreduced")
def summed() -> Metric:
    """Each metric's F1 over all articles (and epochs), from the sum of their counts; how many answers were no JSON."""

    def value(scores: list[SampleScore]) -> Value:
        totals: dict[str, Any] = {}
        unreadable = 0
        for one in scores:
            metadata = one.score.metadata or {}
            unreadable += bool(metadata.get(UNREADABLE))
            for name, four in metadata.get("counts", {}).items():
                totals[name] = totals.get(name, np.zeros(4)) + np.array(four)
        out: dict[str, float] = {}
        for name, total in totals.items():
            found = from_total(total)
            f1 = found.recall if name in catalogue.ACCURACIES else found.f1
            out[name] = math.nan if f1 is None else f1
        return {**out, UNREADABLE: unreadable}

    return value


@scorer(metrics=[summed()])
def counted(layers: list[str]) -> Scorer:
    """Counts of every metric of the layers for one article, in the score's metadata; its value has the first F1s."""
    by_id = {d.doc_id: d for d in read_documents(None)[0]}

    async def score(state: TaskState, target: Target) -> Score:
        return judged(state.output.completion, by_id[str(state.sample_id)], layers)

    return score


def judged(answer: str, document: Document, layers: list[str]) -> Score:
    """The score of one answer. One that is no prediction counts as an empty one, and says why."""
    ontology = load_ontology()
    problem = ""
    prediction: dict[str, Any] = {"doc_id": document.doc_id, **{layer: [] for layer in layers}}
    try:
        row = {k: v for k, v in read(answer).items() if k in layers}
        # A type that is not the ontology's is a mistake like any other; offsets, if any come, are not to be relied on.
        predicted = check_row(row | {"doc_id": document.doc_id}, document, ontology, unknown="wrong", offsets="ignore")
        prediction |= select_layers(row, document)
    except InputError as e:
        problem = str(e)
        predicted = Document(document.doc_id, document.text, emitted=frozenset(layers))
    options = scoring.Options(layers=tuple(layers), resamples=0)
    result = scoring.score([document], {document.doc_id: predicted}, ontology, options)
    counts: dict[str, Counts] = {n: m.counts[0] for n, m in result.measures.items() if n in catalogue.METRICS}
    value: dict[str, str | int | float | bool | None] = {}
    for layer in layers:
        f1 = from_total(counts[catalogue.PRIMARY[layer]].total()).f1
        value[catalogue.PRIMARY[layer]] = math.nan if f1 is None else f1
    placed = predicted.placement
    told = f"{placed.total - len(placed.unplaced)} of {placed.total} spans stand in the article"
    missing = ", ".join(repr(words) for _, words in placed.unplaced[:20])
    return Score(
        value=value,
        # A model can escape half of a surrogate pair, which no log could hold.
        answer=json.dumps(prediction, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8"),
        explanation=problem or (f"{told}; not found: {missing}" if missing else told),
        metadata={
            "counts": {name: c.total().tolist() for name, c in counts.items()},
            UNREADABLE: bool(problem),
        },
    )


def read(answer: str) -> dict[str, Any]:
    """The JSON object of an answer, with or without a fence or words around it. Raises InputError without one."""
    fenced = _FENCE.findall(answer)
    first, last = answer.find("{"), answer.rfind("}")
    for candidate in (answer, *fenced, answer[first : last + 1] if first >= 0 else ""):
        try:
            row = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            return row
    raise InputError([Problem("answer", None, None, f"has no JSON object: {answer[:80]!r}")])
