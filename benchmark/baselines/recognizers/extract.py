"""The ``recognizers`` baseline: value expressions found by Microsoft's Recognizers-Text, a published library of rules.

Its rules were not written for this corpus, and nothing is trained or downloaded. It finds values only: dates, times,
quantities, numbers, ordinals, money, percentages; it finds no names, as the table by type shows.

    cd benchmark/baselines/recognizers && vostochny run extract:extract --restart -o predictions.jsonl
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import datetime
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", SyntaxWarning)  # its source code compares with literals by "is"
    from recognizers_date_time import recognize_datetime
    from recognizers_number import recognize_number, recognize_ordinal, recognize_percentage
    from recognizers_number_with_unit import recognize_age, recognize_currency, recognize_dimension

from vostochny.model import Document, Span
from vostochny.text.alignment import covering_tokens

CULTURE = "en-us"
# The date that "Wednesday" resolves to depends on today and is not used; a fixed day makes every run the same.
TODAY = datetime(2023, 9, 13)

# Type and recognizer, best first: of expressions that share a character, the one of the earlier recognizer is kept, so
# that «10 minutes» is not also a number. An empty type is decided by date_or_time.
RECOGNIZERS: tuple[tuple[str, Callable[[str], list[Any]]], ...] = (
    ("", lambda text: recognize_datetime(text, CULTURE, reference=TODAY)),
    ("MONEY", lambda text: recognize_currency(text, CULTURE)),
    ("PERCENT", lambda text: recognize_percentage(text, CULTURE)),
    ("QUANTITY", lambda text: recognize_dimension(text, CULTURE)),
    ("QUANTITY", lambda text: recognize_age(text, CULTURE)),
    ("ORDINAL", lambda text: recognize_ordinal(text, CULTURE)),
    ("CARDINAL", lambda text: recognize_number(text, CULTURE)),
)
# The library's kinds (datetimeV2) that are times of the day; all others are dates or periods of days.
CLOCK_KINDS = ("time", "timerange", "timezone")
# A duration in one of these units is a TIME; a longer one is a DATE.
UNITS_BELOW_A_DAY = ("second", "minute", "hour")


def date_or_time(kind: str, words: str) -> str:
    """Return the ontology's type of a date or time expression: its words, and its kind in the library."""
    name = kind.rpartition(".")[2]
    is_short = name == "duration" and any(unit in words for unit in UNITS_BELOW_A_DAY)
    return "TIME" if name in CLOCK_KINDS or is_short else "DATE"


def extract(document: Document) -> Document | dict[str, Any]:
    """Return the value expressions of an article that cover whole tokens."""
    values: list[tuple[Span, str]] = []
    for type_, recognize in RECOGNIZERS:
        for match in sorted(recognize(document.text), key=lambda r: (r.start, -r.end)):
            span = Span(match.start, match.end + 1)  # the library's end is inclusive
            reach = covering_tokens(span, document.tokens)
            # «-2» in «Hwasong-2» is a piece of a token and not an expression.
            whole = reach and (document.tokens[reach[0]].start, document.tokens[reach[1] - 1].end) == (
                span.start,
                span.end,
            )
            if whole and not any(span.overlaps(other) for other, _ in values):
                values.append((span, type_ or date_or_time(match.type_name, match.text)))
    return {"entities": [{"start": s.start, "end": s.end, "type": t} for s, t in sorted(values)]}
