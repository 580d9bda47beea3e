"""Where gold, predictions, metrics and statistics meet: two sets of documents in, a result out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from vostochny.metrics import events, quotes, spans
from vostochny.metrics.columns import Table, table_of
from vostochny.metrics.counts import Counts
from vostochny.metrics.units import Pair, pair_up
from vostochny.model import Document
from vostochny.ontology import Ontology


class Material:
    """What metrics are made from, each form built once and only where a metric asks for it."""

    def __init__(self, pairs: list[Pair]):
        self.pairs = pairs

    @cached_property
    def table(self) -> Table:
        """The entities as columns."""
        return table_of(self.pairs)


# Every metric in the order of the report: name → (layer it needs, how it is counted).
METRICS: dict[str, tuple[str, Callable[[Material, str], Counts]]] = {
    "entities.names": ("entities", lambda m, name: spans.exact(m.table, name, names_only=True)),
    "entities.all": ("entities", lambda m, name: spans.exact(m.table, name)),
    "entities.iob2": ("entities", lambda m, name: spans.iob2(m.pairs, name)),
    "events.trigger_id": ("events", lambda m, name: events.triggers(m.pairs, name, with_type=False)),
    "events.trigger": ("events", lambda m, name: events.triggers(m.pairs, name, with_type=True)),
    "events.argument_id": ("events", lambda m, name: events.arguments(m.pairs, name, with_role=False)),
    "events.argument": ("events", lambda m, name: events.arguments(m.pairs, name, with_role=True)),
    "quotes.content_exact": ("quotes", lambda m, name: quotes.content_exact(m.pairs, name)),
    "quotes.content": ("quotes", lambda m, name: quotes.content_overlap(m.pairs, name)),
    "quotes.source": ("quotes", lambda m, name: quotes.content_overlap(m.pairs, name, quotes.same_source_span)),
}


@dataclass(frozen=True)
class Result:
    """What scoring found. ``layers`` are those that any prediction carried; metrics of other layers are absent."""

    counts: Mapping[str, Counts]
    documents: tuple[str, ...]
    without_prediction: tuple[str, ...]
    layers: tuple[str, ...]


def score(gold: Iterable[Document], predicted: Mapping[str, Document], ontology: Ontology) -> Result:
    """Score predictions (by doc_id) against gold documents.

    A document without a prediction counts as an empty one. A layer that no prediction carries is not scored; where
    there is no layer at all, every layer is scored, as empty.
    """
    documents = list(gold)
    material = Material(pair_up(documents, dict(predicted), frozenset(ontology.values), ontology.unscored))
    emitted = {layer for d in predicted.values() for layer in d.emitted}
    layers = tuple(x for x in ("entities", "events", "quotes") if not emitted or x in emitted)
    counts = {name: count(material, name) for name, (layer, count) in METRICS.items() if layer in layers}
    ids = tuple(d.doc_id for d in documents)
    return Result(counts, ids, tuple(i for i in ids if i not in predicted), layers)
