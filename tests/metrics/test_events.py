"""Events: triggers, arguments and attributes, each where it counts and where it does not."""

from __future__ import annotations

from tests.support.twenty_words import TOKENS, counted, event, of_words, scored, stretch
from vostochny.model import Entity, Quote, Span, Zone
from vostochny.stats import scores


def test_attached_arguments_need_the_right_trigger():
    gold = [of_words(events=[event("Contact.Meet", TOKENS[3], ("Participant", TOKENS[0]))])]
    other = [of_words(events=[event("Contact.Meet", TOKENS[5], ("Participant", TOKENS[0]))])]
    s = scored(gold, other)
    assert (s["events.argument"].f1, s["events.argument_attached"].f1) == (1, 0)
    assert (s["events.argument_id"].f1, s["events.argument_id_attached"].f1) == (1, 0)


def test_head_match_and_any_mention_of_the_right_entity():
    whole = stretch(0, 2)
    people = [Entity("a", whole, "PER", "NOM", cluster="k"), Entity("b", TOKENS[7], "PER", "NAM", cluster="k")]
    gold = [of_words(entities=people, events=[event("Contact.Meet", TOKENS[4], ("Participant", whole))])]

    def with_filler(span: Span) -> dict[str, scores.Score]:
        return scored(gold, [of_words(events=[event("Contact.Meet", TOKENS[4], ("Participant", span))])])

    head = with_filler(TOKENS[2])
    assert [head[f"events.argument{x}"].right for x in ("", "_head", "_cluster")] == [0, 1, 1]
    again = with_filler(TOKENS[7])
    assert [again[f"events.argument{x}"].right for x in ("", "_head", "_cluster")] == [0, 0, 1]
    nobody = with_filler(TOKENS[12])
    assert [nobody[f"events.argument{x}"].right for x in ("", "_head", "_cluster")] == [0, 0, 0]


def test_realis_counts_on_matched_triggers_alone():
    gold = [
        of_words(
            events=[event("Contact.Meet", TOKENS[0], realis="actual"), event("Contact.Meet", TOKENS[2], realis="other")]
        )
    ]
    predicted = [of_words(events=[event("Contact.Meet", TOKENS[0], realis="actual"), event("Contact.Meet", TOKENS[5])])]
    s = scored(gold, predicted)["events.realis"]
    assert (s.right, s.gold, s.recall) == (1, 1, 1)
    silent = scored(gold, [of_words(events=[event("Contact.Meet", TOKENS[0])])])["events.realis"]
    assert silent.recall == 0


def test_a_trigger_has_the_offsets_of_the_gold_and_for_trig_c_the_type():
    gold = [of_words(events=[event("Contact.Meet", stretch(3, 4))])]
    for trigger, type_, right in (
        (stretch(3, 4), "Contact.Meet", (1, 1)), (stretch(3, 4), "Conflict.Attack", (1, 0)),
        (TOKENS[3], "Contact.Meet", (0, 0)), (TOKENS[4], "Contact.Meet", (0, 0)),
    ):  # fmt: skip
        s = scored(gold, [of_words(events=[event(type_, trigger)])])
        assert (s["events.trigger_id"].right, s["events.trigger"].right) == right


def test_an_argument_counts_in_the_zone_of_its_filler():
    zones = (Zone(Span(0, 9), "title"), Zone(Span(9, 60), "body"))
    gold = [of_words(events=[event("Contact.Meet", TOKENS[0], ("Participant", TOKENS[5]))], zones=zones)]
    parts = {zone: part.total().tolist() for zone, part in counted(gold, gold)["events.argument"].by("zone").items()}
    assert parts == {"body": [1] * 4}


def test_an_event_as_filler_is_told_by_its_trigger():
    """Also where an entity stands on the same words: a topic is what happened, not who."""
    somebody = [Entity("a", TOKENS[5], "PER", "NOM", cluster="k"), Entity("b", TOKENS[9], "PER", "NAM", cluster="k")]
    talks, launch = event("Contact.Negotiate", TOKENS[2], ("Topic", TOKENS[5])), event("Space.Launch", TOKENS[5])
    gold = [of_words(entities=somebody, events=[talks, launch])]
    for filler, right in ((TOKENS[5], 1), (TOKENS[9], 0)):
        other = [of_words(events=[event("Contact.Negotiate", TOKENS[2], ("Topic", filler))])]
        assert scored(gold, other)["events.argument_cluster"].right == right


def test_of_events_on_one_trigger_those_whose_attribute_agrees_are_paired():
    """Each with its like, whichever comes first; and only as many as both sides have, of one type."""
    actual, other = (event("Contact.Meet", TOKENS[0], realis=r) for r in ("actual", "other"))
    counts = counted([of_words(events=[actual, other])], [of_words(events=[other])])["events.realis"]
    assert counts.total().tolist() == [1] * 4
    assert counts.by("value").keys() == {"other"}
    attack = event("Conflict.Attack", TOKENS[0], realis="actual")
    assert scored([of_words(events=[actual])], [of_words(events=[attack])])["events.realis"].gold == 0


def test_what_the_gold_does_not_say_is_no_accuracy():
    """A gold without realis had every system that says it at 0, and every one that does not at 1."""
    whole = (Span(TOKENS[0].start, TOKENS[1].end),)
    gold = [of_words(events=[event("Contact.Meet", TOKENS[0])], quotes=[Quote("", whole)])]
    said = of_words(
        events=[event("Contact.Meet", TOKENS[0], realis="actual")], quotes=[Quote("", whole, directness="direct")]
    )
    for predicted in (said, gold[0]):
        s = scored(gold, [predicted])
        assert [s[n].recall for n in ("events.realis", "events.polarity", "quotes.directness")] == [None] * 3
