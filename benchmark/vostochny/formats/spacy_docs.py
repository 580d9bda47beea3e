"""spaCy's DocBin (``.spacy``): entities, span groups and the text; the id is ``doc.user_data["doc_id"]``.

Documents without an id are matched by their text. The meaning of groups: :mod:`vostochny.formats.spacy_groups`.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from vostochny.errors import InputError, Problem
from vostochny.formats.files import read_bytes, write_bytes
from vostochny.formats.limits import LIST_BYTES, MAX_FILE_BYTES, OBJECT_BYTES, Budget, describe_way_out
from vostochny.formats.reader import Reading, Record
from vostochny.formats.spacy_groups import SPACY_MISSING, make_docs, read_groups
from vostochny.model import Document

_PIECE_BYTES = 1 << 20
_TOKEN_BYTES = 200  # of a token of spaCy's, with its place in the text
_SPAN_FACTOR = 8  # of a span of a group in memory, over its packed form
# MessagePack: first byte of a value → the bytes of its length, where one follows (bin, ext, str) …
_LENGTH_BYTES = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xC7: 1, 0xC8: 2, 0xC9: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
# … or else the bytes of the value, its items apart, where those are more than one (numbers, ext, array, map).
_HEAD_BYTES = {
    0xCA: 5, 0xCB: 9, 0xCC: 2, 0xCD: 3, 0xCE: 5, 0xCF: 9, 0xD0: 2, 0xD1: 3, 0xD2: 5, 0xD3: 9,
    0xD4: 3, 0xD5: 4, 0xD6: 6, 0xD7: 10, 0xD8: 18, 0xDC: 3, 0xDD: 5, 0xDE: 3, 0xDF: 5,
}  # fmt: skip


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield one record per document. Raises InputError if the file is not a DocBin or spaCy is not installed."""
    try:
        import spacy
        from spacy.tokens import DocBin
    except ImportError:
        raise InputError([Problem(path, None, None, SPACY_MISSING)]) from None
    raw, budget = read_bytes(path), Budget(path)
    try:
        # Unpacked and looked through beforehand, because spaCy would unpack and read any size.
        for count in _count_values(_unpack(raw)):
            budget.take(LIST_BYTES * count)
        box = DocBin().from_bytes(raw)
        vocab = spacy.blank("xx").vocab
        budget.take(_measure_docs(box, vocab.strings))
        records = [_make_record(path, doc, reading) for doc in box.get_docs(vocab)]
    except (InputError, MemoryError):
        raise
    except Exception as e:  # spaCy raises many kinds on bytes that are not a DocBin
        message = f"is not a DocBin that this spaCy reads ({type(e).__name__}: {e})"
        raise InputError([Problem(path, None, None, message)]) from None
    yield from records


def _unpack(raw: bytes) -> Iterator[bytes]:
    """Yield unpacked bytes piece by piece. Raises ValueError where they are too many."""
    unpacking, size = zlib.decompressobj(), 0
    while raw and not unpacking.eof:
        piece = unpacking.decompress(raw, _PIECE_BYTES)
        raw, size = unpacking.unconsumed_tail, size + len(piece)
        if size > MAX_FILE_BYTES:
            raise ValueError(f"unpacks to more than {MAX_FILE_BYTES >> 20} MB; {describe_way_out()}")
        yield piece


def _count_values(pieces: Iterable[bytes]) -> Iterator[int]:
    """Yield, now and then, how many further values MessagePack has in which strings and bytes are one value each."""
    count = skip = 0  # skip: bytes to the next value
    rest = b""
    for piece in pieces:
        if skip >= len(piece):
            skip -= len(piece)
            continue
        data, at, skip = rest + piece[skip:], 0, 0
        rest = b""
        # The head of a value is up to five bytes long: what is left of a piece is looked at with the next one.
        while at < len(data) - 5:
            kind = data[at]
            if 0xA0 <= kind < 0xC0:
                at += 1 + (kind & 31)
            elif kind in _LENGTH_BYTES:
                size = _LENGTH_BYTES[kind]
                extra = 1 if 0xC7 <= kind <= 0xC9 else 0
                at += 1 + size + extra + int.from_bytes(data[at + 1 : at + 1 + size], "big")
            else:
                at += _HEAD_BYTES.get(kind, 1)
            count += 1
        rest, skip = data[at:], max(0, at - len(data))
        yield count
        count = 0
    yield len(rest)


def _measure_docs(box: Any, strings: Any) -> int:
    """Return about how many bytes spaCy and we take for the documents of a DocBin that are read one after the other."""
    for string in box.strings:
        strings.add(string)
    size = 0
    for tokens in box.tokens:
        # The first attribute is the hash of the token's word, which is its part of the text.
        words, counts = np.unique(tokens[:, 0], return_counts=True) if tokens.size else ((), ())
        lengths = [len(strings[int(word)]) for word in words]
        size += _TOKEN_BYTES * len(tokens) + int(np.dot(lengths, counts)) if len(words) else 0
    packed = [*box.span_groups, *(x for x in box.user_data if x)]
    return size + sum(OBJECT_BYTES * sum(_count_values([data])) + _SPAN_FACTOR * len(data) for data in packed)


def _make_record(path: str, doc: Any, reading: Reading) -> Record:
    def spans(group: Any) -> list[dict[str, Any]]:
        return [{"start": s.start_char, "end": s.end_char, "label": s.label_, "kb_id": s.kb_id_} for s in group]

    row: dict[str, Any] = {"text": doc.text}
    if isinstance(doc.user_data.get("doc_id"), str):
        row["doc_id"] = doc.user_data["doc_id"]
    layers = read_groups(spans(doc.ents), {k: spans(g) for k, g in doc.spans.items()}, reading)
    return Record(path, None, {**row, **layers})


def write(path: str, documents: Iterable[Document], lost: Counter[str], with_text: bool = False) -> None:
    """Write a DocBin; ``make_docs`` says what is lost. Raises InputError if spaCy is not installed."""
    docs = list(make_docs(documents, lost))
    from spacy.tokens import DocBin

    write_bytes(path, DocBin(docs=docs, store_user_data=True).to_bytes())
