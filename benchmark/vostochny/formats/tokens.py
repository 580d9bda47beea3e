"""Align tagged tokens, of any tokenisation, with the article's text, and turn their tags into entities.

Shared by the formats whose unit is a sentence of tokens with tags: CoNLL columns and rows of datasets. The files of a
side are read together, because one tag scheme is determined for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from vostochny.formats.prediction import NEEDS_TEXT
from vostochny.formats.reader import Reading, Record, describe_numbered
from vostochny.model import Span
from vostochny.text.alignment import align_tokens, match_token
from vostochny.text.pieces import is_piece
from vostochny.text.tags import (
    detect_tag_scheme,
    is_label,
    is_outside,
    is_tag,
    read_chunks,
    split_layers,
    split_prefix,
    split_tag,
)

TEXT_FROM_TOKENS = "the text was made from the tokens, one sentence per line"
TEXT_FROM_LINES = "the text was made from the lines “# text”, one sentence per line"
MADE_TEXTS = frozenset((TEXT_FROM_TOKENS, TEXT_FROM_LINES))  # notes on a text that is not the article
MAX_RESYNC_ATTEMPTS = 50  # places at which a sentence is tried that does not follow the one before it


@dataclass
class TaggedSentence:
    """The tokens of a sentence and their tags.

    Attributes:
        line: The line of the first token; None if the format has no lines.
        tokens: The tokens' words.
        tags: A tag for each token, as the source has it.
        spans: The tokens' offsets; None if the source has none.
        lines: The line of each token; empty if the format has none.
        mentions: First token, one past the last, type and cluster of each mention that has a cluster.
        where: What the source calls the column of tags, for problems.
        text: The sentence as the source has it beside the tokens; None if it has not.
        surfaces: First token, last token and form of each word of the text that several tokens stand for (Spanish
            “vámonos”: vamos, nos).
    """

    line: int | None
    tokens: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    spans: list[Span] | None = None
    lines: list[int] = field(default_factory=list)
    mentions: list[tuple[int, int, str, str]] = field(default_factory=list)
    where: str = "tags"
    text: str | None = None
    surfaces: list[tuple[int, int, str]] = field(default_factory=list)

    def find_line(self, number: int) -> int | None:
        """Return the line of a token."""
        return self.lines[number] if self.lines else self.line

    def name_tag(self, number: int) -> str:
        """Return what the source calls the tag of a token."""
        return self.where if self.lines else f"{self.where}[{number}]"


@dataclass
class TaggedDocument:
    """The sentences of one document; ``doc_id`` is None if the source does not state it."""

    doc_id: str | None
    line: int | None
    sentences: list[TaggedSentence] = field(default_factory=list)


@dataclass
class TaggedFile:
    """The documents of one file."""

    path: str
    documents: list[TaggedDocument]


def make_records(reading: Reading, files: Sequence[TaggedFile]) -> Iterator[Record]:
    """Yield one record per document of all files of a side, with an entity for each chunk of tags.

    One tag scheme (IOB1, IOB2, BIOES, IO) is determined for all files and noted; tags that belong to no chunk are
    counted as left out. Where the text comes from:

    - If the document is known (by its id, or by order if no document has one), its text is the gold's. A sentence need
      not follow the one before it directly, but a token that is not in the text is a problem, and the rest of its
      document is not read.
    - Without any gold, the text is made of the lines of text that the source has, or of the tokens, joined by spaces.
    - If the gold has no article text, only sentences with offsets of their own can be read.
    """
    documents = [document for file in files for document in file.documents]
    scheme = _read_tags(reading, files)
    _name_by_files(reading, files)
    doc_ids = reading.order_ids([d.doc_id for d in documents])
    paths = (file.path for file in files for _ in file.documents)
    unnamed = 0
    for number, (path, document, doc_id) in enumerate(zip(paths, documents, doc_ids, strict=True), 1):
        text = reading.find_text(doc_id)
        row: dict[str, Any] = {} if doc_id is None else {"doc_id": doc_id}
        if text is None and not reading.gold:
            text = _make_text(reading, document)
            unnamed += doc_id is None
            row = {"doc_id": doc_id or str(number), "text": text, **_make_segmentation(document)}
        elif text is None:
            with_offsets = [s for s in document.sentences if s.spans is not None]
            if len(with_offsets) < len(document.sentences) and reading.find_document(doc_id):
                reading.add_problem(
                    path, document.line, "doc_id", NEEDS_TEXT
                )  # an unknown document has its own problem
            document.sentences, text = with_offsets, ""
        yield _make_record(path, reading, document, row, text, scheme)
    if unnamed:
        reading.add_note(describe_numbered(unnamed, len(documents)))


def _read_tags(reading: Reading, files: Sequence[TaggedFile]) -> str:
    """Return the scheme of the tags of all files, and bring them into its form; what is not a tag is a problem."""
    sentences = [(file.path, s) for file in files for d in file.documents for s in d.sentences]
    known = {tag for _, s in sentences for tag in s.tags}
    bare = not any(split_prefix(tag)[0] for tag in known) and any(map(is_label, known - {"O"}))
    good = {tag for tag in known if tag == "O" or (is_label(tag) if bare else is_tag(tag))}
    outside = {tag for tag in good if tag != "O" and is_outside(tag)}
    expected = "expected O, B-TYPE or I-TYPE"
    for path, sentence in sentences:
        for i, tag in enumerate(sentence.tags):
            if tag not in good:
                if tag.strip() in ("", "_", "-"):
                    reading.left_out["tags that are blank, “_” or “-”, read as O"] += 1
                else:
                    message = f"{tag[:40]!r} is not a tag; {expected}"
                    reading.add_problem(path, sentence.find_line(i), sentence.name_tag(i), message)
                sentence.tags[i] = "O"
            elif tag in outside:
                reading.left_out[f"tags {tag}, read as O"] += 1
                sentence.tags[i] = "O"
            elif len(parts := split_tag(tag)) > len({part[2:] for part in parts}):
                message = f"{tag[:40]!r} has a type twice; give nested entities of one type as JSON Lines"
                reading.add_problem(path, sentence.find_line(i), sentence.name_tag(i), message)
                sentence.tags[i] = "O"
        _drop_blank_tokens(reading, path, sentence)
    if bare:
        reading.add_note("labels without B- or I-, read as IO: neighbouring tokens with one label are one entity")
        return "IO"
    scheme = detect_tag_scheme(row for _, s in sentences for row in split_layers(s.tags))
    if not any(s.mentions for _, s in sentences):
        reading.add_note(f"tags read as {scheme}")
    if any(len(split_tag(tag)) > 1 for tag in good):
        reading.add_note("tokens with several tags: the tags of each label were read by themselves")
    return scheme


def _drop_blank_tokens(reading: Reading, path: str, sentence: TaggedSentence) -> None:
    """Leave out tokens without a character, which stand nowhere in the text; one that bounds an entity is a problem."""
    blank = {i for i, token in enumerate(sentence.tokens) if not token.strip()}
    if not blank or sentence.mentions:  # which count all tokens
        return
    for i in sorted(blank):
        if split_prefix(sentence.tags[i])[0] not in ("", "I"):
            message = f"is {sentence.tags[i][:40]!r} on a blank token; expected an entity that begins and ends in words"
            reading.add_problem(path, sentence.find_line(i), sentence.name_tag(i), message)
    reading.left_out["blank tokens"] += len(blank)
    kept = [i for i in range(len(sentence.tokens)) if i not in blank]
    places = {i: place for place, i in enumerate(kept)}
    sentence.surfaces = [(places[a], places[b], form) for a, b, form in sentence.surfaces if not blank & {a, b}]
    for name in ("tokens", "tags", "lines", "spans"):
        values = getattr(sentence, name)
        if values:
            setattr(sentence, name, [values[i] for i in kept])


def _name_by_files(reading: Reading, files: Sequence[TaggedFile]) -> None:
    """Name documents by their files, where each of several files is one document without an id."""
    if len(files) < 2 or not all(len(f.documents) == 1 and f.documents[0].doc_id is None for f in files):
        return
    names = [file.path.rsplit("/", 1)[-1].split(".", 1)[0] for file in files]
    is_known = all(map(reading.find_document, names)) if reading.gold else True
    if is_known and len(set(names)) == len(names):
        reading.add_note("no ids: documents were named by their files")
        for file, name in zip(files, names, strict=True):
            file.documents[0].doc_id = name


def _make_text(reading: Reading, document: TaggedDocument) -> str:
    """Return a text of one sentence per line, and set the tokens' spans in it."""
    given = [_place_in_line(s) for s in document.sentences]
    if given and all(given):
        at, lines = 0, []
        for sentence, spans in zip(document.sentences, given, strict=True):
            line = sentence.text or ""
            sentence.spans = [Span(at + s.start, at + s.end) for s in spans or ()]
            at += len(line) + 1
            lines.append(line)
        reading.add_note(TEXT_FROM_LINES)
        return "\n".join(lines)
    if any(s.text is not None for s in document.sentences):
        reading.left_out["documents' lines “# text”, because a sentence has none or other words"] += 1
    reading.add_note(TEXT_FROM_TOKENS)
    return _join_tokens(document)


