"""A score of documents that are held as a whole: with identity across them and every mistake at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from vostochny.metrics import catalogue
from vostochny.metrics.coreference import Overlaps
from vostochny.metrics.counts import Floats
from vostochny.metrics.pairs import Pair, pair_documents
from vostochny.model import Document, Placement
from vostochny.ontology import Ontology
from vostochny.scoring.options import DEFAULTS, Options, unscored_zones
from vostochny.scoring.result import Result
from vostochny.stats.measures import coreference_measures, plain_measures
from vostochny.stats.scores import Measure

GROUPS = 200  # documents, or groups of them, that are left out in turn


def score(
    gold: Iterable[Document],
    predicted: Mapping[str, Document],
    ontology: Ontology,
    options: Options = DEFAULTS,
    gold_hash: str = "?",
) -> Result:
    """Score predictions (by doc_id) against gold documents, which are taken in the order of their ids.

    A document without a prediction counts as an empty one. A layer that no prediction carries is not scored; where
    there is no layer at all, every layer is scored, as empty.
    """
    documents = sorted(gold, key=lambda d: d.doc_id)
    predicted = dict(predicted)
    if options.view:
        documents = [options.view.relabel_gold(d) for d in documents]
        predicted = {i: options.view.relabel_prediction(d) for i, d in predicted.items()}
    pairs = pair_documents(documents, predicted, frozenset(ontology.values), unscored_zones(ontology, options))
    emitted = {layer for d in predicted.values() for layer in d.emitted}
    layers = options.chosen(emitted)
    found = plain_measures(
        catalogue.compute_counts(catalogue.MetricInput(catalogue.PairSource(pairs)), layers, options.metrics)
    )
    across: dict[str, Floats] = {}
    for layer in layers if not options.metrics else ():
        if not all(catalogue.has_clusters(pairs, layer)):
            continue
        counts = catalogue.compute_coreference_within(pairs, layer)
        whole, left_out = _across(pairs, layer, bool(options.resamples))
        found |= coreference_measures(counts) | whole
        across |= left_out
    ids = tuple(d.doc_id for d in documents)
    without = tuple(i for i in ids if i not in predicted)
    return Result(
        found, ids, len(ids), without, len(without), layers, options, gold_hash, pairs,
        sum((p.predicted.placement for p in pairs), Placement()), _across=across,
    )  # fmt: skip


def _across(pairs: list[Pair], layer: str, leave_out: bool) -> tuple[dict[str, Measure], dict[str, Floats]]:
    """Cross-document measures, and their values without each document in turn, by name: shape (documents,).

    Of more than GROUPS documents, groups of them are left out instead: each value costs a look at all clusters.
    """
    groups = [pairs[i::GROUPS] for i in range(min(len(pairs), GROUPS))]
    each = [Overlaps.of_pairs(group, catalogue.KINDS[layer]) for group in groups]
    whole = Overlaps()
    for one in each:
        whole.update(one)
    rows: dict[str, list[float]] = {}
    for one in each if leave_out else ():
        counts = catalogue.compute_coreference_across(whole.without(one), layer)
        for name, measure in coreference_measures(counts).items():
            rows.setdefault(name, []).append(np.nan if measure.value is None else measure.value)
    left_out = {name: np.array(values) for name, values in rows.items()}
    return coreference_measures(catalogue.compute_coreference_across(whole, layer)), left_out
