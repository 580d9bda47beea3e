"""CoNLL columns: one token per line with its tag, a blank line after each sentence.

Columns are separated by tabs or blanks; :mod:`vostochny.formats.tag_columns` finds which are read. A document
begins with ``-DOCSTART-`` or ``# doc_id = …`` (``# newdoc id = …``, ``# document_id = …``, ``#begin document``);
without any of these the file is one document. An id with blanks at its ends is written as a JSON string. ``# text = …``
is the text of a sentence. Tag schemes: :mod:`vostochny.text.tags`. Of CoNLL-U, a range of tokens (``1-2``) is the form
that these have in the text, and an empty node (``1.1``) is left out.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from vostochny.formats.files import read_text as file_text
from vostochny.formats.files import split_lines, write_text
from vostochny.formats.limits import Budget
from vostochny.formats.reader import Reading, Record
from vostochny.formats.rows import has_attributes
from vostochny.formats.tag_columns import (
    TOKEN_NAMES,
    ColumnFile,
    Columns,
    Line,
    Sentence,
    find_columns,
    is_empty_node,
    is_regular,
    read_key,
    read_range,
)
from vostochny.formats.tokens import TaggedDocument, TaggedFile, TaggedSentence, make_records
from vostochny.model import Document, Span
from vostochny.text.alignment import spans_to_iob2
from vostochny.text.tags import is_tag

_TOKEN_BYTES = 400  # of a token in memory, beside its words: its line and cells, a sentence's share, and its span
_COUNTED_BYTES = 1 << 20  # that are counted at once
_ID_KEY = r"doc_id|newdoc\s+id|newdoc_id|(?:[\w.-]+:)?document_id|id"
_ID_LINE = re.compile(rf"#\s*(?:{_ID_KEY})\s*=\s*([^\t]*[^\t\s])\s*$")  # an id may have spaces
_BEGIN_LINE = re.compile(r"#begin document\s*\(?([^)\s;]*)\)?|#\s*newdoc\s*()$")
_TEXT_LINE = re.compile(r"#\s*text\s*=\s*(.*)")
_NAMES_LINE = re.compile(r"#\s*global\.columns\s*=\s*(.*)")
_COMMENT = re.compile(r"#\s*[\w.:-]+\s*=")
_BLANKS = re.compile(" +")  # a no-break space is part of a token
_SPACE_IN_LINE = re.compile("[ \t\n\r\f\v]+")


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield one record per document, of all files of the side after the last, because they share their columns."""
    file = _read_lines(path)
    if not file.documents:
        reading.add_problem(path, None, None, "has no token; expected one token and its tag per line")
    else:
        yield from reading.gather(_read_files, file)


def _read_lines(path: str) -> ColumnFile:
    """Return the lines of a file in cells, sentence by sentence."""
    file = ColumnFile(path)
    sentence: Sentence | None = None
    text: str | None = None
    has_content = False
    budget, waiting = Budget(path), 0
    known: dict[str, str] = {}  # most cells are one of a few strings
    for number, raw in enumerate(split_lines(file_text(path)), 1):
        line = raw.rstrip("\r\t ")
        is_header, doc_id = _read_header(line)
        if is_header:
            _begin_document(file, doc_id, number)
            sentence = text = None
        elif not line.strip():
            sentence = None
        elif _is_comment(line):
            if m := _NAMES_LINE.match(line):
                file.names = m.group(1).split()
            elif m := _TEXT_LINE.match(line):
                text = m.group(1)
        else:
            cells = _split_cells(line)
            is_first, has_content = not has_content, True
            if is_first and TOKEN_NAMES.intersection(c.casefold() for c in cells) and not any(map(is_tag, cells)):
                file.names = cells
                continue
            waiting += _TOKEN_BYTES + len(line)
            if waiting > _COUNTED_BYTES:
                budget.take(waiting)
                waiting = 0
            if not file.documents:
                file.documents.append((None, number, []))
            if sentence is None:
                sentence = Sentence(text=text)
                text = None
                file.documents[-1][2].append(sentence)
            sentence.lines.append(Line(number, tuple(known.setdefault(c, c) for c in cells), "\t" in line))
    return file


def _is_comment(line: str) -> bool:
    """Return whether a line is a comment: with “#” and a key, or without a tag at its end, as a token “#” has."""
    is_note = re.match(r"#\s|#end\b|#+$", line) is not None and not is_tag(line.split()[-1])
    return _COMMENT.match(line) is not None or is_note


def _split_cells(line: str) -> list[str]:
    """Return the cells of a line; a line that begins with a blank has none in its first."""
    return [cell.strip(" ") for cell in line.split("\t")] if "\t" in line else _BLANKS.split(line)


def _read_files(reading: Reading, files: Sequence[ColumnFile]) -> Iterator[Record]:
    """Yield the records of all files of a side."""
    sizes = Counter(len(line.cells) for file in files for s in file.sentences for line in s.lines)
    usual = max(sizes, key=lambda size: (sizes[size], size), default=0)
    columns = find_columns(reading, files, usual)
    before = len(reading.problems)
    if columns or not sizes:
        tagged = [_read_file(reading, file, columns or Columns(0, 0, None, None), usual) for file in files]
        if len(reading.problems) == before:  # a token that is missing would breed problems with those after it
            yield from make_records(reading, tagged)


