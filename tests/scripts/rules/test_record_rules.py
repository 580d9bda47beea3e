"""Rules of discrepancies and of the adjudication's record, each broken by one change and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.annotated import DISCREPANCIES, FIRST, SECOND, Change, Copy, at


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


@pytest.mark.parametrize("rule", BREAKS)
def test_each_rule_is_broken_alone(rule: str, copy: Copy):
    BREAKS[rule](copy)
    broken, unreadable = copy.found()
    assert set(broken) == {rule} and not unreadable, unreadable
