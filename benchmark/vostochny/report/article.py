"""Render one article for a terminal: its text, wrapped, with the marked items drawn as lines below the words."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vostochny.metrics.outcomes import Item, Outcome, find_outcomes, item_span
from vostochny.metrics.pairs import Pair
from vostochny.model import DEFAULT_ZONE, Entity, Event, Quote, Span
from vostochny.system import console

Paint = Callable[[str, str], str]  # (text, style) → text, styled or not

MAX_WORD_CHARACTERS = 48  # of a span's words in a list; longer ones are cut
# The character that the line below a span is drawn with, by layer.
BARS = {"entities": "─", "events": "═", "quotes": "┄"}
# SGR codes of ANSI terminals, by layer or style.
_COLOURS = {"entities": 34, "events": 33, "quotes": 32, "wrong": 31, "dim": 2, "bold": 1}


@dataclass(frozen=True)
class _Mark:
    """A line to be drawn under some words, and the label at its end; ``right`` is false for a mistake."""

    spans: tuple[Span, ...]
    layer: str
    label: str
    right: bool

    @property
    def length(self) -> int:
        """Number of characters from the first to the last."""
        return self.spans[-1].end - self.spans[0].start


def render(pair: Pair, layers: Sequence[str], with_predictions: bool, width: int = 100, colour: bool = False) -> str:
    """Return the article with its marks, and below it lists of what cannot be marked and of the mistakes.

    Entities are drawn as ─, triggers as ═, quotes as ┄, each with its type at its end.

    Args:
        pair: the article's gold and prediction.
        layers: the layers to mark.
        with_predictions: mark the predictions too, each mistake with its verdict, instead of the gold alone.
        width: columns of the terminal.
        colour: whether to use ANSI colours.
    """
    outcomes = [o for o in find_outcomes(pair) if o.layer in layers or (o.layer == "arguments" and "events" in layers)]
    marks = _build_marks(outcomes, with_predictions)
    paint = _paint if colour else _leave_plain
    text = pair.gold.text
    out = [paint(f"{_clean(pair.gold.doc_id)}  {_summarise(outcomes, with_predictions)}", "bold"), ""]
    blocks = [(block, list(_wrap(text, block, width))) for block in _split_into_blocks(pair)]
    marks_by_line = _group_by_line(marks, [line for _, lines in blocks for line in lines])
    for block, lines in blocks:
        zone = pair.zone(block)
        if zone != DEFAULT_ZONE:
            out.append(paint(f"[{_clean(zone)}{', not scored' if zone in pair.unscored_zones else ''}]", "dim"))
        for line in lines:
            out.append(_clean(line.of(text)).rstrip())
            out += _draw_lanes(text, line, marks_by_line[line], width, paint)
        out.append("")
    out += _list_arguments_and_sources(pair, outcomes, paint)
    mistakes = [o for o in outcomes if with_predictions and o.verdict != "hit"]
    if mistakes:
        out.append(paint(f"{len(mistakes)} mistakes", "bold"))
        out += [paint(line, "wrong") for line in _list_mistakes(pair, mistakes)]
    return "\n".join(out).rstrip() + "\n"


def _summarise(outcomes: list[Outcome], with_predictions: bool) -> str:
    """Return the number of items per verdict, or of gold items per layer if there are no predictions."""
    if not with_predictions:
        counts = Counter(o.layer for o in outcomes if o.gold is not None)
        return ", ".join(f"{n} {layer}" for layer, n in counts.items())
    total = Counter(o.verdict for o in outcomes)
    return ", ".join(f"{n} {verdict}" for verdict, n in total.most_common())


def _build_marks(outcomes: list[Outcome], with_predictions: bool) -> list[_Mark]:
    """Return the marks of the outcomes, shorter ones first, so that they lie nearer to the words."""
    marks = []
    for outcome in outcomes:
        if outcome.layer not in BARS:
            continue
        if with_predictions:
            marks += _mark_outcome(outcome)
        elif outcome.gold is not None:
            marks.append(_Mark(_spans_of(outcome.gold), outcome.layer, _label_of(outcome.gold), True))
    # Predicted words that are not in the text have an empty span; they are listed below the article instead.
    return sorted((m for m in marks if m.length), key=lambda m: (m.length, m.spans))


def _mark_outcome(outcome: Outcome) -> list[_Mark]:
    """Return one mark, or two where gold and prediction cover different words."""
    gold, predicted, layer, verdict = outcome.gold, outcome.predicted, outcome.layer, outcome.verdict
    if verdict == "hit":
        return [_Mark(_spans_of(gold), layer, _label_of(gold), True)]
    if gold is None or predicted is None:
        item = gold or predicted
        return [_Mark(_spans_of(item), layer, f"{_label_of(item)} {verdict}", False)]
    if verdict == "boundary" or "+" in verdict:
        return [
            _Mark(_spans_of(gold), layer, f"{_label_of(gold)} gold", False),
            _Mark(_spans_of(predicted), layer, f"{_label_of(predicted)} {verdict}", False),
        ]
    return [_Mark(_spans_of(gold), layer, f"{_label_of(gold)} {verdict} {_label_of(predicted)}".rstrip(), False)]


def _spans_of(item: Item | None) -> tuple[Span, ...]:
    """Return the spans that the item marks; a quote may have several."""
    return item.content if isinstance(item, Quote) else (item_span(item),)


def _label_of(item: Item | None) -> str:
    """Return the label at the end of the item's mark."""
    return _clean(item.type) if isinstance(item, Entity | Event) else "quote"


