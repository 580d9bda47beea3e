"""Every metric that a score reports, one row per metric: how it is computed and what reports say of it.

**To add a metric**: write a function from documents to :class:`~vostochny.metrics.counts.Counts` (``entities``,
``events`` and ``quotes`` have examples), and add a row to ``METRICS``. The part of its name before the first point is
the layer it belongs to. The row is all that scoring, intervals, comparison and reports need; add it to the table in
docs/metrics.md too, which a test compares with the rows.

A metric is computed only where its layer was predicted and what it ``needs`` is there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

from vostochny.metrics import coreference, entities, events, quotes
from vostochny.metrics.columns import EntityTable, build_entity_table
from vostochny.metrics.counts import Counts
from vostochny.metrics.pairs import Pair


class DocumentSource(Protocol):
    """A set of documents as metrics need it, whether it comes from memory or from a batch of files."""

    @property
    def pairs(self) -> list[Pair]:
        """Gold and predicted documents side by side."""
        ...

    @property
    def table(self) -> EntityTable:
        """The entities as columns."""
        ...

    @property
    def has_tokens(self) -> bool:
        """Whether every gold document has stored tokens."""
        ...

    @property
    def has_text(self) -> bool:
        """Whether every gold document has its text."""
        ...


class PairSource:
    """A :class:`DocumentSource` of documents in memory."""

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
    """The documents that metrics are computed from, in several forms, each built once and only where a metric asks."""

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
        """The entities as columns, their spans trimmed (columns.trim_span)."""
        return build_entity_table(self.pairs, trim=True)


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric.

    ``compute(input, name)`` returns its counts. ``label`` is its name in tables (at most 36 characters), ``definition``
    one sentence for docs/metrics.md, ``source`` the publication it follows (empty where it is this project's own).
    ``needs`` names what every gold document must have. ``headline``: a layer is known by this metric, and its parts are
    printed below it; one per layer. ``from_columns``: the metric uses ``input.table`` alone, so it can be computed a
    hundred times as fast, without building objects. ``accuracy``: recall and precision are one accuracy over matched
    items.
    """

    compute: Callable[[MetricInput, str], Counts]
    label: str
    definition: str
    source: str = ""
    needs: Literal["tokens", "text"] | None = None
    headline: bool = False
    from_columns: bool = False
    accuracy: bool = False


@dataclass(frozen=True, kw_only=True)
class MacroScore:
    """A mean of F1 over the values of a facet, computed from the counts of another metric."""

    metric: str
    facet: str
    label: str
    definition: str
    source: str = ""


_CONLL03 = "Tjong Kim Sang & De Meulder 2003"
_SEMEVAL = "Segura-Bedmar et al. 2013; Chinchor & Sundheim 1993"
_TRIGGERS = "Ji & Grishman 2008; Li, Ji & Huang 2013"
_ATTACHED = "Huang et al. 2024 (TextEE)"
_NUGGETS = "Liu, Mitamura & Hovy 2015"
_ATTRIBUTION = "Pareti et al. 2013; Scheible et al. 2016; Newell et al. 2018"

