"""What the HTML page shows, as plain data: figures, articles with both sides' items, and what became of each item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vostochny import version
from vostochny.metrics import catalogue
from vostochny.metrics.counts import GOLD
from vostochny.metrics.outcomes import LAYERS, VERDICTS, Item, Judgement, identity, judge
from vostochny.metrics.pairs import Pair
from vostochny.model import Document, Entity, Event, Quote, Reference, Span
from vostochny.report import EXPLANATION, LABELS, SETTING_LABELS, short
from vostochny.scoring import Result
from vostochny.stats import scores
from vostochny.stats.scores import Measure, recall_only

MOST_ARTICLES = 200  # shown with their text; a page of more would be too heavy to open
_COREFERENCE = {
    "conll": "CoNLL", "muc": "MUC", "b3": "B³", "ceaf": "CEAFφ4", "lea": "LEA", "blanc": "BLANC",
    "mentions": "mentions found",
}  # fmt: skip


def build(result: Result, name: str, agreement: Mapping[str, float]) -> dict[str, Any]:
    """Everything the page needs; offsets stay code points. ``name`` is what the reader knows the system by.

    ``agreement`` is the annotators' mutual F1 by measure.
    """
    shown = [pair for pair in result.pairs if pair.gold.text][:MOST_ARTICLES]
    layers = {_group(name) for name in result.measures}
    places = {id(pair): at for at, pair in enumerate(shown)}
    articles = [_article(pair, result.layers) for pair in shown]
    for layer in result.layers:
        if not result.pairs or not all(catalogue.resolved(result.pairs, layer)):
            continue
        for judgement in identity(result.pairs, layer):
            at = places.get(id(judgement.pair))
            if at is not None:
                row = _Numbers(judgement.pair).row(judgement)
                articles[at]["rows"].append(row | {"of": layer, "other": judgement.other})
    return {
        "name": name,
        "version": version.__version__,
        "signature": result.signature,
        "explanation": EXPLANATION if result.options.resamples else "",
        "documents": [short(d) for d in result.documents[:MOST_ARTICLES]],
        "documentCount": result.size,
        "without": [short(d) for d in result.without_prediction],
        "layers": [layer for layer in LAYERS if layer in layers],
        "verdicts": list(VERDICTS),
        "measures": [_measure(result, n, m, agreement.get(n)) for n, m in result.measures.items()],
        "parts": list(_parts(result)),
        "articles": articles,
    }


def _group(name: str) -> str:
    """The layer of the page's filter that a measure belongs to."""
    if name.startswith("events.argument"):
        return "arguments"
    if name.startswith("coreference."):
        return "identity"
    return name.partition(".")[0]


def _measure(result: Result, name: str, measure: Measure, agreement: float | None) -> dict[str, Any]:
    if name.startswith("coreference."):
        _, kind, setting, metric = name.split(".")
        label = f"{kind}, {SETTING_LABELS[setting]}: {_COREFERENCE[metric]}"
        primary = (setting, metric) in (("within", "conll"), ("across", "conll"))
    else:
        label, primary = LABELS.get(name, name), name in (*catalogue.PRIMARY.values(), "events.argument")
    shown = {"name": name, "label": label, "layer": _group(name), "primary": primary}
    # CoNLL F1 is the mean of three of the others: a picture of all seven in each setting would hide it.
    shown["pictured"] = not name.startswith("coreference.") or name.endswith(".conll")
    return shown | _some(agreement=agreement) | _figures(result, measure)


def _figures(result: Result, measure: Measure) -> dict[str, Any]:
    """Numbers of one measure; each document's value only where the documents are few."""
    out: dict[str, Any] = {"value": measure.value, "support": measure.support}
    if len(measure.counts) == 1 and not measure.facet:
        score = scores.score(measure.counts[0])
        out |= {"right": score.right, "gold": score.gold, "recall": score.recall}
        if measure.combine is not recall_only:
            out |= {"predicted": score.predicted, "precision": score.precision}
    found = result.uncertainty(measure)
    if found:
        out |= {"these": found.these_articles, "new": found.new_articles, "notes": list(found.notes)}
        if len(measure.by_document) == len(result.documents) <= 12:
            out |= {"each": list(found.documents), "leaveOneOut": found.leave_one_out}
    return out