def _split_into_blocks(pair: Pair) -> Iterator[Span]:
    """Yield the paragraphs and the stretches between them; without paragraphs the lines of the text."""
    text = pair.gold.text
    cuts = {0, len(text)} | {x for p in pair.gold.paragraphs for x in (p.start, p.end)}
    if not pair.gold.paragraphs:
        cuts |= {i + 1 for i, c in enumerate(text) if c == "\n"}
    ordered = sorted(cuts)
    for start, end in pairwise(ordered):
        if text[start:end].strip():
            yield Span(start, end)


def _wrap(text: str, block: Span, width: int) -> Iterator[Span]:
    """Yield the lines of a block, broken at white space before ``width`` columns, or inside a word longer than that."""
    at = block.start
    while at < block.end:
        while at < block.end and text[at].isspace():
            at += 1
        if at == block.end:
            return
        end, columns, last_space = at, 0, 0
        while end < block.end and text[end] != "\n" and columns + _character_width(text[end]) <= width:
            columns += _character_width(text[end])
            end += 1
            if end < block.end and text[end].isspace():
                last_space = end
        if end < block.end and not text[end].isspace() and last_space:
            end = last_space
        end = max(end, at + 1)  # a character wider than the line goes alone
        yield Span(at, end)
        at = end


def _group_by_line(marks: list[_Mark], lines: list[Span]) -> dict[Span, list[_Mark]]:
    """Return the marks that reach into each line, in their order; ``lines`` are in text order."""
    starts, ends = [line.start for line in lines], [line.end for line in lines]
    out: dict[Span, list[_Mark]] = {line: [] for line in lines}
    for mark in marks:
        for line in lines[bisect_right(ends, mark.spans[0].start) : bisect_left(starts, mark.spans[-1].end)]:
            out[line].append(mark)
    return out


def _draw_lanes(text: str, line: Span, marks: list[_Mark], width: int, paint: Paint) -> Iterator[str]:
    """Yield the rows below one line of text; each mark stands in the first row that has room for its bar and label."""
    columns = [0]  # of each character of the line, and of its end
    for c in line.of(text):
        columns.append(columns[-1] + _character_width(c))
    lanes: list[list[tuple[int, str, str]]] = []  # per row: first column, bar with label, style
    for mark in marks:
        parts = [s for s in mark.spans if s.start < line.end and line.start < s.end]
        if not parts:
            continue
        start = _find_columns(parts[0], line, columns)[0]
        end = _find_columns(parts[-1], line, columns)[1]
        covered = {column for s in parts for column in range(*_find_columns(s, line, columns))}
        bar = "".join(BARS[mark.layer] if column in covered else " " for column in range(start, end))
        # A mark that goes on in the next line has its label there.
        if mark.spans[-1].end <= line.end:
            bar += mark.label[: max(0, width - end)]
        lane = _find_lane(lanes, start, start + len(bar))
        lane.append((start, bar, mark.layer if mark.right else "wrong"))
    for lane in lanes:
        row, column = "", 0
        for start, bar, style in sorted(lane):
            row += " " * (start - column) + paint(bar, style)
            column = start + len(bar)
        yield row


