"""Rows of a Parquet file, of a ``datasets`` folder (``save_to_disk``), or of tagged tokens as JSON Lines.

A row is a prediction (``doc_id`` and layers, as in JSON Lines) or a tagged sentence: ``tokens`` with ``ner_tags`` (or
``tags``, ``labels``), names or numbers with their names in the features, and ``token_offsets`` if there are any.
Sentences of one ``doc_id`` are one document.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from vostochny.errors import InputError, Problem
from vostochny.formats import jsonl
from vostochny.formats.files import MAX_FILE_BYTES, make_folder, read_bytes, write_bytes
from vostochny.formats.reader import Reading, Record
from vostochny.formats.tokens import TaggedDocument, TaggedSentence, make_records
from vostochny.model import LAYERS, Document, Span
from vostochny.schema import GOLD_KEYS
from vostochny.text.tags import is_tag

TAG_KEYS = ("ner_tags", "tags", "labels", "ner")


def read_parquet(path: str, reading: Reading) -> Iterator[Record]:
    """The rows of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    raw = read_bytes(path)
    try:
        file = pq.ParquetFile(pa.BufferReader(raw))
        size = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
        if size > MAX_FILE_BYTES:
            raise ValueError(f"unpacks to more than {MAX_FILE_BYTES >> 20} MB")
        table = file.read()
        table.validate(full=True)
        rows = table.to_pylist()
        names = _read_label_names((table.schema.metadata or {}).get(b"huggingface", b"{}"))
    except Exception as e:  # whatever Arrow stumbles over
        raise InputError([Problem(path, None, None, f"cannot be read as Parquet: {_shorten_error(e)}")]) from None
    yield from read_rows(path, reading, [(None, row) for row in rows], names)


def read_dataset(path: str, reading: Reading) -> Iterator[Record]:
    """The rows of a folder that ``save_to_disk`` wrote; of several splits ``test``, or the only one."""
    import pyarrow as pa

    folder = Path(path)
    try:
        if (folder / "dataset_dict.json").is_file():
            splits = json.loads((folder / "dataset_dict.json").read_bytes())["splits"]
            if "test" not in splits and len(splits) != 1:
                raise ValueError(f"has the splits {', '.join(splits)}; give the folder of one")
            folder /= "test" if "test" in splits else splits[0]
        files = [
            folder / Path(f["filename"]).name for f in json.loads((folder / "state.json").read_bytes())["_data_files"]
        ]
        if sum(f.stat().st_size for f in files) > MAX_FILE_BYTES:
            raise ValueError(f"is larger than {MAX_FILE_BYTES >> 20} MB")
        rows: list[tuple[int | None, dict[str, Any]]] = []
        for file in files:
            with pa.OSFile(str(file)) as source:
                table = pa.ipc.open_stream(source).read_all()
            table.validate(full=True)
            rows += [(None, row) for row in table.to_pylist()]
        names = _read_label_names((folder / "dataset_info.json").read_bytes())
    except Exception as e:
        raise InputError(
            [Problem(path, None, None, f"cannot be read as a datasets folder: {_shorten_error(e)}")]
        ) from None
    yield from read_rows(path, reading, rows, names)


def read_tokens(path: str, reading: Reading) -> Iterator[Record]:
    """Tagged sentences as JSON Lines."""
    rows: list[tuple[int | None, dict[str, Any]]] = []
    for number, line in jsonl.read_lines(path):
        row, problems = jsonl.parse_row(path, number, line)
        reading.problems += problems
        if row is not None:
            rows.append((number, row))
    yield from read_rows(path, reading, rows, {})


def read_rows(
    path: str, reading: Reading, rows: list[tuple[int | None, dict[str, Any]]], names: dict[str, list[str]]
) -> Iterator[Record]:
    """Records of rows, sentences put together to documents. Columns of predictions that none has are noted."""
    unread: set[str] = set()
    documents: dict[str | None, TaggedDocument] = {}
    for number, (line, row) in enumerate(rows):
        key = next((k for k in TAG_KEYS if isinstance(row.get(k), list)), None)
        if "tokens" in row and key and not any(row.get(layer) for layer in LAYERS):
            doc_id = row.get("doc_id") if isinstance(row.get("doc_id"), str) else None
            sentence = _read_sentence(path, reading, line, f"[{number}]", row, key, names.get(key))
            if sentence:
                documents.setdefault(doc_id, TaggedDocument(doc_id, line)).sentences.append(sentence)
        else:
            kept = {k: v for k, v in row.items() if k in (*GOLD_KEYS, *LAYERS)}
            unread |= row.keys() - kept.keys()
            yield Record(path, line, kept, ordered=True)
    if unread:
        reading.add_note(f"columns passed over: {', '.join(sorted(unread))}")
    if documents:
        yield from make_records(path, reading, list(documents.values()))


