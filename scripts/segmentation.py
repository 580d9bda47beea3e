"""Segment an article into paragraphs, sentences and tokens, once at build time; the corpus stores the result.

Sentences come from sentencex, which keeps a quotation of several sentences together as one, and tokens from spaCy's
rules for English; constraints.txt pins both. No score depends on a user's versions, because scoring never segments.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from vostochny.model import Document, Span
from vostochny.text.layout import paragraphs_of


@cache
def _tokenizer() -> Any:
    """Return spaCy's rule-based English tokenizer, with one more infix rule."""
    import spacy

    english = spacy.blank("en")
    tokenizer: Any = english.tokenizer
    # The stock rules leave ‹forces”—a› whole; a curly quotation mark, a dash and an ellipsis always stand alone here.
    infixes = [*(english.Defaults.infixes or ()), r"[“”—…]"]
    tokenizer.infix_finditer = spacy.util.compile_infix_regex(infixes).finditer
    return tokenizer


def sentences_of(text: str, paragraph: Span) -> list[Span]:
    """Return the sentences of one paragraph, trimmed of white space, in order."""
    import sentencex

    sentences = []
    at = paragraph.start
    # sentencex returns strings; they are looked up from left to right to get their offsets.
    for piece in sentencex.segment("en", paragraph.of(text)):
        words = piece.strip()
        if words:
            start = text.index(words, at, paragraph.end)
            sentences.append(Span(start, start + len(words)))
            at = start + len(words)
    return sentences


def tokens_of(text: str, paragraph: Span) -> list[Span]:
    """Return the tokens of one paragraph, white space left out, in order."""
    doc = _tokenizer()(paragraph.of(text))
    return [Span(paragraph.start + t.idx, paragraph.start + t.idx + len(t)) for t in doc if not t.is_space]


def segment(document: Document) -> Document:
    """Return the document with paragraphs (its non-empty lines), sentences and tokens."""
    paragraphs = paragraphs_of(document.text)
    return replace(
        document,
        paragraphs=tuple(paragraphs),
        sentences=tuple(s for p in paragraphs for s in sentences_of(document.text, p)),
        tokens=tuple(t for p in paragraphs for t in tokens_of(document.text, p)),
    )
