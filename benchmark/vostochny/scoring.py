"""Where gold, predictions, metrics and statistics meet: two sets of documents in, a result out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

import vostochny
from vostochny import measures
from vostochny.formats import Fault, FormatError
from vostochny.intervals import RESAMPLES, SEED, Resampling, Uncertainty, jackknife, uncertainty
from vostochny.metrics.counts import Counts, Floats, joined, merged
from vostochny.metrics.units import Pair, pair_up
from vostochny.model import Document, Placement
from vostochny.ontology import Ontology, View
from vostochny.statistics import Measure

if TYPE_CHECKING:
    from vostochny.batches import Batch


@dataclass(frozen=True)
class Options:
    """What changes a number; all of it stands in the signature.

    ``layers`` empty: those that any prediction carries. ``zones`` empty: every scored zone of the scheme.
    ``resamples`` 0: no intervals. ``unknown`` is what the reader did with unknown types, ``offsets`` what it took the
    predictions' offsets to count (code points if None). ``metrics``, if any, are the only ones counted (it leaves
    numbers out and changes none).
    """

    layers: tuple[str, ...] = ()
    view: View | None = None
    zones: tuple[str, ...] = ()
    resamples: int = RESAMPLES
    seed: int = SEED
    unknown: str = "error"
    metrics: tuple[str, ...] = ()
    offsets: str | None = None


BLOCKS = 1000  # documents, or blocks of documents, whose rows of counts are kept apart


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

    ``measures`` by name, in the order of the report. ``documents`` are the gold's, ``without_prediction`` those of them
    that no prediction was given for, ``layers`` those that were scored. ``pairs`` are what was compared, for reading
    mistakes; empty where the documents were too many to hold. ``placement`` tells what became of words given without
    offsets.
    """

    measures: Mapping[str, Measure]
    documents: tuple[str, ...]
    without_prediction: tuple[str, ...]
    layers: tuple[str, ...]
    options: Options
    gold_hash: str
    pairs: list[Pair] = field(repr=False)
    _across: Mapping[str, Floats] = field(repr=False)
    _resampling: Resampling = field(repr=False)
    placement: Placement = field(default_factory=Placement)

    @cached_property
    def coverage(self) -> Mapping[str, Coverage]:
        """How far the prediction of each document reaches, by doc_id."""
        return {pair.gold.doc_id: _coverage(pair, self.layers) for pair in self.pairs}

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
            **({"offsets": o.offsets} if o.offsets else {}),
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
    unscored = frozenset(ontology.zones) - frozenset(options.zones) if options.zones else ontology.unscored
    pairs = pair_up(documents, predicted, frozenset(ontology.values), unscored)
    emitted = {layer for d in predicted.values() for layer in d.emitted}
    layers = options.layers or tuple(x for x in measures.LAYERS if not emitted or x in emitted)
    found = measures.measures(measures.count(measures.Material(measures.Pairs(pairs)), layers, options.metrics))
    across: dict[str, Floats] = {}
    for layer in layers if not options.metrics else ():
        if not all(measures.resolved(pairs, layer)):
            continue
        found |= measures.coreference_measures(measures.coreference_counts(pairs, layer))
        if options.resamples:
            across |= _left_out_across(pairs, layer)
    ids = tuple(d.doc_id for d in documents)
    without = tuple(i for i in ids if i not in predicted)
    resampling = Resampling(options.resamples or 1, options.seed)
    placement = sum((p.predicted.placement for p in pairs), Placement())
    return Result(found, ids, without, layers, options, gold_hash, pairs, across, resampling, placement)


