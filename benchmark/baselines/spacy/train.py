"""The ``spacy`` baseline: a small named-entity recogniser, trained on four articles and tried on the fifth.

For each article a blank English pipeline with spaCy's own NER component and its default settings learns names and
values from the gold of the other four; the article's own gold is never seen. No pretrained vectors, no settings chosen
by score: what a newcomer gets within seconds. Of nested names the longer one is learnt.

    python benchmark/baselines/spacy/train.py        writes predictions.jsonl beside this file
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import filter_spans, fix_random_seed, minibatch

from vostochny import corpus
from vostochny.formats import jsonl
from vostochny.model import Document, Entity, Span
from vostochny.ontology import load_ontology

SEED = 20230913
EPOCHS = 10
BATCH = 8
DROPOUT = 0.2


def paragraphs(document: Document, nlp: Language) -> list[tuple[Doc, list[Span]]]:
    """Each paragraph as a Doc of the stored tokens, and where those tokens stand in the article."""
    out = []
    for paragraph in document.paragraphs:
        tokens = [t for t in document.tokens if paragraph.start <= t.start < paragraph.end]
        if tokens:
            spaces = [document.text[t.end : t.end + 1].isspace() for t in tokens]
            out.append((Doc(nlp.vocab, [t.of(document.text) for t in tokens], spaces), tokens))
    return out


def examples(documents: Iterable[Document], nlp: Language) -> list[Example]:
    """Training examples, one a paragraph, with the names and values of the gold."""
    out = []
    for document in documents:
        for doc, tokens in paragraphs(document, nlp):
            first = {t.start: i for i, t in enumerate(tokens)}
            last = {t.end: i + 1 for i, t in enumerate(tokens)}
            gold = doc.copy()
            gold.ents = filter_spans(
                spacy.tokens.Span(gold, first[e.span.start], last[e.span.end], e.type)
                for e in document.entities
                if e.level in ("NAM", None) and e.span.start in first and e.span.end in last
            )
            out.append(Example(doc, gold))
    return out


def trained(documents: Sequence[Document]) -> Language:
    """A pipeline that has learnt these articles; the same each time."""
    fix_random_seed(SEED)
    nlp = spacy.blank("en")
    nlp.add_pipe("ner")
    given = examples(documents, nlp)
    optimizer = nlp.initialize(lambda: given)
    order = random.Random(SEED)
    for _ in range(EPOCHS):
        order.shuffle(given)
        for batch in minibatch(given, BATCH):
            nlp.update(batch, sgd=optimizer, drop=DROPOUT)
    return nlp


def extract(document: Document, nlp: Language) -> Document:
    """The pipeline's names and values in an article; its gold layers are not looked at."""
    found = []
    for doc, tokens in paragraphs(document, nlp):
        found += [(Span(tokens[e.start].start, tokens[e.end - 1].end), e.label_) for e in nlp(doc).ents]
    entities = tuple(Entity(f"e{i}", span, label) for i, (span, label) in enumerate(found, 1))
    return Document(document.doc_id, document.text, entities=entities, emitted=frozenset({"entities"}))


def main() -> None:
    """Predict each article by a pipeline trained on the other ones and store the predictions."""
    gold = jsonl.read_gold(str(corpus.documents_path()), load_ontology())
    predictions = [extract(d, trained([other for other in gold if other is not d])) for d in gold]
    jsonl.write(str(Path(__file__).with_name("predictions.jsonl")), predictions)


if __name__ == "__main__":
    main()
