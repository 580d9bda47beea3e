"""The kinds of rows in the consistency report: one function per kind, which finds places that differ from similar ones.

The docstring of each function is the heading of its rows in the report.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from scripts.rules.articles import Article, inside
from scripts.rules.book import split_words
from scripts.rules.consistency import kind
from scripts.rules.entity_rules import TITLES
from scripts.rules.quote_rules import find_own_marks
from vostochny.model import Entity, Event, Span
from vostochny.text.layout import find_occurrences

# Verbs of saying and thinking, in addition to the cues of the gold. Words that more often mean something else (‹show›,
# ‹plan›) are left to the cues.
REPORT_VERBS = split_words(
    """say says said saying tell tells told telling add adds added adding states stated report reports reported
    announce announced assert asserted claim claims claimed explain explained explaining reply replied respond
    responded comment commented note noted insist insisted argue argued believe believes believed think thinks
    thought expect expects expected hope hopes hoped fear fears feared warn warns warned suggest suggests
    suggested indicate indicated according quote quoted cite cited deny denied ask asked urge urged pledge pledged
    promise promised vow vowed express expressed assure assured accuse accused condemn condemned praise praised
    laud lauded thank thanked encourage encouraged"""
)
# Words in a cue beside its verb.
NOT_CUES = split_words(
    """is are was were be been being has have had will would did does do not didn’t doesn’t also now immediately to
    as per by of for on"""
)
NUMBERS = split_words(
    """one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred thousand
    million billion dozen half first second third fourth fifth"""
)
CALENDAR = split_words(
    """monday tuesday wednesday thursday friday saturday sunday january february march april june july august
    september october november december jan feb aug sep sept oct nov dec today yesterday tomorrow"""
)
UNITS = split_words("""second minute hour day week month year decade century percent kilometer kilometre mile dollar""")
# Pronouns that mostly refer to nothing that is annotated: an unmarked one is no sign of a mistake.
LOOSE_PRONOUNS = split_words("that it this what one")
# Guideline E8: a noun before one of these words belongs to its name and is not a mention.
NOT_MENTIONS = split_words(
    """technology technologies engineering program programs programme programmes capability capabilities travel"""
)
OPENERS = "“‘(–—:"  # characters after which a capital may be that of a sentence


def _places(article: Article, words: str) -> Iterator[Span]:
    """Yield where these words occur in scored zones, in upper or lower case."""
    for start in find_occurrences(words.lower(), article.lower_text, 0, len(article.text)):
        span = Span(start, start + len(words))
        if not any(span.overlaps(zone) for zone in article.unscored):
            yield span


def _mentions(article: Article) -> list[Entity]:
    return [e for e in article.document.entities if e.type in article.ontology.mentions]


def _words(article: Article) -> Iterator[Span]:
    """Yield the tokens of scored zones that begin with a letter or digit."""
    for token in article.document.tokens:
        if token.of(article.text)[0].isalnum() and not any(token.overlaps(z) for z in article.unscored):
            yield token


def _covered(span: Span, spans: Iterable[Span]) -> bool:
    return any(span.overlaps(s) for s in spans)


# -- mentions ----------------------------------------------------------------------------------------------------------


@kind("mention")
def mentions_missing(gold: list[Article]) -> Iterator[tuple[Article, Span, str]]:
    """Words that are a mention or value elsewhere, but not here"""
    marked: Counter[str] = Counter()
    as_type: dict[str, Counter[str]] = defaultdict(Counter)
    for a in gold:
        for e in a.document.entities:
            words = e.span.of(a.text).lower()
            marked[words] += 1
            as_type[words][" ".join(filter(None, [e.type, e.level]))] += 1
    for a in gold:
        spans = {e.span for e in a.document.entities}
        for words, times in marked.items():
            if words in LOOSE_PRONOUNS:
                continue
            usual = as_type[words].most_common(1)[0][0]
            for place in _places(a, words):
                # Words inside a longer mention belong to it: ‹missiles› in ‹two ballistic missiles›.
                in_mention = any(inside(place, s) for s in spans)
                if not in_mention and not (usual.endswith("NOM") and _modifies(a, place)):
                    yield a, place, f"{usual} in {times} other places"


def _modifies(article: Article, noun: Span) -> bool:
    """Return True for a noun right before a name (guideline E20, step 3) or a word that makes no mention (E8)."""
    named = any(article.text[noun.end : e.span.start] == " " for e in article.names if e.span.start > noun.end)
    after = re.compile(r" (\w+)").match(article.text, noun.end)
    return named or bool(after and after[1] in NOT_MENTIONS)


@kind("type")
def types_differ(gold: list[Article]) -> Iterator[tuple[Article, Span, str]]:
    """Names, nominals and values whose type, level or demonym differs from that of most with the same words"""
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    mentions = []
    for a in gold:
        for e in a.document.entities:
            if e.level != "PRO":
                words = e.span.of(a.text).lower()
                label = " ".join(filter(None, [e.type, e.level, "demonym" if e.demonym else None]))
                mentions.append((a, e.span, words, label))
                labels[words][label] += 1
    for a, span, words, label in mentions:
        usual, times = labels[words].most_common(1)[0]
        if label != usual:
            yield a, span, f"{label} here, {usual} in {times} places"


@kind("identity")
def clusters_differ(gold: list[Article]) -> Iterator[tuple[Article, Span, str]]:
    """Names whose cluster differs from that of most names with the same words"""
    clusters: dict[str, Counter[str]] = defaultdict(Counter)
    for a in gold:
        for e in a.names:
            clusters[e.span.of(a.text).lower()][e.cluster or ""] += 1
    for a in gold:
        for e in a.names:
            usual, times = clusters[e.span.of(a.text).lower()].most_common(1)[0]
            if e.cluster != usual:
                yield a, e.span, f"{e.cluster} here, {usual} in {times} places"


@kind("capital")
def capitals_without_a_mention(gold: list[Article]) -> Iterator[tuple[Article, Span, str]]:
    """Capitalised words outside every mention"""
    named = {w for a in gold for e in a.names for w in re.findall(r"\w+", e.span.of(a.text)) if w[0].isupper()}
    for a in gold:
        spans = [e.span for e in a.document.entities]
        titles = _titles(a)
        firsts = {s.start for s in (*a.document.sentences, *(z.span for z in a.document.zones))}
        for token in _words(a):
            word = token.of(a.text)
            before = a.text[: token.start].rstrip()[-1:]
            initial = token.start in firsts or before in OPENERS or (before in "”.!?" and before)
            plain = _covered(token, spans) or token.start in titles or word == "I"
            if word[0].isupper() and not plain and (not initial or word in named):
                yield a, token, "sentence-initial, part of a name elsewhere" if initial else "no mention"


def _titles(article: Article) -> set[int]:
    """Return the starts of the capitalised words before a person's name that make up a title."""
    people = [e for e in article.names if e.type == "PER"]
    starts = set()
    for person in people:
        # From the name backwards, as long as words are capitalised and only white space is between them.
        run, end = [], person.span.start
        for token in reversed([t for t in article.document.tokens if t.end <= person.span.start]):
            word = token.of(article.text)
            if not word[0].isupper() or article.text[token.end : end].strip():
                break
            run.append(token)
            end = token.start
        # A title further off, as in ‹Press Secretary of …›, is left for a person to see.
        if run and any(t.of(article.text).lower().rstrip("s") in TITLES for t in run):
            starts |= {t.start for t in run}
    return starts