def score_files(gold: str, predicted: str, ontology: Ontology, options: Options = Options()) -> Result:
    """Score one JSON Lines file against another, a batch of documents at a time.

    For any number of documents in bounded memory: beyond BLOCKS documents the rows of counts are those of BLOCKS blocks
    of documents (every BLOCKS-th one together), so that what is kept does not grow. Intervals then resample and leave
    out blocks. Types are those of the scheme and of the gold. Views, zones and identity across documents need all
    documents at once and are left to :func:`score`. Raises FormatError with every fault of both files.
    """
    totals: dict[str, list[Counts]] = {}
    ids: list[str] = []
    without: list[str] = []
    asked = {*options.layers, *(name.split(".")[0] for name in options.metrics)}
    layers = tuple(x for x in measures.LAYERS if x in asked or not asked)
    emitted: set[str] = set()
    resolved: dict[str, tuple[bool, bool]] = {}
    faults: list[Fault] = []
    placement = Placement()
    digest = hashlib.sha256()
    # Imported here: it brings Arrow, which a score of the five articles does without.
    from vostochny.batches import batches

    try:
        for batch in batches(gold, predicted, ontology, options.unknown, digest.update, options.offsets):
            try:
                _add_batch(totals, resolved, batch, layers, options, len(ids))
                emitted |= batch.layers if not asked else set()
                placement += batch.placement
            except FormatError as e:
                faults += e.faults
            ids += batch.ids
            without += [i for i in batch.ids if i not in batch.predicted]
    except FormatError as e:
        faults += e.faults
    if faults:
        raise FormatError(faults)
    # Which layers are predicted at all is known only now; the others were counted as empty and are left out.
    layers = tuple(x for x in layers if x in emitted or not emitted)
    sums = {name: merged(parts) if len(ids) > BLOCKS else joined(parts) for name, parts in totals.items()}
    found = measures.measures({name: c for name, c in sums.items() if name.split(".")[0] in layers})
    by_prefix: dict[str, dict[str, Counts]] = {}
    kinds = {measures.KINDS[layer] for layer in layers if all(resolved.get(layer, (False, False)))}
    for name, counts in sums.items():
        if name.startswith("coreference.") and name.split(".")[1] in kinds:
            prefix, _, metric = name.rpartition(".")
            by_prefix.setdefault(prefix, {})[metric] = counts
    found |= measures.coreference_measures(by_prefix)
    resampling = Resampling(options.resamples or 1, options.seed)
    return Result(
        found, tuple(ids), tuple(without), layers, options, digest.hexdigest()[:12], [], {}, resampling, placement
    )  # fmt: skip


def _add_batch(
    totals: dict[str, list[Counts]],
    resolved: dict[str, tuple[bool, bool]],
    batch: Batch,
    layers: tuple[str, ...],
    options: Options,
    before: int,
) -> None:
    """Count a batch and add it to ``totals``; ``before`` is how many documents came before it.

    ``resolved`` notes for each layer whether gold and predictions say any cluster (measures.resolved).
    """
    counts = measures.count(measures.Material(batch), layers, options.metrics)
    if not options.metrics:
        for layer in layers:
            seen = resolved.get(layer, (False, False))
            here = measures.resolved(batch.pairs, layer)
            resolved[layer] = seen[0] or here[0], seen[1] or here[1]
            for prefix, by_metric in measures.coreference_counts(batch.pairs, layer, across=False).items():
                counts |= {f"{prefix}.{metric}": one for metric, one in by_metric.items()}
    after = before + len(batch.gold)
    for name, one in counts.items():
        parts = totals.setdefault(name, [])
        if after <= BLOCKS:
            parts.append(one)
            continue
        if before and before <= BLOCKS and parts:
            parts[:] = [joined(parts).folded(BLOCKS, 0)]
        parts.append(one.folded(BLOCKS, before))
        parts[:] = [merged(parts)]


def _left_out_across(pairs: list[Pair], layer: str) -> dict[str, Floats]:
    """Cross-document measures without each document in turn, by name: shape (documents,)."""
    rows: dict[str, list[float]] = {}
    for leave in range(len(pairs)):
        rest = pairs[:leave] + pairs[leave + 1 :]
        counts = measures.coreference_counts(rest, layer, within=False)
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
