"""Spans of a row that are not offsets into the article yet: words to place, other units, offsets in a paragraph.

A span is ``{"start", "end"}``, in code points of the document, or of a paragraph (``"paragraph": 3``, from 0, as they
stand in the gold), or ``{"text"}`` alone with ``occurrence`` (from 1), ``paragraph`` or ``context`` as hints. Words of
items (entities, triggers, contents) are placed in the order given, those that belong to an item nearest to it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from vostochny.model import Placement, Span
from vostochny.text.alignment import Finder, normalise
from vostochny.text.placement import WordQuery, place_near, place_words

OFFSET_UNITS = ("utf16", "bytes")
OFFSET_CHOICES = (*OFFSET_UNITS, "ignore")  # what --offsets takes; ignore: words are placed though offsets are given
_HINT_KEYS = ("occurrence", "paragraph", "context")


class PlacedSpan(dict[str, Any]):
    """A span object whose offsets are ours: not checked again, and empty where its words were not found."""


def needs_placing(row: dict[str, Any], offsets: str | None) -> bool:
    """Whether any span of a row is something else than code point offsets into the document."""
    return bool(offsets) or any(
        "start" not in span or "paragraph" in span
        for spans in _walk_spans(row)
        for span in spans
        if isinstance(span, dict)
    )


def _walk_spans(row: dict[str, Any]) -> Iterator[list[Any]]:
    """Every span object of a row, whatever else stands there."""

    def listed(value: Any) -> list[dict[str, Any]]:
        return [x for x in value if isinstance(x, dict)] if isinstance(value, list) else []

    yield listed(row.get("entities"))
    for event in listed(row.get("events")):
        yield [event.get("trigger")]
        yield [a.get("filler", a) for a in listed(event.get("arguments"))]
    for quote in listed(row.get("quotes")):
        yield listed(quote.get("content"))
        yield [quote.get(key) for key in ("cue", "source", "addressee")]


def compute_unit_offsets(text: str, unit: str) -> list[int] | None:
    """The offset of every character, and of the text's end, in UTF-16 code units or UTF-8 bytes.

    None where each is its code point offset.
    """
    if text.isascii() or (unit == "utf16" and max(text) < "\U00010000"):
        return None
    if unit == "utf16":
        return [0, *accumulate(2 if c > "\uffff" else 1 for c in text)]
    return [0, *accumulate(1 if c < "\x80" else 2 if c < "\u0800" else 3 if c <= "\uffff" else 4 for c in text)]


def find_fitting_unit(text: str, start: int, end: int, surface: str) -> str | None:
    """The unit in which these offsets would have ``surface`` between them, if any."""
    for unit in OFFSET_UNITS:
        table = compute_unit_offsets(text, unit)
        whole = table and all(x in table[(at := bisect_left(table, x)) : at + 1] for x in (start, end))
        if table and whole and text[bisect_left(table, start) : bisect_left(table, end)] == surface:
            return unit
    return None


class Placer:
    """Places the spans of one row; ``problem`` is told a field and a message."""

    def __init__(
        self,
        text: str,
        paragraphs: Sequence[Span],
        scored: Sequence[Span] | None,
        offsets: str | None,
        problem: Callable[[str, str], None],
    ):
        self.finder = Finder(text, scored)
        self.text, self.paragraphs, self.offsets, self.add_problem = text, paragraphs, offsets, problem
        self.table = compute_unit_offsets(text, offsets) if offsets in OFFSET_UNITS else None
        self.exact = self.normalised = 0
        self.unplaced: list[tuple[Span, str]] = []
        self._next: dict[int, int] = {}

    @property
    def placement(self) -> Placement:
        """What became of the words so far."""
        return Placement(self.exact, self.normalised, tuple(self.unplaced))

    def place_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row with every span as code point offsets into the document; what is malformed stays as it is."""
        row = dict(row)
        if isinstance(row.get("entities"), list):
            row["entities"] = self.place_items("entities", row["entities"])
        if isinstance(row.get("events"), list):
            events = [dict(e) if isinstance(e, dict) else e for e in row["events"]]
            at = [i for i, e in enumerate(events) if isinstance(e, dict)]
            triggers = self.place_items(
                "events", [events[i].get("trigger") for i in at], [f"[{i}].trigger" for i in at]
            )
            for i, trigger in zip(at, triggers, strict=True):
                if trigger is not None:
                    events[i]["trigger"] = trigger
                self.place_arguments(f"events[{i}]", events[i], _find_first_span(trigger))
            row["events"] = events
        if isinstance(row.get("quotes"), list):
            row["quotes"] = self.place_quotes(row["quotes"])
        return row

    def place_arguments(self, where: str, event: dict[str, Any], anchor: Span | None) -> None:
        given = event.get("arguments")
        if not isinstance(given, list):
            return
        out = []
        for i, argument in enumerate(given):
            if isinstance(argument, dict) and "filler" in argument:
                filler = self.place_attached(f"{where}.arguments[{i}].filler", argument["filler"], anchor)
                argument = {**argument, "filler": filler}
            elif isinstance(argument, dict):
                argument = self.place_attached(f"{where}.arguments[{i}]", argument, anchor)
            out.append(argument)
        event["arguments"] = out

    def place_quotes(self, given: list[Any]) -> list[Any]:
        quotes = [dict(q) if isinstance(q, dict) else q for q in given]
        places = [
            (i, n)
            for i, q in enumerate(quotes)
            if isinstance(q, dict) and isinstance(q.get("content"), list)
            for n in range(len(q["content"]))
        ]
        parts = [quotes[i]["content"][n] for i, n in places]
        found = self.place_items("quotes", parts, [f"[{i}].content[{n}]" for i, n in places], broken=True)
        contents: dict[int, list[Any]] = {}
        for (i, _), part in zip(places, found, strict=True):
            contents.setdefault(i, []).extend(part if isinstance(part, list) else [part])
        for i, content in contents.items():
            quotes[i]["content"] = content
        for i, quote in enumerate(quotes):
            if isinstance(quote, dict):
                anchor = next((s for part in contents.get(i, ()) if (s := _find_first_span(part))), None)
                for key in ("cue", "source", "addressee"):
                    if quote.get(key) is not None:
                        quote[key] = self.place_attached(f"quotes[{i}].{key}", quote[key], anchor)
        return quotes

    # -- one span or a list of them --------------------------------------------------------------------------------

    def place_items(
        self, layer: str, values: list[Any], places: Sequence[str] | None = None, broken: bool = False
    ) -> list[Any]:
        """The spans of a layer's items; with ``broken`` words that are not in one piece become a list of pieces."""
        out: list[Any] = []
        waiting: list[tuple[int, WordQuery]] = []
        for n, value in enumerate(values):
            where = layer + (places[n] if places else f"[{n}]")
            wanted = self.read_wanted(where, value)
            if wanted:
                waiting.append((n, wanted))
            out.append(value if wanted else self.convert_offsets(where, value))
        found = place_words(self.finder, [w for _, w in waiting])
        near = 0
        for (n, wanted), span in zip(waiting, found, strict=True):
            parts = self.finder.parts(wanted.words) if span is None and broken and not wanted.occurrence else ()
            if len(parts) > 1:
                self.normalised += 1
                out[n] = [self.add_offsets(values[n], s) for s in parts]
            else:
                out[n] = self.settle(values[n], wanted, span, near)
            near = (parts[0] if parts else span or Span(near, near)).start
        return out

    def place_attached(self, where: str, value: Any, anchor: Span | None) -> Any:
        """The span of something that belongs to an item."""
        wanted = self.read_wanted(where, value)
        if not wanted:
            return self.convert_offsets(where, value)
        span = place_near(self.finder, wanted, anchor)
        return self.settle(value, wanted, span, anchor.start if anchor else 0)

    def settle(self, value: dict[str, Any], wanted: WordQuery, span: Span | None, near: int) -> PlacedSpan:
        if span is None:
            span = self.make_empty_span(wanted.stretch.start if wanted.stretch else near)
            self.unplaced.append((span, wanted.words))
        elif span.of(self.text) == wanted.words:
            self.exact += 1
        else:
            self.normalised += 1
        return self.add_offsets(value, span)

    @staticmethod
    def add_offsets(value: dict[str, Any], span: Span) -> PlacedSpan:
        kept = {k: v for k, v in value.items() if k not in _HINT_KEYS}
        return PlacedSpan({**kept, "start": span.start, "end": span.end})

    def make_empty_span(self, near: int) -> Span:
        """An empty span in the paragraph of ``near``, a place of its own as far as the text has places."""
        at = max(0, bisect_right(self.paragraphs, near, key=lambda p: p.start) - 1)
        base = self.paragraphs[at].start if self.paragraphs else 0
        n = self._next[base] = self._next.get(base, -1) + 1
        return Span(min(base + n, len(self.text)), min(base + n, len(self.text)))

    def read_wanted(self, where: str, value: Any) -> WordQuery | None:
        """What is to be found, if ``value`` is words without offsets."""
        if not isinstance(value, dict) or not isinstance(value.get("text"), str):
            return None
        if self.offsets != "ignore" and any(value.get(key) is not None for key in ("start", "end")):
            return None
        occurrence, context = value.get("occurrence"), value.get("context")
        if occurrence is not None and (
            isinstance(occurrence, bool) or not isinstance(occurrence, int) or occurrence < 1
        ):
            self.add_problem(f"{where}.occurrence", f"is {occurrence!r:.40}; expected a whole number, 1 for the first")
            occurrence = None
        if context is not None and not isinstance(context, str):
            self.add_problem(f"{where}.context", "is no string; expected words of the article around the span")
            context = None
        stretch = self.find_paragraph(where, value)
        return WordQuery(value["text"], occurrence, stretch, context if context and normalise(context) else None)

    def find_paragraph(self, where: str, value: dict[str, Any]) -> Span | None:
        number = value.get("paragraph")
        if number is None:
            return None
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(self.paragraphs):
            last = len(self.paragraphs) - 1
            self.add_problem(
                f"{where}.paragraph", f"is {number!r:.40}; the article's paragraphs are numbered 0 to {last}"
            )
            return None
        return self.paragraphs[number]

    def convert_offsets(self, where: str, value: Any) -> Any:
        """Offsets as code points of the document; anything else as it is, for the reader to judge."""
        if not isinstance(value, dict):
            return value
        given = [value.get(key) for key in ("start", "end")]
        bounds = [x for x in given if isinstance(x, int) and not isinstance(x, bool)]
        if len(bounds) < 2:
            return value
        stretch = self.find_paragraph(where, value)
        if stretch is None and self.table is None:
            return value
        out = []
        base = stretch.start if stretch else 0
        limit = stretch.end if stretch else len(self.text)
        for key, offset in zip(("start", "end"), bounds, strict=True):
            if self.table is None:
                out.append(base + offset)
                continue
            unit = self.table[base] + offset
            at = bisect_left(self.table, unit)
            if at < len(self.table) and self.table[at] != unit and offset >= 0:
                self.add_problem(f"{where}.{key}", f"{offset} is inside a character, counted in {self.offsets}")
            out.append(at if offset >= 0 else -1)
            if at == len(self.table):
                self.add_problem(f"{where}.{key}", f"{offset} is beyond the text, counted in {self.offsets}")
        if stretch and (bounds[0] < 0 or out[1] > limit):
            message = f"{bounds[0]}–{bounds[1]} is not in paragraph {value['paragraph']}, of {limit - base} characters"
            self.add_problem(f"{where}.start", message)
            return value
        return {**{k: v for k, v in value.items() if k != "paragraph"}, "start": out[0], "end": out[1]}


def _find_first_span(value: Any) -> Span | None:
    """The span of a value that has one."""
    if isinstance(value, list):
        return next((s for part in value if (s := _find_first_span(part))), None)
    if not isinstance(value, dict):
        return None
    start, end = value.get("start"), value.get("end")
    return Span(start, end) if isinstance(start, int) and isinstance(end, int) else None
