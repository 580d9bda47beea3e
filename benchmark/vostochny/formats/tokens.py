"""Tagged tokens of any tokenisation, laid onto the article's text character by character.

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


@dataclass
class TaggedSentence:
    """Tokens and tags, the line of the first, and offsets where the source has them."""

    line: int | None
    tokens: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    spans: list[Span] | None = None
    lines: list[int] = field(default_factory=list)


@dataclass
class TaggedDocument:
    """The sentences of one document; ``doc_id`` None where the source does not say."""

    doc_id: str | None
    line: int | None
    sentences: list[TaggedSentence] = field(default_factory=list)


def make_records(path: str, reading: Reading, documents: Sequence[TaggedDocument]) -> list[Record]:
    """A record a document. The tag scheme is that of the whole file, and told; so are tags that mark nothing.

    The text is the gold's where the document is known (by id, or by order where no document has one); without any gold
    it is the tokens joined by spaces. Where the gold is without text, only offsets that the file gives can be taken. A
    sentence that does not go on where the last one ended may begin further on; a token that does not stand in the text
    is a problem, and the rest of its document is not read.
    """
    scheme = detect_tag_scheme(s.tags for d in documents for s in d.sentences)
    reading.add_note(f"tags read as {scheme}")
    known: list[str | None] = [d.doc_id for d in documents]
    if not any(known) and len(documents) == len(reading.gold):
        known = list(reading.gold)
        reading.add_note("no ids: documents were taken in the order of the gold")
    out = []
    for number, (document, doc_id) in enumerate(zip(documents, known, strict=True), 1):
        text = reading.find_text(doc_id)
        row: dict[str, Any] = {} if doc_id is None else {"doc_id": doc_id}
        if text is None and not reading.gold:
            text = _join_tokens(document)
            row = {"doc_id": doc_id or str(number), "text": text, **_make_segmentation(document)}
            reading.add_note("the text was made of the tokens, a sentence a line")
        elif text is None:
            placed = [s for s in document.sentences if s.spans is not None]
            if len(placed) < len(document.sentences) and reading.find_document(doc_id):
                reading.add_problem(
                    path, document.line, "doc_id", NEEDS_TEXT
                )  # an unknown document has its own problem
            document.sentences, text = placed, ""
        out.append(_make_record(path, reading, document, row, text, scheme))
    return out


def _join_tokens(document: TaggedDocument) -> str:
    """A text of the tokens where none is known; spans are set on the way."""
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
    entities: list[dict[str, Any]] = []
    lines: dict[str, int] = {}
    at = 0
    for sentence in document.sentences:
        spans = sentence.spans or _place_tokens(sentence.tokens, text, at)
        if isinstance(spans, int):
            line = sentence.lines[spans] if sentence.lines else sentence.line
            good = align_tokens(sentence.tokens[:spans], text, at)
            at = _skip_space(text, good[-1].end if good and not isinstance(good, int) else at)
            message = f"token {sentence.tokens[spans][:40]!r} does not stand in the article after character {at}"
            reading.add_problem(path, line, None, f"{message}, where {text[at : at + 30]!r} does; is it the same text?")
            break
        at = spans[-1].end if spans else at
        found, stray = read_chunks([t if is_tag(t) else "O" for t in sentence.tags], scheme)
        if stray:
            reading.left_out[f"tags that belong to no chunk in {scheme}"] += stray
        for first, last, label in found:
            if last > len(spans):
                continue  # offsets that are fewer than tags were told as a problem
            if sentence.lines:
                lines[f"entities[{len(entities)}]"] = sentence.lines[first]
            entities.append({"start": spans[first].start, "end": spans[last - 1].end, "type": label})
    return Record(path, document.line, {**row, "entities": entities}, lines, ordered=True)


def _place_tokens(tokens: list[str], text: str, at: int) -> list[Span] | int:
    """Where a sentence's tokens stand from ``at`` on; a sentence may be passed over, part of one may not."""
    spans = align_tokens(tokens, text, at)
    if not isinstance(spans, int) or not tokens:
        return spans
    # Tried where the first token stands next, a few times: a system may have left out captions, not single words.
    start = at
    for _ in range(50):
        start = text.find(tokens[0], start + 1)
        if start < 0:
            return spans
        if len(tokens) > 1 and match_token(tokens[1], text, _skip_space(text, start + len(tokens[0]))) is None:
            continue
        again = align_tokens(tokens, text, start)
        if not isinstance(again, int):
            return again
    return spans


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
