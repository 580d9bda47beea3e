"""Articles split into chunks for a model's window: they fit, overlap, break between sentences, and lose nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vostochny
from tests.support.effort import examples
from vostochny.extractors.windows import TextChunk, merge_spans, split_document
from vostochny.model import Document, Entity, Span

GOLD = vostochny.load()


def words_of(text: str) -> int:
    return len(text.split())


@examples(150)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=30), st.integers(3, 25), st.booleans())
def test_chunks_fit_cover_everything_and_lose_nothing(lengths, window, with_sentences):
    text, sentences, at = "", [], 0
    for number, length in enumerate(lengths):
        words = " ".join(f"w{number}x{i}" for i in range(length)) + ". "
        sentences.append(Span(at, at + len(words) - 1))
        text, at = text + words, at + len(words)
    document = Document("x", text, sentences=tuple(sentences) if with_sentences else ())
    chunks = split_document(document, words_of, window)
    assert all(words_of(c.span.of(text)) <= window for c in chunks)
    assert [c.own.start for c in chunks] == [0, *(c.own.end for c in chunks[:-1])] and chunks[-1].own.end == len(text)
    assert all(c.span.start <= c.own.start < c.own.end <= c.span.end for c in chunks)
    # Every word is found in every chunk that contains it, and is returned once, at its place in the text.
    everything = [(Span(i, i + 1), "X") for i, c in enumerate(text) if c == "w"]
    spans_by_chunk = [
        (c, [(Span(i, i + 1), "X") for i, x in enumerate(c.span.of(text)) if x == "w"])
        for c in chunks
    ]  # fmt: skip
    assert merge_spans(spans_by_chunk) == everything


def test_an_article_that_fits_is_one_chunk():
    for d in GOLD:
        assert split_document(d, words_of, 10_000) == [TextChunk(Span(0, len(d.text)), Span(0, len(d.text)))]
    assert split_document(Document("x", ""), words_of, 10) == []


def test_chunks_of_articles_break_between_sentences_and_overlap():
    starts = {d.doc_id: {0, *(s.start for s in d.sentences)} for d in GOLD}
    for d in GOLD:
        chunks = split_document(d, words_of, 120)
        assert len(chunks) > 2
        assert all(c.span.start in starts[d.doc_id] for c in chunks)
        assert any(a.span.end > b.span.start for a, b in pairwise(chunks))


def test_a_span_over_the_border_is_returned_once_and_whole():
    chunks = [TextChunk(Span(0, 20), Span(0, 10)), TextChunk(Span(5, 30), Span(10, 30))]
    first = [(Span(8, 15), "PER")]
    second = [(Span(6, 10), "PER"), (Span(12, 14), "GPE")]  # 11–15 is a piece of the first
    assert merge_spans(zip(chunks, [first, second], strict=True)) == [(Span(8, 15), "PER"), (Span(17, 19), "GPE")]


def test_a_window_smaller_than_a_character_is_an_error():
    with pytest.raises(ValueError, match="too small"):
        split_document(Document("x", "ab"), lambda text: 10, 5)


def test_an_entity_of_a_long_article_is_not_lost_at_any_window():
    entities = [e for e in GOLD[2].entities if e.level == "NAM"]
    for window in (40, 80, 200):
        spans_by_chunk = []
        for chunk in split_document(GOLD[2], words_of, window):
            inside = [e for e in entities if chunk.span.start <= e.span.start and e.span.end <= chunk.span.end]
            at = chunk.span.start
            spans_by_chunk.append((chunk, [(Span(e.span.start - at, e.span.end - at), e.type) for e in inside]))
        assert {s for s, _ in merge_spans(spans_by_chunk)} >= {e.span for e in entities if not _nested(e, entities)}


def _nested(entity: Entity, others: list[Entity]) -> bool:
    return any(o is not entity and o.span.overlaps(entity.span) for o in others)
