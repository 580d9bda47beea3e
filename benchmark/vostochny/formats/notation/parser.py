"""Read the notation, checked against its article, and report every line that is wrong.

One pass over the lines reads sentences and mentions, a second one what refers to them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import replace
from typing import Any

from vostochny.errors import InputError
from vostochny.formats.notation.syntax import BARE_ATTRIBUTES, NAMED_FIELDS, SentenceLine, TextReader
from vostochny.model import Argument, Document, Event, Quote, Reference, Span
from vostochny.schema.records import list_attributes, list_stated
from vostochny.text.layout import cover_with_zones, find_occurrences

_OCCURRENCE = re.compile(r"^(.*?)\s*~(\d{1,9})$", re.S)
_OF_TYPE = re.compile(r"^(.*\S)\s*\((\w+\.\w+)\)$", re.S)


def event_sort_key(event: Event) -> tuple[Span, str]:
    """Return the key by which events are numbered."""
    return event.trigger, event.type


def quote_sort_key(quote: Quote) -> tuple[object, ...]:
    """Return the key by which quotes are numbered: an outer quote before those inside it."""
    # Two quotes may share their content; their cue, source and addressee then decide, so that the order is stable.
    spans = [quote.cue, *(r and r.span for r in (quote.source, quote.addressee))]
    places = tuple((s.start, s.end) if s else (-1, -1) for s in spans)
    return (quote.content[0].start, -quote.content[-1].end, quote.content, places)


def _split_occurrence(words: str) -> tuple[str, int | None]:
    """Split words into the words without ``~n``, and the n (None if there is none)."""
    m = _OCCURRENCE.match(words)
    return (m.group(1), int(m.group(2))) if m else (words, None)


class NotationReader(TextReader):
    """Reads a whole file: the S lines first, then the E and Q lines, when all mentions are known."""

    def find_words(self, line: int, where: str, words: str, start: int, end: int) -> Span | None:
        """Return the only place of ``words`` (or of its ``~n``-th occurrence) in a stretch of the text, or None."""
        needle, nth = _split_occurrence(words)
        starts = find_occurrences(needle, self.text, start, end)
        if not starts:
            self.add_problem(line, where, f"{needle!r} is not in {self.text[start:end][:60]!r}…")
            return None
        what = f"{needle!r} occurs {len(starts)} times here"
        chosen = self.choose_occurrence(line, where, what, len(starts), nth)
        return None if chosen is None else Span(starts[chosen], starts[chosen] + len(needle))

    def choose_occurrence(self, line: int, where: str, what: str, count: int, nth: int | None) -> int | None:
        """Return which of ``count`` occurrences is meant, from 0: the ``nth``, or the only one; None if that is open.

        ``what`` states the number of occurrences, for a problem.
        """
        if nth is None and count > 1:
            self.add_problem(line, where, f"{what}; pick one with ~1 to ~{count}")
        elif nth is not None and not 1 <= nth <= count:
            self.add_problem(line, where, f"{what}; ~{nth} is not one of them")
        else:
            return (nth or 1) - 1
        return None

    def split_scope(self, words: str, sentence: SentenceLine) -> tuple[str, Span]:
        """Return words without their mark, and where to look for them: the sentence, ¶ its paragraph, ¶¶ everywhere."""
        if words.startswith("¶¶"):
            return words[2:].strip(), Span(0, len(self.text))
        if words.startswith("¶"):
            return words[1:].strip(), self.paragraphs[self.find_paragraph(sentence.span.start)]
        return words, sentence.span

    def find_mention(self, line: int, where: str, words: str, sentence: SentenceLine) -> Reference | None:
        """Return the mention with these words in the scope that they name, or None."""
        words, scope = self.split_scope(words, sentence)
        needle, nth = _split_occurrence(words)
        in_scope = self.entities[bisect_left(self.starts, scope.start) : bisect_left(self.starts, scope.end)]
        matches = [e for e in in_scope if e.span.of(self.text) == needle]
        if not matches:
            mentions = ", ".join(e.span.of(self.text) for e in in_scope) or "none"
            self.add_problem(line, where, f"no mention has the words {needle!r} here; the mentions are {mentions}")
            return None
        what = f"{len(matches)} mentions have the words {needle!r} here"
        chosen = self.choose_occurrence(line, where, what, len(matches), nth)
        return None if chosen is None else Reference(matches[chosen].span, matches[chosen].id)

    def read_event(self, line: int, body: str, sentence: SentenceLine) -> None:
        """Read an E line; fillers that are events get their id later, in :meth:`number_events`."""
        trigger_words, *fields = [part.strip() for part in body.split(" | ")]
        trigger = self.find_words(line, "E trigger", trigger_words, sentence.span.start, sentence.span.end)
        if trigger is None:
            return
        type_ = None
        values: dict[str, Any] = {"polarity": "positive"}
        arguments = []
        o = self.ontology
        for part in fields:
            role, colon, filler = part.partition(":")
            if part in o.events:
                type_ = part
            elif name := self.find_attribute("events", part):
                values[name] = part
            elif part.startswith("#"):
                values["cluster"] = part[1:]
            elif colon and role in o.list_labels().roles:
                arguments.append((role, filler.strip()))
            else:
                kinds = "an event type, realis, polarity, outcome, Role: filler or #cluster"
                self.add_problem(line, "E", f"{part!r} is not recognised; expected {kinds}")
        if type_ is None or "realis" not in values:
            realis = ", ".join(o.list_names("realis"))
            self.add_problem(line, "E", f"{trigger_words!r} needs an event type and one of {realis}")
            return
        fillers = self.read_arguments(line, type_, arguments, sentence)
        self.events.append(Event("", trigger, type_, arguments=fillers, **values))
        self.event_lines.append(line)

    def find_attribute(self, layer: str, word: str) -> str | None:
        """Return the attribute of a layer's items that has this value and needs no name before it; None if none has."""
        tables = BARE_ATTRIBUTES[layer].items()
        return next((name for name, table in tables if word in self.ontology.list_names(table)), None)

    def read_arguments(
        self, line: int, type_: str, arguments: list[tuple[str, str]], sentence: SentenceLine
    ) -> tuple[Argument, ...]:
        """Return the arguments of an event of this type from (role, filler) pairs, without those that are problems."""
        resolved = []
        for role, filler in arguments:
            roles = self.ontology.events[type_].roles
            if role not in roles:
                allowed = ", ".join(roles)
                self.add_problem(line, role, f"{type_} has no role {role!r}; expected one of {allowed}")
            elif filler.startswith("!"):
                m = _OF_TYPE.match(filler)
                words, of_type = (m.group(1), m.group(2)) if m else (filler, "")
                words, scope = self.split_scope(words[1:].strip(), sentence)
                span = self.find_words(line, role, words, scope.start, scope.end)
                if span:  # "!Type" stands for the id until all events are known
                    resolved.append(Argument(role, Reference(span, f"!{of_type}")))
            else:
                reference = self.find_mention(line, role, filler, sentence)
                if reference:
                    resolved.append(Argument(role, reference))
        return tuple(resolved)

    def number_events(self) -> None:
        """Give the events ids in text order, and replace ``!Type`` fillers by the ids of the events that they name."""
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
        """Return the id of the event that a ``!`` filler names, of the (type, id) pairs on its trigger; or None."""
        words, type_ = argument.filler.span.of(self.text), (argument.filler.id or "")[1:]
        matches = [id_ for name, id_ in here if type_ in ("", name)]
        types = ", ".join(name for name, _ in here)
        if len(matches) == 1:
            return matches[0]
        if not here:
            self.add_problem(line, argument.role, f"{words!r} is not a trigger; give it its own E line")
        elif not matches:
            self.add_problem(line, argument.role, f"no {type_} has the trigger {words!r}; expected one of {types}")
        elif type_ or len(set(here)) > len({name for name, _ in here}):
            self.add_problem(
                line, argument.role, f"{len(matches)} events of one type have the trigger {words!r}: {types}"
            )
        else:
            example = f"!{words} ({here[0][0]})"
            self.add_problem(
                line, argument.role, f"{len(here)} events have the trigger {words!r}: {types}; write {example}"
            )
        return None

    def read_content(self, line: int, words: str, sentence: SentenceLine) -> tuple[Span, ...] | None:
        """Return the parts of a quote's content, or None with a problem.

        The first part begins in the paragraph of the cue or the next one, every other part after the one before it;
        ``¶¶`` looks in the whole article instead.
        """
        at = self.find_paragraph(sentence.span.start)
        begin = self.paragraphs[at].start
        limit = self.paragraphs[min(at + 1, len(self.paragraphs) - 1)].end
        parts: list[Span] = []
        for part in words.split(" // "):
            last = limit
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
        """Return one part of a quote's content, which begins at ``begin`` or later and before ``last``; or None."""
        head, elided, tail = part.partition(" ~~ ")
        if not elided and not _OCCURRENCE.match(head):  # elided content picks by its head, whole content by itself
            span = self.find_words(line, "Q content", part, begin, len(self.text))
            if span and span.start >= last:
                self.add_problem(
                    line, "Q content", f"{part[:40]!r} is more than a paragraph after its cue; write ¶¶ before it"
                )
                return None
            return span
        span = self.find_words(line, "Q content", head.strip(), begin, last)
        if span is None or not elided:
            return span
        ends = find_occurrences(tail.strip(), self.text, span.end, len(self.text))
        if not ends:
            self.add_problem(line, "Q content", f"{tail!r} is not in the article after {head!r}")
            return None
        return Span(span.start, ends[0] + len(tail.strip()))

    def read_quote(self, line: int, body: str, sentence: SentenceLine) -> None:
        """Read a Q line; until :meth:`number_quotes`, the quote's id is its ``=name``."""
        content_words, *fields = [part.strip() for part in body.split(" | ")]
        content = self.read_content(line, content_words, sentence)
        values: dict[str, str] = {}
        links = self.ontology.list_names("links")
        for part in fields:
            key, colon, value = part.partition(":")
            if colon and key in NAMED_FIELDS:
                values[key] = value.strip()
            elif name := self.find_attribute("quotes", part):
                values[name] = part
            elif part.startswith("#"):
                values["cluster"] = part[1:]
            elif part.startswith("="):
                values["name"] = part[1:]
            else:
                named = ", ".join(f"{key}:" for key in NAMED_FIELDS)
                bare = ", ".join(f"a value of {name}" for name in BARE_ATTRIBUTES["quotes"])
                kinds = f"{named}, {bare}, #cluster or =name"
                self.add_problem(line, "Q", f"{part!r} is not recognised; expected {kinds}")
        for key in ("source", *list_stated("quotes")):
            if key not in values:
                hint = "; write source: none if the text names none" if key == "source" else ""
                self.add_problem(line, "Q", f"{key} is missing{hint}")
        if "link" in values and values["link"] not in links:
            self.add_problem(line, "link", f"unknown link {values['link']!r}; expected one of {', '.join(links)}")
        cue = source = addressee = None
        if "cue" in values:
            cue = self.find_words(line, "cue", values["cue"], sentence.span.start, sentence.span.end)
        if values.get("source", "none") != "none":
            source = self.find_mention(line, "source", values["source"], sentence)
        if "addressee" in values:
            addressee = self.find_mention(line, "addressee", values["addressee"], sentence)
        if content is None:
            return
        unattributed = values.get("source") == "none"
        attributes: dict[str, Any] = {f.name: values[f.name] for f in list_attributes("quotes") if f.name in values}
        quote = Quote(values.get("name", ""), content, cue, source, addressee, unattributed=unattributed, **attributes)
        self.quotes.append(quote)
        self.quote_lines.append(line)

    def number_quotes(self) -> None:
        """Give the quotes ids in text order, and replace the names of parents by their ids."""
        order = sorted(range(len(self.quotes)), key=lambda i: quote_sort_key(self.quotes[i]))
        ids: dict[str, str] = {}
        for n, i in enumerate(order, 1):
            name = self.quotes[i].id
            if name in ids:
                self.add_problem(self.quote_lines[i], "Q", f"={name} appears twice; give each quote its own name")
            elif name:
                ids[name] = f"q{n}"
        numbered = []
        for n, i in enumerate(order, 1):
            q = self.quotes[i]
            if q.parent is not None and q.parent not in ids:
                self.add_problem(self.quote_lines[i], "parent", f"no quote has the name ={q.parent}")
            numbered.append(replace(q, id=f"q{n}", parent=None if q.parent is None else ids.get(q.parent)))
        self.quotes = numbered

    def read(self, lines: list[str]) -> Document:
        """Return the document of a file's lines. Raises InputError with every problem."""
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
                kinds = "S (sentence), E (event) or Q (quote) under an S line, or -- (comment)"
                self.add_problem(number, kind, f"unknown kind of line; expected {kinds}")
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