@kind("value")
def values_missing(gold: list[Article]) -> Iterator[tuple[Article, Span, str]]:
    """Numerals, dates and units outside every value and name"""
    for a in gold:
        spans = [e.span for e in a.document.entities if e.type in a.ontology.values or e.level == "NAM"]
        for token in _words(a):
            word = token.of(a.text).lower()
            # A capital distinguishes May from may; yesterday and today need none.
            calendar = word in CALENDAR and (token.of(a.text)[0].isupper() or word.endswith("day"))
            unit = word.rstrip("s") in UNITS
            hyphenated = "-" in (a.text[token.start - 1 : token.start], a.text[token.end : token.end + 1])
            # The ‹one› of ‹one-on-one› is not a number.
            numeral = re.search(r"\d", word) or (word in NUMBERS and not (hyphenated and word == "one"))
            if (numeral or calendar or unit) and not _covered(token, spans):
                yield a, token, "no value"


# -- quotes ------------------------------------------------------------------------------------------------------------


@kind("marks")
def marks_without_a_quote(gold: list[Article]) -> Iterator[tuple[Article, Span, str]]:
    """Quotation marks without a quote, except around or inside a mention"""
    for a in gold:
        content = [part for q in a.document.quotes for part in q.content]
        for pair in a.marks:
            words = Span(pair.start + 1, pair.end - 1)
            named = any(e.span == words or inside(pair, e.span) for e in a.document.entities)
            quoted = any(pair in find_own_marks(a, q) for q in a.document.quotes) or _covered(words, content)
            if not named and not quoted and not any(pair.overlaps(z) for z in a.unscored):
                yield a, pair, "no quote"
        for m in re.finditer("[“‘]", a.text):
            if not any(p.start <= m.start() < p.end for p in a.marks) and not _covered(Span(*m.span()), content):
                yield a, Span(*m.span()), "no quote, not closed"


