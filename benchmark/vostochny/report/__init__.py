"""Reports of a scoring result: one module per output, and here the names and texts that they share.

``terminal`` and ``comparison`` render tables, ``page`` (data from ``payload``, scripts in ``assets``) the HTML report,
``result_json`` and ``items`` JSON, ``board`` the leaderboard, ``article`` one annotated article in the terminal.
``percents`` formats numbers and ``markdown_writer`` Markdown for all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, TypeVar

from vostochny.system.progress import track

if TYPE_CHECKING:
    from vostochny.scoring import Result

T = TypeVar("T")

# Printed below every table that has intervals.
EXPLANATION = (
    "these articles: 95 % bootstrap over paragraphs within documents, for this system on text like these articles; "
    "new articles: 95 % delete-one-document jackknife, for other articles of this kind. "
    "Neither covers articles on other events."
)


def explain_intervals(result: Result) -> str:
    """Return what to print below a table of scores that has intervals."""
    return " ".join([EXPLANATION, *describe_forms(result.units, result.size)])


def describe_forms(units: int, documents: int) -> list[str]:
    """Return a sentence on the form that intervals have where there are many units or documents; none where few are."""
    # Imported here, because commands without scores need a report too.
    from vostochny.stats.samples import MAX_KEPT_DOCUMENTS, MAX_KEPT_UNITS

    forms = []
    if units > MAX_KEPT_UNITS:
        forms.append(
            f"there are more than {MAX_KEPT_UNITS} paragraphs, so resamples are taken from the normal distribution "
            "that they converge to"
        )
    if documents > MAX_KEPT_DOCUMENTS:
        forms.append(
            f"there are more than {MAX_KEPT_DOCUMENTS} documents, so the effect of leaving one out is taken from the "
            "gradient of the score"
        )
    return ["Here " + "; ".join(forms) + "."] if forms else []


def track_scores(rows: Mapping[str, T]) -> Collection[tuple[str, T]]:
    """Return the rows of a table with their names; a terminal shows how many are done, as intervals may take long."""
    return track(rows.items(), "computing intervals", "scores")
