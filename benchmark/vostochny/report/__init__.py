"""Reports of a scoring result: one module per output, and here the names and texts that they share.

``terminal`` and ``comparison`` render tables, ``page`` (data from ``payload``, scripts in ``assets``) the HTML report,
``result_json`` and ``items`` JSON, ``board`` the leaderboard, ``article`` one annotated article in the terminal.
"""

from vostochny.metrics.catalogue import LABELS as LABELS

# Setting of coreference (metrics.coreference) → its name in tables.
SETTING_LABELS = {
    "within": "within documents",
    "within_no_singletons": "within, singletons dropped",
    "within_gold_mentions": "within, on mentions in both",
    "across": "across documents",
    "across_no_singletons": "across, singletons dropped",
}
# Printed below every table that has intervals.
EXPLANATION = (
    "these articles: 95 % bootstrap over paragraphs within documents, for this system on text like these articles; "
    "new articles: 95 % delete-one-document jackknife, for other articles of this kind. "
    "Neither covers articles on other events."
)