@kind("report")
def verbs_without_a_cue(gold: list[Article]) -> Iterator[tuple[Article, Span, str]]:
    """Words that are a cue elsewhere, or mostly are one, and here neither cue nor trigger nor in a mention"""
    cues = Counter(
        word.lower()
        for a in gold
        for q in a.document.quotes
        if q.cue
        for word in a.tokens(q.cue)
        if word.lower() not in NOT_CUES and word[0].isalpha()
    )
    for a in gold:
        taken = [q.cue for q in a.document.quotes if q.cue] + [v.trigger for v in a.document.events]
        taken += [e.span for e in a.document.entities]
        for token in _words(a):
            word = token.of(a.text).lower()
            if (word in cues or word in REPORT_VERBS) and not _covered(token, taken) and not _beside_a_cue(a, token):
                yield a, token, f"a cue in {cues[word]} places" if word in cues else "a verb of saying or thinking"


def _beside_a_cue(article: Article, word: Span) -> bool:
    """Return True for the noun ‹report› beside a cue: ‹According to media reports›, ‹reports suggest›."""
    for q in article.document.quotes:
        if q.cue and word.of(article.text).lower().startswith("report"):
            gap = article.text[min(word.end, q.cue.end) : max(word.start, q.cue.start)]
            if len(gap) < 20 and len(gap.split()) <= 1:
                return True
    return False


@kind("report-trigger")
def cues_that_are_only_triggers(gold: list[Article]) -> Iterator[tuple[Article, Span, str]]:
    """Triggers that are elsewhere a cue as well, but not here"""
    both: Counter[str] = Counter()  # by stem, how many triggers are cues as well
    triggers = []
    for a in gold:
        cues = [q.cue for q in a.document.quotes if q.cue]
        for v in a.document.events:
            stem = _stem(v.trigger.of(a.text))
            reports = _covered(v.trigger, cues)
            both[stem] += reports
            triggers.append((a, v.trigger, stem, reports))
    for a, span, stem, reports in triggers:
        if both[stem] and not reports:
            yield a, span, f"trigger and cue in {both[stem]} places"


# -- events ------------------------------------------------------------------------------------------------------------


def _stem(words: str) -> str:
    """Return a rough base form: the first word without its ending, the others in lower case."""
    first, *rest = words.lower().split()
    for ending, replacement in (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("e", "")):
        if first.endswith(ending) and len(first) - len(ending) >= 3 and not first.endswith("ss"):
            first = first.removesuffix(ending) + replacement
            break
    # stopped → stopp → stop, but not kill or miss.
    if len(first) > 3 and first[-1] == first[-2] and first[-1] not in "ls":
        first = first[:-1]
    return " ".join([first.removesuffix("e"), *rest])


