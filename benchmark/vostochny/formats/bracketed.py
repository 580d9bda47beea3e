"""Clusters as brackets beside tokens: CoNLL-2012 (``*_conll``), and CorefUD (CoNLL-U with ``Entity=`` in MISC).

CoNLL-2012 (Pradhan et al. 2012) has ``(3`` where a mention of cluster 3 begins, ``3)`` where it ends and ``(3)`` for
one token, joined by ``|``, in the last column; each part of a file is a document. CorefUD (Nedoluzhko et al. 2022) has
the same beside ``Entity=``, with more after the cluster's name, in the order that ``# global.Entity`` gives. Mentions
may be nested and may cross. A discontinuous mention (``e1[1/2]``) is read as its parts, each a mention of the cluster.
A mention of empty nodes alone has no words and is left out, and so are bridging and split antecedents: all are counted.
A mention that goes on in the next sentence is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from vostochny.errors import suggest_name
from vostochny.formats.files import read_text, split_lines
from vostochny.formats.limits import Budget
from vostochny.formats.reader import SPLIT_ENTITIES, Reading, Record
from vostochny.formats.tokens import TaggedDocument, TaggedFile, TaggedSentence, make_records

_TOKEN_BYTES = 800  # of a token in memory, a mention of it included
_COUNTED_BYTES = 1 << 20  # that are counted at once
MENTION = "MENTION"  # the type of a mention that states none
_BEGIN = re.compile(r"#begin document\s*\((.*)\)\s*;?\s*(?:part\s+(\d+))?")
_NEWDOC = re.compile(r"#\s*newdoc\s+id\s*=\s*(.*\S)")
_FIELDS = re.compile(r"#\s*global\.Entity\s*=\s*(\S+)")
_BRACKET = re.compile(r"\(([^()|]+)(\))?|([^()|]+)\)")
_CLUSTERS = re.compile(r"(?:\(\d+\)?|\d+\))(?:\|(?:\(\d+\)?|\d+\)))*")  # a cell of CoNLL-2012 with brackets
_PART = re.compile(r"(.*)\[(\d+)/\d+\]$")
_LINKS = {"SplitAnte": "split antecedents of CorefUD", "Bridge": "bridging links of CorefUD"}


@dataclass
class _State:
    """What a reader of lines knows: the documents so far, and the mentions of the sentence that are open."""

    path: str
    reading: Reading
    documents: list[TaggedDocument] = field(default_factory=list)
    sentence: TaggedSentence | None = None
    names: tuple[str, ...] = ("eid", "etype")
    # Name in the brackets → line, first token and type of each mention that is open, the innermost last.
    opened: dict[str, list[tuple[int, int, str]]] = field(default_factory=dict)
    surface: str = ""  # what is left of a surface token of several words
    covered_to: int = 0  # the last of these words
    width: int = 0  # cells of the sentence's lines
    last: int = 0  # number of the word before
    left_out: int = 0
    waiting: int = 0  # bytes of tokens in memory that the budget does not know yet

    def __post_init__(self) -> None:
        self.budget = Budget(self.path)

    def begin_document(self, doc_id: str | None, line: int) -> None:
        self.end_sentence()
        self.documents.append(TaggedDocument(doc_id, line))

    def end_sentence(self) -> None:
        """End the sentence; a mention that is still open is a problem."""
        for name, places in self.opened.items():
            for line, _, _ in places:
                message = f"the mention of {name!r} that begins here does not end in its sentence; end it there, "
                message += "or make one sentence of those that it goes across"
                self.reading.add_problem(self.path, line, name, message)
        self.sentence, self.opened, self.surface, self.covered_to = None, {}, "", 0
        self.width = self.last = 0

    def add_token(self, token: str, line: int) -> None:
        if not self.documents:
            self.documents.append(TaggedDocument(None, line))
        if self.sentence is None:
            self.sentence = TaggedSentence(line)
            self.documents[-1].sentences.append(self.sentence)
        self.waiting += _TOKEN_BYTES + len(token)
        if self.waiting > _COUNTED_BYTES:
            self.budget.take(self.waiting)
            self.waiting = 0
        self.sentence.tokens.append(token)
        self.sentence.tags.append("O")
        self.sentence.lines.append(line)

    def add_brackets(self, brackets: str, line: int, is_empty: bool = False) -> None:
        """Open and close mentions at the last token; of an empty node, before the next one."""
        count = len(self.sentence.tokens) if self.sentence else 0
        first, end = (count, count) if is_empty else (count - 1, count)
        if _BRACKET.sub("", brackets).strip("|"):
            self.reading.add_problem(
                self.path, line, None, f"{brackets[:60]!r} is not made of brackets such as (1 or 1)"
            )
        for opening, is_single, closing in _BRACKET.findall(brackets):
            name, type_ = self.split(opening or closing)
            if opening:
                self.opened.setdefault(name, []).append((line, first, type_))
            if is_single or closing:
                self.close(name, end, line)

    def split(self, content: str) -> tuple[str, str]:
        """Return the name and the type in brackets."""
        values = dict(zip(self.names, content.split("-"), strict=False))
        return content.split("-")[0], values.get("etype") or MENTION

    def close(self, name: str, end: int, line: int) -> None:
        places = self.opened.get(name)
        if not places:
            self.reading.add_problem(self.path, line, name, f"the mention of {name!r} that ends here begins nowhere")
            return
        _, first, type_ = places.pop()
        if first >= end or self.sentence is None:
            self.left_out += 1
            return
        part = _PART.match(name)
        if part and part[2] == "1":
            self.reading.counted[SPLIT_ENTITIES] += 1
        # Names of clusters are those of the document.
        cluster = f"{self.documents[-1].doc_id or len(self.documents)} {part[1] if part else name}"
        self.sentence.mentions.append((first, end, type_, cluster))


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield one record per document, whose entities are the mentions."""
    state = _State(path, reading)
    for number, raw in enumerate(split_lines(read_text(path)), 1):
        line = raw.rstrip("\r\t ")
        if line.count("\t") == 8 and raw.count("\t") == 8 and re.match(r"\d+([-.]\d+)?\t", line):
            reading.add_problem(path, number, None, "has 9 columns; expected 10, with _ in place of an empty one")
        if not line.strip():
            state.end_sentence()
        elif line.startswith("#") and "\t" not in line:
            _read_comment(state, line, number)
        elif line.count("\t") == 9 or (line.count("\t") == 8 and re.match(r"\d+([-.]\d+)?\t", line)):
            _read_word(state, [*line.split("\t"), "_"], number)
        else:
            _read_row(state, line.split(), number)
    state.end_sentence()
    if not state.documents:
        reading.add_problem(path, None, None, "has no token; expected one token per line, brackets in the last column")
        return
    if state.left_out:
        reading.left_out["mentions of empty nodes, which have no words"] += state.left_out
    if any(label == MENTION for d in state.documents for s in d.sentences for _, _, label, _ in s.mentions):
        reading.add_note(f"mentions without a type are read as {MENTION}")
    yield from reading.gather(make_records, TaggedFile(path, state.documents))


