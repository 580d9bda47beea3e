"""IOB2 tags of a document, sentence by sentence: the plain way, which the columns of the scorer must equal."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from vostochny.metrics.item_tables import LEVELS
from vostochny.metrics.pairs import Pair
from vostochny.model import Entity, Span
from vostochny.text.alignment import spans_to_iob2


def tag_rows(pair: Pair) -> tuple[list[list[str]], list[list[str]]]:
    """Return gold and predicted IOB2 tags of a pair, one list per sentence, without tokens outside scored zones.

    Only names and values are tagged. A predicted entity without a level on the span of a gold nominal or pronoun is
    left out, as in :func:`exact`.
    """
    rank = {level: i for i, level in enumerate(LEVELS)}
    gold_level: dict[Span, str] = {}
    # The lowest level last, so that of several gold entities on one span it is the one that stays.
    for e in sorted(pair.gold.entities, key=lambda e: -rank[e.level or ""]):
        gold_level[e.span] = e.level or ""

    def is_tagged(e: Entity) -> bool:
        return e.type in pair.value_types or (e.level or gold_level.get(e.span, "NAM")) in ("", "NAM")

    sentences = pair.sentence_tokens
    starts, ends = [tokens[0].start for tokens in sentences], [tokens[-1].end for tokens in sentences]
    out = []
    for side in (pair.gold, pair.predicted):
        spans = [(e.span, e.type) for e in side.entities if is_tagged(e)]
        inside: list[list[tuple[Span, str]]] = [[] for _ in sentences]
        for span, label in spans:
            for row in range(bisect_right(ends, span.start), bisect_left(starts, span.end)):
                inside[row].append((span, label))
        out.append([spans_to_iob2(row_spans, tokens) for row_spans, tokens in zip(inside, sentences, strict=True)])
    return out[0], out[1]
