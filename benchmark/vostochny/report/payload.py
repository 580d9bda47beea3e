"""Build the data of the HTML page: scores, articles with the items of gold and prediction, outcomes of the items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vostochny import version
from vostochny.metrics import catalogue
from vostochny.metrics.outcomes import OUTCOME_LAYERS, VERDICTS, Item, Outcome, find_identity_errors, find_outcomes
from vostochny.metrics.pairs import Pair
from vostochny.model import Document, Entity, Event, Quote, Reference, Span, shorten_id
from vostochny.report import explain_intervals, track_scores
from vostochny.schema.records import LAYER_FIELDS, list_attributes
from vostochny.scoring import Result
from vostochny.stats.measures import RECALL_FACETS, break_down
from vostochny.stats.scores import Measure, recall_only, unstated

MAX_ARTICLES = 200  # shown with their text; a page of more would be too heavy to open
MAX_DOCUMENT_SCORES = 12  # documents; of more the page does not show the score of each
MAX_TITLE_CHARACTERS = 80  # of the beginning of an article without a title zone, shown as its title
# Layer → the attributes that the page shows. A parent is an id, which says nothing to a reader.
_SHOWN = {layer: [f.name for f in list_attributes(layer) if f.name != "parent"] for layer in LAYER_FIELDS}


def build(result: Result, name: str, agreement: Mapping[str, float]) -> dict[str, object]:
    """Return everything that the page needs, as values for JSON; offsets are code points.

    Args:
        result: the scores, with the documents whose mistakes are shown.
        name: the name by which the reader knows the system.
        agreement: the annotators' mutual F1 by measure.
    """
    pairs = [pair for pair in result.pairs if pair.gold.text][:MAX_ARTICLES]
    layers = {catalogue.find_layer(name) for name in result.measures}
    articles = [_build_article(pair, result.layers) for pair in pairs]
    _add_identity_rows(articles, pairs, result)
    return {
        "name": name,
        "version": version.__version__,
        "signature": result.signature,
        "explanation": explain_intervals(result) if result.options.resamples else "",
        "documents": [shorten_id(d) for d in result.documents[:MAX_ARTICLES]],
        "documentCount": result.size,
        "without": [shorten_id(d) for d in result.without_prediction],
        "layers": [layer for layer in OUTCOME_LAYERS if layer in layers],
        "verdicts": list(VERDICTS),
        "attributes": {layer: [name for name in _SHOWN[layer] if name != "cluster"] for layer in _SHOWN},
        "measures": [_build_measure(result, n, m, agreement.get(n)) for n, m in track_scores(result.measures)],
        "parts": list(_build_parts(result)),
        "articles": articles,
    }


def _add_identity_rows(articles: list[dict[str, Any]], pairs: list[Pair], result: Result) -> None:
    """Append the split and merged mentions to the rows of their articles; ``pairs`` are those of the articles.

    Splits and merges are found over all documents of the result, because a cluster may be split between two articles
    of which the page shows only one.
    """
    positions = {id(pair): i for i, pair in enumerate(pairs)}
    for layer in result.layers:
        sides = [catalogue.has_clusters(pair.tables, layer) for pair in result.pairs]
        if not all(map(any, zip(*sides, strict=True))) or not sides:
            continue
        for outcome in find_identity_errors(result.pairs, layer):
            position = positions.get(id(outcome.pair))
            if position is not None:
                row = _ItemNumbers(outcome.pair).build_row(outcome)
                articles[position]["rows"].append(row | {"of": layer, "other": outcome.other})


def _build_measure(result: Result, name: str, measure: Measure, agreement: float | None) -> dict[str, object]:
    row, layer = catalogue.MEASURES[name], catalogue.find_layer(name)
    out = {
        "name": name,
        "label": row.label,
        "definition": row.definition,
        "layer": layer,
        "primary": row.headline,
        # CoNLL F1 is the mean of three of the others: a picture of all seven in each setting would hide it.
        "pictured": layer != "identity" or catalogue.CLUSTER_SCORES[name.rpartition(".")[2]].headline,
    }
    return out | _drop_empty(items=row.items, agreement=agreement) | _build_numbers(result, measure)


def _build_numbers(result: Result, measure: Measure) -> dict[str, object]:
    """Return the numbers of one measure; the values of single documents only where the documents are few."""
    out: dict[str, object] = {"value": measure.value, "support": measure.support}
    score = measure.score
    if score:
        out |= {"right": score.right, "gold": score.gold, "recall": score.recall}
        if measure.combine not in (recall_only, unstated):
            out |= {"predicted": score.predicted, "precision": score.precision}
    uncertainty = result.uncertainty(measure)
    if uncertainty:
        out |= {
            "these": uncertainty.these_articles, "new": uncertainty.new_articles, "notes": list(uncertainty.notes),
        }  # fmt: skip
        if len(uncertainty.documents) == len(result.documents) <= MAX_DOCUMENT_SCORES:
            out |= {"each": list(uncertainty.documents), "leaveOneOut": uncertainty.leave_one_out}
    return out


def _build_parts(result: Result) -> Iterator[dict[str, object]]:
    """Yield the headline measure of each layer, broken down by each of its facets; parts with the most gold first."""
    for layer in result.layers:
        measure = result.measures.get(catalogue.HEADLINES[layer])
        if measure is None:
            continue
        for facet in measure.counts[0].facets:
            for value, part in track_scores(break_down(measure, facet)):
                names = {"layer": layer, "facet": facet, "label": value, "recallOnly": facet in RECALL_FACETS}
                yield names | _build_numbers(result, part)


class _ItemNumbers:
    """The index of each item in the lists of its document, found by the item's identity as an object.

    That works because an outcome refers to the very objects of the pair. Gold and prediction have an index each,
    because a caller may give the gold's own objects as predictions.
    """

    def __init__(self, pair: Pair):
        self.gold, self.predicted = (
            {id(item): i for items in (side.entities, side.events, side.quotes) for i, item in enumerate(items)}
            for side in (pair.gold, pair.predicted)
        )

    def build_row(self, outcome: Outcome) -> dict[str, Any]:
        """Return an outcome with the indices of its items in the place of the items."""
        return {
            "layer": outcome.layer,
            "verdict": outcome.verdict,
            "gold": _find_number(outcome.gold, self.gold),
            "predicted": _find_number(outcome.predicted, self.predicted),
        }


def _find_number(item: Item | None, numbers: Mapping[int, int]) -> int | list[int] | None:
    """Return the index of an item; for an argument that of its event, and its own among the event's arguments."""
    if item is None:
        return None
    if isinstance(item, Entity | Event | Quote):
        return numbers[id(item)]
    event, argument = item
    return [numbers[id(event)], next(i for i, a in enumerate(event.arguments) if a is argument)]


