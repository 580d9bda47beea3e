"""spaCy's JSON: ``Doc.to_json()``, Prodigy's and displaCy's objects, ``(text, {"entities": [(start, end, label)]})``.

``spans`` are span groups by name or one list. Groups that :func:`vostochny.formats.spacy_docs.write` made (entities,
events, quotes) are those layers; of any other document all groups and ``ents`` together are its entities.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from vostochny.formats.files import write_text
from vostochny.formats.outputs import Output, outputs, row_of
from vostochny.formats.prediction import LAYERS
from vostochny.formats.reading import Reading, Record
from vostochny.model import Document


def is_output(value: Any) -> bool:
    """Whether a value is one document."""
    if isinstance(value, dict):
        theirs = "text" in value and ("spans" in value or "tokens" in value)
        return "ents" in value or (theirs and not any(layer in value for layer in LAYERS))
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], dict)
        and "entities" in value[1]
    )


def read(path: str, reading: Reading) -> Iterator[Record]:
    """A record a document."""
    for number, output in enumerate(outputs(path, reading, is_output)):
        value = output.value
        if not is_output(value):
            reading.problem(
                path, output.line, f"[{number}]", "is no spaCy document: an object with text and ents or spans"
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
            named = groups if isinstance(groups, dict) else {"spans": groups} if groups is not None else {}
            layers = layers_of_groups(ents, named)
            yield Record(path, output.line, row_of(Output(None, output.doc_id, value), **layers), ordered=True)


def layers_of_groups(ents: Any, groups: dict[str, Any]) -> dict[str, Any]:
    """The layers of a spaCy document: spans ``{"start", "end", "label"}`` of its entities and span groups."""
    if set(groups) & set(LAYERS):
        out: dict[str, Any] = {}
        if "entities" in groups:
            out["entities"] = _typed(groups["entities"])
        if isinstance(groups.get("events"), list):
            out["events"] = [
                {"trigger": x, "type": x.get("type")} if isinstance(x, dict) else x for x in _typed(groups["events"])
            ]
        if isinstance(groups.get("quotes"), list):
            out["quotes"] = [{"content": [x]} for x in _typed(groups["quotes"])]
        return out
    lists = [x for x in (ents, *groups.values()) if x is not None]
    broken = next((x for x in lists if not isinstance(x, list)), None)
    if broken is not None:
        return {"entities": broken}  # the checks say what is wrong with it
    # One entity in two lists is one; given twice in one list it is given twice.
    out_items: list[Any] = []
    have: Counter[str] = Counter()
    for part in lists:
        mine: Counter[str] = Counter()
        for item in _typed(part):
            key = repr((item.get("start"), item.get("end"), item["type"])) if isinstance(item, dict) else repr(item)
            mine[key] += 1
            if mine[key] > have[key]:
                have[key] = mine[key]
                out_items.append(item)
    return {"entities": out_items}


def _typed(items: Any) -> Any:
    if not isinstance(items, list):
        return items
    out = []
    for x in items:
        if isinstance(x, dict):
            kept = {key: x[key] for key in ("start", "end") if key in x}
            x = {**kept, "type": x.get("label"), **({"cluster": x["kb_id"]} if x.get("kb_id") else {})}
        out.append(x)
    return out


def write(path: str, documents: Iterable[Document], lost: Counter[str], with_text: bool = False) -> None:
    """Write ``Doc.to_json()`` with the doc_id, a document a line. Losses as in spacy_docs."""
    from vostochny.formats.spacy_docs import docs

    rows = ({"doc_id": doc.user_data["doc_id"], **doc.to_json()} for doc in docs(documents, lost))
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
