"""Reads the notation against its article, and names every line that is wrong.

One pass over the lines for sentences and mentions, a second for what refers to them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import replace

from vostochny.errors import InputError
from vostochny.formats.notation.syntax import SentenceLine, TextReader
from vostochny.model import Argument, Document, Event, Quote, Reference, Span
from vostochny.text.layout import cover_with_zones, find_occurrences

_OCCURRENCE = re.compile(r"^(.*?)\s*~(\d{1,9})$", re.S)
_OF_TYPE = re.compile(r"^(.*\S)\s*\((\w+\.\w+)\)$", re.S)


def event_sort_key(event: Event) -> tuple[Span, str]:
    """The key that events are numbered by."""
    return event.trigger, event.type


def quote_sort_key(quote: Quote) -> tuple[object, ...]:
    """The key that quotes are numbered by: an outer one before those inside it."""
    pointed = [quote.cue, *(r and r.span for r in (quote.source, quote.addressee))]
    where = tuple((s.start, s.end) if s else (-1, -1) for s in pointed)
    return (quote.content[0].start, -quote.content[-1].end, quote.content, where)


def _split_occurrence(words: str) -> tuple[str, int | None]:
    """The words without ``~n``, and the n where one is picked."""
    m = _OCCURRENCE.match(words)
    return (m.group(1), int(m.group(2))) if m else (words, None)


class NotationReader(TextReader):
    """The other lines: what refers to the text and its mentions, once all of them are known."""

    def find_words(self, line: int, where: str, words: str, start: int, end: int) -> Span | None:
        """The one place of ``words`` (or of its ``~n``-th occurrence) in a stretch of the text."""
        needle, nth = _split_occurrence(words)
        found = find_occurrences(needle, self.text, start, end)
        if not found:
            self.add_problem(line, where, f"{needle!r} does not stand in {self.text[start:end][:60]!r}…")
            return None
        chosen = self.choose_occurrence(line, where, f"{needle!r} stands here {len(found)} times", len(found), nth)
        return None if chosen is None else Span(found[chosen], found[chosen] + len(needle))

    def choose_occurrence(self, line: int, where: str, counted: str, many: int, nth: int | None) -> int | None:
        """Which of ``many`` is meant, from 0: the ``nth``, or the only one; ``counted`` tells them in a problem."""
        if nth is None and many > 1:
            self.add_problem(line, where, f"{counted}; pick one with ~1 to ~{many}")
        elif nth is not None and not 1 <= nth <= many:
            self.add_problem(line, where, f"{counted}; ~{nth} is none of them")
        else:
            return (nth or 1) - 1
        return None

    def split_scope(self, words: str, sentence: SentenceLine) -> tuple[str, Span]:
        """The words without their mark, and where to look: the sentence, with ``¶`` its paragraph, ``¶¶`` all."""
        if words.startswith("¶¶"):
            return words[2:].strip(), Span(0, len(self.text))
        if words.startswith("¶"):
            return words[1:].strip(), self.paragraphs[self.find_paragraph(sentence.span.start)]
        return words, sentence.span

    def find_mention(self, line: int, where: str, words: str, sentence: SentenceLine) -> Reference | None:
        """The mention with these words in the scope that they say."""
        words, scope = self.split_scope(words, sentence)
        needle, nth = _split_occurrence(words)
        near = self.entities[bisect_left(self.starts, scope.start) : bisect_left(self.starts, scope.end)]
        inside = [e for e in near if e.span.of(self.text) == needle]
        if not inside:
            marked = ", ".join(e.span.of(self.text) for e in near) or "none"
            self.add_problem(line, where, f"no mention {needle!r} here; marked are {marked}")
            return None
        chosen = self.choose_occurrence(line, where, f"{len(inside)} mentions {needle!r} here", len(inside), nth)
        return None if chosen is None else Reference(inside[chosen].span, inside[chosen].id)

    def read_event(self, line: int, body: str, sentence: SentenceLine) -> None:
        trigger_words, *fields = [part.strip() for part in body.split(" | ")]
        trigger = self.find_words(line, "E trigger", trigger_words, sentence.span.start, sentence.span.end)
        if trigger is None:
            return
        type_ = realis = cluster = outcome = None
        polarity = "positive"
        arguments = []
        o = self.ontology
        for part in fields:
            role, colon, filler = part.partition(":")
            if part in o.events:
                type_ = part
            elif part in o.realis:
                realis = part
            elif part in o.polarity:
                polarity = part
            elif part in o.outcome:
                outcome = part
            elif part.startswith("#"):
                cluster = part[1:]
            elif colon and role in o.roles:
                arguments.append((role, filler.strip()))
            else:
                self.add_problem(line, "E", f"{part!r} is no event type, realis, polarity, outcome, role or #cluster")
        if type_ is None or realis is None:
            self.add_problem(line, "E", f"{trigger_words!r} needs an event type and one of {', '.join(o.realis)}")
            return
        done = []
        for role, filler in arguments:
            if role not in o.events[type_].roles:
                allowed = ", ".join(o.events[type_].roles)
                self.add_problem(line, role, f"{type_} has no role {role!r}; its roles are {allowed}")
            elif filler.startswith("!"):
                m = _OF_TYPE.match(filler)
                words, of_type = (m.group(1), m.group(2)) if m else (filler, "")
                words, scope = self.split_scope(words[1:].strip(), sentence)
                span = self.find_words(line, role, words, scope.start, scope.end)
                if span:  # the id is filled in when all events are known
                    done.append(Argument(role, Reference(span, f"!{of_type}")))
            else:
                reference = self.find_mention(line, role, filler, sentence)
                if reference:
                    done.append(Argument(role, reference))
        self.events.append(Event("", trigger, type_, realis, polarity, outcome, tuple(done), cluster))
        self.event_lines.append(line)

    def number_events(self) -> None:
        order = sorted(range(len(self.events)), key=lambda i: event_sort_key(self.events[i]))
        on: dict[Span, list[tuple[str, str]]] = {}  # the events on a trigger: (type, id)
        for n, i in enumerate(order, 1):
            on.setdefault(self.events[i].trigger, []).append((self.events[i].type, f"v{n}"))
        numbered = []
        for n, i in enumerate(order, 1):
            arguments = []
            for a in self.events[i].arguments:
                if a.filler.id is None or not a.filler.id.startswith("!"):
                    arguments.append(a)
                elif id_ := self.find_event(self.event_lines[i], a, on.get(a.filler.span, [])):
                    arguments.append(Argument(a.role, Reference(a.filler.span, id_)))
            numbered.append(replace(self.events[i], id=f"v{n}", arguments=tuple(arguments)))
        self.events = numbered

    def find_event(self, line: int, argument: Argument, here: list[tuple[str, str]]) -> str | None:
        """The id of the event that a ``!`` filler names, of those on its trigger."""
        words, type_ = argument.filler.span.of(self.text), (argument.filler.id or "")[1:]
        fitting = [id_ for name, id_ in here if type_ in ("", name)]
        known = ", ".join(name for name, _ in here)
        if len(fitting) == 1:
            return fitting[0]
        if not here:
            self.add_problem(line, argument.role, f"{words!r} is no trigger; give it an E line of its own")
        elif not fitting:
            self.add_problem(line, argument.role, f"no {type_} has the trigger {words!r}, only {known}")
        elif type_ or len(set(here)) > len({name for name, _ in here}):
            self.add_problem(
                line, argument.role, f"{len(fitting)} events of one type have the trigger {words!r}: {known}"
            )
        else:
            right = f"!{words} ({here[0][0]})"
            self.add_problem(
                line, argument.role, f"{len(here)} events have the trigger {words!r}: {known}; write {right}"
            )
        return None

    def read_content(self, line: int, words: str, sentence: SentenceLine) -> tuple[Span, ...] | None:
        at = self.find_paragraph(sentence.span.start)
        begin = self.paragraphs[at].start
        near = self.paragraphs[min(at + 1, len(self.paragraphs) - 1)].end
        parts: list[Span] = []
        for part in words.split(" // "):
            last = near
            if part.strip().startswith("¶¶"):
                part, last = part.strip()[2:].strip(), len(self.text)
                begin = begin if parts else 0
            span = self.read_part(line, part.strip(), begin, last)
            if span is None:
                return None
            parts.append(span)
            begin = span.end
        return tuple(parts)

    def read_part(self, line: int, part: str, begin: int, last: int) -> Span | None:
        """One part of a quote's content, which begins between the two offsets."""
        head, elided, tail = part.partition(" ~~ ")
        if not elided and not _OCCURRENCE.match(head):  # elided content picks by its head, whole content by itself
            span = self.find_words(line, "Q content", part, begin, len(self.text))
            if span and span.start >= last:
                self.add_problem(line, "Q content", f"{part[:40]!r} stands more than a paragraph after its cue")
                return None
            return span
        span = self.find_words(line, "Q content", head.strip(), begin, last)
        if span is None or not elided:
            return span
        ends = find_occurrences(tail.strip(), self.text, span.end, len(self.text))
        if not ends:
            self.add_problem(line, "Q content", f"{tail!r} does not stand after {head!r}")
            return None
        return Span(span.start, ends[0] + len(tail.strip()))

    def read_quote(self, line: int, body: str, sentence: SentenceLine) -> None:
        content_words, *fields = [part.strip() for part in body.split(" | ")]
        content = self.read_content(line, content_words, sentence)
        values: dict[str, str] = {}
        o = self.ontology
        for part in fields:
            key, colon, value = part.partition(":")
            if colon and key in ("cue", "source", "addressee", "parent", "link"):
                values[key] = value.strip()
            elif part in o.directness:
                values["directness"] = part
            elif part in o.attitude:
                values["attitude"] = part
            elif part.startswith("#"):
                values["cluster"] = part[1:]
            elif part.startswith("="):
                values["name"] = part[1:]
            else:
                self.add_problem(
                    line, "Q", f"{part!r} is no cue:, source:, addressee:, parent:, link:, directness or attitude"
                )
        for key in ("source", "directness", "attitude"):
            if key not in values:
                right = "; source: none where the text names none" if key == "source" else ""
                self.add_problem(line, "Q", f"{key} is missing{right}")
        if "link" in values and values["link"] not in o.links:
            self.add_problem(line, "link", f"unknown link {values['link']!r}; one of {', '.join(o.links)}")
        cue = source = addressee = None
        if "cue" in values:
            cue = self.find_words(line, "cue", values["cue"], sentence.span.start, sentence.span.end)
        if values.get("source", "none") != "none":
            source = self.find_mention(line, "source", values["source"], sentence)
        if "addressee" in values:
            addressee = self.find_mention(line, "addressee", values["addressee"], sentence)
        if content is None:
            return
        self.quotes.append(
            Quote(
                values.get("name", ""), content, cue, source, addressee, values.get("directness"),
                values.get("attitude"), values.get("parent"), values.get("cluster"), values.get("link"),
                values.get("source") == "none",
            )
        )  # fmt: skip
        self.quote_lines.append(line)

    def number_quotes(self) -> None:
        order = sorted(range(len(self.quotes)), key=lambda i: quote_sort_key(self.quotes[i]))
        ids: dict[str, str] = {}
        for n, i in enumerate(order, 1):
            name = self.quotes[i].id
            if name in ids:
                self.add_problem(
                    self.quote_lines[i], "Q", f"={name} names another quote already; give each its own name"
                )
            elif name:
                ids[name] = f"q{n}"
        numbered = []
        for n, i in enumerate(order, 1):
            q = self.quotes[i]
            if q.parent is not None and q.parent not in ids:
                self.add_problem(self.quote_lines[i], "parent", f"no quote is named ={q.parent}")
            numbered.append(replace(q, id=f"q{n}", parent=None if q.parent is None else ids.get(q.parent)))
        self.quotes = numbered

    def read(self, lines: list[str]) -> Document:
        for number, raw in enumerate(lines, 1):
            kind, _, body = raw.strip().partition(" ")
            if not kind or raw.startswith("--"):
                continue
            if kind == "S":
                self.read_sentence(number, body.strip())
                if self.problems:  # the rest of the text can no longer be aligned
                    break
            elif kind in ("E", "Q") and self.sentences:
                self.sentences[-1].lines.append((number, kind, body.strip()))
            else:
                self.add_problem(number, kind, "a line begins with S (sentence), E (event), Q (quote) or -- (comment)")
        end = self.sentences[-1].span.end if self.sentences else 0
        if not self.problems and self.text[end:].strip():
            self.add_problem(
                len(lines), "S", f"the article goes on: {self.text[end:].strip()[:60]!r}; copy it to its end"
            )
        self.number_mentions()
        for sentence in self.sentences:
            for number, kind, body in sentence.lines:
                (self.read_event if kind == "E" else self.read_quote)(number, body, sentence)
        self.number_events()
        self.number_quotes()
        if self.problems:
            raise InputError(self.problems)
        return Document(
            self.doc_id, self.text, zones=cover_with_zones(self.text, self.build_zones()),
            sentences=tuple(s.span for s in self.sentences), entities=tuple(self.entities),
            events=tuple(self.events), quotes=tuple(self.quotes),
        )  # fmt: skip