def _build_article(pair: Pair, layers: tuple[str, ...]) -> dict[str, Any]:
    """Return an article with its text, its zones, the items of both sides, and one row per outcome."""
    gold = pair.gold
    numbers = _ItemNumbers(pair)
    scored_layers = {*layers, *(["arguments"] if "events" in layers else [])}
    title = next((z.span for z in gold.zones if z.name == "title"), None)
    return {
        "id": gold.doc_id,
        "short": gold.short_id,
        "title": " ".join((title.of(gold.text) if title else gold.text[:MAX_TITLE_CHARACTERS]).split()),
        "text": gold.text,
        "paragraphs": [[p.start, p.end] for p in gold.paragraphs],
        "zones": [[z.span.start, z.span.end, z.name, z.name not in pair.unscored_zones] for z in gold.zones],
        "gold": _build_side(pair, gold, layers),
        "predicted": _build_side(pair, pair.predicted, layers),
        "rows": [numbers.build_row(outcome) for outcome in find_outcomes(pair) if outcome.layer in scored_layers],
        "unplaced": _join_unplaced(pair),
    }


def _join_unplaced(pair: Pair) -> dict[str, str]:
    """Return the words of predicted spans that are not in the text, by the offset of the empty span in their place."""
    out: dict[str, list[str]] = {}
    for span, words in pair.predicted.placement.unplaced:
        out.setdefault(str(span.start), []).append(words)
    return {at: " / ".join(words) for at, words in out.items()}


def _build_side(pair: Pair, document: Document, layers: tuple[str, ...]) -> dict[str, Any]:
    """Return the items of one side, gold or prediction, by layer."""
    out: dict[str, Any] = {}
    if "entities" in layers:
        out["entities"] = [_build_entity(e) for e in document.entities]
    if "events" in layers:
        out["events"] = [_build_event(e) for e in document.events]
    if "quotes" in layers:
        out["quotes"] = [_build_quote(pair, q) for q in document.quotes]
    return out


def _drop_empty(**values: Any) -> dict[str, Any]:
    """Return the values that are set; most attributes are unset most of the time, and the page is smaller without."""
    return {k: v for k, v in values.items() if v not in (None, False, "")}


def _as_list(span: Span | None) -> list[int] | None:
    return [span.start, span.end] if span else None


def _list_attributes(layer: str, item: Entity | Event | Quote) -> dict[str, str | bool]:
    """Return the attributes of an item that are set."""
    return _drop_empty(**{name: getattr(item, name) for name in _SHOWN[layer]})


def _build_entity(e: Entity) -> dict[str, Any]:
    return {"spans": [_as_list(e.span)], "type": e.type, **_list_attributes("entities", e)}


def _build_event(e: Event) -> dict[str, Any]:
    return {
        "spans": [_as_list(e.trigger)],
        "type": e.type,
        "arguments": [[a.role, *(_as_list(a.filler.span) or ())] for a in e.arguments],
        **_list_attributes("events", e),
    }


def _build_quote(pair: Pair, q: Quote) -> dict[str, Any]:
    return {
        "spans": [_as_list(s) for s in q.content],
        **_drop_empty(
            cue=_as_list(q.cue),
            source=_as_list(q.source.span if q.source else None),
            speaker=_find_speaker(pair, q.source),
            addressee=_as_list(q.addressee.span if q.addressee else None),
        ),
        **_list_attributes("quotes", q),
    }


def _find_speaker(pair: Pair, source: Reference | None) -> str | None:
    """Return the cluster that a source belongs to, as the metrics see it."""
    return pair.find_cluster(source) if source else None
