"""Quotes: content, speaker, cue, addressee and directness, and the pairs of quotes that they rest on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.twenty_words import TOKENS, compute_counts, compute_scores, make_document, span_of_tokens
from vostochny.model import Document, Entity, Quote, Reference, Span, Zone


def test_precision_and_recall_are_not_swapped():
    """Citron: swapped in one row."""
    gold = make_document(quotes=(Quote("", (TOKENS[0],)), Quote("", (TOKENS[4],))))
    predicted = make_document(quotes=(Quote("", (TOKENS[0],)),))
    for name in ("quotes.content", "quotes.content_exact", "quotes.content_tokens"):
        s = compute_scores([gold], [predicted])[name]
        assert (s.precision, s.recall) == (1, 0.5), name


def test_speakers_are_compared_by_identity_and_not_by_words():
    people = [Entity("a", TOKENS[0], "PER", "NAM", cluster="kim"), Entity("b", TOKENS[2], "PER", "PRO", cluster="kim"),
              Entity("c", TOKENS[4], "PER", "NAM", cluster="putin")]  # fmt: skip
    content = (span_of_tokens(8, 12),)
    gold = [make_document(entities=people, quotes=[Quote("q", content, source=Reference(TOKENS[2], "b"))])]
    for at, span_right, speaker_right in ((2, 1, 1), (0, 0, 1), (4, 0, 0)):
        s = compute_scores(gold, [make_document(quotes=[Quote("", content, source=Reference(TOKENS[at]))])])
        assert (s["quotes.source"].right, s["quotes.speaker"].right) == (span_right, speaker_right)
    longer = span_of_tokens(0, 1)  # no gold mention, but it overlaps Kim's
    assert (
        compute_scores(gold, [make_document(quotes=[Quote("", content, source=Reference(longer))])])[
            "quotes.speaker"
        ].right
        == 1
    )
    assert compute_scores(gold, [make_document(quotes=[Quote("", content)])])["quotes.speaker"].right == 0


def test_an_interrupted_quote_is_one_and_needs_all_its_parts_to_be_exact():
    parts = (span_of_tokens(0, 2), span_of_tokens(6, 9))
    gold = [make_document(quotes=[Quote("", parts)])]
    s = compute_scores(gold, [make_document(quotes=[Quote("", parts[:1]), Quote("", parts[1:])])])
    assert (s["quotes.content_exact"].right, s["quotes.content"].right, s["quotes.content"].predicted) == (0, 1, 2)
    assert s["quotes.content_tokens"].right == 4  # the longer part; the other prediction has no partner
    assert compute_scores(gold, [make_document(quotes=[Quote("", parts)])])["quotes.content_exact"].f1 == 1


def test_whole_paragraph_predictions_pay_in_token_precision():
    gold = [make_document(quotes=[Quote("", (span_of_tokens(0, 1),))])]
    s = compute_scores(gold, [make_document(quotes=[Quote("", (Span(0, 59),))])])
    assert s["quotes.content"].f1 == 1
    assert (s["quotes.content_tokens"].precision, s["quotes.content_tokens"].recall) == (0.1, 1)


def test_a_speaker_who_is_wrong_is_wrong_on_both_sides():
    content = (span_of_tokens(8, 12),)
    gold = [make_document(quotes=[Quote("", content, source=Reference(TOKENS[0]))])]
    s = compute_scores(gold, [make_document(quotes=[Quote("", content, source=Reference(TOKENS[2]))])])
    assert (s["quotes.content"].precision, s["quotes.speaker"].precision, s["quotes.speaker"].recall) == (1, 0, 0)


@pytest.mark.parametrize("turned", [False, True])
def test_of_equally_good_quotes_the_one_with_the_same_speaker_is_paired(turned):
    content = (span_of_tokens(8, 12),)
    right, wrong = (Quote("", content, source=Reference(TOKENS[at])) for at in (0, 2))
    predicted = [make_document(quotes=[right, wrong] if turned else [wrong, right])]
    assert compute_scores([make_document(quotes=[right])], predicted)["quotes.speaker"].right == 1
    # Content goes before the speaker.
    longer = Quote("", (span_of_tokens(6, 14),), source=right.source)
    predicted = [make_document(quotes=[longer, wrong] if turned else [wrong, longer])]
    assert compute_scores([make_document(quotes=[right])], predicted)["quotes.speaker"].right == 0


@pytest.mark.parametrize(
    "content",
    [(span_of_tokens(0, 5),), (TOKENS[0], span_of_tokens(5, 6)), (TOKENS[0], span_of_tokens(2, 3), TOKENS[5])],
)
def test_a_quote_that_overlaps_in_any_part_is_paired(content):
    """Wherever it begins: the gold's words are its last ones."""
    gold = [make_document(quotes=[Quote("", (TOKENS[5],)), Quote("", (span_of_tokens(15, 19),))])]
    s = compute_scores(gold, [make_document(quotes=[Quote("", (span_of_tokens(15, 19),)), Quote("", content)])])
    assert (s["quotes.content"].right, s["quotes.content_tokens"].right) == (2, 6)