def _place_in_line(sentence: TaggedSentence) -> list[Span] | None:
    """Return the spans of the tokens in the sentence's own text; None where it has none, or another one."""
    if not sentence.text:
        return None
    spans = _align(sentence, sentence.text, 0)
    is_whole = not isinstance(spans, int) and not sentence.text[spans[-1].end if spans else 0 :].strip()
    return spans if is_whole and not isinstance(spans, int) else None


def _align(sentence: TaggedSentence, text: str, at: int) -> list[Span] | int:
    """Return the spans of a sentence's tokens in a text from ``at`` on, or the number of the first that does not fit.

    Tokens that stand for a word of the text together have its span.
    """
    forms, places = _list_forms(sentence)
    spans = align_tokens(forms, text, at)
    if isinstance(spans, int) and sentence.surfaces:  # the text may be written in words all the same
        plain = align_tokens(sentence.tokens, text, at)
        return places.index(spans) if isinstance(plain, int) else plain
    return spans if isinstance(spans, int) else [spans[place] for place in places]


def _list_forms(sentence: TaggedSentence) -> tuple[list[str], list[int]]:
    """Return the words of a sentence as its text has them, and for each token the number of its word."""
    if not sentence.surfaces:
        return sentence.tokens, list(range(len(sentence.tokens)))
    forms: list[str] = []
    places: list[int] = []
    joined = {first: (last, form) for first, last, form in sentence.surfaces}
    while len(places) < len(sentence.tokens):
        number = len(places)
        last, form = joined.get(number, (number, sentence.tokens[number]))
        places += [len(forms)] * (last - number + 1)
        forms.append(form)
    return forms, places


