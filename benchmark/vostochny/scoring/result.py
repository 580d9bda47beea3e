"""What is asked of a score, and what it finds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from vostochny import version
from vostochny.errors import Problem
from vostochny.metrics.counts import Floats
from vostochny.metrics.pairs import Pair
from vostochny.model import Document, Placement
from vostochny.ontology import View
from vostochny.scoring.options import Options
from vostochny.stats.intervals import Resampling, Uncertainty, estimate_uncertainty, jackknife_interval
from vostochny.stats.scores import Measure

LISTED = 1000  # names of documents, and problems, that are told one by one; of more there is a number


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

    ``measures`` by name, in the order of the report. ``documents`` are the gold's by name, in that order; where there
    are more than LISTED, it is empty, and ``size`` alone says how many. ``without_prediction`` are the first LISTED
    that no prediction was given for, ``unpredicted`` says of how many. ``layers`` are those that were scored. ``pairs``
    are what was compared, for reading mistakes; empty where the documents were too many to hold. ``placement`` tells
    what became of words given without offsets. ``left_out`` are the files that could not be read and are not in any
    number, ``notes`` what else the reader should know.
    """

    measures: Mapping[str, Measure]
    documents: tuple[str, ...]
    size: int
    without_prediction: tuple[str, ...]
    unpredicted: int
    layers: tuple[str, ...]
    options: Options
    gold_hash: str
    pairs: list[Pair] = field(default_factory=list, repr=False)
    placement: Placement = field(default_factory=Placement)
    left_out: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    _across: Mapping[str, Floats] = field(default_factory=dict, repr=False)

    @cached_property
    def _resampling(self) -> Resampling:
        return Resampling(self.options.resamples or 1, self.options.seed)

    @cached_property
    def coverage(self) -> Mapping[str, Coverage]:
        """How far the prediction of each document reaches, by doc_id."""
        return {pair.gold.doc_id: _coverage(pair, self.layers) for pair in self.pairs}

    def uncertainty(self, measure: Measure) -> Uncertainty | None:
        """How sure a measure is, or None where intervals were switched off.

        Scores across documents are no sum over documents: they have no interval for these articles, and the one for new
        articles comes from scoring anew without each document, where all documents were held.
        """
        if not self.options.resamples:
            return None
        found = estimate_uncertainty(measure, self._resampling)
        if ".across" in measure.name and found.value is not None:
            left_out = self._across.get(measure.name)
            new = None if left_out is None else jackknife_interval(found.value, left_out, found.support)
            notes = ("across documents: no interval for these articles",)
            if left_out is None:
                notes = ("across documents, too many to score anew without each: no interval",)
            return replace(found, these_articles=None, new_articles=new, notes=notes)
        return found

    @property
    def signature(self) -> str:
        """One line that says what was scored and how; two runs with one signature give the same bytes."""
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
            **({"left_out": str(len(self.left_out))} if self.left_out else {}),
            "ci": f"{o.resamples}/seed={o.seed}" if o.resamples else "none",
        }
        return "|".join([f"vostochny:{version.__version__}", *(f"{k}:{v}" for k, v in parts.items())])


def view_name(view: View | None) -> str:
    """A view's name in the signature; one of the user's own by what it maps."""
    if view is None:
        return "none"
    if view.builtin:
        return view.name
    content = repr((sorted(view.types.items()), sorted(view.levels), sorted((view.events or {}).items())))
    return f"own-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def _coverage(pair: Pair, layers: tuple[str, ...]) -> Coverage:
    def ends(document: Document) -> list[int]:
        out = [e.span.end for e in document.entities] if "entities" in layers else []
        out += [e.trigger.end for e in document.events] if "events" in layers else []
        out += [q.content[-1].end for q in document.quotes] if "quotes" in layers else []
        return out

    last = max(ends(pair.predicted), default=0)
    gold = ends(pair.gold)
    return Coverage(last, len(pair.gold.text), sum(end > last for end in gold), len(gold))
