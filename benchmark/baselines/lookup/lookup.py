"""The ``lookup`` baseline: what the other four articles already name, found again in the fifth.

For each article a lexicon is made of the gold of all others; the article's own gold is never seen. Names, values and
triggers are looked up in it, arguments are the nearest mentions of a type that their role has had, quotes are what
stands in quotation marks, with the nearest reporting verb as cue and the nearest person, organisation or place as
source. Nothing is learnt beyond counts. The floor that any extractor should leave behind.

    python benchmark/baselines/lookup/lookup.py        writes predictions.jsonl beside this file
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from vostochny import corpus
from vostochny.formats import jsonl
from vostochny.model import Argument, Document, Entity, Event, Quote, Reference, Span
from vostochny.ontology import load_ontology
from vostochny.text.alignment import covering_tokens

# A role is filled where at least this share of the lexicon's events of the type fill it; a word is a trigger where at
# least this share of its occurrences are.
OFTEN = 0.4
# Shorter stretches in quotation marks are names and scare quotes.
QUOTE_TOKENS = 5
MARKS = (("“", "”"), ("‘", "’"))

Words = tuple[str, ...]


def _words(document: Document, span: Span) -> Words:
    reach = covering_tokens(span, document.tokens)
    assert reach is not None  # gold spans begin and end with a token
    return tuple(t.of(document.text) for t in document.tokens[reach[0] : reach[1]])


def _distance(a: Span, b: Span) -> int:
    return max(a.start - b.end, b.start - a.end, 0)


class Lexicon:
    """Counts over annotated articles: what each string is, what each trigger is, what fills each role."""

    def __init__(self, documents: Iterable[Document]):
        names: dict[Words, Counter] = defaultdict(Counter)
        triggers: dict[Words, Counter] = defaultdict(Counter)
        seen: Counter[Words] = Counter()
        self.cues: Counter[Words] = Counter()
        filled: Counter[tuple[str, str]] = Counter()
        types: Counter[str] = Counter()
        self.filler_types: dict[tuple[str, str], set[str]] = defaultdict(set)
        for d in documents:
            entities = {e.id: e for e in d.entities}
            for e in d.entities:
                if e.level in ("NAM", None):
                    names[_words(d, e.span)][e.type, e.level, e.demonym] += 1
            for event in d.events:
                triggers[self._fold(_words(d, event.trigger))][event.type, event.realis] += 1
                types[event.type] += 1
                for role in {a.role for a in event.arguments}:
                    filled[event.type, role] += 1
                for a in event.arguments:
                    if a.filler.id in entities:
                        self.filler_types[event.type, a.role].add(entities[a.filler.id].type)
            for quote in d.quotes:
                if quote.cue:
                    self.cues[self._fold(_words(d, quote.cue))] += 1
            lengths = {len(w) for w in triggers}
            tokens = self._fold(tuple(t.of(d.text) for t in d.tokens))
            for length in lengths:
                seen.update(tokens[i : i + length] for i in range(len(tokens) - length + 1))
        self.names = {words: c.most_common(1)[0][0] for words, c in names.items()}
        self.triggers = {
            words: c.most_common(1)[0][0] for words, c in triggers.items() if c.total() >= OFTEN * seen[words]
        }
        self.roles: dict[str, list[str]] = defaultdict(list)
        for (type_, role), count in sorted(filled.items()):
            if count >= OFTEN * types[type_]:
                self.roles[type_].append(role)

    @staticmethod
    def _fold(words: Words) -> Words:
        return tuple(w.lower() for w in words)

    def find(self, document: Document, entries: dict, fold: bool) -> list[tuple[Span, object]]:
        """Entries that stand in the document, from left to right, the longest at each place, none inside another."""
        tokens = tuple(t.of(document.text) for t in document.tokens)
        if fold:
            tokens = self._fold(tokens)
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
    """The baseline's annotation of one article; its gold layers are not looked at."""
    entities = [
        Entity(f"e{i}", span, type_, level, demonym)
        for i, (span, (type_, level, demonym)) in enumerate(lexicon.find(document, lexicon.names, fold=False), 1)
    ]
    events = []
    for i, (span, (type_, realis)) in enumerate(lexicon.find(document, lexicon.triggers, fold=True), 1):
        arguments = _arguments(type_, span, _same_sentence(document, span, entities), lexicon)
        events.append(Event(f"v{i}", span, type_, realis, "positive", arguments=tuple(arguments)))
    return Document(
        document.doc_id,
        document.text,
        entities=tuple(entities),
        events=tuple(events),
        quotes=tuple(_quotes(document, entities, lexicon)),
    )


def _same_sentence(document: Document, span: Span, entities: Sequence[Entity]) -> list[Entity]:
    sentence = next(s for s in document.sentences if s.start <= span.start < s.end)
    return [e for e in entities if sentence.start <= e.span.start < sentence.end]


def _arguments(type_: str, trigger: Span, near: list[Entity], lexicon: Lexicon) -> list[Argument]:
    out = []
    free = sorted(near, key=lambda e: (_distance(e.span, trigger), e.span))
    for role in lexicon.roles[type_]:
        fitting = next((e for e in free if e.type in lexicon.filler_types[type_, role]), None)
        if fitting:
            free.remove(fitting)
            out.append(Argument(role, Reference(fitting.span, fitting.id)))
    return out


def _quotes(document: Document, entities: list[Entity], lexicon: Lexicon) -> Iterable[Quote]:
    text = document.text
    cues = [span for span, _ in lexicon.find(document, lexicon.cues, fold=True)]
    number = 0
    for paragraph in document.paragraphs:
        for opening, closing in MARKS:
            at = text.find(opening, paragraph.start, paragraph.end)
            while at >= 0:
                end = text.find(closing, at + 1, paragraph.end)
                span = Span(at, end + 1 if end >= 0 else paragraph.end)
                reach = covering_tokens(span, document.tokens)
                if reach and reach[1] - reach[0] >= QUOTE_TOKENS:
                    number += 1
                    inside = [c for c in cues if paragraph.start <= c.start < paragraph.end and not c.overlaps(span)]
                    cue = min(inside, key=lambda c: (_distance(c, span), c), default=None)
                    anchor = cue or span
                    speakers = [
                        e
                        for e in entities
                        if e.type in ("PER", "ORG", "GPE")
                        and paragraph.start <= e.span.start < paragraph.end
                        and not e.span.overlaps(span)
                    ]
                    source = min(speakers, key=lambda e: (_distance(e.span, anchor), e.span), default=None)
                    reference = Reference(source.span, source.id) if source else None
                    yield Quote(f"q{number}", (span,), cue, reference, directness="direct", attitude="assertion")
                at = text.find(opening, span.end, paragraph.end)


def main() -> None:
    """Predict each article from the other ones and store the predictions."""
    gold = jsonl.read_gold(str(corpus.documents_path()), load_ontology())
    predictions = [extract(d, Lexicon(other for other in gold if other is not d)) for d in gold]
    jsonl.write(str(Path(__file__).with_name("predictions.jsonl")), predictions)


if __name__ == "__main__":
    main()
