"""Rules for events: triggers, attributes, and what may fill which role."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from scripts.rules.articles import Article
from scripts.rules.book import ARTICLE, Found, listed, rule
from vostochny.model import Entity, Event
from vostochny.ontology import EVENT

# V1, step 5: what only reports.
REPORTING = listed(
    """say says said saying tell tells told telling add adds added adding state states stated stating report reports
    reported reporting cite cites cited citing quote quotes quoted quoting note notes
    noted noting respond responds responded suggest
    suggests suggested comment comments commented deny denies denied"""
)
AUXILIARIES = listed(
    """to is are was were be been being has have had having will would can could may might shall should must do does
    did not the a an"""
)
PREPOSITIONS = listed("with of for at to against about by from")


@rule("EV1", ARTICLE, "Say actual, generic or other, and positive or negative.", "V27")
def attributes_given(article: Article) -> Iterator[Found]:
    """An event has a realis and a polarity."""
    for v in article.document.events:
        missing = [name for name in ("realis", "polarity") if getattr(v, name) is None]
        if missing:
            yield Found(v.id, v.trigger, f"{' and '.join(missing)} missing")


@rule("EV2", ARTICLE, "What failed was tried: actual, positive. What is only planned has no outcome.", "V27")
def failures_are_actual(article: Article) -> Iterator[Found]:
    """Only an actual, positive event has the outcome failure."""
    for v in article.document.events:
        if v.outcome and (v.realis not in ("actual", None) or v.polarity == "negative"):
            yield Found(v.id, v.trigger, f"{v.realis} {v.polarity}")


@rule("EV3", ARTICLE, "Remove it; words of a name are no event.", "V1")
def no_trigger_in_a_name(article: Article) -> Iterator[Found]:
    """No trigger stands in a name."""
    for v in article.document.events:
        for name in article.names:
            if v.trigger.overlaps(name.span):
                yield Found(v.id, v.trigger, f"in ‹{name.span.of(article.text)}›")


@rule("EV4", ARTICLE, "Keep the one whose type fits best.", "V3")
def triggers_apart(article: Article) -> Iterator[Found]:
    """A word triggers one event: triggers do not overlap."""
    ordered = sorted(article.document.events, key=lambda v: (v.trigger, v.type))
    for a, b in pairwise(ordered):
        if a.trigger.overlaps(b.trigger):
            yield Found(b.id, b.trigger, f"{b.type} beside {a.type}")


@rule("EV5", ARTICLE, "Name the event in the world, be it mentioned once.", "V29")
def events_have_a_cluster(article: Article) -> Iterator[Found]:
    """An event has a cluster."""
    yield from (Found(v.id, v.trigger) for v in article.document.events if not v.cluster)


@rule("EV6", ARTICLE, "It is the cue of a quote; remove the event.", "V1")
def reporting_is_no_event(article: Article) -> Iterator[Found]:
    """A verb that only reports triggers no event."""
    for v in article.document.events:
        if v.trigger.of(article.text).lower() in REPORTING:
            yield Found(v.id, v.trigger)


@rule("EV7", ARTICLE, "Leave auxiliaries, articles and prepositions outside.", "V2")
def triggers_are_smallest(article: Article) -> Iterator[Found]:
    """A trigger neither begins with an auxiliary, *to* or an article nor ends with a preposition."""
    for v in article.document.events:
        words = v.trigger.of(article.text).lower().split()
        if len(words) > 1 and (words[0] in AUXILIARIES or words[-1] in PREPOSITIONS):
            yield Found(v.id, v.trigger)


@rule("AR1", ARTICLE, "Take a role that the type has.", "A2")
def roles_of_the_type(article: Article) -> Iterator[Found]:
    """A role is one that the event's type has."""
    for v in article.document.events:
        roles = article.ontology.events[v.type].roles
        for a in v.arguments:
            if a.role not in roles:
                yield Found(v.id, v.trigger, f"{v.type} has no {a.role}; it has {', '.join(roles)}")


@rule("AR2", ARTICLE, "Leave the role empty where nothing of the right type fills it.", "A2")
def fillers_of_the_role(article: Article) -> Iterator[Found]:
    """A filler is of a type that its role admits."""
    for v, role, filler in _arguments(article):
        admitted = article.ontology.events[v.type].roles.get(role)
        kind = EVENT if isinstance(filler, Event) else filler.type
        if admitted is not None and kind not in admitted:
            yield Found(v.id, _span(filler), f"{role} of ‹{v.trigger.of(article.text)}› admits no {kind}")


@rule("AR3", ARTICLE, "Take a mention of that sentence, or leave the role empty.", "A1")
def fillers_in_the_sentence(article: Article) -> Iterator[Found]:
    """A filler stands in its trigger's sentence."""
    for v, role, filler in _arguments(article):
        if article.sentence(v.trigger.start) != article.sentence(_span(filler).start):
            yield Found(v.id, _span(filler), f"{role} of ‹{v.trigger.of(article.text)}›")


@rule("AR4", ARTICLE, "Keep the one that is syntactically closest.", "A3")
def one_filler_a_cluster(article: Article) -> Iterator[Found]:
    """A role has one filler of each cluster; values, which have none, are free."""
    seen = defaultdict(set)
    for v, role, filler in _arguments(article):
        if filler.cluster and (role, filler.cluster) in seen[v.id]:
            yield Found(v.id, _span(filler), f"a second {filler.cluster} as {role} of ‹{v.trigger.of(article.text)}›")
        seen[v.id].add((role, filler.cluster))


@rule("AR5", ARTICLE, "Remove it, or give one of the two the cluster of another event.", "A13")
def no_event_fills_itself(article: Article) -> Iterator[Found]:
    """No event is filled by another mention of itself."""
    for v, role, filler in _arguments(article):
        if isinstance(filler, Event) and filler.cluster and filler.cluster == v.cluster:
            yield Found(v.id, filler.trigger, f"{role} of ‹{v.trigger.of(article.text)}›")


def _arguments(article: Article) -> Iterator[tuple[Event, str, Entity | Event]]:
    for v in article.document.events:
        for a in v.arguments:
            if a.filler.id in article.items:
                yield v, a.role, article.items[a.filler.id]


def _span(filler: Entity | Event):
    return filler.trigger if isinstance(filler, Event) else filler.span
