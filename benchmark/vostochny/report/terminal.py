"""Render a result as tables for a terminal: one table per layer, one per kind of coreference, then notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vostochny.metrics import catalogue
from vostochny.model import shorten_id
from vostochny.report import explain_intervals, track_scores
from vostochny.report.percents import format_interval, format_percent
from vostochny.scoring import Result
from vostochny.stats.intervals import Uncertainty
from vostochny.stats.measures import RECALL_FACETS, break_down
from vostochny.stats.scores import Measure, recall_only, unstated

LABEL_WIDTH = 38  # columns of the first column: two for the mark of a headline score, 36 for the label
MAX_DOCUMENTS = 8  # documents that a line lists; of more it states how many there are
MAX_QUOTED_WORDS = 5  # examples of words that were not found in the text
MAX_QUOTED_CHARACTERS = 40  # of each of them
# A prediction that ends early is reported as possibly truncated where at least so many gold items follow its end, and
# more than this share of all: fewer may as well be ordinary misses.
TRUNCATION_ITEMS = 5
TRUNCATION_SHARE = 0.2
_COLUMNS = f"{'F1':>6}{'these articles':>16}{'new articles':>14}{'P':>7}{'R':>7}{'right':>7}{'gold':>6}{'pred':>6}"


def render(result: Result, by: str = "type", agreement: Mapping[str, float] | None = None) -> str:
    """Return the tables as text; the last line is the signature.

    Args:
        result: the scores.
        by: facet by which the headline score of each layer is broken down below it; "" for no breakdown.
        agreement: the annotators' mutual F1 by measure, printed beside the scores; None for a gold without.
    """
    agreement = agreement or {}
    lines: list[str] = []
    for layer in result.layers:
        agreement_head = f"{'A–B':>7}" if agreement else ""
        lines += ["", f"{layer:<{LABEL_WIDTH}}{_COLUMNS}{agreement_head}"]
        lines += _render_measures(result, layer, agreement)
        lines += _render_breakdown(result, layer, by)
    lines += _render_coreference(result)
    if agreement:
        lines += [
            "",
            "A–B: agreement of the two annotators on the same metric; this gold cannot distinguish scores above it.",
        ]
    lines += _render_notes(result)
    if result.options.resamples:
        lines += ["", explain_intervals(result)]
    return "\n".join([*lines[1:], result.signature]) + "\n"


def _render_measures(result: Result, layer: str, agreement: Mapping[str, float]) -> Iterator[str]:
    """Yield one row per measure of the layer; a * marks the headline score, below which its documents stand."""
    headline = catalogue.HEADLINES[layer]
    for name, measure in track_scores({n: m for n, m in result.measures.items() if n.startswith(f"{layer}.")}):
        uncertainty = result.uncertainty(measure)
        row = _render_row(("* " if name == headline else "  ") + catalogue.MEASURES[name].label, measure, uncertainty)
        if name in agreement:
            row = f"{row:<{LABEL_WIDTH + len(_COLUMNS)}}{format_percent(agreement[name]):>7}"
        yield row
        if name == headline and uncertainty:
            yield from _render_documents(result, uncertainty)


def _render_breakdown(result: Result, layer: str, by: str) -> Iterator[str]:
    """Yield one row per value of a facet of the layer's headline score, those with the most gold first."""
    headline = catalogue.HEADLINES[layer]
    if not by or headline not in result.measures:
        return
    headline_measure = result.measures[headline]
    # A layer may lack the facet: quotes have no type and are broken down by their first one.
    facets = headline_measure.counts[0].facets
    facet = by if by in facets else facets[0]
    yield f"  {catalogue.MEASURES[headline].label}, by {facet}{' (recall)' if facet in RECALL_FACETS else ''}"
    for value, measure in track_scores(break_down(headline_measure, facet)):
        yield _render_row(f"    {value}", measure, result.uncertainty(measure))


def _render_row(label: str, measure: Measure, uncertainty: Uncertainty | None) -> str:
    these = format_interval(uncertainty.these_articles) if uncertainty else ""
    new = format_interval(uncertainty.new_articles) if uncertainty else ""
    line = f"{label:<{LABEL_WIDTH}}{format_percent(measure.value):>6}{these:>16}{new:>14}"
    s = measure.score
    if s is None:
        return line
    if measure.combine in (recall_only, unstated):
        return f"{line}{'':>14}{_render_counts(s.right, s.gold)}"
    shares = f"{format_percent(s.precision):>7}{format_percent(s.recall):>7}"
    return f"{line}{shares}{_render_counts(s.right, s.gold, s.predicted)}"


