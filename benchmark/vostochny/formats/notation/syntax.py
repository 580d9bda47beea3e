"""Read the S lines of the notation: the article's words, checked character by character, with mentions and zones."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from vostochny.errors import Problem, Problems
from vostochny.model import DEFAULT_ZONE, Entity, Event, Quote, Span, Zone
from vostochny.ontology import Ontology
from vostochny.schema.records import list_attributes
from vostochny.text.layout import paragraphs_of

# Fields of a Q line that begin with their name. Values of all other attributes stand alone: no two share a value.
NAMED_FIELDS = ("cue", "source", "addressee", "parent", "link")
# Layer → attributes whose values stand alone in a line, and for each its table of the ontology.
BARE_ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    layer: {f.name: f.key.values for f in list_attributes(layer, values_only=True) if f.name not in NAMED_FIELDS}
    for layer in ("events", "quotes")
}
_MARKUP = re.compile(r"\\(.)|\[\[|\]\]|\||\{(\w+)\}", re.S)


def mention_sort_key(entity: Entity) -> tuple[int, int, str]:
    """Return the key by which mentions are numbered: text order, an outer mention before those inside it."""
    return entity.span.start, -entity.span.end, entity.type


@dataclass
class SentenceLine:
    """An S line: its number, its span in the article, and the E and Q lines under it."""

    line: int
    span: Span
    lines: list[tuple[int, str, str]] = field(default_factory=list)  # (line, 'E' or 'Q', body)


class TextReader:
    """Reads the S lines: sentences, the mentions marked in them, and zones. The subclass reads the other lines.

    ``name`` is the file, for problems.
    """

    def __init__(self, name: str, doc_id: str, text: str, ontology: Ontology):
        self.name, self.doc_id, self.text, self.ontology = name, doc_id, text, ontology
        self.problems: Problems[Problem] = Problems()
        self.sentences: list[SentenceLine] = []
        self.entities: list[Entity] = []
        self.events: list[Event] = []
        self.quotes: list[Quote] = []
        self.zones: list[Zone] = []
        self.paragraphs = paragraphs_of(text)
        self.event_lines: list[int] = []
        self.quote_lines: list[int] = []

    def add_problem(self, line: int, where: str, message: str) -> None:
        self.problems.append(Problem(self.name, line, where, message))

    # -- sentences and mentions ------------------------------------------------------------------------------------

    def read_sentence(self, line: int, body: str) -> None:
        """Read an S line, which goes on where the last one ended; white space between them is skipped."""
        at = self.sentences[-1].span.end if self.sentences else 0
        while at < len(self.text) and self.text[at].isspace():
            at += 1
        if at == len(self.text):
            self.add_problem(line, "S", "the article ends before this line; remove it")
            return
        words = self.match_words(line, body, at)
        if words is None:
            return
        end, mentions = words
        self.sentences.append(SentenceLine(line, Span(at, end)))
        for span, attributes in mentions:
            self.read_mention(line, span, attributes)

    def match_words(self, line: int, body: str, at: int) -> tuple[int, list[tuple[Span, str]]] | None:
        """Walk through a line and the article (from offset ``at``) in parallel, and add the zones that the line marks.

        Returns where the line ends in the article and its mentions, each with its attributes; None if they differ.
        """
        open_marks: list[int] = []  # offsets of the mentions that are not closed yet
        mentions: list[tuple[Span, str]] = []
        i = 0
        while i < len(body):
            m = _MARKUP.match(body, i)
            token = m.group() if m else body[i]
            if m and token == "[[":
                open_marks.append(at)
            elif m and token == "|" and open_marks:
                close = body.find("]]", i)
                if close < 0:
                    self.add_problem(line, "S", f"a mention is not closed: {body[i : i + 30]!r}; write [[words|TYPE]]")
                    return None
                mentions.append((Span(open_marks.pop(), at), body[i + 1 : close]))
                i = close + 2
                continue
            elif m and m.group(2):
                if m.group(2) not in self.ontology.zones:
                    names = ", ".join(self.ontology.zones)
                    self.add_problem(line, "S", f"unknown zone {m.group(2)!r}; expected one of {names}")
                self.zones.append(Zone(Span(at, at), m.group(2)))
            else:
                # An escaped character, a plain one, or "|" and "]]" outside a mention, which are plain text there.
                literal = m.group(1) if m and m.group(1) else body[i]
                if not self.text.startswith(literal, at):
                    line_words = _remove_markup(body[i : i + 40])
                    here = self.text[at : at + 40]
                    self.add_problem(line, "S", f"{line_words!r} is not the article's text; it has {here!r} here")
                    return None
                at += 1
                i += 2 if m and m.group(1) else 1
                continue
            i = m.end()
        for start in open_marks:
            words = self.text[start : start + 20]
            self.add_problem(line, "S", f"a mention at {words!r} is not closed; write [[words|TYPE]]")
        return at, mentions

    def read_mention(self, line: int, span: Span, attributes: str) -> None:
        """Add a mention; ``attributes`` is what stands behind its words: type, level, demonym, cluster."""
        words = attributes.split()
        surface = span.of(self.text)
        where = f"[[{surface}|…]]"
        if not words or words[0] not in self.ontology.list_labels().entity_types:
            known = ", ".join(self.ontology.entity_types)
            self.add_problem(line, where, f"unknown type {words[0] if words else ''!r}; expected one of {known}")
            return
        if surface != surface.strip() or not surface:
            self.add_problem(line, where, "the span is empty or begins or ends with white space; mark the words alone")
            return
        type_, rest = words[0], words[1:]
        level = "NAM" if type_ in self.ontology.mentions else None
        demonym, cluster = False, None
        for word in rest:
            if word in self.ontology.list_names("levels") and level is not None:
                level = word
            elif word == "demonym":
                demonym = True
            elif cluster is None and re.fullmatch(r"[a-z0-9_]+", word):
                cluster = word
            else:
                self.add_problem(
                    line,
                    where,
                    f"{word!r} is not NOM, PRO, demonym or a cluster; expected at most one cluster, of a-z, 0-9 and _",
                )
        self.entities.append(Entity("", span, type_, level, demonym, cluster))

    def number_mentions(self) -> None:
        """Sort the mentions and give them ids."""
        ordered = sorted(self.entities, key=mention_sort_key)
        self.entities = [replace(e, id=f"e{n}") for n, e in enumerate(ordered, 1)]
        self.starts = [e.span.start for e in self.entities]

    def find_paragraph(self, offset: int) -> int:
        """Return the number of the paragraph that an offset is in."""
        return bisect_right(self.paragraphs, Span(offset, len(self.text) + 1)) - 1

    def build_zones(self) -> list[Zone]:
        """Return the zones: each runs from its mark to the end of its paragraph, or to the next mark in it."""
        out = []
        for zone, after in pairwise([*self.zones, Zone(Span(len(self.text) + 1, len(self.text) + 1), DEFAULT_ZONE)]):
            end = min(self.paragraphs[self.find_paragraph(zone.span.start)].end, after.span.start)
            stretch = self.text[zone.span.start : end].rstrip()
            out.append(Zone(Span(zone.span.start, zone.span.start + len(stretch)), zone.name))
        return out


def _remove_markup(marked: str) -> str:
    """Return words without the marks of mentions."""
    return re.sub(r"\[\[|\|[^\]]*\]\]", "", marked)