def _join_tokens(document: TaggedDocument) -> str:
    """Return a text made of the tokens, one sentence per line, and set the tokens' spans in it."""
    at, lines = 0, []
    for sentence in document.sentences:
        sentence.spans = []
        for token in sentence.tokens:
            sentence.spans.append(Span(at, at + len(token)))
            at += len(token) + 1
        lines.append(" ".join(sentence.tokens))
    return "\n".join(lines)


def _make_segmentation(document: TaggedDocument) -> dict[str, Any]:
    spans = [s.spans for s in document.sentences if s.spans]
    return {
        "sentences": [{"start": s[0].start, "end": s[-1].end} for s in spans],
        "tokens": [{"start": t.start, "end": t.end} for s in spans for t in dict.fromkeys(s)],
    }


def _make_record(
    path: str, reading: Reading, document: TaggedDocument, row: dict[str, Any], text: str, scheme: str
) -> Record:
    """Return the record of a document whose text is known, up to the first sentence that is not in it."""
    entities: list[dict[str, Any]] = []
    lines: dict[str, int] = {}
    at = 0
    for sentence in document.sentences:
        spans = sentence.spans or _place_tokens(sentence, text, at)
        if sentence.spans and text and "text" not in row:  # a text that was made has the tokens where they are
            _compare_tokens(path, reading, sentence, text)
        if isinstance(spans, int):
            failed = spans  # the number of the first token that is not in the text
            line = sentence.find_line(failed)
            before = align_tokens(sentence.tokens[:failed], text, at)
            at = _skip_space(text, before[-1].end if before and not isinstance(before, int) else at)
            token = sentence.tokens[failed]
            message = f"token {token[:40]!r} is not in the article at character {at}"
            reason = "join the pieces of words to words" if is_piece(token) else "is it the same text?"
            reading.add_problem(path, line, None, f"{message}; the article has {text[at : at + 30]!r} there ({reason})")
            break
        at = spans[-1].end if spans else at
        labelled: list[tuple[int, int, str]] = []
        for tags in split_layers(sentence.tags):
            chunks, stray = read_chunks(tags, scheme)
            labelled += chunks
            if stray:
                reading.left_out[f"tags that belong to no chunk in {scheme}"] += stray
        for first, last, label in sorted(labelled):
            if last > len(spans):
                continue  # fewer offsets than tags, which is a problem already
            if sentence.lines:
                lines[f"entities[{len(entities)}]"] = sentence.lines[first]
            entities.append({"start": spans[first].start, "end": spans[last - 1].end, "type": label})
        for first, last, label, cluster in sentence.mentions:
            lines[f"entities[{len(entities)}]"] = sentence.lines[first]
            place = {"start": spans[first].start, "end": spans[last - 1].end}
            entities.append({**place, "type": label, "cluster": cluster})
    return Record(path, document.line, {**row, "entities": entities}, lines, ordered=True)


def _compare_tokens(path: str, reading: Reading, sentence: TaggedSentence, text: str) -> None:
    """Record a problem for the first token that the text does not have at the offsets that the source gives it."""
    for number, (token, span) in enumerate(zip(sentence.tokens, sentence.spans or (), strict=False)):
        found = text[span.start : span.end]
        match = match_token(token, found, 0)
        if match is None or match.end < len(found):
            message = f"token {token[:40]!r} is not at {span.start}–{span.end}; the article has {found[:40]!r} there"
            reading.add_problem(path, sentence.find_line(number), sentence.where, message)
            return


def _place_tokens(sentence: TaggedSentence, text: str, at: int) -> list[Span] | int:
    """Return the spans of a sentence's tokens in the text from ``at`` on, or the number of the first that is not there.

    Text before the sentence may be skipped, text inside it may not.
    """
    tokens, _ = _list_forms(sentence)
    spans = _align(sentence, text, at)
    if not isinstance(spans, int) or not tokens:
        return spans
    # A system may have left out captions, but not single words: try again where the first token occurs next.
    start = at
    for _ in range(MAX_RESYNC_ATTEMPTS):
        start = text.find(tokens[0], start + 1)
        if start < 0:
            return spans
        # The second token is checked first: much cheaper than the whole sentence, and enough to reject most places.
        if len(tokens) > 1 and match_token(tokens[1], text, _skip_space(text, start + len(tokens[0]))) is None:
            continue
        retried = _align(sentence, text, start)
        if not isinstance(retried, int):
            return retried
    return spans


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