def _render_counts(right: float, *totals: float) -> str:
    """Return the columns of counts, with a blank before each however large it is; partial credit is not whole."""
    decimals = 0 if right == int(right) else 1
    return f" {right:>6.{decimals}f}" + "".join(f" {total:>5.0f}" for total in totals)


def _render_documents(result: Result, uncertainty: Uncertainty) -> Iterator[str]:
    """Yield a line with the score of each document, where they are few."""
    if result.size > MAX_DOCUMENTS:
        return
    values = zip(result.documents, uncertainty.documents, strict=True)
    each = "  ".join(f"{shorten_id(doc_id)} {format_percent(value)}" for doc_id, value in values)
    yield f"      by article: {each}; leaving one out: {format_interval(uncertainty.leave_one_out)}"


def _render_coreference(result: Result) -> list[str]:
    """Return a table for each kind of cluster that was scored, with one row per setting."""
    # Mention detection stands last: it is not a score of identity.
    names = sorted(catalogue.CLUSTER_SCORES, key=lambda name: name == "mentions")
    heads = [catalogue.CLUSTER_SCORES[name].label for name in names]
    lines: list[str] = []
    for layer, kind in catalogue.KINDS.items():
        if layer not in result.layers or f"coreference.{kind}.within.{names[0]}" not in result.measures:
            continue
        title = f"identity of {kind}"
        head = "".join(f"{h:>9}" for h in heads[1:])
        lines += ["", f"{title:<{LABEL_WIDTH}}{heads[0]:>6}{'new articles':>16}{head}"]
        for name, setting in track_scores(catalogue.SETTINGS):
            if f"coreference.{kind}.{name}.{names[0]}" not in result.measures:
                continue  # across documents, where there were too many clusters to keep
            measures = [result.measures[f"coreference.{kind}.{name}.{n}"] for n in names]
            uncertainty = result.uncertainty(measures[0])
            new = format_interval(uncertainty.new_articles) if uncertainty else ""
            values = "".join(f"{format_percent(m.value):>9}" for m in measures[1:])
            mark = "* " if setting.headline and not setting.across else "  "
            lines.append(
                f"{mark + setting.label:<{LABEL_WIDTH}}{format_percent(measures[0].value):>6}{new:>16}{values}"
            )
    return lines


def _render_notes(result: Result) -> Iterator[str]:
    """Yield what a reader of the scores should know: coverage, words not found, documents without prediction."""
    if result.pairs:
        yield ""
        yield _describe_coverage(result)
    if result.placement.total:
        yield _describe_placement(result)
    if result.without_prediction:
        names = [shorten_id(doc_id) for doc_id in result.without_prediction[:MAX_DOCUMENTS]]
        rest = result.unpredicted - MAX_DOCUMENTS
        more = f" and {rest} more" if rest > 0 else ""
        yield f"no prediction for {', '.join(names)}{more}: scored as empty"
    for problem in result.left_out:
        yield f"left out: {problem}"
    yield from result.notes


def _describe_coverage(result: Result) -> str:
    """Return how far each prediction reaches into its text; one that ends well before the gold was likely truncated."""
    parts = []
    for doc_id, coverage in list(result.coverage.items())[:MAX_DOCUMENTS]:
        text = f"{shorten_id(doc_id)} to {coverage.last}"
        if coverage.length:  # 0 where the gold has no text
            text += f" of {coverage.length}"
        after = coverage.gold_after
        if coverage.last and after >= TRUNCATION_ITEMS and after > TRUNCATION_SHARE * coverage.gold:
            text += f" ({after} gold items come after that point)"
        parts.append(text)
    more = f"; … {len(result.coverage)} articles" if len(result.coverage) > len(parts) else ""
    return f"predictions reach (characters): {'; '.join(parts)}{more}"


def _describe_placement(result: Result) -> str:
    """Return how many spans given by their words were found in the text, with examples of those that were not."""
    placement = result.placement
    line = f"words without offsets: {placement.exact} found in the text"
    if placement.normalised:
        line += f", {placement.normalised} more after normalising quotes, dashes and white space, or in parts"
    if not placement.unplaced_count:
        return line
    examples = list(dict.fromkeys(repr(words[:MAX_QUOTED_CHARACTERS]) for _, words in placement.unplaced))
    more = ", …" if len(examples) > MAX_QUOTED_WORDS else ""
    shown = ", ".join(examples[:MAX_QUOTED_WORDS])
    return f"{line}; {placement.unplaced_count} not found, scored as spurious: {shown}{more}"
