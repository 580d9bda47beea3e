"""Align tagged tokens, of any tokenisation, with the article's text, and turn their tags into entities.

Shared by the formats whose unit is a sentence of tokens with tags: CoNLL columns and rows of datasets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from vostochny.formats.prediction import NEEDS_TEXT
from vostochny.formats.reader import Reading, Record
from vostochny.model import Span
from vostochny.text.alignment import align_tokens, match_token
from vostochny.text.tags import detect_tag_scheme, is_tag, read_chunks

TEXT_FROM_TOKENS = "the text was made from the tokens, one sentence per line"
MAX_RESYNC_ATTEMPTS = 50  # places at which a sentence is tried that does not follow the one before it


@dataclass
class TaggedSentence:
    """The tokens of a sentence and their tags.

    Attributes:
        line: The line of the first token; None if the format has no lines.
        tokens: The tokens' words.
        tags: A tag for each token.
        spans: The tokens' offsets; None if the source has none.
        lines: The line of each token; empty if the format has none.
        mentions: First token, one past the last, type and cluster of each mention that has a cluster.
    """

    line: int | None
    tokens: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    spans: list[Span] | None = None
    lines: list[int] = field(default_factory=list)
    mentions: list[tuple[int, int, str, str]] = field(default_factory=list)


@dataclass
class TaggedDocument:
    """The sentences of one document; ``doc_id`` is None if the source does not state it."""

    doc_id: str | None
    line: int | None
    sentences: list[TaggedSentence] = field(default_factory=list)


def make_records(path: str, reading: Reading, documents: Sequence[TaggedDocument]) -> list[Record]:
    """Return one record per document, with an entity for each chunk of tags.

    One tag scheme (IOB1, IOB2, BIOES) is determined for the whole file and noted; tags that belong to no chunk are
    counted as left out. Where the text comes from:

    - If the document is known (by its id, or by order if no document has one), its text is the gold's. A sentence need
      not follow the one before it directly, but a token that is not in the text is a problem, and the rest of its
      document is not read.
    - Without any gold, the text is made of the tokens, joined by spaces.
    - If the gold has no article text, only sentences with offsets of their own can be read.
    """
    scheme = detect_tag_scheme(s.tags for d in documents for s in d.sentences)
    if not any(s.mentions for d in documents for s in d.sentences):
        reading.add_note(f"tags read as {scheme}")
    doc_ids: list[str | None] = [d.doc_id for d in documents]
    if not any(doc_ids) and len(documents) == len(reading.gold):
        doc_ids = list(reading.gold)
        reading.add_note("no ids: documents were taken in the order of the gold")
    out = []
    for number, (document, doc_id) in enumerate(zip(documents, doc_ids, strict=True), 1):
        text = reading.find_text(doc_id)
        row: dict[str, Any] = {} if doc_id is None else {"doc_id": doc_id}
        if text is None and not reading.gold:
            text = _join_tokens(document)
            row = {"doc_id": doc_id or str(number), "text": text, **_make_segmentation(document)}
            reading.add_note(TEXT_FROM_TOKENS)
        elif text is None:
            with_offsets = [s for s in document.sentences if s.spans is not None]
            if len(with_offsets) < len(document.sentences) and reading.find_document(doc_id):
                reading.add_problem(
                    path, document.line, "doc_id", NEEDS_TEXT
                )  # an unknown document has its own problem
            document.sentences, text = with_offsets, ""
        out.append(_make_record(path, reading, document, row, text, scheme))
    return out


def _join_tokens(document: TaggedDocument) -> str:
    """Return a text made of the tokens, one sentence per line, and set the tokens' spans in it."""
    at, lines = 0, []
    for sentence in document.sentences:
        sentence.spans = []
        for token in sentence.tokens:
            sentence.spans.append(Span(at, at + len(token)))
            at += len(token) + 1
        lines.append(" ".join(sentence.tokens))
    return "\n".join(lines)


def _make_segmentation(document: TaggedDocument) -> dict[str, Any]:
    spans = [s.spans for s in document.sentences if s.spans]
    return {
        "sentences": [{"start": s[0].start, "end": s[-1].end} for s in spans],
        "tokens": [{"start": t.start, "end": t.end} for s in spans for t in s],
    }


def _make_record(
    path: str, reading: Reading, document: TaggedDocument, row: dict[str, Any], text: str, scheme: str
) -> Record:
    """Return the record of a document whose text is known, up to the first sentence that is not in it."""
    entities: list[dict[str, Any]] = []
    lines: dict[str, int] = {}
    at = 0
    for sentence in document.sentences:
        spans = sentence.spans or _place_tokens(sentence.tokens, text, at)
        if isinstance(spans, int):
            failed = spans  # the number of the first token that is not in the text
            line = sentence.lines[failed] if sentence.lines else sentence.line
            before = align_tokens(sentence.tokens[:failed], text, at)
            at = _skip_space(text, before[-1].end if before and not isinstance(before, int) else at)
            message = f"token {sentence.tokens[failed][:40]!r} is not in the article at character {at}"
            reading.add_problem(
                path, line, None, f"{message}; the article has {text[at : at + 30]!r} there (is it the same text?)"
            )
            break
        at = spans[-1].end if spans else at
        labelled, stray = read_chunks([t if is_tag(t) else "O" for t in sentence.tags], scheme)
        if stray:
            reading.left_out[f"tags that belong to no chunk in {scheme}"] += stray
        for first, last, label in labelled:
            if last > len(spans):
                continue  # fewer offsets than tags, which is a problem already
            if sentence.lines:
                lines[f"entities[{len(entities)}]"] = sentence.lines[first]
            entities.append({"start": spans[first].start, "end": spans[last - 1].end, "type": label})
        for first, last, label, cluster in sentence.mentions:
            lines[f"entities[{len(entities)}]"] = sentence.lines[first]
            place = {"start": spans[first].start, "end": spans[last - 1].end}
            entities.append({**place, "type": label, "cluster": cluster})
    return Record(path, document.line, {**row, "entities": entities}, lines, ordered=True)


def _place_tokens(tokens: list[str], text: str, at: int) -> list[Span] | int:
    """Return the spans of a sentence's tokens in the text from ``at`` on, or the number of the first that is not there.

    Text before the sentence may be skipped, text inside it may not.
    """
    spans = align_tokens(tokens, text, at)
    if not isinstance(spans, int) or not tokens:
        return spans
    # A system may have left out captions, but not single words: try again where the first token occurs next.
    start = at
    for _ in range(MAX_RESYNC_ATTEMPTS):
        start = text.find(tokens[0], start + 1)
        if start < 0:
            return spans
        # The second token is checked first: much cheaper than the whole sentence, and enough to reject most places.
        if len(tokens) > 1 and match_token(tokens[1], text, _skip_space(text, start + len(tokens[0]))) is None:
            continue
        retried = align_tokens(tokens, text, start)
        if not isinstance(retried, int):
            return retried
    return spans


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
