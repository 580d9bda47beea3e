"""An extractor's output as Label Studio predictions: shown beside an article, to be accepted or corrected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from scripts.annotating.task_files import Task, export_tasks
from vostochny.formats import label_studio, registry
from vostochny.model import Argument, Document, Entity, Event, Quote, Reference, Span
from vostochny.ontology import Ontology, load_ontology


def load(file: Path, gold: Mapping[str, Task]) -> tuple[dict[str, Task], dict[str, int]]:
    """The predictions of a file as tasks with the gold's zones, and how much of each could not be drawn.

    In any format that ``vostochny score`` reads. Raises InputError on what ``vostochny score`` refuses as well.
    """
    types = load_ontology()
    documents = {doc_id: label_studio.read(task, types) for doc_id, task in gold.items()}
    tasks, lost = {}, {}
    found, _ = registry.read_predictions(str(file), list(documents.values()), types)
    for doc_id, predicted in found.items():
        drawn, left = drawable(predicted, documents[doc_id], types)
        tasks[doc_id], lost[doc_id] = label_studio.write(drawn), left
    return tasks, lost


def drawable(predicted: Document, gold: Document, types: Ontology) -> tuple[Document, int]:
    """The prediction as regions can show it, and how many of its items and arrows they cannot.

    Every item gets an id of its own. An arrow to a span where nothing was predicted gets no entity there: which type
    would it have? It is left out and counted.
    """
    size = len(gold.text)
    fits = lambda span: 0 <= span.start < span.end <= size  # noqa: E731
    entities, ids, at = [], {}, {}
    for n, e in enumerate((e for e in predicted.entities if fits(e.span) and e.type in types.entity_types), 1):
        mention = e.type in types.mentions
        new = Entity(f"e{n}", e.span, e.type, e.level if mention else None, mention and e.demonym, e.cluster)
        entities.append(new)
        ids[e.id] = at[e.span] = new.id
    kept = [v for v in predicted.events if fits(v.trigger) and v.type in types.events]
    events_at: dict[Span, str] = {}
    for n, v in enumerate(kept, 1):
        ids[v.id] = events_at[v.trigger] = f"v{n}"
    spans = {e.id: e.span for e in entities} | {id_: span for span, id_ in events_at.items()}
    left = len(predicted.entities) - len(entities) + len(predicted.events) - len(kept)

    def target(reference: Reference | None, but: str = "") -> Reference | None:
        if reference is None:
            return None
        id_ = ids.get(reference.id) if reference.id else None
        id_ = id_ or at.get(reference.span) or events_at.get(reference.span)
        return Reference(spans[id_], id_) if id_ and id_ != but and id_ in spans else None

    events = []
    for n, v in enumerate(kept, 1):
        own = f"v{n}"  # by its place: a prediction need not give its events ids
        spans[own] = v.trigger
        arguments = {
            Argument(a.role, to) for a in v.arguments if a.role in types.roles and (to := target(a.filler, own))
        }
        left += len(v.arguments) - len(arguments)
        events.append(Event(own, v.trigger, v.type, v.realis, v.polarity, v.outcome, tuple(arguments), v.cluster))
    quotes, names = [], {q.id: f"q{n}" for n, q in enumerate(predicted.quotes, 1)}
    for q in predicted.quotes:
        content = tuple(sorted(span for span in q.content if fits(span)))
        if not content or any(a.end > b.start for a, b in pairwise(content)):
            left += 1
            names.pop(q.id, None)
            continue
        to = {name: _entity(target(getattr(q, name)), at) for name in ("source", "addressee")}
        left += sum(getattr(q, name) is not None and to[name] is None for name in to)
        cue = q.cue if q.cue and fits(q.cue) else None
        quotes.append(replace(q, id=names[q.id], content=content, cue=cue, **to))
    quotes = [_parented(q, names) for q in quotes]
    return replace(gold, entities=tuple(entities), events=tuple(events), quotes=tuple(quotes)), left


def _entity(reference: Reference | None, at: Mapping[Span, str]) -> Reference | None:
    return reference if reference and reference.span in at and reference.id in at.values() else None


def _parented(quote: Quote, names: Mapping[str, str]) -> Quote:
    parent = names.get(quote.parent) if quote.parent else None
    return replace(quote, parent=parent if parent != quote.id else None)


def show(client: Any, project: int, tasks: Mapping[str, Task], model: str) -> dict[str, str]:
    """Put each prediction on its article's task, in place of what this model said before; what was done."""
    done = {}
    for there in export_tasks(client, project):
        doc_id = str(there["data"].get("doc_id"))
        if doc_id not in tasks:
            continue
        result = tasks[doc_id]["annotations"][0]["result"]
        old = [p for p in client.predictions.list(task=there["id"]) if p.model_version == model]
        if [_plain(p.result) for p in old] == [_plain(result)]:
            done[doc_id] = "current"
            continue
        client.predictions.create(task=there["id"], result=result, model_version=model)
        for prediction in old:
            client.predictions.delete(prediction.id)
        done[doc_id] = "shown"
    return done


def _plain(result: Any) -> str:
    return json.dumps(result, sort_keys=True, default=str)
