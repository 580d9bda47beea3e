"""Compare systems with the first of them, measure by measure, and render the comparison as a table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from vostochny.errors import InputError, Problem
from vostochny.metrics import catalogue
from vostochny.model import shorten_id
from vostochny.report import describe_forms
from vostochny.report.percents import format_interval, format_percent, format_points
from vostochny.scoring import Result
from vostochny.scoring.options import list_compared
from vostochny.stats.paired import Comparison, adjust_comparisons, compare
from vostochny.stats.resampling import Resampling
from vostochny.stats.samples import MAX_KEPT_DOCUMENTS
from vostochny.system.progress import track

MAX_DOCUMENTS = 8  # documents whose differences a line lists


@dataclass(frozen=True)
class Row:
    """One measure of the first system (``values[0]``) and of another one (``values[1]``), and how they differ."""

    measure: str
    other: str
    values: tuple[float | None, float | None]
    comparison: Comparison


@dataclass(frozen=True)
class ComparisonTable:
    """Several systems compared with the first; ``names`` and ``signatures`` are of all systems, in their order.

    ``size`` is the number of documents, ``units`` that of their units. ``documents`` are their names, or empty of more
    than MAX_KEPT_DOCUMENTS. ``left_out`` are the problems of files that could not be read and are in no number.
    """

    names: tuple[str, ...]
    size: int
    units: int
    documents: tuple[str, ...]
    signatures: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: tuple[str, ...] = ()


def compare_systems(names: Sequence[str], results: Sequence[Result]) -> ComparisonTable:
    """Compare every system with the first; p is corrected over all these comparisons.

    Compared are those of :func:`scoring.options.list_compared` that both have.

    Raises InputError where the systems were not scored on the same documents, or share no such metric.
    """
    first, options = results[0], results[0].options
    problems = [
        Problem(
            name, None, None, f"was scored on gold {r.gold_hash} and {names[0]} on {first.gold_hash}: files left out"
        )
        for name, r in zip(names, results, strict=True)
        if r.gold_hash != first.gold_hash
    ]
    if problems:
        raise InputError(problems)
    resampling = Resampling(options.resamples, options.seed) if options.resamples else None
    pairs = [
        (measure, name, result)
        for measure in list_compared(options)
        for name, result in zip(names[1:], results[1:], strict=True)
        if measure in first.measures and measure in result.measures
    ]
    if not pairs:
        raise InputError([Problem(name, None, None, f"has no metric in common with {names[0]}") for name in names[1:]])
    # A difference is the other system minus the first.
    comparisons = adjust_comparisons(
        [
            compare(result.measures[name], first.measures[name], resampling, result.paired_with_first.get(name))
            for name, _, result in track(pairs, "computing intervals", "scores")
        ]
    )
    rows = tuple(
        Row(measure, name, (first.measures[measure].value, result.measures[measure].value), comparison)
        for (measure, name, result), comparison in zip(pairs, comparisons, strict=True)
    )
    signatures = tuple(r.signature for r in results)
    left_out = tuple(map(str, first.left_out))
    documents = first.documents if first.size <= MAX_KEPT_DOCUMENTS else ()
    return ComparisonTable(tuple(names), first.size, first.units, documents, signatures, rows, left_out)


def render_json(table: ComparisonTable) -> str:
    """Return the comparison as one JSON object.

    Differences by document are left out where there are more documents than are scored one by one.
    """
    rows = [asdict(row) for row in table.rows]
    content = {
        "first": table.names[0],
        "size": table.size,
        "documents": table.documents,
        "left_out": table.left_out,
        "signatures": table.signatures,
        "rows": rows,
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def render_text(table: ComparisonTable) -> str:
    """Return one table per other system, with differences in points (other minus first), and the signature last."""
    unit = "F1 or accuracy" if any(row.measure in catalogue.ACCURACIES for row in table.rows) else "F1"
    lines = [f"differences from {table.names[0]}, in points of {unit}", ""]
    # Most labels fit into 32 columns.
    width = max([32, *(len(catalogue.MEASURES[row.measure].label) for row in table.rows)])
    heads = f"{'first':>7}{'other':>7}{'diff':>7}{'these articles':>16}{'new articles':>16}{'p':>8}{'Holm':>8}"
    for other in dict.fromkeys(row.other for row in table.rows):
        lines += [other, f"{'':<{width + 2}}{heads}{'detectable':>12}"]
        for row in table.rows:
            if row.other == other:
                lines += _render_row(row, width, table.documents)
        lines.append("")
    smallest = table.rows[0].comparison.smallest_document_p
    lines += [
        "p: paired approximate randomisation over paragraphs, conditional on these articles; Holm: p corrected for the "
        "number of rows. detectable: the smallest true difference that this pair could have shown (80 % power at 5 %).",
        f"With {table.size} documents no test over documents could reach a p below {smallest:.4g}. "
        "Neither interval covers articles on other events.",
        *describe_forms(table.units, table.size),
        *(f"left out: {problem}" for problem in table.left_out),
        *_render_signatures(table),
    ]
    return "\n".join(lines) + "\n"


def _render_row(row: Row, width: int, documents: Sequence[str]) -> Iterator[str]:
    """Yield the line of a measure, and a line with its difference in each document."""
    c = row.comparison
    values = [*map(format_percent, row.values), format_points(c.difference)]
    p, p_holm = ("" if x is None else f"{x:.4f}" for x in (c.p, c.p_holm))
    detectable = "" if c.detectable is None else format_percent(c.detectable)
    these, new = (format_interval(x, format_points, "…") for x in (c.these_articles, c.new_articles))
    line = f"  {catalogue.MEASURES[row.measure].label:<{width}}" + "".join(f"{value:>7}" for value in values)
    yield f"{line}{these:>16}{new:>16}{p:>8}{p_holm:>8}{detectable:>12}"
    if not c.better + c.equal + c.worse:
        return  # a mean over very many types
    signs = f"better {c.better}, equal {c.equal}, worse {c.worse}"
    if not c.documents:
        yield f"      by article: {signs}"
        return
    differences = list(zip(documents, c.documents, strict=True))[:MAX_DOCUMENTS]
    each = "  ".join(f"{shorten_id(doc_id)} {format_points(x)}" for doc_id, x in differences)
    more = "  …" if len(documents) > MAX_DOCUMENTS else ""
    yield f"      by article: {each}{more}; {signs}"


def _render_signatures(table: ComparisonTable) -> list[str]:
    """Return the signature once if all systems share it, else that of each system behind the system's name."""
    if len(set(table.signatures)) == 1:
        return [table.signatures[0]]
    return [f"{name}: {signature}" for name, signature in zip(table.names, table.signatures, strict=True)]