def _read_file(reading: Reading, file: ColumnFile, columns: Columns, usual: int) -> TaggedFile:
    """Return the tagged sentences of a file; a line without a token or a tag is a problem.

    Args:
        reading: Receives problems.
        file: The file.
        columns: Where the token and the tag are.
        usual: The number of cells that most lines have.
    """
    out = TaggedFile(file.path, [])
    for doc_id, number, sentences in file.documents:
        document = TaggedDocument(doc_id, number)
        out.documents.append(document)
        for lines in sentences:
            sentence = TaggedSentence(lines.lines[0].number, where=f"column {columns.tag + 1}", text=lines.text)
            for line in lines.lines:
                _read_line(reading, file.path, line, columns, usual, sentence)
            size = len(sentence.tokens)
            sentence.surfaces = [x for x in sentence.surfaces if x[1] < size]
            if size:
                document.sentences.append(sentence)
    return out


def _read_line(reading: Reading, path: str, line: Line, columns: Columns, usual: int, sentence: TaggedSentence) -> None:
    """Add the token of a line to its sentence, or a problem to ``reading``; arguments as of :func:`_read_file`."""
    cells = line.cells
    if not is_regular(line, usual):
        if cells[0] or len(cells) != usual + 1:
            message = f"has {_count(len(cells))}, most lines have {usual}; a token with a blank needs tabs around it"
            reading.add_problem(path, line.number, None, message)
            return
        cells = cells[1:]  # an indented line
    if columns.index is not None:
        span = read_range(cells[columns.index])
        if is_empty_node(cells[columns.index]):
            reading.left_out["empty nodes, which are no words of the text"] += 1
            return
        if span:
            at = len(sentence.tokens)
            sentence.surfaces.append((at, at + span[1] - span[0], cells[columns.token]))
            return
    if len(cells) <= max(columns.token, columns.tag):
        message = f"is missing; the line has {_count(len(cells))}, most have {usual}"
        reading.add_problem(path, line.number, f"column {max(columns.token, columns.tag) + 1}", message)
        return
    tag = cells[columns.tag]
    sentence.tokens.append(cells[columns.token])
    sentence.tags.append(read_key(tag, columns.key) if columns.key else tag)
    sentence.lines.append(line.number)


def _count(size: int) -> str:
    return "1 column" if size == 1 else f"{size} columns"


def _read_header(line: str) -> tuple[bool, str | None]:
    """Return whether a line begins a document, and the id that it gives, if any."""
    if line.startswith("-DOCSTART-"):
        m = re.search(r"\(([^)\s]+)\)|doc_id=(\S+)", line)
        return True, (m.group(1) or m.group(2)) if m else None
    m = (_ID_LINE.match(line) or _BEGIN_LINE.match(line)) if line.startswith("#") else None
    return m is not None, (_unquote(m.group(1) or "") or None) if m else None


def _quote(doc_id: str) -> str:
    """Return an id as a line can hold it: as a JSON string where its blanks would be lost."""
    return json.dumps(doc_id, ensure_ascii=False) if doc_id != doc_id.strip() or doc_id.startswith('"') else doc_id


def _unquote(doc_id: str) -> str:
    """Return the id that :func:`_quote` was given, or an id that another program wrote."""
    try:
        value = json.loads(doc_id) if doc_id.startswith('"') else doc_id
    except ValueError:
        return doc_id
    return str(value)


def _begin_document(file: ColumnFile, doc_id: str | None, line: int) -> None:
    """Add a document; an id line right after -DOCSTART-, or the reverse, belongs to the same document."""
    if file.documents:
        last_id, last_line, sentences = file.documents[-1]
        if not sentences and (last_id is None or doc_id is None):
            file.documents[-1] = (last_id or doc_id, last_line, sentences)
            return
    file.documents.append((doc_id, line, []))


def write(path: str, documents: Iterable[Document], lost: Counter[str], with_text: bool = False) -> None:
    """Write IOB2, one token and its tag per line, with ``# doc_id``. All but flat entities is lost, and counted."""
    out: list[str] = []
    for d in documents:
        out.append(f"# doc_id = {_quote(d.doc_id)}\n")
        tokens = d.tokens or [Span(m.start(), m.end()) for m in re.finditer(r"\w+|[^\w\s]", d.text)]
        # spaCy has tokens of white space; a line could not show one.
        tokens = [t for t in tokens if not t.of(d.text).isspace()]
        lost["tokens of white space"] += max(len(d.tokens) - len(tokens), 0)
        ends = [s.end for s in d.sentences or d.paragraphs] or [len(d.text)]
        tags = spans_to_iob2([(e.span, e.type) for e in d.entities], tokens)
        written = sum(tag.startswith("B-") for tag in tags)
        lost["entities that share a token with a longer one"] += len(d.entities) - written
        starts, stops = {t.start for t in tokens}, {t.end for t in tokens}
        is_widened = (e.span.start not in starts or e.span.end not in stops for e in d.entities)
        lost["entities widened to whole tokens"] += sum(is_widened)
        lost["attributes of entities"] += sum(has_attributes("entities", e) for e in d.entities)
        lost["events"] += len(d.events)
        lost["quotes"] += len(d.quotes)
        at = 0
        for token, tag in zip(tokens, tags, strict=True):
            while at < len(ends) - 1 and token.start >= ends[at]:
                at += 1
                # A blank line would end the entity in the file.
                if tag.startswith("I-"):
                    lost["sentence ends inside an entity"] += 1
                else:
                    out.append("\n")
            word = _SPACE_IN_LINE.sub("", token.of(d.text))
            out.append(f"{word}\t{tag}\n")
        out.append("\n")
    write_text(path, "".join(out))
