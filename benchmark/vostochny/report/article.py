"""One article in the terminal: its words, wrapped, with what is marked on them in the lines below."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vostochny.errors import InputError, Problem
from vostochny.metrics.outcomes import Item, Judgement, judge, place
from vostochny.metrics.pairs import Pair
from vostochny.model import Document, Entity, Event, Quote, Span

Paint = Callable[[str, str], str]

BARS = {"entities": "─", "events": "═", "quotes": "┄"}
_COLOURS = {"entities": 34, "events": 33, "quotes": 32, "wrong": 31, "dim": 2, "bold": 1}


@dataclass(frozen=True)
class _Mark:
    """A line to be drawn under some words, and what is written at its end."""

    spans: tuple[Span, ...]
    layer: str
    label: str
    right: bool

    @property
    def length(self) -> int:
        return self.spans[-1].end - self.spans[0].start


def find(given: str, documents: Sequence[Document]) -> Document:
    """The document of an id or of a unique beginning of one. Raises InputError that names the known ones."""
    fitting = [d for d in documents if d.doc_id == given] or [d for d in documents if d.doc_id.startswith(given)]
    if len(fitting) == 1:
        return fitting[0]
    known = ", ".join(d.doc_id for d in (fitting or documents)[:8])
    problem = "fits more than one document" if fitting else "is no document"
    raise InputError([Problem("show", None, None, f"{given!r} {problem}: {known}")])


def render(pair: Pair, layers: Sequence[str], judged: bool, width: int = 100, colour: bool = False) -> str:
    """The article with its marks, and below it what went wrong.

    Entities are drawn as ─, triggers as ═, quotes as ┄, each with its type at its end. Without predictions
    (``judged`` false) the marks are the gold; with them each that is no hit says what became of it.
    """
    rows = [j for j in judge(pair) if j.layer in layers or (j.layer == "arguments" and "events" in layers)]
    marks = _marks(rows, judged)
    paint = _paint if colour else _plain
    text = pair.gold.text
    out = [paint(f"{_clean(pair.gold.doc_id)}  {_counts(rows, judged)}", "bold"), ""]
    blocks = [(block, list(_wrapped(text, block, width))) for block in _blocks(pair)]
    under = _by_line(marks, [line for _, lines in blocks for line in lines])
    for block, lines in blocks:
        zone = pair.zone(block)
        if zone != "body":
            out.append(paint(f"[{_clean(zone)}{', not scored' if zone in pair.unscored else ''}]", "dim"))
        for line in lines:
            out.append(_clean(line.of(text)).rstrip())
            out += _lanes(text, line, under[line], width, paint)
        out.append("")
    out += _told_apart(pair, rows, paint)
    wrong = [j for j in rows if judged and j.verdict != "hit"]
    if wrong:
        out.append(paint(f"{len(wrong)} mistakes", "bold"))
        out += [paint(line, "wrong") for line in _mistakes(pair, wrong)]
    return "\n".join(out).rstrip() + "\n"


def _counts(rows: list[Judgement], judged: bool) -> str:
    if not judged:
        counts = Counter(j.layer for j in rows if j.gold is not None)
        return ", ".join(f"{n} {layer}" for layer, n in counts.items())
    total = Counter(j.verdict for j in rows)
    return ", ".join(f"{n} {verdict}" for verdict, n in total.most_common())


def _marks(rows: list[Judgement], judged: bool) -> list[_Mark]:
    out = []
    for j in rows:
        if j.layer not in BARS:
            continue
        gold, predicted = j.gold, j.predicted
        if not judged:
            if gold is not None:
                out.append(_Mark(_spans(gold), j.layer, _name(gold), True))
            continue
        if j.verdict == "hit":
            out.append(_Mark(_spans(gold), j.layer, _name(gold), True))
        elif gold is None or predicted is None:
            one = gold or predicted
            out.append(_Mark(_spans(one), j.layer, f"{_name(one)} {j.verdict}", False))
        elif j.verdict == "boundary" or "+" in j.verdict:
            out.append(_Mark(_spans(gold), j.layer, f"{_name(gold)} gold", False))
            out.append(_Mark(_spans(predicted), j.layer, f"{_name(predicted)} {j.verdict}", False))
        else:
            out.append(_Mark(_spans(gold), j.layer, f"{_name(gold)} {j.verdict} {_name(predicted)}".rstrip(), False))
    # Words that the text does not have stand nowhere; they are told below.
    out = [m for m in out if m.length]
    return sorted(out, key=lambda m: (m.length, m.spans))


def _spans(item: Item | None) -> tuple[Span, ...]:
    return item.content if isinstance(item, Quote) else (place(item),)


def _name(item: Item | None) -> str:
    """What is written at the end of a mark."""
    return _clean(item.type) if isinstance(item, Entity | Event) else "quote"


def _blocks(pair: Pair) -> Iterator[Span]:
    """The paragraphs and whatever stands between them; without paragraphs the lines of the text."""
    text = pair.gold.text
    cuts = {0, len(text)} | {x for p in pair.gold.paragraphs for x in (p.start, p.end)}
    if not pair.gold.paragraphs:
        cuts |= {i + 1 for i, c in enumerate(text) if c == "\n"}
    ordered = sorted(cuts)
    for start, end in pairwise(ordered):
        if text[start:end].strip():
            yield Span(start, end)


def _wrapped(text: str, block: Span, width: int) -> Iterator[Span]:
    """The lines of a block: broken at white space before ``width`` columns, or anywhere in a word longer than that."""
    at = block.start
    while at < block.end:
        while at < block.end and text[at].isspace():
            at += 1
        if at == block.end:
            return
        end, columns, space = at, 0, 0
        while end < block.end and text[end] != "\n" and columns + _columns(text[end]) <= width:
            columns += _columns(text[end])
            end += 1
            if end < block.end and text[end].isspace():
                space = end
        if end < block.end and not text[end].isspace() and space:
            end = space
        end = max(end, at + 1)  # a character wider than the line goes alone
        yield Span(at, end)
        at = end


def _by_line(marks: list[_Mark], lines: list[Span]) -> dict[Span, list[_Mark]]:
    """The marks that reach into each line, in their order; ``lines`` are in text order."""
    starts, ends = [line.start for line in lines], [line.end for line in lines]
    out: dict[Span, list[_Mark]] = {line: [] for line in lines}
    for mark in marks:
        for line in lines[bisect_right(ends, mark.spans[0].start) : bisect_left(starts, mark.spans[-1].end)]:
            out[line].append(mark)
    return out


def _lanes(text: str, line: Span, marks: list[_Mark], width: int, paint: Paint) -> Iterator[str]:
    """The marks under one line of text, each in the first row where its bar and its label are free."""
    columns = [0]
    for c in line.of(text):
        columns.append(columns[-1] + _columns(c))
    lanes: list[list[tuple[int, str, str]]] = []
    for mark in marks:
        parts = [s for s in mark.spans if s.start < line.end and line.start < s.end]
        if not parts:
            continue
        start, end = _reach(parts[0], line, columns)[0], _reach(parts[-1], line, columns)[1]
        last = mark.spans[-1].end <= line.end
        covered = {x for s in parts for x in range(*_reach(s, line, columns))}
        bar = "".join(BARS[mark.layer] if x in covered else " " for x in range(start, end))
        drawn = bar + (mark.label[: max(0, width - end)] if last else "")
        for lane in lanes:
            if all(at + len(other) < start or start + len(drawn) < at for at, other, _ in lane):
                break
        else:
            lane = []
            lanes.append(lane)
        lane.append((start, drawn, mark.layer if mark.right else "wrong"))
    for lane in lanes:
        row, at = "", 0
        for start, drawn, style in sorted(lane):
            row += " " * (start - at) + paint(drawn, style)
            at = start + len(drawn)
        yield row


def _reach(span: Span, line: Span, columns: list[int]) -> tuple[int, int]:
    """The columns that a span takes on a line."""
    return columns[max(span.start, line.start) - line.start], columns[min(span.end, line.end) - line.start]


def _told_apart(pair: Pair, rows: list[Judgement], paint: Paint) -> Iterator[str]:
    """The gold's arguments and sources, which no line under the words can show."""
    text = pair.gold.text
    events = [e for e in pair.gold.events if e.arguments] if any(j.layer == "events" for j in rows) else []
    quotes = pair.gold.quotes if any(j.layer == "quotes" for j in rows) else ()
    if events:
        yield paint("arguments in the gold", "bold")
    for e in events:
        filled = "; ".join(f"{a.role}: {_words(text, a.filler.span)}" for a in e.arguments)
        yield _clean(f"  {_words(text, e.trigger)} ({e.type})  {filled}")
    if quotes:
        yield paint("sources in the gold", "bold")
    for q in quotes:
        who = _words(text, q.source.span) if q.source else "no source"
        cue = f" ({_words(text, q.cue)})" if q.cue else ""
        yield _clean(f"  {who}{cue}: {_words(text, q.content[0])}")
    if events or quotes:
        yield ""


