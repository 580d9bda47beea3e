"""For each rule of discrepancies and of the adjudication's record: a change that breaks it and no other rule."""

from __future__ import annotations

from typing import Any

from tests.support.annotated import DISCREPANCIES, FIRST, SECOND, Change, at


def differing(n: int, **changes: Any) -> Change:
    return lambda copy: copy.differ(lambda rows: rows[n].update(changes))


def spanning(words: dict[str, Any], **changes: Any) -> Change:
    """Another first span of the first discrepancy."""
    return differing(0, spans=[{"doc_id": FIRST, **words, **changes}, DISCREPANCIES[0]["spans"][1]])


BREAKS: dict[str, Change] = {
    "DS1": differing(1, id="where"),
    "DS2": differing(0, relation="difference"),
    "DS3": differing(0, reason="two\nlines"),
    "DS4": differing(0, spans=DISCREPANCIES[0]["spans"][:1]),
    "DS5": spanning(at("cosmodrome", FIRST), text="spaceport"),
    "DS6": spanning(at("cosmo", FIRST)),
    "DS7": spanning(at("Follow", FIRST)),
    "AD1": lambda copy: copy.decide(layer="names"),
    "AD2": lambda copy: copy.decide(spans=[dict(at("Putin", SECOND), text="Kim")]),
    "AD3": lambda copy: copy.decide(rule="E99"),
}  # fmt: skip