# Name → metric, in the order of the report.
METRICS: Mapping[str, Metric] = {
    "entities.names": Metric(
        compute=lambda i, name: entities.exact(i.table, name, names_only=True),
        label="names and values, exact",
        definition="A name or value is right where a gold one has its span and type.",
        source=_CONLL03,
        headline=True,
        from_columns=True,
    ),
    "entities.all": Metric(
        compute=lambda i, name: entities.exact(i.table, name),
        label="all mentions, exact",
        definition="The same with nominals and pronouns.",
        source=_CONLL03,
        from_columns=True,
    ),
    "entities.unlabelled": Metric(
        compute=lambda i, name: entities.exact(i.table, name, labelled=False),
        label="all mentions, span only",
        definition="A mention is right where a gold one has its span, whatever their types.",
        from_columns=True,
    ),
    "entities.lenient": Metric(
        compute=lambda i, name: entities.exact(i.lenient_table, name, names_only=True),
        label="names and values, lenient boundaries",
        definition=(
            "As `entities.names`, with leading articles, trailing ’s, quotation marks and white space cut off every "
            "span on both sides."
        ),
        needs="text",
    ),
    "entities.semeval_strict": Metric(
        compute=lambda i, name: entities.semeval(i.table, name, "strict"),
        label="SemEval-2013 strict",
        definition="Of the best one-to-one pairs of mentions, one with equal span and type earns 1.",
        source=_SEMEVAL,
        from_columns=True,
    ),
    "entities.semeval_exact": Metric(
        compute=lambda i, name: entities.semeval(i.table, name, "exact"),
        label="SemEval-2013 exact",
        definition="A pair with equal span earns 1.",
        source=_SEMEVAL,
        from_columns=True,
    ),
    "entities.semeval_partial": Metric(
        compute=lambda i, name: entities.semeval(i.table, name, "partial"),
        label="SemEval-2013 partial",
        definition="A pair with equal span earns 1, one that overlaps ½.",
        source=_SEMEVAL,
        from_columns=True,
    ),
    "entities.semeval_type": Metric(
        compute=lambda i, name: entities.semeval(i.table, name, "type"),
        label="SemEval-2013 type",
        definition="A pair with equal type that overlaps earns 1.",
        source=_SEMEVAL,
        from_columns=True,
    ),
    "entities.text_set": Metric(
        compute=lambda i, name: entities.text_set(i.table, i.pairs, name),
        label="set of (text, type) per document",
        definition=(
            "Each different (words, type) of the names and values of a document is one item, however often it occurs: "
            "a score without offsets, not comparable with the others."
        ),
        needs="text",
    ),
    "entities.iob2": Metric(
        compute=lambda i, name: entities.iob2(i.pairs, name),
        label="strict IOB2, as in seqeval",
        definition=(
            "Names and values of both sides are turned into IOB2 tags on the stored tokens, longest first, and a chunk "
            "is right where a gold chunk has its tokens and type."
        ),
        source="Tjong Kim Sang & Veenstra 1999; seqeval, strict mode",
        needs="tokens",
    ),
    "events.trigger": Metric(
        compute=lambda i, name: events.triggers(i.pairs, name, with_type=True),
        label="trigger with type (Trig-C)",
        definition="A trigger is right where a gold trigger has its offsets and event type.",
        source=_TRIGGERS,
        headline=True,
    ),
    "events.trigger_id": Metric(
        compute=lambda i, name: events.triggers(i.pairs, name, with_type=False),
        label="trigger (Trig-I)",
        definition="A trigger is right where a gold trigger has its offsets.",
        source=_TRIGGERS,
    ),
    "events.argument": Metric(
        compute=lambda i, name: events.arguments(i.pairs, name, with_role=True),
        label="argument with role (Arg-C)",
        definition="An argument is right where a gold argument has its event type, role and filler's offsets.",
        source=_TRIGGERS,
    ),
    "events.argument_id": Metric(
        compute=lambda i, name: events.arguments(i.pairs, name, with_role=False),
        label="argument (Arg-I)",
        definition="An argument is right where a gold argument has its event type and filler's offsets.",
        source=_TRIGGERS,
    ),
    "events.argument_attached": Metric(
        compute=lambda i, name: events.arguments(i.pairs, name, with_role=True, attached=True),
        label="argument, attached (Arg-C+)",
        definition="As Arg-C, and the event's trigger has the gold trigger's offsets.",
        source=_ATTACHED,
    ),
    "events.argument_id_attached": Metric(
        compute=lambda i, name: events.arguments(i.pairs, name, with_role=False, attached=True),
        label="argument, attached (Arg-I+)",
        definition="As Arg-I, and the event's trigger has the gold trigger's offsets.",
        source=_ATTACHED,
    ),
    "events.argument_head": Metric(
        compute=lambda i, name: events.arguments(i.pairs, name, with_role=True, filler="head"),
        label="argument with role, head match",
        definition="As Arg-C, with the filler's last token in the place of its offsets.",
    ),
    "events.argument_cluster": Metric(
        compute=lambda i, name: events.arguments(i.pairs, name, with_role=True, filler="cluster"),
        label="argument with role, any mention",
        definition="As Arg-C, with the gold cluster that the filler belongs to in the place of its offsets.",
        source="Li, Ji & Han 2021",
    ),
    "events.realis": Metric(
        compute=lambda i, name: events.attribute(i.pairs, name, lambda e: e.realis),
        label="realis, accuracy on matched",
        definition="Of the events with right trigger and type whose realis the gold states, the share with the same.",
        source=_NUGGETS,
        accuracy=True,
    ),
    "events.polarity": Metric(
        compute=lambda i, name: events.attribute(i.pairs, name, lambda e: e.polarity),
        label="polarity, accuracy on matched",
        definition="The same for polarity.",
        source=_NUGGETS,
        accuracy=True,
    ),
    "quotes.speaker": Metric(
        compute=lambda i, name: quotes.content_overlap(i.pairs, name, quotes.same_speaker),
        label="content with the right speaker",
        definition=(
            "A quote is right where it is paired with a gold quote that it overlaps and both sources are mentions of "
            "one gold cluster, or neither names a source."
        ),
        source=_ATTRIBUTION,
        headline=True,
    ),
    "quotes.content": Metric(
        compute=lambda i, name: quotes.content_overlap(i.pairs, name),
        label="content, overlap",
        definition="A quote is right where it is paired with a gold quote that it overlaps.",
        source=_ATTRIBUTION,
    ),
    "quotes.content_exact": Metric(
        compute=lambda i, name: quotes.content_exact(i.pairs, name),
        label="content, exact",
        definition="A quote is right where a gold quote has exactly its content spans.",
        source=_ATTRIBUTION,
    ),
    "quotes.content_tokens": Metric(
        compute=lambda i, name: quotes.content_tokens(i.pairs, name),
        label="content, tokens",
        definition="Of the tokens of all quotes, the share that the quote paired with theirs has too.",
        source="Pareti et al. 2013",
    ),
    "quotes.source": Metric(
        compute=lambda i, name: quotes.content_overlap(i.pairs, name, quotes.same_source_span),
        label="content with the source's span",
        definition=(
            "A quote is right where it is paired with a gold quote that it overlaps and both sources have one span, or "
            "neither names a source."
        ),
        source=_ATTRIBUTION,
    ),
    "quotes.cue": Metric(
        compute=lambda i, name: quotes.cues(i.pairs, name),
        label="cue",
        definition="A cue is right where a gold cue has its span; quotes without a cue are left out.",
        source=_ATTRIBUTION,
    ),
    "quotes.addressee": Metric(
        compute=lambda i, name: quotes.addressees(i.pairs, name),
        label="addressee",
        definition=(
            "Of the quotes with an addressee, one is right where the quote paired with it has an addressee of the same "
            "gold cluster."
        ),
    ),
    "quotes.directness": Metric(
        compute=lambda i, name: quotes.directness(i.pairs, name),
        label="directness, accuracy on matched",
        definition="Of the paired quotes whose directness the gold states, the share with the same.",
        accuracy=True,
    ),
}
# Name → macro score; each is reported right after the metric that it is computed from.
MACRO: Mapping[str, MacroScore] = {
    "entities.names_macro": MacroScore(
        metric="entities.names",
        facet="type",
        label="names and values, mean over types",
        definition="The mean F1 of `entities.names` over the types that have gold.",
    ),
    "events.trigger_macro": MacroScore(
        metric="events.trigger",
        facet="type",
        label="trigger with type, mean over types",
        definition="The mean F1 of `events.trigger` over the event types that have gold.",
    ),
}
# Name → label, in tables.
LABELS = {name: m.label for name, m in METRICS.items()} | {name: m.label for name, m in MACRO.items()}
FROM_COLUMNS = frozenset(name for name, metric in METRICS.items() if metric.from_columns)
ACCURACIES = tuple(name for name, metric in METRICS.items() if metric.accuracy)
PRIMARY = {name.partition(".")[0]: name for name, metric in METRICS.items() if metric.headline}