def _words(text: str, span: Span, most: int = 48) -> str:
    words = " ".join(span.of(text).split())
    return words if len(words) <= most else words[: most - 1] + "…"


def _mistakes(pair: Pair, wrong: list[Judgement]) -> Iterator[str]:
    text = pair.gold.text
    for j in wrong:
        span = place(j.gold or j.predicted)
        shown = _clean(_words(text, span)) if span.start < span.end else "(not in the text)"
        sides = [_told(pair, item) for item in (j.gold, j.predicted)]
        yield f"  {j.verdict:<14}{j.layer:<10}{span.start:>6}–{span.end:<6} {shown:<50}" + " → ".join(sides)
    if pair.predicted.placement.unplaced:
        yield "  not in the text: " + "; ".join(_clean(words) for _, words in pair.predicted.placement.unplaced)


def _told(pair: Pair, item: Item | None) -> str:
    if item is None:
        return "nothing"
    if isinstance(item, Quote):
        return f"“{_clean(item.source.span.of(pair.gold.text))}”" if item.source else "no source"
    if isinstance(item, Entity | Event):
        return _clean(item.type)
    event, argument = item
    return _clean(f"{argument.role} of {event.trigger.of(pair.gold.text)}")


def _columns(character: str) -> int:
    """How many columns a terminal gives a character."""
    if character == "\ufe0f":
        return 1  # makes an emoji of the sign before it, which so has two
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0  # many of these have no combining class: the vowel signs of Thai and Devanagari, say
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _clean(text: str) -> str:
    """Text that cannot steer the terminal: a control character, or one that no UTF-8 can carry, is shown as a dot."""
    return "".join(" " if c.isspace() else "·" if unicodedata.category(c) in ("Cc", "Cs", "Cf") else c for c in text)


def _plain(text: str, style: str) -> str:
    return text


def _paint(text: str, style: str) -> str:
    return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m"
