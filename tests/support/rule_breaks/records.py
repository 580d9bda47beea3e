"""For each rule of discrepancies and of the adjudication's record: a change that breaks it and no other rule."""

from __future__ import annotations

from typing import Any

from tests.support.annotation_changes import Change
from tests.support.small_annotations import DISCREPANCIES, FIRST, SECOND, locate


def change_discrepancy(n: int, **changes: Any) -> Change:
    return lambda copy: copy.change_discrepancies(lambda rows: rows[n].update(changes))


def change_first_span(words: dict[str, Any], **changes: Any) -> Change:
    """Another first span of the first discrepancy."""
    return change_discrepancy(0, spans=[{"doc_id": FIRST, **words, **changes}, DISCREPANCIES[0]["spans"][1]])


BREAKS: dict[str, Change] = {
    "DS1": change_discrepancy(1, id="where"),
    "DS2": change_discrepancy(0, relation="difference"),
    "DS3": change_discrepancy(0, reason="two\nlines"),
    "DS4": change_discrepancy(0, spans=DISCREPANCIES[0]["spans"][:1]),
    "DS5": change_first_span(locate("cosmodrome", FIRST), text="spaceport"),
    "DS6": change_first_span(locate("cosmo", FIRST)),
    "DS7": change_first_span(locate("Follow", FIRST)),
    "DS8": change_discrepancy(0, silent=[SECOND]),
    "AD1": lambda copy: copy.write_decision(layer="names"),
    "AD2": lambda copy: copy.write_decision(spans=[dict(locate("Putin", SECOND), text="Kim")]),
    "AD3": lambda copy: copy.write_decision(rule="E99"),
}  # fmt: skip