def _find_lane(lanes: list[list[tuple[int, str, str]]], start: int, end: int) -> list[tuple[int, str, str]]:
    """Return the first row in which these columns are free, with a column between neighbours; a new row if none is."""
    for lane in lanes:
        if all(other + len(bar) < start or end < other for other, bar, _ in lane):
            return lane
    lanes.append([])
    return lanes[-1]


def _find_columns(span: Span, line: Span, columns: list[int]) -> tuple[int, int]:
    """Return the first column that a span takes on a line, and the one after its last."""
    return columns[max(span.start, line.start) - line.start], columns[min(span.end, line.end) - line.start]


def _list_arguments_and_sources(pair: Pair, outcomes: list[Outcome], paint: Paint) -> Iterator[str]:
    """Yield the gold's arguments and sources, which link two spans and so cannot be drawn below one."""
    text = pair.gold.text
    events = [e for e in pair.gold.events if e.arguments] if any(o.layer == "events" for o in outcomes) else []
    quotes = pair.gold.quotes if any(o.layer == "quotes" for o in outcomes) else ()
    if events:
        yield paint("arguments in the gold", "bold")
    for e in events:
        arguments = "; ".join(f"{a.role}: {_words(text, a.filler.span)}" for a in e.arguments)
        yield _clean(f"  {_words(text, e.trigger)} ({e.type})  {arguments}")
    if quotes:
        yield paint("sources in the gold", "bold")
    for q in quotes:
        source = _words(text, q.source.span) if q.source else "no source"
        cue = f" ({_words(text, q.cue)})" if q.cue else ""
        yield _clean(f"  {source}{cue}: {_words(text, q.content[0])}")
    if events or quotes:
        yield ""


def _words(text: str, span: Span) -> str:
    """Return the words of a span on one line, cut to MAX_WORD_CHARACTERS."""
    words = " ".join(span.of(text).split())
    return words if len(words) <= MAX_WORD_CHARACTERS else words[: MAX_WORD_CHARACTERS - 1] + "…"


def _list_mistakes(pair: Pair, mistakes: list[Outcome]) -> Iterator[str]:
    """Yield one line per mistake: verdict, layer, offsets, words, gold → prediction."""
    text = pair.gold.text
    for mistake in mistakes:
        span = item_span(mistake.gold or mistake.predicted)
        words = _clean(_words(text, span)) if span.start < span.end else "(not in the text)"
        place = f"{span.start:>6}–{span.end:<6}"
        sides = [_describe_item(pair, item) for item in (mistake.gold, mistake.predicted)]
        yield f"  {mistake.verdict:<14}{mistake.layer:<10}{place} {words:<50}" + " → ".join(sides)
    if pair.predicted.placement.unplaced:
        yield "  not in the text: " + "; ".join(_clean(words) for _, words in pair.predicted.placement.unplaced)


def _describe_item(pair: Pair, item: Item | None) -> str:
    """Return what distinguishes the two sides of a mistake: a type, a source, a role and its event."""
    if item is None:
        return "nothing"
    if isinstance(item, Quote):
        return f"“{_clean(item.source.span.of(pair.gold.text))}”" if item.source else "no source"
    if isinstance(item, Entity | Event):
        return _clean(item.type)
    event, argument = item
    return _clean(f"{argument.role} of {event.trigger.of(pair.gold.text)}")


def _character_width(character: str) -> int:
    """Return the number of columns that a character takes in a terminal: 0, 1 or 2."""
    if character == "\ufe0f":
        return 1  # it turns the character before it into an emoji, which takes two columns
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0  # many of these have no combining class: e.g. the vowel signs of Thai and Devanagari
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _clean(text: str) -> str:
    """Return text that cannot control the terminal, of as many characters: what the printer would escape is a dot."""
    return console.escape("".join(" " if c.isspace() else c for c in text), lambda _: "·")


def _leave_plain(text: str, style: str) -> str:
    """Return text as it is: the counterpart of :func:`_paint` without colour."""
    return text


def _paint(text: str, style: str) -> str:
    """Return text with the ANSI sequences of a style around it."""
    return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m"
