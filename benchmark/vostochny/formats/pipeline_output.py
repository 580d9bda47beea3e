"""Output of a transformers token-classification pipeline, aggregated or word piece by word piece.

Aggregated items are ``{"entity_group", "score", "word", "start", "end"}``. With ``aggregation_strategy="none"`` there
is one item per word piece, ``{"entity": "B-PER", "score", "index", "word", "start", "end"}``;
:mod:`vostochny.text.pieces` joins them, and leaves out items tagged O, which a pipeline returns with
``ignore_labels=[]``.

Where a slow tokenizer gives no offsets, the words are placed in the text. Containers: one list per document; a list of
those in the order of the gold; an object of those by doc_id; or JSON Lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from vostochny.formats.containers import ID_KEYS, Output, find_items, make_row, read_outputs
from vostochny.formats.reader import Reading, Record
from vostochny.formats.word_spans import ModelWords
from vostochny.text.pieces import PieceJoiner

# Keys under which an object may hold the list of items.
ITEM_KEYS = ("entities", "predictions", "prediction", "output", "outputs", "ner", "tokens")


def is_output(value: Any) -> bool:
    """Return whether a value is one document's output: a list of items, or an object that holds one."""
    if isinstance(value, dict):
        return any(key in value for key in ITEM_KEYS)
    return isinstance(value, list) and all(isinstance(x, dict) and not is_output(x) for x in value)


def is_item(value: Any) -> bool:
    """Return whether a value is one item of such an output."""
    return isinstance(value, dict) and ("entity_group" in value or ("entity" in value and "word" in value))


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield one record per document, of all files of the side after the last: they show how the tokenizer works."""
    outputs = [(path, output) for output in read_outputs(path, reading, is_output)]
    if outputs:
        yield from reading.gather(_read_files, outputs)


def _read_files(reading: Reading, files: Sequence[Sequence[tuple[str, Output]]]) -> Iterator[Record]:
    """Yield the records of all files of a side."""
    outputs = [(path, output, find_items(output.value, ITEM_KEYS)) for file in files for path, output in file]
    joiner = PieceJoiner((x for _, _, x in outputs if isinstance(x, list)), reading.ontology.entity_types)
    rows = [make_row(output) for _, output, _ in outputs]
    for (path, output, items), row, text in zip(outputs, rows, reading.find_texts(rows), strict=True):
        if isinstance(items, list):
            is_plain = reading.offsets in (None, "characters")
            items = [_mark_words(x) for x in joiner.join(items, text if is_plain else None)]
        row["entities"] = items
        if isinstance(output.value, dict):
            reading.note_unused(output.value, (*ITEM_KEYS, *ID_KEYS, "text", "meta", "data"))
        yield Record(path, output.line, row, ordered=True)
    if joiner.trimmed:
        reading.add_note(f"white space was cut off at the ends of {joiner.trimmed} spans")
    if joiner.padded:
        reading.add_note(f"{joiner.padded} spans end in white space, which counts as part of them")
    if joiner.repeated:
        reading.left_out["pieces that were given before"] += joiner.repeated


def _mark_words(entity: Any) -> Any:
    """Return an entity whose words beside offsets are known to be a model's, which writes them in its own way."""
    if isinstance(entity, dict) and "start" in entity and isinstance(entity.get("text"), str):
        return {**entity, "text": ModelWords(entity["text"])}
    return entity
