"""CoNLL columns: one token per line, its tag in the last column, a blank line after each sentence.

Columns are separated by tabs or spaces. A document begins with ``-DOCSTART-`` or ``# doc_id = …`` (``# newdoc id = …``,
``#begin document``); without any of these the file is one document. An id with blanks at its ends is written as a JSON
string. Tag schemes: :mod:`vostochny.text.tags`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from vostochny.formats.files import read_text as file_text
from vostochny.formats.files import split_lines, write_text
from vostochny.formats.limits import Budget
from vostochny.formats.reader import Reading, Record
from vostochny.formats.rows import has_attributes
from vostochny.formats.tokens import TaggedDocument, TaggedSentence, make_records
from vostochny.model import Document, Span
from vostochny.text.alignment import spans_to_iob2
from vostochny.text.tags import is_tag

_TOKEN_BYTES = 250  # of a token in memory, beside its words: two strings, its line and its span
_COUNTED_BYTES = 1 << 20  # that are counted at once
_ID_LINE = re.compile(r"#\s*(?:doc_id|newdoc\s+id|newdoc_id|id)\s*=\s*([^\t]*[^\t\s])\s*$")  # an id may have spaces
_BEGIN_LINE = re.compile(r"#begin document\s*\(?([^)\s;]*)\)?")


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield one record per document; a line that is not a comment and not a token with a tag is a problem."""
    documents: list[TaggedDocument] = []
    sentence: TaggedSentence | None = None
    budget, waiting = Budget(path), 0
    for number, raw in enumerate(split_lines(file_text(path)), 1):
        line = raw.rstrip("\r\t ")
        is_header, doc_id = _read_header(line)
        if is_header:
            _begin_document(documents, doc_id, number)
            sentence = None
        elif not line.strip():
            sentence = None
        # A line with "#" is a comment, unless its last column is a tag: then "#" is a token.
        elif not (re.match(r"#\s|#end\b|#$", line) and not is_tag(line.split()[-1])):
            columns = line.split("\t") if "\t" in line else line.split()
            if len(columns) < 2 or not is_tag(columns[-1].strip()):
                value = columns[-1].strip()[:40] if len(columns) > 1 else line[:40]
                message = f"{value!r} is not a tag; expected a token, and O, B-TYPE or I-TYPE in the last column"
                reading.add_problem(path, number, f"column {len(columns)}", message)
                continue
            waiting += _TOKEN_BYTES + len(line)
            if waiting > _COUNTED_BYTES:
                budget.take(waiting)
                waiting = 0
            if not documents:
                documents.append(TaggedDocument(None, number))
            if sentence is None:
                sentence = TaggedSentence(number)
                documents[-1].sentences.append(sentence)
            # In CoNLL-U and similar formats the first column is a number, and the token is in the second.
            token = columns[1] if len(columns) > 2 and columns[0].isdigit() and "\t" in line else columns[0]
            sentence.tokens.append(token.strip() or token)
            sentence.tags.append(columns[-1].strip())
            sentence.lines.append(number)
    if not documents:
        reading.add_problem(path, None, None, "has no token; expected one token per line, its tag in the last column")
    else:
        yield from make_records(path, reading, documents)


def _read_header(line: str) -> tuple[bool, str | None]:
    """Return whether a line begins a document, and the id that it gives, if any."""
    if line.startswith("-DOCSTART-"):
        m = re.search(r"\(([^)\s]+)\)|doc_id=(\S+)", line)
        return True, (m.group(1) or m.group(2)) if m else None
    m = (_ID_LINE.match(line) or _BEGIN_LINE.match(line)) if line.startswith("#") else None
    return m is not None, (_unquote(m.group(1)) or None) if m else None


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


def _begin_document(documents: list[TaggedDocument], doc_id: str | None, line: int) -> None:
    """Add a document; an id line right after -DOCSTART-, or the reverse, belongs to the same document."""
    last = documents[-1] if documents else None
    if last and not last.sentences and (last.doc_id is None or doc_id is None):
        last.doc_id = last.doc_id or doc_id
    else:
        documents.append(TaggedDocument(doc_id, line))


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
            word = "".join(token.of(d.text).split())
            out.append(f"{word}\t{tag}\n")
        out.append("\n")
    write_text(path, "".join(out))
