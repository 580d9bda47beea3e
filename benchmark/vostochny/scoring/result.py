"""The result of a score: its measures, how sure each one is, and the signature that names the run.

The last step of a score; both ways (:mod:`in_memory` and :mod:`streaming`) end here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from vostochny import version
from vostochny.errors import Problem
from vostochny.metrics.catalogue import is_across
from vostochny.metrics.matching import Floats
from vostochny.model import Document, Placement
from vostochny.ontology import Ontology, View
from vostochny.scoring.options import Options
from vostochny.stats.intervals import Interval, Uncertainty, jackknife_interval
from vostochny.stats.resampling import Resampling
from vostochny.stats.samples import MAX_KEPT_UNITS
from vostochny.stats.scores import Measure

if TYPE_CHECKING:
    from vostochny.metrics.pairs import Pair
    from vostochny.stats.paired import PairedSample

MAX_LISTED = 1000  # document names, or problems, that a score of many files lists; of the others it keeps the number


@dataclass(frozen=True)
class Coverage:
    """How far into a document its prediction reaches.

    Attributes:
        last: Character offset at which the last predicted item ends; 0 without any.
        length: Length of the text in characters.
        gold_after: Number of gold items that end after ``last``.
        gold: Number of gold items.
    """

    last: int
    length: int
    gold_after: int
    gold: int


@dataclass(frozen=True)
class Result:
    """The scores of one set of predictions, and everything a report shows beside them.

    Attributes:
        measures: Measures by name, in the order of the report.
        documents: Names of the gold documents, sorted; empty where a score of files had more than
            ``samples.MAX_KEPT_DOCUMENTS``, so that ``size`` alone states how many.
        size: Number of gold documents.
        without_prediction: Names of the gold documents without a prediction; of many files the first MAX_LISTED.
        unpredicted: Number of gold documents without a prediction.
        layers: The layers that were scored.
        options: The options of the score.
        gold_hash: Hash of the gold's content, which names it in the signature.
        units: Number of units (paragraphs) of the gold documents.
        pairs: The compared documents, for reading mistakes; empty for a score of many files.
        placement: What became of predicted words that came without offsets.
        left_out: Problems of the files that could not be read and are in no number.
        notes: Anything else that a reader of the scores should know.
        paired_with_first: The rows of this system and of the first together, by metric, where the files of several were
            scored in one pass.
    """

    measures: Mapping[str, Measure]
    documents: tuple[str, ...]
    size: int
    without_prediction: tuple[str, ...]
    unpredicted: int
    layers: tuple[str, ...]
    options: Options
    gold_hash: str
    units: int
    pairs: list[Pair] = field(default_factory=list, repr=False)
    placement: Placement = field(default_factory=Placement)
    left_out: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    paired_with_first: dict[str, PairedSample] = field(default_factory=dict, repr=False)
    # Values of each cross-document measure without each document in turn: shape (documents,).
    _across: Mapping[str, Floats] = field(default_factory=dict, repr=False)
    # The ontology with the gold's own types, where a score of files needed it.
    _own_types: Ontology | None = field(default=None, repr=False)

    # What uncertainty has returned, by measure: several renderings ask for the same.
    _uncertainties: dict[str, Uncertainty | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def _resampling(self) -> Resampling:
        return Resampling(self.options.resamples or 1, self.options.seed)

    @cached_property
    def coverage(self) -> Mapping[str, Coverage]:
        """How far the prediction of each document reaches, by doc_id."""
        return {pair.gold.doc_id: _measure_coverage(pair, self.layers) for pair in self.pairs}

    def uncertainty(self, measure: Measure) -> Uncertainty | None:
        """Return how sure a measure is, or None where intervals were switched off.

        A score across documents is not a sum over documents. It has no interval for these articles; the one for new
        articles comes from scoring again without each document in turn, up to ``totals.MAX_LEFT_OUT`` documents.
        """
        if self.measures.get(measure.name) is not measure:
            return self._estimate(measure)  # a part of one
        if measure.name not in self._uncertainties:
            self._uncertainties[measure.name] = self._estimate(measure)
        return self._uncertainties[measure.name]

    def _estimate(self, measure: Measure) -> Uncertainty | None:
        if not self.options.resamples:
            return None
        if is_across(measure.name):
            return _UncertaintyAcross(measure, self._across.get(measure.name))
        return Uncertainty(measure, self._resampling)

    @property
    def signature(self) -> str:
        """One line that states what was scored and how; two runs with one signature give the same bytes."""
        o = self.options
        parts = {
            "gold": self.gold_hash,
            "docs": str(self.size),
            "layer": "+".join(self.layers),
            "view": view_name(o.view),
            "match": "exact",
            "zones": "+".join(o.zones) or "scored",
            "unknown": o.unknown,
            **({"offsets": o.offsets} if o.offsets else {}),
            **({"gold-offsets": o.gold_offsets} if o.gold_offsets else {}),
            **({"left_out": str(len(self.left_out))} if self.left_out else {}),
            "ci": self._describe_resampling() if o.resamples else "none",
        }
        return "|".join([f"vostochny:{version.__version__}", *(f"{k}:{v}" for k, v in parts.items())])

    def _describe_resampling(self) -> str:
        """Return what the intervals depend on; the number of units where it is not few, since it decides their form."""
        units = f"/units={self.units}" if self.units > MAX_KEPT_UNITS else ""
        return f"{self.options.resamples}/seed={self.options.seed}{units}"


class _UncertaintyAcross(Uncertainty):
    """How sure a score across documents is.

    Args:
        measure: The measure.
        left_out: Its value without each document in turn; None of too many documents.
    """

    def __init__(self, measure: Measure, left_out: Floats | None) -> None:
        super().__init__(measure, None)
        self._values_left_out = left_out

    @property
    def these_articles(self) -> Interval | None:
        """None: there are no draws within documents."""
        return None

    @cached_property
    def new_articles(self) -> Interval | None:
        """The 95 % interval for new articles of this kind."""
        if self.value is None or self._values_left_out is None:
            return None
        return jackknife_interval(self.value, self._values_left_out, self.support)

    @property
    def notes(self) -> tuple[str, ...]:
        """Why an interval is missing."""
        if self.value is None:
            return super().notes
        if self._values_left_out is None:
            return ("across documents, too many to score again without each: no interval",)
        return ("across documents: no interval for these articles",)


def view_name(view: View | None) -> str:
    """Return a view's name in the signature; a user's own view is named by a hash of what it maps."""
    if view is None:
        return "none"
    if view.builtin:
        return view.name
    content = repr((sorted(view.types.items()), sorted(view.levels), sorted((view.events or {}).items())))
    return f"own-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def _measure_coverage(pair: Pair, layers: tuple[str, ...]) -> Coverage:
    def ends(document: Document) -> list[int]:
        out = [e.span.end for e in document.entities] if "entities" in layers else []
        out += [e.trigger.end for e in document.events] if "events" in layers else []
        out += [q.content[-1].end for q in document.quotes] if "quotes" in layers else []
        return out

    last = max(ends(pair.predicted), default=0)
    gold = ends(pair.gold)
    return Coverage(last, len(pair.gold.text), sum(end > last for end in gold), len(gold))