def _read_comment(state: _State, line: str, number: int) -> None:
    if m := _BEGIN.match(line):
        state.begin_document(m[1] + (f"_{m[2]}" if m[2] else ""), number)
    elif m := _NEWDOC.match(line):
        state.begin_document(m[1], number)
    elif m := _FIELDS.match(line):
        state.names = tuple(m[1].split("-"))


def _read_row(state: _State, columns: list[str], number: int) -> None:
    """Read a line of CoNLL-2012: document, part, number and word, or the word alone; the brackets are last."""
    if len(columns) < 2:
        message = f"{columns[0][:40]!r} is all; expected a token, and - or brackets such as (1 in the last column"
        state.reading.add_problem(state.path, number, None, message)
        return
    has_place = len(columns) >= 5 and columns[1].isdigit() and columns[2].isdigit()
    if len(columns) > 2 and not has_place:
        message = "expected document, part, number, word … and brackets, or word and brackets alone"
        state.reading.add_problem(state.path, number, None, message)
        return
    if len(columns) != (state.width or len(columns)):
        message = f"has {len(columns)} columns, and the lines before it {state.width}"
        state.reading.add_problem(state.path, number, None, message)
    state.width = len(columns)
    for at, cell in enumerate(columns[4:-1] if has_place else (), 5):
        if _CLUSTERS.fullmatch(cell):
            message = f"column {at} has the brackets {cell[:40]!r}; expected them in the last column"
            state.reading.add_problem(state.path, number, None, message)
    state.add_token(columns[3] if has_place else columns[0], number)
    if columns[-1] not in ("-", "_", "*"):
        state.add_brackets(columns[-1], number)


def _read_word(state: _State, columns: list[str], number: int) -> None:
    """Read a line of CoNLL-U: a surface token (``1-2``) is cut at its words, an empty node (``1.1``) has no words."""
    place, form, misc = columns[0], columns[1], columns[9]
    for at, cell in enumerate(columns[:9], 1):
        if cell.startswith("Entity=") or "|Entity=" in cell:
            message = f"column {at} has {cell[:40]!r}; expected it in column 10, MISC"
            state.reading.add_problem(state.path, number, None, message)
    for attribute in misc.split("|"):
        key, is_pair, value = attribute.partition("=")
        is_bracketed = is_pair and key != "Entity" and (value.startswith("(") or value.endswith(")"))
        if is_bracketed and suggest_name(key, ("Entity",), 0.8).startswith("did you mean"):
            state.reading.add_problem(state.path, number, key, "unknown key of MISC with brackets; expected Entity")
    if place.isdigit():
        if state.last and int(place[:9]) != state.last + 1:
            message = f"the word {place[:20]} comes after the word {state.last}; expected {state.last + 1}"
            state.reading.add_problem(state.path, number, None, message)
        state.last = int(place[:9])
    if m := re.fullmatch(r"(\d+)-(\d+)", place):
        state.surface, state.covered_to = form, int(m[2])
        return
    is_empty = "." in place
    if not is_empty and not (place.isdigit() and int(place) <= state.covered_to):
        state.add_token(form, number)
    elif not is_empty and state.surface:
        # The part of the surface token that is this word; where it is written otherwise, all that is left of it.
        is_part = int(place) < state.covered_to and state.surface.startswith(form)
        token = form if is_part else state.surface
        state.surface = state.surface[len(token) :]
        state.add_token(token, number)
    for attribute in misc.split("|"):
        if attribute.startswith("Entity="):
            state.add_brackets(attribute.removeprefix("Entity="), number, is_empty)
        key, _, value = attribute.partition("=")
        if key in _LINKS:
            state.reading.left_out[_LINKS[key]] += value.count(",") + 1
