"""Every number that a score reports: which counts it needs and how it is made of them.

One row here is one metric or measure; to add one, add its row. A metric is counted only where its layer was predicted
and what it needs is there (clusters for coreference, stored tokens for IOB2).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from vostochny.metrics import coreference, entities, events, quotes
from vostochny.metrics.columns import EntityTable, build_entity_table
from vostochny.metrics.counts import Counts
from vostochny.metrics.pairs import Pair


class DocumentSource(Protocol):
    """Where metrics get documents from: paired documents, and entities as columns."""

    @property
    def pairs(self) -> list[Pair]: ...

    @property
    def table(self) -> EntityTable: ...

    @property
    def has_tokens(self) -> bool: ...

    @property
    def has_text(self) -> bool: ...


class PairSource:
    """A source made of paired documents."""

    def __init__(self, pairs: list[Pair]):
        self.pairs = pairs

    @cached_property
    def table(self) -> EntityTable:
        """The entities as columns."""
        return build_entity_table(self.pairs)

    @property
    def has_tokens(self) -> bool:
        """Whether every gold document has stored tokens."""
        return all(pair.gold.tokens for pair in self.pairs)

    @property
    def has_text(self) -> bool:
        """Whether every gold document has its text."""
        return all(pair.gold.text for pair in self.pairs)


class MetricInput:
    """What metrics are made from, each form built once and only where a metric asks for it."""

    def __init__(self, source: DocumentSource):
        self.source = source

    @property
    def pairs(self) -> list[Pair]:
        """Gold and predicted documents side by side."""
        return self.source.pairs

    @property
    def table(self) -> EntityTable:
        """The entities as columns."""
        return self.source.table

    @cached_property
    def lenient_table(self) -> EntityTable:
        """The entities as columns, their spans trim_span (columns.trim_span)."""
        return build_entity_table(self.pairs, trim=True)


Count = Callable[[MetricInput, str], Counts]

# name → how it is counted, in the order of the report. The part before the first point is the layer it needs.
METRICS: Mapping[str, Count] = {
    "entities.names": lambda m, name: entities.exact(m.table, name, names_only=True),
    "entities.all": lambda m, name: entities.exact(m.table, name),
    "entities.unlabelled": lambda m, name: entities.exact(m.table, name, labelled=False),
    "entities.lenient": lambda m, name: entities.exact(m.lenient_table, name, names_only=True),
    "entities.semeval_strict": lambda m, name: entities.semeval(m.table, name, "strict"),
    "entities.semeval_exact": lambda m, name: entities.semeval(m.table, name, "exact"),
    "entities.semeval_partial": lambda m, name: entities.semeval(m.table, name, "partial"),
    "entities.semeval_type": lambda m, name: entities.semeval(m.table, name, "type"),
    "entities.text_set": lambda m, name: entities.text_set(m.table, m.pairs, name),
    "entities.iob2": lambda m, name: entities.iob2(m.pairs, name),
    "events.trigger": lambda m, name: events.triggers(m.pairs, name, with_type=True),
    "events.trigger_id": lambda m, name: events.triggers(m.pairs, name, with_type=False),
    "events.argument": lambda m, name: events.arguments(m.pairs, name, with_role=True),
    "events.argument_id": lambda m, name: events.arguments(m.pairs, name, with_role=False),
    "events.argument_attached": lambda m, name: events.arguments(m.pairs, name, with_role=True, attached=True),
    "events.argument_id_attached": lambda m, name: events.arguments(m.pairs, name, with_role=False, attached=True),
    "events.argument_head": lambda m, name: events.arguments(m.pairs, name, with_role=True, filler="head"),
    "events.argument_cluster": lambda m, name: events.arguments(m.pairs, name, with_role=True, filler="cluster"),
    "events.realis": lambda m, name: events.attribute(m.pairs, name, lambda e: e.realis),
    "events.polarity": lambda m, name: events.attribute(m.pairs, name, lambda e: e.polarity),
    "quotes.speaker": lambda m, name: quotes.content_overlap(m.pairs, name, quotes.same_speaker),
    "quotes.content": lambda m, name: quotes.content_overlap(m.pairs, name),
    "quotes.content_exact": lambda m, name: quotes.content_exact(m.pairs, name),
    "quotes.content_tokens": lambda m, name: quotes.content_tokens(m.pairs, name),
    "quotes.source": lambda m, name: quotes.content_overlap(m.pairs, name, quotes.same_source_span),
    "quotes.cue": lambda m, name: quotes.cues(m.pairs, name),
    "quotes.addressee": lambda m, name: quotes.addressees(m.pairs, name),
    "quotes.directness": lambda m, name: quotes.directness(m.pairs, name),
}
# Those that columns are enough for: a hundred times as fast to count as the others, which need objects.
FROM_COLUMNS = frozenset(
    (
        "entities.names", "entities.all", "entities.unlabelled", "entities.semeval_strict", "entities.semeval_exact",
        "entities.semeval_partial", "entities.semeval_type",
    )
)  # fmt: skip
# Macro scores, computed from the counts of another metric: name → (that metric, the facet whose values are averaged).
MACRO: Mapping[str, tuple[str, str]] = {
    "entities.names_macro": ("entities.names", "type"),
    "events.trigger_macro": ("events.trigger", "type"),
}
# Recall and precision of these are one accuracy, over what was matched.
ACCURACIES = ("events.realis", "events.polarity", "quotes.directness")
# The measure that a layer is known by, and whose parts stand in the table below it.
PRIMARY = {"entities": "entities.names", "events": "events.trigger", "quotes": "quotes.speaker"}

# Coreference is reported by kind and setting: where (within documents or across), singletons kept or not, on predicted
# mentions or on those both sides have.
KINDS: Mapping[str, coreference.Kind] = {"entities": "entities", "events": "events", "quotes": "utterances"}


@dataclass(frozen=True)
class Setting:
    """One way to score coreference."""

    across: bool = False
    singletons: bool = True
    common_only: bool = False


SETTINGS: Mapping[str, Setting] = {
    "within": Setting(),
    "within_no_singletons": Setting(singletons=False),
    "within_gold_mentions": Setting(common_only=True),
    "across": Setting(across=True),
    "across_no_singletons": Setting(across=True, singletons=False),
}


def has_clusters(pairs: list[Pair], layer: str) -> tuple[bool, bool]:
    """Whether any item of a layer says its cluster, in the gold and in the predictions."""
    gold, predicted = (
        any(item.cluster is not None for pair in pairs for item in getattr(getattr(pair, side), layer))
        for side in ("gold", "predicted")
    )
    return gold, predicted


def compute_counts(material: MetricInput, layers: tuple[str, ...], only: Collection[str] = ()) -> dict[str, Counts]:
    """The counts of every metric of these layers that can be counted here, coreference left out.

    ``only`` (if not empty) names the metrics that are wanted. Left out are strict IOB2 where a document has no stored
    tokens, and lenient boundaries and sets of words where one has no text.
    """
    wanted = [name for name in METRICS if name.split(".")[0] in layers and (not only or name in only)]
    if "entities.iob2" in wanted and not material.source.has_tokens:
        wanted.remove("entities.iob2")
    of_words = {"entities.lenient", "entities.text_set"}
    # Asked last: to know costs a look at every row.
    if of_words & set(wanted) and not material.source.has_text:
        wanted = [name for name in wanted if name not in of_words]
    return {name: METRICS[name](material, name) for name in wanted}


def compute_coreference_within(pairs: list[Pair], layer: str) -> dict[str, Counts]:
    """Coreference of one layer within documents, by ``coreference.<kind>.<setting>.<metric>``."""
    out: dict[str, Counts] = {}
    for name, s in SETTINGS.items():
        if not s.across:
            prefix = f"coreference.{KINDS[layer]}.{name}"
            out |= coreference.compute_within(
                pairs, prefix, KINDS[layer], singletons=s.singletons, common_only=s.common_only
            )  # fmt: skip
    return out


def compute_coreference_across(overlaps: coreference.Overlaps, layer: str) -> dict[str, Counts]:
    """The same across documents, one unit for all of them."""
    out: dict[str, Counts] = {}
    for name, s in SETTINGS.items():
        if s.across:
            table = overlaps.table(singletons=s.singletons)
            out |= coreference.compute_all(table, f"coreference.{KINDS[layer]}.{name}")
    return out
