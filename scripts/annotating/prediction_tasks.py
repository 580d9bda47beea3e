"""Show an extractor's output in Label Studio: as predictions beside an article, to be accepted or corrected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from scripts.annotating.task_files import export_tasks
from scripts.store import Store
from vostochny.formats import label_studio
from vostochny.formats.input import Gold, Input
from vostochny.formats.label_studio.regions import Task
from vostochny.model import Argument, Document, Entity, Event, Quote, Reference, Span
from vostochny.ontology import Ontology


def load(file: Path, store: Store) -> tuple[dict[str, Task], dict[str, int]]:
    """Read predictions in any format that ``vostochny score`` reads, and turn them into tasks with the gold's zones.

    Returns the tasks by doc_id, and by doc_id how many items and arrows cannot be drawn. Raises InputError on what
    ``vostochny score`` refuses as well.
    """
    documents, ontology = store.read_documents(), store.ontology
    tasks, not_drawn = {}, {}
    predictions, _ = Input(file).read_predictions(Gold(list(documents.values()), ontology))
    for doc_id, prediction in predictions.items():
        drawable, not_drawn[doc_id] = keep_drawable(prediction, documents[doc_id], ontology)
        tasks[doc_id] = label_studio.write(drawable)
    return tasks, not_drawn


def keep_drawable(predicted: Document, gold: Document, ontology: Ontology) -> tuple[Document, int]:
    """Return a prediction reduced to what regions and arrows can show, and how many of these were left out.

    Every item gets an id of its own. An arrow to a span where nothing was predicted is left out and counted: an entity
    made up for its end would need a type that nobody predicted.
    """
    drawing = _Drawing(gold, ontology)
    drawing.add_entities(predicted)
    drawing.add_events(predicted)
    drawing.add_quotes(predicted)
    document = replace(
        gold, entities=tuple(drawing.entities), events=tuple(drawing.events), quotes=tuple(drawing.quotes)
    )
    return document, drawing.left_out


class _Drawing:
    """The drawable part of one prediction, built layer by layer: events point to entities, quotes to both."""

    def __init__(self, gold: Document, ontology: Ontology):
        self.size, self.ontology = len(gold.text), ontology
        self.entities: list[Entity] = []
        self.events: list[Event] = []
        self.quotes: list[Quote] = []
        self.left_out = 0
        self.ids: dict[str, str] = {}  # of entities and events: predicted id → own id
        self.entity_at: dict[Span, str] = {}  # own ids by place, for references without an id
        self.event_at: dict[Span, str] = {}
        self.spans: dict[str, Span] = {}  # by own id

    def add_entities(self, predicted: Document) -> None:
        """Add the entities inside the text whose type the ontology has."""
        mentions = [e for e in predicted.entities if self._fits(e.span) and e.type in self.ontology.entity_types]
        for number, entity in enumerate(mentions, 1):
            # Values such as dates have no level.
            has_level = entity.type in self.ontology.mentions
            level, demonym = (entity.level, entity.demonym) if has_level else (None, False)
            new = Entity(f"e{number}", entity.span, entity.type, level, demonym, entity.cluster)
            self.entities.append(new)
            self.ids[entity.id] = self.entity_at[entity.span] = new.id
            self.spans[new.id] = new.span
        self.left_out += len(predicted.entities) - len(mentions)

    def add_events(self, predicted: Document) -> None:
        """Add the events inside the text whose type the ontology has, with the arguments that can be drawn."""
        events = [v for v in predicted.events if self._fits(v.trigger) and v.type in self.ontology.events]
        self.left_out += len(predicted.events) - len(events)
        # All of them get their ids before the first argument is resolved: an event may fill a role of an earlier one.
        for number, event in enumerate(events, 1):
            self.ids[event.id] = self.event_at[event.trigger] = f"v{number}"
        self.spans |= {id_: span for span, id_ in self.event_at.items()}
        for number, event in enumerate(events, 1):
            own_id = f"v{number}"  # not by the predicted id, which a prediction need not give
            self.spans[own_id] = event.trigger
            arguments = {
                Argument(argument.role, filler)
                for argument in event.arguments
                if argument.role in self.ontology.roles and (filler := self._resolve(argument.filler, own_id))
            }
            self.left_out += len(event.arguments) - len(arguments)
            attributes = event.realis, event.polarity, event.outcome
            self.events.append(
                Event(own_id, event.trigger, event.type, *attributes, tuple(arguments), event.cluster)
            )  # fmt: skip

    def add_quotes(self, predicted: Document) -> None:
        """Add the quotes whose content lies in the text and does not overlap itself."""
        ids = {quote.id: f"q{number}" for number, quote in enumerate(predicted.quotes, 1)}
        quotes = []
        for quote in predicted.quotes:
            content = tuple(sorted(span for span in quote.content if self._fits(span)))
            if not content or any(a.end > b.start for a, b in pairwise(content)):
                self.left_out += 1
                ids.pop(quote.id, None)
                continue
            source, addressee = self._resolve_entity(quote.source), self._resolve_entity(quote.addressee)
            self.left_out += quote.source is not None and source is None
            self.left_out += quote.addressee is not None and addressee is None
            cue = quote.cue if quote.cue and self._fits(quote.cue) else None
            quotes.append(
                replace(quote, id=ids[quote.id], content=content, cue=cue, source=source, addressee=addressee)
            )
        for quote in quotes:  # after the loop above, which drops the ids of quotes that are left out
            parent = ids.get(quote.parent) if quote.parent else None
            self.quotes.append(replace(quote, parent=parent if parent != quote.id else None))

    def _fits(self, span: Span) -> bool:
        return 0 <= span.start < span.end <= self.size

    def _resolve(self, reference: Reference | None, excluded: str = "") -> Reference | None:
        """Return a reference to the drawn item that a predicted one means, by id or else by place; None for no item.

        Never to the item with the id ``excluded``: an event cannot be its own argument.
        """
        if reference is None:
            return None
        id_ = self.ids.get(reference.id) if reference.id else None
        id_ = id_ or self.entity_at.get(reference.span) or self.event_at.get(reference.span)
        return Reference(self.spans[id_], id_) if id_ and id_ != excluded and id_ in self.spans else None

    def _resolve_entity(self, reference: Reference | None) -> Reference | None:
        """Resolve a reference that must be to an entity."""
        resolved = self._resolve(reference)
        is_entity = resolved and resolved.span in self.entity_at and resolved.id in self.entity_at.values()
        return resolved if is_entity else None


def show(client: Any, project: int, tasks: Mapping[str, Task], model: str) -> dict[str, str]:
    """Put each prediction on its article's task, in place of an earlier one of the same model.

    Returns by doc_id what was done: ``shown``, or ``unchanged`` where the server has exactly that prediction.
    """
    actions = {}
    for server_task in export_tasks(client, project):
        doc_id = str(server_task["data"].get("doc_id"))
        if doc_id not in tasks:
            continue
        result = tasks[doc_id]["annotations"][0]["result"]
        earlier = [p for p in client.predictions.list(task=server_task["id"]) if p.model_version == model]
        if [_as_json(p.result) for p in earlier] == [_as_json(result)]:
            actions[doc_id] = "unchanged"
            continue
        client.predictions.create(task=server_task["id"], result=result, model_version=model)
        for prediction in earlier:
            client.predictions.delete(prediction.id)
        actions[doc_id] = "shown"
    return actions


def _as_json(result: Any) -> str:
    return json.dumps(result, sort_keys=True, default=str)
