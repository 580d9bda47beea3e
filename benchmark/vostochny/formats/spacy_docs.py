"""spaCy's DocBin (``.spacy``): entities, span groups and the text; the id is ``doc.user_data["doc_id"]``.

Documents without an id are matched by their text. The meaning of groups: :mod:`vostochny.formats.spacy_groups`.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from vostochny.errors import InputError, Problem
from vostochny.formats.files import MAX_FILE_BYTES, read_bytes, write_bytes
from vostochny.formats.reader import Reading, Record
from vostochny.formats.spacy_groups import SPACY_MISSING, make_docs, read_groups
from vostochny.model import Document


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield one record per document. Raises InputError if the file is not a DocBin or spaCy is not installed."""
    try:
        import spacy
        from spacy.tokens import DocBin
    except ImportError:
        raise InputError([Problem(path, None, None, SPACY_MISSING)]) from None
    raw = read_bytes(path)
    try:
        # Unpacked once only to see its size, because spaCy would unpack any size.
        unpacking = zlib.decompressobj()
        unpacking.decompress(raw, MAX_FILE_BYTES)
        if unpacking.unconsumed_tail:
            raise ValueError(f"unpacks to more than {MAX_FILE_BYTES >> 20} MB")
        docs = DocBin().from_bytes(raw).get_docs(spacy.blank("xx").vocab)
        records = [_make_record(path, doc) for doc in docs]
    except Exception as e:  # spaCy raises many kinds on bytes that are not a DocBin
        message = f"is not a DocBin that this spaCy reads ({type(e).__name__}: {e})"
        raise InputError([Problem(path, None, None, message)]) from None
    yield from records


def _make_record(path: str, doc: Any) -> Record:
    def spans(group: Any) -> list[dict[str, Any]]:
        return [{"start": s.start_char, "end": s.end_char, "label": s.label_, "kb_id": s.kb_id_} for s in group]

    row: dict[str, Any] = {"text": doc.text}
    if isinstance(doc.user_data.get("doc_id"), str):
        row["doc_id"] = doc.user_data["doc_id"]
    return Record(path, None, {**row, **read_groups(spans(doc.ents), {k: spans(g) for k, g in doc.spans.items()})})


def write(path: str, documents: Iterable[Document], lost: Counter[str], with_text: bool = False) -> None:
    """Write a DocBin; ``make_docs`` says what is lost. Raises InputError if spaCy is not installed."""
    docs = list(make_docs(documents, lost))
    from spacy.tokens import DocBin

    write_bytes(path, DocBin(docs=docs, store_user_data=True).to_bytes())
