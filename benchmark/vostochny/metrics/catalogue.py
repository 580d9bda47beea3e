"""Every metric that a score reports, one row per metric: how it is computed and what reports say of it.

**To add a metric**: write a function from documents to :class:`~vostochny.metrics.counts.Counts` (``entities``,
``events`` and ``quotes`` have examples), and add a row to ``METRICS``. The part of its name before the first point is
the layer it belongs to. The row is all that scoring, intervals, comparison, reports and docs/metrics.md need. A mean
over the values of a facet is a row of ``MACRO``, a score of clusters one of ``CLUSTER_SCORES``. ``MEASURES`` describes
every number that a result can have.

A metric is computed only where its layer was predicted and what it ``needs`` is there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from itertools import product
from typing import Literal

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from vostochny.metrics import coreference, entities, events, quotes
from vostochny.metrics.counts import Counts
from vostochny.metrics.item_tables import NONE, Entities, Tables
from vostochny.metrics.matching import Floats, Ints


class MetricInput:
    """The items that metrics are computed from, and what several metrics need, each made once and only where asked."""

    def __init__(self, tables: Tables):
        self.tables = tables

    @cached_property
    def trimmed(self) -> tuple[Entities, Entities]:
        """The entities of both sides, their spans trimmed."""
        return entities.trim(self.tables)

    @cached_property
    def entity_pairs(self) -> tuple[Ints, Ints]:
        """The one-to-one pairs of entities."""
        return entities.pair_entities(self.tables.gold.entities, self.tables.predicted.entities)

    @cached_property
    def quote_pairs(self) -> tuple[Ints, Ints]:
        """The one-to-one pairs of quotes."""
        return quotes.pair_quotes(self.tables)

    @cached_property
    def mentions(self) -> Mapping[str, coreference.Mentions]:
        """The clustered mentions, by layer."""
        return {layer: coreference.find_mentions(self.tables, kind) for layer, kind in KINDS.items()}


class Description(Struct, frozen=True, kw_only=True):
    """What reports say of one number.

    ``label`` is its name in tables (at most 36 characters), ``definition`` one sentence for users, ``source``
    the publication it follows (empty where it is this project's own). ``headline``: a layer of the report is known by
    it; one per layer, and where clusters are scored one across and one within documents. ``items`` are what a headline
    metric counts. ``compared``: systems are ranked by it on the leaderboard, and ``compare`` shows it where no metric
    is named.
    """

    label: str
    definition: str
    source: str = ""
    headline: bool = False
    items: str = ""
    compared: bool = False


class Metric(Description, frozen=True, kw_only=True):
    """One metric.

    ``compute(input, name)`` returns its counts. ``needs`` names what every gold document must have. ``accuracy``:
    recall and precision are one accuracy over matched items. ``agreement`` is its name in annotations/agreement.json,
    empty where the agreement of the two annotators on it is not published.
    """

    compute: Callable[[MetricInput, str], Counts]
    needs: Literal["tokens", "text"] | None = None
    accuracy: bool = False
    agreement: str = ""


class MacroScore(Description, frozen=True, kw_only=True):
    """A mean of F1 over the values of a facet, computed from the counts of another metric."""

    metric: str
    facet: str


class ClusterScore(Description, frozen=True, kw_only=True):
    """One score of coreference, reported of every kind of cluster in every setting.

    ``counts`` are the functions that compute its counts, by name; the score is the mean F1 of several.
    """

    counts: Mapping[str, Callable[[coreference.OverlapTable], Floats]]


_CONLL03 = "Tjong Kim Sang & De Meulder 2003"
_SEMEVAL = "Segura-Bedmar et al. 2013; Chinchor & Sundheim 1993"
_TRIGGERS = "Ji & Grishman 2008; Li, Ji & Huang 2013"
_ATTACHED = "Huang et al. 2024 (TextEE)"
_NUGGETS = "Liu, Mitamura & Hovy 2015"
_ATTRIBUTION = "Pareti et al. 2013; Scheible et al. 2016; Newell et al. 2018"

# Name → metric, in the order of the report.
METRICS: Mapping[str, Metric] = {
    "entities.names": Metric(
        compute=lambda i, name: entities.exact(i.tables, name, names_only=True),
        label="names and values, exact",
        definition="A name or value is right where a gold one has its span and type.",
        source=_CONLL03,
        headline=True,
        items="names and values",
        compared=True,
        agreement="names and values",
    ),
    "entities.all": Metric(
        compute=lambda i, name: entities.exact(i.tables, name),
        label="all mentions, exact",
        definition="As `entities.names`, with nominals and pronouns.",
        source=_CONLL03,
        compared=True,
        agreement="all mentions",
    ),
    "entities.unlabelled": Metric(
        compute=lambda i, name: entities.exact(i.tables, name, labelled=False),
        label="all mentions, span only",
        definition="A mention is right where a gold one has its span, whatever their types.",
    ),
    "entities.lenient": Metric(
        compute=lambda i, name: entities.exact(i.tables, name, names_only=True, entities=i.trimmed),
        label="names and values, lenient boundaries",
        definition=(
            "As `entities.names`, with leading articles, trailing ’s, quotation marks and white space cut off every "
            "span on both sides."
        ),
        needs="text",
    ),
    "entities.semeval_strict": Metric(
        compute=lambda i, name: entities.semeval(i.tables, name, i.entity_pairs, "strict"),
        label="SemEval-2013 strict",
        definition="Of the best one-to-one pairs of mentions, one with equal span and type earns 1.",
        source=_SEMEVAL,
    ),
    "entities.semeval_exact": Metric(
        compute=lambda i, name: entities.semeval(i.tables, name, i.entity_pairs, "exact"),
        label="SemEval-2013 exact",
        definition="A pair with equal span earns 1.",
        source=_SEMEVAL,
    ),
    "entities.semeval_partial": Metric(
        compute=lambda i, name: entities.semeval(i.tables, name, i.entity_pairs, "partial"),
        label="SemEval-2013 partial",
        definition="A pair with equal span earns 1, one that overlaps ½.",
        source=_SEMEVAL,
    ),
    "entities.semeval_type": Metric(
        compute=lambda i, name: entities.semeval(i.tables, name, i.entity_pairs, "type"),
        label="SemEval-2013 type",
        definition="A pair with equal type that overlaps earns 1.",
        source=_SEMEVAL,
    ),
    "entities.text_set": Metric(
        compute=lambda i, name: entities.text_set(i.tables, name),
        label="set of (text, type) per document",
        definition=(
            "Each different (words, type) of the names and values of a document is one item, however often it occurs: "
            "a score without offsets, not comparable with the others."
        ),
        needs="text",
    ),
    "entities.iob2": Metric(
        compute=lambda i, name: entities.iob2(i.tables, name),
        label="strict IOB2, as in seqeval",
        definition=(
            "Names and values of both sides are turned into IOB2 tags on the stored tokens, longest first, and a chunk "
            "is right where a gold chunk has its tokens and type."
        ),
        source="Tjong Kim Sang & Veenstra 1999; seqeval, strict mode",
        needs="tokens",
    ),
    "events.trigger": Metric(
        compute=lambda i, name: events.triggers(i.tables, name, with_type=True),
        label="trigger with type (Trig-C)",
        definition="A trigger is right where a gold trigger has its offsets and event type.",
        source=_TRIGGERS,
        headline=True,
        items="triggers",
        compared=True,
        agreement="trigger with type",
    ),
    "events.trigger_id": Metric(
        compute=lambda i, name: events.triggers(i.tables, name, with_type=False),
        label="trigger (Trig-I)",
        definition="A trigger is right where a gold trigger has its offsets.",
        source=_TRIGGERS,
        agreement="trigger",
    ),
    "events.argument": Metric(
        compute=lambda i, name: events.arguments(i.tables, name, with_role=True),
        label="argument with role (Arg-C)",
        definition="An argument is right where a gold argument has its event type, role and filler's offsets.",
        source=_TRIGGERS,
        headline=True,
        items="arguments",
        compared=True,
        agreement="argument with role",
    ),
    "events.argument_id": Metric(
        compute=lambda i, name: events.arguments(i.tables, name, with_role=False),
        label="argument (Arg-I)",
        definition="An argument is right where a gold argument has its event type and filler's offsets.",
        source=_TRIGGERS,
        agreement="argument",
    ),
    "events.argument_attached": Metric(
        compute=lambda i, name: events.arguments(i.tables, name, with_role=True, attached=True),
        label="argument, attached (Arg-C+)",
        definition="As Arg-C, and the event's trigger has the gold trigger's offsets.",
        source=_ATTACHED,
    ),
    "events.argument_id_attached": Metric(
        compute=lambda i, name: events.arguments(i.tables, name, with_role=False, attached=True),
        label="argument, attached (Arg-I+)",
        definition="As Arg-I, and the event's trigger has the gold trigger's offsets.",
        source=_ATTACHED,
    ),
    "events.argument_head": Metric(
        compute=lambda i, name: events.arguments(i.tables, name, with_role=True, filler="head"),
        label="argument with role, head match",
        definition="As Arg-C, with the filler's last token in the place of its offsets.",
    ),
    "events.argument_cluster": Metric(
        compute=lambda i, name: events.arguments(i.tables, name, with_role=True, filler="cluster"),
        label="argument with role, any mention",
        definition="As Arg-C, with the gold cluster that the filler belongs to in the place of its offsets.",
        source="Li, Ji & Han 2021",
        agreement="argument with role, any mention of the filler",
    ),
    "events.realis": Metric(
        compute=lambda i, name: events.attribute(i.tables, name, "realis"),
        label="realis, accuracy on matched",
        definition="Of the events with right trigger and type whose realis the gold states, the share with the same.",
        source=_NUGGETS,
        accuracy=True,
    ),
    "events.polarity": Metric(
        compute=lambda i, name: events.attribute(i.tables, name, "polarity"),
        label="polarity, accuracy on matched",
        definition="Of the events with right trigger and type whose polarity the gold states, the share with the same.",
        source=_NUGGETS,
        accuracy=True,
    ),
    "quotes.speaker": Metric(
        compute=lambda i, name: quotes.same_speaker(i.tables, name, i.quote_pairs),
        label="content with the right speaker",
        definition=(
            "A quote is right where it is paired with a gold quote that it overlaps and both sources are mentions of "
            "one gold cluster, or neither names a source."
        ),
        source=_ATTRIBUTION,
        headline=True,
        items="quotes",
        compared=True,
        agreement="quote with the right speaker",
    ),
    "quotes.content": Metric(
        compute=lambda i, name: quotes.content_overlap(i.tables, name, i.quote_pairs),
        label="content, overlap",
        definition="A quote is right where it is paired with a gold quote that it overlaps.",
        source=_ATTRIBUTION,
        compared=True,
        agreement="quote, overlap",
    ),
    "quotes.content_exact": Metric(
        compute=lambda i, name: quotes.content_exact(i.tables, name),
        label="content, exact",
        definition="A quote is right where a gold quote has exactly its content spans.",
        source=_ATTRIBUTION,
        agreement="quote, exact",
    ),
    "quotes.content_tokens": Metric(
        compute=lambda i, name: quotes.content_tokens(i.tables, name, i.quote_pairs),
        label="content, tokens",
        definition="Of the tokens of all quotes, the share that the quote paired with theirs has too.",
        source="Pareti et al. 2013",
        agreement="quote, tokens",
    ),
    "quotes.source": Metric(
        compute=lambda i, name: quotes.same_source_span(i.tables, name, i.quote_pairs),
        label="content with the source's span",
        definition=(
            "A quote is right where it is paired with a gold quote that it overlaps and both sources have one span, or "
            "neither names a source."
        ),
        source=_ATTRIBUTION,
    ),
    "quotes.cue": Metric(
        compute=lambda i, name: quotes.cues(i.tables, name),
        label="cue",
        definition="A cue is right where a gold cue has its span; quotes without a cue are left out.",
        source=_ATTRIBUTION,
        agreement="cue",
    ),
    "quotes.addressee": Metric(
        compute=lambda i, name: quotes.addressees(i.tables, name, i.quote_pairs),
        label="addressee",
        definition=(
            "Of the quotes with an addressee, one is right where the quote paired with it has an addressee of the same "
            "gold cluster."
        ),
        agreement="addressee",
    ),
    "quotes.directness": Metric(
        compute=lambda i, name: quotes.directness(i.tables, name, i.quote_pairs),
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
# Name → score of clusters, in the order of the report. Its full name is coreference.<kind>.<setting>.<name>.
CLUSTER_SCORES: Mapping[str, ClusterScore] = {
    "conll": ClusterScore(
        counts={"muc": coreference.muc, "b3": coreference.b3, "ceaf": coreference.ceaf},
        label="CoNLL",
        definition="The mean F1 of `muc`, `b3` and `ceaf`, of those that are defined.",
        source="Pradhan et al. 2014",
        headline=True,
    ),
    "muc": ClusterScore(
        counts={"muc": coreference.muc},
        label="MUC",
        definition=(
            "Links kept: Σ(∣k∣ − ∣p(k)∣) / Σ(∣k∣ − 1), where p(k) are the parts into which the other side cuts k."
        ),
        source="Vilain et al. 1995",
    ),
    "b3": ClusterScore(
        counts={"b3": coreference.b3},
        label="B³",
        definition="Of each mention's cluster, the share that the other side's has too: Σ∣k∩r∣²/∣k∣ ÷ Σ∣k∣.",
        source="Bagga & Baldwin 1998",
    ),
    "ceaf": ClusterScore(
        counts={"ceaf": coreference.ceaf},
        label="CEAFφ4",
        definition=(
            "CEAF-φ4: the total of the best one-to-one map of clusters under φ4 = 2∣k∩r∣/(∣k∣+∣r∣), over the number of "
            "clusters."
        ),
        source="Luo 2005",
    ),
    "lea": ClusterScore(
        counts={"lea": coreference.lea},
        label="LEA",
        definition=(
            "Of each cluster's links, the share that the other side has, weighted by its size: "
            "Σ∣k∣·Σᵣ link(k∩r)/link(k) ÷ Σ∣k∣, link(n) = n(n−1)/2; a singleton has one link, to itself."
        ),
        source="Moosavi & Strube 2016",
    ),
    "mentions": ClusterScore(
        counts={"mentions": coreference.mention_detection},
        label="mentions",
        definition="Mention detection: the mentions that both sides have.",
        source="Pradhan et al. 2014",
    ),
    "blanc": ClusterScore(
        counts={"blanc_links": coreference.blanc_links, "blanc_nonlinks": coreference.blanc_nonlinks},
        label="BLANC",
        definition="The mean F1 of coreference links and of non-coreference links.",
        source="Recasens & Hovy 2011; Luo et al. 2014",
    ),
}
# Name → function of all counts of clusters; several scores may use one.
CLUSTER_COUNTS = {name: count for row in CLUSTER_SCORES.values() for name, count in row.counts.items()}
# Layer → kind of cluster.
KINDS: Mapping[str, coreference.Kind] = {"entities": "entities", "events": "events", "quotes": "utterances"}


class Setting(Struct, frozen=True, kw_only=True):
    """One way to score coreference: across documents or within them, with or without singletons, on which mentions.

    ``label`` is its name in tables, ``definition`` what docs/metrics.md says of it. ``common_only`` scores the mentions
    that both sides have, as if the mentions had been given. ``headline``: the headline score is one in this setting.
    """

    label: str
    definition: str
    across: bool = False
    singletons: bool = True
    common_only: bool = False
    headline: bool = False


SETTINGS: Mapping[str, Setting] = {
    "within": Setting(
        label="within documents", definition="clusters within each document, all mentions", headline=True
    ),
    "within_no_singletons": Setting(
        label="within, singletons dropped", definition="clusters of one mention removed on each side", singletons=False
    ),
    "within_gold_mentions": Setting(
        label="within, on mentions in both", definition="only mentions that both sides have", common_only=True
    ),
    "across": Setting(
        label="across documents",
        definition="all documents as one: clusters of one name are one cluster",
        across=True,
        headline=True,
    ),
    "across_no_singletons": Setting(
        label="across, singletons dropped",
        definition="as `across`, clusters of one mention removed on each side; Cattan et al. 2021 recommend it",
        across=True,
        singletons=False,
    ),
}


def _describe_measures() -> Iterator[tuple[str, Description]]:
    """Yield name and description of every number that a result can have, in the order of the report."""
    for name, metric in METRICS.items():
        yield name, metric
        yield from ((macro, row) for macro, row in MACRO.items() if row.metric == name)
    for kind, (setting, s), (score, row) in product(KINDS.values(), SETTINGS.items(), CLUSTER_SCORES.items()):
        headline = row.headline and s.headline
        yield (
            f"coreference.{kind}.{setting}.{score}",
            replace(row, label=f"{kind}, {s.label}: {row.label}", headline=headline, compared=headline and s.across),
        )


MEASURES = dict(_describe_measures())
ACCURACIES = tuple(name for name, metric in METRICS.items() if metric.accuracy)


def list_stated(tables: Tables) -> set[str]:
    """Return the accuracies whose attribute any predicted item states."""
    # Such a metric has the name of its layer and of the attribute.
    columns = {
        name: getattr(getattr(tables.predicted, layer), a) for name in ACCURACIES for layer, a in [name.split(".")]
    }
    return {name for name, column in columns.items() if (column != NONE).any()}


def find_layer(name: str) -> str:
    """Return the layer under which reports show a measure: those of items, and of their identity."""
    if name.startswith("events.argument"):
        return "arguments"
    layer = name.partition(".")[0]
    return "identity" if layer == "coreference" else layer


def make_title(name: str) -> str:
    """Return a measure's label behind its layer, for a place where no layer stands above it: ``Quotes: cue``."""
    return f"{name.partition('.')[0].capitalize()}: {MEASURES[name].label}"


# Layer → its headline metric.
HEADLINES = {find_layer(name): name for name, metric in METRICS.items() if metric.headline}


def is_across(name: str) -> bool:
    """Return whether a measure takes all documents as one: then it is not a sum over documents."""
    return ".across" in name


def has_clusters(tables: Tables, layer: str) -> tuple[bool, bool]:
    """Return whether any item of a layer has a cluster: in the gold, and in the predictions."""
    gold, predicted = (bool((getattr(side, layer).cluster != NONE).any()) for side in tables.sides)
    return gold, predicted


def compute_counts(items: MetricInput, layers: tuple[str, ...], only: Collection[str] = ()) -> dict[str, Counts]:
    """Return the counts of every metric of these layers, by name, coreference left out.

    ``only`` (if not empty) names the metrics that are wanted. A metric whose ``needs`` a document lacks is left out.
    """
    wanted = [name for name in METRICS if name.split(".")[0] in layers and (not only or name in only)]
    places = items.tables.places
    lacking = {"tokens": not places.has_tokens.all(), "text": not all(places.texts), None: False}
    return {name: METRICS[name].compute(items, name) for name in wanted if not lacking[METRICS[name].needs]}


def compute_coreference_within(items: MetricInput, layer: str) -> dict[str, Counts]:
    """Return the counts of one layer's coreference within documents, by ``coreference.<kind>.<setting>.<count>``."""
    mentions = items.mentions[layer]
    out: dict[str, Counts] = {}
    for name, s in SETTINGS.items():
        if not s.across:
            table = mentions.tabulate(singletons=s.singletons, common_only=s.common_only)
            out |= count_clusters(table, f"coreference.{KINDS[layer]}.{name}")
    return out


def compute_coreference_across(overlaps: coreference.Overlaps, layer: str) -> dict[str, Counts]:
    """Return the counts of one layer's coreference across documents, by the same names, one unit for all documents."""
    out: dict[str, Counts] = {}
    for name, s in SETTINGS.items():
        if s.across:
            out |= count_clusters(overlaps.table(singletons=s.singletons), f"coreference.{KINDS[layer]}.{name}")
    return out


def count_clusters(table: coreference.OverlapTable, prefix: str) -> dict[str, Counts]:
    """Return all counts of a table by name, ``prefix.muc`` and so on: one unit per document, one stratum, no facet."""
    documents = np.arange(table.documents)
    return {
        f"{prefix}.{name}": Counts.of_table(f"{prefix}.{name}", (), ((),), count(table)[:, None, :], documents)
        for name, count in CLUSTER_COUNTS.items()
    }
