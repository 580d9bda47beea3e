"""spaCy's DocBin (``.spacy``): entities, span groups and the text; the id is ``doc.user_data["doc_id"]``.

Documents without an id are matched by their text. See :mod:`vostochny.formats.spacy_json` for what groups mean.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from vostochny.errors import InputError, Problem
from vostochny.formats.files import MAX_FILE, content, write_bytes
from vostochny.formats.reading import Reading, Record
from vostochny.formats.spacy_json import layers_of_groups
from vostochny.model import Document, Span

MISSING = "needs spaCy, which is not installed: pip install 'vostochny[baselines]'"


def read(path: str, reading: Reading) -> Iterator[Record]:
    """A record a document. Raises InputError where the file is no DocBin or spaCy is not installed."""
    try:
        import spacy
        from spacy.tokens import DocBin
    except ImportError:
        raise InputError([Problem(path, None, None, MISSING)]) from None
    raw = content(path)
    try:
        unpacking = zlib.decompressobj()
        unpacking.decompress(raw, MAX_FILE)
        if unpacking.unconsumed_tail:
            raise ValueError(f"unpacks to more than {MAX_FILE >> 20} MB")
        found = list(DocBin().from_bytes(raw).get_docs(spacy.blank("xx").vocab))
        records = [_record(path, doc) for doc in found]
    except Exception as e:  # whatever spaCy stumbles over in bytes that are no DocBin
        raise InputError([Problem(path, None, None, f"is no DocBin of this spaCy ({type(e).__name__}: {e})")]) from None
    yield from records


def _record(path: str, doc: Any) -> Record:
    def spans(group: Any) -> list[dict[str, Any]]:
        return [{"start": s.start_char, "end": s.end_char, "label": s.label_, "kb_id": s.kb_id_} for s in group]

    row: dict[str, Any] = {"text": doc.text}
    if isinstance(doc.user_data.get("doc_id"), str):
        row["doc_id"] = doc.user_data["doc_id"]
    return Record(path, None, {**row, **layers_of_groups(spans(doc.ents), {k: spans(g) for k, g in doc.spans.items()})})


def docs(documents: Iterable[Document], lost: Counter[str]) -> Iterator[Any]:
    """spaCy documents: all entities, triggers and contents in span groups, flat entities in ``ents`` too.

    Spans are widened to spaCy's tokens. Attributes, arguments and everything about a quote but its content are lost.
    Raises InputError where spaCy is not installed.
    """
    try:
        import spacy
    except ImportError:
        raise InputError([Problem("spacy", None, None, MISSING)]) from None
    nlp = spacy.blank("xx")
    for d in documents:
        doc = nlp.make_doc(d.text)
        doc.user_data["doc_id"] = d.doc_id

        def span(at: Span, label: str, cluster: str | None = None, doc: Any = doc) -> Any:
            made = doc.char_span(at.start, at.end, label=label, kb_id=cluster or "", alignment_mode="expand")
            if made is not None and (made.start_char, made.end_char) != (at.start, at.end):
                lost["spans widened to spaCy's tokens"] += 1
            return made

        made = [span(e.span, e.type, e.cluster) for e in d.entities]
        doc.spans["entities"] = [s for s in made if s is not None]
        doc.spans["events"] = [s for v in d.events if (s := span(v.trigger, v.type, v.cluster)) is not None]
        doc.spans["quotes"] = [s for q in d.quotes for c in q.content if (s := span(c, "Content")) is not None]
        # spaCy's own rule for entities that overlap: the longer one, then the earlier.
        doc.ents = spacy.util.filter_spans(doc.spans["entities"])
        for what, count in (
            ("attributes of entities", sum(e.level is not None or e.demonym for e in d.entities)),
            ("arguments", sum(len(v.arguments) for v in d.events)),
            ("attributes of events", sum(bool(v.realis or v.polarity or v.outcome) for v in d.events)),
            ("cues", sum(q.cue is not None for q in d.quotes)),
            ("sources and addressees", sum(bool(r) for q in d.quotes for r in (q.source, q.addressee))),
            ("attributes of quotes", sum(bool(q.directness or q.attitude or q.cluster or q.parent) for q in d.quotes)),
            ("quotes in parts", sum(len(q.content) > 1 for q in d.quotes)),
        ):
            lost[what] += count
        yield doc


def write(path: str, documents: Iterable[Document], lost: Counter[str], with_text: bool = False) -> None:
    """Write a DocBin; see :func:`docs` for what is lost. Raises InputError where spaCy is not installed."""
    made = list(docs(documents, lost))
    from spacy.tokens import DocBin

    write_bytes(path, DocBin(docs=made, store_user_data=True).to_bytes())
