"""How systems differ from the first of them: a table and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from vostochny.errors import InputError, Problem
from vostochny.report import LABELS, short
from vostochny.scoring import Result
from vostochny.stats.intervals import Interval, Resampling
from vostochny.stats.paired import Comparison, adjusted, compare

# What is compared: the primary measure of each layer and the other ones that papers report.
COMPARED = (
    "entities.names", "entities.all", "events.trigger", "events.argument", "quotes.speaker", "quotes.content",
)  # fmt: skip
SHOWN = 8  # articles whose differences stand in a line


@dataclass(frozen=True)
class Row:
    """One measure of the first system and another one."""

    measure: str
    other: str
    values: tuple[float | None, float | None]
    comparison: Comparison


def compared(names: Sequence[str], results: Sequence[Result]) -> dict[str, Any]:
    """Every measure that all systems have, the first system against each other one; p corrected over all of them.

    Raises InputError where they were not scored on the same documents.
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
    resampling = Resampling(options.resamples or 1, options.seed)
    found = [
        (name, other, first.measures[name], result.measures[name])
        for name in COMPARED
        for other, result in zip(names[1:], results[1:], strict=True)
        if name in first.measures and name in result.measures
    ]
    comparisons = adjusted([compare(b, a, resampling) for _, _, a, b in found])
    rows = [Row(name, other, (a.value, b.value), c) for (name, other, a, b), c in zip(found, comparisons, strict=True)]
    return {
        "first": names[0],
        "size": first.size,
        "documents": first.documents,
        "signatures": [r.signature for r in results],
        "rows": rows,
    }


def as_json(table: dict[str, Any]) -> str:
    """The comparison as one JSON object. Differences by document are left out where they are those of blocks."""
    rows = [asdict(row) for row in table["rows"]]
    for row in rows:
        if len(row["comparison"]["documents"]) != len(table["documents"]):
            row["comparison"]["documents"] = []
    return json.dumps(table | {"rows": rows}, ensure_ascii=False, indent=2) + "\n"


def render(table: dict[str, Any]) -> str:
    """The comparison as a table: differences are the other system minus the first."""
    lines = [f"differences to {table['first']}, in points of F1", ""]
    head = f"{'':<34}{'first':>7}{'other':>7}{'diff':>7}{'these articles':>16}{'new articles':>16}{'p':>8}{'Holm':>8}"
    for other in dict.fromkeys(row.other for row in table["rows"]):
        lines += [other, head + f"{'detectable':>12}"]
        for row in table["rows"]:
            if row.other == other:
                lines += _row(row, table["documents"])
        lines.append("")
    smallest = table["rows"][0].comparison.smallest_document_p if table["rows"] else 1
    lines += [
        "p: paired approximate randomisation over paragraphs, conditional on these articles; Holm: corrected for all "
        "rows. detectable: the smallest true difference that this pair could have shown (80 % power at 5 %).",
        f"With {table['size']} documents no test over documents could reach a p below {smallest:.4g}. "
        "Neither interval covers articles on other events.",
        *table["signatures"],
    ]
    return "\n".join(lines) + "\n"


def _row(row: Row, documents: Sequence[str]) -> list[str]:
    c = row.comparison
    a, b = row.values
    figures = [_points(a), _points(b), _points(c.difference, signed=True)]
    p = ["" if x is None else f"{x:.4f}" for x in (c.p, c.p_holm)]
    detectable = "" if c.detectable is None else f"{100 * c.detectable:.1f}"
    line = f"  {LABELS[row.measure]:<32}" + "".join(f"{f:>7}" for f in figures)
    line += f"{_span(c.these_articles):>16}{_span(c.new_articles):>16}{p[0]:>8}{p[1]:>8}{detectable:>12}"
    signs = f"better {c.better}, equal {c.equal}, worse {c.worse}"
    if len(c.documents) != len(documents):
        return [line, f"      in {len(c.documents)} blocks of articles: {signs}"]
    some = list(zip(documents, c.documents, strict=True))[:SHOWN]
    each = "  ".join(f"{short(d)} {_points(x, signed=True)}" for d, x in some)
    more = "  …" if len(documents) > SHOWN else ""
    return [line, f"      by article: {each}{more}; {signs}"]


def _points(value: float | None, signed: bool = False) -> str:
    return "–" if value is None else f"{100 * value:+.1f}" if signed else f"{100 * value:.1f}"


def _span(interval: Interval | None) -> str:
    return "" if interval is None else f"{100 * interval.low:+.1f}…{100 * interval.high:+.1f}"