def _parts(result: Result) -> Iterator[dict[str, Any]]:
    """The parts of each layer's primary measure by each of its facets, the best supported first."""
    for layer in result.layers:
        measure = result.measures.get(catalogue.PRIMARY[layer])
        if measure is None:
            continue
        counts = measure.counts[0]
        for facet in counts.facets:
            # By directness a prediction without a partner has no place, so only recall means something there.
            recall = facet == "directness"
            for value, part in sorted(counts.by(facet).items(), key=lambda p: (-p[1].total()[GOLD], p[0])):
                if value:
                    one = Measure(value, (part,), recall_only) if recall else Measure(value, (part,))
                    shown = {"layer": layer, "facet": facet, "label": value, "recallOnly": recall}
                    yield shown | _figures(result, one)


class _Numbers:
    """The place of each item in its document's lists: a judgement holds the very objects of the pair.

    A list for each side, because a caller may give the gold's own objects as predictions.
    """

    def __init__(self, pair: Pair):
        self.gold, self.predicted = (
            {id(item): i for items in (side.entities, side.events, side.quotes) for i, item in enumerate(items)}
            for side in (pair.gold, pair.predicted)
        )

    def row(self, judgement: Judgement) -> dict[str, Any]:
        """A judgement by the numbers of its items."""
        return {
            "layer": judgement.layer,
            "verdict": judgement.verdict,
            "gold": _number(judgement.gold, self.gold),
            "predicted": _number(judgement.predicted, self.predicted),
        }


def _number(item: Item | None, numbers: Mapping[int, int]) -> int | list[int] | None:
    """An item's number; of an argument the number of its event and its own there."""
    if item is None:
        return None
    if isinstance(item, Entity | Event | Quote):
        return numbers[id(item)]
    event, argument = item
    return [numbers[id(event)], next(i for i, a in enumerate(event.arguments) if a is argument)]


def _article(pair: Pair, layers: tuple[str, ...]) -> dict[str, Any]:
    gold = pair.gold
    numbers = _Numbers(pair)
    wanted = {*layers, *(["arguments"] if "events" in layers else [])}
    title = next((z.span for z in gold.zones if z.name == "title"), None)
    return {
        "id": gold.doc_id,
        "short": short(gold.doc_id),
        "title": " ".join((title.of(gold.text) if title else gold.text[:80]).split()),
        "text": gold.text,
        "paragraphs": [[p.start, p.end] for p in gold.paragraphs],
        "zones": [[z.span.start, z.span.end, z.name, z.name not in pair.unscored] for z in gold.zones],
        "gold": _side(pair, gold, layers),
        "predicted": _side(pair, pair.predicted, layers),
        "rows": [numbers.row(j) for j in judge(pair) if j.layer in wanted],
        "said": _said(pair),
    }


def _said(pair: Pair) -> dict[str, str]:
    """The words of predicted spans that the text does not have, by where their empty spans stand."""
    out: dict[str, list[str]] = {}
    for span, words in pair.predicted.placement.unplaced:
        out.setdefault(str(span.start), []).append(words)
    return {at: " / ".join(words) for at, words in out.items()}


def _side(pair: Pair, document: Document, layers: tuple[str, ...]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if "entities" in layers:
        out["entities"] = [_entity(e) for e in document.entities]
    if "events" in layers:
        out["events"] = [_event(e) for e in document.events]
    if "quotes" in layers:
        out["quotes"] = [_quote(pair, q) for q in document.quotes]
    return out


def _some(**values: Any) -> dict[str, Any]:
    """The values that say something; most attributes are silent most of the time."""
    return {k: v for k, v in values.items() if v not in (None, False, "")}


def _at(span: Span | None) -> list[int] | None:
    return [span.start, span.end] if span else None


def _entity(e: Entity) -> dict[str, Any]:
    return {
        "spans": [_at(e.span)],
        "type": e.type,
        **_some(level=e.level, demonym=e.demonym, cluster=e.cluster),
    }


def _event(e: Event) -> dict[str, Any]:
    return {
        "spans": [_at(e.trigger)],
        "type": e.type,
        "arguments": [[a.role, *(_at(a.filler.span) or ())] for a in e.arguments],
        **_some(realis=e.realis, polarity=e.polarity, outcome=e.outcome, cluster=e.cluster),
    }


def _quote(pair: Pair, q: Quote) -> dict[str, Any]:
    return {
        "spans": [_at(s) for s in q.content],
        **_some(
            cue=_at(q.cue),
            source=_at(q.source.span if q.source else None),
            speaker=_who(pair, q.source),
            addressee=_at(q.addressee.span if q.addressee else None),
            directness=q.directness,
            attitude=q.attitude,
            cluster=q.cluster,
            link=q.link,
        ),
    }


def _who(pair: Pair, source: Reference | None) -> str | None:
    """The cluster that a source belongs to, as the metrics see it."""
    found = pair.identity(source)
    return str(found[1]) if isinstance(found, tuple) and found[0] == "cluster" else None
