"""Rules for events: triggers, attributes, and what may fill which role."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from scripts.rules.articles import Article
from scripts.rules.book import ARTICLE, Breach, rule, split_words
from vostochny.model import Entity, Event, Span
from vostochny.ontology import EVENT
from vostochny.schema.records import list_stated

# Guideline V1, step 5: words that only report what somebody said.
REPORTING = split_words(
    """say says said saying tell tells told telling add adds added adding state states stated stating report reports
    reported reporting cite cites cited citing quote quotes quoted quoting note notes
    noted noting respond responds responded suggest
    suggests suggested comment comments commented deny denies denied"""
)
AUXILIARIES = split_words(
    """to is are was were be been being has have had having will would can could may might shall should must do does
    did not the a an"""
)
PREPOSITIONS = split_words("with of for at to against about by from")


@rule("EV1", ARTICLE, "Set realis to actual, generic or other, and polarity to positive or negative.", "V27")
def events_have_their_attributes(article: Article) -> Iterator[Breach]:
    """An event has a realis and a polarity."""
    for v in article.document.events:
        missing = [name for name in list_stated("events") if getattr(v, name) is None]
        if missing:
            yield Breach(v.id, v.trigger, f"{' and '.join(missing)} missing")


@rule(
    "EV2",
    ARTICLE,
    "What failed was attempted, so it is actual and positive; what is only planned has no outcome.",
    "V27",
)
def failures_are_actual(article: Article) -> Iterator[Breach]:
    """No event with another realis than actual, or with negative polarity, has an outcome."""
    for v in article.document.events:
        if v.outcome and (v.realis not in ("actual", None) or v.polarity == "negative"):
            yield Breach(v.id, v.trigger, " ".join(filter(None, [v.realis, v.polarity])))


@rule("EV3", ARTICLE, "Remove it; words of a name do not trigger an event.", "V1")
def no_trigger_overlaps_a_name(article: Article) -> Iterator[Breach]:
    """No trigger overlaps a name."""
    for v in article.document.events:
        for name in article.names:
            if v.trigger.overlaps(name.span):
                yield Breach(v.id, v.trigger, f"in ‹{name.span.of(article.text)}›")


@rule("EV4", ARTICLE, "Keep the one whose type fits best.", "V3")
def triggers_do_not_overlap(article: Article) -> Iterator[Breach]:
    """A word triggers one event: triggers do not overlap."""
    ordered = sorted(article.document.events, key=lambda v: (v.trigger, v.type))
    for a, b in pairwise(ordered):
        if a.trigger.overlaps(b.trigger):
            yield Breach(b.id, b.trigger, f"{b.type} beside {a.type}")


@rule("EV5", ARTICLE, "Give the cluster of the event in the world, even if it is mentioned once.", "V29")
def events_have_a_cluster(article: Article) -> Iterator[Breach]:
    """An event has a cluster."""
    yield from (Breach(v.id, v.trigger) for v in article.document.events if not v.cluster)


@rule("EV6", ARTICLE, "Mark it as the cue of a quote, and remove the event.", "V1")
def reporting_verbs_are_not_triggers(article: Article) -> Iterator[Breach]:
    """A verb that only reports triggers no event."""
    for v in article.document.events:
        if v.trigger.of(article.text).lower() in REPORTING:
            yield Breach(v.id, v.trigger)


@rule("EV7", ARTICLE, "Leave auxiliaries, articles and prepositions outside.", "V2")
def triggers_are_minimal(article: Article) -> Iterator[Breach]:
    """A trigger neither begins with an auxiliary, *to* or an article nor ends with a preposition."""
    for v in article.document.events:
        words = v.trigger.of(article.text).lower().split()
        if len(words) > 1 and (words[0] in AUXILIARIES or words[-1] in PREPOSITIONS):
            yield Breach(v.id, v.trigger)


@rule("AR1", ARTICLE, "Choose a role that the type has.", "A2")
def roles_belong_to_the_type(article: Article) -> Iterator[Breach]:
    """A role is one that the event's type has."""
    for v in article.document.events:
        roles = article.ontology.events[v.type].roles
        for a in v.arguments:
            if a.role not in roles:
                yield Breach(v.id, v.trigger, f"{v.type} has no {a.role}; it has {', '.join(roles)}")


@rule("AR2", ARTICLE, "Leave the role empty where nothing of the right type fills it.", "A2")
def fillers_have_an_admitted_type(article: Article) -> Iterator[Breach]:
    """A filler has a type that its role admits."""
    for v, role, filler in _arguments(article):
        admitted = article.ontology.events[v.type].roles.get(role)
        kind = EVENT if isinstance(filler, Event) else filler.type
        if admitted is not None and kind not in admitted:
            yield Breach(v.id, _span(filler), f"{role} of ‹{v.trigger.of(article.text)}› does not admit {kind}")


@rule("AR3", ARTICLE, "Choose a mention in that sentence, or leave the role empty.", "A1")
def fillers_are_in_the_sentence(article: Article) -> Iterator[Breach]:
    """A filler is in its trigger's sentence."""
    for v, role, filler in _arguments(article):
        if article.sentence(v.trigger.start) != article.sentence(_span(filler).start):
            yield Breach(v.id, _span(filler), f"{role} of ‹{v.trigger.of(article.text)}›")


@rule("AR4", ARTICLE, "Keep the one that is syntactically closest.", "A3")
def one_filler_per_cluster(article: Article) -> Iterator[Breach]:
    """A role has at most one filler of each cluster; of values, which have no cluster, it may have several."""
    seen: defaultdict[str, set[tuple[str, str | None]]] = defaultdict(set)
    for v, role, filler in _arguments(article):
        if filler.cluster and (role, filler.cluster) in seen[v.id]:
            yield Breach(v.id, _span(filler), f"a second {filler.cluster} as {role} of ‹{v.trigger.of(article.text)}›")
        seen[v.id].add((role, filler.cluster))


@rule("AR5", ARTICLE, "Remove it, or give one of the two the cluster of another event.", "A13")
def no_event_fills_itself(article: Article) -> Iterator[Breach]:
    """No event has another mention of itself as an argument."""
    for v, role, filler in _arguments(article):
        if isinstance(filler, Event) and filler.cluster and filler.cluster == v.cluster:
            yield Breach(v.id, filler.trigger, f"{role} of ‹{v.trigger.of(article.text)}›")


def _arguments(article: Article) -> Iterator[tuple[Event, str, Entity | Event]]:
    """Yield every argument as (event, role, filler); fillers that are not in the article are left out."""
    for v in article.document.events:
        for a in v.arguments:
            if a.filler.id in article.items:
                yield v, a.role, article.items[a.filler.id]


def _span(filler: Entity | Event) -> Span:
    return filler.trigger if isinstance(filler, Event) else filler.span
