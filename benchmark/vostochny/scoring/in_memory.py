"""Score documents that are all in memory: every mistake and every identity across documents can be shown.

The way for the five articles and any gold of a few megabytes; files of any size go through
:mod:`vostochny.scoring.streaming`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from vostochny.metrics import catalogue
from vostochny.metrics.columns import build_tables
from vostochny.metrics.coreference import Mentions, Overlaps
from vostochny.metrics.matching import Floats
from vostochny.metrics.pairs import pair_documents
from vostochny.model import Document, Placement
from vostochny.ontology import Ontology
from vostochny.scoring.options import DEFAULT_OPTIONS, Options, find_unscored_zones
from vostochny.scoring.result import Result
from vostochny.stats.measures import coreference_measures, plain_measures
from vostochny.stats.scores import Measure

# Groups of documents that are left out in turn for a jackknife; up to so many documents, each is a group of its own.
MAX_LEFT_OUT_GROUPS = 200


def score(
    gold: Iterable[Document],
    predicted: Mapping[str, Document],
    ontology: Ontology,
    options: Options = DEFAULT_OPTIONS,
    gold_hash: str = "?",
) -> Result:
    """Score predictions against gold documents, taken in the order of their ids.

    A document without a prediction is scored as an empty prediction. A layer that no prediction carries is not scored;
    where the predictions carry no layer at all, every layer is scored as empty.

    Args:
        gold: The annotated documents.
        predicted: Predictions by doc_id.
        ontology: The ontology, with the types of the gold's own.
        options: What to compute.
        gold_hash: Hash of the gold's content for the signature; "?" where the documents come from no file.
    """
    documents = sorted(gold, key=lambda d: d.doc_id)
    predicted = dict(predicted)
    if options.view:
        documents = [options.view.relabel_gold(d) for d in documents]
        predicted = {i: options.view.relabel_prediction(d) for i, d in predicted.items()}
    values, unscored_zones = frozenset(ontology.values), find_unscored_zones(ontology, options)
    pairs = pair_documents(documents, predicted, values, unscored_zones)
    emitted = {layer for d in predicted.values() for layer in d.emitted}
    layers = options.choose_layers(emitted)
    items = catalogue.MetricInput(
        build_tables([p.gold for p in pairs], [p.predicted for p in pairs], values, unscored_zones)
    )
    measures = plain_measures(catalogue.compute_counts(items, layers, options.metrics))
    across: dict[str, Floats] = {}
    for layer in layers if not options.metrics else ():
        if not all(catalogue.has_clusters(items.tables, layer)):
            continue  # without clusters on both sides there is no coreference to score
        counts = catalogue.compute_coreference_within(items, layer)
        whole, left_out = _score_across(items.mentions[layer], layer, bool(options.resamples))
        measures |= coreference_measures(counts) | whole
        across |= left_out
    ids = tuple(d.doc_id for d in documents)
    without = tuple(i for i in ids if i not in predicted)
    return Result(
        measures, ids, len(ids), without, len(without), layers, options, gold_hash,
        len(items.tables.places.documents), pairs, sum((p.predicted.placement for p in pairs), Placement()),
        _across=across,
    )  # fmt: skip


def _score_across(mentions: Mentions, layer: str, leave_out: bool) -> tuple[dict[str, Measure], dict[str, Floats]]:
    """Return a layer's cross-document measures, and their values without each document in turn.

    Both by measure name; the values have the shape (documents,) and are empty unless ``leave_out``. Of more than
    MAX_LEFT_OUT_GROUPS documents, groups of them are left out instead, because each value takes a pass over all
    clusters.
    """
    groups = min(mentions.documents, MAX_LEFT_OUT_GROUPS)
    overlaps = [Overlaps.of_mentions(mentions.of_documents(group, groups)) for group in range(groups)]
    whole = Overlaps()
    for group_overlaps in overlaps:
        whole.update(group_overlaps)
    values_by_name: dict[str, list[float]] = {}
    for group_overlaps in overlaps if leave_out else ():
        # Overlaps add up over documents, so leaving a group out is a subtraction.
        counts = catalogue.compute_coreference_across(whole.without(group_overlaps), layer)
        for name, measure in coreference_measures(counts).items():
            values_by_name.setdefault(name, []).append(np.nan if measure.value is None else measure.value)
    left_out = {name: np.array(values) for name, values in values_by_name.items()}
    return coreference_measures(catalogue.compute_coreference_across(whole, layer)), left_out
