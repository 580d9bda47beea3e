"""The ``lookup`` baseline: look up in the fifth article what the other four name.

For each article a lexicon is built from the gold of all others; the article's own gold is never seen. Names, values and
triggers are looked up in it. Arguments are the nearest mentions of a type that has filled their role. Quotes are the
stretches in quotation marks, with the nearest reporting verb as cue and the nearest person, organisation or place as
source. Nothing is learnt beyond counts: any extractor should do better.

    python benchmark/baselines/lookup/lookup.py        writes predictions.jsonl beside this file
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from vostochny.formats import jsonl
from vostochny.formats.input import Input
from vostochny.model import Argument, Document, Entity, Event, Quote, Reference, Span
from vostochny.system import interruption
from vostochny.text.alignment import covering_tokens

# A trigger is looked up where at least this share of its occurrences are triggers; a role is filled where at least this
# share of the events of its type fill it.
MIN_SHARE = 0.4
MIN_QUOTE_TOKENS = 5  # shorter stretches in quotation marks are names and scare quotes
QUOTATION_MARKS = (("“", "”"), ("‘", "’"))
SPEAKER_TYPES = ("PER", "ORG", "GPE")

Words = tuple[str, ...]


def _words(document: Document, span: Span) -> Words:
    """Return the tokens that a gold span covers, as strings."""
    reach = covering_tokens(span, document.tokens)
    assert reach is not None  # gold spans begin and end with a token
    return tuple(t.of(document.text) for t in document.tokens[reach[0] : reach[1]])


def _fold(words: Words) -> Words:
    """Return words in lower case."""
    return tuple(w.lower() for w in words)


def _distance(a: Span, b: Span) -> int:
    """Return the number of characters between two spans; 0 where they touch or overlap."""
    return max(a.start - b.end, b.start - a.end, 0)


class Lexicon:
    """The names, triggers, cues and roles of some annotated articles, by what is most frequent.

    Attributes:
        names: Type, level and demonym of each name or value, by its words.
        triggers: Type and realis of each trigger, by its words in lower case.
        cues: Reporting verbs, by their words in lower case.
        roles: The roles that each type of event usually has.
        filler_types: The types of entity that have filled a role, by type of event and role.
    """

    def __init__(self, documents: Iterable[Document]):
        name_counts: dict[Words, Counter] = defaultdict(Counter)
        trigger_counts: dict[Words, Counter] = defaultdict(Counter)
        occurrences: Counter[Words] = Counter()  # of words, as a trigger or not
        role_counts: Counter[tuple[str, str]] = Counter()
        type_counts: Counter[str] = Counter()
        self.cues: Counter[Words] = Counter()
        self.filler_types: dict[tuple[str, str], set[str]] = defaultdict(set)
        for d in documents:
            entities = {e.id: e for e in d.entities}
            for e in d.entities:
                if e.level in ("NAM", None):
                    name_counts[_words(d, e.span)][e.type, e.level, e.demonym] += 1
            for event in d.events:
                trigger_counts[_fold(_words(d, event.trigger))][event.type, event.realis] += 1
                type_counts[event.type] += 1
                for role in {a.role for a in event.arguments}:
                    role_counts[event.type, role] += 1
                for a in event.arguments:
                    if a.filler.id in entities:
                        self.filler_types[event.type, a.role].add(entities[a.filler.id].type)
            for quote in d.quotes:
                if quote.cue:
                    self.cues[_fold(_words(d, quote.cue))] += 1
            tokens = _fold(tuple(t.of(d.text) for t in d.tokens))
            for length in {len(w) for w in trigger_counts}:
                occurrences.update(tokens[i : i + length] for i in range(len(tokens) - length + 1))
        self.names = {words: c.most_common(1)[0][0] for words, c in name_counts.items()}
        self.triggers = {
            words: c.most_common(1)[0][0]
            for words, c in trigger_counts.items()
            if c.total() >= MIN_SHARE * occurrences[words]
        }
        self.roles: dict[str, list[str]] = defaultdict(list)
        for (type_, role), count in sorted(role_counts.items()):
            if count >= MIN_SHARE * type_counts[type_]:
                self.roles[type_].append(role)

    @staticmethod
    def find(document: Document, entries: dict, fold: bool) -> list[tuple[Span, object]]:
        """Return the entries that occur in a document, with their spans, from left to right.

        At each place the longest entry is taken, and none inside another. ``fold`` ignores case.
        """
        tokens = tuple(t.of(document.text) for t in document.tokens)
        if fold:
            tokens = _fold(tokens)
        longest = max((len(w) for w in entries), default=0)
        out = []
        at = 0
        while at < len(tokens):
            for length in range(min(longest, len(tokens) - at), 0, -1):
                if tokens[at : at + length] in entries:
                    span = Span(document.tokens[at].start, document.tokens[at + length - 1].end)
                    out.append((span, entries[tokens[at : at + length]]))
                    at += length
                    break
            else:
                at += 1
        return out


def extract(document: Document, lexicon: Lexicon) -> Document:
    """Return the baseline's annotation of an article, without looking at its gold."""
    entities = [
        Entity(f"e{i}", span, type_, level, demonym)
        for i, (span, (type_, level, demonym)) in enumerate(lexicon.find(document, lexicon.names, fold=False), 1)
    ]
    events = []
    for i, (span, (type_, realis)) in enumerate(lexicon.find(document, lexicon.triggers, fold=True), 1):
        arguments = _find_arguments(type_, span, _in_same_sentence(document, span, entities), lexicon)
        events.append(Event(f"v{i}", span, type_, realis, "positive", arguments=tuple(arguments)))
    return Document(
        document.doc_id,
        document.text,
        entities=tuple(entities),
        events=tuple(events),
        quotes=tuple(_find_quotes(document, entities, lexicon)),
    )