def test_a_predicted_quote_takes_the_directness_of_its_gold_quote():
    """And a spurious one has none, whatever it says: only recall is told by directness."""
    said = Reference(TOKENS[19])
    gold = [
        make_document(quotes=[
            Quote("", (TOKENS[0],), source=said, addressee=said, directness="direct"),
            Quote("", (TOKENS[2],), source=said, addressee=said, directness="indirect"),
        ])
    ]  # fmt: skip
    predicted = [
        make_document(quotes=[
            Quote("", (TOKENS[0],), source=said, addressee=said, directness="mixed"),
            Quote("", (TOKENS[9],), source=said, addressee=said, directness="direct"),
        ])
    ]  # fmt: skip
    counts = compute_counts(gold, predicted)
    for metric in ("content", "content_exact", "content_tokens", "speaker", "source", "addressee"):
        parts = {k: part.total().tolist() for k, part in counts[f"quotes.{metric}"].by("directness").items()}
        assert parts == {"direct": [1, 1, 1, 1], "indirect": [0, 1, 0, 0], "": [0, 0, 0, 1]}, metric
    accuracy = {k: part.total().tolist() for k, part in counts["quotes.directness"].by("directness").items()}
    assert accuracy == {"direct": [0, 1, 0, 1]}


def test_quotes_without_a_cue_or_an_addressee_are_left_out_of_their_scores():
    quote = Quote("", (TOKENS[0],))
    s = compute_scores([make_document(quotes=[quote])], [make_document(quotes=[quote])])
    for name in ("quotes.cue", "quotes.addressee"):
        assert (s[name].gold, s[name].predicted) == (0, 0), name
    named = replace(quote, cue=TOKENS[3], addressee=Reference(TOKENS[5]))
    for mine, theirs, counts in ((quote, named, (0, 0, 1)), (named, quote, (0, 1, 0)), (named, named, (1, 1, 1))):
        s = compute_scores([make_document(quotes=[mine])], [make_document(quotes=[theirs])])
        for name in ("quotes.cue", "quotes.addressee"):
            assert (s[name].right, s[name].gold, s[name].predicted) == counts, name


def test_addressees_are_compared_by_identity():
    people = [Entity("a", TOKENS[0], "PER", "NAM", cluster="kim"), Entity("b", TOKENS[2], "PER", "PRO", cluster="kim"),
              Entity("c", TOKENS[4], "PER", "NAM", cluster="putin")]  # fmt: skip
    gold = [make_document(entities=people, quotes=[Quote("", (TOKENS[9],), addressee=Reference(TOKENS[0]))])]
    for at, right in ((0, 1), (2, 1), (4, 0)):
        other = [make_document(quotes=[Quote("", (TOKENS[9],), addressee=Reference(TOKENS[at]))])]
        assert compute_scores(gold, other)["quotes.addressee"].right == right


def test_a_quote_belongs_to_the_zone_in_which_it_begins_and_its_cue_to_its_own():
    zones = (Zone(Span(0, 9), "title"), Zone(Span(9, 30), "body"), Zone(Span(30, 60), "caption"))
    gold = [make_document(quotes=[Quote("", (TOKENS[0], TOKENS[15]), cue=TOKENS[5])], zones=zones)]
    counts = compute_counts(gold, gold)
    assert counts["quotes.content"].by("zone").keys() == counts["quotes.content_exact"].by("zone").keys() == {"title"}
    assert counts["quotes.cue"].by("zone").keys() == {"body"}


def test_without_tokens_content_is_measured_in_characters_without_white_space():
    text = "ab cd ef gh"
    gold = Document("x", text, quotes=(Quote("", (Span(0, 5),)),))
    s = compute_scores([gold], [Document("x", text, quotes=(Quote("", (Span(3, 11),)),))])["quotes.content_tokens"]
    assert (s.right, s.gold, s.predicted) == (2, 4, 6)


def test_offsets_far_beyond_an_unknown_text_are_wrong_and_raise_nothing():
    quote = Quote("q", (TOKENS[9],), source=Reference(TOKENS[0]))
    gold = replace(
        make_document(entities=[Entity("a", TOKENS[0], "PER", "NAM", cluster="kim")], quotes=[quote]), text=""
    )
    for span, right in ((Span(0, 1 << 40), 1), (Span(1 << 39, 1 << 40), 0)):
        s = compute_scores([gold], [make_document(quotes=[replace(quote, source=Reference(span))])])
        assert s["quotes.speaker"].right == right


def test_characters_twice_in_a_content_are_one():
    whole, half = Span(TOKENS[0].start, TOKENS[9].end), Span(TOKENS[0].start, TOKENS[4].end)
    gold = [make_document(quotes=[Quote("", (whole,), directness="direct")])]
    double = Quote("", (half, half, half), directness="indirect")  # its Dice would be 1.2, above that of the very words
    s = compute_scores(gold, [make_document(quotes=[double, Quote("", (whole,), directness="direct")])])
    assert (s["quotes.content"].right, s["quotes.content"].predicted, s["quotes.directness"].recall) == (1, 2, 1)
