"""Write a document in the notation, or report what the notation cannot express."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from itertools import groupby, pairwise

from vostochny.errors import InputError, Problem, Problems
from vostochny.formats.notation.parser import NotationReader, event_sort_key, quote_sort_key
from vostochny.formats.notation.syntax import BARE_ATTRIBUTES, mention_sort_key
from vostochny.model import DEFAULT_ZONE, LAYERS, Argument, Document, Entity, Event, Quote, Reference, Span
from vostochny.ontology import Ontology
from vostochny.schema.records import list_stated
from vostochny.text.layout import find_occurrences, paragraphs_of

MAX_WHOLE_CHARACTERS = 60  # longer content is written as its first and last words


def renumber(document: Document) -> Document:
    """Return the document as the notation reads it: items in text order with ids e1, v1, q1 …, references by id."""
    mentions = sorted(document.entities, key=mention_sort_key)
    events = sorted(document.events, key=event_sort_key)
    quotes = sorted(document.quotes, key=quote_sort_key)
    ids = {e.id: f"e{n}" for n, e in enumerate(mentions, 1)} | {v.id: f"v{n}" for n, v in enumerate(events, 1)}
    quote_ids = {q.id: f"q{n}" for n, q in enumerate(quotes, 1)}
    entity_at = {e.span: ids[e.id] for e in reversed(mentions)}

    def refer(reference: Reference | None) -> Reference | None:
        if reference is None:
            return None
        new_id = entity_at.get(reference.span) if reference.id is None else ids.get(reference.id)
        return Reference(reference.span, new_id)

    def arguments(event: Event) -> tuple[Argument, ...]:
        return tuple(Argument(a.role, refer(a.filler) or a.filler) for a in event.arguments)

    return replace(
        document,
        entities=tuple(replace(e, id=f"e{n}") for n, e in enumerate(mentions, 1)),
        events=tuple(replace(v, id=ids[v.id], arguments=arguments(v)) for v in events),
        quotes=tuple(
            replace(q, id=quote_ids[q.id], source=refer(q.source), addressee=refer(q.addressee),
                    parent=None if q.parent is None else quote_ids.get(q.parent, q.parent))
            for q in quotes
        ),
    )  # fmt: skip


def write_notation(document: Document, ontology: Ontology) -> str:
    """Return the notation of a document, after reading it back to be sure that nothing is lost.

    Raises InputError with everything that the notation cannot express.
    """
    writer = _NotationWriter(renumber(document))
    source = writer.write_source()
    if writer.problems:
        raise InputError(writer.problems)
    back = NotationReader(document.doc_id, document.doc_id, document.text, ontology).read(source.split("\n"))
    for layer in ("zones", *LAYERS):
        items, items_back = getattr(writer.document, layer), getattr(back, layer)
        # A document without zones is read back with the zone body, which covers it.
        if items != items_back and (items or layer != "zones"):
            wrong = next((a for a, b in zip(items, items_back, strict=False) if a != b), layer)
            writer.add_problem(getattr(wrong, "id", layer), f"does not read back as it was written: {wrong}")
    if writer.problems:
        raise InputError(writer.problems)
    return source


class _NotationWriter:
    """Writes one document, whose items must be renumbered already."""

    def __init__(self, document: Document):
        self.document, self.text = document, document.text
        self.paragraphs = paragraphs_of(document.text)
        self.problems: Problems[Problem] = Problems()
        self.by_words: dict[str, list[Entity]] = defaultdict(list)
        for e in document.entities:
            self.by_words[e.span.of(self.text)].append(e)

    def add_problem(self, id_: str, message: str, span: Span | None = None) -> None:
        words = f" ‹{' '.join(span.of(self.text)[:40].split())}›" if span else ""
        self.problems.append(Problem(self.document.doc_id, None, f"{id_}{words}", message))

    # -- sentences, zones and mentions -------------------------------------------------------------------------------

    def write_source(self) -> str:
        """Return the notation; "" if there is a problem with a span."""
        d = self.document
        whole = [(e.id, e.span) for e in d.entities] + [(v.id, v.trigger) for v in d.events]
        whole += [(q.id, q.cue) for q in d.quotes if q.cue]
        for id_, span in whole:
            if span.of(self.text) != span.of(self.text).strip():
                self.add_problem(id_, "begins or ends with white space; mark the words alone", span)
            elif not any(p.start <= span.start and span.end <= p.end for p in self.paragraphs):
                self.add_problem(id_, "runs across paragraphs, which the notation cannot express", span)
        self.check_crossing()
        marks = self.place_zone_marks()
        if self.problems:  # otherwise everything that refers to such a span would be a problem again
            return ""
        lines = [line for p in self.paragraphs for line in self.split_lines(p, [span for _, span in whole])]
        rows_under: dict[Span, list[str]] = defaultdict(list)  # S line → its E and Q lines
        for event in d.events:
            home = self.find_line(event.trigger, lines)
            rows_under[home].append(self.write_event(event, home))
        for quote in d.quotes:
            home = self.find_line(quote.cue or quote.content[0], lines)
            rows_under[home].append(self.write_quote(quote, home))
        blocks = [
            "\n".join(row for line in block for row in (f"S {self.mark_up(line, marks)}", *rows_under[line]))
            for _, block in groupby(lines, key=lambda line: next(p for p in self.paragraphs if line.start < p.end))
        ]
        return "\n\n".join(blocks) + "\n"

    def check_crossing(self) -> None:
        """Check that mentions are nested: one that begins inside another must end there too.

        They come in text order, an outer one first, so a stack of the mentions around the current one is enough.
        """
        around: list[Entity] = []
        for e in self.document.entities:
            while around and around[-1].span.end <= e.span.start:
                around.pop()
            if around and around[-1].span.end < e.span.end:
                other = f"{around[-1].id} ‹{around[-1].span.of(self.text)}›"
                self.add_problem(e.id, f"crosses the mention {other}; correct one of them in Label Studio", e.span)
            else:
                around.append(e)
            if e.cluster is not None and (not re.fullmatch(r"[a-z0-9_]+", e.cluster) or e.cluster == "demonym"):
                self.add_problem(
                    e.id, f"the cluster {e.cluster!r} cannot be written; expected only a-z, 0-9 and _", e.span
                )

    def place_zone_marks(self) -> dict[int, str]:
        """Return offset → zone for every zone that needs a mark: body only where it begins inside a paragraph."""
        marks = {}
        for zone in self.document.zones:
            words = zone.span.of(self.text)
            start = zone.span.start + len(words) - len(words.lstrip())
            at = next((p for p in self.paragraphs if p.start <= start < p.end), None)
            if not words.strip() or at is None:
                continue
            if zone.name != DEFAULT_ZONE:
                marks[start] = zone.name
                if start + len(words.strip()) > at.end:
                    self.add_problem(f"zone {zone.name}", "runs across paragraphs; give each its own zone", zone.span)
            elif start > at.start:
                marks[start] = zone.name
        return marks

    def split_lines(self, paragraph: Span, whole: list[Span]) -> list[Span]:
        """Return the sentences of a paragraph; those that share one of the spans ``whole`` are joined."""
        starts = {s.start for s in self.document.sentences if paragraph.start < s.start < paragraph.end}
        cuts = [c for c in sorted(starts) if not any(s.start < c < s.end for s in whole)]
        out = []
        for start, end in pairwise([paragraph.start, *cuts, paragraph.end]):
            words = self.text[start:end]
            start += len(words) - len(words.lstrip())
            if words.strip():
                out.append(Span(start, start + len(words.strip())))
        return out

    def mark_up(self, line: Span, zones: dict[int, str]) -> str:
        """Return the words of a line with its mentions and zones marked."""
        here = [e for e in self.document.entities if line.start <= e.span.start < line.end]
        opening: dict[int, list[Entity]] = defaultdict(list)
        # Of mentions on the same words the last one is the outermost, because the reader numbers them as they close.
        for e in sorted(here, key=lambda e: (-e.span.end, -int(e.id[1:]))):
            opening[e.span.start].append(e)
        out, around = [], list[Entity]()
        for at in range(line.start, line.end + 1):
            while around and around[-1].span.end == at:
                out.append(f"|{self.write_attributes(around.pop())}]]")
            if at == line.end:
                break
            if at in zones:
                out.append(f"{{{zones[at]}}}")
            for e in opening[at]:
                out.append("[[")
                around.append(e)
            letter = self.text[at]
            out.append("\\" + letter if letter in "\\[]|{}" else letter)
        return "".join(out)

    @staticmethod
    def write_attributes(e: Entity) -> str:
        level = e.level if e.level != "NAM" else None
        return " ".join(filter(None, [e.type, level, "demonym" if e.demonym else None, e.cluster]))

    # -- events and quotes -------------------------------------------------------------------------------------------

    def find_line(self, span: Span, lines: list[Span]) -> Span:
        """Return the line that a span begins in."""
        return next((line for line in lines if line.start <= span.start < line.end), lines[-1])

    def name_place(self, span: Span, start: int, end: int) -> str | None:
        """Return the words of a span, with ``~n`` if they occur twice or more in the stretch; None if impossible."""
        words = span.of(self.text)
        starts = find_occurrences(words, self.text, start, end)
        if span.start not in starts or not _is_plain(words):
            return None
        return words if len(starts) == 1 else f"{words} ~{starts.index(span.start) + 1}"

    def list_scopes(self, home: Span) -> list[tuple[str, Span]]:
        """Return where a filler may be looked for, narrowest first: the mark, and the stretch of the text."""
        paragraph = next(p for p in self.paragraphs if p.start <= home.start < p.end)
        return [("", home), ("¶", paragraph), ("¶¶", Span(0, len(self.text)))]

    def write_filler(self, owner: str, what: str, reference: Reference, home: Span) -> str:
        """Return a filler, source or addressee, named in the narrowest scope for it; the rest is for a problem."""
        words = reference.span.of(self.text)
        for mark, scope in self.list_scopes(home):
            if (reference.id or "").startswith("v"):
                words_in_scope = self.name_place(reference.span, scope.start, scope.end)
                same = [v for v in self.document.events if v.trigger == reference.span]
                type_ = f" ({next(v.type for v in same if v.id == reference.id)})" if len(same) > 1 else ""
                if words_in_scope:
                    return f"!{mark}{words_in_scope}{type_}"
                continue
            ids = [e.id for e in self.by_words[words] if scope.start <= e.span.start < scope.end]
            if reference.id in ids and _is_plain(words):
                # "none" alone would mean that there is no source.
                number = f" ~{ids.index(reference.id) + 1}" if len(ids) > 1 or words == "none" else ""
                return f"{mark}{words}{number}"
        self.add_problem(owner, f"its {what} ‹{words}› cannot be named by its words", reference.span)
        return ""

    def write_event(self, event: Event, home: Span) -> str:
        """Return the E line of an event under the line ``home``."""
        missing = [name for name in list_stated("events") if getattr(event, name) is None]
        if missing:
            self.add_problem(event.id, f"has no {' and no '.join(missing)}; the notation needs both", event.trigger)
        trigger = self.name_place(event.trigger, home.start, home.end)
        if trigger is None:
            self.add_problem(event.id, "the trigger cannot be named by its words", event.trigger)
        # "positive" is what the notation takes where no polarity stands.
        values = (getattr(event, name) for name in BARE_ATTRIBUTES["events"])
        fields = [trigger, event.type, *(None if value == "positive" else value for value in values)]
        fields += [f"{a.role}: {self.write_filler(event.id, a.role, a.filler, home)}" for a in event.arguments]
        return "E " + " | ".join(filter(None, [*fields, self.write_cluster(event, event.trigger)]))

    def write_quote(self, quote: Quote, home: Span) -> str:
        """Return the Q line of a quote under the line ``home``."""
        span = quote.content[0]
        missing = [name for name in list_stated("quotes") if getattr(quote, name) is None]
        if quote.source is None and not quote.unattributed:
            missing.append("source (nor a mark that the text names none)")
        if missing:
            self.add_problem(quote.id, f"has no {' and no '.join(missing)}; the notation needs them", span)
        fields = [self.write_content(quote, home)]
        if quote.cue:
            cue = self.name_place(quote.cue, home.start, home.end)
            fields.append(f"cue: {cue}")
            if cue is None:
                self.add_problem(quote.id, "the cue cannot be named by its words", quote.cue)
        fields.append(
            f"source: {self.write_filler(quote.id, 'source', quote.source, home) if quote.source else 'none'}"
        )
        if quote.addressee:
            fields.append(f"addressee: {self.write_filler(quote.id, 'addressee', quote.addressee, home)}")
        fields += [getattr(quote, name) or "" for name in BARE_ATTRIBUTES["quotes"]]
        fields.append(f"parent: {quote.parent}" if quote.parent else "")
        fields.append(self.write_cluster(quote, span))
        fields.append(f"link: {quote.link}" if quote.link else "")
        fields.append(f"={quote.id}" if any(q.parent == quote.id for q in self.document.quotes) else "")
        return "Q " + " | ".join(filter(None, fields))

    def write_cluster(self, item: Event | Quote, span: Span) -> str:
        if item.cluster is None:
            return ""
        if not _is_plain(item.cluster):
            self.add_problem(item.id, f"the cluster {item.cluster!r} cannot be written", span)
        return f"#{item.cluster}"

    def write_content(self, quote: Quote, home: Span) -> str:
        """Return the content of a quote, its parts separated by ``//``."""
        at = next(i for i, p in enumerate(self.paragraphs) if p.start <= home.start < p.end)
        begin = self.paragraphs[at].start
        limit = self.paragraphs[min(at + 1, len(self.paragraphs) - 1)].end
        parts: list[str] = []
        for span in quote.content:
            part = self.write_part(span, begin, limit)
            if part is None:
                part = self.write_part(span, begin if parts else 0, len(self.text))
                if part is None:
                    self.add_problem(quote.id, "the content cannot be named by its words", span)
                    return ""
                part = f"¶¶{part}"
            parts.append(part)
            begin = span.end
        return " // ".join(parts)

    def write_part(self, span: Span, begin: int, last: int) -> str | None:
        """Return one part of the content, whole if it is short, else as its first and last words; None if impossible.

        As many words are taken as it needs for the reader to find the same span.
        """
        words = span.of(self.text)
        if not begin <= span.start < last:
            return None
        all_starts = find_occurrences(words, self.text, begin, len(self.text))
        starts_in_reach = find_occurrences(words, self.text, begin, last)
        whole_text = None
        if span.start in all_starts and _is_plain(words) and not _has_separator(words):
            if len(all_starts) == 1:
                whole_text = words
            elif span.start in starts_in_reach:
                whole_text = f"{words} ~{starts_in_reach.index(span.start) + 1}"
        if whole_text and len(words) <= MAX_WHOLE_CHARACTERS:
            return whole_text
        ends = [m.end() for m in re.finditer(r"\S+", words)]
        starts = [m.start() for m in re.finditer(r"\S+", words)]
        for first in _list_word_counts(3, len(ends)):
            head = Span(span.start, span.start + ends[first - 1])
            head_words = self.name_place(head, begin, last)
            if head_words is None or _has_separator(head_words):
                continue
            for last_words in _list_word_counts(2, len(starts) - first):
                tail = words[starts[-last_words] :]
                tail_starts = find_occurrences(tail, self.text, head.end, len(self.text))
                is_found = bool(tail_starts) and tail_starts[0] == span.end - len(tail)
                if is_found and _is_plain(tail) and not _has_separator(tail):
                    return f"{head_words} ~~ {tail}"
        return whole_text


def _is_plain(words: str) -> bool:
    """Return whether words can stand in a field without being read as markup."""
    special = "|" in words or "\n" in words or words.startswith(("¶", "!", "#", "="))
    return bool(words) and words == words.strip() and not special and not re.search(r"~\d+$", words)


def _has_separator(words: str) -> bool:
    """Return whether words have a separator of content, at which the reader would split them."""
    return "//" in words or "~~" in words


def _list_word_counts(usual: int, most: int) -> list[int]:
    """Return the numbers of words to try: the usual one, then more, then fewer."""
    return [*range(min(usual, most), most + 1), *range(min(usual, most) - 1, 0, -1)] if most > 0 else []