def _in_same_sentence(document: Document, span: Span, entities: Sequence[Entity]) -> list[Entity]:
    """Return the entities of the sentence in which a span begins."""
    sentence = next(s for s in document.sentences if s.start <= span.start < s.end)
    return [e for e in entities if sentence.start <= e.span.start < sentence.end]


def _find_arguments(type_: str, trigger: Span, entities: list[Entity], lexicon: Lexicon) -> list[Argument]:
    """Return an event's arguments: for each usual role the nearest entity of a fitting type, each entity once."""
    out = []
    free = sorted(entities, key=lambda e: (_distance(e.span, trigger), e.span))
    for role in lexicon.roles[type_]:
        filler = next((e for e in free if e.type in lexicon.filler_types[type_, role]), None)
        if filler:
            free.remove(filler)
            out.append(Argument(role, Reference(filler.span, filler.id)))
    return out


def _find_quotes(document: Document, entities: list[Entity], lexicon: Lexicon) -> Iterable[Quote]:
    """Yield the quotes of a document, paragraph by paragraph."""
    cues = [span for span, _ in lexicon.find(document, lexicon.cues, fold=True)]
    number = 0
    for paragraph in document.paragraphs:
        for content in _find_quoted(document, paragraph):
            number += 1
            nearby_cues = [
                c for c in cues if paragraph.start <= c.start < paragraph.end and not c.overlaps(content)
            ]  # fmt: skip
            cue = min(nearby_cues, key=lambda c: (_distance(c, content), c), default=None)
            anchor = cue or content
            speakers = [
                e
                for e in entities
                if e.type in SPEAKER_TYPES
                and paragraph.start <= e.span.start < paragraph.end
                and not e.span.overlaps(content)
            ]
            source = min(speakers, key=lambda e: (_distance(e.span, anchor), e.span), default=None)
            reference = Reference(source.span, source.id) if source else None
            yield Quote(f"q{number}", (content,), cue, reference, directness="direct", attitude="assertion")


def _find_quoted(document: Document, paragraph: Span) -> Iterable[Span]:
    """Yield the long enough stretches in quotation marks; one that is not closed runs to the paragraph's end."""
    text = document.text
    for opening, closing in QUOTATION_MARKS:
        at = text.find(opening, paragraph.start, paragraph.end)
        while at >= 0:
            end = text.find(closing, at + 1, paragraph.end)
            span = Span(at, end + 1 if end >= 0 else paragraph.end)
            reach = covering_tokens(span, document.tokens)
            if reach and reach[1] - reach[0] >= MIN_QUOTE_TOKENS:
                yield span
            at = text.find(opening, span.end, paragraph.end)


def main() -> int:
    """Predict each article from the gold of the other ones and write the predictions."""
    gold = Input().read_gold().documents
    predictions = [extract(d, Lexicon(other for other in gold if other is not d)) for d in gold]
    jsonl.write(str(Path(__file__).with_name("predictions.jsonl")), predictions)
    return 0


if __name__ == "__main__":
    sys.exit(interruption.run_program(main, "lookup"))
