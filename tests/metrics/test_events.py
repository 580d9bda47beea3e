"""Events: triggers, arguments and attributes, each where it counts and where it does not."""

from __future__ import annotations

from tests.support.twenty_words import TOKENS, compute_counts, compute_scores, make_document, make_event, span_of_tokens
from vostochny.model import Entity, Quote, Span, Zone
from vostochny.stats import scores


def test_attached_arguments_need_the_right_trigger():
    gold = [make_document(events=[make_event("Contact.Meet", TOKENS[3], ("Participant", TOKENS[0]))])]
    other = [make_document(events=[make_event("Contact.Meet", TOKENS[5], ("Participant", TOKENS[0]))])]
    s = compute_scores(gold, other)
    assert (s["events.argument"].f1, s["events.argument_attached"].f1) == (1, 0)
    assert (s["events.argument_id"].f1, s["events.argument_id_attached"].f1) == (1, 0)


def test_head_match_and_any_mention_of_the_right_entity():
    whole = span_of_tokens(0, 2)
    people = [Entity("a", whole, "PER", "NOM", cluster="k"), Entity("b", TOKENS[7], "PER", "NAM", cluster="k")]
    gold = [make_document(entities=people, events=[make_event("Contact.Meet", TOKENS[4], ("Participant", whole))])]

    def with_filler(span: Span) -> dict[str, scores.Score]:
        return compute_scores(
            gold, [make_document(events=[make_event("Contact.Meet", TOKENS[4], ("Participant", span))])]
        )

    head = with_filler(TOKENS[2])
    assert [head[f"events.argument{x}"].right for x in ("", "_head", "_cluster")] == [0, 1, 1]
    again = with_filler(TOKENS[7])
    assert [again[f"events.argument{x}"].right for x in ("", "_head", "_cluster")] == [0, 0, 1]
    nobody = with_filler(TOKENS[12])
    assert [nobody[f"events.argument{x}"].right for x in ("", "_head", "_cluster")] == [0, 0, 0]


def test_realis_is_scored_on_matched_triggers_alone():
    gold = [
        make_document(
            events=[
                make_event("Contact.Meet", TOKENS[0], realis="actual"),
                make_event("Contact.Meet", TOKENS[2], realis="other"),
            ]
        )
    ]
    predicted = [
        make_document(
            events=[make_event("Contact.Meet", TOKENS[0], realis="actual"), make_event("Contact.Meet", TOKENS[5])]
        )
    ]
    s = compute_scores(gold, predicted)["events.realis"]
    assert (s.right, s.gold, s.recall) == (1, 1, 1)
    silent = compute_scores(gold, [make_document(events=[make_event("Contact.Meet", TOKENS[0])])])["events.realis"]
    assert silent.recall == 0


def test_a_right_trigger_has_the_gold_offsets_and_for_trig_c_the_type():
    gold = [make_document(events=[make_event("Contact.Meet", span_of_tokens(3, 4))])]
    for trigger, type_, right in (
        (span_of_tokens(3, 4), "Contact.Meet", (1, 1)), (span_of_tokens(3, 4), "Conflict.Attack", (1, 0)),
        (TOKENS[3], "Contact.Meet", (0, 0)), (TOKENS[4], "Contact.Meet", (0, 0)),
    ):  # fmt: skip
        s = compute_scores(gold, [make_document(events=[make_event(type_, trigger)])])
        assert (s["events.trigger_id"].right, s["events.trigger"].right) == right


def test_an_argument_belongs_to_the_zone_of_its_filler():
    zones = (Zone(Span(0, 9), "title"), Zone(Span(9, 60), "body"))
    gold = [make_document(events=[make_event("Contact.Meet", TOKENS[0], ("Participant", TOKENS[5]))], zones=zones)]
    parts = {
        zone: part.total().tolist() for zone, part in compute_counts(gold, gold)["events.argument"].by("zone").items()
    }
    assert parts == {"body": [1] * 4}


def test_an_event_as_filler_is_compared_by_its_trigger():
    """Also where an entity stands on the same words: a topic is what happened, not who."""
    somebody = [Entity("a", TOKENS[5], "PER", "NOM", cluster="k"), Entity("b", TOKENS[9], "PER", "NAM", cluster="k")]
    talks, launch = (
        make_event("Contact.Negotiate", TOKENS[2], ("Topic", TOKENS[5])),
        make_event("Space.Launch", TOKENS[5]),
    )
    gold = [make_document(entities=somebody, events=[talks, launch])]
    for filler, right in ((TOKENS[5], 1), (TOKENS[9], 0)):
        other = [make_document(events=[make_event("Contact.Negotiate", TOKENS[2], ("Topic", filler))])]
        assert compute_scores(gold, other)["events.argument_cluster"].right == right


def test_of_events_on_one_trigger_those_whose_attribute_agrees_are_paired():
    """Each with its like, whichever comes first; and only as many as both sides have, of one type."""
    actual, other = (make_event("Contact.Meet", TOKENS[0], realis=r) for r in ("actual", "other"))
    counts = compute_counts([make_document(events=[actual, other])], [make_document(events=[other])])["events.realis"]
    assert counts.total().tolist() == [1] * 4
    assert counts.by("value").keys() == {"other"}
    attack = make_event("Conflict.Attack", TOKENS[0], realis="actual")
    assert compute_scores([make_document(events=[actual])], [make_document(events=[attack])])["events.realis"].gold == 0


def test_an_attribute_that_the_gold_does_not_state_is_not_scored():
    """A gold without realis had every system that says it at 0, and every one that does not at 1."""
    whole = (Span(TOKENS[0].start, TOKENS[1].end),)
    gold = [make_document(events=[make_event("Contact.Meet", TOKENS[0])], quotes=[Quote("", whole)])]
    said = make_document(
        events=[make_event("Contact.Meet", TOKENS[0], realis="actual")], quotes=[Quote("", whole, directness="direct")]
    )
    for predicted in (said, gold[0]):
        s = compute_scores(gold, [predicted])
        assert [s[n].recall for n in ("events.realis", "events.polarity", "quotes.directness")] == [None] * 3
