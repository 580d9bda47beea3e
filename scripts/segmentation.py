"""Paragraphs, sentences and tokens of an article, made once at build time and stored with the corpus.

Sentences come from sentencex, which keeps a quotation of several sentences together as one, and tokens from spaCy's
rules for English; constraints.txt pins both. No score depends on a user's versions, because nobody segments again.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from vostochny.model import Document, Span
from vostochny.text.layout import paragraphs_of


@cache
def _tokenizer() -> Any:
    import spacy

    english = spacy.blank("en")
    # The stock rules leave ‹forces”—a› whole; a curly quotation mark, a dash and an ellipsis always stand alone here.
    infixes = [*english.Defaults.infixes, r"[“”—…]"]
    english.tokenizer.infix_finditer = spacy.util.compile_infix_regex(infixes).finditer
    return english.tokenizer


def sentences_of(text: str, paragraph: Span) -> list[Span]:
    """The sentences of one paragraph, trimmed of white space, in order."""
    import sentencex

    out = []
    at = paragraph.start
    for piece in sentencex.segment("en", paragraph.of(text)):
        words = piece.strip()
        if words:
            start = text.index(words, at, paragraph.end)
            out.append(Span(start, start + len(words)))
            at = start + len(words)
    return out


def tokens_of(text: str, paragraph: Span) -> list[Span]:
    """The tokens of one paragraph, white space left out, in order."""
    doc = _tokenizer()(paragraph.of(text))
    return [Span(paragraph.start + t.idx, paragraph.start + t.idx + len(t)) for t in doc if not t.is_space]


def segment(document: Document) -> Document:
    """The document with paragraphs (its non-empty lines), sentences and tokens."""
    paragraphs = paragraphs_of(document.text)
    return replace(
        document,
        paragraphs=tuple(paragraphs),
        sentences=tuple(s for p in paragraphs for s in sentences_of(document.text, p)),
        tokens=tuple(t for p in paragraphs for t in tokens_of(document.text, p)),
    )