# Coreference has no rows above: it is reported by kind, setting and score, as coreference.<kind>.<setting>.<score>.
KINDS: Mapping[str, coreference.Kind] = {"entities": "entities", "events": "events", "quotes": "utterances"}


@dataclass(frozen=True)
class Setting:
    """One way to score coreference: across documents or within them, with or without singletons, on which mentions.

    ``common_only`` scores the mentions that both sides have, as if the mentions had been given.
    """

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
    """Return whether any item of a layer has a cluster: in the gold, and in the predictions."""
    gold, predicted = (
        any(item.cluster is not None for pair in pairs for item in getattr(getattr(pair, side), layer))
        for side in ("gold", "predicted")
    )
    return gold, predicted


def compute_counts(documents: MetricInput, layers: tuple[str, ...], only: Collection[str] = ()) -> dict[str, Counts]:
    """Return the counts of every metric of these layers, by name, coreference left out.

    ``only`` (if not empty) names the metrics that are wanted. A metric whose ``needs`` a document lacks is left out.
    """
    wanted = [name for name in METRICS if name.split(".")[0] in layers and (not only or name in only)]
    # Asked only where a metric needs it: the answer costs a pass over every row.
    needs = {METRICS[name].needs for name in wanted}
    lacking: set[str | None] = set()
    if "tokens" in needs and not documents.source.has_tokens:
        lacking.add("tokens")
    if "text" in needs and not documents.source.has_text:
        lacking.add("text")
    return {name: METRICS[name].compute(documents, name) for name in wanted if METRICS[name].needs not in lacking}


def compute_coreference_within(pairs: list[Pair], layer: str) -> dict[str, Counts]:
    """Return the counts of one layer's coreference within documents, by ``coreference.<kind>.<setting>.<metric>``."""
    out: dict[str, Counts] = {}
    for name, s in SETTINGS.items():
        if not s.across:
            prefix = f"coreference.{KINDS[layer]}.{name}"
            out |= coreference.compute_within(
                pairs, prefix, KINDS[layer], singletons=s.singletons, common_only=s.common_only
            )  # fmt: skip
    return out


def compute_coreference_across(overlaps: coreference.Overlaps, layer: str) -> dict[str, Counts]:
    """Return the counts of one layer's coreference across documents, by the same names, one unit for all documents."""
    out: dict[str, Counts] = {}
    for name, s in SETTINGS.items():
        if s.across:
            table = overlaps.table(singletons=s.singletons)
            out |= coreference.compute_all(table, f"coreference.{KINDS[layer]}.{name}")
    return out
