"""Score documents that are all in memory: every mistake and every identity across documents can be shown.

The way for the five articles and any gold of a few megabytes; files of any size go through
:mod:`vostochny.scoring.streaming`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from vostochny.metrics import catalogue
from vostochny.metrics.columns import build_tables
from vostochny.metrics.pairs import pair_documents
from vostochny.model import Document, Placement
from vostochny.ontology import Ontology
from vostochny.scoring.options import DEFAULT_OPTIONS, Options, find_unscored_zones
from vostochny.scoring.result import Result
from vostochny.scoring.totals import Total


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
    (result,) = score_systems(gold, [predicted], ontology, options, gold_hash)
    return result


def score_systems(
    gold: Iterable[Document],
    systems: Sequence[Mapping[str, Document]],
    ontology: Ontology,
    options: Options,
    gold_hash: str,
) -> list[Result]:
    """Return the result of each system's predictions; see :func:`score`."""
    documents = sorted(gold, key=lambda d: d.doc_id)
    ids = tuple(d.doc_id for d in documents)
    values, unscored_zones = frozenset(ontology.values), find_unscored_zones(ontology, options)
    if options.view:
        documents = [options.view.relabel_gold(d, values) for d in documents]
    total = Total.of_systems(len(systems), options)
    all_pairs, counts, units = [], [], 0
    for predicted, system in zip(systems, total.systems, strict=True):
        shown = dict(predicted)
        if options.view:
            shown = {i: options.view.relabel_prediction(d, values) for i, d in predicted.items()}
        pairs = pair_documents(documents, shown, values, unscored_zones)
        tables = build_tables([p.gold for p in pairs], [p.predicted for p in pairs], values, unscored_zones)
        items = catalogue.MetricInput(tables)
        system.emitted = frozenset(layer for d in predicted.values() for layer in d.emitted)
        absent = [i for i in ids if i not in predicted]
        counts.append(system.add(items, options.choose_layers(system.emitted), options.metrics, absent))
        all_pairs.append(pairs)
        units = len(tables.places.documents)
    total.add(ids, units, counts)
    return [
        replace(result, documents=ids, pairs=pairs, placement=sum((p.predicted.placement for p in pairs), Placement()))
        for result, pairs in zip(total.results(options, gold_hash), all_pairs, strict=True)
    ]