def _events_by_stem(gold: list[Article]) -> dict[str, list[tuple[Article, Event]]]:
    """Return all events by the base form of their triggers."""
    events = defaultdict(list)
    for a in gold:
        for v in a.document.events:
            events[_stem(v.trigger.of(a.text))].append((a, v))
    return events


def _untriggered(gold: list[Article]) -> Iterator[tuple[Article, Span, list[tuple[Article, Event]]]]:
    """Yield words that trigger events elsewhere and here are outside triggers and mentions, with those events."""
    known = _events_by_stem(gold)
    longest = max((len(stem.split()) for stem in known), default=0)
    for a in gold:
        taken = [v.trigger for v in a.document.events] + [e.span for e in a.names]
        tokens = list(_words(a))
        for n, token in enumerate(tokens):
            for size in range(1, longest + 1):
                place = Span(token.start, tokens[min(n + size, len(tokens)) - 1].end)
                events = known.get(_stem(place.of(a.text)))
                if not events or any(inside(place, e.span) for e in a.document.entities):
                    continue
                if not _covered(place, taken):
                    yield a, place, events


@kind("trigger")
def triggers_missing(gold: list[Article]) -> Iterator[tuple[Article, Span, str]]:
    """Words that trigger an event elsewhere, but not here"""
    for a, place, events in _untriggered(gold):
        if not _missing_here(a, place, events):
            types = Counter(v.type for _, v in events)
            yield a, place, ", ".join(f"{t} in {n}" for t, n in types.most_common()) + " places"


@kind("event")
def events_missing(gold: list[Article]) -> Iterator[tuple[Article, Span, str]]:
    """Words that trigger, in other articles, an event that has no mention in this one, beside one of its fillers"""
    for a, place, events in _untriggered(gold):
        if missing := _missing_here(a, place, events):
            yield a, place, "; ".join(f"{c} in {', '.join(sorted(where))}" for c, where in missing.items())


def _missing_here(article: Article, place: Span, events: list[tuple[Article, Event]]) -> dict[str, set[str]]:
    """Return the clusters of these events that the article lacks, with the articles that have them.

    Only events count that have a filler in the sentence of ``place``.
    """
    here = {v.cluster for v in article.document.events}
    near = _near(article, place)
    missing = defaultdict(set)
    for a, v in events:
        fillers = {i.cluster for arg in v.arguments if (i := a.items.get(arg.filler.id or ""))} - {None}
        if v.cluster and v.cluster not in here and fillers & near:
            missing[v.cluster].add(a.document.short_id)
    return dict(missing)


def _near(article: Article, place: Span) -> set[str | None]:
    """Return the clusters that are mentioned in the sentence of a place."""
    sentence = article.sentence(place.start)
    return {e.cluster for e in _mentions(article) if sentence and inside(e.span, sentence)}


@kind("argument")
def arguments_missing(gold: list[Article]) -> Iterator[tuple[Article, Span, str]]:
    """Events with an empty role whose usual filler elsewhere is mentioned in the sentence"""
    filled: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for a in gold:
        for v in a.document.events:
            for argument in v.arguments:
                filler = a.items.get(argument.filler.id or "")
                if v.cluster and filler and filler.cluster:
                    filled[v.cluster][argument.role, filler.cluster] += 1
    for a in gold:
        for v in a.document.events:
            roles = {argument.role for argument in v.arguments}
            fillers = {i.cluster for arg in v.arguments if (i := a.items.get(arg.filler.id or ""))}
            near = _near(a, v.trigger)
            for (role, cluster), times in filled[v.cluster or ""].items():
                usual = times > 1 and role in a.ontology.events[v.type].roles
                if usual and role not in roles and cluster in near - fillers:
                    yield a, v.trigger, f"{role} {cluster} in {times} places, here empty"
