"""The measures as a whole: each has its words, and its signature says what it was made with."""

from __future__ import annotations

from dataclasses import replace

from samples import SCHEME, TOKENS, of_words

from vostochny import measures, report, scoring
from vostochny.model import Entity


def test_every_option_that_changes_a_number_changes_the_signature():
    """sacrebleu: options missing from the signature."""
    gold = [of_words("x", [Entity("", TOKENS[0], "PER", "NAM")])]
    changes = [
        {}, {"layers": ("entities",)}, {"zones": ("body",)}, {"resamples": 500}, {"seed": 1}, {"resamples": 0},
        {"unknown": "wrong"}, {"view": SCHEME.views["conll"]}, {"view": SCHEME.views["ontonotes"]},
        {"view": replace(SCHEME.views["conll"], builtin=False)},
        {"view": replace(SCHEME.views["conll"], builtin=False, levels=frozenset({"NOM"}))},
    ]  # fmt: skip
    signatures = {scoring.score(gold, {}, SCHEME, replace(scoring.Options(), **c)).signature for c in changes}
    signatures.add(scoring.score(gold, {}, SCHEME, gold_hash="other").signature)
    assert len(signatures) == len(changes) + 1


def test_metrics_all_have_a_label_and_a_place():
    assert set(report.LABELS) == set(measures.METRICS) | set(measures.DERIVED)
    assert set(report.SETTING_LABELS) == set(measures.SETTINGS)
