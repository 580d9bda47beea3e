"""Reports of a scoring result: one module per output, and here the names and texts that they share.

``terminal`` and ``comparison`` render tables, ``page`` (data from ``payload``, scripts in ``assets``) the HTML report,
``result_json`` and ``items`` JSON, ``board`` the leaderboard, ``article`` one annotated article in the terminal.
``percents`` formats numbers and ``markdown_writer`` Markdown for all of them.
"""

from collections.abc import Collection, Mapping
from typing import TypeVar

from vostochny.system.progress import track

T = TypeVar("T")

# Printed below every table that has intervals.
EXPLANATION = (
    "these articles: 95 % bootstrap over paragraphs within documents, for this system on text like these articles; "
    "new articles: 95 % delete-one-document jackknife, for other articles of this kind. "
    "Neither covers articles on other events."
)


def track_scores(rows: Mapping[str, T]) -> Collection[tuple[str, T]]:
    """Return the rows of a table with their names; a terminal shows how many are done, as intervals may take long."""
    return track(rows.items(), "computing intervals", "scores")
