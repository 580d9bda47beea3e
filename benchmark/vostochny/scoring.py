"""Where gold, predictions, metrics and statistics meet: two sets of documents in, a result out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

import vostochny
from vostochny import measures
from vostochny.intervals import RESAMPLES, SEED, Resampling, Uncertainty, jackknife, uncertainty
from vostochny.metrics.counts import Counts
from vostochny.metrics.units import Pair, pair_up
from vostochny.model import Document
from vostochny.ontology import Ontology, View
from vostochny.statistics import Measure


@dataclass(frozen=True)
class Options:
    """What changes a number; all of it stands in the signature.

    ``layers`` empty: those that any prediction carries. ``zones`` empty: every scored zone of the scheme.
    ``resamples`` 0: no intervals. ``unknown`` is what the reader did with unknown types.
    """

    layers: tuple[str, ...] = ()
    view: View | None = None
    zones: tuple[str, ...] = ()
    resamples: int = RESAMPLES
    seed: int = SEED
    unknown: str = "error"


@dataclass(frozen=True)
class Coverage:
    """How far into a document a prediction reaches: its last character, the text's length, the gold items after it."""

    last: int
    length: int
    gold_after: int
    gold: int


@dataclass(frozen=True)
class Result:
    """What scoring found.

    ``measures`` by name, in the order of the report. ``layers`` are those scored; ``coverage`` and
    ``without_prediction`` are by document. ``pairs`` are what was compared, for reading mistakes.
    """

    measures: Mapping[str, Measure]
    documents: tuple[str, ...]
    without_prediction: tuple[str, ...]
    layers: tuple[str, ...]
    coverage: Mapping[str, Coverage]
    options: Options
    gold_hash: str
    pairs: list[Pair] = field(repr=False)
    _across: Mapping[str, np.ndarray] = field(repr=False)
    _resampling: Resampling = field(repr=False)

    def uncertainty(self, measure: Measure) -> Uncertainty | None:
        """How sure a measure is, or None where intervals were switched off.

        Scores across documents are no sum over documents: they have no interval for these articles, and the one for new
        articles comes from scoring anew without each document.
        """
        if not self.options.resamples:
            return None
        found = uncertainty(measure, self._resampling)
        left_out = self._across.get(measure.name)
        if left_out is not None and found.value is not None:
            new = jackknife(found.value, left_out, found.support)
            notes = ("across documents: no interval for these articles",)
            return replace(found, these_articles=None, new_articles=new, notes=notes)
        return found

    @property
    def signature(self) -> str:
        """One line that says what was scored and how; two runs with one signature give the same bytes."""
        o = self.options
        parts = {
            "gold": self.gold_hash,
            "docs": str(len(self.documents)),
            "layer": "+".join(self.layers),
            "view": view_name(o.view),
            "match": "exact",
            "zones": "+".join(o.zones) or "scored",
            "unknown": o.unknown,
            "ci": f"{o.resamples}/seed={o.seed}" if o.resamples else "none",
        }
        return "|".join([f"vostochny:{vostochny.__version__}", *(f"{k}:{v}" for k, v in parts.items())])


def view_name(view: View | None) -> str:
    """A view's name in the signature; one of the user's own by what it maps."""
    if view is None:
        return "none"
    if view.builtin:
        return view.name
    content = repr((sorted(view.types.items()), sorted(view.levels), sorted((view.events or {}).items())))
    return f"own-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def score(
    gold: Iterable[Document],
    predicted: Mapping[str, Document],
    ontology: Ontology,
    options: Options = Options(),
    gold_hash: str = "?",
) -> Result:
    """Score predictions (by doc_id) against gold documents.

    A document without a prediction counts as an empty one. A layer that no prediction carries is not scored; where
    there is no layer at all, every layer is scored, as empty.
    """
    documents = list(gold)
    predicted = dict(predicted)
    if options.view:
        documents = [options.view.gold(d) for d in documents]
        predicted = {i: options.view.prediction(d) for i, d in predicted.items()}
    values = frozenset(ontology.values)
    unscored = ontology.unscored
    if options.zones:
        unscored = frozenset(ontology.zones) - frozenset(options.zones)
    pairs = pair_up(documents, predicted, values, unscored)
    emitted = {layer for d in predicted.values() for layer in d.emitted}
    layers = options.layers or tuple(x for x in measures.LAYERS if not emitted or x in emitted)
    material = measures.Material(pairs)
    found = measures.measures(measures.count(material, layers))
    across: dict[str, np.ndarray] = {}
    for layer in layers:
        found |= measures.coreference_measures(measures.coreference_counts(pairs, layer))
        across |= _left_out_across(pairs, layer, options)
    ids = tuple(d.doc_id for d in documents)
    return Result(
        found,
        ids,
        tuple(i for i in ids if i not in predicted),
        layers,
        {pair.gold.doc_id: _coverage(pair, layers) for pair in pairs},
        options,
        gold_hash,
        pairs,
        across,
        Resampling(options.resamples or 1, options.seed),
    )


def _left_out_across(pairs: list[Pair], layer: str, options: Options) -> dict[str, np.ndarray]:
    """Cross-document measures without each document in turn, by name: shape (documents,)."""
    if not options.resamples or len(pairs) < 2:
        return {}
    rows: dict[str, list[float]] = {}
    for leave in range(len(pairs)):
        rest = pairs[:leave] + pairs[leave + 1 :]
        counts = measures.coreference_counts(rest, layer, across_only=True)
        for name, measure in measures.coreference_measures(counts).items():
            rows.setdefault(name, []).append(np.nan if measure.value is None else measure.value)
    return {name: np.array(values) for name, values in rows.items() if len(values) == len(pairs)}


def _coverage(pair: Pair, layers: tuple[str, ...]) -> Coverage:
    def ends(document: Document) -> list[int]:
        out = [e.span.end for e in document.entities] if "entities" in layers else []
        out += [e.trigger.end for e in document.events] if "events" in layers else []
        out += [q.content[-1].end for q in document.quotes] if "quotes" in layers else []
        return out

    last = max(ends(pair.predicted), default=0)
    gold = ends(pair.gold)
    return Coverage(last, len(pair.gold.text), sum(end > last for end in gold), len(gold))


def count_of(result: Result, name: str) -> Counts:
    """The counts behind a measure that rests on one metric."""
    return result.measures[name].counts[0]