def _read_sentence(
    path: str, reading: Reading, line: int | None, where: str, row: dict[str, Any], key: str, names: list[str] | None
) -> TaggedSentence | None:
    tokens, tags = row["tokens"], row[key]
    offsets = row.get("token_offsets")
    if not isinstance(tokens, list) or not all(isinstance(t, str) for t in tokens) or len(tokens) != len(tags):
        reading.add_problem(path, line, f"{where}.tokens", f"expected a list of words, as many as {key}")
        return None
    written: list[str] = []
    for i, tag in enumerate(tags):
        named = isinstance(tag, int) and not isinstance(tag, bool) and names and 0 <= tag < len(names)
        text = names[tag] if named and names else tag
        if not isinstance(text, str) or not is_tag(text):
            message = f"is {tag!r:.40}; expected O, B-TYPE or I-TYPE, or numbers whose names the features have"
            reading.add_problem(path, line, f"{where}.{key}[{i}]", message)
            return None
        written.append(text)
    sentence = TaggedSentence(line, tokens, written)
    if isinstance(offsets, list) and len(offsets) == len(tokens):
        bounds = [(x.get("start"), x.get("end")) if isinstance(x, dict) else (None, None) for x in offsets]
        if all(isinstance(a, int) and isinstance(b, int) and a <= b for a, b in bounds):
            sentence.spans = [Span(a, b) for a, b in bounds if a is not None and b is not None]
    return sentence


def _read_label_names(info: bytes) -> dict[str, list[str]]:
    """Column → names of its ClassLabel, from what ``datasets`` stores."""
    found = json.loads(info)
    features = found.get("features") or found.get("info", {}).get("features") or {}
    out = {}
    for column, feature in features.items():
        inner = feature.get("feature", feature) if isinstance(feature, dict) else {}
        if isinstance(inner, dict) and isinstance(inner.get("names"), list):
            out[column] = [str(n) for n in inner["names"]]
    return out


def _shorten_error(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _make_table(documents: Iterable[Document], with_text: bool) -> Any:
    """Documents as an Arrow table whose columns have the same type whatever the rows hold."""
    import pyarrow as pa

    def struct(**fields: Any) -> Any:
        return pa.struct([pa.field(k, v) for k, v in fields.items()])

    text, flag = pa.string(), pa.bool_()
    place = {"start": pa.int64(), "end": pa.int64()}
    span = struct(**place, text=text)
    # A reference is an id or a span; a column has one type, so here it is always the span.
    arguments = pa.list_(struct(role=text, filler=span))
    layers = {
        "entities": struct(id=text, **place, text=text, type=text, level=text, demonym=flag, cluster=text),
        "events": struct(id=text, trigger=span, type=text, realis=text, polarity=text, outcome=text,
                         arguments=arguments, cluster=text),
        "quotes": struct(id=text, content=pa.list_(span), cue=span, source=span, addressee=span, directness=text,
                         attitude=text, parent=text, cluster=text, link=text),
    }  # fmt: skip
    columns = {"doc_id": text}
    if with_text:
        columns |= {"text": text, "zones": pa.list_(struct(**place, zone=text))}
        columns |= {key: pa.list_(struct(**place)) for key in ("paragraphs", "sentences", "tokens")}
    columns |= {layer: pa.list_(kind) for layer, kind in layers.items()}
    rows = []
    for d in documents:
        row = jsonl.to_row(d, with_text)
        at = {e.id: e.span for e in d.entities} | {v.id: v.trigger for v in d.events}

        def spelled(target: Any, at: dict[str, Span] = at, d: Document = d) -> Any:
            if not isinstance(target, str):
                return target
            return {"start": at[target].start, "end": at[target].end, "text": at[target].of(d.text)}

        for event in row["events"]:
            event["arguments"] = [{"role": a["role"], "filler": spelled(a["filler"])} for a in event["arguments"]]
        for quote in row["quotes"]:
            quote |= {key: spelled(quote[key]) for key in ("source", "addressee")}
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=pa.schema([pa.field(k, v) for k, v in columns.items()]))


def write_parquet(path: str, documents: Iterable[Document], lost: Counter[str], with_text: bool = False) -> None:
    """Write a row a document; references are spelled out as spans. Nothing is lost."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(_make_table(documents, with_text), sink)
    write_bytes(path, sink.getvalue().to_pybytes())


def write_dataset(path: str, documents: Iterable[Document], lost: Counter[str], with_text: bool = False) -> None:
    """Write a folder that ``datasets.load_from_disk`` loads, a row a document. Nothing is lost."""
    from datasets import Dataset, disable_progress_bars

    folder = make_folder(path)
    disable_progress_bars()
    Dataset(_make_table(documents, with_text)).save_to_disk(folder)
