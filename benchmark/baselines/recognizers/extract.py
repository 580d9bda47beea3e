"""The ``recognizers`` baseline: value expressions by Microsoft's Recognizers-Text, a published library of rules.

Nobody here wrote its rules and nothing is learnt or downloaded. It finds values only: dates, times, quantities,
numbers, ordinals, money, percentages; names stay unfound, which the table by type shows.

    cd benchmark/baselines/recognizers && vostochny run extract:extract --restart -o predictions.jsonl
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import datetime
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", SyntaxWarning)  # its sources compare with literals by "is"
    from recognizers_date_time import recognize_datetime
    from recognizers_number import recognize_number, recognize_ordinal, recognize_percentage
    from recognizers_number_with_unit import recognize_age, recognize_currency, recognize_dimension

from vostochny.model import Document, Span
from vostochny.text.alignment import covering_tokens

CULTURE = "en-us"
# What "Wednesday" resolves to depends on today and is not used; a fixed day keeps the run the same for ever.
TODAY = datetime(2023, 9, 13)

# Of expressions that share a character the first kind of this list stands: «10 minutes» is no number.
RECOGNIZERS: tuple[tuple[str, Callable[[str], list[Any]]], ...] = (
    ("", lambda text: recognize_datetime(text, CULTURE, reference=TODAY)),
    ("MONEY", lambda text: recognize_currency(text, CULTURE)),
    ("PERCENT", lambda text: recognize_percentage(text, CULTURE)),
    ("QUANTITY", lambda text: recognize_dimension(text, CULTURE)),
    ("QUANTITY", lambda text: recognize_age(text, CULTURE)),
    ("ORDINAL", lambda text: recognize_ordinal(text, CULTURE)),
    ("CARDINAL", lambda text: recognize_number(text, CULTURE)),
)
# datetimeV2 kinds of a day's clock; all others are dates or spans of days.
CLOCK = ("time", "timerange", "timezone")
# A duration is a TIME where its unit is shorter than a day.
SHORT = ("second", "minute", "hour")


def label(kind: str, words: str) -> str:
    """The ontology's type for one of the library's date and time kinds."""
    name = kind.rpartition(".")[2]
    return "TIME" if name in CLOCK or (name == "duration" and any(s in words for s in SHORT)) else "DATE"


def extract(document: Document) -> Document | dict[str, Any]:
    """The value expressions of an article, each on whole tokens of it."""
    taken: list[tuple[Span, str]] = []
    for type_, recognize in RECOGNIZERS:
        for found in sorted(recognize(document.text), key=lambda r: (r.start, -r.end)):
            span = Span(found.start, found.end + 1)  # its end is inclusive
            reach = covering_tokens(span, document.tokens)
            # «-2» of «Hwasong-2» is a piece of a token: no expression of its own.
            whole = reach and (document.tokens[reach[0]].start, document.tokens[reach[1] - 1].end) == (
                span.start,
                span.end,
            )
            if whole and not any(span.overlaps(other) for other, _ in taken):
                taken.append((span, type_ or label(found.type_name, found.text)))
    return {"entities": [{"start": s.start, "end": s.end, "type": t} for s, t in sorted(taken)]}
