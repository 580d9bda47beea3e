"""The result as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vostochny.metrics import catalogue
from vostochny.metrics.counts import GOLD
from vostochny.report import EXPLANATION, LABELS, SETTING_LABELS, short
from vostochny.scoring import Result
from vostochny.stats import scores
from vostochny.stats.intervals import Interval, Uncertainty
from vostochny.stats.scores import Measure, recall_only

WIDTH = 38
_COLUMNS = f"{'F1':>6}{'these articles':>16}{'new articles':>14}{'P':>7}{'R':>7}{'right':>7}{'gold':>6}{'pred':>6}"


def render(result: Result, by: str = "type", agreement: Mapping[str, float] | None = None) -> str:
    """A table a layer, its primary measure first, and below it the parts of that measure ``by`` a facet ("" for none).

    ``agreement`` is the annotators' mutual F1 by measure; it stands beside the scores, because differences inside it
    mean nothing. The last line is the signature.
    """
    agreement = agreement or {}
    lines: list[str] = []
    for layer in result.layers:
        beside = f"{'A–B':>7}" if agreement else ""
        lines += ["", f"{layer:<{WIDTH}}{_COLUMNS}{beside}", *_layer(result, layer, by, agreement)]
    lines += _coreference(result)
    if agreement:
        lines += ["", "A–B: how far the two annotators agree on the same figure; differences inside it mean nothing."]
    if result.pairs:
        lines += ["", _coverage(result)]
    if result.placement.total:
        lines.append(_placement(result))
    if result.without_prediction:
        missing = [short(d) for d in result.without_prediction]
        more = f" and {result.unpredicted - 8} more" if result.unpredicted > 8 else ""
        lines.append(f"no prediction for {', '.join(missing[:8])}{more}: counted as empty")
    lines += [f"left out: {problem}" for problem in result.left_out]
    lines += result.notes
    if result.options.resamples:
        lines += ["", EXPLANATION]
    return "\n".join([*lines[1:], result.signature]) + "\n"


def _layer(result: Result, layer: str, by: str, agreement: Mapping[str, float]) -> Iterator[str]:
    primary = catalogue.PRIMARY[layer]
    for name, measure in result.measures.items():
        if name.startswith(f"{layer}."):
            found = result.uncertainty(measure)
            row = _row(("* " if name == primary else "  ") + LABELS[name], measure, found)
            yield f"{row:<{WIDTH + len(_COLUMNS)}}{_percent(agreement[name]):>7}" if name in agreement else row
            if name == primary and found:
                yield from _documents(result, found)
    if not by or primary not in result.measures:
        return
    counts = result.measures[primary].counts[0]
    facet = by if by in counts.facets else counts.facets[0]
    # By directness a prediction without a partner has no place, so only recall means something there.
    recall = facet == "directness"
    yield f"  {LABELS[primary]}, by {facet}{' (recall)' if recall else ''}"
    parts = sorted(counts.by(facet).items(), key=lambda p: (-p[1].total()[GOLD], p[0]))
    for value, part in parts:
        if value:
            measure = Measure(value, (part,), recall_only) if recall else Measure(value, (part,))
            yield _row(f"    {value}", measure, result.uncertainty(measure))


def _row(label: str, measure: Measure, found: Uncertainty | None) -> str:
    these, new = (_interval(found.these_articles if at == 0 else found.new_articles) if found else "" for at in (0, 1))
    line = f"{label:<{WIDTH}}{_percent(measure.value):>6}{these:>16}{new:>14}"
    if len(measure.counts) > 1 or measure.facet:
        return line
    s = scores.score(measure.counts[0])
    if measure.combine is recall_only:
        return f"{line}{'':>7}{'':>7}{s.right:>7.0f}{s.gold:>6.0f}"
    right = f"{s.right:.0f}" if s.right == int(s.right) else f"{s.right:.1f}"
    return f"{line}{_percent(s.precision):>7}{_percent(s.recall):>7}{right:>7}{s.gold:>6.0f}{s.predicted:>6.0f}"


def _documents(result: Result, found: Uncertainty) -> Iterator[str]:
    if result.size > 8:
        return
    each = "  ".join(f"{short(d)} {_percent(v)}" for d, v in zip(result.documents, found.documents, strict=True))
    yield f"      by article: {each}; one left out: {_interval(found.leave_one_out)}"


def _coreference(result: Result) -> list[str]:
    names = ("conll", "muc", "b3", "ceaf", "lea", "blanc", "mentions")
    heads = ("CoNLL", "MUC", "B³", "CEAFφ4", "LEA", "BLANC", "mentions")
    lines: list[str] = []
    for layer, kind in catalogue.KINDS.items():
        if layer not in result.layers or f"coreference.{kind}.within.conll" not in result.measures:
            continue
        title = f"identity of {kind}"
        head = "".join(f"{h:>9}" for h in heads[1:])
        lines += ["", f"{title:<{WIDTH}}{heads[0]:>6}{'new articles':>16}{head}"]
        for setting, label in SETTING_LABELS.items():
            row = [result.measures[f"coreference.{kind}.{setting}.{n}"] for n in names]
            found = result.uncertainty(row[0])
            new = _interval(found.new_articles) if found else ""
            values = "".join(f"{_percent(m.value):>9}" for m in row[1:])
            mark = "* " if setting == "within" else "  "
            lines.append(f"{mark + label:<{WIDTH}}{_percent(row[0].value):>6}{new:>16}{values}")
    return lines


def _coverage(result: Result) -> str:
    """How far each prediction reaches; one that stops well before the gold does is likely truncated."""
    parts = []
    for doc_id, c in list(result.coverage.items())[:8]:
        text = f"{short(doc_id)} to {c.last}" + (f" of {c.length}" if c.length else "")
        if c.last and c.gold_after >= 5 and c.gold_after > 0.2 * c.gold:
            text += f" (no prediction after it, {c.gold_after} gold items are)"
        parts.append(text)
    more = f"; … {len(result.coverage)} articles" if len(result.coverage) > len(parts) else ""
    return f"predictions reach: {'; '.join(parts)}{more}"


def _placement(result: Result) -> str:
    """What became of words given without offsets."""
    p = result.placement
    line = f"words without offsets: {p.exact} placed"
    if p.normalised:
        line += f", {p.normalised} more with quotes, dashes and white space evened out or in parts"
    if not p.missed:
        return line
    few = dict.fromkeys(repr(words[:40]) for _, words in p.unplaced)
    more = ", …" if len(few) > 5 else ""
    return f"{line}; {p.missed} not found, counted as spurious: {', '.join(list(few)[:5])}{more}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _interval(interval: Interval | None) -> str:
    return "" if interval is None else f"{100 * interval.low:.1f}–{100 * interval.high:.1f}"
