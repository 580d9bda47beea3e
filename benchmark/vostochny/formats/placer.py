"""Give offsets to the spans of a row that lack them, and convert offsets that are in another unit.

The words of items (entities, triggers, contents) are placed in the order given; words that belong to an item (a filler,
a cue, a source) are placed nearest to it. How words are placed: :mod:`vostochny.text.placement`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from vostochny.formats.word_spans import OFFSET_UNITS, PlacedSpan, compute_unit_offsets
from vostochny.model import Placement, Span
from vostochny.text.alignment import Finder, normalise
from vostochny.text.placement import WordQuery, place_near, place_words

_HINT_KEYS = ("occurrence", "paragraph", "context")


class Placer:
    """Places the spans of one row.

    Args:
        text: The article's text.
        paragraphs: Its paragraphs, which ``"paragraph": n`` refers to.
        scored: The stretches of the text that are scored, in which words are looked for first; None means all of it.
        offsets: The unit that offsets count (OFFSET_CHOICES); None means code points.
        add_problem: Called with a field and a message for everything that is wrong.
    """

    def __init__(
        self,
        text: str,
        paragraphs: Sequence[Span],
        scored: Sequence[Span] | None,
        offsets: str | None,
        add_problem: Callable[[str, str], None],
    ):
        self.finder = Finder(text, scored)
        self.text, self.paragraphs, self.offsets, self.add_problem = text, paragraphs, offsets, add_problem
        # Code point → offset in the other unit; None where offsets count code points.
        self.unit_table = compute_unit_offsets(text, offsets) if offsets in OFFSET_UNITS else None
        self.exact = self.normalised = 0
        self.unplaced: list[tuple[Span, str]] = []
        self._empty_spans: dict[int, int] = {}  # start of a paragraph → number of empty spans made in it

    @property
    def placement(self) -> Placement:
        """How the words so far were placed: exactly, after normalisation, or not at all."""
        return Placement(self.exact, self.normalised, tuple(self.unplaced))

    def place_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the row with every span as code point offsets into the document; malformed values stay as they are."""
        row = dict(row)
        if isinstance(row.get("entities"), list):
            row["entities"] = self.place_items("entities", row["entities"])
        if isinstance(row.get("events"), list):
            events = [dict(e) if isinstance(e, dict) else e for e in row["events"]]
            numbers = [i for i, e in enumerate(events) if isinstance(e, dict)]
            triggers = self.place_items(
                "events", [events[i].get("trigger") for i in numbers], [f"[{i}].trigger" for i in numbers]
            )
            for i, trigger in zip(numbers, triggers, strict=True):
                if trigger is not None:
                    events[i]["trigger"] = trigger
                self.place_arguments(f"events[{i}]", events[i], _find_first_span(trigger))
            row["events"] = events
        if isinstance(row.get("quotes"), list):
            row["quotes"] = self.place_quotes(row["quotes"])
        return row

    def place_arguments(self, where: str, event: dict[str, Any], anchor: Span | None) -> None:
        """Place the fillers of an event's arguments, in the event itself; ``anchor`` is its trigger."""
        arguments = event.get("arguments")
        if not isinstance(arguments, list):
            return
        out = []
        for i, argument in enumerate(arguments):
            if isinstance(argument, dict) and "filler" in argument:
                filler = self.place_attached(f"{where}.arguments[{i}].filler", argument["filler"], anchor)
                argument = {**argument, "filler": filler}
            elif isinstance(argument, dict):
                argument = self.place_attached(f"{where}.arguments[{i}]", argument, anchor)
            out.append(argument)
        event["arguments"] = out

    def place_quotes(self, values: list[Any]) -> list[Any]:
        """Return the quotes with their contents placed, then what belongs to each."""
        quotes = [dict(q) if isinstance(q, dict) else q for q in values]
        places = [
            (i, n)
            for i, q in enumerate(quotes)
            if isinstance(q, dict) and isinstance(q.get("content"), list)
            for n in range(len(q["content"]))
        ]
        parts = [quotes[i]["content"][n] for i, n in places]
        placed = self.place_items("quotes", parts, [f"[{i}].content[{n}]" for i, n in places], may_split=True)
        contents: dict[int, list[Any]] = {}
        for (i, _), part in zip(places, placed, strict=True):
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
        self, layer: str, values: list[Any], places: Sequence[str] | None = None, may_split: bool = False
    ) -> list[Any]:
        """Return the spans of a layer's items with offsets.

        Args:
            layer: The layer, for problems.
            values: The items' spans, in the order of the items.
            places: Where each stands in the layer, for problems; None means ``[0]``, ``[1]`` …
            may_split: Whether words that do not stand in one piece (a quote with its cue inside) may become a list of
                spans.
        """
        out: list[Any] = []
        waiting: list[tuple[int, WordQuery]] = []
        for n, value in enumerate(values):
            where = layer + (places[n] if places else f"[{n}]")
            query = self.read_query(where, value)
            if query:
                waiting.append((n, query))
            out.append(value if query else self.convert_offsets(where, value))
        # All words of a layer are placed together: the order of the items decides between equal words.
        spans = place_words(self.finder, [w for _, w in waiting])
        near = 0
        for (n, query), span in zip(waiting, spans, strict=True):
            parts = self.finder.parts(query.words) if span is None and may_split and not query.occurrence else ()
            if len(parts) > 1:
                self.normalised += 1
                out[n] = [self.add_offsets(values[n], s) for s in parts]
            else:
                out[n] = self.settle(values[n], query, span, near)
            near = (parts[0] if parts else span or Span(near, near)).start
        return out

    def place_attached(self, where: str, value: Any, anchor: Span | None) -> Any:
        """Return the span of something that belongs to an item at ``anchor``, with offsets."""
        query = self.read_query(where, value)
        if not query:
            return self.convert_offsets(where, value)
        span = place_near(self.finder, query, anchor)
        return self.settle(value, query, span, anchor.start if anchor else 0)

    def settle(self, value: dict[str, Any], query: WordQuery, span: Span | None, near: int) -> PlacedSpan:
        """Count how a span was placed, and return it with offsets; one without a place becomes empty, at ``near``."""
        if span is None:
            span = self.make_empty_span(query.stretch.start if query.stretch else near)
            self.unplaced.append((span, query.words))
        elif span.of(self.text) == query.words:
            self.exact += 1
        else:
            self.normalised += 1
        return self.add_offsets(value, span)

    @staticmethod
    def add_offsets(value: dict[str, Any], span: Span) -> PlacedSpan:
        """Return a span object with these offsets, without its hints."""
        rest = {k: v for k, v in value.items() if k not in _HINT_KEYS}
        return PlacedSpan({**rest, "start": span.start, "end": span.end})

    def make_empty_span(self, near: int) -> Span:
        """Return an empty span in the paragraph of ``near``, for words that were not found.

        Each gets another offset as long as the text has any, so that two such items are not taken for one.
        """
        at = max(0, bisect_right(self.paragraphs, near, key=lambda p: p.start) - 1)
        base = self.paragraphs[at].start if self.paragraphs else 0
        n = self._empty_spans[base] = self._empty_spans.get(base, -1) + 1
        return Span(min(base + n, len(self.text)), min(base + n, len(self.text)))

    def read_query(self, where: str, value: Any) -> WordQuery | None:
        """Return the words to find and their hints, if ``value`` is words without offsets; else None."""
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
            self.add_problem(
                f"{where}.context", f"is {context!r:.40}; expected a string, words of the article around the span"
            )
            context = None
        stretch = self.find_paragraph(where, value)
        return WordQuery(value["text"], occurrence, stretch, context if context and normalise(context) else None)

    def find_paragraph(self, where: str, value: dict[str, Any]) -> Span | None:
        """Return the paragraph that a span names by its number, or None."""
        number = value.get("paragraph")
        if number is None:
            return None
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(self.paragraphs):
            last = len(self.paragraphs) - 1
            self.add_problem(
                f"{where}.paragraph", f"is {number!r:.40}; expected the number of a paragraph, from 0 to {last}"
            )
            return None
        return self.paragraphs[number]

    def convert_offsets(self, where: str, value: Any) -> Any:
        """Return a span with its offsets as code points of the document; anything else is returned unchanged.

        What is malformed is left for the RowReader to report.
        """
        if not isinstance(value, dict):
            return value
        numbers = [value.get(key) for key in ("start", "end")]
        bounds = [x for x in numbers if isinstance(x, int) and not isinstance(x, bool)]
        if len(bounds) < 2:
            return value
        stretch = self.find_paragraph(where, value)
        if type(value) is PlacedSpan or (stretch is None and self.unit_table is None and self.offsets != "inclusive"):
            return value
        bounds[1] += self.offsets == "inclusive"
        out = []
        base = stretch.start if stretch else 0
        limit = stretch.end if stretch else len(self.text)
        for key, offset in zip(("start", "end"), bounds, strict=True):
            if self.unit_table is None:
                out.append(base + offset)
                continue
            unit = self.unit_table[base] + offset
            at = bisect_left(self.unit_table, unit)
            if at < len(self.unit_table) and self.unit_table[at] != unit and offset >= 0:
                self.add_problem(f"{where}.{key}", f"{offset} is inside a character, counted in {self.offsets}")
            out.append(at if offset >= 0 else -1)  # -1: the RowReader reports an offset before the text
            if at == len(self.unit_table):
                self.add_problem(f"{where}.{key}", f"{offset} is beyond the text, counted in {self.offsets}")
        if stretch and (bounds[0] < 0 or out[1] > limit):
            message = (
                f"{bounds[0]}–{bounds[1]} is not in paragraph {value['paragraph']}, which has {limit - base} characters"
            )
            self.add_problem(f"{where}.start", message)
            return value
        return {**{k: v for k, v in value.items() if k != "paragraph"}, "start": out[0], "end": out[1]}


def _find_first_span(value: Any) -> Span | None:
    """Return the span of a value that has offsets; of a list, the first one."""
    if isinstance(value, list):
        return next((s for part in value if (s := _find_first_span(part))), None)
    if not isinstance(value, dict):
        return None
    start, end = value.get("start"), value.get("end")
    return Span(start, end) if isinstance(start, int) and isinstance(end, int) else None
