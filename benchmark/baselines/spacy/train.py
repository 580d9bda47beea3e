"""The ``spacy`` baseline: a small named-entity recogniser, trained on four articles and applied to the fifth.

For each article a blank English pipeline with spaCy's own NER component and its default settings learns names and
values from the gold of the other four; the article's own gold is never seen. It uses no pretrained vectors and no
settings chosen by score: the result that a newcomer gets within seconds. Of nested names the longer one is learnt.

    python benchmark/baselines/spacy/train.py        writes predictions.jsonl beside this file
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import filter_spans, fix_random_seed, minibatch

from vostochny.formats import jsonl
from vostochny.formats.input import Input
from vostochny.model import Document, Entity, Span
from vostochny.system import interruption

SEED = 20230913
EPOCHS = 10
BATCH_PARAGRAPHS = 8
DROPOUT = 0.2


def split_paragraphs(document: Document, nlp: Language) -> list[tuple[Doc, list[Span]]]:
    """Return each paragraph as a spaCy Doc of the stored tokens, with the spans of those tokens in the article."""
    out = []
    for paragraph in document.paragraphs:
        tokens = [t for t in document.tokens if paragraph.start <= t.start < paragraph.end]
        if tokens:
            spaces = [document.text[t.end : t.end + 1].isspace() for t in tokens]
            out.append((Doc(nlp.vocab, [t.of(document.text) for t in tokens], spaces), tokens))
    return out


def build_examples(documents: Iterable[Document], nlp: Language) -> list[Example]:
    """Return training examples, one per paragraph, with the names and values of the gold."""
    out = []
    for document in documents:
        for doc, tokens in split_paragraphs(document, nlp):
            # From character offsets in the article to token indices in the paragraph.
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


def train(documents: Sequence[Document]) -> Language:
    """Return a pipeline trained on these articles; the same one each time."""
    fix_random_seed(SEED)
    nlp = spacy.blank("en")
    nlp.add_pipe("ner")
    training = build_examples(documents, nlp)
    optimizer = nlp.initialize(lambda: training)
    order = random.Random(SEED)
    for _ in range(EPOCHS):
        order.shuffle(training)
        for batch in minibatch(training, BATCH_PARAGRAPHS):
            nlp.update(batch, sgd=optimizer, drop=DROPOUT)
    return nlp


def extract(document: Document, nlp: Language) -> Document:
    """Return the pipeline's names and values in an article, without looking at its gold."""
    labelled_spans = []
    for doc, tokens in split_paragraphs(document, nlp):
        labelled_spans += [(Span(tokens[e.start].start, tokens[e.end - 1].end), e.label_) for e in nlp(doc).ents]
    entities = tuple(Entity(f"e{i}", span, label) for i, (span, label) in enumerate(labelled_spans, 1))
    return Document(document.doc_id, document.text, entities=entities, emitted=frozenset({"entities"}))


def main() -> int:
    """Predict each article with a pipeline trained on the other ones and write the predictions."""
    gold = Input().read_gold().documents
    predictions = [extract(d, train([other for other in gold if other is not d])) for d in gold]
    jsonl.write(str(Path(__file__).with_name("predictions.jsonl")), predictions)
    return 0


if __name__ == "__main__":
    sys.exit(interruption.run_program(main, "train"))
