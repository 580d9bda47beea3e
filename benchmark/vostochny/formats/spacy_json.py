"""JSON of spaCy and its relatives: ``Doc.to_json()``, the objects of Prodigy and displaCy, training pairs.

A training pair is ``(text, {"entities": [(start, end, label)]})``. ``spans`` are span groups by name, or one list;
:mod:`vostochny.formats.spacy_groups` says what they mean, :mod:`vostochny.formats.prodigy` what Prodigy's answers mean.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from vostochny.formats import prodigy
from vostochny.formats.containers import ID_KEYS, Output, make_row, read_outputs
from vostochny.formats.files import write_text
from vostochny.formats.reader import Reading, Record
from vostochny.formats.spacy_groups import make_docs, read_groups
from vostochny.model import LAYERS, Document

# Keys of spaCy's and Prodigy's documents.
_KEYS = (
    "text", "ents", "spans", "tokens", "sents", "cats", "answer", "meta", "data", "config", "score", *ID_KEYS, "_",
    "_input_hash", "_task_hash", "_session_id", "_annotator_id", "_view_id", "_timestamp", "_is_binary", "_html",
)  # fmt: skip


def is_output(value: Any) -> bool:
    """Return whether a value is one document."""
    if isinstance(value, dict):
        has_spans = "text" in value and any(key in value for key in ("spans", "tokens", "answer"))
        return "ents" in value or (has_spans and not any(layer in value for layer in LAYERS))
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], dict)
        and "entities" in value[1]
    )


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield one record per document."""
    outputs = prodigy.select_accepted(path, reading, read_outputs(path, reading, is_output))
    for number, output in enumerate(outputs):
        value = output.value
        if not is_output(value):
            reading.add_problem(
                path,
                output.line,
                f"[{number}]",
                "is not a spaCy document; expected an object with text and ents or spans",
            )
        elif isinstance(value, list):
            entities = value[1]["entities"]
            if isinstance(entities, list):
                entities = [
                    {"start": x[0], "end": x[1], "type": x[2]} if isinstance(x, list) and len(x) == 3 else x
                    for x in entities
                ]
            yield Record(path, output.line, {"text": value[0], "entities": entities}, ordered=True)
        else:
            groups = value.get("spans")
            ents = value.get("ents")
            groups_by_name = groups if isinstance(groups, dict) else {"spans": groups} if groups is not None else {}
            layers = read_groups(ents, groups_by_name, reading)
            reading.note_unused(value, _KEYS)
            if ents is None and groups is None:
                reading.counted["{} documents have neither ents nor spans, and are read as empty"] += 1
            yield Record(path, output.line, make_row(Output(None, output.doc_id, value), **layers), ordered=True)


def write(path: str, documents: Iterable[Document], lost: Counter[str], with_text: bool = False) -> None:
    """Write ``Doc.to_json()`` with the doc_id, one document per line. What is lost: ``spacy_groups.make_docs``."""
    rows = ({"doc_id": doc.user_data["doc_id"], **doc.to_json()} for doc in make_docs(documents, lost))
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
