"""Segment an article into paragraphs, sentences and tokens, once at build time; the corpus stores the result.

Sentences come from sentencex, which keeps a quotation of several sentences together as one, and tokens from spaCy's
rules for English; constraints.txt pins both. No score depends on a user's versions, because scoring never segments.

spaCy takes longer to import than most commands take for their work. The tokens of a text are therefore kept in
``.cache/``, like a compiled module: they are used while the text, this module and the installed spaCy stay the same.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from scripts.files import ROOT
from vostochny.model import Document, Span
from vostochny.system import outputs
from vostochny.text import layout


@cache
def _tokenizer() -> Any:
    """Return spaCy's rule-based English tokenizer, with one more infix rule."""
    from spacy import util
    from spacy.lang.en import English
    from spacy.tokenizer import Tokenizer
    from spacy.vocab import create_vocab

    rules = English.Defaults
    return Tokenizer(
        create_vocab("en", rules),
        rules=rules.tokenizer_exceptions,
        prefix_search=util.compile_prefix_regex(rules.prefixes or ()).search,
        suffix_search=util.compile_suffix_regex(rules.suffixes or ()).search,
        # The stock rules leave ‹forces”—a› whole; a curly quotation mark, a dash, an ellipsis always stand alone here.
        infix_finditer=util.compile_infix_regex([*(rules.infixes or ()), r"[“”—…]"]).finditer,
        token_match=rules.token_match,
        url_match=rules.url_match,
    )


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


@cache
def tokens_of(text: str) -> tuple[Span, ...]:
    """Return the tokens of an article, white space left out, in order; none reaches over the end of a paragraph."""
    path = _tokens_path(text)
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return tuple(Span(*ends) for ends in msgspec.json.decode(path.read_bytes(), type=list[tuple[int, int]]))
    tokens = tuple(
        Span(paragraph.start + t.idx, paragraph.start + t.idx + len(t))
        for paragraph in layout.paragraphs_of(text)
        for t in _tokenizer()(paragraph.of(text))
        if not t.is_space
    )
    with contextlib.suppress(OSError):  # they will be made again
        path.parent.mkdir(parents=True, exist_ok=True)
        outputs.write_file(path, msgspec.json.encode([(t.start, t.end) for t in tokens]))
    return tokens


def _tokens_path(text: str) -> Path:
    """Return the file for the tokens of a text; another one once a module that makes them is a new one."""
    modules = [__file__, layout.__file__, *(spec.origin for spec in [find_spec("spacy")] if spec)]
    ages = [(state.st_mtime_ns, state.st_size) for state in map(os.stat, filter(None, modules))]
    key = sha256(repr((modules, ages, text)).encode("utf-8", "backslashreplace")).hexdigest()
    return ROOT / ".cache" / "tokens" / f"{key[:32]}.json"


def segment(document: Document) -> Document:
    """Return the document with paragraphs (its non-empty lines), sentences and tokens."""
    paragraphs = layout.paragraphs_of(document.text)
    return replace(
        document,
        paragraphs=tuple(paragraphs),
        sentences=tuple(s for p in paragraphs for s in sentences_of(document.text, p)),
        tokens=tokens_of(document.text),
    )
